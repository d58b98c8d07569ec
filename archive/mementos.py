"""Addresses of mementos as Wayback machines and pywb have them (`PREFIX STAMP [MOD] / URL`): pure."""

from __future__ import annotations

import re

from msgspec import Struct

from archive.deferring import deferred

RAW = "id_"
_REPLAY = deferred(
    r"(?P<prefix>https?://[^?#]*?/)(?P<stamp>[0-9]{14})(?P<mod>[a-z]{2}_)?/(?P<url>https?:/.*)\Z", re.DOTALL
)


class Replay(Struct, frozen=True):
    """An address of the form `PREFIX STAMP [MOD] / URL`, as Wayback machines and pywb have them."""

    prefix: str
    stamp: str
    mod: str
    url: str

    @property
    def raw(self) -> str:
        """The address of the same memento as it came from its site."""
        return f"{self.prefix}{self.stamp}{RAW}/{self.url}"


def replay_of(address: str) -> Replay | None:
    """What a memento's address says of it; None where it has another form."""
    match = _REPLAY.match(address)
    if match is None:
        return None
    # Some archives write one slash where there were two.
    url = re.sub(r"\A(https?):/+", r"\1://", match["url"])
    return Replay(match["prefix"], match["stamp"], match["mod"] or "", url)
