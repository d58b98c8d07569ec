"""Page groups without what goes for good: what of one is copied, what is written anew, and the tombstone.

Pure, but for payloads that are read from where they lie.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from archive.captures import head_fields
from archive.models import Link, Verdict
from archive.purge_deciding import Decided, Group, Heir, referers, referred
from archive.rows import ARCHIVE, NOT_MODIFIED
from archive.spool import Spool
from archive.warc.fields import warc_date
from archive.warc.group import Foreign, GroupData, PartData, Removal, Reread, dump
from archive.warc.reader import StoredRecord, place_id, read_at
from archive.warc.records import RESPONSE_TYPE, Record, new_record_id

_OF_REVISITS = ("warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date")
_CHUNK = 1 << 20


class Told(Struct, frozen=True):
    """What tombstones say: when and why."""

    time: datetime
    reason: str


class Moved(Struct, frozen=True):
    """An imported file written anew, `before` its name: what it is now, and offset and length of each record, by where
    it lay."""

    before: str
    foreign: Foreign
    places: dict[int, tuple[int, int]]


class Left(Struct, frozen=True):
    """What is left of a group: records to be copied, and records to be written."""

    records: tuple[StoredRecord | Record, ...]
    counts: Counter[str]
    responses: int


def left_of(group: Group, decided: Decided, moved: dict[str, Moved], told: Told) -> Left | None:
    """None for a group that stays as it is. What is left of a page that goes is told by a metadata record of its own, a
    tombstone that names no address."""
    data = group.data
    gone = data.page_id in decided.gone
    parts, counts = group.parts, Counter[str]()
    stays = {part.record_id for part in data.parts if not decided.goes(part, data.page_id)}
    kept: list[StoredRecord | Record] = []
    changed: dict[str, int | None] = {}
    responses = 0
    for record in group.records[:-1]:
        if _goes(record, parts, stays, decided, gone):
            counts[record.type] += 1
            continue
        heir = heir_of(referred(record.header), decided) if record.type == "revisit" else None
        if heir is None:
            kept.append(record)
            continue
        if heir.record_id == record.record_id:
            original = read_at(heir.original.path, heir.original.offset)
            kept.append(response_of(record, original))
            changed[record.record_id] = _status(original.http_head)
            responses += 1
        else:
            kept.append(referring(record, heir))
    now = _data_left(data, decided, moved, changed)
    goes = gone and not data.purged
    if not goes and now == data and tuple(kept) == group.records[:-1]:
        return None
    if goes:
        counts["metadata"] += 1
        now = _tombstone(now)
    if counts:
        now = replace(now, removals=(*now.removals, Removal(told.time, told.reason, tuple(sorted(counts.items())))))
    kept.append(_metadata(group.records[-1], now, told.time if data.purged or goes else None))
    return Left(tuple(kept), counts, responses)


def _goes(
    record: StoredRecord, parts: dict[str, PartData], stays: set[str | None], decided: Decided, gone: bool
) -> bool:
    if record.type in ("response", "revisit"):
        return record.record_id not in stays
    if record.type == "request":
        answer = record.header("WARC-Concurrent-To")
        if any(map(decided.takes, referers(record.http_head))) or decided.takes(record.url):
            return True
        return answer not in stays if answer in parts else gone
    return gone or decided.takes(record.url)


def _data_left(data: GroupData, decided: Decided, moved: dict[str, Moved], changed: dict[str, int | None]) -> GroupData:
    at = moved.get(data.foreign.file) if data.foreign is not None else None
    parts = []
    for part in data.parts:
        if decided.goes(part, data.page_id):
            continue
        if part.record_id in changed and part.head is not None:
            part = replace(part, status=changed[part.record_id], head=None)
        if part.lies is not None and at is not None:
            if part.lies.offset not in at.places:
                continue
            part = _lies_now(part, decided, at)
        parts.append(part)
    via, check = data.link.via, data.check
    if check is not None and check.moved_to and decided.takes(check.moved_to):
        check = replace(check, moved_to=None)
    return replace(
        data,
        check=check,
        submissions=tuple(each for each in data.submissions if not decided.takes(each.address)),
        reread=_reread_now(data.reread, moved) if data.reread is not None else None,
        link=replace(data.link, via=None if via and decided.takes(via) else via),
        parts=tuple(parts),
        missing=tuple(each for each in data.missing if not decided.takes(each.url)),
        shared=tuple(url for url in data.shared if not decided.takes(url)),
        foreign=at.foreign if at is not None else data.foreign,
    )


def _reread_now(reread: Reread, moved: dict[str, Moved]) -> Reread:
    """Another reading of what lies in an imported file names the place of that."""
    origin = reread.origin
    at = moved.get(origin.file.rpartition("/")[2])
    if at is None or origin.offset not in at.places:
        return reread
    offset, length = at.places[origin.offset]
    unnamed = origin.record_id == place_id(at.before, origin.offset)
    now = replace(
        origin,
        file=f"{ARCHIVE}/{at.foreign.file}",
        offset=offset,
        length=length,
        record_id=place_id(at.foreign.file, offset) if unnamed else origin.record_id,
    )
    return replace(reread, origin=now)


def _lies_now(part: PartData, decided: Decided, at: Moved) -> PartData:
    lies = part.lies
    assert lies is not None
    offset, length = at.places[lies.offset]
    if part.record_id == place_id(at.before, lies.offset):
        part = replace(part, record_id=place_id(at.foreign.file, offset))
    lies = replace(lies, offset=offset, length=length)
    heir = decided.heirs.get(lies.refers_to or "")
    if heir is not None and heir.record_id == part.record_id:
        lies = replace(lies, record_type="response", refers_to=None)
        original = read_at(heir.original.path, heir.original.offset)
        part = replace(part, status=_status(original.http_head) if part.status == NOT_MODIFIED else part.status)
    elif heir is not None:
        lies = replace(lies, refers_to=heir.record_id)
    return replace(part, lies=lies)


def _tombstone(data: GroupData) -> GroupData:
    return GroupData(
        page_id=data.page_id,
        link=Link("", ""),
        time=data.time,
        verdict=Verdict(data.verdict.kind, ""),
        parts=data.parts,
        side=True,
        foreign=data.foreign,
        removals=data.removals,
    )


def _metadata(record: StoredRecord, data: GroupData, gone_at: datetime | None) -> Record:
    """The group's last record as it is now, with an id of its own: with `gone_at` a tombstone, of that time."""
    block = dump(data)
    if gone_at is None:
        return _anew(record, record.headers, body=block, record_id=new_record_id())
    fields = [(name, value) for name, value in record.headers if name.lower() not in ("warc-target-uri", *_OF_REVISITS)]
    fields = [(name, warc_date(gone_at) if name.lower() == "warc-date" else value) for name, value in fields]
    return _anew(record, fields, body=block, record_id=new_record_id())


