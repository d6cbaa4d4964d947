"""One history for a page: week by week, with the reasons behind every decision down to their sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sim.experiments import compare, replay, wording
from sim.experiments.replay import Happening, Week
from sim.experiments.results import plain
from sim.report.story import sources
from sim.scenario import Scenario
from sim.web.changes import Changes, Library, Question
from sim.web.work import world_of

#: Twins among which the first divergence is looked for.
TWINS = 1024

Row = dict[str, Any]


def story(changes: Changes, library: Library, seed: int, replicate: int) -> Row:
    """A replicate told week by week."""
    told = replay.story(world_of(changes, library), replicate, seed)
    return {"schema": 1, "replicate": replicate, "ending": told.ending, "ending_title": told.ending_title,
            "theory": told.scenario.theories[told.theory].name} | weeks_of(told.scenario, told.weeks)


def weeks_of(scenario: Scenario, weeks: Iterable[Week]) -> Row:
    """Weeks with what happened in them, and the mechanisms that they name."""
    rows: list[Row] = [{"week": week.number, "start": week.start.isoformat(),
             "tension": {dyad: round(after, 2) for dyad, (_, after) in week.tension.items()},
             "happenings": [happening(scenario, each) for each in week.happenings],
             "nearly": [happening(scenario, each) for each in week.nearly]} for week in weeks]
    named = {because["mechanism"] for row in rows for part in ("happenings", "nearly") for each in row[part]
             for because in each["reasons"]}
    return {"weeks": rows, "mechanisms": mechanisms(scenario, sorted(named))}


def happening(scenario: Scenario, each: Happening) -> Row:
    """What happened, or nearly did."""
    row = each._asdict()
    kept = {key: row[key] for key in ("kind", "name", "words", "by", "to", "base", "probability", "uniform", "short")}
    least = wording.party(scenario, each.decider) if each.decider and len(each.by) > 1 else ""
    action = scenario.actions.get(each.action)
    found: Row = plain(kept | {"day": each.day.isoformat(), "least_willing": least,
                               "goldstein": action.goldstein if action else 0.0,
                               "usual": float(1 / (1 + np.exp(-each.base))),
                               "reasons": [because._asdict() for because in each.reasons]})
    return found


def mechanisms(scenario: Scenario, names: Iterable[str]) -> Row:
    """Of each mechanism the argument, the evidence and the sources."""
    article = wording.article_rows(scenario)
    return {name: {"title": entry.name, "theory": entry.theory.strip(), "evidence": entry.evidence.strip(),
                   "strength": wording.spread(entry.strength),
                   "sources": list(sources(scenario, entry.source, article))}
            for name in names for entry in [scenario.mechanisms[name]]}


def divergence(question: Question, library: Library) -> Row | None:
    """Of the first twins the one that ends otherwise and whose decisions part first; None where none does."""
    if question.alone:
        return None
    base, alt = (world_of(changes, library).scenario for changes in question.sides.values())
    found = compare.run(base, alt, min(question.replicates, TWINS), question.seed, jobs=1)
    twins = found.twins[(found.twins["base"] != found.twins["alt"]) & found.twins["week"].notna()]
    if twins.empty:
        return None
    order = twins["decision_week"].fillna(10_000).astype(int)
    replicate = int(order.sort_values(kind="stable").index[0])
    row: Any = found.twins.loc[replicate].to_dict()
    decided = isinstance(row["decision"], str)
    name, how, week = (row[f"decision{end}" if decided else start] for end, start in (
        ("", "first"), ("_how", "how"), ("_week", "week")))
    return {"replicate": replicate, "week": int(week) + 1, "what": found.titles[str(name)], "how": how,
            "base": str(row["base"]), "alt": str(row["alt"])}
