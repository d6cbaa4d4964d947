"""Face validity: statistics with known answers, the list of what is compared, and the simulated world by it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from sim.errors import InputError
from sim.figures import render
from sim.figures.face import face as draw
from sim.paths import shipped as folder
from sim.record import face, face_page, weekly
from sim.record.face import Book, Faces, Recorded
from worlds import compiled, option, played, tree

ROOT = Path(__file__).parent.parent
#: How far beyond its interval a statistic may lie unexplained, in widths of it: samples of blocks and histories vary.
LEEWAY = 0.1


@cache
def found() -> Faces:
    return face.compare()


# Statistics

def test_shares_after_a_week_and_beside_a_series_are_counted() -> None:
    series = np.array([1, 1, 0, 0, 1, 0, 1, 1], dtype=bool)
    assert [float(part) for part in weekly.share_given(series, series, 1)] == [2, 4]
    assert [float(part) for part in weekly.share_given(series, ~series, 1)] == [2, 3]
    assert [float(part) for part in weekly.share_given(series, np.arange(8) < 3)] == [2, 3]
    two = np.stack([series, ~series], axis=1)
    assert weekly.share_given(two, two, 1)[0].tolist() == [2, 1]


def test_years_are_whole() -> None:
    series = np.arange(110) < 26
    assert weekly.yearly(series).tolist() == [0.5, 0]


def test_autocorrelation_of_an_autoregression_and_its_interval() -> None:
    """A series that keeps 0.8 of itself: 0.8 and 0.8⁴; white noise: none, within its interval."""
    rng = np.random.default_rng(1)
    series = np.zeros((4000, 3))
    for week in range(1, 4000):
        series[week] = 0.8 * series[week - 1] + rng.normal(size=3)
    assert weekly.autocorrelation(series, 1) == pytest.approx(0.8, abs=0.03)
    assert weekly.autocorrelation(series, 4) == pytest.approx(0.8**4, abs=0.08)
    for column in series.T[:, :1000]:
        low, high = weekly.of_autocorrelation(column, 1)
        assert low < weekly.autocorrelation(column, 1) < high
        assert low < 0.82
        assert high > 0.78
        assert high - low < 0.15
    low, high = weekly.of_autocorrelation(rng.normal(size=300), 4)
    assert low < 0 < high


def test_intervals_are_those_of_the_textbooks() -> None:
    assert weekly.of_share(3, 10) == pytest.approx(beta.ppf([0.025, 0.975], 3.5, 7.5))
    assert weekly.of_share(0, 5)[0] == 0
    assert weekly.of_share(5, 5)[1] == 1
    # n = 10 values with a standard deviation of 1: sqrt(9 / 19.02) and sqrt(9 / 2.70)
    values = np.array([-1.0, 1.0] * 5) * np.sqrt(9 / 10)
    assert weekly.of_spread(values) == pytest.approx((0.688, 1.826), abs=2e-3)


def test_years_that_differ_leave_their_common_rate_wider_open() -> None:
    alike, apart = weekly.of_years([15, 15, 15], [52] * 3), weekly.of_years([1, 15, 29], [52] * 3)
    assert alike[0] < 15 / 52 < alike[1]
    assert apart[1] - apart[0] > 1.5 * (alike[1] - alike[0])


def test_a_week_counts_once_and_what_lasts_counts_until_it_ends() -> None:
    """A drill of nine days touches two or three weeks; without `lasting` only that in which it begins."""
    world = compiled(tree(options={"strikes": option("strike", "AAA", "BBB", rate=0.2, days=9)}), weeks=30)
    history = played(world, replicates=20)
    columns = history.index.where(["strike"], "tag")
    begins, lasts = (weekly.occurring(history, columns, lasting) for lasting in (False, True))
    expected = np.zeros_like(lasts)
    for who, day, days in zip(history.replicate, history.day, history.days, strict=True):
        assert begins[day // 7, who]
        expected[day // 7:(day + days - 1) // 7 + 1, who] = True
    assert begins.sum() == len(set(zip(history.replicate.tolist(), (history.day // 7).tolist(), strict=True)))
    assert (lasts == expected).all()
    assert lasts.sum() > begins.sum()


# The record and the list

def test_the_records_figures_come_out_of_its_files() -> None:
    """Figures that the readme of the record gives, to the week before the scenario."""
    listed = face.read()
    book = Book(folder("seeds") / "record", pd.Timestamp("2025-07-14"))
    missile, years = book.series(listed.series["missile"].record, "2012-01-02")
    exercise, _ = book.series(listed.series["exercise"].record, "2012-01-02")
    assert len(missile) == 706
    assert years[[0, -1]].tolist() == [2012, 2025]
    for condition, lag, share in (
            (missile, 1, 0.412), (~missile, 1, 0.156), (exercise, 0, 0.455), (~exercise, 0, 0.189)):
        yes, n = weekly.share_given(missile, condition, lag)
        assert yes / n == pytest.approx(share, abs=1e-3)


def test_dates_count_for_their_weeks_and_nothing_counts_from_the_start_on(tmp_path: Path) -> None:
    days = ("2025-01-01,a", "2025-01-05,a", "2025-01-06,b", "2025-01-12,a", "2025-01-20,a")
    (tmp_path / "days.csv").write_text("\n".join(("date,tag", *days)), encoding="utf-8")
    book = Book(tmp_path, pd.Timestamp("2025-01-20"))
    series, _ = book.series(Recorded(file="days.csv", day="date", where={"tag": "a"}), "2024-12-30")
    assert series.tolist() == [True, True, False]
    with pytest.raises(InputError, match="no such file of the record"):
        book.table("nights.csv")


def test_a_wrong_list_says_what_is_wrong(tmp_path: Path) -> None:
    text = (folder("seeds") / "record" / "face.yaml").read_text(encoding="utf-8")
    path = tmp_path / "face.yaml"
    path.write_text(text.replace("of: ballistic,", "of: balistic,"), encoding="utf-8")
    with pytest.raises(InputError, match=r"no series balistic; known: ballistic, contact"):
        face.read(path)
    path.write_text(text.replace("lasting: true", "lastin: true"), encoding="utf-8")
    with pytest.raises(InputError, match=r'face\.yaml:\d+:\d+: unknown key "lastin"'):
        face.read(path)


def test_a_page_is_renewed_between_its_comments() -> None:
    page = f"a\n{face_page.BEGINS}\nold\n{face_page.ENDS}\nb\n"
    assert face_page.renewed(page, "new\n") == page.replace("old", "new")
    with pytest.raises(InputError, match="has no lines"):
        face_page.renewed("a\n", "new\n")


# The simulated world

@pytest.mark.slow
def test_the_simulated_world_agrees_with_the_record_or_says_why_not() -> None:
    """Tolerances are the record's own intervals. What is noted as different is still outside or near the edge."""
    rows = found().rows
    assert {"rate", "given", "reaction", "tone"} == set(rows["group"])
    width = rows["high"] - rows["low"]
    beyond = np.maximum(rows["low"] - rows["simulated"], rows["simulated"] - rows["high"]) / width
    noted = rows["differs"] != ""
    assert rows[(beyond > LEEWAY) & ~noted].empty
    assert rows[(beyond < -LEEWAY) & noted].empty, "these agree now: take the note away"
    assert rows["agrees"].mean() > 0.5


@pytest.mark.slow
def test_the_page_shows_what_comes_out() -> None:
    """Every statistic of the record to the last digit; simulated ones as far as another numpy may draw otherwise."""
    page = face_page.PAGE.read_text(encoding="utf-8")
    told = {line.split("|")[1].strip(): [cell.strip().replace("−", "-") for cell in line.split("|")[2:6]]
            for line in page.splitlines() if line.startswith("| ") and line.count("|") == 8}
    for _, row in found().rows.iterrows():
        n, record, interval, simulated = told.pop(row["title"])
        assert int(n) == row["n"]
        assert float(record) == pytest.approx(row["record"], abs=0.0051)
        assert [float(end) for end in interval.split(" to ")] == pytest.approx([row["low"], row["high"]], abs=0.0051)
        assert float(simulated) == pytest.approx(row["simulated"], abs=0.03)
    assert list(told) == [""]


@pytest.mark.slow
def test_the_figure_draws_every_statistic() -> None:
    svg = render(draw(found()), "face", "svg").decode()
    for title in found().rows.loc[found().rows["group"] != "tone", "title"]:
        assert title in svg
    assert f"{found().rows['agrees'].sum()} of {len(found().rows)} statistics" in svg
