"""Errors that a user can act on: where, what, the nearest valid name, the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

#: Problems told of one input, and characters of one message and of one name in it.
MOST, LONGEST, CLIPPED = 100, 1000, 60


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
        these = "these are" if len(self.problems) > 1 else "this is"
        return f"what else may be wrong is looked at once {these} mended" if self.partial else ""

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


def unknown(kind: str, name: object, known: Iterable[str], labels: dict[str, str] | None = None) -> str:
    """The message for a name nobody knows: `unknown country "DPKR". Did you mean "PRK" (DPRK)? Known: …`.

    `labels` maps known names to other words for them; those are searched for near misses too.
    """
    known = sorted(known)
    labels = labels or {}
    spoken = {label.casefold(): key for key, label in labels.items() if key in known}
    spoken |= {key.casefold(): key for key in known}
    near = get_close_matches(str(name).casefold()[:CLIPPED], spoken, n=1, cutoff=0.6)
    message = f'unknown {kind} "{clip(str(name))}".'
    if near:
        key = spoken[near[0]]
        label = f" ({labels[key]})" if labels.get(key, key) != key else ""
        message += f' Did you mean "{key}"{label}?'
    shown = ", ".join(map(clip, known[:12])) + (f", … ({len(known)} in all)" if len(known) > 12 else "")
    return f"{message} Known: {shown or 'none'}"
