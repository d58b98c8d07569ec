"""Whatever a server sends, a hop ends in time and gives an exchange."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.body import coding_problem, decoded
from scraper.fetch import CookieJar, Fetcher, next_hop
from tests.reliability import examples
from tests.scraper.net import fetcher, get
from tests.site import Connection, Request, Web

NAMES = st.sampled_from(
    [
        "Content-Length",
        "Transfer-Encoding",
        "Content-Encoding",
        "Location",
        "Set-Cookie",
        "Connection",
        "Retry-After",
        "X",
        "",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        ["5", "-1", "5, 6", "chunked", "gzip", "gzip, chunked", "deflate", "br", "close", "keep-alive", "//", "/x"]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\n"), max_size=20),
)
STATUS = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 302 \r\n", b"HTTP/1.1 304 x\n", b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 404 x\r\n"]
)
BODIES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"5\r\nhello\r\n0\r\n\r\n", b"\x1f\x8b\x08\x00", b"5;x\nhello\n0\n\n", b"hello"]),
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=80))
    lines = draw(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    head = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in lines)
    return draw(STATUS) + head + b"\r\n" + draw(BODIES)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture(scope="module")
def asker(web: Web) -> Iterator[Fetcher]:
    made = fetcher(web, read_timeout=2.0)
    yield made
    made.close()


@pytest.mark.promise("network")
@settings(max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=answers(), scheme=st.sampled_from(["http", "https"]))
def test_any_answer_gives_an_exchange(web: Web, asker: Fetcher, sent: bytes, scheme: str) -> None:
    def answer(connection: Connection, request: Request) -> None:
        connection.send(sent)
        connection.close()

    web.host("news.test").route("/", answer)
    exchange = asker.hop(get(f"{scheme}://news.test/"))
    assert (exchange.status is None) == (exchange.head == b"")
    assert exchange.status is not None or exchange.failure is not None
    assert exchange.head in sent
    assert exchange.truncated in (None, "length", "time", "disconnect")
    assert len(decoded(exchange, 1000)) <= 1000
    coding_problem(exchange)
    next_hop(exchange)


@pytest.mark.promise("network")
@given(st.lists(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60), max_size=5))
def test_any_cookies_are_taken_or_left(values: list[str]) -> None:
    jar = CookieJar()
    for url in ("http://news.test/a/b?c", "https://10.0.0.1:8080/", "http://[::1]/"):
        jar.take(url, [("Set-Cookie", value) for value in values])
        header = jar.header(url)
        assert header is None or "\n" not in header
