"""Labelled results: batches put together as a table of outcomes and a dataset of distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sim.arrays import Array
from sim.batch import BINS, SPANS
from sim.gathering import Gathering
from sim.results import Ensemble
from sim.scenario import Scenario
from sim.world import World

#: What each variable and coordinate is, and its units; those that are texts or dates have none.
MEANINGS: dict[str, tuple[str, str]] = {
    "tension_counts": ("replicates whose tension lies in each bin", "replicates"),
    "status_quo_counts": ("replicates whose status quo lies in each bin", "replicates"),
    "stance_counts": ("replicates whose stance lies in each bin", "replicates"),
    "approval_counts": ("replicates whose approval lies in each bin", "replicates"),
    "tension": ("tension at the end of the week, in the first replicates; hostile is positive", "Goldstein scale"),
    "status_quo": ("status quo at the end of the week, in the first replicates, from -1 to 1", "1"),
    "stance": ("stance of the government at the end of the week, in the first replicates, from -1 to 1", "1"),
    "approval": ("approval of the government at the end of the week, in the first replicates, from -1 to 1", "1"),
    "occurred": ("replicates in which it begins in that week", "replicates"),
    "inputs": ("uncertain numbers drawn by the first replicates, the known ones (numbered from 0)", "the input's own"),
    "outcomes": ("outcomes of every draw, that is, replicate: 1 or 0, a number, or days since the start, infinite "
                 "where never; void is NaN", "the outcome's own"),
    "ending": ("ending of every draw, that is, replicate, by its place in the names", "1"),
    "week": ("Monday on which the week begins", ""),
    "dyad": ("two countries, by their codes, such as KOR-PRK", ""),
    "issue": ("issue, by its name in the files", ""), "country": ("country, by its code", ""),
    "column": ("option or event that can occur, by its name in the files", ""),
    "input": ("input, by its dotted path as --set takes it", ""),
    "outcome": ("outcome, by its name in the scenario", ""),
    "tension_bin": ("middle of a bin of tension; hostile is positive", "Goldstein scale"),
    "unit_bin": ("middle of a bin of a status quo, a stance or an approval, from -1 to 1", "1")}


def labelled(data: xr.Dataset) -> xr.Dataset:
    """The dataset with `long_name` and `units` of all that it holds, and dyads such as KOR-PRK, which older runs wrote
    with a dash."""
    if "dyad" in data.coords:
        data = data.assign_coords(dyad=[str(dyad).replace("–", "-") for dyad in data["dyad"].values])
    for name in MEANINGS.keys() & data.variables.keys():
        meaning, units = MEANINGS[name]
        data[name].attrs |= {"long_name": meaning} | ({"units": units} if units else {})
    return data


def assemble(world: World, gathering: Gathering, seed: int, seconds: float) -> Ensemble:
    """The ensemble made of the batches gathered."""
    outcomes = tabulated(world.scenario, *gathering.measured())
    return Ensemble(world.scenario, outcomes, _dataset(world, gathering), seed, seconds, world)


def tabulated(scenario: Scenario, outcomes: Array, endings: Array) -> pd.DataFrame:
    """A row per replicate: its outcomes (R, outcomes), and its ending by name (R,), given by place."""
    names = [ending.name for ending in scenario.endings]
    table = pd.DataFrame(outcomes, columns=list(scenario.outcomes), copy=False)
    table.index.name = "replicate"
    table["ending"] = pd.Categorical.from_codes(endings, pd.Index(names))
    return table


def _dataset(world: World, gathering: Gathering) -> xr.Dataset:
    rows: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
        "tension": (("dyad",), (len(world.dyads),)), "status_quo": (("issue",), (len(world.issues),)),
        "stance": (("country", "issue"), (len(world.countries), len(world.issues))),
        "approval": (("country",), (len(world.countries),))}
    variables: dict[str, Any] = {}
    for name, (dims, shape) in rows.items():
        counts = gathering.counts[name].astype(np.int32)
        unit = "tension_bin" if name == "tension" else "unit_bin"
        variables[f"{name}_counts"] = (("week", *dims, unit), counts.reshape(world.weeks, *shape, BINS))
        paths = np.concatenate([paths[name] for paths in gathering.parts["paths"]], axis=2)
        variables[name] = (("replicate", "week", *dims),
                           np.moveaxis(paths, 2, 0).reshape(paths.shape[2], world.weeks, *shape))
    variables["occurred"] = (("week", "column"), gathering.occurred.astype(np.int32))
    variables["inputs"] = (("input", "known"), np.concatenate(gathering.parts["inputs"], axis=1))
    return labelled(xr.Dataset(variables, coords={
        "week": np.datetime64(world.start, "ns") + 7 * np.arange(world.weeks) * np.timedelta64(1, "D"),
        "dyad": [f"{a}-{b}" for a, b in world.dyads], "issue": list(world.issues), "country": list(world.countries),
        "tension_bin": _centres("tension"), "unit_bin": _centres("stance"),
        "column": [column.name for column in world.columns],
        "input": [world.inputs.paths[row] for row in world.inputs.drawn]},
        attrs={"title": world.scenario.title, "scenario": world.scenario.name}))


def _centres(name: str) -> np.ndarray[Any, Any]:
    low, high = SPANS[name]
    edges = np.linspace(low, high, BINS + 1)
    return (edges[:-1] + edges[1:]) / 2
