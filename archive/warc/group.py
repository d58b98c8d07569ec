"""What a group's `metadata` record says: all that `rebuild` needs and the other records do not tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from archive import linkstate, submission
from archive.deferring import deferred
from archive.linkstate import Check
from archive.models import (
    Failure,
    Link,
    Memento,
    Missing,
    Origin,
    Overruling,
    PageGroup,
    Part,
    Rereading,
    Verdict,
    VerdictKind,
)
from archive.submission import Submission
from archive.warc.fields import fields_block, parse_fields, warc_date

GROUP_FIELD = "group"
# Never one that a file of ours may bear.
_FOREIGN_FILE = deferred(r"(?!.+-\d{17}-\d{5}-)[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}\.w?arc(?:\.gz)?\Z")
_VERSION = 1
_NOT_MODIFIED = 304


class PartData(Struct, frozen=True):
    """One exchange of a group. `record_id` is None where no response or revisit is stored for it in this file.

    `elapsed` is in seconds. `head` is the header block of a 304, which no record of its own may hold. `memento` tells
    of an answer that a web archive gave, less its exchanges.
    """

    url: str
    time: datetime
    role: str
    verdict: Verdict
    record_id: str | None = None
    status: int | None = None
    attempts: int = 1
    elapsed: float = 0.0
    ip: str | None = None
    failure: Failure | None = None
    truncated: str | None = None
    redacted: tuple[str, ...] = ()
    head: bytes | None = None
    lies: Lies | None = None
    memento: Memento | None = None


class Lies(Struct, frozen=True):
    """Where an exchange lies in an imported file, and what the catalog is to know of its record: all that a rebuild
    needs without that file. `offset` and `length` count bytes of the gzip member, or of the record in a plain file."""

    offset: int
    length: int
    record_type: str
    mime: str = ""
    digest: str = ""
    etag: str | None = None
    last_modified: str | None = None
    refers_to: str | None = None


class Foreign(Struct, frozen=True):
    """A file of another tool: its name in archive/, the name it came under, its size in bytes and its digest, which is
    "sha256:" and hex."""

    file: str
    of: str
    size: int
    sha256: str


class Removal(Struct, frozen=True):
    """Records of a group were taken out for good at `time`, for `reason`: how many of each type. What they held, and at
    which address, is told nowhere, nor are their digests, by which it could be known again."""

    time: datetime
    reason: str
    records: tuple[tuple[str, int], ...]


class GroupData(Struct, frozen=True):
    """A page group as its metadata record tells it.

    `shared` are requisites of the page that another group of the same run stores. `side`: this file holds only the
    group's bad requisites, its main part lies in archive/; of an imported file, what belongs to no page. `foreign` is
    the imported file in which all parts lie. `check` is what a check of the link found; `bare`: nothing but this record
    is stored of it. `removals`: records of it were taken out; where the page itself was, it is
    `purged`, a side group of what other pages need of it, if anything.
    """

    page_id: str
    link: Link
    time: datetime
    verdict: Verdict
    parts: tuple[PartData, ...]
    title: str | None = None
    missing: tuple[Missing, ...] = ()
    shared: tuple[str, ...] = ()
    extractor: str = ""
    side: bool = False
    reread: Reread | None = None
    foreign: Foreign | None = None
    overrules: Overruling | None = None
    check: Check | None = None
    bare: bool = False
    submissions: tuple[Submission, ...] = ()
    removals: tuple[Removal, ...] = ()

    @property
    def rescued(self) -> bool:
        """Whether its page is one that a web archive took: it may be older than what is kept already."""
        return any(part.memento is not None and part.role == "page" for part in self.parts)

    @property
    def purged(self) -> bool:
        return self.side and bool(self.removals)


class Reread(Struct, frozen=True):
    """The stored page that this group is another reading of: page id, record, and the number of its requisites."""

    page_id: str
    origin: Origin
    requisites: int = 0


def reread_data(again: Rereading) -> GroupData:
    page = again.page
    return GroupData(
        page_id=again.id,
        link=Link(page.url, page.source, page.via),
        time=again.time,
        verdict=again.verdict,
        parts=(),
        title=again.article.title,
        missing=page.missing,
        extractor=again.extractor,
        reread=Reread(page.rereads or page.page_id, again.origin, page.requisites),
    )


def group_data(group: PageGroup, records: Sequence[tuple[Part, str | None]], *, side: bool = False) -> GroupData:
    """`records` are the parts that this file tells of, each with the id of its response or revisit record, if any."""
    return GroupData(
        page_id=group.id,
        link=group.link,
        time=group.time,
        verdict=group.verdict,
        parts=tuple(_part_data(part, record_id) for part, record_id in records),
        title=group.title,
        missing=() if side else group.missing,
        shared=() if side else group.shared,
        extractor=group.extractor,
        side=side,
        overrules=None if side else group.overrules,
        check=None if side else group.check,
        bare=group.bare and not side,
        submissions=() if side else group.submissions,
    )


def _part_data(part: Part, record_id: str | None) -> PartData:
    exchange = part.exchange
    return PartData(
        url=exchange.url,
        time=exchange.time,
        role=str(part.role),
        verdict=part.verdict,
        record_id=record_id,
        status=exchange.status,
        attempts=exchange.attempts,
        elapsed=exchange.elapsed,
        ip=exchange.ip,
        failure=exchange.failure,
        truncated=exchange.truncated,
        redacted=exchange.redacted,
        head=exchange.head if exchange.status == _NOT_MODIFIED else None,
        memento=replace(exchange.memento, verbatim=()) if exchange.memento is not None else None,
    )


def dump(data: GroupData) -> bytes:
    """The metadata record's block: fields for people and other tools, then `group:` with the whole as JSON."""
    last = next((p for p in reversed(data.parts) if p.role in ("page", "hop")), None)
    fields = [
        ("via", data.link.via or ""),
        ("source", data.link.source),
        ("verdict", str(data.verdict.kind)),
        ("reason", data.verdict.reason),
        *(("evidence", text) for text in data.verdict.evidence),
        ("extractor", data.extractor),
    ]
    if last is not None:
        fields += [("fetchTimeMs", str(round(last.elapsed * 1000))), ("attempts", str(last.attempts))]
        if last.failure is not None:
            fields.append(("failure", f"{last.failure.kind}: {last.failure.message}"))
    if data.overrules is not None:
        fields += [
            ("overrules", data.overrules.record_id),
            ("overruledVerdict", str(data.overrules.verdict)),
            ("overruledBecause", data.overrules.reason),
            ("overruledBy", data.overrules.by),
        ]
    if last is not None and last.memento is not None:
        fields += [("mementoOf", last.memento.archive), ("memento", last.memento.address)]
    if data.check is not None:
        fields += linkstate.fields(data.check)
    fields += submission.fields(data.submissions)
    fields += [("recordsRemoved", _removal_words(removal)) for removal in data.removals]
    redacted = dict.fromkeys(name for part in data.parts for name in part.redacted)
    fields += [("redacted", name) for name in redacted]
    fields.append((GROUP_FIELD, json.dumps(_plain(data), ensure_ascii=True, separators=(",", ":"))))
    return fields_block(fields)


