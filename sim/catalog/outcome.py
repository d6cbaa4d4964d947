"""Outcomes: what is measured of a replicate, written as data. Endings: exclusive classes of replicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sim.catalog.base import Day, Entry, Names, Number, Whole
from sim.errors import Labels, unknown

Kind = Literal["yes_no", "number", "date"]
#: Where in an outcome something stands: keys, and indices into lists. A name that was written without a list
#: around it has the index 0 too; its position is that of the path without it.
Path = tuple[str | int, ...]


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("outcome", "{why}", {"why": message})


def _given(entry: BaseModel) -> set[str]:
    """The keys that have a value, as files write them."""
    return {info.alias or name for name, info in type(entry).model_fields.items()
            if getattr(entry, name) != info.default}


class Bounds(Entry):
    """A range of numbers, both ends included."""

    at_least: Number | None = None
    at_most: Number | None = None
    between: tuple[Number, Number] | None = Field(None, description="Lower and upper end")

    @property
    def bounded(self) -> bool:
        """True when a range is given."""
        return not (self.at_least is None and self.at_most is None and self.between is None)

    def hold(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values lie in the range."""
        low, high = self.between or (self.at_least, self.at_most)
        inside = np.ones(values.shape, bool)
        if low is not None:
            inside &= values >= low
        if high is not None:
            inside &= values <= high
        return inside

    @model_validator(mode="after")
    def _one_range(self) -> Bounds:
        if len(_given(self) & {"at_least", "at_most", "between"}) > 1:
            raise _wrong("give one of at_least, at_most, between (between takes both ends)")
        if self.between and self.between[0] > self.between[1]:
            raise _wrong(f"between must ascend; {self.between[0]:g} is above {self.between[1]:g}")
        return self


class Range(Bounds):
    """A range on a property of an occurrence."""

    @model_validator(mode="after")
    def _some_range(self) -> Range:
        if not self.bounded:
            raise _wrong("a range needs at_least, at_most or between")
        return self


class Qualifiers(Entry):
    """Conditions on an occurrence, all of which must hold. Of several names, any one will do."""

    action: Names = Field((), description="Actions or tags")
    tag: Names = Field((), description="Tags")
    event: Names = Field((), description="Events")
    by: Names = Field((), description="Countries or externals that take part")
    to: Names = Field((), description="Targets")
    leader: Names = Field((), description="Only in weeks in which one of these leaders governs")
    party: Names = Field((), description="Only in weeks in which a leader of one of these parties governs")
    size: Range | None = Field(None, description="Only occurrences of such a size or share")
    days: Range | None = Field(None, description="Only occurrences of so many days")
    from_: Day | None = Field(None, alias="from", description="First day on which it may begin")
    until: Day | None = Field(None, description="Last day on which it may begin")

    @model_validator(mode="after")
    def _dates_ascend(self) -> Qualifiers:
        if self.from_ and self.until and self.from_ > self.until:
            raise _wrong(f"from ({self.from_}) is after until ({self.until})")
        return self


class Selector(Qualifiers):
    """Selects occurrences; in a file also just a name or a list of names."""

    names: Names = Field((), description="Actions, tags or events")

    @model_validator(mode="after")
    def _selects(self) -> Selector:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise _wrong("nothing is selected; name an action, a tag or an event")
        return self


def _selector(raw: Any) -> Any:
    return {"names": raw} if isinstance(raw, str | list | tuple) else raw


Selection = Annotated[Selector, BeforeValidator(_selector, json_schema_input_type=str | tuple[str, ...] | Selector)]


class Within(Entry):
    """Only occurrences on the day of a trigger or up to `days` days later."""

    days: Whole = Field(ge=0, le=3650)
    of: Selection = Field(description="What triggers")
    after: Literal["start", "end"] = Field("start", description="Counted from the trigger's first or last day")
    nth: Whole | None = Field(None, ge=1, description="Only the nth trigger of a replicate; any where absent")


