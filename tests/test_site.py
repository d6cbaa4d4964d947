"""The site is built without a warning, works offline, and what is written from the code is the code's."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import sim
from sim import cli
from sim.mechanisms import FAMILIES, KINDS
from sim.scenario import SECTIONS
from sim.schemas import schemas

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
API, COMMANDS, FILES, ARCHITECTURE, CITING, CONF = (runpy.run_path(str(DOCS / f"{name}.py")) for name in (
    "make_api", "make_commands", "make_files", "make_architecture", "make_citing", "conf"))
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^## ([^\n]+)\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# What is written from the code

@pytest.mark.parametrize("tool", [API, COMMANDS, FILES, ARCHITECTURE], ids=lambda tool: Path(tool["__file__"]).stem)
def test_a_page_is_the_codes_own(tool: dict[str, Any]) -> None:
    was, now = text(tool["PAGE"]).splitlines(), tool["page"]().splitlines()
    assert [line for line in now if line not in was] == [], f"renew it: python docs/{Path(tool['__file__']).name}"
    assert was == now


@pytest.mark.parametrize("path", sorted((ROOT / "sim").rglob("*.py")), ids=lambda path: path.stem)
def test_every_python_reads_a_docstring_alike(path: Path) -> None:
    """From 3.13 on what all lines but the first are indented by is taken away: an example at the end loses its own."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (raw := ast.get_docstring(node, False)):
            lines = [line for line in raw.splitlines()[1:] if line.strip()]
            column = node.body[0].col_offset
            assert not lines or min(len(line) - len(line.lstrip()) for line in lines) == column, raw


def test_everything_public_is_in_the_reference() -> None:
    assert {f"sim.{name}" for name in sim.__all__} <= set(API["public"]())
    assert set(re.findall(r"^## (\w+)$", text(COMMANDS["PAGE"]), re.MULTILINE)) == set(cli.COMMANDS)
    assert set(re.findall(r"^## (\w+)$", text(FILES["PAGE"]), re.MULTILINE)) == set(schemas())


def test_the_architecture_names_every_module_and_its_path_exists() -> None:
    named = {name for layer in ARCHITECTURE["contract"]() for name in layer}
    assert named == {path.stem for path in (ROOT / "sim").iterdir() if path.suffix == ".py" or (
        path / "__init__.py").exists()} - {"__init__"}
    assert all(ARCHITECTURE["there"](step.home) for step in ARCHITECTURE["PATH"])
    assert text(ARCHITECTURE["PICTURE"]) == ARCHITECTURE["picture"](), "renew it: python docs/make_architecture.py"


def test_the_citation_is_that_of_the_project() -> None:
    page = text(CITING["PAGE"])
    assert sim.__version__ in page
    assert CITING["renewed"](page) == page, "renew it: python docs/make_citing.py"


# The glossary

def test_the_glossary_has_the_words_of_the_files() -> None:
    """Every section of a world, every family, and the words that the output speaks in."""
    entries = dict(ENTRY.findall(GLOSSARY))
    assert list(entries) == sorted(entries, key=str.casefold)
    named = {word for line in re.findall(r"Files: (.+?)\.(?:\s|$)", GLOSSARY) for word in re.findall(r"`(\w+)`", line)}
    assert set(SECTIONS) <= named
    assert all(family in entries["family"] for family in FAMILIES)
    assert {"replicate", "ensemble", "ending", "outcome", "tension", "conduct", "spread", "paired difference", "twin",
            "strength", "gate", "reference", "term", "block", "seed", "draw", "log-odds"} <= set(entries)
    assert {"status_quo", "approval", "conduct", "ledger", "flag", "leader", "cue", "tempo"} <= set(KINDS)
    for kind in ("status quo", "approval", "conduct", "ledger", "flag", "leader", "cue", "tempo"):
        assert kind in entries


def test_what_the_glossary_points_to_is_there() -> None:
    """Keys are keys of some file, and names in code can be imported."""
    keys = {*schemas(), *(key for schema in schemas().values() for key in _properties(schema))}
    for word, said in ENTRY.findall(GLOSSARY):
        for line in re.findall(r"Files: (.+?)\.(?:\s|$)", said):
            assert set(re.findall(r"`(\w+)`", line)) <= keys, word
        for name in re.findall(r"Code: `([\w.]+)`", said):
            assert _found(name), f"{word}: {name}"


def _properties(part: Any) -> set[str]:
    if isinstance(part, list):
        return {key for value in part for key in _properties(value)}
    if not isinstance(part, dict):
        return set()
    return set(part.get("properties", {})) | {key for value in part.values() for key in _properties(value)}


def _found(name: str) -> bool:
    try:
        API["resolve"](name)
    except ModuleNotFoundError:  # what a class holds
        whole, _, last = name.rpartition(".")
        return hasattr(API["resolve"](whole), last)
    except AttributeError:
        return False
    return True


# The site

def test_every_page_is_in_the_navigation_once() -> None:
    listed = [name for parts in CONF["NAVIGATION"].values() for pages in parts.values() for name in pages]
    pages = {str(path.relative_to(ROOT).with_suffix("")) for pattern in CONF["include_patterns"]
             for path in ROOT.glob(pattern.replace("**", "**/*"))}
    found = sorted(page for name in listed for page in pages if fnmatchcase(page, name))
    assert found == sorted(pages - {CONF["root_doc"]}), "give the page a place in docs/conf.py"


@pytest.mark.slow
def test_the_site_is_built_and_works_offline(tmp_path: Path, browser: Any) -> None:
    """Opened as files: nothing asks another host, search finds, and nothing is wider than a phone."""
    done = subprocess.run([sys.executable, DOCS / "make_site.py", tmp_path / "site"], capture_output=True, check=False,
                          encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    start = (tmp_path / "site" / "index.html").as_uri()
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(start)
    page.wait_for_url("**/docs/index.html")
    for name in ("index", "tutorial", "gallery", "reference/python", "architecture"):
        page.goto(start.replace("index.html", f"docs/{name}.html"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate("[...document.images].every((image) => image.naturalWidth)"), name
    page.goto(start.replace("index.html", "search.html?q=ledger"))
    page.wait_for_selector("#search-results a:text('Glossary')")
    assert all(address.startswith("file:") for address in asked)
    assert said == []
    page.close()


def test_what_leads_nowhere_is_found(tmp_path: Path) -> None:
    tool = runpy.run_path(str(DOCS / "make_site.py"))
    (tmp_path / "a.html").write_text('<p id="here"></p><a href="b.html"></a><a href="#there"></a><a href="#here"></a>'
                                     '<img src="https://example.org/x.png"><a href="https://example.org"></a>')
    assert list(tool["problems"](tmp_path)) == [
        "a.html loads https://example.org/x.png", "a.html: #there has no such place", "a.html: b.html is not there"]
