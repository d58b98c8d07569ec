"""Who is asked at all, how certificates are checked, redirects, cookies, credentials and retries."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import ConfigError
from scraper.fetch import CookieJar, Fetcher, HopRequest, next_hop, not_asked
from scraper.settings import FetchSettings
from tests.scraper.net import failed, fetcher, get, impatient, raw
from tests.site import Connection, Host, Request, Web

# -------------------------------------------------------------------------------------------------------- guard


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://2130706433:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
    ],
)
def test_private_addresses_are_not_asked(web: Web, url: str) -> None:
    web.host("127.0.0.1").page("/", "inside")
    asker = fetcher(web, allow_private_addresses=False, connect_to=())
    exchange = asker.hop(get(url.format(port=web.http_port)))
    asker.close()
    assert failed(exchange) == ("refused by us", None)
    assert web.connections == 0


@pytest.mark.promise("web", each="attacks")
def test_a_name_that_leads_inside_is_not_asked(web: Web) -> None:
    """The name passes as written; what it resolves to does not. The second look-up cannot differ: there is none."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    settings = FetchSettings(connect_to=(f":80::{web.http_port}",), tries=1)
    asker = Fetcher(settings, hands=impatient([]), resolver=rebinding)
    exchange = asker.hop(get("http://rebind.test/"))
    asker.close()
    assert failed(exchange) == ("refused by us", None)
    assert (asked, web.connections) == (["rebind.test"], 0)


@pytest.mark.promise("web", each="attacks")
def test_a_redirect_inside_is_not_followed(web: Web, host: Host) -> None:
    web.host("127.0.0.1").page("/admin", "secret")
    asker = fetcher(web, allow_private_addresses=True)
    host.redirect("/", "http://0.0.0.0/admin")
    host.redirect("/file", "file:///etc/passwd")
    host.redirect("/meta", "http://169.254.169.254/latest/")
    for path in ("/", "/file", "/meta"):
        chain = asker.chain(get("http://news.test" + path))
        assert [hop.status for hop in chain] == [302, None]
        assert failed(chain[-1]) == ("refused by us", None)
    asker.close()


@pytest.mark.parametrize(
    "url", ["ftp://news.test/", "javascript:alert(1)", "http://", "", "\x00", "http://user:secret@:80/"]
)
def test_what_is_no_http_address_is_an_exchange_that_says_so(web: Web, asker: Fetcher, url: str) -> None:
    exchange = asker.hop(get(url))
    assert failed(exchange) == ("refused by us", None)
    assert "secret" not in repr(exchange)


# --------------------------------------------------------------------------------------------------------- TLS


def test_tls_by_name(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "x")
    exchange = asker.hop(get("https://news.test/"))
    assert (exchange.status, exchange.url, exchange.ip) == (200, "https://news.test/", "127.0.0.1")
    assert web.log[0].tls


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize("certificate", ["expired", "untrusted", "other.test"])
def test_certificates_that_are_not_valid(web: Web, asker: Fetcher, certificate: str) -> None:
    web.host("bad.test", certificate).page("/", "x")
    exchange = asker.hop(get("https://bad.test/"))
    assert failed(exchange) == ("tls", None)
    assert exchange.failure is not None and "certificate of bad.test" in exchange.failure.message
    assert web.seen("bad.test") == []


def test_the_usual_certificates_do_not_trust_the_loopback_web(web: Web, host: Host) -> None:
    asker = fetcher(web, ca_bundle=None)
    assert failed(asker.hop(get("https://news.test/")))[0] == "tls"
    asker.close()


