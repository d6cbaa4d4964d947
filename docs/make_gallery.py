"""Writes docs/gallery.md and its pictures: `python docs/make_gallery.py [SCENARIO …]`, all of them where none is named.

What people wrote is in docs/gallery.yaml. Each scenario is run as it is and with one change, on the same draws, and
the numbers and the picture of a section are those of that one run.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402

from sim.ensemble import Ensemble  # noqa: E402
from sim.experiments.paired import differences, run  # noqa: E402
from sim.figures import endings, render  # noqa: E402
from sim.figures.style import short_name  # noqa: E402
from sim.reading import read_text  # noqa: E402
from sim.scenario import Scenario, load  # noqa: E402
from sim.summary import day_in_words, ending_rows, in_100_runs, numbers_in_words, outcome_rows, words  # noqa: E402
from sim.trace import trace  # noqa: E402

PAGE, PROSE, PICTURES = (ROOT / "docs" / path for path in ("gallery.md", "gallery.yaml", "images/gallery"))
REPLICATES, SEED = 1000, 1
SECTION = re.compile(r"^<!-- (\w+) -->\n.*?^<!-- end -->\n", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\{([\w.]+)(?::(\w+))?\}")

HEAD = f"""\
# Gallery

Every scenario that ships: what it asks, how its histories end, what comes out, and one change worth trying. Each
explores what a model's assumptions lead to. None is a forecast, and those of the past were written by people who knew
what had happened.

All numbers are those of {REPLICATES:,} replicates with seed {SEED}, and the commands give the same. In brackets stands
the 95 % interval for that number of runs. Numbers that are no shares come as medians, with the range of 90 in 100 runs;
tables have means of them, and shares in 100 runs. A change is run on the same draws: its difference is paired, and
where the interval leaves out 0 it is no accident of the draws. Rows are those of the article:
`python run.py trace A097` says what carries one, and [trace.md](trace.md) what that means.

Written by `python docs/make_gallery.py` from [gallery.yaml](gallery.yaml); do not edit here.
"""


class Section(NamedTuple):
    """A scenario's part of the page, and its picture."""

    text: str
    picture: bytes


def section(name: str, entry: dict[str, Any]) -> Section:
    """Runs a scenario as it is and changed, and words what came out."""
    found = run({False: load(name), True: load(name, *changes(entry["try"]))}, REPLICATES, SEED, jobs=1)
    base, changed = found[False], found[True]
    scenario = base.scenario
    figure = endings.draw(base)
    parts = (f"## {scenario.title}",
             paragraph(scenario.asks),
             f"{scenario.weeks} weeks from {day_in_words(scenario.start)}: {listed(names(scenario))}.",
             f"    {command('run', name)}",
             f"![{figure.get_label()}](images/gallery/{name}.png)",
             paragraph(NUMBER.sub(lambda hit: said(base, hit[1], hit[2] or ""), entry["out"])),
             f"**Try:** {paragraph(entry['change'])}",
             f"    {command('compare', name, entry['try'])}",
             "\n".join(table(base, changed, entry["moves"])),
             f"Rows of the article: {spans(rows(scenario))}.")
    return Section("\n\n".join(parts), small(render(figure, name, "png")))


def command(verb: str, name: str, more: str = "") -> str:
    return f"python run.py {verb} {name} -n {REPLICATES} --seed {SEED} {more}".rstrip()


def changes(text: str) -> tuple[list[str], list[str], str | None, list[str]]:
    """What the words of a command come to: settings, events left out, the reading and the presets."""
    parts: dict[str, list[str]] = {"--set": [], "--without": [], "--reading": [], "--preset": []}
    asked = shlex.split(text)
    for option, value in zip(asked[::2], asked[1::2], strict=True):
        parts[option].append(value)
    return parts["--set"], parts["--without"], next(iter(parts["--reading"]), None), parts["--preset"]


# Words

