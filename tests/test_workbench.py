"""The workbench in a browser, as a person uses it."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import load

pytest.importorskip("starlette", reason="starlette is not installed (extra web)")

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PHONE, DESK = {"width": 375, "height": 812}, {"width": 1280, "height": 900}
#: Labels of charts that meet another one, or leave the chart.
MEETING = """() => [...document.querySelectorAll('figure svg')].flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
    const out = boxes.filter(([, box]) => frame.width && (box.left < frame.left - 1 || box.right > frame.right + 1
        || box.bottom > frame.bottom + 1));
    const meet = boxes.flatMap(([one, a], place) => boxes.slice(place + 1).filter(([, b]) => a.left < b.right - 1
        && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3).map(([other]) => [one, other]));
    return [...out.map(([text]) => text), ...meet]; })"""
LONG = 60_000  # milliseconds that a busy machine may take


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A workbench of its own, and the address that it prints."""
    command = [sys.executable, str(ROOT / "run.py"), "serve", "--no-browser", "--port", "0", "--jobs", "2"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert serving.stdout is not None
    found = re.search(r"http://\S+", serving.stdout.readline())
    assert found, "serve prints its address"
    yield found[0]
    serving.send_signal(signal.SIGINT)
    _, said = serving.communicate(timeout=30)
    assert serving.returncode == 0 and "Traceback" not in said, said


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page with its first draft; what it asked for and said on the console is beside it."""
    context = browser.new_context(viewport=DESK, accept_downloads=True)
    context.set_default_timeout(LONG)
    found = opened(context, address)
    yield found
    assert found.said == []
    assert [asked for asked in found.asked if not asked.startswith((address.split("/?")[0], "data:", "blob:"))] == []
    context.close()


def opened(context: Any, address: str) -> Any:
    found = context.new_page()
    found.asked, found.said = [], []
    found.on("request", lambda request: found.asked.append(request.url))
    found.on("console", lambda message: found.said.append(message.text))
    found.on("pageerror", lambda error: found.said.append(str(error)))
    found.goto(address)
    found.wait_for_selector("html[data-ready=yes]")
    settled(found)
    return found


def settled(page: Any) -> None:
    """Waits until the draft is that of what is asked now."""
    page.wait_for_timeout(50)
    page.wait_for_selector("#draft[aria-busy=false]")


def ran(page: Any, replicates: int = 520) -> None:
    page.fill("#replicates", str(replicates))
    page.click("#run")
    page.wait_for_selector("#full h2")


def test_first_look(page: Any) -> None:
    assert "no forecast" in page.locator(".banner").inner_text()
    assert page.locator("#draft svg").first.is_visible()
    assert page.locator(".assumption").count() == 8
    assert page.locator("#changed").inner_text() == "Nothing is changed from default."
    assert "token" not in page.url
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    # The endings are all there is: their shares make up all runs.
    page.locator("#draft summary").first.click()
    shares = [int(re.match(r"\d+", cell).group()) for cell in page.locator("#draft tbody td").all_inner_texts()[:5]]
    assert 95 <= sum(shares) <= 105


def test_a_change_a_run_and_the_way_down_to_a_source(page: Any, browser: Any, address: str, tmp_path: Path) -> None:
    """By the keyboard alone where it matters: slide, run, compare, reload from the link, open a reason."""
    page.locator(".assumption input[type=range]").first.focus()
    for _ in range(25):
        page.keyboard.press("ArrowLeft")
    settled(page)
    assert page.locator(".assumption.changed").count() == 1
    assert page.locator("#changed").inner_text() == "1 thing is changed from default."
    assert "baseline" in page.locator("#draft svg").first.text_content()
    ran(page)
    assert "Done: 520 histories" in page.locator("#status").inner_text()
    page.locator("#full .question summary", has_text="What changes?").click()
    page.wait_for_selector("#full .question figure svg")
    with page.expect_download() as waiting:
        page.locator("#full").get_by_role("button", name="CSV of What happens").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert text.startswith("name,title,kind,base,") and text.count("\n") > 10
    with page.expect_download() as waiting:
        page.locator("#full").get_by_role("button", name="SVG of How do").click()
    assert Path(waiting.value.path()).read_text(encoding="utf-8").startswith("<?xml")
    with page.expect_download() as waiting:
        page.click("#save")
    assert "title:" in Path(waiting.value.path()).read_text(encoding="utf-8")

    page.wait_for_timeout(300)
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(LONG)
    again = opened(context, address + "#" + page.url.partition("#")[2])
    again.wait_for_selector("#full h2")
    for part in ("#changed", "#status", "#draft"):
        told = [re.sub(r"in [\d.]+ s", "", each.locator(part).inner_text()) for each in (page, again)]
        assert told[0] == told[1]
    context.close()

    page.get_by_role("button", name="First divergence").click()
    page.wait_for_selector("#story h3")
    assert page.locator("#story .sides > div").count() == 2
    page.fill("#replicate", "3")
    page.locator("#replicate").press("Enter")
    page.wait_for_selector("#story h3:has-text('History 3')")
    moment = page.locator("#story .happening > details", has=page.locator(".reason cite")).first
    moment.locator("> summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert moment.locator(".reason cite").first.is_visible()


def test_a_link_leads_to_the_same_week_of_a_history(page: Any, browser: Any, address: str) -> None:
    """Beside the run that is made again, with the question that was open; and a run leaves a history that is told."""
    page.fill("#replicate", "3")
    page.locator("#replicate").press("Enter")
    page.get_by_role("button", name="Next week").click()
    ran(page, 60)
    page.wait_for_selector("#picks button")
    told = page.locator("#story .told").inner_text()
    assert "History 3" in told and "week 2 of" in told
    page.locator("#full .question summary", has_text="Who stands where?").click()
    page.wait_for_selector("#full .question[open] figure svg")
    page.wait_for_timeout(300)
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(LONG)
    again = opened(context, address + "#" + page.url.partition("#")[2])
    again.wait_for_selector("#picks button")
    again.wait_for_selector("#story .happening")
    assert again.locator("#story .told").inner_text() == told
    again.wait_for_selector("#full .question[open]:has-text('Who stands where?') figure svg")
    context.close()


def test_both_sides_show_the_same_week(page: Any) -> None:
    page.locator(".assumption input[type=range]").first.press("Home")
    settled(page)
    ran(page, 60)
    page.locator("#full .question summary", has_text="Who is on what terms").click()
    page.wait_for_selector("#full .question[open] figure svg")
    weeks = page.locator("#full .question[open] input[type=range]")
    weeks.first.press("ArrowRight")
    assert weeks.count() == 2 and [weeks.nth(place).input_value() for place in (0, 1)] == ["1", "1"]
    assert page.locator("#full .question[open] svg", has_text="Week from 21 Jul 2025").count() == 2


def test_by_tab_alone(page: Any) -> None:
    """The whole way without a mouse: change, run, cancel, compare, open a reason down to its source, download."""
    def reach(what: str) -> None:
        for _ in range(250):
            page.keyboard.press("Tab")
            if page.evaluate("what => document.activeElement.matches(what)", what):
                return
        raise AssertionError(f"Tab does not lead to {what}")

    reach(".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "results"
    page.keyboard.press("Shift+Tab")
    page.evaluate("document.activeElement.blur()")
    reach(".assumption input[type=range]")
    page.keyboard.press("Home")
    settled(page)
    assert page.locator(".assumption.changed").count() == 1
    reach("#replicates")
    page.keyboard.type("20000")
    reach("#run")
    assert page.locator("#run").inner_text() == "Run 20,000 histories"
    page.keyboard.press("Enter")
    page.wait_for_selector("#status:text-matches('^[1-9].* left')")
    reach("#cancel")
    page.keyboard.press("Enter")
    page.wait_for_selector("#full h2")
    assert "Cancelled" in page.locator("#status").inner_text()
    assert page.evaluate("document.activeElement.id") == "run"
    reach("#to-run")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "full"
    reach("#full .question:nth-of-type(2) > summary")
    assert "What changes" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector("#full .question[open] figure svg")
    reach("#full .question[open] button")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "changes-1.svg"
    reach("#picks button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#story h3")
    assert page.evaluate("document.activeElement.textContent").startswith("History ")
    reach("#story .happening > details:has(.reason) > summary")
    page.keyboard.press("Enter")
    reach("#story .reason > summary")
    page.keyboard.press("Enter")
    assert page.locator("#story .reason[open] cite").first.is_visible()


def test_on_a_phone(browser: Any, address: str) -> None:
    """A change, a run and one history on a narrow screen, which is never moved sideways."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.set_default_timeout(LONG)
    page = opened(context, address)
    slider = page.locator(".assumption input[type=range]").first
    slider.tap(position={"x": 10, "y": 8})
    settled(page)
    assert page.locator(".assumption.changed").count() == 1
    page.locator("#events > summary").tap()
    page.wait_for_selector(".axis span", state="visible")
    page.wait_for_timeout(50)
    labels = page.evaluate("""[...document.querySelectorAll('.axis span')].filter((each) => each.checkVisibility({
        visibilityProperty: true })).map((each) => each.getBoundingClientRect()).map((box) => [box.left, box.right])""")
    assert labels and all(right < left for (_, right), (left, _) in pairwise(labels))
    page.locator("nav").get_by_role("link", name="What comes out").tap()
    assert 0 <= page.locator("#results-title").bounding_box()["y"] < PHONE["height"] / 2
    page.fill("#replicates", "60")
    page.locator("#run").tap()
    page.wait_for_selector("#to-run:visible")
    page.locator("#to-run").tap()
    assert -1 <= page.locator("#full h2").bounding_box()["y"] < PHONE["height"] / 2
    page.locator("#full .question > summary").first.tap()
    page.wait_for_selector("#full .question figure svg")
    page.locator("#picks button").first.tap()
    page.wait_for_selector("#story h3")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert "#" in page.url and len(page.url.partition("#")[2]) > 40  # the links of the page leave the state there
    context.close()


def test_on_paper(page: Any) -> None:
    """What one changes is left out; what came out and what was told is there, and no figure is larger than a page."""
    page.locator("#events > summary").click()
    page.locator(".events > li", has_text="Ulchi Freedom Shield").get_by_role("checkbox").uncheck()
    settled(page)
    ran(page, 60)
    assert "What is changed: without “Ulchi Freedom Shield”." in page.locator("#full").inner_text()
    page.locator("#full .question > summary").first.click()
    page.wait_for_selector("#full .question figure svg")
    page.get_by_role("button", name="Tell it").click()
    page.wait_for_selector("#story .happening > details > summary")
    page.emulate_media(media="print")
    assert page.locator("#story .happening > details > summary").first.is_visible()
    for hidden in ("#change", "#run-form", "nav", "#game", "#full .buttons"):  # no game is played
        assert not page.locator(hidden).first.is_visible()
    sizes = page.evaluate("[...document.querySelectorAll('figure svg')].map(each => [each.clientWidth, "
                          "each.clientHeight, each.parentElement.clientWidth])")
    assert len(sizes) >= 4 and all(tall <= 225 / 25.4 * 96 + 1 and wide <= room + 1 for wide, tall, room in sizes)
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")


def test_a_copy_of_ones_own(page: Any, tmp_path: Path) -> None:
    """It begins with what is changed, is its own baseline, has a name, and can be saved and opened again."""
    page.locator(".assumption input[type=range]").first.press("Home")
    settled(page)
    changed = page.locator("#draft svg").first.text_content()
    page.click("#start-copy")
    page.wait_for_selector("#copied:not([hidden])")
    settled(page)
    assert page.locator("#changed").inner_text().startswith("Nothing is changed from default.")
    alone = page.locator("#draft svg").first.text_content()
    assert "baseline" in changed and "baseline" not in alone
    page.fill("#copy-name", "our summer")
    page.locator("#copy-name").press("Enter")
    with page.expect_download() as waiting:
        page.click("#save")
    assert waiting.value.suggested_filename == "our_summer.yaml"
    saved = tmp_path / "our_summer.yaml"
    waiting.value.save_as(saved)
    page.select_option("#scenario", "china_joins")
    page.wait_for_selector("#title:has-text('China')")
    settled(page)
    page.set_input_files("#open", saved)
    page.wait_for_selector("#copied:not([hidden])")
    settled(page)
    assert page.input_value("#copy-name") == "our_summer"
    assert page.locator("#draft svg").first.text_content() == alone
    page.locator(".assumption input[type=range]").first.press("End")
    settled(page)
    page.click("#reset-all")
    page.wait_for_selector("#changed:has-text('Nothing is changed')")
    settled(page)
    assert page.input_value("#copy-name") == "our_summer"
    assert page.locator("#draft svg").first.text_content() == alone
    saved.write_text(saved.read_text(encoding="utf-8") + "surprise: 1\n", encoding="utf-8")
    page.set_input_files("#open", saved)
    page.wait_for_selector("#unopened li")
    page.locator(".assumption input[type=range]").first.press("Home")
    settled(page)
    assert "surprise" in page.locator("#unopened").inner_text(), "a draft that succeeds says nothing about the file"
    page.click("#start-copy")
    page.wait_for_selector("#unopened:empty", state="attached")


def test_two_at_once_get_their_own(browser: Any, address: str) -> None:
    """Each sees the draft of its own changes, and the same as alone."""
    pages = []
    for _ in range(2):
        context = browser.new_context(viewport=DESK)
        context.set_default_timeout(LONG)
        pages.append(opened(context, address))
    for page, key in zip(pages, ("ArrowLeft", "ArrowRight"), strict=True):
        page.locator(".assumption input[type=range]").first.focus()
        for _ in range(30):
            page.keyboard.press(key)
    for page in pages:
        settled(page)
    texts = [page.locator("#draft svg").first.text_content() for page in pages]
    for page, before in zip(pages, texts, strict=True):
        page.locator(".assumption input[type=range]").first.press("ArrowUp")
        settled(page)
        page.locator(".assumption input[type=range]").first.press("ArrowDown")
        settled(page)
        assert page.locator("#draft svg").first.text_content() == before
        page.context.close()
    assert texts[0] != texts[1]


def test_cancelling_keeps_what_is_done(page: Any) -> None:
    page.fill("#replicates", "20000")
    page.click("#run")
    page.wait_for_selector("#status:text-matches('^[1-9].* left')")
    took = page.evaluate("""async () => {
        const begun = performance.now();
        document.getElementById("cancel").click();
        while (!document.getElementById("status").textContent.startsWith("Cancelled")) {
            await new Promise((done) => setTimeout(done, 5));
        }
        return performance.now() - begun; }""")
    assert took < 3000  # 500 on a machine that does nothing else
    page.wait_for_selector("#full h2")
    kept = int(re.search(r"([\d,]+) histories", page.locator("#status").inner_text())[1].replace(",", ""))
    assert 0 < kept < 20000 and f"{kept:,} histories" in page.locator("#full h2").inner_text()


def test_events_and_the_file(page: Any) -> None:
    page.locator("#events > summary").click()
    row = page.locator(".events > li", has_text="Ulchi Freedom Shield")
    row.get_by_role("checkbox").uncheck()
    settled(page)
    assert "changed" in row.get_attribute("class")
    row.get_by_role("button", name="Reset").click()
    row.locator("input[type=date]").fill("2025-10-01")
    settled(page)
    page.locator("#file > summary").click()
    page.wait_for_selector("#file .body textarea")
    text = page.locator("#yaml")
    page.wait_for_timeout(1500)
    assert "2025-10-01" in text.input_value()
    text.fill(text.input_value().replace("2025-10-01", "2025-10-41"))
    page.wait_for_selector("#file .problems")
    assert re.search(r"Line \d+, column \d+", page.locator("#file .problems").inner_text())
    assert page.get_by_role("button", name="Use this text").is_disabled()
    text.fill(text.input_value().replace("2025-10-41", "2025-10-08"))
    page.wait_for_selector("#file button:text('Use this text'):enabled")
    page.get_by_role("button", name="Use this text").click()
    settled(page)
    assert page.locator("#problems").inner_text() == ""


def test_a_game(page: Any) -> None:
    page.select_option("#country", "KOR")
    page.locator("#play").get_by_role("button", name="Begin").click()
    page.wait_for_selector("#play form fieldset")
    assert "Lee Jae-myung governs ROK" in page.locator("#play .briefing").inner_text()
    assert "B-52" in page.locator("#play .briefing").inner_text()
    assert page.locator("#play legend").all_inner_texts()[:3] == ["Toward US", "Toward Japan", "Toward DPRK"]
    box = page.locator("#play fieldset", has_text="Toward Japan").locator("input[type=checkbox]").first
    words = box.locator("xpath=following::label").first.inner_text()
    box.check()
    page.get_by_role("button", name="Decide, and reveal").click()
    page.wait_for_selector("#play h3:has-text('Week 1')")
    row = page.locator("#play tbody tr", has_text="decided for it")
    assert words in row.inner_text() and "yes" in row.inner_text()
    assert page.locator("#play .briefing li", has_text=words).count() == 1  # before the second week it has happened
    page.get_by_role("button", name="Let it decide up to the next event").click()
    page.wait_for_selector("#play summary:has-text('before')")
    assert page.locator("#play .briefing ol").last.locator("li").count() >= 1
    page.emulate_media(media="print")
    assert page.locator("#play h3").first.is_visible() and not page.locator("#play form").is_visible()


def test_a_game_ends_with_a_debrief(page: Any, tmp_path: Path) -> None:
    """A link to a game played to its end shows what came of it, and the weeks can be saved."""
    page.evaluate("""async (weeks) => {
        const { state, link } = await import("/static/state.js");
        state.game = { country: "PRK", replicate: 0, moves: Array(weeks).fill(["prk_ballistic_test"]) };
        location.href = await link(); }""", load("july_2025").weeks)
    page.wait_for_selector("#play .debrief table")
    heads = page.locator("#play .debrief thead th").all_inner_texts()
    assert heads == ["Outcome", "As you played", "Left to the model"]
    first = page.locator("#play .debrief tbody tr").first.locator("td").all_inner_texts()
    assert first[0] != first[1]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV of the weeks played").click()
    waiting.value.save_as(tmp_path / "game.csv")
    with (tmp_path / "game.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["week"] for row in rows} == {str(week + 1) for week in range(load("july_2025").weeks)}
    assert any(row["DPRK"] == "decided for it" and row["happened"] == "yes" for row in rows)


def test_axe_finds_nothing(browser: Any, address: str) -> None:
    """With everything open and a run made; no label meets another or leaves its chart, and a phone scrolls one way."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python (extra test)")
    context = browser.new_context(viewport=DESK, bypass_csp=True)  # axe is a script from elsewhere
    context.set_default_timeout(LONG)
    page = opened(context, address)
    page.evaluate("document.querySelectorAll('#change details').forEach((each) => { each.open = true; })")
    page.locator(".assumption input[type=range]").first.press("ArrowUp")
    settled(page)
    ran(page, 100)
    questions = page.locator("#full .question")
    for place in range(questions.count()):
        questions.nth(place).locator("> summary").click()
        questions.nth(place).locator("figure svg").first.wait_for()
    page.locator("#play").get_by_role("button", name="Begin").click()
    page.wait_for_selector("#play form fieldset")
    assert page.evaluate(MEETING) == []
    page.evaluate("""() => {
        document.querySelectorAll('details').forEach((each) => { each.open = true; });
        document.querySelectorAll('tbody tr:nth-child(n + 4), .events > li:nth-child(n + 4)').forEach(
            (each) => each.remove());
        document.querySelectorAll('#full svg > g').forEach((each) => each.remove()); }""")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        result = axe.Axe().run(page)
        assert [violation["id"] for violation in result.response["violations"]] == [], result.generate_report()
        assert len(result.response["passes"]) > 20
    context.close()
