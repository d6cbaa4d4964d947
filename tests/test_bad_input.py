"""Bad input is one clear error, told before anything runs; an internal error says how to learn more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from commands import Run, call, scenario

__all__ = ["call", "scenario"]


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
    (["run", "small.yaml", "--set", "weeks=true"], '--set weeks=true: "weeks" must be a whole number, not true'),
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
