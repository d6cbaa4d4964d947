"""Why: the full sum behind one decision of one replicate, and which mechanisms moved an outcome across all of them.

    found = decision(load("july_2025"), replicate=412, week=9, country="PRK", option="prk_ballistic_test")
    found.terms                  # a row per term: feature, gates, coefficient drawn, theory, source; log_odds adds up
    week(load("july_2025"), 412, 9, "PRK")          # all options of the country that week, in short
    outcome(store.recall("out/july_2025"), "us_dprk_summit").mechanisms
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.arrays import Array
from sim.catalog.outcome import Kind
from sim.compiler import compile_world
from sim.draws import BLOCK, Draws
from sim.ensemble import Progress
from sim.errors import InputError, unknown
from sim.experiments import wording
from sim.experiments.reasons import Observed, Reason, Sum, Weighed
from sim.experiments.replay import Different as Different
from sim.experiments.replay import check_replicate, verify
from sim.outcomes import Z, assign_endings, measure
from sim.quantity import Quantity
from sim.scenario import Scenario
from sim.store import Record
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SCHEMA, DECISION, OUTCOME = 1, "explain-decision", "explain-outcome"
#: How many mechanisms are switched off: those with most say by an estimate from one run, then those whose drawn
#: strength goes along with the outcome most; on how many replicates at most; and how many are estimated from.
BEARING, ALONG, REPLICATES, PILOT = 8, 4, 1000, 1024
#: How many mechanisms the figure of a decision tells apart.
MOST = 16

Row = dict[str, Any]


# One decision

@dataclass(frozen=True)
class Base:
    """What a sum starts from: the rate this replicate drew, and where the rate comes from."""

    rate: float
    spread: Quantity
    log_odds: float
    reference_class: str
    source: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Decision:
    """One decision of one replicate: what was weighed, its base, and the sum of each country that had a say.

    `sums` begins with the country that decided: of a joint action the least willing, of an alternative to a dated
    action the keenest. `beside` are the alternatives that shared its draw, in their order on (0, 1); what is left over
    is the choice of none of them, or of holding the dated action as planned.
    """

    scenario: Scenario
    seed: int
    replicate: int
    week: int
    country: str
    theory: str
    words: str
    weighed: Weighed
    base: Base
    sums: tuple[Sum, ...]
    beside: tuple[Weighed, ...]
    seconds: float

    @property
    def replicates(self) -> int:
        """One, for manifests and figures."""
        return 1

    @property
    def start(self) -> date:
        """The week's Monday."""
        return self.scenario.start + timedelta(weeks=self.week - 1)

    @cached_property
    def terms(self) -> pd.DataFrame:
        """A row per country and term, the strongest first: weight * theory_weight * strength * (value - reference) is
        its log_odds, and these with the base's make up those used."""
        import pandas as pd

        article = wording.article_rows(self.scenario)
        rows = [_term(self.scenario, own.country, reason, article) for own in self.sums for reason in own.reasons]
        return pd.DataFrame(rows, columns=list(TERM))


#: Columns of the table of terms.
TERM = ("country", "mechanism", "title", "family", "feature", "now", "then", "gates", "value", "reference", "weight",
        "strength", "spread", "theory_weight", "log_odds", "theory", "evidence", "source")


def _term(scenario: Scenario, country: str, reason: Reason, article: Mapping[str, str]) -> Row:
    entry = scenario.mechanisms[reason.mechanism]
    gates = "; ".join(f"{wording.feature(scenario, gate.feature)}: {gate.factor:.3g} (at the start "
                      f"{gate.factor_then:.3g})" for gate in reason.gates)
    return {"country": country, "mechanism": reason.mechanism, "title": entry.name, "family": entry.family,
            "feature": wording.feature(scenario, reason.feature), "now": reason.now, "then": reason.then,
            "gates": gates, "value": reason.value, "reference": reason.reference, "weight": reason.weight,
            "strength": reason.strength, "spread": wording.spread(reason.spread), "theory_weight": reason.theory_weight,
            "log_odds": reason.log_odds, "theory": entry.theory.strip(), "evidence": entry.evidence.strip(),
            "source": "; ".join(wording.citation(scenario, name, article) for name in entry.source)}


@dataclass(frozen=True)
class CountryWeek:
    """All that a country could decide in one week, what was taken first, then what came nearest to it."""

    scenario: Scenario
    seed: int
    replicate: int
    week: int
    country: str
    theory: str
    decisions: tuple[Decision, ...]

    @property
    def table(self) -> pd.DataFrame:
        """A row per option, with its strongest reason."""
        import pandas as pd

        return pd.DataFrame([in_short(each) for each in self.decisions])


