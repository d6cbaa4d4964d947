"""Attribution: Shapley values with known answers, on paired draws."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim.figures
from commands import SMALL
from drawings import outside, overlaps
from sim import cli
from sim.compiler import compile_world
from sim.decisions import expit, logit
from sim.errors import InputError
from sim.experiments import attribute, paired, theories
from sim.experiments.attribute import REST, Attribution, Player, _orders, _sets, shapley
from sim.figures.contributions import contributions
from sim.history import History
from sim.model import DiplomacyModel
from sim.outcomes import measured
from sim.scenario import load
from worlds import J, event, mechanism, option, scenario, tree


def game(value: Callable[[frozenset[int]], float], orders: Any) -> np.ndarray[Any, Any]:
    """The players' contributions to a game of which the value of each set is known; orders (K, P)."""
    values = [value(frozenset(np.flatnonzero(own).tolist())) for own in _sets(np.array(orders))]
    return shapley(np.array([orders]), np.array([values]))[0]


# Shapley values

def test_an_additive_game_gives_each_its_own() -> None:
    worth = (3.0, -1.0, 0.0, 0.5)
    orders = _orders(1, 0, 4, 2)
    assert game(lambda own: sum(worth[p] for p in own), orders) == pytest.approx(worth)


def test_the_glove_game() -> None:
    """One left glove and two right ones; a pair is worth 1. Over all six orders: 2/3, 1/6, 1/6."""
    found = game(lambda own: float(0 in own and len(own) > 1), list(permutations(range(3))))
    assert found == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_contributions_add_up_whatever_the_orders() -> None:
    chance = np.random.default_rng(3)
    orders = np.array([_orders(1, replicate, 5, 3) for replicate in range(40)])
    values = chance.normal(size=(40, 3 * 4 + 2))
    assert shapley(orders, values).sum(axis=1) == pytest.approx(values[:, 1] - values[:, 0])


def test_orders_come_with_their_reverse_and_are_each_replicates_own() -> None:
    first, second, third = _orders(1, 7, 9, 3)
    assert second.tolist() == first[::-1].tolist() != third.tolist()
    assert (np.sort(third) == np.arange(9)).all()
    assert _orders(1, 8, 9, 1)[0].tolist() != first.tolist()
    assert _orders(1, 7, 9, 1)[0].tolist() == first.tolist()  # more of them change none


# Toys

def blow(day: str, **fields: Any) -> dict[str, Any]:
    return event(action="strike", by=["AAA"], to=["BBB"], on=day, **fields)


#: Three blows on certain days, and a feast that does nothing.
BLOWS = tree(events={"one": blow("2025-07-20"), "two": blow("2025-08-03"), "three": blow("2025-09-03"),
                     "feast": event(on="2025-08-20")},
             options={"wave": option("greet", "AAA", "BBB", 0.3)},
             mechanisms={"idle": mechanism("response", {"action": "scold"}, strength=3, feature={"approval": "AAA"})})
HEAD: dict[str, Any] = {
    "outcomes": {
        "blows": {"title": "Blows dealt", "count": "strike"}, "any": {"happened": "strike"},
        "both": {"all_of": [{"happened": "one"}, {"happened": "two"}]}, "waves": {"count": "greet"},
        "given": {"happened": "greet", "given": {"happened": "strike"}}, "never": {"happened": "greet", "given": {
            "happened": "treaty"}}},
    "endings": [{"name": "harm", "title": "Harm", "when": {"count": "strike", "at_least": 3}},
                {"name": "peace", "title": "Peace"}]}


def of(outcome: str, **how: Any) -> Attribution:
    return attribute.run(scenario(BLOWS, **HEAD), outcome, **{"replicates": 40, "jobs": 1} | how)


def values(found: Attribution) -> dict[str, float]:
    return dict(zip(found.contributions["name"], found.contributions["value"], strict=True))


def test_additive_toy() -> None:
    found = of("blows")
    assert values(found) == {"one": 1, "two": 1, "three": 1, "feast": 0, "idle": 0}
    assert (found.empty, found.full, found.remainder["value"]) == (0, 3, 0)
    assert not found.contributions["error"].any()


def test_joint_toys() -> None:
    """Each of two is a half of what takes both, in any order and its reverse; each of three a third of the ending."""
    both = values(of("both"))
    assert (both["one"], both["two"], both["three"], both["feast"]) == (0.5, 0.5, 0, 0)
    found = of("harm", replicates=600, events=["one", "two", "three"], mechanisms=[])
    assert [*values(found).values()] == pytest.approx([1 / 3] * 3, abs=0.05)
    assert all(row.low < 1 / 3 < row.high for row in found.contributions.itertuples())
    assert sum(values(found).values()) == pytest.approx(1)


