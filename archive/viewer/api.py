"""The library as JSON: beside each page what it shows, under the names that the command line prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive.article import to_json
from archive.errors import NotKeptError, UsageError
from archive.models import Capture, PageRow
from archive.replayed import replay_address
from archive.rows import iso
from archive.telling import as_dict
from archive.viewer import changing
from archive.viewer.asking import page_id_of, query_of
from archive.viewer.comparing import compared
from archive.viewer.memento import link_header
from archive.viewer.model import Card, Moment, Provenance, Results, Run
from archive.viewer.shelf import Shelf
from archive.viewer.site import Site, Writes

_DAYS, _PER_SITE, _CHANGES = 7, 20, 50


def answered(values: Mapping[str, Any], status: int = 200) -> Response:
    """JSON in UTF-8; half surrogate pairs, which UTF-8 has no place for, become U+FFFD."""
    data = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
    return Response(data, status, media_type="application/json", headers={"Cache-Control": "private, no-cache"})


class Api:
    def __init__(self, shelf: Shelf, site: Site) -> None:
        self._shelf = shelf
        self._site = site

    # ------------------------------------------------------------------------------------------------ lists

    def front(self, request: Request) -> Response:
        front = self._shelf.library().front(_DAYS, _PER_SITE)
        days = [
            {
                "day": str(day.day),
                "count": day.count,
                "sites": [
                    {"host": one.host, "count": one.count, "pages": [card_fields(card) for card in one.cards]}
                    for one in day.sites
                ],
            }
            for day in front.days
        ]
        return answered({"days": days, "counts": front.counts, "failed": [page_fields(page) for page in front.failed]})

    def search(self, request: Request) -> Response:
        query = query_of(request.query_params)
        return answered(_result_fields(self._shelf.library().search(query)))

    def choices(self, request: Request) -> Response:
        return answered({name: dict(values) for name, values in asdict(self._shelf.library().choices()).items()})

    def quarantine(self, request: Request) -> Response:
        query = query_of(request.query_params)
        return answered(_result_fields(self._shelf.library().quarantine(query.verdict, query.site, query.page)))

    def changes(self, request: Request) -> Response:
        return answered({"pages": [card_fields(card) for card in self._shelf.library().changes(_CHANGES)]})

    def health(self, request: Request) -> Response:
        health = self._shelf.library().health()
        failing = [{"host": host, "failed": failed, "asked": asked} for host, failed, asked in health.failing]
        days = [{"day": str(day), "verdicts": verdicts} for day, verdicts in health.days]
        runs = [_run_fields(run) for run in health.runs]
        return answered({"runs": runs, "days": days, "failing": failing, "unreadable": list(health.unreadable)})

    # ------------------------------------------------------------------------------------------------ one page

    def find(self, request: Request) -> Response:
        url = request.query_params.get("url", "").strip()
        if not url:
            raise UsageError("url is missing")
        page = self._shelf.library().find(url)
        if page is None:
            raise NotKeptError(f"nothing is kept of {url[:500]}")
        return self._page(page.page_id)

    def page(self, request: Request) -> Response:
        return self._page(page_id_of(request.path_params["page_id"]))

    def _page(self, page_id: str | None) -> Response:
        read = self._shelf.library().read(page_id) if page_id else None
        if read is None:
            raise NotKeptError("there is no page with this id")
        page, capture = read.page, read.provenance.capture
        answer = answered(
            page_fields(page)
            | {
                "article": to_json(read.article) if read.article is not None else None,
                "damage": read.damage,
                "lead_picture": read.lead.url if read.lead else None,
                "replay": replay_address(self._site.replay, capture),
                "provenance": _provenance_fields(read.provenance),
                "versions": [_moment_fields(moment) for moment in read.moments],
            }
        )
        answer.headers["Link"] = link_header(self._site.replay, page.final_url, capture, f"/api/page/{page.page_id}")
        return answer

    def versions(self, request: Request) -> Response:
        page_id = page_id_of(request.path_params["page_id"])
        library = self._shelf.library()
        read = library.read(page_id) if page_id else None
        if read is None:
            raise NotKeptError("there is no page with this id")
        changed = compared(library, read.moments, request.query_params)
        return answered(
            {
                "captures": [_moment_fields(moment) for moment in read.moments],
                "from": changed.before.page_id if changed else None,
                "to": changed.after.page_id if changed else None,
                "difference": changed.difference.as_dict() if changed else None,
            }
        )

    # ------------------------------------------------------------------------------------------------ writing

    async def keep(self, request: Request) -> Response:
        writes, given = await self._given(request)
        return answered(page_fields(await run_in_threadpool(writes.keep, _string(given, "url", 4096))))

    async def overrule(self, request: Request) -> Response:
        writes, given = await self._given(request)
        page_id = page_id_of(request.path_params["page_id"])
        page = await run_in_threadpool(self._shelf.library().page, page_id or "")
        if page is None:
            raise NotKeptError("there is no page with this id")
        reason = _string(given, "reason", 1000)
        return answered(page_fields(await run_in_threadpool(writes.overrule, page.page_id, reason)))

    async def _given(self, request: Request) -> tuple[Writes, dict[str, Any]]:
        """What was sent as JSON with the token. Raises HTTPException 403, 415 and 413, and UsageError."""
        writes = self._site.writes
        if writes is None:
            raise HTTPException(404)
        changing.refuse_strangers(request)
        if not changing.bears(request, writes.token):
            raise HTTPException(403, "The token is missing or not right: Authorization: Bearer TOKEN.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "A write is sent as application/json.")
        try:
            given = json.loads(await changing.body_of(request))
        except (ValueError, RecursionError):
            raise UsageError("what was sent is no JSON") from None
        if not isinstance(given, dict):
            raise UsageError("what was sent is no JSON object")
        return writes, given


def _string(given: Mapping[str, Any], name: str, most: int) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise UsageError(f"{name} is a string of 1 to {most} characters")
    return value.strip()


# ------------------------------------------------------------------------------------------------ fields


def page_fields(page: PageRow) -> dict[str, Any]:
    """As `--json` has them, but with paths relative to the collection's folder."""
    return as_dict(page, None)


