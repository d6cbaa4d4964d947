"""Events: what has just happened when a scenario starts, and what each week brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.reference import politics
from benchmarks.reference.chance import again, number, whole

if TYPE_CHECKING:
    from benchmarks.reference.model import Diplomacy, Instance

#: What else the variate that decided a chance event is used for.
DAY, DAYS = range(2)


def just_happened(model: Diplomacy) -> None:
    """What the events before the start have left, faded by the weeks since."""
    past = sorted((event.on.low, name) for name, event in model.plan.events.items() if event.on)
    for _, name in past:
        date, deed = model.instances[name][0].date, model.plan.event_deeds[name]
        if date >= 0:
            continue
        ago = -(date // 7)
        for kind, giver, receiver, score in _added(deed.conduct):
            country = model.country[giver]
            for memory, kinds in country.conduct.items():
                keep = model.keep[f"conduct_{memory}"]
                kinds[kind][receiver] += ((1 - keep) * keep ** (ago - 1)
                                          * (min(max(score, -10.0), 10.0) - country.usual[kind][receiver]))
        model.apply(deed, 1.0, ago)
        model.bound()
        model.note(deed, date, _days(model, name, "0"))
        _persuade(model, name, model.keep["stance"] ** ago)


def fall_due(model: Diplomacy) -> None:
    """Dated events, chance events and the steps of successions that this week brings."""
    monday = 7 * model.week
    for instances in model.instances.values():
        for instance in instances:
            if instance.planned and monday <= instance.date < monday + 7:
                instance.planned = False
                _hold(model, instance)
    for name, event in model.plan.events.items():
        if event.chance:
            uniform = model.uniform(f"events.{name}", model.week)
            if uniform < model.draw(f"events.{name}.chance.rate", event.chance.rate):
                day = monday + int(7 * again(uniform, DAY))
                model.occur(model.plan.event_deeds[name], day, whole(number(event.days, again(uniform, DAYS))))
                politics.vacate(model, model.plan.event_deeds[name], day, uniform)
                _persuade(model, name)
    politics.succeed(model)


def _hold(model: Diplomacy, instance: Instance) -> None:
    name, label, day = instance.event, instance.label, instance.date
    deed = model.plan.event_deeds[name]
    if model.plan.events[name].election:
        politics.vote(model, name, label)
    if politics.vacates(model, deed):
        politics.vacate(model, deed, day, model.uniform(f"events.{name}/succession/{label}"))
    _persuade(model, name)
    model.occur(deed, day, _days(model, name, label), instance.portion)


def _days(model: Diplomacy, event: str, label: str) -> int:
    """How long a dated event lasts."""
    days = model.plan.events[event].days
    return whole(days.centre if days.fixed else number(days, model.uniform(f"events.{event}/days/{label}")))


def _persuade(model: Diplomacy, event: str, kept: float = 1.0) -> None:
    """Moves the stances that an event moves."""
    for code, shifts in model.plan.events[event].stances.items():
        stance = model.country[code].stance
        for issue, shift in shifts.items():
            stance[issue] = min(max(stance[issue] + shift * kept, -1.0), 1.0)


def _added(conduct: list[tuple[str, str, str, float]]) -> list[tuple[str, str, str, float]]:
    """A deed's scores, one for each kind and pair."""
    total: dict[tuple[str, str, str], float] = {}
    for kind, giver, receiver, score in conduct:
        total[kind, giver, receiver] = total.get((kind, giver, receiver), 0.0) + score
    return [(*pair, score) for pair, score in total.items()]
