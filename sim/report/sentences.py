"""What a report says in sentences, each made from counts alone.

"Most" is said only where more than half of the runs do, and where chance in their number leaves no doubt of that.
What comes in none of n runs gets an upper bound. What comes equally often is said to.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10, sqrt
from typing import NamedTuple

from sim.figures.measure import in_100
from sim.outcomes import Z, wilson


class Counted(NamedTuple):
    """An ending, and in how many runs it comes."""

    title: str
    runs: int


def share(yes: int, runs: int) -> str:
    """How often, with the 95 % interval: "27 in 100 runs (25–30)", "none of 1,000 runs (at most 0.4 in 100)"."""
    if runs and yes == 0:
        return f"none of {runs:,} run{'s' * (runs != 1)} (at most {at_most(runs)} in 100)"
    if runs and yes == runs:
        return f"all {runs:,} runs (at least {at_least(runs)} in 100)" if runs > 1 else "the one run made"
    return in_100(yes, runs)


def at_most(runs: int) -> str:
    """The upper end, in 100, of the interval of something that comes in none of the runs; rounded up."""
    bound = 100 * float(wilson(0, runs)[1])
    places = max(0, ceil(-log10(bound)))
    return f"{ceil(round(bound * 10**places, 9)) / 10**places:.{places}f}"


def at_least(runs: int) -> str:
    """The lower end, in 100, of the interval of something that comes in all of the runs; rounded down."""
    rest = 100 * float(wilson(0, runs)[1])
    places = max(0, ceil(-log10(rest)))
    return f"{floor(round((100 - rest) * 10**places, 9)) / 10**places:.{places}f}"


def most(yes: int, runs: int) -> bool:
    """Whether one may say "most runs": more than half do, whatever chance did in their number."""
    return bool(runs and float(wilson(yes, runs)[0]) > 0.5)


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a row: "a", "a and b", "a, b and c"."""
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)


def quoted(titles: Sequence[str], word: str = "and") -> str:
    """Titles in a row, each in quotation marks."""
    return listed([f"“{title}”" for title in titles], word)


def alike(first: int, second: int, runs: int) -> bool:
    """Whether chance alone may have made the difference between two endings of the same runs."""
    apart = abs(first - second)
    return apart == 0 or apart <= Z * sqrt(max(first + second - apart**2 / runs, 0))


def opening(endings: Sequence[Counted], weeks: int, start: str) -> str:
    """The sentence to quote: how the runs end. `endings` have at least one run; `start` is a day in words."""
    runs = sum(ending.runs for ending in endings)
    span = f"of the {weeks} weeks" if weeks != 1 else "of the week"
    histories = f"simulated histories {span} from {start}"
    order = sorted((ending for ending in endings if ending.runs), key=lambda ending: -ending.runs)
    top = order[0]
    if runs == 1:
        return f"The one simulated history {span} from {start} ends in “{top.title}”."
    if top.runs == runs:
        return f"All {runs:,} {histories} end in “{top.title}” (at least {at_least(runs)} in 100)."
    if most(top.runs, runs):
        return f"Most of {runs:,} {histories} end in “{top.title}”: {share(top.runs, runs)}."
    return f"In {runs:,} {histories}, {_leaders(order, runs)}."


def _leaders(order: Sequence[Counted], runs: int) -> str:
    """What comes oftenest where nothing comes in most runs; `order` begins with it."""
    top = order[0]
    same = [ending for ending in order if alike(top.runs, ending.runs, runs)]
    if len(same) == 1:
        return (f"“{top.title}” comes more often than any other ending, in {share(top.runs, runs)}; next is "
                f"“{order[1].title}”, in {share(order[1].runs, runs)}")
    names = quoted([ending.title for ending in same])
    others = ", and more often than any other ending" if len(same) < len(order) else ""
    if all(ending.runs == top.runs for ending in same):
        return f"{names} come as often as each other{others}: each in {share(top.runs, runs)}"
    told = listed([f"in {share(ending.runs, runs)}" for ending in same])
    return f"{names} come about as often{others}: {told}, a difference that chance alone may make"


