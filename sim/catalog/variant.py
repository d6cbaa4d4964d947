"""Variants: named, sourced sets of changes to a world's entries."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sim.catalog.base import Sourced


class Variant(Sourced):
    """Changes that belong together: a reading of the article, a contested finding, another time.

    What it changes has sources of its own where it stands; the source here is that of the whole.
    """

    name: str
    changes: dict[str, Any] = Field({}, description="Entries of the world to change or add, by section")
