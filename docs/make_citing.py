"""Renews the citation in docs/citing.md from CITATION.cff: `python docs/make_citing.py`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import fill

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sim.reading import read_text  # noqa: E402

PAGE, SOURCE = ROOT / "docs" / "citing.md", ROOT / "CITATION.cff"
PLACE = re.compile(r"(?<=^<!-- from CITATION\.cff -->\n).*?(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)


def citation() -> str:
    """As a sentence, and for BibTeX."""
    cff = read_text(SOURCE.read_text(encoding="utf-8")).data
    who = " and ".join(author["name"] for author in cff["authors"])
    sentence = f"{who[0].upper()}{who[1:]}. *{cff['title']}*, version {cff['version']}."
    return (f"{fill(sentence, 120)}\n\n```bibtex\n@software{{diplomacy_simulator,\n"
            f"  author  = {{{{{who}}}}},\n  title   = {{{{{cff['title']}}}}},\n"
            f"  version = {{{cff['version']}}},\n}}\n```\n")


def renewed(page: str) -> str:
    """The page with the citation in its place."""
    return PLACE.sub(lambda _: citation(), page)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