def card_fields(card: Card) -> dict[str, Any]:
    snippet = [{"text": span.text, "marked": span.marked} for span in card.snippet]
    more = {"subtitle": card.subtitle, "text_versions": card.versions, "snippet": snippet}
    return page_fields(card.page) | more | {"lead_picture": card.lead.url if card.lead else None}


def _result_fields(results: Results) -> dict[str, Any]:
    return {
        "query": {name: value if value is None else str(value) for name, value in asdict(results.query).items()},
        "total": results.total,
        "more_than": results.more_than,
        "page": results.query.page,
        "per_page": results.per_page,
        "pages": [card_fields(card) for card in results.cards],
    }


def _moment_fields(moment: Moment) -> dict[str, Any]:
    return page_fields(moment.page) | {"text_version": moment.version}


def _capture_fields(capture: Capture) -> dict[str, Any]:
    return {
        "url": capture.url,
        "time": iso(capture.time),
        "role": str(capture.role),
        "verdict": capture.verdict.value,
        "status": capture.status,
        "mime": capture.mime,
        "digest": capture.digest,
        "record_id": capture.record_id,
        "record_type": capture.record_type,
        "warc": str(Path(capture.folder) / capture.warc),
        "offset": capture.offset,
        "length": capture.length,
    }


def _provenance_fields(found: Provenance) -> dict[str, Any]:
    return {
        "addresses": list(found.addresses),
        "capture": _capture_fields(found.capture) if found.capture else None,
        "ip": found.ip,
        "block_digest": found.block,
        "payload_digest": found.payload,
        "warcinfo": found.warcinfo,
        "software": found.software,
        "chain": [_capture_fields(capture) for capture in found.chain],
        "requisites": [_capture_fields(capture) for capture in found.requisites],
        "headers": [list(header) for header in found.headers],
    }


def _run_fields(run: Run) -> dict[str, Any]:
    return asdict(run) | {"begun": iso(run.begun)}


# ------------------------------------------------------------------------------------------------ what /api tells

_SEARCH = (
    ("q", 'words; all must be there. "Two words" in quotation marks stand together, harbo* is how a word begins'),
    ("site, author, language, source", "only pages of this host, author, language (BCP 47) or source"),
    ("verdict", "only pages with this verdict; without words, those that failed too"),
    ("since, until", "only articles of these days, both included: 2026-03-01"),
    ("order", "relevance, newest or oldest"),
    ("page", "from 1 on; a page has 20"),
)

ROUTES: tuple[dict[str, Any], ...] = (
    {"method": "GET", "path": "/api/front", "says": "What came in lately, by day and host; counts; what failed."},
    {"method": "GET", "path": "/api/search", "says": "What is found, each with a snippet in pieces.", "takes": _SEARCH},
    {
        "method": "GET",
        "path": "/api/choices",
        "says": "What the filters offer, with the number of pages of each.",
    },
    {
        "method": "GET",
        "path": "/api/find",
        "says": "The latest page kept under an address; without one the latest that failed.",
        "takes": (("url", "the address, with or without tracking parameters"),),
    },
    {
        "method": "GET",
        "path": "/api/page/ID",
        "says": "One page: its fields, the article block by block, its provenance, all captures of it.",
    },
    {
        "method": "GET",
        "path": "/api/page/ID/versions",
        "says": "The captures of an article, the oldest first, and the difference of two of its texts.",
        "takes": (("from, to", "ids of two pages with a text; without them the last two texts"),),
    },
    {
        "method": "GET",
        "path": "/api/quarantine",
        "says": "What was not the article.",
        "takes": (("verdict, site, page", "as for a search"),),
    },
    {
        "method": "GET",
        "path": "/api/changes",
        "says": "The latest texts: new articles and new versions.",
    },
    {"method": "GET", "path": "/api/health", "says": "The last runs, days and failing hosts."},
)
WRITING: tuple[dict[str, Any], ...] = (
    {
        "method": "POST",
        "path": "/api/keep",
        "says": "Keeps an address now and answers with its page. Takes JSON, with Authorization: Bearer TOKEN.",
        "takes": (("url", "the address"),),
    },
    {
        "method": "POST",
        "path": "/api/page/ID/overrule",
        "says": "Says that a page in quarantine is the article. Takes JSON, with Authorization: Bearer TOKEN.",
        "takes": (("reason", "why"),),
    },
)
"""Only where the library may write."""
