"""`init`: a small region to start one's own from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json
from sim.cli.terminal import hint, say, say_json


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
         json: Json = False) -> None:
    """Write a small world of three invented countries and a scenario, to start a region of your own from."""
    from sim.cli import program
    from sim.template import write_region

    files = write_region(folder)
    [question] = [name for name in files if name.parts[0] == "scenarios"]
    scenario, world = folder / question, folder / "world"
    following = [shlex.join([*program().split(), *map(str, words)]) for words in (
        ("validate", scenario), ("run", scenario, "-n", 1000), ("list", "mechanisms", "--world", world))]
    if json:
        say_json({"schema": 1, "folder": str(folder), "scenario": str(scenario), "world": str(world),
                  "files": [name.as_posix() for name in files], "next": following})
        return
    count = sum(name.parts[0] == "world" for name in files)
    parts = {str(question): "the question that is asked",
             "world": f"the region, in {count} small files; begin with issues.yaml",
             "schema": "what lets an editor complete and check them as you type"}
    say(f"A region of three invented countries is in {folder}, to run as it is and to change as you like:",
        *(f"  {name:{len(str(question))}}  {what}" for name, what in parts.items()), wide=True)
    hint("\n".join(("", "Type next:", *(f"  {command}" for command in following))))
