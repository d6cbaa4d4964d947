"""What `backtest` leaves: tables, figures, and docs/validation.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from sim.experiments.results import leave as leave_results
from sim.experiments.results import plain
from sim.figures import render
from sim.figures.backtested import backtested, chance, named, signed, title, words
from sim.record import verdict
from sim.record.backtest import KIND, MODEL, SCHEMA, THEORY, WITHOUT, Backtest
from sim.record.face_page import filled

#: The project's own page and its picture, where it stands beside the world.
PAGE, PICTURE = Path("docs") / "validation.md", Path("docs") / "images" / "backtested.png"

KNEW = """
At each origin the launches are fitted again, on the weeks before it alone: rates, tempo, half-life, what drills and
launches add. Contacts are counted again. The model begins with the tempo that the filter had arrived at, with the
traces that recent launches and drills left, and with what the last half year left in conduct; then it runs on for a
quarter. Of what was to come a forecaster knows what keeps a calendar: the two command-post exercises are expected on
the days of the year on which those of the five years before began. When an exercise was announced is not recorded, so
none is known for certain, and a cancelled one is expected all the same. Trilateral drills and large air exercises come
as often as in the 52 weeks before, and nobody knows when. No forecast at an origin depends on anything that the record
has from that day on: a test alters the record's future and finds every forecast as it was.
"""
NOT_BLIND = """
- Governments, stances, capabilities, status quo and all rates that are not fitted are those of July 2025, in 2014 too.
  How little most families matter for missile weeks is shown above.
- Who wrote the mechanisms down knew how 2014 to 2025 went. That drills, campaigns and clustering were thought of at all
  owes something to these very quarters; so do the priors.
- How fast the past fades in the fit (by half in six years) was chosen among a few half-lives, after a look at forecasts
  of these quarters. Two, four, six or eight years, or no fading, change the score of the process alone by no more than
  0.005, yet the choice was not blind.
- The strengths by which white papers draw protests and drills draw statements are not fitted anew: the few occasions
  above are those they were solved for. Both are checks that the engine does what it was told, not skill.
- Missile weeks come in campaigns, so that these quarters hold far fewer independent weeks than they have. Standard
  errors are over quarters, as if these were independent. {gain}
- Contacts are recorded since July 2022, too short to tell forecasters apart. How they divide among kinds of visit was
  judged on 2024 and 2025.
"""


def leave(found: Backtest, folder: Path, command: str) -> None:
    """Writes tables, figures, JSON and the page to a folder, as `sim.store.put` does."""
    names = list(found.forecasts["series"].unique())
    scores = {name: verdict.scores(found, name) for name in names}
    years = pd.concat([verdict.by_year(found, name).assign(series=name) for name in names])
    leave_results(KIND, found, folder, command,
                  {"forecasts": found.forecasts, "counts": found.counts, "answers": found.answers,
                   "scores": pd.concat(scores.values()), "by_year": years, "theories": verdict.theories(found)},
                  {"backtest": as_record(found)},
                  {f"backtested_{name}": backtested(found, name, table) for name, table in scores.items()},
                  {"validation.md": text(found, f"figures/backtested_{names[0]}.png")})


def publish(found: Backtest, world: Path) -> None:
    """Renews the project's own page, if there are docs beside the world."""
    page = world.parent / PAGE
    if page.parent.is_dir():
        page.write_text(text(found, "images/backtested.png"), encoding="utf-8")
        name = found.forecasts["series"].iloc[0]
        picture = render(backtested(found, name, verdict.scores(found, name)), "backtested", "png")
        (world.parent / PICTURE).write_bytes(picture)


def as_record(found: Backtest) -> dict[str, Any]:
    """The backtest as JSON holds it, without the single forecasts."""
    names = list(found.forecasts["series"].unique())
    series = {name: {"scores": verdict.scores(found, name).to_dict("records"), "counts": verdict.quarters(found, name),
                     "by_year": verdict.by_year(found, name).to_dict("records")} for name in names}
    return dict(plain({
        "schema": SCHEMA, "scenario": found.scenario.name, "replicates": found.replicates, "seed": found.seed,
        "origins": [day.isoformat() for day in sorted(set(found.forecasts["origin"]))], "every": found.every,
        "series": series, "answers": verdict.answers(found).to_dict("records"),
        "theories": verdict.theories(found).to_dict("records"), "pairs": verdict.pairs(found).to_dict("records"),
        "targets": [target._asdict() for target in verdict.targets(found, names[0])]}))


