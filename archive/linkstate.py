"""What became of a link, and where it stands by all that was found of it: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict


class State(StrEnum):
    """What a check found at an address. `REPLACED`: another page stands there now. `WALLED`: consent, login or payment
    stand before it. `BLOCKED`: we are not let in, which says nothing of the page."""

    SAME = "same"
    CHANGED = "changed"
    MOVED = "moved"
    REPLACED = "replaced"
    SOFT_404 = "soft 404"
    WALLED = "walled"
    BLOCKED = "blocked"
    GONE = "gone"
    ERROR = "server error"
    UNREACHABLE = "unreachable"

    @property
    def alive(self) -> bool:
        return self in ALIVE

    @property
    def failed(self) -> bool:
        """Whether it counts against the link; what is neither alive nor failed says nothing."""
        return self in FAILED


ALIVE = frozenset({State.SAME, State.CHANGED, State.MOVED})
FAILED = frozenset({State.REPLACED, State.SOFT_404, State.GONE, State.ERROR, State.UNREACHABLE})


class Check(Struct, frozen=True):
    """One time that a link was asked, and what was found.

    `address` is the link's own, `moved_to` where it leads now, `permanent` whether all redirects on the way said so.
    `similarity` (0 to 1) is that of the live text to the kept one, None where there was nothing to compare; `added` and
    `struck` count its words, `corrections` tell in words what was corrected. `page_id` names the page group that holds
    the check.
    """

    address: str
    time: datetime
    state: State
    reason: str
    evidence: tuple[str, ...] = ()
    status: int | None = None
    moved_to: str | None = None
    permanent: bool = False
    similarity: float | None = None
    page_id: str = ""
    added: int = 0
    struck: int = 0
    corrections: tuple[str, ...] = ()


class Standing(StrEnum):
    """What all checks of a link say together. `DOUBTFUL`: it failed, but not on enough days. `UNKNOWN`: never checked,
    or never with an answer that says anything."""

    ALIVE = "alive"
    DEAD = "dead"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


class LinkStanding(Struct, frozen=True):
    """A link that was checked: `checks` are all of them, the oldest first, never empty."""

    address: str
    standing: Standing
    checks: tuple[Check, ...]

    @property
    def last(self) -> Check:
        return self.checks[-1]


def standing(checks: Sequence[Check], strikes: int) -> Standing:
    """Where a link stands; `checks` are the oldest first. Dead is what failed on `strikes` different days (UTC) since
    it was last alive: answers that say nothing neither count nor clear it."""
    days: set[date] = set()
    for check in reversed(checks):
        if check.state.alive:
            return Standing.DOUBTFUL if days else Standing.ALIVE
        if check.state.failed:
            days.add(check.time.astimezone(UTC).date())
            if len(days) >= strikes:
                return Standing.DEAD
    return Standing.DOUBTFUL if days else Standing.UNKNOWN


_LISTS = ("evidence", "corrections")


def fields(check: Check) -> list[tuple[str, str]]:
    """What the metadata record says of it to people and other tools."""
    return [
        ("linkState", str(check.state)),
        ("linkReason", check.reason),
        *(("linkEvidence", text) for text in check.evidence),
        ("movedTo", check.moved_to or ""),
        ("similarity", "" if check.similarity is None else f"{check.similarity:.4f}"),
        *(("correction", text) for text in check.corrections),
    ]


def plain(check: Check) -> dict[str, Any]:
    """As JSON has it, less what its group says of itself: address, time and page id."""
    values = asdict(check) | {"state": str(check.state)}
    for name in ("address", "time", "page_id"):
        del values[name]
    values |= {name: list(values[name]) for name in _LISTS}
    return {name: value for name, value in values.items() if value is not None and value is not False and value != []}


def from_plain(values: dict[str, Any], address: str, time: datetime, page_id: str) -> Check:
    """Raises KeyError, TypeError and ValueError for what `plain` did not make."""
    lists = {name: tuple(values.get(name, ())) for name in _LISTS}
    told = values | lists | {"state": State(values["state"])}
    return Check(address=address, time=time, page_id=page_id, **told)
