"""The gallery shows every shipped scenario, and shows what a run brings."""

from __future__ import annotations

import re
import runpy
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from sim.ensemble import run
from sim.paths import scenario_file, shipped_scenarios
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


@pytest.mark.slow
def test_the_headline_is_what_a_run_brings(tmp_path: Path) -> None:
    """Its shares, and beside the answer to a drill the fortnights that no drill falls into or comes a fortnight before;
    on fewer replicates, so within their error."""
    drills, windows = "[trilateral_exercise, trilateral_air_drill]", []
    for start in (date(2025, 8, 4) + timedelta(28) * number for number in range(14)):
        end = start + timedelta(14)
        windows.append(f"  fortnight_{start:%y%m%d}: {{happened: [condemn, warn, ultimatum], by: PRK, from: {start}, "
                       f"until: {end}, given: {{none_in: {drills}, from: {start - timedelta(14)}, until: {end}}}}}\n")
    asked = tmp_path / "asked.yaml"
    text = scenario_file("july_2025").read_text(encoding="utf-8")
    asked.write_text(text.replace("outcomes:\n", "outcomes:\n" + "".join(windows), 1), encoding="utf-8")
    found = run(load(asked), 2000, jobs=1).outcomes
    quoted = " ".join(re.findall("^> (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    shares = re.findall(r"(\d+) (?:in 100 )?\(\d+–\d+\)", quoted)
    names = ("armed_clash", "crisis", "dialogue_resumes", "managed_stalemate")
    brought = [100 * (found["ending"] == name).mean() for name in names]
    brought.append(100 * found["statement_within_14_days"].mean())
    assert np.allclose([int(share) for share in shares], brought, atol=3)
    [span] = re.findall(r"without a drill one comes in (\d+) to (\d+)", quoted)
    assert span in re.findall(r"without a drill one comes in (\d+) to (\d+)", " ".join(SECTIONS["july_2025"].split()))
    without = 100 * found.filter(like="fortnight_").mean()
    assert np.allclose([int(end) for end in span], [without.min(), without.max()], atol=4)
