"""docs/odd.md: its tables are those of the seeds and the code, it names all there is, and what it says of draws can be
followed without the code."""

from __future__ import annotations

import importlib.util
import re
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sim import catalog
from sim.catalog.outcome import KINDS as VERBS
from sim.draws import Draws
from sim.mechanisms import FAMILIES, KINDS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "odd.md").read_text(encoding="utf-8")
MASK = 2**64 - 1


@pytest.fixture(scope="module")
def making() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_odd", DOCS / "make_odd.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_are_those_of_the_seeds(making: ModuleType) -> None:
    assert set(making.TABLES) == {name for name, _ in making.TABLE.findall(PAGE)}
    was, now = PAGE.splitlines(), making.renewed(PAGE).splitlines()
    assert [line for line in now if line not in was] == [], "renew it: python docs/make_odd.py"
    assert len(was) == len(now)


def test_every_feature_family_verb_and_memory_is_described() -> None:
    """Outside the tables, which name them all by themselves."""
    prose = re.sub(r"<!-- table .*?<!-- end -->", "", PAGE, flags=re.DOTALL)
    shown = set(re.findall(r"`(\w+)[`:]", prose))
    assert set(FAMILIES) | set(KINDS) | set(VERBS) <= shown
    for memory in set(catalog.Memory.model_fields) - set(catalog.Sourced.model_fields):
        assert f"keep({memory})" in prose or memory.startswith("conduct_"), memory


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x64 with ten rounds (Salmon et al. 2011)."""
    for step in range(10):
        if step:
            key = [(key[0] + 0x9E3779B97F4A7C15) & MASK, (key[1] + 0xBB67AE8584CAA73B) & MASK]
        high, low = zip(*(divmod(factor * word, 2**64) for factor, word in (
            (0xD2E7470EE14C6C93, counter[0]), (0xCA5A826395121157, counter[2]))), strict=True)
        counter = [high[1] ^ counter[1] ^ key[0], low[1], high[0] ^ counter[3] ^ key[1], low[0]]
    return counter


def variate(seed: int, name: str, week: int, replicate: int) -> int:
    """The whole number v of Section 7.1, from what it says alone."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
    key = [int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")]
    block, place = divmod(replicate, 2048)
    word = philox([1 + place // 8, 0, week, block], key)[place // 2 % 4]
    return word >> 32 if place % 2 else word & 0xFFFFFFFF


def again(v: int, use: int) -> float:
    """Use n of a word, from what Section 7.1 says alone."""
    x = (v + (use + 1) * 0x9E3779B97F4A7C15) & MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return ((x ^ x >> 31) >> 12) * 2.0**-52 + 2.0**-53


def test_the_draws_shown_follow_from_what_is_said() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 6
    for name, week, replicate, v, u, other in rows:
        found = variate(1, name, int(week), int(replicate))
        assert found == int(v)
        assert f"{(found + 0.5) / 2**32:.12f}" == u
        assert f"{again(found, 0):.12f}" == other


@pytest.mark.parametrize("replicate", [0, 1, 6, 2047, 2048, 4105])
def test_draws_follow_what_is_said(replicate: int) -> None:
    block, place = divmod(replicate, 2048)
    assert Draws(9, block, [place]).words(("options.any", "choices.other"), 17)[:, 0].tolist() == [
        variate(9, "options.any", 17, replicate), variate(9, "choices.other", 17, replicate)]


def test_the_gauss_rule_shown_averages_over_tempo() -> None:
    """Of odd powers nothing is left; of the squares of tanh Z, what a fine sum over the normal density gives."""
    rows = re.findall(r"^\| (−?0\.\d{9}) \| (0\.\d{9}) \|$", PAGE, re.MULTILINE)
    nodes, weights = (np.array([float(cell.replace("−", "-")) for cell in column])
                      for column in zip(*rows, strict=True))
    assert len(nodes) == 6
    assert abs(weights.sum() - 1) < 1e-8
    z = np.linspace(-9, 9, 20001)
    density = np.exp(-z**2 / 2) / np.exp(-z**2 / 2).sum()
    for power in range(1, 8):
        assert abs((weights * nodes**power).sum() - (density * np.tanh(z)**power).sum()) < 1e-8
