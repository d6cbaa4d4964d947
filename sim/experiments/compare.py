"""What would have been different: two scenarios on the same draws.

    found = run(load("july_2025"), load("july_2025", without=["freedom_edge"]))
    found.results       # each ending and outcome: base, alternative, difference, paired and unpaired interval
    found.transitions   # replicates by how they end in the base (rows) and in the alternative (columns)
    found.twins         # of each replicate, when and over what its two histories part

Replicate 7 of one and replicate 7 of the other are twins: they share every draw that both make, see `sim.draws`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim import worker
from sim.arrays import Array, Bools, Ints
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.effects import Column
from sim.ensemble import Ensemble, Progress, Status, cores
from sim.errors import InputError
from sim.experiments import paired
from sim.experiments.results import leave
from sim.experiments.wording import deed
from sim.history import History
from sim.outcomes import measured, unmatched
from sim.scenario import Scenario
from sim.world import World

SCHEMA, KIND = 1, "comparison"
#: How many replicates are named of those that go from one ending to another.
NAMED = 10
#: In which of the twins something happened that made them part, or in both, but on another day or at another size.
HOW = ("base", "alt", "both")

Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Two scenarios side by side.

    `results`: a row per ending and then per outcome that both have: kind, name, title, `base` and `alt` (a share, or a
    mean), their difference `diff`, its paired interval `low`, `high`, the `unpaired_low`, `unpaired_high` that forgets
    the pairing, `size`, the difference in standard deviations of the base, these `spread`, and the share `changed` of
    replicates in which it has another value.
    `left_out`: kind, name and `why` of what cannot be compared.
    `transitions`: replicates by ending, the base's in rows and the alternative's in columns.
    `twins`: a row per replicate: its endings `base` and `alt`; the `week` in which its two histories part (missing
    where they never do), `first`, the first thing in which they do, and `how`, see `HOW`; and the same of the first
    decision that one of them took and the other, free to do so too, did not: `decision_week`, `decision`,
    `decision_how`.
    """

    base: Ensemble
    alt: Ensemble
    label: str
    results: pd.DataFrame
    left_out: pd.DataFrame
    transitions: pd.DataFrame
    twins: pd.DataFrame
    titles: Mapping[str, str]  # of what can happen, by name
    seconds: float

    @property
    def scenario(self) -> Scenario:
        return self.base.scenario

    @property
    def scenarios(self) -> tuple[Scenario, Scenario]:
        return self.base.scenario, self.alt.scenario

    @property
    def seed(self) -> int:
        return self.base.seed

    @property
    def replicates(self) -> int:
        return self.base.replicates

    @property
    def weeks(self) -> int:
        """Weeks in which both are simulated."""
        return min(self.base.scenario.weeks, self.alt.scenario.weeks)

    def rows(self, endings: bool) -> pd.DataFrame:
        """The results of endings, or of outcomes."""
        return self.results[(self.results["kind"] == "ending") == endings]

    def moved(self) -> int:
        """Replicates that end otherwise."""
        return int((self.twins["base"] != self.twins["alt"]).sum())


