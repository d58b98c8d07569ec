"""Which links a check is about: all that is kept, or what was given: addresses, lists, Markdown, HTML, folders of
texts."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from msgspec.structs import replace

from archive import urls
from archive.collection import Collection
from archive.errors import FormatError, UsageError
from archive.models import Link
from archive.parse import parse
from scraper.identity import identity
from scraper.settings import STDIN, Source
from scraper.sources import texts
from scraper.sources.addresses import in_line
from scraper.sources.base import Hands, Validators
from scraper.sources.lists import completed, from_lines

MAX_FILE = 50 * 1000 * 1000
MARKDOWN = frozenset({".md", ".mkd", ".mdown", ".markdown"})
HTML = frozenset({".html", ".htm", ".xhtml"})


def given(what: Iterable[str], tell: Callable[[str], None]) -> list[Link]:
    """The links of addresses and files, each article once, in the order given; `-` reads stdin. What holds none is told
    to `tell`. Raises UsageError for a file that cannot be read."""
    return once(link for each in what for link in _of(each.strip(), tell))


def kept(collection: Collection, sources: frozenset[str]) -> list[Link]:
    """All links that are kept, or those of these sources. Raises UsageError for a source of which nothing is kept."""
    links = []
    seen: set[str] = set()
    for row in collection.links():
        seen.add(row.source)
        if not sources or row.source in sources:
            links.append(Link(row.url, row.source, row.via))
    for source in sorted(sources - seen):
        raise UsageError(f"nothing is kept of a source {source!r}; there are: {', '.join(sorted(seen)) or 'none'}")
    return once(links)


def once(links: Iterable[Link]) -> list[Link]:
    """Each article once."""
    found: dict[str, Link] = {}
    for link in links:
        found.setdefault(identity(link.url), link)
    return list(found.values())


def _of(what: str, tell: Callable[[str], None]) -> Iterator[Link]:
    if what == STDIN:
        yield from _lines(io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", errors="replace").read(), "stdin", False)
        return
    if "://" in what:
        yield Link(what)
        return
    path = Path(what)
    try:
        if path.is_dir():
            yield from _folder(path, tell)
            return
        if path.is_file():
            yield from _file(path)
            return
    except OSError as error:
        raise UsageError(f"{what} cannot be read: {error.strerror}") from None
    address = completed(what)
    if "://" not in address:
        raise UsageError(f"{what!r} is neither an address nor a file")
    yield Link(address)


def _folder(path: Path, tell: Callable[[str], None]) -> Iterator[Link]:
    """The address that each text was made from."""
    hands = Hands(_nobody, _Nothing(), _nobody, tell)
    for found in texts.links(Source("texts", path=path, name=str(path)), hands):
        yield replace(found.link, source="texts")


def _file(path: Path) -> Iterator[Link]:
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise UsageError(f"{path} is larger than {MAX_FILE // 1_000_000} MB")
    suffix = path.suffix.lower()
    if suffix in HTML:
        yield from _html(data, path)
        return
    if suffix not in MARKDOWN:
        try:
            article = parse(data, str(path))
        except FormatError:
            pass  # a list, or any other text
        else:
            yield Link(article.url, "texts", str(path))
            return
    yield from _lines(data.decode("utf-8-sig", "replace"), str(path), suffix in MARKDOWN)


def _lines(text: str, name: str, markdown: bool) -> Iterator[Link]:
    """A list has an address in each line; any other text has some in its lines."""
    lines = text.splitlines()
    listed = list(from_lines(lines, name))
    if not markdown and all(" " not in link.url and "://" in link.url for link in listed):
        yield from listed
        return
    for number, line in enumerate(lines, 1):
        for url in in_line(line, markdown=markdown):
            yield Link(url, "list", f"{name}, line {number}")


def _html(data: bytes, path: Path) -> Iterator[Link]:
    from scraper.read import charset, outlinks
    from scraper.read.tree import parse as parsed

    tree = parsed(charset.decode(data, ())[0])
    # Only what is written out leads anywhere from a file: where it would lie on the web is not known.
    for url in outlinks.find(tree, "about:blank") if tree is not None else ():
        if urls.is_http(url):
            yield Link(url, "list", str(path))


class _Nothing:
    """A memory of none: files are no documents on the web."""

    def get(self, url: str) -> Validators | None:
        return None

    def set(self, url: str, validators: Validators) -> None:
        return


def _nobody(*_: object) -> NoReturn:
    raise AssertionError("a folder asks nobody")
