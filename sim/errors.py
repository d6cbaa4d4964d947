"""Errors that a user can act on: where, what, the nearest valid name, the remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

#: Problems told of one input, and characters of one message and of one name in it.
MOST, LONGEST, CLIPPED = 100, 1000, 60
#: Names that are offered in place of one that nobody knows.
FEW = 3

#: Known name → other words for it, the first of which is shown.
Labels: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, order=True)
class Mark:
    """A position in a file; line and column count from 1, and 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        file = one_line(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where."""

    message: str
    mark: Mark | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", one_line(self.message))

    def __str__(self) -> str:
        return f"{self.mark}: {self.message}" if self.mark else self.message


class InputError(Exception):
    """Bad input or usage. Carries every problem found, so that a file is mended in one go; of very many the first.

    The problems of a file come in the order of its lines. `partial` says that they kept a later check from being made.
    """

    def __init__(self, problems: Iterable[Problem] | Problem | str, partial: bool = False):
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems, self.partial = _in_order(problems), partial
        if len(self.problems) > MOST:
            mark = self.problems[MOST].mark
            self.problems[MOST:] = [Problem(f"and more; only the first {MOST} problems are told", mark)]
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def later(self) -> str:
        """What is to be said where a later check was not made."""
        these = "these" if len(self.problems) > 1 else "this"
        return f"mend {these} first: more may be found then" if self.partial else ""

    def __reduce__(self) -> tuple[type[InputError], tuple[list[Problem], bool]]:
        return type(self), (self.problems, self.partial)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems, each once: file by file as they came up, and within a file from its top."""
    found = [(problem, problem.mark or Mark("")) for problem in dict.fromkeys(problems)]
    files = {mark.file: place for place, (_, mark) in reversed(list(enumerate(found)))}
    found.sort(key=lambda each: (files[each[1].file], each[1]))
    return [problem for problem, _ in found]


def one_line(text: str) -> str:
    """The text without line breaks and other controls, and its end left off where it is very long."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    return text if len(text) <= LONGEST else text[:LONGEST - 1] + "…"


def clip(text: str) -> str:
    """The text, its end left off where it is long."""
    return text if len(text) <= CLIPPED else text[:CLIPPED - 3] + "…"


def singular(plural: str) -> str:
    """What one entry of a section is called: `country` of `countries`, `event` of `events`."""
    return plural.removesuffix("ies") + "y" if plural.endswith("ies") else plural.removesuffix("s")


def shown_names(entries: Mapping[str, Any]) -> Labels:
    """The names by which output calls entries, the shortest first; of their models, or of plain data."""
    fields = ("short", "name", "title")
    found = {key: [entry.get(field) if isinstance(entry, Mapping) else getattr(entry, field, None) for field in fields]
             for key, entry in entries.items()}
    return {key: tuple(name for name in names if name and isinstance(name, str) and name != key)
            for key, names in found.items()}


def unknown(kind: str, name: object, known: Iterable[str], labels: Labels | None = None) -> str:
    """The message for a name nobody knows: `unknown country "DPKR". Did you mean "PRK" (DPRK)? Known: …`.

    `labels` are other words for known names; those are searched for near misses too, and where there is none, for
    words in common.
    """
    known, labels = sorted(known), labels or {}
    message = f'unknown {kind} "{clip(str(name))}".'
    if near := nearest(name, known, labels):
        message += f" Did you mean {' or '.join(near)}?"
    shown = ", ".join(map(clip, known[:12])) + (f", … ({len(known)} in all)" if len(known) > 12 else "")
    return f"{message} Known: {shown or 'none'}"


def nearest(name: object, known: Collection[str], labels: Labels) -> list[str]:
    """The known name that comes nearest, quoted, and beside it its label; several where none is near, but the labels
    of a few have as many words in common with it."""
    given = str(name).casefold()[:CLIPPED]
    words = {key: tuple(word.casefold() for word in labels.get(key, ())) for key in known}
    spoken = {word: key for key in reversed(words) for word in words[key]} | {key.casefold(): key for key in known}
    found = [spoken[near] for near in get_close_matches(given, spoken, n=1, cutoff=0.6)]
    if not found:
        common = {key: sum(bool(get_close_matches(part, " ".join(said).split(), n=1, cutoff=0.8))
                           for part in given.split() if len(part) > 3)
                  for key, said in words.items()}
        most = max(common.values(), default=0)
        found = [key for key, count in common.items() if count == most > 0]
    return [f'"{key}"' + _beside(key, labels.get(key, ())) for key in found] if len(found) <= FEW else []


def _beside(key: str, names: tuple[str, ...]) -> str:
    """What a known name is called, unless that is the same again."""
    same = not names or names[0].casefold() == key.replace("_", " ").casefold()
    return "" if same else f" ({clip(names[0])})"