def load(block: bytes) -> GroupData:
    """What `dump` wrote. Raises ValueError for anything else."""
    for name, value in reversed(parse_fields(block)):
        if name == GROUP_FIELD:
            try:
                return _from_plain(json.loads(value))
            except (KeyError, TypeError, AttributeError, RecursionError) as error:
                raise ValueError(f"the group field lacks or garbles {error}") from error
    raise ValueError("the metadata record has no group field")


def _plain(data: GroupData) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "v": _VERSION,
        "page_id": data.page_id,
        "url": data.link.url,
        "source": data.link.source,
        "via": data.link.via,
        "time": warc_date(data.time),
        "verdict": _plain_verdict(data.verdict),
        "title": data.title,
        "missing": [[m.url, m.reason] for m in data.missing],
        "shared": list(data.shared),
        "extractor": data.extractor,
        "parts": [_plain_part(part) for part in data.parts],
        "side": data.side,
        "reread": _plain_reread(data.reread) if data.reread else None,
        "foreign": asdict(data.foreign) if data.foreign else None,
        "overrules": _plain_overruling(data.overrules) if data.overrules else None,
        "check": linkstate.plain(data.check) if data.check else None,
        "bare": data.bare,
        "submissions": [submission.plain(each) for each in data.submissions],
        "removals": [[warc_date(each.time), each.reason, dict(each.records)] for each in data.removals],
    }
    return _without_defaults(plain)


def _plain_reread(reread: Reread) -> dict[str, Any]:
    origin = asdict(reread.origin) | {"time": warc_date(reread.origin.time)}
    return {"page_id": reread.page_id, "requisites": reread.requisites, "origin": _without_defaults(origin)}


def _reread_from_plain(plain: dict[str, Any]) -> Reread:
    origin = plain["origin"] | {"time": datetime.fromisoformat(plain["origin"]["time"])}
    return Reread(plain["page_id"], Origin(**origin), plain.get("requisites", 0))


def removal_fields(removal: Removal) -> bytes:
    """The block of a tombstone in a file of another tool."""
    return fields_block([("recordsRemoved", _removal_words(removal))])


def _removal_words(removal: Removal) -> str:
    records = ", ".join(f"{count} {kind}" for kind, count in removal.records)
    return f"{records}; on {warc_date(removal.time)}; {removal.reason}"


