"""World: a scenario compiled to arrays, immutable, the same for all replicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse

from sim import catalog
from sim.calendar import Calendar, compile_calendar
from sim.decisions import Decision, Decisions, compile_decisions
from sim.effects import Column, Effects, compile_effects, conduct
from sim.inputs import Inputs
from sim.quantity import Quantity
from sim.scenario import Scenario

Array = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.intp]]

#: Least spread of a dyad's conduct, in Goldstein points a week: for dyads in which nearly nothing happens.
LEAST_SPREAD = 0.25


@dataclass
class Index:
    """Numbers of the names that arrays have rows for."""

    country: dict[str, int]
    issue: dict[str, int]
    cue: dict[str, int]
    flag: dict[str, int]
    leader: dict[str, int]
    leader_country: tuple[int, ...]
    instances: dict[str, tuple[int, ...]]
    lasting: dict[tuple[str, ...], int]  # names of what can be under way
    scales: dict[tuple[str, str], tuple[tuple[int, int], ...]]  # (country, family): (leader, input row)
    usual: Array  # (2 kinds, C*C): mean conduct in Goldstein points a week
    spread: Array  # (2 kinds, C*C): how far the fast memory strays from it

    def pair(self, first: str, second: str) -> int:
        """Row of an ordered pair of countries."""
        return self.country[first] * len(self.country) + self.country[second]


@dataclass(frozen=True)
class Places:
    """Rows of the input table from which a state begins."""

    salience: Ints
    public: Ints
    anchors: Ints
    leader: Ints
    approval: Ints
    status_quo: Ints
    capability: Ints
    accountability: Ints
    mandate: Ints
    alliance: tuple[tuple[int, int, int], ...]
    proximity: tuple[tuple[int, int, int], ...]
    ledger: tuple[tuple[int, int, int], ...]
    influence: tuple[tuple[int, int, int], ...]
    flag: tuple[bool, ...]
    memory: Mapping[str, int]
    issue_half_life: Ints
    cue_half_life: Ints


@dataclass(frozen=True)
class Tracks:
    """What remembers when a column last occurred."""

    cues: tuple[int, ...]
    lasting: tuple[int, ...]


@dataclass(frozen=True)
class Limit:
    """When an option does not exist: flags and leaders it needs (True) or excludes (False), and pauses."""

    option: int
    flags: tuple[tuple[int, bool], ...]
    leaders: tuple[tuple[int, int, bool], ...]  # (country, leader, wanted)
    every: int
    vacates: tuple[int, ...]  # countries whose leader would go


@dataclass(frozen=True)
class Special:
    """What an option needs beyond happening: a lag, a duration, a size, a succession, a memory."""

    column: int
    lags: tuple[tuple[int, int], ...]  # (cue, input row)
    quantities: Mapping[int, Quantity]
    days: Quantity | None
    size: Quantity | None
    vacates: tuple[int, ...]
    every: int


@dataclass(frozen=True)
class Plan:
    """How a dated action is decided."""

    lead: int
    instances: tuple[int, ...]
    alternatives: tuple[catalog.Alternative, ...]
    columns: tuple[int, ...]
    rates: Ints
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class World:
    """Everything a model needs, and nothing that changes."""

    scenario: Scenario
    countries: tuple[str, ...]
    issues: tuple[str, ...]
    leaders: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    dyads: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    inputs: Inputs
    index: Index
    at: Places
    calendar: Calendar
    decisions: Decisions
    effects: Effects
    theory_shares: Array  # upper ends of each theory's share of the uniform draw
    theory_weights: Array  # (theories, mechanisms)
    event_column: Mapping[str, int]
    step_columns: Mapping[str, tuple[int, int]]  # country: columns of the successor's choice and taking office
    tracks: Mapping[int, Tracks]
    streams: tuple[str, ...]  # of the options' weekly draws
    choices: tuple[Ints, ...]  # options that exclude each other
    limits: tuple[Limit, ...]
    specials: Mapping[int, Special]
    plans: Mapping[str, Plan]
    option_columns: Ints
    option_conduct: sparse.csr_array  # (2 kinds * C*C, options)

    @property
    def start(self) -> date:
        return self.scenario.start

    @property
    def weeks(self) -> int:
        return self.scenario.weeks

    @property
    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of each dyad's two directions."""
        return (np.array([self.index.pair(a, b) for a, b in self.dyads], dtype=np.intp),
                np.array([self.index.pair(b, a) for a, b in self.dyads], dtype=np.intp))


