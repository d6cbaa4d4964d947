"""Builds the documentation site: `python docs/make_site.py [FOLDER]`, by default in out/site.

Sphinx fails at every warning: a link, a heading or a page that is not there. What it wrote is then read once more:
every address on a page leads to a file and a place of the site, and nothing is loaded from another host.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
START = "docs/index.html"
FIRST = f"""\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Diplomacy simulator</title>
<meta http-equiv="refresh" content="0; url={START}"></head>
<body><a href="{START}">Documentation</a></body></html>
"""


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it."""

    def __init__(self, text: str):
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        elif tag == "link" and given.get("rel") != "canonical":
            (self.links if given.get("rel") in ("index", "search", "next", "prev") else self.loaded).add(given["href"])
        elif "src" in given:
            self.loaded.add(given["src"])


def problems(site: Path) -> Iterator[str]:
    """Addresses that lead nowhere, and what is loaded from elsewhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        where = path.relative_to(site)
        yield from (f"{where} loads {address}" for address in sorted(page.loaded) if urlsplit(address).netloc)
        for address in sorted(page.links | page.loaded):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{where}: {address} is not there"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{where}: {address} has no such place"


def build(site: Path) -> int:
    """Writes the site; 0 where all is well."""
    if not find_spec("sphinx"):
        print("This needs the extra docs: pip install -e '.[docs]'", file=sys.stderr)
        return 2
    done = subprocess.run([sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--nitpicky", "--quiet",
                           "--fresh-env", "--doctree-dir", f"{site}.doctrees", "-c", ROOT / "docs", ROOT, site],
                          check=False)
    if done.returncode:
        return done.returncode
    (site / "index.html").write_text(FIRST, encoding="utf-8")
    found = list(problems(site))
    print(*found, sep="\n", file=sys.stderr, end="\n" * bool(found))
    return int(bool(found))


if __name__ == "__main__":
    folder = Path(*sys.argv[1:2] or [ROOT / "out" / "site"]).resolve()
    if code := build(folder):
        raise SystemExit(code)
    print(folder / "index.html")
