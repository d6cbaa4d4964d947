"""Answers to questions: each beside what became of it, and how often it happened by how probable it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from sim.figures.measure import number, whole
from sim.figures.style import FAINT, INK, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Sheet, fit, readable, span, spread

if TYPE_CHECKING:
    import pandas as pd

    from sim.record.score import Scored

#: What baselines are called, and their marks.
NAMES = {"model": "Model", "last_52_weeks": "Last 52 weeks’ rate", "persistence": "As the last window",
         "status_quo": "Nothing changes", "coin": "One half"}
MARKS = {"last_52_weeks": "D", "persistence": "s", "status_quo": "^"}
ROW, HEAD, TITLES, TEXTS = 0.3, 0.4, 4.1, 1.6
#: Of a question that came out yes, that came out no: the dot, and the bar to the end that it came out at.
YES, NO = ("#0B5394", "#BFD6EA"), ("#A84300", "#F0D2BC")
GREY = "#767676"


def in_100(share: float, low: float | None = None, high: float | None = None) -> str:
    """A share in 100 runs with its interval; never 0 or 100."""
    if share != share:
        return ""
    text, *ends = ("<1" if each < 0.01 else ">99" if each > 0.99 else whole(100 * each)
                   for each in (share, low, high) if each is not None)
    return f"{text} ({'–'.join(ends)})" if ends else text


def value(found: float, kind: str, start: date) -> str:
    """A number, or a date that is known in days since the start."""
    if found != found:
        return ""
    if kind == "date":
        return f"{start + timedelta(days=int(found))}" if np.isfinite(found) else "not by then"
    return number(found)


def became(row: Mapping[Any, Any], start: date | None = None) -> str:
    """What became of a question, in a word."""
    if row["state"] == "void":
        return "void"
    if row["resolved"] != row["resolved"]:
        return "open"
    if row["kind"] == "yes_no":
        return "yes" if row["resolved"] else "no"
    return value(row["resolved"], row["kind"], start or date.min)


def answers(found: Scored) -> Figure:
    """A row per yes/no question: the share of runs with its interval, the baselines, and what became of it."""
    rows = found.questions[(found.questions["kind"] == "yes_no") & (found.questions["runs"] > 0)]
    sheet = Sheet(found, _title(found, rows),
                  "Dot: in 100 runs, with the 95 % interval for the number of runs made; full where it is known what "
                  "became of the question, and then a bar to it: the shorter, the better. Grey: baselines that know "
                  "the record before the start but no model; absent where they know nothing of it.",
                  HEAD + ROW * max(len(rows), 1) + 0.3)
    if rows.empty:
        return sheet.nothing("No question here is answered by yes or no.")
    _key(sheet)
    panel = sheet.panel(MARGIN + TITLES, sheet.top + HEAD, WIDTH - 2 * MARGIN - TITLES - TEXTS, ROW * len(rows),
                        (0, 1), (len(rows), 0))
    panel.grid((0, 0.25, 0.5, 0.75, 1))
    panel.x_labels((0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100"))
    for place, row in enumerate(rows.to_dict("records")):
        middle = float(panel.y(place + 0.5))
        asked = fit(f"{row['id']} · {row['ask']}", TITLES - 0.12, lines=2)
        sheet.text(panel.left - 0.12, middle, asked, ha="right")
        known = row["state"] == "resolved"
        colour, pale = (YES if row["resolved"] else NO) if known else (INK, FAINT)
        at = float(panel.x(row["p"]))
        if known:
            sheet.segments([[(at, middle), (float(panel.x(row["resolved"])), middle)]], pale, 6, zorder=1)
        for name, mark in MARKS.items():
            if row[name] != 0.5:
                sheet.dot(float(panel.x(row[name])), middle, GREY, 4.5, mark, hollow=True)
        sheet.segments([[(float(panel.x(row[end])), middle) for end in ("low", "high")]], colour, 1.4, zorder=2)
        sheet.dot(at, middle, colour, 5.5, hollow=not known)
        told = f"{in_100(row['p'], row['low'], row['high'])} · {became(row)}"
        sheet.text(panel.left + panel.width + 0.15, middle, told, colour=readable(colour))
    return sheet.done()


def _title(found: Scored, rows: pd.DataFrame) -> str:
    n, known = len(rows), int((rows["state"] == "resolved").sum())
    asked = f"{n} question{'s' * (n != 1)}"
    if not known:
        return f"What the model says of {asked}, of which none is resolved yet"
    brier, rate = (found.scores["brier"].iloc[place] for place in (0, 1))
    return (f"What the model said of {asked}, and what became of {known if known < n else 'them'}: Brier score "
            f"{brier:.2f}, that of the last 52 weeks’ rate {rate:.2f}")


def _key(sheet: Sheet) -> None:
    left = MARGIN + TITLES
    for name, mark in MARKS.items():
        sheet.dot(left + 0.05, sheet.top + 0.1, GREY, 4.5, mark, hollow=True)
        sheet.text(left + 0.15, sheet.top + 0.1, NAMES[name], colour=QUIET)
        left += 0.45 + span(NAMES[name])


def reliability(found: Scored) -> Figure:
    """How often it happened, by how probable the model held it, with the range that chance allows if it is right."""
    n, bins, side = int(found.scores["n"].iloc[0]), found.reliability, 4.6
    if bins.empty:
        sheet = Sheet(found, "How often what the model held probable happened", "Too few questions are resolved.", 0.5)
        return sheet.nothing(f"{n} yes/no question{'s are' if n != 1 else ' is'} resolved; at least "
                             f"{found.fewest} are needed to tell reliability from chance.")
    inside = int(((bins["low"] <= bins["happened"]) & (bins["happened"] <= bins["high"])).sum())
    sheet = Sheet(found, f"{inside} of {len(bins)} groups of questions came out as often as the model said, within "
                         "what chance allows",
                  "Dot: questions of similar probability, n of them. Grey: where the dot lies in 95 of 100 cases if "
                  "the probabilities are right; on the line they would be right exactly.", side + 0.9)
    panel = sheet.panel(MARGIN + 2.4, sheet.top + 0.35, side, side, (0, 1), (0, 1))
    ticks, texts = (0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100")
    panel.grid(ticks, ticks)
    panel.x_labels(ticks, texts)
    panel.y_labels(ticks, texts)
    panel.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), QUIET, 0.8)
    sheet.text(panel.left + side / 2, panel.top + side + 0.32, "in 100 runs, as the model says", size=NORMAL,
               ha="center")
    sheet.text(panel.left - 0.45, panel.top + side / 2, "of 100 such questions,\nso many came out yes", size=NORMAL,
               ha="right")
    at = panel.x(bins["p"])
    labels = spread(at, 0.55, panel.left, panel.left + side)
    for place, row in enumerate(bins.to_dict("records")):
        low, high, middle = (float(panel.y(row[key])) for key in ("low", "high", "happened"))
        sheet.segments([[(float(at[place]), low), (float(at[place]), high)]], "#CFCFCF", 7, zorder=1)
        sheet.segments([[(float(at[place]), panel.top), (float(labels[place]), panel.top - 0.1)]], FAINT, 0.6)
        sheet.dot(float(at[place]), middle, SERIES[0], 7)
        sheet.text(float(labels[place]), panel.top - 0.17, f"n = {row['n']:.0f}", ha="center")
    return sheet.done()
