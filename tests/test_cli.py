"""The command: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim.figures
import sim.report
from sim import __version__, cli
from sim.cli.progress import pace
from sim.draws import BLOCK
from sim.ensemble import Status

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
    monkeypatch.setattr(sim.figures, "draw_all", _no_figures)
    monkeypatch.setattr(sim.report, "leave", _no_report)
    monkeypatch.setattr(sys, "argv", ["run.py"])

    def call(*words: object) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in words])
        return code, *capsys.readouterr()

    return call


def _no_figures(ensemble: Any, folder: Path) -> None:
    (folder / "figures").mkdir()
    (folder / "figures" / "endings.svg").write_text("<svg/>")


def _no_report(ensemble: Any, folder: Path, command: str) -> None:
    (folder / "report.html").write_text("<!doctype html>")


def shell(*words: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does."""
    return subprocess.run([sys.executable, *map(str, words)], cwd=cwd, capture_output=True, encoding="utf-8",
                          env=os.environ | (env or {}), timeout=120, check=False)


# run

def test_run_prints_what_came_out_and_leaves_files(call: Run, scenario: Path) -> None:
    code, out, err = call("run", scenario, "-n", 20)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:4] == ["A small world", "Do launches and words follow one another?", "",
                         "20 replicates of 6 weeks from 14 July 2025, seed 1"]
    assert max(map(len, lines)) <= 80
    assert re.search(r"^Launches +█+ +\d+ in 100 runs \([<\d]+–[>\d]+\)$", out, re.MULTILINE)
    assert re.search(r"^Weeks with a launch +\d.* to \d", out, re.MULTILINE)
    assert re.search(r"^First launch +.*\d+ (July|August) 2025$", out, re.MULTILINE)
    assert re.search(r"^Void in all runs +applies in no run$", out, re.MULTILINE)
    assert "no forecast" in out
    assert lines[-1] == "Files and figures: out/small"
    assert {path.name for path in Path("out/small").iterdir()} == {
        "outcomes.csv", "summary.csv", "summary.json", "ensemble.nc", "scenario.yaml", "world.json", "figures",
        "report.html", "manifest.json"}
    assert [path.name for path in Path("out").iterdir()] == ["small"]


def test_json_is_all_there_is_on_stdout(call: Run, scenario: Path) -> None:
    code, out, err = call(scenario, "-n", 30, "--seed", 7, "--out", "elsewhere", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out, parse_constant=pytest.fail)
    seconds = found.pop("seconds")
    assert seconds >= 0
    endings, outcomes = found.pop("endings"), found.pop("outcomes")
    assert found == {"schema": 1, "scenario": "small", "seed": 7, "replicates": 30, "weeks": 6, "out": "elsewhere"}
    assert [set(ending) for ending in endings] == [{"name", "title", "share", "low", "high"}] * 2
    assert sum(ending["share"] for ending in endings) == pytest.approx(1)
    assert all(0 <= ending["low"] <= ending["share"] <= ending["high"] <= 1 for ending in endings)
    kinds = {outcome["name"]: outcome["kind"] for outcome in outcomes}
    assert kinds == {"launch": "yes_no", "launch_weeks": "number", "first_launch": "date", "answer": "yes_no",
                     "never": "yes_no", "tension": "number"}
    for outcome in outcomes:
        quantiles = {"quantiles"} if outcome["kind"] != "yes_no" else set()
        assert set(outcome) == {"name", "title", "kind", "mean", "low", "high"} | quantiles
    by_name = {outcome["name"]: outcome for outcome in outcomes}
    assert by_name["never"]["mean"] is None
    assert list(by_name["tension"]["quantiles"]) == ["5", "25", "50", "75", "95"]
    assert re.fullmatch(r"2025-\d\d-\d\d", by_name["first_launch"]["quantiles"]["5"])


