"""A backtest: how many weeks of a kind each quarter was foreseen to have and had, and who foresaw them how well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.style import INK, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Panel, Sheet, fit

if TYPE_CHECKING:
    from sim.record.backtest import Backtest

TALL, ROW, HEAD, TITLES, TEXTS, HALF = 2.0, 0.22, 0.42, 2.9, 2.2, 0.045
NAMES = {"last_52_weeks": "Rate of the last 52 weeks", "persistence": "Rate of as many weeks before",
         "last_week": "Given the last week's state", "all_weeks": "Rate since the record began", "coin": "One half",
         "process": "Fitted process alone"}
FORESEEN = SERIES[1]


def backtested(found: Backtest, series: str, table: pd.DataFrame) -> Figure:
    """Quarters of a series, and the scores in `table` (see `sim.record.verdict.scores`) beside the model's."""
    groups = [(head, rows) for head, rows in _groups(table) if len(rows)]
    body = 0.3 + TALL + 0.45 + sum(HEAD + ROW * len(rows) + 0.3 for _, rows in groups)
    sheet = Sheet(found, title(series, table), "Above: weeks of each quarter with it. Black: as it was. Rose: as it "
                  "was foreseen from the quarter’s first Monday, knowing the past alone; mean, and the range of 90 in "
                  "100 replicates. Below: the model’s mean log score a week less that of others, with its 95 % "
                  "interval over quarters; left of zero the model is better.", body)
    counts = found.counts[found.counts["series"] == series]
    sheet.text(MARGIN, sheet.top + 0.2, f"{words(series)} weeks in each quarter",
               size=NORMAL, bold=True, va="bottom")
    _quarters(sheet, counts, sheet.top + 0.3)
    top = sheet.top + 0.3 + TALL + 0.45
    for head, rows in groups:
        sheet.text(MARGIN, top + HEAD - 0.1, head, size=NORMAL, bold=True, va="bottom")
        _forest(sheet, rows, top + HEAD, {name: entry.name for name, entry in found.scenario.theories.items()})
        top += HEAD + ROW * len(rows) + 0.3
    return sheet.done()


def title(series: str, table: pd.DataFrame) -> str:
    """What a reader may quote."""
    by = table.set_index("forecaster")["log_score"]
    return (f"A quarter ahead, the model’s mean log score of {lowered(words(series))} weeks is "
            f"{by['model']:.3f}, that of the last 52 weeks’ rate {by['last_52_weeks']:.3f} (less is better)")


def _groups(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    names = table["forecaster"]
    without, theory = names.str.startswith("without: "), names.str.startswith("theory: ")
    others = table[~without & ~theory & ~names.isin(["model", "coin"])]
    return [("Beside others", others), ("Beside the model without a family of mechanisms", table[without]),
            ("Beside one theory alone", table[theory])]


def _quarters(sheet: Sheet, counts: pd.DataFrame, top: float) -> None:
    days = pd.DatetimeIndex(counts["origin"])
    at = days.year + (days.day_of_year - 1) / 365.25 + 0.125
    most = int(max(counts["weeks"].max(), 1))
    first, last = float(np.floor(at.min())), float(np.ceil(at.max()))
    panel = sheet.panel(MARGIN + 0.35, top, WIDTH - 2 * MARGIN - 0.45, TALL, (first, last), (0, most))
    ticks = np.arange(first, last + 1)
    step = range(0, most + 1, 4)
    panel.grid(ticks, list(step))
    panel.y_labels(list(step), [str(value) for value in step])
    panel.x_labels([*(ticks[:-1] + 0.5)], [str(int(year)) for year in ticks[:-1]])
    for x, row in zip(panel.x(at), counts.to_dict("records"), strict=True):
        low, high, mean = (float(panel.y(row[level])) for level in ("p5", "p95", "mean"))
        sheet.areas([[(x - HALF, low), (x + HALF, low), (x + HALF, high), (x - HALF, high)]], FORESEEN, 0.3)
        sheet.segments([[(x - HALF, mean), (x + HALF, mean)]], FORESEEN, 2.0, zorder=2)
        sheet.dot(float(x), float(panel.y(row["happened"])), INK, 4.5)


def _forest(sheet: Sheet, rows: pd.DataFrame, top: float, theories: Mapping[str, str]) -> None:
    reach = 1.05 * float((rows["difference"].abs() + 1.96 * rows["error"]).max()) or 1.0
    panel: Panel = sheet.panel(MARGIN + TITLES, top, WIDTH - 2 * MARGIN - TITLES - TEXTS, ROW * len(rows),
                               (-reach, reach), (len(rows), 0))
    ticks = _ticks(reach)
    panel.grid(ticks)
    panel.x_labels(ticks, [signed(tick) for tick in ticks])
    zero = float(panel.x(0))
    sheet.segments([[(zero, top), (zero, top + panel.height)]], QUIET, 0.8)
    for place, row in enumerate(rows.to_dict("records")):
        y = float(panel.y(place + 0.5))
        sheet.text(panel.left - 0.1, y, fit(named(row["forecaster"], theories), TITLES - 0.1), ha="right")
        low, high = (row["difference"] + side * 1.96 * row["error"] for side in (-1, 1))
        sheet.segments([[(float(panel.x(low)), y), (float(panel.x(high)), y)]], INK, 1.2, zorder=2)
        sheet.dot(float(panel.x(row["difference"])), y, INK, 4.5)
        sheet.text(panel.left + panel.width + 0.15, y,
                   f"{signed(row['difference'], 4)} ± {row['error']:.4f} (s.e.)")


def named(forecaster: str, theories: Mapping[str, str]) -> str:
    """What a forecaster is called, given the names of theories."""
    of = forecaster.partition(": ")[2]
    return theories.get(of) or NAMES.get(forecaster) or of.capitalize() or forecaster


def words(series: str) -> str:
    """What a series is called."""
    text = series.replace("dprk_russia", "DPRK–Russia").replace("_", " ")
    return text[0].upper() + text[1:]


def lowered(text: str) -> str:
    """The text as it stands within a sentence: a word of capitals keeps them."""
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def chance(p: float) -> str:
    """A p-value; a dash where there are too few quarters for one."""
    return "–" if p != p else f"{p:.3f}" if p >= 0.001 else "<0.001"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text if float(text.replace("−", "-")) else "0"


def _ticks(reach: float) -> list[float]:
    """Round numbers on either side of zero, two or three on each."""
    power = 10.0 ** np.floor(np.log10(reach))
    step = power * next(part for part in (0.2, 0.5, 1, 2, 5) if reach / (part * power) < 3.5)
    count = int(reach / step)
    return [round(step * k, 6) for k in range(-count, count + 1)]