class Level(Entry):
    """A quantity that has a value every week. Exactly one key names it."""

    tension: tuple[str, str] | None = Field(None, description="Two countries; on the Goldstein scale, -10 to 10")
    status_quo: str | None = Field(None, description="Issue, in [-1, 1]")
    stance: str | None = Field(None, description="Issue on which the government of `of` takes a stance, in [-1, 1]")
    of: str | None = Field(None, description="Country whose stance it is")
    approval: str | None = Field(None, description="Country whose government is approved of, in [-1, 1]")

    @property
    def name(self) -> str:
        """Which of the quantities it is."""
        return next(iter(_given(self) - {"of"}))

    @model_validator(mode="after")
    def _one_quantity(self) -> Level:
        given = _given(self)
        if len(given - {"of"}) != 1:
            raise _wrong("give one of tension, status_quo, stance, approval")
        if ("of" in given) != ("stance" in given):
            raise _wrong("a stance needs the country whose it is (of), and nothing else takes one")
        if self.tension and self.tension[0] == self.tension[1]:
            raise _wrong(f"tension needs two different countries, not {self.tension[0]} twice")
        return self


OCCURRENCES = ("happened", "none_in", "count", "weeks_with", "days_with", "first_date")
LEVELS = ("value", "change", "peak")
COMBINATORS = ("all_of", "any_of", "not")
KINDS: dict[str, Kind] = {
    "happened": "yes_no", "none_in": "yes_no", "count": "number", "weeks_with": "number", "days_with": "number",
    "first_date": "date", "seats": "number", "in_office": "yes_no", "coalition_intact": "yes_no", "value": "number",
    "change": "number", "peak": "number", "all_of": "yes_no", "any_of": "yes_no", "not": "yes_no"}
#: Keys that a verb takes beside it; those of OCCURRENCES are the same, and numbers take a range too.
TAKES: dict[str, set[str]] = {
    "seats": {"election"}, "in_office": {"at"}, "coalition_intact": {"at"}, "value": {"at"},
    "change": {"from", "until"}, "peak": {"from", "until"}}
TAKES |= dict.fromkeys(OCCURRENCES, {f.alias or name for name, f in Qualifiers.model_fields.items()} | {"within"})


