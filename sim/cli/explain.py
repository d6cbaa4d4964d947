"""`explain`: the sum behind one decision, or the mechanisms that moved an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, spelled
from sim.cli.finished import Run, folder_of
from sim.cli.options import Jobs, Json, Quiet
from sim.cli.progress import in_parts
from sim.cli.replay import CHECK_FAILED, in_100
from sim.cli.terminal import WIDTH, hint, loading, many, say, say_json
from sim.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sim.experiments.explain import CountryWeek, Decision
    from sim.experiments.movers import Moved
    from sim.experiments.reasons import Sum

#: How many options of a country's week are shown, and below which size, in log-odds, terms are only counted.
OPTIONS, FAINT = 12, 0.005


def explain(
    run: Run,
    replicate: Annotated[int | None, typer.Option(help="Which replicate, as outcomes.csv numbers them.")] = None,
    week: Annotated[int | None, typer.Option(help="Which week, the first being 1.")] = None,
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Whose decision.")] = None,
    option: Annotated[str | None, typer.Option(help="Which option; all in short where absent.")] = None,
    outcome: Annotated[str | None, typer.Option(metavar="NAME", help="An outcome or ending: what moved it.")] = None,
    replicates: Annotated[int | None, typer.Option("-n", "--replicates", min=1, show_default="1000",
                                                   help="For --outcome: in how many replicates mechanisms are "
                                                        "switched off, at most.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for a table and a figure, if wanted.")] = None,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show all reasons of one decision, or which mechanisms moved an outcome."""
    one = {"--replicate": replicate, "--week": week, "--country": country}
    if outcome is not None and (option or any(value is not None for value in one.values())):
        raise InputError("--outcome is about all replicates; leave out --replicate, --week, --country and --option")
    if outcome is None and (missing := [name for name, value in one.items() if value is None]):
        raise InputError(f"say which decision: {', '.join(missing)} missing (or ask about an --outcome)")
    if outcome is None and option is None and out:
        raise InputError("--out needs an --option or an --outcome; a whole week has no figure")
    folder = folder_of(run)
    said = {**one, "--option": option, "--outcome": outcome, "-n": replicates}
    command = " ".join(["python run.py explain", Path(run).name, *spelled(said)])
    if outcome is not None:
        try:
            _explain_outcome(folder, outcome, replicates, jobs, out, command, json, quiet)
        except KeyboardInterrupt:
            raise interrupted("explain", run, said | {"--jobs": jobs, "--out": out, "--json": json}) from None
        return
    with loading():
        from sim import store
        from sim.experiments import explain as of

    if out:
        store.check(out, of.DECISION)
    record = store.recall(folder)
    assert replicate is not None and week is not None and country is not None
    try:
        if option is None:
            found = of.week(record, replicate, week, country)
            say_json(of.week_record(found)) if json else say(*in_short(found))
            return
        decision = of.decision(record, replicate, week, country, option)
    except of.Different as error:
        hint(f"error: {error}")
        raise typer.Exit(CHECK_FAILED) from None
    if out:
        of.write(decision, out, command)
    say_json(of.decision_record(decision)) if json else say(*in_full(decision), *_at(out))


def _at(out: Path | None) -> list[str]:
    return ["", f"Table and figure: {out}"] if out else []


def _explain_outcome(folder: Path, outcome: str, replicates: int | None, jobs: int | None, out: Path | None,
                     command: str, json: bool, quiet: bool) -> None:
    """What moved an outcome across all replicates."""
    with loading():
        from sim import store
        from sim.experiments import movers as of

    if out:
        store.check(out, of.KIND)
    record = store.recall(folder)
    with in_parts(quiet) as part:
        moved = of.run(record, outcome, replicates or of.REPLICATES, jobs, part)
    if out:
        of.write(moved, out, command)
    say_json(of.as_record(moved)) if json else say(*movers(moved), *_at(out))


# A decision

