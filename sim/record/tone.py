"""The tone between countries: half-lives of conduct and strengths of reciprocity, fitted to how the press reports it.

There is no likelihood of weekly tone under this model, so its statistics are compared with simulated ones (`abc`).
Every particle is one replicate of the same model, given its own parameters. The record's tone of a dyad is taken for
what the model remembers of conduct in both directions, seen through noise:

    tone = √(1 - noise) · z( √(1 - share) · z(fast) + √share · z(slow) ) + √noise · ε

with z standardised over the weeks, `noise` and `share` unknown and uniform. Acts alone would not do: the sum of a
week's acts hardly correlates with the next week's, tone does. How deeds move tone identifies the fast half-life,
since tone returns as fast as the deed is forgotten.

The dyads are those between who does the deeds of the record and whom they are done to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.arrays import Array, Bools, Ints
from sim.catalog.outcome import Outcome
from sim.compiler import compile_world
from sim.errors import InputError
from sim.model import DiplomacyModel
from sim.outcomes import selected
from sim.quantity import Quantity
from sim.record import abc
from sim.world import World

#: Priors of the half-lives, in weeks. Not the world's own, which may come from this very fit: they leave room for no
#: memory at all and for two years of it.
HALF_LIVES = {"memory.conduct_fast": Quantity(low=0.2, high=4), "memory.conduct_slow": Quantity(low=6, high=104)}
#: Of the observation: the share of noise in the variance of tone, and that of the slow memory in the rest.
NUISANCE = {"noise": Quantity(low=0, high=1), "share": Quantity(low=0, high=1)}
#: Weeks between which tone is correlated with itself, and weeks after a deed in which it is looked at.
LAGS, AFTER = (1, 4, 13, 26), (0, 1, 2, 3)
#: Weeks on either side whose mean is the local level, from which a deed moves tone.
BESIDE = 13
#: Weeks in which the start of the scenario still shows; weeks with tone and with deeds below which nothing is fitted.
SETTLING, FEWEST, FEWEST_DEEDS = 52, 104, 10
#: A parameter is fitted if its posterior is narrower than its prior by this share, beyond Monte Carlo error.
NARROWER = 0.1


@dataclass(frozen=True)
class ToneRecord:
    """Weeks from Monday `start` on: `tone` (W, dyads) of each of the `dyads`, NaN where it is not known, in which of
    them a deed was done (W,), and what counts as a deed in the simulated world (an outcome `weeks_with`)."""

    start: date
    dyads: tuple[tuple[str, str], ...]
    tone: Array
    deeds: Bools
    deed: Outcome

    @classmethod
    def read(cls, file: Path, deeds: Iterable[date], deed: Outcome) -> ToneRecord:
        """From a CSV file with a row for each known week, dated by any of its days in the first column, and a column
        of tone for each dyad, named like `AAA-BBB`; and from the days on which deeds were done.

        Raises `InputError` where the file has no dates there, or a week twice.
        """
        try:
            table = pd.read_csv(file, index_col=0)
            days = pd.DatetimeIndex(pd.to_datetime(table.index.astype(str), format="%Y-%m-%d"))
        except ValueError as error:
            raise InputError(f"{file}: the first column must hold dates, such as 2018-01-07; {error}") from None
        mondays = days - pd.to_timedelta(days.day_of_week, unit="D")
        if not len(days) or not mondays.is_unique:
            twice = f"; that of {days[mondays.duplicated()][0]:%Y-%m-%d} comes again" if len(days) else ""
            raise InputError(f"{file}: must have one row for each week{twice}")
        weeks = pd.date_range(mondays.min(), mondays.max(), freq="7D")
        table = table[[name for name in table if str(name).count("-") == 1]].set_axis(mondays).reindex(weeks)
        done = [pd.Timestamp(day) - pd.Timedelta(days=day.weekday()) for day in deeds]
        pairs = (str(name).split("-") for name in table)
        return cls(weeks[0].date(), tuple((first, second) for first, second in pairs),
                   table.to_numpy(dtype=np.float64), np.asarray(weeks.isin(done)), deed)

    def during(self, since: date, until: date) -> ToneRecord:
        """The weeks that begin on the day `since` at the earliest and are over at the end of the day `until`."""
        first = max(0, -((self.start - since) // timedelta(weeks=1)))
        last = max(first, (until + timedelta(days=1) - self.start) // timedelta(weeks=1))
        return replace(self, start=self.start + timedelta(weeks=first), tone=self.tone[first:last],
                       deeds=self.deeds[first:last])


class Estimate(NamedTuple):
    """One parameter after the fit: mean and standard deviation of prior and posterior, and the posterior's 90 %
    interval. Where it is not `fitted` the record says nothing about it, and what was judged stays."""

    path: str
    prior: tuple[float, float]
    mean: float
    sd: float
    low: float
    high: float
    fitted: bool


class Check(NamedTuple):
    """A statistic of the record, of one dyad or averaged over all ("" as `dyad`), and between which values 90 % of
    those lie that the fitted model shows."""

    name: str
    dyad: str
    record: float
    low: float
    high: float

    @property
    def reproduced(self) -> bool:
        return self.low <= self.record <= self.high


class ToneFit(NamedTuple):
    """What the tone says: `estimates`, those of the observation under `nuisance`, `checks` of the statistics, and from
    how many `weeks` and effective particles (`ess`). All empty but for the weeks where those are too few."""

    estimates: tuple[Estimate, ...]
    nuisance: tuple[Estimate, ...]
    checks: tuple[Check, ...]
    weeks: int
    ess: float


def fit_tone(world: World, record: ToneRecord, until: date, seed: int = 1,
             priors: Mapping[str, Quantity] | None = None, since: date = date.min, particles: int = 1000,
             generations: int = 6) -> ToneFit:
    """Fits the half-lives of conduct, and the strengths of reciprocity that matter in the record's dyads, on the weeks
    that are over at the end of the day `until`, of those that began on the day `since` or later.

    `priors` by path take the place of the world's own strengths and of `HALF_LIVES`. It takes about half a minute; the
    same arguments give the same result.
    """
    record = record.during(max(since, record.start), until)
    simulator = Simulator.of(world, record)
    weeks = int(simulator.seen.sum())
    if weeks < FEWEST or record.deeds.sum() < FEWEST_DEEDS or not len(simulator.places):
        return ToneFit((), (), (), weeks, 0.0)
    judged = {path: world.inputs.quantities[world.inputs.rows[path]] for path in simulator.strengths}
    unknown = HALF_LIVES | NUISANCE | judged
    unknown |= {path: prior for path, prior in (priors or {}).items() if path in unknown}
    found = abc.adjusted(abc.fit(list(unknown.values()), simulator.averages, simulator.observed.mean(axis=1), seed,
                                 particles, generations, fresh=len(judged)))
    estimates = {path: _estimate(path, prior, found, place) for place, (path, prior) in enumerate(unknown.items())}
    return ToneFit(tuple(each for path, each in estimates.items() if path not in NUISANCE),
                   tuple(estimates[path] for path in NUISANCE), _checks(simulator, found, seed + generations + 1),
                   weeks, found.ess)


def _estimate(path: str, prior: Quantity, fitted: abc.Posterior, place: int) -> Estimate:
    even = prior.ppf((np.arange(1000) + 0.5) / 1000)
    error = 2 / np.sqrt(2 * fitted.ess)  # two standard errors of a standard deviation, relative to it
    mean, sd = float(fitted.mean[place]), float(fitted.sd[place])
    low, high = abc.weighted_quantiles(fitted.values[:, [place]], fitted.weights, (0.05, 0.95))
    return Estimate(path, (float(even.mean()), float(even.std())), mean, sd, float(low[0]), float(high[0]),
                    bool(sd * (1 + error) < (1 - NARROWER) * even.std()))


def _checks(simulator: Simulator, fitted: abc.Posterior, seed: int) -> tuple[Check, ...]:
    """The record's statistics among those of histories simulated anew with the fitted parameters."""
    shown = simulator.statistics(fitted.values.T, seed)
    names = [f"autocorrelation, lag {lag}" for lag in LAGS] + [f"after a deed, lag {lag}" for lag in AFTER]
    checks = []
    for place, dyad in enumerate(["", *("-".join(simulator.world.dyads[place]) for place in simulator.places)]):
        here = shown[:, place - 1] if place else shown.mean(axis=1)
        record = simulator.observed[:, place - 1] if place else simulator.observed.mean(axis=1)
        low, high = abc.weighted_quantiles(here.T, fitted.weights, (0.05, 0.95))
        checks += [Check(name, dyad, *map(float, row)) for name, *row in zip(names, record, low, high, strict=True)]
    return tuple(checks)


