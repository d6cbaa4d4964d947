"""Tables: a world's and its replicates' numbers, taken from the simulator's compiled world and from a model of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.compiled.structs import (
    APPROVAL,
    CAPABILITY,
    CLOCK,
    CONDUCT,
    CUE,
    FLAG,
    GAIN,
    GAP,
    KINDS,
    LEADER,
    LEDGER,
    MANDATE,
    PUBLIC_GAIN,
    QUANTILES,
    SCALE,
    STATUS_QUO,
    TEMPO,
    THREAT,
    UNDER_WAY,
    Array,
    Lot,
    Ragged,
    Tables,
)
from sim.decisions import choice_bases
from sim.features import Conduct
from sim.model import DiplomacyModel
from sim.quantity import Quantity
from sim.world import World


def tables_of(world: World) -> Tables:
    """A world's tables."""
    d, index, terms = world.decisions, world.index, world.decisions.terms
    c, k, columns = len(world.countries), len(world.issues), len(world.columns)
    parts = np.array([world.effects.parts[name].start for name in
                      ("conduct_now", "ledger", "status_quo", "baseline", "approval", "cue")])
    features, numbers, watched = _features(world)
    gated: list[list[tuple[int, float, float]]] = [[] for _ in terms.terms]
    for which, of, slope, offset in terms.gates:
        for place, feature in enumerate(of):
            gated[which[place]].append((int(feature), float(slope[place]), float(offset[place])))
    limits: list[list[tuple[int, ...]]] = [[] for _ in d.options]
    for option, limit in world.limits.items():
        limits[option] += ([(0, flag, 0, wanted) for flag, wanted in limit.flags]
                                 + [(1, country, leader, wanted) for country, leader, wanted in limit.leaders]
                                 + [(2, country, 0, 0) for country in limit.vacates])
    reactions = [[(int(cue[o]), int(lag[o])) for cue, lag, _ in world.reactions.cues if cue[o] >= 0]
                 for o in range(len(d.options))]
    tracks: list[list[tuple[int, int]]] = [[] for _ in range(columns)]
    for kind, places in ((0, world.tracks.cues), (1, world.tracks.lasting)):
        for rows in places:
            for column in np.flatnonzero(rows >= 0):
                tracks[column].append((kind, int(rows[column])))
    for kind, changes in ((2, world.effects.raises), (3, world.effects.lowers)):
        for column, flag in changes:
            tracks[column].append((kind, flag))
    going: list[list[tuple[int]]] = [[] for _ in range(columns)]
    for name, countries in world.vacating.items():
        going[world.event_column[name]] = [(country,) for country in countries]
    for option, special in world.specials.items():
        going[d.options[option].column] = [(country,) for country in special.vacates]
    persuaded: list[list[tuple[int, float]]] = [[] for _ in range(columns)]
    for name, event in world.scenario.events.items():
        persuaded[world.event_column[name]] = [(index.country[code] * k + index.issue[issue], shift)
                                               for code, shifts in event.stances.items()
                                               for issue, shift in shifts.items()]
    elections = list(world.ballots)
    members = {int(option): (number, int(of[0])) for number, of in enumerate(world.choices) for option in of}
    plans, instances = world.plans, world.calendar.instances
    followed = [sorted(country.succession.successors.items()) if country.succession else []
                for country in world.scenario.countries.values()]
    matrix = terms.matrix
    return Tables(
        (world.weeks, c, k), parts, features, numbers, watched, index.spread.reshape(-1).copy(),
        terms.feature, terms.strength, ragged([[gate[:1] for gate in own] for own in gated], 1),
        np.array([gate[1:] for own in gated for gate in own]).reshape(-1, 2),
        Ragged(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)[:, None]),
        matrix.data.astype(np.float64),
        ragged([[(row,) for row in option.rows] for option in d.options], 1),
        np.array([members.get(o, (-1, o))[0] for o in range(len(d.options))]),
        np.array([members.get(o, (-1, o))[1] for o in range(len(d.options))]), ragged(limits, 4),
        world.pauses.astype(np.int64), ragged(going, 1),
        np.array([[spread(world.scenario.options[option.name].days), spread(world.scenario.options[option.name].size)]
                  for option in d.options]), world.option_columns, ragged(reactions, 2),
        world.reactions.lags.reshape(-1, QUANTILES),
        Ragged(world.effects.starts.astype(np.int64), world.effects.rows.astype(np.int64)[:, None]),
        world.effects.values.astype(np.float64), ragged(tracks, 2),
        ragged([[(place,) for place, _ in own] for own in persuaded], 1),
        np.array([shift for own in persuaded for _, shift in own]),
        np.array([(world.dated.columns[i], elections.index(instance.event) if instance.event in elections else -1)
                  for i, instance in enumerate(instances)]).reshape(-1, 2),
        np.array([(index.country[election.country], election.approval) for name in elections
                  if (election := world.scenario.events[name].election)]).reshape(-1, 2),
        np.stack([plans.instances, plans.leads], axis=1), np.stack([plans.columns, plans.holds], axis=2),
        plans.weighed, plans.size, plans.delay,
        np.array([world.event_column[name] for name, _ in world.calendar.chances], dtype=np.int64),
        np.array([spread(world.scenario.events[name].days) for name, _ in world.calendar.chances]).reshape(-1, 5),
        np.array([world.step_columns.get(code, (-1, -1)) for code in world.countries]),
        ragged([[(index.leader[name],) for name, _ in own] for own in followed], 1),
        np.array([weight for own in followed for _, weight in own], dtype=np.float64),
        np.array([[spread(own.succession.choose), spread(own.succession.take_office)] if own.succession
                  else [(0.0,) * 5] * 2 for own in world.scenario.countries.values()]),
        np.array([pair[:2] for pair in world.at.influence], dtype=np.int64).reshape(-1, 2))


