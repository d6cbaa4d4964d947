"""The report: sentences that say no more than the counts do, and a page that holds all that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import caller
from drawings import outside, overlaps
from ensembles import ENDINGS, ensemble
from runs import kept
from sim import store
from sim.compiler import compile_world
from sim.ensemble import Ensemble
from sim.experiments import replay
from sim.experiments.meaning import ALL_OTHERS, FIRST, meaning
from sim.experiments.meaning import endings as meanings
from sim.experiments.wording import article_rows
from sim.figures.dots import shared_out
from sim.figures.low_and_high import low_and_high
from sim.outcomes import wilson
from sim.report import assumptions, compared, leave, sentences, story, svg, tables
from sim.report.assumptions import Screened
from sim.report.page import Made, _compared, _story, page
from sim.report.sentences import Counted
from sim.scenario import Scenario, load
from worlds import J, event, mechanism, option, scenario, tree

NASTY = "</title><script>alert('1')</script>"
#: A blow on one day; whoever is hurt scolds, the sooner the likelier; greetings go their own way.
WORLD = tree(
    events={"blow": event(name="Blow & counterblow", action="strike", by=["AAA"], to=["BBB"], on="2025-08-06")},
    options={"reply": option("scold", "BBB", "AAA", {"low": 0.05, "high": 0.5}),
             "wave": option("greet", "AAA", "BBB", {"low": 0.2, "high": 0.4})},
    cues={"hurt": {"name": "Hurt", "left_by": [{"action": "strike"}], "half_life": 1, **J}},
    mechanisms={"answer": mechanism("response", {"action": "scold"}, strength=6, feature={"cue": "hurt"},
                                    source=["A001", "judgement"])})
HEAD: dict[str, Any] = {
    "title": f"A small quarrel {NASTY}", "weeks": 12,
    "outcomes": {"reply": {"title": "B scolds", "happened": "scold"}, "waves": {"count": "greet"},
                 "first": {"first_date": "scold"}},
    "endings": [{"name": "quarrel", "title": "Quarrel", "when": {"count": "scold", "at_least": 4}},
                {"name": "war", "title": "War", "when": {"count": "strike", "at_least": 9}},
                {"name": "peace", "title": "Peace & quiet"}]}
DAY = date(2025, 7, 20)


def small(**head: Any) -> Scenario:
    return scenario(WORLD, **HEAD | head)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `base` is a run, `calm` the same without the blow, and `other` one of another seed."""
    folder = tmp_path_factory.mktemp("runs")
    kept(folder / "base", small(), 150)
    kept(folder / "calm", small(events={}), 150)
    kept(folder / "other", small(), 3, seed=2)
    return folder


@pytest.fixture(scope="module")
def base(place: Path) -> Ensemble:
    return store.read(place / "base")


@pytest.fixture(scope="module")
def text(place: Path, base: Ensemble) -> str:
    return page(base, store.recall(place / "base"), Made("python run.py run small.yaml", DAY, "A <i>reader</i>"))


# Sentences

endings = st.lists(st.integers(0, 400), min_size=1, max_size=6).filter(any).map(
    lambda counts: [Counted(f"E{place}", runs) for place, runs in enumerate(counts)])


@given(endings)
def test_the_opening_says_no_more_than_the_counts(ends: list[Counted]) -> None:
    told, runs = sentences.opening(ends, 60, "14 July 2025"), sum(end.runs for end in ends)
    top = max(end.runs for end in ends)
    leaders = {end.title for end in ends if end.runs == top}
    assert set(re.findall("“(E.)”", told)) & leaders
    if re.search(r"\bmost\b", told, re.IGNORECASE):
        assert top / runs > 0.5 and float(wilson(top, runs)[0]) > 0.5
    if len(leaders) > 1:
        assert "as often as" in told or "about as often" in told
        assert leaders <= set(re.findall("“(E.)”", told))
    if "more often than any other" in told and "as often" not in told:
        [leader] = leaders
        assert told.index(leader) < told.index("more often")
    assert not re.search(r"(?<![\d.])(0|100) in 100", told)
    assert told.startswith("All") == (top == runs > 1)