def compile_world(scenario: Scenario, reciprocal: bool = True) -> World:
    """The world of a scenario; not `reciprocal` makes it blind to conduct, so that none begets any."""
    inputs = Inputs()
    calendar = compile_calendar(scenario, inputs)
    index = _index(scenario, calendar, inputs)
    columns: list[Column] = list(_event_columns(scenario))
    event_column = {column.event: j for j, column in enumerate(columns) if column.event}
    step_columns = {}
    for code, country in scenario.countries.items():
        if country.succession:
            step_columns[code] = (len(columns), len(columns) + 1)
            columns += [_step(code, action, scenario)
                        for action in (country.succession.chosen, country.succession.taken)]
    # Conduct features are deviations from the usual, so the usual must be known before terms are compiled.
    index.usual[:], spread = usual_conduct(scenario, index)
    index.spread[:] = spread if reciprocal else np.inf
    decisions = compile_decisions(scenario, columns, inputs, calendar, index)
    options, tracks = decisions.options, _tracks(scenario, columns, index)
    weights = np.array([[scenario.theories[theory].weights.get(family, 1.0) for family in decisions.families]
                        for theory in scenario.mix]).reshape(len(scenario.mix), len(decisions.families))
    return World(
        scenario, tuple(scenario.countries), tuple(scenario.issues),
        tuple((code, name) for code, country in scenario.countries.items() for name in country.leaders),
        tuple(scenario.flags), tuple(combinations(scenario.countries, 2)), tuple(columns), inputs, index,
        _places(scenario, inputs, index), calendar, decisions, compile_effects(scenario, columns, index),
        np.cumsum(list(scenario.mix.values()))[:-1] / sum(scenario.mix.values()), weights, event_column,
        step_columns, tracks, tuple(f"choices.{o.choice}" if o.choice else f"options.{o.name}" for o in options),
        tuple(np.array([i for i, o in enumerate(options) if o.choice == choice])
              for choice in dict.fromkeys(o.choice for o in options if o.choice)),
        tuple(_limits(scenario, options, index)), _specials(scenario, decisions, tracks, inputs, index),
        _plans(scenario, decisions, calendar), np.array([o.column for o in options], dtype=np.intp),
        option_conduct(scenario, index))


def _index(scenario: Scenario, calendar: Calendar, inputs: Inputs) -> Index:
    countries = {code: i for i, code in enumerate(scenario.countries)}
    leaders = [(code, name) for code, country in scenario.countries.items() for name in country.leaders]
    number = {name: i for i, (_, name) in enumerate(leaders)}
    features = [feature for mechanism in scenario.mechanisms.values()
                for feature in (mechanism.feature, *mechanism.when) if feature]
    lasting = {feature.under_way: None for feature in features if feature.under_way}
    scales = {(code, family): tuple(
        (number[name], inputs.add(f"countries.{code}.leaders.{name}.scales.{family}", leader.scales[family]))
        for name, leader in country.leaders.items() if family in leader.scales)
        for code, country in scenario.countries.items()
        for family in {family for leader in country.leaders.values() for family in leader.scales}}
    c = len(countries)
    return Index(countries, _numbers(scenario.issues), _numbers(scenario.cues), _numbers(scenario.flags), number,
                 tuple(countries[code] for code, _ in leaders), calendar.by_event(), _numbers(lasting), scales,
                 np.zeros((2, c * c)), np.zeros((2, c * c)))


def _numbers(names: Any) -> dict[Any, int]:
    return {name: i for i, name in enumerate(names)}


def _event_columns(scenario: Scenario) -> Iterator[Column]:
    for name, event in scenario.events.items():
        words = scenario.actions[event.action].words(event.action) if event.action else frozenset[str]()
        yield Column(name, event.by, event.action, event.to, words, event=name)


