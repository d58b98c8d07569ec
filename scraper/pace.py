"""The pace of a run: which host may be asked for a page now. Sources, pages, redirects to other hosts and the further
pages of an article all take their turns here; requisites and robots.txt have limits of their own."""

from __future__ import annotations

import random as chance
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from threading import Condition, Lock

from msgspec import Struct

JITTER = 0.5
REMEMBERED = 10_000
POLL = 0.2


class Rhythm(Struct, frozen=True):
    """`delay` gives the seconds between pages of a host, `at_a_time` is how many of its pages may be under way, but one
    where `names_delay` says that the host itself names a delay; `sleep` ends early when the run is stopped, which
    `stopped` tells."""

    delay: Callable[[str], float]
    at_a_time: int
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stopped: Callable[[], bool]
    random: Callable[[], float] = chance.random
    names_delay: Callable[[str], bool] = lambda host: False


class _Host(Struct):
    """`rests` seconds it is left alone from the end of a page on, until `free_at` by the clock."""

    flying: int = 0
    waiting: int = 0
    free_at: float = 0.0
    rests: float = 0.0


class Pace:
    """Turns, host by host; safe in threads. Nobody holds one host's turn while waiting for another's."""

    def __init__(self, rhythm: Rhythm, most_waiting: int | None = None) -> None:
        """`most_waiting` of a host make it crowded; None: none ever is."""
        self._rhythm = rhythm
        self._most_waiting = most_waiting
        self._changed = Condition()
        self._hosts: dict[str, _Host] = {}
        self._queued = 0

    @property
    def queued(self) -> int:
        """How many threads wait for another page of their host to be through; those whose host rests sleep."""
        return self._queued

    def crowded(self, host: str) -> bool:
        """Whether so many wait for the host that another had better come again."""
        with self._changed:
            state = self._hosts.get(host)
            return self._most_waiting is not None and state is not None and state.waiting >= self._most_waiting

    def turn(self) -> Turn:
        """A turn that is nobody's yet: `Turn.to` takes it. A context manager that gives it back."""
        return Turn(self)

    def seconds(self, host: str) -> float:
        """How long the host rests after a page: what it wants, and up to half as much again."""
        return self._rhythm.delay(host) * (1.0 + JITTER * self._rhythm.random())

    def take(self, host: str) -> bool:
        """Wait until a page of the host may be asked, and take that turn; False when the run was stopped before."""
        rhythm = self._rhythm
        with self._changed:
            state = self._hosts.setdefault(host, _Host())
            state.waiting += 1
            try:
                while not rhythm.stopped():
                    now = self._now()
                    # A clock that was set back leaves nobody waiting for longer than ever was meant.
                    state.free_at = min(state.free_at, now + state.rests)
                    left = state.free_at - now
                    if left > 0:
                        self._changed.release()
                        try:
                            rhythm.sleep(left)
                        finally:
                            self._changed.acquire()
                    elif state.flying < self._most(host):
                        state.flying += 1
                        return True
                    else:
                        self._queued += 1
                        self._changed.wait(POLL)
                        self._queued -= 1
                return False
            finally:
                state.waiting -= 1

    def take_now(self, host: str) -> bool:
        """Take the turn if it is to be had at once; False where `take` would wait."""
        rhythm = self._rhythm
        with self._changed:
            state = self._hosts.setdefault(host, _Host())
            if rhythm.stopped() or state.free_at > self._now() or state.flying >= self._most(host):
                return False
            state.flying += 1
            return True

    def give(self, host: str) -> None:
        """The page is through: the host rests from now on."""
        seconds = self.seconds(host)
        with self._changed:
            state = self._hosts[host]
            state.flying -= 1
            state.rests = seconds
            state.free_at = self._now() + seconds
            if len(self._hosts) > REMEMBERED:
                self._forget()
            self._changed.notify_all()

    def give_back(self, host: str) -> None:
        """The turn was not used: the host need not rest for it."""
        with self._changed:
            self._hosts[host].flying -= 1
            self._changed.notify_all()

    def _most(self, host: str) -> int:
        return 1 if self._rhythm.names_delay(host) else self._rhythm.at_a_time

    def _forget(self) -> None:
        now = self._now()
        self._hosts = {
            name: host for name, host in self._hosts.items() if host.flying or host.waiting or host.free_at > now
        }

    def _now(self) -> float:
        return self._rhythm.clock().timestamp()


class Holder:
    """The turns that somebody holds who may be lost; safe in threads."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._lock = Lock()
        self._held: Counter[str] = Counter()
        self._ended = False

    def take_now(self, host: str) -> bool:
        """As `Pace.take_now`; False once it was lost."""
        return self._pace.take_now(host) and self._holds(host)

    def take(self, host: str) -> bool:
        """As `Pace.take`; False once it was lost."""
        return self._pace.take(host) and self._holds(host)

    def give(self, host: str, *, used: bool = True) -> None:
        """As `Pace.give`, or as `Pace.give_back` for one that was not used."""
        with self._lock:
            holds = self._held[host] > 0
            self._held[host] -= holds
        if holds:
            (self._pace.give if used else self._pace.give_back)(host)

    def end(self) -> None:
        """It was lost: all its turns are given."""
        with self._lock:
            self._ended = True
            held, self._held = +self._held, Counter()
        for host in held.elements():
            self._pace.give(host)

    def _holds(self, host: str) -> bool:
        with self._lock:
            if not self._ended:
                self._held[host] += 1
                return True
        self._pace.give_back(host)
        return False


class Turn:
    """One page's way through the hosts that its redirects lead to."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._host: str | None = None

    @property
    def host(self) -> str | None:
        """Whose turn it is now."""
        return self._host

    def to(self, host: str) -> bool:
        """Go on to the host, at once if the turn is there already; False when the run was stopped before."""
        if host == self._host:
            return True
        self.end()
        if not self._pace.take(host):
            return False
        self._host = host
        return True

    def end(self) -> None:
        if self._host is not None:
            self._pace.give(self._host)
            self._host = None

    def __enter__(self) -> Turn:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