def run(base: Scenario, alt: Scenario, replicates: int = 10_000, seed: int = 1, jobs: int | None = None,
        progress: Progress | None = None, label: str = "") -> Comparison:
    """Runs the same replicates of both. `label` says what the alternative is; by default its title.

    `jobs` and `progress` are as in `sim.run`; a `Status` counts the replicates of both, and no endings. Raises
    `InputError` for numbers that make no sense, and for scenarios that have neither an ending nor an outcome in common.
    """
    if replicates < 1 or not 0 <= seed < 2**63 or jobs is not None and jobs < 1:
        raise InputError(f"replicates is {replicates}, seed {seed}, jobs {jobs}; needed are at least 1 replicate and "
                         "job, and a seed from 0 to 2^63 - 1")
    check(base, alt)
    worlds = compile_world(base), compile_world(alt)
    tasks = [(number, min(BLOCK, replicates - number * BLOCK)) for number in range(-(-replicates // BLOCK))]
    started, done = time.monotonic(), 0

    def report() -> None:
        if progress:
            progress(Status(done, 2 * replicates, time.monotonic() - started, np.zeros(0, dtype=np.int64)))

    blocks: dict[int, _Block] = {}
    for block in worker.spread(_twins, tasks, min(jobs or cores(), len(tasks)), worlds, seed, report):
        blocks[block.number] = block
        done += 2 * block.partings.shape[1]
        report()
    seconds = time.monotonic() - started
    ensembles = [paired.assembled(world, [blocks[number].measured[side] for number, _ in tasks], seed, seconds)
                 for side, world in enumerate(worlds)]
    partings = np.concatenate([blocks[number].partings for number, _ in tasks], axis=1)
    return _comparison(ensembles, worlds, partings, label or alt.title, seconds)


def check(base: Scenario, alt: Scenario) -> None:
    """Raises `InputError` where there is nothing to compare."""
    names = {ending.name for ending in base.endings} & {ending.name for ending in alt.endings}
    if not names and not any(name in alt.outcomes and alt.outcomes[name].kind == outcome.kind
                             for name, outcome in base.outcomes.items()):
        raise InputError(f'"{base.name}" and "{alt.name}" have no ending and no outcome in common; compare variants of '
                         "one scenario, or give both the same outcomes")


class _Block(NamedTuple):
    number: int
    measured: list[tuple[Array, Array]]  # outcomes and endings of both
    partings: Ints  # (6, R), see `_partings`


def _twins(worlds: Sequence[World], seed: int, number: int, width: int) -> _Block:
    """A block of both worlds, and where its twins part."""
    results, logs = [], []
    places, weeks = _places(worlds), min(world.weeks for world in worlds)
    for world, own in zip(worlds, places, strict=True):  # one history at a time: it is most of the memory
        history = paired.played(world, seed, number, width, whole=True)
        results.append(measured(world.scenario, history))
        logs.append(_log(history, own, weeks))
        del history
    return _Block(number, results, _partings(worlds, logs, weeks, width))


# Where twins part

class _Log(NamedTuple):
    """What happened, one row each; columns are numbered alike for both twins."""

    replicate: Ints
    week: Ints
    column: Ints
    day: Ints
    days: Ints
    size: Ints  # the bits of a float

    def only(self, rows: Any) -> _Log:
        return _Log(*(values[rows] for values in self))


def _columns(base: World, alt: World) -> dict[str, Column]:
    """Everything that can happen in either, by name."""
    return {column.name: column for column in (*alt.columns, *base.columns)}


def _places(worlds: Sequence[World]) -> list[Ints]:
    """The number that each column of each world has in `_columns`."""
    number = {name: place for place, name in enumerate(_columns(*worlds))}
    return [np.array([number[column.name] for column in world.columns], dtype=np.int32) for world in worlds]


def _partings(worlds: Sequence[World], logs: Sequence[_Log], weeks: int, replicates: int) -> Ints:
    """Of each replicate the week (-1 for never), the column (numbered as in `_columns`) and the `HOW` of the first
    difference, then the same of the first decision; shape (6, R)."""
    columns = _columns(*worlds)
    base, alt = _places(worlds)
    decision = np.array([bool(column.option or column.announces) for column in columns.values()], dtype=bool)
    shared = np.isin(np.arange(len(columns)), np.intersect1d(base, alt))
    decided = [log.only((decision & shared)[log.column]) for log in logs]
    return np.concatenate([_first(logs, weeks, replicates, decision, True),
                           _first(decided, weeks, replicates, decision, False)])


def _log(history: History, numbers: Ints, weeks: int) -> _Log:
    log = _Log(history.replicate.astype(np.int32), history.week.astype(np.int32), numbers[history.column],
               history.day.astype(np.int32), history.days.astype(np.int32), history.size.view(np.int32))
    return log if weeks >= history.world.weeks else log.only(log.week < weeks)


def _first(logs: Sequence[_Log], weeks: int, replicates: int, late: Bools, exact: bool) -> Ints:
    """Week, column and `HOW` of the first difference in each replicate, shape (3, R): within a week events come before
    what is `late`, then by date. If `exact`, the same on another day or to another extent is a difference."""
    parts = len(_Log._fields) if exact else _Log._fields.index("day")
    before, after = (_fingerprints(log, parts, weeks, replicates) for log in logs)
    apart = before != after
    found = np.full((3, replicates), -1)
    if not apart.any():
        return found
    found[0] = np.where(apart.any(axis=1), apart.argmax(axis=1), -1)
    rows = np.concatenate([np.column_stack([*near, np.full(len(near.day), side)]) for side, near in enumerate(
        log.only(log.week == found[0, log.replicate]) for log in logs)])
    rows = rows[np.lexsort((rows[:, -1], *rows[:, :parts].T[::-1]))]
    alike = (rows[1:, :parts] == rows[:-1, :parts]).all(axis=1) & (rows[1:, -1] != rows[:-1, -1])
    *alone, side = rows[~(np.append(alike, False) | np.append(False, alike))].T
    replicate, _, column, day, *_ = alone
    order = np.lexsort((column, day, late[column], replicate))
    who, places = np.unique(replicate[order], return_index=True)
    found[1, who], found[2, who] = column[order[places]], side[order[places]]
    # Where the other twin did the same on another day of that week, or to another extent, both did.
    of = column == found[1, replicate]
    sides = np.zeros((2, replicates), dtype=bool)
    sides[side[of], replicate[of]] = True
    found[2, sides.all(axis=0)] = HOW.index("both")
    return found


def _fingerprints(log: _Log, parts: int, weeks: int, replicates: int) -> Any:
    """A number for all that happened in a replicate's week, by the log's first parts, in any order, (R, weeks)."""
    word = np.ones(len(log.day), dtype=np.uint64)
    for part in log[2:parts]:
        word = (word ^ part.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        word ^= word >> np.uint64(29)
        word *= np.uint64(0xBF58476D1CE4E5B9)
        word ^= word >> np.uint64(32)
    found = np.zeros(replicates * weeks, dtype=np.uint64)
    np.add.at(found, log.replicate * weeks + log.week, word)
    return found.reshape(replicates, weeks)


# Tables

def _comparison(ensembles: Sequence[Ensemble], worlds: Sequence[World], partings: Ints, label: str,
                seconds: float) -> Comparison:
    base, alt = ensembles
    columns = _columns(*worlds)
    titles = {name: deed(of, column) for world, of in zip(worlds[::-1], (alt.scenario, base.scenario), strict=True)
              for name, column in columns.items() if column in world.columns}
    results, left_out = results_of(base, alt)
    order = [[ending.name for ending in ensemble.scenario.endings] for ensemble in ensembles]
    twins = pd.DataFrame({"base": base.outcomes["ending"].astype(str), "alt": alt.outcomes["ending"].astype(str)})
    transitions = pd.crosstab(twins["base"], twins["alt"]).reindex(index=order[0], columns=order[1], fill_value=0)
    names, how = np.array([*columns, None], dtype=object), np.array([*HOW, None], dtype=object)
    for prefix, name, (week, column, side) in (("", "first", partings[:3]), ("decision_", "decision", partings[3:])):
        twins[f"{prefix}week"] = pd.array(np.where(week < 0, np.nan, week), dtype="Int64")
        twins[name], twins[f"{prefix}how"] = names[column], how[side]
    return Comparison(base, alt, label, results, left_out, transitions, twins, titles, seconds)


def results_of(base: Ensemble, alt: Ensemble) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `results` and what is `left_out` of a `Comparison` of two ensembles whose replicates line up."""
    compared = paired.differences(base, alt)
    vain = {side: _in_vain(each) for side, each in (("base", base), ("alternative", alt))}
    rows, left_out = [], list(_foreign(base.scenario, alt.scenario, {(row["kind"], row["name"]) for row in compared}))
    for row in compared:
        kind, name = row["kind"], row["name"]
        before, after = (paired.comparable(_values(each, kind, name), kind) for each in (base, alt))
        missing = [side for side, values in (("base", before), ("alternative", after)) if np.isnan(values).all()]
        if missing:
            left_out.append({"kind": kind, "name": name, "title": row["title"],
                             "why": f"has a value in no run of the {' and of the '.join(missing)}"})
            continue
        if sides := [side for side, names in vain.items() if name in names and kind != "ending"]:
            left_out.append({"kind": kind, "name": name, "title": row["title"],
                             "why": f"waits for what cannot happen in the {' or the '.join(sides)}"})
            continue
        changed = float(((before != after) & ~(np.isnan(before) & np.isnan(after))).mean())
        rows.append({"kind": kind, "name": name, "title": row["title"], "base": float(np.nanmean(before)),
                     "alt": float(np.nanmean(after)), "diff": row["value"], "low": row["low"], "high": row["high"],
                     "unpaired_low": row["unpaired_low"], "unpaired_high": row["unpaired_high"], "size": row["size"],
                     "spread": float(np.nanstd(before)), "changed": changed})
    numbers = ["base", "alt", "diff", "low", "high", "unpaired_low", "unpaired_high", "size", "spread",
               "changed"]
    table = pd.DataFrame(rows, columns=["kind", "name", "title", *numbers])
    return table.astype(dict.fromkeys(numbers, float)), pd.DataFrame(left_out, columns=["kind", "name", "title", "why"])


def _in_vain(ensemble: Ensemble) -> set[str]:
    """Outcomes within some days of something that cannot happen: that they are not met says nothing of anybody."""
    waiting = {name: outcome for name, outcome in ensemble.scenario.outcomes.items()
               if any(part.within for _, part in outcome.walk())}
    if not waiting:
        return set()
    columns = (ensemble.world or compile_world(ensemble.scenario)).columns
    return {name for name, outcome in waiting.items()
            if any(path[-2:] == ("within", "of") for path, _ in unmatched(outcome, columns))}


def _values(ensemble: Ensemble, kind: str, name: str) -> Any:
    return ensemble.outcomes["ending"].astype(str) == name if kind == "ending" else ensemble.outcomes[name]


def _foreign(base: Scenario, alt: Scenario, compared: set[tuple[str, str]]) -> Any:
    """What only one of the scenarios has, or each measures in its own way."""
    told = set(compared)
    for side, scenario, other in (("base", base, alt), ("alternative", alt, base)):
        known = {("ending", ending.name) for ending in other.endings} | {
            ("outcome", name) for name in other.outcomes}
        own = [("ending", ending.name, ending.title) for ending in scenario.endings] + [
            (outcome.kind, name, outcome.title or name) for name, outcome in scenario.outcomes.items()]
        for kind, name, title in own:
            if (kind, name) in told:
                continue
            both = ("ending" if kind == "ending" else "outcome", name) in known
            if both and side == "alternative":
                continue  # told already
            told.add((kind, name))
            yield {"kind": kind, "name": name, "title": title,
                   "why": "is of another kind in the alternative" if both else f"is in the {side} alone"}


def weekly(found: Comparison) -> pd.DataFrame:
    """Of each week the date, in how many replicates the histories part in it (`parted`), in how many a country first
    decides otherwise (`decided`), and how many are still `alike` at its end."""
    weeks = range(found.weeks)
    parted, decided = (found.twins[name].value_counts().reindex(weeks, fill_value=0).astype(int)
                       for name in ("week", "decision_week"))
    dates = [(found.scenario.start + timedelta(weeks=week)).isoformat() for week in weeks]
    return pd.DataFrame({"week": list(weeks), "date": dates, "parted": parted.to_numpy(), "decided": decided.to_numpy(),
                         "alike": found.replicates - parted.to_numpy().cumsum()})


def firsts(found: Comparison, column: str = "decision") -> pd.DataFrame:
    """What most often is the first thing (`first`) or the first `decision` in which twins differ: name, title, `runs`,
    and in how many of these only the base's twin, only the alternative's, or both did it, each in its own way."""
    how = "how" if column == "first" else f"{column}_how"
    counts = pd.crosstab(found.twins[column], found.twins[how]).reindex(columns=list(HOW), fill_value=0)
    table = counts.assign(runs=counts.sum(axis=1)).sort_values("runs", ascending=False, kind="stable")
    table.insert(0, "title", [found.titles[name] for name in table.index])
    return table.rename_axis("name").rename_axis(None, axis=1).reset_index()[["name", "title", "runs", *HOW]]


# Results

def as_record(found: Comparison) -> Row:
    """The results as they are kept and printed."""
    def listed(rows: pd.DataFrame) -> list[Row]:
        return _records(rows.drop(columns="kind") if rows["kind"].eq("ending").all() else rows)

    first = {name: _records(firsts(found, column).head(12)) for name, column in (("things", "first"),
                                                                                ("decisions", "decision"))}
    return {"schema": SCHEMA, "seed": found.seed, "replicates": found.replicates, "weeks": found.weeks,
            "base": _named(found.base), "alt": _named(found.alt) | {"label": found.label},
            "endings": listed(found.rows(True)), "outcomes": listed(found.rows(False)),
            "left_out": _records(found.left_out),
            "transitions": {"changed": found.moved(), "runs": list(moves(found))},
            "partings": {"runs": int(found.twins["week"].notna().sum()),
                         "decided_otherwise": int(found.twins["decision_week"].notna().sum()),
                         "by_week": _records(weekly(found)), "first": first["things"],
                         "first_decision": first["decisions"]}}


def _named(ensemble: Ensemble) -> Row:
    return {"scenario": ensemble.scenario.name, "title": ensemble.scenario.title}


def moves(found: Comparison) -> Iterator[Row]:
    """From which ending to which how many replicates go, and the first of those that do not stay."""
    for ending, row in found.transitions.iterrows():
        for other, count in row.items():
            who = found.twins.index[(found.twins["base"] == ending) & (found.twins["alt"] == other)]
            yield {"from": ending, "to": other, "runs": int(count),
                   "replicates": [int(each) for each in who[:NAMED]] if ending != other else []}


def _records(table: pd.DataFrame) -> list[Row]:
    rows: list[Row] = table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows


def write(found: Comparison, folder: Path, command: str = "", worlds: Sequence[Path | None] = (None, None)) -> None:
    """Writes tables and figures to `folder`, as `sim.store.write` does; it replaces results of this kind alone.

    `worlds` are the folders that the worlds of both were read from, by default the shipped one.
    """
    from sim import store
    from sim.figures.dumbbell import dumbbell
    from sim.figures.parting import parting
    from sim.figures.transition import transition

    tables = {"differences": found.results, "transitions": found.transitions.reset_index(), "partings": weekly(found),
              "firsts": firsts(found, "first"), "decisions": firsts(found), "twins": found.twins.reset_index()}
    drawings = {"differences": dumbbell(found), "transitions": transition(found),
                "partings": parting(found, tables["partings"], tables["decisions"])}
    leave(KIND, found, folder, command, tables,
          {"comparison": as_record(found), "world": found.base.scenario.tree["world"],
           "alternative_world": found.alt.scenario.tree["world"]}, drawings,
          {"scenario.yaml": store.resolved(found.base.scenario, folder, worlds[0]),
           "alternative_scenario.yaml": store.resolved(found.alt.scenario, folder, worlds[1])})
