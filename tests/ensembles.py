"""A made-up ensemble for tests of what is drawn and written of one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sim.catalog.event import Event

START = date(2025, 7, 14)
COUNTRIES = {"USA": ("United States", "#0072B2"), "JPN": ("Japan", "#CC79A7"), "KOR": ("South Korea", "#009E73"),
             "PRK": ("North Korea", "#D55E00"), "RUS": ("Russia", "#000000")}
ISSUES = {
    "trilateral_security": ("Trilateral security", "no trilateral security cooperation",
                            "integrated trilateral alliance"),
    "japan_rok_military": ("Japan–ROK military ties", "military contact barred by colonial memory",
                           "routine contact, flags and troops included"),
    "dokdo_takeshima": ("Dokdo / Takeshima", "undisputed Korean title", "Japanese claim recognised"),
    "dprk_nuclear_status": ("DPRK nuclear status", "full denuclearisation", "recognised nuclear-weapon state"),
    "dprk_sanctions": ("Sanctions on the DPRK", "all sanctions lifted", "maximum sanctions"),
    "us_dprk_dialogue": ("US–DPRK dialogue", "no contact", "leader-level dialogue and normal relations"),
    "inter_korean_engagement": ("Inter-Korean engagement", "two hostile states", "open exchange"),
    "dprk_russia_partnership": ("DPRK–Russia partnership", "no ties", "military alliance in force"),
    "japan_dprk_normalisation": ("Japan–DPRK normalisation", "frozen over abductions", "normal relations"),
    "japan_military_role": ("Japan's military role", "exclusively defensive", "collective, offensive “Asian NATO”"),
    "us_rok_tariffs": ("US tariffs on the ROK", "free trade", "punitive tariffs"),
    "rok_multivector": ("ROK multi-vector diplomacy", "aligned with Washington and Tokyo alone",
                        "balanced ties with all neighbours"),
}
EVENTS: dict[str, dict[str, Any]] = {
    "upper_house_election": {"name": "Upper House election", "on": "2025-07-20"},
    "tariff_deadline": {"name": "Tariff deadline", "on": "2025-08-01"},
    "ulchi_freedom_shield": {"name": "Ulchi Freedom Shield", "yearly": {"month": 8, "weekday": 1, "nth": 3}},
    "freedom_shield": {"name": "Freedom Shield", "yearly": {"month": 3, "weekday": 1, "nth": 2}},
    "freedom_edge": {"name": "Freedom Edge", "cadence": {"first": "2025-09-15", "every": 150}},
    "liberation_day": {"name": "Liberation Day", "yearly": {"month": 8, "day": 15}},
    "party_anniversary": {"name": "Party anniversary", "yearly": {"month": 10, "day": 10}},
    "apec_2025": {"name": "APEC leaders' week, Gyeongju", "on": {"low": "2025-10-27", "high": "2025-11-01"}},
    "iran_strikes": {"name": "Strikes on Iran", "on": "2025-06-13"},
    "court_ruling": {"name": "Court ruling on compensation",
                     "chance": {"rate": 0.01, "reference_class": "rulings a week", "source": "judgement"}},
}
ENDINGS = (("talks", "Talks resume between Washington and Pyongyang", 0.274), ("truce", "Quiet coexistence", 0.405),
           ("drift", "More of the same", 0.318), ("crisis", "Crisis without a clash", 0.003),
           ("clash", "Armed clash", 0.0))
OUTCOMES = {
    "talks": ("Working talks between the United States and the DPRK by the end of 2025", "yes_no", 0.61),
    "summit": ("A summit of leaders", "yes_no", 0.08), "nuclear_test": ("A nuclear test", "yes_no", 0.004),
    "protest": ("Seoul protests on the day the white paper appears", "yes_no", 0.996),
    "majority_kept": ("The coalition keeps its majority", "yes_no", 1.0),
    "alliance": ("A trilateral treaty", "yes_no", 0.0),
    "ishiba_out": ("Ishiba leaves office, given that the coalition has lost its majority", "yes_no", 0.55),
    "missile_weeks": ("Weeks with a missile test", "number", 14),
    "coalition_seats": ("Seats of the coalition", "number", 47),
    "peak_tension": ("Highest tension between the United States and the DPRK", "number", 4.2),
    "drills": ("Trilateral drills held", "number", 3),
    "first_icbm": ("First ICBM test", "date", 0.5), "first_talks": ("First talks", "date", 0.48),
    "first_visit": ("First visit of a leader to Moscow", "date", 0.47),
    "white_paper": ("White paper appears", "date", 1.0),
    "treaty": ("A trilateral treaty is signed", "date", 0.0),
}


def ensemble(replicates: int = 200, weeks: int = 60, wordy: int = 1, seed: int = 1,
             outcomes: dict[str, Any] | None = None) -> Any:
    """A made-up ensemble: paths are drifting walks. `wordy` repeats every name; `outcomes` replaces columns."""
    draws = np.random.default_rng(seed)

    def named(text: str) -> str:
        return " ".join([text] * wordy)

    week = pd.to_datetime([START + timedelta(weeks=place) for place in range(weeks)])
    dyads = [f"{a}-{b}" for a, b in combinations(sorted(COUNTRIES), 2)]
    paths, counts = {}, {}
    sizes = {"tension": {"dyad": dyads}, "status_quo": {"issue": list(ISSUES)},
             "stance": {"country": list(COUNTRIES), "issue": list(ISSUES)}}
    for name, axes in sizes.items():
        shape, high = tuple(len(labels) for labels in axes.values()), 10 if name == "tension" else 1
        steps = draws.normal(0.2, 1, (1, 1, *shape)) * 0.004 + draws.normal(0, 0.03, (replicates, weeks, *shape))
        first = draws.uniform(-0.8, 0.8, shape) * (0.15 if name == "tension" else 1)
        path = np.clip(first + steps.cumsum(axis=1), -1, 1) * high
        edges = np.linspace(-high, high, 101)
        place = np.clip(np.digitize(path, edges) - 1, 0, 99)
        binned = np.stack([(place == at).sum(axis=0) for at in range(100)])
        kind = "tension_bin" if name == "tension" else "unit_bin"
        dims = ["week", *axes]
        paths[name] = (["replicate", *dims], path[:200])
        counts[f"{name}_counts"] = ([*dims, kind], np.moveaxis(binned, 0, -1))
    columns = [*EVENTS, "launch", "drill", "statement"]
    often = np.array([*(name == "court_ruling" for name in EVENTS), 6, 2, 9])
    shares = draws.uniform(0, 0.05, (weeks, len(columns))) * often
    shares[[at for at in (9, 30, 51) if at < weeks], columns.index("freedom_edge")] = 0.4
    shares[[at for at in (5, 57) if at < weeks], columns.index("ulchi_freedom_shield")] = 0.97
    occurred = {"occurred": (["week", "column"], draws.binomial(replicates, shares))}
    data = xr.Dataset({**paths, **counts, **occurred}, coords={
        "week": week, "dyad": dyads, "issue": list(ISSUES), "country": list(COUNTRIES), "column": columns,
        "tension_bin": np.linspace(-9.9, 9.9, 100), "unit_bin": np.linspace(-0.99, 0.99, 100)})
    frame = pd.DataFrame({name: _values(kind, level, replicates, weeks, draws)
                          for name, (_, kind, level) in OUTCOMES.items()})
    frame["ishiba_out"] = frame["ishiba_out"].where(draws.random(replicates) < 0.4)
    frame["ending"] = draws.choice([name for name, *_ in ENDINGS], replicates, p=[share for *_, share in ENDINGS])
    frame = frame.assign(**(outcomes or {})).rename_axis("replicate")
    scenario = SimpleNamespace(
        title=named("What changes if the August exercise is put off?"), start=START, weeks=weeks,
        countries={code: SimpleNamespace(name=named(name), colour=colour)
                   for code, (name, colour) in COUNTRIES.items()},
        issues={name: SimpleNamespace(name=named(title), low=named(low), high=named(high))
                for name, (title, low, high) in ISSUES.items()},
        endings=tuple(SimpleNamespace(name=name, title=named(title), colour=None) for name, title, _ in ENDINGS),
        outcomes={name: SimpleNamespace(title=named(title), kind=kind, level=None)
                  for name, (title, kind, _) in OUTCOMES.items()},
        events={name: Event.model_validate({**event, "source": "judgement", "name": named(event["name"])})
                for name, event in EVENTS.items()},
        options={"launch": SimpleNamespace(action="ballistic_test", by=("PRK",), to=("USA", "KOR", "JPN")),
                 "drill": SimpleNamespace(action="trilateral_exercise", by=("USA", "JPN", "KOR"), to=("PRK",)),
                 "statement": SimpleNamespace(action="condemn", by=("PRK",), to=("USA",))},
        actions={"ballistic_test": SimpleNamespace(name=named("ballistic missile test"), verbal=False),
                 "trilateral_exercise": SimpleNamespace(name=named("trilateral exercise"), verbal=False),
                 "condemn": SimpleNamespace(name=named("condemnation"), verbal=True)})
    return SimpleNamespace(scenario=scenario, outcomes=frame, data=data, seed=seed, replicates=replicates, seconds=1.0)


def _values(kind: str, level: float, replicates: int, weeks: int, draws: np.random.Generator) -> np.ndarray:
    if kind == "yes_no":
        return (draws.random(replicates) < level).astype(float)
    if kind == "number":
        return draws.poisson(level, replicates) if level == int(level) else draws.normal(level, 0.8, replicates)
    days = np.floor(draws.uniform(0, 7 * weeks, replicates))
    return np.where(draws.random(replicates) < level, np.ones(replicates) if level == 1 else days, np.inf)
