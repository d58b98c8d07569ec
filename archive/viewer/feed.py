"""New articles and changed texts as an Atom feed (RFC 4287)."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

from jinja2 import Environment
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from archive.harmless import safe_address
from archive.models import PageRow
from archive.replayed import uri
from archive.viewer.library import Library
from archive.viewer.model import Card
from archive.viewer.rendering import cut, headline, host_name
from archive.viewer.shelf import Bare, Shelf
from archive.viewer.site import Site

_ENTRIES = 50
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed in which nothing stands has changed last."""


class Entry(Struct, frozen=True):
    id: str
    page_id: str
    kind: str
    title: str
    updated: datetime
    authors: tuple[str, ...]
    original: str | None
    summary: str


class Feed(Struct, frozen=True):
    id: str
    title: str
    base: str
    updated: datetime
    entries: tuple[Entry, ...]


class Feeds:
    def __init__(self, shelf: Shelf, site: Site, templates: Environment) -> None:
        self._shelf = shelf
        self._site = site
        self._templates = templates

    def atom(self, request: Request) -> Response:
        library = self._shelf.library()
        entries = tuple(entry_of(library, card) for card in library.changes(_ENTRIES))
        feed = Feed(
            _urn(f"tearsheet:{self._site.title}"),
            self._site.title,
            f"{request.url.scheme}://{request.headers['host']}",
            max((entry.updated for entry in entries), default=_BEGIN),
            entries,
        )
        data = self._templates.get_template("feed.xml").render(feed=feed).encode("utf-8")
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers=headers)
        return Response(data, media_type="application/atom+xml", headers=headers)


def entry_of(library: Library | Bare, card: Card) -> Entry:
    page = card.page
    version = _version(library, page) if card.versions > 1 else 1
    kind = "changed" if version > 1 else "new"
    what = f"{headline(page)} (text {version})" if version > 1 else headline(page)
    where = f"{host_name(page)}, {page.words:,} words."
    summary = f"Text {version} of {where}" if version > 1 else f"{card.subtitle or ''} {where}".strip()
    original = uri(page.final_url) if safe_address(page.final_url) else None
    authors = tuple(cut(name, 200) for name in page.authors if name.strip())[:20] or (host_name(page) or "unknown",)
    return Entry(_urn(page.page_id), page.page_id, kind, what, page.captured_at, authors, original, cut(summary, 1000))


def _version(library: Library | Bare, page: PageRow) -> int:
    """The number of the text that a page brought."""
    found = (moment.version for moment in library.moments(page) if moment.page.page_id == page.page_id)
    return next(found, None) or 1


def _urn(name: str) -> str:
    """RFC 4287, section 4.2.6: permanent and universally unique."""
    try:
        return uuid.UUID(name).urn
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, name).urn
