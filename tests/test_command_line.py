"""The command as a user runs it, in a process of its own: any folder, any terminal, interrupted."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from commands import ROOT, scenario, shell
from sim import __version__
from sim.cli.progress import pace
from sim.ensemble import Status

__all__ = ["scenario"]


def test_help_loads_nothing_heavy() -> None:
    code = ("import sys; from sim.cli import main; sys.argv = ['run.py']; main(['--help']); main(['run', '--help']);"
            "print([name for name in ('numpy', 'pandas', 'mesa', 'scipy', 'matplotlib', 'xarray', 'ruamel')"
            " if name in sys.modules])")
    found = shell("-c", code, cwd=ROOT)
    assert found.stdout.endswith("[]\n")
    assert all(command in found.stdout for command in ("run", "validate", "list", "--without"))


@pytest.mark.slow
def test_from_any_folder(tmp_path: Path) -> None:
    found = shell(ROOT / "run.py", "list", "scenarios", cwd=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    as_module = shell("-m", "sim", "list", "scenarios", cwd=ROOT)
    assert as_module.stdout == found.stdout
    assert shell(ROOT / "run.py", "--version", cwd=tmp_path).stdout == f"diplomacy-simulator {__version__}\n"


def test_a_real_run(scenario: Path, tmp_path: Path) -> None:
    found = shell(ROOT / "run.py", scenario, "-n", 8, "--set", "weeks=2", cwd=tmp_path,
                  env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""})
    assert (found.returncode, found.stderr) == (0, "")
    assert "8 replicates of 2 weeks" in found.stdout
    assert found.stdout.isascii()
    figures = {path.name for path in (tmp_path / "out/small/figures").iterdir()}
    assert {"endings.png", "endings.svg"} <= figures


@pytest.mark.slow
def test_progress_on_a_terminal_is_on_stderr(scenario: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, ROOT / "run.py", scenario, "-n", "8", "--json", "--set", "weeks=1"],
                          stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # closed at the other end
            pass
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert b"of 8" in shown
    assert json.loads(out)["replicates"] == 8


def test_time_left_has_no_sixty_seconds_and_forgets_what_was_there_before() -> None:
    endings = np.zeros(1, dtype=np.int64)
    assert pace(Status(100, 220, 59.8 / 1.2, endings)) == "2 a second, 1:00 left"
    assert pace(Status(300, 400, 10.0, endings, found=200)) == "10 a second, 0:10 left"


def test_a_reader_may_leave() -> None:
    with subprocess.Popen([sys.executable, ROOT / "run.py", "list", "mechanisms"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_interrupted(scenario: Path, tmp_path: Path, jobs: int) -> None:
    words = ["run", str(scenario), "-n", "200000", "--jobs", str(jobs), "--out", "kept/run", "--set", "weeks=52"]
    with subprocess.Popen([sys.executable, ROOT / "run.py", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", start_new_session=True) as process:
        time.sleep(3.5)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    again = f"  python run.py run small.yaml -n 200000 --seed 1 --out kept/run --jobs {jobs} --set weeks=52"
    if kept := list(tmp_path.rglob("*.npz")):
        assert f"interrupted. {len(kept)} finished batch" in err
        assert err.splitlines()[-1] == f"{again} --resume"
    else:
        assert "interrupted; nothing was written" in err
        assert err.splitlines()[-1] == again
        assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]
