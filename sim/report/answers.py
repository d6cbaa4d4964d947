"""The answers to a report's questions: sentences, pictures, and the tables behind these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.figures import figures, measure
from sim.figures import positions as stands
from sim.report import sentences, tables
from sim.report.sentences import Counted
from sim.report.svg import inline
from sim.report.tables import Table
from sim.summary import day_in_words

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

    from sim.ensemble import Ensemble
    from sim.experiments.compare import Comparison
    from sim.report.assumptions import Screened
    from sim.scenario import Scenario


class Picture(NamedTuple):
    """A figure on the page, and what it is called."""

    title: str
    svg: Markup


class Answer(NamedTuple):
    """What answers a question."""

    sentences: Sequence[str]
    pictures: Sequence[Picture]
    tables: Sequence[Table]


def picture(figure: Figure, name: str, words: str) -> Picture:
    """A figure, told in words to who cannot see it."""
    return Picture(str(figure.get_label()) or name, inline(figure, name, words))


def _drawn(ensemble: Ensemble, name: str, words: str, folder: Path | None) -> Picture:
    """A figure of the ensemble: as the run has drawn it, or drawn anew."""
    path = folder / f"{name}.svg" if folder else None
    if path is None or not path.exists():
        return picture(figures()[name].draw(ensemble), name, words)
    text = path.read_text(encoding="utf-8")
    from html import unescape
    title = text.partition("<title>")[2].partition("</title>")[0]
    return Picture(unescape(title), inline(text, name, words))


def counted(ensemble: Ensemble) -> list[Counted]:
    """The endings, and in how many runs each comes."""
    runs = ensemble.outcomes["ending"].astype(str).value_counts()
    return [Counted(ending.title, int(runs.get(ending.name, 0))) for ending in ensemble.scenario.endings]


def opening(ensemble: Ensemble) -> str:
    """The sentence to quote."""
    return sentences.opening(counted(ensemble), ensemble.scenario.weeks, day_in_words(ensemble.scenario.start))


def endings_in_dots(ensemble: Ensemble, drawn: Path | None = None) -> Answer:
    """The first look: one sentence, a hundred dots, a table of both."""
    told, table = opening(ensemble), tables.of_endings(ensemble)
    words = "A hundred dots, one for each of 100 runs: " + "; ".join(f"{row[3]} for {row[0]}" for row in table.rows)
    return Answer([told], [_drawn(ensemble, "dots", words, drawn)], [table])


def endings(ensemble: Ensemble, drawn: Path | None = None) -> Answer:
    """How the runs end, and what happens in them."""
    ends = counted(ensemble)
    rows = [(ensemble.outcomes[name].to_numpy(dtype=float), outcome.kind)
            for name, outcome in ensemble.scenario.outcomes.items()]
    known = [values[~np.isnan(values)] for values, kind in rows if kind == "yes_no"]
    happening = sentences.happening([int((values > 0).sum()) for values in known], [len(values) for values in known])
    told = list(filter(None, [sentences.never(ends), happening]))
    told.append("Ranges are 95 % intervals: they cover chance in the number of runs made, not the assumptions.")
    words = "; ".join(f"{end.title}: {sentences.share(end.runs, ensemble.replicates)}" for end in ends)
    pictures = [_drawn(ensemble, "endings", words, drawn)]
    if not ensemble.scenario.outcomes:
        return Answer(told, pictures, [])
    pictures.append(_drawn(ensemble, "outcomes", happening or "The distribution of every number.", drawn))
    return Answer(told, pictures, [tables.of_outcomes(ensemble)])


def meant(scenario: Scenario) -> dict[str, Any]:
    """What each ending means, in order, and how that is to be read."""
    from sim.experiments import meaning

    titles = [ending.title for ending in scenario.endings]
    return {"first": meaning.FIRST, "endings": list(zip(titles, meaning.endings(scenario), strict=True))}


def tension(ensemble: Ensemble, drawn: Path | None = None) -> Answer:
    """Between whom median tension is highest, when it moves fastest, and what takes place then."""
    from sim.experiments.wording import party

    dyads, scenario = ensemble.data["dyad"].values.astype(str), ensemble.scenario
    medians = measure.quantiles(ensemble.data["tension_counts"], (0.5,)).transpose("dyad", "week", "level")
    levels = medians.values[..., 0]
    names = ["–".join(party(scenario, code) for code in dyad.split("-")) for dyad in dyads]
    weeks = ensemble.data["week"].values
    shown = np.round(levels, 1)
    where = np.argwhere(shown == shown.max())
    week = int(where[0][1])
    alike = [names[place] for place, at in where.tolist() if at == week]
    told = [sentences.highest(alike, float(shown.max()), f"in the week of {tables.day(weeks[week])}, where −10 is "
                              "cooperative and +10 hostile")]
    if levels.shape[1] > 1:
        told.append(_steepest(ensemble, np.diff(levels, axis=1), names, weeks))
    return Answer(told, [_drawn(ensemble, "tension", " ".join(told), drawn)],
                  [tables.of_tension(ensemble), tables.of_calendar(ensemble)])


def _steepest(ensemble: Ensemble, steps: Any, names: Sequence[str], weeks: Any) -> str:
    """When median tension rises most from one week to the next, and what takes place in that week."""
    place, before = np.unravel_index(int(steps.argmax()), steps.shape)
    rise = float(steps[place, before])
    if rise < 0.1:
        return "No median rises by 0.1 or more from one week to the next."
    week = int(before) + 1
    alike = [name for name, step in zip(names, np.round(steps[:, before], 1), strict=True) if step == round(rise, 1)]
    told = (f"It rises most from one week to the next, by {rise:.1f}, for {sentences.listed(alike)} in the week of "
            f"{tables.day(weeks[week])}")
    from sim.figures import calendar

    found = max((row for row in calendar.rows(ensemble) if row.kind == "event"),
                key=lambda row: int(row.runs[week]), default=None)
    if found is None or not found.runs[week]:
        return told + "."
    often = sentences.share(int(found.runs[week]), ensemble.replicates)
    return f"{told}; “{found.title}” takes place then in {often}."


def positions(ensemble: Ensemble, drawn: Path | None = None) -> Answer:
    """Who stands where, and what moves furthest."""
    from sim.experiments.wording import party

    scenario, found = ensemble.scenario, stands.table(ensemble)
    told = "Nobody has a stance."
    if len(found):
        far = found["change"].abs().round(2).to_numpy()
        rows = found[far == far.max()].to_dict("records")
        names = [f"the status quo on “{scenario.issues[row['issue']].name}”" if row["who"] == stands.STATUS_QUO else
                 f"{party(scenario, row['who'])} on “{scenario.issues[row['issue']].name}”" for row in rows]
        told = sentences.furthest(names, rows[0]["start"], rows[0]["end"], stands.MOVES)
    return Answer([told], [_drawn(ensemble, "positions", told, drawn)], [tables.of_positions(ensemble)])


def assumptions(found: Screened) -> Answer:
    """Which drawn numbers go along with how runs end."""
    from sim.figures.low_and_high import low_and_high

    title = str(found.inputs["title"].iloc[0]) if len(found.inputs) else ""
    told = sentences.told_apart(found.distinct, len(found.inputs), found.runs, title)
    pictures = [picture(low_and_high(found), "low_and_high", told)] if len(found.bars) else []
    return Answer([told], pictures, [tables.of_screening(found)] if len(found.bars) else [])


def compared(found: Comparison, most: int = 3) -> Answer:
    """What changes in the alternative: the endings that differ, and in how many runs."""
    from sim.figures.dumbbell import dumbbell, in_100
    from sim.figures.transition import transition

    rows = found.rows(True).to_dict("records")
    clear = sorted((row for row in rows if row["low"] > 0 or row["high"] < 0), key=lambda row: -abs(row["diff"]))
    told = [sentences.difference(row["title"], (in_100(row["base"]), in_100(row["alt"])),
                                 (100 * row["diff"], 100 * row["low"], 100 * row["high"]), found.replicates)
            for row in (clear or sorted(rows, key=lambda row: -abs(row["diff"])))[:most]]
    told.append(sentences.moved(found.moved(), found.replicates))
    drawn: list[tuple[str, Callable[[Comparison], Figure]]] = [("differences", dumbbell), ("transitions", transition)]
    return Answer(told, [picture(draw(found), name, " ".join(told)) for name, draw in drawn],
                  [tables.of_differences(found), tables.of_transitions(found)])
