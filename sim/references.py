"""Names that entries use for one another: every one must exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sim import catalog
from sim.catalog.outcome import Known
from sim.catalog.outcome import check as check_outcome
from sim.errors import Labels, shown_names, singular, unknown
from sim.mechanisms import FAMILIES

if TYPE_CHECKING:
    from sim.scenario import Head, Scenario

Path = tuple[Any, ...]
Entries = Mapping[str, Mapping[str, Any]]
Reference = tuple[Path, str, str]  # where, kind of name, name

#: Dates of all events with a cadence, from the first on: weekly ones of ten years are 520 each.
MOST_DATES = 20_000
#: Columns of outcomes.csv beside the outcomes.
COLUMNS = ("replicate", "ending")
ARTICLE_ROW = re.compile(r"[AM]\d{2,3}")
#: The source of what nobody published.
JUDGEMENT = "judgement"


def check_references(head: Head, entries: Entries) -> Iterator[tuple[Path, str]]:
    """Every name that does not exist, with the path of its use and a message.

    Where the scenario's countries are not in order, nothing is said that depends on who takes part.
    """
    known = known_names(head, entries)
    labels = labels_of(entries)
    for path, kind, name in _references(head, entries):
        if name not in known[kind]:
            yield path, unknown(kind, name, known[kind], labels)
    if any(code not in entries["countries"] for code in head.countries):
        return
    first = {code: i for i, code in reversed(list(enumerate(head.countries)))}
    doubles = [i for i, code in enumerate(head.countries) if first[code] != i]
    yield from ((("scenario", "countries", i), f"{head.countries[i]} takes part already") for i in doubles)
    if doubles:
        return
    yield from _missing_stances(head, entries)
    yield from _missing_theories(head, entries)
    yield from _usual_twice(entries)
    yield from _too_many_dates(head, entries)
    for name, mechanism in entries["mechanisms"].items():
        problems = getattr(FAMILIES[mechanism.family], "problems", None) if mechanism.family in FAMILIES else None
        if problems:
            yield from ((("world", "mechanisms", name, *path), message) for path, message in problems(mechanism))
    yield from ((("scenario", "outcomes", name), f'"{name}" is no name for an outcome: it is that of another column of '
                                                 "outcomes.csv") for name in COLUMNS if name in head.outcomes)
    names = outcome_names(head, entries, known)
    for name, outcome in head.outcomes.items():
        yield from ((("scenario", "outcomes", name, *path), message) for path, message in check_outcome(outcome, names))
    for i, ending in enumerate(head.endings):
        if ending.when is not None:
            yield from ((("scenario", "endings", i, "when", *path), message)
                        for path, message in check_outcome(ending.when, names))


def idle_events(scenario: Scenario) -> list[str]:
    """Events in force that move nothing: they are only dates, and no mechanism, cue or flag refers to them."""
    finders: tuple[tuple[Mapping[str, Any], Any], ...] = (
        (scenario.mechanisms, _mechanism), (scenario.cues, _cue), (scenario.flags, _flag))
    used = {name for entries, finder in finders for entry in entries.values() for _, kind, name in finder(entry)
            if kind in ("event", "action, tag or event")}
    return [name for name, event in scenario.events.items() if event.only_a_date and name not in used]


def known_names(head: Head, entries: Entries) -> dict[str, set[str]]:
    """Names by kind: sections by their singular, and the unions that entries may choose from."""
    known = {singular(section): set(of) for section, of in entries.items()}
    known["leader"] = {name for country in entries["countries"].values() for name in country.leaders}
    known["country or external"] = known["country"] | known["external"]
    known["action or tag"] = {word for name, action in entries["actions"].items() for word in action.words(name)}
    known["flag or leader"] = known["flag"] | known["leader"]
    known["action, tag or event"] = known["action or tag"] | known["event"]
    known["family"] = set(FAMILIES)
    known["source"] |= {JUDGEMENT}
    return known


def labels_of(entries: Entries) -> Labels:
    """What output calls the entries of all sections, and the leaders."""
    leaders = [country.leaders for country in entries["countries"].values()]
    return {key: names for of in (*entries.values(), *leaders) for key, names in shown_names(of).items()}


def outcome_names(head: Head, entries: Entries, known: Mapping[str, set[str]]) -> Known:
    """The names that outcomes may use in this scenario."""
    here = {code: entries["countries"][code] for code in head.countries}
    actions = entries["actions"]
    # Events that are not in force are known too: a scenario stays valid when one is taken out of it.
    elections = {name: frozenset(event.election.parties) for name, event in entries["events"].items()
                 if event.election}
    return Known(
        actions=frozenset(actions),
        tags=frozenset(known["action or tag"] - set(actions)),
        events=frozenset(known["event"]),
        countries=frozenset(here),
        externals=frozenset(entries["externals"]),
        leaders=frozenset(name for country in here.values() for name in country.leaders),
        parties=frozenset(party for parties in elections.values() for party in parties)
        | {leader.party for country in here.values() for leader in country.leaders.values() if leader.party},
        issues=frozenset(entries["issues"]),
        coalitions=frozenset(code for code, country in here.items() if country.coalition),
        elections=elections, held=frozenset(elections.keys() & head.events.keys()),
        labels=labels_of(entries),
        start=head.start, end=head.start + timedelta(weeks=head.weeks, days=-1))


def _missing_stances(head: Head, entries: Entries) -> Iterator[tuple[Path, str]]:
    for code in head.countries:
        country = entries["countries"][code]
        for issue in entries["issues"]:
            if issue not in country.stances:
                yield ("world", "countries", code, "stances"), (
                    f'{code} ({country.name}) has no stance on "{issue}"; add `{issue}: {{ideal, salience, source}}`')
        if country.leader not in country.leaders:
            yield (("world", "countries", code, "leader"), unknown("leader of this country", country.leader,
                                                                   country.leaders, shown_names(country.leaders)))


def _missing_theories(head: Head, entries: Entries) -> Iterator[tuple[Path, str]]:
    if not entries["theories"]:
        yield ("world", "theories"), ("the world has no theory for replicates to draw; a theories.yaml with "
                                      "`plain: {name: Plain, weights: {}, source: judgement}` will do")
    elif head.theories and not any(head.theories.values()):
        yield ("scenario", "theories"), "every theory has weight 0, so replicates have none to draw"


def _usual_twice(entries: Entries) -> Iterator[tuple[Path, str]]:
    """Of two entries for one pair, the order of files would decide which counts."""
    first: dict[tuple[str, str], str] = {}
    for name, usual in entries["usual"].items():
        other = first.setdefault((usual.by, usual.to), name)
        if other != name:
            yield ("world", "usual", name), f'"{other}" says already how {usual.by} usually treats {usual.to}'


def _too_many_dates(head: Head, entries: Entries) -> Iterator[tuple[Path, str]]:
    last, dates = head.start + timedelta(weeks=head.weeks), 0.0
    for name in head.events:
        if name in entries["events"] and (cadence := entries["events"][name].cadence):
            dates += max((last - cadence.first.low).days, 0) / max(cadence.every.centre, 7)
            if dates > MOST_DATES:
                yield ("world", "events", name, "cadence"), (
                    f"with those of the events before it, it has more than {MOST_DATES:,} dates up to the end; make "
                    "`every` longer or `first` later")
                return


def _references(head: Head, entries: Entries) -> Iterator[Reference]:
    yield from _each(("scenario", "countries"), "country", head.countries, indexed=True)
    yield from _each(("scenario", "theories"), "theory", head.theories)
    yield from _each(("scenario", "events"), "event", head.events)
    yield from _sources(("scenario",), head)
    for name, outcome in head.outcomes.items():
        yield from _sources(("scenario", "outcomes", name), outcome)
    finders: dict[str, Any] = {
        "actions": _action, "cues": _cue, "flags": _flag, "countries": _country, "options": _option,
        "mechanisms": _mechanism, "theories": _theory, "events": _event, "usual": _usual}
    for section, of in entries.items():
        for name, entry in of.items():
            path = ("world", section, name)
            yield from _sources(path, entry)
            if section in finders:
                yield from ((path + where, kind, used) for where, kind, used in finders[section](entry))


def _each(path: Path, kind: str, names: Iterable[str], indexed: bool = False) -> Iterator[Reference]:
    for i, name in enumerate(names):
        yield (*path, i if indexed else name), kind, name


def _sources(path: Path, entry: Any) -> Iterator[Reference]:
    """Publications cited anywhere within an entry."""
    for field, value in entry:
        if field == "source":
            for name in value:
                if not (ARTICLE_ROW.fullmatch(name) or name.startswith("record/") or name == JUDGEMENT):
                    yield (*path, "source"), "source", name
        elif isinstance(value, catalog.Entry):
            yield from _sources((*path, field), value)
        elif isinstance(value, dict):
            for key, part in value.items():
                if isinstance(part, catalog.Entry) and field != "outcomes":
                    yield from _sources((*path, field, key), part)


def _select(path: Path, select: catalog.Select) -> Iterator[Reference]:
    yield from _each((*path, "action"), "action or tag", select.action)
    yield from _each((*path, "by"), "country or external", select.by)
    yield from _each((*path, "to"), "country or external", select.to)
    yield from _each((*path, "event"), "event", select.event)


def _action(action: catalog.Action) -> Iterator[Reference]:
    yield from _each(("shifts",), "issue", action.shifts)


def _cue(cue: catalog.Cue) -> Iterator[Reference]:
    for i, select in enumerate(cue.left_by):
        yield from _select(("left_by", i), select)


def _flag(flag: catalog.Flag) -> Iterator[Reference]:
    for part in ("set_by", "cleared_by"):
        for i, select in enumerate(getattr(flag, part)):
            yield from _select((part, i), select)


def _country(country: catalog.Country) -> Iterator[Reference]:
    yield from _each(("stances",), "issue", country.stances)
    for part in ("alliances", "proximity", "ledgers", "influence"):
        yield from _each((part,), "country", getattr(country, part))
    for name, leader in country.leaders.items():
        yield from _each(("leaders", name, "anchors"), "issue", leader.anchors)
        yield from _each(("leaders", name, "scales"), "family", leader.scales)
    if country.succession:
        yield from _each(("succession", "successors"), "leader", country.succession.successors)
        for part in ("chosen", "taken"):
            yield ("succession", part), "action", getattr(country.succession, part)
    if country.coalition:
        yield ("coalition", "flag"), "flag", country.coalition.flag


def _option(option: catalog.Option) -> Iterator[Reference]:
    yield ("action",), "action", option.action
    yield from _each(("by",), "country", option.by)
    yield from _each(("to",), "country or external", option.to)
    yield from _each(("needs",), "flag or leader", option.needs)
    yield from _each(("excludes",), "flag or leader", option.excludes)
    yield from _each(("base", "at"), "mechanism", option.base.at)


def _mechanism(mechanism: catalog.Mechanism) -> Iterator[Reference]:
    yield ("family",), "family", mechanism.family
    for i, move in enumerate(mechanism.moves):
        yield from _select(("moves", i), move)
    if mechanism.feature:
        yield from _feature(("feature",), mechanism.feature)
    for i, gate in enumerate(mechanism.when):
        yield from _feature(("when", i), gate)


def _feature(path: Path, feature: catalog.Feature) -> Iterator[Reference]:
    kinds = {"cue": "cue", "status_quo": "issue", "gap": "issue", "between": "country", "approval": "country",
             "mandate": "country", "conduct": "country", "ledger": "country", "clock": "event",
             "under_way": "action, tag or event", "capability": "country", "leader": "leader", "flag": "flag"}
    for field, kind in kinds.items():
        value = getattr(feature, field)
        names = (value,) if isinstance(value, str) else value or ()
        yield from (((*path, field), kind, name) for name in names)


def _usual(usual: catalog.Usual) -> Iterator[Reference]:
    yield ("by",), "country", usual.by
    yield ("to",), "country", usual.to


def _theory(theory: catalog.Theory) -> Iterator[Reference]:
    yield from _each(("weights",), "family", theory.weights)


def _event(event: catalog.Event) -> Iterator[Reference]:
    if event.action:
        yield ("action",), "action", event.action
    yield from _each(("by",), "country or external", event.by)
    yield from _each(("to",), "country or external", event.to)
    if event.decision:
        for name, alternative in event.decision.alternatives.items():
            yield ("decision", "alternatives", name, "announces"), "action", alternative.announces
    if event.election:
        yield ("election", "country"), "country", event.election.country
    for code, shifts in event.stances.items():
        yield ("stances", code), "country", code
        yield from _each(("stances", code), "issue", shifts)
