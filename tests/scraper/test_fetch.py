"""One hop against the loopback web: what goes over the wire, and what is recorded of what comes back."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from msgspec.structs import replace

from archive.errors import StorageError
from archive.spool import MOST_IN_MEMORY
from scraper.body import decoded
from scraper.fetch import Fetcher
from scraper.settings import FetchSettings
from tests.scraper.net import FakeTime, failed, fetcher, get, raw
from tests.site import Host, Web

# ---------------------------------------------------------------------------------------------------- what is sent


def test_what_is_sent(host: Host, web: Web, asker: Fetcher) -> None:
    host.page("/story", "x")
    exchange = asker.hop(get("http://news.test/story"))
    (seen,) = web.log
    names = [name for name, _ in seen.headers]
    assert names == ["Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Connection"]
    assert seen.header("Accept-Encoding") == "gzip"
    assert (seen.header("User-Agent") or "").startswith("tearsheet/")
    assert (seen.header("Accept") or "").startswith("text/html")
    assert exchange.request.startswith(b"GET /story HTTP/1.1\r\nHost: news.test\r\n")
    assert exchange.request.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("/%7Euser/./a/../b", "/%7Euser/./a/../b"),
        ("/font.woff?", "/font.woff?"),
        ("/a%2fb%2Fc", "/a%2fb%2Fc"),
        ("/a?q=[1]&r=(2)'*", "/a?q=[1]&r=(2)%27*"),
        ('/quo"te', "/quo%22te"),
        ("/a b?c d", "/a%20b?c%20d"),
        ("/stra\u00dfe?\u00fc#part", "/stra%C3%9Fe?%C3%BC"),
        ("", "/"),
        ("?q", "/?q"),
        ("//double//", "//double//"),
        ("/a{b}^", "/a%7Bb%7D%5E"),
        ("/%zz%", "/%zz%"),
        ("/?a=b;c=d&&", "/?a=b;c=d&&"),
    ],
)
def test_the_target_goes_over_the_wire_as_written(
    host: Host, web: Web, asker: Fetcher, written: str, target: str
) -> None:
    host.otherwise(lambda connection, request: connection.respond(200, "x"))
    for scheme in ("http", "https"):
        exchange = asker.hop(get(f"{scheme}://news.test{written}"))
        assert exchange.url == f"{scheme}://news.test{target}"
        assert web.log[-1].target == target


def test_the_host_header_names_a_port_that_is_not_the_schemes_own(web: Web) -> None:
    web.host("news.test").page("/", "x")
    asker = fetcher(web, connect_to=(f"news.test:8080:127.0.0.1:{web.http_port}",))
    exchange = asker.hop(get("http://NEWS.test:8080"))
    asker.close()
    assert (exchange.status, exchange.url) == (200, "http://news.test:8080/")
    assert web.log[0].header("Host") == "news.test:8080"


def test_names_go_over_the_wire_in_punycode(web: Web, asker: Fetcher) -> None:
    web.host("xn--bcher-kva.test").page("/", "x")
    for scheme in ("http", "https"):
        assert asker.hop(get(f"{scheme}://b\u00fccher.test/")).status == 200
    assert web.log[0].header("Host") == "xn--bcher-kva.test"


def test_the_contact_stands_in_the_user_agent(web: Web, host: Host) -> None:
    host.page("/", "x")
    asker = fetcher(web, contact="https://us.test/about")
    asker.hop(get("http://news.test/"))
    asker.close()
    assert (web.log[0].header("User-Agent") or "").endswith("(+https://us.test/about)")


def test_accept_says_what_is_wanted(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "x")
    for kind in ("image", "style", "script", "something new"):
        asker.hop(get("http://news.test/", kind=kind))
    image, style, script, new = (seen.header("Accept") or "" for seen in web.log)
    assert image.startswith("image/") and style.startswith("text/css") and (script, new) == ("*/*", "*/*")


@pytest.mark.parametrize(
    ("page", "asked", "sent"),
    [
        ("http://news.test/story?x#y", "http://news.test/a.css", "http://news.test/story?x"),
        ("http://user:secret@news.test/story", "http://news.test/a.css", "http://news.test/story"),
        ("https://other.test/story", "https://news.test/a.css", "https://other.test/"),
        ("https://news.test/story", "http://news.test/a.css", None),
        ("nonsense", "http://news.test/a.css", None),
    ],
)
def test_the_referer_is_what_browsers_send(
    web: Web, host: Host, asker: Fetcher, page: str, asked: str, sent: str | None
) -> None:
    host.page("/a.css", "x")
    asker.hop(get(asked, referer=page))
    assert web.log[0].header("Referer") == sent


def test_a_conditional_request_and_its_304(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "x", headers=(("ETag", 'W/"1"'), ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")))
    request = get("http://news.test/").conditional('W/"1"', "Mon, 01 Jan 2024 00:00:00 GMT")
    exchange = asker.hop(request)
    assert (exchange.status, exchange.body.size, exchange.failure) == (304, 0, None)
    assert web.log[0].header("If-None-Match") == 'W/"1"'
    assert web.log[0].header("If-Modified-Since") == "Mon, 01 Jan 2024 00:00:00 GMT"


def test_a_condition_cannot_smuggle_a_header(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "x")
    assert asker.hop(get("http://news.test/").conditional('"1"\r\nEvil: yes', "\u4e00")).status == 200
    assert web.log[0].header("Evil") is None and web.log[0].header("If-Modified-Since") is None


def test_a_header_that_would_break_the_request_is_not_sent(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "x")
    exchange = asker.once(replace(get("http://news.test/"), authorization="LOW a:b\r\nEvil: yes"))
    assert failed(exchange) == ("connect", None) and not web.log


def test_no_environment_variable_has_a_say(
    web: Web, host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host.page("/", "x")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine news.test login a password b\n")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{web.refusing_port}")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(netrc))
    monkeypatch.setenv("SSL_CERT_FILE", str(netrc))
    asker = fetcher(web)
    assert [asker.hop(get(f"{scheme}://news.test/")).status for scheme in ("http", "https")] == [200, 200]
    asker.close()
    assert web.log[0].header("Authorization") is None


# ------------------------------------------------------------------------------------------------ what is recorded


def test_the_answer_is_recorded_byte_for_byte(host: Host, asker: Fetcher) -> None:
    head = (
        b"HTTP/1.1 200 Quite  OK\r\nserver:  odd\r\nX-Folded: one\r\n\ttwo\r\nSet-Cookie: a=b\r\nbroken line\r\n"
        b"X-Latin: caf\xe9\r\nContent-Length:5\r\nset-cookie: c=d\r\n\r\n"
    )
    raw(host, "/", head + b"hello", then="keep")
    exchange = asker.hop(get("http://news.test/"))
    assert exchange.head == head
    assert exchange.body.bytes() == b"hello"
    assert (exchange.status, exchange.failure, exchange.truncated, exchange.ip) == (200, None, None, "127.0.0.1")
    assert exchange.header("x-folded") == "one two"
    assert [v for k, v in exchange.headers if k.lower() == "set-cookie"] == ["a=b", "c=d"]
    assert exchange.redacted == ()


def test_the_content_coding_stays_and_the_transfer_coding_goes(host: Host, asker: Fetcher) -> None:
    packed = gzip.compress(b"hello " * 1000)
    chunks = [packed[:10], packed[10:20], packed[20:]]
    host.route("/", lambda c, r: c.chunked(200, chunks, [("Content-Encoding", "gzip")], trailer=b"X-Trailer: late\r\n"))
    exchange = asker.hop(get("http://news.test/"))
    assert exchange.body.bytes() == packed
    assert b"Transfer-Encoding: chunked\r\n" in exchange.head
    assert decoded(exchange, 10**6) == b"hello " * 1000
    assert exchange.body.digest.startswith("sha256:")


def test_early_hints_are_not_the_answer(web: Web, host: Host, asker: Fetcher) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    raw(host, "/", hints * 3 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", then="keep")
    for _ in range(2):
        exchange = asker.hop(get("http://news.test/"))
        assert (exchange.status, exchange.body.bytes()) == (200, b"ok")
        assert exchange.head.startswith(b"HTTP/1.1 200")
    assert web.connections == 1


def test_many_headers_are_fine_up_to_the_limit(web: Web, host: Host) -> None:
    asker = fetcher(web, max_header=64 * 1024)
    host.page("/many", "x", headers=[(f"X-{i}", "y" * 20) for i in range(500)])
    host.page("/more", "x", headers=[("X-Large", "y" * 70_000)])
    assert len(asker.hop(get("http://news.test/many")).headers) == 502
    exchange = asker.hop(get("http://news.test/more"))
    assert failed(exchange) == ("too large", None)
    assert (exchange.status, exchange.head, exchange.attempts) == (None, b"", 1)
    asker.close()


def test_a_body_without_a_length_ends_with_the_connection(web: Web, host: Host, asker: Fetcher) -> None:
    raw(host, "/", b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nto the end")
    for scheme in ("http", "https"):
        exchange = asker.hop(get(f"{scheme}://news.test/"))
        assert (exchange.body.bytes(), exchange.failure) == (b"to the end", None)


def test_a_large_body_lies_on_disk_and_goes_with_its_spool(web: Web, host: Host, tmp_path: Path) -> None:
    host.page("/", b"x" * (MOST_IN_MEMORY + 1))
    settings = FetchSettings(connect_to=web.connect_to, allow_private_addresses=True)
    asker = Fetcher(settings, spool_folder=tmp_path)
    exchange = asker.hop(get("http://news.test/"))
    asker.close()
    assert len(list(tmp_path.iterdir())) == 1
    exchange.body.close()
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_cannot_be_stored_is_the_one_thing_that_raises(web: Web, host: Host, tmp_path: Path) -> None:
    host.page("/", b"x" * (MOST_IN_MEMORY + 1))
    asker = Fetcher(
        FetchSettings(connect_to=web.connect_to, allow_private_addresses=True), spool_folder=tmp_path / "none"
    )
    with pytest.raises(StorageError):
        asker.hop(get("http://news.test/"))
    asker.close()


def test_times_are_the_clocks(web: Web, host: Host) -> None:
    host.page("/", "x")
    passing = FakeTime()
    asker = fetcher(web, passing.hands())
    exchange = asker.hop(get("http://news.test/"))
    asker.close()
    assert exchange.time == passing.hands().clock()
    assert exchange.elapsed == 0
