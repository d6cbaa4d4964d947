"""Agreement: the reference beside the simulator, in double precision and on the same draws, week by week."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import sim.model  # brings in every module that computes
from benchmarks.reference.model import Diplomacy
from benchmarks.reference.outcomes import Record, ending, measure
from benchmarks.reference.plan import Plan
from sim.arrays import REAL
from sim.compiler import compile_world
from sim.outcomes import measured
from sim.scenario import Scenario


@contextmanager
def in_double() -> Iterator[None]:
    """Lets the simulator compile worlds and compute in double precision while the context lasts."""
    modules = [module for name, module in sys.modules.items()
               if name.startswith("sim.") and getattr(module, "REAL", None) is REAL]
    for module in modules:
        module.REAL = np.float64  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.REAL = REAL  # type: ignore[attr-defined]


def disagreements(scenario: Scenario, replicates: int, seed: int = 1,
                  weeks: int | None = None) -> Iterator[tuple[int, int, str, Any, Any]]:
    """(replicate, week, what, simulated, reference) of what differs, up to the first week of each replicate that does
    and the first `weeks` of the scenario.

    Occurrences are to be equal, but for their size, and it, the state and outcomes equal to 1e-9.
    """
    with in_double():
        world = compile_world(scenario)
        model = sim.model.DiplomacyModel(world, replicates=replicates, rng=seed)
        plan = Plan(scenario)
        references = {column: Diplomacy(plan, column, seed) for column in range(replicates)}
        records = {column: Record(reference) for column, reference in references.items()}
        for week in range(-1, weeks or world.weeks):
            if week >= 0:
                model.step()
            for column, reference in list(references.items()):
                if week >= 0:
                    reference.step()
                    records[column].note()
                simulated, own = of_simulator(model, column), of_reference(reference)
                for what in simulated:
                    if not same(simulated[what], own.get(what)):
                        yield column, week, str(what), simulated[what], own.get(what)
                        references.pop(column, None)
        if model.state.week == world.weeks:
            history = model.history()
            results = measured(scenario, history)
            for column in references:
                yield from _outcomes_that_differ(scenario, column, results, records[column])
        model.release()


def _outcomes_that_differ(scenario: Scenario, column: int, results: Any,
                          record: Record) -> Iterator[tuple[int, int, str, Any, Any]]:
    """Of one replicate; a void outcome is None."""
    outcomes, endings = results
    for place, (name, outcome) in enumerate(scenario.outcomes.items()):
        found = None if np.isnan(outcomes[column, place]) else float(outcomes[column, place])
        if not same(found, own := measure(outcome, record)):
            yield column, scenario.weeks, name, found, own
    if (found := scenario.endings[endings[column]].name) != (own := ending(record)):
        yield column, scenario.weeks, "ending", found, own


def same(first: Any, second: Any) -> bool:
    """Equal, numbers to 1e-9 of their size or of 1."""
    if isinstance(first, float):
        return second is not None and (first == second or abs(first - second) <= 1e-9 * max(1.0, abs(first)))
    if isinstance(first, list | tuple):
        return (isinstance(second, list | tuple) and len(first) == len(second)
                and all(map(same, first, second)))
    return bool(first == second)


def of_simulator(model: Any, column: int) -> dict[Any, Any]:
    """What one replicate of the simulator's model did in the last week, and where it stands, by name."""
    world, state = model.world, model.state
    columns, codes = world.columns, world.countries
    log = [(columns[c].name, columns[c].event or "", int(day), int(days), float(np.float32(size)))
           for logged in model.log[-2:]
           for c, _, who, day, days, size in zip(*logged, strict=True) if who == column]
    stands: dict[Any, Any] = {"log": sorted(log)}
    for name, index, levels in (("status quo", world.index.issue, state.status_quo),
                                ("cue", world.index.cue, state.cue),
                                ("baseline", world.index.issue, state.baseline),
                                ("approval", world.index.country, state.approval),
                                ("mandate", world.index.country, state.mandate),
                                ("tempo", world.index.country, state.tempo)):
        stands |= {(name, of): float(levels[row, column]) for of, row in index.items()}
    stands |= {("flag", name): bool(state.flag[row, column]) for name, row in world.index.flag.items()}
    for row, code in enumerate(codes):
        stands["leader", code] = world.leaders[state.leader[row, column]][1]
        for issue, k in world.index.issue.items():
            stands["stance", code, issue] = float(state.stance[row, k, column])
        for other in codes:
            pair = world.index.pair(code, other)
            stands["ledger", code, other] = float(state.ledger[pair, column]) if other != code else 0.0
            for m, memory in enumerate(("fast", "slow")):
                for v, kind in enumerate(("verbal", "material")):
                    stands["conduct", memory, kind, code, other] = float(state.conduct[m, v, pair, column])
        pending = state.successor[row, column]
        stands["successor", code] = world.leaders[pending][1] if pending >= 0 else ""
        if pending >= 0:
            stands["steps", code] = [int(state.chosen_day[row, column]), int(state.office_day[row, column])]
    for row, instance in enumerate(world.calendar.instances):
        stands["occasion", instance.event, instance.label] = [
            int(state.date[row, column]), bool(state.planned[row, column]), bool(state.decided[row, column]),
            float(state.portion[row, column])]
    for name, (parties, seats) in state.seats.items():
        if seats[0, column] >= 0:
            stands["seats", name] = dict(zip(parties, seats[:, column].tolist(), strict=True))
    if state.week:
        own = world.decisions
        for row in own.rows:
            stands["sum", row.country, row.name] = float(model.sums[row.index, column])
    stands |= {("base", option.name): float(model.bases[o, column]) for o, option in enumerate(world.decisions.options)}
    return stands


def of_reference(model: Diplomacy) -> dict[Any, Any]:
    """The same of the reference."""
    log = [(deed.name, deed.event, day, days, float(np.float32(size)))
           for week, deed, day, days, size in model.log if week == model.week - 1]
    stands: dict[Any, Any] = {"log": sorted(log)}
    for name, levels in (("status quo", model.status_quo), ("cue", model.cue), ("baseline", model.baseline),
                         ("flag", model.flag), ("base", model.base)):
        stands |= {(name, of): level for of, level in levels.items()}
    for code, country in model.country.items():
        stands |= {(name, code): getattr(country, name) for name in ("approval", "mandate", "tempo", "leader")}
        stands |= {("stance", code, issue): stance for issue, stance in country.stance.items()}
        stands |= {("ledger", code, other): balance if other != code else 0.0
                   for other, balance in country.ledger.items()}
        stands |= {("conduct", memory, kind, code, other): value for memory, kinds in country.conduct.items()
                   for kind, remembered in kinds.items() for other, value in remembered.items()}
        stands["successor", code] = country.successor
        stands["steps", code] = [country.chosen_day, country.office_day]
        stands |= {("sum", code, decision): value for decision, value in country.sums.items()}
    stands |= {("occasion", name, one.label): [one.date, one.planned, one.decided, one.portion]
               for name, instances in model.instances.items() for one in instances}
    stands |= {("seats", name): seats for name, seats in model.seats.items()}
    return stands
