"""State: everything that changes from week to week, for all replicates of a block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from sim.arrays import REAL, Array
from sim.draws import Draws

if TYPE_CHECKING:
    from sim.world import World


#: Day on which something last happened that never did.
NEVER = -100_000
#: Bounds of a week's Goldstein sum from one country to another, and of tension.
GOLDSTEIN = 10.0


class _Moved:
    """One kind of what occurrences move, as an array of its own: some rows of the state's `moved`."""

    def __set_name__(self, owner: type[State], name: str) -> None:
        self.name = name

    def __get__(self, state: State, owner: type[State] | None = None) -> Array:
        return state.moved[state.parts[self.name]]

    def __set__(self, state: State, values: Array) -> None:
        state.moved[state.parts[self.name]] = values


class State:
    """The one owner of a block's arrays. R replicates lie on the last axis of each.

    With C countries, K issues, E cues, L leaders:
    `stance, public, salience (C, K, R)` in [-1, 1] and [0, 1]; `status_quo, baseline (K, R)` in [-1, 1];
    `conduct (2 memories, 2 kinds, C*C, R)` in Goldstein points a week, from the row's country to the column's;
    `ledger (C*C, R)` in concessions; `approval, mandate, tempo (C, R)`; `leader (C, R)` as world-wide numbers;
    `cue (E, R)` in [0, 1]; `flag (F, R)` booleans; `date (instances, R)` in days from the start,
    between `soonest` and `latest (instances,)` unless called off; `last_week (options, R)` when an option that pauses
    for longer than a week was taken last;
    `inputs (P, R)` the numbers each replicate drew. What occurrences move lies in one array, `moved`, so that their
    effects are added in one go; this week's conduct waits there, verbal above material, until the week ends.
    """

    conduct_now, ledger, status_quo, baseline, approval, cue = (_Moved() for _ in range(6))

    def __init__(self, world: World, draws: Draws, given: Mapping[str, Array] | None = None):
        inputs = world.inputs.draw(draws, given).astype(REAL)
        r, c = len(draws), len(world.countries)
        self.week, self.replicates = 0, r
        self.inputs = inputs
        self.parts = world.effects.parts
        self.moved = np.zeros((world.effects.height, r), dtype=REAL)
        at = world.at
        self.salience = inputs[at.salience]
        self.public = inputs[at.public]
        self.anchors = inputs[at.anchors]  # (L, K, R)
        self.leader = np.broadcast_to(at.leader.astype(np.int8)[:, None], (c, r)).copy()
        self.anchor = self.anchors[at.leader]
        self.stance = self.anchor.copy()
        self.origin = self.stance.copy()
        self.status_quo = inputs[at.status_quo]
        self.baseline = inputs[at.status_quo]
        self.capability, self.accountability = inputs[at.capability], inputs[at.accountability]
        self.mandate = inputs[at.mandate]
        self.term_approval = inputs[at.approval]  # (L, R)
        self.approval = self.term_approval[at.leader]
        self.alliance, self.proximity = _pairs(at.alliance, inputs, c), _pairs(at.proximity, inputs, c)
        balance = _pairs(at.ledger, inputs, c)
        self.ledger = (balance - balance.transpose(1, 0, 2)).reshape(c * c, r)
        self.usual = self._usual(world)
        self.conduct = np.stack([self.usual, self.usual])
        self.cue_day = np.full((len(world.index.cue), r), NEVER, dtype=np.int32)
        self.last_day = np.full((len(world.index.lasting), r), NEVER, dtype=np.int32)
        self.last_week = np.full((len(world.decisions.options), r), NEVER, dtype=np.int32)
        self.flag = np.broadcast_to(np.array(at.flag, dtype=bool)[:, None], (len(at.flag), r)).copy()
        self.tempo = inputs[at.tempo]
        self.theory = np.searchsorted(world.theory_shares, draws.uniform("theory"), side="right")
        self.date = world.calendar.dates(draws)
        self.soonest, self.latest = self.date.min(axis=1), self.date.max(axis=1)
        instances = self.date.shape
        self.planned = np.ones(instances, dtype=bool)
        self.decided = np.zeros(instances, dtype=bool)
        self.portion = np.ones(instances)
        self.chosen_day = np.full((c, r), NEVER, dtype=np.int32)
        self.office_day = np.full((c, r), NEVER, dtype=np.int32)
        self.successor = np.full((c, r), -1, dtype=np.int8)
        self.seats: dict[str, tuple[tuple[str, ...], np.ndarray[Any, Any]]] = {}
        self._decays(world)

    def _usual(self, world: World) -> Array:
        """Each replicate's usual conduct (2 kinds, C*C, R): the world's, moved by the rates it drew for itself."""
        rows = [option.rate for option in world.decisions.options]
        centres = np.array([world.inputs.quantities[row].centre for row in rows])
        moved = world.option_conduct @ (self.inputs[rows] - centres[:, None])
        return (world.index.usual[:, :, None] + moved.reshape(2, -1, self.inputs.shape[1])).astype(REAL)

    def _decays(self, world: World) -> None:
        """Weekly factors 2^(-1/half-life), per replicate where the half-life is drawn."""
        at, inputs = world.at, self.inputs
        self.keep = {name: _decay(inputs[row]) for name, row in at.memory.items()}
        self.keep_conduct = np.stack([self.keep["conduct_fast"], self.keep["conduct_slow"]])[:, None, None, :]
        self.keep_issue, self.keep_cue = _decay(inputs[at.issue_half_life]), _decay(inputs[at.cue_half_life])
        self.tempo_noise = np.sqrt(1 - self.keep["tempo"] ** 2)

    def relax(self, draws: Draws, world: World) -> None:
        """Everything remembered fades by a week; stances lean toward their anchors and their partners."""
        moved = self.stance - self.origin
        usual = self.term_approval[self.leader, np.arange(self.replicates)]
        for values, toward, keep in ((self.status_quo, self.baseline, self.keep_issue),
                                     (self.approval, usual, self.keep["approval"]),
                                     (self.stance, self.anchor, self.keep["stance"])):
            values -= toward
            values *= keep
            values += toward
        for values, keep in ((self.ledger, self.keep["ledger"]), (self.cue, self.keep_cue)):
            values *= keep
        for receiver, partner, row in world.at.influence:
            self.stance[receiver] += self.inputs[row] * (moved[partner] - moved[receiver])
        np.clip(self.stance, -1, 1, out=self.stance)
        self.tempo *= self.keep["tempo"]
        names = [f"tempo.{code}" for code in world.countries]
        self.tempo += self.tempo_noise * _normal(draws.uniforms(names, self.week))

    def remember(self) -> None:
        """Takes the week's conduct into both memories."""
        now = self.conduct_now.reshape(self.conduct.shape[1:])
        np.clip(now, -GOLDSTEIN, GOLDSTEIN, out=now)
        self.conduct -= now
        self.conduct *= self.keep_conduct
        self.conduct += now
        now[:] = 0

    def bound(self) -> None:
        """Keeps what occurrences have moved within its bounds."""
        for values in (self.status_quo, self.baseline, self.approval):
            np.clip(values, -1, 1, out=values)
        np.minimum(self.cue, 1, out=self.cue)

    def tension(self, pairs: Any) -> Array:
        """Minus the mean conduct of each dyad's two directions in the fast memory, on the Goldstein scale.

        Beyond a few points it saturates smoothly, so that it stays within -10 to 10.
        """
        fast = self.conduct[0, 0] + self.conduct[0, 1]
        forth, back = pairs
        return GOLDSTEIN * np.tanh(-(fast[forth] + fast[back]) / (2 * REAL(GOLDSTEIN)))


def _decay(half_life: Array) -> Array:
    return 0.5 ** (1 / np.maximum(half_life, 1e-3))


def _normal(u: Array) -> Array:
    return np.asarray(ndtri(u), dtype=REAL)


def _pairs(entries: tuple[tuple[int, int, int], ...], inputs: Array, c: int) -> Array:
    """An array (C, C, R) with the inputs of some pairs, zero elsewhere."""
    values = np.zeros((c, c, inputs.shape[1]), dtype=REAL)
    for first, second, row in entries:
        values[first, second] = inputs[row]
    return values