class Outcome(Qualifiers, Bounds):
    """A quantity measured of every replicate: one verb with its qualifiers, or a combination of outcomes.

    A yes/no outcome is 1 or 0; a date is in days since the start, infinite where not reached; all are void
    (NaN) in replicates in which `given` is not true.
    """

    title: str = ""
    happened: Selection | None = Field(None, description="Whether it occurs at least once")
    none_in: Selection | None = Field(None, description="Whether it never occurs")
    count: Selection | None = Field(None, description="How often it occurs")
    weeks_with: Selection | None = Field(None, description="Number of weeks in which it occurs")
    days_with: Selection | None = Field(None, description="Number of days it takes, all occurrences together")
    first_date: Selection | None = Field(None, description="When it first occurs")
    seats: Names = Field((), description="Parties whose seats are added up")
    in_office: Names = Field((), description="Whether one of these leaders governs")
    coalition_intact: str | None = Field(None, description="Whether this country's governing coalition holds")
    value: Level | None = Field(None, description="A level in the week of `at`; in the last week where absent")
    change: Level | None = Field(None, description="A level in the week of `until` minus that in the week of `from`")
    peak: Level | None = Field(None, description="The highest level from the week of `from` to that of `until`")
    all_of: tuple[Outcome, ...] = Field((), description="Whether all of these hold")
    any_of: tuple[Outcome, ...] = Field((), description="Whether at least one of these holds")
    not_: Outcome | None = Field(None, alias="not", description="Whether this does not hold")
    within: Within | None = None
    election: str | None = Field(None, description="Event that is the election; the only one where absent")
    at: Day | None = Field(None, description="A day of the week to look at; of the last one where absent")
    given: Outcome | None = Field(None, description="Only replicates in which this holds")
    source: Names = Field((), description="Article rows or publications that speak of it")

    @cached_property
    def verb(self) -> str:
        """The key that says what is measured: a verb or a combinator."""
        return next(iter(_given(self) & KINDS.keys()))

    @property
    def kind(self) -> Kind:
        """What sort of value it has."""
        return "yes_no" if self.bounded else KINDS[self.verb]

    @property
    def selector(self) -> Selector | None:
        """What an outcome about occurrences selects, without the qualifiers beside the verb."""
        return getattr(self, self.verb) if self.verb in OCCURRENCES else None

    @property
    def level(self) -> Level | None:
        """The level that an outcome about levels looks at."""
        return getattr(self, self.verb) if self.verb in LEVELS else None

    @property
    def parts(self) -> tuple[tuple[Path, Outcome], ...]:
        """The outcomes that a combinator combines, each with its place."""
        if self.not_:
            return ((("not",), self.not_),)
        return tuple(((self.verb, i), part) for i, part in enumerate(self.all_of or self.any_of))

    def walk(self) -> Iterator[tuple[Path, Outcome]]:
        """This outcome and all outcomes inside it, each with its place."""
        yield (), self
        for place, part in (*self.parts, *([(("given",), self.given)] if self.given else [])):
            yield from (((*place, *path), inner) for path, inner in part.walk())

    @model_validator(mode="after")
    def _well_formed(self) -> Outcome:
        given = _given(self)
        verbs = [name for name in KINDS if name in given]
        if len(verbs) != 1:
            raise _wrong(f"an outcome has one of {', '.join(KINDS)}; found {' and '.join(verbs) or 'none'}")
        verb = verbs[0]
        takes = TAKES.get(verb, set()) | ({"at_least", "at_most", "between"} if KINDS[verb] == "number" else set())
        if stray := sorted(given - takes - {verb, "title", "given", "source"}):
            hint = "; say by when with until" if verb == "first_date" and self.bounded else ""
            raise _wrong(f"{verb} takes no {' or '.join(stray)}{hint}. "
                         f"It takes {', '.join(sorted(takes | {'given'}))}")
        for part in [inner for _, inner in self.parts] + ([self.given] if self.given else []):
            if part.kind != "yes_no":
                raise _wrong(f"{part.verb} is a {part.kind}, but a yes or no is needed here"
                             + ("; add at_least, at_most or between" if part.kind == "number" else ""))
        return self


class Ending(Entry):
    """A class of replicates. Those to which no earlier ending applies belong here if `when` holds."""

    name: str = Field(min_length=1)
    title: str = Field(min_length=1)
    colour: str | None = Field(None, pattern=r"^#[0-9A-Fa-f]{6}$")
    when: Outcome | None = Field(None, description="A yes/no outcome; the last ending, and only it, has none")

    @model_validator(mode="after")
    def _yes_or_no(self) -> Ending:
        if self.when and self.when.kind != "yes_no":
            raise _wrong(f"an ending needs a yes or no, but {self.when.verb} is a {self.when.kind}")
        return self


def _exhaustive(endings: tuple[Ending, ...]) -> tuple[Ending, ...]:
    for ending in endings[:-1]:
        if not ending.when:
            raise _wrong(f'ending "{ending.name}" has no when, so those after it are never reached')
    if endings and endings[-1].when:
        raise _wrong(f'the last ending ("{endings[-1].name}") is for all other replicates and has no when')
    names = [ending.name for ending in endings]
    if doubles := sorted({name for name in names if names.count(name) > 1}):
        raise _wrong(f"two endings are called {' and '.join(doubles)}")
    return endings


Endings = Annotated[tuple[Ending, ...], AfterValidator(_exhaustive)]


@dataclass(frozen=True)
class Known:
    """The names that outcomes may use, and the scenario's first and last day."""

    start: date
    end: date
    actions: AbstractSet[str] = frozenset()
    tags: AbstractSet[str] = frozenset()
    events: AbstractSet[str] = frozenset()
    countries: AbstractSet[str] = frozenset()
    externals: AbstractSet[str] = frozenset()
    leaders: AbstractSet[str] = frozenset()
    parties: AbstractSet[str] = frozenset()
    issues: AbstractSet[str] = frozenset()
    #: Countries that have a governing coalition.
    coalitions: AbstractSet[str] = frozenset()
    #: Election → the parties that run.
    elections: Mapping[str, Iterable[str]] = field(default_factory=dict)
    #: Elections that are in force here; others stay known, so that one can be taken out of a scenario.
    held: AbstractSet[str] = frozenset()
    labels: Labels = field(default_factory=dict)


