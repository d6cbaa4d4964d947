"""Lists what is installed beside this project with its licence; fails where one is not accepted.

Run by the Python of the environment in question: `.venv/bin/python .ci/licences.py`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "diplomacy-simulator"
ACCEPTED = {"0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-CMU", "MPL-2.0",
            "PSF-2.0", "Public Domain", "Zlib"}
#: Licences that bind whoever passes the whole on. Nobody gets these packages but with the extra named here.
WITH_ONE_EXTRA = {"krippendorff": ("GPL-3.0-or-later", "coding"), "platypus-opt": ("GPL", "discovery")}
#: What the file of licences says, where the metadata say nothing, or also speak of what is not installed: the GPL of
#: docutils is that of an editor's mode, which is in its sources alone.
STATED = {"axe-playwright-python": ["MIT"], "docutils": ["Public Domain", "BSD-2-Clause"]}
#: What licences are called by those who name them in words.
WORDS = {"GPL": r"\bL?GPL|GNU .*General Public", "Apache-2.0": r"\bApache\b", "MPL-2.0": r"\bMozilla\b",
         "PSF-2.0": r"Python Software Foundation", "BSD": r"\bBSD\b", "ISC": r"\bISC\b", "MIT": r"\bMIT\b"}
#: Extras that bring what others bring, named only where no other does.
TOOLS = ("test", "dev")


def licences(found: Distribution) -> list[str]:
    """Names of the licences of a package, all of which hold; ["unknown"] where it names none."""
    about = found.metadata
    if stated := STATED.get(canonicalize_name(about["Name"])):
        return stated
    if expression := about.get("License-Expression"):
        return _all_of(expression)
    said = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License :: ")]
    said = said or [line for line in (about.get("License") or "").strip().splitlines()[:1] if line != "UNKNOWN"]
    return [each for words in said for each in _in_words(words)] or ["unknown"]


def _all_of(expression: str) -> list[str]:
    """The parts of an SPDX expression that all hold; of alternatives an accepted one."""
    return [next((one for one in part.split(" OR ") if one in ACCEPTED), part)
            for part in re.sub(r"[()]", "", expression).split(" AND ")]


def _in_words(words: str) -> list[str]:
    if set(parts := _all_of(words)) <= ACCEPTED:
        return parts
    return [next((name for name, pattern in WORDS.items() if re.search(pattern, words, re.IGNORECASE)), words)]


def brought(by: str, extra: str = "") -> set[str]:
    """Canonical names of all that a package, or one extra of it, brings along, as far as it is installed."""
    found: set[tuple[str, str]] = set()
    left = [(by, extra)]
    while left:
        name, wanted = left.pop()
        if (name, wanted) in found:
            continue
        try:
            lines = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add((name, wanted))
        for requirement in map(Requirement, lines):
            always = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if always or requirement.marker and wanted and requirement.marker.evaluate({"extra": wanted}):
                left += [(canonicalize_name(requirement.name), each) for each in ("", *requirement.extras)]
    return {name for name, _ in found} - {canonicalize_name(by)}


def wrong(name: str, named: Iterable[str], extras: Iterable[str]) -> Iterator[str]:
    """What is not right about the licences of a package that comes with these extras; "" stands for none."""
    only = WITH_ONE_EXTRA.get(name)
    for licence in named:
        if licence in ACCEPTED:
            continue
        if only is None or licence != only[0]:
            yield f"{name}: {licence} is not among the accepted licences"
        elif set(extras) - {*TOOLS} != {only[1]}:
            yield f"{name}: {licence} is accepted with the extra {only[1]} alone; it comes with {', '.join(extras)}"


def main() -> int:
    """Prints the table, and what is wrong with it."""
    extras = ["", *(distribution(PROJECT).metadata.get_all("Provides-Extra") or [])]
    everything = {extra: brought(PROJECT, extra) for extra in extras}
    problems: list[str] = []
    for found in sorted(distributions(), key=lambda each: canonicalize_name(each.metadata["Name"])):
        name, named = canonicalize_name(found.metadata["Name"]), licences(found)
        if name == PROJECT:
            continue
        with_extras = [extra for extra in extras if name in everything[extra]]
        if "" in with_extras:
            with_extras = [""]
        problems += wrong(name, named, with_extras)
        shown = [extra for extra in with_extras if extra not in TOOLS] or with_extras
        print(f"{name:26} {found.version:18} {' AND '.join(named):44} "
              + (", ".join(extra or "always" for extra in shown) or "the environment's own"))
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
