"""What the article says causes what: each of its mechanisms, switched off, changes the outcome that it names.

They run as the article claims them (the reading `claimed`), whatever evidence says. Both runs of a story have the same
seed and so share their draws: their difference, replicate by replicate, is what the mechanism does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.catalog.outcome import Outcome
from sim.compiler import compile_world
from sim.history import History
from sim.outcomes import measure, unmatched
from sim.paths import shipped as folder
from sim.reading import Document, Place, read_text
from sim.scenario import build, load
from sim.stability import loop_gain
from worlds import J, merged, played

REPLICATES, WEEKS = 768, 40


class Story(NamedTuple):
    """A row, the mechanisms that carry it, and an outcome that is more (+1) or less (-1) of where they work."""

    row: str
    scenario: str
    mechanisms: tuple[str, ...]
    outcome: dict[str, Any]
    sign: int
    twist: str = ""


#: Changes of a scenario's events that let a claim show: what is said to hold is taken away, or comes more often.
TWISTS: dict[str, dict[str, Any]] = {
    "": {},
    "the pact is suspended": {"end": {"action": "suspend_pact", "by": "RUS", "to": "PRK", "on": "2025-08-04"}},
    "Pyongyang disarms": {"deal": {"action": "denuclearisation_agreement", "by": ["USA", "PRK"], "on": "2025-08-04"}},
    "a drill every fortnight": {"trilateral_air_drills": {"cadence": {"first": "2025-07-21", "every": 14}}},
}
HARSH = ["formal_protest", "condemn", "demand", "flag_demand"]
MEETINGS = ["japan_rok_ministers_meeting", "japan_rok_summit"]
DRILLS = ["trilateral_exercise", "trilateral_air_drill"]
DECLINED = ["postpone_exercise", "scale_down_exercise", "cancel_exercise"]
TALKS = ["us_dprk_contact", "us_dprk_talks", "us_dprk_summit"]
TOKYO_TALKS = ["japan_dprk_contact", "japan_dprk_talks", "japan_dprk_summit"]

#: Stories of one scenario stand together, so that they share its run with everything switched on.
STORIES = [
    # Flags, memory, courts
    Story("A003", "rising_sun_2018", ("colonial_memory_caps_alignment",), {"count": "flag_demand", "by": "KOR"}, +1),
    Story("A004", "rising_sun_2018", ("colonial_memory_caps_alignment", "ensign_draws_demand"),
          {"count": HARSH, "by": "KOR", "to": "JPN"}, +1),
    Story("A016", "forced_labour_2018", ("disputes_are_bundled",), {"count": "flag_demand", "by": "KOR"}, +1),
    Story("A019", "forced_labour_2018", ("court_ruling_draws_protest",),
          {"happened": "formal_protest", "by": "JPN", "within": {"days": 3, "of": "court_ruling"}}, +1),
    Story("A019", "forced_labour_2018", ("history_strains_ties",), {"count": MEETINGS}, -1),
    # A change of president
    Story("A028", "yoon_to_lee_2025", ("alignment_needs_more_than_a_leader",), {"count": "trilateral"}, -1),
    Story("A040", "yoon_to_lee_2025", ("format_has_its_own_weight",), {"count": "trilateral"}, +1),
    # A drill
    Story("A047", "trilateral_drill", ("drill_draws_statement", "meeting_draws_statement"),
          {"happened": ["condemn", "warn"], "by": "PRK", "within": {"days": 7, "of": "b52_air_drill"}}, +1),
    Story("A050", "trilateral_drill", ("drills_provoke_launches", "drills_draw_shows_of_force"),
          {"peak": {"tension": ["KOR", "PRK"]}}, +1),
    Story("A053", "trilateral_drill", ("drills_justify_arming", "drills_draw_shows_of_force",
                                       "launches_draw_shows_of_strength", "pyongyang_answers_deeds"),
          {"count": "deterrence"}, +1),
    Story("A056", "trilateral_drill", ("nuclear_basis_makes_crises_unstable",),
          {"count": ["border_incident", "armed_clash"]}, +1),
    Story("A068", "trilateral_drill", ("blocs_answer_each_other",), {"count": "visit", "by": ["PRK", "RUS"]}, +1),
    Story("A068", "trilateral_drill", ("camps_form_against_threat", "moscow_warns_of_the_bloc"),
          {"count": ["condemn", "warn"], "by": "RUS", "to": ["USA", "JPN", "KOR"]}, +1),
    Story("A059", "trilateral_drill", ("superiority_is_the_best_deterrent",), {"count": "deterrence", "by": "PRK"}, +1,
          "a drill every fortnight"),
    # The premier
    Story("A109", "upper_house_2025", ("weak_mandate_lowers_credit", "wait_and_see"), {"count": TOKYO_TALKS}, -1),
    Story("A113", "upper_house_2025", ("united_opposition_can_end_it",), {"happened": "no_confidence"}, +1),
    Story("A122", "upper_house_2025", ("lost_seats_bring_resignation", "defeat_puts_the_question"),
          {"happened": "removal", "by": "JPN"}, +1),
    # After July 2025
    Story("A015", "july_2025", ("memory_wakes_on_its_day",),
          {"count": HARSH, "by": "KOR", "to": "JPN", "from": "2025-08-04", "until": "2025-08-31"}, +1),
    Story("A035", "july_2025", ("tariff_leverage",), {"count": DECLINED}, -1),
    Story("A035", "july_2025", ("tariff_leverage",), {"count": "multivector_visit", "by": "KOR"}, -1),
    Story("A075", "july_2025", ("iran_precedent_hardens",), {"count": TALKS}, -1),
    Story("A077", "july_2025", ("deeds_not_words", "restraint_is_answered"),
          {"count": "conciliatory_statement", "by": "RUS", "to": "KOR"}, +1),
    Story("A080", "july_2025", ("trilateral_costs_outreach", "trilateral_bloc_costs_outreach"),
          {"count": ["inter_korean_talks", "hotline_contact"]}, -1),
    Story("A105", "july_2025", ("strategic_tests_bring_sanctions",), {"count": "impose_sanctions", "by": "JPN"}, +1),
    Story("A105", "july_2025", ("sanctions_end_interest", "new_sanctions_sour_talks"), {"count": TOKYO_TALKS}, -1),
    Story("A127", "july_2025", ("white_paper_draws_protest",),
          {"happened": "protest", "by": "KOR", "within": {"days": 7, "of": "white_paper_2025"}}, +1),
    # Concessions, and what would be otherwise
    Story("A087", "singapore_hanoi_2018", ("unrewarded_concessions",), {"count": TALKS}, -1),
    Story("A096", "lavrov_wonsan_2025", ("pact_opens_the_arms_trade",),
          {"count": "arms_transfer", "by": "PRK", "to": "RUS"}, -1, "the pact is suspended"),
    Story("A097", "lavrov_wonsan_2025", ("outside_option",), {"count": TALKS}, +1, "the pact is suspended"),
    Story("A072", "july_2025", ("arms_keep_force_away",),
          {"count": ["warn_pyongyang", "defence_build_up"], "by": "USA"}, +1, "Pyongyang disarms"),
]


@lru_cache(maxsize=2)
def claimed(name: str, twist: str) -> Document:
    """A shipped scenario as the article claims, over fewer weeks, with a twist and without its own outcomes."""
    scenario = load(name, reading="claimed")
    events = {event: fields if event in scenario.events else {"name": twist, **J, **fields}
              for event, fields in TWISTS[twist].items()}
    head = {"weeks": min(WEEKS, scenario.weeks), "outcomes": None, "endings": [{"name": "any", "title": "Any"}],
            "events": {event: {} for event in events}}
    return Document(merged(scenario.tree, {"scenario": head, "world": {"events": events}}), Place())


@lru_cache(maxsize=2)
def history(name: str, twist: str, off: tuple[str, ...] = ()) -> History:
    document = claimed(name, twist)
    strengths = {"world": {"mechanisms": {mechanism: {"strength": 0} for mechanism in off}}}
    world = compile_world(build(name, Document(merged(document.data, strengths), Place())))
    return played(world, replicates=REPLICATES, rng=1)


def difference(story: Story) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What the mechanisms change, in each replicate to which the outcome applies."""
    outcome = Outcome.model_validate(story.outcome)
    on, off = history(story.scenario, story.twist), history(story.scenario, story.twist, story.mechanisms)
    assert not list(unmatched(outcome, on.world.columns)), "nothing that the outcome asks for can occur"
    values = measure(outcome, on) - measure(outcome, off)
    return values[~np.isnan(values)]


