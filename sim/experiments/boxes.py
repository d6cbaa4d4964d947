"""Boxes in a table of inputs in which something is frequent: found in one half of the rows, checked on the other.

    found = search(table, bad)      # a data frame of inputs, and which rows ended badly
    found.boxes[0].held             # the share of held-out rows in the box that did, and among the others
    found.tree                      # CART's answer to the same question

PRIM (Friedman and Fisher 1999) and CART (Breiman et al. 1984) are those of ema_workbench. What they find is trimmed to
the conditions that carry it (the quasi-p-values of Bryant and Lempert 2010), on the half in which it was found.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.errors import InputError
from sim.outcomes import wilson

Bools = NDArray[np.bool_]

#: The most inputs that are searched, and the share of them that may be there by chance.
SCREENED, BY_CHANCE = 12, 0.1
#: Boxes that are looked for, conditions that a box may have, and among how many inputs PRIM looks for each, in turn:
#: among many it loses its way, because some of them always gain a little by chance.
BOXES, CONDITIONS, AMONG = 3, 4, (1, 2, 4, 8)
#: Least share of the rows in a box or leaf, and share that is peeled off at a time.
LEAST, PEEL = 0.05, 0.05
#: Largest quasi-p-value of a condition that is kept; a split of the tree is the best of many, and must be surer.
KEEP, SPLIT = 0.01, 0.00001
#: Rows of each kind that the half which is searched needs at the least.
CASES = 10
NEEDED = 'this needs ema_workbench, which is not installed; pip install "diplomacy-simulator[discovery]" adds it'


class Share(NamedTuple):
    """How many of some rows ended badly, and how many of the others."""

    bad: int
    rows: int
    others_bad: int
    others: int

    @property
    def share(self) -> float:
        return self.bad / self.rows if self.rows else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share."""
        low, high = wilson(self.bad, self.rows)
        return float(low), float(high)

    @property
    def instead(self) -> float:
        """The share of the others."""
        return self.others_bad / self.others if self.others else np.nan

    @property
    def coverage(self) -> float:
        """Which share of all that ended badly is among these rows."""
        return self.bad / max(self.bad + self.others_bad, 1)

    @property
    def apart(self) -> bool:
        """Whether the whole interval lies above the share of the others."""
        return bool(self.rows and self.others and self.interval[0] > self.instead)


@dataclass(frozen=True)
class Condition:
    """An input above `low` and at most `high`, or a category among `values`, or any `but` some."""

    input: str
    low: float = -np.inf
    high: float = np.inf
    values: frozenset[str] | None = None
    but: frozenset[str] | None = None
    quasi_p: float = np.nan  # how likely the box's share is without this condition, if that made no difference
    kept: float = np.nan  # share of the searched rows that meet it

    def holds(self, table: pd.DataFrame) -> Bools:
        """Which rows meet it."""
        column = table[self.input]
        if self.values is not None:
            return np.asarray(column.astype(str).isin(self.values))
        if self.but is not None:
            return np.asarray(~column.astype(str).isin(self.but))
        values = column.to_numpy(dtype=float)
        return np.asarray((values > self.low) & (values <= self.high))


@dataclass(frozen=True)
class Box:
    """Conditions that hold together, and how often it ends badly there: where it was found, and on held-out rows."""

    conditions: tuple[Condition, ...]
    found: Share
    held: Share
    holds_up: bool

    @property
    def flattered(self) -> bool:
        """Whether the half in which it was found promised more than the held-out rows bear out."""
        return self.found.share > self.held.interval[1]


