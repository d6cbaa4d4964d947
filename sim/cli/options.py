"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.paths import shipped_scenarios


def shipped_names(incomplete: str) -> list[str]:
    """Names that a shell may complete."""
    return [name for name in shipped_scenarios() if name.startswith(incomplete)]


Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="A path or the name of a shipped scenario.",
                                         autocompletion=shipped_names)]
Settings = Annotated[list[str] | None, typer.Option(
    "--set", metavar="PATH=VALUE",
    help="Change a number, such as mechanisms.drill_draws_statement.strength=0 or weeks=30.")]
Without = Annotated[list[str] | None, typer.Option("--without", metavar="EVENT", help="Leave an event out.")]
Reading = Annotated[str | None, typer.Option("--reading", metavar="NAME", help="Read the world's sources this way.")]
Presets = Annotated[list[str] | None, typer.Option("--preset", metavar="NAME", help="Lay a named set of changes over "
                                                   "the world.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same result.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>",
                                          help="Folder for files and figures.")]
Jobs = Annotated[int | None, typer.Option(min=1, max=1024, show_default="all cores",
                                          help="Processes. The result does not depend on it.")]
Cluster = Annotated[str | None, typer.Option(
    metavar="ADDRESS", show_default=False, help='Run on a Dask cluster: "local", or its scheduler such as '
                                                "tcp://127.0.0.1:8786.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
