"""Country: the Mesa agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import mesa
import numpy as np

if TYPE_CHECKING:
    from sim.model import DiplomacyModel


class Reason(NamedTuple):
    """One summand of a decision, in log-odds, with the names of what it is made of."""

    mechanism: str
    feature: tuple[str, ...]
    log_odds: float


class Country(mesa.Agent):
    """One country in every replicate of its model: it owns nothing but its row in the model's state.

    Where the model holds one replicate its properties are plain numbers and names, otherwise arrays over replicates.
    """

    model: DiplomacyModel

    def __init__(self, model: DiplomacyModel, code: str):
        super().__init__(model)
        self.code = code
        self.row = model.world.index.country[code]

    @property
    def name(self) -> str:
        """The country's name as figures show it."""
        return self.model.world.scenario.countries[self.code].name

    @property
    def leader(self) -> Any:
        """Who governs: a leader's name, or an array of names."""
        names = np.array([name for _, name in self.model.world.leaders])
        return self.model.scalar(names[self.model.state.leader[self.row]])

    @property
    def approval(self) -> Any:
        """The government's approval, in [-1, 1]."""
        return self.model.scalar(self.model.state.approval[self.row])

    @property
    def mandate(self) -> Any:
        """The government's strength in parliament, in [-1, 1]."""
        return self.model.scalar(self.model.state.mandate[self.row])

    @property
    def tempo(self) -> Any:
        """How active the country is beyond its usual, in standard deviations."""
        return self.model.scalar(self.model.state.tempo[self.row])

    def stance(self, issue: str) -> Any:
        """The government's ideal point on an issue, in [-1, 1]."""
        return self.model.scalar(self.model.state.stance[self.row, self.model.world.index.issue[issue]])

    def tension_with(self, other: str) -> Any:
        """Tension with another country, on the Goldstein scale from -10 to 10."""
        index = self.model.world.index
        pair = np.array([index.pair(self.code, other)]), np.array([index.pair(other, self.code)])
        return self.model.scalar(self.model.state.tension(pair)[0])

    @property
    def did(self) -> list[str]:
        """Names of what this country did in the last week, in a model of one replicate."""
        columns = [self.model.world.columns[c] for log in self.model.log[-2:] for c in log[0]]
        return [column.name for column in columns if self.code in column.by]

    def weigh(self) -> None:
        """Adds up this country's reasons for everything it can do, into the model's sums."""
        model, rows = self.model, self.model.world.decisions.of_country[self.code]
        np.subtract(model.weights[self.code] @ model.terms, model.references[rows], out=model.sums[rows])

    def reasons(self, option: str, column: int = 0) -> list[Reason]:
        """Why this country leaned as it did toward an option in the last week, the strongest reason first.

        `column` is the replicate's position in the model. Raises `KeyError` for an option that is not this country's.
        """
        decisions = self.model.world.decisions
        row = next((row for row in decisions.rows if row.country == self.code and row.name == option), None)
        if row is None:
            raise KeyError(f"{self.code} has no option {option}")
        weights = decisions.terms.matrix[[row.index]].toarray()[0]
        values = weights * (self.model.terms[:, column] - self.model.reference_terms[:, column])
        found = [Reason(decisions.terms.terms[t].mechanism, decisions.terms.terms[t].feature, float(values[t]))
                 for t in np.flatnonzero(weights)]
        return sorted(found, key=lambda reason: -abs(reason.log_odds))
