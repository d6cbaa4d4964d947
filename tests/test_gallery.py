"""The gallery shows every shipped scenario, and shows what a run brings."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from sim.paths import shipped_scenarios
from sim.scenario import load

ROOT = Path(__file__).parent.parent
GALLERY = runpy.run_path(str(ROOT / "docs" / "make_gallery.py"))
SECTIONS, PROSE = GALLERY["sections"](), GALLERY["prose"]()
DIGITS = re.compile(r"\d+")


def test_every_shipped_scenario_has_its_section() -> None:
    assert set(PROSE) == set(SECTIONS) == set(shipped_scenarios())
    assert list(PROSE) == list(SECTIONS)


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_section_has_title_picture_and_commands(name: str) -> None:
    text, changed = SECTIONS[name], load(name, *GALLERY["changes"](PROSE[name]["try"]))
    assert text.startswith(f"## {changed.title}\n")
    [picture] = re.findall(r"!\[.+\]\((\S+)\)", text)
    assert (ROOT / "docs" / picture).stat().st_size < 50_000
    commands = re.findall(r"^    python run\.py (.+)$", text, re.MULTILINE)
    assert commands == [f"run {name} -n 1000 --seed 1", f"compare {name} -n 1000 --seed 1 {PROSE[name]['try']}"]


@pytest.mark.slow
def test_a_section_is_what_a_run_brings() -> None:
    """To the letter, but for a replicate or two that another numpy may send elsewhere."""
    text, picture = GALLERY["section"]("tokyo_2021", PROSE["tokyo_2021"])
    shown = SECTIONS["tokyo_2021"]
    assert DIGITS.sub("#", text) == DIGITS.sub("#", shown)
    assert np.allclose([int(found) for found in DIGITS.findall(text)],
                       [int(found) for found in DIGITS.findall(shown)], atol=1)
    assert picture.startswith(b"\x89PNG")
