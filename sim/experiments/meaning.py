"""What outcomes and endings mean, in plain words: such as “Working talks” happens, and a line for each ending."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from sim.catalog.outcome import Bounds, Level, Outcome, Qualifiers, Selector, Within
from sim.experiments.wording import leader, party
from sim.scenario import Scenario
from sim.summary import day_in_words

#: How the endings are to be read.
FIRST = "a run counts for the first of these that holds."
ALL_OTHERS = "all other runs"


def meaning(scenario: Scenario, outcome: Outcome) -> str:
    """What is measured of each run, or what must hold, such as "“ICBM test” happens at least 4 times"."""
    text = _VERBS[outcome.verb](scenario, outcome)
    return f"{text}; of runs in which {_part(scenario, outcome.given)}" if outcome.given else text


def endings(scenario: Scenario) -> list[str]:
    """What each ending means, in the scenario's order; the first that holds counts (`FIRST`)."""
    return [meaning(scenario, ending.when) if ending.when else ALL_OTHERS for ending in scenario.endings]


def _part(scenario: Scenario, outcome: Outcome) -> str:
    """An outcome inside another; in brackets where it has parts of its own."""
    text = meaning(scenario, outcome)
    return f"({text})" if outcome.given or outcome.verb == "not" or len(outcome.parts) > 1 else text


def _or(names: Sequence[str], word: str = "or") -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)


# Numbers and days

def _number(value: float) -> str:
    return np.format_float_positional(float(f"{value:.6g}"), trim="-").replace("-", "−")


def _range(of: Bounds) -> str:
    """A range of numbers in words; empty where there is none."""
    if of.between:
        return f"between {_number(of.between[0])} and {_number(of.between[1])}"
    if of.at_least is not None:
        return f"at least {_number(of.at_least)}"
    return f"at most {_number(of.at_most)}" if of.at_most is not None else ""


def _so_many(of: Bounds, what: str) -> str:
    one = 1 in (of.at_least, of.at_most) and not of.between
    return f"{_range(of)} {what}{'s' * (not one)}"


def _period(first: date | None, last: date | None) -> str:
    return " ".join(f"{word} {day_in_words(day)}" for word, day in (("from", first), ("until", last)) if day)


def _at(day: date | None) -> str:
    return f"in the week of {day_in_words(day)}" if day else "in the last week"


# Occurrences

def _named(scenario: Scenario, names: Sequence[str]) -> str:
    """Actions and events by their names, tags as such."""
    def told(name: str) -> str:
        entry = scenario.actions.get(name) or scenario.events.get(name)
        return f"“{entry.name}”" if entry else f"anything tagged “{name.replace('_', ' ')}”"
    return _or([told(name) for name in names])


def _what(scenario: Scenario, conditions: Sequence[Qualifiers]) -> str:
    """What occurs, by whom and toward whom."""
    heads = [_named(scenario, names) for of in conditions
             for names in (of.names if isinstance(of, Selector) else (), of.action, of.tag) if names]
    about = [f"about {_named(scenario, of.event)}" for of in conditions if of.event]
    words = [" that is also ".join(heads) or "anything", *about]
    for of in conditions:
        words += [f"by {_or([party(scenario, code) for code in of.by])}"] if of.by else []
        words += [f"toward {_or([party(scenario, code) for code in of.to])}"] if of.to else []
        words += [f"of a size or share of {_range(of.size)}"] if of.size else []
        words += [f"that takes {_so_many(of.days, 'day')}"] if of.days else []
    return " ".join(words)


def _when(scenario: Scenario, conditions: Sequence[Qualifiers]) -> str:
    """On which days it may begin, and who must govern then."""
    words = []
    for of in conditions:
        words += [f"while {_or([leader(scenario, name) for name in of.leader])} governs"] if of.leader else []
        words += [f"while a leader of {_or([_plain(name) for name in of.party])} governs"] if of.party else []
        words += [_period(of.from_, of.until)]
    return " ".join(filter(None, words))


def _window(scenario: Scenario, of: Within) -> str:
    trigger = " ".join(filter(None, (_what(scenario, (of.of,)), _when(scenario, (of.of,)))))
    nth = f"{f'time no. {of.nth}' if of.nth > 1 else 'the first time'} of " if of.nth else ""
    day = "on the last day of " if of.after == "end" else "on the day of "
    later = f" or up to {of.days} day{'s' * (of.days != 1)} later" if of.days else ""
    return f"{day}{nth}{trigger}{later}"


def _occurring(words: Callable[[Outcome], tuple[str, str]]) -> Callable[[Scenario, Outcome], str]:
    """A sentence on occurrences: `words` are what stands before what occurs, and what it does."""
    def told(scenario: Scenario, outcome: Outcome) -> str:
        assert outcome.selector is not None
        conditions = (outcome.selector, outcome)
        before, does = words(outcome)
        what = f"{before} {_what(scenario, conditions)}".strip().replace("no anything", "nothing")
        within = _window(scenario, outcome.within) if outcome.within else ""
        return " ".join(filter(None, (what, does, _when(scenario, conditions), within)))
    return told


