"""An ensemble's statistics as rows of a forecast hub's model output, and its outcomes as a typed table.

    rows(store.read("out/july_2025"))       # …, output_type, output_type_id, value

The columns are those of the hubverse: task ids (scenario_id, origin_date, target_end_date, target), then the three
that say what a number is. Only the format is a forecast's: what is in it explores a model's assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from sim.ensemble import Ensemble
from sim.outcomes import QUANTILES
from sim.summary import ending_rows, outcome_rows

COLUMNS = ["scenario_id", "origin_date", "target_end_date", "target", "output_type", "output_type_id", "value"]
#: What the ending is called among the targets.
ENDING = "ending"


def rows(ensemble: Ensemble) -> pd.DataFrame:
    """A row per statistic. Of the ending and of a yes or no the probabilities (`pmf`); of a number its `mean` and
    quantiles; of a date the probability that it is reached by each Sunday (`cdf`), because it may never be.

    Replicates in which an outcome is void do not count; one that is void in all has no rows.
    """
    scenario = ensemble.scenario
    last = scenario.start + timedelta(days=7 * scenario.weeks - 1)
    task = (scenario.name, scenario.start.isoformat(), last.isoformat())
    found = [(*task, ENDING, "pmf", row["name"], row["share"]) for row in ending_rows(ensemble)]
    found += [(*task, *row) for row in _outcomes(ensemble)]
    return pd.DataFrame(found, columns=COLUMNS)


def _outcomes(ensemble: Ensemble) -> Iterator[tuple[str, str, Any, float]]:
    for row in outcome_rows(ensemble):
        name = row["name"]
        if not row["runs"]:
            continue
        if row["kind"] == "yes_no":
            yield name, "pmf", "no", 1 - row["mean"]
            yield name, "pmf", "yes", row["mean"]
        elif row["kind"] == "number":
            yield name, "mean", None, row["mean"]
            yield from ((name, "quantile", f"{level / 100:g}", row["quantiles"][str(level)]) for level in QUANTILES)
        else:
            values = ensemble.outcomes[name].to_numpy(dtype=np.float64)
            values = values[~np.isnan(values)]
            for week in range(1, ensemble.scenario.weeks + 1):
                day = (ensemble.scenario.start + timedelta(days=7 * week - 1)).isoformat()
                yield name, "cdf", day, float((values < 7 * week).mean())


def outcomes(ensemble: Ensemble) -> pd.DataFrame:
    """A row per replicate with typed columns: yes or no as booleans, dates as dates, void and never as missing."""
    found: dict[str, Any] = {"replicate": ensemble.outcomes.index.to_numpy()}
    for name, outcome in ensemble.scenario.outcomes.items():
        values = ensemble.outcomes[name]
        if outcome.kind == "yes_no":
            found[name] = values.astype("boolean")
        elif outcome.kind == "date":
            days = values.where(np.isfinite(values.to_numpy(dtype=np.float64)))
            found[name] = pd.Timestamp(ensemble.scenario.start) + pd.to_timedelta(days, unit="D")
        else:
            found[name] = values.astype(np.float64)
    return pd.DataFrame(found | {ENDING: ensemble.outcomes[ENDING].astype(str)}).set_index("replicate")
