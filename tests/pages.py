"""What pages of documentation add to a folder: YAML and Python in blocks whose first line names a file."""

from __future__ import annotations

import re
from pathlib import Path

#: A block's file, whether it goes under the stances of every country there, and its text.
BLOCK = re.compile(r"^```(?:yaml|python)\n# (\S+)(, under stances)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def add(root: Path, path: str, under_stances: str, text: str) -> None:
    """Adds a block to the end of its file, or to the stances of every country that has none on the issue."""
    if not under_stances:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}")
        return
    for country in root.glob(path):
        head, found, tail = country.read_text(encoding="utf-8").partition("  stances:\n")
        assert found, f"{country.name} has no stances"
        if text.split(":")[0] not in tail:
            country.write_text(f"{head}{found}    {text}{tail}", encoding="utf-8")
