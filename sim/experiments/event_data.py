"""One replicate as event data: what occurred, who did it to whom, and its codes, as tools for event data read it.

    found = events(store.recall("out/july_2025"), replicate=412)
    found.table                 # a row per event from one actor to one other, with everything known of it
    cameo(found)                # tab-separated, in the columns of the Phoenix data sets
    plover(found)               # JSON lines, in the fields of the PLOVER manual (draft 0.8)

Who does what to whom is the engine's reading: a deed goes from each doer to each target; what the parties of a joint
action do to each other goes both ways. Scores times sizes, added up, are the conduct that the engine counts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from sim import __version__
from sim.compiler import compile_world
from sim.effects import Column
from sim.experiments import wording
from sim.experiments.replay import check_replicate, verify
from sim.history import History
from sim.outcomes import assign_endings, measure
from sim.scenario import Scenario
from sim.store import Record
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
#: The sector of a government, in CAMEO as in PLOVER.
GOVERNMENT = "GOV"
#: What may stand at the front of a CAMEO actor code beside a country, and what behind it names a role.
ROOTS = {"IGO", "NGO", "IMG", "MNC"}
ROLES = {"GOV", "MIL", "REB", "OPP", "PTY", "COP", "JUD", "SPY", "MED", "EDU", "BUS", "CRM", "CVL"}
#: Classes of the Phoenix data by CAMEO root: neutral, verbal and material cooperation, verbal and material conflict.
PENTA = {root: number for number, roots in enumerate(("01 02", "03 04 05", "06 07 08", "09 10 11 12 13 16",
                                                      "14 15 17 18 19 20")) for root in roots.split()}
#: PLOVER's classes from verbal cooperation (1) to material conflict (4); what parties do as one, without a recipient.
QUADS = {name: number for number, names in enumerate((
    "AGREE CONSULT SUPPORT CONCEDE", "COOPERATE AID RETREAT", "REQUEST ACCUSE REJECT THREATEN",
    "PROTEST SANCTION MOBILIZE COERCE ASSAULT"), 1) for name in names.split()}
TOGETHER = {"AGREE", "CONSULT", "SUPPORT", "CONCEDE"}
#: PLOVER's classes by CAMEO root, of what parties of a joint action do to each other.
AMONG = {"03": "AGREE", "04": "CONSULT", "05": "SUPPORT", "06": "COOPERATE", "07": "AID"}
#: PLOVER's mode, where the CAMEO code says it.
MODES = {"041": "phone", "042": "visit", "0841": "release", "0842": "return", "085": "ease", "087": "disarm",
         "0871": "ceasefire", "111": "disapprove", "114": "allege", "116": "disapprove", "124": "change",
         "125": "meet", "127": "meet", "128": "yield", "1041": "change", "105": "change", "1231": "change",
         "1312": "restrict", "139": "relations", "154": "troops", "161": "withdraw", "163": "restrict",
         "1711": "seize", "172": "restrict", "191": "restrict", "195": "heavy-weapons"}


class Directed(NamedTuple):
    """An event from one actor to one other, or to nobody, and its codes; all empty for a mere date."""

    source: str
    target: str
    cameo: str = ""
    plover: str = ""
    goldstein: float | None = None


class Occurrence(NamedTuple):
    """Something that occurred. `kind` is event, option, announcement (of what becomes of an event) or succession;
    `leaders` governed the doers; `size` is the share of a full deed; a `ritual` leaves no conduct."""

    id: str
    day: date
    days: int
    kind: str
    name: str
    title: str
    action: str
    by: tuple[str, ...]
    to: tuple[str, ...]
    leaders: tuple[str, ...]
    size: float
    tags: tuple[str, ...]
    ritual: bool
    directed: tuple[Directed, ...]


@dataclass(frozen=True)
class Events:
    """What occurred in one replicate, in the order of dates."""

    scenario: Scenario
    seed: int
    replicate: int
    ending: str
    occurrences: tuple[Occurrence, ...]

    @property
    def table(self) -> pd.DataFrame:
        """A row per event from one actor to one other; those of one occurrence share its id."""
        import pandas as pd
        return pd.DataFrame([dict(row) for row in _rows(self)], columns=COLUMNS)


def events(source: World | Scenario | Record, replicate: int, seed: int = 1) -> Events:
    """Runs a replicate again, alone, and reads off what occurred.

    Of a `Record` the seed is its own, and `sim.experiments.replay.Different` is raised where the history is not the
    run's. Raises `InputError` for a replicate that the run does not have.
    """
    from sim.model import DiplomacyModel

    record = source if isinstance(source, Record) else None
    if record:
        check_replicate(record, replicate)
        source, seed = record.scenario, record.seed
    world = source if isinstance(source, World) else compile_world(source)  # type: ignore[arg-type]
    model = DiplomacyModel(world, replicate, rng=seed)
    try:
        history = model.run()
    finally:
        model.release()
    ending = world.scenario.endings[int(assign_endings(world.scenario.endings, history)[0])].name
    if record:
        verify(record, replicate, {name: measure(outcome, history)
                                   for name, outcome in world.scenario.outcomes.items()}, ending)
    return Events(world.scenario, seed, replicate, ending, tuple(_occurrences(world, history, seed, replicate)))


def _occurrences(world: World, history: History, seed: int, replicate: int) -> Iterator[Occurrence]:
    scenario = world.scenario
    order = sorted(range(len(history.day)), key=lambda row: (history.day[row], history.column[row]))
    for number, row in enumerate(order):
        column = world.columns[history.column[row]]
        entry = scenario.actions.get(column.action)
        week = int(history.day[row]) // 7
        kind = ("announcement" if column.announces else "event" if column.event else
                "option" if column.option else "succession")
        yield Occurrence(
            f"{scenario.name}-{seed}-{replicate}-{number:04d}", world.start + timedelta(days=int(history.day[row])),
            int(history.days[row]), kind, column.event or column.name, wording.deed(scenario, column), column.action,
            column.by, column.to, tuple(_leader(world, history, code, week) for code in column.by),
            round(float(history.size[row]), 6), tuple(sorted(column.tags - {column.action})),
            bool(entry and entry.ritual), tuple(directed(scenario, column)))


def _leader(world: World, history: History, code: str, week: int) -> str:
    """Who governs a doer, by name; empty for an external, and where nobody does."""
    if code not in world.countries:
        return ""
    number = int(history.leader[week, list(world.countries).index(code), 0])
    return world.scenario.countries[code].leaders[world.leaders[number][1]].name if number >= 0 else ""


def directed(scenario: Scenario, column: Column) -> Iterator[Directed]:
    """From each doer to each target, and among the parties of a joint action; to nobody where there is neither."""
    if not column.action:
        yield Directed("", "")
        return
    action = scenario.actions[column.action]
    own = (action.cameo, action.plover, action.goldstein)
    parties = [code for code in column.by if code in scenario.countries]
    among = own if not column.to else None
    if action.among:
        cameo = action.among.cameo
        among = (cameo, AMONG.get(cameo[:2], action.plover), action.among.goldstein)
    pairs = [Directed(doer, target, *own) for doer in column.by for target in column.to if target != doer]
    if among:
        pairs += [Directed(doer, other, *among) for doer in parties for other in parties if other != doer]
    yield from pairs or [Directed(doer, "", *own) for doer in column.by]


def actor(scenario: Scenario, code: str) -> str:
    """The CAMEO code of an actor: a country's government such as PRKGOV, an external's own; empty for nobody."""
    if code in scenario.externals:
        return scenario.externals[code].cameo
    return f"{code}{GOVERNMENT}" if code else ""


# Formats

def cameo(found: Events) -> str:
    """Tab-separated lines without a head, in the 26 columns of the Phoenix data sets, so that their readers take them.

    Left out is what has no code, and what is done by somebody who has none.
    """
    lines = []
    for each in found.occurrences:
        for number, pair in enumerate(each.directed):
            source, target = actor(found.scenario, pair.source), actor(found.scenario, pair.target)
            if pair.cameo and source:
                assert pair.goldstein is not None
                lines.append([
                    f"{each.id}-{number}", f"{each.day:%Y%m%d}", each.day.year, each.day.month, each.day.day,
                    *_split(source), *_split(target), pair.cameo, pair.cameo[:2], PENTA[pair.cameo[:2]],
                    pair.goldstein, "", "", "", "", "", "", each.id, "", f"simulated:{found.scenario.name}"])
    return "".join("\t".join(map(str, line)) + "\n" for line in lines)


def _split(code: str) -> tuple[str, str, str, str]:
    """A CAMEO actor code whole, its country or root, its role, and what else there is."""
    root = code[:3] if len(code) > 3 or code in ROOTS else ""
    rest = [code[at:at + 3] for at in range(len(root), len(code), 3)]
    role = rest.pop(0) if rest and rest[0] in ROLES else ""
    return code, root, role, ";".join(rest)


def plover(found: Events) -> str:
    """A JSON object per line and event, in the fields of the PLOVER manual; what has no class is left out."""
    lines = []
    for each in found.occurrences:
        for number, (doers, targets, pair) in enumerate(_gathered(each)):
            record: dict[str, Any] = {
                "id": f"{each.id}-{number}", "date": each.day.isoformat(),
                "enddate": (each.day + timedelta(days=each.days - 1)).isoformat(),
                "actor": [_entity(found.scenario, code) for code in doers],
                "recipient": [_entity(found.scenario, code) for code in targets],
                "event": [pair.plover], "mode": [MODES[pair.cameo]] if pair.cameo in MODES else [],
                "quad_code": QUADS[pair.plover], "event_scale": pair.goldstein, "link": each.id,
                "coder": f"diplomacy-simulator {__version__}", "comment": each.title,
                "cite_info": {"corpus": f"simulated:{found.scenario.name}", "codebook": "plover-0.8"}}
            lines.append(json.dumps(record, ensure_ascii=False))
    return "".join(line + "\n" for line in lines)


def _gathered(each: Occurrence) -> Iterator[tuple[list[str], list[str], Directed]]:
    """Doers, recipients and codes of an occurrence's events in PLOVER's way: those who do the same to the same are one
    event; what parties do together has no recipient, if its class needs none."""
    kinds = dict.fromkeys(pair[2:] for pair in each.directed if pair.plover in QUADS)
    for codes in kinds:
        pairs = [pair for pair in each.directed if pair[2:] == codes]
        recipients = {doer: tuple(pair.target for pair in pairs if pair.source == doer and pair.target)
                      for doer in dict.fromkeys(pair.source for pair in pairs)}
        if len(recipients) > 1 and set().union(*recipients.values()) == set(recipients) and codes[1] in TOGETHER:
            yield list(recipients), [], pairs[0]
            continue
        for targets in dict.fromkeys(recipients.values()):
            yield [doer for doer, own in recipients.items() if own == targets], list(targets), pairs[0]


def _entity(scenario: Scenario, code: str) -> dict[str, str]:
    whole = actor(scenario, code)
    _, root, role, rest = _split(whole)
    found = {"code": root or whole, "sector": role or rest.replace(";", ""),
             "entity_text": wording.party(scenario, code)}
    return {name: text for name, text in found.items() if text}


COLUMNS = ["id", "replicate", "date", "days", "kind", "name", "title", "action", "source", "target", "cameo_source",
           "cameo_target", "cameo", "plover", "goldstein", "size", "ritual", "leader", "tags"]


def _rows(found: Events) -> Iterator[dict[str, Any]]:
    for each in found.occurrences:
        leaders = dict(zip(each.by, each.leaders, strict=True))
        for pair in each.directed:
            yield {"id": each.id, "replicate": found.replicate, "date": each.day.isoformat(), "days": each.days,
                   "kind": each.kind, "name": each.name, "title": each.title, "action": each.action,
                   "source": pair.source, "target": pair.target, "cameo_source": actor(found.scenario, pair.source),
                   "cameo_target": actor(found.scenario, pair.target), "cameo": pair.cameo, "plover": pair.plover,
                   "goldstein": pair.goldstein, "size": each.size, "ritual": int(each.ritual),
                   "leader": leaders.get(pair.source, ""), "tags": " ".join(each.tags)}


def as_csv(found: Events) -> str:
    """The table, with a head."""
    stream = StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(found))
    return stream.getvalue()


def as_json(found: Events) -> str:
    """Every occurrence with all that is known of it."""
    scenario = found.scenario
    record = {"schema": SCHEMA, "scenario": scenario.name, "title": scenario.title, "simulated": True,
              "seed": found.seed, "replicate": found.replicate, "start": scenario.start.isoformat(),
              "weeks": scenario.weeks, "ending": found.ending,
              "occurrences": [each._asdict() | {"day": each.day.isoformat(),
                                                "directed": [pair._asdict() for pair in each.directed]}
                              for each in found.occurrences]}
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


FORMATS = {"cameo": cameo, "plover": plover, "csv": as_csv, "json": as_json}
