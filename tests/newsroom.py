"""A loopback web of twenty news hosts over many simulated days: feeds, sitemaps and sites that go on publishing,
articles that change, hosts that break and heal. What each request got is noted with the time it was there."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Lock

from tests.site import Connection, Request, Web

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
HOURS = 240
LISTED = 12
MOMENT = timedelta(microseconds=1)
"""However short a sleep, time has passed after it."""
HTML = (("Content-Type", "text/html; charset=utf-8"),)
STYLE = "body{color:black}"

Headers = tuple[tuple[str, str], ...]


def hour(number: float) -> datetime:
    """So many hours after the begin."""
    return START + timedelta(hours=number)


class Clock:
    """Time that moves only where somebody sleeps, and by hand; safe in threads."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._lock = Lock()

    def __call__(self) -> datetime:
        with self._lock:
            return self._now

    def sleep(self, stop: Event, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=max(0.0, seconds)) + MOMENT

    def forward(self, to: datetime) -> None:
        with self._lock:
            self._now = max(self._now, to)


@dataclass(frozen=True)
class Story:
    """An article: hours of its birth, of changes of its text, and of changes of the page around it. Its other
    addresses are targets on its own host or `host/target`. `gone` and `missing` are spans of hours with a 404."""

    number: int
    host: str
    path: str
    born: float = 0.0
    edits: tuple[float, ...] = ()
    repaints: tuple[float, ...] = ()
    validator: str = ""
    scheme: str = "https"
    canonical: str | None = None
    missing: tuple[float, float] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def title(self) -> str:
        return f"Harbour report number {self.number} of the year"

    def edition(self, now: datetime) -> int:
        return sum(hour(each) <= now for each in self.edits)

    def coat(self, now: datetime) -> int:
        return sum(hour(each) <= now for each in self.repaints)

    def changed(self, now: datetime) -> datetime:
        return max(hour(each) for each in (self.born, *self.edits) if hour(each) <= now)

    def html(self, now: datetime, form: str = "") -> bytes:
        body = "".join(
            f"<p>Paragraph {n} of report {self.number} tells in some detail what the harbour master saw, and the "
            f"pilots nod: it is edition {self.edition(now)} of it, number {n * 7 + self.number}.</p>"
            for n in range(8)
        )
        canonical = f'<link rel="canonical" href="{self.canonical}">' if self.canonical else ""
        return (
            f"<!doctype html><html lang=en><head><title>{self.title}</title>{canonical}"
            f'<link rel="stylesheet" href="/style.css"><meta property="og:type" content="article">'
            f'<meta property="article:published_time" content="{hour(self.born).isoformat()}"></head>'
            f'<body class="coat-{self.coat(now)}{form}"><article><h1>{self.title}</h1>{body}</article></body></html>'
        ).encode()


@dataclass(frozen=True)
class Served:
    """A story's answer: when, at which address, which edition and coat, and with what status."""

    at: datetime
    story: Story
    url: str
    status: int
    edition: int
    coat: int


