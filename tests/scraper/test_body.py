from __future__ import annotations

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from time import monotonic

import pytest

from archive.models import Exchange
from archive.spool import Spool
from scraper.body import Framing, coding_problem, decoded, framing, pieces, receive
from scraper.wire import Deadline, Head, Wire, WireError

TEXT = b"The quick brown fox. " * 5000
RAW_DEFLATE = zlib.compressobj(wbits=-15)


def gzip_of(data: bytes, level: int = 9) -> bytes:
    """The same bytes whenever it is made: they name a test."""
    return gzip.compress(data, level, mtime=0)


def head(*headers: tuple[str, str], status: int = 200) -> Head:
    return Head(b"", (1, 1), status, headers)


def exchange(body: bytes, *codings: str) -> Exchange:
    headers = tuple(("Content-Encoding", coding) for coding in codings)
    return Exchange("http://a.test/", datetime(2026, 1, 1, tzinfo=UTC), b"", 200, b"", headers, Spool.of(body))


def chunks(sent: bytes) -> bytes:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(sent)
        there.shutdown(socket.SHUT_WR)
        return b"".join(pieces(Wire(here, Deadline(monotonic() + 5, monotonic), 5), Framing("chunked")))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("Content-Length", "5")], Framing("length", 5)),
        ([("Content-Length", "5, 5")], Framing("length", 5)),
        ([("Content-Length", "5"), ("content-length", "5")], Framing("length", 5)),
        ([("Content-Length", "five")], Framing("close")),
        ([("Content-Length", "-5")], Framing("close")),
        ([("Content-Length", "9" * 30)], Framing("close")),
        ([("Transfer-Encoding", "chunked"), ("Content-Length", "5")], Framing("chunked")),
        ([("Transfer-Encoding", "gzip, Chunked")], Framing("chunked")),
        ([("Transfer-Encoding", "gzip"), ("Content-Length", "5")], Framing("close")),
        ([], Framing("close")),
    ],
)
def test_how_the_end_of_a_body_is_told(headers: list[tuple[str, str]], expected: Framing) -> None:
    assert framing(head(*headers)) == expected


def test_answers_without_a_body() -> None:
    for status in (204, 304):
        assert framing(head(("Content-Length", "5"), status=status)) == Framing("none")


def test_lengths_that_contradict_each_other() -> None:
    with pytest.raises(WireError, match="several lengths") as caught:
        framing(head(("Content-Length", "5"), ("Content-Length", "6")))
    assert caught.value.kind == "protocol"


def test_chunks_with_all_that_the_standard_allows() -> None:
    sent = b'4;a=b;c="d"\r\nWiki\r\n5 \r\npedia\nA\r\n0123456789\r\n000\r\nTrailer: x\r\nAnother: y\r\n\r\n'
    assert chunks(sent) == b"Wikipedia0123456789"


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"x\r\n", "protocol"),
        (b"-5\r\nhello\r\n0\r\n\r\n", "protocol"),
        (b"0x5\r\nhello\r\n0\r\n\r\n", "protocol"),
        (b"\r\n", "protocol"),
        (b"11111111111111111\r\n", "protocol"),
        (b"2\r\nhello\r\n0\r\n\r\n", "protocol"),
        (b"5\r\nhel", "cut"),
        (b"5\r\nhello\r\n", "cut"),
        (b"5\r\nhello\r\n0\r\n", "cut"),
        (b"5;" + b"x" * 20_000 + b"\r\nhello\r\n0\r\n\r\n", "protocol"),
        (b"".join(b"1;" + b"x" * 1000 + b"\r\na\r\n" for _ in range(200)) + b"0\r\n\r\n", "protocol"),
        (b"0\r\n" + b"A: bcdefghijkl\r\n" * 10_000 + b"\r\n", "too large"),
    ],
)
def test_chunks_that_break_the_framing(sent: bytes, kind: str) -> None:
    with pytest.raises(WireError) as caught:
        chunks(sent)
    assert caught.value.kind == kind and caught.value.truncated


def test_what_came_before_the_trouble_is_kept() -> None:
    def parts() -> Iterable[bytes]:
        yield b"first"
        raise WireError("cut", "gone", truncated="disconnect", retry=True)

    spool = Spool()
    found = receive(parts(), head(), spool, 100)
    assert found is not None and found.kind == "cut"
    assert spool.bytes() == b"first"


def test_a_body_over_the_limit_is_cut_at_the_limit() -> None:
    spool = Spool()
    found = receive([b"x" * 60, b"y" * 60, b"z" * 60], head(), spool, 100)
    assert found is not None and (found.kind, found.truncated) == ("too large", "length")
    assert spool.bytes() == b"x" * 60 + b"y" * 40
    assert receive([b"x" * 100], head(), Spool(), 100) is None


@pytest.mark.promise("web", each="attacks")
def test_a_bomb_is_cut_where_it_bursts_and_costs_no_memory() -> None:
    bomb = gzip_of(gzip_of(b"\0" * 200_000_000, 9), 9)
    tracemalloc.start()
    spool = Spool()
    parts = [bomb[i : i + 1000] for i in range(0, len(bomb), 1000)]
    found = receive(parts, head(("Content-Encoding", "gzip, gzip")), spool, 5_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is not None and (found.kind, found.truncated) == ("too large", "length")
    assert peak < 2_000_000


def test_a_body_that_lies_about_its_coding_is_no_trouble() -> None:
    spool = Spool()
    assert receive([b"\x1f\x8bnot gzip after all"], head(("Content-Encoding", "gzip")), spool, 100) is None
    assert receive([b"<html>"], head(("Content-Encoding", "deflate")), Spool(), 100) is None


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (TEXT, ()),
        (gzip_of(TEXT), ("gzip",)),
        (gzip_of(TEXT), ("X-GZIP",)),
        (gzip_of(TEXT[:70_000]) + gzip_of(TEXT[70_000:]), ("gzip",)),
        (gzip_of(TEXT) + b"\0\0\0 padding", ("gzip",)),
        (gzip_of(gzip_of(TEXT)), ("gzip", "gzip")),
        (gzip_of(gzip_of(TEXT)), ("gzip, gzip",)),
        (zlib.compress(TEXT), ("deflate",)),
        (RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(), ("deflate",)),
        (gzip_of(zlib.compress(TEXT)), ("deflate", "gzip")),
        (TEXT, ("gzip",)),
        (TEXT, ("deflate",)),
        (TEXT, ("utf-8",)),
        (TEXT, ("gzip", "nonsense")),
        (TEXT, ("gzip",) * 9),
    ],
)
def test_content_codings_are_undone(body: bytes, codings: tuple[str, ...]) -> None:
    assert decoded(exchange(body, *codings), 10**9) == TEXT
    assert decoded(exchange(body, *codings), 100) == TEXT[:100]


def test_what_a_broken_body_gives_before_the_break() -> None:
    packed = gzip_of(TEXT[:50_000]) + gzip_of(TEXT)[:40]
    assert decoded(exchange(packed, "gzip"), 10**9).startswith(TEXT[:50_000])
    assert decoded(exchange(packed[:20] + b"\xff" * 9 + packed[29:], "gzip"), 10**9) != TEXT


def test_a_coding_that_cannot_be_undone_is_said() -> None:
    assert decoded(exchange(b"abc", "zstd"), 100) == b""
    problem = coding_problem(exchange(b"abc", "zstd"))
    assert problem is not None and "zstd" in problem
    assert coding_problem(exchange(TEXT, "gzip")) is None
    assert coding_problem(exchange(TEXT, "utf-8")) is None
