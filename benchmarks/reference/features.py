"""Features: what of the situation can move a decision. Each is a function of the model and of names.

A feature is written as its kind followed by those names, such as `("conduct", "PRK", "USA", "slow", "both")`.
"""

from __future__ import annotations

from math import sqrt, tanh
from typing import TYPE_CHECKING, Any

from sim import catalog

if TYPE_CHECKING:
    from benchmarks.reference.model import Diplomacy

Key = tuple[Any, ...]
PARTS = {"verbal": ("verbal",), "material": ("material",), "both": ("verbal", "material")}


def cue(model: Diplomacy, name: str) -> float:
    return model.cue[name]


def status_quo(model: Diplomacy, issue: str) -> float:
    return model.status_quo[issue]


def gap(model: Diplomacy, issue: str, first: str, second: str) -> float:
    return (model.country[first].stance[issue] - model.country[second].stance[issue]) / 2


def approval(model: Diplomacy, code: str) -> float:
    return model.country[code].approval


def mandate(model: Diplomacy, code: str) -> float:
    return model.country[code].mandate


def conduct(model: Diplomacy, giver: str, receiver: str, memory: str, kind: str) -> float:
    country, deviation, variance = model.country[giver], 0.0, 0.0
    for part in PARTS[kind]:
        deviation += country.conduct[memory][part][receiver] - country.usual[part][receiver]
        variance += model.plan.spread[part][giver, receiver] ** 2
    return tanh(deviation / sqrt(variance))


def ledger(model: Diplomacy, giver: str, receiver: str) -> float:
    return tanh(model.country[giver].ledger[receiver] / 2)


def capability(model: Diplomacy, first: str, second: str) -> float:
    own, other = model.country[first].capability, model.country[second].capability
    return (own - other) / max(own + other, 1e-12)


def clock(model: Diplomacy, event: str, before: int, after: int) -> float:
    nearest = 0.0
    for instance in model.instances.get(event, ()):  # none where it is not in force
        ahead = instance.date // 7 - model.week
        nearest = max(nearest, 1 - (ahead / (before + 1) if ahead > 0 else -ahead / (after + 1)))
    return nearest


def under_way(model: Diplomacy, *names: str) -> float:
    return float(model.last_day[names] >= 7 * model.week)


def leader(model: Diplomacy, name: str) -> float:
    return float(model.country[model.plan.country_of[name]].leader == name)


def flag(model: Diplomacy, name: str) -> float:
    return float(model.flag[name])


def scale(model: Diplomacy, code: str, family: str) -> float:
    return model.country[code].scale(family)


def gain(model: Diplomacy, code: str, issue: str) -> float:
    country = model.country[code]
    return country.salience[issue] * (country.stance[issue] - model.status_quo[issue]) / 2


def public_gain(model: Diplomacy, code: str, issue: str) -> float:
    country = model.country[code]
    return country.accountability * country.salience[issue] * (country.public[issue] - model.status_quo[issue]) / 2


def threat(model: Diplomacy, code: str, other: str) -> float:
    own, theirs = model.country[code], model.country[other]
    share = theirs.capability / max(own.capability + theirs.capability, 1e-12)
    return share * own.proximity.get(other, 0.0) * max(0.0, -conduct(model, other, code, "slow", "material"))


def fear(model: Diplomacy, ally: str, patron: str, kind: str, memory: str) -> float:
    watched = [ally] if kind == "abandonment" else [code for code in model.country if code not in (ally, patron)]
    lowest = min(conduct(model, patron, other, memory, "both") for other in watched)
    return model.country[ally].alliance.get(patron, 0.0) * max(0.0, -lowest)


def tempo(model: Diplomacy, code: str) -> float:
    return tanh(model.country[code].tempo)


FEATURES = {function.__name__: function for function in (
    cue, status_quo, gap, approval, mandate, conduct, ledger, capability, clock, under_way, leader, flag, scale, gain,
    public_gain, threat, fear, tempo)}
#: Features that run from -1 to 1; the others begin at 0.
SIGNED = {"status_quo", "gap", "approval", "mandate", "conduct", "ledger", "capability", "gain", "public_gain", "tempo"}
#: Features whose reference is 0, usual conduct and quiet; that of the others is where they begin.
QUICK = {"conduct", "threat", "fear", "cue", "clock", "under_way", "tempo"}


def key_of(feature: catalog.Feature) -> Key:
    """A feature as a file names it."""
    if feature.gap:
        return "gap", feature.gap, *(feature.between or ())
    if feature.conduct:
        return "conduct", *feature.conduct, feature.memory, feature.kind
    if feature.clock:
        return "clock", feature.clock, feature.before, feature.after
    for kind in ("ledger", "capability", "under_way"):
        if names := getattr(feature, kind):
            return kind, *names
    return next((kind, name) for kind in ("cue", "status_quo", "approval", "mandate", "leader", "flag")
                if (name := getattr(feature, kind)))
