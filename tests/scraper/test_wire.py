from __future__ import annotations

import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.redact import less_headers
from scraper.wire import Deadline, Head, Wire, WireError, parse_head, read_head


def head_of(*sent: bytes, limit: int = 4096) -> tuple[Head, bytes]:
    """The head that is read from these bytes, and what is left behind it."""
    here, there = socket.socketpair()
    with here, there:
        for data in sent:
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        wire = Wire(here, Deadline(time.monotonic() + 5, time.monotonic), 5)
        head = read_head(wire, limit)
        while wire.more():
            pass
        return head, bytes(wire.buffer)


def trouble(*sent: bytes, limit: int = 4096) -> WireError:
    with pytest.raises(WireError) as caught:
        head_of(*sent, limit=limit)
    return caught.value


def test_a_head_is_kept_byte_for_byte() -> None:
    raw = b"HTTP/1.1 200  Fine \r\nX-A:  one\r\n two\r\nx-a: \tthree \r\nServer:\xfcber\r\n\r\n"
    head, rest = head_of(raw + b"body")
    assert (head.raw, rest, head.status, head.version) == (raw, b"body", 200, (1, 1))
    assert head.headers == (("X-A", "one two"), ("x-a", "three"), ("Server", "\xfcber"))


def test_lines_may_end_in_a_bare_line_feed() -> None:
    head, rest = head_of(b"HTTP/1.0 404 No\nA: b\n\n<p>")
    assert (head.status, head.headers, rest) == (404, (("A", "b"),), b"<p>")


def test_interim_answers_are_passed_over() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    head, _ = head_of(b"HTTP/1.1 100 Continue\r\n\r\n" + early * 5 + b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n")
    assert (head.status, head.headers) == (200, (("A", "b"),))


def test_interim_answers_without_end_are_not() -> None:
    assert trouble(b"HTTP/1.1 103 Early\r\n\r\n" * 101).kind == "protocol"
    assert trouble(b"HTTP/1.1 103 Early\r\nA: bcdefgh\r\n\r\n" * 90, limit=1000).kind == "too large"


def test_malformed_lines_are_kept_and_not_parsed() -> None:
    raw = b"HTTP/1.1 200 OK\r\nnonsense\r\nA B: c\r\n: empty\r\n folded into nothing\r\nGood : yes\r\nD: e\rf\r\n\r\n"
    head, _ = head_of(raw)
    assert head.raw == raw
    assert head.headers == (("Good", "yes"), ("D", "e f"))


def test_more_headers_than_a_library_would_count() -> None:
    lines = b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(1000))
    head, _ = head_of(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n", limit=100_000)
    assert len(head.headers) == 1000


def test_a_header_block_over_the_limit() -> None:
    found = trouble(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 5000 + b"\r\n\r\n")
    assert (found.kind, found.truncated, found.retry) == ("too large", "length", False)
    assert trouble(b"\r\n" * 100_000, limit=1000).kind in ("too large", "cut")


@pytest.mark.parametrize(
    "sent", [b"SSH-2.0-OpenSSH\r\n\r\n", b"<html>hello</html>", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/2 200\r\n\r\n"]
)
def test_what_is_not_http(sent: bytes) -> None:
    assert trouble(sent).kind == "protocol"


def test_an_unasked_upgrade_is_no_answer() -> None:
    assert trouble(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n").kind == "protocol"


def test_ends_too_early() -> None:
    assert trouble(b"").message == "the connection ended with no answer"
    found = trouble(b"HTTP/1.1 200 OK\r\nA: b\r\n")
    assert (found.kind, found.retry) == ("cut", True)


def test_blank_lines_before_the_answer() -> None:
    head, _ = head_of(b"\r\n", b"\r\nHTTP/1.1 200 OK\r\n\r\n")
    assert head.raw == b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.promise("network")
@given(st.lists(st.binary(max_size=30), max_size=6))
def test_any_bytes_parse_or_are_no_answer(lines: list[bytes]) -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")
    assert all("\n" not in value and "\r" not in value for _, value in head.headers)


def test_a_silence_is_told_from_the_end_of_time() -> None:
    here, there = socket.socketpair()
    with here, there:
        with pytest.raises(WireError, match="silent") as caught:
            Wire(here, Deadline(time.monotonic() + 5, time.monotonic), 0.02).more()
        assert (caught.value.kind, caught.value.retry) == ("timeout", True)
        with pytest.raises(WireError) as caught:
            Wire(here, Deadline(time.monotonic() + 0.02, time.monotonic), 5).more()
        assert (caught.value.kind, caught.value.truncated, caught.value.retry) == ("too slow", "time", False)
        with pytest.raises(WireError, match="longer"):
            Wire(here, Deadline(time.monotonic() - 1, time.monotonic), 5).more()


def test_headers_are_left_out_with_what_is_folded_into_them() -> None:
    block = b"GET / HTTP/1.1\r\nA: b\r\nSet-Cookie: x\r\n folded\rSet-Cookie: y\r\nset-COOKIE : z\nC: d\r\n e\r\n\r\n"
    assert less_headers(block, ("Set-Cookie",)) == b"GET / HTTP/1.1\r\nA: b\r\nC: d\r\n e\r\n\r\n"
    assert less_headers(block, ()) is block