def test_same_seed_same_files_whatever_the_jobs(call: Run, scenario: Path) -> None:
    for jobs in (1, 2):
        assert call(scenario, "-n", BLOCK + 6, "--set", "weeks=2", "--jobs", jobs, "--out", f"o{jobs}")[0] == 0
    for name in ("outcomes.csv", "summary.csv", "summary.json", "scenario.yaml", "world.json"):
        assert Path("o1", name).read_bytes() == Path("o2", name).read_bytes()


def test_settings_and_removed_events(call: Run, scenario: Path) -> None:
    def launches(*words: str) -> float:
        code, out, _ = call(scenario, "-n", 40, "--json", *words)
        assert code == 0
        outcomes: dict[str, float] = {each["name"]: each["mean"] for each in json.loads(out)["outcomes"]}
        return outcomes["launch"]

    quiet = [f"--set=options.{name}=0" for name in _launch_options()]
    assert launches() > 0
    assert launches(*quiet, "--without", "ulchi_freedom_shield") == 0
    resolved = Path("out/small/scenario.yaml").read_text()
    assert "ulchi_freedom_shield" not in resolved
    assert "third_country_strike" in resolved
    command = json.loads(Path("out/small/manifest.json").read_text())["command"]
    assert command.startswith("python run.py run small.yaml -n 40 --seed 1 --set ")
    assert command.endswith("--without ulchi_freedom_shield")


def _launch_options() -> list[str]:
    from sim.scenario import load
    world = load("july_2025")
    return [name for name, option in world.options.items() if "missile" in world.actions[option.action].tags]


def test_what_may_be_left_out() -> None:
    assert cli._routed([]) == ["run"]
    assert cli._routed(["-n", "5"]) == ["run", "-n", "5"]
    assert cli._routed(["july_2025", "--json"]) == ["run", "july_2025", "--json"]
    assert cli._routed(["a/b.yaml"]) == ["run", "a/b.yaml"]
    assert cli._routed(["list", "events"]) == ["list", "events"]
    assert cli._routed(["--help"]) == ["--help"]


# Bad input

@pytest.mark.parametrize("words, message", [
    (["rnu"], 'unknown command or scenario "rnu". Did you mean "run"?'),
    (["july_2024"], 'Did you mean "july_2025"?'),
    (["run", "july_2024"], 'unknown scenario "july_2024". Did you mean "july_2025"?'),
    (["run", "absent.yaml"], "absent.yaml: no such file"),
    (["run", "folder"], "folder: is a folder; a file is needed"),
    (["folder"], "folder: is a folder; a file is needed"),
    (["run", "binary.yaml"], "binary.yaml:1:1: is a binary file"),
    (["run", "latin.yaml"], "latin.yaml:1:8: byte 0xE9 is not UTF-8"),
    (["run", "empty.yaml"], "empty.yaml:1:1: is empty"),
    (["run", "x" * 5000], 'unknown scenario "xxx'),
    (["run", "small.yaml", "-n", "0"], "-n"),
    (["run", "small.yaml", "-n", "many"], "-n"),
    (["run", "small.yaml", "--jobs", "0"], "--jobs"),
    (["run", "small.yaml", "--seed", "-1"], "seed is -1"),
    (["run", "small.yaml", "--seed", str(2**63)], "seed is"),
    (["run", "small.yaml", "--nonsense"], "--nonsense"),
    (["run", "small.yaml", "extra"], "extra"),
    (["run", "small.yaml", "--without", "ulchi"], '--without ulchi: unknown event "ulchi"'),
    (["run", "small.yaml", "--set", "weeks"], "--set weeks: expected path=value"),
    (["run", "small.yaml", "--set", "weeks=0"], '--set weeks=0: "weeks" must be at least 1, not 0'),
    (["run", "small.yaml", "--set", "mechanism.x=1"], 'unknown section "mechanism". Did you mean "mechanisms"?'),
    (["run", "small.yaml", "--set", "options.nothing=1"], 'unknown option "nothing"'),
    (["run", "small.yaml", "--set", "countries=[USA]"], "--set countries=[USA]"),
    (["run", "small.yaml", "--set", "issues.dprk_sanctions=1e999"], "inf is not a finite number"),
    (["run", "small.yaml", "--set", "issues.dprk_sanctions={mean: NaN, sd: 1}"], "nan is not a finite number"),
    (["run", "small.yaml", "--set", "issues.dprk_sanctions=1" + 400 * "0"], "is too large a number"),
    (["run", "small.yaml", "--set", "title=" + 9000 * "["], "more than 50 mappings and lists"),
    (["run", "small.yaml", "--set", 'title="\\ud800"'], "character U+D800 is not allowed in text"),
    (["validate"], "SCENARIO"),
    (["validate", "july_2024"], 'Did you mean "july_2025"?'),
    (["list", "contries"], "contries"),
])
def test_bad_input_is_one_clear_error(call: Run, scenario: Path, words: list[str], message: str) -> None:
    Path("folder").mkdir()
    Path("binary.yaml").write_bytes(b"\x00\x01")
    Path("latin.yaml").write_bytes("title: é".encode("latin-1"))
    Path("empty.yaml").write_bytes(b"")
    code, out, err = call(*words)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert not Path("out").exists()