def in_short(found: Decision) -> Row:
    """A decision in a row."""
    each = found.weighed
    mechanisms = found.sums[0].by_mechanism() if found.sums else {}
    strongest = next(iter(mechanisms), "")
    return {"option": each.name, "words": found.words, "possible": each.possible, "taken": each.taken,
            "base": each.base, "log_odds": each.log_odds, "probability": each.probability, "uniform": each.uniform,
            "short": each.short if np.isfinite(each.short) else None, "decider": each.decider, "choice": each.choice,
            "strongest": strongest or None, "strongest_log_odds": mechanisms.get(strongest)}


def decision(source: World | Scenario | Record, replicate: int, week: int, country: str, option: str,
             seed: int = 1) -> Decision:
    """One decision: `option` is one of the country's options, or an alternative of a dated action that it decides
    this week (`event.alternative`). Weeks count from 1.

    Of a `Record` the seed is its own, and the history must be the run's (see `sim.experiments.replay`). Raises
    `InputError` for names that are not there.
    """
    found = _decisions(source, replicate, week, country, option, seed)
    return found.decisions[0]


def week(source: World | Scenario | Record, replicate: int, week: int, country: str, seed: int = 1) -> CountryWeek:
    """All of a country's decisions of one week, as `decision` takes its arguments."""
    return _decisions(source, replicate, week, country, None, seed)


def _decisions(source: World | Scenario | Record, replicate: int, week: int, country: str, option: str | None,
               seed: int) -> CountryWeek:
    started = time.monotonic()
    record = source if isinstance(source, Record) else None
    if record:
        check_replicate(record, replicate)
        source, seed = record.scenario, record.seed
    world = source if isinstance(source, World) else compile_world(source)  # type: ignore[arg-type]
    scenario = world.scenario
    _check_names(world, week, country, option)
    model = Observed(world, replicate, seed)
    decided: list[int] = []
    found: list[Decision] = []
    try:
        while model.state.week < (world.weeks if record or option else week):
            model.step()
            if model.state.week != week and option is None:
                continue
            weighed = model.weighed()
            decided += [model.state.week for each in weighed if each.name == option]
            if model.state.week == week:
                own = [each for each in weighed if country in each.countries and option in (None, each.name)]
                found = [_decision(model, each, weighed, country, started) for each in own]
        if record:
            history = model.history()
            verify(record, replicate, {name: measure(outcome, history) for name, outcome in scenario.outcomes.items()},
                   scenario.endings[int(assign_endings(scenario.endings, history)[0])].name)
        if option and not found:
            raise InputError(_elsewhen(option, week, decided))
        found.sort(key=lambda each: (not each.weighed.taken, not each.weighed.possible, each.weighed.short))
        return CountryWeek(scenario, seed, replicate, week, country, model.theory, tuple(found))
    finally:
        model.release()


def _check_names(world: World, week: int, country: str, option: str | None) -> None:
    if not 1 <= week <= world.weeks:
        raise InputError(f"week {week} is not in this scenario, whose weeks are 1 to {world.weeks}")
    labels = {code: wording.party(world.scenario, code) for code in world.countries}
    if country not in world.countries:
        raise InputError(unknown("country", country, world.countries, labels))
    decisions = world.decisions
    names = {row.name for row in decisions.rows if row.country == country}
    if option is not None and option not in names:
        others = {row.name for row in decisions.rows}
        message = unknown(f"option of {country}", option, names)
        raise InputError(f"{option} is not {labels[country]}'s to decide. {message}" if option in others else message)


def _elsewhen(option: str, week: int, decided: Sequence[int]) -> str:
    event, weeks = option.partition(".")[0], " and ".join(map(str, decided))
    when = f"in week{'s' * (len(decided) > 1)} {weeks} of this replicate" if weeks else "in no week of this replicate"
    return f"{option}: what becomes of {event} is decided {when}, not in week {week}"


def _decision(model: Observed, each: Weighed, weighed: Sequence[Weighed], country: str, started: float) -> Decision:
    scenario = model.world.scenario
    order = [each.decider, *(code for code in each.countries if code != each.decider)] if each.countries else []
    beside = [other for other in weighed if each.choice and other.choice == each.choice and other.dated == each.dated]
    return Decision(scenario, model.ensemble_seed, model.replicate, model.state.week, country, model.theory,
                    wording.deed(scenario, model.world.columns[each.decision.column]), each, _base(model, each),
                    tuple(model.sum_of(each.decision, code) for code in order), tuple(beside),
                    time.monotonic() - started)


