"""`theories`: each theory of the world as the only one, side by side, and which causes make the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, repeated
from sim.cli.asked import asked
from sim.cli.finished import unclaimed
from sim.cli.options import Jobs, Json, Presets, Quiet, Reading, Scenario, Seed, Settings, Without
from sim.cli.progress import in_parts
from sim.cli.terminal import loading, many, say, say_json

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType
    from rich.table import Table

    from sim.experiments.theories import Theories

#: How many outcomes are shown that theories differ in, families of each theory, and mechanisms.
OUTCOMES, FAMILIES, MECHANISMS = 4, 2, 10


def theories(
    scenario: Scenario,
    replicates: Annotated[int, typer.Option("-n", "--replicates", min=1, max=1_000_000,
                                            help="Histories of each theory; half as many of each cause.")] = 2000,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>-theories",
                                             help="Folder for tables and the figure.")] = None,
    jobs: Jobs = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario under each theory alone, and show what differs and why."""
    said: dict[str, Any] = {"-n": replicates, "--seed": seed, "--out": out, "--jobs": jobs, "--set": settings or [],
                            "--without": without or [], "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        found, folder = _simulate(scenario, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("theories", scenario, said) from None
    if json:
        from sim.experiments.theories import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Tables and figure: {folder}")


def _simulate(source: str, said: dict[str, Any], quiet: bool) -> tuple[Theories, Path]:
    """Runs and writes; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.experiments.theories import KIND, run, write

    of = asked(source, said["--set"], said["--without"], said["--reading"], said["--preset"])
    folder = said["--out"] or Path("out") / f"{of.scenario.name}-theories"
    store.check(folder, KIND)
    with in_parts(quiet) as part:
        found = run(of.scenario, said["-n"], said["--seed"], said["--jobs"], part)
    command = repeated("theories", source, said)
    folder = unclaimed(said["--out"], folder, KIND, command, of.scenario)
    write(found, folder, command, of.world)
    return found, folder


def report(found: Theories) -> list[RenderableType]:
    """What came out, for a person: endings and outcomes by theory, then families, then mechanisms."""
    from rich.text import Text

    from sim.summary import day_in_words

    scenario = found.scenario
    half = f"{many(found.halved, 'replicate')} each"
    mix = ", ".join(f"{scenario.theories[name].name} {weight:g}" for name, weight in scenario.mix.items())
    endings = found.shares[found.shares["kind"] == "ending"]
    parts: list[RenderableType] = [
        Text(scenario.title, style="bold"), scenario.asks.strip(), "",
        f"Each theory as the only one, on the same draws: {many(found.replicates, 'replicate')} of "
        f"{many(scenario.weeks, 'week')} from {day_in_words(scenario.start)}, seed {found.seed}. The mix: {mix}.",
        *_side_by_side("How it ends", found, endings)]
    if not (apart := _apart(found.shares)).empty:
        parts += _side_by_side("What happens, where theories are farthest apart", found, apart)
    if not found.families.empty:
        parts += ["", Text(f"One family of causes as the theory has it, all else as in the mix ({half})", style="bold"),
                  *_families(found)]
    if not found.mechanisms.empty:
        count = found.mechanisms["mechanism"].nunique()
        shown = "the one that changes" if count == 1 else f"the {min(MECHANISMS, count)} that change"
        parts += ["", Text(f"The mix without one mechanism: of {count} tried in {' and '.join(found.leading)}, "
                           f"{shown} most endings ({half})", style="bold"),
                  *_mechanisms(found)]
    return [*parts, "", "This explores what a model's assumptions lead to; it is no forecast. Ranges are 95 % "
                        "intervals for the number of runs made, each by itself; the largest of many tends to be "
                        "overstated."]


def _apart(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of those outcomes that are a share and farthest from the mix's under some theory."""
    rows = shares[shares["kind"].isin(["yes_no", "date"])]
    far = rows["size"].abs().groupby(rows["name"], sort=False).max().dropna().nlargest(OUTCOMES)
    return rows[rows["name"].isin(far[far > 0].index)]


def _side_by_side(title: str, found: Theories, rows: pd.DataFrame) -> Iterator[RenderableType]:
    """For each ending or outcome, a line per theory."""
    from rich.text import Text

    from sim.experiments.theories import MIX, in_points
    from sim.summary import in_100_runs

    yield from ("", Text(title, style="bold"), _table((26, 29, 23), [("", "in 100 runs", "against the mix")]))
    for _, group in rows.groupby("name", sort=False):
        cells = []
        for row in group.to_dict("records"):
            share = in_100_runs(round(row["mean"] * row["runs"]), row["runs"]) if row["runs"] else "applies in no run"
            told = in_points(row["difference"], row["difference_low"], row["difference_high"])
            cells.append((f"  {found.titles[row['theory']]}", share.replace(" in 100 runs", ""),
                          "" if row["theory"] == MIX else told))
        yield from (group["title"].iloc[0], _table((26, 29, 23), cells))


def _families(found: Theories) -> Iterator[RenderableType]:
    """For each theory the families that change most endings, and what each moves most."""
    from sim.experiments.theories import ALL, moved

    change = moved(found.families, "theory", "family")
    for theory, rows in found.families.groupby("theory", sort=False):
        own = change[theory].drop(ALL).sort_values(ascending=False, kind="stable").head(FAMILIES)
        cells = []
        for family in own.index:
            of = rows[rows["family"] == family]
            told = f"  {family} {of['mix_weight'].iloc[0]:.2g} → {of['weight'].iloc[0]:.2g}"
            cells += [(first, what, by) for first, (what, by) in zip((told, ""), _most(of), strict=False)]
        yield from (f"{found.titles[str(theory)]}, all weights: {100 * change[theory, ALL]:.1f} in 100 runs end "
                    "otherwise, net", _table((23, 26, 29), cells))


def _mechanisms(found: Theories) -> Iterator[RenderableType]:
    """The mechanisms that change most endings, and what happens without each."""
    for name in found.mechanisms["mechanism"].unique()[:MECHANISMS]:
        of = found.mechanisms[found.mechanisms["mechanism"] == name]
        yield from (f"{of['mechanism_title'].iloc[0]} ({of['family'].iloc[0]})",
                    _table((49, 29), [(f"  {what}", by) for what, by in _most(of)]))


def _most(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """The ending that is moved most, and the outcome: by how many runs in 100, or by how much in its own unit."""
    from sim.experiments.theories import in_points

    found: list[tuple[str, str]] = []
    for kept, by in ((rows["kind"] == "ending", "value"), (rows["kind"] != "ending", "size")):
        chosen = rows[kept & rows[by].notna() & ~rows["title"].isin([title for title, _ in found])]
        if not chosen.empty:
            row = chosen.iloc[int(chosen[by].abs().argmax())]
            numbers, unit = (row["value"], row["low"], row["high"]), " in 100"
            if row["kind"] == "number":
                value, low, high = (f"{each:+.2g}".replace("-", "−") for each in numbers)
                unit = ""
            else:
                value, low, high = map(in_points, numbers)
            found.append((row["title"], f"{value}{unit} ({low} to {high})"))
    return found


def _table(widths: Sequence[int], rows: Iterable[Sequence[RenderableType]]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 1, 0, 0))
    for width in widths:
        table.add_column(width=width)
    for row in rows:
        table.add_row(*row)
    return table
