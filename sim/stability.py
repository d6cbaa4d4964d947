"""Stability: how much conduct begets conduct.

A lasting change of conduct from one country to another moves the log-odds of what is done in return, and so the conduct
that comes back. The loop gain is the spectral radius of that response, linearised at the base rates: below 1 a shock
fades, above 1 it feeds itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.arrays import Array
from sim.world import World


def response(world: World) -> Array:
    """d(conduct done) / d(conduct received), shape (2 kinds * C*C, 2 kinds * C*C), at the means of all inputs."""
    decisions, pairs = world.decisions, len(world.countries) ** 2
    centre = np.array([quantity.centre for quantity in world.inputs.quantities])
    shares = np.diff(world.theory_shares, prepend=0, append=1)
    strength = centre[decisions.strengths] * (shares @ world.theory_weights)
    gain = np.zeros((2 * pairs, 2 * pairs))
    weights = decisions.terms.matrix.tocsr()
    done = world.option_conduct.toarray()
    for o, option in enumerate(decisions.options):
        rate = centre[option.rate]
        # A joint option follows its least willing party; linearised, each counts for its share.
        for row in option.rows:
            for t, weight in zip(*_entries(weights, row), strict=True):
                term = decisions.terms.terms[t]
                slope = rate * (1 - rate) * weight * strength[decisions.terms.strength[t]] / len(option.rows)
                for column, part in _received(world, term.feature, centre):
                    gain[:, column] += done[:, o] * slope * part
    return gain


def loop_gain(world: World) -> float:
    """The spectral radius of the response; above 1 the world is unstable."""
    return float(np.abs(np.linalg.eigvals(response(world))).max(initial=0))


def _entries(matrix: Any, row: int) -> tuple[Array, Array]:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part], matrix.data[part]


def _received(world: World, feature: tuple[str, ...], centre: Array) -> list[tuple[int, float]]:
    """(conduct row, slope) of a feature that remembers conduct; one that only sees hostility counts by half."""
    index, at, pairs = world.index, world.at, len(world.countries) ** 2
    if feature[0] == "conduct":
        _, giver, receiver, _, kind = feature
        watched, slope = [(giver, receiver)], 1.0
    elif feature[0] == "threat":
        _, own, other = feature
        near = {(a, b): centre[row] for a, b, row in at.proximity}
        mine, theirs = centre[at.capability[index.country[own]]], centre[at.capability[index.country[other]]]
        share = theirs / max(mine + theirs, 1e-12)
        watched, kind = [(other, own)], "material"
        slope = -0.5 * share * near.get((index.country[own], index.country[other]), 0.0)
    elif feature[0] == "fear":
        _, ally, patron, fear, _ = feature
        pact = {(a, b): centre[row] for a, b, row in at.alliance}
        others = [ally] if fear == "abandonment" else [code for code in world.countries if code not in (ally, patron)]
        watched, kind = [(patron, other) for other in others], "both"
        slope = -0.5 * pact.get((index.country[ally], index.country[patron]), 0.0)
    else:
        return []
    kinds = {"verbal": [0], "material": [1], "both": [0, 1]}[kind]
    rows = [index.pair(giver, receiver) for giver, receiver in watched]
    return [(k * pairs + row, slope / float(np.sqrt((index.spread[kinds, row] ** 2).sum())))
            for row in rows for k in kinds]