def text(found: Backtest, picture: str) -> str:
    """The page."""
    return "\n".join(_lines(found, picture)) + "\n"


def _lines(found: Backtest, picture: str) -> Iterator[str]:
    names = list(found.forecasts["series"].unique())
    origins = sorted(set(found.forecasts["origin"]))
    table = verdict.scores(found, names[0])
    yield "<!-- Written by `python run.py backtest --write`. -->"
    yield "# Validation"
    yield ""
    yield filled(f"**{title(names[0], table)}.** {len(origins)} forecasts of {found.every} weeks each, from "
                 f"{origins[0]} to {origins[-1]}, by {found.replicates:,} replicates, seed {found.seed}. Whether the "
                 "simulated world resembles the record at all is asked in [face validity](face-validity.md); what was "
                 "fitted and how, in [calibration](calibration.md).")
    yield ""
    yield "    python run.py backtest            # the tables below"
    yield "    python run.py backtest --write    # renews this page"
    yield ""
    yield f"![Weeks of each quarter as foreseen and as they were, and scores beside others]({picture})"
    yield from _section("What was asked, and what came of it", [
        *_table(("asked", "found", ""), [(each.asked, each.found, "met" if each.met else "**not met**")
                                         for each in verdict.targets(found, names[0])]),
        "", filled("Differences are the model's mean log score a week less the other's, in nats, with the standard "
                   "error over quarters; below zero the model is better. p: how often quarters with signs flipped at "
                   "random differ as much. A difference below zero counts as met; one of less than two standard errors "
                   "is no proof.")])
    yield from _section("What a forecast knows", [filled(KNEW.strip())])
    for name in names:
        yield from _series(found, name)
    yield from _theories(found)
    yield from _answers(found)
    limits = NOT_BLIND.format(gain=_gain(verdict.by_year(found, names[0])))
    yield from _section("What this does not show", [filled(line) for line in _items(limits)])


def _series(found: Backtest, name: str) -> Iterator[str]:
    table, counts = verdict.scores(found, name), verdict.quarters(found, name)
    variant = table["forecaster"].str.startswith((THEORY, WITHOUT))
    about = [f"Weeks: {table['weeks'].iloc[0]}, in {counts['n']:.0f} quarters. Number of such weeks in a quarter: "
             f"{counts['happened']:.2f} on average, {counts['mean']:.2f} foreseen; "
             f"{100 * counts['inside']:.0f} in 100 quarters within the range that 90 in 100 replicates had. "
             f"Randomised PIT: Kolmogorov–Smirnov p {counts['p']:.2f}, correlation from one quarter to the next "
             f"{signed(counts['again'], 2)}. Mean CRPS {counts['crps']:.2f}, of the last 52 weeks' rate "
             f"{counts['crps_last_52_weeks']:.2f} (difference {signed(counts['difference'], 2)} ± "
             f"{counts['error']:.2f})."]
    heads = ("", "log score", "s.e.", "Brier", "s.e.", "model − this", "s.e.", "p")
    yield from _section(f"{words(name)} weeks", [
        *_table(heads, _score_rows(found, table[~variant])), "", *map(filled, about)])
    yield from _section("By year", [*_table(
        ("", "weeks", "with it", "mean probability", "model", "last 52 weeks", "last quarter", "last week's state",
         "all weeks"), [(f"{row['year']:.0f}", f"{row['weeks']:.0f}", f"{row['happened']:.2f}", f"{row['p']:.2f}",
                         *(f"{row[who]:.3f}" for who in ("model", "last_52_weeks", "persistence", "last_week",
                                                         "all_weeks")))
                        for row in verdict.by_year(found, name).to_dict("records")])], "###")
    if variant.any():
        yield from _section("Without a family of mechanisms, and under one theory", [
            *_table(heads, _score_rows(found, table[variant])), "",
            filled("The same draws throughout. Below zero the whole model is better than without the family, or than "
                   "the theory alone.")], "###")