def test_a_dummy_contributes_nothing_at_all() -> None:
    """Its interval, that of a share, tells how little that is worth in few runs."""
    rows = of("any").contributions.set_index("name")
    assert rows.loc["feast", "value"] == rows.loc["idle", "value"] == 0
    assert -0.15 < rows.loc["feast", "low"] < 0 < rows.loc["feast", "high"] < 0.15
    assert of("waves").contributions["value"].abs().max() == 0


def test_mechanisms_with_a_known_answer() -> None:
    """Two push an option by 1 and by 2 in log-odds from the start; the rest follows from its four probabilities."""
    world = tree(
        events={"past": blow("2025-07-13")}, options={"reply": option("scold", "BBB", "AAA", 0.1)},
        cues={"hurt": {"name": "Hurt", "left_by": [{"action": "strike"}], "half_life": 1e9, **J}},
        mechanisms={name: mechanism("response", {"action": "scold"}, strength=strength, feature={"cue": "hurt"})
                    for name, strength in (("little", 1), ("much", 2))})
    told = scenario(world, weeks=40, outcomes={"replies": {"count": "scold"}})
    found = attribute.run(told, "replies", 400, jobs=1, events=[])
    p = {pull: 40 * float(expit(logit(np.array(0.1)) + pull)) for pull in (0, 1, 2, 3)}
    known = {"little": (p[1] - p[0] + p[3] - p[2]) / 2, "much": (p[2] - p[0] + p[3] - p[1]) / 2}
    for row in found.contributions.itertuples():
        assert row.error < 0.2
        assert abs(row.value - known[row.name]) < 4 * row.error
    assert found.full - found.empty == pytest.approx(sum(values(found).values()))


# What switching off means

@pytest.fixture(scope="module")
def shipped_pair() -> tuple[Any, Any]:
    return load("rising_sun_2018"), compile_world(load("rising_sun_2018"))


def test_an_event_switched_off_is_an_event_left_out(shipped_pair: Any) -> None:
    """Replicate by replicate, in every outcome, for dated, decided, past and chance events alike."""
    told, world = shipped_pair
    for name in told.events:
        player = Player("event", name, name, events=(name,))
        off = outcomes(attribute.switched(world, [player], np.zeros((20, 1), bool)))
        left_out = paired.run({0: load("rising_sun_2018", without=[name])}, 20, jobs=1)[0].outcomes
        np.testing.assert_array_equal(off, left_out.drop(columns="ending").to_numpy(), err_msg=name)


def test_a_mechanism_switched_off_is_one_without_weight(shipped_pair: Any) -> None:
    _, world = shipped_pair
    for name in world.decisions.mechanisms[::12]:
        player = Player("mechanism", name, name, mechanisms=(name,))
        off = outcomes(attribute.switched(world, [player], np.zeros((20, 1), bool)))
        without = paired.run({0: theories.without(world, name)}, 20, jobs=1)[0].outcomes
        np.testing.assert_array_equal(off, without.drop(columns="ending").to_numpy(), err_msg=name)


def test_all_switched_on_is_the_world_and_neighbours_do_not_matter(shipped_pair: Any) -> None:
    told, world = shipped_pair
    players = [Player("event", name, name, events=(name,)) for name in told.events]
    plain = outcomes(world)
    on = np.arange(20) % 2 == 0
    found = outcomes(attribute.switched(world, players, np.repeat(on[:, None], len(players), axis=1)))
    np.testing.assert_array_equal(found[on], plain[on])


def outcomes(world: Any, replicates: int = 20) -> np.ndarray[Any, Any]:
    model = DiplomacyModel(world, replicates=replicates)
    try:
        history: History = model.run()
    finally:
        model.release()
    return measured(world.scenario, history)[0]


# Shipped worlds

@pytest.fixture(scope="module")
def found() -> Attribution:
    return attribute.run(load("rising_sun_2018"), load("rising_sun_2018").endings[0].name, 12, jobs=1, mechanisms=4)


def test_full_and_empty_are_what_a_run_gives(found: Attribution) -> None:
    told = load("rising_sun_2018")
    ran = paired.run({0: told}, 12, jobs=1)[0].outcomes["ending"].astype(str)
    assert found.full == (ran == found.outcome).mean()
    every = attribute.run(told, found.outcome, 12, jobs=1, events=list(told.events)[:1], mechanisms=[])
    alone = paired.run({0: load("rising_sun_2018", without=list(told.events)[:1])}, 12, jobs=1)[0].outcomes["ending"]
    assert every.empty == (alone.astype(str) == found.outcome).mean()


