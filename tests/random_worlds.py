"""Random worlds: everything that files may hold, in small, each kind often enough to be found among a few dozen.

tests/test_random_worlds.py holds what they produce against the schema of the catalogue.
"""

from __future__ import annotations

from random import Random
from typing import Any

from sim.mechanisms import FAMILIES
from sim.scenario import Scenario
from worlds import START, J, country, event, mechanism, option, scenario, tree

CODES, ISSUES = ("AAA", "BBB", "CCC", "DDD"), ("border", "trade", "waters")
#: Actions whose names and numbers are the same in all worlds, and the words by which anything can be selected. None of
#: these selects "remark", so that what only remarks leaves no trace.
DONE = ("scold", "strike", "greet", "treaty", "resign", "deed_0", "deed_1", "deed_2")
WORDS = (*DONE, "words", "deeds", "ritual", "binding")
FLAGS, CUES = ("pact", "truce"), ("noise", "alarm")
BOTH = {"plain": 1.0, "keen": 1.0}


class Chance(Random):
    """A source of what files may hold."""

    def quantity(self, low: float, high: float) -> Any:
        """A plain number or a distribution between bounds."""
        first, middle, last = sorted(round(self.uniform(low, high), 3) for _ in range(3))
        return self.choice((middle, {"mean": middle, "sd": (high - low) / 8}, {"low": first, "high": last},
                            {"mode": middle, "low": first, "high": last}))

    def rate(self, most: float = 0.6) -> Any:
        mean = round(self.uniform(0.02, most), 3)
        return self.choice((mean, {"mean": mean, "sd": mean / 2}, {"low": mean / 2, "high": mean}))

    def maybe(self, share: float, **fields: Any) -> dict[str, Any]:
        """These fields, or none."""
        return fields if self.random() < share else {}

    def some(self, names: Any, least: int = 0, most: int = 2) -> list[Any]:
        """Some of these names, in any order."""
        return self.sample(list(names), min(self.randint(least, most), len(names)))


def random_world(seed: int, most: int = 4) -> dict[str, Any]:
    """A small world of two countries, AAA and BBB, or some more, with anything that the catalogue knows."""
    chance = Chance(seed)
    codes, issues = CODES[:chance.randint(2, most)], ISSUES[:chance.randint(1, 3)]
    causes = [f"cause_{i}" for i in range(chance.randint(2, 12))]
    options = {f"option_{i}": _option(chance, codes, causes) for i in range(1, chance.randint(2, 8))}
    options["option_0"] = option("scold", "AAA", rate=chance.rate())  # whoever takes part, something can be done
    events = _events(chance, codes, issues)
    return tree(
        issues={issue: {"name": issue, "low": "closed", "high": "open", "status_quo": chance.quantity(-1, 1),
                        "half_life": chance.quantity(1, 100), **J} for issue in issues},
        actions={f"deed_{i}": _action(chance, issues) | extra for i, extra in enumerate((
            {}, {"ritual": True}, {"binding": True}))},
        externals={"COURT": {"name": "Court", **J}},
        countries={code: _country(chance, code, codes, issues) for code in codes}, options=options,
        mechanisms={cause: _mechanism(chance, codes, issues, events) for cause in causes},
        flags={flag: {"name": flag, "start": chance.random() < 0.5, "set_by": _selects(chance, codes, events, 0),
                      "cleared_by": _selects(chance, codes, events, 0), **J} for flag in FLAGS},
        cues={cue: {"name": cue, "left_by": _selects(chance, codes, events, 1), "half_life": chance.quantity(0.1, 8),
                    "size": round(chance.uniform(0.2, 1), 2), **J} for cue in CUES},
        events=events,
        theories={"keen": {"name": "Keen", **J, "weights": {family: round(chance.uniform(0, 3), 2)
                                                           for family in chance.some(sorted(FAMILIES), 1, 3)}}},
        usual={f"{by}_{to}": {"by": by, "to": to, **J, **_usual(chance)}
               for by in chance.some(codes) for to in chance.some([code for code in codes if code != by], 1, 1)},
        memory={half_life: chance.quantity(0.5, 30) for half_life in
                chance.some(("conduct_fast", "conduct_slow", "ledger", "approval", "stance", "tempo"), 2, 6)})


