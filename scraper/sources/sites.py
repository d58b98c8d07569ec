"""A site by its links: which of a page's links are to be asked. Pure: whoever crawls brings the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from archive import urls
from archive.models import Link
from archive.patterns import chosen
from scraper.settings import Source
from scraper.sources.base import Found

if TYPE_CHECKING:
    from scraper.sources.base import Hands

MAX_ADDRESS = 2000
SAME_SEGMENT = 3
_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|webm|og[gav]|wav|flac|mov|avi|wmv|mkv"
    r"|css|m?js|json|woff2?|ttf|eot|zip|gz|tgz|rar|7z|bz2|exe|dmg|apk|iso|rss|atom|ics)\Z",
    re.IGNORECASE,
)


class Scope(Struct, frozen=True):
    """The bounds of a site: those of its source, with the start on the wire. `edge` is the path of a prefix."""

    start: str
    title: str
    kind: str
    host: str
    edge: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    depth: int
    max_pages: int


def links(source: Source, hands: Hands) -> Iterator[Found]:
    """The start of the site alone; the rest follows from the pages by `following`."""
    yield start(source)


def start(source: Source) -> Found:
    scope = scope_of(source)
    return Found(Link(scope.start, source.title))


def scope_of(source: Source) -> Scope:
    """The scope that the source asks for. `url` is an http address: the config's check saw to it."""
    wire = urls.wire_url(source.url or "")
    return Scope(
        wire,
        source.title,
        source.scope,
        _host(wire),
        _edge(urlsplit(wire).path),
        source.include,
        source.exclude,
        source.depth,
        source.max_pages,
    )


def contains(scope: Scope, url: str) -> bool:
    """Whether an address on the wire lies in the scope, whatever the depth.

    "host": the start's host, whatever its scheme and with or without `www.`; "domain": its registered domain with all
    of its hosts; "prefix": its host, and its path or what lies below it. Then the patterns.
    """
    within = urls.same_site(scope.start, url) if scope.kind == "domain" else _host(url) == scope.host
    if within and scope.kind == "prefix":
        path = urlsplit(url).path
        within = path == scope.edge or path.startswith(scope.edge if scope.edge.endswith("/") else scope.edge + "/")
    return within and chosen(url, scope.include, scope.exclude)


def following(
    scope: Scope,
    page: str,
    depth: int,
    outlinks: Iterable[str],
    *,
    asked: int = 0,
    known: Callable[[str], bool] = lambda url: False,
) -> tuple[Found, ...]:
    """The links of a page that are to be asked, in the page's order, each once.

    `depth` is how many links lie between the start and the page, `asked` how many addresses this source has had so far,
    the start included: no more are given than `max_pages` leaves. `known` tells which need not be asked.
    """
    room = scope.max_pages - asked
    if depth >= scope.depth or room <= 0:
        return ()
    found: dict[str, Found] = {}
    for outlink in outlinks:
        try:
            url = urls.wire_url(outlink)
        except ValueError:
            continue
        if url in found or url == page or not _may_be_page(url) or not contains(scope, url) or known(url):
            continue
        found[url] = Found(Link(url, scope.title, page), depth=depth + 1)
        if len(found) == room:
            break
    return tuple(found.values())


def _may_be_page(url: str) -> bool:
    """Not a picture or a program by its name, and no path that goes round and round."""
    path = urlsplit(url).path
    if len(url) > MAX_ADDRESS or _NO_PAGE.search(path):
        return False
    segments = [segment for segment in path.split("/") if segment]
    return all(segments.count(segment) <= SAME_SEGMENT for segment in set(segments))


def _host(url: str) -> str:
    """Host and port, the port only where it is not the scheme's own, without `www.`."""
    return url.split("/", 3)[2].removeprefix("www.")


def _edge(path: str) -> str:
    """The path that a prefix stands for: that of a folder, or of the folder that a file lies in."""
    folder, _, last = path.rpartition("/")
    return f"{folder}/" if "." in last or not last else path
