"""How strongly something must be answered so that it is answered as often as the record says.

The engine itself is asked: it runs the event in the world at rest, many times over, with strengths all along a line.
How often each strength brings an answer is a curve, and the curve is read the other way round.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from scipy import optimize
from scipy.special import expit, logit

from sim import catalog
from sim.arrays import Array, Bools
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.errors import InputError
from sim.history import History
from sim.model import DiplomacyModel
from sim.record.plan import Answer
from sim.record.process import NINETY
from sim.scenario import Scenario

#: Weeks before the event, so that nothing is at its start any more, and replicates.
BEFORE, REPLICATES = 2, 2 * BLOCK
#: The event's name in the world that is asked.
EVENT = "asked_about"


class Curve(NamedTuple):
    """How likely an answer is at each strength: logit p = a + b s + c s²."""

    a: float
    b: float
    c: float
    strengths: tuple[float, float]  # between which it was asked

    def chance(self, strength: Array | float) -> Array:
        """Probability of an answer."""
        s = np.asarray(strength)
        return np.asarray(expit(self.a + self.b * s + self.c * s**2))

    def strength(self, chance: float) -> float:
        """The strength at which an answer is so likely; raises `InputError` where none is."""
        low, high = self.strengths
        if not self.chance(low) < chance < self.chance(high):
            raise InputError(f"no strength from {low:g} to {high:g} makes an answer as likely as {chance:g}; there it "
                             f"is {self.chance(low):.2f} to {self.chance(high):.2f}")
        return float(optimize.brentq(lambda s: float(self.chance(s)) - chance, low, high))


def solved(answer: Answer, scenario: Scenario) -> tuple[Curve, float, float]:
    """The curve, and mean and standard deviation of the strength: its 90 % interval brings that of the probability."""
    probability = answer.probability
    if probability.low is None or probability.high is None:
        raise InputError(f"{answer.mechanism}: the probability of an answer is a range, {{low, high}}")
    found = asked(answer, scenario)
    low, high = found.strength(probability.low), found.strength(probability.high)
    return found, (low + high) / 2, (high - low) / (2 * NINETY)


def asked(answer: Answer, scenario: Scenario, replicates: int = REPLICATES, seed: int = 1) -> Curve:
    """The curve, from one run of the engine."""
    low, high = answer.strengths
    history, strengths, columns = _played(answer, scenario, replicates, seed, (low, high))
    happened = _answered(history, answer, columns)

    def loss(curve: Array) -> tuple[float, Array]:
        odds = curve @ powers
        p = expit(odds)
        return float((np.logaddexp(0, odds) - happened * odds).sum()), powers @ (p - happened)

    powers = np.stack([np.ones_like(strengths), strengths, strengths**2])
    start = np.array([float(logit(np.clip(happened.mean(), 0.01, 0.99))), 0.1, 0.0])
    found = optimize.minimize(loss, start, jac=True, method="BFGS").x
    return Curve(float(found[0]), float(found[1]), float(found[2]), answer.strengths)


def _played(answer: Answer, scenario: Scenario, replicates: int, seed: int,
            ends: tuple[float, float]) -> tuple[History, Array, dict[str, int]]:
    """The event in the world at rest, the strength that each replicate had, and columns by name."""
    on = {"low": scenario.start + timedelta(weeks=BEFORE), "high": scenario.start + timedelta(weeks=BEFORE, days=4)}
    event = catalog.Event.model_validate({
        "name": "Event", "action": answer.event.action, "by": answer.event.by, "to": answer.event.to,
        "on": {key: day.isoformat() for key, day in on.items()}, "source": "judgement"})
    weeks = BEFORE + answer.within // 7 + 2
    head = scenario.head.model_copy(update={"weeks": weeks, "events": {EVENT: None}, "outcomes": {},
                                            "endings": scenario.endings[-1:]})
    world = compile_world(replace(scenario, head=head, events={EVENT: event}))
    low, high = ends
    strengths = low + (high - low) * (np.arange(replicates) + 0.5) / replicates
    model = DiplomacyModel(world, replicates=replicates, rng=seed,
                           given={f"mechanisms.{answer.mechanism}.strength": strengths})
    try:
        return model.run(), strengths, {column.name: c for c, column in enumerate(world.columns)}
    finally:
        model.release()


def _answered(history: History, answer: Answer, columns: dict[str, int]) -> Bools:
    """Which replicates had an answer from the event's day on, within the days allowed, (R,)."""
    day = np.full(history.replicates, 10**6)
    own = history.column == columns[EVENT]
    day[history.replicate[own]] = history.day[own]
    answers = np.isin(history.column, [columns[name] for name in answer.options])
    lag = history.day[answers] - day[history.replicate[answers]]
    happened = np.zeros(history.replicates, dtype=bool)
    happened[history.replicate[answers][(lag >= 0) & (lag <= answer.within)]] = True
    return happened
