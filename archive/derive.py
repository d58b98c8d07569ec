"""From the records of a page group to everything that is derived of it: pure, one way for a live commit and a rebuild.

Nothing here may depend on anything but the records, so that `rebuild` gives back what a commit gave.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec.json
from msgspec import Struct
from msgspec.structs import replace

from archive import article as articles
from archive.captures import (
    Place,
    RecordLike,
    View,
    foreign_capture,
    group_capture,
    head_fields,
    part_capture,
    resource_capture,
    resource_kind,
    time_of,
)
from archive.deferring import deferred
from archive.linkstate import Check
from archive.models import Article, Capture, Origin, PageRow, Role
from archive.rows import ARCHIVE, NOT_MODIFIED, OK
from archive.submission import Submission
from archive.textpath import text_path
from archive.urls import strip_tracking
from archive.warc.fields import warc_date
from archive.warc.group import Foreign, GroupData, Lies, PartData

# The primary subtag of a language tag (BCP 47, 2.2.1); og:locale has an underscore behind it.
_PRIMARY = deferred(r"\s*([A-Za-z]{2,3})(?![^-_\s])")
__all__ = ["ArticleFiles", "Derived", "Place", "RecordLike", "View", "derive", "digest", "head_fields", "origin_moved"]

TEXT_TYPE = "text/plain; charset=utf-8"
ARTICLE_TYPE = "application/json"


class ArticleFiles(Struct, frozen=True):
    """The text file and the JSON beside it. `name` is `<host>/<slug>-<hash8>`; `plain` is for search, `words` are
    those of the body."""

    name: str
    text: bytes
    data: bytes
    plain: str
    words: int


class Derived(Struct, frozen=True):
    """`page` is None for a side group and for a bare check. `page.text` is the article's name in text/, less its
    ending. `start` is the offset of the group's first record, `at` the time by which the catalog orders pages.
    `foreign` is the imported file in which the captures lie. `late`: it came in after its time, so it may be older than
    what is kept already."""

    place: Place
    start: int
    at: datetime
    page: PageRow | None
    captures: tuple[Capture, ...]
    files: ArticleFiles | None
    foreign: Foreign | None = None
    check: Check | None = None
    submissions: tuple[Submission, ...] = ()
    late: bool = False

    @property
    def captured(self) -> bool:
        """Whether the group holds an answer that viewers find in archive/."""
        page = self.page
        return self.place.folder == ARCHIVE and page is not None and page.digest is not None and not page.rereads


def derive(place: Place, views: Sequence[View], data: GroupData) -> Derived:
    """`views` are the group's records in the file's order, the last one its metadata record, which says `data`."""
    found = captures_of(place, views, data)
    if data.foreign is not None:
        return _derive_imported(place, views, data, data.foreign, found)
    start = views[0].offset
    if data.side or data.bare:
        bare = Derived(place, start, data.time, None, found, None)
        return replace(bare, check=data.check, submissions=data.submissions)
    by_id = {view.record.record_id: view for view in views}
    resources = _resources(views)
    end = _end(data)
    view = by_id.get(end.record_id or "") if end is not None else None
    article = _article(resources)
    if data.reread is not None:
        files = _files(place, data, data.reread.origin, resources, article)
        return Derived(place, start, data.time, _page_again(place, data, views[-1], article, files), found, files)
    origin = _origin(place, end, view) if end is not None and view is not None else None
    files = _files(place, data, origin, resources, article)
    page = _page(place, data, view or views[-1], article, files)
    if data.overrules is not None:
        # By when it was said: what a crawl looks for since its last time is among the latest.
        page = replace(page, overrules=data.overrules.page_id)
        return Derived(place, start, data.time, page, found, files)
    kept = Derived(place, start, page.captured_at, page, found, files, check=data.check)
    return replace(kept, submissions=data.submissions, late=data.rescued)


def captures_of(place: Place, views: Sequence[View], data: GroupData) -> tuple[Capture, ...]:
    """What `derive` gives of the group's captures, of which no payload but the metadata record's is needed."""
    resources = [resource_capture(place, view, kind, data) for view, kind in _resources(views)]
    if data.foreign is not None:
        parts = [part for part in data.parts if part.lies is not None]
        foreign = [foreign_capture(place, data.foreign, part, cast(Lies, part.lies), data) for part in parts]
        return (*foreign, *resources, group_capture(place, views[-1], data))
    by_id = {view.record.record_id: view for view in views}
    captures = [part_capture(place, part, by_id.get(part.record_id or ""), views[-1], data) for part in data.parts]
    found = [*(capture for capture in captures if capture is not None), *resources]
    found.sort(key=lambda capture: capture.offset)
    return tuple(found)


def _resources(views: Sequence[View]) -> list[tuple[View, str]]:
    return [(view, match[1]) for view in views if (match := resource_kind(view))]


# ------------------------------------------------------------------------------------------------------- imported


def _derive_imported(
    place: Place, views: Sequence[View], data: GroupData, foreign: Foreign, captures: tuple[Capture, ...]
) -> Derived:
    """A group that holds no exchange: its captures lie in the imported file, and the metadata record tells of them."""
    last = views[-1]
    resources = _resources(views)
    start = views[0].offset
    if data.side:
        return Derived(place, start, data.time, None, captures, None, foreign)
    end = _end(data)
    article = _article(resources)
    origin = _foreign_origin(place, foreign, end, end.lies) if end is not None and end.lies is not None else None
    files = _files(place, data, origin, resources, article)
    page = replace(
        _page(place, data, last, article, files),
        digest=end.lies.digest if end is not None and end.lies is not None else None,
        captured_at=end.time if end is not None else data.time,
    )
    return Derived(place, start, page.captured_at, page, captures, files, foreign, late=True)


def _foreign_origin(place: Place, foreign: Foreign, end: PartData, lies: Lies) -> Origin:
    return Origin(
        url=end.url,
        time=end.time,
        file=f"{place.folder}/{foreign.file}",
        record_id=end.record_id or "",
        record_type=lies.record_type,
        offset=lies.offset,
        length=lies.length,
        status=end.status,
        ip=end.ip,
        payload=lies.digest or None,
        refers_to=lies.refers_to,
    )


# ------------------------------------------------------------------------------------------------------- the page


def _end(data: GroupData) -> PartData | None:
    """The chain's end."""
    return next((part for part in reversed(data.parts) if part.role in (Role.PAGE, Role.HOP)), None)


