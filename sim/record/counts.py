"""Rates of options that the record counts week by week, pooled over years."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from sim.arrays import Array
from sim.errors import InputError
from sim.quantity import Quantity
from sim.record.plan import Count, Plan, complete, monday
from sim.record.pooling import Pooled, jeffreys, pooled

#: Years that it takes to see how far years differ; with fewer, the spread is so many times Jeffreys' (a judgement).
FEW, WIDER = 4, 1.5


def counted(plan: Plan, count: Count, until: date) -> tuple[Pooled, Quantity]:
    """The weekly rate of what was counted up to the day `until`, and that of the option itself.

    Years are as many Mondays as they have from `since` on. The option is a judged share of what was counted; the
    spread is that of a year's own rate and that of the share.
    """
    first = monday(count.since)
    mondays = [first + timedelta(weeks=week) for week in range(complete(first, until))]
    if not mondays:
        raise InputError(f"{count.option} is counted from {first} on, after {until}")
    weeks = {monday(day) for day in plan.days(count.series)}
    years = range(first.year, mondays[-1].year + 1)
    counts = [sum(day.year == year and day in weeks for day in mondays) for year in years]
    of = [sum(day.year == year for day in mondays) for year in years]
    found = pooled(counts, of) if len(years) >= FEW else _together(sum(counts), sum(of), len(years))
    return found, shared(found, count.share)


def _together(count: int, of: int, years: int) -> Pooled:
    """Too few years to see how far they differ: Jeffreys' answer for all weeks together, with a wider spread."""
    mean, sd = jeffreys(count, of)
    return Pooled(mean, WIDER * sd, sd, 0.0, years, of)


def shared(found: Pooled, share: Quantity) -> Quantity:
    """A share of a pooled rate: the mean and the standard deviation of their product."""
    mean, sd = spread(share)
    rate = found.mean * mean
    return Quantity(mean=rate, sd=float(np.sqrt((found.sd * mean) ** 2 + (found.mean * sd) ** 2
                                                + (found.sd * sd) ** 2)), floor=0, ceiling=1, rate=True)


def spread(quantity: Quantity) -> tuple[float, float]:
    """Mean and standard deviation of a quantity, cut at its bounds as it is."""
    if quantity.fixed:
        return quantity.centre, 0.0
    values: Array = quantity.ppf((np.arange(2000) + 0.5) / 2000)
    return float(values.mean()), float(values.std())