# ------------------------------------------------------------------------------------------------------- revisits


def heir_of(refers: tuple[str, str, str], decided: Decided) -> Heir | None:
    """What a revisit that stays refers to from now on, itself where it is to hold the payload; None where nothing of
    that changes."""
    original = decided.original_of(refers)
    return decided.heirs.get(original) if original is not None else None


def response_of(revisit: StoredRecord, original: StoredRecord) -> Record:
    """The revisit with its original's payload: the same capture, under the same id. What a 304 confirmed is given out
    with the original's header block."""
    fields = [
        (name, "response" if name.lower() == "warc-type" else value)
        for name, value in revisit.headers
        if name.lower() not in (*_OF_REVISITS, "warc-profile", "warc-truncated")
    ]
    body = Spool()
    with original.payload() as reader:
        while piece := reader.read(_CHUNK):
            body.write(piece)
    return _anew(revisit, fields, kind="response", head=revisit.http_head or original.http_head, body=body)


def referring(revisit: StoredRecord, heir: Heir) -> Record:
    """The revisit, which refers to the heir of its original."""
    fields = [(name, value) for name, value in revisit.headers if name.lower() not in _OF_REVISITS]
    fields += [
        ("WARC-Refers-To", heir.record_id),
        ("WARC-Refers-To-Target-URI", heir.url),
        ("WARC-Refers-To-Date", heir.date),
    ]
    return _anew(revisit, fields, head=revisit.http_head, body=revisit.payload_bytes())


def _anew(
    record: StoredRecord,
    fields: Sequence[tuple[str, str]],
    *,
    kind: str = "",
    head: bytes = b"",
    body: Spool | bytes = b"",
    record_id: str = "",
) -> Record:
    """A record with these fields, as far as they do not follow from the block."""
    digest = hashlib.sha256(head)
    if isinstance(body, bytes):
        digest.update(body)
    else:
        with body.open() as reader:
            while piece := reader.read(_CHUNK):
                digest.update(piece)
    draft = Record(kind or record.type, record_id or record.record_id, (), head, body)
    own = ("warc-block-digest", "content-length", *(("warc-record-id",) if record_id else ()))
    content_type = record.header("Content-Type") or RESPONSE_TYPE
    headers = [each for each in fields if each[0].lower() not in (*own, "content-type")]
    if record_id:
        headers.insert(1, ("WARC-Record-ID", record_id))
    headers += [
        ("WARC-Block-Digest", f"sha256:{digest.hexdigest()}"),
        ("Content-Type", content_type),
        ("Content-Length", str(draft.content_length)),
    ]
    return replace(draft, headers=tuple(headers))


def _status(head: bytes) -> int | None:
    words = head_fields(head)[0].split(" ")
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None
