"""What a backtest says: scores beside the baselines, by year, without families and under theories; and the targets.

Standard errors and tests are over quarters, since the weeks of one forecast are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.arrays import Array
from sim.figures.backtested import chance, signed
from sim.record import naive, weekly, weights
from sim.record.backtest import MODEL, THEORY, Backtest
from sim.record.scores import brier, log_score, paired, uniformity

#: The baselines that the model is to beat, and the level at which counts are tested.
TO_BEAT, LEVEL = ("last_52_weeks", "persistence", "last_week"), 0.05


class Target(NamedTuple):
    """Something asked for, and whether it is so."""

    asked: str
    found: str
    met: bool


def scores(found: Backtest, series: str) -> pd.DataFrame:
    """A row per forecaster of a series: mean log score and Brier score with standard errors, and the model's log score
    less this one's, its error and p-value."""
    own = found.forecasts[found.forecasts["series"] == series]
    rows = []
    logs = by_quarter(own, found.forecasters, log_score)
    squares = by_quarter(own, list(logs.columns), brier)
    for name in logs.columns:
        gap = paired(logs[MODEL].to_numpy(), logs[name].to_numpy(), found.seed)
        rows.append({"series": series, "forecaster": name, "quarters": len(logs), "weeks": len(own),
                     "log_score": logs[name].mean(), "log_error": _error(logs[name]),
                     "brier": squares[name].mean(), "brier_error": _error(squares[name]),
                     "difference": gap.value, "error": gap.error, "p": gap.p})
    return pd.DataFrame(rows)


def by_quarter(rows: pd.DataFrame, names: list[str], score: Any) -> pd.DataFrame:
    """Mean scores of the forecasters who forecast this series, a row per origin."""
    known = [name for name in names if rows[name].notna().all()]
    found = {name: score(rows[name].to_numpy(float), rows["happened"].to_numpy(float)) for name in known}
    return pd.DataFrame(found).groupby(rows["origin"].to_numpy()).mean()


def by_year(found: Backtest, series: str) -> pd.DataFrame:
    """A row per year of the weeks that were forecast: weeks, share with the event, mean probability and mean log
    scores of the model and of each baseline."""
    own = found.forecasts[found.forecasts["series"] == series]
    names = [MODEL, *naive.NAMES]
    table = pd.DataFrame({name: log_score(own[name].to_numpy(float), own["happened"].to_numpy(float))
                          for name in names}).assign(happened=own["happened"].to_numpy(), p=own[MODEL].to_numpy())
    years = pd.DatetimeIndex(own["week"]).year
    grouped = table.groupby(np.asarray(years))
    return grouped.mean().assign(weeks=grouped.size()).reset_index(names="year")


def quarters(found: Backtest, series: str) -> dict[str, float]:
    """How well numbers per quarter were foreseen: the p-value that the randomised PIT is uniform, its autocorrelation
    from one quarter to the next, mean CRPS and that of the rate of the last 52 weeks, and the paired difference."""
    own = found.counts[found.counts["series"] == series]
    pits = own["pit"].to_numpy(float)
    gap = paired(own["crps"].to_numpy(float), own["crps_last_52_weeks"].to_numpy(float), found.seed)
    again = np.nan if len(pits) < 3 else float(np.corrcoef(pits[:-1], pits[1:])[0, 1])
    return {"n": len(own), "p": uniformity(pits), "again": again,
            "mean": float(own["mean"].mean()), "happened": float(own["happened"].mean()),
            "crps": float(own["crps"].mean()), "crps_last_52_weeks": float(own["crps_last_52_weeks"].mean()),
            "difference": gap.value, "error": gap.error, "inside": float(
                ((own["happened"] >= own["p5"]) & (own["happened"] <= own["p95"])).mean())}


