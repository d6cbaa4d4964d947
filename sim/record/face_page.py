"""What `python -m sim.record.face` prints, and with `--write` puts into docs/face-validity.md and its figure."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from sim.errors import InputError
from sim.figures import render
from sim.figures.face import face, number, title
from sim.record.face import Faces, compare

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE, PICTURE = DOCS / "face-validity.md", DOCS / "images" / "face.png"
BEGINS, ENDS = "<!-- python -m sim.record.face --write -->", "<!-- end -->"


def lines(found: Faces) -> Iterator[str]:
    """One sentence, the table, and why some statistics differ."""
    yield filled(f"**{title(found.rows)}.** {found.replicates} histories of {found.scenario.weeks} weeks, seed "
                 f"{found.seed}.")
    yield ""
    yield "| | n | record | its 95 % interval | simulated | 90 in 100 histories | |"
    yield "|---|---|---|---|---|---|---|"
    for _, row in found.rows.iterrows():
        cells = [row["title"], str(row["n"]), number(row["record"]), f"{number(row['low'])} to {number(row['high'])}",
                 number(row["simulated"]), f"{number(row['range_low'])} to {number(row['range_high'])}",
                 "within" if row["agrees"] else "**outside**"]
        yield f"| {' | '.join(cells)} |"
    outside = found.rows[~found.rows["agrees"]]
    if len(outside):
        yield ""
        yield "Outside, and why:"
        yield ""
    for _, row in outside.iterrows():
        yield filled(f"- {row['title']}: {row['differs'].strip() or 'no reason is known.'}")


def filled(text: str) -> str:
    """A paragraph or an item on lines of 120 characters."""
    return fill(text, 120, subsequent_indent="  " if text.startswith("- ") else "", break_on_hyphens=False)


def renewed(page: str, text: str) -> str:
    """The page with `text` between its two comments; raises `InputError` where it has none."""
    before, begins, rest = page.partition(f"{BEGINS}\n")
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise InputError(f"{PAGE.name} has no lines {BEGINS} and {ENDS} to put the table between")
    return f"{before}{begins}{text}{ends}{after}"


def main(words: Sequence[str]) -> int:
    """Prints the table, or renews page and figure; returns the exit code."""
    try:
        if unknown := set(words) - {"--write"}:
            raise InputError(f"{', '.join(sorted(unknown))}: the only option is --write")
        found = compare()
        text = "".join(f"{line}\n" for line in lines(found))
        if "--write" not in words:
            print(text, end="")
            return 0
        page = renewed(PAGE.read_text(encoding="utf-8"), text)
        picture = render(face(found), "face", "png")
        for path, data in ((PAGE, page.encode()), (PICTURE, picture)):
            draft = path.with_name(f".{path.name}.unfinished")
            draft.write_bytes(data)
            os.replace(draft, path)
        print(f"{PAGE}\n{PICTURE}", file=sys.stderr)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
