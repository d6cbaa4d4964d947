"""Blocks of code on the pages of documentation, and what some add to a folder: YAML and Python whose first line names
a file."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent, indent
from typing import NamedTuple

#: A block's file, the part of every country there under which it goes, such as its stances, and its text.
BLOCK = re.compile(r"^```(?:yaml|python)\n# (\S+)(?:, under (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code: its page, its first line there, its language ("" where it is only indented), and its text."""

    page: Path
    line: int
    language: str
    text: str
    before: str  # the line before it that is not empty


def blocks(page: Path) -> list[Block]:
    """All of a page, fenced or indented, in its order."""
    lines, found, number = page.read_text(encoding="utf-8").splitlines(), [], 0
    while number < len(lines):
        first, fence = number, re.match(r" *```(\w*)$", lines[number])
        blank = not lines[number - 1].strip()
        number += 1
        if fence:
            while lines[number].strip() != "```":
                number += 1
            number += 1
            found.append((first, fence[1], lines[first + 1:number - 1]))
        elif blank and re.match(" {4}", lines[first]):
            while number < len(lines) and re.match(" {4}|$", lines[number]):
                number += 1
            found.append((first, "", lines[first:number]))
    return [Block(page, first + 1, language, dedent("\n".join(text)).strip("\n") + "\n",
                  next((line for line in reversed(lines[:first]) if line.strip()), ""))
            for first, language, text in found]


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
