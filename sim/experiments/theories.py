"""Theories side by side: what each would make of a scenario if it alone were right, and which causes differ.

    found = run(load("july_2025"))
    found.shares        # endings and outcomes of each theory, and how far they are from those of the scenario's mix
    found.families      # how far each family of mechanisms moves them, given the theory's weight in place of the mix's
    found.mechanisms    # what switching single mechanisms off changes in the mix

A theory is a weight on each mechanism, so that every variant is the world with other weights, on the same draws.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.compiler import compile_world
from sim.ensemble import Ensemble, Progress
from sim.experiments import paired
from sim.experiments.influence import influence
from sim.experiments.results import leave
from sim.scenario import Scenario
from sim.summary import ending_rows, outcome_rows
from sim.world import World

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMA, KIND = 1, "theories"
#: What stands for the scenario's own mix of theories, and for all families together, where others have names.
MIX, ALL = "(mix)", "(all)"
#: How many families are looked into, how many mechanisms of these, and how many replicates rank these beforehand.
FAMILIES, MECHANISMS, PILOT = 2, 16, 1024

Row = dict[str, Any]
#: Begins a part of the work, given its title and how many replicates it runs: a context with what to report to.
Part = Callable[[str, int], AbstractContextManager[Progress | None]]

COMPARED = ("kind", "name", "title", "value", "low", "high", "unpaired_low", "unpaired_high", "size")


@dataclass(frozen=True)
class Theories:
    """Theories side by side. Differences are to the scenario's own mix and paired, see `sim.experiments.paired`.

    `shares`: a row per variant and ending or outcome, with the share (or mean) and its interval. `families`: a row per
    theory, family and ending or outcome; `(all)` is the theory itself on these replicates. `mechanisms`: a row per
    mechanism that was switched off and ending or outcome.
    """

    scenario: Scenario
    ensembles: Mapping[str, Ensemble]  # of the mix and of each theory
    shares: pd.DataFrame
    families: pd.DataFrame
    mechanisms: pd.DataFrame
    leading: tuple[str, ...]  # families that matter most, whose mechanisms were switched off
    halved: int  # replicates of families and mechanisms
    seed: int
    seconds: float

    @property
    def replicates(self) -> int:
        return self.ensembles[MIX].replicates

    @property
    def titles(self) -> dict[str, str]:
        """What the mix and the theories are called."""
        return {MIX: "This scenario's mix"} | {name: self.scenario.theories[name].name
                                               for name in self.ensembles if name != MIX}


def run(scenario: Scenario, replicates: int = 2000, seed: int = 1, jobs: int | None = None,
        part: Part | None = None) -> Theories:
    """Runs each theory of the world as the only one; then, with half as many replicates, the mix with one family's
    weight as the theory has it, and the mix without one of the mechanisms that have most say (see
    `sim.experiments.influence`) in the families that matter most.

    Raises `InputError` for numbers that make no sense.
    """
    started, begin = time.monotonic(), part or (lambda title, count: nullcontext())
    world = compile_world(scenario)
    halved = -(-replicates // 2)

    def ran(title: str, variants: Mapping[Any, World], count: int) -> dict[Any, Ensemble]:
        if not variants:
            return {}
        with begin(f"{title}: {len(variants)} × {count:,} replicates", len(variants) * count) as progress:
            return paired.run(variants, count, seed, jobs, progress)

    ensembles: dict[str, Ensemble] = ran("theories", {MIX: world} | {name: weighed(world, _weights(world, name))
                                                for name in scenario.theories}, replicates)
    first = {name: paired.first(ensemble, halved) for name, ensemble in ensembles.items()}
    families = _families(world, first, ran("families", _swaps(world), halved))
    leading = _leading(families)
    chosen = _chosen(world, leading, min(replicates, PILOT), seed)
    off = ran("mechanisms", {name: without(world, name) for name in chosen}, halved)
    return Theories(scenario, ensembles, _shares(ensembles), families,
                    _mechanisms(scenario, first[MIX], off, chosen), leading, halved, seed, time.monotonic() - started)


# Variants

def weighed(world: World, weights: Sequence[float] | np.ndarray[Any, Any]) -> World:
    """The world with these weights of mechanisms: (mechanisms,), or a row for each theory that replicates draw."""
    return replace(world, theory_weights=np.array(np.broadcast_to(weights, world.theory_weights.shape)))


def without(world: World, mechanism: str) -> World:
    """The world with a mechanism switched off, whichever theory holds."""
    return weighed(world, world.theory_weights * (np.array(world.decisions.mechanisms) != mechanism))


def _weights(world: World, theory: str) -> np.ndarray[Any, Any]:
    """The weight that a theory gives each mechanism."""
    own = world.scenario.theories[theory].weights
    return np.array([own.get(family, 1.0) for family in world.decisions.families])


def _swaps(world: World) -> dict[tuple[str, str], World]:
    """By theory and family: the world in which the family has the theory's weight, where that is not so anyhow."""
    of = np.array(world.decisions.families)
    found = {}
    for theory, family in product(world.scenario.theories, sorted(set(world.decisions.families))):
        weights = np.where(of == family, _weights(world, theory), world.theory_weights)
        if not np.array_equal(weights, world.theory_weights):
            found[theory, family] = weighed(world, weights)
    return found


