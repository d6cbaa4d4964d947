"""What columns, features and sources are called in sentences."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sim.catalog.outcome import Kind
from sim.effects import Column
from sim.features import Key
from sim.paths import shipped
from sim.quantity import Quantity
from sim.references import ARTICLE_ROW
from sim.scenario import Scenario

#: What sources are that name no publication.
JUDGEMENT = "the modellers' judgement"


def party(scenario: Scenario, code: str) -> str:
    """A country's or external's name, in short."""
    entry: Any = scenario.countries.get(code) or scenario.externals.get(code)
    return (getattr(entry, "short", "") or entry.name) if entry else code


def parties(scenario: Scenario, codes: Sequence[str]) -> str:
    """Names in a row."""
    names = [party(scenario, code) for code in codes]
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def nearest_ending(scenario: Scenario, wanted: Sequence[str], ended: Sequence[str], option: str) -> str:
    """The ending nearest, in the scenario's order, to those `wanted` that replicates `ended` in, and how to ask for
    it."""
    titles = {ending.name: ending.title for ending in scenario.endings}
    order, came = list(titles), set(ended)
    nearest = min((name for name in order if name in came),
                  key=lambda name: min(abs(order.index(name) - order.index(one)) for one in wanted))
    return (f"The nearest ending that came about is “{titles[nearest]}” ({option} {nearest}), in "
            f"{list(ended).count(nearest):,} of {len(ended):,}, such as replicate {list(ended).index(nearest)}.")


def mechanism(scenario: Scenario, name: str, absent: bool) -> str:
    """A mechanism as a reason; of one that is `absent`, that what counts is that it is not at work."""
    return scenario.mechanisms[name].name + (" (not the case now)" if absent else "")


def deed(scenario: Scenario, column: Column) -> str:
    """Who does what to whom, such as "DPRK → ROK: Missile launch", or the event's name."""
    by, to = parties(scenario, column.by), parties(scenario, column.to)
    who = f"{by} → {to}" if by and to else by
    action = scenario.actions[column.action].name if column.action else ""
    if column.announces:
        event, _, alternative = column.name.partition(": ")
        return f"{who}: {alternative.replace('_', ' ')} – {scenario.events[event].name} ({action})"
    if column.event:
        name = scenario.events[column.event].name
        return f"{who}: {name}" if who and party(scenario, column.by[0]) not in name else name
    return f"{who}: {action}"


def feature(scenario: Scenario, key: Key) -> str:
    """A feature in words."""
    kind, *names = key
    words = FEATURES.get(kind)
    return words(scenario, *names) if words else " ".join([kind.replace("_", " "), *names])


def _conduct(scenario: Scenario, giver: str, receiver: str, memory: str, kind: str) -> str:
    deeds = {"verbal": "words", "material": "deeds", "both": "conduct"}[kind]
    return f"{deeds} of {party(scenario, giver)} toward {party(scenario, receiver)}, {memory} memory"


def _gain(whose: str) -> Callable[[Scenario, str, str], str]:
    def words(scenario: Scenario, code: str, issue: str) -> str:
        entry = scenario.issues[issue]
        return f"{party(scenario, code)}{whose} wants more of “{entry.high}” on {entry.name}"
    return words


def _fear(scenario: Scenario, ally: str, patron: str, fear: str, memory: str) -> str:
    return f"{party(scenario, ally)} fears {fear} by {party(scenario, patron)}"


def _clock(scenario: Scenario, event: str, before: str, after: str) -> str:
    spans = [f"{weeks} weeks {when}" for weeks, when in ((before, "before"), (after, "after")) if weeks != "0"]
    name = scenario.events[event].name if event in scenario.events else event
    return f"{name} is near ({' to '.join(spans) or 'its own week'})"


def _under_way(scenario: Scenario, *names: str) -> str:
    entries = [scenario.events.get(name) or scenario.actions.get(name) for name in names]
    return " or ".join(entry.name if entry else name for name, entry in zip(names, entries, strict=True)) + " under way"


#: How features of each kind are put; others are named by their keys.
FEATURES: Mapping[str, Callable[..., str]] = {
    "cue": lambda scenario, name: f"trace of “{scenario.cues[name].name}”",
    "status_quo": lambda scenario, name: f"where {scenario.issues[name].name} stands",
    "approval": lambda scenario, code: f"approval of the government of {party(scenario, code)}",
    "mandate": lambda scenario, code: f"mandate of the government of {party(scenario, code)}",
    "flag": lambda scenario, name: f"flag “{scenario.flags[name].name}”",
    "leader": lambda scenario, name: leader(scenario, name) + " governs",
    "gap": lambda scenario, issue, first, second: (f"how far {party(scenario, first)} stands above "
                                                   f"{party(scenario, second)} on {scenario.issues[issue].name}"),
    "conduct": _conduct,
    "ledger": lambda scenario, giver, receiver: (f"concessions of {party(scenario, giver)} to "
                                                 f"{party(scenario, receiver)} not returned"),
    "capability": lambda scenario, first, second: (f"strength of {party(scenario, first)} against "
                                                   f"{party(scenario, second)}"),
    "clock": _clock, "under_way": _under_way,
    "scale": lambda scenario, code, family: f"weight that the leader of {party(scenario, code)} gives to {family}",
    "gain": _gain(""), "public_gain": _gain("’s public"), "fear": _fear,
    "tempo": lambda scenario, code: f"how active {party(scenario, code)} is",
    "threat": lambda scenario, own, other: f"threat to {party(scenario, own)} from {party(scenario, other)}",
}


def leader(scenario: Scenario, name: str) -> str:
    """A leader's name; as it is written where no country has such a leader."""
    return next((country.leaders[name].name for country in scenario.countries.values() if name in country.leaders),
                name)


def spread(quantity: Quantity) -> str:
    """What a number was drawn from, such as "0.6 ± 0.4" or "0.2 to 0.5"."""
    if quantity.fixed:
        return f"{quantity.centre:g}, the same in every replicate"
    if quantity.sd is not None:
        return f"{quantity.mean:g} ± {quantity.sd:g}"
    most = f", mostly {quantity.mode:g}" if quantity.mode is not None else ""
    return f"{quantity.low:g} to {quantity.high:g}{most}"


# Sources

def citation(scenario: Scenario, source: str, article: Mapping[str, str]) -> str:
    """What a source is: an article row's claim, a publication's citation, a file of the record."""
    if ARTICLE_ROW.match(source):
        return f"{source}: {article[source]}" if source in article else f"{source} of the article"
    if source in scenario.sources:
        return scenario.sources[source].citation
    return JUDGEMENT if source == "judgement" else source


def article_rows(scenario: Scenario) -> dict[str, str]:
    """The claims of the article that the shipped world was read from, by row; none for another world."""
    from sim.trace import INDEX

    path = shipped("seeds") / INDEX
    if scenario.head.world != "seeds" or not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["claim"] for row in csv.DictReader(file)}


def signed(value: float, decimals: int = 2) -> str:
    """A number with its sign and a proper minus; 0 without one."""
    text = f"{value:+.{decimals}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{decimals}f}"


def in_words(kind: Kind, value: float, low: float, high: float) -> str:
    """A difference with its interval: of a number as it is, else in runs of 100."""
    scale, decimals = (1, 2) if kind == "number" else (100, 1)
    return (f"{signed(scale * value, decimals)} ({signed(scale * low, decimals)} to "
            f"{signed(scale * high, decimals)})")
