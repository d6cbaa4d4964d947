"""One file: its bytes, its text, its document."""

from __future__ import annotations

import stat
from pathlib import Path

from sim.errors import InputError, Mark, Problem
from sim.reading.cache import recall, remember
from sim.reading.document import Document
from sim.reading.parse import MAX_BYTES, mark_in, read_text, too_large


def read_document(path: str | Path) -> Document:
    """Read one YAML file whose top level is a mapping. Raises `InputError` with every problem found."""
    name = str(path)
    raw = _read_bytes(Path(path), name)
    return recall(raw, name) or remember(raw, read_text(_decode(raw, name), name))


def reason(error: Exception, what: str) -> str:
    """Why a file or folder could not be read."""
    if isinstance(error, FileNotFoundError):
        return f"no such {what}"
    if isinstance(error, PermissionError):
        return f"this {what} may not be read (permission denied)"
    return f"this {what} cannot be read ({getattr(error, 'strerror', None) or error})"


def _read_bytes(path: Path, name: str) -> bytes:
    def fail(message: str) -> InputError:
        return InputError(Problem(message, Mark(name)))

    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise fail("is a folder; a file is needed")
        if not stat.S_ISREG(kind):
            raise fail("is not an ordinary file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise fail(reason(error, "file")) from None
    if len(raw) > MAX_BYTES:
        raise too_large(raw[:MAX_BYTES], name)
    return raw


def _decode(raw: bytes, name: str) -> str:
    if b"\0" in raw:
        before = raw[:raw.index(b"\0")].decode(errors="replace")
        raise InputError(Problem("is a binary file, not text", mark_in(before, len(before), name)))
    raw = raw.removeprefix(b"\xef\xbb\xbf")  # the signature that some editors put first
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[:error.start].decode()
        raise InputError(Problem(f"byte 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8",
                                 mark_in(before, len(before), name))) from None
