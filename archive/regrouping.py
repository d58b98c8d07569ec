"""The end of a page group made again, where its records are there and the `metadata` record that ended them is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from archive.agreement import Reader
from archive.errors import TearsheetError
from archive.models import Link, Memento, Missing, Overruling, Role, Verdict, VerdictKind
from archive.overrulings import NOBODY, SAID
from archive.rows import (
    CHECKS,
    SUBMISSIONS,
    check_of,
    from_milliseconds,
    host_of,
    submission_of,
    time_of_page,
)
from archive.warc.encode import write_member
from archive.warc.group import GroupData, PartData
from archive.warc.records import Record, regroup_record
from archive.warc.walk import Walked

_PARTS = frozenset(Role)


def end_of(folder: Path, file: str, page_id: str, records: Sequence[Walked]) -> Record | None:
    """The group's `metadata` record by what the catalog says of the page and its captures; None if it says nothing, or
    not of these records. `file` is the one that they lie in, as archive/… or quarantine/…."""
    try:
        with closing(Reader(folder)) as reader:
            page = reader.one(
                "SELECT p.*, w.folder || '/' || w.name AS file FROM pages p JOIN warcs w ON w.id = p.warc "
                "WHERE p.page_id = ? AND p.rereads IS NULL",
                page_id,
            )
            check = reader.one(f"{CHECKS} WHERE page_id = ?", page_id)
            submitted = reader.all(f"{SUBMISSIONS} WHERE page_id = ? ORDER BY archive", page_id)
            captures = reader.all("SELECT * FROM captures WHERE page_id = ? ORDER BY offset", page_id)
            overrules = _overruling(reader, page) if page is not None else None
    except TearsheetError:
        return None
    there = {record.record_id: record for record in records}
    parts = [
        _part(row, there[row["record_id"]]) for row in captures if row["record_id"] in there and row["role"] in _PARTS
    ]
    if page is None or not parts:
        return None
    # What an archived page needs and did not get lies in quarantine/, in a group of its own.
    side = page["file"] != file
    verdict = Verdict(VerdictKind(page["verdict"]), page["reason"], tuple(json.loads(page["evidence"])))
    data = GroupData(
        page_id=page_id,
        link=Link(page["url"], page["source"], page["via"]),
        time=_time(page, check, overrules),
        verdict=verdict,
        parts=tuple(parts),
        title=page["title"],
        missing=() if side else tuple(Missing(*pair) for pair in json.loads(page["missing"])),
        extractor=page["extractor"],
        side=side,
        overrules=overrules if not side else None,
        check=check_of(tuple(check)) if check is not None and not side else None,
        submissions=() if side else tuple(submission_of(tuple(row)) for row in submitted),
    )
    return regroup_record(data)


def _time(page: sqlite3.Row, check: sqlite3.Row | None, overrules: Overruling | None) -> datetime:
    """When what the group tells was done."""
    if overrules is not None:
        return overrules.time
    return from_milliseconds(check["time"] if check is not None else page["captured_at"])


def _overruling(reader: Reader, page: sqlite3.Row) -> Overruling | None:
    """The person's word that made the page of a quarantined one, by what the catalog says of both."""
    found = reader.one(
        "SELECT q.page_id, q.verdict, c.record_id FROM overrulings o JOIN pages q ON q.page_id = o.overruled "
        "JOIN captures c ON c.page_id = q.page_id AND c.role IN ('page', 'hop') WHERE o.page_id = ? "
        "ORDER BY c.offset DESC LIMIT 1",
        page["page_id"],
    )
    said = next((match for text in json.loads(page["evidence"]) if (match := SAID.match(text))), None)
    if found is None or said is None:
        return None
    by = "" if said["by"] == NOBODY else said["by"]
    # The page's number is made of the time at which it was said.
    time = time_of_page(page["id"])
    return Overruling(found["page_id"], found["record_id"], VerdictKind(found["verdict"]), said["reason"], by, time)


def encoded(record: Record) -> bytes:
    """The record as a gzip member."""
    pieces: list[bytes] = []
    write_member(record, pieces.append)
    return b"".join(pieces)


def _part(row: sqlite3.Row, record: Walked) -> PartData:
    return PartData(
        url=row["url"],
        time=from_milliseconds(row["time"]),
        role=row["role"],
        verdict=Verdict(VerdictKind(row["verdict"]), "as the catalog had it"),
        record_id=row["record_id"],
        status=row["status"],
        ip=record.header("WARC-IP-Address"),
        truncated=row["truncated"],
        memento=_memento(record.header("WARC-Source-URI"), record.header("WARC-Creation-Date")),
    )


def _memento(address: str | None, fetched: str | None) -> Memento | None:
    """What the record itself says of a web archive that gave it; its name is in the group's record alone."""
    try:
        time = datetime.fromisoformat(fetched or "")
    except ValueError:
        return None
    return Memento(address, host_of(address), time) if address and time.tzinfo is not None else None
