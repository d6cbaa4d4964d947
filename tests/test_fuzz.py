"""A short campaign against the loader, and that one finds what is wrong. The long one is in docs/robustness.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz import loading
from fuzz.run import run
from sim.errors import InputError, Mark, Problem

pytestmark = pytest.mark.slow


def test_no_input_gives_a_traceback_a_hang_or_a_message_without_its_place(tmp_path: Path) -> None:
    campaign = run(tmp_path, seed=99, inputs=2000, quiet=True)
    assert campaign.faults == {}
    assert campaign.accepted > 100
    assert campaign.rejected > 1000
    assert campaign.accepted + campaign.rejected == 2000


def _breaks(*_: object) -> None:
    raise KeyError("x")


def _hangs(*_: object) -> None:
    while True:
        pass


def _devours(*_: object) -> bytes:
    return bytes(2 * loading.BYTES)


def _says_nothing_of_where(*_: object) -> None:
    raise InputError(Problem("wrong"))


def _points_beyond_the_end(path: Path, *_: object) -> None:
    raise InputError(Problem("wrong", Mark(str(path), 10_000, 1)))


@pytest.mark.parametrize(("broken", "fault"), [
    (_breaks, "traceback: KeyError in test_fuzz.py, _breaks"), (_hangs, "slow: gave up"),
    (_devours, "memory: none left"),
    (_says_nothing_of_where, "position: none in: wrong"),
    (_points_beyond_the_end, "position: not in the file: wrong")])
def test_what_is_wrong_is_found(broken: object, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = loading.Loader(tmp_path)
    with monkeypatch.context() as patch, loading.limited_time(), loading.limited_memory():
        patch.setattr(loading, "load", broken)
        patch.setattr(loading, "findings", lambda found: None)
        found = loader.load("scenarios/plain.yaml", b"a: 1")
    assert found.fault.startswith(fault)
