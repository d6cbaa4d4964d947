"""What july_2025 comes to, kept: a change of data or engine that moves results shows here, and is meant or not.

Write the file again, after looking at what has changed, with

    DIPLOMACY_GOLDEN=write python -m pytest tests/test_golden.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.ensemble import Ensemble, run
from worlds import shipped

GOLDEN = Path(__file__).parent / "golden" / "july_2025.json"
REPLICATES, SEED = 400, 1
#: Replicates that may go another way between versions of numpy, whose functions differ in their last bits.
STRAYS = 2


def summary(ensemble: Ensemble) -> dict[str, Any]:
    """Shares of the endings; of every outcome, the shares void and never reached, and mean and range of the rest."""
    outcomes = {}
    for name in ensemble.scenario.outcomes:
        values = ensemble.outcomes[name].to_numpy()
        finite = values[np.isfinite(values)]
        outcomes[name] = {"void": float(np.isnan(values).mean()), "never": float(np.isinf(values).mean()),
                          "mean": round(float(finite.mean()), 6) if len(finite) else None,
                          "low": round(float(finite.min()), 6) if len(finite) else None,
                          "high": round(float(finite.max()), 6) if len(finite) else None}
    shares = ensemble.outcomes["ending"].value_counts(normalize=True)
    endings = {ending.name: float(shares[ending.name]) for ending in ensemble.scenario.endings}
    return {"replicates": REPLICATES, "seed": SEED, "endings": endings, "outcomes": outcomes}


def departures(found: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """What lies further off than two replicates could move it, or one in a thousand."""
    strays = STRAYS / REPLICATES
    wrong = [f"ending {name}: {found['endings'].get(name)}, was {share}" for name, share in kept["endings"].items()
             if abs(found["endings"].get(name, np.inf) - share) > strays + 1e-9]
    for name, was in kept["outcomes"].items():
        now = found["outcomes"].get(name)
        if now is None:
            wrong.append(f"{name} is gone")
            continue
        if any(abs(now[part] - was[part]) > strays + 1e-9 for part in ("void", "never")):
            wrong.append(f"{name}: {now}, was {was}")
        elif was["mean"] is None or now["mean"] is None:
            wrong += [] if was["mean"] == now["mean"] else [f"{name}: {now['mean']}, was {was['mean']}"]
        else:
            counted = REPLICATES * (1 - was["void"] - was["never"])
            room = max(1e-3 * abs(was["mean"]), STRAYS * (was["high"] - was["low"]) / counted)
            if abs(now["mean"] - was["mean"]) > room:
                wrong.append(f"{name}: {now['mean']}, was {was['mean']} ± {room:.3g}")
    new = [f"{name} is new" for part in ("endings", "outcomes") for name in found[part] if name not in kept[part]]
    return wrong + new


def test_july_2025_comes_to_what_it_came_to() -> None:
    found = summary(run(shipped(), REPLICATES, SEED, jobs=1))
    if os.environ.get("DIPLOMACY_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    wrong = departures(found, json.loads(GOLDEN.read_text(encoding="utf-8")))
    assert not wrong, ("\n".join(wrong) + "\nIf this is meant: "
                       "DIPLOMACY_GOLDEN=write python -m pytest tests/test_golden.py")


@pytest.mark.parametrize(("change", "count"), [
    ({"endings": {"a": 0.5, "b": 0.5}}, 0), ({"endings": {"a": 0.505, "b": 0.495}}, 0),
    ({"endings": {"a": 0.51, "b": 0.49}}, 2), ({"endings": {"a": 0.5, "b": 0.49, "c": 0.01}}, 2)])
def test_departures_allow_for_two_replicates_and_no_more(change: dict[str, Any], count: int) -> None:
    kept: dict[str, Any] = {"endings": {"a": 0.5, "b": 0.5}, "outcomes": {
        "x": {"void": 0, "never": 0, "mean": 10, "low": 0, "high": 20}}}
    assert len(departures(kept | change, kept)) == count
    for mean, wrong in ((10.09, 0), (10.11, 1), (None, 1)):
        moved = {"x": kept["outcomes"]["x"] | {"mean": mean}}
        assert len(departures(kept | {"outcomes": moved}, kept)) == wrong
