"""Between the nouns and the catalog's columns: pure."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from archive.linkstate import Check, State
from archive.models import Capture, Missing, PageRow, VerdictKind
from archive.searching import surrogate_free
from archive.submission import Step, Submission
from archive.urls import parse_stamp, strip_tracking, wire_url
from archive.warc.writer import name_key

ARCHIVE = "archive"
QUARANTINE = "quarantine"
OK = range(200, 300)
NOT_MODIFIED = 304

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIME_BITS = 43
_HASH_BITS = 20
_SERIAL_BITS = 17
_FOREIGN_SPARE = 2

CAPTURE_COLUMNS = (
    "c.url, c.time, c.role, c.verdict, c.status, c.mime, c.digest, c.record_id, c.record_type, w.folder, w.name, "
    "c.offset, c.length, c.page_id, c.etag, c.last_modified, c.refers_to, c.truncated"
)
CAPTURES = f"SELECT {CAPTURE_COLUMNS} FROM captures c JOIN warcs w ON w.id = c.warc"  # noqa: S608 - constants only

PAGE_COLUMNS = (
    "p.page_id, p.url, p.final_url, p.original_url, p.verdict, p.reason, p.evidence, p.status, p.title, p.authors, "
    "p.date, p.words, v.file, w.folder, w.name, p.offset, p.digest, p.captured_at, p.requisites, p.missing, p.source, "
    "p.via, p.attempts, p.elapsed, p.extractor, p.rereads, p.language"
)
PAGES = (
    f"SELECT {PAGE_COLUMNS} FROM pages p JOIN warcs w ON w.id = p.warc "  # noqa: S608 - constants only
    "LEFT JOIN versions v ON v.text = p.text AND v.version = p.version"
)

CHECK_COLUMNS = (
    "page_id, link, address, time, state, reason, evidence, status, moved_to, permanent, similarity, added, struck, "
    "corrections"
)
CHECKS = f"SELECT {CHECK_COLUMNS} FROM checks"  # noqa: S608 - constants only
SUBMISSION_COLUMNS = (
    "page_id, archive, link, address, time, step, reason, job, memento, memento_time, due, tries, rests"
)
SUBMISSIONS = f"SELECT {SUBMISSION_COLUMNS} FROM submissions"  # noqa: S608 - constants only
VERSIONS = "SELECT text, version, file, page, captured_at, text_digest, data_digest, warc, start FROM versions"


class Version(Struct, frozen=True):
    """One text that an article has had, in the columns of `VERSIONS`. `file` is `<host>/<name>` without
    ending; digests are of the two files."""

    text: str
    number: int
    file: str
    page: int
    captured_at: int
    text_digest: str
    data_digest: str
    warc: int
    start: int


def milliseconds(time: datetime) -> int:
    """Since 1970."""
    return (time - _EPOCH) // _MILLISECOND


def from_milliseconds(number: int) -> datetime:
    return _EPOCH + number * _MILLISECOND


def page_number(time: datetime, page_id: str) -> int:
    """A page's number in the catalog: grows with its time, and is the same whenever it is made from the same page."""
    digest = hashlib.sha256(page_id.encode("utf-8", "surrogatepass")).digest()
    return (_bounded(time) << _HASH_BITS) | (int.from_bytes(digest[:4], "big") >> (32 - _HASH_BITS))


def time_of_page(number: int) -> datetime:
    """The time that a page's number begins with."""
    return from_milliseconds(number >> _HASH_BITS)


def warc_number(folder: str, name: str) -> int:
    """A WARC file's number in the catalog, in the order of names; below 0 for one that was imported."""
    stamp, serial, _ = name_key(name)
    if not stamp:
        digest = hashlib.sha256(f"{folder}/{name}".encode("utf-8", "surrogatepass")).digest()
        return -1 - (int.from_bytes(digest[:8], "big") >> _FOREIGN_SPARE)
    try:
        time = _bounded(parse_stamp(stamp))
    except ValueError:
        time = 0
    return (((time << _SERIAL_BITS) | serial) << 1) | (folder == QUARANTINE)


def _bounded(time: datetime) -> int:
    return min(max(0, milliseconds(time)), (1 << _TIME_BITS) - 1)


def is_good(capture: Capture) -> bool:
    """A whole answer that shows what its address is meant to show, in archive/."""
    if capture.folder != ARCHIVE or capture.truncated is not None or capture.status is None:
        return False
    if capture.record_type == "revisit" and capture.status == NOT_MODIFIED:
        return True
    return capture.record_type in ("response", "revisit") and capture.status in OK


def capture_values(capture: Capture, warc: int) -> tuple[object, ...]:
    return (
        capture.url,
        milliseconds(capture.time),
        capture.role,
        str(capture.verdict),
        capture.status,
        capture.mime,
        capture.digest,
        capture.record_id,
        capture.record_type,
        warc,
        capture.offset,
        capture.length,
        capture.page_id,
        capture.etag,
        capture.last_modified,
        capture.refers_to,
        capture.truncated,
        capture.folder == ARCHIVE,
        is_good(capture),
    )