@pytest.mark.parametrize("story", [story if number % 3 == 0 else pytest.param(story, marks=pytest.mark.slow)
                                   for number, story in enumerate(STORIES)],
                         ids=lambda story: f"{story.row} {story.mechanisms[0]}")
def test_a_mechanism_of_the_article_changes_what_it_is_said_to_change(story: Story) -> None:
    """The 95 % interval of the mean difference lies on the stated side of zero."""
    values = story.sign * difference(story)
    assert values.mean() - 1.96 * values.std() / np.sqrt(len(values)) > 0


def test_every_mechanism_of_the_article_has_a_story() -> None:
    """And the mechanisms that a story names cite its row, in the world as it is shipped."""
    with (folder("seeds") / "article.csv").open(encoding="utf-8") as file:
        rows = {row["id"] for row in csv.DictReader(file) if row["kind"] in ("mechanism", "causal")}
    assert {story.row for story in STORIES} == rows
    entries = load("july_2025").mechanisms
    assert [(story.row, name) for story in STORIES for name in story.mechanisms
            if story.row not in entries[name].source] == []


@pytest.mark.slow
def test_the_yearly_quarrel_over_the_islands_stays_apart_from_cooperation() -> None:
    """The other half of A127: without Seoul's ritual protest the two meet exactly as often."""
    [story] = [story for story in STORIES if story.row == "A127"]
    assert difference(story).any()
    assert not difference(story._replace(outcome={"count": MEETINGS})).any()


