"""Compiler: from a validated scenario to the arrays of a world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse

from sim import catalog
from sim.arrays import Array, Ints
from sim.calendar import Calendar, compile_calendar
from sim.decisions import Decision, Decisions, compile_decisions
from sim.effects import Column, Effects, compile_effects, conduct
from sim.index import Index
from sim.inputs import Inputs
from sim.quantity import Quantity
from sim.scenario import Scenario
from sim.world import (
    DRAWN,
    FRESH,
    QUANTILES,
    Ballot,
    Dated,
    Judged,
    Limit,
    Places,
    Plans,
    Reactions,
    Special,
    Tracks,
    World,
)

#: Least spread of a dyad's conduct, in Goldstein points a week: for dyads in which nearly nothing happens.
LEAST_SPREAD = 0.25


def compile_world(scenario: Scenario, reciprocal: bool = True) -> World:
    """The world of a scenario; not `reciprocal` makes it blind to conduct, so that none begets any.

    Entries are taken by name, so that their order in the files makes no difference, not even to the last bit.
    """
    written = scenario
    scenario = replace(scenario, options=_by_name(scenario.options), mechanisms=_by_name(scenario.mechanisms),
                       events=_by_name(scenario.events), cues=_by_name(scenario.cues),
                       flags=_by_name(scenario.flags), mix=_by_name(scenario.mix))
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
    effects = compile_effects(scenario, columns, index)
    options = decisions.options
    shares = np.cumsum(list(scenario.mix.values())) / sum(scenario.mix.values())
    weights = [[scenario.theories[theory].weights.get(family, 1.0) for family in decisions.families]
               for theory in scenario.mix]
    return World(
        scenario=written, theories=tuple(scenario.mix), countries=tuple(scenario.countries),
        issues=tuple(scenario.issues),
        leaders=tuple((code, name) for code, country in scenario.countries.items() for name in country.leaders),
        flags=tuple(scenario.flags), dyads=tuple(combinations(scenario.countries, 2)), columns=tuple(columns),
        inputs=inputs, index=index, at=_places(scenario, inputs, index), calendar=calendar, decisions=decisions,
        effects=effects, theory_shares=shares[:-1],
        theory_weights=np.array(weights).reshape(len(shares), len(decisions.families)),
        event_column=event_column, step_columns=step_columns, tracks=_tracks(scenario, columns, index, effects),
        streams=tuple(f"choices.{o.choice}" if o.choice else f"options.{o.name}" for o in options),
        choices=tuple(np.array([i for i, o in enumerate(options) if o.choice == choice])
                      for choice in dict.fromkeys(o.choice for o in options if o.choice)),
        limits=dict(_limits(scenario, options, index)), pauses=(pauses := _pauses(scenario, options)),
        pausing=tuple(np.flatnonzero(pauses > 1).tolist()),
        specials=_specials(scenario, options, index), reactions=_reactions(scenario, decisions, index),
        dated=_dated(scenario, calendar, event_column), plans=_plans(scenario, decisions, calendar),
        ballots=_ballots(scenario, inputs), vacating=_vacating(scenario, index),
        option_columns=np.array([o.column for o in options], dtype=np.intp),
        option_conduct=option_conduct(scenario, index),
        judged=_judged(decisions, inputs, compile_world(scenario.judged, reciprocal)) if scenario.judged else None)


def _judged(decisions: Decisions, inputs: Inputs, judged: World) -> Judged:
    """The world that base rates were judged with, its terms found by what they are made of."""
    theirs = {(term.mechanism, term.feature, term.gates): t for t, term in enumerate(judged.decisions.terms.terms)}
    found = [(t, theirs[key]) for t, term in enumerate(decisions.terms.terms)
             if (key := (term.mechanism, term.feature, term.gates)) in theirs]
    own, others = np.array(found, dtype=np.intp).reshape(-1, 2).T
    numbers, before = (dict(zip(of.paths, of.quantities, strict=True)) for of in (inputs, judged.inputs))
    apart = frozenset(path for path, number in numbers.items() if path in before and before[path] != number)
    return Judged(judged, apart, own, others)


def _by_name(entries: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(entries.items()))


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


def _tracks(scenario: Scenario, columns: Sequence[Column], index: Index, effects: Effects) -> Tracks:
    """Columns whose last occurrence something refers to: a reaction with a lag, or what can be under way."""
    awaited = {mechanism.feature.cue for mechanism in scenario.mechanisms.values()
               if mechanism.lag is not None and mechanism.feature}
    cues = [[index.cue[name] for name, cue in scenario.cues.items()
             if name in awaited and any(column.selected(select) for select in cue.left_by)] for column in columns]
    lasting = [[row for names, row in index.lasting.items()
                if column.event in names and not column.announces or column.tags.intersection(names)]
               for column in columns]
    flagged = np.zeros(len(columns), dtype=bool)
    flagged[[column for column, _ in (*effects.raises, *effects.lowers)]] = True
    return Tracks(_by_place(cues), _by_place(lasting), flagged)


def _by_place(of: Sequence[Sequence[int]]) -> tuple[Ints, ...]:
    """Lists of different lengths as arrays: the first of each, the second of each, …, -1 where there is none."""
    return tuple(np.array([own[place] if len(own) > place else -1 for own in of], dtype=np.intp)
                 for place in range(max(map(len, of), default=0)))


def _limits(scenario: Scenario, options: Sequence[Decision], index: Index) -> Iterator[tuple[int, Limit]]:
    for o, decision in enumerate(options):
        option = scenario.options[decision.name]
        conditions = [(name, True) for name in option.needs] + [(name, False) for name in option.excludes]
        flags = tuple((index.flag[name], wanted) for name, wanted in conditions if name in index.flag)
        leaders = tuple((index.leader_country[index.leader[name]], index.leader[name], wanted)
                        for name, wanted in conditions if name in index.leader)
        vacates = _vacated(scenario, option, index)
        if flags or leaders or vacates:
            yield o, Limit(flags, leaders, vacates)


def _pauses(scenario: Scenario, options: Sequence[Decision]) -> Ints:
    return np.array([scenario.options[decision.name].at_most_every for decision in options], dtype=np.int32)


def _vacated(scenario: Scenario, option: catalog.Option, index: Index) -> tuple[int, ...]:
    """Countries whose leader goes if the option is taken."""
    return tuple(index.country[code] for code in option.by if scenario.actions[option.action].vacates)


def _vacating(scenario: Scenario, index: Index) -> dict[str, tuple[int, ...]]:
    """Events that make a leader go, and whose."""
    return {name: tuple(index.country[code] for code in event.by if code in index.country)
            for name, event in scenario.events.items() if event.action and scenario.actions[event.action].vacates}


def _specials(scenario: Scenario, options: Sequence[Decision], index: Index) -> dict[int, Special]:
    specials = {}
    for o, decision in enumerate(options):
        option = scenario.options[decision.name]
        special = Special(None if option.days.always(1) else option.days,
                          None if option.size.always(1) else option.size, _vacated(scenario, option, index))
        if special.days or special.size or special.vacates:
            specials[o] = special
    return specials


def _reactions(scenario: Scenario, decisions: Decisions, index: Index) -> Reactions:
    option_of = {r: o for o, option in enumerate(decisions.options) for r in option.rows}
    lags = {name: quantity for name in decisions.mechanisms if (quantity := scenario.mechanisms[name].lag) is not None}
    number = _numbers(lags)
    found: dict[int, dict[int, int]] = {}
    matrix = decisions.terms.matrix.tocoo()
    entries = [(number[term.mechanism], index.cue[term.feature[1]], option_of[r])
               for r, t in zip(*matrix.coords, strict=True) if (term := decisions.terms.terms[t]).mechanism in lags
               and term.feature[0] == "cue" and r in option_of]
    for lag, cue, option in sorted(entries):  # where several date one reaction, the last does: by mechanism's name
        found.setdefault(option, {})[cue] = lag
    pairs = [list(found.get(o, {}).items()) for o in range(len(decisions.options))]
    days = np.rint(_quantiles(lags.values())).astype(np.intp)
    longest = np.minimum(days.max(axis=1, initial=0), FRESH)
    by_cue, by_lag = (_by_place([[pair[part] for pair in own] for own in pairs]) for part in (0, 1))
    return Reactions(tuple((cues, own, longest[own]) for cues, own in zip(by_cue, by_lag, strict=True)), days)


def _quantiles(quantities: Iterable[Quantity]) -> Array:
    """Even quantiles of each quantity, shape (quantities, QUANTILES)."""
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.array([quantity.ppf(at) for quantity in quantities]).reshape(-1, QUANTILES)


def _ballots(scenario: Scenario, inputs: Inputs) -> dict[str, Ballot]:
    return {name: Ballot(np.array([inputs.add(f"events.{name}.election.parties.{party}.seats", poll.seats)
                                   for party, poll in sorted(event.election.parties.items())]),
                         inputs.add(f"events.{name}.election.common_error", event.election.common_error))
            for name, event in scenario.events.items() if event.election}


def _dated(scenario: Scenario, calendar: Calendar, event_column: Mapping[str, int]) -> Dated:
    events = [(instance.event, scenario.events[instance.event]) for instance in calendar.instances]
    return Dated(
        np.array([event_column[name] for name, _ in events], dtype=np.intp),
        np.array([max(round(event.days.centre), 1) if event.days.fixed else DRAWN for _, event in events],
                 dtype=np.intp),
        np.array([bool(event.election or event.stances or event.action and scenario.actions[event.action].vacates)
                  for _, event in events], dtype=bool))


def _plans(scenario: Scenario, decisions: Decisions, calendar: Calendar) -> Plans:
    """The alternatives of every instance that is decided about, those with fewer than others padded with -1."""
    own: dict[str, list[Decision]] = {}
    for decision in decisions.alternatives:
        own.setdefault(decision.event or "", []).append(decision)
    instances = [(i, instance.event, instance.label) for i, instance in enumerate(calendar.instances)
                 if scenario.events[instance.event].decision]
    most = max(map(len, own.values()), default=0)
    widest = max((len(decision.rows) for decision in decisions.alternatives), default=0) or 1
    shape = (len(instances), most)
    plans = Plans(np.array([i for i, *_ in instances], dtype=np.intp), np.zeros(shape[0], dtype=np.intp),
                  tuple(f"events.{event}/decision/{label}" for _, event, label in instances),
                  np.full(shape, -1), np.full((*shape, widest), -1), np.full(shape, -1), np.ones(shape, dtype=bool),
                  np.ones((*shape, QUANTILES)), np.zeros((*shape, QUANTILES), dtype=np.intp))
    for i, (_, event, _) in enumerate(instances):
        rule = scenario.events[event].decision
        assert rule
        plans.leads[i] = rule.lead
        for a, (decision, (_, entry)) in enumerate(zip(own[event], sorted(rule.alternatives.items()), strict=True)):
            plans.rates[i, a], plans.columns[i, a], plans.holds[i, a] = decision.rate, decision.column, entry.holds
            if decision.rows:
                plans.weighed[i, a] = decision.rows[0]
                plans.weighed[i, a, :len(decision.rows)] = decision.rows
            plans.size[i, a] = _quantiles([entry.size])[0]
            plans.delay[i, a] = np.rint(_quantiles([entry.delay])[0])
    return plans


def usual_conduct(scenario: Scenario, index: Index) -> tuple[Array, Array]:
    """Mean and spread of conduct by ordered pair, shape (2 kinds, C*C) each.

    As the world's `usual` section says; for pairs that it does not hold, what the options' base rates amount to.
    """
    c = len(index.country)
    matrix, rates = option_conduct(scenario, index), [option.base.rate.centre for option in scenario.options.values()]
    mean = np.asarray(matrix @ rates).reshape(2, c * c)
    keep = 0.5 ** (1 / max(scenario.memory.conduct_fast.centre, 1e-3))
    variance = np.asarray(matrix.power(2) @ [rate * (1 - rate) for rate in rates]).reshape(2, c * c)
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
    places = np.array([(row, option) for row, option, _ in entries], dtype=np.intp).reshape(-1, 2).T
    scores = np.array([score for *_, score in entries], dtype=np.float64)
    return sparse.csr_array((scores, (places[0], places[1])),
                            shape=(2 * len(index.country) ** 2, len(scenario.options)))


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
        of_country("capability.value"), of_country("accountability.value"), of_country("mandate"), of_country("tempo"),
        of_pair("alliances", "strength"), of_pair("proximity", "value"), of_pair("ledgers", "balance"),
        of_pair("influence", "value"), tuple(flag.start for flag in scenario.flags.values()),
        {name: inputs.add(f"memory.{name}", getattr(scenario.memory, name))
         for name in catalog.Memory.model_fields if name not in catalog.Sourced.model_fields},
        np.array([inputs.add(f"issues.{issue}.half_life", scenario.issues[issue].half_life) for issue in issues]),
        np.array([inputs.add(f"cues.{name}.half_life", cue.half_life) for name, cue in scenario.cues.items()],
                 dtype=np.intp))


def _path(entry: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        entry = getattr(entry, part)
    return entry