def ragged(rows: list[Any], width: int) -> Ragged:
    """Lists of tuples of whole numbers, one list for each row."""
    return Ragged(np.cumsum([0, *map(len, rows)]),
                  np.array([entry for row in rows for entry in row], dtype=np.int64).reshape(-1, width))


def spread(quantity: Quantity) -> tuple[float, float, float, float, float]:
    """A kind (0 plain, 1 uniform, 2 triangular, 3 normal cut at its bounds) and its numbers."""
    if quantity.fixed:
        return 0.0, quantity.centre, 0.0, 0.0, 0.0
    if quantity.low is not None and quantity.high is not None:
        return 1.0 + (quantity.mode is not None), quantity.low, quantity.high, quantity.mode or 0.0, 0.0
    if quantity.mean is None or quantity.sd is None or quantity.rate:
        raise ValueError(f"{quantity!r} is a rate; durations and sizes are not")
    ends = ndtr((np.array([quantity.floor, quantity.ceiling]) - quantity.mean) / quantity.sd)
    return 3.0, quantity.mean, quantity.sd, float(ends[0]), float(ends[1] - ends[0])


def _features(world: World) -> tuple[Array, Array, Ragged]:
    """Every feature as numbers: its kind, what it is of, and the list of what it looks through."""
    index = world.index
    country, rows, numbers, lists = index.country, [], [], []
    for key in world.decisions.terms.keys:
        kind, of = KINDS.index(key[0]), key[1:]
        place, number, looked = (0, 0, 0, 0), (0.0, 0.0), []
        if kind in (CUE, STATUS_QUO, APPROVAL, MANDATE, FLAG, TEMPO):
            name = {CUE: index.cue, STATUS_QUO: index.issue, FLAG: index.flag}.get(kind, country)
            place = (name[of[0]], 0, 0, 0)
        elif kind == LEADER:
            place = (index.leader_country[index.leader[of[0]]], index.leader[of[0]], 0, 0)
        elif kind == GAP:
            place = (index.issue[of[0]], country[of[1]], country[of[2]], 0)
        elif kind == CONDUCT:
            made = Conduct.of([key], index)
            place, number = (int(made.rows[0]), int(made.usual[0]), len(made.more), 0), (float(made.spread[0]), 0.0)
        elif kind == LEDGER:
            place = (index.pair(*of), 0, 0, 0)
        elif kind in (CAPABILITY, THREAT):
            place = (country[of[0]], country[of[1]], 0, 0)
        elif kind == CLOCK:
            number, looked = (float(of[1]), float(of[2])), [(i, 0) for i in index.instances.get(of[0], ())]
        elif kind == UNDER_WAY:
            place = (index.lasting[of], 0, 0, 0)
        elif kind == SCALE:
            factors = [entry for entries in index.scales.values() for entry in entries]
            place = (country[of[0]], 0, 0, 0)
            looked = [(leader, factors.index((leader, row))) for leader, row in index.scales[of[0], of[1]]]
        elif kind in (GAIN, PUBLIC_GAIN):
            place = (country[of[0]], index.issue[of[1]], 0, 0)
        else:
            ally, patron, fear, memory = of
            others = [ally] if fear == "abandonment" else [o for o in country if o not in (ally, patron)]
            place = (country[ally], country[patron], ("fast", "slow").index(memory), 0)
            looked = [(index.pair(patron, other), 0) for other in others]
        rows.append((kind, *place, 0))
        numbers.append(number)
        lists.append(looked)

    return np.array(rows, dtype=np.int64).reshape(-1, 6), np.array(numbers).reshape(-1, 2), ragged(lists, 2)


