"""Tables of a page: texts to read, and the numbers behind them to download."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import numpy as np
import pandas as pd

from sim.figures import calendar, dots, measure, positions, tension
from sim.figures.dumbbell import in_100, in_points, pretty
from sim.figures.measure import number
from sim.summary import HALF, day_in_words, outcome_rows, words

if TYPE_CHECKING:
    from sim.ensemble import Ensemble
    from sim.experiments.compare import Comparison
    from sim.experiments.replay import Story
    from sim.report.assumptions import Screened
    from sim.scenario import Scenario
    from sim.world import World


#: Rows that are told of one run's happenings, of tension by week, and characters of CSV that a page has room for.
HAPPENINGS, WEEKS, ROOM = 600, 60, 64_000


class Table(NamedTuple):
    """Heads and rows of texts, the first of each row being what it is about; and the numbers as CSV, or these texts
    where the numbers are too many for a page."""

    name: str
    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    csv: str

    @property
    def address(self) -> str:
        """The CSV as an address that holds all of it."""
        text = self.csv if len(self.csv) <= ROOM else _csv(pd.DataFrame(self.rows, columns=list(self.heads)))
        return "data:text/csv;charset=utf-8," + quote(text, safe=",;:/.-_()+*'!@=?")


def _csv(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False, float_format="%.5g", lineterminator="\n"))


def of_endings(ensemble: Ensemble) -> Table:
    """How often each ending comes, and the dots it gets of 100."""
    found = dots.table(ensemble)
    rows = [[row["title"], f"{row['runs']:,}", row["label"], str(row["dots"])] for row in found.to_dict("records")]
    return Table("endings", "Endings", ["Ending", "runs", "in 100 runs, with the 95 % interval", "dots"], rows,
                 _csv(found))


def of_outcomes(ensemble: Ensemble) -> Table:
    """What comes out of every outcome, and what it is."""
    from sim.experiments.meaning import meaning

    def told(row: Mapping[str, Any]) -> list[str]:
        level, *more = words(row)
        if more:
            level = (f"median {level}, in 90 of 100 runs {more[0]}" if row["kind"] == "number" else
                     f"{level}, {HALF} {more[0]}" if row["quantiles"]["50"] else f"{level}, half of all runs {more[0]}")
        return [row["title"], level, row["means"]]

    scenario = ensemble.scenario
    rows = [row | {"means": meaning(scenario, scenario.outcomes[row["name"]])} for row in outcome_rows(ensemble)]
    flat = [{key: value for key, value in row.items() if key != "quantiles"}
            | {f"p{level}": value for level, value in row.get("quantiles", {}).items()} for row in rows]
    return Table("outcomes", "Outcomes", ["Outcome", "in 100 runs", "what is measured of a run"],
                 [told(row) for row in rows], _csv(pd.DataFrame(flat)))


def of_tension(ensemble: Ensemble) -> Table:
    """Tension week by week: medians and the range of 80 in 100 runs; in the CSV all quantiles."""
    levels = measure.quantiles(ensemble.data["tension_counts"], (0.1, 0.5, 0.9)).transpose("week", "dyad", "level")
    weeks = [str(week)[:10] for week in ensemble.data["week"].values]
    step = -(-len(weeks) // WEEKS)
    rows = [[week, *(f"{_short(middle)} ({_short(low)} to {_short(high)})" for low, middle, high in of_week)]
            for week, of_week in list(zip(weeks, levels.values.tolist(), strict=True))[::step]]
    left_out = f", every {step} weeks" if step > 1 else ""
    return Table("tension", f"Tension by week: median and range of 80 in 100 runs{left_out}",
                 ["Week from", *_named(ensemble.scenario, ensemble.data["dyad"].values.tolist())], rows,
                 _csv(tension.table(ensemble)))


def _named(scenario: Scenario, dyads: Sequence[str]) -> list[str]:
    """Pairs of codes as names."""
    from sim.experiments.wording import party
    return ["–".join(party(scenario, code) for code in dyad.replace("–", "-").split("-")) for dyad in dyads]


def _short(value: float) -> str:
    text = f"{value:.1f}"
    return text.replace("-", "−") if float(text) else "0.0"


def of_calendar(ensemble: Ensemble) -> Table:
    """Events and deeds of the strip above tension: when each is planned, and its most frequent week."""
    found = calendar.table(ensemble)
    rows = []
    for what, weeks in found.groupby("what", sort=False):
        best = weeks.iloc[int(weeks["runs"].to_numpy().argmax())]
        planned = ", ".join(day.isoformat() for day in weeks["planned"].dropna())
        rows.append([str(what), str(best["kind"]), planned or "–", str(best["week"])[:10], str(best["label"])])
    return Table("calendar", "What takes place, and in which week most often",
                 ["What", "kind", "planned for", "most frequent week from", "then in 100 runs"], rows,
                 _csv(found[["what", "kind", "week", "planned", "runs"]]))


def of_positions(ensemble: Ensemble) -> Table:
    """Where everybody stands in the first and in the last week."""
    found = positions.table(ensemble)
    scenario = ensemble.scenario
    rows = [[scenario.issues[row["issue"]].name, _who(ensemble, row["who"]),
             *(number(row[key], sign=True) for key in ("start", "end", "change"))] for row in found.to_dict("records")]
    return Table("positions", "Median positions, from −1 to +1", ["Issue", "who", "first week", "last week", "change"],
                 rows, _csv(found))


def _who(ensemble: Ensemble, name: str) -> str:
    from sim.experiments.wording import party
    return name if name == positions.STATUS_QUO else party(ensemble.scenario, name)


def of_screening(found: Screened) -> Table:
    """How runs end where each of the first inputs is low, and where it is high."""
    scenario = found.ensemble.scenario
    rows = [[row["title"], {"low": "lowest quarter", "high": "highest quarter"}.get(row["part"], row["part"]),
             f"{row['runs']:,}", *(in_100(row[ending.name]) for ending in scenario.endings)]
            for row in found.bars.to_dict("records")]
    return Table("assumptions", "How runs end, in 100, by what they drew",
                 ["Assumption", "part of the runs", "runs", *(ending.title for ending in scenario.endings)], rows,
                 _csv(found.bars.merge(found.inputs, "left", "title")))


def of_differences(found: Comparison) -> Table:
    """Both runs side by side, and their paired difference."""
    rows = []
    for row in found.results.to_dict("records"):
        wide = row["high"] - row["low"]
        share = row["kind"] != "number"
        level = [in_100(row[side]) if share else pretty(row[side], wide) for side in ("base", "alt")]
        apart = [in_points(row[key]) if share else pretty(row[key], wide, True) for key in ("diff", "low", "high")]
        rows.append([row["title"], *level, f"{apart[0]} ({apart[1]} to {apart[2]})"])
    return Table("differences", "Both runs, in 100 runs or as a mean, and the paired difference with its interval",
                 ["Ending or outcome", "base", "alternative", "difference"], rows, _csv(found.results))


def of_transitions(found: Comparison) -> Table:
    """How the same replicates end in both runs, as counts."""
    titles = [{ending.name: ending.title for ending in each.scenario.endings} for each in (found.base, found.alt)]
    rows = [[titles[0][str(name)], *(f"{count:,}" for count in counts), f"{counts.sum():,}"]
            for name, counts in found.transitions.iterrows()]
    return Table("transitions", "How the same runs end in the base (rows) and in the alternative (columns)",
                 ["In the base", *(titles[1][name] for name in found.transitions.columns), "in all"], rows,
                 _csv(found.transitions.rename_axis("base").reset_index()))


def of_inputs(world: World) -> tuple[Table, list[str]]:
    """Every number that a replicate draws: what from, and its sources; and these sources, once each."""
    from sim.experiments import naming, wording

    scenario, rows = world.scenario, []
    cited: dict[str, None] = {}
    for row in world.inputs.drawn:
        path, quantity = world.inputs.paths[row], world.inputs.quantities[row]
        sources = sources_of(scenario.tree, path)
        cited |= dict.fromkeys(sources)
        rows.append([naming.quantity(scenario, path), wording.spread(quantity), ", ".join(sources), path])
    frame = pd.DataFrame(rows, columns=["what", "drawn from", "source", "path"])
    return Table("inputs", "Every uncertain number", ["What", "drawn from", "source"], [row[:3] for row in rows],
                 _csv(frame[["path", "drawn from", "source"]])), list(cited)


def of_happenings(found: Story) -> Table:
    """What happened in one run, with the strongest reason: all of it, or what weighs most."""
    told = [each for week in found.weeks for each in week.happenings]
    caption = "All that happened in this run"
    if len(told) > HAPPENINGS:
        caption = f"The {HAPPENINGS} of {len(told):,} things that happened in this run that weigh most"
        actions = found.scenario.actions
        told = sorted(told, key=lambda each: -abs(actions[each.action].goldstein) if each.action else 0)[:HAPPENINGS]
        told.sort(key=lambda each: each.day)
    rows = [[each.day.isoformat(), each.words, each.reasons[0].title if each.reasons else ""] for each in told]
    return Table("happenings", caption, ["Day", "what", "strongest reason"], rows,
                 _csv(found.table[["day", "name", "days", "size", "probability", "reasons"]]))


def of_story_tension(found: Story) -> Table:
    """Tension of one run at the end of each week."""
    dyads = list(found.weeks[0].tension)
    weeks = [(week.start.isoformat(), [week.tension[dyad][1] for dyad in dyads]) for week in found.weeks]
    return Table("story_tension", "Tension in this run, at the end of each week",
                 ["Week from", *_named(found.scenario, dyads)],
                 [[start, *map(_short, levels)] for start, levels in weeks],
                 _csv(pd.DataFrame([[start, *levels] for start, levels in weeks], columns=["week", *dyads])))


def sources_of(tree: Mapping[str, Any], path: str) -> list[str]:
    """What an input's entry, or the nearest part of it that says so, names as its source."""
    for root in ("scenario", "world"):
        found = list(_sources(tree.get(root), path.split(".")))
        if root == "scenario" and not found:
            found = list(_sources((tree.get(root) or {}).get("overrides"), path.split(".")))
        if found:
            return found[-1]
    return []


def _sources(node: Any, keys: Sequence[str]) -> Iterator[list[str]]:
    """The sources along a path, the outermost first; not that of the whole."""
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping) and (source := node.get("source")):
            yield [source] if isinstance(source, str) else list(source)


def day(text: Any) -> str:
    """A week's Monday in words."""
    return day_in_words(pd.Timestamp(np.datetime64(text, "D")).date())
