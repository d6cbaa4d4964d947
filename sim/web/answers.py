"""The report's answers about a full run: sentences, the same figures, and the tables behind them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

from sim.errors import InputError

if TYPE_CHECKING:
    from sim.report.answers import Answer
    from sim.scenario import Scenario
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
            replace(compared(job.ensemble("base"), job.ensemble("alt")), label=changed(job)))}


def changed(job: Job) -> str:
    """What the alternative has that the baseline has not, in a few words."""
    from sim.experiments import naming

    return naming.in_short(changes(job)) or "with what was changed"


def changes(job: Job) -> list[str]:
    """All of it, each in words; nothing of a run without a baseline."""
    from sim.experiments import naming
    from sim.summary import day_in_words
    from sim.web.work import world_of

    if job.question.alone:
        return []
    before, after = job.question.baseline, job.question.alt
    scenario = world_of(before, job.library).scenario
    set_anew = {path: value for path, value in after.settings.items() if before.settings.get(path) != value}
    leaders = {path: _leader(scenario, path, str(value)) for path, value in set_anew.items()
               if path.endswith(".leader")}
    told = naming.changes(
        scenario, [name for name in after.without if name not in before.without],
        [(path, _spoken(value)) for path, value in set_anew.items() if path not in leaders],
        after.reading if after.reading != before.reading else None,
        [name for name in after.presets if name not in before.presets])
    told += leaders.values()
    told += [f"“{_title(scenario, name)}” on {day_in_words(date.fromisoformat(day))}"
             for name, day in after.moved.items() if before.moved.get(name) != day]
    told += [f"with “{event.name if event else _title(scenario, name)}”" for name, event in after.added.items()
             if name not in before.added]
    told += ["other weights of theories"] * (after.theories != before.theories)
    told += [f"{after.weeks} weeks"] * (after.weeks not in (None, before.weeks))
    return told + ["the edited file"] * (after.text != before.text)


def _leader(scenario: Scenario, path: str, name: str) -> str:
    """Who governs a country at first, in words."""
    from sim.experiments.wording import party

    code = path.split(".")[1]
    leader = scenario.countries[code].leaders.get(name) if code in scenario.countries else None
    return f"{leader.name if leader else name} governs {party(scenario, code)} at first"


def _spoken(value: Any) -> str:
    """A number that is set, or one with a spread."""
    if isinstance(value, dict):
        return f"{_spoken(value['mean'])} ± {_spoken(value['sd'])}" if value.keys() == {"mean", "sd"} else ", ".join(
            f"{key} {_spoken(part)}" for key, part in value.items())
    return f"{value:g}".replace("-", "−") if isinstance(value, float | int) else str(value)


def _title(scenario: Scenario, name: str) -> str:
    """What an event of the scenario or its world is called."""
    if name in scenario.events:
        return scenario.events[name].name
    entry = scenario.tree["world"].get("events", {}).get(name)
    return str(entry.get("name") or name) if isinstance(entry, dict) else name


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
            "weeks": weeks, "dyads": [{"between": str(dyad).split("-"),
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
