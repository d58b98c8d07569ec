"""Hosts of requisites that say nothing."""

from __future__ import annotations

from scraper.silence import LEFT_ALONE, OPENS_AFTER, Silence


def test_a_host_that_says_nothing_is_left_alone_for_a_while() -> None:
    now = [0.0]
    silence = Silence(lambda: now[0])
    for _ in range(OPENS_AFTER - 1):
        silence.note("cdn.test", False)
    assert not silence.left_alone("cdn.test")
    silence.note("cdn.test", False)
    assert silence.left_alone("cdn.test")
    assert not silence.left_alone("other.test")
    now[0] = LEFT_ALONE
    assert not silence.left_alone("cdn.test")
    silence.note("cdn.test", False)
    assert silence.left_alone("cdn.test")
    now[0] *= 2
    silence.note("cdn.test", True)
    silence.note("cdn.test", False)
    assert not silence.left_alone("cdn.test")