def _page(place: Place, data: GroupData, view: View, article: Article | None, files: ArticleFiles | None) -> PageRow:
    end = _end(data)
    answered = end is not None and end.record_id is not None
    return PageRow(
        page_id=data.page_id,
        url=data.link.url,
        final_url=end.url if end is not None else data.link.url,
        original_url=article.url if article is not None else None,
        verdict=data.verdict.kind,
        reason=data.verdict.reason,
        evidence=data.verdict.evidence,
        status=end.status if end is not None else None,
        title=article.title if article is not None else data.title,
        authors=article.authors if article is not None else (),
        date=article.date.isoformat() if article is not None and article.date else None,
        words=files.words if files is not None else articles.words(article) if article is not None else 0,
        text=files.name if files is not None else None,
        warc=f"{place.folder}/{place.warc}",
        offset=view.offset,
        digest=view.record.header("WARC-Payload-Digest") if answered else None,
        captured_at=(time_of(view) if answered else None) or (end.time if end is not None else data.time),
        requisites=_requisites(data),
        missing=data.missing,
        source=data.link.source,
        via=data.link.via,
        attempts=end.attempts if end is not None else 0,
        elapsed=end.elapsed if end is not None else 0.0,
        extractor=data.extractor,
        language=_language(article),
    )


def _language(article: Article | None) -> str | None:
    match = _PRIMARY.match(article.meta.language or "") if article is not None else None
    return match[1].lower() if match else None


