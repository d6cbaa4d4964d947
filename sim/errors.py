"""Errors that a user can act on: where, what, the nearest valid name, the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Mark:
    """A position in a file; line and column count from 1, and 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where."""

    message: str
    mark: Mark | None = None

    def __str__(self) -> str:
        return f"{self.mark}: {self.message}" if self.mark else self.message


class InputError(Exception):
    """Bad input or usage. Carries every problem found, so that a file is mended in one go."""

    def __init__(self, problems: Iterable[Problem] | Problem | str):
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: list[Problem] = list(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[list[Problem]]]:
        return type(self), (self.problems,)


def unknown(kind: str, name: object, known: Iterable[str], labels: dict[str, str] | None = None) -> str:
    """The message for a name nobody knows: `unknown country "DPKR". Did you mean "PRK" (DPRK)? Known: …`.

    `labels` maps known names to other words for them; those are searched for near misses too.
    """
    known = sorted(known)
    labels = labels or {}
    spoken = {label.casefold(): key for key, label in labels.items() if key in known}
    spoken |= {key.casefold(): key for key in known}
    near = get_close_matches(str(name).casefold(), spoken, n=1, cutoff=0.6)
    message = f'unknown {kind} "{name}".'
    if near:
        key = spoken[near[0]]
        label = f" ({labels[key]})" if labels.get(key, key) != key else ""
        message += f' Did you mean "{key}"{label}?'
    shown = ", ".join(known[:12]) + (f", … ({len(known)} in all)" if len(known) > 12 else "")
    return f"{message} Known: {shown or 'none'}"