def in_full(found: Decision) -> Iterator[RenderableType]:
    """Everything about one decision."""
    from rich.text import Text

    from sim.experiments import wording
    from sim.experiments.wording import signed

    scenario, each = found.scenario, found.weighed
    yield from _head(found)
    yield Text(found.words, style="bold")
    yield from wrap(_verdict(found), WIDTH)
    yield ""
    article = wording.article_rows(scenario)
    drawn = f"{found.base.rate:.3g} a {'decision' if each.dated else 'week'}"
    yield from _hung(f"{signed(each.base, 3):>8}  ", f"base: {drawn}, drawn from {wording.spread(found.base.spread)}. "
                                                     f"{found.base.reference_class}")
    for source in found.base.source:
        yield from _hung(" " * 10, wording.citation(scenario, source, article))
    if note := _base_note(found):
        yield from _hung(" " * 10, note)
    for own in found.sums:
        yield ""
        yield from _sum(found, own, article)
    if len(found.beside) > 1 or each.choice:
        yield ""
        yield from _shares(found)
    yield ""
    yield from wrap("A term is weight × theory × strength × (value − reference); a value is a feature times its gates, "
                    "its reference what it was when the base rate held.", WIDTH)
    if any(reason.absent and abs(reason.log_odds) >= FAINT for own in found.sums for reason in own.reasons):
        yield from wrap("A reason that is not the case now counts the other way: when the base rate held, it was the "
                        "case part of the time.", WIDTH)


def _base_note(found: Decision) -> str:
    """Why the base is not the log-odds of the rate, where it is not."""
    import numpy as np

    from sim.decisions import logit
    from sim.experiments.wording import signed

    each, rate = found.weighed, found.base.rate
    if each.dated or each.choice:
        return "In log-odds against the alternative that is left when none of those that share its draw is taken."
    simply = float(logit(np.asarray(rate)))
    if 0 < rate < 1 and abs(each.base - simply) >= FAINT:
        return (f"A rate of {rate:.3g} is {signed(simply, 3)} in log-odds; the base is set so that the rate holds on "
                "average over quiet and busy times.")
    return ""


def _head(found: Decision | CountryWeek) -> Iterator[RenderableType]:
    from datetime import timedelta

    from rich.text import Text

    from sim.summary import day_in_words

    scenario = found.scenario
    start = scenario.start + timedelta(weeks=found.week - 1)
    yield Text(scenario.title, style="bold")
    yield from wrap(f"Replicate {found.replicate}, seed {found.seed}, week {found.week} (from {day_in_words(start)}). "
                    f"It drew the theory “{scenario.theories[found.theory].name}”.", WIDTH)
    yield ""


def _verdict(found: Decision) -> str:
    """Log-odds, probability, draw, and what came of it."""
    from sim.experiments.wording import party, signed

    each, scenario = found.weighed, found.scenario
    who = party(scenario, each.decider)
    by = ""
    if len(each.countries) > 1:
        by = (f" {who} decides, being the keenest: declining needs only one." if each.dated
              else f" {who} decides, being the least willing.")
    stretch = (f" from {each.low:.4g} to {each.low + each.probability:.4g}" if each.choice else
               f" below {each.probability:.4g}")
    came = "taken" if each.taken else "not taken"
    if not each.possible:
        came += ": a flag, a leader, a pause or a succession ruled it out this week"
    elif not each.taken and each.short < 1:
        came += f", by {each.short:.2f} in log-odds"
    return (f"{signed(each.log_odds, 3)} in log-odds, that is {in_100(each.probability)}.{by} It is taken on a draw"
            f"{stretch}; the draw was {each.uniform:.4g}: {came}.")


def _sum(found: Decision, own: Sum, article: dict[str, str]) -> Iterator[RenderableType]:
    """A country's terms, with all they are made of."""
    from rich.text import Text

    from sim.experiments import wording
    from sim.experiments.wording import signed

    scenario = found.scenario
    decides = ", which decides" if own.country == found.weighed.decider and len(found.sums) > 1 else ""
    yield Text(f"{wording.party(scenario, own.country)}{decides}: {signed(own.total, 3)} from "
               f"{many(len(own.reasons), 'term')}", style="bold")
    told = [reason for reason in own.reasons if abs(reason.log_odds) >= FAINT]
    for reason in told:
        entry = scenario.mechanisms[reason.mechanism]
        yield from _hung(f"{signed(reason.log_odds, 3):>8}  ", f"{entry.name} ({reason.mechanism})"
                         + ("; not the case now" if reason.absent else ""))
        gates = "".join(f"; gate {gate.factor:.2f}: {wording.feature(scenario, gate.feature)}" for gate in reason.gates)
        yield from _hung(" " * 10, f"{wording.feature(scenario, reason.feature)}: {_plain(reason.now)}{gates}")
        yield from _hung(" " * 10, f"{_plain(reason.weight)} × {reason.theory_weight:g} × {_plain(reason.strength)} × "
                                   f"({_plain(reason.value)} − {_plain(reason.reference)}); strength drawn from "
                                   f"{wording.spread(reason.spread)}")
        sources = "; ".join(wording.citation(scenario, source, article) for source in entry.source)
        yield from _hung(" " * 10, f"source: {sources}")
    if rest := [reason.log_odds for reason in own.reasons if abs(reason.log_odds) < FAINT]:
        yield f"{signed(sum(rest), 3):>8}  {many(len(rest), 'term')} smaller than {FAINT}" + (
            " each, together" if len(rest) > 1 else "")


