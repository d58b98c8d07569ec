"""What comes to the replay, and what the door before it refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.door import MOST_HEAD, Door, Refused, forwarded

HOSTS = frozenset({"127.0.0.2:81"})
GOOD = b"GET /main/x HTTP/1.1\r\nHost: 127.0.0.2:81\r\n\r\n"


def status(data: bytes) -> int:
    try:
        forwarded(data, HOSTS)
    except Refused as refused:
        return refused.status
    return 200


def test_a_request_goes_through_as_it_came_and_alone() -> None:
    data = b"POST /a?b=%20c HTTP/1.1\r\nHOST: 127.0.0.2:81\r\nX-Odd:  two words \r\nConnection: keep-alive\r\n\r\n"
    assert forwarded(data, HOSTS) == (
        b"POST /a?b=%20c HTTP/1.1\r\nhost: 127.0.0.2:81\r\nx-odd: two words\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD, 200),
        (GOOD.replace(b"127.0.0.2:81", b"stranger.test:81"), 421),
        (GOOD.replace(b"127.0.0.2:81", b"127.0.0.2"), 421),
        (GOOD.replace(b"Host: 127.0.0.2:81\r\n", b""), 421),
        (GOOD.replace(b"Host", b"Host: 127.0.0.2:81\r\nHost"), 421),
        (GOOD.replace(b"\r\n\r\n", b"\r\nService-Worker: script\r\n\r\n"), 403),
        (GOOD.replace(b"\r\n\r\n", b"\r\nservice-worker:\r\n\r\n"), 403),
        (GOOD.replace(b"/main/x", b"http://127.0.0.2:81/main/x"), 400),
        (GOOD.replace(b"/main/x", b"/main /x"), 400),
        (GOOD.replace(b"HTTP/1.1", b"HTTP/2"), 400),
        (GOOD.replace(b"Host:", b"Host :"), 400),
        (GOOD.replace(b"\r\n\r\n", b"\r\n folded: yes\r\n\r\n"), 400),
        (GOOD.replace(b"\r\n\r\n", b"\r\nX: a\nHost: stranger.test\r\n\r\n"), 400),
        (GOOD.replace(b"\r\n\r\n", b"\r\nno colon\r\n\r\n"), 400),
        (b"\r\n\r\n", 400),
    ],
)
def test_who_comes_in(data: bytes, expected: int) -> None:
    assert status(data) == expected


@pytest.mark.promise("network")
@given(st.binary(max_size=200))
def test_whatever_comes_is_read_in_one_way(noise: bytes) -> None:
    data = GOOD[:-2] + noise.replace(b"\r\n\r\n", b"") + b"\r\n\r\n"
    try:
        sent = forwarded(data, HOSTS)
    except Refused:
        return
    assert sent.count(b"\r\n\r\n") == 1
    assert sent.lower().count(b"\r\nhost: ") == 1
    assert b"\r\nservice-worker" not in sent.lower()


@pytest.fixture
def inner() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        yield inner


@pytest.fixture
def door(inner: socket.socket) -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    at: tuple[str, int] = listener.getsockname()
    with closing(Door(listener, frozenset({f"127.0.0.1:{at[1]}"}), inner.getsockname)):
        yield at


def ask(at: tuple[str, int], data: bytes) -> bytes:
    with socket.create_connection(at, timeout=60) as client:
        client.sendall(data)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


def good(at: tuple[str, int], body: bytes = b"") -> bytes:
    return b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n\r\n%b" % (at[1], len(body), body)


def test_bodies_of_any_size_go_both_ways(inner: socket.socket, door: tuple[str, int]) -> None:
    body = bytes(range(256)) * 8000
    came: list[bytes] = []

    def answer() -> None:
        connection, _ = inner.accept()
        with connection:
            data = b""
            while not data.endswith(body):
                data += connection.recv(65536)
            came.append(data)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body)

    thread = threading.Thread(target=answer)
    thread.start()
    assert ask(door, good(door, body)) == b"HTTP/1.1 200 OK\r\n\r\n" + body
    thread.join(60)
    assert came[0].startswith(b"POST /x HTTP/1.1\r\n")


def test_nothing_is_asked_for_a_stranger(inner: socket.socket, door: tuple[str, int]) -> None:
    assert ask(door, GOOD).startswith(b"HTTP/1.1 421 ")
    assert ask(door, b"GET /" + b"x" * MOST_HEAD * 2).startswith(b"HTTP/1.1 431 ")
    inner.setblocking(False)
    with pytest.raises(BlockingIOError):
        inner.accept()


def test_while_there_is_nothing_behind_it_says_so(inner: socket.socket, door: tuple[str, int]) -> None:
    inner.close()
    listener = socket.create_server(("127.0.0.1", 0))
    at: tuple[str, int] = listener.getsockname()
    hosts = frozenset({f"127.0.0.1:{at[1]}"})
    with closing(Door(listener, hosts, lambda: None)):
        answer = ask(at, good(at))
    assert answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: " in answer


def test_it_closes_while_an_answer_is_under_way(inner: socket.socket) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    at: tuple[str, int] = listener.getsockname()
    door = Door(listener, frozenset({f"127.0.0.1:{at[1]}"}), inner.getsockname)
    with socket.create_connection(at, timeout=60) as client:
        client.sendall(good(at))
        connection, _ = inner.accept()
        door.close()
        assert client.recv(1) == b""
        connection.close()
    door.close()
    with pytest.raises(OSError):
        socket.create_connection(at, timeout=60)
