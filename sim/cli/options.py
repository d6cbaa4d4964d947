"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="A path or the name of a shipped scenario.")]
Settings = Annotated[list[str] | None, typer.Option(
    "--set", metavar="PATH=VALUE",
    help="Change a number, such as mechanisms.drill_draws_statement.strength=0 or weeks=30.")]
Without = Annotated[list[str] | None, typer.Option("--without", metavar="EVENT", help="Leave an event out.")]
Reading = Annotated[str | None, typer.Option("--reading", metavar="NAME", help="Read the world's sources this way.")]
Presets = Annotated[list[str] | None, typer.Option("--preset", metavar="NAME", help="Lay a named set of changes over "
                                                   "the world.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
