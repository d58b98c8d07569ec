"""From records to captures: what the catalog and the index know of each. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from archive.deferring import deferred
from archive.models import Capture
from archive.warc.fields import read_date
from archive.warc.group import Foreign, GroupData, Lies, PartData

IMPORT = "import"
"""The role of the record that tells of captures in an imported file."""
_MIME_END = deferred(r"[;\s]")
_RESOURCE = deferred(r"urn:(text|article):")
_MOST_HEAD = 1 << 20


class RecordLike(Protocol):
    """What drafts and stored records have in common."""

    @property
    def type(self) -> str: ...
    @property
    def record_id(self) -> str: ...
    @property
    def http_head(self) -> bytes: ...
    def header(self, name: str) -> str | None: ...
    def payload_bytes(self, limit: int | None = None) -> bytes: ...


class View(Struct, frozen=True):
    """A record and where it lies: bytes of its gzip member."""

    record: RecordLike
    offset: int
    length: int


class Place(Struct, frozen=True):
    """The file that a group lies in: `folder` is "archive" or "quarantine", `warc` the final name."""

    folder: str
    warc: str


def head_fields(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The status line and the (name, value) pairs of an HTTP header block; folded lines joined, latin-1."""
    lines = head[:_MOST_HEAD].decode("latin-1").replace("\r\n", "\n").split("\n")
    fields: list[tuple[str, str]] = []
    for each in lines[1:]:
        if each[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {each.strip()}".strip())
        elif ":" in each:
            name, _, value = each.partition(":")
            fields.append((name.strip(), value.strip()))
    return lines[0], tuple(fields)


def _mime(content_type: str) -> str:
    return _MIME_END.split(content_type.strip(), maxsplit=1)[0]


def time_of(view: View) -> datetime | None:
    return read_date(view.record.header("WARC-Date"))


def part_capture(place: Place, part: PartData, view: View | None, group: View, data: GroupData) -> Capture | None:
    if view is None and part.record_id is not None:
        # The record was lost to damage, and was told of.
        return None
    stored = view or group
    record = stored.record
    fields = dict[str, str]()
    if view is not None:
        for name, value in reversed(head_fields(part.head or record.http_head)[1]):
            fields[name.lower()] = value
    return Capture(
        url=(record.header("WARC-Target-URI") or part.url) if view is not None else part.url,
        time=(time_of(view) if view is not None else None) or part.time,
        role=part.role,
        verdict=part.verdict.kind,
        status=part.status,
        mime=_mime(fields.get("content-type", "")),
        digest=(record.header("WARC-Payload-Digest") or "") if view is not None else "",
        record_id=record.record_id,
        record_type=record.type,
        folder=place.folder,
        warc=place.warc,
        offset=stored.offset,
        length=stored.length,
        page_id=data.page_id,
        etag=fields.get("etag"),
        last_modified=fields.get("last-modified"),
        refers_to=record.header("WARC-Refers-To") if record.type == "revisit" else None,
        truncated=part.truncated,
    )


def resource_kind(view: View) -> re.Match[str] | None:
    return _RESOURCE.match(view.record.header("WARC-Target-URI") or "") if view.record.type == "resource" else None


def resource_capture(place: Place, view: View, kind: str, data: GroupData) -> Capture:
    record = view.record
    return Capture(
        url=record.header("WARC-Target-URI") or "",
        time=time_of(view) or data.time,
        role=kind,
        verdict=data.verdict.kind,
        status=None,
        mime=_mime(record.header("Content-Type") or ""),
        digest=record.header("WARC-Payload-Digest") or "",
        record_id=record.record_id,
        record_type=record.type,
        folder=place.folder,
        warc=place.warc,
        offset=view.offset,
        length=view.length,
        page_id=data.page_id,
    )


def foreign_capture(place: Place, foreign: Foreign, part: PartData, lies: Lies, data: GroupData) -> Capture:
    return Capture(
        url=part.url,
        time=part.time,
        role=part.role,
        verdict=part.verdict.kind,
        status=part.status,
        mime=lies.mime,
        digest=lies.digest,
        record_id=part.record_id or "",
        record_type=lies.record_type,
        folder=place.folder,
        warc=foreign.file,
        offset=lies.offset,
        length=lies.length,
        page_id=data.page_id,
        etag=lies.etag,
        last_modified=lies.last_modified,
        refers_to=lies.refers_to,
        truncated=part.truncated,
    )


def group_capture(place: Place, view: View, data: GroupData) -> Capture:
    """Ties the captures to the file that tells of them, whatever of them is excluded."""
    return Capture(
        url=f"urn:{IMPORT}:{data.page_id}",
        time=data.time,
        role=IMPORT,
        verdict=data.verdict.kind,
        status=None,
        mime="",
        digest="",
        record_id=view.record.record_id,
        record_type=view.record.type,
        folder=place.folder,
        warc=place.warc,
        offset=view.offset,
        length=view.length,
        page_id=data.page_id,
    )
