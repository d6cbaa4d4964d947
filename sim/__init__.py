"""A simulator of diplomacy among named states: scenario file → world → Mesa model → ensemble → outcomes.

    import sim
    scenario = sim.load("july_2025")
    ensemble = sim.run(scenario, replicates=1000, seed=1)
    ensemble.outcomes["ending"].value_counts(normalize=True)

Names are loaded when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.compiler import compile_world
    from sim.country import Country
    from sim.ensemble import Ensemble, run
    from sim.errors import InputError
    from sim.model import DiplomacyModel
    from sim.scenario import Scenario, load
    from sim.store import read
    from sim.world import World

__version__ = "0.1.0"
__all__ = ["Country", "DiplomacyModel", "Ensemble", "InputError", "Scenario", "World", "compile_world", "load", "read",
           "run"]

_HOMES = {"Country": "country", "DiplomacyModel": "model", "Ensemble": "ensemble", "InputError": "errors",
          "Scenario": "scenario", "World": "world", "compile_world": "compiler", "load": "scenario", "read": "store",
          "run": "ensemble"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"sim.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")
