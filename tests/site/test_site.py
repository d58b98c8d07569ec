"""The loopback web does what the tests that lean on it believe."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

import pytest

from tests.site import Connection, Request, Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def ask(web: Web, host: str, target: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", web.http_port, timeout=5)
    try:
        connection.request("GET", target, headers={"Host": host, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_hosts_are_told_apart_and_unknown_paths_are_404(web: Web) -> None:
    web.host("a.test").page("/", "this is a")
    web.host("b.test").page("/", "this is b")
    assert ask(web, "a.test", "/") == (200, b"this is a")
    assert ask(web, "B.test:80", "/") == (200, b"this is b")
    assert ask(web, "a.test", "/none")[0] == 404
    assert ask(web, "c.test", "/")[0] == 421


def test_the_log_holds_what_went_over_the_wire(web: Web) -> None:
    web.host("a.test").page("/%7Ex", "x")
    ask(web, "a.test", "/%7Ex?", Cookie="k=v")
    (seen,) = web.log
    assert (seen.host, seen.method, seen.target, seen.tls) == ("a.test", "GET", "/%7Ex?", False)
    assert seen.header("cookie") == "k=v"


def test_a_matching_condition_gets_a_304(web: Web) -> None:
    web.host("a.test").page("/", "x", headers=(("ETag", '"1"'), ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")))
    assert ask(web, "a.test", "/", **{"If-None-Match": '"1"'}) == (304, b"")
    assert ask(web, "a.test", "/", **{"If-None-Match": '"2"'})[0] == 200
    assert ask(web, "a.test", "/", **{"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"})[0] == 304


def test_tls_by_name_with_the_certificates_asked_for(web: Web) -> None:
    web.host("a.test").page("/", "secret")
    web.host("old.test", certificate="expired")
    context = ssl.create_default_context(cafile=str(web.ca_bundle))
    with (
        socket.create_connection(("127.0.0.1", web.https_port), 5) as plain,
        context.wrap_socket(plain, server_hostname="a.test") as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: sock.recv(4096), b"")).endswith(b"secret")
    with (
        socket.create_connection(("127.0.0.1", web.https_port), 5) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
    ):
        context.wrap_socket(plain, server_hostname="old.test")
    assert web.log[0].tls


def test_a_handler_may_cut_or_stall(web: Web) -> None:
    def cut(connection: Connection, request: Request) -> None:
        connection.head(200, [("Content-Length", "100")])
        connection.send(b"part")
        connection.cut()

    def stall(connection: Connection, request: Request) -> None:
        connection.stall()

    web.host("a.test").route("/cut", cut)
    web.host("a.test").route("/stall", stall)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(web, "a.test", "/cut")
    with socket.create_connection(("127.0.0.1", web.http_port), 5) as sock:
        sock.sendall(b"GET /stall HTTP/1.1\r\nHost: a.test\r\n\r\n")
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_a_refusing_port_refuses(web: Web) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", web.refusing_port), 5)