# Tables

def _shares(ensembles: Mapping[str, Ensemble]) -> pd.DataFrame:
    rows = []
    for name, ensemble in ensembles.items():
        compared = paired.differences(ensembles[MIX], ensemble)
        measured = [row | {"kind": "ending", "mean": row["share"], "runs": ensemble.replicates}
                    for row in ending_rows(ensemble)] + outcome_rows(ensemble)
        for row, found in zip(measured, compared, strict=True):
            told = {} if name == MIX else {
                "difference": found["value"], "difference_low": found["low"], "difference_high": found["high"],
                "unpaired_low": found["unpaired_low"], "unpaired_high": found["unpaired_high"], "size": found["size"]}
            rows.append({"theory": name} | {key: row[key] for key in ("kind", "name", "title", "runs", "mean", "low",
                                                                      "high")} | told)
    return _table(rows, "theory", "kind", "name", "title", "runs", "mean", "low", "high", "difference",
                  "difference_low", "difference_high", "unpaired_low", "unpaired_high", "size")


def _families(world: World, whole: Mapping[str, Ensemble],
              swaps: Mapping[tuple[str, str], Ensemble]) -> pd.DataFrame:
    shares = np.diff(world.theory_shares, prepend=0, append=1)
    usual = dict(zip(world.decisions.families, shares @ world.theory_weights, strict=True))
    rows: list[Row] = []
    for theory in world.scenario.theories:
        own = [(family, ensemble) for (of, family), ensemble in swaps.items() if of == theory]
        for family, ensemble in [*own, (ALL, whole[theory])]:
            weight = world.scenario.theories[theory].weights.get(family, 1.0) if family != ALL else None
            rows += [{"theory": theory, "family": family, "mix_weight": usual.get(family), "weight": weight} | row
                     for row in paired.differences(whole[MIX], ensemble)]
    return _table(rows, "theory", "family", "mix_weight", "weight", *COMPARED)


def _mechanisms(scenario: Scenario, mix: Ensemble, off: Mapping[str, Ensemble],
                chosen: Mapping[str, float]) -> pd.DataFrame:
    """The mechanisms that move the endings most come first."""
    rows: list[Row] = []
    for name, ensemble in off.items():
        entry = scenario.mechanisms[name]
        rows += [{"mechanism": name, "mechanism_title": entry.name, "family": entry.family, "influence": chosen[name]}
                 | row for row in paired.differences(mix, ensemble)]
    found = _table(rows, "mechanism", "mechanism_title", "family", "influence", *COMPARED)
    order = moved(found, "mechanism")
    return found.sort_values("mechanism", key=lambda names: names.map(order), ascending=False, kind="stable",
                             ignore_index=True)


def _table(rows: Iterable[Row], *columns: str) -> pd.DataFrame:
    """Rows as a table, in which NaN stands for what is not defined."""
    table = pd.DataFrame(list(rows), columns=list(columns))
    words = {"theory", "family", "mechanism", "mechanism_title", "kind", "name", "title", "runs"}
    return table.astype({column: float for column in columns if column not in words})


def moved(table: pd.DataFrame, *by: str) -> pd.Series:
    """The share of replicates that must change their ending to get from the mix's shares to others: half the sum of
    all differences."""
    endings = table[table["kind"] == "ending"]
    return endings["value"].abs().groupby([endings[name] for name in by], sort=False).sum() / 2


