"""Index: which row of which array stands for which name."""

from __future__ import annotations

from dataclasses import dataclass

from sim.arrays import Array


@dataclass
class Index:
    """Numbers of the names that arrays have rows for."""

    country: dict[str, int]
    issue: dict[str, int]
    cue: dict[str, int]
    flag: dict[str, int]
    leader: dict[str, int]
    leader_country: tuple[int, ...]
    instances: dict[str, tuple[int, ...]]
    lasting: dict[tuple[str, ...], int]  # names of what can be under way
    scales: dict[tuple[str, str], tuple[tuple[int, int], ...]]  # (country, family): (leader, input row)
    usual: Array  # (2 kinds, C*C): mean conduct in Goldstein points a week
    spread: Array  # (2 kinds, C*C): how far the fast memory strays from it

    def pair(self, first: str, second: str) -> int:
        """Row of an ordered pair of countries."""
        return self.country[first] * len(self.country) + self.country[second]
