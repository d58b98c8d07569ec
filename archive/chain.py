"""Files of JSON lines that grow, each line with its own digest and that of the line before it.

A line that is not what its own digest says has rotted; one that does not hold the digest of the line before it follows
a line that was changed, or lines are lacking. Whoever notes the last digest elsewhere can tell later that no line
before it was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from archive.disk import Disk, told

FIRST = "sha256:" + "0" * 64
"""What stands for the line before the first one."""
_SELF = b', "self": "'
_END = b'"}\n'
_TAIL = 64 * 1024


class Broken(Struct, frozen=True):
    """A line that is not what it should be; it counts from 1."""

    line: int
    words: str


def line_of(fields: dict[str, Any], before: str) -> bytes:
    """The line, with its end; `before` is the digest of the line before it."""
    said = json.dumps(fields | {"before": before}, ensure_ascii=True).encode("ascii")
    return said[:-1] + _SELF + _digest(said).encode("ascii") + _END


def read(path: Path) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    """The fields of each line with its number; before them a Broken where the line does not follow from the one before
    it, and in their place one where it is not what it says. An absent file has no lines."""
    before = FIRST
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                yield number, Broken(number, "the line is cut")
                return
            found = _parsed(line)
            if found is None:
                yield number, Broken(number, "the line is not what its own digest says")
                before = ""
                continue
            fields, said, before_next = found
            if before and said != before:
                yield number, Broken(number, "the line does not follow from the one before it: lines were taken out")
            before = before_next
            yield number, fields


def head(path: Path) -> str:
    """The digest of the last whole line."""
    return _last(path)[0]


def recent(path: Path) -> Iterator[dict[str, Any]]:
    """The fields of the last lines."""
    for line in _tail(path)[0].splitlines(keepends=True):
        found = _parsed(line)
        if found is not None:
            yield found[0]


def add(path: Path, lines: Sequence[dict[str, Any]], disk: Disk) -> None:
    """Lines at the end, durable on return. A line that a killed run left half written goes first. For the holder of the
    collection's lock."""
    if not lines:
        return
    before, size = _last(path)
    new = not disk.exists(path)
    with disk.open_append(path, new=new) as file:
        if file.tell() > size:
            file.truncate(size)
        made = []
        for fields in lines:
            made.append(line_of(fields, before))
            before = _own(made[-1])
        file.write(b"".join(made))
        file.fsync()
    if new:
        disk.fsync_dir(path.parent)


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _own(line: bytes) -> str:
    return line.removesuffix(_END).rpartition(_SELF)[2].decode("ascii", "replace")


def _parsed(line: bytes) -> tuple[dict[str, Any], str, str] | None:
    """A line's fields, the digest of the line before it and its own; None if it is not what its own digest says."""
    said, _, own = line.removesuffix(_END).rpartition(_SELF)
    if _digest(said + b"}").encode("ascii") != own:
        return None
    try:
        fields = json.loads(said + b"}")
        return fields, str(fields.pop("before")), own.decode("ascii")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _tail(path: Path) -> tuple[bytes, int]:
    """The last whole lines of the file, one at least if it has any, and where the last of them ends. What a line that
    was cut left behind is passed over, however long it is."""
    try:
        with told(path, absent_is_answer=True), path.open("rb") as file:
            size = file.seek(0, 2)
            wanted = _TAIL
            while True:
                start = max(0, size - wanted)
                file.seek(start)
                data = file.read(size - start)
                whole = data[: data.rfind(b"\n") + 1]
                first = whole.find(b"\n") + 1 if start else 0
                if not start or first < len(whole):
                    return whole[first:], start + len(whole)
                wanted *= 4
    except FileNotFoundError:
        return b"", 0


def _last(path: Path) -> tuple[str, int]:
    """The digest of the last whole line, and where it ends in the file."""
    whole, end = _tail(path)
    lines = whole.splitlines(keepends=True)
    return (_own(lines[-1]) if lines else FIRST), end
