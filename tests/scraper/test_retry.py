from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from archive.models import Exchange, Failure
from archive.spool import Spool
from scraper.retry import Attempt, HostRest, RetryPolicy, ask_until, http_date, retry_after
from tests.scraper.net import NOON, FakeTime

POLICY = RetryPolicy(tries=4, budget=90, max_retry_after=60)


def answer(status: int, *headers: tuple[str, str]) -> Attempt:
    return Attempt(Exchange("http://a.test/", NOON, b"", status, b"", headers, Spool.of(b"body")))


def failure(kind: str, retry: bool) -> Attempt:
    broken = Failure(kind, "words")
    return Attempt(Exchange("http://a.test/", NOON, b"", None, b"", (), Spool.of(b""), failure=broken), retry)


def run(time: FakeTime, *attempts: Attempt, policy: RetryPolicy = POLICY) -> Exchange:
    """What becomes of these attempts, made one after the other; one too many is an error."""
    left: Iterator[Attempt] = iter(attempts)
    return ask_until(policy, time.hands(), lambda: next(left))


@pytest.mark.parametrize("status", [200, 204, 301, 304, 400, 401, 403, 404, 410, 418])
def test_answers_that_are_final(status: int) -> None:
    time = FakeTime()
    assert run(time, answer(status)).attempts == 1
    assert time.slept == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_answers_that_may_pass(status: int) -> None:
    time = FakeTime()
    result = run(time, answer(status), answer(200))
    assert (result.status, result.attempts) == (200, 2)
    assert time.slept == [1.0]


def test_failures_that_may_pass_and_failures_that_do_not() -> None:
    assert run(FakeTime(), failure("connect", True), failure("cut", True), answer(200)).attempts == 3
    result = run(FakeTime(), failure("tls", False))
    assert result.failure is not None and result.attempts == 1


def test_the_last_answer_is_what_is_given_and_earlier_bodies_go() -> None:
    time = FakeTime()
    attempts = [answer(500), answer(502), answer(503), answer(504)]
    result = run(time, *attempts)
    assert (result.status, result.attempts) == (504, 4)
    assert time.slept == [1.0, 2.0, 4.0]
    assert [a.exchange.body.bytes() for a in attempts] == [b"", b"", b"", b"body"]


def test_waits_are_jittered_around_their_growth() -> None:
    for random, expected in ((0.0, [0.5, 1.0]), (0.999, [1.499, 2.998])):
        time = FakeTime()
        left = iter([answer(500), answer(500), answer(200)])
        ask_until(POLICY, time.hands(lambda random=random: random), lambda left=left: next(left))  # type: ignore[misc]
        assert time.slept == pytest.approx(expected)


def test_a_challenge_is_not_asked_again() -> None:
    assert run(FakeTime(), answer(503, ("CF-Mitigated", "challenge"))).attempts == 1


def test_retry_after_is_waited_for() -> None:
    time = FakeTime()
    assert run(time, answer(429, ("Retry-After", "7")), answer(200)).status == 200
    assert time.slept == [7.0]


def test_retry_after_that_is_too_long_ends_it_now() -> None:
    time = FakeTime()
    result = run(time, answer(429, ("Retry-After", "3600")))
    assert (result.status, result.attempts, time.slept) == (429, 1, [])
    assert retry_after(result, NOON) == 3600


def test_retry_after_that_is_past_or_nonsense_means_the_usual_wait() -> None:
    for value in ("0", "-5", "Sat, 01 Jan 2000 00:00:00 GMT", "soon", ""):
        time = FakeTime()
        run(time, answer(503, ("Retry-After", value)), answer(200))
        assert time.slept == [1.0], value


def test_the_budget_ends_it_before_the_wait_that_would_break_it() -> None:
    time = FakeTime()
    policy = RetryPolicy(tries=100, budget=10, max_retry_after=60)
    result = run(time, *[answer(500)] * 4, policy=policy)
    assert result.attempts == 4
    assert time.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 01 Mar 2026 12:00:30 GMT",
        "Sunday, 01-Mar-26 12:00:30 GMT",
        "Sun Mar  1 12:00:30 2026",
        " sun, 01 mar 2026 12:00:30 gmt ",
    ],
)
def test_all_three_forms_of_a_date(text: str) -> None:
    assert http_date(text, NOON) == NOON + timedelta(seconds=30)
    assert retry_after(answer(503, ("Retry-After", text)).exchange, NOON) == 30


def test_a_year_of_two_digits_is_of_this_or_the_last_century() -> None:
    assert http_date("Sunday, 06-Nov-94 08:49:37 GMT", NOON) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert http_date("Sunday, 06-Nov-75 08:49:37 GMT", NOON) == datetime(2075, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "Sun, 31 Feb 2026 12:00:00 GMT",
        "Sun, 01 Xyz 2026 12:00:00 GMT",
        "Sun, 01 Mar 2026 99:99:99 GMT",
        "9" * 5000,
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert http_date(text, NOON) is None


def test_what_one_address_is_told_holds_for_its_host() -> None:
    time = FakeTime()
    rest = HostRest(time.hands(), 60)
    rest.note("a.test", answer(429, ("Retry-After", "20")).exchange)
    rest.wait("b.test")
    assert time.slept == []
    rest.wait("a.test")
    rest.wait("a.test")
    assert time.slept == [20.0]


def test_a_host_is_not_waited_for_longer_than_we_are_ready_to() -> None:
    time = FakeTime()
    rest = HostRest(time.hands(), 60)
    rest.note("a.test", answer(429, ("Retry-After", "61")).exchange)
    rest.note("a.test", answer(200, ("Retry-After", "5")).exchange)
    rest.wait("a.test")
    assert time.slept == []


def test_a_wait_that_a_stop_cuts_short_is_followed_by_no_request() -> None:
    time = FakeTime()
    stopped = False

    def sleep(seconds: float) -> None:
        nonlocal stopped
        stopped = True

    hands = replace(time.hands(), sleep=sleep, stopped=lambda: stopped)
    asked: list[Attempt] = []

    def ask() -> Attempt:
        asked.append(answer(503))
        return asked[-1]

    found = ask_until(RetryPolicy(3, 60, 60), hands, ask)
    assert (len(asked), found.attempts, found.status) == (1, 1, 503)
    with found.body.open() as reader:  # it is kept, so it must still be there
        reader.read()
    rest = HostRest(hands, 60)
    rest.note("a.test", answer(429, ("Retry-After", "20")).exchange)
    assert not rest.wait("a.test")
