"""How quickly the workbench answers: `python benchmarks/page.py [--write]`. Needs playwright and Chromium.

Prints one table, all of one workbench on this machine in a browser without a window; `--write` keeps it in
docs/performance.md, under the table of `benchmarks/run.py`. How each row is measured:

* First paint is the browser's own: from asking for the page to the first thing on it, in a browser that has nothing of
  it yet; the median of some loads.
* Slider to chart is from the event of a slider that moves to the frame that shows the draft of 300 histories beside the
  baseline: request, simulation, figures and all. The slider is at rest before, and every place is a new one.
* Cancel is from the click to the words that the run has ended, with a run of the largest number under way.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measuring import WORKBENCH, Row, measured_with, parted, table  # noqa: E402
from sim import ensemble  # noqa: E402

REPORT = ROOT / "docs" / "performance.md"
#: Milliseconds at most.
TARGETS = {"paint": 1000, "draft": 400, "cancel": 500}
WAIT = 120_000
SLIDE = """async (step) => {
    const input = document.querySelector('.assumption input[type=range]'), draft = document.getElementById('draft');
    const shown = new Promise((done) => new MutationObserver((_, own) => {
        own.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    }).observe(draft, { childList: true }));
    const begun = performance.now();
    input.value = Number(input.min) + step * Number(input.step);
    input.dispatchEvent(new Event('input'));
    return await shown - begun; }"""
CANCEL = """() => new Promise((done) => {
    const status = document.getElementById('status'), begun = performance.now();
    new MutationObserver((_, own) => {
        if (!status.textContent.startsWith('Cancelled')) return;
        own.disconnect();
        done(performance.now() - begun);
    }).observe(status, { childList: true, characterData: true, subtree: true });
    document.getElementById('cancel').click(); })"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main() -> None:
    """Measures everything and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"keep the table in {REPORT.relative_to(ROOT)}")
    parser.add_argument("--slides", type=int, default=25, help="moves of the slider to take the median of (default 25)")
    arguments = parser.parse_args()
    with workbench() as address, browser() as found:
        rows = list(measured(found, address, arguments.slides))
    text = f"{measured_with(ensemble.cores())}; scenario july_2025.\n\n{table(rows, ('what', 'measured', ''))}"
    print(text)
    if arguments.write:
        how = (__doc__ or "").split("How each row is measured:\n\n")[1].strip()
        before, _ = parted(REPORT.read_text(encoding="utf-8"))
        head = f"{WORKBENCH}\n\nWritten by `python benchmarks/page.py --write`, nothing else running beside it.\n\n"
        REPORT.write_text(f"{before}\n{head}{text}\n\n{how}\n", encoding="utf-8")


@contextmanager
def workbench() -> Iterator[str]:
    """A workbench of its own, and its address."""
    command = [sys.executable, str(ROOT / "run.py"), "serve", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serving:
        assert serving.stdout is not None
        address = re.search(r"http://\S+", serving.stdout.readline())
        try:
            if address is None:
                raise SystemExit("serve printed no address; does it run?")
            yield address[0]
        finally:
            serving.send_signal(signal.SIGTERM)


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, as the system has it."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise SystemExit("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as running:
        found = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


def measured(found: Any, address: str, slides: int) -> Iterator[Row]:
    """First paint, slider to chart, cancel."""
    page = opened(found, address)
    page.wait_for_timeout(8000)  # until the workers of full runs have started
    paints = []
    for _ in range(7):
        other = opened(found, address)
        paints.append(float(other.evaluate(PAINT)))
        other.context.close()
    yield row("First paint", paints, TARGETS["paint"])
    page.evaluate(SLIDE, 0)
    moves = []
    for step in range(1, slides + 1):
        page.wait_for_selector("#draft[aria-busy=false]")
        page.wait_for_timeout(250)
        moves.append(float(page.evaluate(SLIDE, step)))
    yield row("Slider to chart, 300 histories beside the baseline", moves, TARGETS["draft"])
    ends = []
    for _ in range(5):
        page.fill("#replicates", "20000")
        page.click("#run")
        page.wait_for_selector("#status:text-matches('^[1-9].* left')")
        ends.append(float(page.evaluate(CANCEL)))
        page.wait_for_selector("#full h2")
    yield row("Cancel", ends, TARGETS["cancel"])


def opened(found: Any, address: str) -> Any:
    """A page of its own, ready."""
    page = found.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(WAIT)
    page.goto(address)
    page.wait_for_selector("html[data-ready=yes]")
    page.wait_for_selector("#draft[aria-busy=false]")
    return page


def row(what: str, times: list[float], target: int) -> Row:
    """The median of some milliseconds, and their range."""
    return Row(what, f"{median(times):,.0f} ms", f"target {target} ms; {min(times):,.0f} to {max(times):,.0f} in "
               f"{len(times)}")


if __name__ == "__main__":
    main()
