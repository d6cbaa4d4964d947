"""Which mechanisms have a say in how a scenario ends: an estimate from one run, to choose what is worth a run."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sim.arrays import Array, Bools
from sim.decisions import Decisions, expit
from sim.history import History
from sim.model import DiplomacyModel
from sim.outcomes import assign_endings, selected
from sim.world import World

#: How far coefficients are drawn toward 0, as a share of the replicates.
RIDGE = 0.02


def influence(world: World, replicates: int = 1024, seed: int = 1) -> dict[str, float]:
    """Of each mechanism, about the share of replicates that would end otherwise without it.

    At a probability p a reason of c in log-odds adds about c * p * (1 - p) to it; added up over the weeks, that is how
    many times fewer each option would be taken. Times how endings go with the options that they speak of, by a
    regression over replicates, it is how far the endings' shares would move. Detours through other options are left
    out, so that this ranks mechanisms and only a run without one says what follows. Where all replicates end alike,
    it is the number of times alone.
    """
    decisions = world.decisions
    model = DiplomacyModel(world, replicates=replicates, rng=seed)
    moved = np.zeros((len(decisions.terms.terms), len(decisions.options)))
    try:
        while model.state.week < world.weeks:
            model.step()
            rate = expit(decisions.option_sums(model.sums) + model.bases)
            moved += (model.terms - model.reference_terms) @ (rate * (1 - rate)).T / replicates
        history = model.history()
    finally:
        model.release()
    fewer = _by_mechanism(decisions, moved)[:, spoken_of(world)]
    shifts = fewer @ _slopes(world, history)
    if not shifts.any():
        shifts = fewer
    return dict(zip(decisions.mechanisms, (np.abs(shifts).sum(axis=1) / 2).tolist(), strict=True))


def spoken_of(world: World) -> Bools:
    """The options (options,) that endings select, or that move a level that they measure; all where there is none."""
    scenario, options = world.scenario, world.decisions.options
    entries = [scenario.options[option.name] for option in options]
    found = np.zeros(len(options), dtype=bool)
    for when in (ending.when for ending in scenario.endings if ending.when):
        found |= selected(when, world.columns)[world.option_columns]
        for level in (part.level for _, part in when.walk() if part.level):
            found |= [level.status_quo in scenario.actions[entry.action].shifts
                      or bool(level.tension) and {*entry.by, *entry.to}.issuperset(level.tension or ())
                      for entry in entries]
    return found if found.any() else ~found


def _by_mechanism(decisions: Decisions, moved: Array) -> Array:
    """What each mechanism adds to each option, shape (mechanisms, options), from what each term would at weight 1."""
    found = np.zeros((len(decisions.mechanisms), moved.shape[1]))
    option = {row: o for o, own in enumerate(decisions.options) for row in own.rows}
    for row, term, weight in zip(*(part.tolist() for part in sparse.find(decisions.terms.matrix)), strict=True):
        if row in option:  # not an alternative of a dated action
            found[decisions.terms.strength[term], option[row]] += weight * moved[term, option[row]]
    return found


def _slopes(world: World, history: History) -> Array:
    """How much likelier each ending is per time that an option is taken, shape (options spoken of, endings)."""
    runs = history.replicates
    times = np.bincount(history.column.astype(np.intp) * runs + history.replicate, minlength=len(world.columns) * runs)
    taken = times.reshape(-1, runs)[world.option_columns][spoken_of(world)].astype(float)
    spread = taken.std(axis=1, keepdims=True)
    spread[spread == 0] = np.inf
    taken = (taken - taken.mean(axis=1, keepdims=True)) / spread
    endings = np.eye(len(world.scenario.endings))[assign_endings(world.scenario.endings, history)]
    within = taken @ taken.T + RIDGE * runs * np.eye(len(taken))
    return np.linalg.solve(within, taken @ (endings - endings.mean(axis=0))) / spread
