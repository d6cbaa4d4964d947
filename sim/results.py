"""Results: what an ensemble came to, as a labelled table and dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.scenario import Scenario
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Ensemble:
    """The outcomes of all replicates, and the distributions behind them.

    `outcomes` has a row per replicate: each outcome (1 or 0, a number, or days since the start; infinite where never,
    NaN where void) and the `ending` by name. `data` holds weekly distributions, some trajectories, and drawn inputs.
    `seconds` is what the run took.
    """

    scenario: Scenario
    outcomes: pd.DataFrame
    data: xr.Dataset
    seed: int
    seconds: float
    world: World | None = field(default=None, repr=False)

    @property
    def replicates(self) -> int:
        return len(self.outcomes)
