"""What moved it: which mechanisms moved an outcome across all replicates of a finished run.

    run(store.recall("out/july_2025"), "us_dprk_summit").mechanisms

`sim.experiments.explain` looks at one decision of one replicate.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.arrays import Array
from sim.catalog.outcome import Kind
from sim.compiler import compile_world
from sim.draws import BLOCK, Draws
from sim.ensemble import Progress
from sim.errors import InputError
from sim.experiments import design, paired
from sim.experiments.influence import influence
from sim.experiments.results import leave, plain
from sim.experiments.theories import without
from sim.experiments.wording import in_words
from sim.outcomes import Z
from sim.scenario import Scenario
from sim.store import Record
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SCHEMA, KIND = 1, "explain-outcome"
#: How many mechanisms are switched off: those with most say by an estimate from one run, then those whose drawn
#: strength goes along with the outcome most; on how many replicates at most; and how many are estimated from.
BEARING, ALONG, REPLICATES, PILOT = 8, 4, 1000, 1024

#: The largest rank correlation that an interval is made for.
CLOSE = 1 - 1e-9

Row = dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """What moved an outcome (or how often an ending came).

    `mean` is the outcome's over the run's replicates: a share, of a date the share that reaches it. `mechanisms`: a row
    per mechanism that was switched off, the one that moves most first. `value` is the mean with it minus the mean
    without it, over the same first `switched` replicates, with its paired interval low, high; `rank` the rank
    correlation of the strength that replicates drew with the outcome over all of them, with its interval; `influence`
    an estimate from one run, by which it was chosen (see `sim.experiments.influence`). `all_ranks` has the rank
    correlations of all mechanisms.
    """

    scenario: Scenario
    seed: int
    replicates: int
    switched: int
    name: str
    title: str
    kind: Kind
    mean: float
    known: int
    mechanisms: pd.DataFrame
    all_ranks: pd.DataFrame
    seconds: float


def run(record: Record, name: str, replicates: int = REPLICATES, jobs: int | None = None,
            part: Any = None) -> Moved:
    """Which mechanisms moved an outcome or ending of a finished run: each of the likeliest is switched off on the same
    draws, in the run's first replicates (at most so many). `part` begins a part of the work as in
    `sim.experiments.theories`. Raises `InputError` for a name that is not there.
    """
    started, scenario = time.monotonic(), record.scenario
    kind, title = design.kind_and_title(scenario, name)
    if replicates < 1:
        raise InputError(f"replicates (-n) is {replicates}; at least 1 is needed")
    world = compile_world(scenario)
    values = _values(record, name, kind)
    ranks = _ranks(world, record, values)
    bears = _bearing(world, name, values, min(PILOT, record.replicates), record.seed)
    chosen = _chosen(bears, ranks)
    n = min(replicates, record.replicates)
    variants: dict[str, World] = {"": world} | {each: without(world, each) for each in chosen}
    with _begun(part, f"{len(chosen)} mechanisms off, one by one: {len(variants)} × {n:,} replicates",
                len(variants) * n) as progress:
        ran = paired.run(variants, n, record.seed, jobs, progress)
    rows = []
    with_it = design.values_of(scenario, ran[""].outcomes, name)
    for each in chosen:
        found = paired.difference(design.values_of(scenario, ran[each].outcomes, name), with_it, kind != "number")
        entry = scenario.mechanisms[each]
        rows.append({"mechanism": each, "title": entry.name, "family": entry.family, **found._asdict(),
                     **{key: ranks.at[each, key] for key in ranks.columns}, "influence": bears[each]})
    return Moved(scenario, record.seed, record.replicates, n, name, title, kind, _mean(values),
                 int((~np.isnan(values)).sum()), _sorted(rows), ranks.reset_index(), time.monotonic() - started)


def _mean(values: Array) -> float:
    """Of those that are not void; NaN where all are."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _begun(part: Any, title: str, count: int) -> AbstractContextManager[Progress | None]:
    from contextlib import nullcontext
    return part(title, count) if part else nullcontext()


def _sorted(rows: list[Row]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows, columns=["mechanism", "title", "family", "value", "low", "high", "unpaired_low",
                                        "unpaired_high", "rank", "rank_low", "rank_high", "influence"])
    return table.sort_values("value", key=lambda values: values.abs(), ascending=False, kind="stable",
                             ignore_index=True)


def _values(record: Record, name: str, kind: Kind) -> Array:
    """An outcome (R,) as numbers, NaN where void: of a date whether it is reached; or whether it ends so."""
    scenario = record.scenario
    if name not in scenario.outcomes:
        return np.array([float(row[-1] == name) for row in record.rows])
    texts = [row[list(scenario.outcomes).index(name)] for row in record.rows]
    if kind == "date":  # a file tells a void one from one that is never reached no more
        return np.array([float(bool(text)) for text in texts])
    return np.array([float(text) if text else np.nan for text in texts])


