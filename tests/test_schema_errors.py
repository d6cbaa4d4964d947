"""What a schema finds wrong in a file is said in plain words, with its place."""

from __future__ import annotations

import json
import random
import string
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from sim.catalog import Event, Issue, Window
from sim.catalog.country import Succession
from sim.catalog.outcome import Outcome
from sim.reading import explain_validation, read_text


def explained(model: Any, text: str, prefix: tuple[str, ...] = ()) -> list[str]:
    document = read_text(text, "f.yaml")
    data = document.data
    for key in prefix:
        data = data[key]
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(model).validate_python(data)
    problems = explain_validation(caught.value, document, prefix, model)
    assert not any("pydantic.dev" in problem.message for problem in problems)
    return [str(problem) for problem in problems]


def test_an_issue_with_many_faults() -> None:
    text = "nk:\n  name: x\n  low: 3\n  hgih: y\n  source: [judgement, 4]\n"
    known = "Known: half_life, high, low, name, note, source, status_quo"
    assert explained(Issue, text, ("nk",)) == [
        'f.yaml:1:1: "high" is missing',
        'f.yaml:1:1: "status_quo" is missing',
        'f.yaml:3:8: "low" must be text, not 3',
        f'f.yaml:4:3: unknown key "hgih". Did you mean "high"? {known}',
        'f.yaml:5:23: item 2 of "source" must be text, not 4']


def test_the_model_is_found_by_the_error() -> None:
    document = read_text("naem: x", "f.yaml")
    with pytest.raises(ValidationError) as caught:
        Issue.model_validate(document.data)
    assert any('Did you mean "name"?' in problem.message for problem in explain_validation(caught.value, document))


def test_nested_models_know_their_keys() -> None:
    text = "e: {name: x, source: judgement, on: {low: 2025-07-01, hgih: 2025-07-02}}"
    assert explained(dict[str, Event], text) == [
        'f.yaml:1:33: "high" is missing',
        'f.yaml:1:55: unknown key "hgih". Did you mean "high"? Known: high, low']


def test_of_a_short_list_the_missing_item_is_told_and_of_a_wrong_item_only_that() -> None:
    assert explained(dict[str, Outcome], "o: {count: x, between: [3]}") == [
        'f.yaml:1:15: item 2 of "between" is missing']
    some = dict[str, Annotated[list[str], Field(min_length=1)]]
    assert explained(some, "o: [[]]") == ['f.yaml:1:5: item 1 of "o" must be text, not a list']
    assert explained(some, "o: []") == ['f.yaml:1:1: "o" has 0 entries; it needs at least 1']


@pytest.mark.parametrize(("weights", "message"), [
    ("{a: 1, b: -1}", '1:51: "b" must be at least 0, not -1'),
    ("{a: 1, b: true}", '1:51: "b" must be a number, not true'),
    ("{a: 0, b: 0}", "1:29: every successor has weight 0, so nobody can follow")])
def test_somebody_can_follow(weights: str, message: str) -> None:
    text = f"{{choose: 9, take_office: 9, successors: {weights}, source: judgement}}"
    assert explained(Succession, text) == [f"f.yaml:{message}"]


def test_own_messages_are_kept_and_told_once() -> None:
    assert explained(Event, "name: x\nsource: judgement\non: soon\n") == [
        "f.yaml:3:5: 'soon' is not a date such as 2025-07-14"]
    assert explained(Event, "name: x\nsource: judgement\n") == [
        "f.yaml:1:1: an event has one of on, yearly, cadence, chance; found none"]


@pytest.mark.parametrize(("written", "message"), [
    ("a: x", '1:4: "a" must be a number or a mapping or a list, not "x"'),
    ("a: {low: 2025-01-01}", '1:1: "high" is missing'),
    ("a: {low: 2025-01-01, high: 2025-01-02, hihg: 2}",
     '1:40: unknown key "hihg". Did you mean "high"? Known: high, low'),
    ("a: {low: 2025-02-01, high: 2025-01-01}", "1:1: low (2025-02-01) is after high (2025-01-01)"),
    ("a: [x, 1]", '1:8: item 2 of "a" must be text, not 1'),
])
def test_of_a_union_the_likeliest_branch_is_told(written: str, message: str) -> None:
    assert explained(dict[str, float | Window | list[str]], written) == [f"f.yaml:{message}"]


class Sample(BaseModel, extra="forbid"):
    count: int = Field(1, ge=1, le=9)
    flag: bool = False
    pair: Annotated[list[int], Field(min_length=2, max_length=3)] = [1, 2]
    code: str = Field("12", pattern=r"^\d+$", min_length=2)
    table: dict[Annotated[str, Field(max_length=3)], int] = {}


@pytest.mark.parametrize(("written", "message"), [
    ("count: 10", '1:8: "count" must be at most 9, not 10'),
    ("count: 1.5", '1:8: "count" must be a whole number, not 1.5'),
    ("count:", '1:7: "count" must be a whole number, not empty'),
    ("flag: maybe", '1:7: "flag" must be true or false, not "maybe"'),
    ("pair: [1]", '1:1: "pair" has 1 entries; it needs at least 2'),
    ("pair: [1, 2, 3, 4]", '1:1: "pair" has 4 entries; it takes at most 3'),
    ("pair: {a: 1}", '1:1: "pair" must be a list, not a mapping'),
    ("code: ab", r'1:7: "code" must be text that matches ^\d+$, not "ab"'),
    ("code: '1'", '1:7: "code" is too short; it needs 2 or more characters'),
    ("table: {long: 1}", '1:9: "long" is too long; it takes 3 or fewer characters'),
    ("cuont: 1", '1:1: unknown key "cuont". Did you mean "count"? Known: code, count, flag, pair, table'),
])
def test_wrong_values_in_plain_words(written: str, message: str) -> None:
    assert explained(Sample, written) == [f"f.yaml:{message}"]


def test_every_schema_error_of_random_data_is_one_line() -> None:
    draw = random.Random(2)
    values: list[Any] = [None, True, -3, 0.5, "x", "2025-07-01", [], [1], {}, {"low": 1, "high": 0}, {"a": [None]}]
    for _ in range(300):
        data = {key: draw.choice(values) for key in draw.sample([*Event.model_fields, *string.ascii_lowercase], 8)}
        document = read_text(json.dumps(data), "f.yaml")
        with pytest.raises(ValidationError) as caught:
            Event.model_validate(document.data)
        for problem in explain_validation(caught.value, document):
            assert len(str(problem).splitlines()) == 1
            assert problem.mark is not None
            assert problem.mark.line == 1
