"""From counts over replicates to the numbers that figures show, and how those numbers are worded."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sim.outcomes import wilson

Array = np.ndarray[Any, np.dtype[Any]]

#: The shares of replicates that a fan shows: the median and the ranges of 50, 80 and 95 in 100 runs.
FAN = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def in_100(yes: int, runs: int) -> str:
    """A share in words, such as "27 in 100 runs (25–30)"; never 0 or 100 in 100."""
    if not runs:
        return "applies in no run"
    low, high = (100 * float(bound) for bound in wilson(yes, runs))
    share = 100 * yes / runs
    if share < 1:
        return f"fewer than {ceil(high) if yes == 0 else 1} in 100 runs ({yes:,} of {runs:,})"
    if share > 99:
        return f"more than {floor(low) if yes == runs else 99} in 100 runs ({yes:,} of {runs:,})"
    least = whole(low) if low >= 0.5 else "<1"
    most = whole(high) if high < 99.5 else ">99"
    return f"{whole(share)} in 100 runs ({least}–{most})"


def whole(value: float) -> str:
    """A number without decimals; a half is rounded up, as readers do."""
    return str(floor(round(value, 9) + 0.5))


def number(value: float, sign: bool = False) -> str:
    """A number in three figures or so, with a proper minus, always signed if asked for."""
    if np.isinf(value):
        return "never" if value > 0 else "−∞"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.2f}"
    text = text if float(text.replace(",", "")) else text.lstrip("-")
    return ("+" if sign and value > 0 and float(text.replace(",", "")) else "") + text.replace("-", "−")


def short(value: float) -> str:
    """A number in two or three figures, without powers of ten and with a proper minus."""
    text = np.format_float_positional(float(f"{value:.3g}" if abs(value) >= 1 else f"{value:.2g}"), trim="-")
    return text.replace("-", "−")


def quantiles(counts: xr.DataArray, levels: Sequence[float] = FAN) -> xr.DataArray:
    """Quantiles (…, level) of binned counts (…, bin), straight lines within bins; NaN where nothing was counted.

    The last dimension is the bin, its coordinate the equally spaced centres.
    """
    centres = counts[counts.dims[-1]].values.astype(float)
    width = centres[1] - centres[0] if len(centres) > 1 else 0.0
    below = counts.values.cumsum(axis=-1)
    total = below[..., -1]
    found = np.empty((*total.shape, len(levels)))
    for place, level in enumerate(levels):
        chosen = np.minimum((below < level * total[..., None]).sum(axis=-1), len(centres) - 1)
        inside = np.take_along_axis(counts.values, chosen[..., None], -1)[..., 0]
        missing = np.take_along_axis(below, chosen[..., None], -1)[..., 0] - level * total
        share = 1 - missing / np.maximum(inside, 1)
        found[..., place] = np.where(total > 0, centres[chosen] + width * (share - 0.5), np.nan)
    names = [f"p{100 * level:g}" for level in levels]
    coords = {name: counts[name].values for name in counts.dims[:-1]} | {"level": names}
    return xr.DataArray(found, coords=coords, dims=(*counts.dims[:-1], "level"), name="value")


def tidy(values: xr.DataArray) -> pd.DataFrame:
    """A row per combination of the leading dimensions (all-void ones left out), a column per level."""
    levels = [str(name) for name in values["level"].values]
    index = pd.MultiIndex.from_product([values[name].values for name in values.dims[:-1]], names=values.dims[:-1])
    frame = pd.DataFrame(values.values.reshape(-1, len(levels)), index=index, columns=levels)
    return frame.dropna(how="all").reset_index()
