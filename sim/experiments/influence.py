"""Which mechanisms have a say: how much what countries do hangs on each, from a few replicates of one run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sim.decisions import TINY, Decisions, expit
from sim.model import DiplomacyModel
from sim.world import World

Array = NDArray[np.float64]


def influence(world: World, replicates: int = 512, seed: int = 1) -> dict[str, float]:
    """Of each mechanism, by how much it changes how often options are taken.

    At a probability p, a reason of c in log-odds adds about c * p * (1 - p) to it. Added up over weeks and replicates,
    and taken relative to how often the option is taken at all, so that rare and grave options count like daily ones,
    the sizes of these shares are added up over the options. It ranks mechanisms, and says nothing of what follows.
    """
    decisions = world.decisions
    model = DiplomacyModel(world, replicates=replicates, rng=seed)
    moved, taken = np.zeros((len(decisions.terms.terms), len(decisions.options))), np.zeros(len(decisions.options))
    try:
        while model.state.week < world.weeks:
            model.step()
            rate = expit(decisions.option_sums(model.sums) + model.bases)
            moved += (model.terms - model.reference_terms) @ (rate * (1 - rate)).T
            taken += rate.sum(axis=1)
    finally:
        model.release()
    shares = np.abs(_by_mechanism(decisions, moved)) / np.maximum(taken, TINY)
    return dict(zip(decisions.mechanisms, shares.sum(axis=1).tolist(), strict=True))


def _by_mechanism(decisions: Decisions, moved: Array) -> Array:
    """What each mechanism adds to each option, shape (mechanisms, options), from what each term would at weight 1."""
    found = np.zeros((len(decisions.mechanisms), moved.shape[1]))
    option = {row: o for o, own in enumerate(decisions.options) for row in own.rows}
    for row, term, weight in zip(*sparse.find(decisions.terms.matrix), strict=True):
        if row in option:  # not an alternative of a dated action
            found[decisions.terms.strength[term], option[row]] += weight * moved[term, option[row]]
    return found