def answered(world: World, places: Sequence[int] | Ints) -> list[str]:
    """Paths of the strengths of reciprocity that move decisions within some of the world's dyads."""
    dyads = [set(world.dyads[place]) for place in places]
    return list(dict.fromkeys(
        f"mechanisms.{term.mechanism}.strength" for term in world.decisions.terms.terms
        if world.scenario.mechanisms[term.mechanism].family == "reciprocity" and term.feature[0] == "conduct"
        and set(term.feature[1:3]) in dyads))


@dataclass(frozen=True)
class Simulator:
    """The simulated counterpart of a record: a world of as many weeks, and the statistics of the tone in it."""

    world: World
    places: Ints  # of the dyads (D,)
    strengths: Sequence[str]  # paths of the strengths of reciprocity
    seen: Bools  # (W,) weeks in which the record knows the tone
    columns: Bools  # that are deeds
    observed: Array  # (S, D) the record's own statistics

    @classmethod
    def of(cls, world: World, record: ToneRecord) -> Simulator:
        """The dyads are those of the record between who does the deeds and whom they are done to."""
        columns = np.asarray(selected(record.deed, world.columns))
        parties = [(set(world.columns[c].by), set(world.columns[c].to)) for c in np.flatnonzero(columns)]
        known = {frozenset(dyad): place for place, dyad in enumerate(record.dyads)}
        places = [place for place, dyad in enumerate(world.dyads) if frozenset(dyad) in known
                  and any(set(dyad) & by and set(dyad) & to for by, to in parties)]
        tone = record.tone[:, [known[frozenset(world.dyads[place])] for place in places]]
        seen = np.asarray(np.isfinite(tone).all(axis=1))
        observed = statistics(tone[..., None], record.deeds[:, None], seen)[..., 0]
        head = world.scenario.head.model_copy(update={"weeks": len(tone) + SETTLING})
        return cls(compile_world(replace(world.scenario, head=head)), np.array(places, dtype=np.intp),
                   answered(world, places), seen, columns, observed)

    def averages(self, parameters: Array, seed: int) -> Array:
        """Statistics averaged over the dyads, (S, N)."""
        return np.asarray(self.statistics(parameters, seed).mean(axis=1))

    def statistics(self, parameters: Array, seed: int) -> Array:
        """Statistics (S, D, N) of N replicates with these half-lives, observations and strengths, (P, N)."""
        half_lives, noise, share, strengths = np.split(parameters, np.cumsum((len(HALF_LIVES), 1, 1)))
        given = dict(zip((*HALF_LIVES, *self.strengths), (*half_lives, *strengths), strict=True))
        fast, slow, deeds = self._run(given, parameters.shape[1], seed)
        tone = np.sqrt(1 - share) * _standard(fast) + np.sqrt(share) * _standard(slow)
        error = np.random.default_rng([seed, 3]).standard_normal(tone.shape)
        return statistics(np.sqrt(1 - noise) * _standard(tone) + np.sqrt(noise) * error, deeds, self.seen)

    def _run(self, given: Mapping[str, Array], count: int, seed: int) -> tuple[Array, Array, Bools]:
        """Conduct in both directions as each memory holds it, (W, D, N), fast and slow, and weeks with deeds (W, N)."""
        world = self.world
        model = DiplomacyModel(world, replicates=count, rng=seed, given=given,
                               keep=dict.fromkeys(("tension", "status_quo", "stance", "approval"), ()))
        forth, back = (rows[self.places] for rows in world.pairs)
        remembered = np.empty((2, world.weeks, len(self.places), count))
        for week in model.weeks():
            conduct = model.state.conduct.sum(axis=1)
            remembered[:, week] = conduct[:, forth] + conduct[:, back]
        history = model.history()
        model.release()
        deeds, rows = np.zeros((world.weeks, count), dtype=bool), history.rows(self.columns)
        deeds[history.day[rows] // 7, history.replicate[rows]] = True
        return remembered[0, SETTLING:], remembered[1, SETTLING:], deeds[SETTLING:]


def statistics(tone: Array, deeds: Bools, seen: Bools) -> Array:
    """Autocorrelations of the `tone` (W, D, N), and its departure from the local level after `deeds` (W, N), in its
    standard deviations: shape (S, D, N). Weeks that are not `seen` (W,) do not count; NaN where nothing does."""
    known = seen[:, None, None].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        tone = np.where(seen[:, None, None], tone, 0)
        tone = (tone - tone.sum(axis=0) / known.sum()) * known
        tone /= np.sqrt((tone**2).sum(axis=0) / known.sum())
        found = [(tone[lag:] * tone[:-lag]).sum(axis=0) / (known[lag:] * known[:-lag]).sum() for lag in LAGS]
        departure = np.where(seen[:, None, None], tone - _around(tone) / _around(known), 0)
        for lag in AFTER:
            after = np.concatenate([np.zeros((lag, deeds.shape[1])), deeds[:len(deeds) - lag]])[:, None] * known
            other = known - after
            found.append((departure * after).sum(axis=0) / after.sum(axis=0)
                         - (departure * other).sum(axis=0) / other.sum(axis=0))
    return np.stack(found)


def _around(values: Array) -> Array:
    """Sums over a week and `BESIDE` weeks on either side of it, along the first axis."""
    beyond = np.zeros((BESIDE, *values.shape[1:]))
    sums = np.cumsum(np.concatenate([beyond[:1], beyond, values, beyond]), axis=0)
    return sums[2 * BESIDE + 1:] - sums[:-2 * BESIDE - 1]


def _standard(values: Array) -> Array:
    return (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
