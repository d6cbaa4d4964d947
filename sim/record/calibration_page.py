"""What `calibrate` leaves: the report, a table, the figure."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from sim.figures import render
from sim.figures.calibrated import calibrated, shown, title
from sim.record.calibrate import Calibration, as_record
from sim.record.estimate import Estimate
from sim.record.tones import name

#: The project's own report and its picture, where there is one beside the world.
PAGE, PICTURE = Path("docs") / "calibration.md", Path("docs") / "images" / "calibrated.png"


def leave(found: Calibration, folder: Path) -> Path:
    """Writes report, table, figure and JSON to a folder, which is returned."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    figure = calibrated(found)
    for kind in ("png", "svg"):
        (folder / "figures" / f"calibrated.{kind}").write_bytes(render(figure, "calibrated", kind))
    with (folder / "calibration.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "title", "value", "error", "n", "method", "shipped", "judged"])
        for each in found.estimates.values():
            table.writerow([each.name, each.title, shown(each.value), each.error, each.n, each.method,
                            shown(each.shipped), shown(each.judged) if each.judged else ""])
    (folder / "calibration.json").write_text(json.dumps(as_record(found), indent=2, ensure_ascii=False) + "\n",
                                             encoding="utf-8")
    (folder / "report.md").write_text(text(found, "figures/calibrated.png"), encoding="utf-8")
    return folder


def publish(found: Calibration, world: Path) -> None:
    """Renews the project's own report, if the world is the project's."""
    page = world.parent / PAGE
    if page.exists():
        page.write_text(text(found, "images/calibrated.png"), encoding="utf-8")
        (world.parent / PICTURE).write_bytes(render(calibrated(found), "calibrated", "png"))


def text(found: Calibration, picture: str) -> str:
    """The report."""
    return "\n".join(_lines(found, picture)) + "\n"


def _lines(found: Calibration, picture: str) -> Iterator[str]:
    yield "<!-- Written by `python run.py calibrate --write`. -->"
    yield "# Calibration"
    yield ""
    yield _filled(f"**{title(found)}.** The record is read up to {found.until}, the last complete week before the "
                  f"scenario `{found.scenario.name}` starts, and no further.")
    yield ""
    yield "    python run.py calibrate            # the table below"
    yield "    python run.py calibrate --write    # renews the world's fitted.yaml, and this page"
    yield ""
    yield f"![Numbers as they were judged and as they are fitted, and the tempo behind the record]({picture})"
    yield ""
    yield "| number | judged | fitted | standard error | n | method |"
    yield "|---|---|---|---|---|---|"
    for each in found.estimates.values():
        yield "| " + " | ".join((f"`{each.name}`", shown(each.judged) if each.judged else "", shown(each.value),
                                 "" if each.error is None else f"{each.error:g}", str(each.n), each.method)) + " |"
    yield ""
    yield _filled("Value ± standard deviation is what replicates draw from; the standard error is that of the fit "
                  "alone. A strength is in log-odds, a rate per week.")
    for process, fitted in found.fits.items():
        yield from _process(found, process)
        yield _filled(f"Weeks {len(fitted.observed)}, log likelihood {fitted.log_likelihood:.2f}. Yearly counts vary "
                      f"{fitted.overdispersion():.2f} times as much as the fit foresees a week ahead; the spreads of "
                      "the rates are wider than their errors by the root of that.")
    yield from _rest(found, "Counts", [each for each in found.estimates.values() if each.name in found.plan.counts])
    yield from _rest(found, "Answers", [each for each in found.estimates.values() if each.name in found.plan.answers])
    for tone in found.plan.tones.values():
        yield from _rest(found, "Tone", [found.estimates[name(path)] for path in tone.judged])
        yield ""
        yield _filled(tone.note.strip())
    yield ""
    yield "## Data"
    yield ""
    files = {file: start for each in found.estimates.values() for file, start in each.data.items()}
    yield from (f"- `{file}`, SHA-256 `{start}…`" for file, start in sorted(files.items()))


def _process(found: Calibration, of: str) -> Iterator[str]:
    process = found.plan.processes[of]
    yield ""
    yield f"## {of.replace('_', ' ').capitalize()}"
    yield ""
    yield _filled("The record is replayed through the model: what happened enters as occurrences, and the model's own "
                  "features say what was open and which traces were left. The weekly log-odds of each option are "
                  "its base, plus strength times trace, plus the tempo's strength times tanh of the tempo, which is "
                  "summed out by a filter. Rates are those at the traces that the options state under `at`; with them "
                  "the model has the fitted bases back. Strengths are divided by the theories' mean factor on their "
                  "family, so that the mixture as a whole has the fitted effect.")
    yield ""
    yield from (_filled(f"- {part}") for part in _priors(found, of))
    if process.note:
        yield ""
        yield _filled(process.note.strip())
    yield ""


def _priors(found: Calibration, of: str) -> Iterator[str]:
    process = found.plan.processes[of]
    for mechanism, prior in (*process.responses.items(), *process.tempo.items()):
        yield f"`{mechanism}`: prior {shown(prior)}"
    yield f"half-life: prior {shown(process.half_life)} weeks; bases: Jeffreys' prior"


def _rest(found: Calibration, head: str, estimates: list[Estimate]) -> Iterator[str]:
    if estimates:
        yield ""
        yield f"## {head}"
        yield ""
        yield from (_filled(f"- `{each.name}`: {each.note}") for each in estimates)


def _filled(words: str) -> str:
    return fill(words, 120, subsequent_indent="  " if words.startswith("- ") else "", break_on_hyphens=False,
                break_long_words=False)
