"""Attribution: how much each event and each mechanism contributes to an outcome, by Shapley values on paired draws.

    found = run(load("july_2025"), "us_dprk_summit")
    found.contributions     # a row per event and mechanism: its contribution with a 95 % interval
    found.empty, found.full, found.remainder

The players of the game are events, which can be left out, and mechanisms, which can be switched off. The value of a
set of players is the outcome's mean with these alone; what no player stands for is in force throughout. A player's
Shapley value is what it adds on average when players join in every order (Shapley 1953). Every replicate has random
orders of its own, each followed by its reverse (Castro et al. 2009; Mitchell et al. 2022), and is run once for every
set that these pass through, always on its own draws. So what has no effect contributes exactly 0, and contributions
and remainder add up to full minus empty.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim import worker
from sim.arrays import Array, Bools, Ints
from sim.calendar import Calendar
from sim.catalog.outcome import Ending, Kind, Outcome
from sim.compiler import compile_world
from sim.deciding import NOWHERE
from sim.draws import BLOCK, Draws, stream_key
from sim.ensemble import Progress, Status, cores
from sim.errors import InputError, shown_names, unknown
from sim.experiments.influence import influence
from sim.experiments.paired import comparable, played
from sim.experiments.results import leave, plain
from sim.inputs import Inputs
from sim.outcomes import Z, assign_endings, looked_at, measure
from sim.scenario import Scenario
from sim.world import World

SCHEMA, KIND = 1, "attribution"
#: What stands for mechanisms that are no player of their own.
REST = "(all other mechanisms)"
#: How many mechanisms are players by default, and how many replicates rank them beforehand.
MECHANISMS, PILOT = 16, 1024

Row = dict[str, Any]


class Player(NamedTuple):
    """Something that is taken away or left in place as a whole."""

    kind: str  # event, mechanism, family or rest
    name: str
    title: str
    events: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attribution:
    """What each player contributes to an outcome: to its share of runs, or to its mean.

    `contributions`: a row per player but the last resort `(all other mechanisms)`, the largest first: kind, name,
    title, its contribution `value` and 95 % interval `low`, `high`, and its standard error `error`, in which chance in
    the replicates and in the orders are both contained. `remainder` is the same of that last resort. `empty` and `full`
    are the outcome without all players and with all. A replicate in which the outcome does not apply counts as average.
    """

    scenario: Scenario
    outcome: str
    title: str
    kind: str
    contributions: pd.DataFrame
    remainder: Row
    empty: float
    full: float
    void: float  # share of (replicate, set) pairs in which the outcome does not apply
    orders: int
    sets: int  # of players, for each replicate
    replicates: int
    seed: int
    seconds: float


def run(scenario: Scenario, outcome: str, replicates: int = 500, seed: int = 1, jobs: int | None = None,
        events: Sequence[str] | None = None, mechanisms: int | str | Sequence[str] = MECHANISMS,
        permutations: int = 2, progress: Progress | None = None) -> Attribution:
    """Attributes an outcome, or the share of an ending, to events and mechanisms.

    `events` are names, by default all in force. `mechanisms` are names; or the number of those with most say in the
    outcome (see `sim.experiments.influence`), all others being one player together; or "families", each of which is one
    player. `permutations` is the number of orders for each replicate, every second of them the reverse of the one
    before. Raises `InputError` for names nobody knows, and for numbers that make no sense.
    """
    if replicates < 1 or permutations < 1 or not 0 <= seed < 2**63 or jobs is not None and jobs < 1:
        raise InputError(f"replicates is {replicates}, permutations {permutations}, seed {seed}, jobs {jobs}; needed "
                         "are at least 1 replicate, permutation and job, and a seed from 0 to 2^63 - 1")
    started = time.monotonic()
    check(scenario, outcome, events, mechanisms)
    world = compile_world(scenario)
    players = list(_players(world, outcome, events, mechanisms, seed))
    if not players:
        raise InputError("there is no event and no mechanism to attribute to")
    sets = permutations * (len(players) - 1) + 2
    game = _Game(world, outcome, tuple(players), permutations)
    together = max(1, BLOCK // sets)
    tasks = [(first, min(first + together, replicates, first - first % BLOCK + BLOCK))
             for block in range(0, replicates, BLOCK)
             for first in range(block, min(block + BLOCK, replicates), together)]
    done, values = 0, np.empty((replicates, sets))

    def report() -> None:
        if progress:
            progress(Status(done, replicates * sets, time.monotonic() - started, np.zeros(0, dtype=np.int64)))

    for first, found in worker.spread(_played, tasks, min(jobs or cores(), len(tasks)), game, seed, report):
        values[first:first + len(found)] = found
        done += found.size
        report()
    orders = np.array([_orders(seed, replicate, len(players), permutations) for replicate in range(replicates)])
    return _attribution(game, orders, values, replicates, seed, time.monotonic() - started)


def check(scenario: Scenario, outcome: str, events: Sequence[str] | None,
          mechanisms: int | str | Sequence[str]) -> None:
    """Raises `InputError` for names that the scenario does not know."""
    known = {**{ending.name: ending for ending in scenario.endings}, **scenario.outcomes}
    if outcome not in known:
        raise InputError(unknown("outcome or ending", outcome, known, shown_names(known)))
    if isinstance(mechanisms, str) and mechanisms != "families":
        raise InputError(f'mechanisms is "{mechanisms}"; needed are names, a number, or "families"')
    wanted: list[tuple[str, str, Mapping[str, Any]]] = [("event", name, scenario.events) for name in events or ()]
    if not isinstance(mechanisms, int | str):
        wanted += [("mechanism", name, scenario.mechanisms) for name in mechanisms]
    for kind, name, entries in wanted:
        if name not in entries:
            raise InputError(unknown(kind, name, entries, shown_names(entries)))


# Players

def _players(world: World, outcome: str, events: Sequence[str] | None, mechanisms: int | str | Sequence[str],
             seed: int) -> Iterator[Player]:
    scenario, in_force = world.scenario, world.decisions.mechanisms
    for name in scenario.events if events is None else dict.fromkeys(events):
        yield Player("event", name, scenario.events[name].name, events=(name,))
    if mechanisms == "families":
        of = dict(zip(in_force, world.decisions.families, strict=True))
        for family in sorted(set(of.values())):
            own = tuple(name for name in in_force if of[name] == family)
            yield Player("family", family, f"{family.capitalize()} ({len(own)})", mechanisms=own)
        return
    if isinstance(mechanisms, int):
        ranked = _ranked(world, outcome, seed) if 0 < mechanisms < len(in_force) else list(in_force)
        chosen: Sequence[str] = ranked[:mechanisms]
    else:
        chosen = list(dict.fromkeys(mechanisms))
    for name in chosen:
        yield Player("mechanism", name, scenario.mechanisms[name].name, mechanisms=(name,))
    rest = tuple(name for name in in_force if name not in chosen)
    if isinstance(mechanisms, int) and mechanisms and rest:
        yield Player("rest", REST, f"All {len(rest)} other mechanisms", mechanisms=rest)


def _ranked(world: World, outcome: str, seed: int) -> list[str]:
    """Mechanisms by how much they have to say in the outcome, the one with most first."""
    scenario = world.scenario
    if outcome in scenario.outcomes:
        entry = scenario.outcomes[outcome]
        if entry.kind != "yes_no":
            bound = ("at_most", 7.0 * world.weeks) if entry.kind == "date" else (
                "at_least", _middle(world, entry, seed))
            entry = entry.model_copy(update=dict([bound]))
        endings = tuple(Ending(name=name, title=name, colour=None, when=when)
                        for name, when in (("yes", entry), ("no", None)))
        scenario = replace(scenario, head=scenario.head.model_copy(update={"endings": endings}))
    found = influence(replace(world, scenario=scenario), PILOT, seed)
    return sorted(found, key=lambda name: -found[name])


def _middle(world: World, outcome: Outcome, seed: int) -> float:
    """What about half of the replicates reach."""
    values = measure(outcome, played(world, seed, 0, PILOT))
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0


# The game

@dataclass(frozen=True)
class _Game:
    """What workers begin with."""

    world: World
    outcome: str
    players: tuple[Player, ...]
    permutations: int

    @property
    def kind(self) -> Kind:
        entry = self.world.scenario.outcomes.get(self.outcome)
        return entry.kind if entry else "yes_no"


def _orders(seed: int, replicate: int, players: int, permutations: int) -> Ints:
    """The orders in which players join in a replicate, shape (permutations, players)."""
    generator = np.random.Generator(np.random.Philox(key=np.array(stream_key(seed, f"attribution/{replicate}"),
                                                                  dtype=np.uint64)))
    found = []
    for _ in range(-(-permutations // 2)):
        order = generator.permutation(players)
        found += [order, order[::-1]]
    return np.array(found[:permutations])


def _sets(orders: Ints) -> Bools:
    """The sets of players that orders (K, P) pass through, shape (sets, P): none, all, then order by order."""
    permutations, players = orders.shape
    joined = np.argsort(orders, axis=1)  # at which step each player joins
    steps = np.arange(1, players)
    through = joined[:, None, :] < steps[:, None]
    return np.concatenate([np.zeros((1, players), bool), np.ones((1, players), bool),
                           through.reshape(permutations * (players - 1), players)])


def _played(game: _Game, seed: int, first: int, last: int) -> tuple[int, Array]:
    """The outcome in some replicates of a block for each of their sets, shape (replicates, sets)."""
    sets = np.concatenate([_sets(_orders(seed, replicate, len(game.players), game.permutations))
                           for replicate in range(first, last)])
    columns = np.repeat(np.arange(first, last) % BLOCK, len(sets) // (last - first))
    values = [_values(game, seed, first // BLOCK, columns[at:at + BLOCK], sets[at:at + BLOCK])
              for at in range(0, len(sets), BLOCK)]
    return first, np.concatenate(values).reshape(last - first, -1)


def _values(game: _Game, seed: int, block: int, columns: Ints, sets: Bools) -> Array:
    """The outcome in replicates of a block, each with its own set of players (R, P)."""
    from sim.model import DiplomacyModel

    world = switched(game.world, game.players, sets)
    model = DiplomacyModel(world, block * BLOCK, rng=seed, columns=columns.tolist(),
                           keep=looked_at(world.scenario, world))
    try:
        history = model.run()
    finally:
        model.release()
    scenario = world.scenario
    if game.outcome in scenario.outcomes:
        return comparable(measure(scenario.outcomes[game.outcome], history), game.kind)
    names = [ending.name for ending in scenario.endings]
    return (assign_endings(scenario.endings, history) == names.index(game.outcome)).astype(float)


def switched(world: World, players: Sequence[Player], sets: Bools) -> World:
    """The world in which each replicate of a model has only the players of its own set (R, P) in force."""
    off: dict[str, Bools] = {}
    rows: dict[int, Bools] = {}
    strengths = dict(zip(world.decisions.mechanisms, world.decisions.strengths.tolist(), strict=True))
    chances = dict(world.calendar.chances)
    for player, present in zip(players, sets.T, strict=True):
        for event in player.events:
            off[event] = ~present
            if event in chances:
                rows[chances[event]] = ~present
        for name in player.mechanisms:
            if name in strengths:
                rows[strengths[name]] = ~present
    own, calendar = world.inputs, world.calendar
    return replace(world, inputs=_Inputs(own.paths, own.quantities, own.rows, rows),
                   calendar=_Calendar(calendar.instances, calendar.chances, calendar.inputs, off))


@dataclass
class _Inputs(Inputs):
    """Inputs of which some are 0 in some replicates: rates and strengths of what is not in force there."""

    off: Mapping[int, Bools] = None  # type: ignore[assignment]

    def draw(self, draws: Draws, given: Mapping[str, Array] | None = None) -> Array:
        values = super().draw(draws, given)
        for row, absent in self.off.items():
            values[row, absent] = 0
        return values


@dataclass(frozen=True)
class _Calendar(Calendar):
    """A calendar in which some events have no date in some replicates."""

    off: Mapping[str, Bools]

    def dates(self, draws: Draws) -> Ints:
        dates = super().dates(draws)
        for row, instance in enumerate(self.instances):
            if instance.event in self.off:
                dates[row, self.off[instance.event]] = NOWHERE
        return dates


# Values

def shapley(orders: Ints, values: Array) -> Array:
    """Each player's mean contribution in each replicate, shape (R, P), from the orders (R, K, P) in which players join
    and the values (R, sets) of the sets that these pass through, in the order of `_sets`. Rows add up to full minus
    empty."""
    replicates, permutations, players = orders.shape
    empty, full = (np.repeat(values[:, [at]], permutations, axis=1)[:, :, None] for at in (0, 1))
    through = values[:, 2:].reshape(replicates, permutations, players - 1)
    steps = np.diff(np.concatenate([empty, through, full], axis=2), axis=2)
    found = np.empty_like(steps)
    np.put_along_axis(found, orders, steps, axis=2)
    return found.mean(axis=1)


def _attribution(game: _Game, orders: Ints, values: Array, replicates: int, seed: int, seconds: float) -> Attribution:
    scenario = game.world.scenario
    void = np.isnan(values)
    if void[:, 1].all():
        raise InputError(f'the outcome "{game.outcome}" applies in none of {replicates:,} replicates; there is nothing '
                         "to attribute")
    values = np.where(void, np.nanmean(values[:, 1]), values)
    each = shapley(orders, values)
    rows = [_row(player, own, game.kind != "number") for player, own in zip(game.players, each.T, strict=True)]
    empty, full = float(values[:, 0].mean()), float(values[:, 1].mean())
    rest = next((row for row in rows if row["kind"] == "rest"), None)
    if rest is None:
        rest = {"kind": "rest", "name": "", "title": "Nothing", "low": 0.0, "high": 0.0, "error": 0.0,
                "value": full - empty - sum(row["value"] for row in rows)}
    table = pd.DataFrame([row for row in rows if row is not rest],
                         columns=["kind", "name", "title", "value", "low", "high", "error"])
    table = table.sort_values("value", key=np.abs, ascending=False, kind="stable", ignore_index=True)
    title = next((ending.title for ending in scenario.endings if ending.name == game.outcome), "")
    if game.outcome in scenario.outcomes:
        title = scenario.outcomes[game.outcome].title or game.outcome
    return Attribution(scenario, game.outcome, title, game.kind, table, rest, empty, full, float(void.mean()),
                       orders.shape[1], values.shape[1], replicates, seed, seconds)


def _row(player: Player, values: Array, share: bool) -> Row:
    """A player's contribution, from that in each replicate (R,). The interval of one to a share is as if it had turned
    two more replicates, one each way (see `sim.experiments.paired`): what turned none in few runs may turn some."""
    value, n = float(values.mean()), len(values)
    seen = np.append(values, [1.0, -1.0]) if share else values
    centre = float(seen.mean())
    error = float(np.sqrt(np.square(seen - centre).sum() / (n - (not share))) / np.sqrt(len(seen))) if n > 1 else np.nan
    return {"kind": player.kind, "name": player.name, "title": player.title, "value": value,
            "low": centre - Z * error, "high": centre + Z * error, "error": error}


# Results

def as_record(found: Attribution) -> Row:
    """The results as they are kept and printed."""
    return {"schema": SCHEMA, "scenario": found.scenario.name, "title": found.scenario.title, "seed": found.seed,
            "replicates": found.replicates, "permutations": found.orders, "sets": found.sets,
            "outcome": {"name": found.outcome, "title": found.title, "kind": found.kind, "void": found.void},
            "empty": found.empty, "full": found.full,
            "contributions": [plain(row) for row in found.contributions.to_dict("records")],
            "remainder": plain(found.remainder)}


def write(found: Attribution, folder: Path, command: str = "", world: Path | None = None) -> None:
    """Writes the table and the figure to `folder`, as `sim.store.write` does; it replaces results of this kind
    alone."""
    from sim import store
    from sim.figures.contributions import contributions

    table = pd.DataFrame([*found.contributions.to_dict("records"), found.remainder])
    leave(KIND, found, folder, command, {"contributions": table},
          {"attribution": as_record(found), "world": found.scenario.tree["world"]},
          {"contributions": contributions(found)}, {"scenario.yaml": store.resolved(found.scenario, folder, world)})
