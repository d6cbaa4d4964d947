"""A game for facilitators: one history revealed week by week, in which a player decides for one country.

Nothing is kept between requests: the weeks played are run again from the start, with what the player decided in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sim.errors import InputError, shown_names, unknown
from sim.experiments import replay, wording
from sim.experiments.reasons import Observed, Weighed
from sim.web.briefing import briefing, dated, debrief, options
from sim.web.changes import Asked, Changes, Library, Name
from sim.web.stories import weeks_of
from sim.web.work import world_of
from sim.world import World

#: A sum that settles a decision, either way, whatever its base is; in log-odds.
SETTLED = 40.0

Row = dict[str, Any]
Move = Annotated[str, Field(min_length=1, max_length=120)]


class Play(Asked):
    """A game as far as it has come: what the player's country did in each of the weeks revealed; None where the model
    decided. `onward` lets the model decide the next week, and all others up to one into which an event falls."""

    changes: Changes
    country: Name
    seed: int = Field(default=1, ge=0, lt=2**53)
    replicate: int = Field(default=0, ge=0, le=1_000_000)
    moves: tuple[Annotated[tuple[Move, ...], Field(max_length=200)] | None, ...] = Field(default=(), max_length=520)
    onward: bool = False


class Played(Observed):
    """A history in which one country takes what is in `will` and nothing else; of a joint action it is willing, and
    the others decide. Where `will` is None it decides as the model has it."""

    def __init__(self, world: World, replicate: int, seed: int, country: str):
        super().__init__(world, replicate, seed)
        self.player, self.own = country, world.decisions.of_country[country]
        self.names = [row.name for row in world.decisions.rows[self.own]]
        self.usual = self.references[self.own].copy()
        self.will: Collection[str] | None = None

    def step(self) -> None:
        """One week; afterwards the sums are those that the model's own countries would have had."""
        super().step()
        self.sums[:] = self.model_sums

    def perceive(self) -> None:
        """Puts the player's will in the place of the country's reasons, and notes what these come to."""
        super().perceive()
        self.references[self.own] = self.usual
        self.model_sums = self.world.decisions.terms.matrix @ self.terms - self.references
        if self.will is not None:
            sign = np.array([SETTLED if name in self.will else -SETTLED for name in self.names], self.terms.dtype)
            self.references[self.own] += self.model_sums[self.own] - sign[:, None]

    def choices(self) -> Iterator[Weighed]:
        """What the player's country could do in the last week."""
        yield from (each for each in self.weighed() if self.player in each.countries and each.possible)


def play(game: Play, library: Library) -> Row:
    """The weeks revealed, with the model's own odds for what the player could do in them; and what there is to decide
    in the next week, or how the history ends and what it would have come to without the player."""
    world = world_of(game.changes, library)
    scenario = world.scenario
    if game.country not in world.countries:
        raise InputError(unknown("country", game.country, world.countries, shown_names(scenario.countries)))
    if len(game.moves) > world.weeks:
        raise InputError(f"{len(game.moves)} weeks are played of {world.weeks}")
    model = Played(world, game.replicate, game.seed, game.country)
    try:
        weeks, odds = [], []

        def reveal(will: Collection[str] | None) -> None:
            weeks.append(replay._week(model))
            odds.append([_odds(model, each, None if will is None else each.name in will) for each in model.choices()])

        for will in game.moves:
            for name in will or ():
                if name not in model.names:
                    raise InputError(unknown(f"option of {game.country}", name, model.names))
            model.will = None if will is None else set(will)
            model.step()
            reveal(will)
        found: Row = {"schema": 1, "country": game.country, "name": wording.party(scenario, game.country),
                      "replicate": game.replicate, "odds": odds, "weeks": [], "mechanisms": {}}
        end: Row = {"over": True}
        while len(weeks) < world.weeks:
            now = _now(model)  # the week as the model has it
            if not game.onward or now["events"] and len(weeks) > len(game.moves):
                end = {"over": False, "now": now}
                break
            reveal(None)
        if weeks:
            found |= weeks_of(scenario, replay._with_tension(weeks, model.history()))
        return found | end | (debrief(model) if end["over"] else {})
    finally:
        model.release()


def _odds(model: Played, each: Weighed, chosen: bool | None) -> Row:
    """The model's own odds for one thing that the player could do, and what became of it."""
    return {"name": each.name, "words": _words(model, each), "chosen": chosen, "taken": each.taken,
            "probability": each.probability}


def _words(model: Played, each: Weighed) -> str:
    return wording.deed(model.world.scenario, model.world.columns[each.decision.column])


def _now(model: Played) -> Row:
    """The next week before anybody has decided: where things stand, what falls due, what the player could do."""
    world, week, told = model.world, model.state.week, briefing(model, model.player)
    model.will = None
    model.step()  # nobody gets to see what is decided in it
    due = [(day, world.columns[column]) for column, day in zip(*(part.tolist() for part in model.log[-2][0:4:3]),
                                                               strict=True)]
    return {"week": week + 1, "start": (world.start + timedelta(weeks=week)).isoformat(), "briefing": told,
            "events": dated(model, due), "options": options(model, model.player, model.choices())}
