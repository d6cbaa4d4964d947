"""Renews the output shown in README.md, docs/how-to/*.md and docs/tutorial.md: `python docs/make_how_to.py`.

A line `<!-- shows 1:20, 30:34 -->` after an indented command has those lines of its output put into the block that
follows, with … for what is left out. The commands run beside a run of july_2025 with 2,000 replicates of seed 1 and the
scenario of README.md as my_scenario.yaml; those of the tutorial in a folder of their own, in their order, each finding
what the ones before it left.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README, TUTORIAL = ROOT / "README.md", ROOT / "docs" / "tutorial.md"
SHOWN = re.compile(r"^ {4}python (run\.py [^\n]*)\n\n<!-- shows ([\d:, ]+) -->\n```text\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)


def output(command: str, folder: Path) -> list[str]:
    """What a command prints, as if typed in the folder."""
    found = subprocess.run([sys.executable, ROOT / "run.py", *command.split()[1:]], cwd=folder, check=True,
                           capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONPATH": str(ROOT)})
    return found.stdout.splitlines()


def excerpt(lines: list[str], ranges: str) -> str:
    """The lines of these ranges, counted from 1."""
    parts, last = [], 0
    for part in ranges.split(","):
        first, end = map(int, part.split(":"))
        parts += ["…"] if first > last + 1 else []
        parts += lines[first - 1:end]
        last = end
    return "\n".join([*parts, *(["…"] if last < len(lines) else [])]) + "\n"


def renewed(page: str, folder: Path) -> str:
    """A page with the output that its commands have in a copy of the folder, where no other page has left anything."""
    def renew(match: re.Match[str]) -> str:
        start = match[0][:match.start(3) - match.start()]
        return start + excerpt(output(match[1], here), match[2]) + "```"

    with tempfile.TemporaryDirectory() as name:
        here = shutil.copytree(folder, Path(name, "here"))
        return SHOWN.sub(renew, page)


def prepared(folder: Path) -> Path:
    """The folder, with the run and the scenario in it that pages speak of."""
    output("run.py run july_2025 -n 2000 -q", folder)
    scenario = README.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    (folder / "my_scenario.yaml").write_text(scenario, encoding="utf-8")
    return folder


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        beside = prepared(Path(name))
        for path in (README, *sorted((ROOT / "docs" / "how-to").glob("*.md"))):
            path.write_text(renewed(path.read_text(encoding="utf-8"), beside), encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        TUTORIAL.write_text(renewed(TUTORIAL.read_text(encoding="utf-8"), Path(name)), encoding="utf-8")