def capture_of(row: tuple[Any, ...]) -> Capture:
    """A row of CAPTURES."""
    url, time, role, verdict, *rest = row
    return Capture(url, from_milliseconds(time), role, VerdictKind(verdict), *rest)


class PagePlace(Struct, frozen=True):
    """Where a page stands in the catalog: its number, its file's, its first record's offset, its text's version.

    `fresh` says whether it brought what was not there.
    """

    number: int
    warc: int
    start: int
    version: int | None
    fresh: bool


def page_values(row: PageRow, place: PagePlace) -> tuple[object, ...]:
    return (
        place.number,
        row.page_id,
        row.url,
        row.final_url,
        row.original_url,
        host_of(row.final_url),
        row.verdict.kept,
        str(row.verdict),
        row.reason,
        dump(row.evidence),
        row.status,
        row.title,
        dump(row.authors),
        row.date,
        row.words,
        row.text,
        place.version,
        place.warc,
        row.offset or 0,
        place.start,
        row.digest,
        milliseconds(row.captured_at),
        row.requisites,
        dump([[missing.url, missing.reason] for missing in row.missing]),
        row.source,
        row.via,
        row.attempts,
        row.elapsed,
        row.extractor,
        row.rereads,
        row.language,
        place.fresh,
    )


def page_of(row: tuple[Any, ...]) -> PageRow:
    """A row of PAGES."""
    (page_id, url, final, original, verdict, reason, evidence, status, title, authors, date, words, file) = row[:13]
    (folder, name, offset, digest, at, requisites, missing, source, via, attempts, elapsed, extractor) = row[13:25]
    rereads, language = row[25:]
    return PageRow(
        page_id,
        url,
        final,
        original,
        VerdictKind(verdict),
        reason,
        tuple(json.loads(evidence)),
        status,
        title,
        tuple(json.loads(authors)),
        date,
        words,
        f"text/{file}.txt" if file else None,
        f"{folder}/{name}",
        offset,
        digest,
        from_milliseconds(at),
        requisites,
        tuple(Missing(*pair) for pair in json.loads(missing)),
        source,
        via,
        attempts,
        elapsed,
        extractor,
        rereads,
        language=language,
    )


def check_values(check: Check) -> tuple[object, ...]:
    return (
        check.page_id,
        link_of(check.address),
        check.address,
        milliseconds(check.time),
        str(check.state),
        check.reason,
        dump(check.evidence),
        check.status,
        check.moved_to,
        check.permanent,
        check.similarity,
        check.added,
        check.struck,
        dump(check.corrections),
    )


def check_of(row: tuple[Any, ...]) -> Check:
    """A row of CHECKS."""
    page_id, _, address, time, state, reason, evidence, status, moved_to, permanent, similarity, *rest = row
    added, struck, corrections = rest
    return Check(
        address=address,
        time=from_milliseconds(time),
        state=State(state),
        reason=reason,
        evidence=tuple(json.loads(evidence)),
        status=status,
        moved_to=moved_to,
        permanent=bool(permanent),
        similarity=similarity,
        page_id=page_id,
        added=added,
        struck=struck,
        corrections=tuple(json.loads(corrections)),
    )


def submission_values(submission: Submission) -> tuple[object, ...]:
    memento_time, due = submission.memento_time, submission.due
    return (
        submission.page_id,
        submission.archive,
        link_of(submission.address),
        submission.address,
        milliseconds(submission.time),
        str(submission.step),
        submission.reason,
        submission.job,
        submission.memento,
        milliseconds(memento_time) if memento_time is not None else None,
        milliseconds(due) if due is not None else None,
        submission.tries,
        submission.rests,
    )


def submission_of(row: tuple[Any, ...]) -> Submission:
    """A row of SUBMISSIONS."""
    page_id, archive, _, address, time, step, reason, job, memento, memento_time, due, tries, rests = row
    return Submission(
        address=address,
        archive=archive,
        time=from_milliseconds(time),
        step=Step(step),
        reason=reason,
        job=job,
        memento=memento,
        memento_time=from_milliseconds(memento_time) if memento_time is not None else None,
        due=from_milliseconds(due) if due is not None else None,
        tries=tries,
        rests=bool(rests),
        page_id=page_id,
    )


def link_of(address: str) -> str:
    """What the checks of a link are looked up by."""
    return identities(address)[-1] if address else ""


def dump(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def identities(*urls: str | None) -> list[str]:
    """What pages are looked up by: addresses less fragment and tracking, as written and as they go over the wire."""
    found: dict[str, None] = {}
    for url in urls:
        if url:
            found[strip_tracking(url)] = None
            try:
                found[strip_tracking(wire_url(url))] = None
            except ValueError:
                continue
    return list(found)


def storable(value: object) -> object:
    """Half surrogate pairs cannot be stored; all else stays."""
    return surrogate_free(value) if isinstance(value, str) and not value.isascii() else value


def iso(time: datetime) -> str:
    """RFC 3339 in UTC, to the second as index lines have it."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
