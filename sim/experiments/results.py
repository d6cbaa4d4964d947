"""What an experiment leaves in its folder: tables as CSV, records as JSON, figures as PNG and SVG."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import store

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.manifest import Finished


def leave(kind: str, found: Finished, folder: Path, command: str, tables: Mapping[str, pd.DataFrame],
          records: Mapping[str, Any], figures: Mapping[str, Figure], texts: Mapping[str, str] | None = None) -> None:
    """Writes all of it to `folder` as `sim.store.put` does, replacing results of this kind alone.

    Tables, records and figures are by name without an ending, other `texts` by file name.
    """
    from sim.figures import render

    def fill(draft: Path) -> None:
        for name, table in tables.items():
            table.to_csv(draft / f"{name}.csv", index=False, float_format="%.7g", lineterminator="\n", encoding="utf-8")
        written = {f"{name}.json": json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n"
                   for name, record in records.items()}
        for name, text in (written | dict(texts or {})).items():
            (draft / name).write_text(text, encoding="utf-8", newline="")
        for name, drawn in figures.items():
            (draft / "figures").mkdir(exist_ok=True)
            for ending in ("png", "svg"):
                (draft / "figures" / f"{name}.{ending}").write_bytes(render(drawn, name, ending))

    store.put(kind, found, folder, command, fill)


def plain(data: Any) -> Any:
    """The same, of mappings, lists and values, with None for numbers that are not finite."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    return None if isinstance(data, float) and not np.isfinite(data) else data
