"""What an ensemble comes to: rows for tables, words for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.outcomes import QUANTILES, summarise, wilson

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

SCHEMA = 1
Row = dict[str, Any]


def ending_rows(ensemble: Ensemble) -> list[Row]:
    """A row per ending in the scenario's order: name, title, runs, share and its 95 % interval low, high."""
    endings = ensemble.scenario.endings
    runs = ensemble.outcomes["ending"].value_counts().reindex([ending.name for ending in endings], fill_value=0)
    counts = runs.to_numpy().astype(int)
    low, high = wilson(counts, ensemble.replicates)
    return [{"name": ending.name, "title": ending.title, "runs": int(count), "share": int(count) / ensemble.replicates,
             "low": float(least), "high": float(most)}
            for ending, count, least, most in zip(endings, counts, low, high, strict=True)]


def outcome_rows(ensemble: Ensemble) -> list[Row]:
    """A row per outcome in the scenario's order, with no number that is not finite (None stands for it).

    name, title, kind; runs to which it applies and `void`, the share of the others; mean with its 95 % interval low,
    high, which for a yes or no is the share of yes and for a date the share that reaches it; for numbers and dates
    quantiles by per cent. Those of a date are ISO dates over all runs, None where later than the horizon.
    """
    rows = []
    for name, outcome in ensemble.scenario.outcomes.items():
        found = summarise(ensemble.outcomes[name].to_numpy(dtype=np.float64), outcome.kind)
        row = {"name": name, "title": outcome.title or name, "kind": outcome.kind, "runs": found["n"],
               "void": found["void"], "mean": found.get("mean", found.get("reached")), "low": found["low"],
               "high": found["high"]}
        if "quantiles" in found:
            row["quantiles"] = found["quantiles"]
        if outcome.kind == "date":
            row["quantiles"] = {level: iso_date(ensemble.scenario.start, days)
                                for level, days in found["quantiles"].items()}
        rows.append(row)
    return rows


def iso_date(start: date, days: float | None) -> str | None:
    """The ISO date so many days after the start."""
    return None if days is None else (start + timedelta(days=int(days))).isoformat()


def as_json(ensemble: Ensemble, out: str) -> dict[str, Any]:
    """The result as the command prints it."""
    return _head(ensemble) | {
        "seconds": round(ensemble.seconds, 3), "out": out,
        "endings": [_pick(row, "name", "title", "share", "low", "high") for row in ending_rows(ensemble)],
        "outcomes": [_pick(row, "name", "title", "kind", "mean", "low", "high", "quantiles")
                     for row in outcome_rows(ensemble)]}


def as_record(ensemble: Ensemble) -> dict[str, Any]:
    """The result as it is kept: all that the rows hold, and nothing that differs from one run to the next."""
    return _head(ensemble) | {"title": ensemble.scenario.title, "endings": ending_rows(ensemble),
                              "outcomes": outcome_rows(ensemble)}


def as_table(ensemble: Ensemble) -> tuple[list[str], list[list[Any]]]:
    """Heads and rows of one table of endings (kind `ending`) and outcomes."""
    heads = ["name", "title", "kind", "runs", "void", "mean", "low", "high", *(f"p{level}" for level in QUANTILES)]
    rows = [row | {"kind": "ending", "mean": row["share"], "void": 0.0} for row in ending_rows(ensemble)]
    rows += [row | {f"p{level}": value for level, value in row.get("quantiles", {}).items()}
             for row in outcome_rows(ensemble)]
    return heads, [[row.get(head) for head in heads] for row in rows]


def _head(ensemble: Ensemble) -> dict[str, Any]:
    return {"schema": SCHEMA, "scenario": ensemble.scenario.name, "seed": ensemble.seed,
            "replicates": ensemble.replicates, "weeks": ensemble.scenario.weeks}


def _pick(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names if name in row}


# Words

#: What the day of a date's row is: of all runs, those that never get there among them.
HALF = "half of all runs by"


def in_100_runs(yes: int, runs: int) -> str:
    """A share in words, such as "27 in 100 runs (25–30)"."""
    from sim.figures.measure import in_100
    return in_100(yes, runs)


def words(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The cells of an outcome: yes or no: share; number: median and range of 90 in 100 runs; date: share, the
    day by which half of all runs are there (`HALF`)."""
    runs = row["runs"]
    if not runs:
        return ("applies in no run",)
    only = f" of {runs:,} runs" if row["void"] else ""
    if row["kind"] == "number":
        low, median, high = numbers_in_words([row["quantiles"][level] for level in ("5", "50", "95")])
        return median, f"{low} to {high}{only}"
    share = in_100_runs(round(row["mean"] * runs), runs).replace(" in 100 runs", "")
    if " of " not in share:  # rare ones say it anyhow
        share += only
    if row["kind"] == "yes_no":
        return (share,)
    median = row["quantiles"]["50"]
    return share, day_in_words(date.fromisoformat(median)) if median else "later, if at all"


def numbers_in_words(values: Sequence[float]) -> list[str]:
    """Numbers that are read together, with as many decimals as they need."""
    most = max(map(abs, values))
    decimals = 0 if all(value == round(value) for value in values) or most >= 100 else 1 if most >= 10 else 2
    if decimals == 1 and all(abs(value - round(value)) < 0.1 for value in values):
        decimals = 0  # counts, but for a quantile that lies between two runs
    return [f"{round(value, decimals) + 0:,.{decimals}f}".replace("-", "−") for value in values]


def day_in_words(day: date) -> str:
    """A date such as 14 July 2025."""
    return f"{day.day} {day:%B %Y}"