@dataclass
class Newsroom:
    """The web and its stories. `served` has the answers for stories in the order they were given."""

    web: Web
    clock: Clock
    stories: list[Story] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------------ stories

    def publish(self, host: str, count: int = 6, every: float = 36.0, **more: object) -> list[Story]:
        """Two stories at the begin, and others every so many hours."""
        made = []
        for n in range(count):
            born = 0.0 if n < 2 else 3.0 + every * (n - 2)
            number = len(self.stories)
            kinds: dict[str, object] = {"path": f"/story/{number}", "born": born} | more
            # Each second one changes its text once, each third one its page alone, one and a half days later.
            if n % 2 == 0:
                kinds.setdefault("edits", (born + 39.0, born + 99.0))
            if n % 3 == 1:
                kinds.setdefault("repaints", (born + 51.0,))
            made.append(self.tell(Story(number, host, **kinds)))  # type: ignore[arg-type]
        return made

    def tell(self, story: Story) -> Story:
        self.stories.append(story)
        self.answer(story, story.host, story.path)
        self.page(story.host, "/style.css", lambda _: STYLE.encode(), "text/css")
        return story

    def answer(self, story: Story, host: str, path: str, form: str = "") -> None:
        """The story answers at this address too."""

        def handle(connection: Connection, request: Request) -> None:
            assert request.seen.at is not None
            now = request.seen.at
            scheme = "https" if request.seen.tls else "http"
            gone = story.missing is not None and hour(story.missing[0]) <= now < hour(story.missing[1])
            status = 404 if gone or now < hour(story.born) else 200
            headers: Headers = ()
            if story.validator == "etag":
                headers = (("ETag", f'"{story.edition(now)}-{story.coat(now)}"'),)
            elif story.validator == "date":
                headers = (("Last-Modified", format_datetime(story.changed(now), usegmt=True)),)
            asked = {request.header("If-None-Match"), request.header("If-Modified-Since")} - {None}
            if status == 200 and asked & {value for _, value in headers}:
                status = 304
            self.served.append(
                Served(now, story, f"{scheme}://{host}{request.target}", status, story.edition(now), story.coat(now))
            )
            body = {200: story.html(now, form), 304: b"", 404: b"<h1>Not here</h1>"}[status]
            connection.respond(status, body, (*HTML, *headers))

        self.web.host(host).route(path, handle)

    def of(self, *hosts: str) -> list[Story]:
        return [story for story in self.stories if story.host in hosts]

    def out(self, stories: Iterable[Story]) -> list[Story]:
        """Those that are out by now, the newest first, as many as a feed has."""
        now = self.clock()
        born = [story for story in stories if hour(story.born) <= now]
        return sorted(born, key=lambda story: (-story.born, story.number))[:LISTED]

    # ------------------------------------------------------------------------------------------------ documents

    def page(self, host: str, path: str, made: Callable[[datetime], bytes], type: str, *, etag: bool = False) -> None:
        """A document that is made anew each time it is asked for."""

        def handle(connection: Connection, request: Request) -> None:
            assert request.seen.at is not None
            body = made(request.seen.at)
            headers: Headers = (("Content-Type", type),)
            if etag:
                headers += (("ETag", f'"{hash(body)}"'),)
                if request.header("If-None-Match") == headers[-1][1]:
                    connection.respond(304, b"", headers)
                    return
            connection.respond(200, body, headers)

        self.web.host(host).route(path, handle)

    def rss(
        self, host: str, path: str, stories: list[Story], address: Callable[[Story], str] = lambda story: story.url
    ) -> str:
        def made(_: datetime) -> bytes:
            items = "".join(
                f"<item><title>{story.title}</title><link>{address(story).replace('&', '&amp;')}</link>"
                f"<pubDate>{format_datetime(hour(story.born))}</pubDate></item>"
                for story in self.out(stories)
            )
            return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()

        self.page(host, path, made, "application/rss+xml")
        return f"https://{host}{path}"

    def atom(self, host: str, path: str, stories: list[Story]) -> str:
        def made(now: datetime) -> bytes:
            items = "".join(
                f'<entry><id>{story.url}</id><title>{story.title}</title><link href="{story.url}"/>'
                f"<published>{hour(story.born).isoformat()}</published>"
                f"<updated>{story.changed(now).isoformat()}</updated></entry>"
                for story in self.out(stories)
            )
            return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{items}</feed>'.encode()

        self.page(host, path, made, "application/atom+xml", etag=True)
        return f"https://{host}{path}"

    def json_feed(self, host: str, path: str, stories: list[Story]) -> str:
        def made(_: datetime) -> bytes:
            items = [
                {"id": story.url, "url": story.url, "date_published": hour(story.born).isoformat()}
                for story in self.out(stories)
            ]
            return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}).encode()

        self.page(host, path, made, "application/feed+json")
        return f"https://{host}{path}"

    def sitemap(
        self, host: str, path: str, stories: list[Story], *, dated: bool = False, news: bool = False, zip: bool = False
    ) -> str:
        def made(now: datetime) -> bytes:
            lines = []
            for story in self.out(stories):
                more = f"<lastmod>{story.changed(now).isoformat()}</lastmod>" if dated else ""
                if news:
                    more += (
                        "<news:news><news:publication><news:name>x</news:name><news:language>en</news:language>"
                        f"</news:publication><news:publication_date>{hour(story.born).isoformat()}"
                        f"</news:publication_date><news:title>{story.title}</news:title></news:news>"
                    )
                lines.append(f"<url><loc>{story.url}</loc>{more}</url>")
            body = (
                '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
                f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{"".join(lines)}</urlset>'
            ).encode()
            return gzip.compress(body, mtime=0) if zip else body

        self.page(host, path, made, "application/gzip" if zip else "application/xml")
        return f"https://{host}{path}"

    def index(self, host: str, path: str, maps: list[str]) -> str:
        body = "".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in maps)
        text = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</sitemapindex>'
        self.page(host, path, lambda _: text.encode(), "application/xml")
        return f"https://{host}{path}"

    def front(self, host: str, path: str, stories: list[Story], more: str = "") -> str:
        """A page of links, as a site's home page or a section's."""

        def made(_: datetime) -> bytes:
            items = "".join(f'<li><a href="{story.path}">{story.title}</a></li>' for story in self.out(stories))
            return f"<html><head><title>{host}</title></head><body><ul>{items}</ul>{more}</body></html>".encode()

        self.page(host, path, made, HTML[0][1])
        return f"https://{host}{path}"

    # ------------------------------------------------------------------------------------------------ trouble

    def trouble(
        self, host: str, begin: float, end: float, answer: Callable[[Connection], None], only: str | None = None
    ) -> None:
        """Between these hours all of the host but robots.txt answers so, or `only` one target."""
        there = self.web.host(host)
        good = there.answer

        def handle(connection: Connection, request: Request) -> None:
            assert request.seen.at is not None
            meant = request.target == only if only is not None else request.target != "/robots.txt"
            if hour(begin) <= request.seen.at < hour(end) and meant:
                answer(connection)
            else:
                good(connection, request)

        there.gate = handle