def _base(model: Observed, each: Weighed) -> Base:
    scenario, inputs, row = model.world.scenario, model.world.inputs, each.decision.rate
    event = each.decision.event
    entry: Any = scenario.events[event].decision if event else scenario.options[each.name].base
    return Base(float(model.state.inputs[row, 0]), inputs.quantities[row], each.base, entry.reference_class,
                entry.source, entry.note)


# One outcome across all replicates

@dataclass(frozen=True)
class Moved:
    """What moved an outcome (or how often an ending came).

    `mean` is the outcome's over the run's replicates: a share, of a date the share that reaches it. `mechanisms`: a row
    per mechanism that was switched off, the one that moves most first. `value` is the mean with it minus the mean
    without it, over the same first `switched` replicates, with its paired interval low, high; `rank` the rank
    correlation of the strength that replicates drew with the outcome over all of them, with its interval; `influence`
    an estimate from one run, by which it was chosen (see `sim.experiments.influence`). `all_ranks` has the rank
    correlations of all mechanisms.
    """

    scenario: Scenario
    seed: int
    replicates: int
    switched: int
    name: str
    title: str
    kind: Kind
    mean: float
    known: int
    mechanisms: pd.DataFrame
    all_ranks: pd.DataFrame
    seconds: float


def outcome(record: Record, name: str, replicates: int = REPLICATES, jobs: int | None = None,
            part: Any = None) -> Moved:
    """Which mechanisms moved an outcome or ending of a finished run: each of the likeliest is switched off on the same
    draws, in the run's first replicates (at most so many). `part` begins a part of the work as in
    `sim.experiments.theories`. Raises `InputError` for a name that is not there.
    """
    from sim.experiments import paired
    from sim.experiments.theories import without

    started, scenario = time.monotonic(), record.scenario
    names = [*scenario.outcomes, *(ending.name for ending in scenario.endings)]
    if name not in names:
        raise InputError(unknown("outcome or ending", name, names))
    if replicates < 1:
        raise InputError(f"replicates (-n) is {replicates}; at least 1 is needed")
    world = compile_world(scenario)
    kind: Kind = scenario.outcomes[name].kind if name in scenario.outcomes else "yes_no"
    values = _values(record, name, kind)
    ranks = _ranks(world, record, values)
    bears = _bearing(world, name, values, min(PILOT, record.replicates), record.seed)
    chosen = _chosen(bears, ranks)
    n = min(replicates, record.replicates)
    variants: dict[str, World] = {"": world} | {each: without(world, each) for each in chosen}
    with _begun(part, f"{len(chosen)} mechanisms off, one by one: {len(variants)} × {n:,} replicates",
                len(variants) * n) as progress:
        ran = paired.run(variants, n, record.seed, jobs, progress)
    rows = []
    with_it = _column(ran[""], name, kind)
    for each in chosen:
        found = paired.difference(_column(ran[each], name, kind), with_it, kind != "number")
        entry = scenario.mechanisms[each]
        rows.append({"mechanism": each, "title": entry.name, "family": entry.family, **found._asdict(),
                     **{key: ranks.at[each, key] for key in ranks.columns}, "influence": bears[each]})
    return Moved(scenario, record.seed, record.replicates, n, name, _title(scenario, name), kind, _mean(values),
                 int((~np.isnan(values)).sum()), _sorted(rows), ranks.reset_index(), time.monotonic() - started)