def _plain_overruling(overruling: Overruling) -> dict[str, Any]:
    return asdict(overruling) | {"verdict": str(overruling.verdict), "time": warc_date(overruling.time)}


def _overruling_from_plain(plain: dict[str, Any]) -> Overruling:
    verdict, time = VerdictKind(plain["verdict"]), datetime.fromisoformat(plain["time"])
    return Overruling(**(plain | {"verdict": verdict, "time": time}))


def _plain_verdict(verdict: Verdict) -> list[Any]:
    return [str(verdict.kind), verdict.reason, list(verdict.evidence)]


def _plain_part(part: PartData) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "url": part.url,
        "time": warc_date(part.time),
        "role": part.role,
        "verdict": _plain_verdict(part.verdict),
        "record_id": part.record_id,
        "status": part.status,
        "attempts": part.attempts,
        "elapsed": part.elapsed,
        "ip": part.ip,
        "failure": [part.failure.kind, part.failure.message] if part.failure else None,
        "truncated": part.truncated,
        "redacted": list(part.redacted),
        "head": part.head.decode("latin-1") if part.head is not None else None,
        "lies": _without_defaults(asdict(part.lies)) if part.lies else None,
        "memento": _plain_memento(part.memento) if part.memento else None,
    }
    return _without_defaults(plain)


def _plain_memento(memento: Memento) -> list[str]:
    return [memento.address, memento.archive, warc_date(memento.fetched)]


def _without_defaults(plain: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if value is not None and value is not False and value != []}


def _verdict(plain: list[Any]) -> Verdict:
    kind, reason, evidence = plain
    return Verdict(VerdictKind(kind), reason, tuple(evidence))


def _from_plain(plain: dict[str, Any]) -> GroupData:
    if plain["v"] != _VERSION:
        raise ValueError(f"the group field has version {plain['v']}, known is {_VERSION}")
    data = GroupData(
        page_id=plain["page_id"],
        link=Link(plain["url"], plain.get("source", ""), plain.get("via")),
        time=datetime.fromisoformat(plain["time"]),
        verdict=_verdict(plain["verdict"]),
        parts=tuple(_part_from_plain(part) for part in plain.get("parts", ())),
        title=plain.get("title"),
        missing=tuple(Missing(url, reason) for url, reason in plain.get("missing", ())),
        shared=tuple(plain.get("shared", ())),
        extractor=plain.get("extractor", ""),
        side=plain.get("side", False),
        reread=_reread_from_plain(plain["reread"]) if "reread" in plain else None,
        foreign=_foreign_from_plain(plain["foreign"]) if "foreign" in plain else None,
        overrules=_overruling_from_plain(plain["overrules"]) if "overrules" in plain else None,
        bare=plain.get("bare", False),
        submissions=tuple(submission.from_plain(each, plain["page_id"]) for each in plain.get("submissions", ())),
        removals=tuple(
            Removal(datetime.fromisoformat(time), reason, tuple((str(kind), int(n)) for kind, n in records.items()))
            for time, reason, records in plain.get("removals", ())
        ),
    )
    if "check" not in plain:
        return data
    return replace(data, check=linkstate.from_plain(plain["check"], data.link.url, data.time, data.page_id))


def _foreign_from_plain(plain: dict[str, Any]) -> Foreign:
    """Raises ValueError for what would be a file outside archive/: the record may come from a stranger."""
    foreign = Foreign(**plain)
    if not _FOREIGN_FILE.match(foreign.file):
        raise ValueError(f"the group field names a file that cannot be ({foreign.file[:80]!r})")
    return foreign


def _lies_from_plain(plain: dict[str, Any]) -> Lies:
    lies = Lies(**plain)
    if lies.offset < 0 or lies.length < 0:
        raise ValueError("the group field names a place that cannot be")
    return lies


def _part_from_plain(plain: dict[str, Any]) -> PartData:
    failure, head, memento = plain.get("failure"), plain.get("head"), plain.get("memento")
    return PartData(
        url=plain["url"],
        time=datetime.fromisoformat(plain["time"]),
        role=plain["role"],
        verdict=_verdict(plain["verdict"]),
        record_id=plain.get("record_id"),
        status=plain.get("status"),
        attempts=plain.get("attempts", 1),
        elapsed=plain.get("elapsed", 0.0),
        ip=plain.get("ip"),
        failure=Failure(*failure) if failure else None,
        truncated=plain.get("truncated"),
        redacted=tuple(plain.get("redacted", ())),
        head=head.encode("latin-1") if head is not None else None,
        lies=_lies_from_plain(plain["lies"]) if "lies" in plain else None,
        memento=Memento(memento[0], memento[1], datetime.fromisoformat(memento[2])) if memento else None,
    )
