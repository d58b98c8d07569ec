"""A collection of many articles made of the corpus's pages, through the way every page is kept, less the waiting for
the medium.

Each article is one of the corpus with its paragraphs in another order and a sixth of its words drawn from all of the
corpus, so that words are as rare and as common as they are. Days, authors, languages and hosts are spread as in a
collection of newspapers that grows for half a year; one page in forty fails, one article in fifty has a second version.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TypeVar, cast

from msgspec import Struct

from archive.collection import ArchiveSettings, Collection, RunInfo
from archive.disk import Disk
from archive.models import (
    Article,
    ArticleMeta,
    Exchange,
    Failure,
    Link,
    PageGroup,
    Paragraph,
    Part,
    Role,
    Verdict,
    VerdictKind,
)
from archive.spool import Spool
from bench.text import Corpus

SEED = 11
HOSTS = 120
SOURCES = 40
LANGUAGES = ("en", "en", "en", "en", "de", "fr", "ja", "es", "pt", "ar")
BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
SPAN = timedelta(days=180)
SHUFFLED = 6
FAILS, AGAIN, PICTURED = 40, 50, 4
DONE = "done"

_T = TypeVar("_T")
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
_HEADERS = (("Content-Type", "text/html; charset=utf-8"),)
_PICTURE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"
_PICTURE_HEADERS = (("Content-Type", "image/png"),)
_SETTLED = ("fsync", "fsync_dir", "sync_all")
_MOST_FLYING = 200


class Hasty(Disk):
    """Waits for no medium: what it writes is measured, not kept."""

    def seam(self, operation: str, path: Path, action: Callable[[], _T]) -> _T:
        return cast("_T", None) if operation in _SETTLED else super().seam(operation, path, action)


class Made(Struct, frozen=True):
    """A story of the corpus as words; `names` are its authors."""

    title: str
    paragraphs: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]


def stories() -> list[Made]:
    """The corpus's articles. Raises FileNotFoundError where there is no corpus."""
    found = []
    for sample in Corpus().samples:
        truth = sample.truth
        paragraphs = tuple(tuple(line.split()) for line in truth["body"].splitlines() if line.strip())
        if paragraphs:
            title = truth["title"] or " ".join(paragraphs[0][:8])
            found.append(Made(title, paragraphs, tuple(truth["authors"] or ("The newsroom",))))
    return found


class Maker:
    """Articles by number: the same each time they are made."""

    def __init__(self) -> None:
        self.stories = stories()
        self.words = [word for story in self.stories for paragraph in story.paragraphs for word in paragraph]
        self.names = sorted({name for story in self.stories for name in story.names})
        self.picture = b"\x89PNG\r\n\x1a\n" + random.Random(SEED).randbytes(6000)

    def url(self, number: int) -> str:
        # A few hosts have most of the articles.
        host = int(HOSTS * random.Random(number ^ SEED).random() ** 3)
        return f"https://paper{host}.example/2026/{number}/a-story.html"

    def article(self, number: int, version: int = 1) -> Article:
        chosen = random.Random(number * 10 + version)
        story = self.stories[number % len(self.stories)]
        paragraphs = [" ".join(self._mixed(paragraph, chosen)) for paragraph in story.paragraphs]
        chosen.shuffle(paragraphs)
        published = BEGUN + SPAN * chosen.random()
        return Article(
            title=" ".join(self._mixed(story.title.split(), chosen)),
            url=self.url(number),
            body=tuple(map(Paragraph, paragraphs)),
            subtitle=paragraphs[0][:120],
            authors=tuple(chosen.sample(self.names, min(chosen.randint(1, 2), len(self.names)))),
            date=published.date(),
            meta=ArticleMeta(language=LANGUAGES[number % len(LANGUAGES)]),
        )

    def _mixed(self, words: Sequence[str], chosen: random.Random) -> list[str]:
        mixed = list(words)
        for _ in range(-(-len(mixed) // SHUFFLED)):
            mixed[int(chosen.random() * len(mixed))] = self.words[int(chosen.random() * len(self.words))]
        return mixed

    def groups(self, count: int) -> Iterator[PageGroup]:
        """Page groups that bring `count` articles, and what fails and changes among them."""
        for number in range(count):
            at = BEGUN + SPAN * number / count
            yield self._kept(number, 1, at)
            if number % AGAIN == 1:
                yield self._kept(number - 1, 2, at + timedelta(milliseconds=100))
            if number % FAILS == 1:
                yield self._failed(number, at + timedelta(milliseconds=200))

    def _kept(self, number: int, version: int, at: datetime) -> PageGroup:
        article = self.article(number, version)
        texts = "".join(f"<p>{escape(block.text)}</p>\n" for block in article.body if isinstance(block, Paragraph))
        body = f"<!doctype html><title>{escape(article.title)}</title><h1>{escape(article.title)}</h1>\n{texts}"
        page = Exchange(
            url=article.url,
            time=at,
            request=b"GET / HTTP/1.1\r\n\r\n",
            status=200,
            head=_HEAD,
            headers=_HEADERS,
            body=Spool.of(body.encode()),
            ip="192.0.2.1",
        )
        verdict = Verdict(VerdictKind.ARTICLE, "it has a headline and paragraphs", ("made of the corpus",))
        parts = [Part(page, Role.PAGE, verdict)]
        if number % PICTURED == 0:
            picture = Exchange(
                url=article.url + f"/{number}.png",
                time=at,
                request=b"GET / HTTP/1.1\r\n\r\n",
                status=200,
                head=_PICTURE_HEAD,
                headers=_PICTURE_HEADERS,
                body=Spool.of(self.picture + str(number // 20).encode()),
            )
            parts.append(Part(picture, Role.ASSET, Verdict(VerdictKind.ASSET, "a picture")))
        link = Link(article.url, f"feed {number % SOURCES}")
        return PageGroup(f"{number}-{version}", link, at, tuple(parts), verdict, article, extractor="bench/1")

    def _failed(self, number: int, at: datetime) -> PageGroup:
        url = self.url(number) + "?page=2"
        gone = Exchange(
            url=url,
            time=at,
            request=b"GET / HTTP/1.1\r\n\r\n",
            status=None,
            head=b"",
            headers=(),
            body=Spool.of(b""),
            failure=Failure("timeout", "no answer within 20 s"),
        )
        verdict = Verdict(VerdictKind.UNREACHABLE, "it gave no answer within 20 s")
        return PageGroup(f"{number}-x", Link(url, "list"), at, (Part(gone, Role.PAGE, verdict),), verdict)


def made(folder: Path, count: int) -> ArchiveSettings:
    """A collection of `count` articles below `folder`, made if it is not there yet."""
    name = f"library-{count}"
    settings = ArchiveSettings(root=folder, collection=name)
    path = folder / "collections" / name
    if (path / DONE).exists():
        return settings
    shutil.rmtree(path, ignore_errors=True)
    run = RunInfo("tearsheet/bench", "tearsheet/bench", "obey")
    flying = []
    with Collection.open(settings, run, disk=Hasty()) as collection:
        for group in Maker().groups(count):
            flying.append(collection.commit(group))
            if len(flying) >= _MOST_FLYING:
                for future in flying:
                    future.result()
                flying = []
        for future in flying:
            future.result()
    (path / DONE).touch()
    return settings
