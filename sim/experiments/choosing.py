"""Which replicate to tell: the one most typical of an ending, or the most escalatory, by a run's outcomes.

    typical(store.recall("out/july_2025"), "dialogue_resumes")

Nothing is run for it.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.compiler import compile_world
from sim.errors import InputError, shown_names, unknown
from sim.outcomes import selected
from sim.scenario import Scenario
from sim.store import Record


def typical(record: Record, ending: str) -> int | None:
    """The replicate nearest to the medoid of those with this ending; None where there is none.

    Outcomes are measured in standard deviations over the run, a date never reached as the day after the horizon, a
    void one as the average. With squared distances the medoid is the replicate nearest to the mean. Raises
    `InputError` for an ending that the scenario does not have.
    """
    endings = {each.name: each for each in record.scenario.endings}
    if ending not in endings:
        raise InputError(unknown("ending", ending, endings, shown_names(endings)))
    with_it = np.flatnonzero([row[-1] == ending for row in record.rows])
    if not len(with_it):
        return None
    own = _standardised(record)[with_it]
    return int(with_it[np.square(own - own.mean(axis=0)).sum(axis=1).argmin()])


def most_escalatory(record: Record) -> int:
    """The replicate with most hostility in its outcomes, all in standard deviations over the run.

    An outcome that counts or dates occurrences weighs as much as they are hostile (minus their mean Goldstein score
    over 10, so that what is cooperative counts against), one on tension as much as one. Raises `InputError` where no
    outcome says anything of the kind.
    """
    weights = np.array(list(hostility(record.scenario).values()))
    if not weights.any():
        raise InputError("no outcome of this scenario measures hostility or tension; name a --replicate or an ending "
                         "(--typical)")
    return int((_standardised(record, sooner_is_more=True) @ weights).argmax())


def hostility(scenario: Scenario) -> dict[str, float]:
    """The weight of each outcome in `most_escalatory`."""
    world = compile_world(scenario)
    scores = np.array([scenario.actions[column.action].goldstein if column.action else 0.0 for column in world.columns])
    found = {}
    for name, outcome in scenario.outcomes.items():
        found[name] = 0.0
        if outcome.selector and not outcome.given and outcome.verb != "none_in":
            columns = selected(outcome.model_copy(update={"within": None}), world.columns)
            found[name] = -float(scores[columns].mean()) / 10 if columns.any() else 0.0
        elif outcome.level and outcome.level.tension and not outcome.given:
            found[name] = 1.0
    return found


def _standardised(record: Record, sooner_is_more: bool = False) -> NDArray[np.float64]:
    """Outcomes (R, outcomes) in standard deviations from their mean."""
    scenario = record.scenario
    columns = []
    for place, outcome in enumerate(scenario.outcomes.values()):
        texts = [row[place] for row in record.rows]
        number = {text: _number(text, outcome.kind, scenario) for text in set(texts)}
        values = np.array([number[text] for text in texts])
        if outcome.kind == "date" and sooner_is_more:
            values = -values
        known = values[~np.isnan(values)]
        spread = float(known.std()) if len(known) else 0.0
        columns.append(np.nan_to_num((values - known.mean()) / spread) if spread else np.zeros(len(texts)))
    return np.column_stack(columns) if columns else np.zeros((len(record.rows), 0))


def _number(text: str, kind: str, scenario: Scenario) -> float:
    """What a text of outcomes.csv stands for: a date as days since the start, one never reached as the day after the
    horizon, void as NaN."""
    if kind == "date":
        return float((date.fromisoformat(text) - scenario.start).days if text else 7 * scenario.weeks)
    return float(text) if text else np.nan
