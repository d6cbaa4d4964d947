"""How far two coders agree on what the countries want, and the spread that holds what both wrote.

The codings are data, as each coder left them: `seeds/first_coding.csv` and `seeds/second_coding.csv`. `docs/coding.md`
says how they were made. Needs the extra `coding`.

    python -m sim.coding                  prints how far they agree
    python -m sim.coding docs/coding.md   renews it in the page, between two comments
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from sim.arrays import Array
from sim.errors import InputError
from sim.paths import shipped

KEYS = ["country", "issue"]
#: Resamples of the rows behind an interval, their seed, and the least number of rows that an interval is given for.
RESAMPLES, SEED, FEWEST = 500, 1, 12
#: Disagreements that are listed.
WORST = 10
BEGINS, ENDS = "<!-- python -m sim.coding -->", "<!-- end -->"


def codings() -> pd.DataFrame:
    """A row per country and issue: what each coder wrote, in columns that end in `_first` and `_second`.

    The second coder gave no spread for saliences; the first one's stands in.
    """
    first, second = (pd.read_csv(shipped("seeds") / f"{name}_coding.csv") for name in ("first", "second"))
    both = first.merge(second, on=KEYS, suffixes=("_first", "_second"), validate="1:1", how="outer")
    return both.rename(columns={"salience_sd": "salience_sd_first"}).assign(salience_sd_second=both["salience_sd"])


def spread(mean: Array, first: Array, first_sd: Array, second: Array, second_sd: Array) -> Array:
    """The standard deviation around `mean` if either coder is right with the same chance; never below the first's."""
    square = (first_sd**2 + (mean - first)**2 + second_sd**2 + (mean - second)**2) / 2
    return np.sqrt(np.maximum(square, first_sd**2))


def alpha(first: Array, second: Array) -> float:
    """Krippendorff's alpha at the interval level: 1 for agreement, 0 for what chance would give."""
    try:
        from krippendorff import alpha  # put off: nothing else needs it
    except ImportError:
        raise InputError("this needs a library that is not installed: pip install 'diplomacy-simulator[coding]'"
                         ) from None
    return float(alpha(np.array([first, second]), level_of_measurement="interval"))


def interval(first: Array, second: Array) -> tuple[float, float]:
    """The middle 95 in 100 of alpha over resampled rows."""
    rows = np.random.default_rng(SEED).integers(len(first), size=(RESAMPLES, len(first)))
    low, high = np.quantile([alpha(first[row], second[row]) for row in rows], [0.025, 0.975])
    return low, high


def lines() -> Iterator[str]:
    """The tables of the page."""
    rows = codings()
    yield "| rows | | ideal points: alpha | difference | saliences: alpha | difference |"
    yield "|---|---|---|---|---|---|"
    for name, part in _groups(rows):
        cells = " | ".join(_agreement(part[f"{what}_first"].to_numpy(), part[f"{what}_second"].to_numpy())
                           for what in ("ideal", "salience"))
        yield f"| {name} | {len(part)} | {cells} |"
    yield ""
    yield "| country | issue | first | second | the first coder's reason | the second coder's reason |"
    yield "|---|---|---|---|---|---|"
    apart = (rows["ideal_first"] - rows["ideal_second"]).abs().round(6)
    for _, row in rows.loc[apart.sort_values(ascending=False, kind="stable").index[:WORST]].iterrows():
        numbers = " | ".join(f"{row[f'ideal_{who}']:.2f} ± {row[f'sd_{who}']:g}".replace("-", "−")
                             for who in ("first", "second"))
        yield f"| {row['country']} | `{row['issue']}` | {numbers} | {row['reason_first']} | {row['reason_second']} |"


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", rows
    yield "the second coder found the article speaks of it", rows[rows["basis_second"] == "article"]
    yield "it is silent", rows[rows["basis_second"] == "silent"]
    for key in KEYS:
        for name, part in rows.groupby(key, sort=False):
            yield f"`{name}`", part


def _agreement(first: Array, second: Array) -> str:
    """Alpha, with an interval where there are rows enough, and the mean distance of the two codings."""
    shown = f"{alpha(first, second):.2f}"
    if len(first) >= FEWEST:
        shown += " ({:.2f} to {:.2f})".format(*interval(first, second))
    return f"{shown} | {np.abs(first - second).mean():.2f}".replace("-", "−")


def main(page: str = "") -> None:
    """Prints the tables, or puts them into a page."""
    text = "".join(f"{line}\n" for line in lines())
    if not page:
        print(text, end="")
        return
    path = Path(page)
    before, begins, rest = path.read_text(encoding="utf-8").partition(f"{BEGINS}\n")
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise InputError(f"{page} has no lines {BEGINS} and {ENDS} to put the tables between")
    path.write_text(f"{before}{begins}{text}{ends}{after}", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
