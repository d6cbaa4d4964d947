"""Two finished runs on the same draws, as `sim.experiments.compare` has them, without running anything again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sim.ensemble import Ensemble
from sim.errors import InputError
from sim.experiments import compare, naming
from sim.experiments.compare import Comparison
from sim.experiments.paired import first
from sim.quantity import SHAPES

#: How many changes are listed; what says a number with a spread; what an empty entry means.
LISTED, SPREAD, AS_IT_IS = 12, frozenset().union(*SHAPES), "as the world has it"


def compared(base: Ensemble, alt: Ensemble) -> Comparison:
    """The comparison of two finished runs, over the replicates that both have; when twins part is not known.

    Raises `InputError` where they share no draws, or have neither an ending nor an outcome in common.
    """
    if base.seed != alt.seed:
        raise InputError(f"the runs have seeds {base.seed} and {alt.seed}, and so no draws in common: their "
                         f"differences cannot be paired; run one of them again with --seed {base.seed}")
    compare.check(base.scenario, alt.scenario)
    runs = min(base.replicates, alt.replicates)
    base, alt = first(base, runs), first(alt, runs)
    results, left_out = compare.results_of(base, alt)
    twins = pd.DataFrame({"base": base.outcomes["ending"].astype(str), "alt": alt.outcomes["ending"].astype(str)})
    names = [[ending.name for ending in each.scenario.endings] for each in (base, alt)]
    transitions = pd.crosstab(twins["base"], twins["alt"]).reindex(index=names[0], columns=names[1], fill_value=0)
    return Comparison(base, alt, label(base, alt), results, left_out, transitions, twins, {}, 0.0)


def label(base: Ensemble, alt: Ensemble) -> str:
    """What the alternative is, in a few words: an event left out or added, a changed number or two, or its title."""
    before, after = base.scenario, alt.scenario
    told = naming.changes(before, without=[name for name in before.events if name not in after.events])
    told += [f"with “{after.events[name].name}”" for name in after.events if name not in before.events]
    presets = [name for name in after.head.presets if name not in before.head.presets]
    reading = after.head.reading if after.head.reading != before.head.reading else None
    told += naming.changes(after, reading=reading, presets=presets)
    if not told:
        told = naming.changes(before, settings=[(path, now) for path, _, now in changes(base, alt) if now])
        told += [f"without {path}" for path, _, now in changes(base, alt) if not now]
    if 0 < len(told) <= 2:
        return ", ".join(told)
    return after.title if after.title != before.title else "the second run"


def changes(base: Ensemble, alt: Ensemble) -> list[tuple[str, str, str]]:
    """Where the scenarios differ: dotted path, in the base, in the alternative; empty where one has nothing there."""
    before, after = (dict(_leaves(each.scenario.tree)) for each in (base, alt))
    paths = [path for path in dict.fromkeys([*before, *after]) if before.get(path) != after.get(path)]
    return [(path.partition(".")[2], before.get(path, ""), after.get(path, "")) for path in paths]


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The dotted path and the text of every part of a tree that holds no others; a number with a spread is one."""
    if isinstance(node, Mapping) and not node.keys() <= SPREAD:
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, Mapping):
        if node or path.count(".") > 1:  # an entry, not a section
            yield path, ", ".join(f"{key} {value}" for key, value in node.items()) or AS_IT_IS
    else:
        yield path, AS_IT_IS if node is None else str(node)
