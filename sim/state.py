"""State: everything that changes from week to week, for all replicates of a block."""

from __future__ import annotations

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


class State:
    """The one owner of a block's arrays. R replicates lie on the last axis of each.

    With C countries, K issues, E cues, L leaders:
    `stance, public, salience (C, K, R)` in [-1, 1] and [0, 1]; `status_quo, baseline (K, R)` in [-1, 1];
    `conduct (2 memories, 2 kinds, C*C, R)` in Goldstein points a week, from the row's country to the column's;
    `ledger (C*C, R)` in concessions; `approval, mandate, tempo (C, R)`; `leader (C, R)` as world-wide numbers;
    `cue (E, R)` in [0, 1]; `flag (F, R)` booleans; `date (instances, R)` in days from the start;
    `inputs (P, R)` the numbers each replicate drew.
    """

    def __init__(self, world: World, draws: Draws):
        inputs = world.inputs.draw(draws).astype(REAL)
        r, c = len(draws), len(world.countries)
        self.week, self.replicates = 0, r
        self.inputs = inputs
        at = world.at
        self.salience = inputs[at.salience]
        self.public = inputs[at.public]
        self.anchors = inputs[at.anchors]  # (L, K, R)
        self.leader = np.broadcast_to(at.leader.astype(np.int8)[:, None], (c, r)).copy()
        self.anchor = self.anchors[at.leader]
        self.stance = self.anchor.copy()
        self.origin = self.stance.copy()
        self.status_quo = inputs[at.status_quo]
        self.baseline = self.status_quo.copy()
        self.capability, self.accountability = inputs[at.capability], inputs[at.accountability]
        self.mandate = inputs[at.mandate]
        self.term_approval = inputs[at.approval]  # (L, R)
        self.approval = self.term_approval[at.leader]
        self.alliance, self.proximity = _pairs(at.alliance, inputs, c), _pairs(at.proximity, inputs, c)
        self.ledger = _pairs(at.ledger, inputs, c)
        self.ledger = (self.ledger - self.ledger.transpose(1, 0, 2)).reshape(c * c, r)
        self.usual = self._usual(world)
        self.conduct = np.stack([self.usual, self.usual])
        self.impulse = np.zeros((2, c * c, r), dtype=REAL)
        self.cue = np.zeros((len(world.index.cue), r), dtype=REAL)
        self.cue_day = np.full((len(world.index.cue), r), NEVER, dtype=np.int32)
        self.last_day = np.full((len(world.index.lasting), r), NEVER, dtype=np.int32)
        self.last_week = np.full((len(world.decisions.options), r), NEVER, dtype=np.int32)
        self.flag = np.broadcast_to(np.array(at.flag, dtype=bool)[:, None], (len(at.flag), r)).copy()
        self.tempo = np.array([_normal(draws.uniform(f"tempo.{code}/start")) for code in world.countries])
        self.theory = np.searchsorted(world.theory_shares, draws.uniform("theory"), side="right")
        self.date = world.calendar.dates(draws, inputs)
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
        self.status_quo -= self.baseline
        self.status_quo *= self.keep_issue
        self.status_quo += self.baseline
        self.ledger *= self.keep["ledger"]
        usual = self.term_approval[self.leader, np.arange(self.leader.shape[1])]
        self.approval = usual + (self.approval - usual) * self.keep["approval"]
        self.cue *= self.keep_cue
        moved = self.stance - self.origin
        self.stance = self.anchor + (self.stance - self.anchor) * self.keep["stance"]
        for receiver, partner, row in world.at.influence:
            self.stance[receiver] += self.inputs[row] * (moved[partner] - moved[receiver])
        np.clip(self.stance, -1, 1, out=self.stance)
        for row, code in enumerate(world.countries):
            self.tempo[row] *= self.keep["tempo"]
            self.tempo[row] += self.tempo_noise * _normal(draws.uniform(f"tempo.{code}", self.week))

    def remember(self) -> None:
        """Takes the week's conduct into both memories."""
        np.clip(self.impulse, -GOLDSTEIN, GOLDSTEIN, out=self.impulse)
        self.conduct -= self.impulse
        self.conduct *= self.keep_conduct
        self.conduct += self.impulse
        self.impulse[:] = 0

    def add(self, effects: dict[str, Array]) -> None:
        """Adds effects by kind. Conduct is held back until the week ends."""
        self.impulse += effects["conduct"].reshape(self.impulse.shape)
        self.baseline += effects["baseline"]
        np.clip(self.baseline, -1, 1, out=self.baseline)
        self.status_quo += effects["status_quo"]
        np.clip(self.status_quo, -1, 1, out=self.status_quo)
        self.ledger += effects["ledger"]
        self.approval += effects["approval"]
        np.clip(self.approval, -1, 1, out=self.approval)
        self.cue += effects["cue"]
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
