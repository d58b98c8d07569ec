"""A link with what makes it robust: pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from archive.linkstate import Check, Standing
from archive.rows import iso


class Snapshot(Struct, frozen=True):
    """What is kept of an address: `time` is that of the capture, `address` where it can be seen."""

    address: str
    time: datetime


class RobustLink(Struct, frozen=True):
    """An address that is kept, as it was asked for, and its latest capture.

    `final` is the address that answered, `checked` the last check. `snapshot` is None where the capture cannot be
    replayed. `warc` is relative to the collection's folder, `offset` counts bytes.
    """

    original: str
    title: str
    final: str
    standing: Standing
    snapshot: Snapshot | None
    checked: Check | None = None
    warc: str | None = None
    offset: int | None = None
    digest: str | None = None

    def as_dict(self) -> dict[str, str | int | None]:
        """For scripts; the names of Robust Links without their `data-`."""
        return {
            "originalurl": self.original,
            "versiondate": iso(self.snapshot.time) if self.snapshot else None,
            "versionurl": self.snapshot.address if self.snapshot else None,
            "title": self.title,
            "state": self.standing.value,
            "checked": iso(self.checked.time) if self.checked else None,
            "found": self.checked.state.value if self.checked else None,
            "finalurl": self.final,
            "warc": self.warc,
            "offset": self.offset,
            "digest": self.digest,
        }


def attributes(original: str, snapshot: Snapshot) -> dict[str, str]:
    """Those that a link bears beside its `href`. The date is RFC 3339 in UTC, to the second."""
    return {
        "data-originalurl": original,
        "data-versiondate": iso(snapshot.time),
        "data-versionurl": snapshot.address,
    }
