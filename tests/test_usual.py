"""Usual conduct is data; it must stay what the world itself shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim import usual
from sim.errors import InputError
from sim.paths import shipped
from sim.scenario import load
from sim.usual import measure_usual


@pytest.mark.slow
@pytest.mark.parametrize("source", ["july_2025", shipped("templates") / "region" / "scenarios" / "narrows.yaml"],
                         ids=["seeds", "template"])
def test_the_shipped_usual_conduct_is_what_the_world_shows_when_reciprocity_is_blind(source: str | Path) -> None:
    """Within a third of a point of the mean and a quarter of the spread; else `python -m sim.usual` is due."""
    scenario = load(source)
    for name, kinds in measure_usual(scenario, replicates=256).items():
        for kind, level in kinds.items():
            kept = getattr(scenario.usual[name], kind)
            assert level["mean"] == pytest.approx(kept.mean, abs=0.33), (name, kind)
            assert level["spread"] == pytest.approx(kept.spread, rel=0.25, abs=0.1), (name, kind)


def test_it_is_written_into_the_world_it_is_measured_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of what was there, but for a first line that names a schema; nothing is touched where that fails."""
    monkeypatch.setattr(usual, "WEEKS", 4)
    monkeypatch.setattr(usual, "SETTLING", 2)
    shutil.copytree(shipped("templates") / "region", tmp_path, dirs_exist_ok=True)
    source, file = tmp_path / "scenarios" / "narrows.yaml", tmp_path / "world" / "usual.yaml"
    before = file.read_text(encoding="utf-8")
    usual.main(str(source), str(file))
    after = file.read_text(encoding="utf-8")
    assert after != before
    assert after.splitlines()[:4] == before.splitlines()[:4]
    assert set(load(source).usual) == {"ORL_VSH", "ORL_ILM", "VSH_ORL", "VSH_ILM", "ILM_ORL", "ILM_VSH"}
    with pytest.raises(InputError):
        usual.main(str(tmp_path / "none.yaml"), str(file))
    assert file.read_text(encoding="utf-8") == after
    assert [path.name for path in file.parent.glob(".*")] == []
