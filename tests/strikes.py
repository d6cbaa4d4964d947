"""A world in which strikes are answered, for experiments on what it hangs on."""

from __future__ import annotations

from typing import Any

from sim.scenario import Scenario
from worlds import J, event, mechanism, option, scenario, tree

#: A strike is answered by a scolding; greetings follow what A wants, and touch neither.
WORLD = tree(
    options={"hit": option("strike", "AAA", "BBB", {"mean": 0.2, "sd": 0.12}),
             "reply": option("scold", "BBB", "AAA", {"mean": 0.05, "sd": 0.02}),
             "wave": option("greet", "AAA", "BBB", 0.05)},
    cues={"hurt": {"name": "Hurt", "left_by": [{"action": "strike"}], "half_life": 2, **J}},
    mechanisms={"answer": mechanism("response", {"action": "scold"}, strength={"mean": 3, "sd": 1.5},
                                    feature={"cue": "hurt"}),
                "wish": mechanism("policy", {"action": "greet"}, strength={"low": 0, "high": 4})},
    events={"fair": event(cadence={"first": {"low": "2025-07-15", "high": "2025-07-20"},
                                   "every": {"low": 20, "high": 40}})})
HEAD: dict[str, Any] = {
    "weeks": 12,
    "outcomes": {"replies": {"count": "scold"}, "reply": {"happened": "scold"}, "first_hit": {"first_date": "strike"},
                 "late": {"count": "scold", "given": {"happened": "greet"}}, "never": {"happened": "treaty"}},
    "endings": [{"name": "quarrel", "title": "Quarrel", "when": {"count": "scold", "at_least": 3}},
                {"name": "peace", "title": "Peace"}]}
HIT, ANSWER, WISH = "options.hit.base.rate", "mechanisms.answer.strength", "mechanisms.wish.strength"


def small() -> Scenario:
    return scenario(WORLD, **HEAD)
