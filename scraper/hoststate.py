"""What is known of a host, and how each thing that happens changes it: pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from archive.models import VerdictKind

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
TROUBLE = frozenset({VerdictKind.UNREACHABLE, VerdictKind.SERVER_ERROR, VerdictKind.RATE_LIMITED})
"""What tells that the host itself has trouble, or has enough of us; all else shows that it answers."""
_MOST_DOUBLINGS = 30


class Circuit(StrEnum):
    """Closed: asked as usual. Open: not asked until its back-off is over. Half-open: one page finds out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class HostState(Struct, frozen=True):
    """`free_at` is what politeness wants (the pause after a page, Retry-After), `backoff_until` what we learned from
    failures; `failures` counts them in a row. `delay` is seconds between pages that the host asks for."""

    free_at: datetime = LONG_AGO
    backoff_until: datetime = LONG_AGO
    failures: int = 0
    circuit: Circuit = Circuit.CLOSED
    delay: float = 0.0

    @property
    def ready_at(self) -> datetime:
        return max(self.free_at, self.backoff_until)


class Patience(Struct, frozen=True):
    """Seconds of back-off, doubled with each failure in a row, and how many of them open the circuit."""

    first: float = 2.0
    longest: float = 300.0
    opens_after: int = 5
    open_first: float = 600.0
    open_longest: float = 6 * 3600.0


def at_a_time(state: HostState, per_host: int) -> int:
    """How many pages may be under way."""
    return per_host if state.circuit is Circuit.CLOSED else 1


def claimed(state: HostState) -> HostState:
    """A page of it is about to be asked."""
    return replace(state, circuit=Circuit.HALF_OPEN) if state.circuit is Circuit.OPEN else state


def given_back(state: HostState) -> HostState:
    """A page was claimed and never asked."""
    return replace(state, circuit=Circuit.OPEN) if state.circuit is Circuit.HALF_OPEN else state


def answered(
    state: HostState,
    verdict: VerdictKind,
    now: datetime,
    rest_until: datetime,
    patience: Patience,
    random: Callable[[], float],
) -> HostState:
    """A page is through; `random` gives numbers in [0, 1)."""
    free_at = max(state.free_at, rest_until, now + timedelta(seconds=state.delay))
    if verdict not in TROUBLE:
        return replace(state, free_at=free_at, backoff_until=LONG_AGO, failures=0, circuit=Circuit.CLOSED)
    if state.circuit is Circuit.OPEN:  # one that was under way when it opened: nothing new
        return replace(state, free_at=free_at)
    failures = state.failures + 1
    opens = state.circuit is Circuit.HALF_OPEN or failures >= patience.opens_after
    if opens:
        seconds = _grown(patience.open_first, failures - patience.opens_after, patience.open_longest)
    else:
        seconds = _grown(patience.first, failures - 1, patience.longest)
    until = max(state.backoff_until, now + timedelta(seconds=seconds * (0.5 + random())))
    circuit = Circuit.OPEN if opens else Circuit.CLOSED
    return replace(state, free_at=free_at, backoff_until=until, failures=failures, circuit=circuit)


def resting(state: HostState, until: datetime) -> HostState:
    """The host asked to be left alone until then."""
    return replace(state, free_at=max(state.free_at, until))


def learned(state: HostState, delay: float) -> HostState:
    """The host's rules name this many seconds between pages, 0 where they name none."""
    return replace(state, delay=max(0.0, delay))


def forgiven(state: HostState) -> HostState:
    """Its failures are to be tried again now: our own back-off ends, what the host asked for stays. A circuit that was
    open still lets but one page through."""
    return replace(state, backoff_until=LONG_AGO)


def _grown(first: float, doublings: int, longest: float) -> float:
    return min(longest, first * 2.0 ** min(max(0, doublings), _MOST_DOUBLINGS))