def answers(found: Backtest) -> pd.DataFrame:
    """A row per series of answers: how many of how many occasions were answered, the interval of that share (Jeffreys),
    what it was widened to, and the model's mean probability."""
    rows = []
    for name, own in found.answers.groupby("series", sort=False):
        yes, n = int(own["happened"].sum()), len(own)
        low, high = weekly.of_share(yes, n)
        wide_low, wide_high = found.widened[str(name)]
        rows.append({"series": name, "answered": yes, "of": n, "low": low, "high": high, "widened_low": wide_low,
                     "widened_high": wide_high, "p": own["p"].mean(), "p_min": own["p"].min(),
                     "p_max": own["p"].max()})
    return pd.DataFrame(rows)


def theories(found: Backtest) -> pd.DataFrame:
    """A row per theory: mean log score over all series, its weights by pseudo-BMA+ and by stacking with their
    intervals, and whether it belongs to the scenario's mixture. Weights are among those of the mixture."""
    names = [name for name in found.forecasters if name.startswith(THEORY)]
    if not names:
        return pd.DataFrame()
    mixed = [name for name in names if name.removeprefix(THEORY) in found.scenario.mix]
    totals, chances, blocks = _of_theories(found, names)
    number = {name: place for place, name in enumerate(names)}
    own = [number[name] for name in mixed]
    bma, stack = weights.pseudo_bma(totals[:, own], found.seed), weights.stacking(chances[:, own], blocks, found.seed)
    rows = []
    for name in names:
        row = {"theory": name.removeprefix(THEORY), "mixed": name in mixed,
               "log_score": totals[:, number[name]].sum() / len(blocks)}
        if name in mixed:
            place = mixed.index(name)
            row |= {f"{kind}{part}": float(getattr(each, field)[place]) for kind, each in
                    (("pseudo_bma", bma), ("stacking", stack))
                    for part, field in (("", "mean"), ("_low", "low"), ("_high", "high"))}
        rows.append(row)
    return pd.DataFrame(rows)


def pairs(found: Backtest) -> pd.DataFrame:
    """A row per pair of the mixture's theories: difference of their mean log scores a week, its error, and whether
    that is more than two errors."""
    names = [name for name in found.forecasters if name.removeprefix(THEORY) in found.scenario.mix
             and name.startswith(THEORY)]
    if len(names) < 2:
        return pd.DataFrame()
    totals, _, _ = _of_theories(found, names)
    own = [name.removeprefix(THEORY) for name in names]
    return pd.DataFrame([{"first": own[pair.first], "second": own[pair.second], "apart": pair.apart,
                          "difference": pair.difference / found.every, "error": pair.error / found.every}
                         for pair in weights.pairs(totals)])


def _of_theories(found: Backtest, names: list[str]) -> tuple[Array, Array, Array]:
    """Total log scores (quarters, K), the chance given to what happened (N, K), and the quarters of that (N,)."""
    rows = found.forecasts
    p, happened = rows[names].to_numpy(float), rows["happened"].to_numpy()[:, None]
    chances = np.where(happened == 1, p, 1 - p)
    totals = pd.DataFrame(-np.log(chances)).groupby(rows["origin"].to_numpy()).sum().to_numpy()
    return totals, chances, rows["origin"].to_numpy()


def targets(found: Backtest, series: str) -> Iterator[Target]:
    """What was asked of the model, one after the other."""
    table = scores(found, series).set_index("forecaster")[["difference", "error", "p"]]
    for name in TO_BEAT:
        gap, error, p = (float(part) for part in table.loc[name].to_numpy(float))
        yield Target(f"mean log score of {series} weeks better than `{name}`",
                     f"{signed(gap)} ± {error:.3f}, p {chance(p)}", gap < 0)
    p = quarters(found, series)["p"]
    yield Target(f"randomised PIT of quarterly counts of {series} weeks not rejected at 5 %", f"p {p:.2f}", p >= LEVEL)
    for row in answers(found).to_dict("records"):
        yield Target(f"{row['series']} within its Jeffreys interval, {row['low']:.2f} to {row['high']:.2f}",
                     f"{row['p']:.2f}", bool(row["low"] <= row["p"] <= row["high"]))



def _error(values: pd.Series) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
