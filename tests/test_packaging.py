"""The project around the code: what CONTRIBUTING shows is true, and the wheel holds what it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PathDistribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

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
    assert load(path, ["countries.CHN.leader=hu"]).countries["CHN"].leader == "hu"
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


def gate(name: str) -> ModuleType:
    """A program of the gates as a module."""
    spec = spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec and spec.loader
    spec.loader.exec_module(module := module_from_spec(spec))
    return module


@pytest.mark.parametrize(("about", "found"), [
    ("License-Expression: MIT AND (Apache-2.0 OR GPL-2.0-only)", ["MIT", "Apache-2.0"]),
    ("Classifier: License :: OSI Approved :: BSD License\nLicense: Copyright of many", ["BSD"]),
    ("License: Simplified BSD", ["BSD"]), ("License: MPL-2.0 AND MIT", ["MPL-2.0", "MIT"]),
    ("License: GNU LESSER GENERAL PUBLIC LICENSE", ["GPL"]), ("License: Beerware", ["Beerware"]),
    ("Classifier: License :: Other/Proprietary License", ["Other/Proprietary License"]), ("", ["unknown"])])
def test_a_licence_is_what_the_package_says(about: str, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: thing\nVersion: 1\n{about}\n", encoding="utf-8")
    assert gate("licences").licences(PathDistribution(tmp_path)) == found


def test_licences_that_bind_stay_with_the_one_extra_that_brings_them() -> None:
    """Nobody gets one without asking for the extra by name."""
    licences = gate("licences")
    assert list(licences.wrong("thing", ["MIT", "BSD"], [""])) == []
    assert len(list(licences.wrong("thing", ["MIT", "unknown"], ["test"]))) == 1
    [(name, (licence, extra)), *_] = licences.WITH_ONE_EXTRA.items()
    assert list(licences.wrong(name, [licence], [extra, "test"])) == []
    for extras in ([""], [extra, "web"], ["test"]):
        assert len(list(licences.wrong(name, [licence], extras))) == 1
    always = licences.brought(licences.PROJECT)
    assert {"mesa", "numpy", "tqdm"} <= always
    assert not always & licences.WITH_ONE_EXTRA.keys()


@pytest.mark.parametrize(("service", "vulns", "code", "said"), [
    ("osv", [], 0, "1 packages looked at, 0 with"), ("osv", [{"id": "CVE-1", "fix_versions": ["2"]}], 1, "mended in 2"),
    (None, [], 3, "NOT AUDITED")])
def test_an_audit_that_nobody_answers_is_none(service: str | None, vulns: list[Any], code: int, said: str,
                                              monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    """A service counts that knows of what is known; one that finds no package says that nothing is wrong with it."""
    audit = gate("audit")

    def asked(whom: str, requirements: str) -> list[dict[str, Any]]:
        name, version = requirements.split("==")
        if whom != service:
            return [{"name": name, "skip_reason": "not found"}]
        return [{"name": name, "version": version, "vulns": vulns if requirements != audit.KNOWN else [{"id": "old"}]}]

    monkeypatch.setattr(audit, "asked", asked)
    assert audit.main("thing==1") == code
    assert said in capsys.readouterr().out


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
