"""`trace`: what carries the rows of the article, and where that can be seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import Json
from sim.cli.terminal import fits, say, say_json
from sim.errors import InputError, unknown

if TYPE_CHECKING:
    from rich.table import Table

    from sim.errors import Mark
    from sim.trace import Row


def trace(
    row: Annotated[str | None, typer.Argument(metavar="[ROW or ENTRY]", help="A row such as A097, or an entry such as "
                                              "drill_draws_statement; all rows where absent.")] = None,
    json: Json = False,
) -> None:
    """Show what carries a row of the article, with file and line and the scenarios that show it, or an entry's rows."""
    import sim.trace

    rows = {found.id: found for found in sim.trace.trace()}
    entries: dict[str, set[str]] = {}
    for found in rows.values():
        for carrier in found.carried_by:
            for name in (carrier.entry, carrier.entry.partition(".")[2] or carrier.entry):
                entries.setdefault(name, set()).add(found.id)
    if row is not None and row.upper() not in rows and row not in entries:
        if found_in_world := sim.trace.sources_of(row):
            _rowless(row, *found_in_world, json)
            return
        raise InputError(unknown("row of the article, or entry that carries one,", row, [*rows, *entries]))
    asked = [found for found in rows.values() if row is None or found.id in entries.get(row, {row.upper()})]
    if json:
        say_json([_data(found) for found in asked])
    elif row is None:
        _all(asked)
    elif row in entries:
        _carried(row, asked)
    else:
        _one(*asked)


def _rowless(entry: str, kind: str, mark: Mark, sources: tuple[str, ...], json: bool) -> None:
    """An entry behind which the article does not stand."""
    if json:
        say_json([])
    else:
        say(f"No row of the article stands behind {entry}; its source: {', '.join(sources) or 'none'}", "",
            f"{kind} {entry.rpartition('.')[2]}: {mark.file}:{mark.line}", wide=True)


def _data(row: Row) -> dict[str, Any]:
    carried_by = [{"kind": carrier.kind, "entry": carrier.entry, "file": carrier.file, "line": carrier.line,
                   "shown_in": list(carrier.shown_in)} for carrier in row.carried_by]
    reason = {"reason": row.reason} if row.reason else {}
    return {"id": row.id, "coded": row.coded, "claim": row.claim, "status": row.status, "carried_by": carried_by,
            "shown_in": list(row.shown_in)} | reason


def _one(row: Row) -> None:
    """Everything about one row; a line or two per carrier where the terminal is too narrow for a table."""
    from rich.text import Text

    table = _table("kind", "entry", "where", "scenarios")
    cells = [(carrier.kind, carrier.entry, f"{carrier.file}:{carrier.line}", len(carrier.shown_in))
             for carrier in row.carried_by]
    for kind, entry, where, shown in cells:
        table.add_row(kind, entry, where, str(shown))
    reason = f": {row.reason}" if row.reason else ""
    say(Text.assemble((row.id, "bold"), f"  {row.claim}"), f"{row.coded}; {row.status}{reason}", "", wide=True)
    if fits(table):
        say(table, wide=True)
    else:
        say(*(line for kind, entry, where, shown in cells
              for line in (f"{kind}  {entry}", f"    {where}  {_scenarios(shown)}")), wide=True)
    seen = f": {', '.join(row.shown_in)}" if row.shown_in else ""
    say("", f"Seen in {_scenarios(len(row.shown_in))}{seen}", wide=True)


def _carried(entry: str, rows: list[Row]) -> None:
    """The rows that an entry carries, and where it stands."""
    for row in rows:
        say(f"{row.id}  {row.claim} ({row.coded})", wide=True)
    say("", *dict.fromkeys(f"{carrier.kind} {carrier.entry}: {carrier.file}:{carrier.line}" for row in rows
                           for carrier in row.carried_by if entry in (carrier.entry, carrier.entry.partition(".")[2])),
        wide=True)


def _all(rows: list[Row]) -> None:
    """A line per row, reasons for those that are not modelled, and the counts."""
    from rich.text import Text

    table = _table("row", "status", "entries", "scenarios")
    table.add_column("claim")  # the only one that gives way
    for row in rows:
        table.add_row(row.id, row.status, str(len(row.carried_by)), str(len(row.shown_in)),
                      Text(row.claim, no_wrap=True, overflow="ellipsis"))
    say(table, "", wide=True)
    for row in rows:
        if row.reason:
            say(f"{row.id} is not modelled: {row.reason}", wide=True)
    say(summary(rows), wide=True)


def summary(rows: list[Row]) -> str:
    """How many rows are carried, seen, left out."""
    own = [row for row in rows if row.status != "framing"]
    counts = Counter(row.status for row in own)
    seen = sum(bool(row.shown_in) for row in own)
    return (f"{len(own)} rows: {counts['carried']} carried by entries, {counts['not modelled']} not modelled for a "
            f"stated reason, {counts['open']} open; {seen} seen in a scenario. {len(rows) - len(own)} rows on framing.")


def _scenarios(count: int) -> str:
    return f"{count or 'no'} scenario{'' if count == 1 else 's'}"


def _table(*heads: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=True, justify="right" if head in ("entries", "scenarios") else "left")
    return table
