"""Inputs for the loader: valid files taken apart and put together otherwise, and text that is hardly one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from fuzz.trees import Map, bare, copied, planted, put, slots_of, value_at, written
from fuzz.words import DATES, KEYS, NUMBERS, PATHS_OF_ENTRIES, PLAIN, SIGNS, SPREADS, WORDS, YAML
from sim.reading.parse import MAX_BYTES


def mutant(draw: Random, text: str, others: list[str]) -> bytes:
    """An input made from the valid file `text`; parts of the `others` may be put into it."""
    way = draw.choices([_of_tree, _of_text, _of_bytes, _scraps, _hostile], [46, 12, 7, 32, 3])[0]
    return way(draw, text, others)


def large(draw: Random, text: str) -> bytes:
    """A file about as large as a file may be, or a little larger: parts of a valid one again and again."""
    tree = planted(text)
    grown = draw.choice([1, 1, 2, 3])
    wanted = draw.choice([MAX_BYTES // 8, MAX_BYTES // 2, MAX_BYTES, MAX_BYTES, int(MAX_BYTES * 1.1)]) - len(text)
    for _ in range(grown):
        node: Any = draw.choice([node for node, _ in slots_of(tree) if isinstance(node, list)])
        part = draw.choice(node)
        length = max(len(written(Map([part]) if isinstance(node, Map) else part, None)), 8)
        for i in range(max(wanted // grown // (length + 4), 1)):
            node.append([f"{bare(part[0])[:40]}{i}", copied(part[1])] if isinstance(node, Map) else copied(part))
    return written(tree, None).encode("utf-8", "surrogatepass")


def settings(draw: Random) -> list[str]:
    """What might be said with `--set`: an entry's path, or hardly one, and a value."""
    said = []
    for _ in range(draw.choice([1, 1, 2])):
        path = draw.choice(PATHS_OF_ENTRIES).split(".")
        if draw.random() < 0.4:
            path[draw.randrange(len(path))] = draw.choice(KEYS)
        if draw.random() < 0.2:
            path.insert(draw.randrange(len(path) + 1), draw.choice(KEYS))
        value = draw.choice([*WORDS, "{mean: 0.1, sd: 0.2}", "{low: 0, high: 1e999}", "[" * draw.choice([9, 60, 9000]),
                             "0.3",
                             '{"a": "\\ud800"}', "{}", "NaN", "-Infinity", "1" * 400, "1" * 5000, "[1, NaN]", "0.2",
                             "1"])
        said.append(".".join(path) + draw.choice(["=", "=", "=", " = ", "", "=="]) + value)
    return said


# Trees

def _of_tree(draw: Random, text: str, others: list[str]) -> bytes:
    """One to four changes to the tree, written in one of the styles of YAML."""
    tree = planted(text)
    for _ in range(draw.choice([1, 1, 1, 1, 2, 4])):
        slots = list(slots_of(tree))
        if not slots:
            break
        slot = draw.choice(slots)
        draw.choices(_CHANGES, _WEIGHTS)[0](draw, slot, slots, others)
    return _encoded(draw, written(tree, draw))