@dataclass(frozen=True)
class Node:
    """A node of the tree: rows that meet the conditions on the way; those that meet the split are the first child."""

    found: Share
    held: Share
    split: Condition | None = None
    children: tuple[Node, ...] = ()

    @property
    def branches(self) -> tuple[Condition, ...]:
        """What holds in each child."""
        if self.split is None:
            return ()
        values = self.split.values
        return self.split, (Condition(self.split.input, high=self.split.low) if values is None
                            else replace(self.split, values=None, but=values))

    def leaves(self) -> Iterator[Node]:
        """The leaves from left to right."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True)
class Search:
    """What was looked for and found. `screened`: a row per input with the p-value by which it was chosen, best first.
    `tradeoff`: a row per box on the way to the first one, with its share (density) and coverage in both halves."""

    found_in: Share  # all rows of the half that was searched; no others
    held: Share
    screened: pd.DataFrame
    boxes: tuple[Box, ...]
    tradeoff: pd.DataFrame
    chosen: int  # the row of the trade-off from which the first box was made
    tree: Node

    @property
    def holding(self) -> tuple[Box, ...]:
        return tuple(box for box in self.boxes if box.holds_up)


def search(table: pd.DataFrame, bad: NDArray[Any], screened: int = SCREENED) -> Search:
    """Looks in the first half of the rows for boxes in which `bad` (rows,) is frequent, and checks them on the second.

    Rows must be in no order that matters. Columns are numbers or categories. A box holds up if the whole 95 % interval
    of its held-out share lies above the share of the other held-out rows; boxes are checked in the order in which they
    were found and none after one that does not, so that of searches among inputs of no importance no more than one in
    forty finds something. Raises `InputError` where there are too few rows of either kind to look among.
    """
    bad = np.asarray(bad, dtype=bool)
    half = len(table) // 2
    least = min(int(bad[:half].sum()), int((~bad[:half]).sum()))
    if least < CASES:
        raise InputError(f"{least} of the {half:,} replicates that are searched are of one kind; at least {CASES} that "
                         f"end so and as many that do not are needed. Run more replicates")
    table = pd.DataFrame({name: column.astype("category") if not pd.api.types.is_numeric_dtype(column)
                          else column.astype(float) for name, column in table.items()}).reset_index(drop=True)
    whole = np.ones(len(table), dtype=bool)
    ranked = screen(table[:half], bad[:half])
    sure = np.flatnonzero(ranked["p"] <= BY_CHANCE * np.arange(1, len(ranked) + 1) / len(ranked))
    names = ranked["input"][:min(max(sure[-1] + 1 if len(sure) else 0, 2), screened)].tolist()
    halves = _Halves(table[names], bad, half)
    boxes, tradeoff, chosen = _boxes(halves)
    return Search(halves.found(whole), halves.held(whole), ranked.assign(searched=ranked["input"].isin(names)), boxes,
                  tradeoff, chosen, _tree(halves))


class _Halves:
    """A table and its two halves."""

    def __init__(self, table: pd.DataFrame, bad: Bools, half: int):
        self.table, self.bad, self.half = table, bad, half

    def found(self, rows: Bools, among: Bools | None = None) -> Share:
        return self._share(rows, among, slice(self.half))

    def held(self, rows: Bools, among: Bools | None = None) -> Share:
        return self._share(rows, among, slice(self.half, None))

    def _share(self, rows: Bools, among: Bools | None, part: slice) -> Share:
        inside, bad = rows[part], self.bad[part]
        outside = ~inside if among is None else among[part] & ~inside
        if among is not None:
            inside = inside & among[part]
        return Share(int(bad[inside].sum()), int(inside.sum()), int(bad[outside].sum()), int(outside.sum()))


# Screening

def screen(table: pd.DataFrame, bad: Bools) -> pd.DataFrame:
    """A row per input with the p-value of its difference between bad rows and others, the smallest first: of a trend
    over ranks or of shares by fifths, whichever is smaller, times two; of categories, of shares by category."""
    found = []
    for name, column in table.items():
        if pd.api.types.is_numeric_dtype(column):
            ranks = stats.rankdata(column)
            fifths = (5 * (ranks - 0.5) / len(ranks)).astype(int)
            trend = stats.pearsonr(ranks, bad).pvalue if np.ptp(ranks) else 1.0
            p = min(1.0, 2 * min(float(trend), _independent(fifths, bad)))
        else:
            p = _independent(column.astype("category").cat.codes.to_numpy(), bad)
        found.append((str(name), p))
    return pd.DataFrame(found, columns=["input", "p"]).sort_values("p", kind="stable", ignore_index=True)


def _independent(groups: NDArray[Any], bad: Bools) -> float:
    """The p-value of Pearson's test that all groups have the same share."""
    counts = np.array([np.bincount(groups[bad == kind], minlength=groups.max() + 1) for kind in (False, True)])
    counts = counts[:, counts.sum(axis=0) > 0]
    return float(stats.chi2_contingency(counts).pvalue) if counts.shape[1] > 1 else 1.0


