"""A web that means harm: each of its ways costs no more bytes and seconds than a limit says.

What is hostile about one module alone stands with its tests; here is what goes over the wire.
"""

from __future__ import annotations

import io
import itertools
import socket
import ssl
import threading
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archive.coding import decoder_for
from scraper.body import decoded
from scraper.fetch import Fetcher
from scraper.politeness import Robots
from scraper.settings import Source
from tests.scraper.net import failed, fetcher, get, raw
from tests.scraper.sources.conftest import Desk
from tests.site import Connection, Host, Request, Web
from tests.site.connection import GoneError

pytestmark = pytest.mark.promise("web", each="attacks")

MB = 1024 * 1024
IN_FLIGHT = 24 * MB
"""What the buffers of a loopback connection may hold beyond what is read."""


@pytest.fixture
def desk(asker: Fetcher) -> Desk:
    return Desk(asker)


class Endless:
    """An answer without end, which counts what it could send."""

    def __init__(self, head: bytes, pieces: Callable[[], Iterator[bytes]], most: int = 1000 * MB) -> None:
        self.sent = 0
        self._head = head
        self._pieces = pieces
        self._most = most
        self.over = threading.Event()

    def __call__(self, connection: Connection, request: Request) -> None:
        connection.close()
        try:
            connection.send(self._head)
            for piece in self._pieces():
                connection.send(piece)
                self.sent += len(piece)
                if self.sent >= self._most:
                    return
        except GoneError:
            return
        finally:
            self.over.set()


def plain() -> Iterator[bytes]:
    return itertools.repeat(b"x" * 64 * 1024)


def chunks() -> Iterator[bytes]:
    return itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def zeros() -> Iterator[bytes]:
    """A gzip member that has no end: a thousand bytes of it for each that is sent."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    while True:
        if piece := packing.compress(bytes(MB)):
            yield piece


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Wall time."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


# ------------------------------------------------------------------------------------------------- bytes without end


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        (b"", plain),
        (b"Content-Length: 999999999999999\r\n", plain),
        (b"Transfer-Encoding: chunked\r\n", chunks),
        (b"Content-Encoding: gzip\r\n", zeros),
    ],
    ids=["no length", "a length", "chunks", "gzip"],
)
def test_a_body_without_end(web: Web, host: Host, headers: bytes, pieces: Callable[[], Iterator[bytes]]) -> None:
    endless = Endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n", pieces)
    host.route("/", endless)
    asker = fetcher(web, max_size=2 * MB)
    with within(10):
        exchange = asker.hop(get("http://news.test/"))
        assert failed(exchange) == ("too large", "length")
        assert exchange.body.size <= 2 * MB
        asker.close()
        assert endless.over.wait(10)
    assert endless.sent < 2 * MB + IN_FLIGHT


def test_chunks_of_one_byte_are_no_way_around_the_limit(web: Web, host: Host) -> None:
    """Framing of sixteen bytes for each byte of the body is as much as is taken."""
    long = b"1;" + b"x" * 8000 + b"\r\nx\r\n"
    endless = Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", lambda: itertools.repeat(long * 8))
    host.route("/", endless)
    asker = fetcher(web, max_size=2 * MB)
    with within(10):
        assert failed(asker.hop(get("http://news.test/")))[0] == "protocol"
        asker.close()
        assert endless.over.wait(10)
    assert endless.sent < IN_FLIGHT


@pytest.mark.parametrize(
    "line", [b"X-%d: y\r\n", b"X: " + b"y" * 60_000 + b"\r\n", b"\tfolded\r\n", b"\r\n", b"no colon\r\n"]
)
def test_a_million_headers(web: Web, host: Host, line: bytes) -> None:
    def lines() -> Iterator[bytes]:
        for start in range(0, 1_000_000, 1000):
            yield b"".join(
                line % n if b"%d" in line else line for n in range(start, start + (1 if len(line) > 99 else 1000))
            )

    start = b"HTTP/1.1 200 OK\r\n" if line != b"\r\n" else b""
    endless = Endless(start, lines)
    host.route("/", endless)
    asker = fetcher(web)
    with within(10):
        exchange = asker.hop(get("http://news.test/"))
        asker.close()
        assert endless.over.wait(10)
    assert failed(exchange)[0] == "too large"
    assert exchange.status is None
    assert endless.sent < IN_FLIGHT


def test_as_many_headers_as_may_be_are_cheap(host: Host, asker: Fetcher) -> None:
    lines = b"".join(b"A:\r\n" for _ in range(30_000))
    raw(host, "/", b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 2\r\n\r\nok")
    begun = time.process_time()
    exchange = asker.hop(get("http://news.test/"))
    assert (exchange.body.bytes(), len(exchange.headers)) == (b"ok", 30_001)
    assert time.process_time() - begun < 2


def test_robots_of_a_gigabyte(web: Web, host: Host) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nDisallow: /secret\n"
    endless = Endless(start, lambda: itertools.repeat(b"Disallow: /a*b*c*d*e$\n" * 3000))
    host.route("/robots.txt", endless)
    asker = fetcher(web)
    robots = Robots(asker, asker.settings)
    with within(20):
        assert not robots.allowed("http://news.test/secret").allowed
        assert robots.allowed("http://news.test/" + "a" * 20_000).allowed
        asker.close()
        assert endless.over.wait(10)
    assert endless.sent < IN_FLIGHT


@pytest.mark.parametrize("kind", ["feed", "sitemap", "list"])
@pytest.mark.parametrize(
    ("headers", "pieces"), [(b"", plain), (b"Content-Encoding: gzip\r\n", zeros)], ids=["plain", "gzip"]
)
def test_documents_of_sources_without_end(
    host: Host, desk: Desk, kind: str, headers: bytes, pieces: Callable[[], Iterator[bytes]]
) -> None:
    endless = Endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + headers + b"\r\n", pieces)
    host.route("/x", endless)
    with within(30):
        assert desk.urls(Source(kind, url="http://news.test/x")) == []
        desk.asker.close()
        assert endless.over.wait(10)
    assert desk.told
    assert endless.sent < 52 * MB + IN_FLIGHT


# ------------------------------------------------------------------------------------------------------------- bombs


def test_a_zip_bomb_stays_a_file(web: Web, host: Host) -> None:
    """Nothing opens it: ten files of ten megabytes cost what they weigh packed."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for number in range(10):
            made.writestr(f"../../{number}", bytes(10 * MB))
    host.page("/", bomb.getvalue(), type="application/zip")
    asker = fetcher(web)
    tracemalloc.start()
    exchange = asker.hop(get("http://news.test/"))
    assert decoded(exchange, 100 * MB) == bomb.getvalue()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    asker.close()
    assert peak < 4 * len(bomb.getvalue()) + MB


