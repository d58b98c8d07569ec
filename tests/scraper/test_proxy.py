"""Through a proxy: plain requests name the whole address, encrypted ones go through a tunnel."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from archive.errors import ConfigError
from tests.scraper.net import fetcher, get
from tests.site import Web


class Proxy:
    """A small proxy on loopback that leads every host to the loopback web. `heads` are the requests it got."""

    def __init__(self, web: Web, refuse: bytes = b"") -> None:
        self.heads: list[bytes] = []
        self._web = web
        self._refuse = refuse
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Proxy:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(65536)
                if not data:
                    return
                head += data
            self.heads.append(head)
            if self._refuse:
                client.sendall(self._refuse)
                return
            tunnel = head.startswith(b"CONNECT ")
            port = self._web.https_port if tunnel else self._web.http_port
            with socket.create_connection(("127.0.0.1", port)) as server:
                if tunnel:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
                else:
                    server.sendall(head)
                back = threading.Thread(target=_pump, args=(server, client))
                back.start()
                _pump(client, server)
                back.join(10)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for sock in (source, sink):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("news.test").page("/%7Ea?", "through")
        yield web


def test_plain_requests_name_the_whole_address(web: Web) -> None:
    with Proxy(web) as proxy:
        asker = fetcher(web, proxy=f"http://{proxy.url}", connect_to=())
        exchange = asker.hop(get("http://news.test/%7Ea?"))
        asker.close()
    assert (exchange.status, exchange.body.bytes(), exchange.ip) == (200, b"through", None)
    assert proxy.heads[0].startswith(b"GET http://news.test/%7Ea? HTTP/1.1\r\nHost: news.test\r\n")


def test_encrypted_requests_go_through_a_tunnel(web: Web) -> None:
    with Proxy(web) as proxy:
        asker = fetcher(web, proxy=f"http://{proxy.url}", connect_to=())
        exchanges = [asker.hop(get("https://news.test/%7Ea?")) for _ in range(2)]
        asker.close()
    assert len(proxy.heads) == 1
    assert proxy.heads[0].startswith(b"CONNECT news.test:443 HTTP/1.1\r\nHost: news.test:443\r\n")
    for exchange in exchanges:
        assert (exchange.status, exchange.ip) == (200, None)
        assert exchange.request.startswith(b"GET /%7Ea? HTTP/1.1\r\n") and b"CONNECT" not in exchange.request
        assert b"X-Proxy" not in exchange.head
    assert web.log[0].tls


def test_the_proxys_password_is_sent_to_it_and_never_recorded(web: Web) -> None:
    with Proxy(web) as proxy:
        asker = fetcher(web, proxy=f"http://me:secret@{proxy.url}", connect_to=())
        exchanges = [asker.hop(get(f"{scheme}://news.test/%7Ea?")) for scheme in ("http", "https")]
        asker.close()
    assert all(b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in head for head in proxy.heads)
    assert not any(b"uthorization" in exchange.request for exchange in exchanges)
    assert exchanges[0].redacted == ("Proxy-Authorization",)


def test_certificates_are_checked_behind_a_proxy_too(web: Web) -> None:
    web.host("bad.test", "expired")
    with Proxy(web) as proxy:
        asker = fetcher(web, proxy=f"http://{proxy.url}", connect_to=())
        exchange = asker.hop(get("https://bad.test/"))
        asker.close()
    assert exchange.failure is not None and exchange.failure.kind == "tls"


def test_the_guard_stands_before_the_proxy(web: Web) -> None:
    with Proxy(web) as proxy:
        asker = fetcher(web, proxy=f"http://{proxy.url}", connect_to=(), allow_private_addresses=False)
        for url in ("http://127.0.0.1/", "http://localhost/", "https://10.0.0.1/", "http://0x7f.1/"):
            exchange = asker.hop(get(url))
            assert exchange.failure is not None and exchange.failure.kind == "refused by us"
        assert asker.hop(get("http://news.test/%7Ea?")).status == 200
        asker.close()
    assert len(proxy.heads) == 1


def test_a_proxy_that_refuses_or_is_not_there(web: Web) -> None:
    with Proxy(web, refuse=b"HTTP/1.1 407 Who are you\r\n\r\n") as proxy:
        asker = fetcher(web, proxy=f"http://{proxy.url}", connect_to=())
        exchange = asker.hop(get("https://news.test/"))
        asker.close()
    assert exchange.failure is not None and exchange.failure.kind == "connect"
    assert "the proxy answered 407 when asked for news.test:443" in exchange.failure.message
    asker = fetcher(web, proxy=f"http://127.0.0.1:{web.refusing_port}", connect_to=())
    for scheme in ("http", "https"):
        exchange = asker.hop(get(f"{scheme}://news.test/"))
        assert exchange.failure is not None and exchange.failure.kind == "connect"
    asker.close()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "127.0.0.1:1", "http://", "https://127.0.0.1:1"])
def test_what_is_no_http_proxy_is_a_config_error(web: Web, proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy"):
        fetcher(web, proxy=proxy)
