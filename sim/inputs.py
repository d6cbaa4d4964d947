"""Inputs: every number of the scenario that a replicate draws for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import Array
from sim.draws import Draws
from sim.quantity import Quantity


@dataclass
class Inputs:
    """A table of numbers by dotted path, such as `mechanisms.drill_draws_statement.strength`."""

    paths: list[str] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, quantity: Quantity) -> int:
        """The row of the number at `path`, which is entered if it is new."""
        if path not in self.rows:
            self.rows[path] = len(self.paths)
            self.paths.append(path)
            self.quantities.append(quantity)
        return self.rows[path]

    @property
    def drawn(self) -> list[int]:
        """Rows of the numbers that have a spread."""
        return [row for row, quantity in enumerate(self.quantities) if not quantity.fixed]

    def draw(self, draws: Draws, given: Mapping[str, Array] | None = None) -> Array:
        """Each replicate's own numbers, shape (inputs, R). Those `given` by path, (R,) each, are taken as they are."""
        values = np.empty((len(self.paths), len(draws)))
        for row, (path, quantity) in enumerate(zip(self.paths, self.quantities, strict=True)):
            if given and path in given:
                values[row] = given[path]
            else:
                values[row] = quantity.centre if quantity.fixed else quantity.ppf(draws.uniform(path))
        return values
