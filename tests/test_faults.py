"""What a machine may do to a run: no room, no permission, no memory, no reader, another clock, place or neighbour.

Each fault really happens, to the command as a user calls it. Exit codes are those of the command: 2 where the user or
the machine has to change something.
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from commands import ROOT
from sim.shards import unfinished

pytestmark = pytest.mark.slow
COMMAND = (sys.executable, str(ROOT / "run.py"))
#: Of a small world, which is quick to read and to draw.
SCENARIO = str(ROOT / "fuzz" / "corpus" / "scenarios" / "plain.yaml")
RUN = ("run", SCENARIO, "-n", "40", "--jobs", "1", "--set", "weeks=2")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one."""
    monkeypatch.chdir(tmp_path)


def called(*words: str, env: dict[str, str] | None = None, command: tuple[str, ...] = COMMAND,
           **how: Any) -> subprocess.CompletedProcess[str]:
    """The command called, its terminal taken away."""
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    return subprocess.run([*command, *words], env=os.environ | (env or {}), encoding="utf-8", timeout=120, check=False,
                          start_new_session=True, **how)


def clear(found: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one error that was told."""
    assert found.returncode == code, found.stderr
    assert not found.stdout
    assert "Traceback" not in found.stderr
    return found.stderr


@contextmanager
def disk(folder: Path, options: str) -> Iterator[bool]:
    """A disk of its own at `folder`; yields whether this machine lets one have it."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True,
                             check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


# Disks

@pytest.mark.parametrize(("room", "done"), [(12, 0), (80, 1)])
def test_a_full_disk_leaves_no_half_of_a_run(room: int, done: int) -> None:
    """Full at the first batch, and full in the midst of the files. The second once brought the process down."""
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room * 512, room * 512))

    with disk(Path("disk"), f"size={room}k") as mounted:
        how: dict[str, Callable[[], None]] = {} if mounted else {"preexec_fn": small}  # else no file may be so large
        said = clear(called(*RUN, "--out", "disk/run", "--quiet", **how))
        assert "could not be written (No space left on device" in said or not mounted
        assert not Path("disk/run").exists()
        kept = list(unfinished(Path("disk/run")).glob("*.npz"))
        assert len(kept) == done or not mounted
        assert ("--resume" in said) == bool(kept)


def test_output_that_has_no_room_is_one_error() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        for words in (("list", "actions"), ("--help",)):
            found = called(*words, stdout=full)
            assert found.returncode == 2
            assert "could not be written (No space left on device)" in found.stderr
            assert len(found.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_to() -> None:
    with disk(Path("disk"), "ro") as mounted:
        if not mounted:
            Path("disk").chmod(0o555)
        said = clear(called(*RUN, "--out", "disk/run"))
        assert said.startswith("disk/run: cannot be written to (")
        assert said.endswith("choose another --out\n")


# Where and when

def test_place_language_and_clock_change_nothing() -> None:
    """Nor does a home that is not there, nor a clock that goes back by an hour whenever it is looked at."""
    back = ("import itertools, sys, time; hours = itertools.count(); time.time = lambda: 9e8 - 3600 * next(hours);"
            f"sys.path.insert(0, {str(ROOT)!r}); from sim.cli import main; sys.exit(main())")
    worlds: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "here": (COMMAND, {}),
        "there": ((sys.executable, "-c", back), {
            "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}),
        "nowhere": (COMMAND, {
            "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "America/Adak", "TERM": "xterm",
            "HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache", "PYTHONHASHSEED": "8"})}
    for name, (command, env) in worlds.items():
        found = called(*RUN, "--out", name, env=env, command=command)
        assert found.returncode == 0, found.stderr
        assert "\x1b" not in found.stdout + found.stderr
        assert "Traceback" not in found.stderr
    for name in worlds:
        for file in ("outcomes.csv", "summary.csv", "world.json"):
            assert Path(name, file).read_bytes() == Path("here", file).read_bytes()


# Readers

@pytest.mark.parametrize("words", [("list", "mechanisms"), ("validate", "july_2025", "--json"), ("--help",)])
def test_a_reader_that_has_seen_enough(words: tuple[str, ...]) -> None:
    """As `| head -1` is: it takes a line, or none, and goes."""
    with subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_closed_streams() -> None:
    shell = f"{sys.executable} {ROOT / 'run.py'}"
    assert subprocess.run(f"{shell} list actions >&- 2>&- <&-", shell=True, check=False).returncode == 0
    assert subprocess.run(f"{shell} validate absent.yaml >&- 2>&-", shell=True, check=False).returncode == 2


# Neighbours

def test_two_at_once(tmp_path: Path) -> None:
    """Into one folder only the first writes; into another, and with the same cache, a second runs at the same time."""
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    words = [*COMMAND, "run", SCENARIO, "-n", "10000000", "--jobs", "1", "--quiet", "--out", "one"]
    with subprocess.Popen(words, env=os.environ | cache, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        try:
            together = [subprocess.Popen([*COMMAND, "validate", SCENARIO], env=os.environ | cache,
                                         stdout=subprocess.PIPE) for _ in range(2)]
            said = {process.communicate()[0] for process in together}
            assert [process.returncode for process in together] == [0, 0]
            assert len(said) == 1
            deadline = time.monotonic() + 60
            while not list(unfinished(Path("one")).glob("*.npz")) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert "another run is writing there" in clear(called(*RUN, "--out", "one", env=cache))
            assert called(*RUN, "--out", "two", "--quiet", env=cache).returncode == 0
            assert first.poll() is None
        finally:
            first.kill()
    entries = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and "documents" in path.parts]
    assert len(entries) > 15
    for entry in entries:
        check, _, body = entry.read_bytes().partition(b"\n")
        assert check.decode() == hashlib.sha256(body).hexdigest()


# Memory

def test_too_little_memory_is_one_error() -> None:
    """Let grow by 48 MB once everything is imported, it runs out while it simulates or while it assembles."""
    little = ("import resource, sys; sys.path.insert(0, {root!r})\n"
              "import sim.batch, sim.cli.run, sim.ensemble, sim.store\n"
              "sim.store.prepare(); size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
              "resource.setrlimit(resource.RLIMIT_AS, (size + 48 * 2**20,) * 2); sys.exit(sim.cli.main())")
    words = ("run", SCENARIO, "-n", "200000", "--jobs", "1", "--quiet", "--set", "weeks=2", "--out", "run")
    found = subprocess.run([sys.executable, "-c", little.format(root=str(ROOT)), *words], capture_output=True,
                           encoding="utf-8", timeout=120, check=False)
    said = clear(found)
    assert said.startswith("error: there is not enough memory")
    assert not Path("run").exists()
    assert ("--resume" in said) == bool(list(unfinished(Path("run")).glob("*.npz")))
