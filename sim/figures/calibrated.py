"""What calibration changed: each number as it was judged and as it is fitted, and the tempo behind the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from sim.figures.style import FAINT, FAN_COLOUR, INK, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Panel, Sheet, fit

if TYPE_CHECKING:
    from sim.quantity import Quantity
    from sim.record.calibrate import Calibration
    from sim.record.estimate import Estimate
    from sim.record.process import Fit

ROW, HEAD, TITLES, TEXTS, TALL = 0.23, 0.36, 4.0, 2.5, 1.8
#: Ends of the scale, in standard deviations of what was judged, and of a 90 % interval.
END, NINETY = 4.0, 1.6449
JUDGED, FITTED = FAINT, FAN_COLOUR


def calibrated(found: Calibration) -> Figure:
    """A row per fitted number on the scale of what was judged before, and a panel per process with its tempo."""
    rows = [each for each in found.estimates.values() if each.judged is not None]
    body = 0.25 + ROW * len(rows) + 0.45 + sum(HEAD + TALL + 0.4 for _ in found.fits)
    sheet = Sheet(f"Fitted to the record up to {found.until}", title(found),
                  "Grey: what was judged before. Blue: what is fitted. Both with the 90 % interval of what replicates "
                  "draw; an arrow where it lies beyond the scale. Below: how active the country must have been, week "
                  "by week, as the weeks up to then say (bands of 50 % and 90 %).", body)
    panel = sheet.panel(MARGIN + TITLES, sheet.top + 0.25, WIDTH - 2 * MARGIN - TITLES - TEXTS, ROW * len(rows),
                        (-END, END), (len(rows), 0))
    panel.grid((-END, -2, 0, 2, END))
    panel.x_labels((-END, -2, 0, 2, END), ("−4 s.d.", "−2", "as judged", "+2", "+4 s.d."))
    for place, each in enumerate(rows):
        _row(panel, place, each)
    top = sheet.top + 0.25 + ROW * len(rows) + 0.45
    for name, fitted in found.fits.items():
        _tempo(sheet, found, name, fitted, top)
        top += HEAD + TALL + 0.4
    return sheet.done()


def title(found: Calibration) -> str:
    """What a reader may quote."""
    rows = [each for each in found.estimates.values() if each.judged is not None]
    moved = sum(abs(_place(each, each.value.centre)) > 1 for each in rows)
    return (f"What the record says about {len(found.estimates)} of the world's numbers: {moved} lie more than one "
            "standard deviation from what was judged before")


def shown(quantity: Quantity) -> str:
    """A quantity as a reader sees it: "0.19 ± 0.05", or "19 (6 to 62)"."""
    if quantity.sd is not None:
        return f"{quantity.centre:.3g} ± {quantity.sd:.2g}"
    if quantity.low is not None:
        middle = quantity.centre if quantity.mode is None else quantity.mode
        return f"{middle:.3g} ({quantity.low:.3g} to {quantity.high:.3g})"
    return f"{quantity.centre:.3g}"


def _place(each: Estimate, value: float) -> float:
    """Where a value lies on the scale of what was judged."""
    assert each.judged is not None
    low, high = _ends(each.judged)
    return (value - each.judged.centre) / ((high - low) / (2 * NINETY))


def _ends(quantity: Any) -> tuple[float, float]:
    """The 90 % interval of what replicates draw."""
    low, high = quantity.ppf(np.array([0.05, 0.95]))
    return float(low), float(high)


def _row(panel: Panel, place: int, each: Estimate) -> None:
    sheet, middle = panel.sheet, float(panel.y(place + 0.5))
    assert each.judged is not None
    sheet.text(panel.left - 0.1, middle, fit(each.title, TITLES - 0.1), ha="right")
    for quantity, colour, width in ((each.judged, JUDGED, 7), (each.value, FITTED, 1.6)):
        ends = [(float(panel.x(_place(each, end))), middle) for end in _ends(quantity)]
        sheet.segments([ends], colour, width, zorder=1 if colour == JUDGED else 2)
    at = _place(each, each.value.centre)
    sheet.dot(float(panel.x(at)), middle, FITTED, 4.5, marker="o" if abs(at) <= END else "<>"[at > 0])
    sheet.text(panel.left + panel.width + 0.15, middle, f"{shown(each.judged)} → {shown(each.value)}")


def _tempo(sheet: Sheet, found: Calibration, name: str, fitted: Fit, top: float) -> None:
    process, observed = found.plan.processes[name], fitted.observed
    country = found.scenario.countries[process.country]
    sheet.text(MARGIN, top + HEAD - 0.1, f"Tempo of {country.short or country.name}, in standard deviations",
               size=NORMAL, bold=True, va="bottom")
    panel = sheet.panel(MARGIN + 0.35, top + HEAD, WIDTH - 2 * MARGIN - 0.35, TALL, (0, len(observed)), (-3.3, 3))
    ticks = [(date(year, 1, 1) - observed.first).days / 7 for year in range(observed.first.year + 1, 2200)]
    ticks = [tick for tick in ticks if tick < len(observed)]
    panel.grid(ticks, (-2, 0, 2))
    panel.y_labels((-2, 0, 2), ("−2", "0", "+2"))
    texts = [str((observed.first + timedelta(days=round(7 * tick) + 3)).year) for tick in ticks]
    panel.x_labels(ticks, texts)
    weeks = np.arange(len(observed)) + 0.5
    after = np.cumsum(fitted.filtered().after, axis=1)
    states = fitted.states
    levels = np.array([[np.interp(share, own, states) for own in after] for share in (0.05, 0.25, 0.5, 0.75, 0.95)])
    panel.band(weeks, levels[0], levels[4], FITTED, 0.18)
    panel.band(weeks, levels[1], levels[3], FITTED, 0.25)
    panel.line(weeks, levels[2], FITTED, 1.2)
    bottom = top + HEAD + TALL
    for marks, colour, (upper, lower) in ((observed.any, INK, (bottom - 0.12, bottom)),
                                          (observed.due.any(axis=1), SERIES[1], (top + HEAD, top + HEAD + 0.1))):
        sheet.segments([[(float(panel.x(week + 0.5)), upper), (float(panel.x(week + 0.5)), lower)]
                        for week in np.flatnonzero(marks)], colour, 0.9, zorder=2)
    sheet.text(WIDTH - MARGIN, top + HEAD - 0.1, "strokes below: weeks with one of its options; above: what fell due",
               colour=QUIET, ha="right", va="bottom")
