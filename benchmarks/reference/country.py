"""Country: the agent. It wants, remembers and weighs; the model asks it what it leans to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from benchmarks.reference.features import Key
from benchmarks.reference.reasons import Term

if TYPE_CHECKING:
    from benchmarks.reference.model import Diplomacy

KINDS = ("verbal", "material")
NEVER = -100_000


class Reason:
    """One summand of a decision, with the strength and the reference that this replicate has."""

    def __init__(self, term: Term, strength: float, judged: dict[Key, float]):
        self.term = term
        self.pull = term.weight * strength
        if term.reference is not None:
            self.reference = term.reference
        else:
            self.reference = 0.0 if term.quick else self.value(judged)

    def value(self, situation: dict[Key, float]) -> float:
        """Feature times gates."""
        value = situation[self.term.feature]
        for feature, slope, offset in self.term.gates:
            value *= offset + slope * situation[feature]
        return value

    def log_odds(self, situation: dict[Key, float]) -> float:
        """How much it moves the decision now."""
        return self.pull * (self.value(situation) - self.reference)


class Country(mesa.Agent):
    """A government with its public, what it remembers of its own conduct, and who leads it."""

    def __init__(self, model: Diplomacy, code: str):
        super().__init__(model)
        entry, path, draw = model.plan.scenario.countries[code], f"countries.{code}", model.draw
        self.code, self.entry = code, entry
        self.capability = draw(f"{path}.capability.value", entry.capability.value)
        self.accountability = draw(f"{path}.accountability.value", entry.accountability.value)
        self.mandate = draw(f"{path}.mandate", entry.mandate)
        ideal = {issue: draw(f"{path}.stances.{issue}.ideal", entry.stances[issue].ideal) for issue in model.status_quo}
        self.salience = {issue: draw(f"{path}.stances.{issue}.salience", entry.stances[issue].salience)
                         for issue in ideal}
        self.public = {issue: own if (public := entry.stances[issue].public) is None
                       else draw(f"{path}.stances.{issue}.public", public) for issue, own in ideal.items()}
        self.anchors, self.term_approval, self.scales = {}, {}, {}
        for name, leader in entry.leaders.items():
            own = f"{path}.leaders.{name}"
            self.anchors[name] = ideal | {issue: draw(f"{own}.anchors.{issue}.ideal", anchor.ideal)
                                          for issue, anchor in leader.anchors.items() if issue in ideal}
            self.term_approval[name] = draw(f"{own}.approval", leader.approval)
            self.scales[name] = {family: draw(f"{own}.scales.{family}", factor)
                                 for family, factor in leader.scales.items()}
        self.leader = entry.leader
        self.approval = self.term_approval[self.leader]
        self.stance = dict(self.anchors[self.leader])
        self.origin = dict(self.stance)
        self.alliance, self.proximity, self.influence, self.balance = (
            {other: draw(f"{path}.{section}.{other}.{part}", getattr(of, part))
             for other, of in getattr(entry, section).items()}
            for section, part in (("alliances", "strength"), ("proximity", "value"), ("influence", "value"),
                                  ("ledgers", "balance")))
        self.tempo = draw(f"{path}.tempo", entry.tempo)
        self.successor, self.chosen_day, self.office_day = "", NEVER, NEVER
        self.reasons: dict[str, list[Reason]] = {}
        self.sums: dict[str, float] = {}

    def meet(self, others: dict[str, Country]) -> None:
        """What it remembers of everybody: usual conduct, and what each owes the other."""
        model = self.model
        self.ledger = {code: self.balance.get(code, 0.0) - other.balance.get(self.code, 0.0)
                       for code, other in others.items()}
        self.usual = {kind: {code: model.plan.usual[kind][self.code, code] for code in others} for kind in KINDS}
        for name, deed in model.plan.option_deeds.items():
            for kind, giver, receiver, score in deed.conduct:
                if giver == self.code:
                    rate = model.plan.options[name].base.rate
                    self.usual[kind][receiver] += score * (model.rate[name] - rate.centre)
        self.conduct = {memory: {kind: dict(usual) for kind, usual in self.usual.items()}
                        for memory in ("fast", "slow")}
        self.conduct_now = {kind: dict.fromkeys(others, 0.0) for kind in KINDS}

    def consider(self) -> None:
        """Finds its reasons for everything it can do."""
        strength = self.model.strength
        self.reasons = {decision.name: [] for decision in self.model.plan.decisions if self.code in decision.parties}
        for term in self.model.plan.terms:
            if term.country == self.code:
                self.reasons[term.decision].append(Reason(term, strength[term.mechanism], self.model.judged))

    def step(self) -> None:
        """Weighs everything it can do."""
        situation = self.model.situation
        self.sums = {decision: sum(reason.log_odds(situation) for reason in reasons)
                     for decision, reasons in self.reasons.items()}

    def scale(self, family: str) -> float:
        """The present leader's factor on a family of mechanisms."""
        return self.scales[self.leader].get(family, 1.0)

    def relax(self) -> None:
        """Stances, approval and ledgers fade by a week; the stances that partners had before lean on one's own."""
        model, usual = self.model, self.term_approval[self.leader]
        anchor, keep = self.anchors[self.leader], model.keep["stance"]
        self.approval = usual + model.keep["approval"] * (self.approval - usual)
        for other in self.ledger:
            self.ledger[other] *= model.keep["ledger"]
        for issue, stance in self.stance.items():
            self.stance[issue] = anchor[issue] + keep * (stance - anchor[issue])
            for partner, weight in self.influence.items():
                self.stance[issue] += weight * (model.moved[partner][issue] - model.moved[self.code][issue])
            self.stance[issue] = min(max(self.stance[issue], -1.0), 1.0)
        keep = model.keep["tempo"]
        self.tempo = keep * self.tempo + (1 - keep**2) ** 0.5 * model.normal(f"tempo.{self.code}", model.week)

    def remember(self) -> None:
        """Takes the week's conduct into both memories."""
        for memory, kinds in self.conduct.items():
            keep = self.model.keep[f"conduct_{memory}"]
            for kind, remembered in kinds.items():
                for other, value in remembered.items():
                    now = min(max(self.conduct_now[kind][other], -10.0), 10.0)
                    remembered[other] = now + keep * (value - now)
        for now in self.conduct_now.values():
            for other in now:
                now[other] = 0.0
