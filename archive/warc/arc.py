"""ARC files, the format before WARC: each record a line of fields and a block of the length that it states.

The line is `URL IP date type length`, or with five more fields before the length (version 2); of these nothing is
needed. The first record of a file, `filedesc:`, tells of the file itself.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from typing import BinaryIO

from archive.warc.members import GZIP_MAGIC, Broken

LINE_END = re.compile(rb"\n")
MOST_LINE = 16 * 1024
_CHUNK = 1 << 20
_FIELDS = re.compile(
    rb"(?P<url>[^\r\n]+?)[ \t]+(?P<ip>[0-9A-Fa-f.:]+|-)[ \t]+(?P<date>\d{12,14})[ \t]+"
    rb"(?P<type>[^\r\n \t]+(?:; ?[^\r\n \t]+)?)"
    rb"(?:[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+)?[ \t]+(?P<length>\d{1,15})\r?\n"
)
_HTTP = re.compile(rb"https?:", re.IGNORECASE)
_BEGINS = re.compile(rb"\n(?=[a-z][a-z0-9+.-]*:[^\r\n]+ [0-9A-Fa-f.:]+ \d{12,14} [^\r\n]+ \d{1,15}\r?\n)")


def is_arc(name: str) -> bool:
    """Whether a file of this name holds ARC records."""
    return name.endswith((".arc", ".arc.gz"))


def parse_line(line: bytes) -> tuple[tuple[tuple[str, str], ...], int]:
    """The fields of a record's line under their WARC names, WARC-Type first, and the block's length. Raises Broken."""
    match = _FIELDS.fullmatch(line)
    if match is None:
        raise Broken("no ARC record begins here: its line of fields cannot be read")
    url = match["url"].decode("utf-8", "replace")
    kind = "warcinfo" if url.startswith("filedesc:") else "response" if _HTTP.match(match["url"]) else "resource"
    headers = (
        ("WARC-Type", kind),
        ("WARC-Target-URI", url),
        ("WARC-Date", _date(match["date"].decode("ascii"))),
        ("WARC-IP-Address", match["ip"].decode("ascii")),
        ("Content-Type", "application/http" if kind == "response" else match["type"].decode("latin-1")),
    )
    return headers, int(match["length"])


def _date(digits: str) -> str:
    try:
        return datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError as error:
        raise Broken(f"the record's time cannot be read ({digits})") from error


def next_start(file: BinaryIO, offset: int) -> int | None:
    """The first place at or after `offset` where a record seems to begin, or None."""
    file.seek(0)
    gzipped = file.read(2) == GZIP_MAGIC[:2]
    at = offset if gzipped else offset - 1
    while True:
        file.seek(at)
        data = file.read(_CHUNK)
        if not data:
            return None
        if gzipped:
            found = data.find(GZIP_MAGIC)
            while found >= 0:
                if _begins(file, at + found):
                    return at + found
                found = data.find(GZIP_MAGIC, found + 1)
        else:
            match = _BEGINS.search(data)
            if match is not None:
                return at + match.end()
        if len(data) < _CHUNK:
            return None
        at += _CHUNK - (len(GZIP_MAGIC) if gzipped else MOST_LINE)


def _begins(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(file.read(8192), MOST_LINE)
    except zlib.error:
        return False
    return _FIELDS.match(start.lstrip(b"\r\n")) is not None