@given(st.integers(1, 200_000))
def test_none_and_all_leave_room(runs: int) -> None:
    """The bound is the interval's end or a little more, and never 0 or 100."""
    bound = 100 * float(wilson(0, runs)[1])
    most, least = float(sentences.at_most(runs)), float(sentences.at_least(runs))
    assert bound <= most + 1e-9 <= 2.1 * bound + 1 and most < 100
    assert 0 < least <= 100 - bound + 1e-9


@given(st.integers(0, 300), st.integers(1, 300))
def test_shares(yes: int, runs: int) -> None:
    yes = min(yes, runs)
    told = sentences.share(yes, runs)
    assert not re.search(r"(?<![\d.,])(0|100) in 100", told)
    assert told.startswith("none of") == (yes == 0)
    if sentences.most(yes, runs):
        assert yes / runs > 0.5


@pytest.mark.parametrize(("counts", "words"), [
    ([270, 730], "Most of 1,000 simulated histories of the 60 weeks from May end in “E1”: 73 in 100 runs (70–76)."),
    ([0, 20], "All 20 simulated histories of the 60 weeks from May end in “E1” (at least 83 in 100)."),
    ([50, 50], "In 100 simulated histories of the 60 weeks from May, “E0” and “E1” come as often as each other: each "
               "in 50 in 100 runs (40–60)."),
    ([300, 500, 200], "In 1,000 simulated histories of the 60 weeks from May, “E1” comes more often than any other "
                      "ending, in 50 in 100 runs (47–53); next is “E0”, in 30 in 100 runs (27–33)."),
    ([52, 48], "In 100 simulated histories of the 60 weeks from May, “E0” and “E1” come about as often: in 52 in 100 "
               "runs (42–62) and in 48 in 100 runs (38–58), a difference that chance alone may make."),
    ([1], "The one simulated history of the 60 weeks from May ends in “E0”.")])
def test_openings(counts: list[int], words: str) -> None:
    assert sentences.opening([Counted(f"E{i}", runs) for i, runs in enumerate(counts)], 60, "May") == words


def test_more_sentences() -> None:
    never = sentences.never([Counted("A", 0), Counted("B and C", 0), Counted("D", 1000)])
    assert never == "No run ends in “A” or “B and C”: at most 0.4 in 100 each."
    assert sentences.never([Counted("A", 1)]) == ""
    assert sentences.share(0, 1000) == "none of 1,000 runs (at most 0.4 in 100)"
    assert sentences.happening([60, 100, 0, 5], [100, 100, 50, 0]) == (
        "Of 3 outcomes that happen or do not, 2 happen in most runs, 1 of them in all and 1 in none.")
    assert sentences.happening([1, 0, 1], [1, 1, 1]) == (
        "Of 3 outcomes that happen or do not, 2 happen in the one run made.")
    assert sentences.happening([3, 0], [3, 3]) == (  # too few for "most", which all of them are
        "Of 2 outcomes that happen or do not, 1 happens in all runs and 1 in none.")
    assert "no difference beyond chance" in sentences.difference("A", ("13", "13"), (-0.1, -0.3, 0.2), 2000)
    assert sentences.difference("A", ("24", "23"), (-1.3, -1.9, -0.8), 2000) == (
        "“A” comes in 23 instead of 24 in 100 runs: 1.3 fewer (0.8 to 1.9).")
    assert sentences.moved(0, 1000).startswith("No run ends otherwise: at most 0.4 in 100")
    assert "as far: B" in sentences.furthest(["A", "B"], 0, 0.3, 0.1)
    assert sentences.furthest(["A"], 0, 0.05, 0.1).startswith("No median position")
    assert "alike" in sentences.highest(["A–B", "C–D"], 2.0, "at once")
    assert "none can be told from chance" in sentences.told_apart(0, 500, 100, "")
    assert "how 1 run ends" in sentences.told_apart(0, 500, 1, "")


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=8).filter(any))
def test_a_hundred_dots(counts: list[int]) -> None:
    """Each ending has the whole dots of its share, and one more at most."""
    shared = np.array(shared_out(np.array(counts)))
    exact = 100 * np.array(counts) / sum(counts)
    assert shared.sum() == 100 and (np.abs(shared - exact) < 1).all()


# The page

class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, key: str) -> list[str]:
        return [str(attributes[key]) for _, attributes in self.tags if key in attributes]


