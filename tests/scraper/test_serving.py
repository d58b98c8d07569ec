"""Where `serve` listens, which names it answers to, and where the replay goes."""

from __future__ import annotations

import socket

import pytest

from archive.errors import UsageError
from scraper import replay
from scraper.serving import Wish, answered, listening


@pytest.mark.parametrize(
    ("wish", "address", "hosts"),
    [
        (Wish(), "127.0.0.1", {"127.0.0.1:81", "localhost:81"}),
        (Wish("localhost"), "127.0.0.1", {"127.0.0.1:81", "localhost:81"}),
        (Wish("::1"), "::1", {"[::1]:81", "127.0.0.1:81", "localhost:81"}),
        (Wish("192.0.2.7"), "192.0.2.7", {"192.0.2.7:81"}),
        (Wish("Box.test"), "192.0.2.7", {"192.0.2.7:81", "box.test:81"}),
        (Wish("2001:db8::7"), "2001:db8::7", {"[2001:db8::7]:81"}),
        (
            Wish("192.0.2.7", names=("Library.test", "other.test:8443")),
            "192.0.2.7",
            {"192.0.2.7:81", "library.test", "library.test:81", "other.test:8443"},
        ),
    ],
)
def test_the_names_that_are_answered(wish: Wish, address: str, hosts: set[str]) -> None:
    assert answered(wish, address, 81) == hosts


def test_no_port_is_named_where_it_goes_without_saying() -> None:
    assert answered(Wish("192.0.2.7"), "192.0.2.7", 80) == {"192.0.2.7", "192.0.2.7:80"}


def test_on_all_addresses_the_machines_own_names_are_answered() -> None:
    hosts = answered(Wish("0.0.0.0"), "0.0.0.0", 81)
    assert {"127.0.0.1:81", "localhost:81", "[::1]:81", f"{socket.gethostname()}:81".lower()} <= hosts
    assert "0.0.0.0:81" not in hosts


def test_what_cannot_be_listened_on_says_why() -> None:
    for host, words in (("192.0.2.7", "no address of this machine"), ("no such host", "no such address")):
        with pytest.raises(UsageError, match=words), listening(host, 0):
            pass


def test_the_replay_has_another_host_than_the_library() -> None:
    for library, wanted, host in (("127.0.0.1", None, "127.0.0.2"), ("127.0.0.2", 0, "localhost")):
        found, listener = replay.reserved(library, wanted, 0)
        with listener:
            assert (found, listener.getsockname()[0] != library) == (host, True)


def test_where_127_0_0_1_is_the_only_address_the_replay_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_is_ours", lambda address: address == "127.0.0.1")
    for library, host in (("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")):
        found, listener = replay.reserved(library, None, 0)
        with listener:
            assert (found, listener.getsockname()[0]) == (host, "127.0.0.1")


def test_a_preferred_port_that_cannot_be_had_is_passed_over() -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        for preferred in (taken.getsockname()[1], 65536):
            _, listener = replay.reserved("127.0.0.1", None, preferred)
            with listener:
                assert listener.getsockname()[1] not in (0, preferred)
        with pytest.raises(UsageError, match="is taken"):
            replay.reserved("127.0.0.1", taken.getsockname()[1], 0)
