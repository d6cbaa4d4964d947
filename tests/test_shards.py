"""Nothing is lost: batches on disk, resumed runs, killed workers, and where a run may stop."""

from __future__ import annotations

import errno
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import worlds
from commands import ROOT, Run, call, scenario
from sim import batch, ensemble, shards, store, worker
from sim.batch import WIDTH, Batch
from sim.ensemble import Ensemble, run
from sim.errors import InputError
from sim.gathering import Gathering
from sim.manifest import identity
from sim.stopping import error, sure
from sim.world import World

__all__ = ["call", "scenario"]

#: Of these replicates make two whole batches and a bit.
SOME = 2 * WIDTH + 100


@pytest.fixture(scope="module")
def world() -> World:
    """A world in which one country greets another now and then."""
    return worlds.compiled(worlds.tree(options={"greet": worlds.option("greet", "AAA", "BBB", 0.3)}), weeks=4,
                           outcomes={"greetings": {"count": "greet"}},
                           endings=[{"name": "warm", "title": "Warm", "when": {"happened": "greet"}},
                                    {"name": "cold", "title": "Cold"}])


@pytest.fixture(scope="module")
def straight(world: World) -> Ensemble:
    """A run without any interruption."""
    return run(world, SOME, jobs=1)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the batches that are run from here on."""
    numbers: list[int] = []

    def counts(world: World, seed: int, number: int, width: int) -> Batch:
        numbers.append(number)
        return batch.run_batch(world, seed, number, width)

    monkeypatch.setattr(ensemble, "run_batch", counts)
    return numbers


def begun(world: World, folder: Path, stop_after: int, **how: Any) -> None:
    """A run that is interrupted after so many batches."""
    def progress(status: ensemble.Status) -> None:
        if status.done >= stop_after * WIDTH:
            raise KeyboardInterrupt

    with (pytest.raises(KeyboardInterrupt),
          shards.kept(folder, identity(world.scenario, 1), SOME, resume=False) as kept):
        run(world, SOME, jobs=1, progress=progress, shelf=kept, **how)


def resumed(world: World, folder: Path, replicates: int = SOME) -> tuple[Ensemble, list[str]]:
    """The run gone on with, and the names of files that were no shards of it."""
    with shards.kept(folder, identity(world.scenario, 1), replicates, resume=True) as kept:
        return run(world, replicates, jobs=1, shelf=kept), [path.name for path in kept.damaged]


def same(one: Ensemble, other: Ensemble) -> None:
    """Bit by bit."""
    assert one.outcomes.equals(other.outcomes)
    assert one.data.identical(other.data)


# Going on

def test_a_run_that_ends_early_goes_on_where_it_was(world: World, straight: Ensemble, counted: list[int],
                                                    tmp_path: Path) -> None:
    begun(world, tmp_path / "run", stop_after=2)
    assert counted == [0, 1]
    found, damaged = resumed(world, tmp_path / "run")
    assert (counted, damaged) == ([0, 1, 2], [])
    same(found, straight)
    assert not list(tmp_path.iterdir()), "a run that is through leaves no shards"


def test_with_nothing_there_it_starts(world: World, straight: Ensemble, tmp_path: Path) -> None:
    same(resumed(world, tmp_path / "run")[0], straight)


def test_a_run_that_did_nothing_leaves_nothing(world: World, tmp_path: Path) -> None:
    begun(world, tmp_path / "deep" / "run", stop_after=0)
    assert not list(tmp_path.iterdir())


def _turned(path: Path) -> None:
    """Turns one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _of_another_run(path: Path) -> None:
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **arrays | {"identity": "{}"})


def _another_number(path: Path) -> None:
    path.write_bytes((path.parent / "000001.npz").read_bytes())


def test_outcomes_are_read_back_from_where_they_are_kept(world: World, straight: Ensemble, tmp_path: Path) -> None:
    with shards.kept(tmp_path / "run", identity(world.scenario, 1), SOME, resume=False) as kept:
        gathering = Gathering(world.scenario, 3, shelf=kept)
        for number, width in ((1, WIDTH), (0, WIDTH), (2, 100)):
            made = batch.run_batch(world, 1, number, width)
            kept.put(made)
            gathering.take(made)
            assert not gathering._measured, "memory does not grow with replicates"
        assert np.array_equal(gathering.measured()[0], straight.outcomes.drop(columns="ending").to_numpy())


