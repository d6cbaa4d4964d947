"""`doctor` finds what is wrong with an installation, and `completion` serves a shell."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim import cli, errors, scenario
from sim.cli import doctor
from sim.reading import cache

ROOT = Path(__file__).parent.parent


def findings(check: Any) -> dict[str, Any]:
    return {finding.what: finding for finding in doctor._checked(check)}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No packages, data or replicates are looked at."""
    monkeypatch.setattr(doctor, "CHECKS", (doctor._python, doctor._terminal))


@pytest.mark.slow
def test_this_installation_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    """All but the packages, of which those who test may have others than the oldest allowed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "CHECKS", tuple(check for check in doctor.CHECKS if check is not doctor._packages))
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    for what in ("Python", "scenarios", "run", "processes", "cache", "output", "disk", "terminal", "fonts"):
        assert f"\nok     {what} " in f"\n{out}" or f"\nnote   {what} " in f"\n{out}", what
    assert out.endswith("This installation is sound.\n")
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_gives_exit_code_1(quick: None, monkeypatch: pytest.MonkeyPatch,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "OLDEST", (99, 0))
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "wrong  Python" in out
    assert "> install Python 99.0 or newer" in out
    assert out.endswith("1 thing is wrong.\n")
    assert cli.main(["doctor", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["schema"], data["sound"]) == (1, False)
    assert [check["status"] for check in data["checks"]] == ["wrong", "ok"] or os.name == "nt"


def test_every_extra_is_said_to_be_for_something() -> None:
    needed = doctor.requirements()
    assert {"", *doctor.FOR} == set(needed)
    assert any(line.startswith("mesa>=") for line in needed[""])


def test_requirements_of_an_installed_package_are_those_of_the_checkout(monkeypatch: pytest.MonkeyPatch,
                                                                        tmp_path: Path) -> None:
    inside = tmp_path / "lib" / "sim" / "cli" / "doctor.py"
    monkeypatch.setattr(doctor, "__file__", str(inside))
    monkeypatch.setattr(doctor, "requires", lambda name: [
        "mesa<5,>=3.3.1", 'krippendorff>=0.7; extra == "coding"', "pyarrow>=17; extra == 'parquet'"])
    assert doctor.requirements() == {
        "": ["mesa<5,>=3.3.1"], "coding": ["krippendorff>=0.7"], "parquet": ["pyarrow>=17"]}


def test_packages_that_are_missing_or_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "absent":
            raise PackageNotFoundError(name)
        return "1.4"

    monkeypatch.setattr(doctor, "version", version)
    assert doctor.lacking(["absent>=1", "old>=2", "fine>=1.2,<2", 'other>=9; python_version < "3"']) == [
        ("absent>=1", ""), ("old>=2", "1.4")]
    monkeypatch.setattr(doctor, "requirements", lambda: {"": ["old>=2"], "coding": ["absent>=1"], "parquet": ["fine"]})
    found = findings(doctor._packages)
    assert (found["packages"].status, found["packages"].found) == ("wrong", "old>=2 is needed; 1.4 is there")
    assert (found["extra coding"].status, found["extra parquet"].status) == ("note", "ok")
    assert "python -m sim.coding; missing: absent>=1" in found["extra coding"].found


def test_a_broken_scenario_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        if name == "yoon_to_lee_2025":
            raise errors.InputError("it is torn")

    monkeypatch.setattr(scenario, "load", load)
    [finding] = doctor._checked(doctor._scenarios)
    assert (finding.status, finding.found) == ("wrong", "yoon_to_lee_2025: it is torn")


def test_a_check_that_breaks_down_is_a_finding() -> None:
    def _fuel() -> Iterator[Any]:
        yield doctor.Finding("tank", "ok", "there")
        raise RuntimeError("no\nfuel")

    tank, fuel = doctor._checked(_fuel)
    assert tank.status == "ok"
    assert (fuel.what, fuel.status, fuel.found) == ("fuel", "wrong", "RuntimeError: no fuel")


def test_folders_that_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also as root, to whom all may be written: the folder's parent is a file."""
    (tmp_path / "file").write_text("")
    assert doctor.unwritable(tmp_path / "new" / "folder") == ""
    assert "cannot be written to" in doctor.unwritable(tmp_path / "file" / "folder")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "file" / "cache")
    monkeypatch.delenv("DIPLOMACY_NO_CACHE", raising=False)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: SimpleNamespace(free=1000))
    found = findings(doctor._folders)
    assert [found[what].status for what in ("cache", "output", "disk")] == ["note", "ok", "note"]
    monkeypatch.setenv("DIPLOMACY_NO_CACHE", "1")
    assert "off by DIPLOMACY_NO_CACHE" in findings(doctor._folders)["cache"].found
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("encoding", "status"), [("utf-8", "ok"), ("ascii", "note"), ("latin-1", "note")])
def test_the_terminals_encoding(encoding: str, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    [finding] = doctor._checked(doctor._terminal)
    assert finding.status == status


# Completion

@pytest.mark.parametrize(("typed", "place", "expected"), [
    ("diplomacy val", 1, ["validate"]), ("diplomacy run july", 2, ["july_2025"]),
    ("diplomacy compare --wi", 2, ["--without"]), ("diplomacy nothing", 1, [])])
def test_a_shell_is_told_what_could_follow(typed: str, place: int, expected: list[str],
                                           monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"COMP_WORDS": typed, "COMP_CWORD": str(place), "_DIPLOMACY_COMPLETE": "complete_bash"}.items():
        monkeypatch.setenv(name, value)
    assert cli.main([]) == 0
    assert capsys.readouterr().out.split() == expected


@pytest.mark.slow
@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="needs bash")
def test_bash_completes_with_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out, encoding="utf-8")
    command = tmp_path / "diplomacy"
    command.write_text(f'#!/bin/bash\nexec {sys.executable} {ROOT / "run.py"} "$@"\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    asked = f"source {tmp_path / 'script'}; COMP_WORDS=(diplomacy validate si); COMP_CWORD=2; " \
            f"_diplomacy_completion {command}; echo ${{COMPREPLY[@]}}"
    found = subprocess.run(["/bin/bash", "-c", asked], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert found.stdout == "singapore_hanoi_2018\n"
