"""Files that mean no good: each of these once gave a traceback, a hang, or a value that is none. See fuzz/."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

import sim.figures
from sim import store
from sim.ensemble import run
from sim.errors import InputError
from sim.record import questions
from sim.scenario import load

CORPUS = Path(__file__).parent.parent / "fuzz" / "corpus"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A copy of the small world, its scenarios and its questions."""
    return copytree(CORPUS, tmp_path / "corpus")


def refused(path: Path, old: str, new: str, asked: Path) -> list[str]:
    """The messages for a scenario or questions, after a change to one of their files; with positions in that file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        questions.load(asked) if asked.parent.name == "questions" else load(asked)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("presets: [busy, own]", "presets: [[busy]]", '12:11: item 1 of "presets" must be text, not a list'),
    ("reading: claimed", "reading: {a: b}", '11:1: "reading" must be text, not a mapping'),
    ("{rate: {fitted: often}", "{rate: {fitted: [often]}", "14:70: unknown fitted value \"['often']\". Did you mean"),
    ("overrides:", "overrides:\n  issues: 3", '14:11: "issues" must be a mapping of entries'),
    ("overrides:", "overrides:\n  cues:", '15:3: "cues" must be a mapping of entries'),
    ("world: world", f"world: {300 * 'x'}", '3:8: no world folder "xxx'),
    ("countries: BBB", "countries: [BBB, BBB]", "6:18: BBB takes part already"),
    ("events:", "outcomes: {ending: {count: scold}}\nevents:", '8:12: "ending" is no name for an outcome'),
    ("days: {low: 1, high: 3}", "days: {low: 1, high: nan}", "9:27: high is 'nan', not a number"),
    ("{power: 2, people: 0.5}", "{power: nan}", '7:19: "power" must be a number, not "nan"'),
    ("source: [judgement]", 'source: ["A047\\n"]', 'unknown source "A047\\u000a"'),
    ("start: 2025-07-14", "start: 9999-12-31", "4:8: 9999-12-31 is outside the years 1946 to 2199"),
])
def test_a_scenario_is_refused_with_its_position(corpus: Path, old: str, new: str, message: str) -> None:
    path = corpus / "scenarios" / "changed.yaml"
    told = refused(path, old, new, path)
    assert any(message in line for line in told), told


@pytest.mark.parametrize(("name", "old", "new", "message"), [
    ("actions.yaml", "goldstein: -10", "goldstein: nan", '3:66: "goldstein" must be a number, not "nan"'),
    ("usual.yaml", "mean: 0.1", "mean: Infinity", '1:44: "mean" must be a number, not "Infinity"'),
    ("countries/AAA.yaml", "{korth: 1}", "{korth: nan}", '16:123: "korth" must be a number, not "nan"'),
    ("events/dated.yaml", "cadence: {first: 2025-08-01, every: {low: 30, high: 60}}",
     "cadence: {first: 1946-01-01, every: 7}, yearly: {month: 1, day: 1}", "found yearly and cadence"),
])
def test_a_world_is_refused_with_its_position(corpus: Path, name: str, old: str, new: str, message: str) -> None:
    told = refused(corpus / "world" / name, old, new, corpus / "scenarios" / "measured.yaml")
    assert any(message in line for line in told), told


def test_a_calendar_without_end_is_refused(corpus: Path) -> None:
    """Weekly since 1946 at the end of the calendar: thirteen thousand dates an event, before anything is simulated."""
    path = corpus / "scenarios" / "plain.yaml"
    often = "".join(f"  e{i}: {{name: x, cadence: {{first: 1946-01-01, every: 1}}, source: judgement}}\n"
                    for i in range(3))
    text = path.read_text(encoding="utf-8").replace("2025-07-14", "2199-12-30")
    path.write_text(text.replace("events:\n", f"events:\n{often}"), encoding="utf-8")
    with pytest.raises(InputError, match="more than 20,000 dates"):
        load(path)


@pytest.mark.parametrize("name", ["../scenarios/plain.yaml/" + "y" * 300 + ".yaml", "../" + "z" * 5000])
def test_questions_about_a_scenario_whose_name_cannot_be(corpus: Path, name: str) -> None:
    path = corpus / "questions" / "asked.yaml"
    [told] = refused(path, "../scenarios/plain.yaml", name, path)
    assert told.startswith("1:11: ")
    assert len(told) < 1100


def test_names_that_are_paths_stay_names(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of outcomes, endings and events: a run writes nowhere but into its folder, and is read back."""
    path = corpus / "scenarios" / "plain.yaml"
    text = path.read_text(encoding="utf-8").replace("scolded:", "../../scolded:").replace("name: war", "name: /etc/war")
    path.write_text(text.replace("  vote:\n", "  vote:\n  ../x: {name: ../../x, on: 2025-07-20, source: judgement}\n"),
                    encoding="utf-8")
    monkeypatch.setattr(sim.figures, "draw_all", lambda ensemble, draft: None)
    before = set(corpus.rglob("*"))
    ensemble = run(load(path), 8, jobs=1)
    store.write(ensemble, corpus / "run", world=corpus / "world")
    made = {found for found in corpus.parent.rglob("*") if found not in before and found != corpus}
    assert {found.relative_to(corpus).parts[0] for found in made} == {"run"}
    assert store.read(corpus / "run").outcomes.equals(ensemble.outcomes)