@pytest.mark.parametrize("number", range(3))
def test_a_shard_harmed_while_the_run_is_under_way_is_no_result(number: int, world: World, straight: Ensemble,
                                                               tmp_path: Path) -> None:
    place = shards.unfinished(tmp_path / "run") / f"{number:06}.npz"

    def harm(status: ensemble.Status) -> None:
        if status.done == SOME:
            _turned(place) if number else place.unlink()

    with (shards.kept(tmp_path / "run", identity(world.scenario, 1), SOME, resume=False) as kept,
          pytest.raises(InputError, match="changed or removed")):
        run(world, SOME, jobs=1, progress=harm, shelf=kept)
    same(resumed(world, tmp_path / "run")[0], straight)


@pytest.mark.parametrize("harm", [_turned, _cut, _emptied, _of_another_run, _another_number])
def test_a_damaged_or_foreign_shard_is_run_again(harm: Any, world: World, straight: Ensemble, counted: list[int],
                                                 tmp_path: Path) -> None:
    begun(world, tmp_path / "run", stop_after=2)
    harm(shards.unfinished(tmp_path / "run") / "000000.npz")
    found, damaged = resumed(world, tmp_path / "run")
    assert damaged == ["000000.npz"]
    assert counted == [0, 1, 0, 2]
    same(found, straight)


def test_more_replicates_take_what_is_there(world: World, counted: list[int], tmp_path: Path) -> None:
    begun(world, tmp_path / "run", stop_after=2)
    found, _ = resumed(world, tmp_path / "run", 3 * WIDTH)
    assert counted == [0, 1, 2]
    same(found, run(world, 3 * WIDTH, jobs=1))


@pytest.mark.parametrize(("changed", "says"), [({"seed": 2}, "its seed is 1, not 2"),
                                               ({"numpy": "0.1"}, "its numpy is .*, not 0.1"),
                                               ({"input": "x"}, "its scenario or settings differ")])
def test_what_is_of_another_kind_is_refused(changed: dict[str, Any], says: str, world: World, tmp_path: Path) -> None:
    begun(world, tmp_path / "run", stop_after=1)
    other = identity(world.scenario, 1) | changed
    with pytest.raises(InputError, match=says), shards.kept(tmp_path / "run", other, SOME, resume=True):
        pytest.fail("it began")
    assert len(list(shards.unfinished(tmp_path / "run").glob("*.npz"))) == 1, "nothing is lost"


def test_what_is_unfinished_is_not_begun_anew_unasked(world: World, tmp_path: Path) -> None:
    begun(world, tmp_path / "run", stop_after=1)
    with (pytest.raises(InputError, match=r"1 of its batches done; add --resume"),
          shards.kept(tmp_path / "run", identity(world.scenario, 1), SOME, resume=False)):
        pytest.fail("it began")


def test_litter_of_a_finished_run_is_no_unfinished_one(world: World, tmp_path: Path) -> None:
    """A process may be killed between the last file and the removal of its shards."""
    begun(world, tmp_path / "run", stop_after=1)
    (shards.unfinished(tmp_path / "run") / shards.ABOUT).unlink()
    with shards.kept(tmp_path / "run", identity(world.scenario, 1), SOME, resume=False) as kept:
        assert kept.done == 0


def test_a_second_run_into_the_same_folder_is_refused(world: World, tmp_path: Path) -> None:
    same = identity(world.scenario, 1)
    with shards.kept(tmp_path / "run", same, SOME, resume=False):
        with (pytest.raises(InputError, match="another run is writing there"),
              shards.kept(tmp_path / "run", same, SOME, resume=True)):
            pytest.fail("it began")
        with shards.kept(tmp_path / "other", same, SOME, resume=False):
            pass
    with shards.kept(tmp_path / "run", same, SOME, resume=True):
        pass


