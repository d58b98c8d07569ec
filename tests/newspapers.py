"""The twenty hosts of the ten days, and the sources that a newsroom's archive has of them."""

from __future__ import annotations

from pathlib import Path

from scraper.settings import Source
from tests.newsroom import Newsroom, Story, hour
from tests.site import Connection, Request

BY_AGE = "6 h for a day, then daily for a week, then weekly"
CRAWL_DELAY = {"slow.test": 20.0, "slower.test": 5.0}
DOWN = (27.0, 51.0)
BUSY_FROM, BUSY_FOR = 50.0, 25 * 3600
SORRY = (50.0, 95.0)
RUDE = (63.0, 87.0)
BROKEN = (50.0, 98.0)
SECRET = "/secret/"
ABOUT = "All that is new from the harbour, the town and the islands, each day, by people who live here. " * 4
PLAIN = ("rss.test", "atom.test", "json.test", "index.test", "news.test", "maps.test", "site.test", "blog.test")
"""Hosts where nothing goes wrong and each story has one address."""


def newspapers(room: Newsroom, folder: Path) -> list[Source]:
    """All hosts with their stories, and the sources."""
    return [*_feeds(room), *_sitemaps(room), *_sites(room), *_slow(room, folder), *_troubled(room), *_many_named(room)]


def _feeds(room: Newsroom) -> list[Source]:
    return [
        Source(
            "feed",
            room.rss("rss.test", "/feed", room.publish("rss.test", 8, 30.0, validator="etag")),
            recapture_after=BY_AGE,
        ),
        Source("feed", room.atom("atom.test", "/feed", room.publish("atom.test", validator="date"))),
        Source("feed", room.json_feed("json.test", "/feed", room.publish("json.test"))),
    ]


def _sitemaps(room: Newsroom) -> list[Source]:
    indexed = room.publish("index.test", 8, 30.0)
    maps = [
        room.sitemap("index.test", "/one.xml", indexed[::2]),
        room.sitemap("index.test", "/two.xml.gz", indexed[1::2], zip=True),
    ]
    room.sitemap("maps.test", "/hidden/map.xml", room.publish("maps.test", validator="etag"))
    room.web.host("maps.test").robots("User-agent: *\nAllow: /\nSitemap: https://maps.test/hidden/map.xml\n")
    news = room.publish("news.test", validator="etag")
    return [
        Source("sitemap", room.index("index.test", "/sitemap.xml", maps)),
        Source("sitemap", room.sitemap("news.test", "/news.xml", news, dated=True, news=True)),
        Source("sitemap", "https://maps.test/"),
    ]


def _sites(room: Newsroom) -> list[Source]:
    stories = room.publish("site.test")
    room.front("site.test", "/section", stories[::2])
    more = f"<p>{ABOUT}</p>" + '<a href="https://elsewhere.test/x">elsewhere</a><a href="/section">section</a>'
    front = room.front("site.test", "/", stories, more)
    posts = [
        room.tell(Story(len(room.stories), "blog.test", f"/blog/{n}", born=max(0, 24.0 * n - 21), validator="date"))
        for n in range(6)
    ]
    outside = f'<p>{ABOUT}</p><a href="/shop/1">shop</a><a href="/blog/shop.jpg">picture</a>'
    blog = room.front("blog.test", "/blog/", posts, outside)
    return [Source("site", front, depth=2), Source("site", blog, scope="prefix")]


def _slow(room: Newsroom, folder: Path) -> list[Source]:
    for host, seconds in CRAWL_DELAY.items():
        room.web.host(host).robots(f"User-agent: *\nCrawl-delay: {seconds:g}\n")
    listed = room.publish("slower.test", 6, scheme="http", born=0.0)
    (folder / "list.txt").write_text("# mine\n" + "\n".join(story.url for story in listed))
    return [
        Source("feed", room.rss("slow.test", "/feed", room.publish("slow.test", validator="etag"))),
        Source("list", path=folder / "list.txt"),
    ]


