"""Turns: who may ask a host now, who waits, and what a stop does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from scraper.pace import Holder, Pace, Rhythm

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Time:
    """Moves by sleeping alone."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.slept: list[float] = []
        self.stopped = False
        self._lock = threading.Lock()

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += timedelta(seconds=seconds)

    def pace(self, delay: float = 2.0, at_a_time: int = 1, random: float = 0.0) -> Pace:
        return Pace(Rhythm(lambda _: delay, at_a_time, self.clock, self.sleep, lambda: self.stopped, lambda: random))


def test_a_host_rests_after_a_page_and_others_do_not() -> None:
    time = Time()
    pace = time.pace()
    for host in ("a.test", "b.test"):
        with pace.turn() as turn:
            assert turn.to(host)
    assert time.slept == []
    with pace.turn() as turn:
        assert turn.to("a.test")
    assert time.slept == [2.0]


def test_the_rest_is_never_shorter_and_up_to_half_as_long_again() -> None:
    assert Time().pace(random=0.0).seconds("a.test") == 2.0
    assert Time().pace(random=0.5).seconds("a.test") == 2.5


def test_a_page_that_is_led_on_keeps_its_turn_and_takes_the_next_hosts() -> None:
    time = Time()
    pace = time.pace()
    with pace.turn() as turn:
        assert turn.to("a.test")
        assert turn.to("a.test")
        assert turn.to("b.test")
        assert time.slept == []
        with pace.turn() as other:
            assert other.to("a.test")
    assert time.slept == [2.0]


def test_two_that_lead_to_each_other_both_come_through() -> None:
    time = Time()
    pace = time.pace(delay=0.0)
    both = threading.Barrier(2, timeout=30)

    def go(first: str, second: str) -> bool:
        with pace.turn() as turn:
            assert turn.to(first)
            both.wait()
            return turn.to(second)

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(go, ("a.test", "b.test"), ("b.test", "a.test")))


def test_so_many_pages_of_a_host_at_a_time() -> None:
    pace = Time().pace(delay=0.0, at_a_time=2)
    inside, most = 0, 0
    lock = threading.Lock()
    pairs = threading.Barrier(2, timeout=30)

    def go(_: int) -> None:
        nonlocal inside, most
        with pace.turn() as turn:
            assert turn.to("a.test")
            with lock:
                inside += 1
                most = max(most, inside)
            pairs.wait()
            with lock:
                inside -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(go, range(6)))
    assert most == 2


def test_who_waits_is_counted_and_a_stop_ends_the_waiting() -> None:
    time = Time()
    pace = time.pace()
    with pace.turn() as turn, ThreadPoolExecutor(1) as pool:
        assert turn.to("a.test")
        waiting = pool.submit(pace.take, "a.test")
        while not pace.queued:
            threading.Event().wait(0.001)
        time.stopped = True
        assert waiting.result(30) is False
    assert pace.queued == 0


def test_a_host_that_names_a_delay_is_asked_for_one_page_at_a_time() -> None:
    time = Time()
    rhythm = Rhythm(lambda _: 2.0, 8, time.clock, time.sleep, lambda: False, lambda: 0.0, lambda host: host == "a.test")
    pace = Pace(rhythm)
    with pace.turn() as first, pace.turn() as second, ThreadPoolExecutor(1) as pool:
        assert first.to("b.test")
        assert second.to("b.test")
        assert first.to("a.test")
        waiting = pool.submit(second.to, "a.test")
        while not pace.queued:
            pass
        first.end()
        assert waiting.result(30)
    assert time.slept == [2.0]


def test_a_clock_that_is_set_back_holds_nobody_up() -> None:
    time = Time()
    pace = time.pace()
    with pace.turn() as turn:
        assert turn.to("a.test")
    time.now -= timedelta(days=1)
    with pace.turn() as turn:
        assert turn.to("a.test")
    assert time.slept == [2.0]


def test_a_turn_that_was_not_used_is_no_reason_to_rest() -> None:
    time = Time()
    pace = time.pace()
    assert pace.take_now("a.test")
    assert not pace.take_now("a.test")
    pace.give_back("a.test")
    assert pace.take_now("a.test")
    pace.give("a.test")
    assert not pace.take_now("a.test")


def test_what_one_holds_who_is_lost_goes_back_and_it_gets_no_more() -> None:
    time = Time()
    pace = time.pace(delay=0.0)
    holder = Holder(pace)
    assert holder.take("a.test")
    assert holder.take_now("b.test")
    assert not holder.take_now("b.test")
    holder.give("b.test")
    holder.give("b.test")  # twice is once
    assert pace.take_now("b.test")
    holder.end()
    assert pace.take_now("a.test")
    pace.give("a.test")
    assert not holder.take("a.test")
    assert not holder.take_now("a.test")
    assert pace.take_now("a.test")