# The command

def test_a_full_disk_keeps_what_is_done(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("run", scenario, "-n", SOME, "--jobs", 1, "--quiet", "--set", "weeks=1")
    whole = shards.whole

    def full(path: Path, content: Any) -> None:
        if path.name == "000001.npz":
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "whole", full)
        code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert "000001.npz: could not be written (No space left on device)" in err
    assert "1 finished batch of replicates is kept. To go on:\n  python run.py run small.yaml" in err
    assert err.endswith("--resume\n")
    assert "add --resume to go on with it" in call(*words)[2]
    code, out, err = call(*words, "--resume")
    assert (code, err) == (0, "")
    assert f"{SOME:,} replicates" in out


def test_a_finished_run_is_verified(call: Run, scenario: Path) -> None:
    words = (scenario, "-n", 20, "--quiet", "--json")
    first = call(*words)
    code, out, err = call(*words, "--resume")
    assert (code, err) == (0, "out/small is finished, and its files are as they were written\n")
    assert json.loads(out) == json.loads(first[1])
    for other, says in ((["--seed", 2], "another scenario, setting or seed"), (["-n", 30], "of 20 replicates, not 30")):
        code, out, err = call(*words, *other, "--resume")
        assert (code, out) == (2, "")
        assert says in err
    Path("out/small/summary.csv").write_text("")
    code, out, err = call(*words, "--resume")
    assert (code, out) == (2, "")
    assert "summary.csv" in err


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_the_same(scenario: Path, tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "run.py"), "run", "small.yaml", "-n", str(3 * SOME), "--quiet", "--jobs", "2"]
    started = time.monotonic()
    subprocess.run([*words, "--out", "a"], check=True, capture_output=True)
    takes = time.monotonic() - started
    for moment in (0.3, 0.5, 0.7, 0.9):
        with subprocess.Popen([*words, "--out", "b", "--resume"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(moment * takes)
            process.kill()
    subprocess.run([*words, "--out", "b", "--resume"], check=True, capture_output=True)
    same(store.read("a"), store.read("b"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "small.yaml"]


# Workers

def _told(marks: Path, seed: int, number: int) -> int:
    """Notes that a task was begun; the first to begin task 1 is killed."""
    mark = marks / f"{number}.{os.getpid()}"
    first = not list(marks.glob(f"{number}.*"))
    mark.touch()
    if number == 1 and first:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return number


def _killed(given: None, seed: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_costs_its_task_only(tmp_path: Path) -> None:
    tasks = [(number,) for number in range(6)]
    found = list(worker.spread(_told, tasks, 2, tmp_path, 1, lambda: None))
    assert sorted(found) == list(range(6))
    begun = [path.name.split(".")[0] for path in tmp_path.iterdir()]
    assert sorted(begun) == ["0", "1", "1", "2", "3", "4", "5"]


@pytest.mark.slow
def test_workers_that_are_always_killed_are_given_up() -> None:
    with pytest.raises(InputError, match="killed again and again"):
        list(worker.spread(_killed, [(), ()], 2, None, 1, lambda: None))


@pytest.mark.slow
def test_workers_end_with_their_parent(scenario: Path) -> None:
    words = [sys.executable, str(ROOT / "run.py"), "run", "small.yaml", "-n", "2000000", "--jobs", "2", "--quiet"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        children: list[int] = []
        deadline = time.monotonic() + 60
        while len(children) < 3 and time.monotonic() < deadline:  # two workers, and what tracks their resources
            time.sleep(0.2)
            children = list(_children(process.pid))
        process.kill()
    assert len(children) >= 2
    while (left := [child for child in children if Path(f"/proc/{child}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


def _children(process: int) -> Iterator[int]:
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        yield from map(int, listed.read_text().split())


def test_workers_get_arrays_of_numpys_own_types(world: World) -> None:
    """With equal copies of those types, what happens took ten times as long to apply."""
    again = pickle.loads(worker.packed(world))
    for name in ("starts", "rows", "values"):
        before, after = getattr(world.effects, name), getattr(again.effects, name)
        assert after.dtype is before.dtype
        assert np.array_equal(after, before)
    others = np.array([(1, "a")], dtype=[("number", ">i4"), ("text", "U3")])
    found = pickle.loads(worker.packed(others))
    assert (found.dtype, found.tolist()) == (others.dtype, others.tolist())


# Together

def test_batches_add_up_in_any_order(world: World) -> None:
    parts = [batch.run_batch(world, 1, number, 50) for number in range(3)]
    gathered = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        gathering = Gathering(world.scenario, 3)
        for number in order:
            assert not gathering.complete()
            gathering.take(parts[number])
        assert gathering.complete()
        gathered.append(gathering)
    for gathering in gathered:
        outcomes, endings = gathering.measured()
        np.testing.assert_array_equal(outcomes, np.concatenate([part.outcomes for part in parts]))
        np.testing.assert_array_equal(endings, np.concatenate([part.endings for part in parts]))
        for name, counts in gathering.counts.items():
            np.testing.assert_array_equal(counts, sum(part.counts[name].astype(int) for part in parts))


# Precise enough

def test_intervals_that_hold_wherever_one_stops_are_wider_and_hold() -> None:
    low, high = sure(np.array([300, 700]))
    assert low[0] < 0.3 < high[0]
    assert 1.5 * 1.96 * np.sqrt(0.21 / 1000) < high[0] - 0.3 < 2.5 * 1.96 * np.sqrt(0.21 / 1000)
    np.testing.assert_allclose(low[0], 1 - high[1], atol=1e-9)
    assert sure(np.array([0, 50]))[0][0] == 0
    assert sure(np.array([0, 50]))[1][1] == 1
    share, runs = 0.2, 150
    numbers = 50 * 2 ** np.arange(8)
    steps = np.diff(numbers, prepend=0)
    missed = 0
    for seen in np.random.default_rng(1).binomial(steps, share, (runs, len(steps))).cumsum(axis=1):
        ends = [sure(np.array([count, number - count])) for count, number in zip(seen, numbers, strict=True)]
        missed += any(not low[0] <= share <= high[0] for low, high in ends)
    assert missed / runs < 0.05


def test_it_stops_once_every_ending_is_known_well_enough(world: World, counted: list[int]) -> None:
    found = run(world, 100 * WIDTH, jobs=1, until_error=2)
    assert WIDTH <= found.replicates < 10 * WIDTH
    assert found.replicates == WIDTH * len(counted)
    counts = found.outcomes["ending"].value_counts(sort=False).to_numpy()
    assert error(counts) <= 2
    before = found.outcomes["ending"][:-WIDTH].value_counts(sort=False).to_numpy()
    assert found.replicates == WIDTH or error(before) > 2
    same(found, run(world, found.replicates, jobs=1))


def test_batches_beyond_the_stop_do_not_count(world: World) -> None:
    """Workers may finish a later batch before an earlier one."""
    parts = [batch.run_batch(world, 1, number, WIDTH) for number in range(3)]
    wanted = error(np.bincount(parts[0].endings, minlength=2))
    gathering = Gathering(world.scenario, 9, until_error=wanted)
    for number in (2, 1, 0):
        gathering.take(parts[number])
    assert gathering.complete()
    assert gathering.batches == 1


@pytest.mark.slow
def test_how_well_it_is_known_is_said(call: Run, scenario: Path) -> None:
    words = (scenario, "--quiet", "--set", "weeks=1", "--jobs", 1)
    code, out, _ = call(*words, "--until-error", 5)
    assert code == 0
    assert f"{WIDTH:,} replicates of 1 week" in out
    assert "share is known to" in out
    assert call(*words, "--until-error", 5, "--resume")[0] == 0
    code, out, _ = call(*words, "--until-error", 0.1, "-n", 50)
    assert "not yet to the 0.1 asked" in " ".join(out.split())
    code, _, err = call(*words, "--until-error", 0)
    assert code == 2
    assert "until_error is 0; it is a number of percentage points above 0" in err
