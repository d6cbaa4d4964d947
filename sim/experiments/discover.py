"""Under which conditions does it end badly? Boxes in the numbers that replicates drew, in words, checked on others.

    found = run(sim.store.read("out/july_2025"), endings=["crisis"])
    found.sentences          # "weekly rate of “…” above 0.057: 43 in 100 (40–46) instead of 16"
    found.search.boxes       # conditions, and shares in both halves of the replicates
    found.search.tradeoff    # density against coverage

Conditions are what a replicate drew before its first week: the numbers of the files that have a spread, and its theory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.catalog.outcome import Outcome
from sim.compiler import compile_world
from sim.draws import BLOCK, Draws
from sim.ensemble import Ensemble
from sim.errors import InputError, shown_names, unknown
from sim.experiments.boxes import SCREENED, Box, Condition, Node, Search, Share, search
from sim.experiments.naming import THEORY, quantity
from sim.experiments.paired import first
from sim.experiments.results import leave
from sim.experiments.wording import nearest_ending
from sim.figures.measure import short
from sim.outcomes import wilson
from sim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMA = 1
KIND = "discover"
#: Boxes of the trade-off that are shown.
SHOWN = 5

Row = dict[str, Any]


@dataclass(frozen=True)
class Cases:
    """What is looked for: in words, which replicates (R,) it is so in, and in which it can be said (R,)."""

    title: str
    bad: np.ndarray[Any, np.dtype[np.bool_]]
    known: np.ndarray[Any, np.dtype[np.bool_]]
    nearest: str  # what comes nearest where no replicate is so


@dataclass(frozen=True)
class Discovery:
    """Where it ends badly. `search` is None where there was nothing to search, and `why` then says why."""

    scenario: Scenario
    cases: Cases
    inputs: pd.DataFrame  # (replicates to which it applies, inputs)
    search: Search | None
    why: str
    seed: int
    replicates: int
    seconds: float

    @property
    def sentences(self) -> list[str]:
        """The boxes that hold up, in words."""
        return [told(self.scenario, box) for box in self.search.holding] if self.search else []


def run(ensemble: Ensemble, endings: Sequence[str] = (), outcome: str | None = None, yes: bool = True,
        at_least: float | None = None, at_most: float | None = None, by: date | None = None,
        leave_out: Sequence[str] = (), screened: int = SCREENED) -> Discovery:
    """Looks for conditions under which one of the endings comes about, or an outcome is so.

    A yes or no is what `yes` says, a number at least or at most so much, a date reached (or not) at all or `by` a day.
    `leave_out` are patterns of inputs not to be looked at, such as `options.*`. Raises `InputError` for names that do
    not exist and bounds that make no sense.
    """
    started = time.monotonic()
    ensemble = first(ensemble, ensemble.data.sizes["known"])  # those whose inputs were kept
    cases = of_endings(ensemble, endings) if endings else of_outcome(ensemble, outcome, yes, at_least, at_most, by)
    table = inputs(ensemble)
    for pattern in leave_out:
        matched = [str(name) for name in table if fnmatch(str(name), pattern)]
        if not matched:
            raise InputError(unknown("input", pattern, table.columns) + ". A pattern such as options.* works too")
        table = table.drop(columns=matched)
    if table.columns.empty:
        raise InputError("no input is left to look at; leave out fewer")
    table, bad = table[cases.known].reset_index(drop=True), cases.bad[cases.known]
    why, found = _hopeless(cases, bad), None
    if not why:
        try:
            found = search(table, bad, screened)
        except InputError as error:
            if "replicates that are searched" not in str(error):
                raise
            why = f"{int(bad.sum()):,} of {len(bad):,} replicates are so; {error}."
    return Discovery(ensemble.scenario, cases, table, found, why, ensemble.seed, ensemble.replicates,
                     time.monotonic() - started)


def _hopeless(cases: Cases, bad: np.ndarray[Any, Any]) -> str:
    """Why nothing can be looked for; empty where something can."""
    if not len(bad):
        return "It applies in no replicate."
    if not bad.any():
        high = 100 * float(wilson(0, len(bad))[1])
        return f"No replicate of {len(bad):,} is so (fewer than {high:.2g} in 100). {cases.nearest}"
    return "Every replicate is so: there is nothing to tell apart." if bad.all() else ""


def inputs(ensemble: Ensemble) -> pd.DataFrame:
    """What replicates drew whose inputs were kept: a row each, a column per number that has a spread, and their theory
    where several are mixed."""
    drawn = ensemble.data["inputs"]
    table = pd.DataFrame(drawn.transpose("known", "input").values.astype(np.float64),
                         columns=[str(name) for name in drawn["input"].values])
    world = ensemble.world or compile_world(ensemble.scenario)
    if len(world.theories) > 1:
        table[THEORY] = pd.Categorical.from_codes(
            np.concatenate([np.searchsorted(world.theory_shares, draws.uniform(THEORY), side="right")
                            for draws in _blocks(ensemble)]), pd.Index(world.theories))
    return table


def _blocks(ensemble: Ensemble) -> Iterator[Draws]:
    for begin in range(0, ensemble.replicates, BLOCK):
        yield Draws(ensemble.seed, begin // BLOCK, range(min(BLOCK, ensemble.replicates - begin)))


# What is looked for

def of_endings(ensemble: Ensemble, names: Sequence[str]) -> Cases:
    """Replicates with one of these endings."""
    endings = {ending.name: ending for ending in ensemble.scenario.endings}
    for name in names:
        if name not in endings:
            raise InputError(unknown("ending", name, endings, shown_names(endings)))
    ended = ensemble.outcomes["ending"].astype(str).to_numpy()
    bad = np.isin(ended, list(names))
    return Cases(" or ".join(f"“{endings[name].title}”" for name in names), bad, np.ones(len(bad), dtype=bool),
                 nearest_ending(ensemble.scenario, names, ended.tolist(), "--ending"))


def of_outcome(ensemble: Ensemble, name: str | None, yes: bool = True, at_least: float | None = None,
               at_most: float | None = None, by: date | None = None) -> Cases:
    """Replicates in which an outcome is so; those in which it is void count neither way."""
    scenario = ensemble.scenario
    if name is None:
        endings = ", ".join(ending.name for ending in scenario.endings)
        raise InputError(f"say what is bad: --ending ({endings}) or --outcome NAME")
    if name not in scenario.outcomes:
        raise InputError(unknown("outcome", name, scenario.outcomes, shown_names(scenario.outcomes)))
    outcome = scenario.outcomes[name]
    values = ensemble.outcomes[name].to_numpy(dtype=np.float64)
    known, title = ~np.isnan(values), outcome.title or name
    _fitting(name, outcome, values[known], yes, at_least is not None or at_most is not None, by)
    if outcome.kind == "number":
        low, high = at_least if at_least is not None else -np.inf, at_most if at_most is not None else np.inf
        bounds = " and ".join([f"at least {low:g}"] * (low > -np.inf) + [f"at most {high:g}"] * (high < np.inf))
        so, title = (values >= low) & (values <= high), f"“{title}” {bounds}"
    elif outcome.kind == "date":
        last = np.inf if by is None else (by - scenario.start).days + 1
        so, title = values < last, f"“{title}”" + (f" by {by}" if by else "")
    else:
        so, title = values == 1, f"“{title}”"
    if not yes and outcome.kind != "number":
        so, title = known & ~so, f"not {title}"
    return Cases(title, so & known, known, _nearest(outcome, values, at_least, at_most))


def _fitting(name: str, outcome: Outcome, values: np.ndarray[Any, Any], yes: bool, bounded: bool,
             by: date | None) -> None:
    """Raises `InputError` where the bounds given do not fit the kind of outcome."""
    if outcome.kind == "number" and not bounded:
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95)) if len(values) else (0, 0, 0)
        raise InputError(f"{name} is a number: add --at-least or --at-most (its median is {middle:g}; 90 in 100 "
                         f"replicates lie from {low:g} to {high:g})")
    if outcome.kind == "number" and not yes:
        raise InputError(f"{name} is a number, not a yes or no; say --at-least or --at-most instead of --is")
    if bounded and outcome.kind != "number":
        raise InputError(f"{name} is no number; leave --at-least and --at-most out")
    if by and outcome.kind != "date":
        raise InputError(f"{name} is no date; leave --by out")


def _nearest(outcome: Outcome, values: np.ndarray[Any, Any], at_least: float | None, at_most: float | None) -> str:
    if outcome.kind != "number" or not np.isfinite(values).any():
        return "Look at the outcomes of the run for a neighbouring one that does come about."
    place = int(np.nanargmax(values) if at_most is None or at_least is not None else np.nanargmin(values))
    return f"The nearest is {values[place]:g}, in replicate {place}."


# Words

def worded(scenario: Scenario, condition: Condition) -> str:
    """A condition in words, such as "mandate of the government of Japan at most 0.4"."""
    name = quantity(scenario, condition.input)
    chosen = condition.values or condition.but
    if chosen:
        titles = sorted(scenario.theories[value].name if value in scenario.theories else value for value in chosen)
        return f"{name} is {'' if condition.values else 'not '}{' or '.join(titles)}"
    bounds = [f"above {short(condition.low)}"] * (condition.low > -np.inf)
    bounds += [f"at most {short(condition.high)}"] * (condition.high < np.inf)
    return f"{name} {' and '.join(bounds)}"


def in_words(scenario: Scenario, conditions: Sequence[Condition]) -> str:
    """Conditions that hold together, in words; both bounds of one input as one."""
    merged: dict[str, Condition] = {}
    for condition in conditions:
        other = merged.get(condition.input)
        merged[condition.input] = condition if other is None else replace(
            other, low=max(other.low, condition.low), high=min(other.high, condition.high))
    return " and ".join(worded(scenario, condition) for condition in merged.values())


def told(scenario: Scenario, box: Box) -> str:
    """A box in one sentence, with its held-out share."""
    return f"{in_words(scenario, box.conditions)}: {instead(box.held)}"


def instead(share: Share) -> str:
    """A share and that of the others, such as "31 in 100 (27–35) instead of 7"."""
    low, high = (100 * bound for bound in share.interval)
    return (f"{_hundred(100 * share.share)} in 100 ({_hundred(low)}–{_hundred(high)}) instead of "
            f"{_hundred(100 * share.instead)}")


def _hundred(value: float) -> str:
    return f"{value:.0f}" if value >= 9.5 else f"{value:.2g}"


# Results

def as_record(found: Discovery) -> Row:
    """The results as they are kept and printed."""
    scenario, of = found.scenario, found.search
    head = {"schema": SCHEMA, "scenario": scenario.name, "seed": found.seed, "replicates": found.replicates,
            "looked_for": found.cases.title, "applies": len(found.inputs), "bad": int(found.cases.bad.sum()),
            "inputs": len(found.inputs.columns)}
    if of is None:
        return head | {"why": found.why, "searched": [], "boxes": [], "tradeoff": [], "tree": None}
    ranked = of.screened[of.screened["searched"]]
    searched = [{"input": row.input, "title": quantity(scenario, str(row.input)), "p": row.p}
                for row in ranked.itertuples()]
    return head | {"why": "", "searched": searched, "found_in": of.found_in.rows, "held_out": of.held.rows,
                   "boxes": [_box(scenario, box) for box in of.boxes],
                   "tradeoff": _records(of.tradeoff), "chosen": of.chosen, "tree": _node(scenario, of.tree)}


def _box(scenario: Scenario, box: Box) -> Row:
    return {"words": in_words(scenario, box.conditions), "holds_up": box.holds_up, "flattered": box.flattered,
            "conditions": [_condition(scenario, condition) | {"quasi_p": condition.quasi_p, "kept": condition.kept}
                           for condition in box.conditions],
            "found": _share(box.found), "held": _share(box.held)}


def _condition(scenario: Scenario, condition: Condition) -> Row:
    return {"input": condition.input, "words": worded(scenario, condition),
            "above": condition.low if condition.low > -np.inf else None,
            "at_most": condition.high if condition.high < np.inf else None,
            "values": sorted(condition.values) if condition.values is not None else None}


def _share(share: Share) -> Row:
    low, high = share.interval if share.rows else (None, None)
    return {"bad": share.bad, "runs": share.rows, "share": share.share if share.rows else None, "low": low,
            "high": high, "instead": share.instead if share.others else None, "coverage": share.coverage}


def _node(scenario: Scenario, node: Node) -> Row:
    split = _condition(scenario, node.split) if node.split else None
    return {"split": split, "found": _share(node.found), "held": _share(node.held),
            "children": [_node(scenario, child) for child in node.children]}


def _records(table: pd.DataFrame) -> list[Row]:
    rows: list[Row] = table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows


def shown(search: Search) -> pd.DataFrame:
    """A few boxes of the trade-off from the widest to the narrowest, the chosen one among them."""
    even = np.linspace(0, len(search.tradeoff) - 1, SHOWN - 1).round().astype(int).tolist()
    return search.tradeoff.iloc[sorted({*even, search.chosen})]


def figures(found: Discovery) -> dict[str, Figure]:
    """Density against coverage, the first box in its two surest inputs, and the tree; fewer where there is no box."""
    from sim.figures import discovered

    of, scenario = found.search, found.scenario
    if of is None:
        return {}
    drawn = {"density_coverage": discovered.tradeoff(found, found.cases.title, of.tradeoff, of.chosen, of.held.share),
             "tree": discovered.tree(found, found.cases.title, of.tree, lambda one: worded(scenario, one))}
    if of.boxes:
        bad = found.cases.bad[found.cases.known]
        drawn["box"] = discovered.box(found, found.cases.title, of.boxes[0], found.inputs[of.found_in.rows:],
                                      bad[of.found_in.rows:], of.screened["input"].tolist(),
                                      lambda name: quantity(scenario, name), told(scenario, of.boxes[0]))
    return drawn


def write(found: Discovery, folder: Path, command: str = "") -> None:
    """Writes tables and figures to `folder`, as `sim.store.write` does; it replaces results of this kind alone."""
    tables = {"tradeoff": found.search.tradeoff, "screened": found.search.screened} if found.search else {}
    leave(KIND, found, folder, command, tables, {"discover": as_record(found)}, figures(found))