def never(endings: Sequence[Counted]) -> str:
    """The endings that no run has, with the share that this leaves room for; empty where there is none."""
    runs, none = sum(ending.runs for ending in endings), [ending.title for ending in endings if not ending.runs]
    if not none or not runs:
        return ""
    each = " each" if len(none) > 1 else ""
    return f"No run ends in {quoted(none, 'or')}: at most {at_most(runs)} in 100{each}."


def happening(yes: Sequence[int], runs: Sequence[int]) -> str:
    """Of outcomes that are a yes or no, how many happen in most runs, in all and in none; those that apply at all."""
    known = [(count, of) for count, of in zip(yes, runs, strict=True) if of]
    if not known:
        return ""
    total, mostly = len(known), sum(most(count, of) for count, of in known)
    always, none = (sum(count == end(of) for count, of in known) for end in (lambda of: of, lambda of: 0))
    lead = f"Of {total} outcome{'s' * (total != 1)} that happen or do not, "
    if max(of for _, of in known) == 1:
        return f"{lead}{always} happen{'s' * (always == 1)} in the one run made."
    parts = [f"{mostly} happen{'s' * (mostly == 1)} in most runs" + (f", {always} of them in all" if always else "")]
    if always > mostly:  # so few runs that what comes in all of them need not come in most
        parts = [f"{always} happen{'s' * (always == 1)} in all runs"]
    parts += [f"{none} in none"] if none else []
    return f"{lead}{' and '.join(parts)}."


def difference(title: str, words: tuple[str, str], points: tuple[float, float, float], runs: int) -> str:
    """What changes about an ending: its shares in `words` in the base and in the alternative, and the difference with
    its paired interval in runs of 100."""
    value, low, high = points
    before, after = words
    if low <= 0 <= high:
        return (f"“{title}” comes about as often in both, in {before} and in {after} of 100 runs: no difference beyond "
                f"chance in {runs:,} pairs ({signed(low)} to {signed(high)}).")
    way = "more" if value > 0 else "fewer"
    near, far = sorted((abs(low), abs(high)))
    return (f"“{title}” comes in {after} instead of {before} in 100 runs: {abs(value):.1f} {way} "
            f"({near:.1f} to {far:.1f}).")


def signed(value: float, decimals: int = 1) -> str:
    """A number with its sign and a proper minus; 0 without one."""
    text = f"{value:+.{decimals}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{decimals}f}"


def moved(changed: int, runs: int) -> str:
    """In how many pairs of runs the ending is another one."""
    if not changed:
        return f"No run ends otherwise: at most {at_most(runs)} in 100 would, beyond the {runs:,} pairs made."
    return f"{changed:,} of {runs:,} runs {'ends' if changed == 1 else 'end'} otherwise: {share(changed, runs)}."


def highest(names: Sequence[str], value: float, when: str) -> str:
    """Between whom median tension gets highest; several `names` where they are alike."""
    alike = ", alike," if len(names) > 1 else ""
    return f"Median tension is highest for {listed(names)}{alike} at {signed(value)} {when}."


def furthest(names: Sequence[str], start: float, end: float, least: float) -> str:
    """Whose median position moves furthest from the first to the last week; none where by less than `least`."""
    if not names or abs(end - start) < least:
        return f"No median position, and no status quo, moves by {least:g} or more from the first week to the last."
    more = f" (and as far: {listed(names[1:])})" if len(names) > 1 else ""
    return f"What moves furthest is {names[0]}: its median goes from {signed(start, 2)} to {signed(end, 2)}{more}."


def told_apart(distinct: int, inputs: int, runs: int, first: str) -> str:
    """How many of the drawn inputs go along with how runs end, and which one does so most."""
    if not inputs:
        return "No number of this scenario has a spread: all runs rest on the same assumptions, chance alone differs."
    if not distinct:
        end = "runs end" if runs != 1 else "run ends"
        return (f"Of {inputs:,} numbers that a run draws once, none can be told from chance by how {runs:,} {end}. "
                "That is no evidence that none matters: more runs may tell.")
    goes = "goes" if distinct == 1 else "go"
    return (f"Of {inputs:,} numbers that a run draws once, {distinct:,} {goes} along with how runs end beyond chance, "
            f"first of all: {first}.")
