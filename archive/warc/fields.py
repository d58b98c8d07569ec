"""Blocks of named fields (application/warc-fields; WARC 1.1, annex B), and the header blocks of records: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

FIELDS_TYPE = "application/warc-fields"


def first_named(fields: Iterable[tuple[str, str]], name: str) -> str | None:
    """The value of the first field of that name, in whatever case; None without one."""
    name = name.lower()
    for key, value in fields:
        if key.lower() == name:
            return value
    return None


def warc_date(time: datetime) -> str:
    """`2026-01-02T03:04:05.678Z` (WARC 1.1, 5.4: UTC, fractions allowed)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_date(text: str | None) -> datetime | None:
    """The time that a WARC-Date says, of whatever tool; UTC where it names no zone, None where it cannot be read."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def bare_uri(url: str) -> str:
    """An address less the angle brackets that WARC/1.0 put around it, and some writers still do."""
    return url[1:-1] if url.startswith("<") and url.endswith(">") else url


def fields_block(fields: Iterable[tuple[str, str]]) -> bytes:
    """An application/warc-fields block (WARC 1.1, annex B). Empty values are left out, controls percent-encoded."""
    return "".join(f"{name}: {one_line(value)}\r\n" for name, value in fields if value).encode("utf-8", "replace")


def one_line(value: str) -> str:
    """`value` with its control characters and line breaks percent-encoded: it cannot end a header line."""
    if value.isprintable():
        return value
    return "".join(_encoded(c) if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" else c for c in value)


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8"))


def parse_fields(block: bytes) -> list[tuple[str, str]]:
    """The (name, value) pairs of an application/warc-fields block or a record's header block, folded lines joined."""
    text = block.decode("utf-8", "replace").replace("\r\n", "\n")
    if "\n " not in text and "\n\t" not in text:
        parted = [line.partition(":") for line in text.split("\n")]
        return [(name.strip(), value.strip()) for name, colon, value in parted if colon]
    fields: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}".strip())
        elif ":" in line:
            name, _, value = line.partition(":")
            fields.append((name.strip(), value.strip()))
    return fields
