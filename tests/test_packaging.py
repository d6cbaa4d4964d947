"""The project around the code: what CONTRIBUTING shows is true, and the wheel holds what it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import sim
from pages import BLOCK, add
from sim.ensemble import run
from sim.reading import read_text
from sim.scenario import load

ROOT = Path(__file__).parent.parent


def contributed(root: Path) -> Path:
    """A copy of the world and the scenarios in `root` with what CONTRIBUTING adds to them; returns the scenario."""
    for part in ("seeds", "scenarios"):
        shutil.copytree(ROOT / part, root / part)
    for block in _blocks():
        add(root, *block)
    return root / "scenarios" / "yellow_sea.yaml"


def _blocks() -> list[tuple[str, str, str]]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found: list[tuple[str, str, str]] = BLOCK.findall(text)
    assert len(found) == text.count("```yaml") + text.count("```python") > 10
    # A country's file comes before the stances that go into every country's file.
    return sorted(found, key=lambda block: bool(block[1]))


def test_every_yaml_example_is_valid_and_runs(tmp_path: Path) -> None:
    """All but the new family, which needs its Python file."""
    path = contributed(tmp_path)
    (tmp_path / "seeds" / "mechanisms" / "preponderance.yaml").unlink()
    scenario = load(path)
    assert {"kor_seizes_boat", "chn_protests_seizure"} <= set(scenario.options)
    assert scenario.mechanisms["seizure_draws_protest"].strength.centre == 2
    ensemble = run(scenario, 64, jobs=1)
    assert ensemble.outcomes["seizures"].mean() > 0
    assert ensemble.outcomes["protest_after_seizure"].dropna().any()
    assert load(path, ["countries.CHN.leader=hu"]).countries["CHN"].leaders.keys() == {"hu"}
    assert "hu" not in scenario.countries["CHN"].leaders
    assert load(path, presets=["busy_season"]).options["kor_seizes_boat"].base.rate.centre == 0.25
    assert load(tmp_path / "scenarios" / "july_2025.yaml"), "the shipped scenario stays valid beside them"


@pytest.mark.slow
def test_a_contributor_adds_one_of_each_kind(tmp_path: Path) -> None:
    """Data and Python as in CONTRIBUTING, in a copy of the project, through the command."""
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run.py", tmp_path)
    path = contributed(tmp_path)
    for words in (["validate", str(path)], ["run", str(path), "-n", "20", "--jobs", "1", "--out", "out"],
                  ["list", "countries"]):
        done = subprocess.run([sys.executable, "run.py", *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "CHN" in done.stdout or words[0] != "list"
    assert (tmp_path / "out" / "figures" / "activity.png").stat().st_size > 5_000
    resolved = (tmp_path / "out" / "world.json").read_text(encoding="utf-8")
    assert '"family": "preponderance"' in resolved


def test_what_tests_need_comes_with_the_extra_test() -> None:
    """Every other extra, but the developers' own tools."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for name in extras.keys() - {"test", "dev"}:
        assert set(extras[name]) <= set(extras["test"]), name


def test_the_version_is_the_same_everywhere() -> None:
    assert f"\nversion: {sim.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {sim.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_wheel_carries_worlds_and_scenarios(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)],
                   check=True, capture_output=True, text=True)
    [wheel] = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    data = {f"sim/data/{path.relative_to(ROOT).as_posix()}"
            for part in ("seeds", "scenarios", "questions", "templates", "classics")
            for path in (ROOT / part).rglob("*") if path.is_file() and not path.name.startswith(".")}
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sim").rglob("*")
            if path.suffix in (".py", ".j2", ".html", ".css", ".js")}
    assert data | code <= held
    assert {name.partition("/")[0] for name in held} == {"sim", f"diplomacy_simulator-{sim.__version__}.dist-info"}


def test_forms_for_issues_are_forms() -> None:
    """As the repository's host reads them: known parts, each question with its own name and label."""
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
    assert [form.stem for form in forms] == ["bug", "data", "question"]
    for form in forms:
        data = read_text(form.read_text(encoding="utf-8")).data
        assert {"name", "description", "body"} <= data.keys() <= {"name", "description", "title", "labels", "body"}
        asked = [part for part in data["body"] if part["type"] != "markdown"]
        assert {part["type"] for part in asked} <= {"textarea", "input", "dropdown", "checkboxes"}
        assert len({part["id"] for part in asked}) == len(asked)
        assert all(part["attributes"]["label"] for part in asked)
        assert any(part.get("validations", {}).get("required") for part in asked)
