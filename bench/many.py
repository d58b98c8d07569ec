"""A collection of many small captures, made in minutes through the way every page is kept, less the waiting for the
medium: what `bench.scale` measures on, up to a million captures.

A page brings ten captures: the page, seven pictures, its text and its data. Pages are short and their words are drawn
as words are (the n-th most common a tenth as often as the n/10-th), so that search has common and rare ones. Hosts are
a thousand, and the first of them have most pages. Nothing but the seed and a page's number decides what it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from time import perf_counter

from archive.collection import ArchiveSettings, Collection, RunInfo
from archive.models import Article, ArticleMeta, Exchange, Link, PageGroup, Paragraph, Part, Role, Verdict, VerdictKind
from archive.spool import Spool
from bench.collection import DONE, Hasty

SEED = 23
PICTURES = 7
CAPTURES = PICTURES + 3
"""Of a page: itself, its pictures, its text and its data."""
HOSTS = 1000
WORDS, VOCABULARY, PARAGRAPHS = 90, 30_000, 3
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=40)
WARC_SIZE = 100_000_000
GOOD = Verdict(VerdictKind.ARTICLE, "an article of the measurement")
PICTURE = Verdict(VerdictKind.ASSET, "a picture of the measurement")
_FLYING = 100
_SYLLABLES = tuple(a + b for a in "bdfgklmnprstvz" for b in "aeiou")
_PAGE_HEADERS = (("Content-Type", "text/html; charset=utf-8"),)
_PICTURE_HEADERS = (("Content-Type", "image/svg+xml"),)


class Maker:
    """Pages by number: the same each time they are made."""

    def __init__(self) -> None:
        chance = Random(SEED)
        found: dict[str, None] = {}
        while len(found) < VOCABULARY:
            found["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))] = None
        self.words = tuple(found)
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))

    def url(self, number: int) -> str:
        host = int(HOSTS * Random(number ^ SEED).random() ** 3)
        return f"https://paper{host}.example/2026/{number}/a-story.html"

    def group(self, number: int) -> PageGroup:
        chance = Random(number)
        words = chance.choices(self.words, cum_weights=self._weights, k=WORDS)
        each = WORDS // PARAGRAPHS
        paragraphs = [" ".join(words[at : at + each]).capitalize() + "." for at in range(0, WORDS, each)]
        title = " ".join(words[:6]).capitalize()
        url, time = self.url(number), BEGUN + APART * number
        article = Article(
            title=title,
            url=url,
            body=tuple(map(Paragraph, paragraphs)),
            authors=(f"{words[7].capitalize()} {words[8].capitalize()}",),
            date=time.date(),
            meta=ArticleMeta(language="en"),
        )
        body = f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{'</p><p>'.join(paragraphs)}</p>"
        parts = [Part(_exchange(url, time, body, _PAGE_HEADERS), Role.PAGE, GOOD)]
        for n in range(PICTURES):
            svg = f"<svg xmlns='http://www.w3.org/2000/svg'><text>{number} {words[n]} {n}</text></svg>"
            picture = _exchange(f"{url[:-5]}/{n}.svg", time, svg, _PICTURE_HEADERS)
            parts.append(Part(picture, Role.ASSET, PICTURE))
        link = Link(url, f"feed {number % 40}")
        return PageGroup(f"{number:09d}", link, time, tuple(parts), GOOD, article, extractor="bench/1")

    def groups(self, captures: int) -> Iterator[PageGroup]:
        """So many that they bring so many captures."""
        return map(self.group, range(captures // CAPTURES))


def _exchange(url: str, time: datetime, body: str, headers: tuple[tuple[str, str], ...]) -> Exchange:
    data = body.encode()
    _, _, host, path = url.split("/", 3)
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*headers, ("Content-Length", str(len(data)))))
    return Exchange(
        url=url,
        time=time,
        request=f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        status=200,
        head=f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode(),
        headers=headers,
        body=Spool.of(data),
        ip="192.0.2.1",
    )


def made(root: Path, captures: int) -> ArchiveSettings:
    """The settings of a collection below `root` with so many captures (a multiple of ten), made if it is not there."""
    settings = ArchiveSettings(root=root, collection=f"many-{captures}", warc_size=WARC_SIZE)
    folder = root / "collections" / settings.collection
    if (folder / DONE).exists():
        return settings
    if folder.exists():
        sys.exit(f"{folder} was begun and never done: remove it")
    begun = perf_counter()
    run = RunInfo("tearsheet/bench", "tearsheet/bench", "obey")
    with Collection.open(settings, run, disk=Hasty()) as collection:
        flying = []
        for group in Maker().groups(captures):
            flying.append(collection.commit(group))
            if len(flying) >= _FLYING:
                for future in flying:
                    future.result()
                flying = []
        for future in flying:
            future.result()
    (folder / DONE).touch()
    print(f"{captures:,} captures in {folder} after {perf_counter() - begun:.0f} s")
    return settings


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, help="the root: the collection is made below it, in collections/")
    options.add_argument("--captures", type=int, default=1_000_000)
    given = options.parse_args()
    made(given.folder, given.captures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
