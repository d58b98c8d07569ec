"""Each limit, refusal and verdict, end to end: what a misbehaving server does, what the command says, where it lies."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.warc.reader import StoredRecord, read_records
from tests.command import Home, home
from tests.scraper import walls
from tests.site import Web
from tests.site.connection import Connection, Request
from tests.test_fetch_command import ARTICLE

CHALLENGE = next(iter(walls.CHALLENGES.values()))[-1]
HTML = ("Content-Type", "text/html; charset=utf-8")
SMALL = 200_000


def stall(connection: Connection, request: Request) -> None:
    connection.stall()


def stall_in_body(connection: Connection, request: Request) -> None:
    connection.head(200, [HTML, ("Content-Length", "5000")])
    connection.send(b"<p>half of it")
    connection.stall()


def drip_head(connection: Connection, request: Request) -> None:
    connection.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Drip: drip\r\n" * 1000, size=3)


def drip_body(connection: Connection, request: Request) -> None:
    connection.head(200, [HTML, ("Content-Length", "100000")])
    connection.drip(b"a" * 100_000, size=5)


def cut(connection: Connection, request: Request) -> None:
    connection.head(200, [HTML, ("Content-Length", "5000")])
    connection.send(ARTICLE.encode()[:1000])
    connection.close()


def huge(connection: Connection, request: Request) -> None:
    connection.head(200, [HTML])
    for _ in range(100):
        connection.send(b"<p>" + b"x" * 65536)
    connection.close()


def bomb(connection: Connection, request: Request) -> None:
    connection.respond(200, gzip.compress(bytes(30_000_000)), [HTML, ("Content-Encoding", "gzip")])


def long_head(connection: Connection, request: Request) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"y" * 300_000 + b"\r\n\r\n")


def early_hints(connection: Connection, request: Request) -> None:
    connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n")
    connection.respond(200, ARTICLE.replace("pier", "quay"), [HTML])


def not_http(connection: Connection, request: Request) -> None:
    connection.send(b"SSH-2.0-OpenSSH_9.2\r\n")
    connection.close()


EXPECTED: dict[str, str] = {
    "/article": "article",
    "/hints": "article",
    "/pdf": "document",
    "/gone": "gone",
    "/missing": "gone",
    "/forbidden": "blocked",
    "/login": "blocked",
    "/law": "blocked",
    "/robots-say-no": "blocked",
    "/to-private": "blocked",
    "/to-file": "blocked",
    "/busy": "rate limited",
    "/broken": "server error",
    "/cut": "unreachable",
    "/stall": "unreachable",
    "/not-http": "unreachable",
    "/loop": "unreachable",
    "/many": "unreachable",
    "/drip-head": "too slow",
    "/drip-body": "too slow",
    "/huge": "too large",
    "/bomb": "too large",
    "/long-head": "too large",
    "/challenge": "challenge",
    "/challenge-200": "challenge",
    "/consent": "consent wall",
    "/stub": "paywall stub",
    "/not-found": "soft 404",
    "/nothing": "empty",
    "/shell": "empty",
}
TRUNCATED = {"/cut": "disconnect", "/drip-body": "time", "/huge": "length", "/bomb": "length"}


def build(web: Web) -> list[str]:
    host = web.host("news.test")
    host.robots("User-agent: tearsheet\nDisallow: /robots-say-no\n")
    host.page("/article", ARTICLE)
    host.page("/pdf", b"%PDF-1.7\n" + bytes(2000), type="text/html")
    for path, status in (
        ("/gone", 410),
        ("/forbidden", 403),
        ("/login", 401),
        ("/law", 451),
        ("/busy", 429),
        ("/broken", 500),
    ):
        host.page(path, f"<h1>Status {status}</h1>", status=status)
    host.redirect("/to-private", "http://169.254.169.254/latest/meta-data/")
    host.redirect("/to-file", "file:///etc/passwd")
    host.redirect("/loop", "/loop2")
    host.redirect("/loop2", "/loop")
    host.redirect("/many", "/many1")
    for n in range(1, 15):
        host.redirect(f"/many{n}", f"/many{n + 1}")
    for path, handler in (
        ("/stall", stall_in_body),
        ("/drip-head", drip_head),
        ("/drip-body", drip_body),
        ("/cut", cut),
        ("/huge", huge),
        ("/bomb", bomb),
        ("/long-head", long_head),
        ("/hints", early_hints),
        ("/not-http", not_http),
    ):
        host.route(path, handler)
    host.page("/challenge", "<title>Just a moment...</title>", status=403, headers=(("cf-mitigated", "challenge"),))
    host.page("/challenge-200", CHALLENGE)
    host.page("/consent", walls.CONSENT["a pay-or-consent page in place"][2])
    host.page("/stub", next(iter(walls.STUBS.values())))
    host.page("/not-found", walls.not_found("Page not found", "Page not found", "We looked everywhere."))
    host.page("/nothing", "")
    host.page("/shell", walls.SHELL)
    return [f"https://news.test{path}" for path in EXPECTED]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, dict[str, dict[str, Any]]]]:
    with Web() as web:
        addresses = build(web)
        there = home(
            tmp_path_factory.mktemp("verdicts"),
            web,
            fetch__timeout="4",
            fetch__read_timeout="2",
            fetch__max_size=str(SMALL),
            crawl__concurrency="30",
        )
        (there.folder / "links.txt").write_text("\n".join(addresses))
        done = there.run("fetch", "--json", "-i", "links.txt")
        assert done.code == 1, done.err
        yield there, {row["url"].removeprefix("https://news.test"): row for row in done.rows}


@pytest.mark.parametrize(("path", "verdict"), EXPECTED.items())
def test_verdict_and_reason(ran: tuple[Home, dict[str, dict[str, Any]]], path: str, verdict: str) -> None:
    row = ran[1][path]
    assert row["verdict"] == verdict, row["reason"]
    assert len(row["reason"]) > 8
    kept = verdict in ("article", "document")
    assert f"/{'archive' if kept else 'quarantine'}/" in row["warc"]
    assert (row["text"] is not None) == (verdict == "article")


def records(there: Home, folder: str) -> dict[str, StoredRecord]:
    return {
        record.url.removeprefix("https://news.test"): record
        for warc in there.warcs(folder)
        for record in read_records(warc, strict=True)
        if record.type == "response"
    }


def test_what_a_limit_cut_is_marked(ran: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    found = records(ran[0], "quarantine")
    assert {path: found[path].header("WARC-Truncated") for path in TRUNCATED} == TRUNCATED
    assert found["/huge"].content_length < SMALL + 1000
    assert found["/bomb"].content_length < SMALL
    assert found["/gone"].header("WARC-Truncated") is None
    assert found["/many9"].http_head.startswith(b"HTTP/1.1 302")


def test_nothing_bad_is_in_the_index_or_the_pages_list(ran: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    there = ran[0]
    assert set(records(there, "archive")) - {"/robots.txt"} == {"/article", "/hints", "/pdf"}
    index = (there.collection / "indexes" / "index.cdxj").read_text()
    pages = [
        json.loads(line)["url"] for line in (there.collection / "pages" / "pages.jsonl").read_text().splitlines()[1:]
    ]
    kept = {f"https://news.test{path}" for path in ("/article", "/hints", "/pdf")}
    assert set(pages) == kept
    for path in EXPECTED:
        assert (f'"https://news.test{path}"' in index) == (f"https://news.test{path}" in kept)


def test_robots_txt_is_kept_once(ran: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    there = ran[0]
    catalog = sqlite3.connect(there.collection / "catalog.sqlite")
    rows = catalog.execute("SELECT count(*) FROM captures WHERE url = 'https://news.test/robots.txt'").fetchone()
    catalog.close()
    assert rows == (1,)


def test_a_bad_answer_never_takes_the_place_of_a_good_one(tmp_path: Path) -> None:
    with Web() as web:
        host = web.host("news.test")
        host.page("/a", ARTICLE.replace("<article>", '<link rel=stylesheet href="/s.css"><article>'))
        host.page("/s.css", "p { color: red }", type="text/css")
        there = home(tmp_path, web)
        good = there.fetch("https://news.test/a")
        text = Path(good["text"]).read_bytes()
        host.page("/a", CHALLENGE, status=403)
        bad = there.run("fetch", "--json", "--again", "https://news.test/a")
        assert bad.code == 9
        assert bad.rows[0]["verdict"] == "challenge"
        assert Path(good["text"]).read_bytes() == text
        assert there.run("show", "https://news.test/a").out.rstrip("\n") == text.decode()
        host.page("/a", ARTICLE.replace("<article>", '<link rel=stylesheet href="/s.css"><article>Changed. '))
        host.page("/s.css", "gone", status=404)
        third = there.fetch("--again", "https://news.test/a")
        assert third["verdict"] == "article"
        assert third["missing_requisites"] == ["https://news.test/s.css"]
        index = (there.collection / "indexes" / "index.cdxj").read_text().splitlines()
        assert [json.loads(line.split(" ", 2)[2])["status"] for line in index if "s.css" in line] == ["200"]
        assert there.run("rebuild").code == 0
        assert (there.collection / "indexes" / "index.cdxj").read_text().splitlines() == index


def test_unreachable_servers_and_bad_certificates(tmp_path: Path) -> None:
    with Web() as web:
        for certificate in ("expired", "untrusted", "other.test"):
            web.host(f"{certificate.removesuffix('.test')}.test", certificate).page("/", ARTICLE)
        there = home(tmp_path, web)
        rows = there.run(
            "fetch", "--json", "https://expired.test/", "https://untrusted.test/", "https://other.test/"
        ).rows
        bad = [row for row in rows if row["verdict"] == "unreachable"]
        assert {row["url"] for row in bad} >= {"https://expired.test/", "https://untrusted.test/"}
        assert all("certificate" in row["reason"] for row in bad)
        refused = home(tmp_path / "refused", None, fetch__allow_private_addresses="true")
        row = refused.fetch(f"http://127.0.0.1:{web.refusing_port}/")
        assert row["verdict"] == "unreachable"
        assert "refused" in row["reason"]


def test_private_addresses_are_refused_without_a_request(tmp_path: Path) -> None:
    with Web() as web:
        there = home(tmp_path, None)
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"):
            row = there.fetch(f"http://{host}:{web.http_port}/")
            assert row["verdict"] == "blocked", row
            assert "address" in row["reason"]
        assert web.connections == 0


def test_what_stands_in_the_place_of_an_article_is_not_asked_for_its_pictures(tmp_path: Path) -> None:
    picture = '<img src="/seen.png">'
    pages = {
        "/challenge": CHALLENGE + picture,
        "/not-found": f"<title>Page not found</title><h1>Page not found</h1>{picture}<p>There is nothing here.</p>",
        "/sign": f'<meta http-equiv="refresh" content="0; url=/article">{picture}',
        "/article": ARTICLE.replace("<article>", '<article><img src="/own.png">'),
    }
    with Web() as web:
        host = web.host("news.test")
        for path, page in pages.items():
            host.page(path, page)
        for name in ("seen", "own"):
            host.page(f"/{name}.png", b"\x89PNG\r\n\x1a\n", type="image/png")
        there = home(tmp_path, web)
        ran = there.run(
            "fetch", "--json", *(f"https://news.test{path}" for path in ("/challenge", "/not-found", "/sign"))
        )
        assert sorted(row["verdict"] for row in ran.rows) == ["article", "challenge", "soft 404"]
        asked = [seen.target for seen in web.log]
        assert "/own.png" in asked
        assert "/seen.png" not in asked
