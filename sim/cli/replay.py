"""`replay`: one replicate run again alone, and told week by week."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.again import spelled
from sim.cli.finished import Run, folder_of
from sim.cli.options import Json
from sim.cli.terminal import WIDTH, bold, hint, loading, say, say_json, say_lines
from sim.errors import InputError

if TYPE_CHECKING:
    from sim.experiments.replay import Happening, Story, Week
    from sim.scenario import Scenario
    from sim.store import Record

CHECK_FAILED = 1


def replay(
    run: Run,
    replicate: Annotated[int | None, typer.Option(help="Which replicate, as outcomes.csv numbers them.")] = None,
    typical: Annotated[str | None, typer.Option(metavar="ENDING",
                                                help="The one most typical of those with this ending.")] = None,
    most_escalatory: Annotated[bool, typer.Option("--most-escalatory",
                                                  help="The one with most hostility in its outcomes.")] = False,
    weeks: Annotated[str | None, typer.Option(metavar="A:B", help="Tell these weeks only, such as 5:12.")] = None,
    step: Annotated[bool, typer.Option("--step", help="Tell a week at a time, and the ending last; Enter goes on.")
                    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for a table and a figure, if wanted.")] = None,
    json: Json = False,
) -> None:
    """Tell one replicate week by week: who did what to whom, why, and what nearly happened."""
    if step and json:
        raise InputError("--step is for people and --json for programs; leave one out")
    with loading():
        from sim import store
        from sim.experiments.replay import KIND, Different, as_record, story, write

    span = span_of(weeks)
    record = store.recall(folder_of(run))
    if out:
        store.check(out, KIND)
    number, chosen = which(record, replicate, typical, most_escalatory)
    if number is None:
        _nothing(record, str(typical), json)
        return
    try:
        told = story(record, number, weeks=span, chosen=chosen)
    except Different as error:
        hint(f"error: {error}")
        raise typer.Exit(CHECK_FAILED) from None
    if out:
        said = {"--replicate": number, "--weeks": weeks}
        write(told, out, " ".join(["python run.py replay", Path(run).name, *spelled(said)]))
    if json:
        say_json(as_record(told))
    elif step:
        _step(told)
    else:
        say_lines([*_head(told), *_ends(told), ""])
        say_lines(line for week in told.weeks for line in [*tell(told.scenario, week), ""])
        if out:
            say(f"Table and figure: {out}")


def span_of(weeks: str | None) -> tuple[int, int] | None:
    """Weeks such as "5:12", or "7" for one."""
    if weeks is None:
        return None
    first, _, last = weeks.partition(":")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise InputError(f'weeks "{weeks}" are no two numbers such as 5:12') from None


def which(record: Record, replicate: int | None, typical: str | None,
          most_escalatory: bool) -> tuple[int | None, str]:
    """The replicate that is asked for, None where no replicate has the ending; and what it was chosen for."""
    from sim.experiments import choosing

    if (replicate is not None) + (typical is not None) + most_escalatory != 1:
        raise InputError("say which replicate: one of --replicate N, --typical ENDING, --most-escalatory")
    if typical is not None:
        number = choosing.typical(record, typical)
        title = next(ending.title for ending in record.scenario.endings if ending.name == typical)
        return number, f"most typical of those that end in “{title}”"
    return (choosing.most_escalatory(record), "most escalatory") if most_escalatory else (replicate, "")


def _nothing(record: Record, ending: str, json: bool) -> None:
    """No replicate has the ending: the share that this leaves room for, the nearest, and the endings that there
    are."""
    from collections import Counter

    from sim.experiments.wording import nearest_ending
    from sim.summary import in_100_runs

    ended = [row[-1] for row in record.rows]
    counts = Counter(ended)
    if json:
        say_json({"schema": 1, "scenario": record.scenario.name, "seed": record.seed, "replicate": None,
                  "ending": ending, "endings": dict(counts)})
        return
    say(f"No replicate of this run ended so: {in_100_runs(0, record.replicates)}. "
        + nearest_ending(record.scenario, [ending], ended, "--typical"), "All that there are:",
        *(f"  {name}: {count:,}" for name, count in counts.most_common()))


# Telling

def _head(told: Story, tells_ending: bool = True) -> Iterator[str]:
    """What is told; what the replicate was chosen for only if that may tell its ending."""
    scenario = told.scenario
    yield bold(scenario.title)
    chosen = f", the {told.chosen}" if told.chosen and tells_ending else ""
    yield from _wrapped("", f"Replicate {told.replicate}{chosen}; seed {told.seed}. It drew the theory "
                            f"“{scenario.theories[told.theory].name}”.")
    if told.same:
        yield "Run again alone: outcomes and ending are those that the run has."
    yield from _wrapped("", "In log-odds, what made each decision likelier (+) or rarer (−) than its base rate; behind "
                            "it how likely it was that week.")
    yield ""


def _ends(told: Story) -> Iterator[str]:
    yield f"It ends in: {told.ending_title}."


def tell(scenario: Scenario, week: Week) -> Iterator[str]:
    """A week in lines."""
    from sim.experiments.wording import party, signed
    from sim.summary import day_in_words

    yield bold(f"Week {week.number}, from {day_in_words(week.start)}")
    if week.tension:
        top = max(week.tension, key=lambda dyad: week.tension[dyad][1])
        moved = max(week.tension, key=lambda dyad: abs(week.tension[dyad][1] - week.tension[dyad][0]))
        said = []
        for what, dyad in (("highest", top), ("most moved", moved)):
            before, after = week.tension[dyad]
            pair = "–".join(party(scenario, code) for code in dyad.split("–"))
            said.append(f"{what} {pair} {signed(after, 1)} "
                        f"({signed(after - before, 1)})")
        yield from _wrapped(" " * 10, "tension: " + "; ".join(said))
    for each in week.happenings:
        yield from _happening(scenario, f"{each.day.day} {each.day:%b}", each)
    for each in week.nearly:
        yield from _happening(scenario, "nearly", each)


def _happening(scenario: Scenario, when: str, each: Happening) -> Iterator[str]:
    from sim.experiments.wording import party, signed

    extra = [f"{each.days} days"] if each.days > 1 else []
    extra += [f"{100 * each.size:.0f} % of its size"] if each.size != 1 else []
    words = each.words + (f" ({', '.join(extra)})" if extra else "")
    chance = f": {in_100(each.probability)}" if each.decider else ""
    yield from _wrapped(f"{when:>8}  ", words + chance)
    joint = each.decider and len(each.by) > 1 and each.kind == "option"
    least = f"{party(scenario, each.decider)} least willing; " if joint else ""
    reasons = "; ".join(f"{signed(because.log_odds)} {because.title}" for because in each.reasons)
    if least or reasons:
        yield from _wrapped(" " * 10, least + (reasons or "no reason beyond the usual"))


def _wrapped(first: str, text: str) -> list[str]:
    if len(first) + len(text) <= WIDTH:  # as most of some thousand do
        return [first + text]
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def in_100(probability: float) -> str:
    """A probability in words, never 0 or 100 in 100."""
    share = 100 * probability
    return "<1 in 100" if share < 1 else ">99 in 100" if share > 99 else f"{share:.0f} in 100"


def _step(told: Story) -> None:
    """A week at a time, and the ending last; when there is nobody to press Enter any more, the rest at once."""
    say_lines(_head(told, tells_ending=False))
    waits = True
    for week in told.weeks:
        if waits:
            hint("(Enter: next week; q: stop)")
            line = sys.stdin.readline()
            waits = bool(line)
            if line.strip().casefold() == "q":
                return
        say_lines([*tell(told.scenario, week), ""])
    say_lines(_ends(told))