def changed(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The entries of a tree of changes that hold numbers, which is where sources stand."""
    if isinstance(node, dict):
        if "source" in node or not any(isinstance(value, dict) for value in node.values()):
            yield path, node
        else:
            for key, value in node.items():
                yield from changed(value, (*path, key))


def test_every_claim_cites_its_row_and_says_what_is_claimed() -> None:
    entries = list(changed(load("july_2025").readings["claimed"].changes))
    assert len(entries) > 40
    for path, entry in entries:
        assert set(entry) > {"source", "note"}, path
        assert [row for row in entry["source"] if row[0] not in "AM"] == [], path


def findings() -> list[str]:
    """The presets that stand for a finding, not for another time."""
    return list(read_text((folder("seeds") / "presets.yaml").read_text(encoding="utf-8")).data)


@pytest.mark.slow
@pytest.mark.parametrize("how", [{"reading": "claimed"}, *({"presets": [name]} for name in findings())], ids=str)
def test_every_reading_and_finding_leaves_the_world_stable(how: dict[str, Any]) -> None:
    """It changes some mechanism, and conduct does not feed itself."""
    plain, scenario = load("july_2025"), load("july_2025", **how)
    assert scenario.mechanisms != plain.mechanisms
    assert loop_gain(compile_world(scenario)) < 1


def test_the_page_on_readings_lists_every_claim() -> None:
    page = (Path(__file__).parent.parent / "docs" / "readings.md").read_text(encoding="utf-8")
    for path, _ in changed(load("july_2025").readings["claimed"].changes):
        name = ".".join(path[1:]) if path[0] == "countries" else path[1]
        assert f"`{name}" in page, path