def _page_again(
    place: Place, data: GroupData, view: View, article: Article | None, files: ArticleFiles | None
) -> PageRow:
    reread = data.reread
    assert reread is not None
    return replace(
        _page(place, data, view, article, files),
        final_url=reread.origin.url,
        status=reread.origin.status,
        digest=reread.origin.payload,
        captured_at=reread.origin.time,
        requisites=reread.requisites,
        rereads=reread.page_id,
    )


def _requisites(data: GroupData) -> int:
    """How many of the page's requisites are kept, by this group or by another of the run."""
    good = {
        part.url
        for part in data.parts
        if part.role == Role.ASSET and part.truncated is None and (part.status in OK or part.status == NOT_MODIFIED)
    }
    return len(good.union(data.shared))


# ------------------------------------------------------------------------------------------------------- the article


def _article(resources: Sequence[tuple[View, str]]) -> Article | None:
    view = next((view for view, kind in resources if kind == "article"), None)
    if view is None:
        return None
    try:
        return articles.from_json(json.loads(view.record.payload_bytes()))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _files(
    place: Place,
    data: GroupData,
    origin: Origin | None,
    resources: Sequence[tuple[View, str]],
    article: Article | None,
) -> ArticleFiles | None:
    text = next((view for view, kind in resources if kind == "text"), None)
    if text is None or article is None or origin is None or place.folder != ARCHIVE:
        return None
    beside = _beside(place, data, origin, text, article)
    plain, words = articles.said(article)
    return ArticleFiles(
        name=str(text_path(strip_tracking(article.url))),
        text=text.record.payload_bytes(),
        data=_indented(beside),
        plain=plain,
        words=words,
    )


def _indented(values: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.format(msgspec.json.encode(values, order="sorted"), indent=2) + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair somewhere
        return json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True).encode("utf-8", "replace") + b"\n"


def _origin(place: Place, end: PartData, view: View) -> Origin:
    record = view.record
    return Origin(
        url=end.url,
        time=time_of(view) or end.time,
        file=f"{place.folder}/{place.warc}",
        record_id=record.record_id,
        record_type=record.type,
        offset=view.offset,
        length=view.length,
        status=end.status,
        ip=end.ip,
        block=record.header("WARC-Block-Digest"),
        payload=record.header("WARC-Payload-Digest"),
        refers_to=record.header("WARC-Refers-To") if record.type == "revisit" else None,
    )


def _beside(place: Place, data: GroupData, origin: Origin, text: View, article: Article) -> dict[str, Any]:
    """The JSON beside the text: the article as values, and the proof that ties it to its record."""
    return {
        "article": articles.to_json(article),
        "addresses": {"asked": data.link.url, "final": origin.url, "original": article.url},
        "captured_at": warc_date(origin.time),
        "digests": {
            "block": origin.block,
            "payload": origin.payload,
            "text": text.record.header("WARC-Payload-Digest"),
        },
        "evidence": list(data.verdict.evidence),
        "extractor": data.extractor,
        "ip": origin.ip,
        "page_id": data.page_id,
        "read_again_at": warc_date(data.time) if data.reread else None,
        "reason": data.verdict.reason,
        "record": {
            "file": origin.file,
            "id": origin.record_id,
            "length": origin.length,
            "offset": origin.offset,
            "refers_to": origin.refers_to,
            "text_file": f"{place.folder}/{place.warc}",
            "text_offset": text.offset,
            "type": origin.record_type,
        },
        "source": data.link.source,
        "status": origin.status,
        "verdict": str(data.verdict.kind),
        "via": data.link.via,
    }


def origin_moved(files: ArticleFiles, where: Callable[[str], tuple[str, int, int] | None]) -> ArticleFiles:
    """`files` with the place at which the record lies that the text was read from: file, offset and length.

    `where` tells it by the record's id; None leaves it as it is. A metadata record that tells of another reading names
    the place where the record lay then.
    """
    beside = json.loads(files.data)
    found = where(beside["record"]["id"])
    if found is None:
        return files
    beside["record"] |= dict(zip(("file", "offset", "length"), found, strict=True))
    return replace(files, data=_indented(beside))


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