def _leading(families: pd.DataFrame) -> tuple[str, ...]:
    """The families that change most endings, on average over the theories."""
    single = families[families["family"] != ALL]
    change = moved(single, "theory", "family").groupby("family").sum().sort_values(ascending=False, kind="stable")
    return tuple(change.index[:FAMILIES])


def _chosen(world: World, leading: Sequence[str], pilot: int, seed: int) -> dict[str, float]:
    """The mechanisms of these families that have most say in the endings, and how much."""
    if not leading:
        return {}
    found = influence(world, pilot, seed)
    family = dict(zip(world.decisions.mechanisms, world.decisions.families, strict=True))
    chosen = [name for name in sorted(found, key=lambda name: -found[name])
              if found[name] > 0 and family[name] in leading]
    return {name: found[name] for name in chosen[:MECHANISMS]}


# Results

def as_record(found: Theories) -> Row:
    """The results as they are kept and printed: of the smaller parts, the endings and what moved most."""
    scenario = found.scenario
    return {"schema": SCHEMA, "scenario": scenario.name, "title": scenario.title, "seed": found.seed,
            "replicates": found.replicates, "weeks": scenario.weeks, "mix": dict(scenario.mix),
            "theories": [{"name": name, "title": entry.name, "weights": dict(entry.weights)}
                         for name, entry in scenario.theories.items()],
            "results": _records(found.shares),
            "families": {"replicates": found.halved, "results": _records(main(found.families, "theory", "family"))},
            "mechanisms": {"replicates": found.halved, "families": list(found.leading),
                           "results": _records(main(found.mechanisms, "mechanism"))}}


def main(table: pd.DataFrame, *by: str, most: int = 3) -> pd.DataFrame:
    """The endings, and of each group the outcomes that are moved most, in standard deviations of the mix."""
    others = table[table["kind"] != "ending"]
    ranks = others["size"].abs().groupby([others[name] for name in by], sort=False).rank(method="first",
                                                                                         ascending=False)
    kept = (table["kind"] == "ending") | table.index.isin(ranks[ranks <= most].index)
    return table[kept]


def _records(table: pd.DataFrame) -> list[Row]:
    rows: list[Row] = table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows


def figure(found: Theories) -> Figure:
    """The endings by theory."""
    from sim.figures.side_by_side import Beside, side_by_side

    titles, told = found.titles, found.shares[found.shares["kind"] == "ending"]
    variants = []
    for name, ensemble in found.ensembles.items():
        own = told[told["theory"] == name][["difference", "difference_low", "difference_high"]]
        beside = [""] * len(own) if name == MIX else [in_points(*numbers) for numbers in own.to_numpy()]
        variants.append(Beside(titles[name], ensemble, beside))
    title, most = "How does it end, if one theory alone were right?", told["difference"].abs()
    if most.max() > 0:
        row = told.iloc[int(most.argmax())]
        title += (f" Farthest from the mix: {row['title']} under “{titles[row['theory']]}”, "
                  f"{in_points(row['difference'])} in 100 runs")
    return side_by_side(variants, title,
                        "Bars: runs in 100 with each ending; thin lines and brackets: the 95 % interval for the number "
                        "of runs made. Grey line: the scenario's own mix of theories. Right: how many runs in 100 more "
                        "or fewer than in the mix, on the same draws, with the paired interval.")


def in_points(value: float, low: float | None = None, high: float | None = None) -> str:
    """A difference of shares in runs of 100, with its interval where given, such as "+2.1 (+1.0 to +3.2)"."""
    def signed(share: float) -> str:
        text = f"{100 * share:+.1f}"
        return "0.0" if float(text) == 0 else text.replace("-", "−")

    return signed(value) if low is None or high is None else f"{signed(value)} ({signed(low)} to {signed(high)})"


def write(found: Theories, folder: Path, command: str = "", world: Path | None = None) -> None:
    """Writes tables and the figure to `folder`, as `sim.store.write` does; it replaces results of this kind alone."""
    from sim import store

    endings = pd.DataFrame({name: ensemble.outcomes["ending"] for name, ensemble in found.ensembles.items()})
    leave(KIND, found, folder, command,
          {"theories": found.shares, "families": found.families, "mechanisms": found.mechanisms,
           "endings": endings.reset_index()},
          {"theories": as_record(found), "world": found.scenario.tree["world"]},
          {"endings_by_theory": figure(found)}, {"scenario.yaml": store.resolved(found.scenario, folder, world)})
