"""What a name that nobody knows, or an entry that does not work as it seems to, is answered with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim import ensemble
from sim.cli.run import _doubts
from sim.errors import InputError, singular, unknown
from sim.manifest import manifest_of
from sim.overlay import with_setting
from sim.reading import Document, Place
from sim.trace import sources_of
from sim.warnings import never_reached, warnings_of
from worlds import J, compiled, event, option, scenario, tree


def refused(world: dict[str, Any], **head: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        scenario(world, **head)
    return [problem.message for problem in caught.value.problems]


NAMED = {"PRK": ("DPRK", "Democratic People's Republic of Korea"), "KOR": ("ROK", "Republic of Korea"), "USA": ("USA",)}


@pytest.mark.parametrize(("name", "near"), [
    ("ROK", 'Did you mean "KOR" (ROK)?'), ("DPRK", 'Did you mean "PRK" (DPRK)?'),
    ("Republik of Korea", 'Did you mean "KOR" (ROK)?'), ("us", 'Did you mean "USA"?'),
    ("North Korea", 'Did you mean "KOR" (ROK) or "PRK" (DPRK)?')])
def test_names_are_matched_by_what_output_calls_them(name: str, near: str) -> None:
    assert near in unknown("country", name, NAMED, NAMED)


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert "Did you mean" not in unknown("country", "Atlantis", NAMED, NAMED)


def test_an_entry_is_called_by_the_singular_of_its_section() -> None:
    assert list(map(singular, ("countries", "theories", "events", "usual"))) == ["country", "theory", "event", "usual"]


def test_a_setting_and_a_scenario_know_shown_names() -> None:
    world = tree(countries={"AAA": {"name": "Republic of Alba", "short": "Alba"}})
    with pytest.raises(InputError, match=r'unknown country "ALBA"\. Did you mean "AAA" \(Alba\)'):
        with_setting(Document({"scenario": {}, "world": world}, Place()), "countries.ALBA.leader=x", ())
    assert 'unknown country "Alba". Did you mean "AAA" (Alba)?' in refused(world, countries=["Alba", "BBB"])[0]
    told = refused(world, outcomes={"scolded": {"happened": "scold", "by": "republic of alba"}})[0]
    assert 'unknown country or external "republic of alba". Did you mean "AAA" (Alba)?' in told
    told = refused(tree(countries={"AAA": {"leader": "Ann", "leaders": {"a_one": {"name": "Ann"}}}}))[0]
    assert 'Did you mean "a_one" (Ann)?' in told


@pytest.mark.parametrize(("fields", "told"), [
    ({"cameo": "999"}, '"cameo" must be text that matches'), ({"cameo": "00"}, "cameo"), ({"cameo": "21"}, "cameo"),
    ({"cameo": "1"}, "cameo"), ({"cameo": "01901"}, "cameo"), ({"goldstein": 10.5}, "at most 10"),
    ({"goldstein": -11}, "at least -10")])
def test_codes_and_scores_off_their_scales_are_refused(fields: dict[str, Any], told: str) -> None:
    assert told in refused(tree(actions={"scold": fields}))[0]
    assert refused(tree(actions={"scold": {"among": {"cameo": "050", "goldstein": 1} | fields}}))


def test_results_of_another_kind_are_named_with_the_command_that_made_them(tmp_path: Path) -> None:
    manifest = {"schema": 1, "kind": "comparison", "command": "python run.py compare july_2025"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match=r"results of another kind \(comparison\): `python run.py compare july_2025`"):
        manifest_of(tmp_path)


@pytest.mark.parametrize("name", ["governments_seek_their_ideal", "mechanisms.governments_seek_their_ideal"])
def test_an_entry_without_a_row_of_the_article_is_known(name: str) -> None:
    found = sources_of(name)
    assert found is not None
    kind, mark, sources = found
    assert kind == "mechanism" and mark.file.startswith("seeds/mechanisms") and mark.line and sources
    assert sources_of("governments_seek_their_ideals") is None


DECISION: dict[str, Any] = {"decision": {"alternatives": {"cancel": {"rate": 0.9}}}}


def test_a_misspelt_entry_is_no_new_one_that_lacks_everything() -> None:
    world = tree(events={"drill": event()}, countries={"AAA": {"name": "Republic of Alba", "short": "Alba"}})
    changed = tree(events={"drill": event(), "dril": DECISION},
                   countries={"AAA": {"name": "Republic of Alba", "short": "Alba"}, "Alba": {"leader": "moon"}})
    told = refused(changed, countries=["AAA", "BBB"], events={"drill": None, "dril": DECISION},
                   overrides={"countries": {"Alba": {"leader": "moon"}}})
    assert len(told) == 2
    assert any(line.startswith('unknown event "dril". Did you mean "drill"') for line in told), told
    assert any(line.endswith("A new event needs name, source too") for line in told), told
    assert any(line.startswith('unknown country "Alba". Did you mean "AAA" (Alba)?') for line in told), told
    assert scenario(world)


def test_a_new_entry_that_is_near_to_none_is_told_what_it_lacks() -> None:
    world = tree(events={"drill": event(), "olympic_games": {"on": "2025-08-01"}})
    told = refused(world, events={"drill": None, "olympic_games": {"on": "2025-08-01"}})
    assert told == ['"name" is missing', '"source" is missing']


@pytest.mark.parametrize(("rates", "warned"), [
    ((0.9, 0.9), ["events.drill.decision: the rates of its alternatives add up to 1.8; they are shrunk to 0.99 "
                  "together, and a hundredth is left for holding it as planned"]),
    ((0.9, 0.05), [])])
def test_alternatives_that_leave_nothing_are_warned_of(rates: tuple[float, float], warned: list[str]) -> None:
    alternatives = {f"way_{i}": {"rate": rate, "announces": "remark", "holds": False} for i, rate in enumerate(rates)}
    drill = event(action="strike", by="AAA", to="BBB", on="2025-09-01",
                  decision={"reference_class": "made up", "alternatives": alternatives, **J})
    assert warnings_of(compiled(tree(events={"drill": drill}))) == warned


@pytest.mark.parametrize(("rate", "warned"), [
    ({"low": 0.4, "high": 0.8}, ["the base rates of the options of choice reply add up to 1.2; they are shrunk to 0.99 "
                                 "together, and a hundredth is left for none of them"]), (0.4, [])])
def test_options_of_a_choice_that_leave_nothing_are_warned_of(rate: Any, warned: list[str]) -> None:
    options = {name: option(name, "AAA", "BBB", rate, choice="reply") for name in ("scold", "greet")}
    assert warnings_of(compiled(tree(options=options))) == warned


S, G, T = {"happened": "scold"}, {"happened": "greet"}, {"happened": "treaty"}
UNTIL: dict[str, Any] = {"by": "AAA", "until": "2025-09-01"}


@pytest.mark.parametrize(("first", "second", "warned"), [
    (S, {"title": "Again", "happened": ["scold"]}, "first"), (S, {"not": {"none_in": "scold"}}, "first"),
    ({"any_of": [G, S]}, {"any_of": [S, G]}, "first"), (S, {"all_of": [G, S]}, "first"),
    ({"any_of": [S, G]}, S, "first"), (T, {"all_of": [S, {"none_in": "scold"}]}, "contradicts itself"),
    (T, {"all_of": [{"happened": "scold", **UNTIL}, {"all_of": [G, {"none_in": "scold", **UNTIL}]}]}, "contradicts"),
    (S, G, ""), (S, {"any_of": [S, G]}, ""), ({"all_of": [S, G]}, S, ""), (S, {"happened": "scold", **UNTIL}, ""),
    ({"happened": "scold", **UNTIL}, S, ""),
    (T, {"all_of": [{"happened": "scold", **UNTIL}, {"none_in": "scold"}]}, ""),
    ({"happened": "scold", "given": G}, S, ""), (S, {"none_in": "scold"}, "")])
def test_endings_that_no_replicate_can_reach_are_warned_of(first: Any, second: Any, warned: str) -> None:
    found = list(never_reached(scenario(tree(), endings=[
        {"name": "first", "title": "First", "when": first}, {"name": "second", "title": "Second", "when": second},
        {"name": "rest", "title": "Rest"}]).endings))
    assert len(found) == bool(warned)
    assert all(line.startswith("endings.second.when: ") and warned in line for line in found)


def test_a_run_names_endings_that_no_replicate_reached_and_counts_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"--set": ["weeks=2"], "--without": [], "--reading": None, "--preset": []}
    ends = [{"name": "void", "title": "Nobody's", "when": {"happened": "scold", "by": "AAA"}},
            {"name": "rest", "title": "Rest"}]
    asked = scenario(tree(options={"scold": option("scold", "AAA", "BBB", 0)}), weeks=2, endings=ends)
    for replicates, told in ((100, "no replicate ends so: Nobody's\n"), (99, "")):
        _doubts(ensemble.run(asked, replicates, jobs=1), "small.yaml", said)
        assert capsys.readouterr() == ("", told)
    twice = scenario(tree(), weeks=2, endings=[ends[0], {**ends[0], "name": "again"}, ends[1]])
    _doubts(ensemble.run(twice, 10, jobs=1), "small.yaml", said)
    assert "validate small.yaml --set weeks=2` has 3 warnings about this scenario" in capsys.readouterr().err
