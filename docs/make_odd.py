"""Renews the tables of docs/odd.md from the seeds and the code: `python docs/make_odd.py`.

Each stands between `<!-- table NAME -->` and `<!-- end -->`. What people wrote around them stays.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sim import catalog  # noqa: E402
from sim.compiler import compile_world  # noqa: E402
from sim.decisions import NODES, WEIGHTS  # noqa: E402
from sim.draws import Draws, again, uniform_of  # noqa: E402
from sim.experiments import wording  # noqa: E402
from sim.experiments.design import drawn_once  # noqa: E402
from sim.mechanisms import FAMILIES, KINDS  # noqa: E402
from sim.quantity import Quantity  # noqa: E402
from sim.scenario import SECTIONS, Scenario, load  # noqa: E402
from sim.world import World  # noqa: E402

PAGE, SCENARIO = ROOT / "docs" / "odd.md", "july_2025"
TABLE = re.compile(r"^<!-- table (\w+) -->\n(.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)
#: Names in the path of an input, and what stands for them.
NAMES = [(re.compile(pattern), name) for pattern, name in (
    (r"^(mechanisms|options|events|issues|cues|countries|memory)\.[^.]+", r"\1.NAME"),
    (r"(stances|anchors)\.[^.]+", r"\1.ISSUE"), (r"(leaders)\.[^.]+", r"\1.LEADER"),
    (r"(scales)\.[^.]+", r"\1.FAMILY"), (r"(alternatives)\.[^.]+", r"\1.ALTERNATIVE"),
    (r"(alliances|proximity|ledgers|influence)\.[^.]+", r"\1.COUNTRY"), (r"(parties)\.[^.]+", r"\1.PARTY"))]
#: Stream, week and replicate of the variates that readers can check theirs by.
DRAWN = (("theory", 0, 0), ("theory", 0, 1), ("theory", 0, 2), ("theory", 0, 7), ("tempo.KOR", 3, 0),
         ("tempo.KOR", 3, 2047), ("tempo.KOR", 3, 4105))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def spread(quantity: Quantity) -> str:
    """What a number is drawn from, or the number."""
    return f"{quantity.centre:g}" if quantity.fixed else wording.spread(quantity)


def names(of: Iterable[str]) -> str:
    """Names as code, in a row."""
    return ", ".join(f"`{name}`" for name in of)


def counts(scenario: Scenario, world: World) -> str:
    """Entries by section, and the sizes of what they compile to."""
    rows: list[tuple[str, Any, int]] = [
        (section, len(scenario.tree["world"].get(section) or {}), len(getattr(scenario, section)))
        for section in SECTIONS if section not in ("sources", "readings", "presets", "fitted")]
    joint = sum(len(option.rows) > 1 for option in world.decisions.options)
    decisions = world.decisions
    compiled = (("joint options", joint), ("choices", len(world.choices)),
                ("alternatives of dated actions", len(decisions.alternatives)),
                ("sums: a country and something that it can do", len(decisions.rows)),
                ("terms", len(decisions.terms.terms)), ("inputs of a replicate", len(world.inputs.paths)),
                ("of these with a spread", len(world.inputs.drawn)),
                ("of these drawn once in each history", len(drawn_once(world))), ("weeks", scenario.weeks))
    rows += [(what, "", count) for what, count in compiled]
    return table(("entries", "of the world", f"in force in `{scenario.name}`"), rows)


def countries(scenario: Scenario, world: World) -> str:
    def pairs(of: Any, part: str) -> str:
        return ", ".join(f"{code} {getattr(entry, part).centre:g}" for code, entry in of.items()) or "–"

    return table(("country (numbers are means)", "leader, possible successors", "capability", "accountability", "pacts",
                  "proximity", "influence on it"), (
        (f"{code} ({entry.name})", names(sorted(entry.leaders, key=lambda name: (name != entry.leader, name))),
         f"{entry.capability.value.centre:g}", f"{entry.accountability.value.centre:g}",
         pairs(entry.alliances, "strength"), pairs(entry.proximity, "value"), pairs(entry.influence, "value"))
        for code, entry in scenario.countries.items()))


def issues(scenario: Scenario, world: World) -> str:
    return table(("issue", "−1", "+1", "status quo", "half-life, weeks"), (
        (f"`{name}`", entry.low, entry.high, spread(entry.status_quo), spread(entry.half_life))
        for name, entry in scenario.issues.items()))


def memory(scenario: Scenario, world: World) -> str:
    return table(("memory", "half-life, weeks"), (
        (f"`{name}`", spread(getattr(scenario.memory, name))) for name in catalog.Memory.model_fields
        if name not in catalog.Sourced.model_fields))


def selections(selects: Iterable[catalog.Select]) -> str:
    """What some selections take, in words."""
    keys = ("action", "by", "to", "event")
    return "; ".join(" ".join(f"{key} {names(getattr(select, key))}" for key in keys if getattr(select, key))
                     for select in selects) or "–"


def cues(scenario: Scenario, world: World) -> str:
    return table(("cue", "size", "half-life, weeks", "left by"), (
        (f"`{name}`", f"{entry.size:g}", spread(entry.half_life), selections(entry.left_by))
        for name, entry in sorted(scenario.cues.items())))


def flags(scenario: Scenario, world: World) -> str:
    return table(("flag", "at the start", "set by", "cleared by"), (
        (f"`{name}`", "set" if entry.start else "–", selections(entry.set_by), selections(entry.cleared_by))
        for name, entry in sorted(scenario.flags.items())))


def inputs(scenario: Scenario, world: World) -> str:
    drawn, everything, some = set(world.inputs.drawn), Counter[str](), Counter[str]()
    for row, path in enumerate(world.inputs.paths):
        for pattern, name in NAMES:
            path = pattern.sub(name, path, count=1)
        everything[path] += 1
        some[path] += row in drawn
    return table(("input", "numbers", "with a spread"), (
        (f"`{path}`", count, some[path]) for path, count in sorted(everything.items())))


def events(scenario: Scenario, world: World) -> str:
    def timing(event: catalog.Event) -> str:
        if event.on:
            return str(event.on.low) if event.on.low == event.on.high else f"{event.on.low} to {event.on.high}"
        if event.yearly:
            rule = event.yearly
            day = f"day {rule.day}" if rule.day else f"weekday {rule.weekday}, nth {rule.nth}"
            later = "" if rule.jitter.always(0) else f", + {spread(rule.jitter)} days"
            return f"yearly, month {rule.month}, {day}{later}"
        if event.cadence:
            first = event.cadence.first
            return f"first {first.low} to {first.high}, then every {spread(event.cadence.every)} days"
        return f"by chance, {event.chance.rate.centre:g} a week" if event.chance else ""

    def decided(event: catalog.Event) -> str:
        rule = event.decision
        return f"{rule.lead} weeks ahead: {names(sorted(rule.alternatives))}" if rule else "–"

    return table(("event", "when", "action", "by", "to", "decided"), (
        (f"`{name}`", timing(event), f"`{event.action}`" if event.action else "election" if event.election else "–",
         ", ".join(event.by) or "–", ", ".join(event.to) or "–", decided(event))
        for name, event in sorted(scenario.events.items())))


def features(scenario: Scenario, world: World) -> str:
    """All kinds of features there are, with what the code says of each."""
    used = Counter(term.feature[0] for term in world.decisions.terms.terms)
    gates = Counter(gate.feature[0] for term in world.decisions.terms.terms for gate in term.gates)
    return table(("kind", "runs from", "reference", "terms", "gates"), (
        (f"`{name}`", "−1" if kind.signed else "0", "where it begins" if kind.slow else "0", used[name], gates[name])
        for name, kind in sorted(KINDS.items())))


def families(scenario: Scenario, world: World) -> str:
    entries, terms = world.decisions.families, Counter(
        scenario.mechanisms[term.mechanism].family for term in world.decisions.terms.terms)
    return table(("family", "mechanisms in force", "of the world", "terms"), (
        (f"`{name}`", entries.count(name), sum(entry.family == name for entry in scenario.mechanisms.values()),
         terms[name]) for name in sorted(FAMILIES)))


def theories(scenario: Scenario, world: World) -> str:
    share = sum(scenario.mix.values())
    return table(("theory", f"share in `{scenario.name}`", *sorted(FAMILIES)), (
        (f"`{name}`", f"{scenario.mix.get(name, 0) / share:.3g}",
         *(f"{entry.weights.get(family, 1):g}" for family in sorted(FAMILIES)))
        for name, entry in sorted(scenario.theories.items())))


def gauss(scenario: Scenario, world: World) -> str:
    return table(("ξ", "ω"), ((f"{node:.9f}".replace("-", "−"), f"{weight:.9f}")
                              for node, weight in zip(NODES, WEIGHTS, strict=True)))


def draws(scenario: Scenario, world: World) -> str:
    rows = []
    for stream, week, replicate in DRAWN:
        words = Draws(1, replicate // 2048, [replicate % 2048]).words((stream,), week)[0]
        [uniform] = uniform_of(words)
        rows.append((f"`{stream}`", week, replicate, words[0], f"{uniform:.12f}",
                     f"{again(uniform_of(words), 0)[0]:.12f}"))
    return table(("stream", "week", "replicate", "v", "u", "again(u, 0)"), rows)


TABLES: dict[str, Callable[[Scenario, World], str]] = {
    made.__name__: made for made in (counts, countries, issues, memory, cues, flags, draws, inputs, events, features,
                                     families, theories, gauss)}


def renewed(page: str) -> str:
    """The page with its tables as the seeds and the code have them now."""
    scenario = load(SCENARIO)
    world = compile_world(scenario)
    return TABLE.sub(lambda found: f"<!-- table {found[1]} -->\n\n{TABLES[found[1]](scenario, world)}\n<!-- end -->",
                     page)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
