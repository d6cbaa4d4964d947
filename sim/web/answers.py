"""The report's answers about a full run: sentences, the same figures, and the tables behind them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from sim.errors import InputError

if TYPE_CHECKING:
    from sim.report.answers import Answer
    from sim.web.jobs import Job

Row = dict[str, Any]

#: The questions that can be asked of a run, as the report has them.
QUESTIONS = ("endings", "tension", "positions", "assumptions", "changes", "relations")
#: matplotlib draws one figure at a time.
_drawing = Lock()


def answered(job: Job, side: str, question: str) -> Row:
    """The answer to a question about one side."""
    with _drawing:
        if question == "relations":
            return {"schema": 1} | relations(job, side)
        found = _answers()[question](job, side)
        return {"schema": 1, "sentences": list(found.sentences),
                "pictures": [{"title": each.title, "svg": _own_ids(str(each.svg), side)} for each in found.pictures],
                "tables": [{"name": each.name, "caption": each.caption, "heads": list(each.heads),
                            "rows": [list(row) for row in each.rows], "csv": each.csv} for each in found.tables]}


def _answers() -> dict[str, Callable[[Job, str], Answer]]:
    from sim.report import answers
    from sim.report.assumptions import screened
    from sim.report.compared import compared
    from sim.web.work import world_of

    return {
        "endings": lambda job, side: answers.endings(job.ensemble(side)),
        "tension": lambda job, side: answers.tension(job.ensemble(side)),
        "positions": lambda job, side: answers.positions(job.ensemble(side)),
        "assumptions": lambda job, side: answers.assumptions(
            screened(job.ensemble(side), world_of(job.question.sides[side], job.library))),
        "changes": lambda job, side: answers.compared(
            replace(compared(job.ensemble("base"), job.ensemble("alt")), label="with what was changed"))}


def _own_ids(svg: str, side: str) -> str:
    """The same figure of two sides can stand on one page."""
    for before in (' id="', 'href="#', "url(#", 'aria-labelledby="'):
        svg = svg.replace(before, f"{before}{side}-")
    head, told, rest = svg.partition('aria-labelledby="')
    names, end, tail = rest.partition('"')
    return head + told + names.replace(" ", f" {side}-") + end + tail


def relations(job: Job, side: str) -> Row:
    """Median tension of each dyad at the start of every week, from −10 to 10."""
    from sim.experiments.wording import party
    from sim.figures import measure

    ensemble = job.ensemble(side)
    medians = measure.quantiles(ensemble.data["tension_counts"], (0.5,)).transpose("dyad", "week", "level")
    scenario = ensemble.scenario
    weeks = [str(week)[:10] for week in ensemble.data["week"].values.astype("datetime64[D]")]
    return {"countries": [{"code": code, "name": party(scenario, code)} for code in scenario.countries],
            "weeks": weeks, "dyads": [{"between": str(dyad).split("–"),
                                       "tension": [round(float(level), 2) for level in medians.values[place, :, 0]]}
                                      for place, dyad in enumerate(ensemble.data["dyad"].values)]}


def picks(job: Job) -> Row:
    """The replicates worth reading: the most typical of each ending, the most escalatory."""
    from sim.experiments.choosing import most_escalatory, typical
    from sim.web.jobs import Held

    record = Held.of(job, "alt")
    found = [{"kind": "typical", "ending": ending.name, "title": f"Most typical of “{ending.title}”",
              "replicate": replicate} for ending in record.scenario.endings
             if (replicate := typical(record, ending.name)) is not None]
    with suppress(InputError):  # where no outcome says anything of the kind
        found.append({"kind": "most escalatory", "ending": "", "title": "Most escalatory",
                      "replicate": most_escalatory(record)})
    return {"schema": 1, "picks": found}
