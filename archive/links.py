"""Looking up what was found of links."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from archive import rows
from archive.linkstate import Check, LinkStanding, State, standing
from archive.lookup import Lookups
from archive.models import PageRow
from archive.rows import CHECKS, PAGES, SUBMISSIONS
from archive.submission import Submission

_BATCH = 1000
_LAST = (
    "NOT EXISTS (SELECT 1 FROM submissions l WHERE l.link = s.link AND l.archive = s.archive AND "
    "(l.time > s.time OR (l.time = s.time AND l.page_id > s.page_id)))"
)


class LinkLookups(Lookups):
    """The look-ups of pages and captures, and those of links."""

    def checks_of(self, url: str) -> list[Check]:
        """What was found of a link, the oldest first: under its address, or else under the one that was asked for where
        this is what answered. A page kept since, by a run that does not check, counts as the last."""
        checks = self._checks(rows.identities(url))
        if not checks:
            row = self.find(url)
            checks = self._checks(rows.identities(row.url)) if row is not None else []
        return self._with_kept(checks)

    def standings(self, strikes: int) -> Iterator[LinkStanding]:
        """Where each link stands that was ever checked, in the order of addresses."""
        last = ""
        sql = "SELECT DISTINCT link FROM checks WHERE link > ? ORDER BY link LIMIT ?"
        while found := self.rows(sql, last, _BATCH):
            for (last,) in found:
                checks = self._with_kept(self._checks([last]))
                yield LinkStanding(checks[-1].address, standing(checks, strikes), tuple(checks))

    def links(self) -> Iterator[PageRow]:
        """The latest kept page of each address that was asked for (`url`), in the order of addresses."""
        for (number,) in self.rows(
            "SELECT max(id) FROM pages WHERE kept AND rereads IS NULL GROUP BY url ORDER BY url"
        ):
            yield rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number))

    def first_final(self, url: str) -> str | None:
        """The address that answered when this one was kept for the first time."""
        sql = "SELECT min(page) FROM links WHERE address = ? AND kept = 1"
        numbers = [self._one(sql, rows.storable(address))[0] for address in rows.identities(url)]
        number = min((n for n in numbers if n is not None), default=None)
        found = self._one("SELECT final_url FROM pages WHERE id = ?", number) if number is not None else None
        return str(found[0]) if found else None

    def first_seen(self, url: str) -> datetime | None:
        """When this address, or a page under it, was asked for the first time, kept or not."""
        sql = "SELECT min(page) FROM links WHERE address = ?"
        numbers = [self._one(sql, rows.storable(address))[0] for address in rows.identities(url)]
        number = min((n for n in numbers if n is not None), default=None)
        return rows.time_of_page(number) if number is not None else None

    def submissions_of(self, url: str) -> list[Submission]:
        """How each submission of a link stands: the last step for each archive."""
        found: dict[str, Submission] = {}
        for link in rows.identities(url):
            for row in self.rows(f"{SUBMISSIONS} WHERE link = ? ORDER BY time, page_id", rows.storable(link)):
                submission = rows.submission_of(row)
                found[submission.archive] = submission
        return list(found.values())

    def submissions_due(self, by: datetime) -> list[Submission]:
        """What archives are to be asked by then: waiting, or with a job that has not ended; the longest due first."""
        sql = f"{SUBMISSIONS} s WHERE due IS NOT NULL AND due <= ? AND {_LAST} ORDER BY due, page_id, archive"
        return [rows.submission_of(row) for row in self.rows(sql, rows.milliseconds(by))]

    def submissions_counted(self) -> dict[str, int]:
        """How many submissions stand how, by their last step."""
        sql = f"SELECT step, count(*) FROM submissions s WHERE {_LAST} GROUP BY step ORDER BY 2 DESC, 1"  # noqa: S608 - our own words
        return {str(step): int(count) for step, count in self.rows(sql)}

    def archives_resting(self, now: datetime) -> dict[str, datetime]:
        """Until when archives want to be left alone, by what they said last."""
        sql = (
            f"SELECT archive, max(due) FROM submissions s WHERE rests AND due > ? AND {_LAST} "  # noqa: S608 - our own words
            "GROUP BY archive"
        )
        found = self.rows(sql, rows.milliseconds(now))
        return {archive: rows.from_milliseconds(due) for archive, due in found}

    def _checks(self, links: list[str]) -> list[Check]:
        found = [self.rows(f"{CHECKS} WHERE link = ? ORDER BY time, page_id", rows.storable(link)) for link in links]
        return sorted((rows.check_of(row) for some in found for row in some), key=lambda check: check.time)

    def _with_kept(self, checks: list[Check]) -> list[Check]:
        if not checks:
            return checks
        last = checks[-1]
        row = self.find(last.address, kept_only=True)
        known = {check.page_id for check in checks}
        if row is None or row.rereads or row.page_id in known or row.captured_at <= last.time:
            return checks
        kept = Check(
            address=last.address,
            time=row.captured_at,
            state=State.SAME,
            reason="kept again since, by a run that does not check",
            status=row.status,
            page_id=row.page_id,
        )
        return [*checks, kept]
