"""What a name that nobody knows, or an entry that does not work as it seems to, is answered with."""

from __future__ import annotations

from typing import Any

import pytest

from sim.errors import InputError, singular, unknown
from sim.overlay import with_setting
from sim.reading import Document, Place
from worlds import scenario, tree


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