def _step(code: str, action: str, scenario: Scenario) -> Column:
    return Column(f"{code} {action}", (code,), action, (), scenario.actions[action].words(action))


def _tracks(scenario: Scenario, columns: Sequence[Column], index: Index) -> dict[int, Tracks]:
    """Columns whose last occurrence something refers to."""
    tracks = {}
    for j, column in enumerate(columns):
        cues = tuple(index.cue[name] for name, cue in scenario.cues.items()
                     if any(column.selected(select) for select in cue.left_by))
        lasting = tuple(row for names, row in index.lasting.items()
                        if column.event in names or column.tags.intersection(names))
        if cues or lasting:
            tracks[j] = Tracks(cues, lasting)
    return tracks


def _limits(scenario: Scenario, options: Sequence[Decision], index: Index) -> Iterator[Limit]:
    for o, decision in enumerate(options):
        option = scenario.options[decision.name]
        conditions = [(name, True) for name in option.needs] + [(name, False) for name in option.excludes]
        flags = tuple((index.flag[name], wanted) for name, wanted in conditions if name in index.flag)
        leaders = tuple((index.leader_country[index.leader[name]], index.leader[name], wanted)
                        for name, wanted in conditions if name in index.leader)
        vacates = _vacated(scenario, option, index)
        if flags or leaders or vacates or option.at_most_every > 1:
            yield Limit(o, flags, leaders, option.at_most_every, vacates)


def _vacated(scenario: Scenario, option: catalog.Option, index: Index) -> tuple[int, ...]:
    """Countries whose leader goes if the option is taken."""
    return tuple(index.country[code] for code in option.by if scenario.actions[option.action].vacates)


def _specials(scenario: Scenario, decisions: Decisions, tracks: Mapping[int, Tracks], inputs: Inputs,
              index: Index) -> dict[int, Special]:
    lags = _lags(scenario, decisions, inputs, index)
    specials = {}
    for o, decision in enumerate(decisions.options):
        option = scenario.options[decision.name]
        special = Special(
            decision.column, lags.get(o, ()), {row: inputs.quantities[row] for _, row in lags.get(o, ())},
            None if option.days == Quantity(mean=1) or option.days.fixed and option.days.centre == 1 else option.days,
            None if option.size.fixed and option.size.centre == 1 else option.size,
            _vacated(scenario, option, index), option.at_most_every)
        if (special.lags or special.days or special.size or special.vacates or special.every > 1
                or decision.column in tracks):
            specials[o] = special
    return specials


def _lags(scenario: Scenario, decisions: Decisions, inputs: Inputs, index: Index) -> dict[int, tuple[tuple[int, int], ...]]:
    """Which options are reactions to which cues, and the input row of the days after the trigger."""
    option_of = {r: o for o, option in enumerate(decisions.options) for r in option.rows}
    lags: dict[int, dict[int, int]] = {}
    matrix = decisions.terms.matrix.tocoo()
    for r, t in zip(*matrix.coords, strict=True):
        term = decisions.terms.terms[t]
        lag = scenario.mechanisms[term.mechanism].lag
        if lag is not None and term.feature[0] == "cue" and r in option_of:
            lags.setdefault(option_of[r], {})[index.cue[term.feature[1]]] = inputs.add(
                f"mechanisms.{term.mechanism}.lag", lag)
    return {option: tuple(of.items()) for option, of in lags.items()}


def _plans(scenario: Scenario, decisions: Decisions, calendar: Calendar) -> dict[str, Plan]:
    plans = {}
    for name, event in scenario.events.items():
        if event.decision:
            own = [decision for decision in decisions.alternatives if decision.event == name]
            plans[name] = Plan(event.decision.lead, calendar.by_event().get(name, ()),
                               tuple(event.decision.alternatives.values()), tuple(d.column for d in own),
                               np.array([d.rate for d in own]), tuple(d.rows for d in own))
    return plans


