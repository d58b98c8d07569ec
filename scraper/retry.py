"""When an address is asked again, and how long before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive.deferring import deferred
from archive.models import Exchange

if TYPE_CHECKING:
    from tenacity import RetryCallState

LONGEST_WAIT = 30.0
LONGEST_REST = 7 * 86400.0
_SECONDS = deferred(r"[0-9]{1,18}\Z")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FORMS = (
    # RFC 9110, section 5.6.7: IMF-fixdate, RFC 850, asctime.
    deferred(r"[a-z]{3}, (?P<d>\d\d) (?P<b>[a-z]{3}) (?P<y>\d{4}) (?P<t>\d\d:\d\d:\d\d) gmt\Z"),
    deferred(r"[a-z]{6,9}, (?P<d>\d\d)-(?P<b>[a-z]{3})-(?P<y>\d\d) (?P<t>\d\d:\d\d:\d\d) gmt\Z"),
    deferred(r"[a-z]{3} (?P<b>[a-z]{3}) (?P<d>[ \d]\d) (?P<t>\d\d:\d\d:\d\d) (?P<y>\d{4})\Z"),
)


class Attempt(Struct, frozen=True):
    """One try. `retry` tells whether its failure, if it has one, may pass; an answer's status speaks for itself."""

    exchange: Exchange
    retry: bool = False


class RetryPolicy(Struct, frozen=True):
    """`tries` in all, none begun after `budget` seconds; an answer that asks for over `max_retry_after` ends it."""

    tries: int
    budget: float
    max_retry_after: float


class Hands(Struct, frozen=True):
    """Clock (UTC), monotonic seconds, sleep, and a random number in [0, 1): handed in so that tests need not wait.

    Once `stopped` says so, nothing is asked again. `refused` gives why an address is not to be asked, or None.
    """

    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    stopped: Callable[[], bool] = lambda: False
    refused: Callable[[str], str | None] = lambda url: None


class HostRest:
    """Hosts that asked to be left alone, and until when: what one address is told holds for all of its host."""

    def __init__(self, hands: Hands, most: float) -> None:
        self._hands = hands
        self._most = most
        self._until: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, host: str) -> bool:
        """Sleep until the host may be asked again; False when the run was stopped before."""
        with self._lock:
            until = self._until.get(host)
        if until is None:
            return True
        left = until - self._hands.monotonic()
        if left > 0:
            self._hands.sleep(left)
            if self._hands.stopped():
                return False
        with self._lock:
            if self._until.get(host) == until:
                del self._until[host]
        return True

    def note(self, host: str, exchange: Exchange) -> None:
        """An answer has come: a 429 or 503 that asks for no more than we are ready to wait counts for its host."""
        if exchange.status not in (429, 503):
            return
        seconds = retry_after(exchange, self._hands.clock())
        if seconds and seconds <= self._most:
            with self._lock:
                self._until[host] = max(self._until.get(host, 0.0), self._hands.monotonic() + seconds)


def worth_another(attempt: Attempt) -> bool:
    """Whether the trouble may pass: no connection, silence, a body cut short, 408, 429 and 5xx."""
    exchange = attempt.exchange
    if exchange.failure is not None:
        return attempt.retry
    if exchange.header("cf-mitigated") is not None:
        return False
    status = exchange.status or 0
    return status in (408, 429) or 500 <= status < 600


def retry_after(exchange: Exchange, now: datetime) -> float | None:
    """Seconds from now that an answer asks to be left alone for; 0 for a time that is past, None when it says nothing.

    Both forms of RFC 9110, section 10.2.3, the second in all three date formats.
    """
    value = (exchange.header("retry-after") or "").strip()
    if _SECONDS.match(value):
        return float(value)
    when = http_date(value, now)
    return None if when is None else max(0.0, (when - now).total_seconds())


def rest_until(exchange: Exchange, now: datetime) -> datetime | None:
    """Until when an answer asks for its host to be left alone: a 429 or 503 with Retry-After, for a week at most."""
    seconds = retry_after(exchange, now) if exchange.status in (429, 503) else None
    return now + timedelta(seconds=min(seconds, LONGEST_REST)) if seconds else None


def http_date(text: str, now: datetime) -> datetime | None:
    """An HTTP-date in any of its three forms, or None. A two-digit year is never over 50 years ahead of `now`."""
    text = text.strip().lower()
    match = next((m for form in _FORMS if (m := form.match(text))), None)
    if match is None or match["b"] not in _MONTHS:
        return None
    year = int(match["y"])
    if len(match["y"]) == 2:
        year += now.year // 100 * 100
        year -= 100 if year > now.year + 50 else 0
    hour, minute, second = (int(part) for part in match["t"].split(":"))
    try:
        return datetime(year, _MONTHS.index(match["b"]) + 1, int(match["d"]), hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def ask_until(
    policy: RetryPolicy, hands: Hands, ask: Callable[[], Attempt], least: Callable[[], float] = lambda: 0.0
) -> Exchange:
    """Ask, and ask again while that may help; the last answer, with the number of attempts on it.

    Waits grow from about a second, with jitter, or are what the answer asks for, and are never below `least`. Bodies of
    answers that a later one replaces are closed.
    """
    first = ask()
    if not worth_another(first) or policy.tries <= 1:
        return first.exchange
    return _again(policy, hands, ask, first, least)


def _again(
    policy: RetryPolicy, hands: Hands, ask: Callable[[], Attempt], first: Attempt, least: Callable[[], float]
) -> Exchange:
    from tenacity import Retrying, retry_if_result

    begun = hands.monotonic() - first.exchange.elapsed
    asked: list[Attempt] = []

    def attempt() -> Attempt:
        if not asked:
            asked.append(first)
        elif not hands.stopped():  # which it may have been while we waited
            asked.append(ask())
            asked[-2].exchange.body.close()
        return asked[-1]

    def wait(state: RetryCallState) -> float:
        asked_for = retry_after(_result(state).exchange, hands.clock())
        jittered = min(LONGEST_WAIT, 2.0 ** (state.attempt_number - 1)) * (0.5 + hands.random())
        return max(least(), asked_for, min(1.0, jittered)) if asked_for else max(least(), jittered)

    def stop(state: RetryCallState) -> bool:
        asked_for = retry_after(_result(state).exchange, hands.clock()) or 0.0
        if hands.stopped() or state.attempt_number >= policy.tries or asked_for > policy.max_retry_after:
            return True
        return hands.monotonic() - begun + state.upcoming_sleep > policy.budget

    def give_up(state: RetryCallState) -> Attempt:
        return _result(state)

    retrying = Retrying(
        sleep=hands.sleep,
        stop=stop,
        wait=wait,
        retry=retry_if_result(worth_another),
        retry_error_callback=give_up,
    )
    result: Attempt = retrying(attempt)
    return replace(result.exchange, attempts=len(asked))


def _result(state: RetryCallState) -> Attempt:
    assert state.outcome is not None
    result: Attempt = state.outcome.result()
    return result