def _mean(values: Array) -> float:
    """Of those that are not void; NaN where all are."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _begun(part: Any, title: str, count: int) -> AbstractContextManager[Progress | None]:
    from contextlib import nullcontext
    return part(title, count) if part else nullcontext()


def _title(scenario: Scenario, name: str) -> str:
    if name in scenario.outcomes:
        return scenario.outcomes[name].title or name
    return next(ending.title for ending in scenario.endings if ending.name == name)


def _sorted(rows: list[Row]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows, columns=["mechanism", "title", "family", "value", "low", "high", "unpaired_low",
                                        "unpaired_high", "rank", "rank_low", "rank_high", "influence"])
    return table.sort_values("value", key=lambda values: values.abs(), ascending=False, kind="stable",
                             ignore_index=True)


def _values(record: Record, name: str, kind: Kind) -> Array:
    """An outcome (R,) as numbers, NaN where void: of a date whether it is reached; or whether it ends so."""
    scenario = record.scenario
    if name not in scenario.outcomes:
        return np.array([float(row[-1] == name) for row in record.rows])
    texts = [row[list(scenario.outcomes).index(name)] for row in record.rows]
    if kind == "date":  # a file tells a void one from one that is never reached no more
        return np.array([float(bool(text)) for text in texts])
    return np.array([float(text) if text else np.nan for text in texts])


def _column(ensemble: Any, name: str, kind: Kind) -> Array:
    from sim.experiments.paired import comparable

    if name in ensemble.scenario.outcomes:
        return comparable(ensemble.outcomes[name], kind)
    return np.asarray(ensemble.outcomes["ending"].astype(str) == name, dtype=float)


def _ranks(world: World, record: Record, values: Array) -> pd.DataFrame:
    """Spearman's rank correlation of each mechanism's drawn strength with the outcome, and its 95 % interval (Fisher);
    NaN where either is the same in all replicates."""
    import pandas as pd

    rows, known = world.decisions.strengths, ~np.isnan(values)
    blocks = [Draws(record.seed, first // BLOCK, range(min(BLOCK, record.replicates - first)))
              for first in range(0, record.replicates, BLOCK)]
    ranked = pd.Series(values[known]).rank().to_numpy()
    found = []
    for name, row in zip(world.decisions.mechanisms, rows, strict=True):
        path, quantity = world.inputs.paths[row], world.inputs.quantities[row]
        drawn = np.concatenate([quantity.ppf(draws.uniform(path)) for draws in blocks])[known]
        rank = np.nan
        if not quantity.fixed and len(drawn) > 3 and np.ptp(ranked):
            rank = float(np.corrcoef(pd.Series(drawn).rank().to_numpy(), ranked)[0, 1])
        half = Z / np.sqrt(max(len(drawn) - 3, 1))
        low, high = (float(np.tanh(np.arctanh(rank) + sign * half)) for sign in (-1, 1))
        found.append({"mechanism": name, "rank": rank, "rank_low": low, "rank_high": high})
    return pd.DataFrame(found, columns=["mechanism", "rank", "rank_low", "rank_high"]).set_index("mechanism")


def _bearing(world: World, name: str, values: Array, replicates: int, seed: int) -> dict[str, float]:
    """About how much each mechanism has to say in the outcome, as if it were an ending: a number as whether it is
    above its mean, a date as whether it is reached."""
    from sim.experiments.influence import influence

    scenario = world.scenario
    if name in scenario.outcomes:
        entry = scenario.outcomes[name]
        if entry.kind == "number":
            entry = entry.model_copy(update={"at_least": float(np.nan_to_num(_mean(values)))})
        elif entry.kind == "date":
            entry = entry.model_copy(update={"at_most": 7.0 * world.weeks})
        endings = (scenario.endings[-1].model_copy(update={"when": entry}), scenario.endings[-1])
        scenario = replace(scenario, head=scenario.head.model_copy(update={"endings": endings}))
    return influence(replace(world, scenario=scenario), min(replicates, BLOCK), seed)


def _chosen(bears: Mapping[str, float], ranks: pd.DataFrame) -> list[str]:
    """The mechanisms to switch off."""
    chosen = [name for name in sorted(bears, key=lambda name: -bears[name]) if bears[name] > 0][:BEARING]
    along = ranks["rank"].abs().dropna().sort_values(ascending=False, kind="stable").index
    return chosen + [name for name in along if name not in chosen][:ALONG]


# Results

def decision_record(found: Decision) -> Row:
    """A decision as it is printed."""
    each, base = found.weighed, found.base
    rows = found.terms.astype(object).to_dict("records")
    return _finite({
        "schema": SCHEMA, "scenario": found.scenario.name, "seed": found.seed, "replicate": found.replicate,
        "week": found.week, "start": found.start.isoformat(), "country": found.country, "theory": found.theory}
        | in_short(found) | {
        "low": each.low, "base": {"rate": base.rate, "spread": wording.spread(base.spread), "log_odds": base.log_odds,
                                  "reference_class": base.reference_class, "source": list(base.source),
                                  "note": base.note},
        "sums": [{"country": own.country, "total": own.total, "terms": [row for row in rows
                                                                        if row["country"] == own.country]}
                 for own in found.sums],
        "beside": [{"option": other.name, "low": other.low, "probability": other.probability, "taken": other.taken}
                   for other in found.beside]})


def week_record(found: CountryWeek) -> Row:
    """A country's week as it is printed."""
    return _finite({"schema": SCHEMA, "scenario": found.scenario.name, "seed": found.seed,
                    "replicate": found.replicate, "week": found.week, "country": found.country,
                    "theory": found.theory, "options": [in_short(each) for each in found.decisions]})


