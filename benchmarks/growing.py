"""Worlds of other sizes: a scenario with its own entries copied under other names, or some of them left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sim.scenario import Scenario


def with_weeks(scenario: Scenario, weeks: int) -> Scenario:
    """The scenario over so many weeks."""
    return replace(scenario, head=scenario.head.model_copy(update={"weeks": weeks}))


def with_options(scenario: Scenario, share: float) -> Scenario:
    """So many times the options: every fourth, say, or copies that divide what the original does between them."""
    names = sorted(scenario.options)
    if share < 1:
        kept = names[::round(1 / share)]
        return replace(scenario, options={name: scenario.options[name] for name in kept})
    copies = round(share)
    options = {}
    for name in names:
        option = scenario.options[name]
        rarer = option.model_copy(update={"base": option.base.model_copy(update={
            "rate": type(option.base.rate)(mean=option.base.rate.centre / copies, floor=0.0, ceiling=1.0, rate=True)})})
        for n in range(copies):
            choice = {"choice": f"{option.choice}_{n}"} if option.choice else {}
            options[f"{name}_{n}"] = rarer.model_copy(update=choice)
    return replace(scenario, options=options)


def with_issues(scenario: Scenario, times: int) -> Scenario:
    """So many times the issues: copies on which countries stand as on the original, moved by the same actions."""
    def copied(of: dict[str, Any]) -> dict[str, Any]:
        return {_numbered(name, n): entry for n in range(times) for name, entry in of.items()}

    countries = {}
    for code, country in scenario.countries.items():
        leaders = {name: leader.model_copy(update={"anchors": copied(leader.anchors)})
                   for name, leader in country.leaders.items()}
        countries[code] = country.model_copy(update={"stances": copied(country.stances), "leaders": leaders})
    actions = {name: action.model_copy(update={"shifts": copied(action.shifts)})
               for name, action in scenario.actions.items()}
    return replace(scenario, issues=copied(scenario.issues), countries=countries, actions=actions)


def with_countries(scenario: Scenario, count: int) -> Scenario:
    """So many countries: the first, or all and then copies of them in groups like the original.

    Copies have the original's stances, partners of their own group, and its options toward the next group; what a
    mechanism says of a country it says of its copies too.
    """
    codes = list(scenario.countries)
    if count < len(codes):
        return _of(scenario, codes[:count])
    groups = -(-count // len(codes))
    kept = [(code, n) for n in range(groups) for code in codes][:count]
    countries = {_numbered(code, n): _group(scenario.countries[code], n, codes, kept) for code, n in kept}

    def everybody(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(_numbered(name, n) for name in names for n in range(groups if name in codes else 1)
                     if name not in codes or (name, n) in kept)

    mechanisms = {name: mechanism.model_copy(update={"moves": tuple(
        move.model_copy(update={"by": everybody(move.by), "to": everybody(move.to)}) for move in mechanism.moves)})
        for name, mechanism in scenario.mechanisms.items()}
    options = {}
    leaders = {name for country in scenario.countries.values() for name in country.leaders}
    for n in range(groups):
        for name, option in scenario.options.items():
            by = tuple(_numbered(code, n) for code in option.by)
            to = tuple(_numbered(code, (n + 1) % groups) if code in codes else code for code in option.to)
            to = tuple(code for code in to if code in countries or code not in map(_bare, countries))
            if set(by) <= set(countries) and (to or not option.to):
                conditions = {part: tuple(_numbered(each, n) if each in leaders else each
                                          for each in getattr(option, part)) for part in ("needs", "excludes")}
                choice = {"choice": _numbered(option.choice, n)} if option.choice else {}
                options[_numbered(name, n)] = option.model_copy(update={"by": by, "to": to, **conditions, **choice})
    return replace(scenario, countries=countries, mechanisms=mechanisms, options=options)


def _of(scenario: Scenario, codes: list[str]) -> Scenario:
    """The scenario of some of its countries, with the options and events of these alone."""
    def theirs(entries: Any) -> dict[str, Any]:
        return {name: entry for name, entry in entries.items()
                if not (set(entry.by) | set(entry.to)) & (set(scenario.countries) - set(codes))
                and not (getattr(entry, "election", None) and entry.election.country not in codes)
                and not set(getattr(entry, "stances", ())) - set(codes)}

    countries = {code: _only(scenario.countries[code], codes) for code in codes}
    return replace(scenario, countries=countries, options=theirs(scenario.options), events=theirs(scenario.events))


def _only(country: Any, codes: Iterable[str]) -> Any:
    return country.model_copy(update={part: {code: entry for code, entry in getattr(country, part).items()
                                             if code in codes} for part in PARTNERS})


def _group(country: Any, n: int, codes: list[str], kept: list[tuple[str, int]]) -> Any:
    """A country's copy in a group, with partners and leaders of that group."""
    def named(of: dict[str, Any], there: Callable[[str], bool] = lambda name: True) -> dict[str, Any]:
        return {_numbered(name, n): entry for name, entry in of.items() if there(name)}

    update: dict[str, Any] = {part: named(getattr(country, part), lambda code: (code, n) in kept) for part in PARTNERS}
    if country.succession:
        update["succession"] = country.succession.model_copy(
            update={"successors": named(country.succession.successors)})
    update |= {"leaders": named(country.leaders), "leader": _numbered(country.leader, n)}
    return country.model_copy(update=update)


PARTNERS = ("alliances", "proximity", "ledgers", "influence")


def _numbered(name: str, n: int) -> str:
    return f"{name}_{n}" if n else name


def _bare(name: str) -> str:
    return name.rpartition("_")[0] or name
