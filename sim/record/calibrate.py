"""Calibration: the numbers that the record can say something about, fitted to it.

    found = run(scenario, plan, until)
    found.estimates                  # by name: value, standard error, observations, method
    found.fits["launches"]           # the processes themselves

Nothing after the day `until` is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, ndtri

from sim.arrays import Array
from sim.decisions import NODES, WEIGHTS
from sim.quantity import Quantity, written
from sim.record.answers import solved
from sim.record.counts import FEW, WIDER, counted, spread
from sim.record.estimate import Estimate, digits, rounded
from sim.record.plan import Answer, Count, Plan, Process, last_complete
from sim.record.process import NINETY, Fit, Prior, fit
from sim.record.replay import replayed
from sim.record.tones import of_tone
from sim.scenario import Scenario

SCHEMA = 1
#: In front of a file's name in what entries give as their source.
FOLDER = "record/"


@dataclass(frozen=True)
class Calibration:
    """Everything found, and what it was found from."""

    scenario: Scenario
    plan: Plan
    until: date
    estimates: Mapping[str, Estimate]
    fits: Mapping[str, Fit]


def run(scenario: Scenario, plan: Plan, until: date | None = None) -> Calibration:
    """Fits everything in the plan, on the record up to the day `until`: by default the end of the last complete week
    before the scenario's start."""
    until = until or last_complete(scenario.start)
    found: list[Estimate] = []
    fits = {}
    for name, process in plan.processes.items():
        fits[name] = fitted(plan, process, scenario, until)
        found += of_process(plan, name, process, scenario, fits[name])
    found += [of_count(plan, count, scenario, until) for count in plan.counts.values()
              if count.option in scenario.options]
    found += [_of_answer(plan, answer, scenario) for answer in plan.answers.values()
              if answer.mechanism in scenario.mechanisms]
    for tone in plan.tones.values():
        found += of_tone(plan, tone, scenario, until)
    return Calibration(scenario, plan, until, {each.name: each for each in found}, fits)


def fitted(plan: Plan, process: Process, scenario: Scenario, until: date, begin: Array | None = None) -> Fit:
    """A process fitted to the record up to the day `until`."""
    return fit(replayed(plan, process, scenario, until), Prior.of(process), process.fade, begin)


def factor(scenario: Scenario, family: str) -> float:
    """The mean factor that the scenario's theories put on a family of mechanisms: strengths are fitted with it."""
    total = sum(scenario.mix.values())
    return sum(weight * scenario.theories[theory].weights.get(family, 1.0)
               for theory, weight in scenario.mix.items()) / total


def reference(process: Process, scenario: Scenario) -> Array:
    """(K, M) the traces amid which each option's rate is stated, as its entry says under `at`."""
    return np.array([[scenario.options[name].base.at.get(response, 0.0) for response in process.responses]
                     for name in process.options])


def rates(fit: Fit, at: Array) -> tuple[Array, Array]:
    """Weekly rates (K,) amid traces `at` (K, M), averaged over tempo, with which the engine has the fit's bases again:
    mean and standard deviation of each, as uncertain as the fit is."""
    def log_odds(values: Array) -> Array:
        count = len(fit.observed.options)
        base = values[:count] + (fit.observed.weight * at) @ values[count:-2]
        rate = expit(base[:, None] + (fit.observed.tempo * values[-2])[:, None] * NODES) @ WEIGHTS
        return np.asarray(np.log(rate) - np.log1p(-rate))

    step = 1e-4
    slopes = np.array([(log_odds(fit.values + step * side) - log_odds(fit.values - step * side)) / (2 * step)
                       for side in np.eye(len(fit.values))])
    centre, error = log_odds(fit.values), np.sqrt(np.einsum("ak,ab,bk->k", slopes, fit.covariance, slopes))
    p = expit(centre[:, None] + error[:, None] * ndtri((np.arange(1000) + 0.5) / 1000))
    return p.mean(axis=1), p.std(axis=1)