def outcome_record(found: Moved) -> Row:
    """What moved an outcome, as it is printed."""
    return _finite({"schema": SCHEMA, "scenario": found.scenario.name, "seed": found.seed, "outcome": found.name,
                    "title": found.title, "kind": found.kind, "replicates": found.replicates, "mean": found.mean,
                    "switched": found.switched,
                    "mechanisms": found.mechanisms.astype(object).to_dict("records"),
                    "ranks": found.all_ranks.astype(object).to_dict("records")})


def _finite(data: Any) -> Any:
    """The same with None for numbers that are not finite."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not np.isfinite(data) else data


def reasons_figure(found: Decision) -> Figure:
    """The reasons of the country that decided, by mechanism."""
    from sim.figures.why import Bar, bars

    each, own = found.weighed, found.sums[0].by_mechanism() if found.sums else {}
    told = {name: value for name, value in own.items() if abs(value) >= 5e-3}
    shown = list(told)[:MOST]
    rows = [Bar(found.scenario.mechanisms[name].name, told[name], text=signed(told[name])) for name in shown]
    if rest := [value for name, value in own.items() if name not in shown]:
        rows.append(Bar(f"{len(rest)} other{'s' * (len(rest) > 1)} together", sum(rest), text=signed(sum(rest))))
    who = wording.party(found.scenario, each.decider)
    joint = ", the least willing" if len(each.countries) > 1 and not each.dated else ""
    return bars(found, f"{found.words}, week {found.week}: {'taken' if each.taken else 'not taken'}",
                f"Reasons of {who}{joint} in replicate {found.replicate}, in log-odds. They take the base of "
                f"{signed(each.base)} to {signed(each.log_odds)}, that is {100 * each.probability:.3g} in 100; the "
                f"draw was {each.uniform:.3g}" + (f", its stretch begins at {each.low:.3g}." if each.choice else "."),
                rows, "log-odds: rarer ← → likelier")


def movers_figure(found: Moved) -> Figure:
    """What switching single mechanisms off changes, turned round: what each adds."""
    from sim.figures.why import Bar, bars

    scale = 1 if found.kind == "number" else 100
    rows = [Bar(row["title"], scale * row["value"], scale * row["low"], scale * row["high"],
                in_words(found.kind, row["value"], row["low"], row["high"]))
            for row in found.mechanisms.to_dict("records") if np.isfinite(row["value"])]
    unit = "its mean" if found.kind == "number" else "runs in 100"
    return bars(found, f"What moved it: {found.title}",
                f"Bars: how much more often (or larger) it is with each mechanism than with that one switched off, on "
                f"the same draws, in the first {found.switched:,} replicates; thin lines: paired 95 % intervals.",
                rows, f"difference that the mechanism makes, in {unit}")


def signed(value: float, decimals: int = 2) -> str:
    """A number with its sign and a proper minus; 0 without one."""
    text = f"{value:+.{decimals}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{decimals}f}"


def in_words(kind: Kind, value: float, low: float, high: float) -> str:
    """A difference with its interval: of a number as it is, else in runs of 100."""
    scale, decimals = (1, 2) if kind == "number" else (100, 1)
    return (f"{signed(scale * value, decimals)} ({signed(scale * low, decimals)} to "
            f"{signed(scale * high, decimals)})")


def write(found: Decision | Moved, folder: Path, command: str = "") -> None:
    """Writes table, record and figure to `folder`, as `sim.store.write` does."""
    from sim.figures import render
    from sim.store import put

    if isinstance(found, Decision):
        kind, table, record, drawn = DECISION, found.terms, decision_record(found), reasons_figure(found)
    else:
        kind, table, record, drawn = OUTCOME, found.mechanisms, outcome_record(found), movers_figure(found)

    def fill(draft: Path) -> None:
        table.to_csv(draft / f"{kind}.csv", index=False, float_format="%.7g", lineterminator="\n", encoding="utf-8")
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (draft / f"{kind}.json").write_text(text, encoding="utf-8", newline="")
        (draft / "figures").mkdir()
        for ending in ("png", "svg"):
            (draft / "figures" / f"{kind}.{ending}").write_bytes(render(drawn, kind, ending))

    put(kind, found, folder, command, fill)
