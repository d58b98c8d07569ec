"""What is kept replays in real pywb, started in the root with nothing converted."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Home, home
from tests.pywb import replaying
from tests.site import Web
from tests.test_fetch_command import ARTICLE, PIXEL

pytestmark = pytest.mark.pywb

PAGE = ARTICLE.replace(
    "<article>",
    '<link rel=stylesheet href="/s.css"><article><img src="/p.png" srcset="/p2.png 2x">'
    '<img data-src="//cdn.test/lazy.png">',
)
CSS = '@import "deep.css"; @font-face { font-family: x; src: url("font.woff?#iefix") }'


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        host = web.host("news.test")
        host.page("/a", gzip.compress(PAGE.encode(), mtime=0), headers=(("Content-Encoding", "gzip"), ("ETag", '"v1"')))
        host.redirect("/old", "/a")
        host.page("/s.css", CSS, type="text/css")
        host.page("/deep.css", "h1 { background: url(deep.png) }", type="text/css")
        host.page("/font.woff?", b"wOFF" + bytes(600), type="font/woff")
        for name in ("/p.png", "/p2.png", "/deep.png"):
            host.page(name, PIXEL + name.encode(), type="image/png")
        web.host("cdn.test").page("/lazy.png", PIXEL, type="image/png")
        yield web


@pytest.fixture
def kept(tmp_path: Path, web: Web) -> Home:
    there = home(tmp_path, web)
    row = there.fetch("https://news.test/old")
    assert row["verdict"] == "article"
    assert row["requisites"] == 7
    return there


def test_pages_pictures_redirects_revisits_and_texts_replay(kept: Home, web: Web) -> None:
    assert kept.fetch("--again", "https://news.test/a")["verdict"] == "unchanged"
    assert web.seen("news.test", "/a")[-1].header("if-none-match") == '"v1"'
    web.host("news.test").page("/a", gzip.compress(PAGE.encode(), mtime=0), headers=(("Content-Encoding", "gzip"),))
    assert kept.fetch("--again", "https://news.test/a")["verdict"] == "unchanged"
    web.host("news.test").page("/a", "<title>Just a moment...</title>", status=403)
    assert kept.run("fetch", "--again", "https://news.test/a").code == 9
    with replaying(kept.folder / "kept") as pywb:
        for when in ("", "2026", "20991231"):
            page = pywb.get(f"/main/{when}id_/https://news.test/a")
            assert page.status == 200
            assert (
                gzip.decompress(page.body).decode() == PAGE
                if page.body[:2] == b"\x1f\x8b"
                else page.body.decode() == PAGE
            )
        latest = pywb.get("/main/mp_/https://news.test/a")
        assert latest.status == 200
        assert b"A quiet day at the pier" in latest.body
        assert "Memento-Datetime" in latest.headers
        assert pywb.get("/main/mp_/https://news.test/old").status == 200
        for name in ("p.png", "p2.png", "deep.png"):
            picture = pywb.get(f"/main/id_/https://news.test/{name}")
            assert (picture.status, picture.body) == (200, PIXEL + f"/{name}".encode())
            assert picture.headers["Content-Type"] == "image/png"
        assert pywb.get("/main/id_/https://cdn.test/lazy.png").body == PIXEL
        assert pywb.get("/main/id_/https://news.test/font.woff?").body.startswith(b"wOFF")
        text = pywb.get("/main/id_/urn:text:https://news.test/a")
        assert text.status == 200
        assert "A quiet day at the pier" in text.body.decode()
        captures = pywb.get("/main/cdx?url=https://news.test/a&output=json").body.decode().splitlines()
        assert len(captures) == 3


def test_the_latest_capture_is_the_one_that_was_confirmed_last(kept: Home) -> None:
    kept.fetch("--again", "https://news.test/a")
    with replaying(kept.folder / "kept") as pywb:
        listed = pywb.get("/main/timemap/link/https://news.test/a").body.decode()
        mementos = [line for line in listed.splitlines() if 'rel="memento"' in line]
        latest = pywb.get("/main/mp_/https://news.test/a")
        assert len(mementos) == 2
        assert latest.headers["Memento-Datetime"] in mementos[-1]
