"""Usual conduct: how countries treat each other in an ordinary year, measured in the simulated world itself.

Run over years with reciprocity blind, so that only the calendar, chance and everyone's own reasons act, the world
shows the level around which conduct is unusual. It is kept as data (`seeds/usual.yaml`) rather than measured anew for
each scenario, so that two scenarios compared with each other share it. To renew it:

    python -m sim.usual july_2025 seeds/usual.yaml
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from sim.compiler import compile_world
from sim.errors import InputError
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


def lines(usual: dict[str, dict[str, dict[str, float]]]) -> Iterator[str]:
    """The section `usual` as its file holds it."""
    yield "# Usual conduct, in Goldstein points a week: the level against which conduct counts as unusual. Measured in"
    yield "# this world by `python -m sim.usual SCENARIO FILE`; to be renewed when base rates or the calendar change."
    for name, kinds in usual.items():
        by, to = name.split("_")
        yield f"{name}:\n  by: {by}\n  to: {to}"
        for kind, level in kinds.items():
            yield f"  {kind}: {{" + ", ".join(f"{key}: {value:.3f}" for key, value in level.items()) + "}"
        yield "  source: judgement\n  note: Simulated at the world's own base rates, calendar and mechanisms."


def main(source: str = "july_2025", target: str = "") -> None:
    """Prints the section `usual` for a scenario, or writes it to a file, whose first line stays if it names a schema.

    A file is written here rather than by the shell, which would empty what the world is read from.
    """
    text = "".join(f"{line}\n" for line in lines(measure_usual(load(source))))
    if not target:
        print(text, end="")
        return
    path = Path(target)
    hint, _, _ = path.read_text(encoding="utf-8").partition("\n") if path.exists() else ("", "", "")
    draft = path.with_name(f".{path.name}.unfinished")
    draft.write_text((f"{hint}\n" if hint.startswith("# yaml-language-server") else "") + text, encoding="utf-8")
    os.replace(draft, path)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