def test_the_page_says_what_endings_and_outcomes_mean(text: str) -> None:
    """In the endings' order, for the first that holds counts."""
    said = unescape(text)
    places = [said.index(words) for words in (FIRST, *meanings(small()))]
    assert places == sorted(places) and meanings(small())[-1] == ALL_OTHERS
    assert all(f"<td>{meaning(small(), outcome)}</td>" in said for outcome in small().outcomes.values())


def test_the_page_holds_all_that_it_shows(text: str) -> None:
    outline = Outline(text)
    for key in ("href", "src"):
        assert all(value.startswith(("#", "data:")) for value in outline.values(key))
    assert {"script", "iframe", "object", "form"}.isdisjoint(tag for tag, _ in outline.tags)
    assert not any(name.startswith("on") or name == "style" for _, attributes in outline.tags for name in attributes)
    [policy] = [str(each["content"]) for tag, each in outline.tags if each.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert "url(http" not in text and "@import" not in text


def test_ids_are_unique_and_references_lead_somewhere(text: str) -> None:
    outline = Outline(text)
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    named = {each for value in outline.values("aria-labelledby") for each in value.split()}
    assert named | {value[1:] for value in outline.values("href") if value.startswith("#")} <= set(ids)


def test_what_files_hold_is_text(text: str) -> None:
    assert "<script" not in text and "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;" in text
    assert "Peace &amp; quiet" in text and "Blow &amp; counterblow" in text and "A &lt;i&gt;reader&lt;/i&gt;" in text


def test_every_figure_has_words_and_a_table(text: str) -> None:
    outline = Outline(text)
    pictures = [attributes for tag, attributes in outline.tags if tag == "svg"]
    assert len(pictures) == 7 and all(each["role"] == "img" for each in pictures)
    for each in pictures:
        for name in str(each["aria-labelledby"]).split():
            assert re.search(f'id="{name}">[^<]+<', text)
    downloads = [each["download"] for tag, each in outline.tags if tag == "a" and "download" in each]
    assert downloads == [f"{name}.csv" for name in ("endings", "outcomes", "tension", "calendar", "positions",
                                                    "assumptions", "story_tension", "happenings")] + [
                             "scenario.yaml", "inputs.csv"]


def test_headings_come_in_order(text: str) -> None:
    levels = [int(tag[1]) for tag, _ in Outline(text).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    questions = re.findall(r"<h2[^>]*>([^<]+)</h2>", text)
    assert questions[:-1] == [question for question in questions if question.endswith("?")]


def test_who_when_and_how_many(text: str, base: Ensemble) -> None:
    assert "150 simulated histories of 12 weeks from 14 July 2025." in text
    assert "Made by A &lt;i&gt;reader&lt;/i&gt; with diplomacy-simulator" in text and "on 20 July 2025" in text
    assert "It is no forecast" in text and "python run.py run small.yaml" in text
    assert f"seed {base.seed}" in text


def test_downloads_are_the_numbers(text: str, base: Ensemble) -> None:
    [address] = re.findall(r'download="endings.csv" href="data:text/csv;charset=utf-8,([^"]*)"', text)
    rows = [line.split(",") for line in unquote(address).splitlines()]
    assert rows[0] == ["ending", "title", "dots", "runs", "label"]
    assert sum(int(row[3]) for row in rows[1:]) == 150 and sum(int(row[2]) for row in rows[1:]) == 100


def test_a_run_leaves_its_report(place: Path, base: Ensemble, tmp_path: Path) -> None:
    """In a draft, whose figures are taken as they have been drawn."""
    (tmp_path / "figures").mkdir()
    for name in ("outcomes.csv", "scenario.yaml"):
        (tmp_path / name).write_bytes((place / "base" / name).read_bytes())
    (tmp_path / "figures" / "endings.svg").write_text('<svg viewBox="0 0 1 1"><title>A &amp; B</title></svg>')
    leave(base, tmp_path, "python run.py")
    found = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'viewBox="0 0 1 1"' in found and 'aria-label="Figure: A &amp; B"' in found
    assert "numpy" in found and str(tmp_path) not in found


@pytest.mark.slow
@pytest.mark.parametrize(("world", "head"), [
    ({}, {}), ({"theories": {"odd": {"name": "Odd", "weights": {}, **J}}}, {"weeks": 1})])
def test_the_least_worlds_have_a_report(world: dict[str, Any], head: dict[str, Any], tmp_path: Path) -> None:
    """One ending, no outcome, nothing that happens; one week."""
    found = kept(tmp_path / "run", scenario(tree(**world), **head), 2)
    text = page(store.read(found.folder), found, Made("", DAY))
    assert "All 2 simulated histories" in text and "end in “Rest”" in text


def test_a_history_that_comes_out_otherwise_is_not_told(place: Path, base: Ensemble, tmp_path: Path) -> None:
    lines = (place / "base" / "outcomes.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "outcomes.csv").write_text("\n".join([lines[0], *lines[2:], lines[1]]), encoding="utf-8")
    record = replace(store.recall(place / "base"), folder=tmp_path)
    assert story.told(base, record, compile_world(base.scenario)) is None
    section = _story(base, record, compile_world(base.scenario))
    assert "by another version" in section.answer.sentences[0] and not section.answer.pictures


def test_what_makes_the_ending_true_is_among_the_moments() -> None:
    """Also where the ending is all that is left, and what settles it are mere words."""
    ends = [{"name": "silence", "title": "Silence", "when": {"none_in": "greet"}}, {"name": "waves", "title": "Waves"}]
    world = compile_world(small(endings=ends))
    told = next(told for told in (replay.story(world, replicate) for replicate in range(9)) if told.ending == "waves")
    greetings = {(each.name, each.day) for week in told.weeks for each in week.happenings if each.action == "greet"}
    assert told.settled == greetings and greetings
    [words] = {each.words for week in told.weeks for each in week.happenings if each.action == "greet"}
    assert words in [moment.words for moment in story.moments(told, world)]
    assert any(words in text.get_text() for axes in replay.figure(told).axes for text in axes.texts)
    quarrel = next(told for told in (replay.story(small(), replicate) for replicate in range(50))
                   if told.ending == "quarrel")
    assert {name for name, _ in quarrel.settled} == {"reply"} and len(quarrel.settled) >= 4


def test_reasons_lead_to_their_sources(text: str, place: Path, base: Ensemble) -> None:
    world = compile_world(base.scenario)
    found = story.told(base, store.recall(place / "base"), world)
    assert found is not None
    ending = base.outcomes["ending"].astype(str).value_counts().idxmax()
    assert found.ending == ending
    told = story.moments(found, world)
    reasons = [reason for moment in told for reason in moment.reasons]
    assert {moment.words for moment in told} <= {"B → A: Scolding", "A → B: Greeting"}
    assert "likelier, odds × 403" in reasons[0].words  # right after the blow
    assert {reason.sources for reason in reasons} == {
        (("A001", article_rows(base.scenario)["A001"]), ("judgement", "the modellers' judgement"))}
    assert f"<cite>A001</cite>: {article_rows(base.scenario)['A001']}" in text


# Pictures

def test_svg_keeps_lines_and_text() -> None:
    drawn = ('<?xml version="1.0"?><svg width="9pt" viewBox="0 0 9 9">\n<title>One</title><metadata>x</metadata>'
             '<g id="f-a"><path d="M 0.04 1 \nL 10.06 2.55 \nL 9 -0.5 \nz\n" clip-path="url(#f-c)" '
             'style="fill: none; stroke: #ddd"/></g><defs><path id="f-m" d="M 0 1 \nC 0.5 1 1 0 0 0 \nz"/></defs>'
             '<use xlink:href="#f-m" x="1.2345"/><text style="font-family: \'DejaVu Sans\'">L 1.2345</text></svg>')
    found = svg.inline(drawn, "f", 'two "words" & <more>')
    assert 'd="M0 1l10.1 1.5-1.1-3z" fill="none" stroke="#ddd"' in found.replace("l10.1 1.6", "l10.1 1.5").replace(
        "-1.1-3.1z", "-1.1-3z")
    assert '<use href="#f-m" x="1.2"/>' in found and 'd="M 0 1 C 0.5 1 1 0 0 0 z"' in found
    assert ">L 1.2345</text>" in found and "metadata" not in found and 'id="f-a"' not in found
    assert "two &#34;words&#34; &amp; &lt;more&gt;" in found and "style=" not in found


@given(st.lists(st.tuples(st.floats(-999, 999), st.floats(-999, 999)), min_size=2, max_size=30))
def test_paths_stay_within_a_tenth_of_a_point(points: list[tuple[float, float]]) -> None:
    """However long they are: steps are rounded once, and do not add up."""
    text = "M " + " L ".join(f"{x:.6f} {y:.6f}" for x, y in points)
    numbers = [float(each) for each in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", svg._path(text))]
    drawn = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)
    for x, y in points:
        assert np.abs(drawn - (x, y)).max(axis=1).min() <= 0.051


# Assumptions

def test_what_drives_the_ending_is_found(base: Ensemble) -> None:
    """How often B scolds decides whether there is a quarrel; how often A waves does not."""
    found = assumptions.screened(base, compile_world(base.scenario))
    assert found.inputs["input"][0] == "options.reply.base.rate"
    assert list(found.inputs["distinct"]) == [True, False, False, False] and found.distinct == 1
    bars = found.bars.set_index(["title", "part"])["quarrel"]
    title = "weekly rate of “B → A: Scolding”"
    assert bars[title, "high"] > bars[title, "low"] + 0.3
    assert np.allclose(found.bars[["quarrel", "war", "peace"]].sum(axis=1), 1)


def test_the_statistic_is_that_of_kruskal_and_wallis() -> None:
    from scipy.stats import kruskal

    draws = np.random.default_rng(2)
    values, groups = draws.normal(size=(3, 200)), draws.integers(0, 3, 200)
    values[1] += groups
    found = assumptions._kruskal_wallis(np.argsort(values, axis=1), groups)
    expected = [kruskal(*(row[groups == group] for group in range(3))).statistic for row in values]
    assert np.allclose(found, expected)


@pytest.mark.parametrize("wordy", [1, 6])
def test_low_and_high_is_readable(wordy: int) -> None:
    given = ensemble(50, 4, wordy)
    shares = {name: share for (name, *_), share in zip(ENDINGS, (0.5, 0.3, 0.1, 0.06, 0.04), strict=True)}
    rows = [{"title": f"strength of “Drills provoke launches” {wordy * str(place)}", "part": part, "runs": 12} | shares
            for place in range(8) for part in ("low", "high")]
    rows += [{"title": "Theory that the run drew", "part": name * wordy, "runs": 9} | shares for name in ("A", "Bb")]
    figure = low_and_high(Screened(given, 50, pd.DataFrame(), pd.DataFrame(rows)))
    assert overlaps(figure) == [] and outside(figure) == []


def test_sources_of_inputs() -> None:
    world = {"mechanisms": {"a": {"source": ["A001", "b"], "strength": {"mean": 1}},
                            "c": {"source": "x", "base": {"source": "y", "rate": 1}}}}
    head = {"source": ["A099"], "events": {"e": {"source": "z", "on": 1}}, "overrides": {"mechanisms": {"a": {}}}}
    trees = {"scenario": head, "world": world}
    assert tables.sources_of(trees, "mechanisms.a.strength") == ["A001", "b"]
    assert tables.sources_of(trees, "mechanisms.c.base.rate") == ["y"]
    assert tables.sources_of(trees, "events.e.on") == ["z"]
    assert tables.sources_of(trees, "memory.tempo") == []


# Two runs

def test_two_runs_are_paired(place: Path, base: Ensemble) -> None:
    """Without the blow there are fewer quarrels and as many greetings, replicate by replicate."""
    calm = store.read(place / "calm")
    found = compared.compared(base, calm)
    rows = found.results.set_index("name")
    assert rows.loc["quarrel", "high"] < 0 and rows.loc["waves", "changed"] == 0
    assert found.label == "without “Blow & counterblow”"
    assert compared.changes(base, calm) == [("events.blow", "as the world has it", "")]
    assert compared.label(base, base) == "the second run"
    section = _compared(base, calm)
    assert section.title == "What changes without “Blow & counterblow”?"
    assert section.answer.sentences[0].startswith("“Peace & quiet” comes in ")
    assert [each.title.partition(":")[0] for each in section.answer.pictures] == [
        "What would have been different", "Which runs end otherwise"]
    _, moves = section.answer.tables
    assert moves.name == "transitions" and moves.heads == ["In the base", "Quarrel", "War", "Peace & quiet", "in all"]
    assert sum(int(row[-1]) for row in moves.rows) == 150
    stay = found.twins[found.twins["base"] == found.twins["alt"]]["base"].astype(str).value_counts()
    assert [int(row[place]) for place, row in enumerate(moves.rows, 1)] == [
        stay.get(name, 0) for name in ("quarrel", "war", "peace")]


@pytest.mark.slow
def test_both_runs_can_be_repeated(place: Path, base: Ensemble) -> None:
    made = Made("python run.py run small.yaml", DAY, alternative="python run.py run small.yaml --without blow")
    text = page(base, store.recall(place / "base"), made, store.read(place / "calm"))
    assert "<code>python run.py run small.yaml</code>" in text
    assert "<code>python run.py run small.yaml --without blow</code>" in text


# The command

@pytest.fixture
def typed(place: Path, monkeypatch: pytest.MonkeyPatch,
          capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(place)
    return caller(monkeypatch, capsys, "report")


@pytest.mark.slow
def test_command(typed: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    out = tmp_path / "new" / "x.html"
    code, said, _ = typed("base", "calm", "-o", out, "--json", "--by", "A. Reader")
    assert code == 0 and f'"bytes": {out.stat().st_size}' in said and '"schema": 1' in said
    text = out.read_text(encoding="utf-8")
    ids = Outline(text).values("id")
    assert len(ids) == len(set(ids)) and {"differences-figure", "transitions-figure"} <= set(ids)
    assert "What changes without “Blow" in text and "Made by A. Reader" in text and str(tmp_path) not in text
    assert "Alternative: the same without “Blow &amp; counterblow”." in text
    first = text.partition("<blockquote>")[2].partition("</blockquote>")[0]
    assert "150 simulated histories" in first
    assert "What changes without “Blow &amp; counterblow”? “Peace &amp; quiet” comes in" in first
    assert [path.name for path in out.parent.iterdir()] == ["x.html"]


@pytest.mark.slow
def test_a_report_replaces_a_report(typed: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    for _ in range(2):
        code, said, _ = typed("base", "-o", tmp_path / "x.html")
        assert code == 0 and re.fullmatch(r"Report: .*x\.html \(\d+ kB\)\n", said)


@pytest.mark.slow
def test_what_cannot_be_reported(typed: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("mine", encoding="utf-8")
    for words, why in [(("nix",), 'unknown run "nix"'), ((tmp_path,), "holds no run"),
                       (("base", "-o", "base/x.html"), "lies in the run's own folder"),
                       (("base", "-o", other), "is there already and is no report"),
                       (("base", "-o", tmp_path), "is a folder"),
                       (("base", "other", "-o", tmp_path / "x.html"), "cannot be paired")]:
        code, said, complaint = typed(*words)
        assert (code, said) == (2, "") and why in complaint, words
    assert other.read_text(encoding="utf-8") == "mine" and not (tmp_path / "x.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "weeks"), [("china_joins", 52), ("july_2025", 260)])
def test_a_report_stays_below_a_megabyte(name: str, weeks: int, tmp_path: Path) -> None:
    found = kept(tmp_path / "run", load(name, settings=[f"weeks={weeks}"]), 60 if weeks < 100 else 8)
    leave(store.read(found.folder), found.folder)
    assert 100_000 < (found.folder / "report.html").stat().st_size < 1_000_000


@pytest.mark.slow
def test_a_long_run_of_many_countries_leaves_out_what_replay_tells(monkeypatch: pytest.MonkeyPatch, base: Ensemble,
                                                                   place: Path) -> None:
    from sim.report import page as module

    monkeypatch.setattr(module, "MOST", 1000)
    text = page(base, store.recall(place / "base"), Made("", DAY))
    assert "happenings.csv" not in text and "replay" in text and "Its tables are left out" in text
    assert "Beside every figure but that of one run stands its table" in text


def test_what_was_changed_stands_at_the_top() -> None:
    made = Made("python run.py run july_2025 --set a.b=1 --set 'c={x: 2}' --without d --preset e -n 5 --seed 1",
                date(2025, 7, 20))
    assert made.changes == "--set a.b=1 --set 'c={x: 2}' --without d --preset e"
    assert not Made("python run.py run july_2025 -n 5", date(2025, 7, 20)).changes