def lot_of(model: DiplomacyModel) -> Lot:
    """The numbers and variates of a model's replicates, before its first week."""
    world, state, draws = model.world, model.state, model.draws
    r, weeks, calendar = len(draws), world.weeks, model.world.calendar
    factors = [row for entries in world.index.scales.values() for _, row in entries]

    def first(values: Any, kind: Any = np.float64) -> Array:
        return np.ascontiguousarray(np.moveaxis(np.asarray(values), -1, 0).reshape(r, -1), dtype=kind)

    def words(streams: list[str], every_week: bool = True) -> Array:
        if not every_week:
            return np.ascontiguousarray(draws.words(streams, 0).T)
        return np.ascontiguousarray(np.stack([draws.words(streams, week).T for week in range(weeks)], axis=1))

    margins, days = [], np.ones((r, len(calendar.instances)), dtype=np.int64)
    for name, ballot in world.ballots.items():
        election = world.scenario.events[name].election
        assert election
        ours = [election.parties[party].coalition for party in sorted(election.parties)]
        [label] = [instance.label for instance in calendar.instances if instance.event == name]
        expected = np.clip(state.inputs[ballot.seats], 0, election.contested)[ours].sum(axis=0)
        error = state.inputs[ballot.common_error] * ndtri(draws.uniform(f"events.{name}/error/{label}"))
        total = np.clip(np.rint(expected + error), 0, election.contested)
        margins.append(np.tanh((total - election.needed) / election.mandate))
    for i, instance in enumerate(calendar.instances):
        quantity = world.scenario.events[instance.event].days
        uniform = draws.uniform(f"events.{instance.event}/days/{instance.label}")
        days[:, i] = np.maximum(np.rint(quantity.ppf(uniform)), 1)
    rates = world.plans.rates
    plan_bases = np.stack([choice_bases(np.where(own[:, None] >= 0, state.inputs[own], 0)) for own in rates]) \
        if len(rates) else np.zeros((0, 0, r))
    names = [f"events.{instance.event}/succession/{instance.label}" for instance in calendar.instances]
    noise = np.stack([ndtri(draws.uniforms([f"tempo.{code}" for code in world.countries], week)).T
                      for week in range(weeks)], axis=1)
    keep = np.stack([state.keep[name] for name in ("ledger", "approval", "stance", "tempo")])
    at = world.decisions.terms.strength
    strength = np.zeros((len(world.decisions.mechanisms), r))
    strength[at] = model.strength
    return Lot(
        first(state.moved), first(state.conduct), first(state.usual), first(state.stance), first(state.origin),
        first(state.anchors), first(state.public), first(state.salience), first(state.capability),
        first(state.accountability), first(state.mandate), first(state.alliance), first(state.proximity),
        first(state.tempo), first(state.leader, np.int64), first(state.term_approval), first(state.inputs[factors]),
        first(state.flag, np.bool_), first(state.cue_day, np.int64), first(state.last_day, np.int64),
        first(strength), first(model.references), first(model.bases), first(state.keep_conduct),
        first(keep), first(state.keep_issue), first(state.keep_cue),
        first(state.inputs[[row for *_, row in world.at.influence]]), first(state.date, np.int64), days,
        first(np.array(margins).reshape(-1, r)), words(names, False),
        np.ascontiguousarray(np.moveaxis(plan_bases, -1, 0)),
        words(list(world.plans.streams), False), first(state.inputs[[row for _, row in calendar.chances]]),
        words([f"events.{name}" for name, _ in calendar.chances]), words(list(world.streams)),
        np.ascontiguousarray(noise))