def random_head(seed: int, world: dict[str, Any]) -> dict[str, Any]:
    """What a scenario of this world may say: who takes part, which events, how theories are mixed."""
    chance = Chance(seed)
    codes, events = list(world["countries"]), list(world["events"])
    here = ["AAA", *chance.sample(codes[1:], chance.randint(len(codes) // 2, len(codes) - 1))]
    chance.shuffle(here)
    return {"countries": here, "weeks": chance.randint(8, 24), "start": chance.choice((START, "2023-12-25")),
            "events": dict.fromkeys(chance.sample(events, chance.randint(max(len(events) - 3, 0), len(events)))),
            "theories": chance.choice((BOTH, {"plain": 0.3, "keen": 1.4}, {"plain": 0, "keen": 1}, {}))}


def random_scenario(seed: int, **head: Any) -> Scenario:
    """A random world with a random head; what is given here is as given."""
    world = random_world(seed)
    return scenario(world, **random_head(seed, world) | head)


def _action(chance: Chance, issues: tuple[str, ...]) -> dict[str, Any]:
    shifts = {issue: round(chance.uniform(-0.4, 0.4), 2) for issue in chance.some(issues, 0, 2)}
    return {"name": "Deed", "cameo": chance.choice(("010", "057", "112", "138", "152", "190", "0831")),
            "plover": "NONE", "goldstein": chance.choice((0, round(chance.uniform(-10, 10), 1))),
            "tags": chance.some(("words", "deeds"), 0, 2), "shifts": shifts,
            **chance.maybe(0.3, among={"cameo": chance.choice(("036", "0862")),
                                       "goldstein": round(chance.uniform(-10, 10), 1)}),
            **chance.maybe(0.15, vacates=True),
            **chance.maybe(0.4, approval=round(chance.uniform(-0.5, 0.5), 2)),
            **chance.maybe(0.4, concedes=round(chance.uniform(0, 3), 2)), **J}


def _selects(chance: Chance, codes: tuple[str, ...], events: dict[str, Any], least: int) -> list[dict[str, Any]]:
    """Conditions on occurrences."""
    return [{"action": chance.some(WORDS, 1, 3), **chance.maybe(0.3, by=chance.some((*codes, "COURT"), 1)),
             **chance.maybe(0.3, to=chance.some(codes, 1, 3))} if chance.random() < 0.75
            else {"event": chance.some(events, 1, 3), **chance.maybe(0.3, action=chance.some(WORDS, 3, 6))}
            for _ in range(chance.randint(least, 2))]


def _country(chance: Chance, code: str, codes: tuple[str, ...], issues: tuple[str, ...]) -> dict[str, Any]:
    others, low = [other for other in codes if other != code], code[0].lower()
    first, second, third = (f"{low}_{number}" for number in ("one", "two", "three"))

    def leader(name: str) -> dict[str, Any]:
        return {"name": name, "approval": chance.quantity(-1, 1), **chance.maybe(0.5, party="ins"), **J,
                "anchors": {issue: {"ideal": chance.quantity(-1, 1), **J} for issue in chance.some(issues)},
                "scales": {family: chance.quantity(0, 2) for family in chance.some(sorted(FAMILIES), 0, 3)}}

    return country(code[0], **{
        "capability": {"value": chance.quantity(0, 1)}, "accountability": {"value": chance.quantity(0, 1)},
        "mandate": chance.quantity(-1, 1), **chance.maybe(0.5, tempo=chance.quantity(-2, 2)),
        "stances": {issue: {"ideal": chance.quantity(-1, 1), "salience": chance.quantity(0, 1),
                            "public": chance.choice((None, chance.quantity(-1, 1))), **J} for issue in issues},
        "alliances": {other: {"strength": chance.quantity(0, 1), **J} for other in chance.some(others)},
        "proximity": {other: {"value": chance.quantity(0, 1), **J} for other in chance.some(others, 0, 3)},
        "ledgers": {other: {"balance": chance.quantity(-3, 3), **J} for other in chance.some(others)},
        "influence": {other: {"value": chance.quantity(0, 1), **J} for other in chance.some(others)},
        "leader": chance.choice((first, second)),
        "leaders": {name: leader(name) for name in (first, second, third)},
        **chance.maybe(0.3, coalition={"parties": ["ins"], "flag": "pact", **J}),
        **chance.maybe(0.8, succession={
            "choose": chance.quantity(0, 60), "take_office": chance.quantity(0, 60), "chosen": "chosen",
            "taken": "sworn_in", "successors": {second: 1, **chance.maybe(0.6, **{first: 2}),
                                                **chance.maybe(0.6, **{third: 0.5})}, **J})})


def _option(chance: Chance, codes: tuple[str, ...], causes: list[str]) -> dict[str, Any]:
    parties = chance.sample(codes, chance.choice((1, 1, 1, min(len(codes), 2), min(len(codes), 3))))
    rest = [code for code in (*codes, "COURT") if code not in parties]
    condition = [*FLAGS, f"{parties[0][0].lower()}_two", f"{codes[-1][0].lower()}_one"]
    return option(
        chance.choice(DONE), parties, chance.some(rest, 0, 3), chance.rate(),
        **chance.maybe(0.3, base={"at": {cause: round(chance.uniform(-1, 1), 2) for cause in chance.some(causes)}}),
        **chance.maybe(0.3, choice=chance.choice(("mood", "manner"))), **chance.maybe(0.2, at_most_every=4),
        **chance.maybe(0.25, needs=chance.some(condition, 1)), **chance.maybe(0.25, excludes=chance.some(condition, 1)),
        **chance.maybe(0.3, days=chance.quantity(0, 12)), **chance.maybe(0.3, size=chance.quantity(0, 1)))


def _feature(chance: Chance, codes: tuple[str, ...], issues: tuple[str, ...], events: dict[str, Any]) -> dict[str, Any]:
    first, second, *_ = chance.sample(codes, len(codes))
    issue = chance.choice(issues)
    return dict(chance.choice((
        *2 * ({"cue": chance.choice(CUES)},), {"status_quo": issue},
        {"gap": issue, "between": [first, second]}, {"approval": first}, {"mandate": second},
        {"conduct": [first, second], "memory": chance.choice(("fast", "slow")),
         "kind": chance.choice(("verbal", "material", "both"))},
        {"ledger": [first, second]},
        *2 * ({"clock": chance.choice(list(events)), "before": chance.randint(0, 5), "after": chance.randint(0, 5)},),
        {"under_way": chance.some((*WORDS, *events), 1, 4)}, {"capability": [first, second]},
        {"leader": f"{first[0].lower()}_{chance.choice(('one', 'two'))}"}, {"flag": chance.choice(FLAGS)})))


def _mechanism(chance: Chance, codes: tuple[str, ...], issues: tuple[str, ...],
               events: dict[str, Any]) -> dict[str, Any]:
    family = chance.choice(("response", *sorted(FAMILIES)))
    moves = [{**chance.maybe(0.8, weight=round(chance.uniform(-1, 1), 2)),
              **chance.maybe(0.4, action=chance.some(WORDS, 3, 8)), **chance.maybe(0.2, by=chance.some(codes, 1)),
              **chance.maybe(0.2, to=chance.some(codes, 1))} for _ in range(chance.randint(1, 2))]
    fields: dict[str, Any] = {}
    if family == "response":
        fields = {"feature": _feature(chance, codes, issues, events), **chance.maybe(0.6, lag=chance.quantity(0, 20))}
    if family == "alliance":
        fields = {"fear": chance.choice(("abandonment", "entrapment")), "toward": chance.choice(("patron", "fellow"))}
    if family in ("reciprocity", "alliance"):
        fields |= {"memory": chance.choice(("fast", "slow")), "kind": chance.choice(("verbal", "material", "both"))}
    if family != "tempo":  # whose base rates are solved without gates
        fields["when"] = [_feature(chance, codes, issues, events) | chance.maybe(0.5, inverted=True)
                          for _ in range(chance.choice((0, 0, 1, 2)))]
    return mechanism(family, *moves, strength=chance.quantity(-3, 3), **fields)


def _usual(chance: Chance) -> dict[str, Any]:
    return {kind: {"mean": round(chance.uniform(-3, 3), 2), "spread": round(chance.uniform(0.1, 2), 2)}
            for kind in ("verbal", "material")}


def _done(chance: Chance, codes: tuple[str, ...]) -> dict[str, Any]:
    """Who does what to whom, in an event."""
    by = chance.some((*codes, "COURT"), 1, 2)
    return {"action": chance.choice(DONE), "by": by,
            "to": chance.some([code for code in codes if code not in by], 0, 2), "days": chance.quantity(0, 12)}


def _decision(chance: Chance) -> dict[str, Any]:
    first, second, third = chance.some((*DONE, "remark"), 3, 3)
    return {"lead": chance.randint(1, 5), "reference_class": "made up", **J, "alternatives": {
        "cancel": {"rate": chance.rate(0.4), "announces": first, "holds": False},
        "delay": {"rate": chance.rate(0.4), "announces": second, "holds": True, "delay": chance.quantity(0, 40)},
        **chance.maybe(0.6, cut={"rate": 0.3, "announces": third, "holds": True, "size": chance.quantity(0, 1)})}}


def _events(chance: Chance, codes: tuple[str, ...], issues: tuple[str, ...]) -> dict[str, Any]:
    first = chance.choice(codes)
    dates = [f"{year}-{day}" for year in (2023, 2025) for day in ("06-01", "07-12", "12-26", "12-30")]
    low, high = sorted(chance.sample(dates, 2))

    def stances() -> dict[str, Any]:
        return chance.maybe(0.4, stances={first: {chance.choice(issues): round(chance.uniform(-1, 1), 2)}})

    return {
        "feast": event(yearly=chance.choice(({"month": 8, "day": 15}, {"month": 2, "day": 29},
                                             {"month": 9, "weekday": chance.randint(1, 7), "nth": chance.randint(1, 4)}
                                             )) | chance.maybe(0.6, jitter=chance.quantity(0, 20)),
                       **chance.maybe(0.6, **_done(chance, codes)), **stances()),
        "drill": event(**_done(chance, codes), **stances(), decision=_decision(chance), cadence={
            "first": {"low": "2025-07-15", "high": "2025-08-20"}, "every": chance.quantity(5, 60)}),
        "visit": event(**_done(chance, codes), on={"low": "2025-07-20", "high": "2025-08-10"},
                       **chance.maybe(0.5, decision=_decision(chance))),
        "winter_drill": event(**_done(chance, codes), decision=_decision(chance), yearly={
            "month": 1, "day": 31, "jitter": chance.quantity(0, 10)}),
        "row": event(**_done(chance, codes), **stances(),
                     on={"low": "2025-06-01", "high": chance.choice(("2025-07-10", "2025-07-20"))}),
        "past": event(**_done(chance, codes), **stances(), on={"low": low, "high": high}),
        "ruling": event(**_done(chance, codes), **stances(),
                        chance={"rate": chance.rate(), "reference_class": "made up", **J}),
        "vote": event(on={"low": "2025-07-20", "high": chance.choice(("2025-07-20", "2025-08-10"))}, **stances(),
                      election={
            "country": first, "contested": 100, "needed": 50, "common_error": chance.quantity(0, 10), **J,
            **chance.maybe(0.5, mandate=round(chance.uniform(2, 20), 1)),
            **chance.maybe(0.5, approval=round(chance.uniform(0, 1), 2)),
            "parties": {"ins": {"seats": chance.quantity(46, 54), "coalition": True},
                        "outs": {"seats": {"mean": 50, "sd": 4}}}}),
    }