def test_where_to_write_is_checked_before_the_run(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.ensemble.run", lambda *_: pytest.fail("it ran"))
    Path("file").write_text("")
    Path("full").mkdir()
    Path("full", "letter.txt").write_text("")
    for out, message in (("file", "file: is no folder"), ("file/inside", "file/inside: cannot be written to"),
                         ("full", "full: holds other files (letter.txt)"), (".", "the current folder")):
        code, printed, err = call(scenario, "--out", out)
        assert (code, printed) == (2, "")
        assert message in err
        assert len(err.splitlines()) == 1


def test_read_only_folder(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("locked").mkdir(mode=0o500)
    if os.access("locked", os.W_OK):  # as root
        def refuse(path: Path, *_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied", str(path))
        monkeypatch.setattr(Path, "mkdir", refuse)
    code, out, err = call(scenario, "--out", "locked/run")
    assert (code, out) == (2, "")
    assert "locked/run: cannot be written to" in err


def test_internal_errors_say_how_to_learn_more(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise KeyError("oh")

    monkeypatch.setattr("sim.ensemble.run", fails)
    assert call(scenario) == (3, "", "internal error: KeyError: 'oh' (--debug shows where)\n")
    with pytest.raises(KeyError):
        call("--debug", scenario)
    assert not Path("out").exists()


# validate

def test_validate_a_good_scenario(call: Run, scenario: Path) -> None:
    code, out, err = call("validate", scenario)
    assert (code, err) == (0, "")
    assert out.startswith("small is valid: A small world\n6 weeks, 14 July 2025 to 24 August 2025\n3 countries, ")
    assert re.search(r"^loop gain \d\.\d\d", out, re.MULTILINE)
    code, out, err = call("validate", scenario, "--json")
    found = json.loads(out)
    assert (code, found["schema"], found["valid"], found["problems"]) == (0, 1, True, [])
    assert found["counts"]["countries"] == 3
    assert found["loop_gain"] > 0


def test_validate_names_events_that_move_nothing(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL.replace("events: {", "events: {party_anniversary: , liberation_day: , "),
                        encoding="utf-8")
    found = json.loads(call("validate", scenario, "--json")[1])
    assert found["idle_events"] == ["party_anniversary"], "a mechanism refers to the other date"
    assert "histories are the same without them: party_anniversary\n" in call("validate", scenario)[1]
    listed = {row["name"]: row["action"] for row in json.loads(call("list", "events", "--json")[1])["events"]}
    assert listed["party_anniversary"] == "(only a date)" != listed["ulchi_freedom_shield"]


def test_validate_warns(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.stability.loop_gain", lambda world: 1.25)
    scenario.write_text(SMALL.replace("happened: missile, by: PRK}\n  launch_weeks",
                                      "happened: icbm_test, by: KOR}\n  launch_weeks"), encoding="utf-8")
    code, out, _ = call("validate", scenario)
    assert code == 0
    assert "warning: the loop gain is 1.25" in out
    assert "warning: outcomes.launch.happened: nothing that can occur in this scenario is selected" in out


def test_validate_gives_every_error_with_its_place(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL.replace("weeks: 6", "weeks: six").replace("title: A small", "titel: A small"),
                        encoding="utf-8")
    code, out, err = call("validate", scenario)
    assert (code, out) == (2, "")
    assert 'small.yaml:1:1: unknown key "titel". Did you mean "title"?' in err
    assert 'small.yaml:4:8: "weeks" must be a whole number, not "six"' in err
    assert err.endswith(" problems; what else may be wrong is looked at once these are mended\n")
    code, out, err = call("validate", scenario, "--json")
    assert (code, err) == (2, "")
    found = json.loads(out)
    assert (found["valid"], found["partial"]) == (False, True)
    assert {"file": "small.yaml", "line": 4, "column": 8,
            "message": '"weeks" must be a whole number, not "six"'} in found["problems"]


def test_validate_says_whether_everything_was_looked_at(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL.replace("happened: missile, by: PRK}\n  launch_weeks",
                                      "happened: misile, by: PRK}\n  launch_weeks"), encoding="utf-8")
    code, _, err = call("validate", scenario)
    assert code == 2
    assert len(err.splitlines()) == 1, "one problem, and it kept nothing from being looked at"
    scenario.write_text(SMALL.replace("PRK]", "PKR]", 1), encoding="utf-8")
    assert call("validate", scenario)[2].endswith("what else may be wrong is looked at once this is mended\n")
    scenario.write_text(SMALL + "&anchor\n", encoding="utf-8")
    assert "what else may be wrong" in call("validate", scenario)[2]


def test_a_misspelt_judgement_is_recognised(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL + "source: judgment\n", encoding="utf-8")
    assert 'unknown source "judgment". Did you mean "judgement"?' in call("validate", scenario)[2]


def test_validate_takes_settings(call: Run, scenario: Path) -> None:
    assert "7 weeks" in call("validate", scenario, "--set", "weeks=7")[1]
    code, _, err = call("validate", scenario, "--set", "countries=[\"USA\", \"PKR\"]")
    assert code == 2
    assert 'unknown country "PKR". Did you mean "PRK"' in err


# list

@pytest.mark.parametrize("kind, name", [
    ("scenarios", "july_2025"), ("countries", "PRK"), ("issues", "dprk_sanctions"), ("actions", "icbm_test"),
    ("options", "prk_icbm_test"), ("mechanisms", "quasi_alliance"), ("events", "upper_house_election"),
    ("outcomes", "us_dprk_talks"), ("endings", "crisis"), ("leaders", "ishiba")])
def test_list(call: Run, kind: str, name: str) -> None:
    code, out, err = call("list", kind)
    assert (code, err) == (0, "")
    assert out.startswith("name ")
    assert re.search(rf"^{name} ", out, re.MULTILINE)
    code, out, _ = call("list", kind, "--json")
    found = json.loads(out)
    assert (code, found["schema"], found["kind"]) == (0, 1, kind)
    assert name in [entry["name"] for entry in found[kind]]
    assert all("title" in entry for entry in found[kind])


def test_list_what_a_scenario_holds(call: Run, scenario: Path) -> None:
    def names(*words: object) -> list[str]:
        return [row["name"] for row in json.loads(call("list", *words, "--json")[1])[str(words[0])]]

    assert names("outcomes", scenario) == ["launch", "launch_weeks", "first_launch", "answer", "never", "tension"]
    assert names("endings", scenario) == ["launches", "quiet"]
    assert names("events", scenario) == ["ulchi_freedom_shield", "third_country_strike"]
    assert set(names("leaders", scenario)) < set(names("leaders"))
    code, _, err = call("list", "scenarios", scenario)
    assert code == 2 and "leave out small.yaml" in err


# As a user runs it

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
