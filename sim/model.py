"""The Mesa model: a block of replicates of one world, stepped week by week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, ClassVar

import mesa
import numpy as np

from sim.arrays import REAL, Array, Ints
from sim.compiler import compile_world
from sim.country import Country
from sim.deciding import decide
from sim.decisions import Terms
from sim.draws import BLOCK, Draws
from sim.events import fall_due, just_happened
from sim.history import LOG, History
from sim.occurrences import Occurrences
from sim.scenario import load
from sim.state import State
from sim.world import World


@lru_cache(maxsize=8)
def world_of(scenario: str) -> World:
    """The compiled world of a scenario given by its path or shipped name."""
    return compile_world(load(scenario))


class DiplomacyModel(mesa.Model):
    """Replicates `replicate` … `replicate + replicates - 1` of a scenario's ensemble; one by default.

    `world` is a compiled world, or a scenario's path or shipped name. `rng` is the ensemble's seed, None meaning 1;
    which history one gets depends on the seed and the replicate's number alone.
    `columns` picks others from that block on, see `Draws`; `given` are inputs by path, (R,) each, in place of drawn
    ones. `keep` says what the history is to hold: the rows of each weekly level, by level, and as `column` the columns
    whose occurrences are logged; all where it says nothing.
    """

    #: What the countries are, for subclasses that bring their own.
    country_class: ClassVar[type[Country]] = Country

    def __init__(self, world: World | str = "july_2025", replicate: int = 0, replicates: int = 1,
                 rng: int | None = None, columns: Sequence[int] | None = None,
                 given: Mapping[str, Array] | None = None, keep: Mapping[str, Sequence[int]] | None = None):
        seed = 1 if rng is None else int(rng)
        super().__init__(rng=seed)
        self.world = world_of(world) if isinstance(world, str) else world
        self.replicate, self.ensemble_seed = replicate, seed
        block, first = divmod(replicate, BLOCK)
        self.draws = Draws(seed, block, range(first, first + replicates) if columns is None else columns)
        self.state = State(self.world, self.draws, given)
        just_happened(self.world, self.state, self.draws)
        self._prepare(given)
        for code in self.world.countries:
            self.country_class(self, code)
        self.log: list[Any] = []
        self.levels = self._levels_now()
        self._begins = {name: now.copy() for name, now in self.levels.items()}
        heights = {name: len(now) for name, now in self.levels.items()} | {"column": len(self.world.columns)}
        self._kept = {name: np.array(keep[name] if keep and name in keep else range(height), dtype=np.intp)
                      for name, height in heights.items()}
        self._logged = np.zeros(len(self.world.columns), dtype=bool)
        self._logged[self._kept["column"]] = True
        self._tracks: list[dict[str, Any]] = []
        self._leaders: list[Any] = []
        self._flags: list[Any] = []
        self.datacollector = mesa.DataCollector(
            model_reporters={"week": week_of, "tension": mean_tension},
            agent_reporters={name: attrgetter(name) for name in ("code", "leader", "approval", "mandate")})

    def _prepare(self, given: Mapping[str, Array] | None) -> None:
        """Strengths, bases and references, which stay as they are for the whole run."""
        decisions, state = self.world.decisions, self.state
        terms, r = decisions.terms, len(self.draws)
        self.weights = {code: terms.matrix[rows] for code, rows in decisions.of_country.items()}
        weighted = state.inputs[decisions.strengths] * self.world.theory_weights[state.theory].T
        self.strength = weighted.astype(REAL)[terms.strength]
        self.features = terms.features(state, np.empty((len(terms.keys), r), dtype=REAL))
        self.terms = self.references_of(given)
        self.terms *= self.strength
        self.reference_terms = self.terms.copy()
        self.references = terms.matrix @ self.terms
        self.sums = np.zeros_like(self.references)
        self.bases = decisions.bases(state.inputs, self.strength).astype(REAL)

    def references_of(self, given: Mapping[str, Array] | None = None) -> Array:
        """The reference of every term before it is weighted, (terms, R); to be asked at the start."""
        terms = self.world.decisions.terms
        values = _values(terms, self.features)
        if judged := self.world.judged:
            shared = {path: values for path, values in (given or {}).items() if path not in judged.apart}
            before = _values(judged.world.decisions.terms, beginning(judged.world, self.draws, shared))
            values[judged.own] = before[judged.theirs]
        values[~terms.slow] = 0
        for term, reference in terms.references:
            values[term] = reference
        return values

    def step(self) -> None:
        """One week."""
        world, state = self.world, self.state
        due, decided = Occurrences(world, state), Occurrences(world, state)
        fall_due(world, state, self.draws, due)
        due.apply()
        self.perceive()
        self.agents.do("weigh")
        decide(world, state, self.draws, self.sums, self.bases, decided)
        state.relax(self.draws, world)
        decided.apply()
        state.remember()
        self._record(due, decided)
        if len(self.draws) == 1:
            self.datacollector.collect(self)
        state.week += 1
        self.running = state.week < world.weeks

    def perceive(self) -> None:
        """Features as they are now, and every term before it is weighted."""
        terms = self.world.decisions.terms
        terms.features(self.state, self.features)
        terms.values(self.features, self.terms)
        self.terms *= self.strength

    def _levels_now(self) -> dict[str, Array]:
        """Where things stand: tension (dyads, R), status quo (K, R), stances (C*K, R), approval (C, R)."""
        state = self.state
        return {"tension": state.tension(self.world.pairs), "status_quo": state.status_quo,
                "stance": state.stance.reshape(-1, len(self.draws)), "approval": state.approval}

    def _record(self, *occurrences: Occurrences) -> None:
        for now in occurrences:
            rows = np.flatnonzero(self._logged[now.log[0]])
            self.log.append(tuple(part[rows].astype(kind) for part, kind in zip(now.log, LOG.values(), strict=True)))
        self.reached = self._reached(occurrences)
        self.levels = self._levels_now()
        self._tracks.append({name: now[self._kept[name]] for name, now in self.levels.items()})
        self._leaders.append(self.state.leader.copy())
        self._flags.append(self.state.flag.copy())

    def _reached(self, occurrences: Iterable[Occurrences]) -> Ints:
        """In how many replicates each column has occurred this week, (columns,)."""
        eights = -(-len(self.draws) // 8)  # booleans are counted eight at a time
        seen = np.zeros((len(self.world.columns), 8 * eights), dtype=bool)
        for now in occurrences:
            seen.reshape(-1)[now.log[0] * 8 * eights + now.log[2]] = True
        return np.bitwise_count(seen.view(np.uint64)).sum(axis=1, dtype=np.intp)

    def weeks(self) -> Iterator[int]:
        """Steps to the end of the horizon; after each week its number, while `levels` says where things stand."""
        while self.state.week < self.world.weeks:
            self.step()
            yield self.state.week - 1

    def run(self) -> History:
        """Steps to the end of the horizon and returns what happened."""
        for _ in self.weeks():
            pass
        return self.history()

    def history(self) -> History:
        """What has happened so far."""
        return History.from_weeks(
            self.world, len(self.draws), self.log, np.stack(self._leaders), np.stack(self._flags), self.state.seats,
            {name: np.stack([week[name] for week in self._tracks]) for name in self._begins}, self._begins, self._kept)

    def scalar(self, values: Any) -> Any:
        """The single value of a model of one replicate, else the array."""
        return values[0].item() if len(self.draws) == 1 else values

    def release(self) -> None:
        """Lets go of a model that is of no use any more: Mesa 3.3 keeps every one that ever had an agent, and model and
        agents hold each other, so that the arrays of one block would outlive several more."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
        self.__dict__.clear()


def beginning(world: World, draws: Draws, given: Mapping[str, Array] | None = None) -> Array:
    """The features of a world at its start, after what has just happened, (features, R)."""
    state, terms = State(world, draws, given), world.decisions.terms
    just_happened(world, state, draws)
    return terms.features(state, np.empty((len(terms.keys), len(draws)), dtype=REAL))


def _values(terms: Terms, features: Array) -> Array:
    """Every term before it is weighted, (terms, R)."""
    return terms.values(features, np.empty((len(terms.terms), features.shape[1]), dtype=REAL))


def week_of(model: DiplomacyModel) -> int:
    """Weeks since the start, for the data collector."""
    return model.state.week


def mean_tension(model: DiplomacyModel) -> float:
    """Tension averaged over dyads and replicates, for the data collector."""
    return float(model.state.tension(model.world.pairs).mean())
