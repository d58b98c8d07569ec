"""Rows of addresses of which nothing is stored: what is told of them."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from archive.models import Exchange, Link, PageRow, Verdict, VerdictKind


def not_asked_row(link: Link, now: datetime, reason: str) -> PageRow:
    """The row of an address that is none: nothing was asked, so no record tells of it."""
    return PageRow(
        page_id="",
        url=link.url,
        final_url=link.url,
        original_url=None,
        verdict=VerdictKind.BLOCKED,
        reason=reason,
        evidence=(),
        status=None,
        title=None,
        authors=(),
        date=None,
        words=0,
        text=None,
        warc=None,
        offset=None,
        digest=None,
        captured_at=now,
        requisites=0,
        missing=(),
        source=link.source,
        via=link.via,
    )


def unkept_row(link: Link, now: datetime, verdict: Verdict, last: Exchange) -> PageRow:
    """The row of an answer that was not wanted: no record tells of it."""
    row = not_asked_row(link, now, verdict.reason)
    kind, evidence = verdict.kind, verdict.evidence
    return replace(row, verdict=kind, evidence=evidence, status=last.status, final_url=last.url)
