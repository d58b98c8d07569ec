"""At most so many tasks of one host at a time, no thread waiting for its turn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scraper.gate import HostGate


def test_a_host_never_has_more_than_its_share_and_others_go_on() -> None:
    lock, running, most = threading.Lock(), 0, 0
    release = threading.Event()
    other_ran = threading.Event()

    def slow() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        release.wait(30)
        with lock:
            running -= 1
        return running

    with ThreadPoolExecutor(8) as executor:
        gate = HostGate(executor, 2)
        waiting = [gate.submit("a.test", slow) for _ in range(6)]
        gate.submit("b.test", other_ran.set)
        assert other_ran.wait(30)
        assert sum(future.running() for future in waiting) <= 2
        release.set()
        for future in waiting:
            future.result(30)
    assert most <= 2


def test_errors_reach_whoever_asked_and_free_the_place() -> None:
    def fail() -> None:
        raise KeyError("x")

    with ThreadPoolExecutor(2) as executor:
        gate = HostGate(executor, 1)
        bad, good = gate.submit("a", fail), gate.submit("a", lambda: 7)
        with pytest.raises(KeyError):
            bad.result(30)
        assert good.result(30) == 7


def test_what_was_not_begun_can_be_cancelled() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(2) as executor:
        gate = HostGate(executor, 1)
        first = gate.submit("a", lambda: release.wait(30))
        second, third = gate.submit("a", lambda: 2), gate.submit("a", lambda: 3)
        assert second.cancel()
        release.set()
        assert first.result(30)
        assert third.result(30) == 3
        assert second.cancelled()
