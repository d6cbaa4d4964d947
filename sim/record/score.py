"""How right is it: probabilities for a file of questions, and scores where it is known what became of them.

    found = run(questions.load("july_2025"))
    found.questions     # each question: its probability or distribution, what became of it, scores, baselines
    found.scores        # the model and each baseline: mean scores, and the model's skill against it
    found.reliability   # how often it happened, by how probable it was

All scores are penalties: the Brier score and the log score (minus the natural logarithm of the probability given to
what happened) of yes/no questions, the CRPS of numbers, in their unit, and of first dates, in days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.arrays import Array
from sim.catalog.question import Question, window
from sim.compiler import compile_world
from sim.ensemble import Progress
from sim.experiments import paired
from sim.experiments.results import leave, plain
from sim.outcomes import unmatched, wilson
from sim.record import baselines, scores
from sim.record.questions import Asked
from sim.scenario import Scenario

SCHEMA, KIND = 1, "score"
LEVELS = {"p5": 5, "median": 50, "p95": 95}
#: Who is scored: the first is the ensemble itself.
MODEL = "model"

Row = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """What the ensemble says of each question, and how right that was.

    `questions`, a row each: id, ask, kind; `runs` to which it applies and in how many of these `yes`; `p`, the share,
    with its 95 % interval `low`, `high`; or of a number or a date `p5`, `median`, `p95` (a date in days since the
    start, infinite where later than asked about); `state` (open, resolved, void or unanswered, which applies in no
    run), `resolved` in the outcome's own terms; `brier`, `log_score`, `crps`; each baseline's probability.
    `scores`, a row for the model and each baseline: `n` yes/no questions, mean `brier` and `log_score`, and of the
    model against it `brier_skill` and `log_skill`, and of both scores the mean difference, its standard error and
    p-value (`brier_difference`, `brier_error`, `brier_p`, …), below 0 where the model is better.
    `reliability`: a row per bin, see `sim.record.scores.Bin`; empty with fewer than 20 yes/no questions resolved.
    """

    asked: Asked
    questions: pd.DataFrame
    scores: pd.DataFrame
    reliability: pd.DataFrame
    replicates: int
    seed: int
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def scenario(self) -> Scenario:
        return self.asked.scenario

    @property
    def resolved(self) -> pd.DataFrame:
        """The questions that count."""
        return self.questions[self.questions["state"] == "resolved"]

    @property
    def fewest(self) -> int:
        """Resolved yes/no questions that a reliability diagram needs."""
        return scores.FEWEST_RELIABILITY

    def mean(self, score: str) -> float | None:
        """The mean of a score over the questions that have it, None where none has."""
        values = self.questions[score].dropna()
        return float(values.mean()) if len(values) else None


def run(asked: Asked, replicates: int = 10_000, seed: int = 1, jobs: int | None = None,
        progress: Progress | None = None) -> Scored:
    """Runs the scenario and answers its questions. `jobs` and `progress` are as in `sim.run`, but a `Status` counts no
    endings. Raises `InputError` for numbers that make no sense, and for a record that cannot be read."""
    record = baselines.load(asked.world)
    world = compile_world(asked.scenario)
    ensemble = paired.run({MODEL: world}, replicates, seed, jobs, progress)[MODEL]
    rows = []
    for question, became in zip(asked.questions, asked.resolutions, strict=True):
        row = _answered(question, ensemble.outcomes[question.id].to_numpy(dtype=float), became, asked.scenario)
        if row["kind"] == "yes_no":
            row |= baselines.answer(question.outcome, world, record)._asdict()
        rows.append(row)
    columns = ["id", "ask", "kind", "runs", "yes", "p", "low", "high", *LEVELS, "state", "resolved", "brier",
               "log_score", "crps", *baselines.NAMES]
    table = pd.DataFrame(rows, columns=columns)
    numbers = [name for name in columns if name not in ("id", "ask", "kind", "state")]
    table[numbers] = table[numbers].astype(float)
    known = table[table["brier"].notna()]
    blank = [f"{question.id}: nothing that can occur in this scenario is selected" for question in asked.questions
             if any(unmatched(question.outcome, world.columns))]
    return Scored(asked, table, _scores(known), _reliability(known), replicates, seed, ensemble.seconds, tuple(blank))


def _answered(question: Question, values: Array, became: float | None, scenario: Scenario) -> Row:
    """A question's row, but for the baselines; `values` (R,) are the replicates'."""
    kind, valid = question.outcome.kind, values[~np.isnan(values)]
    state = "open" if became is None else "void" if np.isnan(became) else "resolved" if len(valid) else "unanswered"
    row: Row = {"id": question.id, "ask": question.ask, "kind": kind, "runs": len(valid), "state": state,
                "resolved": became}
    if not len(valid):
        return row
    known = became if state == "resolved" else None
    if kind == "yes_no":
        yes = valid.sum()
        low, high = wilson(yes, len(valid))
        row |= {"yes": yes, "p": yes / len(valid), "low": float(low), "high": float(high)}
        if known is not None:
            row |= {"brier": float(scores.brier(row["p"], known)),
                    "log_score": float(scores.log_score(scores.shrunk(yes, len(valid)), known))}
        return row
    if kind == "date":
        row |= {"yes": np.isfinite(valid).sum()}
    ranks = [min(int(np.ceil(level / 100 * len(valid))), len(valid)) - 1 for level in LEVELS.values()]
    row |= dict(zip(LEVELS, np.sort(valid)[ranks].tolist(), strict=True))
    if known is not None:
        # A first date not reached counts as the day after the last one asked about, in both.
        last = window(question.outcome, scenario.start, scenario.end)[1]
        beyond = (last - scenario.start).days + 1 if kind == "date" else np.inf
        row["crps"] = scores.crps(np.minimum(valid, beyond), min(known, beyond))
    return row


def _scores(known: pd.DataFrame) -> pd.DataFrame:
    """The model and the baselines on the same resolved yes/no questions."""
    happened = known["resolved"].to_numpy()
    own = {"brier": known["brier"].to_numpy(), "log": known["log_score"].to_numpy()}
    rows = []
    for name in (MODEL, *baselines.NAMES):
        row: Row = {"name": name, "n": len(known)}
        p = known["p" if name == MODEL else name].to_numpy()
        theirs = own if name == MODEL else {"brier": scores.brier(p, happened), "log": scores.log_score(p, happened)}
        if len(known):
            row |= {"brier": theirs["brier"].mean(), "log_score": theirs["log"].mean()}
        for score in theirs if name != MODEL and len(known) else ():
            apart = scores.paired(own[score], theirs[score])
            row |= {f"{score}_skill": scores.skill(own[score].mean(), theirs[score].mean()),
                    f"{score}_difference": apart.value, f"{score}_error": apart.error, f"{score}_p": apart.p}
        rows.append(row)
    columns = ["name", "n", "brier", "log_score", *(f"{score}_{part}" for score in own
                                                    for part in ("skill", "difference", "error", "p"))]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(dict.fromkeys(columns[2:], float))


def _reliability(known: pd.DataFrame) -> pd.DataFrame:
    enough = len(known) >= scores.FEWEST_RELIABILITY
    bins = scores.reliability(known["p"].to_numpy(), known["resolved"].to_numpy()) if enough else []
    return pd.DataFrame(bins, columns=list(scores.Bin._fields))


# Results

def as_record(found: Scored) -> Row:
    """The results as they are kept and printed. `n` counts the questions that are resolved, and so were scored."""
    model, *others = found.scores.to_dict("records")
    result = plain({
        "schema": SCHEMA, "n": len(found.resolved), "n_yes_no": model["n"], "brier": model["brier"],
        "log_score": model["log_score"], "crps": found.mean("crps"),
        "baselines": {row.pop("name"): row for row in others},
        "questions": [_told(found, row) for row in found.questions.to_dict("records")],
        "reliability": found.reliability.to_dict("records"),
        "scenario": found.scenario.name, "start": found.scenario.start.isoformat(), "weeks": found.scenario.weeks,
        "seed": found.seed, "replicates": found.replicates})
    assert isinstance(result, dict)
    return result


def _told(found: Scored, row: dict[Any, Any]) -> Row:
    """A question as printed: a yes or no as true or false, days as dates."""
    def value(number: float) -> Any:
        if np.isnan(number):
            return None
        if row["kind"] == "yes_no":
            return bool(number)
        if row["kind"] == "date":
            return (found.scenario.start + timedelta(days=int(number))).isoformat() if np.isfinite(number) else False
        return float(number)

    told = {"id": row["id"], "p": row["p"], "low": row["low"], "high": row["high"],
            "resolved": "void" if row["state"] == "void" else value(row["resolved"]), "brier": row["brier"],
            "log_score": row["log_score"], "crps": row["crps"], "ask": row["ask"], "kind": row["kind"],
            "state": row["state"], "runs": int(row["runs"])}
    if row["kind"] == "yes_no":
        return told | {"baselines": {name: row[name] for name in baselines.NAMES}}
    return told | {name: value(row[name]) for name in LEVELS}


def write(found: Scored, folder: Path, command: str = "") -> None:
    """Writes tables and figures to `folder`, as `sim.store.write` does; it replaces results of this kind alone. Its
    questions.yaml asks the same of the scenario beside it."""
    from sim import store
    from sim.figures.reliability import answers, reliability

    tables = {"questions": found.questions, "scores": found.scores, "reliability": found.reliability}
    leave(KIND, found, folder, command, tables,
          {"score": as_record(found), "world": found.scenario.tree["world"]},
          {"answers": answers(found), "reliability": reliability(found)},
          {"scenario.yaml": store.resolved(found.scenario, folder, found.asked.world),
           "questions.yaml": _copied(found.asked.data["questions"])})


def _copied(questions: Sequence[Any]) -> str:
    from io import StringIO

    from ruamel.yaml import YAML

    stream, yaml = StringIO(), YAML()
    yaml.width = 118
    yaml.dump({"scenario": "scenario.yaml", "questions": list(questions)}, stream)
    return "# The questions as they were asked, of the scenario beside them.\n\n" + stream.getvalue()
