"""Which file each exchange of a page group goes to, and as what: a response, or a revisit of one that is stored."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Protocol

import msgspec.json
from msgspec import Struct, field
from msgspec.structs import replace

from archive import article as articles
from archive.derive import ARTICLE_TYPE, TEXT_TYPE
from archive.models import Article, Capture, PageGroup, Part, Rereading, Role
from archive.rows import ARCHIVE, NOT_MODIFIED, OK, QUARANTINE
from archive.warc.group import GroupData
from archive.warc.records import (
    Record,
    answer_id,
    exchange_records,
    group_record,
    import_record,
    reread_record,
    resource_record,
    target,
)

# Below this a revisit record is as long as what it saves, and viewers would look further for less.
LEAST_SHARED = 512
_REQUISITES = frozenset({Role.ASSET, Role.ROBOTS})
_BAD = 400


class Known(Protocol):
    """What is stored in archive/ already."""

    def good(self, url: str) -> Capture | None: ...
    def original(self, digest: str, url: str) -> Capture | None: ...
    def response(self, record_id: str) -> Capture | None: ...


class Draft(Struct, frozen=True):
    """A group ready to be written: `main` to `folder`, `side` (the bad requisites of a kept page) to quarantine/."""

    folder: str
    main: tuple[Record, ...]
    side: tuple[Record, ...]


class ImportedGroup(Struct, frozen=True):
    """A page that lies in an imported file, or what of it belongs to no page (`data.side`)."""

    data: GroupData
    article: Article | None = None


class Fresh(Struct):
    """What a batch has placed in archive/ and the catalog does not know yet, over what it does know."""

    known: Known
    _good: dict[str, Capture] = field(default_factory=dict)
    _originals: dict[str, Capture] = field(default_factory=dict)

    def good(self, url: str) -> Capture | None:
        return self._good.get(url) or self.known.good(url)

    def original(self, digest: str, url: str) -> Capture | None:
        stored = self.known.original(digest, url)
        if stored is not None and stored.url == url:
            return stored
        fresh = self._originals.get(digest)
        return fresh if fresh is not None and (stored is None or fresh.url == url) else stored

    def response(self, record_id: str) -> Capture | None:
        return self.known.response(record_id)

    def add(self, part: Part, record: Record, page_id: str) -> None:
        """Notes what was just drafted for archive/, if it is a whole good answer."""
        exchange = part.exchange
        if exchange.truncated is not None or exchange.status not in OK:
            return
        capture = _stub(part, record, page_id)
        self._good[capture.url] = capture
        if record.type == "response":
            self._originals.setdefault(capture.digest, capture)

    def take(self, other: Fresh) -> None:
        """What another that lay over this one has found."""
        self._good |= other._good
        self._originals |= other._originals


def _stub(part: Part, record: Record, page_id: str) -> Capture:
    """The capture that a draft will be, but for where it lies."""
    exchange = part.exchange
    return Capture(
        url=target(exchange.url),
        time=exchange.time,
        role=part.role,
        verdict=part.verdict.kind,
        status=exchange.status,
        mime="",
        digest=exchange.body.digest,
        record_id=record.record_id,
        record_type=record.type,
        folder=ARCHIVE,
        warc="",
        offset=0,
        length=0,
        page_id=page_id,
    )


def place(group: PageGroup, fresh: Fresh) -> Draft:
    """Drafts all records of a group.

    A kept page's group goes to archive/ (what a web archive gave as it once came from its site, and to quarantine/ as
    the archive sent it), less requisites that went badly where a good capture of the same address is
    known: those go to quarantine/, so that the good one stays the latest. Any other group goes to quarantine/ whole,
    where nothing refers to anything outside and nothing is referred to. A requisite without an answer, or with a 304
    that confirms nothing, has no record. Of a bare check nothing is drafted but what it found.
    """
    if group.bare:
        told = [(replace(part, unchanged_from=None), None) for part in group.parts if part.role not in _REQUISITES]
        return Draft(ARCHIVE, (group_record(group, told),), ())
    main, side = _Drafts(group.id), _Drafts(group.id)
    if not group.verdict.kept:
        for part in group.parts:
            if _is_told(part, None):
                main.add(replace(part, unchanged_from=None), None)
        return Draft(QUARANTINE, (*main.records, group_record(group, main.told)), ())
    for part in group.parts:
        original = _original(part, fresh)
        if not _is_told(part, original):
            continue
        for sent in part.exchange.memento.verbatim if part.exchange.memento is not None else ():
            side.add(Part(sent, Role.MEMENTO, part.verdict), None)
        if _belongs_aside(part, fresh):
            side.add(part, None)
            continue
        answer = main.add(part if original else replace(part, unchanged_from=None), original)
        if answer is not None:
            fresh.add(part, answer, group.id)
    article = _article_records(group)
    tail = group_record(group, main.told)
    aside = (*side.records, group_record(group, side.told, side=True)) if side.told else ()
    return Draft(ARCHIVE, (*main.records, *article, tail), aside)


class _Drafts(Struct):
    page_id: str
    records: list[Record] = field(default_factory=list)
    told: list[tuple[Part, str | None]] = field(default_factory=list)

    def add(self, part: Part, original: Capture | None) -> Record | None:
        """Gives the answer's record, if there is one."""
        own = exchange_records(part, self.page_id, original)
        answer = answer_id(own)
        self.records += own
        self.told.append((part, answer))
        return next((record for record in own if record.record_id == answer), None)


