"""Limits, broken answers and kept connections, against servers that misbehave."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from scraper.body import decoded
from scraper.fetch import Fetcher
from tests.scraper.net import failed, fetcher, get, raw
from tests.site import Connection, Host, Request, Web

# ------------------------------------------------------------------------------------------------------ limits


@pytest.mark.promise("web", each="attacks")
def test_a_body_over_the_limit_is_cut_and_marked(web: Web, host: Host) -> None:
    asker = fetcher(web, max_size=1000)
    host.page("/", "x" * 5000)
    host.route("/chunked", lambda c, r: c.chunked(200, [b"y" * 600] * 5))
    host.page("/whole", "z" * 1000)
    for path in ("/", "/chunked"):
        exchange = asker.hop(get("http://news.test" + path))
        assert failed(exchange) == ("too large", "length")
        assert (exchange.status, exchange.body.size, exchange.attempts) == (200, 1000, 1)
    assert asker.hop(get("http://news.test/whole")).failure is None
    asker.close()


@pytest.mark.promise("web", each="attacks")
def test_a_bomb_is_cut_and_marked(web: Web, host: Host) -> None:
    asker = fetcher(web, max_size=1_000_000)
    bomb = gzip.compress(b"\0" * 100_000_000)
    host.page("/", bomb, headers=(("Content-Encoding", "gzip"),))
    exchange = asker.hop(get("http://news.test/"))
    asker.close()
    assert failed(exchange) == ("too large", "length")
    assert exchange.body.size <= len(bomb)
    assert len(decoded(exchange, 2_000_000)) <= 2_000_000


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_drips_is_cut_on_time(web: Web, host: Host, scheme: str) -> None:
    """Each byte comes well within the read timeout; only the deadline of the whole exchange ends it."""
    drip = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000

    def drip_body(connection: Connection, request: Request) -> None:
        connection.send(drip[:45])
        connection.drip(drip[45:], pause=0.02)

    host.route("/head", lambda c, r: c.drip(drip, pause=0.02))
    host.route("/body", drip_body)
    asker = fetcher(web, timeout=0.4, read_timeout=5)
    for path, status, truncated in (("/head", None, None), ("/body", 200, "time")):
        begun = time.monotonic()
        exchange = asker.hop(get(f"{scheme}://news.test{path}"))
        assert 0.3 < time.monotonic() - begun < 2
        assert failed(exchange) == ("too slow", truncated)
        assert exchange.status == status
    assert 0 < exchange.body.size < 1000
    asker.close()


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_falls_silent(web: Web, host: Host, scheme: str) -> None:
    host.route("/head", lambda c, r: c.stall())
    raw(host, "/body", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart", then="stall")
    asker = fetcher(web, timeout=10, read_timeout=0.1)
    exchange = asker.hop(get(f"{scheme}://news.test/head"))
    assert failed(exchange) == ("timeout", None)
    exchange = asker.hop(get(f"{scheme}://news.test/body"))
    assert failed(exchange) == ("timeout", "time")
    assert exchange.body.bytes() == b"part"
    asker.close()


@pytest.mark.promise("web", each="attacks")
def test_a_silence_does_not_outlast_the_whole_exchange(web: Web, host: Host) -> None:
    host.route("/", lambda c, r: c.stall())
    asker = fetcher(web, timeout=0.2, read_timeout=30)
    begun = time.monotonic()
    exchange = asker.hop(get("http://news.test/"))
    asker.close()
    assert failed(exchange) == ("too slow", None)
    assert time.monotonic() - begun < 2


@pytest.mark.promise("web", each="attacks")
def test_a_handshake_that_never_comes(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        asker = fetcher(web, connect_to=(f":443:127.0.0.1:{port}",), connect_timeout=0.1)
        exchange = asker.hop(get("https://news.test/"))
        asker.close()
    assert failed(exchange) == ("timeout", None)
    assert (exchange.status, exchange.request) == (None, b"")


@pytest.mark.promise("web", each="attacks")
def test_a_port_that_does_not_speak_tls(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            sock, _ = server.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        asker = fetcher(web, connect_to=(f":443:127.0.0.1:{server.getsockname()[1]}",))
        exchange = asker.hop(get("https://news.test/"))
        asker.close()
        thread.join()
    assert failed(exchange) == ("tls", None)


# -------------------------------------------------------------------------------------------------- broken answers


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    ("sent", "then", "kind", "truncated", "body"),
    [
        (b"", "close", "cut", None, b""),
        (b"", "cut", "cut", None, b""),
        (b"HTTP/1.1 200 OK\r\nContent-", "close", "cut", None, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "close", "cut", "disconnect", b"half"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "close", "cut", "disconnect", b"half"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
            "close",
            "protocol",
            "disconnect",
            b"half",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "close",
            "protocol",
            "disconnect",
            b"",
        ),
        (b"<html>no head</html>", "close", "protocol", None, b""),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "close", "protocol", None, b""),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_broken_answers(
    host: Host, asker: Fetcher, scheme: str, sent: bytes, then: str, kind: str, truncated: str | None, body: bytes
) -> None:
    raw(host, "/", sent, then=then)
    exchange = asker.hop(get(f"{scheme}://news.test/"))
    assert failed(exchange) == (kind, truncated)
    assert exchange.body.bytes() == body
    assert exchange.request.startswith(b"GET / HTTP/1.1")


@pytest.mark.promise("web", each="attacks")
def test_a_body_cut_by_a_reset_is_kept_as_far_as_it_came(host: Host, asker: Fetcher) -> None:
    raw(host, "/", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", then="cut")
    exchange = asker.hop(get("http://news.test/"))
    assert failed(exchange)[0] == "cut"
    assert exchange.body.bytes() in (b"", b"half")


@pytest.mark.promise("web", each="attacks")
def test_a_lying_body_does_not_leak_into_the_next_answer(web: Web, host: Host, asker: Fetcher) -> None:
    """More bytes than Content-Length says: the rest must not be taken for the answer to what is asked next."""
    raw(
        host,
        "/",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        then="keep",
    )
    host.page("/next", "good")
    assert asker.hop(get("http://news.test/")).body.bytes() == b"ok"
    assert asker.hop(get("http://news.test/next")).body.bytes() == b"good"
    assert web.connections == 2


# ------------------------------------------------------------------------------------------------- connections


def test_connections_are_used_again(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "x")
    host.route("/chunked", lambda c, r: c.chunked(200, [b"abc"]))
    for path in ("/", "/chunked", "/404", "/"):
        for scheme in ("http", "https"):
            asker.hop(get(f"{scheme}://news.test{path}"))
    assert web.connections == 2


def test_a_kept_connection_that_the_server_has_closed_is_no_failure(web: Web, host: Host, asker: Fetcher) -> None:
    """The server closes as it takes the second request: no answer was begun, so it is asked again on a new one."""
    count = 0

    def answer(connection: Connection, request: Request) -> None:
        nonlocal count
        count += 1
        if count == 2:
            connection.close()
            return
        connection.respond(200, str(count))

    host.route("/", answer)
    assert asker.hop(get("http://news.test/")).body.bytes() == b"1"
    exchange = asker.hop(get("http://news.test/"))
    assert (exchange.body.bytes(), exchange.attempts, exchange.failure) == (b"3", 1, None)


def test_threads_share_a_fetcher(web: Web, host: Host, asker: Fetcher) -> None:
    for i in range(20):
        host.page(f"/{i}", f"body {i}" * 5000)
    results: dict[int, bytes] = {}

    def ask(i: int) -> None:
        results[i] = asker.hop(get(f"http{'s' * (i % 2)}://news.test/{i % 20}")).body.bytes()

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[i] == f"body {i % 20}".encode() * 5000 for i in range(60))


def test_refused_and_unknown_hosts(web: Web) -> None:
    asker = fetcher(web, connect_to=(f":80:127.0.0.1:{web.refusing_port}",))
    exchange = asker.hop(get("http://news.test/"))
    assert failed(exchange) == ("connect", None)
    assert (exchange.request, exchange.head, exchange.status, exchange.ip) == (b"", b"", None, None)
    exchange = asker.hop(get("http://nowhere.invalid:81/"))
    assert failed(exchange)[0] == "dns"
    asker.close()
