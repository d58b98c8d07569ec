"""What a collection tells of its links: checks, submissions, when they were seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from archive.links import LinkLookups
from archive.linkstate import Check, LinkStanding
from archive.models import PageRow
from archive.submission import Submission


class LinkLooks:
    """The part of a collection that looks at links; without a catalog there are none."""

    _lookups: LinkLookups | None

    def checks_of(self, url: str) -> list[Check]:
        """What was found of a link, the oldest first. Where it was kept since without a check, that is the last one."""
        return self._lookups.checks_of(url) if self._lookups else []

    def standings(self, strikes: int) -> Iterator[LinkStanding]:
        """Where each link stands that was ever checked."""
        if self._lookups:
            yield from self._lookups.standings(strikes)

    def submissions_of(self, url: str) -> list[Submission]:
        """What archives were asked to keep of a link, and how that stands: the last step for each archive."""
        return self._lookups.submissions_of(url) if self._lookups else []

    def submissions_due(self, by: datetime) -> list[Submission]:
        """What archives are to be asked by then, the longest due first."""
        return self._lookups.submissions_due(by) if self._lookups else []

    def submissions_counted(self) -> dict[str, int]:
        """How many submissions stand how, by their last step."""
        return self._lookups.submissions_counted() if self._lookups else {}

    def archives_resting(self, now: datetime) -> dict[str, datetime]:
        """Until when archives that were asked to keep something want to be left alone."""
        return self._lookups.archives_resting(now) if self._lookups else {}

    def links(self) -> Iterator[PageRow]:
        """The latest kept page of each address that was asked for (`url`), in the order of addresses."""
        if self._lookups:
            yield from self._lookups.links()

    def first_seen(self, url: str) -> datetime | None:
        """When this address was asked for the first time, kept or not; None if it never was."""
        return self._lookups.first_seen(url) if self._lookups else None

    def first_final(self, url: str) -> str | None:
        """The address that answered when this one was kept for the first time."""
        return self._lookups.first_final(url) if self._lookups else None
