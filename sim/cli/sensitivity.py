"""`sensitivity`: which of a scenario's uncertain inputs an outcome hangs on."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, repeated
from sim.cli.asked import asked
from sim.cli.finished import unclaimed
from sim.cli.options import Jobs, Json, Presets, Quiet, Reading, Scenario, Seed, Settings, Without
from sim.cli.progress import in_parts
from sim.cli.terminal import loading, say, say_json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sim.experiments.sensitivity import Sensitivity


class Method(StrEnum):
    """How indices are estimated."""

    sobol = "sobol"
    morris = "morris"
    pawn = "pawn"


#: Heads of the main index and the second one.
HEADS = {"sobol": ("total", "by itself"), "morris": ("size", "signed"), "pawn": ("distance", "")}


def sensitivity(
    scenario: Scenario,
    outcome: Annotated[str, typer.Option("--outcome", metavar="NAME", help="An outcome or an ending.")],
    method: Annotated[Method, typer.Option(help="How the indices are estimated.")] = Method.sobol,
    inputs: Annotated[str | None, typer.Option(metavar="PATH,…", show_default="chosen by a pilot run",
                                               help="Inputs to study, by dotted path.")] = None,
    top: Annotated[int, typer.Option(min=1, max=200, help="How many inputs the pilot run chooses.")] = 12,
    points: Annotated[int | None, typer.Option("-N", "-n", "--points", min=2, max=100_000, show_default="1024; morris "
                                               "512, pawn 4096", help="Base points, best a power of 2. Each takes "
                                               "inputs + 3 replicates; morris inputs + 1, pawn 1.")] = None,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>-sensitivity",
                                             help="Folder for tables and figures.")] = None,
    jobs: Jobs = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show which assumptions an outcome hangs on."""
    said: dict[str, Any] = {"--outcome": outcome, "--method": method.value, "--inputs": inputs, "--top": top,
                            "-n": points, "--seed": seed, "--out": out, "--jobs": jobs, "--set": settings or [],
                            "--without": without or [], "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        found, folder = _simulate(scenario, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("sensitivity", scenario, said) from None
    if json:
        from sim.experiments.sensitivity import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Tables and figures: {folder}")


def _simulate(source: str, said: dict[str, Any], quiet: bool) -> tuple[Sensitivity, Path]:
    """Runs and writes; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.experiments.sensitivity import KIND, require, run, write

    require()
    of = asked(source, said["--set"], said["--without"], said["--reading"], said["--preset"])
    folder = said["--out"] or Path("out") / f"{of.scenario.name}-sensitivity"
    store.check(folder, KIND)
    with in_parts(quiet) as part:
        inputs = [path.strip() for path in (said["--inputs"] or "").split(",") if path.strip()]
        found = run(of.scenario, said["--outcome"], inputs, said["--top"], said["--method"], said["-n"], said["--seed"],
                    said["--jobs"], part)
    told = {option: said[option] for option in ("--outcome", "--method", "--inputs", "--top")}
    command = repeated("sensitivity", source, said | {"-n": found.points}, told)
    folder = unclaimed(said["--out"], folder, KIND, command, of.scenario)
    write(found, folder, command, of.world)
    return found, folder


def report(found: Sensitivity) -> list[RenderableType]:
    """What came out, for a person: the indices, then the tornado."""
    from rich.text import Text

    scenario, count = found.scenario, len(found.inputs)
    chosen = (f"the {count} of {len(found.pilot):,} inputs drawn once in each history whose ranks correlate most "
              f"with it in a pilot run (which alone tells {int(found.pilot['distinct'].sum())} of them from chance)"
              if len(found.pilot) else f"{count} input{'s' * (count != 1)}")
    parts: list[RenderableType] = [
        Text(scenario.title, style="bold"), "",
        f"What does “{found.title}” hang on? Method {found.method}, {found.points:,} base points over {chosen}; "
        f"{found.replicates:,} replicates in all, seed {found.seed}."]
    if found.left_out:
        parts += [f"{found.left_out:,} base points are left out: the outcome does not apply in one of their rows."]
    if found.indices.empty:
        others = ", ".join(found.varied[:5]) or "none does in so few rows"
        return [*parts, "", f"It is the same in every row, so that there is nothing to explain. Outcomes that vary: "
                            f"{others}."]
    told = f"{found.mean:.2f} on average" if found.kind == "number" else f"{100 * found.mean:.1f} in 100 rows"
    parts += [f"It comes to {told}.", "", _indices(found), *_inert(found), "", *_meaning(found), ""]
    if found.tornado["changed"].any():
        parts += [_tornado(found)]
    if len(still := found.tornado["title"][found.tornado["changed"] == 0]):
        parts += [f"Without any change at its 5 % and 95 % quantile: {'; '.join(still)}."]
    return [*parts, "", "This explores what a model's assumptions lead to; it is no forecast. Ranges are 95 % "
                        "intervals for the number of runs made."]


def _meaning(found: Sensitivity) -> list[RenderableType]:
    if found.method == "sobol":
        return ["Shares of the outcome's variance: total, all that hangs on the input; by itself, what it moves "
                "whatever the others and chance do. Chance is held while an input changes: an input without effect "
                "has exactly 0. Grey cannot be told from noise."]
    if found.method == "morris":
        return ["How much moving the input by half of its range changes the outcome on average: whatever the "
                "direction, and with its sign. Chance is held meanwhile: an input without effect has exactly 0. "
                "Grey cannot be told from noise."]
    return [f"How far the outcome's distribution in a tenth of the input's range lies from the whole one (0 to 1, "
            f"median of ten). Of inputs without effect 95 in 100 stay below {found.indices['noise'].iloc[0]:.3f}: "
            "those are grey."]


def _inert(found: Sensitivity) -> list[RenderableType]:
    """The inputs without any effect, in a sentence."""
    from sim.experiments.sensitivity import MAIN

    titles = found.indices["title"][found.indices[MAIN[found.method][0]] == 0]
    return [f"Exactly 0, in every row: {'; '.join(titles)}."] if len(titles) else []


def _indices(found: Sensitivity) -> Table:
    """A line per input with an effect."""
    from sim.experiments.sensitivity import MAIN

    heads = [(name, head) for name, head in zip(MAIN[found.method], HEADS[found.method], strict=True) if name]
    table = _table("Input", *(head for _, head in heads))
    rows: list[Any] = found.chance.assign(title="Chance, and all other inputs").to_dict("records")
    for row in [*rows, *(row for row in found.indices.to_dict("records") if row[heads[0][0]] != 0)]:
        table.add_row(row["title"], *(_shaded(_with_range(row, name), row[f"{name}_distinct"]) for name, _ in heads))
    return table


def _tornado(found: Sensitivity) -> Table:
    """A line per input that changes anything: the outcome at both of its ends."""
    from sim.figures.measure import number, short

    scale = 1 if found.kind == "number" else 100
    table = _table("Input at its 5 % and 95 % quantile", "values", "in 100 runs" if scale > 1 else "outcome",
                   "difference")
    for row in found.tornado[found.tornado["changed"] > 0].to_dict("records"):
        at_low, at_high, value, low, high = (scale * row[name] for name in ("at_low", "at_high", "difference", "low",
                                                                            "high"))
        values = f"{short(row['value_low'])} → {short(row['value_high'])}"
        outcome = f"{at_low:.1f} → {at_high:.1f}" if scale > 1 else f"{number(at_low)} → {number(at_high)}"
        apart = f"{value:+.1f} ({low:+.1f} to {high:+.1f})" if scale > 1 else (
            f"{number(value, True)} ({number(low, True)} to {number(high, True)})")
        table.add_row(row["title"], values, outcome, _shaded(apart.replace("-", "−"), row["distinct"]))
    return table


def _with_range(row: dict[str, Any], name: str) -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    return f"{value:.3f} ({low:.3f} to {high:.3f})".replace("-", "−") if high > low else f"{value:.3g}"


def _shaded(text: str, distinct: bool) -> Any:
    """A text, grey where it cannot be told from noise, and then in brackets for where there is no colour."""
    from rich.text import Text
    return Text(text) if distinct else Text(f"[{text}]", style="bright_black")


def _table(*heads: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, head in enumerate(heads):
        table.add_column(head, no_wrap=place > 0, max_width=None if place else 34)
    return table