def _either(bounded: Callable[[Outcome], str], before: str, does: str) -> Callable[[Outcome], tuple[str, str]]:
    """Words for a number: `bounded` where there is a range, else what the number is."""
    return lambda outcome: ("", bounded(outcome)) if outcome.bounded else (before, does)


# Standings and levels

def _plain(name: str) -> str:
    return name.replace("_", " ")


def _seats(scenario: Scenario, outcome: Outcome) -> str:
    who = _or([_plain(name) for name in outcome.seats], "and")
    of = scenario.events.get(outcome.election or "")
    where = f" in “{of.name}”" if of else ""
    if not outcome.bounded:
        return f"how many seats {who} win{'s' * (len(outcome.seats) == 1)}{where}"
    return f"{who} win{'s' * (len(outcome.seats) == 1)} {_so_many(outcome, 'seat')}{where}"


def _in_office(scenario: Scenario, outcome: Outcome) -> str:
    return f"{_or([leader(scenario, name) for name in outcome.in_office])} governs {_at(outcome.at)}"


def _coalition_intact(scenario: Scenario, outcome: Outcome) -> str:
    return f"the governing coalition of {party(scenario, outcome.coalition_intact or '')} holds {_at(outcome.at)}"


def _level(scenario: Scenario, of: Level | None) -> str:
    assert of is not None
    if of.tension:
        return f"tension between {party(scenario, of.tension[0])} and {party(scenario, of.tension[1])}"
    if of.approval:
        return f"approval of the government of {party(scenario, of.approval)}"
    if of.stance:
        return f"the stance of {party(scenario, of.of or '')} on “{scenario.issues[of.stance].name}”"
    return f"the status quo on “{scenario.issues[of.status_quo or ''].name}”"


def _value(scenario: Scenario, outcome: Outcome) -> str:
    is_so = f" is {_range(outcome)}" if outcome.bounded else ""
    return f"{_level(scenario, outcome.level)}{is_so} {_at(outcome.at)}"


def _peak(scenario: Scenario, outcome: Outcome) -> str:
    is_so = f" is {_range(outcome)}" if outcome.bounded else ""
    return " ".join(filter(None, (f"{_level(scenario, outcome.level)} at its highest",
                                  _period(outcome.from_, outcome.until)))) + is_so


def _change(scenario: Scenario, outcome: Outcome) -> str:
    level, since = _level(scenario, outcome.level), _period(outcome.from_, outcome.until) or "from start to end"
    assert outcome.level is not None
    issue = scenario.issues.get(outcome.level.status_quo or outcome.level.stance or "")
    low, high = outcome.between or (outcome.at_least, outcome.at_most)
    toward = [f" (toward “{end}”)" for end in ((issue.low, issue.high) if issue else ())] or ["", ""]
    if not outcome.bounded:
        return f"by how much {level} rises{toward[1]} {since}"
    if low is not None and low >= 0:
        return f"{level} rises by {_range(outcome)}{toward[1]} {since}"
    if high is not None and high <= 0:
        turned = Bounds.model_validate({"at_least": -high} if low is None else {"between": (-high, -low)})
        return f"{level} falls by {_range(turned)}{toward[0]} {since}"
    return f"{level} changes by {_range(outcome)} (a fall counts below 0) {since}"


# Combinations

def _all_of(scenario: Scenario, outcome: Outcome) -> str:
    return ", and ".join(_part(scenario, part) for _, part in outcome.parts)


def _any_of(scenario: Scenario, outcome: Outcome) -> str:
    return ", or ".join(_part(scenario, part) for _, part in outcome.parts)


def _not(scenario: Scenario, outcome: Outcome) -> str:
    return "it is not so that " + _or([_part(scenario, part) for _, part in outcome.parts])


_VERBS: dict[str, Callable[[Scenario, Outcome], str]] = {
    "happened": _occurring(lambda outcome: ("", "happens")),
    "none_in": _occurring(lambda outcome: ("no", "happens")),
    "count": _occurring(_either(lambda outcome: f"happens {_so_many(outcome, 'time')}", "how often", "happens")),
    "weeks_with": _occurring(_either(lambda outcome: f"happens in {_so_many(outcome, 'week')}", "in how many weeks",
                                     "happens")),
    "days_with": _occurring(_either(lambda outcome: f"takes {_so_many(outcome, 'day')} in all", "how many days",
                                    "takes in all")),
    "first_date": _occurring(lambda outcome: ("when", "first happens")),
    "seats": _seats, "in_office": _in_office, "coalition_intact": _coalition_intact, "value": _value,
    "change": _change, "peak": _peak, "all_of": _all_of, "any_of": _any_of, "not": _not}