def _shares(found: Decision) -> Iterator[RenderableType]:
    """The alternatives that share the draw, and what is left."""
    each = found.weighed
    rest = 1 - sum(other.probability for other in found.beside)
    last = "held as planned" if each.dated else "none of these"
    yield f"Alternatives, on a draw of {each.uniform:.4g}:"
    for other in found.beside:
        yield f"  {other.name}: {in_100(other.probability)}{' – taken' if other.taken else ''}"
    yield f"  {last}: {in_100(rest)}{'' if any(other.taken for other in found.beside) else ' – so it was'}"


def _plain(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _hung(first: str, text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def in_short(found: CountryWeek) -> Iterator[RenderableType]:
    """A country's options of a week: what was taken, then what came nearest."""
    from sim.experiments.wording import party

    yield from _head(found)
    if not found.decisions:
        yield f"{party(found.scenario, found.country)} has no options in this scenario."
        return
    taken = sum(each.weighed.taken for each in found.decisions)
    yield from wrap(f"{party(found.scenario, found.country)} had {many(len(found.decisions), 'option')} and took "
                    f"{taken}. Those, and then what came nearest; base and sum in log-odds.", WIDTH)
    yield ""
    shown = found.decisions[:max(OPTIONS, taken)]
    yield _options(found, list(shown))
    if rest := len(found.decisions) - len(shown):
        yield f"… and {many(rest, 'other')} that {'were' if rest > 1 else 'was'} further off (--json has all)."
    yield ""
    yield from wrap("Add --option NAME for all reasons of one.", WIDTH)


def _options(found: CountryWeek, decisions: list[Decision]) -> Table:
    from rich.table import Table

    from sim.experiments.explain import in_short as row_of
    from sim.experiments.wording import signed

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head, justify in (("option", "left"), ("base", "right"), ("sum", "right"), ("chance", "right"),
                          ("draw", "right"), ("", "left")):
        table.add_column(head, justify=justify, no_wrap=head != "option")  # type: ignore[arg-type]
    for each in decisions:
        row: dict[str, Any] = row_of(each)
        came = "taken" if row["taken"] else "ruled out" if not row["possible"] else ""
        table.add_row(row["option"], signed(row["base"]), signed(row["log_odds"]), in_100(row["probability"]),
                      f"{row['uniform']:.3f}", came)
    return table


# An outcome

def movers(found: Moved) -> Iterator[RenderableType]:
    """Which mechanisms moved an outcome."""
    from rich.table import Table
    from rich.text import Text

    from sim.experiments.wording import in_words
    from sim.summary import in_100_runs

    yield Text(f"{found.title} – what moved it", style="bold")
    mean = f"{found.mean:.3g} on average" if found.kind == "number" else in_100_runs(round(found.mean * found.known),
                                                                                     found.known)
    yield f"{found.scenario.title}, {found.replicates:,} replicates, seed {found.seed}: {mean}."
    yield ""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("mechanism", "it adds" if found.kind == "number" else "it adds, in 100", "rank corr."):
        table.add_column(head, no_wrap=head != "mechanism")
    unsure = 0
    for row in found.mechanisms.to_dict("records"):
        clear = row["low"] > 0 or row["high"] < 0
        unsure += not clear
        table.add_row(Text(f"{row['title']} ({row['mechanism']})", style="" if clear else "dim"),
                      Text(in_words(found.kind, row["value"], row["low"], row["high"]), style="" if clear else "dim"),
                      f"{row['rank']:+.2f}".replace("-", "−") if row["rank"] == row["rank"] else "–")
    yield table
    yield ""
    yield from wrap(f"It adds: with the mechanism minus without it, on the same draws, in the first {found.switched:,} "
                    f"replicates, with its paired 95 % interval; {unsure} of {len(found.mechanisms)} cannot be told "
                    "from nothing. Effects of several do not add up. Rank correlation: of the strength drawn with the "
                    f"outcome, in all {found.replicates:,}.", WIDTH)