def _ranks(world: World, record: Record, values: Array) -> pd.DataFrame:
    """Rank correlation of each mechanism's drawn strength with the outcome, and its interval."""
    import pandas as pd

    rows, known = world.decisions.strengths, ~np.isnan(values)
    blocks = [Draws(record.seed, first // BLOCK, range(min(BLOCK, record.replicates - first)))
              for first in range(0, record.replicates, BLOCK)]
    found = []
    for name, row in zip(world.decisions.mechanisms, rows, strict=True):
        path, quantity = world.inputs.paths[row], world.inputs.quantities[row]
        drawn = np.concatenate([quantity.ppf(draws.uniform(path)) for draws in blocks])[known]
        found.append((name, *rank_correlation(drawn, values[known])))
    return pd.DataFrame(found, columns=["mechanism", "rank", "rank_low", "rank_high"]).set_index("mechanism")


def rank_correlation(x: Array, y: Array) -> tuple[float, float, float]:
    """Spearman's rank correlation and its 95 % interval (Fisher's z with the variance of Bonett and Wright 2000); NaN
    where either is the same throughout, or there are too few."""
    from scipy.stats import rankdata

    if len(x) < 4 or not np.ptp(x) or not np.ptp(y):
        return np.nan, np.nan, np.nan
    rank = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
    middle, half = np.arctanh(min(max(rank, -CLOSE), CLOSE)), Z * np.sqrt((1 + rank**2 / 2) / (len(x) - 3))
    return rank, float(np.tanh(middle - half)), float(np.tanh(middle + half))


def _bearing(world: World, name: str, values: Array, replicates: int, seed: int) -> dict[str, float]:
    """About how much each mechanism has to say in the outcome, as if it were an ending: a number as whether it is
    above its mean, a date as whether it is reached."""
    scenario = world.scenario
    if name in scenario.outcomes:
        entry = scenario.outcomes[name]
        if entry.kind == "number":
            entry = entry.model_copy(update={"at_least": float(np.nan_to_num(_mean(values)))})
        elif entry.kind == "date":
            entry = entry.model_copy(update={"at_most": 7.0 * world.weeks})
        endings = (scenario.endings[-1].model_copy(update={"when": entry}), scenario.endings[-1])
        scenario = replace(scenario, head=scenario.head.model_copy(update={"endings": endings}))
    return influence(replace(world, scenario=scenario), min(replicates, BLOCK), seed)


def _chosen(bears: Mapping[str, float], ranks: pd.DataFrame) -> list[str]:
    """The mechanisms to switch off."""
    chosen = [name for name in sorted(bears, key=lambda name: -bears[name]) if bears[name] > 0][:BEARING]
    along = ranks["rank"].abs().dropna().sort_values(ascending=False, kind="stable").index
    return chosen + [name for name in along if name not in chosen][:ALONG]


def as_record(found: Moved) -> Row:
    """What moved an outcome, as it is printed."""
    return plain({"schema": SCHEMA, "scenario": found.scenario.name, "seed": found.seed, "outcome": found.name,
                    "title": found.title, "kind": found.kind, "replicates": found.replicates, "mean": found.mean,
                    "switched": found.switched,
                    "mechanisms": found.mechanisms.astype(object).to_dict("records"),
                    "ranks": found.all_ranks.astype(object).to_dict("records")})


def figure(found: Moved) -> Figure:
    """What switching single mechanisms off changes, turned round: what each adds."""
    from sim.figures.why import Bar, bars

    scale = 1 if found.kind == "number" else 100
    rows = [Bar(row["title"], scale * row["value"], scale * row["low"], scale * row["high"],
                in_words(found.kind, row["value"], row["low"], row["high"]))
            for row in found.mechanisms.to_dict("records") if np.isfinite(row["value"])]
    unit = "its mean" if found.kind == "number" else "runs in 100"
    return bars(found, f"What moved it: {found.title}",
                f"Bars: how much more often (or larger) it is with each mechanism than with that one switched off, on "
                f"the same draws, in the first {found.switched:,} replicates; thin lines: paired 95 % intervals.",
                rows, f"difference that the mechanism makes, in {unit}")


def write(found: Moved, folder: Path, command: str = "") -> None:
    """Writes table, record and figure to `folder`, as `sim.store.write` does."""
    leave(KIND, found, folder, command, {KIND: found.mechanisms}, {KIND: as_record(found)}, {KIND: figure(found)})