def test_contributions_and_remainder_are_full_minus_empty(found: Attribution) -> None:
    assert found.contributions["value"].sum() + found.remainder["value"] == pytest.approx(found.full - found.empty)
    assert found.remainder["name"] == REST
    kinds = found.contributions["kind"].value_counts()
    assert kinds["mechanism"] == 4 and kinds["event"] == len(found.scenario.events)
    assert found.sets == 2 * (kinds.sum() + 1 - 1) + 2


def test_families_leave_no_remainder() -> None:
    told = of("any", mechanisms="families", events=["feast"])
    assert set(told.contributions["name"]) == {"feast", "response"} and told.remainder["value"] == 0
    assert (told.empty, told.full) == (1, 1)  # the blows are there throughout


def test_what_does_not_apply_counts_as_average() -> None:
    told = of("given")
    assert 0 < told.void < 1
    assert told.contributions["value"].sum() == pytest.approx(told.full - told.empty)
    with pytest.raises(InputError, match="applies in none of 40 replicates"):
        of("never")


@pytest.mark.parametrize(("how", "says"), [
    ({"outcome": "blow"}, 'Did you mean "blows"'), ({"events": ["won"]}, 'unknown event "won"'),
    ({"mechanisms": ["idel"]}, 'Did you mean "idle"'), ({"mechanisms": "famlies"}, 'or "families"'),
    ({"replicates": 0}, "at least 1"), ({"permutations": 0}, "at least 1"), ({"seed": -1}, "a seed from 0"),
    ({"events": [], "mechanisms": []}, "no event and no mechanism")])
def test_bad_input(how: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        of(**{"outcome": "blows"} | how)


@pytest.mark.slow
def test_blocks_and_jobs_make_no_difference() -> None:
    one, two = (of("harm", replicates=2060, jobs=jobs, events=["one", "two", "three"], mechanisms=[])
                for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.contributions, two.contributions)


# Results

def test_folder_and_figure(found: Attribution, tmp_path: Path) -> None:
    attribute.write(found, tmp_path / "out", "python run.py attribute")
    assert {path.name for path in (tmp_path / "out").rglob("*.*")} == {
        "manifest.json", "attribution.json", "contributions.csv", "contributions.png", "contributions.svg",
        "scenario.yaml", "world.json"}
    table = pd.read_csv(tmp_path / "out" / "contributions.csv")
    assert table["value"].sum() == pytest.approx(found.full - found.empty)
    for told in (found, of("blows"), of("any", replicates=1)):
        figure = contributions(told)
        assert not overlaps(figure) and not outside(figure)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.figures, "render", lambda *what: b"")
    Path("small.yaml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def test_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["attribute", "small.yaml", "--outcome", "launch_weeks", "-n", "8", "--mechanisms", "2", "--jobs", "1"]
    assert cli.main([*words, "--json", "-q"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == 1 and record["outcome"]["name"] == "launch_weeks"
    parts = [*record["contributions"], record["remainder"]]
    assert sum(part["value"] for part in parts) == pytest.approx(record["full"] - record["empty"])
    assert {part["kind"] for part in parts} == {"event", "mechanism", "rest"}
    again = json.loads(Path("out/small-attribute/manifest.json").read_text(encoding="utf-8"))["command"]
    assert again == ("python run.py attribute small.yaml --outcome launch_weeks -n 8 --events all --mechanisms 2 "
                     "--permutations 2 --seed 1")
    assert cli.main([*words, "--events", "none"]) == 0
    out = capsys.readouterr().out
    assert "What makes the difference to “Weeks with a launch”?" in out and "other mechanisms together" in out


@pytest.mark.parametrize(("words", "says"), [
    (("small.yaml", "--outcome", "lunch"), 'Did you mean "launch"'), (("small.yaml",), "--outcome"),
    (("july_2052", "--outcome", "launch"), 'Did you mean "july_2025"'),
    (("small.yaml", "--outcome", "launch", "--events", "one,two"), 'unknown event "one"')])
def test_bad_usage_is_one_clear_error(here: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...],
                                      says: str) -> None:
    assert cli.main(["attribute", *words]) == 2
    found = capsys.readouterr()
    assert found.out == "" and says in found.err and "Traceback" not in found.err
