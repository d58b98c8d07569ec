"""The pages that people read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from archive.errors import UsageError
from archive.harmless import direction, language_tag
from archive.models import VerdictKind
from archive.replayed import replay_address
from archive.viewer import changing, charts
from archive.viewer.api import ROUTES, WRITING
from archive.viewer.asking import filtered, page_id_of, query_of
from archive.viewer.comparing import compared
from archive.viewer.memento import link_header
from archive.viewer.model import Query, Read, Results
from archive.viewer.shelf import Shelf
from archive.viewer.site import Site, Writes

_DAYS, _PER_SITE = 7, 4
_MOST_URL = 4096
_MOST_REASON = 1000
_FAILED = tuple(kind for kind in VerdictKind if not kind.kept and kind not in ("moved", "asset", "robots"))


class Pages:
    def __init__(self, shelf: Shelf, site: Site, templates: Environment) -> None:
        self._shelf = shelf
        self._site = site
        self._templates = templates

    def shown(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page. What stands on it changes whenever something is kept, so browsers ask each time."""
        values |= {"site": self._site, "here": request.url.path, **self._writing(request)}
        text = self._templates.get_template(template).render(values)
        return HTMLResponse(text, status, headers={"Cache-Control": "private, no-cache"})

    def _writing(self, request: Request) -> dict[str, Any]:
        writes = self._site.writes
        if writes is None:
            return {"known": False, "form": ""}
        known = changing.knows(request, writes.token)
        return {"known": known, "form": changing.derived(writes.token, "form") if known else ""}

    # ------------------------------------------------------------------------------------------------ lists

    def front(self, request: Request) -> Response:
        return self.shown(request, "front.html", front=self._shelf.library().front(_DAYS, _PER_SITE))

    def search(self, request: Request) -> Response:
        query = query_of(request.query_params)
        library = self._shelf.library()
        found = _found(query, library.search(query))
        return self.shown(request, "search.html", choices=library.choices(), **found)

    def results(self, request: Request) -> Response:
        """The part of the search page that changes as a user types."""
        try:
            query = query_of(request.query_params)
        except UsageError as error:
            return PlainTextResponse(str(error), 400)
        return self.shown(request, "results.html", **_found(query, self._shelf.library().search(query)))

    def quarantine(self, request: Request) -> Response:
        query = query_of(request.query_params)
        results = self._shelf.library().quarantine(query.verdict, query.site, query.page)
        kinds = [(kind.value, None) for kind in _FAILED]
        return self.shown(request, "quarantine.html", results=results, kinds=kinds, filtered=filtered(query))

    def health(self, request: Request) -> Response:
        health = self._shelf.library().health()
        days = charts.day_counts(health.days)
        failing = [
            {"host": host, "failed": failed, "asked": asked, "percent": round(100 * failed / max(1, asked))}
            for host, failed, asked in health.failing
        ]
        chart = charts.chart(days)
        return self.shown(
            request,
            "health.html",
            summary=chart.says if chart else "Nothing has been asked for yet.",
            chart=chart,
            days=days[::-1],
            runs=health.runs[::-1],
            failing=failing,
            unreadable=health.unreadable,
        )

    def about_api(self, request: Request) -> Response:
        return self.shown(request, "api.html", routes=ROUTES + (WRITING if self._site.writes else ()))

    # ------------------------------------------------------------------------------------------------ one page

    def find(self, request: Request) -> Response:
        url = request.query_params.get("url", "").strip()
        if not url:
            return self.shown(request, "find.html")
        page = self._shelf.library().find(url) if len(url) <= _MOST_URL else None
        if page is None:
            return self.problem(request, 404, f"Nothing is kept of {url[:500]}", url=url[:_MOST_URL])
        return RedirectResponse(f"/page/{page.page_id}", 303)

    def read(self, request: Request) -> Response:
        read = self._read(request)
        page, capture = read.page, read.provenance.capture
        language = (read.article.meta.language if read.article else None) or page.language
        answer = self.shown(
            request,
            "read.html",
            read=read,
            language=language_tag(language),
            dir=direction(language),
            replay=replay_address(self._site.replay, capture),
            texts=len({moment.version for moment in read.moments if moment.version}),
        )
        answer.headers["Link"] = link_header(self._site.replay, page.final_url, capture, f"/api/page/{page.page_id}")
        return answer

    def versions(self, request: Request) -> Response:
        read = self._read(request)
        versions = [moment.page for moment in read.moments if moment.version]
        changed = compared(self._shelf.library(), read.moments, request.query_params)
        language = (read.article.meta.language if read.article else None) or read.page.language
        answer = self.shown(
            request,
            "versions.html",
            page=read.page,
            moments=read.moments,
            versions=versions,
            changed=changed,
            language=language_tag(language),
            dir=direction(language),
        )
        capture = read.provenance.capture
        alternate = f"/api/page/{read.page.page_id}/versions"
        answer.headers["Link"] = link_header(self._site.replay, read.page.final_url, capture, alternate)
        return answer

    def _read(self, request: Request) -> Read:
        page_id = page_id_of(request.path_params["page_id"])
        read = self._shelf.library().read(page_id) if page_id else None
        if read is None:
            raise HTTPException(404)
        return read

    # ------------------------------------------------------------------------------------------------ writing

    def keep_form(self, request: Request) -> Response:
        return self.shown(request, "keep.html", url=request.query_params.get("url", "")[:_MOST_URL])

    async def keep(self, request: Request) -> Response:
        async def act(writes: Writes, fields: dict[str, str]) -> str:
            url = fields.get("url", "").strip()
            if not url or len(url) > _MOST_URL:
                raise UsageError("which address is to be kept?")
            return (await run_in_threadpool(writes.keep, url)).page_id

        return await self._write(request, act)

    async def overrule(self, request: Request) -> Response:
        page_id = page_id_of(request.path_params["page_id"])
        page = self._shelf.library().page(page_id) if page_id else None
        if page is None:
            raise HTTPException(404)

        async def act(writes: Writes, fields: dict[str, str]) -> str:
            reason = " ".join(fields.get("reason", "").split())
            if not reason or len(reason) > _MOST_REASON:
                raise UsageError(f"a reason is needed, of at most {_MOST_REASON} characters")
            return (await run_in_threadpool(writes.overrule, page.page_id, reason)).page_id

        return await self._write(request, act)

    async def _write(self, request: Request, act: Callable[[Writes, dict[str, str]], Any]) -> Response:
        """Does it if it may be done, and shows the page that came of it."""
        writes = self._site.writes
        if writes is None:
            raise HTTPException(404)
        changing.refuse_strangers(request)
        fields = await changing.form_of(request)
        if not changing.allowed(request, fields, writes.token):
            raise HTTPException(403, "The token is not right. The terminal in which the library was started shows it.")
        answer = RedirectResponse(f"/page/{await act(writes, fields)}", 303)
        changing.remember(answer, request, writes.token)
        return answer

    async def leave(self, request: Request) -> Response:
        changing.refuse_strangers(request)
        answer = RedirectResponse("/keep", 303)
        changing.forget(answer)
        return answer

    # ------------------------------------------------------------------------------------------------ errors

    def problem(self, request: Request, status: int, message: str = "", *, url: str = "") -> Response:
        """A page that says what is wrong, and what helps."""
        title, standard, help, command = _PROBLEMS.get(status, _PROBLEMS[500])
        values = {"title": title, "message": message or standard, "help": help, "command": command, "url": url}
        return self.shown(request, "error.html", status=status, status_code=status, **values)


def _found(query: Query, results: Results) -> dict[str, Any]:
    return {"query": query, "results": results, "filtered": filtered(query)}


_PROBLEMS: dict[int, tuple[str, str, tuple[str, ...], str]] = {
    400: ("That cannot be answered", "The address asks for something that there is not.", (), ""),
    403: ("That may not be done", "Only who holds the token may change anything.", (), ""),
    404: (
        "There is no such page",
        "Nothing is kept under this address of the library.",
        ("A page's address stays the same as long as its record is kept.",),
        "",
    ),
    405: ("That may not be done", "This address is only there to be read.", (), ""),
    500: (
        "Something went wrong",
        "The library could not make this page. What is kept is not touched by that.",
        ("The terminal in which the library was started says more.",),
        "",
    ),
    502: ("The address could not be kept", "It gave no usable answer.", ("It is worth another try later.",), ""),
    503: (
        "The catalog cannot be read",
        "The catalog is missing or damaged.",
        ("What is kept is safe in the WARC files. This command makes the catalog, the index and the texts from them:",),
        "tearsheet rebuild",
    ),
}
