"""The XML of sitemaps, read as it comes: memory does not grow with the number of entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from xml.parsers import expat

from archive.urls import MAX_URL
from scraper.read.css import bounded, resolve
from scraper.sources.base import moment
from scraper.sources.markup import escaped_pieces, narrow

MAX_TEXT = MAX_URL
MAX_NESTING = 100
PIECE = 64 * 1024
_FIELDS = {"loc": "loc", "lastmod": "lastmod", "publication_date": "published"}


class Entry(NamedTuple):
    """A page, or a sitemap that an index names."""

    url: str
    published: datetime | None
    modified: datetime | None
    is_sitemap: bool = False

    @property
    def newest(self) -> datetime | None:
        dates = [date for date in (self.published, self.modified) if date is not None]
        return max(dates, default=None)


class NotReadError(Exception):
    """The document is no sitemap, or broken from here on; the words say which."""


def entries(first: bytes, rest: Iterator[bytes], base: str) -> Iterator[Entry]:
    """The entries of an urlset or sitemapindex in an encoding that holds ASCII as it is, as they come.

    Raises NotReadError, naming the line, from where it is not well-formed or declares entities of its own.
    """
    reader = _Reader(base)
    try:
        for part in escaped_pieces(_small(first, rest)):
            reader.parser.Parse(part, False)
            yield from reader.take()
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        yield from reader.take()
        words = expat.ErrorString(error.code) or "not well-formed"
        raise NotReadError(f"line {error.lineno}: {words}; the rest of it is passed over") from None
    except (ValueError, LookupError) as error:
        yield from reader.take()
        raise NotReadError(f"its encoding is not known: {error}") from None
    yield from reader.take()


def narrowed(first: bytes, rest: Iterator[bytes]) -> bytes:
    """A document in UTF-16, whole, in UTF-8."""
    return narrow(first + b"".join(rest))


def _small(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    for at in range(0, len(first), PIECE):
        yield first[at : at + PIECE]
    yield from rest


class _Reader:
    """Takes `loc`, `lastmod` and `publication_date` where they belong to a `url` or `sitemap`, by their local names:
    prefixes are often not declared. A `loc` of a picture has another parent."""

    def __init__(self, base: str) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartCdataSectionHandler = self._cdata
        self.parser.EndCdataSectionHandler = self._no_cdata
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._base = bounded(base)
        self._path: list[str] = []
        self._fields: dict[str, str] = {}
        self._text_of: list[str] | None = None
        self._room = 0
        self._in_cdata = False
        self._found: list[Entry] = []

    def take(self) -> list[Entry]:
        found, self._found = self._found, []
        return found

    def _doctype(self, name: str, system: str | None, public: str | None, subset: bool) -> None:
        if subset:
            raise NotReadError("declares entities of its own")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= MAX_NESTING:
            raise NotReadError("is nested too deeply")
        local = name.rpartition(":")[2].lower()
        parent = self._path[-1] if self._path else ""
        self._path.append(local)
        if local in ("url", "sitemap"):
            self._fields = {}
        wanted = parent in ("url", "sitemap") or (local == "publication_date" and "url" in self._path)
        self._text_of = [] if local in _FIELDS and wanted else None
        self._room = MAX_TEXT

    def _text(self, text: str) -> None:
        if self._text_of is not None and self._room > 0:
            self._text_of.append(text.replace("&amp;", "&") if self._in_cdata else text)
            self._room -= len(text)

    def _cdata(self) -> None:
        self._in_cdata = True

    def _no_cdata(self) -> None:
        self._in_cdata = False

    def _end(self, name: str) -> None:
        local = self._path.pop()
        if self._text_of is not None:
            self._fields.setdefault(_FIELDS[local], "".join(self._text_of).strip())
            self._text_of = None
        if local not in ("url", "sitemap"):
            return
        url = resolve(self._base, self._fields.get("loc", ""))
        if url is not None:
            published, modified = moment(self._fields.get("published")), moment(self._fields.get("lastmod"))
            self._found.append(Entry(url, published, modified, local == "sitemap"))
        self._fields = {}
