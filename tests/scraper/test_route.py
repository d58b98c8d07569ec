from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from archive.errors import ConfigError
from scraper.route import Detour, Router, parse_connect_to, system_resolver
from scraper.wire import Deadline, WireError


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def soon(seconds: float = 5.0) -> Deadline:
    return Deadline(time.monotonic() + seconds, time.monotonic)


def names(**known: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return known[host]

    return resolve


def refusal(router: Router, host: str, port: int = 80) -> WireError:
    with pytest.raises(WireError) as caught:
        router.connect(host, port, soon())
    return caught.value


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("a.test:80:b.test:8080", Detour("a.test", 80, "b.test", 8080)),
        (":443:127.0.0.1:1", Detour("", 443, "127.0.0.1", 1)),
        ("A.test::B.test:", Detour("a.test", 0, "b.test", 0)),
        (":::", Detour("", 0, "", 0)),
        ("[::1]:80:[::2]:81", Detour("::1", 80, "::2", 81)),
    ],
)
def test_detours_as_curl_writes_them(entry: str, expected: Detour) -> None:
    assert parse_connect_to([entry]) == (expected,)


@pytest.mark.parametrize(
    "entry", ["", "a.test", "a:80:b", "a:x:b:80", "a:80:b:99999", "a:80:b:80:c", "[::1:80:b:80", "a:0:b:1"]
)
def test_what_is_no_detour_is_named(entry: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT:HOST2:PORT2"):
        parse_connect_to([entry])


def test_the_name_is_looked_up_and_its_address_vetted(port: int) -> None:
    found = names(inside=["127.0.0.1"])
    with Router((), True, 5, found).connect("inside", port, soon()) as sock:
        assert sock.getpeername() == ("127.0.0.1", port)
    error = refusal(Router((), False, 5, found), "inside", port)
    assert (error.kind, error.retry) == ("refused by us", False)
    assert "inside is not asked: 127.0.0.1 is this machine" in error.message


def test_of_several_addresses_only_those_that_pass_are_tried(port: int) -> None:
    """A name that leads inside and outside at once: the inside is not asked, even though it would answer."""
    tried = names(both=["0.0.0.0", "224.0.0.1", "127.0.0.1"])
    with Router((), True, 5, tried).connect("both", port, soon()) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


def test_a_detour_replaces_the_look_up_and_is_vetted_itself(port: int) -> None:
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    detours = parse_connect_to([f"news.test:80:127.0.0.1:{port}"])
    with Router(detours, True, 5, never).connect("news.test", 80, soon()) as sock:
        assert sock.getpeername()[1] == port
    error = refusal(Router(detours, False, 5, never), "news.test")
    assert error.kind == "refused by us" and "127.0.0.1" in error.message


def test_the_first_detour_that_fits_counts(port: int) -> None:
    detours = parse_connect_to(["other.test:80:192.0.2.1:1", f"news.test::127.0.0.1:{port}", ":80:192.0.2.1:1"])
    with Router(detours, True, 5).connect("NEWS.test", 80, soon()) as sock:
        assert sock.getpeername()[1] == port


def test_when_one_address_refuses_the_next_is_tried(port: int) -> None:
    """Nothing listens on ::1 here; with or without IPv6 the other family answers."""
    with Router((), True, 5, names(two=["::1", "127.0.0.1"])).connect("two", port, soon()) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


def test_names_that_are_not_known_and_names_that_nobody_can_tell() -> None:
    error = refusal(Router((), True, 5, names()), "nowhere.test")
    assert (error.kind, error.message, error.retry) == ("dns", "there is no host named nowhere.test", False)

    def later(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    assert refusal(Router((), True, 5, later), "news.test").retry
    assert refusal(Router((), True, 5, names(empty=[])), "empty").kind == "dns"


def test_a_look_up_that_hangs_is_left_behind() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> Sequence[str]:
        release.wait(10)
        return []

    with pytest.raises(WireError, match="no answer about the name") as caught:
        Router((), True, 0.02, hang).connect("slow.test", 80, soon())
    release.set()
    assert (caught.value.kind, caught.value.retry) == ("dns", True)


def test_a_refused_connection_names_the_address_and_may_be_tried_again() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        error = refusal(Router((), True, 5), "127.0.0.1", bound.getsockname()[1])
    assert (error.kind, error.retry) == ("connect", True)
    assert "127.0.0.1" in error.message


def test_a_connection_that_nobody_takes_ends_in_time() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for sock in waiting:
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            begun = time.monotonic()
            error = refusal(Router((), True, 0.2), "127.0.0.1", port)
            assert (error.kind, error.retry) == ("timeout", True)
            assert time.monotonic() - begun < 2
        finally:
            for sock in waiting:
                sock.close()


def test_the_systems_resolver_gives_each_address_once() -> None:
    found = system_resolver("localhost", 80)
    assert found and len(found) == len(set(found)) and set(found) <= {"127.0.0.1", "::1"}