def _troubled(room: Newsroom) -> list[Source]:
    def down(connection: Connection) -> None:
        connection.respond(503, "down for a day")

    def busy(connection: Connection) -> None:
        connection.respond(429, "too much", (("Retry-After", str(BUSY_FOR)),))

    def rude(connection: Connection) -> None:
        connection.cut()

    def sorry(connection: Connection, request: Request) -> None:
        assert request.seen.at is not None
        bad = hour(SORRY[0]) <= request.seen.at < hour(SORRY[1])
        connection.respond(503 if bad else 404, "sorry", (("Content-Type", "text/plain"),))

    room.trouble("down.test", *DOWN, down)
    room.trouble("busy.test", BUSY_FROM, BUSY_FROM + 8, busy)
    room.trouble("rude.test", *RUDE, rude)
    room.publish("late.test", 3, missing=(0.0, 20.0), edits=(), repaints=())
    room.publish("late.test", 3, missing=(30.0, 500.0), edits=(), repaints=())
    room.web.host("private.test").robots(f"User-agent: *\nDisallow: {SECRET}\n")
    room.publish("private.test")
    for number in range(2):
        room.tell(Story(len(room.stories), "private.test", f"{SECRET}{number}"))
    room.web.host("sorry.test").route("/robots.txt", sorry)
    broken = room.rss("broken.test", "/feed", room.publish("broken.test", 8, 30.0))

    def breaks(connection: Connection) -> None:
        connection.respond(200, "<html><head><title>Sorry</title></head><body>no feed today</body></html>")

    room.trouble("broken.test", *BROKEN, breaks, only="/feed")
    return [
        *(
            Source("feed", room.rss("hub.test", f"/{name}.xml", room.of(f"{name}.test")))
            for name in ("late", "private")
        ),
        *(
            Source("feed", room.rss("hub.test", f"/{name}.xml", room.publish(f"{name}.test", 8, 12.0)))
            for name in ("down", "rude", "sorry")
        ),
        Source("feed", room.rss("busy.test", "/feed", room.publish("busy.test", 8, 12.0))),
        Source("feed", broken),
    ]


def _many_named(room: Newsroom) -> list[Source]:
    """Stories with several addresses: redirects, tracking, AMP, http and www."""
    moved = room.publish("moved.test")
    for story in moved:
        room.web.host("short.test").redirect(f"/s/{story.number}", story.url, 301)
    tracked = room.publish("track.test")
    amp: list[Story] = []
    for n in range(5):
        number = len(room.stories)
        canonical = f"https://amp.test/story/{number}"
        story = Story(number, "amp.test", f"/story/{number}", born=max(0, 24.0 * n - 21), canonical=canonical)
        amp.append(room.tell(story))
        room.answer(story, "amp.test", f"/amp/story/{number}", " amp")
    twins = room.publish("twin.test")
    for story in twins:
        room.answer(story, "www.twin.test", story.path)
    room.page("www.twin.test", "/style.css", lambda _: b"body{}", "text/css")
    return [
        Source("feed", room.rss("short.test", "/feed", moved, lambda story: f"https://short.test/s/{story.number}")),
        Source("sitemap", room.sitemap("moved.test", "/sitemap.xml", moved[:3])),
        Source(
            "feed",
            room.rss("track.test", "/feed", tracked, lambda story: f"{story.url}?utm_source=rss&utm_medium=feed"),
        ),
        Source("sitemap", room.sitemap("track.test", "/sitemap.xml", tracked)),
        Source("feed", room.rss("amp.test", "/feed", amp, lambda story: story.url.replace("/story/", "/amp/story/"))),
        Source("feed", room.rss("twin.test", "/feed", twins, lambda story: f"http://www.twin.test{story.path}")),
        Source("sitemap", room.sitemap("twin.test", "/sitemap.xml", twins)),
    ]
