"""The report in a browser: nothing leaves it, everybody can read it, and it can be printed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim import store
from sim.report import leave

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 375, "height": 812}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def report(record: store.Record, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report of a run, in a folder of its own."""
    folder = tmp_path_factory.mktemp("report")
    for name in ("outcomes.csv", "scenario.yaml"):
        shutil.copy(record.folder / name, folder)
    leave(store.read(record.folder), folder, "python run.py run july_2025 -n 60")
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(browser: Any, report: str) -> Iterator[Any]:
    """The report on a desk, with what it asked for and said on the console beside it."""
    context = browser.new_context(viewport=DESK, accept_downloads=True)
    found = context.new_page()
    found.asked, found.said = [], []
    found.on("request", lambda request: found.asked.append(request.url))
    found.on("console", lambda message: found.said.append(message.text))
    found.on("pageerror", lambda error: found.said.append(str(error)))
    found.goto(report)
    yield found
    context.close()


def test_nothing_leaves_it(page: Any, report: str) -> None:
    """Not on opening, not with everything open, not on a download; and its policy complains about nothing."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.wait_for_timeout(200)
    with page.expect_download() as waiting:
        page.locator("a[download='endings.csv']").click()
    assert Path(waiting.value.path()).read_text(encoding="utf-8").startswith("ending,title,dots,runs,label")
    assert [address for address in page.asked if not address.startswith("data:")] == [report]
    assert page.said == []


def test_scripts_are_forbidden(page: Any) -> None:
    """Even where one got in."""
    page.evaluate("""() => { const bad = document.createElement('script');
                             bad.textContent = "document.title = 'taken'"; document.body.append(bad); }""")
    assert page.title() != "taken" and any("Content Security Policy" in said for said in page.said)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(browser: Any, report: str, size: dict[str, int]) -> None:
    """With everything open; of each table the first rows, since the others are like them and axe takes its time."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python (extra test)")
    context = browser.new_context(viewport=size, bypass_csp=True)  # axe is a script, which the policy forbids
    found = context.new_page()
    found.goto(report)
    found.evaluate("""() => {
        document.querySelectorAll('details').forEach(each => each.open = true);
        document.querySelectorAll('tbody tr:nth-child(n + 4), .sources > :nth-child(n + 8)').forEach(
            each => each.remove());
        document.querySelectorAll('svg > g').forEach(each => each.remove()); }""")
    result = axe.Axe().run(found)
    assert [violation["id"] for violation in result.response["violations"]] == [], result.generate_report()
    assert len(result.response["passes"]) > 20
    context.close()


def test_a_phone_scrolls_one_way(page: Any) -> None:
    page.set_viewport_size(PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.locator(".narrow li").first.is_visible()
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('p')).fontSize)")
    assert size >= 16
    # Text in figures, which are moved sideways, is no smaller than on paper.
    scale = page.evaluate("document.querySelector('figure svg').getBoundingClientRect().width / 720")
    assert 8 * scale >= 8


def test_keyboard_alone_reaches_the_source(page: Any) -> None:
    """From the first moment to a reason, and to a row of the article or whatever else it rests on."""
    moment = page.locator(".moments > li > details", has=page.locator(".reason cite")).first
    moment.locator("> summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.parentElement.className") == "reason"
    page.keyboard.press("Enter")
    assert moment.locator(".reason cite").first.is_visible()
    assert page.locator(".reason cite", has_text="A0").count() > 0
    page.keyboard.press("Enter")
    assert not moment.locator(".reason cite").first.is_visible()


def test_links_lead_to_the_questions(page: Any) -> None:
    for link in page.locator("nav a").all():
        link.click()
        assert page.locator(str(link.get_attribute("href"))).bounding_box()["y"] < DESK["height"] / 2 or (
            page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1"))


@pytest.mark.parametrize("font", ["", "serif"])
def test_text_stays_inside_its_figure(page: Any, font: str) -> None:
    """With the fonts of this system, and where it has none of those that are named."""
    beyond = page.evaluate("""font => [...document.querySelectorAll('figure svg')].flatMap(svg => {
        if (font) svg.setAttribute('font-family', font);
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(text => {
            const box = text.getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
        }).map(text => text.textContent)})""", font)
    assert beyond == []


def test_it_prints(page: Any, tmp_path: Path) -> None:
    """What was not opened is not printed, no figure is wider or taller than a page, and every question begins one."""
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible() and not page.locator("details.data > summary").first.is_visible()
    assert page.locator("figure svg").first.is_visible()
    heights = page.evaluate("[...document.querySelectorAll('figure svg')].map(each => each.clientHeight)")
    assert max(heights) <= 225 / 25.4 * 96 + 1
    content = page.pdf(format="A4", prefer_css_page_size=True)
    assert content.startswith(b"%PDF") and 8 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") <= 14