def _retype(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    """Another word: one that nobody would write, or one that stands elsewhere in the file."""
    words = [value for one in slots if isinstance(value := value_at(one), str)]
    put(slot, draw.choice(words if words and draw.random() < 0.4 else PLAIN if draw.random() < 0.3 else WORDS))


def _number(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    numbers = [one for one in slots if isinstance(value := value_at(one),
                                                  str) and value[:1] in "-.0123456789" and value]
    put(draw.choice(numbers or [slot]), copied(draw.choice(draw.choice([NUMBERS, DATES, SPREADS, PLAIN[:8]]))))


def _spread(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    words = [draw.choice(NUMBERS) for _ in range(3)]
    shape = draw.choice([("mean", "sd"), ("low", "high"), ("mode", "low", "high"), ("mean",), ("fitted",)])
    put(slot, Map([key, word] for key, word in zip(shape, words, strict=False)))


def _delete(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    inside, i = slot
    del inside[i]


def _double(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    inside, i = slot
    inside[i:i] = [copied(inside[i]) for _ in range(draw.choice([1, 1, 2, 40]))]


def _swap(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    other = draw.choice(slots)
    one, two = value_at(slot), value_at(other)
    if not (_holds(one, two) or _holds(two, one)):
        put(slot, two)
        put(other, one)


def _holds(outer: Any, inner: Any) -> bool:
    return isinstance(outer, list) and (outer is inner or any(value_at(slot) is inner for slot in slots_of(outer)))


def _copy(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    """Something that stands elsewhere, in this file or in another."""
    from_ = draw.choice(slots) if draw.random() < 0.5 else draw.choice(list(slots_of(planted(draw.choice(others)))))
    put(slot, copied(value_at(from_)))


def _rename(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    maps = [one for one in slots if isinstance(one[0], Map)]
    inside, i = slot if isinstance(slot[0], Map) else draw.choice(maps)
    keys = [one[0][one[1]][0] for one in maps]
    inside[i] = [draw.choice([draw.choice(KEYS), draw.choice(WORDS), draw.choice(keys), inside[i][0] + "x"]),
                 inside[i][1]]


def _add(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    inside, i = slot
    value = draw.choice([draw.choice(WORDS), copied(draw.choice(SPREADS)), Map(), []])
    inside.insert(i, [draw.choice(KEYS), value] if isinstance(inside, Map) else value)


def _wrap(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    value, key = value_at(slot), draw.choice(["not", "all_of", "a", "given", "mean"])
    for _ in range(draw.choice([1, 1, 2, 44, 60, 150])):
        value = Map([[key, value]]) if draw.random() < 0.5 else [value]
    put(slot, value)


def _mark(draw: Random, slot: Any, slots: Any, others: Any) -> None:
    """An anchor, an alias or a tag before a value."""
    value = value_at(slot)
    if isinstance(value, str):
        put(slot, draw.choice(["&a ", "*a ", "!!str ", "!!float ", "!x ", "? ", "- ", "| ", "> "]) + value)


_CHANGES: list[Callable[[Random, Any, Any, Any], None]] = [
    _retype, _number, _spread, _delete, _double, _swap, _copy, _rename, _add, _wrap, _mark]
_WEIGHTS = [20, 14, 8, 12, 6, 8, 12, 10, 8, 4, 3]


# Text and bytes

def _encoded(draw: Random, text: str) -> bytes:
    """As bytes, now and then in another encoding or with other ends of lines."""
    chance = draw.random()
    if chance < 0.96:
        return text.encode("utf-8", "surrogatepass")
    codec = draw.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7", "cp037"])
    if chance < 0.98:
        return text.encode(codec, "replace")
    return text.replace("\n", draw.choice(["\r\n", "\r", "\x85", "\u2028", "\n\n", "\n\x0c"])).encode("utf-8",
                                                                                                      "replace")


def _of_text(draw: Random, text: str, others: list[str]) -> bytes:
    """Some changes to the lines and letters."""
    for _ in range(draw.choice([1, 1, 2, 5])):
        lines = text.split("\n")
        at = draw.randrange(len(lines))
        change = draw.randrange(7)
        if change == 0:
            lines[at] = draw.choice([" ", "  ", "\t", "- ", "# ", "? ", "      "]) + lines[at]
        elif change == 1:
            lines[at] = lines[at][1:] if draw.random() < 0.5 else lines[at].lstrip()
        elif change == 2:
            lines.insert(at, draw.choice([*lines, *draw.choice(others).split("\n"), *YAML]))
        elif change == 3:
            del lines[at]
        elif change == 4:
            lines = lines[:at]
        else:
            column = draw.randrange(len(lines[at]) + 1)
            skip = draw.choice([0, 0, 1, 5])
            lines[at] = lines[at][:column] + draw.choice([*WORDS, *" ,:-[]{}'\"#&*!|>%@"]) + lines[at][column + skip:]
        text = "\n".join(lines) or "a"
    return _encoded(draw, text)


def _of_bytes(draw: Random, text: str, others: list[str]) -> bytes:
    """Some changes to the bytes."""
    raw = bytearray(text.encode())
    for _ in range(draw.choice([1, 2, 8])):
        at = draw.randrange(len(raw) + 1)
        change = draw.randrange(5)
        if change == 0 and at < len(raw):
            raw[at] ^= 1 << draw.randrange(8)
        elif change == 1:
            raw[at:at] = draw.choice([b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                                      b"\xef\xbb\xbf",
                                      b"\xe2\x80\xa8", b"\xc2\x85", b"\r", b"\x1b", draw.randbytes(draw.randrange(1,
                                                                                                                  9))])
        elif change == 2:
            del raw[at:at + draw.randrange(1, 30)]
        elif change == 3:
            raw[at:at] = raw[at:at + draw.randrange(1, 60)]
        else:
            raw = raw[:at] if draw.random() < 0.5 else raw[at:]
    return bytes(raw)


def _scraps(draw: Random, text: str, others: list[str]) -> bytes:
    """A few words and signs in any order, some of them from the file."""
    own = text.replace(",", " ").split()
    out = []
    for _ in range(draw.choice([2, 5, 10, 20])):
        out.append(draw.choice([draw.choice(own), draw.choice(own), draw.choice(SIGNS), draw.choice(SIGNS),
                                draw.choice(WORDS)[:80]]))
        out.append(draw.choice(["", "", " ", " ", "\n", "\n  "]))
    return _encoded(draw, "".join(out))


def _hostile(draw: Random, text: str, others: list[str]) -> bytes:
    """What is made to do harm."""
    many = draw.choice([3, 9, 60])
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, many))
    return draw.choice([
        laughs, laughs + text, f"{text}\nworld: *a", "a: &a\n  <<: *a\n" + text, text + "\n---\n" + text,
        "%YAML 1.2\n---\n" + text, "%TAG ! tag:x,2000:\n---\n" + text, "a: " + "[" * draw.choice([49, 60, 3000]),
        "a: " + "{a: " * draw.choice([49, 60, 3000]), "- " * draw.choice([49, 60, 3000]) + "x",
        "\n".join(" " * i + "a:" for i in range(draw.choice([49, 60, 300]))), "? " * draw.choice([3, 60, 3000]),
        "!!python/object/apply:os.system ['true']", text + "\n# " + "x" * draw.choice([100, MAX_BYTES]),
        "", "#", "---", "...", "\n" * 500, " " * 500, "\t", "null", "[]", "{}", "a", "1", '"', "a: |\n" + "  x\n" * 300,
        text * 2, text.replace(" ", "\u00a0"), text.replace(": ", ":"), text.upper(), text[::-1], "\ufeff" * 3 + text,
        text.replace("\n", "\n\n# é\n"), "\x00" + text, text + "\x1a",
    ]).encode("utf-8", "surrogatepass")
