"""`calibrate`: what the record says about the world's numbers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import Json
from sim.cli.terminal import hint, loading, say, say_json
from sim.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.record.calibrate import Calibration


def calibrate(
    scenario: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="A path or the name of a shipped scenario: who "
                                                                       "takes part, and when it starts.")]
        = "july_2025",
    until: Annotated[str | None, typer.Option(metavar="DATE", show_default="the last complete week before the start",
                                              help="Last day of the record to be used.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the world's fitted.yaml, and the report in docs where "
                                                        "there is one.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/calibration",
                                             help="Folder for the report, its table and figures.")] = None,
    json: Json = False,
) -> None:
    """Fit the world's numbers to the record."""
    with loading():
        from sim.paths import scenario_file, world_folder
        from sim.record import calibrate as fitting
        from sim.record import calibration_page, plan
        from sim.scenario import load

    asked = load(scenario)
    world = world_folder(asked.head.world, scenario_file(scenario).parent)
    wanted = plan.read(world)
    if wanted.tones:
        hint("the tone of the press takes a minute or so")
    found = fitting.run(asked, wanted, _day(until))
    folder = calibration_page.leave(found, out or Path("out") / "calibration")
    if write:
        fitting.write(found, world / "fitted.yaml")
        calibration_page.publish(found, world)
    if json:
        say_json(fitting.as_record(found) | {"out": str(folder)})
    else:
        say(report(found), "", f"Report, table and figures: {folder}")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"--until {text}: not a date such as 2025-07-13") from None


def report(found: Calibration) -> Table:
    """The estimates as a table."""
    from rich.table import Table

    from sim.figures.calibrated import shown

    table = Table(title=f"Fitted to the record up to {found.until}", box=None, title_justify="left", pad_edge=False)
    for head, justify in (("", "left"), ("value", "right"), ("s.e.", "right"), ("n", "right"), ("shipped", "right")):
        table.add_column(head, justify=justify)  # type: ignore[arg-type]
    for each in found.estimates.values():
        row: list[Any] = [each.name, shown(each.value), f"{each.error:g}" if each.error is not None else "",
                          f"{each.n}", shown(each.shipped)]
        table.add_row(*row)
    return table
