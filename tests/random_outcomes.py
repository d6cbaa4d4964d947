"""Random outcomes and endings of random worlds: every verb, qualifier, level and combination."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from random_worlds import WORDS, Chance, random_head, random_world
from sim.catalog.outcome import COMBINATORS, LEVELS, OCCURRENCES
from sim.scenario import Scenario
from worlds import scenario

STANDINGS = ("seats", "in_office", "coalition_intact")


class Asking:
    """What outcomes may speak of in a scenario."""

    def __init__(self, seed: int, world: dict[str, Any], head: dict[str, Any]):
        self.chance = Chance(seed)
        self.start, self.days = date.fromisoformat(head["start"]), 7 * head["weeks"]
        self.codes, self.issues, self.events = head["countries"], list(world["issues"]), list(world["events"])
        countries = {code: world["countries"][code] for code in self.codes}
        self.leaders = [name for country in countries.values() for name in country["leaders"]]
        self.coalitions = [code for code, country in countries.items() if "coalition" in country]
        self.parties = ["ins", "outs"]

    def day(self, first: int = 0) -> str:
        return (self.start + timedelta(self.chance.randint(first, self.days - 1))).isoformat()

    def period(self, share: float) -> dict[str, str]:
        """A first day, a last day, both or neither."""
        first, last = sorted((self.day(), self.day()))
        return {**self.chance.maybe(share, **{"from": first}), **self.chance.maybe(share, until=last)}

    def bounds(self, low: float, high: float) -> dict[str, Any]:
        first, second = sorted((self.chance.uniform(low, high), self.chance.uniform(low, high)))
        return self.chance.choice(({"at_least": first}, {"at_most": second}, {"between": [first, second]}))

    def qualifiers(self, share: float) -> dict[str, Any]:
        """Conditions on occurrences, each with this probability."""
        chance, maybe = self.chance, self.chance.maybe
        return {**maybe(share, action=chance.some(WORDS, 2, 6)), **maybe(share / 2, tag=["words", "deeds"]),
                **maybe(share / 2, event=chance.some(self.events, 2, 6)),
                **maybe(share, by=chance.some((*self.codes, "COURT"), 1, 3)),
                **maybe(share, to=chance.some((*self.codes, "COURT"), 1, 3)),
                **maybe(share, leader=chance.some(self.leaders, 1, 3)), **maybe(share / 2, party=["ins"]),
                **maybe(share, size=self.bounds(0.2, 1)), **maybe(share, days=self.bounds(1, 8)), **self.period(share)}

    def selection(self) -> Any:
        names = self.chance.some((*WORDS, *self.events), 1, 6)
        return self.chance.choice((names, names[0], {"names": names, **self.qualifiers(0.25)},
                                   {"by": [self.chance.choice(self.codes)], **self.qualifiers(0.2)}))

    def level(self) -> dict[str, Any]:
        issue, code = self.chance.choice(self.issues), self.chance.choice(self.codes)
        tension = [{"tension": self.chance.sample(self.codes, 2)}] if len(self.codes) > 1 else []
        return self.chance.choice((*tension, {"status_quo": issue}, {"stance": issue, "of": code}, {"approval": code}))

    def outcome(self, yes_no: bool = False, depth: int = 2) -> dict[str, Any]:
        """One outcome; what stands inside another has a depth of one less."""
        chance = self.chance
        verbs = (*OCCURRENCES, *LEVELS, *STANDINGS, *(COMBINATORS if depth else ()))
        verb = chance.choice([verb for verb in verbs if not yes_no or verb != "first_date"])
        if verb == "coalition_intact" and not self.coalitions:
            verb = "happened"
        asked: dict[str, Any] = {"title": verb}
        if verb in OCCURRENCES:
            asked |= {verb: self.selection(), **self.qualifiers(0.1), **chance.maybe(0.3, within={
                "days": chance.randint(0, 20), "of": self.selection(), **chance.maybe(0.4, after="end"),
                **chance.maybe(0.4, nth=chance.randint(1, 3))})}
        elif verb in LEVELS:
            asked |= {verb: self.level(), **(chance.maybe(0.6, at=self.day()) if verb == "value" else self.period(0.5))}
        elif verb == "seats":
            asked |= {verb: chance.some(self.parties, 1), **chance.maybe(0.5, election="vote")}
        elif verb == "not":
            asked[verb] = self.outcome(True, depth - 1)
        elif verb in COMBINATORS:
            asked[verb] = [self.outcome(True, depth - 1) for _ in range(chance.randint(1, 3))]
        else:
            names = chance.some(self.leaders, 1, 3) if verb == "in_office" else chance.choice(self.coalitions)
            asked |= {verb: names, **chance.maybe(0.6, at=self.day())}
        least, most = {"seats": (40, 60), "count": (1, 6), "weeks_with": (1, 6), "days_with": (1, 9)}.get(verb, (-1, 1))
        if verb in (*LEVELS, "seats", "count", "weeks_with", "days_with") and (yes_no or chance.random() < 0.3):
            asked |= self.bounds(least, most)
        return asked | (chance.maybe(0.2, given=self.outcome(True, depth - 1)) if depth else {})


def random_outcomes(seed: int, world: dict[str, Any], head: dict[str, Any], most: int = 12) -> dict[str, Any]:
    """Outcomes and endings for a scenario with this head."""
    asking = Asking(seed, world, head)
    return {"outcomes": {f"outcome_{i}": asking.outcome() for i in range(most)},
            "endings": [*({"name": f"ending_{i}", "title": "Ending", "when": asking.outcome(True)} for i in range(2)),
                        {"name": "rest", "title": "Rest"}]}


def random_case(seed: int, **head: Any) -> Scenario:
    """A random scenario that asks random things; what is given here is as given."""
    world = random_world(seed)
    own = random_head(seed, world) | head
    return scenario(world, **own, **random_outcomes(seed, world, own))