# PRIM

def _boxes(halves: _Halves) -> tuple[tuple[Box, ...], pd.DataFrame, int]:
    """Up to BOXES boxes, each among the rows outside of those before, and the way to the first."""
    left = np.ones(len(halves.table), dtype=bool)
    boxes: list[Box] = []
    tradeoff, chosen, holds = pd.DataFrame(), 0, True
    for _ in range(BOXES):
        tried = [_best(halves, names, left) for names in _subsets(halves.table.columns.tolist())]
        conditions, way, best = max(tried, key=lambda one: _surprise(halves.found(_inside(halves.table, one[0]), left)))
        if not boxes:
            tradeoff, chosen = _tradeoff(halves, way, left), best
        if not conditions:
            break
        inside = _inside(halves.table, conditions)
        held = halves.held(inside, left)
        holds = holds and held.apart
        boxes.append(Box(conditions, halves.found(inside, left), held, holds))
        left = left & ~inside
    return tuple(boxes), tradeoff, chosen


def _subsets(names: list[str]) -> list[list[str]]:
    """The first few of the names, in turn."""
    return [names[:count] for count in AMONG if count < len(names)] + [names][:len(names) <= AMONG[-1]]


Way = list[tuple[Condition, ...]]


def _best(halves: _Halves, names: list[str], left: Bools) -> tuple[tuple[Condition, ...], Way, int]:
    """The conditions of the box on PRIM's way, among these inputs, whose share is the least to be had by chance; the
    way, and where on it that box stands."""
    way = _peeled(halves, names, left)
    best = int(np.argmax([_surprise(halves.found(_inside(halves.table, conditions), left)) for conditions in way]))
    return _trimmed(halves, way[best], left), way, best


def _peeled(halves: _Halves, names: list[str], left: Bools) -> Way:
    """PRIM's boxes among the rows left of the searched half, from the widest to the last."""
    rows = left[:halves.half]
    table = halves.table[:halves.half].loc[rows, names].reset_index(drop=True)
    bad = halves.bad[:halves.half][rows]
    if min(bad.sum(), (~bad).sum()) < CASES:  # nothing is left to peel for
        return [()]
    with _workbench() as (prim, _):
        box = prim.Prim(table, bad, threshold=bad.mean(), peel_alpha=PEEL,
                        mass_min=LEAST * halves.half / len(table)).find_box()
    first = box.box_lims[0]
    return [tuple(_conditions(first, limits)) for limits in box.box_lims]


def _conditions(first: pd.DataFrame, limits: pd.DataFrame) -> Iterator[Condition]:
    """A box's limits, one side at a time, where they are not those of the first box."""
    for name in limits:
        low, high = limits[name]
        if isinstance(low, set):
            if low != first[name].iloc[0]:
                yield Condition(str(name), values=frozenset(map(str, low)))
            continue
        if low > first[name].iloc[0]:
            yield Condition(str(name), low=float(np.nextafter(low, -np.inf)))
        if high < first[name].iloc[1]:
            yield Condition(str(name), high=float(high))


def _inside(table: pd.DataFrame, conditions: Sequence[Condition]) -> Bools:
    rows = np.ones(len(table), dtype=bool)
    for condition in conditions:
        rows &= condition.holds(table)
    return rows


