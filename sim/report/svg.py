"""Figures inside a page: matplotlib's SVG without what a page has no use for, and with words for who cannot see it."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from matplotlib.figure import Figure

_ROOT = re.compile(r'<svg[^>]*viewBox="([^"]+)"[^>]*>')
_LEFT_OUT = re.compile(r"<title>.*?</title>|<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>|"
                       r"<clipPath.*?</clipPath>", re.DOTALL)
_STYLE = re.compile(r' style="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:href="|url\()#([^")]+)')
_PATH = re.compile(r' d="([^"]*)"')
_PLACE = re.compile(r' (x|y|transform)="([^"]*)"')
_LONG = re.compile(r"-?\d+\.\d{2,}")
_SPACE = re.compile(r">\s+<")
#: What is said once, at the root, or means nothing.
_SAID = re.compile(r" font-family=\"[^\"]*\"| clip-path=\"[^\"]*\"| transform=\"rotate\(-?0 [^\"]*\"|"
                   r" text-anchor=\"start\"")
#: Characters from which a figure is large; points from which a line in it is long, and the tenths of a point that two
#: points of it are apart at least.
LARGE, LONG, LEAST = 600_000, 50, 30
#: The figures' font, one as wide that other systems have, and whatever there is.
FONTS = "DejaVu Sans, Verdana, sans-serif"


def inline(figure: Figure | str, name: str, words: str) -> Markup:
    """The figure, or its SVG, as an element of a page, told in `words` to who cannot see it.

    Styles become attributes, which no content security policy forbids; places are kept to a tenth of a point, which
    halves the size. Ids begin with `name`.
    """
    from sim.figures import render

    text = figure if isinstance(figure, str) else render(figure, name, "svg").decode()
    root = _ROOT.search(text)
    assert root, "matplotlib writes a viewBox"
    title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    body = _LEFT_OUT.sub("", text[root.end():])
    body = _SAID.sub("", _STYLE.sub(_attributes, body))
    used = set(_USED.findall(body))
    body = _ID.sub(lambda found: found[0] if found[1] in used else "", body)
    thin = len(body) > LARGE
    body = _PATH.sub(lambda found: f' d="{_path(found[1], thin)}"', body)
    body = _PLACE.sub(lambda found: f' {found[1]}="{_LONG.sub(_short, found[2])}"', body)
    body = _SPACE.sub("><", body).replace("xlink:href", "href").replace("<defs></defs>", "").replace("<defs/>", "")
    head = (f'<svg viewBox="{root[1]}" role="img" aria-labelledby="{name}-figure {name}-words" '
            f'font-family="{FONTS}" stroke-linejoin="round">'
            f'<title id="{name}-figure">{title[1] if title else escape(name)}</title>'
            f'<desc id="{name}-words">{escape(words)}</desc>')
    return Markup(head + body.strip())


def _attributes(found: re.Match[str]) -> str:
    pairs = (part.partition(":") for part in found[1].split(";") if part.strip())
    return "".join(f' {key.strip()}="{value.strip()}"' for key, _, value in pairs)


def _short(found: re.Match[str]) -> str:
    return f"{round(float(found[0]), 1):g}"


def _path(text: str, thin: bool = False) -> str:
    """A path of straight lines in relative steps of a tenth of a point; any other as it is, on one line. If `thin`, a
    long line keeps no more points than can be told apart."""
    parts = text.split()
    if {part for part in parts if part.isalpha()} - {"M", "L", "z"}:
        return " ".join(parts)
    least = LEAST if thin and len(parts) > 3 * LONG else 0
    found, place, x, y, drawing = [], 0, 0, 0, False
    while place < len(parts):
        if parts[place] == "z":
            found.append("z")
            place, drawing = place + 1, False
            continue
        to_x, to_y = (round(10 * float(each)) for each in parts[place + 1:place + 3])
        if parts[place] == "M":
            found.append(f"M{_tenths(to_x)}{_after(to_y)}")
            drawing = False
        elif (to_x, to_y) == (x, y) or 0 < abs(to_x - x) < least and parts[place + 3:place + 4] == ["L"]:
            place += 3
            continue
        else:
            found.append(f"{_after(to_x - x) if drawing else 'l' + _tenths(to_x - x)}{_after(to_y - y)}")
            drawing = True
        x, y, place = to_x, to_y, place + 3
    return "".join(found)


def _after(tenths: int) -> str:
    """A number behind another one: a minus parts them as well as a blank."""
    text = _tenths(tenths)
    return text if text.startswith("-") else f" {text}"


def _tenths(value: int) -> str:
    whole, rest = divmod(abs(value), 10)
    text = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{text}" if value < 0 else text
