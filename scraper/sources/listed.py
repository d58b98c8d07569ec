"""A list of addresses, one a line: a file, or a document on the web."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from archive import urls
from scraper.settings import STDIN, Source
from scraper.sources.base import Found, Hands, answer, whole
from scraper.sources.lists import from_lines

MAX_SIZE = 50 * 1000 * 1000


def links(source: Source, hands: Hands) -> Iterator[Found]:
    """Each line's address; lines that hold none are told."""
    if source.path == Path(STDIN):
        lines = io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", errors="replace")
        try:
            yield from _found(lines, "stdin", source, hands)
        finally:
            lines.detach()
        return
    if source.path is not None:
        try:
            with source.path.open("rb") as file, io.TextIOWrapper(file, "utf-8-sig", errors="replace") as lines:
                yield from _found(lines, str(source.path), source, hands)
        except (OSError, ValueError) as error:
            words = error.strerror if isinstance(error, OSError) else str(error)
            hands.tell(f"{source.title}: {source.path} cannot be read: {words}")
        return
    assert source.url is not None
    document = answer(source.url, hands, source, kind="list", max_size=MAX_SIZE)
    if document is None:
        return
    with closing(document.exchange.body):
        data = whole(document.exchange, MAX_SIZE)
    text = data.decode("utf-8-sig", "replace")
    yield from _found(text.splitlines(), document.url, source, hands)
    if document.validators is not None:
        hands.remember.set(source.url, document.validators)


def _found(lines: Iterable[str], name: str, source: Source, hands: Hands) -> Iterator[Found]:
    for link in from_lines(lines, name):
        if urls.is_http(link.url):
            yield Found(replace(link, source=source.title))
        else:
            hands.tell(f"{source.title}: {link.via}: no http address: {link.url[:100]}")
