"""Two codings of what the countries want: the shipped spreads hold both, and the page says how far they agree."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sim import coding
from sim.catalog import Country
from sim.errors import InputError
from sim.quantity import Quantity
from sim.scenario import load

PAGE = Path(__file__).parent.parent / "docs" / "coding.md"
ROWS = coding.codings()
COUNTRIES = load("july_2025").countries


def governs(country: Country, issue: str, what: str) -> Quantity:
    """The salience, or the ideal point: that of the leader in office, else the country's own."""
    anchor = country.leaders[country.leader].anchors.get(issue)
    stance = country.stances[issue]
    return stance.salience if what == "salience" else (anchor or stance).ideal


def test_both_coded_every_stance() -> None:
    stances = {(code, issue) for code, country in COUNTRIES.items() for issue in country.stances}
    assert set(zip(ROWS["country"], ROWS["issue"], strict=True)) == stances
    assert not ROWS.isna().any(axis=None)
    assert set(ROWS["basis_second"]) == {"article", "silent"}


@pytest.mark.parametrize(("what", "sd"), [("ideal", "sd"), ("salience", "salience_sd")])
def test_every_shipped_spread_is_wide_enough_for_both(what: str, sd: str) -> None:
    numbers = [governs(COUNTRIES[row.country], row.issue, what) for row in ROWS.itertuples()]
    assert all(number.sd is not None for number in numbers)
    needed = coding.spread(np.array([number.centre for number in numbers]),
                           *(ROWS[f"{part}_{who}"].to_numpy() for who in ("first", "second") for part in (what, sd)))
    narrow = [(row.country, row.issue, number.sd, least)
              for row, number, least in zip(ROWS.itertuples(), numbers, needed, strict=True)
              if number.sd is not None and number.sd < least - 1e-9]
    assert narrow == []


def test_a_spread_holds_both_coders_and_is_never_below_the_firsts() -> None:
    """That of the mixture, also by drawing from it."""
    rng = np.random.default_rng(1)
    drawn = np.concatenate([rng.normal(0.2, 0.1, 100_000), rng.normal(0.5, 0.3, 100_000)])
    wide = coding.spread(*np.array([0.2, 0.2, 0.1, 0.5, 0.3])[:, None])
    assert wide == pytest.approx(np.sqrt(np.mean((drawn - 0.2) ** 2)), rel=0.01)
    assert coding.spread(*np.array([0.2, 0.2, 0.1, 0.2, 0.01])[:, None]) == pytest.approx(0.1)


def test_alpha_is_one_for_agreement_and_near_zero_for_chance() -> None:
    first, second = np.random.default_rng(1).integers(-5, 6, size=(2, 1000)) / 5
    assert coding.alpha(first, first) == 1
    assert coding.alpha(first, second) == pytest.approx(0, abs=0.1)
    # At the interval level, with two coders and nothing missing, it is this.
    expected = 1 - np.mean((first - second) ** 2) / (2 * np.var([first, second], ddof=1))
    assert coding.alpha(first, second) == pytest.approx(expected)


def test_the_page_says_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    coding.main()
    assert f"{coding.BEGINS}\n{capsys.readouterr().out}{coding.ENDS}\n" in PAGE.read_text(encoding="utf-8")


def test_the_command_renews_a_page_between_its_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "lines", lambda: iter(["new"]))
    page = tmp_path / "page.md"
    page.write_text(f"before\n{coding.BEGINS}\nold\n{coding.ENDS}\nafter\n", encoding="utf-8")
    coding.main(str(page))
    assert page.read_text(encoding="utf-8") == f"before\n{coding.BEGINS}\nnew\n{coding.ENDS}\nafter\n"
    page.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match="no lines"):
        coding.main(str(page))


def test_without_its_library_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "krippendorff", None)
    with pytest.raises(InputError, match="pip install"):
        coding.main()


def test_what_the_page_says_besides_is_so() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    silent = (ROWS["basis_second"] == "silent").sum()
    assert f"on {silent} of the {len(ROWS)} rows the article says nothing" in page
    assert f"{coding.RESAMPLES} resamples" in page
    higher = ROWS["salience_second"] - ROWS["salience_first"]
    assert f"{(higher > 0).sum()} of the second coder's saliences are the higher ones, by {higher.mean():.1f}" in page
    signs = np.sign(ROWS["ideal_first"] * ROWS["ideal_second"])
    assert f"the sign differs on {(signs < 0).sum()} rows" in page
