"""What Mesa users are shown works: the page is the notebook, its cells run, and families of one's own are taken."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from runpy import run_path
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest

from sim import mechanisms
from sim.compiler import compile_world
from sim.country import Country
from sim.errors import InputError
from sim.model import DiplomacyModel
from sim.scenario import load
from worlds import shipped

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def own_families() -> Iterator[None]:
    """What is registered while the test lasts is gone afterwards."""
    with patch.dict(mechanisms.FAMILIES), patch.dict(mechanisms.KINDS):
        yield


@pytest.fixture
def siege(own_families: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The example's module, imported from its folder as a user does."""
    monkeypatch.syspath_prepend(EXAMPLES)
    yield import_module("siege")
    del sys.modules["siege"]


def test_the_notebook_is_the_page() -> None:
    making = run_path(str(ROOT / "docs" / "make_notebook.py"))
    found, page = (making[name].read_text(encoding="utf-8") for name in ("NOTEBOOK", "PAGE"))
    assert found == making["notebook"](page), "renew it: python docs/make_notebook.py"


@pytest.mark.slow
def test_the_notebook_runs(siege: ModuleType, monkeypatch: pytest.MonkeyPatch,
                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(EXAMPLES)
    names = {"__name__": "notebook"}
    cells = json.loads((EXAMPLES / "mesa_users.ipynb").read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(codes) >= 7
    for number, code in enumerate(codes):
        exec(compile(code, f"cell {number}", "exec"), names)
        assert capsys.readouterr().out, code
    assert names["code"] == 0


def test_a_family_of_ones_own_is_unknown_until_it_is_registered(siege: ModuleType) -> None:
    with pytest.raises(InputError, match="siege"):
        load(EXAMPLES / "besieged.yaml")
    mechanisms.register("siege", siege)
    assert load(EXAMPLES / "besieged.yaml").mechanisms["besieged"].family == "siege"
    with pytest.raises(InputError, match="a siege has a feature of its own"):
        load(EXAMPLES / "besieged.yaml", settings=["mechanisms.besieged.feature={status_quo: dprk_sanctions}"])


@pytest.mark.slow
def test_its_mechanism_moves_what_it_selects_and_only_that(siege: ModuleType) -> None:
    mechanisms.register("siege", siege)
    model = DiplomacyModel(compile_world(load(EXAMPLES / "besieged.yaml")), replicates=64)
    for _ in range(8):
        model.step()
    decisions = model.world.decisions
    terms = [t for t, term in enumerate(decisions.terms.terms) if term.mechanism == "besieged"]
    [feature] = [f for f, key in enumerate(decisions.terms.keys) if key[0] == "siege"]
    assert set(np.unique(model.features[feature] * 4)) <= {0, 1, 2, 3, 4}
    assert model.features[feature].any()
    moved = {decisions.rows[row].country: decisions.rows[row].words
             for row in decisions.terms.matrix[:, terms].tocoo().coords[0]}
    assert moved.keys() == {"PRK"}
    assert all({"missile", "warn"} & words for words in moved.values())
    model.release()


@pytest.mark.parametrize(("name", "family", "message"), [
    ("mine", SimpleNamespace(), "has no function expand"),
    ("policy", SimpleNamespace(expand=list), "policy: the package has"),
    ("mine", SimpleNamespace(expand=list, KINDS=(SimpleNamespace(kind="cue"),)), "cue: the package has")])
def test_what_is_no_family_is_refused(own_families: None, name: str, family: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mechanisms.register(name, family)


def test_a_model_makes_countries_of_its_class() -> None:
    class Mute(Country):
        def weigh(self) -> None:
            self.model.sums[self.model.world.decisions.of_country[self.code]] = 0

    class MuteModel(DiplomacyModel):
        country_class = Mute

    model = MuteModel(shipped(), replicates=3)
    model.step()
    assert all(type(country) is Mute for country in model.agents)
    assert not model.sums.any()
    model.release()
