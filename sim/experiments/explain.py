"""Why: the full sum behind one decision of one replicate.

    found = decision(load("july_2025"), replicate=412, week=9, country="PRK", option="prk_ballistic_test")
    found.terms                  # a row per term: feature, gates, coefficient drawn, theory, source; log_odds adds up
    week(load("july_2025"), 412, 9, "PRK")          # all options of the country that week, in short

`sim.experiments.movers` looks across all replicates.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.compiler import compile_world
from sim.errors import InputError, shown_names, unknown
from sim.experiments import wording
from sim.experiments.reasons import Observed, Reason, Sum, Weighed
from sim.experiments.replay import Different as Different
from sim.experiments.replay import check_replicate, verify
from sim.experiments.results import leave, plain
from sim.experiments.wording import signed
from sim.outcomes import assign_endings, measure
from sim.quantity import Quantity
from sim.scenario import Scenario
from sim.store import Record
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SCHEMA, DECISION = 1, "explain-decision"
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
        raise InputError(unknown("country", country, world.countries, shown_names(world.scenario.countries)))
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


# Results

def decision_record(found: Decision) -> Row:
    """A decision as it is printed."""
    each, base = found.weighed, found.base
    rows = found.terms.astype(object).to_dict("records")
    return plain({
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
    return plain({"schema": SCHEMA, "scenario": found.scenario.name, "seed": found.seed,
                    "replicate": found.replicate, "week": found.week, "country": found.country,
                    "theory": found.theory, "options": [in_short(each) for each in found.decisions]})


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


def write(found: Decision, folder: Path, command: str = "") -> None:
    """Writes table, record and figure to `folder`, as `sim.store.write` does."""
    leave(DECISION, found, folder, command, {DECISION: found.terms}, {DECISION: decision_record(found)},
          {DECISION: reasons_figure(found)})
