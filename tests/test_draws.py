"""Draws: uniform, keyed by name, week, block and seed, the same whichever others are asked for."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.stats import kstest

from sim.draws import BLOCK, STEP, Draws, again, stream_key

MASK = 2**64 - 1


def philox(counter: tuple[int, ...], key: tuple[int, int]) -> list[int]:
    """Four words of Philox-4x64 with ten rounds (Salmon et al. 2011), written out."""
    a, b, c, d = counter
    low, high = key
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
        a, b, c, d = (second >> 64) ^ b ^ low, second & MASK, (first >> 64) ^ d ^ high, first & MASK
        low, high = (low + 0x9E3779B97F4A7C15) & MASK, (high + 0xBB67AE8584CAA73B) & MASK
    return [a, b, c, d]


@pytest.mark.parametrize(("seed", "name", "week", "block"), [(1, "options.a", 0, 0), (7, "tempo.PRK", 59, 3)])
def test_the_variates_are_the_published_generators(seed: int, name: str, week: int, block: int) -> None:
    """Key from the name, week and block in the upper counter words, each word two variates, the lower half first."""
    low, high = (int(word) for word in stream_key(seed, name))
    words = [word for step in range(1, 4) for word in philox((step, 0, week, block), (low, high))]
    halves = [half for word in words for half in (word & 0xFFFFFFFF, word >> 32)]
    drawn = Draws(seed, block, range(24)).uniform(name, week)
    assert drawn.tolist() == [(half + 0.5) * STEP for half in halves]


def test_a_stream_is_uniform_and_never_0_or_1() -> None:
    values = np.concatenate([Draws(1, block, range(BLOCK)).uniform("options.a", week)
                             for block in range(4) for week in range(4)])
    assert values.min() > 0
    assert values.max() < 1
    assert kstest(values, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(values[::2], values[1::2])[0, 1]) < 4 / np.sqrt(len(values) / 2)


def test_the_ends_of_the_scale_are_half_a_step_away() -> None:
    """However the bits fall: the least and the greatest variate lie inside (0, 1) in double precision."""
    assert 0 < 0.5 * STEP < (2**32 - 0.5) * STEP < 1


@pytest.mark.parametrize(("other", "week", "block", "seed"), [
    ("options.b", 5, 2, 1), ("options.a", 6, 2, 1), ("options.a", 5, 3, 1), ("options.a", 5, 2, 2)])
def test_streams_do_not_overlap(other: str, week: int, block: int, seed: int) -> None:
    """Another name, week, block or seed shares no variate with the first but by accident, in no place."""
    first = Draws(1, 2, range(BLOCK)).uniform("options.a", 5)
    second = Draws(seed, block, range(BLOCK)).uniform(other, week)
    assert len(np.intersect1d(first, second)) <= 1
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(BLOCK)


@pytest.mark.parametrize("columns", [[0], [5], range(10), [3, 4, 900, BLOCK - 1], range(7, 2000, 13)])
def test_a_replicates_variate_does_not_depend_on_which_others_are_drawn(columns: list[int]) -> None:
    whole = Draws(1, 0, range(BLOCK)).uniform("options.a", 9)
    assert np.array_equal(Draws(1, 0, columns).uniform("options.a", 9), whole[list(columns)])


def test_many_streams_at_once_are_the_same_as_one_by_one() -> None:
    draws = Draws(3, 1, range(100))
    names = ["options.a", "options.b", "options.a"]
    together = draws.uniforms(names, 4)
    assert np.array_equal(together, [draws.uniform(name, 4) for name in names])
    assert np.array_equal(together[0], together[2])


def test_draws_survive_pickling() -> None:
    draws = Draws(3, 1, [2, 5])
    again = pickle.loads(pickle.dumps(draws))
    assert len(again) == 2
    assert np.array_equal(again.uniform("tempo.PRK", 8), draws.uniform("tempo.PRK", 8))


@pytest.mark.parametrize("columns", [[], [-1, 0]])
def test_columns_that_are_none_are_refused(columns: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^columns must not be empty or negative$"):
        Draws(1, 0, columns)


def test_columns_may_come_twice_but_not_descend() -> None:
    """Two that are one share all their variates."""
    twice = Draws(1, 0, [3, 3, 7]).uniform("options.a")
    assert twice[0] == twice[1] == Draws(1, 0, [3]).uniform("options.a")[0] != twice[2]
    with pytest.raises(ValueError, match=r"^columns must not descend$"):
        Draws(1, 0, [7, 3])


def test_columns_go_on_into_the_blocks_that_follow() -> None:
    together = Draws(1, 3, range(5, 2 * BLOCK + 9)).uniform("options.a", 2)
    apart = [Draws(1, block, range(BLOCK)).uniform("options.a", 2) for block in (3, 4, 5)]
    assert np.array_equal(together, np.concatenate(apart)[5:2 * BLOCK + 9])


# What else a variate decides

def splitmix(word: int, use: int) -> int:
    """The mixing of Steele, Lea and Flood (2014), written out."""
    word = (word + (use + 1) * 0x9E3779B97F4A7C15) & MASK
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
    return word ^ word >> 31


@pytest.mark.parametrize("use", range(4))
def test_a_variates_further_uses_mix_the_word_behind_it(use: int) -> None:
    words = [0, 1, 12345, 2**31, 2**32 - 1]
    found = again((np.array(words) + 0.5) * STEP, use)
    assert found.tolist() == [((splitmix(word, use) >> 12) + 0.5) * 2.0**-52 for word in words]


@pytest.mark.parametrize("below", [1, 0.2, 0.002])
def test_further_uses_are_uniform_and_unrelated_however_rare_what_they_belong_to(below: float) -> None:
    """Among the variates below a probability: each use by itself, between uses, and toward the variate."""
    uniform = np.concatenate([Draws(1, block, range(BLOCK)).uniform("options.a", week)
                              for week in range(50) for block in range(int(min(40, 2 / below)))])
    kept = uniform[uniform < below]
    uses = [again(kept, use) for use in range(4)]
    assert len(kept) > 5000
    assert all(0 < use.min() < use.max() < 1 for use in uses)
    assert min(kstest(use, "uniform").pvalue for use in uses) > 0.001
    related = np.corrcoef([kept, *uses])[np.triu_indices(5, 1)]
    assert np.abs(related).max() < 4.5 / np.sqrt(len(kept))
