"""The page: sections, each a question with its answer in sentences, pictures and the tables behind them."""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from sim import __version__
from sim.compiler import compile_world
from sim.manifest import CHANGES
from sim.references import ARTICLE_ROW
from sim.report import answers, story, tables
from sim.report.answers import Answer
from sim.report.assumptions import screened
from sim.store import Record
from sim.summary import day_in_words

if TYPE_CHECKING:
    from jinja2 import Template

    from sim.ensemble import Ensemble
    from sim.world import World

#: What a page says of itself, so that it can be told from other files.
MADE = "diplomacy-simulator"
HERE = Path(__file__).parent
#: Bytes of a page; of a longer one the tables of one run are left out, which `replay` tells.
MOST = 1_000_000


@dataclass(frozen=True)
class Made:
    """Where a report comes from: the command that repeats the run, the day it was made, by whom, if said, and the
    command that repeats the alternative."""

    command: str
    day: date
    by: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    alternative: str = ""

    @property
    def changes(self) -> str:
        """The options of the command with which the scenario was changed, as they were typed."""
        words = shlex.split(self.command)
        return shlex.join(word for option, value in pairwise(words) if option in CHANGES for word in (option, value))


class Section(NamedTuple):
    """A question; `kind` is the part of the template that answers it, with `more` for what is in no picture."""

    id: str
    title: str
    kind: str
    answer: Answer
    more: dict[str, Any] = {}


def page(ensemble: Ensemble, record: Record, made: Made, alt: Ensemble | None = None,
         drawn: Path | None = None) -> str:
    """The report of a run, beside an alternative on the same draws or not, as one page of HTML.

    `record` is the same run as it stands in its folder, `drawn` a folder with its figures as SVG, which are drawn anew
    where they are not there. Raises `InputError` where the alternative cannot be compared.
    """
    css = (HERE / "style.css").read_text(encoding="utf-8")
    policy = (f"default-src 'none'; style-src 'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'; "
              "img-src data:; base-uri 'none'; form-action 'none'")
    sections = list(_sections(ensemble, record, alt, drawn))
    beside = [f"{each.title} {each.answer.sentences[0]}" for each in sections if each.id == "changes"]
    fill = partial(_template().render, scenario=ensemble.scenario, ensemble=ensemble, alt=alt, made=made,
                   day=day_in_words(made.day), start=day_in_words(ensemble.scenario.start), css=Markup(css),
                   policy=policy, maker=MADE, version=__version__, top=answers.endings_in_dots(ensemble, drawn),
                   beside=beside, sections=sections)
    text = fill(lean=False)
    return text if len(text.encode()) < MOST else fill(lean=True)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html.j2")


def _sections(ensemble: Ensemble, record: Record, alt: Ensemble | None, drawn: Path | None) -> Iterator[Section]:
    """The questions, in their order."""
    world = ensemble.world or compile_world(ensemble.scenario)
    yield Section("endings", "How do the runs end?", "endings", answers.endings(ensemble, drawn),
                  answers.meant(ensemble.scenario))
    if alt is not None:
        yield _compared(ensemble, alt)
    if ensemble.data.sizes["dyad"]:
        yield Section("tension", "When does tension move?", "pictures", answers.tension(ensemble, drawn))
    yield Section("positions", "Who stands where?", "pictures", answers.positions(ensemble, drawn))
    yield Section("assumptions", "Which assumptions matter?", "pictures",
                  answers.assumptions(screened(ensemble, world)))
    yield _story(ensemble, record, world)
    inputs, cited = tables.of_inputs(world)
    yield Section("method", "Method and data", "method", Answer([], [], [inputs]), {
        "sources": list(_cited(ensemble, cited)), "scenario_file": _scenario_file(record),
        "article": any(ARTICLE_ROW.match(name) for name in cited)})


def _compared(base: Ensemble, alt: Ensemble) -> Section:
    from sim.report.compared import LISTED, changes, compared

    found = compared(base, alt)
    way = found.label if found.label.startswith(("without ", "with ")) else f"with {found.label}"
    changed = changes(base, alt)
    return Section("changes", f"What changes {way}?", "compared", answers.compared(found), {
        "changes": changed[:LISTED], "more": max(0, len(changed) - LISTED), "label": f"the same {way}",
        "left_out": found.left_out.to_dict("records")})


def _story(ensemble: Ensemble, record: Record, world: World) -> Section:
    title, found = "What is one run’s story?", story.told(ensemble, record, world)
    if found is None:
        sentence = ("The run was made by another version of the simulator or of a library it stands on: run again "
                    "alone, its histories come out otherwise, so that none is told here. Run the scenario again.")
        return Section("story", title, "pictures", Answer([sentence], [], []))
    told = (f"Replicate {found.replicate} of the run, the one {found.chosen}; one history of many, not the likeliest. "
            f"It drew the theory “{found.scenario.theories[found.theory].name}”.")
    from sim.experiments import replay

    pictures = [answers.picture(replay.figure(found), "story", told)]
    behind = [tables.of_story_tension(found), tables.of_happenings(found)]
    return Section("story", title, "story", Answer([told], pictures, behind), {
        "moments": story.moments(found, world), "replicate": found.replicate})


def _cited(ensemble: Ensemble, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The sources of the drawn numbers in the order of their names, and what each is."""
    from sim.experiments.wording import article_rows
    yield from story.sources(ensemble.scenario, sorted(names), article_rows(ensemble.scenario))


def _scenario_file(record: Record) -> str:
    """The scenario as it was run, as an address that holds all of it; empty where it is not in the folder."""
    path = record.folder / "scenario.yaml"
    return "data:text/yaml;charset=utf-8," + quote(path.read_text(encoding="utf-8")) if path.exists() else ""