def usual_conduct(scenario: Scenario, index: Index) -> tuple[Array, Array]:
    """Mean and spread of conduct by ordered pair, shape (2 kinds, C*C) each.

    As the world's `usual` section says; for pairs that it does not hold, what the options' base rates amount to.
    """
    c = len(index.country)
    matrix, rates = option_conduct(scenario, index), [option.base.rate.centre for option in scenario.options.values()]
    mean = (matrix @ rates).reshape(2, c * c)
    keep = 0.5 ** (1 / max(scenario.memory.conduct_fast.centre, 1e-3))
    variance = (matrix.power(2) @ [rate * (1 - rate) for rate in rates]).reshape(2, c * c)
    spread = np.sqrt(variance * (1 - keep) / (1 + keep))
    for usual in scenario.usual.values():
        if usual.by in index.country and usual.to in index.country:
            pair = index.pair(usual.by, usual.to)
            for kind, level in enumerate((usual.verbal, usual.material)):
                mean[kind, pair], spread[kind, pair] = level.mean, level.spread
    return mean, np.maximum(spread, LEAST_SPREAD)


def option_conduct(scenario: Scenario, index: Index) -> sparse.csr_array:
    """Goldstein points (2 kinds * C*C, options) that each option deals out when it is taken."""
    entries = [(row, o, score) for o, (name, option) in enumerate(scenario.options.items())
               if not scenario.actions[option.action].ritual
               for _, row, score in conduct(scenario.actions[option.action],
                                            Column(name, option.by, option.action, option.to, frozenset()), index)]
    rows, options, scores = (np.array(part) for part in zip(*entries, strict=True)) if entries else ([], [], [])
    return sparse.csr_array((scores, (rows, options)), shape=(2 * len(index.country) ** 2, len(scenario.options)))


def _places(scenario: Scenario, inputs: Inputs, index: Index) -> Places:
    countries, issues = scenario.countries, list(scenario.issues)

    def of_country(part: str) -> Ints:
        return np.array([inputs.add(f"countries.{code}.{part}", _path(country, part))
                         for code, country in countries.items()])

    def of_stance(part: str) -> Ints:
        return np.array([[inputs.add(f"countries.{code}.stances.{issue}.{part}",
                                     getattr(country.stances[issue], part)) for issue in issues]
                         for code, country in countries.items()])

    def of_pair(section: str, part: str) -> tuple[tuple[int, int, int], ...]:
        return tuple((index.country[code], index.country[other],
                      inputs.add(f"countries.{code}.{section}.{other}.{part}", getattr(entry, part)))
                     for code, country in countries.items() for other, entry in getattr(country, section).items())

    ideal, public = of_stance("ideal"), []
    for c, country in enumerate(countries.values()):
        public.append([inputs.add(f"countries.{list(countries)[c]}.stances.{issue}.public", stance)
                       if (stance := country.stances[issue].public) is not None else ideal[c, k]
                       for k, issue in enumerate(issues)])
    anchors, approval = [], []
    for code, country in countries.items():
        for name, leader in country.leaders.items():
            path = f"countries.{code}.leaders.{name}"
            anchors.append([inputs.add(f"{path}.anchors.{issue}.ideal", leader.anchors[issue].ideal)
                            if issue in leader.anchors else ideal[index.country[code], k]
                            for k, issue in enumerate(issues)])
            approval.append(inputs.add(f"{path}.approval", leader.approval))
    return Places(
        of_stance("salience"), np.array(public), np.array(anchors),
        np.array([index.leader[country.leader] for country in countries.values()]), np.array(approval),
        np.array([inputs.add(f"issues.{issue}.status_quo", scenario.issues[issue].status_quo) for issue in issues]),
        of_country("capability.value"), of_country("accountability.value"), of_country("mandate"),
        of_pair("alliances", "strength"), of_pair("proximity", "value"), of_pair("ledgers", "balance"),
        of_pair("influence", "value"), tuple(flag.start for flag in scenario.flags.values()),
        {name: inputs.add(f"memory.{name}", getattr(scenario.memory, name))
         for name in catalog.Memory.model_fields if name not in catalog.Sourced.model_fields},
        np.array([[inputs.add(f"issues.{issue}.half_life", scenario.issues[issue].half_life)] for issue in issues])[:, 0],
        np.array([inputs.add(f"cues.{name}.half_life", cue.half_life) for name, cue in scenario.cues.items()],
                 dtype=np.intp))


def _path(entry: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        entry = getattr(entry, part)
    return entry
