"""What is printed into a pipe: how wide it is, and that nothing is cut off."""

from __future__ import annotations

import pandas as pd
import pytest
import xarray as xr

from sim.cli.run import _endings
from sim.cli.terminal import say
from sim.ensemble import Ensemble
from sim.scenario import load


@pytest.mark.parametrize(("columns", "wide"), [(None, 80), ("", 80), ("many", 80), ("160", 160), ("9", 60)])
def test_what_is_piped_is_as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                                                   columns: str | None, wide: int) -> None:
    """And of an ending's share nothing is cut off, however wide it is."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    scenario = load("july_2025")
    names = [ending.name for ending in scenario.endings]
    outcomes = pd.DataFrame({"ending": pd.Categorical(["crisis"] * 500, names)})
    say(_endings(Ensemble(scenario, outcomes, xr.Dataset(), 1, 0.0)))
    lines = capsys.readouterr().out.splitlines()
    assert wide - 12 <= max(map(len, lines)) <= wide
    assert any("more than 99 in 100 runs (500 of 500)" in line for line in lines)
