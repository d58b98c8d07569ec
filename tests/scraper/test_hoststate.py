"""What is known of a host: each way it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from archive.models import VerdictKind
from scraper.hoststate import (
    LONG_AGO,
    TROUBLE,
    Circuit,
    HostState,
    Patience,
    answered,
    at_a_time,
    claimed,
    forgiven,
    given_back,
    learned,
    resting,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE = Patience(first=2.0, longest=10.0, opens_after=4, open_first=100.0, open_longest=350.0)
BAD, GOOD = VerdictKind.SERVER_ERROR, VerdictKind.ARTICLE
SOON = NOW + timedelta(seconds=1)


def after(state: HostState, verdict: VerdictKind, random: float = 0.5) -> HostState:
    return answered(state, verdict, NOW, SOON, PATIENCE, lambda: random)


def seconds(state: HostState) -> float:
    return (state.backoff_until - NOW).total_seconds()


@pytest.mark.parametrize("verdict", list(VerdictKind))
def test_a_closed_circuit_counts_trouble_alone(verdict: VerdictKind) -> None:
    state = after(HostState(failures=2), verdict)
    assert state.failures == (3 if verdict in TROUBLE else 0)
    assert state.circuit is Circuit.CLOSED
    assert state.free_at == SOON


def test_back_off_grows_then_the_circuit_opens_and_its_time_grows_too() -> None:
    state, waits = HostState(), []
    for _ in range(8):
        state = after(claimed(state), BAD)
        waits.append((seconds(state), state.circuit))
        state = replace(state, backoff_until=LONG_AGO)
    closed, open_ = Circuit.CLOSED, Circuit.OPEN
    assert waits == [
        (2, closed), (4, closed), (8, closed), (100, open_), (200, open_), (350, open_), (350, open_), (350, open_)
    ]  # fmt: skip


def test_back_off_is_bounded_and_jittered() -> None:
    patient = Patience(opens_after=10**6)
    state = answered(HostState(failures=5000), BAD, NOW, NOW, patient, lambda: 0.5)
    assert seconds(state) == patient.longest
    assert seconds(after(HostState(), BAD, 0.0)) == 1.0
    assert seconds(after(HostState(), BAD, 0.999)) == pytest.approx(2.998)


def test_an_open_circuit_lets_one_through_once_claimed() -> None:
    opened = HostState(failures=4, circuit=Circuit.OPEN)
    assert claimed(opened).circuit is Circuit.HALF_OPEN
    assert given_back(claimed(opened)) == opened
    assert at_a_time(opened, 6) == at_a_time(claimed(opened), 6) == 1
    assert at_a_time(HostState(), 6) == 6
    assert claimed(HostState()) == given_back(HostState()) == HostState()


def test_half_open_closes_with_a_good_answer_and_opens_with_another_failure() -> None:
    trying = HostState(failures=4, circuit=Circuit.HALF_OPEN)
    good, bad = after(trying, GOOD), after(trying, BAD)
    assert (good.circuit, good.failures, good.backoff_until) == (Circuit.CLOSED, 0, LONG_AGO)
    assert (bad.circuit, bad.failures, seconds(bad)) == (Circuit.OPEN, 5, 200.0)


def test_what_was_under_way_when_it_opened() -> None:
    opened = HostState(failures=4, circuit=Circuit.OPEN, backoff_until=NOW + timedelta(hours=1))
    assert after(opened, BAD) == replace(opened, free_at=SOON)
    assert after(opened, GOOD).circuit is Circuit.CLOSED


def test_pause_and_what_the_host_wants_count_and_never_shorten() -> None:
    later = NOW + timedelta(hours=1)
    assert after(HostState(free_at=later), GOOD).free_at == later
    assert after(learned(HostState(), 30.0), GOOD).free_at == NOW + timedelta(seconds=30)
    assert after(HostState(delay=0.5), GOOD).free_at == SOON
    assert resting(resting(HostState(), later), NOW).free_at == later
    assert learned(HostState(), -1.0).delay == 0.0
    assert HostState(free_at=NOW, backoff_until=later).ready_at == later


def test_forgiven_ends_our_back_off_and_not_its_rest() -> None:
    later = NOW + timedelta(hours=1)
    state = HostState(free_at=later, backoff_until=later, failures=9, circuit=Circuit.OPEN)
    assert forgiven(state) == replace(state, backoff_until=LONG_AGO)