def said(ensemble: Ensemble, name: str, form: str) -> str:
    """An outcome or ending in the form that gallery.yaml asks for."""
    row = measured(ensemble, name)
    if form in ("median", "range"):
        low, median, high = numbers_in_words([row["quantiles"][level] for level in ("5", "50", "95")])
        return median if form == "median" else f"{low} to {high}"
    if form == "day":
        return words(row)[1]
    share = in_100_runs(round(row["mean"] * row["runs"]), row["runs"])
    return share.replace(" in 100 runs (", {"n": " (", "of": " of 100 ("}.get(form, " in 100 runs ("))


def measured(ensemble: Ensemble, name: str) -> dict[str, Any]:
    """The row of an outcome, or of an ending as of a yes or no."""
    if name.startswith("ending."):
        [row] = (row for row in ending_rows(ensemble) if f"ending.{row['name']}" == name)
        return row | {"kind": "yes_no", "mean": row["share"], "runs": ensemble.replicates}
    [row] = (row for row in outcome_rows(ensemble) if row["name"] == name)
    return row


def table(base: Ensemble, changed: Ensemble, moves: Sequence[str]) -> Iterator[str]:
    """A line per outcome or ending: in 100 runs or on average, as it is and changed, and the paired difference."""
    moved = {("ending." if row["kind"] == "ending" else "") + row["name"]: row for row in differences(base, changed)}
    yield "| | as it is → changed | difference |"
    yield "|---|---|---|"
    for name in moves:
        before, after, by = measured(base, name), measured(changed, name), moved[name]
        share = before["kind"] != "number"
        scale, few = (100, 1) if share else (1, 2 if abs(before["mean"]) >= 0.1 else 3)
        levels = " → ".join(number(scale * row["mean"], 0 if share else few) for row in (before, after))
        value, low, high = (number(scale * by[part], few, sign=True) for part in ("value", "low", "high"))
        yield f"| {before['title']} | {'' if share else 'mean '}{levels} | {value} ({low} to {high}) |"


def number(value: float, decimals: int, sign: bool = False) -> str:
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("+-")


def names(scenario: Scenario) -> list[str]:
    return [short_name(country) for country in scenario.countries.values()]


def listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def rows(scenario: Scenario) -> list[str]:
    """The article rows that a scenario names, or all that something in force carries where it names none."""
    return list(scenario.head.source) or [row.id for row in trace() if scenario.name in row.shown_in]


def spans(ids: Sequence[str]) -> str:
    """Rows with runs of them joined: A097 to A103, M02."""
    found: list[list[str]] = []
    for row in ids:
        if found and found[-1][-1][0] == row[0] and int(found[-1][-1][1:]) + 1 == int(row[1:]):
            found[-1].append(row)
        else:
            found.append([row])
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 2 else ", ".join(span) for span in found)


def paragraph(text: str) -> str:
    return fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


# Files

def small(png: bytes) -> bytes:
    """The same picture by palette, in less than half the room: a figure of endings has fewer than 256 colours."""
    stream = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def prose() -> dict[str, Any]:
    """The entries of gallery.yaml, in the order of the page."""
    return dict(read_text(PROSE.read_text(encoding="utf-8")).data)


def sections() -> dict[str, str]:
    """The page's sections as they stand."""
    if not PAGE.exists():
        return {}
    return {hit[1]: hit[0].split("\n", 1)[1].removesuffix("\n\n<!-- end -->\n")
            for hit in SECTION.finditer(PAGE.read_text(encoding="utf-8"))}


def contents(texts: dict[str, str]) -> str:
    """A line per section, linked as GitHub names headings."""
    titles = {name: text.split("\n", 1)[0].removeprefix("## ") for name, text in texts.items()}
    places = {name: re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for name, title in titles.items()}
    return "\n".join(f"- [{titles[name]}](#{places[name]}): `{name}`" for name in texts)


def main(*wanted: str) -> None:
    """Renews the sections of the scenarios named, or all."""
    texts, entries = sections(), prose()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in wanted or entries:
        print(name, file=sys.stderr)
        texts[name], picture = section(name, entries[name])
        (PICTURES / f"{name}.png").write_bytes(picture)
    texts = {name: texts[name] for name in entries if name in texts}
    body = "\n".join(f"<!-- {name} -->\n{text}\n\n<!-- end -->\n" for name, text in texts.items())
    PAGE.write_text(f"{HEAD}\n{contents(texts)}\n\n{body}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