def test_a_brotli_bomb_is_cut_in_bytes_and_seconds(web: Web, host: Host) -> None:
    """A hundred megabytes in some hundred bytes, from a server that sends what it was not asked for."""
    brotli = pytest.importorskip("brotli")
    bomb = brotli.compress(bytes(100 * MB), quality=5)
    assert len(bomb) < 10_000
    assert decoder_for(["br"]) is not None
    host.page("/", bomb, headers=(("Content-Encoding", "br"),))
    asker = fetcher(web, max_size=MB)
    tracemalloc.start()
    with within(5):
        exchange = asker.hop(get("http://news.test/"))
        assert exchange.failure is not None
        assert (exchange.failure.kind, exchange.truncated) == ("too large", "length")
        assert exchange.body.bytes() == bomb
        assert decoded(exchange, MB) == bytes(MB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    asker.close()
    assert peak < 8 * MB


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "br, " * 50 + "br"])
def test_a_coding_that_was_not_offered_makes_no_more_than_is_allowed(web: Web, host: Host, coding: str) -> None:
    # A megabyte of zeros in brotli (RFC 7932), as often as it takes to be ten gigabytes.
    host.page(
        "/", b"\x5b\xff\xff\x0f\x00\x24\x00\xe2\xb1\x40\x20\xfe\x07" * 10_000, headers=(("Content-Encoding", coding),)
    )
    asker = fetcher(web, max_size=MB)
    with within(5):
        exchange = asker.hop(get("http://news.test/"))
        assert exchange.body.size <= MB
        assert len(decoded(exchange, MB)) <= MB
    asker.close()


# ------------------------------------------------------------------------------------------------------------ framing

EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 999", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n"),
        (b"Transfer-Encoding: \x0bchunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding: xchunked\r\nContent-Length: 0", b""),
        (b"Transfer-Encoding:\r\n chunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding : chunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"0;a=\n\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"0x0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"-1\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"ffffffffffffffff1\r\n"),
        (b"Transfer-Encoding: chunked", b"0\r\nContent-Length: 5\r\n\r\n"),
        (b"Content-Length: 0\r\nContent-Length: 48", b""),
        (b"Content-Length: 0, 48", b""),
        (b"Content-Length: +0", b""),
        (b"Content-Length: 0x0", b""),
        (b"Content-Length: 0\r\n Content-Length: 48", b""),
        (b"Content-Length: \xb2", b""),
    ],
)
def test_smuggled_answers_are_nobodys(web: Web, host: Host, asker: Fetcher, head: bytes, body: bytes) -> None:
    """However an end is told, what follows it is never the answer to what is asked next."""
    raw(host, "/", b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body + EVIL, then="close")
    host.page("/next", "good")
    with within(5):
        asker.hop(get("http://news.test/"))
        for _ in range(2):
            assert asker.hop(get("http://news.test/next")).body.bytes() == b"good"


def test_what_comes_after_an_answer_was_read_is_nobodys_either(web: Web, host: Host, asker: Fetcher) -> None:
    """The second answer comes while the connection lies unused."""
    sent = threading.Event()

    def late(connection: Connection, request: Request) -> None:
        connection.respond(200, "first")
        connection.send(EVIL)
        sent.set()

    host.route("/", late)
    host.page("/next", "good")
    assert asker.hop(get("http://news.test/")).body.bytes() == b"first"
    assert sent.wait(5)
    assert asker.hop(get("http://news.test/next")).body.bytes() == b"good"


# ------------------------------------------------------------------------------------------ addresses and headers


@pytest.mark.parametrize(
    "tail",
    [
        "\r\nX-Evil: yes", "\nX-Evil: yes", "\rX-Evil: yes", "?\r\n\r\nGET /evil HTTP/1.1\r\nHost: news.test\r\n\r\n",
        "%0d%0aX-Evil: yes", "\u560d\u560aX-Evil: yes", "\x85X-Evil: yes", "\u2028X-Evil: yes", "\0X-Evil: yes",
        " HTTP/1.1\r\nX-Evil: yes",
    ],
)  # fmt: skip
def test_no_address_writes_a_header(web: Web, host: Host, asker: Fetcher, tail: str) -> None:
    """Neither one that is asked nor one that a redirect names nor one that led there."""
    host.otherwise(lambda connection, request: connection.respond(200, "x"))
    host.route(
        "/to",
        lambda c, r: c.respond(
            302, "", (("Location", "/at" + tail.replace("\n", "").encode("utf-8").decode("latin-1")),)
        ),
    )
    asker.hop(get("http://news.test/a" + tail))
    asker.chain(get("http://news.test/to"))
    asker.hop(get("http://news.test/from", referer="http://news.test/a" + tail))
    assert web.log
    for seen in web.log:
        assert seen.target.startswith(("/a", "/to", "/from"))
        assert not set(seen.target) & set(" \r\n\t\0")
        assert not any(name.lower().startswith("x-evil") for name, _ in seen.headers)


@pytest.mark.parametrize(
    "host_part", ["news.test\r\nX-Evil: yes", "news.test\\@evil.test", "evil.test\t.test", "a" * 300]
)
def test_no_host_writes_a_header(web: Web, host: Host, asker: Fetcher, host_part: str) -> None:
    asker.hop(get(f"http://{host_part}/a"))
    for seen in web.log:
        assert not any(name.lower().startswith("x-evil") for name, _ in seen.headers)
        assert seen.host != "evil.test"


