"""Hosts of requisites that give no answer: after some in a row they are left alone for a while, so that a dead host of
pictures costs a run a moment and not two minutes a page."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from msgspec import Struct

OPENS_AFTER = 6
LEFT_ALONE = 600.0
REMEMBERED = 10_000


class _Host(Struct):
    silent: int = 0
    until: float = 0.0


class Silence:
    """Safe in threads. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._hosts: dict[str, _Host] = {}
        self._lock = Lock()

    def left_alone(self, host: str) -> bool:
        with self._lock:
            state = self._hosts.get(host)
            return state is not None and state.until > self._monotonic()

    def note(self, host: str, answered: bool) -> None:
        """The host was asked. One that has been left alone and is silent again is left alone at once."""
        with self._lock:
            if answered:
                self._hosts.pop(host, None)
                return
            if len(self._hosts) >= REMEMBERED:
                self._hosts.clear()
            state = self._hosts.setdefault(host, _Host())
            state.silent += 1
            if state.silent >= OPENS_AFTER:
                state.until = self._monotonic() + LEFT_ALONE
