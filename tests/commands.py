"""The command for tests: called in this process or as a user does, and a small scenario for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim.figures
import sim.report
from sim import cli

ROOT = Path(__file__).parent.parent
SMALL = """\
title: A small world
asks: Do launches and words follow one another?
start: 2025-07-14
weeks: 6
countries: [USA, KOR, PRK]
events: {ulchi_freedom_shield: , third_country_strike: }
outcomes:
  launch: {title: A launch, happened: missile, by: PRK}
  launch_weeks: {title: Weeks with a launch, weeks_with: missile, by: PRK}
  first_launch: {title: First launch, first_date: missile, by: PRK}
  answer:
    title: ROK statement within 7 days of a launch
    happened: official_statement
    by: KOR
    within: {days: 7, of: {action: missile, by: PRK}}
    given: {happened: missile, by: PRK}
  never: {title: Void in all runs, happened: missile, given: {happened: armed_clash, by: PRK, until: 2025-07-14}}
  tension: {title: "Peak tension, ROK–DPRK", peak: {tension: [KOR, PRK]}}
endings:
  - {name: launches, title: Launches, when: {happened: missile, by: PRK}}
  - {name: quiet, title: Quiet}
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small scenario's file, in an empty current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    return Path("small.yaml")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls the command in this process, without drawing; gives exit code, stdout and stderr."""
    monkeypatch.setattr(sim.figures, "draw_all", stub_figures)
    monkeypatch.setattr(sim.report, "leave", stub_report)
    return caller(monkeypatch, capsys)


def caller(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *first: object) -> Run:
    """What calls the command in this process, its first words given; gives exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["run.py"])

    def call(*words: object) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in (*first, *words)])
        return code, *capsys.readouterr()

    return call


def stub_figures(ensemble: Any, folder: Path) -> None:
    """One file in the place of all that are drawn."""
    (folder / "figures").mkdir()
    (folder / "figures" / "endings.svg").write_text("<svg/>")


def stub_report(ensemble: Any, folder: Path, command: str) -> None:
    """An empty page in the place of the report."""
    (folder / "report.html").write_text("<!doctype html>")


def shell(*words: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does."""
    return subprocess.run([sys.executable, *map(str, words)], cwd=cwd, capture_output=True, encoding="utf-8",
                          env=os.environ | (env or {}), timeout=120, check=False)
