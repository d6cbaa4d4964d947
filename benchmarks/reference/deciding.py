"""Deciding: dated actions whose lead has come, options, and the bases of both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from benchmarks.reference import politics
from benchmarks.reference.chance import QUANTILES, again, number, one_of_many, whole
from sim.decisions import NODES, WEIGHTS

if TYPE_CHECKING:
    from benchmarks.reference.model import Diplomacy, Instance

#: What else the variate that decided something is used for.
DAY, LAG, DAYS, SIZE = range(4)
#: Days after which nothing can be a reaction any more.
FRESH = 60
#: Day of a dated action that has been called off.
NOWHERE = 1_000_000
#: The rarest rate.
TINY = 2.0**-23


def bases_of(model: Diplomacy) -> dict[str, float]:
    """Log-odds of every decision at the reference."""
    bases = {}
    for members in model.plan.choices.values():
        if model.plan.options[members[0]].choice:
            bases |= shared_bases({name: model.rate[name] for name in members})
        else:
            [name] = members
            deciding = model.country[model.plan.option_deeds[name].by[0]].reasons[name]
            pull = sum(reason.pull for reason in deciding if reason.term.feature[0] == "tempo")
            moved = any(reason.term.feature[0] == "tempo" for reason in deciding)
            bases[name] = solved_base(model.rate[name], pull) if moved else logit(model.rate[name])
    for name, event in model.plan.events.items():
        if event.decision:
            bases |= shared_bases({
                f"{name}.{alternative}": model.draw(f"events.{name}.decision.alternatives.{alternative}.rate",
                                                   entry.rate)
                for alternative, entry in sorted(event.decision.alternatives.items())})
    return bases


def decide_dated(model: Diplomacy) -> None:
    """Dated actions whose lead has come: hold, or one of the alternatives."""
    for name, instances in model.instances.items():
        decision = model.plan.events[name].decision
        for instance in instances if decision else ():
            ahead = instance.date // 7 - model.week
            if not instance.decided and 0 < ahead <= decision.lead:
                instance.decided = True
                _decide_dated(model, instance)


def _decide_dated(model: Diplomacy, instance: Instance) -> None:
    name = instance.event
    alternatives = sorted(model.plan.events[name].decision.alternatives.items())
    leaning = {}
    for alternative, _ in alternatives:
        decision = f"{name}.{alternative}"
        # Declining needs only one.
        sums = [country.sums[decision] for country in model.country.values() if decision in country.sums]
        leaning[alternative] = model.base[decision] + max(sums, default=0.0)
    uniform = model.uniform(f"events.{name}/decision/{instance.label}")
    taken = one_of(leaning, uniform)
    if taken is None:
        return
    entry = dict(alternatives)[taken]
    model.occur(model.plan.announcements[name, taken], 7 * model.week + int(7 * again(uniform, DAY)))
    instance.planned = entry.holds
    instance.portion = one_of_many(entry.size, int(QUANTILES * again(uniform, SIZE)))
    delay = round(one_of_many(entry.delay, int(QUANTILES * again(uniform, DAYS))))
    instance.date = instance.date + delay if entry.holds else NOWHERE


def decide(model: Diplomacy) -> None:
    """All options; those of one choice together."""
    taken = []
    for choice, members in model.plan.choices.items():
        # The least willing of an option's parties decides.
        odds = {name: model.base[name] + min(model.country[code].sums[name]
                                             for code in model.plan.option_deeds[name].by) for name in members}
        if model.plan.options[members[0]].choice:
            uniform = model.uniform(f"choices.{choice}", model.week)
            hit = one_of(odds, uniform)
        else:
            uniform = model.uniform(f"options.{choice}", model.week)
            hit = choice if uniform * (1 + math.exp(min(-odds[choice], 700.0))) < 1 else None
        if hit is not None and _exists(model, hit):
            taken.append((hit, uniform))
    for name, uniform in sorted(taken):
        _take(model, name, uniform)


def _exists(model: Diplomacy, name: str) -> bool:
    """Whether an option is open this week."""
    option, deed = model.plan.options[name], model.plan.option_deeds[name]
    if model.last_week[name] > model.week - option.at_most_every:
        return False
    if any(_holds(model, condition) is False for condition in option.needs):
        return False
    if any(_holds(model, condition) for condition in option.excludes):
        return False
    return not politics.vacates(model, deed) or not any(model.country[code].successor for code in deed.by)


def _holds(model: Diplomacy, condition: str) -> bool | None:
    """Whether a flag is set, or a leader governs; None of a leader who takes no part."""
    if condition in model.flag:
        return model.flag[condition]
    code = model.plan.country_of.get(condition)
    return model.country[code].leader == condition if code else None


def _take(model: Diplomacy, name: str, uniform: float) -> None:
    option, deed = model.plan.options[name], model.plan.option_deeds[name]
    monday = 7 * model.week
    day = monday + int(7 * again(uniform, DAY))
    for cue, mechanism in model.plan.reactions.get(name, {}).items():
        trigger = model.cue_day[cue]
        lag = round(one_of_many(model.plan.scenario.mechanisms[mechanism].lag, int(QUANTILES * again(uniform, LAG))))
        if trigger >= monday - FRESH and trigger + lag >= monday:
            day = min(trigger + lag, monday + 6)
    politics.vacate(model, deed, day, uniform)
    model.last_week[name] = model.week
    model.occur(deed, day, whole(number(option.days, again(uniform, DAYS))), number(option.size, again(uniform, SIZE)))


def one_of(odds: Mapping[str, float], uniform: float) -> str | None:
    """One of exclusive alternatives, or none of them, given their log-odds against the reference."""
    weights = {name: math.exp(value) for name, value in odds.items()}
    total, before = 1 + sum(weights.values()), 0.0
    for name, weight in weights.items():
        if before <= uniform < before + weight / total:
            return name
        before += weight / total
    return None


def logit(rate: float) -> float:
    """Log-odds of a probability; 0 and 1 are taken as a hair inside."""
    rate = min(max(rate, TINY), 1 - TINY)
    return math.log(rate) - math.log1p(-rate)


def solved_base(rate: float, pull: float) -> float:
    """The base at which the rate, averaged over tempo, is the stated one: three Newton steps."""
    base = wanted = logit(rate)
    for _ in range(3):
        odds = [1 / (1 + math.exp(-(base + pull * node))) for node in NODES.tolist()]
        mean = sum(weight * p for weight, p in zip(WEIGHTS.tolist(), odds, strict=True))
        slope = sum(weight * p * (1 - p) for weight, p in zip(WEIGHTS.tolist(), odds, strict=True))
        base -= (logit(mean) - wanted) * mean * (1 - mean) / max(slope, TINY)
    return base


def shared_bases(rates: Mapping[str, float]) -> dict[str, float]:
    """Log of each alternative's probability over the reference's; probabilities that leave it nothing are shrunk."""
    total = sum(rates.values())
    shrunk = min(1.0, 0.99 / max(total, 1e-12))
    return {name: math.log(max(rate * shrunk, 1e-12)) - math.log(1 - total * shrunk) for name, rate in rates.items()}
