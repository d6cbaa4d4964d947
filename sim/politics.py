"""Domestic politics: elections return seats, leaders go and are followed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.special import ndtri

from sim.arrays import Array, Bools, Ints
from sim.draws import Draws, again
from sim.occurrences import Occurrences
from sim.state import NEVER, State
from sim.world import World

#: What else the variate that made a leader go is used for, see `again`.
SUCCESSOR, CHOSEN, OFFICE = range(10, 13)


def vote(world: World, state: State, draws: Draws, name: str, label: str, voting: Bools) -> None:
    """Returns seats where `voting`; a coalition short of what it needs has a weak mandate."""
    election, ballot = world.scenario.events[name].election, world.ballots[name]
    assert election
    parties = tuple(sorted(election.parties))
    ours = np.array([election.parties[party].coalition for party in parties])
    expected = np.clip(state.inputs[ballot.seats].astype(np.float64), 0, election.contested)
    error = state.inputs[ballot.common_error] * ndtri(draws.uniform(f"events.{name}/error/{label}"))
    total = np.clip(np.rint(_added(expected[ours]) + error), 0, election.contested)
    seats = np.empty_like(expected)
    seats[ours] = _apportion(expected[ours], total)
    seats[~ours] = _apportion(expected[~ours], election.contested - total)
    _, returned = state.seats.setdefault(name, (parties, np.full(seats.shape, -1, dtype=np.int16)))
    np.copyto(returned, seats, where=voting, casting="unsafe")
    margin = np.tanh((total - election.needed) / election.mandate)
    country = world.index.country[election.country]
    np.copyto(state.mandate[country], margin, where=voting, casting="same_kind")
    state.approval[country] = np.clip(state.approval[country] + election.approval * margin * voting, -1, 1)


def _added(rows: Array) -> Array:
    """The sum of the rows, in order whatever their width."""
    total = np.zeros_like(rows[0])
    for row in rows:
        total += row
    return total


def _apportion(expected: Array, total: Array) -> Array:
    """Whole seats in proportion to what was expected, adding up to `total` in every replicate."""
    running = np.cumsum(np.maximum(expected, 1e-9), axis=0)
    edges = np.rint(running / running[-1] * total)
    return np.diff(edges, axis=0, prepend=0)


def succeed(world: World, state: State, now: Occurrences) -> None:
    """Successors chosen and taking office this week."""
    sunday = 7 * state.week + 6
    for code, (chosen, taken) in world.step_columns.items():
        c = world.index.country[code]
        pending = state.successor[c] >= 0
        who = np.flatnonzero(pending & (state.chosen_day[c] <= sunday) & (state.chosen_day[c] > NEVER))
        now.add(chosen, who, state.chosen_day[c, who])
        state.chosen_day[c, who] = NEVER
        who = np.flatnonzero(pending & (state.office_day[c] <= sunday))
        now.add(taken, who, state.office_day[c, who])
        leader = state.successor[c, who]
        state.leader[c, who] = leader
        state.successor[c, who] = -1
        state.anchor[c][:, who] = state.anchors[leader, :, who].T
        state.approval[c, who] = state.term_approval[leader, who]


def announce(world: World, state: State, countries: Iterable[int], who: Ints, day: Ints, uniform: Array) -> None:
    """A leader's going is known: draws who follows, and when. A succession under way is not begun again, nor twice in
    one replicate, where `who` names it twice."""
    for c in countries:
        country = world.scenario.countries[world.countries[c]]
        new = np.unique(who, return_index=True)[1]
        new = new[state.successor[c, who[new]] < 0]
        if not country.succession or not len(new):
            continue
        begun, variate = who[new], uniform[new]
        successors = sorted(country.succession.successors.items())
        numbers = np.array([world.index.leader[name] for name, _ in successors])
        weights = np.array([weight for _, weight in successors])[:, None] * (numbers[:, None] != state.leader[c, begun])
        running = np.cumsum(weights, axis=0)
        pick = (running < again(variate, SUCCESSOR) * running[-1]).sum(axis=0)
        state.successor[c, begun] = numbers[np.minimum(pick, len(numbers) - 1)]
        # Steps fall into the week after the announcement at the earliest: this week's events are over.
        chosen = np.rint(day[new] + country.succession.choose.ppf(again(variate, CHOSEN)))
        state.chosen_day[c, begun] = np.maximum(chosen, 7 * (state.week + 1))
        office = np.rint(country.succession.take_office.ppf(again(variate, OFFICE)))
        state.office_day[c, begun] = state.chosen_day[c, begun] + np.maximum(office, 0)
