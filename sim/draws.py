"""Keyed random draws: every stream has a name, and no stream knows of another.

A stream is named after what it decides (an option, an event, the path of an input). Its key is a
hash of the ensemble's seed and that name; the week and the block sit in the upper words of the
Philox counter, and the low word starts at 0. So a draw never depends on how many replicates were
asked for, which process drew it, or what else stands in the scenario, and two scenarios share
their draws stream by stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np

from sim.arrays import Array

#: Replicates per block. Part of what a seed means: changing it changes every result.
BLOCK = 2048
Words = np.ndarray[Any, np.dtype[np.uint32]]
#: Spacing of the variates: each takes half of one of the generator's 64-bit words.
STEP = 2.0**-32


@lru_cache(maxsize=65536)
def stream_key(seed: int, name: str) -> tuple[int, int]:
    """The Philox key of the stream `name` in the ensemble with this seed."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


class Draws:
    """The uniform variates of a block of replicates, of some of its columns, or of several blocks in a row.

    `columns` are positions from the block's first replicate on, never descending; those beyond its end belong to the
    blocks that follow, and one that comes twice stands for two that share all their variates. A stream is drawn up to
    the last of them and picked from, so that a replicate's variates are the same whichever others are asked for.
    """

    def __init__(self, seed: int, block: int, columns: Sequence[int]):
        self.seed, self.block = seed, block
        self.columns = np.asarray(columns, dtype=np.intp)
        if not len(self.columns) or self.columns[0] < 0:
            raise ValueError("columns must not be empty or negative")
        if (np.diff(self.columns) < 0).any():
            raise ValueError("columns must not descend")
        prefix = bool((self.columns == np.arange(len(self.columns))).all())
        self._pick: Any = slice(len(self.columns)) if prefix else self.columns
        self._words = int(self.columns[-1]) // 2 + 1
        self._bits = np.random.Philox(0)
        self._place: dict[str, Sequence[int]] = {}
        self._state: Any = {"bit_generator": "Philox", "state": self._place, "buffer": [0, 0, 0, 0], "buffer_pos": 4,
                       "has_uint32": 0, "uinteger": 0}

    def __len__(self) -> int:
        return len(self.columns)

    def uniform(self, name: str, week: int = 0) -> Array:
        """Variates in (0, 1) of the stream `name` in `week`, one per replicate, shape (R,)."""
        return uniform_of(self.words((name,), week)[0])

    def uniforms(self, names: Sequence[str], week: int = 0) -> Array:
        """Variates in (0, 1) of several streams, shape (len(names), R)."""
        return uniform_of(self.words(names, week))

    def words(self, names: Sequence[str], week: int) -> Words:
        """The whole numbers below 2^32 that the variates of several streams are made of, shape (len(names), R)."""
        words = np.empty((len(names), self._words), dtype="<u8")
        bits, place = self._bits, self._place
        firsts = range(0, self._words, BLOCK // 2)
        for name, row in zip(names, words, strict=True):
            place["key"] = stream_key(self.seed, name)
            for block, first in enumerate(firsts, self.block):
                place["counter"] = [0, 0, week, block]
                bits.state = self._state
                part = row[first:first + BLOCK // 2]
                part[:] = bits.random_raw(len(part))
        return words.view("<u4")[:, self._pick]

    def __getstate__(self) -> dict[str, Any]:
        return {"seed": self.seed, "block": self.block, "columns": self.columns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def uniform_of(words: Words) -> Array:
    """The variates in (0, 1): each the middle of one of 2^32 even steps, so that neither 0 nor 1 is drawn."""
    uniform = words * STEP
    uniform += STEP / 2
    return uniform


def again(uniform: Array, use: int) -> Array:
    """Another variate in (0, 1) from the word behind each of these: for the day, size, … of what they decided.

    `use` numbers the purposes. The word is mixed as in the splitmix64 generator, so that what comes out is uniform
    whatever range the variates were selected from, and the same to the last bit in every run.
    """
    word = (uniform / STEP).astype(np.uint64) + np.uint64((use + 1) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word ^= word >> np.uint64(shift)
        word *= np.uint64(factor)
    word ^= word >> np.uint64(31)
    return (word >> np.uint64(12)) * 2.0**-52 + 2.0**-53