def test_a_bundle_that_cannot_be_read_is_a_config_error(web: Web, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    for name in ("none.pem", "empty.pem"):
        with pytest.raises(ConfigError, match="ca_bundle"):
            fetcher(web, ca_bundle=tmp_path / name)


# ------------------------------------------------------------------------------------------------------- redirects


def test_a_chain_is_every_hop(web: Web, host: Host, asker: Fetcher) -> None:
    host.redirect("/a", "b?x#frag", 301)
    host.redirect("/b", "//other.test/c", 302)
    web.host("other.test").redirect("/c", "https://other.test/d", 303)
    web.host("other.test").redirect("/d", "/e%7E?", 307)
    web.host("other.test").redirect("/e%7E", "/f\u00fc".encode().decode("latin-1"), 308)
    web.host("other.test").page("/f%C3%BC", "here")
    chain = asker.chain(get("http://news.test/a#start"))
    assert [hop.url for hop in chain] == [
        "http://news.test/a",
        "http://news.test/b?x",
        "http://other.test/c",
        "https://other.test/d",
        "https://other.test/e%7E?",
        "https://other.test/f%C3%BC",
    ]
    assert [hop.status for hop in chain] == [301, 302, 303, 307, 308, 200]
    assert chain[-1].body.bytes() == b"here"


@pytest.mark.promise("web", each="attacks")
def test_circles_and_endless_redirects_are_told(web: Web, host: Host, asker: Fetcher) -> None:
    host.redirect("/a", "/b")
    host.redirect("/b", "/a#again")
    chain = asker.chain(get("http://news.test/a"))
    assert [hop.status for hop in chain] == [302, 302, None]
    assert chain[-1].failure is not None
    assert chain[-1].failure.message == "the redirects go in a circle: back to http://news.test/a"
    count = iter(range(100))
    host.otherwise(lambda c, r: c.respond(302, headers=[("Location", f"/n{next(count)}")]))
    chain = asker.chain(get("http://news.test/n"), 3)
    assert [hop.status for hop in chain] == [302, 302, 302, 302, None]
    assert failed(chain[-1]) == ("redirects", None)


def test_a_site_that_looks_whether_its_cookie_comes_along(host: Host, asker: Fetcher) -> None:
    def look(connection: Connection, request: Request) -> None:
        if request.header("cookie"):
            connection.respond(200, b"here")
        else:
            connection.respond(302, headers=[("Location", "/a"), ("Set-Cookie", "seen=1")])

    host.route("/a", look)
    assert [hop.status for hop in asker.chain(get("http://news.test/a"))] == [302, 200]
    host.route("/b", lambda c, r: c.respond(302, headers=[("Location", "/b"), ("Set-Cookie", "seen=1")]))
    assert [hop.status for hop in asker.chain(get("http://news.test/b"))] == [302, 302, None]


@pytest.mark.promise("web", each="attacks")
def test_redirects_end_when_the_time_is_over(host: Host, asker: Fetcher) -> None:
    host.redirect("/a", "/b")
    chain = asker.chain(HopRequest("http://news.test/a", until=0.0))
    assert [hop.status for hop in chain] == [302, None]
    assert failed(chain[-1]) == ("too slow", None)


def test_what_is_and_what_is_no_redirect(host: Host, asker: Fetcher) -> None:
    host.page("/300", "x", status=300, headers=(("Location", "/x"),))
    host.page("/304", "x", status=304, headers=(("Location", "/x"),))
    host.page("/201", "x", status=201, headers=(("Location", "/x"),))
    host.page("/302", "x", status=302)
    host.page("/empty", "x", status=302, headers=(("Location", ""),))
    for path in ("/300", "/304", "/201", "/302", "/empty"):
        assert next_hop(asker.hop(get("http://news.test" + path))) is None
    host.redirect("/user", "http://name:secret@news.test/x")
    assert next_hop(asker.hop(get("http://news.test/user"))) == "http://news.test/x"
    assert next_hop(not_asked("http://news.test/", "robots", "no")) is None


# ------------------------------------------------------------------------------------------ cookies and credentials


def test_cookies_live_in_one_chain_only(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "moved", status=302, headers=(("Set-Cookie", "seen=1; Path=/"), ("Location", "/in")))
    host.page("/in", "x")
    chain = asker.chain(get("http://news.test/"))
    assert b"Cookie: seen=1\r\n" in chain[1].request
    assert b"Set-Cookie: seen=1" in chain[0].head
    assert chain[1].redacted == ()
    asker.hop(get("http://news.test/in"))
    assert [seen.header("Cookie") for seen in web.log] == [None, "seen=1", None]


def test_cookies_go_to_their_own_host_alone(web: Web, host: Host, asker: Fetcher) -> None:
    host.page(
        "/",
        "x",
        status=302,
        headers=(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Domain=other.test"), ("Location", "http://other.test/")),
    )
    web.host("other.test").page("/", "x")
    asker.chain(get("http://news.test/"))
    assert web.seen("other.test")[0].header("Cookie") is None


@pytest.mark.promise("web", each="attacks")
def test_hostile_cookies_are_bounded() -> None:
    jar = CookieJar()
    jar.take("http://news.test/", [("Set-Cookie", f"c{i}={'x' * 50}") for i in range(1000)])
    jar.take(
        "http://news.test/", [("Set-Cookie", "large=" + "x" * 5000), ("Set-Cookie", "=;;;=\x01;expires=" + "9" * 3000)]
    )
    header = jar.header("http://news.test/") or ""
    assert header.count("; ") <= 101 and "large" not in header


def test_user_information_is_sent_and_never_recorded(web: Web, host: Host, asker: Fetcher) -> None:
    host.page(
        "/", "x", status=302, headers=(("Set-Cookie", "session=token"), ("X-Other", "stays"), ("Location", "/in"))
    )
    host.page("/in", "x", status=302, headers=(("Location", "http://other.test/"),))
    web.host("other.test").page("/", "x")
    chain = asker.chain(get("http://me:s%40cret@news.test/"))
    first, second, third = web.log
    assert first.header("Authorization") == "Basic bWU6c0BjcmV0"
    assert (second.header("Authorization"), second.header("Cookie")) == ("Basic bWU6c0BjcmV0", "session=token")
    assert (third.header("Authorization"), third.header("Cookie")) == (None, None)
    for hop in chain:
        assert b"uthorization" not in hop.request and b"ookie" not in hop.request
        assert b"session" not in hop.head and hop.header("set-cookie") is None
        assert "me:" not in hop.url
    assert b"X-Other: stays\r\n" in chain[0].head
    assert [hop.redacted for hop in chain] == [("Authorization", "Set-Cookie"), ("Authorization", "Cookie"), ()]


# --------------------------------------------------------------------------------------------------------- retries


def test_what_may_pass_is_asked_again(web: Web, host: Host) -> None:
    answers = iter([503, 429, 200])
    host.route("/", lambda c, r: c.respond(next(answers), "x", [("Retry-After", "2")]))
    slept: list[float] = []
    asker = fetcher(web, impatient(slept), tries=5)
    exchange = asker.hop(get("http://news.test/"))
    asker.close()
    assert (exchange.status, exchange.attempts) == (200, 3)
    assert slept[0] == 2.0 and len(web.log) == 3


def test_a_short_body_is_asked_for_again(web: Web, host: Host) -> None:
    count = 0

    def answer(connection: Connection, request: Request) -> None:
        nonlocal count
        count += 1
        connection.head(200, [("Content-Length", "4")])
        connection.send(b"full" if count == 2 else b"fu")
        connection.close()

    host.route("/", answer)
    asker = fetcher(web, tries=3)
    exchange = asker.hop(get("http://news.test/"))
    asker.close()
    assert (exchange.body.bytes(), exchange.attempts, exchange.failure) == (b"full", 2, None)


def test_what_will_not_pass_is_not_asked_again(web: Web, host: Host) -> None:
    slept: list[float] = []
    asker = fetcher(web, impatient(slept), tries=5, max_size=10)
    host.page("/large", "x" * 100)
    raw(host, "/nonsense", b"nonsense\r\n\r\n")
    web.host("bad.test", "expired")
    for url in (
        "http://news.test/large",
        "http://news.test/nonsense",
        "http://news.test/404",
        "https://bad.test/",
        "ftp://x/",
    ):
        assert asker.hop(get(url)).attempts == 1
    asker.close()
    assert slept == []


def test_a_refused_connection_is_tried_as_often_as_the_settings_say(web: Web) -> None:
    slept: list[float] = []
    asker = fetcher(web, impatient(slept), tries=4, connect_to=(f":80:127.0.0.1:{web.refusing_port}",))
    exchange = asker.hop(HopRequest("http://news.test/"))
    asker.close()
    assert exchange.attempts == 4
    assert slept == [1.0, 2.0, 4.0]