def check(outcome: Outcome, known: Known) -> Iterator[tuple[Path, str]]:
    """Names that nobody knows and dates outside the scenario: where in the outcome, and what is wrong."""
    for path, part in outcome.walk():
        for inner, message in _check_part(part, known):
            yield (*path, *inner), message


def _check_part(outcome: Outcome, known: Known) -> Iterator[tuple[Path, str]]:
    yield from _check_qualifiers(outcome, (), known)
    if outcome.selector:
        yield from _check_qualifiers(outcome.selector, (outcome.verb,), known)
    if outcome.within:
        yield from _check_qualifiers(outcome.within.of, ("within", "of"), known)
    if outcome.at:
        yield from _check_date(outcome.at, ("at",), known)
    yield from _check_names("leader", outcome.in_office, ("in_office",), known.leaders, known)
    if outcome.level:
        yield from _check_level(outcome.level, (outcome.verb,), known)
    if country := outcome.coalition_intact:
        yield from _check_names("country", (country,), ("coalition_intact",), known.countries, known)
        if country in known.countries - known.coalitions:
            yield ("coalition_intact",), f"{country} has no governing coalition"
    if outcome.seats:
        yield from _check_seats(outcome, known)


def _check_qualifiers(conditions: Qualifiers, path: Path, known: Known) -> Iterator[tuple[Path, str]]:
    doers = known.countries | known.externals
    kinds: list[tuple[str, str, AbstractSet[str]]] = [
        ("action", "action or tag", known.actions | known.tags), ("tag", "tag", known.tags),
        ("event", "event", known.events), ("by", "country or external", doers), ("to", "country or external", doers),
        ("leader", "leader", known.leaders), ("party", "party", known.parties)]
    for key, kind, names in kinds:
        yield from _check_names(kind, getattr(conditions, key), (*path, key), names, known)
    if isinstance(conditions, Selector):
        names = known.actions | known.tags | known.events
        yield from _check_names("action, tag or event", conditions.names, path, names, known)
    for key, day in (("from", conditions.from_), ("until", conditions.until)):
        if day:
            yield from _check_date(day, (*path, key), known)


def _check_names(kind: str, names: Iterable[str], path: Path, valid: Iterable[str],
                 known: Known) -> Iterator[tuple[Path, str]]:
    valid = set(valid)
    for i, name in enumerate(names):
        if name not in valid:
            yield (*path, i), unknown(kind, name, valid, known.labels)


def _check_date(day: date, path: Path, known: Known) -> Iterator[tuple[Path, str]]:
    if not known.start <= day <= known.end:
        yield path, f"{day} is outside the scenario, which runs from {known.start} to {known.end}"


def _check_level(level: Level, path: Path, known: Known) -> Iterator[tuple[Path, str]]:
    yield from _check_names("country", level.tension or (), (*path, "tension"), known.countries, known)
    for key, kind, valid in (("status_quo", "issue", known.issues), ("stance", "issue", known.issues),
                             ("of", "country", known.countries), ("approval", "country", known.countries)):
        if name := getattr(level, key):
            yield from _check_names(kind, (name,), (*path, key), valid, known)


def _check_seats(outcome: Outcome, known: Known) -> Iterator[tuple[Path, str]]:
    if outcome.election:
        yield from _check_names("election", (outcome.election,), ("election",), known.elections, known)
    elif len(known.held) > 1:
        yield ("seats",), f"say which election is meant: {', '.join(sorted(known.held))}"
    elif not known.elections:
        yield ("seats",), "there is no election in this scenario"
    meant = {outcome.election} if outcome.election else known.held or set(known.elections)
    parties = {party for election in meant & known.elections.keys() for party in known.elections[election]}
    if parties:
        yield from _check_names("party", outcome.seats, ("seats",), parties, known)
