"""A person's word against a verdict: what lies in quarantine was what was asked for after all.

The stored exchanges are committed again, into archive/ and with the time at which they came, so that viewers, texts and
catalog have them; a record says who overruled which verdict, when and why. What lies in quarantine stays there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.article import words
from archive.derive import head_fields
from archive.errors import NotKeptError, UsageError, WarcError
from archive.models import (
    Article,
    Exchange,
    Link,
    Overruling,
    PageGroup,
    PageRow,
    Part,
    Role,
    Verdict,
    VerdictKind,
)
from archive.overrulings import said
from archive.spool import Spool
from archive.warc.group import PartData
from archive.warc.reader import StoredRecord
from scraper.body import coding_problem, decoded
from scraper.read.reading import Page, Reading
from scraper.sniff import is_html
from scraper.stored import MOST_BODY

if TYPE_CHECKING:
    from archive.collection import Collection

MOST_REASON = 1000
_CHUNK = 1 << 20
_KINDS = {
    VerdictKind.ARTICLE: "the article",
    VerdictKind.PAGE: "the page, without an article's text in it",
    VerdictKind.DOCUMENT: "the document",
}


class Word(Struct, frozen=True):
    """What a person says: `reason` in their words, `by` who they are ("" where nobody knows)."""

    reason: str
    by: str = ""


def overrule(
    collection: Collection, read: Callable[[Page], Reading], page_id: str, word: Word, clock: Callable[[], datetime]
) -> PageRow:
    """Keeps a quarantined page as the article, or as a page where no article's text is found in it.

    Raises UsageError for a page that needs no such word or cannot take one (it is kept, was overruled before, or a
    later capture is kept) and for a word without a reason; NotKeptError where there is no such page, or no answer of
    it; WarcError where its records are damaged; StorageError.
    """
    reason = _fit(word.reason)
    row = _overrulable(collection, page_id)
    records = collection.group_of(row)
    stored = _stored(collection, records)
    end, record_id = next(each for each in reversed(stored) if each[0].role in (Role.PAGE, Role.HOP))
    reading = _reading(end.exchange, read)
    article = reading.article if reading is not None and reading.article and words(reading.article) else None
    _refuse_older(collection, row, article)
    time = urls.now_ms(clock)
    overruling = Overruling(row.page_id, record_id, row.verdict, reason, word.by, time)
    verdict = _verdict(row, overruling, end.exchange, article)
    group = PageGroup(
        id=str(uuid.uuid4()),
        link=Link(row.url, row.source, row.via),
        time=time,
        parts=tuple(replace(part, verdict=verdict) if part is end else part for part, _ in stored),
        verdict=verdict,
        article=article,
        extractor=reading.extractor if reading is not None else "",
        title=reading.title if reading is not None else None,
        overrules=overruling,
    )
    return collection.commit(group).result()


def _fit(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("say why, in a few words: they are kept with the page")
    if len(reason) > MOST_REASON:
        raise UsageError(f"say why in at most {MOST_REASON} characters; these are {len(reason)}")
    if not reason.isprintable():
        raise UsageError("the reason holds control characters")
    return reason


def _overrulable(collection: Collection, page_id: str) -> PageRow:
    row = collection.page(page_id)
    if row is None:
        raise NotKeptError(f"there is no page {page_id}")
    if row.verdict.kept:
        raise UsageError(f"{row.url} is kept already, as {row.verdict.value}: there is nothing to overrule")
    became = collection.page(collection.overruled(page_id) or "")
    if became is not None:
        raise UsageError(f"{row.url} was overruled before and is kept: {became.reason}")
    if collection.capture_of(row) is None:
        raise NotKeptError(f"no answer of {row.url} is stored: {row.reason}")
    return row


def _refuse_older(collection: Collection, row: PageRow, article: Article | None) -> None:
    """An older text never takes the place of a newer one."""
    for url in (row.url, row.final_url, *((article.url,) if article is not None else ())):
        known = collection.known_page(url)
        if known is not None and known[0].captured_at > row.captured_at:
            when = f"{known[0].captured_at:%Y-%m-%d %H:%M} UTC"
            raise UsageError(f"a later capture of {row.url} is kept already, of {when}: that one stays")


def _stored(collection: Collection, records: Sequence[StoredRecord]) -> list[tuple[Part, str]]:
    """The exchanges of a stored group, each with its answer's record id, less those without an answer."""
    data = records[-1].group()
    assert data is not None
    by_id = {record.record_id: record for record in records}
    requests = {record.header("WARC-Concurrent-To"): record for record in records if record.type == "request"}
    found = []
    for part in data.parts:
        if part.record_id is None:
            continue
        answer = by_id.get(part.record_id)
        if answer is None:
            raise WarcError(records[0].warc, records[0].offset, f"the record {part.record_id} of this page is gone")
        exchange = _exchange(collection, part, answer, requests.get(part.record_id))
        found.append((Part(exchange, Role(part.role), part.verdict), part.record_id))
    return found


def _exchange(collection: Collection, part: PartData, answer: StoredRecord, request: StoredRecord | None) -> Exchange:
    return Exchange(
        url=part.url,
        time=answer.time,
        request=request.http_head + request.payload_bytes() if request is not None else b"",
        status=part.status,
        head=answer.http_head,
        headers=head_fields(answer.http_head)[1],
        body=_body(collection, answer),
        ip=part.ip,
        truncated=part.truncated,
        failure=part.failure,
        attempts=part.attempts,
        elapsed=part.elapsed,
        redacted=part.redacted,
    )


def _body(collection: Collection, answer: StoredRecord) -> Spool:
    spool = Spool(collection.tmp)
    with answer.payload() as payload:
        while data := payload.read(_CHUNK):
            spool.write(data)
    spool.finish()
    return spool


def _reading(exchange: Exchange, read: Callable[[Page], Reading]) -> Reading | None:
    if not is_html(exchange) or coding_problem(exchange) is not None:
        return None
    body, status = decoded(exchange, MOST_BODY), exchange.status or 0
    return read(Page(body, exchange.headers, exchange.url, status, needs=False, links=False))


def _verdict(row: PageRow, overruling: Overruling, exchange: Exchange, article: Article | None) -> Verdict:
    page = VerdictKind.PAGE if is_html(exchange) else VerdictKind.DOCUMENT
    kind = VerdictKind.ARTICLE if article is not None else page
    evidence = (
        said(overruling),
        f"it had been taken for {row.verdict.value}: {row.reason}",
        *row.evidence,
    )
    return Verdict(kind, f"{_KINDS[kind]}, by a person's word: {overruling.reason}", evidence)
