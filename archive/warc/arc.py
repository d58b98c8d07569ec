"""ARC files, the format before WARC: each record a line of fields and a block of the length that it states.

The line is `URL IP date type length`, or with five more fields before the length (version 2); of these nothing is
needed. The first record of a file, `filedesc:`, tells of the file itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from archive.warc.members import Broken, first_place, is_gzipped, next_member

LINE_END = re.compile(rb"\n")
MOST_LINE = 16 * 1024
_HTTP = re.compile(rb"https?:", re.IGNORECASE)
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_IP = re.compile(rb"[0-9A-Fa-f.:]{1,45}\Z|-\Z")
_DATE = re.compile(rb"\d{12,14}\Z")
_LENGTH = re.compile(rb"\d{1,15}\Z")


def is_arc(name: str) -> bool:
    """Whether a file of this name holds ARC records."""
    return name.endswith((".arc", ".arc.gz"))


def parse_line(line: bytes) -> tuple[tuple[tuple[str, str], ...], int]:
    """The fields of a record's line under their WARC names, WARC-Type first, and the block's length. Raises Broken."""
    found = _fields(line)
    if found is None:
        raise Broken("no ARC record begins here: its line of fields cannot be read")
    address, ip, date, media, length = found
    url = address.decode("utf-8", "replace")
    kind = "warcinfo" if url.startswith("filedesc:") else "response" if _HTTP.match(address) else "resource"
    headers = (
        ("WARC-Type", kind),
        ("WARC-Target-URI", url),
        ("WARC-Date", _date(date.decode("ascii"))),
        ("WARC-IP-Address", ip.decode("ascii")),
        ("Content-Type", "application/http" if kind == "response" else media.decode("latin-1")),
    )
    return headers, int(length)


def _fields(line: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes] | None:
    """Address (which may hold spaces), IP address, date, media type and length."""
    if not line.endswith(b"\n") or not _SCHEME.match(line):
        return None
    words = line.split()
    for at in range(2, len(words) - 2):
        if _DATE.match(words[at]) and _IP.match(words[at - 1]) and _LENGTH.match(words[-1]):
            return b" ".join(words[: at - 1]), words[at - 1], words[at], words[at + 1], words[-1]
    return None


def _date(digits: str) -> str:
    try:
        return datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError as error:
        raise Broken(f"the record's time cannot be read ({digits})") from error


def next_start(file: BinaryIO, offset: int) -> int | None:
    """The first place at or after `offset` where a record seems to begin, or None."""
    if is_gzipped(file):
        return next_member(file, offset, lambda place: _begins(file, place))
    return first_place(file, offset - 1, _lines_of_fields, MOST_LINE + 1)


def _lines_of_fields(data: bytes) -> Iterator[int]:
    """Where lines of fields begin, of those behind a line end."""
    start = data.find(b"\n") + 1
    while start:
        end = data.find(b"\n", start) + 1
        if 0 < end <= start + MOST_LINE and _fields(data[start:end]) is not None:
            yield start
        start = end


def _begins(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(file.read(8192), MOST_LINE)
    except zlib.error:
        return False
    line, end, _ = start.lstrip(b"\r\n").partition(b"\n")
    return _fields(line + end) is not None
