"""What pages of documentation add to a folder: YAML and Python in blocks whose first line names a file."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

#: A block's file, the part of every country there under which it goes, such as its stances, and its text.
BLOCK = re.compile(r"^```(?:yaml|python)\n# (\S+)(?:, under (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def add(root: Path, path: str, under: str, text: str) -> None:
    """Adds a block to the end of its file, or under a part of every country that does not have its entry there."""
    if not under:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}")
        return
    for country in root.glob(path):
        head, found, tail = country.read_text(encoding="utf-8").partition(f"  {under}:\n")
        assert found, f"{country.name} has no {under}"
        if f"    {text.split(':')[0]}:" not in tail:
            country.write_text(f"{head}{found}{indent(text, '    ')}{tail}", encoding="utf-8")
