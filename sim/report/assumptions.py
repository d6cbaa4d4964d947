"""Which assumptions matter: how runs end where a drawn input is low, and where it is high.

A screening of what an ensemble holds already, which costs no run: by the ranks of each input within each ending
(Kruskal and Wallis 1952). `sim.experiments.sensitivity` asks the same with care.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc

from sim.arrays import Array
from sim.draws import BLOCK, Draws
from sim.ensemble import Ensemble
from sim.experiments import naming
from sim.experiments.design import drawn_anew
from sim.world import World

Places = NDArray[Any]

#: Replicates that are ranked at most, inputs shown, and the share of runs that is called low, and high.
REPLICATES, SHOWN, PART = 10_000, 8, 0.25
#: Of so many inputs without any effect, one in twenty tables would show one as telling.
LEVEL = 0.05


@dataclass(frozen=True)
class Screened:
    """The inputs of an ensemble by how much the way its first `runs` end goes along with them.

    `inputs`: a row per input, the most telling first: `input` (its path), `title`, `statistic`, `p` (of the statistic
    where the input has no effect) and `distinct`, whether it can be told from chance among so many. `bars`: for the
    first inputs, and for the theories that replicates drew, a row per part of the runs: `title`, `part`, `runs` and the
    share of each ending in them.
    """

    ensemble: Ensemble
    runs: int
    inputs: pd.DataFrame
    bars: pd.DataFrame

    @cached_property
    def distinct(self) -> int:
        """How many inputs can be told from chance."""
        return int(self.inputs["distinct"].sum())


def screened(ensemble: Ensemble, world: World) -> Screened:
    """Ranks the drawn inputs of an ensemble of this world; `world` is compiled from the ensemble's scenario."""
    values, anew = ensemble.data["inputs"].values, drawn_anew(world)
    runs = min(values.shape[1], REPLICATES)
    paths = [str(path) for path in ensemble.data["input"].values]
    kept = [place for place, path in enumerate(paths) if path not in anew]
    ends: Places = ensemble.outcomes["ending"].cat.codes.to_numpy(dtype=np.intp)[:runs]
    ascending = np.argsort(values[kept, :runs], axis=1)
    statistic = _kruskal_wallis(ascending, ends)
    different = len(np.unique(ends))
    p = chdtrc(max(different - 1, 1), statistic)
    order = np.argsort(-statistic, kind="stable")
    scenario = ensemble.scenario
    inputs = pd.DataFrame({
        "input": [paths[kept[place]] for place in order],
        "title": [naming.quantity(scenario, paths[kept[place]]) for place in order],
        "statistic": statistic[order], "p": p[order], "distinct": p[order] * max(len(order), 1) < LEVEL})
    rows = []
    for row, place in zip(inputs.head(SHOWN).itertuples(), order, strict=False):
        rows += list(_parts(str(row.title), ends[ascending[place]], len(scenario.endings)))
    rows += list(_theories(world, ensemble.seed, ends, len(scenario.endings)))
    names = [ending.name for ending in scenario.endings]
    return Screened(ensemble, runs, inputs, pd.DataFrame(rows, columns=["title", "part", "runs", *names]))


def _kruskal_wallis(order: Places, groups: Places) -> Array:
    """The statistic of each input over groups (R,), from the places (inputs, R) of its values from the lowest on; 0
    where there is one group alone."""
    runs, found = len(groups), np.zeros(len(order))
    names = np.unique(groups)
    if runs < 3 or len(names) < 2:
        return found
    ranked = groups.astype(np.int16)[order]
    ranks = np.arange(runs) - (runs - 1) / 2
    for name in names:
        found += ((ranked == name) @ ranks) ** 2 / (groups == name).sum()
    return 12 / (runs * (runs + 1)) * found


def _parts(title: str, ends: Places, endings: int) -> Iterator[list[Any]]:
    """How the runs end in which an input is among its lowest, and among its highest values; `ends` (R,) go from the
    lowest on."""
    count = max(1, round(PART * len(ends)))
    yield _row(title, "low", ends[:count], endings)
    yield _row(title, "high", ends[-count:], endings)


def _theories(world: World, seed: int, ends: Places, endings: int) -> Iterator[list[Any]]:
    """How the runs end that drew each theory; nothing where there is but one."""
    if len(world.theories) < 2:
        return
    runs = len(ends)
    drawn = np.concatenate([
        np.searchsorted(world.theory_shares, Draws(seed, first // BLOCK, range(min(BLOCK, runs - first)))
                        .uniform(naming.THEORY), side="right") for first in range(0, runs, BLOCK)])
    for place, name in enumerate(world.theories):
        if (drawn == place).any():
            yield _row("Theory that the run drew", world.scenario.theories[name].name, ends[drawn == place], endings)


def _row(title: str, part: str, ends: Places, endings: int) -> list[Any]:
    return [title, part, len(ends), *(np.bincount(ends, minlength=endings) / max(len(ends), 1)).tolist()]