def test_addresses_of_a_megabyte(web: Web, host: Host, asker: Fetcher) -> None:
    host.redirect("/to", "/" + "a" * 100_000)
    with within(5):
        for long in ("a" * MB, "a/../%2e%2e/" * (MB // 12), "?" + "a=b&" * (MB // 4), "\u00e4" * MB):
            exchange = asker.hop(get("http://news.test/" + long))
            assert failed(exchange)[0] == "refused by us"
        chain = asker.chain(get("http://news.test/to"))
    assert chain[0].status == 302
    assert failed(chain[1])[0] == "refused by us"
    assert [seen.target for seen in web.log] == ["/to"]


@pytest.mark.parametrize("kind", ["feed", "sitemap", "list"])
def test_sources_that_name_addresses_of_a_megabyte(host: Host, desk: Desk, kind: str) -> None:
    long = "http://news.test/" + "../%2e" * (MB // 6)
    texts = {
        "feed": f"<rss><channel><item><link>{long}</link></item><item><link>/good</link></item></channel></rss>",
        "sitemap": f"<urlset><url><loc>{long}</loc></url><url><loc>/good</loc></url></urlset>",
        "list": f"{long}\nhttp://news.test/good\n",
    }
    host.page("/x", texts[kind], type="text/plain")
    begun = time.process_time()
    assert desk.urls(Source(kind, url="http://news.test/x")) == ["http://news.test/good"]
    assert time.process_time() - begun < 5


# ------------------------------------------------------------------------------------------------------ entities


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE r [<!ENTITY a0 'haha'>" + "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(9)) + "]>",
        "<!DOCTYPE r [<!ENTITY a9 '" + "x" * 1_000_000 + "'>]>",
        "<!DOCTYPE r [<!ENTITY a9 SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE r [<!ENTITY a9 SYSTEM 'http://news.test/entity'>]>",
        "<!DOCTYPE r [<!ENTITY % e SYSTEM 'http://news.test/entity'> %e;]>",
        "<!DOCTYPE r SYSTEM 'http://news.test/entity'>",
        "<!DOCTYPE r PUBLIC '-//W3C//DTD XHTML 1.0//EN' 'http://news.test/entity'>",
    ],
    ids=["laughs", "quadratic", "file", "address", "parameter", "system", "public"],
)
def test_entities_bring_nothing_in(web: Web, host: Host, desk: Desk, kind: str, doctype: str) -> None:
    body = "<rss><channel><item><link>/&a9;</link></item></channel></rss>"
    if kind == "sitemap":
        body = "<urlset><url><loc>/&a9;</loc></url></urlset>"
    host.page("/x", doctype + body.replace("&a9;", "&a9;" * 1000), type="text/xml")
    begun = time.process_time()
    for url in desk.urls(Source(kind, url="http://news.test/x")):
        assert "root:" not in url and "haha" not in url and "xxx" not in url
    assert time.process_time() - begun < 3
    assert [seen.target for seen in web.log] == ["/x"]


# ---------------------------------------------------------------------------------------------------------------- TLS


@contextmanager
def tls_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where each connection is handed to `serve`, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock:
                    sock.settimeout(10)
                    try:
                        serve(sock)
                    except (OSError, ssl.SSLError):
                        continue

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(20)


def asked_at(web: Web, port: int, connect_timeout: float = 5) -> tuple[str, str]:
    asker = fetcher(web, connect_to=(f":443:127.0.0.1:{port}",), connect_timeout=connect_timeout)
    try:
        exchange = asker.hop(get("https://news.test/"))
    finally:
        asker.close()
    assert exchange.failure is not None
    assert (exchange.status, exchange.request) == (None, b"")
    return exchange.failure.kind, exchange.failure.message


def test_a_certificate_that_signs_itself(web: Web, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("news.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "self.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with tls_server(lambda sock: context.wrap_socket(sock, server_side=True).close()) as port:
        kind, words = asked_at(web, port)
    assert kind == "tls" and "certificate of news.test is not valid: self-signed" in words


def test_a_protocol_of_before(web: Web) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    trustme.CA().issue_cert("news.test").configure_cert(context)
    with tls_server(lambda sock: context.wrap_socket(sock, server_side=True).close()) as port, within(5):
        kind, words = asked_at(web, port)
    assert kind == "tls" and "PROTOCOL_VERSION" in words.upper().replace(" ", "_")


@pytest.mark.parametrize("after", [0, 1, 5, 6, 60])
def test_a_handshake_that_is_cut(web: Web, after: int) -> None:
    def cut(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall((b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(200))[:after])

    with tls_server(cut) as port, within(5):
        assert asked_at(web, port)[0] == "tls"


def test_a_handshake_that_drips(web: Web) -> None:
    """A byte now and then does not put the end off."""
    pause = threading.Event()

    def drip(sock: socket.socket) -> None:
        sock.recv(4096)
        for byte in b"\x16\x03\x03\x3f\xff\x02" + bytes(200):
            sock.sendall(bytes([byte]))
            pause.wait(0.05)

    with tls_server(drip) as port, within(3):
        assert asked_at(web, port, connect_timeout=0.4) == ("timeout", "no encrypted connection to news.test in time")


def test_a_hello_without_end(web: Web) -> None:
    """Records of a handshake, one after the other, that never come to its end."""
    sent = 0

    def flood(sock: socket.socket) -> None:
        nonlocal sent
        sock.recv(4096)
        record = b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" + bytes(0x4000 - 4)
        while sent < 1000 * MB:
            sent += len(record)
            sock.sendall(record)

    with tls_server(flood) as port, within(5):
        assert asked_at(web, port)[0] == "tls"
    assert sent < IN_FLIGHT
