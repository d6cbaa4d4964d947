"""Usual conduct: how countries treat each other in an ordinary year, measured in the simulated world itself.

Run over years with reciprocity blind, so that only the calendar, chance and everyone's own reasons act, the world
shows the level around which conduct is unusual. It is kept as data (`seeds/usual.yaml`) rather than measured anew for
each scenario, so that two scenarios compared with each other share it: `python -m sim.usual > seeds/usual.yaml`.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from sim.compiler import compile_world
from sim.model import DiplomacyModel
from sim.scenario import Scenario, load

#: Weeks measured after those in which the start still shows, and replicates.
WEEKS, SETTLING, REPLICATES = 156, 52, 512


def measure_usual(scenario: Scenario, replicates: int = REPLICATES) -> dict[str, dict[str, dict[str, float]]]:
    """For every ordered pair: mean, and spread of the fast memory, of verbal and material conduct."""
    head = scenario.head.model_copy(update={"weeks": WEEKS + SETTLING})
    world = compile_world(replace(scenario, head=head), reciprocal=False)
    model = DiplomacyModel(world, replicates=replicates)
    shape = model.state.conduct[0].shape
    total, square = np.zeros(shape), np.zeros(shape)
    for week in range(world.weeks):
        model.step()
        if week >= SETTLING:
            total += model.state.conduct[0]
            square += model.state.conduct[0] ** 2
    model.release()
    # The mean over everything, and the spread within replicates: between them lie their own drawn rates.
    mean, within = total.mean(axis=-1) / WEEKS, square / WEEKS - (total / WEEKS) ** 2
    spread = np.sqrt(np.maximum(within, 0).mean(axis=-1))
    return {f"{a}_{b}": {kind: {"mean": mean[k, pair], "spread": max(spread[k, pair], 0.01)}
                         for k, kind in enumerate(("verbal", "material"))}
            for a in world.countries for b in world.countries if a != b
            for pair in [world.index.pair(a, b)]}


def main() -> None:
    """Prints the section `usual` for a scenario (july_2025 by default)."""
    scenario = load(sys.argv[1] if len(sys.argv) > 1 else "july_2025")
    print("# yaml-language-server: $schema=../docs/schema/usual.json")
    print("# Usual conduct in Goldstein points a week, written by `python -m sim.usual`; see sim/usual.py.")
    for name, kinds in measure_usual(scenario).items():
        by, to = name.split("_")
        print(f"{name}:\n  by: {by}\n  to: {to}")
        for kind, level in kinds.items():
            print(f"  {kind}: {{" + ", ".join(f"{key}: {value:.3f}" for key, value in level.items()) + "}")
        print("  source: judgement\n  note: Simulated at the world's own base rates, calendar and mechanisms.")


if __name__ == "__main__":
    main()