def _score_rows(found: Backtest, table: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    theories = {name: entry.name for name, entry in found.scenario.theories.items()}
    for row in table.to_dict("records"):
        scores = (f"{row[kind]:.4f}" for kind in ("log_score", "log_error", "brier", "brier_error"))
        name = str(row["forecaster"])
        if name == MODEL:
            yield ("**the model**", *scores, "", "", "")
            continue
        lead = "without " if name.startswith(WITHOUT) else "only: " if name.startswith(THEORY) else ""
        title = named(name, theories)
        yield (lead + (title.lower() if name.startswith(WITHOUT) else title), *scores, signed(row["difference"], 4),
               f"{row['error']:.4f}", chance(row["p"]))


def _theories(found: Backtest) -> Iterator[str]:
    table, pairs = verdict.theories(found), verdict.pairs(found)
    if not len(table) or not len(pairs):
        return
    rows = [(found.scenario.theories[row["theory"]].name, f"{row['log_score']:.4f}",
             *(f"{row[kind]:.2f} ({row[kind + '_low']:.2f} to {row[kind + '_high']:.2f})" if row["mixed"] else ""
               for kind in ("pseudo_bma", "stacking"))) for row in table.to_dict("records")]
    apart = pairs[pairs["apart"]]
    said = "; ".join(f"{row['first']} − {row['second']} {signed(row['difference'], 4)} ± {row['error']:.4f}"
                     for row in pairs.to_dict("records"))
    rule = ("No two of the mixture's theories differ by more than two standard errors, so their weights stay equal."
            if not len(apart) else
            "Some differ by more than two standard errors, so the weights of the mixture should follow pseudo-BMA+.")
    yield from _section("Weights of theories", [
        *_table(("theory", "log score", "pseudo-BMA+", "stacking"), rows), "",
        filled("Mean log score over the weeks of all series; weights among the theories that the scenario mixes, with "
               "the range of 90 in 100 samples of a Bayesian bootstrap over quarters (Yao, Vehtari, Simpson and Gelman "
               f"2018). Differences a week: {said}. {rule}")])


def _answers(found: Backtest) -> Iterator[str]:
    table = verdict.answers(found)
    rows = [(words(row["series"]), f"{row['answered']} of {row['of']}", f"{row['low']:.2f} to {row['high']:.2f}",
             f"{row['widened_low']:.2f} to {row['widened_high']:.2f}",
             f"{row['p']:.2f} ({row['p_min']:.2f} to {row['p_max']:.2f})") for row in table.to_dict("records")]
    if rows:
        yield from _section("Protests and statements", [
            *_table(("", "answered", "Jeffreys' interval", "widened to", "model"), rows), "",
            filled("Given that the paper or the drill came. They were always answered, so that this is a check and no "
                   "skill. The drills were collected together with the statements on them, hence the wider range.")])


def _gain(years: pd.DataFrame) -> str:
    """Which years the gain over the last 52 weeks' rate comes from."""
    gain = ((years["last_52_weeks"] - years["model"]) * years["weeks"]).set_axis(years["year"].astype(str))
    most, worse = sorted(gain.nlargest(3).index), [*gain[gain < 0].index]
    return (f"Most of the gain over the last 52 weeks' rate comes from {_and(most)}; the model was worse in "
            f"{_and(worse) or 'no year'}.")


def _and(years: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(years[:-1]), *years[-1:])))


def _section(head: str, lines: Iterable[str], level: str = "##") -> Iterator[str]:
    yield ""
    yield f"{level} {head}"
    yield ""
    yield from lines


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _items(text: str) -> Iterator[str]:
    """Items of a list, one a line."""
    yield from (" ".join(part.split()) for part in text.strip().replace("\n- ", "\n\n- ").split("\n\n"))
