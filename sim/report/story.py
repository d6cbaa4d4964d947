"""One run's story: the moments that weigh most in it, each with reasons that lead down to their sources."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import islice
from math import exp

import numpy as np

from sim.ensemble import Ensemble
from sim.experiments import choosing, replay, wording
from sim.experiments.replay import Because, Happening, Story
from sim.figures.measure import short
from sim.outcomes import selected
from sim.report.sentences import signed
from sim.scenario import Scenario
from sim.store import Record
from sim.summary import day_in_words
from sim.world import World

#: How many moments are told, and from how many replicates the most typical one is chosen at most.
MOMENTS, FIRST = 12, 10_000


@dataclass(frozen=True)
class Beginning(Record):
    """A run of which no more than its first replicates are looked at."""

    @cached_property
    def rows(self) -> list[list[str]]:
        """See `Record`."""
        with (self.folder / "outcomes.csv").open(encoding="utf-8", newline="") as file:
            return [row[1:] for row in islice(csv.reader(file), 1, FIRST + 1)]


@dataclass(frozen=True)
class Reason:
    """A mechanism that made a decision likelier or rarer, and where it is from."""

    title: str
    words: str
    theory: str
    evidence: str
    strength: str
    sources: tuple[tuple[str, str], ...]  # an article row, or another source; and what it says


@dataclass(frozen=True)
class Moment:
    """Something a country decided, how likely it was, and why."""

    day: str
    words: str
    chance: str
    reasons: tuple[Reason, ...]


def told(ensemble: Ensemble, record: Record, world: World) -> Story | None:
    """The history most typical of the ending that comes oftenest, the first of several, among the first replicates;
    None where it is another one when run again, as with other versions."""
    record = Beginning(*(getattr(record, part.name) for part in fields(record)))
    counts = ensemble.outcomes["ending"].iloc[:FIRST].astype(str).value_counts()
    ending = max(ensemble.scenario.endings, key=lambda each: int(counts.get(each.name, 0)))
    replicate = choosing.typical(record, ending.name)
    assert replicate is not None, "some run has it"
    found = replay.story(world, replicate, record.seed, chosen=f"most typical of those that end in “{ending.title}”")
    outcomes = {name: np.array([value]) for name, value in found.outcomes.items()}
    try:
        replay.verify(record, replicate, outcomes, found.ending)
    except replay.Different:
        return None
    return found


def moments(found: Story, world: World) -> list[Moment]:
    """What makes the ending true, then what it speaks of, then the gravest and the kindest deeds, at most `MOMENTS`, by
    date; of what happens several times, the time with the strongest reasons."""
    scenario, article = found.scenario, wording.article_rows(found.scenario)
    def settles(each: Happening) -> bool:
        return (each.name, each.day) in found.settled

    told_of = [each for week in found.weeks for each in week.happenings if each.decider or settles(each)]
    spoken = _spoken_of(found, world)
    once = {each.words: each for each in sorted(told_of, key=lambda each: (settles(each), _moved(each)))}
    order = sorted(once.values(), key=lambda each: (not settles(each), each.name not in spoken,
                                                    -_weight(scenario, each), each.day))
    return [_moment(scenario, each, article) for each in sorted(order[:MOMENTS], key=lambda each: each.day)]


def _spoken_of(found: Story, world: World) -> set[str]:
    """Names of the options that the story's ending selects."""
    when = next(ending.when for ending in found.scenario.endings if ending.name == found.ending)
    if when is None:
        return set()
    return {column.option or column.name for column, kept in zip(world.columns, selected(when, world.columns),
                                                                 strict=True) if kept}


def _moved(each: Happening) -> float:
    return sum(abs(because.log_odds) for because in each.reasons)


def _weight(scenario: Scenario, each: Happening) -> float:
    return abs(scenario.actions[each.action].goldstein) if each.action else 0.0


def _moment(scenario: Scenario, each: Happening, article: Mapping[str, str]) -> Moment:
    if not each.decider:
        return Moment(day_in_words(each.day), each.words, "No country decided on it in that week.", ())
    usual = 1 / (1 + exp(-each.base))
    chance = f"{_in_100(each.probability)} in 100; at its base rate {_in_100(usual)}"
    least = f" Reasons of {wording.party(scenario, each.decider)}, the least willing." if len(each.by) > 1 else ""
    return Moment(day_in_words(each.day), each.words, f"Its chance that week was {chance}.{least}",
                  tuple(_reason(scenario, because, article) for because in each.reasons))


def _in_100(share: float) -> str:
    return "over 99" if share > 0.99 else "under 0.1" if share < 0.001 else short(float(f"{100 * share:.2g}"))


def _reason(scenario: Scenario, because: Because, article: Mapping[str, str]) -> Reason:
    entry = scenario.mechanisms[because.mechanism]
    odds = exp(abs(because.log_odds))
    way, times = ("likelier", odds) if because.log_odds > 0 else ("rarer", 1 / odds)
    words = f"{way}, odds × {short(times)} ({signed(because.log_odds, 2)} in log-odds)"
    return Reason(because.title, words, entry.theory.strip(), entry.evidence.strip(), wording.spread(entry.strength),
                  tuple(sources(scenario, entry.source, article)))


def sources(scenario: Scenario, names: tuple[str, ...] | list[str],
            article: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each source by its name, and what it is: an article row's claim, a publication, a file of the record."""
    for name in names:
        words = wording.citation(scenario, name, article).removeprefix(f"{name}: ")
        yield name, "a file of the record" if words == name else words