def of_process(plan: Plan, name: str, process: Process, scenario: Scenario, fit: Fit) -> Iterator[Estimate]:
    observed, method = fit.observed, f"process {name}, maximum likelihood"
    n, count = len(observed), len(observed.options)
    data = plan.data([*process.options.values(), *(each for each, series in plan.series.items() if series.event)])
    common = (process.source, data)
    wider = np.sqrt(max(fit.overdispersion(), 1.0))
    for option, mean, sd, own in zip(process.options, *rates(fit, reference(process, scenario)),
                                     observed.happened.sum(axis=0), strict=True):
        title = scenario.actions[scenario.options[option].action].name
        yield Estimate(option, f"Weekly rate: {title}", rounded(Quantity(mean=mean, sd=wider * sd, rate=True)),
                       digits(sd), n, method, f"{own} weeks with one; spread {wider:.2f} times the standard error, "
                       "for what is left between years.", *common, scenario.options[option].base.rate,
                       process.judged.get(option))
    thought = {**process.responses, **process.tempo}
    for m, mechanism in enumerate(thought):
        entry = scenario.mechanisms[mechanism]
        by = factor(scenario, entry.family)
        mean, sd = fit.values[count + m] / by, fit.errors[count + m] / by
        note = "" if by == 1 else f"Log-odds of {fit.values[count + m]:.3g} over {by:.4g}, the theories' mean factor."
        yield Estimate(mechanism, f"Strength: {entry.name}", rounded(Quantity(mean=mean, sd=sd)), digits(sd), n,
                       method, note, *common, entry.strength, thought[mechanism])
    low, high = (float(np.exp(fit.values[-1] + sign * NINETY * fit.errors[-1])) for sign in (-1, 1))
    yield Estimate(f"{name}_half_life", "Half-life of tempo, weeks",
                   rounded(Quantity(mode=fit.half_life, low=low, high=high)), digits(float(fit.errors[-1])), n, method,
                   "A triangle over the 90 % interval; the standard error is that of the logarithm.", *common,
                   scenario.memory.tempo, process.half_life)
    mean, sd = fit.tempo()
    yield Estimate(f"{name}_tempo", f"Tempo of {process.country} at the start",
                   rounded(Quantity(mean=mean, sd=sd)), None, n, f"process {name}, filtered",
                   "What the weeks up to the last one say about the next.", *common,
                   scenario.countries[process.country].tempo, Quantity(mean=0, sd=1))


def of_count(plan: Plan, count: Count, scenario: Scenario, until: date) -> Estimate:
    option = scenario.options[count.option]
    title = f"Weekly rate: {', '.join(option.by)}: {scenario.actions[option.action].name}"
    if until < count.since:
        return Estimate(count.option, title, count.judged or option.base.rate, None, 0, "judged: nothing counted yet",
                        "", count.source, {}, option.base.rate, count.judged)
    found, rate = counted(plan, count, until)
    share, _ = spread(count.share)
    said = f"{found.mean:.3g} of weeks; " + ("all of it." if share == 1 else f"{share:.2g} of it, judged.")
    return Estimate(count.option, title, rounded(rate), digits(found.error * share), found.n,
                    f"partial pooling over {found.years} years" if found.years >= FEW else
                    f"Jeffreys, {found.years} years together, spread times {WIDER:g}",
                    f"{said} {count.note}".strip(), count.source, plan.data([count.series]), option.base.rate,
                    count.judged)


def _of_answer(plan: Plan, answer: Answer, scenario: Scenario) -> Estimate:
    curve, mean, sd = solved(answer, scenario)
    entry = scenario.mechanisms[answer.mechanism]
    note = (f"{answer.answered} of {answer.of}; answered within {answer.within} days in "
            f"{float(curve.chance(mean)):.2f} of cases at the middle, in {float(curve.chance(0)):.2f} without this "
            "mechanism.")
    return Estimate(answer.mechanism, f"Strength: {entry.name}", rounded(Quantity(mean=mean, sd=sd)), None, answer.of,
                    "solved in the engine", f"{note} {answer.note}".strip(), answer.source,
                    plan.hashes([name.removeprefix(FOLDER) for name in answer.source if name.startswith(FOLDER)]),
                    entry.strength, answer.judged)


def entries(found: Calibration) -> Iterator[str]:
    """The section `fitted` as its file holds it."""
    import json

    yield "# yaml-language-server: $schema=../docs/schema/fitted.json"
    yield "# Written by `python run.py calibrate --write`, from the record up to " f"{found.until}. Do not edit."
    for each in found.estimates.values():
        yield f"{each.name}:"
        yield f"  value: {_flow(written(each.value))}"
        if each.error is not None:
            yield f"  error: {each.error:g}"
        yield f"  n: {each.n}"
        yield f"  method: {each.method}"
        if each.note:
            yield f"  note: {json.dumps(each.note, ensure_ascii=False)}"
        if each.data:
            yield "  data:"
            yield from (f"    {file}: {json.dumps(start)}" for file, start in each.data.items())
        yield f"  source: [{', '.join(each.source)}]"


def _flow(value: float | dict[str, float]) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {number:g}" for key, number in value.items()) + "}"
    return f"{value:g}"


def write(found: Calibration, path: Path) -> None:
    """Writes the section `fitted` to a file, all at once."""
    import os

    draft = path.with_name(f".{path.name}.unfinished")
    draft.write_text("".join(f"{line}\n" for line in entries(found)), encoding="utf-8")
    os.replace(draft, path)




def as_record(found: Calibration) -> dict[str, Any]:
    """The calibration as JSON holds it."""
    return {"schema": SCHEMA, "scenario": found.scenario.name, "until": found.until.isoformat(),
            "estimates": {each.name: {"value": written(each.value), "error": each.error, "n": each.n,
                                      "method": each.method, "shipped": written(each.shipped), "note": each.note,
                                      "data": dict(each.data), "source": list(each.source)}
                          for each in found.estimates.values()}}