def _surprise(share: Share) -> float:
    """By how many standard errors the share in a box lies above that of all."""
    base = (share.bad + share.others_bad) / max(share.rows + share.others, 1)
    return (share.share - base) * np.sqrt(share.rows / max(base * (1 - base), 1e-12)) if share.rows else -np.inf


def _trimmed(halves: _Halves, conditions: Sequence[Condition], left: Bools) -> tuple[Condition, ...]:
    """Without the conditions that carry least, until every one that stays carries something; the surest first."""
    conditions = list(conditions)
    while conditions:
        here = halves.found(_inside(halves.table, conditions), left)
        worth = []
        for place in range(len(conditions)):
            without = halves.found(_inside(halves.table, conditions[:place] + conditions[place + 1:]), left)
            worth.append(float(stats.binom.sf(here.bad - 1, here.rows, without.share)))
        least = int(np.argmax(worth))
        if worth[least] <= KEEP and len(conditions) <= CONDITIONS:
            part = halves.table[:halves.half]
            stated = [replace(condition, quasi_p=p, kept=float(condition.holds(part).mean()))
                      for condition, p in zip(conditions, worth, strict=True)]
            return tuple(sorted(stated, key=lambda condition: condition.quasi_p))
        del conditions[least]
    return ()


def _tradeoff(halves: _Halves, way: Sequence[Sequence[Condition]], left: Bools) -> pd.DataFrame:
    rows = []
    for conditions in way:
        inside = _inside(halves.table, conditions)
        found, held = halves.found(inside, left), halves.held(inside, left)
        low, high = held.interval if held.rows else (np.nan, np.nan)
        rows.append({"conditions": len(conditions), "rows": found.rows, "density": found.share,
                     "coverage": found.coverage, "held_rows": held.rows, "held_density": held.share,
                     "held_low": low, "held_high": high, "held_coverage": held.coverage})
    return pd.DataFrame(rows)


# CART

def _tree(halves: _Halves) -> Node:
    """CART's tree, without the splits that may be chance."""
    table, bad = halves.table[:halves.half], halves.bad[:halves.half]
    with _workbench() as (_, cart):
        grown = cart.CART(table, bad.astype(int), mass_min=LEAST)
        with _seeded():
            grown.build_tree()
    tree, names, separator = grown.clf.tree_, grown.feature_names, grown.sep

    def node(at: int, rows: Bools) -> Node:
        found, held = halves.found(rows), halves.held(rows)
        if tree.children_left[at] < 0:
            return Node(found, held)
        name, _, category = names[tree.feature[at]].partition(separator)
        split = (Condition(name, values=frozenset({category})) if category
                 else Condition(name, low=float(tree.threshold[at])))
        meets = split.holds(halves.table)
        children = (node(tree.children_right[at], rows & meets), node(tree.children_left[at], rows & ~meets))
        if not any(child.children for child in children) and _alike(*(child.found for child in children)):
            return Node(found, held)
        return Node(found, held, split, children)

    return node(0, np.ones(len(halves.table), dtype=bool))


def _alike(one: Share, other: Share) -> bool:
    counts = np.array([[one.bad, other.bad], [one.rows - one.bad, other.rows - other.bad]])
    return bool((counts.sum(axis=1) == 0).any()) or float(stats.chi2_contingency(counts).pvalue) > SPLIT


# The library

def require() -> None:
    """Raises `InputError` where ema_workbench is missing."""
    from importlib.util import find_spec

    if find_spec("ema_workbench") is None:
        raise InputError(NEEDED)


@contextmanager
def _workbench() -> Iterator[tuple[Any, Any]]:
    """PRIM and CART of ema_workbench, whose warnings about itself are nobody's business here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from ema_workbench.analysis import cart, prim
        except ImportError:
            raise InputError(NEEDED) from None
        yield prim, cart


@contextmanager
def _seeded() -> Iterator[None]:
    """Ties between splits are broken at random, by numpy's global generator: the same way every time in here."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
