"""What is valid, but hardly meant: what `validate` warns of."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from sim.catalog.outcome import Ending, Outcome
from sim.outcomes import unmatched
from sim.scenario import Scenario
from sim.stability import loop_gain
from sim.world import World

#: Rounding is no reason for a warning.
HAIR = 1e-9

Form = Hashable


def warnings_of(world: World, gain: float | None = None) -> list[str]:
    """Every warning about a compiled scenario; `gain` is its loop gain, where that is known already."""
    gain, scenario = float(loop_gain(world)) if gain is None else gain, world.scenario
    found = []
    if gain > 1:
        found.append(f"the loop gain is {gain:.2f}: above 1, conduct feeds on itself and tension runs away")
    found += _rates(scenario)
    for name, outcome in scenario.outcomes.items():
        found += [f"outcomes.{'.'.join(map(str, (name, *path)))}: {message}"
                  for path, message in unmatched(outcome, world.columns)]
    for ending in scenario.endings:
        if ending.when:
            found += [f"endings.{'.'.join(map(str, (ending.name, 'when', *path)))}: {message}"
                      for path, message in unmatched(ending.when, world.columns)]
    return found + list(never_reached(scenario.endings))


# Rates that leave nothing

def _rates(scenario: Scenario) -> Iterator[str]:
    for name, event in scenario.events.items():
        rates = [each.rate.centre for each in event.decision.alternatives.values()] if event.decision else []
        if sum(rates) >= 1 - HAIR:
            yield (f"events.{name}.decision: the rates of its alternatives add up to {sum(rates):.3g}; they are shrunk "
                   "to 0.99 together, and a hundredth is left for holding it as planned")
    choices: dict[str, list[float]] = {}
    for option in scenario.options.values():
        if option.choice:
            choices.setdefault(option.choice, []).append(option.base.rate.centre)
    for choice, rates in choices.items():
        if sum(rates) >= 1 - HAIR:
            yield (f"the base rates of the options of choice {choice} add up to {sum(rates):.3g}; they are shrunk to "
                   "0.99 together, and a hundredth is left for none of them")


# Endings that no replicate can reach

def never_reached(endings: tuple[Ending, ...]) -> Iterator[str]:
    """Endings whose condition contradicts itself, or holds only where that of an earlier one holds.

    Conditions are compared as they are written, and no more is said than follows from that.
    """
    earlier: list[tuple[str, Outcome]] = []
    for ending in endings:
        if ending.when is None:
            continue
        all_hold = _conjuncts(ending.when)
        first = next((name for name, when in earlier if _follows(when, all_hold)), "")
        if any(("not", form) in all_hold for form in all_hold):
            yield f"endings.{ending.name}.when: contradicts itself, so that no replicate ends so"
        elif first:
            yield (f"endings.{ending.name}.when: wherever it holds, that of {first} before it holds too, so that no "
                   "replicate ends so")
        earlier.append((ending.name, ending.when))


def _follows(outcome: Outcome, known: frozenset[Form]) -> bool:
    """Whether an outcome surely holds where all that is known holds."""
    if outcome.any_of and not outcome.given and any(_follows(part, known) for part in outcome.any_of):
        return True
    return _conjuncts(outcome) <= known


def _conjuncts(outcome: Outcome) -> frozenset[Form]:
    """The forms of all that must hold for the outcome to hold."""
    if outcome.all_of and not outcome.given:
        return frozenset().union(*map(_conjuncts, outcome.all_of))
    return frozenset([_form(outcome)])


def _form(outcome: Outcome) -> Form:
    """The same for outcomes that say the same, whatever their titles, sources, and the order of parts and names."""
    if outcome.given:
        return "given", _form(outcome.given), _form(outcome.model_copy(update={"given": None}))
    if outcome.all_of or outcome.any_of:
        parts = frozenset(_form(part) for part in outcome.all_of or outcome.any_of)
        return (outcome.verb, parts) if len(parts) > 1 else next(iter(parts))
    if outcome.not_:
        return _negated(_form(outcome.not_))
    said = outcome.model_dump(exclude={"title", "source"}, exclude_defaults=True)
    if outcome.none_in:
        return _negated(_plain({"happened" if key == "none_in" else key: value for key, value in said.items()}))
    return _plain(said)


def _negated(form: Form) -> Form:
    return form[1] if isinstance(form, tuple) and form[:1] == ("not",) else ("not", form)


def _plain(value: object) -> Form:
    """Data that can be compared: mappings, and lists of names, whatever their order."""
    if isinstance(value, dict):
        return frozenset((key, _plain(part)) for key, part in value.items())
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(sorted(value))
    return str(value)
