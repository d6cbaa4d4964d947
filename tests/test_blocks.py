"""Every block of code in the documentation is run by a test, or stands here with the reason why it is not."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

import pytest

import sim.store
import test_docs
import test_how_to
from machines import Machines, ended, machines, until
from pages import Block, blocks
from sim import cli
from sim.experiments import paired
from sim.paths import shipped_scenarios
from sim.reading import read_text
from sim.record import questions

__all__ = ["machines"]

ROOT, DOCS = test_docs.ROOT, test_docs.ROOT / "docs"
CLUSTER, WORKBENCH, SCORES = (DOCS / "how-to" / f"{name}.md" for name in (
    "run-on-a-cluster", "use-the-workbench", "was-it-right"))
GALLERY, REGION, TUTORIAL = DOCS / "gallery.md", DOCS / "your-own-region.md", DOCS / "tutorial.md"
#: How a line begins that is typed; other indented lines are formulas.
TYPED = re.compile(r"(\.venv/bin/)?(python3?|pip|pytest|bash|dask|diplomacy|pre-commit|\.) ?")

INSTALL, LONG, WRITES = ("`.ci/run` does it in a fresh folder", "takes minutes; run on less in ",
                         "replaces pages and data of the checkout")
#: Commands of blocks that no test runs as they stand, and why.
NOT_RUN = {
    "python3 -m venv .venv": INSTALL,
    ".venv/bin/pip install -q -e .": INSTALL,
    ".venv/bin/pip install -q -e '.[test]'": INSTALL,
    ".venv/bin/pip install -q -e '.[test,dev]'": INSTALL,
    ". .venv/bin/activate": "only changes which python a terminal means",
    ".venv/bin/pytest": "it runs this",
    ".venv/bin/pytest -m slow": "it runs this",
    "bash .ci/run": "it runs this",
    ".venv/bin/python docs/make_site.py": "test_site builds it in another folder",
    "pip install 'diplomacy-simulator[distributed]'": "the extra comes with `test`, from the checkout",
    "pip install 'diplomacy-simulator[discovery]'": "the extra comes with `test`, from the checkout",
    "pip install 'diplomacy-simulator[mesa-viz]'": "the extra comes with `test`, from the checkout",
    ".venv/bin/mutmut results": "takes an hour's changes of the engine before it",
    ".venv/bin/mutmut show sim.draws.x_again__mutmut_1": "takes an hour's changes of the engine before it",
    "python fuzz/guided.py -n 20000 --out out/guided": "atheris, which it needs, is no dependency",
    "python run.py calibrate": LONG + "test_calibrate",
    "python run.py calibrate --write": WRITES,
    "python run.py backtest": LONG + "test_backtest",
    "python run.py backtest --write": WRITES,
    "python -m sim.record.face": LONG + "test_face",
    "python -m sim.record.face --write": WRITES,
    "python run.py run july_2025 --cluster local --jobs 2": "test_cluster runs it, on a smaller scenario",
}
#: Where text in a block is looked at, but for what `docs/make_how_to.py` renews.
TEXTS = {
    DOCS / "scenarios.md": "test_docs: errors read as shown",
    DOCS / "reference" / "python.md": "test_site: signatures are the code's",
    DOCS / "how-to" / "which-assumptions-matter.md": "test_sweep and test_sensitivity",
    DOCS / "theories.md": "shortened by hand from a run of minutes",
}


@cache
def every() -> list[Block]:
    return [block for page in test_docs.PAGES for block in blocks(page)]


def commands(block: Block) -> list[str]:
    """What is typed in a block, a command each; nothing in a formula."""
    lines = [line.split(" #")[0].strip() for line in block.text.splitlines()]
    return [part for line in lines if TYPED.match(line) for part in line.split(" && ")]


def is_run(command: str, page: Path) -> bool:
    """Whether a test runs the command, as it stands or with fewer replicates."""
    words = command.removeprefix(".venv/bin/").partition("python run.py")[2].strip()
    if page == GALLERY:  # the comparison runs the scenario as it is too
        return words in compared() or words.split()[1] in {line.split()[1] for line in compared()}
    if page == REGION:
        return f"    {command}" in page.read_text(encoding="utf-8")  # all, in their order
    if page == CLUSTER or words.startswith("serve"):
        return command in started(CLUSTER)[:3] if page == CLUSTER else command in started(WORKBENCH)
    if page == TUTORIAL:
        return command in [f"python {shown[1]}" for shown in test_how_to.TOOL["SHOWN"].finditer(
            page.read_text(encoding="utf-8"))]
    return "run.py" in command and shlex.split(words) in elsewhere()


@cache
def elsewhere() -> list[list[str]]:
    """What other tests type."""
    return [shlex.split(typed, comments=True) for typed in [*test_docs.commands(), *test_how_to.typed()]]


def compared() -> list[str]:
    return [words.strip() for words in test_docs.COMMAND.findall(GALLERY.read_text(encoding="utf-8"))
            if words.startswith(" compare")]


def started(page: Path) -> list[str]:
    return [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]


def unrun(block: Block) -> list[str]:
    """What no test runs of a block and nobody excused."""
    where = block.page
    if block.language in ("", "sh"):
        return [command for command in commands(block) if command not in NOT_RUN and not is_run(command, where)]
    known = {
        "python": True,  # of every page: test_docs, and of CONTRIBUTING test_packaging
        "py": where.name == "for-mesa-users.md",  # test_mesa_users
        "yaml": where in (ROOT / "README.md", test_docs.WRITING, REGION, ROOT / "CONTRIBUTING.md", SCORES, CLUSTER),
        "text": block.before.startswith("<!-- shows") or where in TEXTS,
        "bibtex": where.name == "citing.md",  # test_site
    }
    return [] if known.get(block.language) else [block.text]


def test_every_block_is_run() -> None:
    assert len(every()) > 200
    found = [f"{block.page.relative_to(ROOT)}:{block.line}: {text}" for block in every() for text in unrun(block)]
    assert found == [], "have a test run it, or say in NOT_RUN why none does"


def test_no_excuse_is_stale() -> None:
    typed = {command for block in every() if block.language in ("", "sh") for command in commands(block)}
    assert set(NOT_RUN) <= typed
    assert all(any(block.language == "text" and block.page == page for block in every()) for page in TEXTS)


def test_extras_that_pages_install_are_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {name for page in test_docs.PAGES for names in
             re.findall(r"pip install[^`\n]*'[\w.-]+\[([\w,]+)\]'", page.read_text(encoding="utf-8"))
             for name in names.split(",")}
    assert {"test", "dev", "web", "distributed"} <= named <= set(extras)


def test_a_file_of_questions_is_one(tmp_path: Path) -> None:
    [block] = [block for block in blocks(SCORES) if block.language == "yaml"]
    path = tmp_path / "asked.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert len(questions.load(path).questions) == 2


@pytest.mark.slow
def test_settings_of_dask_are_settings_of_dask() -> None:
    import dask
    import distributed  # noqa: F401

    def paths(part: object, to: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
        if not isinstance(part, dict):
            return {to}
        return {at for key, value in part.items() for at in paths(value, (*to, key))}

    [block] = [block for block in blocks(CLUSTER) if block.language == "yaml"]
    shown = paths(read_text(block.text).data)
    assert len(shown) >= 8
    assert all(dask.config.get(".".join(path), "no such") != "no such" for path in shown)


@pytest.mark.slow
@pytest.mark.parametrize("words", compared(), ids=lambda words: words.split()[1])
def test_what_the_gallery_says_to_try_runs(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.store, "write", lambda *what: None)
    monkeypatch.setattr(paired, "run", test_docs.one_for_all)
    assert words.split()[1] in shipped_scenarios()
    assert cli.main([*shlex.split(words), "-n", "2", "--jobs", "1"]) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_the_cluster_starts_as_shown(machines: Machines) -> None:
    """Three lines, with ports that are free, one worker, a small scenario and few replicates."""
    scheduler, worker, run = started(CLUSTER)[:3]
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        ports = {"8786": str(one.getsockname()[1]), "8787": str(two.getsockname()[1])}

    def typed(line: str) -> list[str]:
        line = re.sub("878[67]", lambda port: ports[port[0]], line)
        line = line.replace("--nworkers 4", "--nworkers 1").replace("july_2025 -n 1000000", "july_2025")
        return shlex.split(line.replace("july_2025", "small.yaml"))[1:]

    machines.dask(*typed(scheduler), "--port", ports["8786"])
    until(lambda: "Scheduler at" in (machines.folder / "dask.log").read_text())
    machines.dask(*typed(worker))
    script, *words = typed(run)
    done = subprocess.Popen([sys.executable, script, "{}", *words, "-n", "50"], cwd=machines.folder, text=True,
                            env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    code, out, err = ended(done)
    assert code == 0, err
    assert "50 replicates" in out


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in started(WORKBENCH) if line.startswith("python")])
def test_the_workbench_starts_as_shown(line: str, tmp_path: Path) -> None:
    """On a port that is free, and without opening it; and it describes itself to whoever has the token."""
    (tmp_path / "my_scenarios").mkdir()
    words = dict.fromkeys([*shlex.split(line)[2:], "--no-browser"])
    serving = subprocess.Popen([sys.executable, ROOT / "run.py", *words, "--port", "0"], cwd=tmp_path,
                               env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert serving.stdout is not None
        [address] = re.findall(r"http://127\.0\.0\.1:\d+/\S*", serving.stdout.readline())
        until(lambda: answers(address))
        page, _, token = address.partition("?token=")
        asked = urllib.request.Request(f"{page}api/openapi.json", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked) as answer:
            assert "/api/openapi.json" in "".join(started(WORKBENCH)) and json.load(answer)["openapi"]
        serving.send_signal(signal.SIGINT)
        _, said = serving.communicate(timeout=60)
        assert serving.returncode == 0, said
    finally:
        serving.kill()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as page:
            return bool(page.status)
    except urllib.error.HTTPError:  # the token admits once, and by a cookie from then on
        return True
    except urllib.error.URLError:
        return False
