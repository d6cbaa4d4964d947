"""Estimates from the tone of the press: what `tone` fits, as calibration writes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.catalog.outcome import Outcome
from sim.compiler import compile_world
from sim.quantity import Quantity
from sim.record.estimate import Estimate, digits, rounded
from sim.record.plan import Plan, Tone
from sim.record.tone import Estimate as Found
from sim.record.tone import ToneRecord, fit_tone
from sim.scenario import Scenario


def of_tone(plan: Plan, tone: Tone, scenario: Scenario, until: date) -> Iterator[Estimate]:
    """The numbers that this tone is to say something about. Where it says nothing, what was judged stays."""
    world = compile_world(scenario)
    days = sorted({day for series in tone.deeds for day in plan.days(series)})
    record = ToneRecord.read(plan.folder / tone.file, days, Outcome.model_validate({"title": "Deeds", **tone.deed}))
    found = fit_tone(world, record, until)
    said = {each.path: each for each in found.estimates}
    silent = [name(each.path) for each in found.estimates if not each.fitted and each.path not in tone.judged]
    for path, judged in tone.judged.items():
        yield _estimate(plan, tone, said.get(path), name(path), judged, found.weeks,
                        f"On {', '.join(silent)} the tone says nothing beyond what was judged." if silent else "",
                        world.inputs.quantities[world.inputs.rows[path]])


def _estimate(plan: Plan, tone: Tone, found: Found | None, title: str, judged: Quantity, weeks: int, note: str,
              shipped: Quantity) -> Estimate:
    fitted = found is not None and found.fitted
    value = rounded(Quantity(mean=found.mean, sd=found.sd)) if found is not None and fitted else judged
    method = "ABC-SMC on statistics of the tone" if fitted else "judged: the record says nothing about it"
    return Estimate(title, f"{title.replace('_', ' ').capitalize()}", value,
                    digits(found.sd) if found is not None and fitted else None, weeks, method, note, tone.source,
                    plan.data(tone.deeds) | plan.hashes([tone.file]), shipped, judged)


def name(path: str) -> str:
    """The name of a number by its path: `memory.conduct_fast` is conduct_fast."""
    parts = path.split(".")
    return parts[-1] if parts[0] == "memory" else parts[1]
