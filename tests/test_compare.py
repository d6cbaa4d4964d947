"""Two scenarios on the same draws: differences, changed endings, and where twins part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim.figures
import sim.report
from commands import SMALL
from drawings import outside, overlaps
from sim import cli, store
from sim.cli import compare as cli_compare
from sim.draws import BLOCK
from sim.errors import InputError
from sim.experiments import compare
from sim.experiments.compare import Comparison, firsts, weekly
from sim.figures import render
from sim.figures.dumbbell import _interval, dumbbell, in_100, in_points, pretty
from sim.figures.parting import parting
from sim.figures.style import Sheet
from sim.figures.transition import transition
from sim.scenario import Scenario, load
from worlds import J, event, mechanism, option, scenario, tree

DAY = "2025-08-06"  # in week 3
#: A blow on one day; whoever is hurt scolds at once, and never otherwise. Greetings go their own way.
WORLD = tree(
    events={"blow": event(action="strike", by=["AAA"], to=["BBB"], on=DAY)},
    options={"reply": option("scold", "BBB", "AAA", 1e-9), "wave": option("greet", "AAA", "BBB", 0.3)},
    cues={"hurt": {"name": "Hurt", "left_by": [{"action": "strike"}], "half_life": 0.01, **J}},
    mechanisms={"answer": mechanism("response", {"action": "scold"}, strength=60, feature={"cue": "hurt"})})
HEAD: dict[str, Any] = {
    "outcomes": {"reply": {"happened": "scold"}, "waves": {"count": "greet"},
                 "soon": {"happened": "scold", "given": {"happened": "strike"}}, "first": {"first_date": "scold"}},
    "endings": [{"name": "quarrel", "title": "Quarrel", "when": {"happened": "scold"}},
                {"name": "peace", "title": "Peace"}]}
BASE = scenario(WORLD, **HEAD)
CALM = scenario(WORLD, **HEAD | {"events": {}})


@pytest.fixture(scope="module")
def small() -> Comparison:
    return compare.run(BASE, CALM, 200, jobs=1, label="without the blow")


@pytest.fixture(scope="module")
def drill() -> Comparison:
    return compare.run(load("july_2025"), load("july_2025", without=["freedom_edge"]), 1000, jobs=1,
                       label="without “Freedom Edge”")


def row(found: Comparison, name: str) -> Any:
    return found.results.set_index("name").loc[name]


# Differences

def test_known_answers(small: Comparison) -> None:
    """Without the blow nobody scolds; waving is as it was."""
    assert tuple(row(small, "reply")[["base", "alt", "diff"]]) == (1, 0, -1)
    assert tuple(row(small, "quarrel")[["base", "alt", "diff"]]) == (1, 0, -1)
    assert tuple(row(small, "first")[["base", "alt", "diff"]]) == (1, 0, -1)
    assert tuple(row(small, "waves")[["diff", "low", "high", "changed"]]) == (0, 0, 0, 0)
    assert row(small, "waves")["unpaired_low"] < 0 < row(small, "waves")["unpaired_high"]


def test_swapped_the_signs_turn(small: Comparison) -> None:
    turned = compare.run(CALM, BASE, 200, jobs=1)
    assert turned.results["diff"].tolist() == (-small.results["diff"]).tolist()
    assert turned.transitions.loc["peace", "quarrel"] == small.transitions.loc["quarrel", "peace"] == 200


def test_with_itself_all_is_alike() -> None:
    found = compare.run(BASE, BASE, 100, jobs=1)
    assert not found.results["diff"].any() and not found.moved()
    assert found.twins["week"].isna().all() and firsts(found).empty
    assert (weekly(found)["alike"] == 100).all()


def test_a_removed_event_leaves_alone_what_it_cannot_touch(drill: Comparison) -> None:
    """Not a single replicate has another value, of votes, of deals, or of anything before the drill may take place."""
    same = drill.results[drill.results["changed"] == 0]
    assert {"coalition_seats", "coalition_keeps_majority", "rok_deal_by_deadline", "japan_deal_by_deadline",
            "august_2025_scaled_down"} <= set(same["name"])
    assert (same["diff"] == 0).all()
    rule = load("july_2025").events["freedom_edge"]
    assert rule.cadence and rule.decision
    earliest = (rule.cadence.first.low - drill.scenario.start).days // 7 - rule.decision.lead
    assert drill.twins["week"].min() >= earliest


def test_paired_intervals_are_narrow_where_the_drill_touches_little(drill: Comparison) -> None:
    """At least three times, where fewer than two in a hundred runs have another value."""
    table = drill.results[drill.results["kind"].isin(["yes_no", "date"])]
    little = table[(table["changed"] < 0.02) & table["base"].between(0.05, 0.95)]
    assert {"kim_putin", "clash", "nuclear", "japan_rok_summit"} <= set(little["name"])
    ratio = (little["unpaired_high"] - little["unpaired_low"]) / (little["high"] - little["low"])
    assert ratio.min() > 3


def test_what_cannot_be_compared_is_named(small: Comparison) -> None:
    """`soon` has no value without a blow; an ending and an outcome of one of two have none in the other."""
    assert small.left_out.to_dict("records") == [
        {"kind": "yes_no", "name": "soon", "title": "soon", "why": "has a value in no run of the alternative"}]
    assert "soon" not in set(small.results["name"])
    other = scenario(WORLD, outcomes={"waves": {"happened": "greet"}, "more": {"happened": "greet"}},
                     endings=[{"name": "war", "title": "War", "when": {"happened": "strike"}},
                              {"name": "peace", "title": "Peace"}])
    found = compare.run(BASE, other, 20, jobs=1)
    assert set(zip(found.left_out["name"], found.left_out["why"], strict=True)) == {
        ("quarrel", "is in the base alone"), ("reply", "is in the base alone"), ("soon", "is in the base alone"),
        ("first", "is in the base alone"), ("waves", "is of another kind in the alternative"),
        ("war", "is in the alternative alone"), ("more", "is in the alternative alone")}
    assert found.results["name"].tolist() == ["peace"]
    assert found.transitions.loc["quarrel", "war"] == 20


# Where twins part

def test_an_outcome_that_waits_for_what_was_taken_away_is_not_compared() -> None:
    """That nobody scolds within a week of a blow that cannot fall says nothing about scolding."""
    head = HEAD | {"outcomes": {"answer": {"happened": "scold", "within": {"days": 7, "of": "blow"}}}}
    found = compare.run(scenario(WORLD, **head), scenario(WORLD, **head | {"events": {}}), 20, jobs=1)
    assert found.left_out.to_dict("records") == [
        {"kind": "yes_no", "name": "answer", "title": "answer",
         "why": "waits for what cannot happen in the alternative"}]
    assert "answer" not in set(found.results["name"])


def test_twins_part_where_they_must(small: Comparison) -> None:
    assert set(small.twins["week"]) == set(small.twins["decision_week"]) == {3}
    assert set(small.twins["first"]) == {"blow"} and set(small.twins["how"]) == {"base"}
    assert firsts(small).to_dict("records") == [
        {"name": "reply", "title": "B → A: Scolding", "runs": 200, "base": 200, "alt": 0, "both": 0}]
    assert weekly(small)["parted"].tolist() == [0, 0, 0, 200] + [0] * 16
    assert weekly(small)["alike"].tolist() == [200] * 3 + [0] * 17


def test_another_day_or_size_parts_twins_but_is_no_other_decision() -> None:
    moved = scenario(tree(**{**WORLD, "events": {"blow": event(action="strike", by=["AAA"], to=["BBB"],
                                                              on="2025-08-08")}}), **HEAD)
    found = compare.run(BASE, moved, 50, jobs=1)
    assert set(found.twins["first"]) == {"blow"} and set(found.twins["how"]) == {"both"}
    assert found.twins["decision_week"].isna().all()


def test_the_shorter_of_two_is_what_histories_are_compared_over() -> None:
    short = scenario(WORLD, **HEAD | {"weeks": 3})
    found = compare.run(BASE, short, 30, jobs=1)
    assert found.weeks == 3 and found.twins["week"].isna().all()
    assert len(weekly(found)) == 3


@pytest.mark.slow
def test_blocks_and_jobs_make_no_difference() -> None:
    head = HEAD | {"weeks": 4}
    pair = scenario(WORLD, **head), scenario(WORLD, **head | {"events": {}})
    one, two = (compare.run(*pair, BLOCK + 5, seed=4, jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.twins, two.twins)
    pd.testing.assert_frame_equal(one.results, two.results)
    assert len(one.twins) == one.transitions.to_numpy().sum() == BLOCK + 5


def test_replicates_are_those_of_a_run(small: Comparison) -> None:
    pd.testing.assert_frame_equal(small.base.outcomes, sim.run(BASE, 200, jobs=1).outcomes)


def test_transitions_are_those_of_twins(drill: Comparison) -> None:
    changed = drill.twins[drill.twins["base"] != drill.twins["alt"]]
    assert drill.moved() == len(changed) == drill.transitions.to_numpy().sum() - np.trace(drill.transitions)
    for move in compare.moves(drill):
        assert move["runs"] == drill.transitions.loc[move["from"], move["to"]]
        assert all(tuple(drill.twins.loc[each, ["base", "alt"]]) == (move["from"], move["to"])
                   for each in move["replicates"])
    shares = drill.results.set_index("name")["diff"]
    for ending in drill.scenario.endings:
        moved = drill.transitions[ending.name].sum() - drill.transitions.loc[ending.name].sum()
        assert shares[ending.name] == pytest.approx(moved / drill.replicates)


@pytest.mark.parametrize("wrong", [{"replicates": 0}, {"seed": -1}, {"jobs": 0}])
def test_numbers_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=r"needed are at least 1 replicate"):
        compare.run(BASE, CALM, **wrong)  # type: ignore[arg-type]


def test_nothing_in_common() -> None:
    other = scenario(WORLD, endings=[{"name": "end", "title": "End"}])
    with pytest.raises(InputError, match="have no ending and no outcome in common"):
        compare.run(BASE, other, 10)


# Results

def keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from keys(value)
    elif isinstance(data, list):
        for value in data:
            yield from keys(value)


def test_record(small: Comparison, drill: Comparison) -> None:
    numbers = {"base", "alt", "diff", "low", "high", "unpaired_low", "unpaired_high"}
    for found in (small, drill):
        record = json.loads(json.dumps(compare.as_record(found), allow_nan=False))
        assert record["schema"] == 1
        for part in (*record["endings"], *record["outcomes"]):
            assert {"name"} | numbers <= set(part)
            assert all(isinstance(part[key], float) for key in numbers)
            assert part["diff"] == pytest.approx(part["alt"] - part["base"])
        assert {key for key in keys(record) if "diff" in key} == {"diff"}
        assert [part["name"] for part in record["endings"]] == [ending.name for ending in found.scenario.endings]
    assert record["transitions"]["changed"] == drill.moved()
    assert [part["name"] for part in compare.as_record(small)["left_out"]] == ["soon"]


def test_folder(small: Comparison, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    compare.write(small, folder, "python run.py compare")
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == {
        "manifest.json", "comparison.json", "differences.csv", "transitions.csv", "partings.csv", "firsts.csv",
        "decisions.csv", "twins.csv", "scenario.yaml", "world.json", "alternative_scenario.yaml",
        "alternative_world.json",
        *(f"figures/{name}.{kind}" for name in ("differences", "transitions", "partings") for kind in ("png", "svg"))}
    table = pd.read_csv(folder / "differences.csv")
    assert table["diff"].tolist() == small.results["diff"].tolist()
    assert len(pd.read_csv(folder / "twins.csv")) == 200
    store.check(folder, compare.KIND)  # may be put in its own place again
    with pytest.raises(InputError):
        store.check(folder)


@pytest.mark.parametrize("which", ["small", "drill", "same"])
def test_figures_are_readable(which: str, request: pytest.FixtureRequest) -> None:
    found = compare.run(BASE, BASE, 10, jobs=1) if which == "same" else request.getfixturevalue(which)
    for name, figure in (("differences", dumbbell(found)), ("transitions", transition(found)),
                         ("partings", parting(found, weekly(found), firsts(found)))):
        assert not overlaps(figure) and not outside(figure), name
        assert render(figure, name, "svg") == render(figure, name, "svg")


def test_differences_in_words() -> None:
    assert [in_100(share) for share in (0, 0.004, 0.271, 0.999)] == ["<1", "<1", "27", ">99"]
    assert [in_100(share) for share in (0.125, 0.285, 0.1249)] == ["13", "29", "12"], "a half is rounded up"
    assert [in_points(share) for share in (0.0412, -0.0004, -0.252)] == ["+4.1", "0.0", "−25.2"]
    assert [pretty(*each) for each in ((5.0332, 0.05), (-0.8105, 0.2, True), (1234.5, 30), (0, 0.01, True))] == [
        "5.03", "−0.8", "1,234", "0.00"]


@pytest.mark.parametrize("value, low, high, wide, arrows", [
    (0.0, -0.01, 0.01, 0.02, []), (0.04, 0.02, 0.2, 0.3, ["<", ">"]), (0.04, 0.03, 0.045, 0.3, ["<", ">"]),
    (0.3, 0.2, 0.4, 0.4, [">"])])
def test_what_goes_on_beyond_a_scale_ends_in_an_arrow(value: float, low: float, high: float, wide: float,
                                                      arrows: list[str]) -> None:
    sheet = Sheet("Foot", "Title", "Note", 1)
    panel = sheet.panel(1, 1, 4, 0.2, (-0.05, 0.05), (1, 0))
    row = {"diff": value, "low": low, "high": high, "unpaired_low": -wide, "unpaired_high": wide}
    _interval(sheet, panel, row, 1.1, 1, True)
    found = {str(line.get_marker()) for line in sheet.done().axes[0].lines}
    assert sorted(found - {"o"}) == arrows


# The command

@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.figures, "render", lambda *what: b"")
    Path("small.yaml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main([*words])
    return code, *capsys.readouterr()


def test_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "compare", "small.yaml", "--without", "ulchi_freedom_shield", "-n", "60", "--jobs", "1", "--seed", "3"
    code, out, _ = call(capsys, *words)
    assert code == 0
    assert "What would have been different: without “Ulchi Freedom Shield”?" in out and "60 pairs of replicates" in out
    assert Path("out/small-compare/manifest.json").exists()
    code, out, _ = call(capsys, *words, "--json", "-q", "--out", "other")
    record = json.loads(out)
    assert (code, record["replicates"], record["seed"], record["out"]) == (0, 60, 3, "other")
    again = json.loads(Path("other/manifest.json").read_text(encoding="utf-8"))["command"]
    assert again == "python run.py compare small.yaml -n 60 --seed 3 --without ulchi_freedom_shield"
    assert "Tables and figures: out/small-compare\n" in call(capsys, *words)[1], "the same again takes its own place"


@pytest.mark.parametrize("changed, clear, told", [
    ([0, 3, 4], [0, 0, 1], "Of 3 outcomes, 1 differs by no more than chance, 1 is the same in every run."),
    ([0, 0, 3, 4], [0, 0, 0, 0], "Of 4 outcomes, 2 differ by no more than chance, 2 are the same in every run."),
    ([0], [0], "Of 1 outcome, 1 is the same in every run."), ([5, 6], [1, 1], "Every outcome differs."),
    ([9] * 13, [1] * 13, "Of 13 outcomes, 1 more differs.")])
def test_what_is_not_shown_is_counted(changed: list[int], clear: list[int], told: str) -> None:
    rows = pd.DataFrame({"changed": changed, "kind": "yes_no"})
    assert cli_compare._rest(rows, rows[np.array(clear, dtype=bool)]) == told


def test_one_comparison_does_not_replace_another(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def folder(*changes: str) -> str:
        words = "compare", "small.yaml", *changes, "-n", "2", "--jobs", "1", "-q", "--json"
        return str(json.loads(call(capsys, *words)[1])["out"])

    assert [folder("--set", f"mechanisms.drills_provoke_launches.strength={value}") for value in (1, 2, 1)] == [
        "out/small-compare", "out/small-compare-2", "out/small-compare"]
    Path("small.yaml").write_text(SMALL.replace("weeks: 6", "weeks: 7"), encoding="utf-8")
    assert folder("--set", "mechanisms.drills_provoke_launches.strength=1") == "out/small-compare-3"


@pytest.mark.slow
def test_two_scenarios_are_one_with_changes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("calm.yaml").write_text(SMALL.replace("ulchi_freedom_shield: , ", ""), encoding="utf-8")
    found = []
    for words in (("small.yaml", "calm.yaml"), ("small.yaml", "--without", "ulchi_freedom_shield")):
        _, out, _ = call(capsys, "compare", *words, "-n", "30", "--jobs", "1", "--json", "-q", "--out", "out")
        found.append(json.loads(out))
    assert found[0]["outcomes"] == found[1]["outcomes"] and found[0]["partings"] == found[1]["partings"]


@pytest.mark.slow
def test_a_finished_run_stands_for_its_scenario_seed_and_size(here: Path, capsys: pytest.CaptureFixture[str],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.figures, "draw_all", lambda *what: None)
    monkeypatch.setattr(sim.report, "leave", lambda *what, **how: None)
    assert call(capsys, "run", "small.yaml", "-n", "25", "--seed", "9", "--jobs", "1", "--preset",
                "drills_and_launches_none", "--out", "done")[0] == 0
    changes = "--without", "ulchi_freedom_shield", "--set", "weeks=5", "--jobs", "1", "--json", "-q", "--out", "out"
    _, out, _ = call(capsys, "compare", "done", *changes)
    record = json.loads(out)
    assert (record["seed"], record["replicates"], record["weeks"]) == (9, 25, 5)
    code, _, err = call(capsys, "compare", "done", "--reading", "claimed")
    assert code == 2 and "a finished run holds its world in one reading" in err
    code, out, _ = call(capsys, "compare", "done", "small.yaml", "--jobs", "1", "--json", "-q", "--out", "out")
    assert code == 0 and json.loads(out)["base"]["scenario"] == "small"


@pytest.mark.parametrize(("words", "says"), [
    (("small.yaml",), "nothing to compare with"),
    (("small.yaml", "small.yaml", "--set", "weeks=3"), "an alternative or changes"),
    (("small.yaml", "--without", "ulchi_freedom_sheild"), 'Did you mean "ulchi_freedom_shield"'),
    (("smal.yaml", "small.yaml"), "smal.yaml"), (("july_2052", "small.yaml"), 'Did you mean "july_2025"'),
    (("small.yaml", "grain"), "unknown scenario")])
def test_bad_input_is_one_clear_error(here: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...],
                                      says: str) -> None:
    code, out, err = call(capsys, "compare", *words)
    assert (code, out) == (2, "") and says in err and "Traceback" not in err


def test_nothing_changed_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "compare", "small.yaml", "small.yaml", "-n", "20", "--jobs", "1")
    assert "No run ends otherwise: all 20 have the same ending in both." in out
    assert "No twins part" in out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["b52_air_drill", "trilateral_air_drills", "freedom_edge"])
def test_each_trilateral_drill_is_compared_sharply(name: str) -> None:
    """Half of all shares, or more, are known three times as well as from two runs that share no draws."""
    found = compare.run(load("july_2025"), load("july_2025", without=[name]), 4000)
    table = found.results[found.results["kind"] != "number"]
    ratio = (table["unpaired_high"] - table["unpaired_low"]) / (table["high"] - table["low"])
    assert (ratio >= 3).mean() > 0.5
    assert isinstance(replace(found, label="").scenario, Scenario)