def _is_told(part: Part, original: Capture | None) -> bool:
    exchange = part.exchange
    if part.role not in _REQUISITES:
        return True
    if exchange.status is None or not exchange.head.startswith(b"HTTP/"):
        return False
    return exchange.status != NOT_MODIFIED or original is not None


def _belongs_aside(part: Part, fresh: Fresh) -> bool:
    exchange = part.exchange
    if part.role not in _REQUISITES:
        return False
    bad = exchange.failure is not None or exchange.truncated is not None or (exchange.status or _BAD) >= _BAD
    return bad and fresh.good(target(exchange.url)) is not None


def _original(part: Part, fresh: Fresh) -> Capture | None:
    """The stored response that this answer repeats, or confirms with a 304."""
    exchange = part.exchange
    confirmed = part.unchanged_from
    if confirmed is not None:
        if confirmed.record_type == "response" and confirmed.folder == ARCHIVE:
            return confirmed
        return fresh.response(confirmed.refers_to) if confirmed.refers_to else None
    if exchange.status not in OK or exchange.truncated is not None or exchange.failure is not None:
        return None
    if not exchange.body.size:
        return None
    url = target(exchange.url)
    original = fresh.original(exchange.body.digest, url)
    if original is None or (exchange.body.size < LEAST_SHARED and original.url != url):
        return None
    return original


def place_again(again: Rereading) -> Draft:
    """Drafts the records of another reading. Raises ValueError for an article without text."""
    records = _texts(again.article, again.origin.url, again.time, again.id)
    if not records:
        raise ValueError("nothing is left of the article's text")
    return Draft(ARCHIVE, (*records, reread_record(again)), ())


def place_import(found: ImportedGroup) -> Draft:
    """Drafts what is kept of a page that lies in an imported file: text, article, and all that is known of it."""
    data = found.data
    end = next((part for part in data.parts if part.role == Role.PAGE), None)
    texts = _texts(found.article, end.url, end.time, data.page_id) if found.article is not None and end else ()
    return Draft(ARCHIVE, (*texts, import_record(data)), ())


def _article_records(group: PageGroup) -> tuple[Record, ...]:
    end = next((part.exchange for part in reversed(group.parts) if part.role in (Role.PAGE, Role.HOP)), None)
    if group.article is None or end is None:
        return ()
    return _texts(group.article, end.url, end.time, group.id)


def _texts(article: Article, url: str, time: datetime, page_id: str) -> tuple[Record, ...]:
    try:
        text = articles.render(article).encode("utf-8", "replace")
    except ValueError:
        # Nothing is left of it once white space is folded: a page with no text is no article.
        return ()
    return (
        resource_record("text", url, time, page_id, text, TEXT_TYPE),
        resource_record("article", url, time, page_id, _article_json(article), ARTICLE_TYPE),
    )


def _article_json(article: Article) -> bytes:
    values = articles.to_json(article)
    try:
        return msgspec.json.encode(values)
    except UnicodeEncodeError:  # half of a surrogate pair somewhere
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
