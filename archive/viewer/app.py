"""The library as an ASGI application. It changes nothing but through the functions that it is handed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import (
    DamageError,
    FetchError,
    LockedError,
    NotKeptError,
    StorageError,
    TearsheetError,
    UsageError,
)
from archive.viewer.api import Api, answered
from archive.viewer.feed import Feeds
from archive.viewer.guarding import SECURITY, Guard
from archive.viewer.rendering import STATIC, environment, static
from archive.viewer.shelf import Shelf
from archive.viewer.site import Site, Writes
from archive.viewer.stored import RawRecord, Stored
from archive.viewer.views import Pages

__all__ = ["Site", "Writes", "create_app"]

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_STATUS: tuple[tuple[type[TearsheetError], int], ...] = (
    (DamageError, 503),
    (LockedError, 503),
    (StorageError, 503),
    (NotKeptError, 404),
    (UsageError, 400),
    (FetchError, 502),
    (TearsheetError, 500),
)


def create_app(collection: Collection, site: Site) -> Starlette:
    """The application over an open collection; whoever opened it closes it.

    A collection in which nothing is kept yet may be opened with `missing_ok`; what is kept later is shown then.
    """
    shelf = Shelf(collection)
    templates = environment()
    pages, api, feeds, stored = (
        Pages(shelf, site, templates),
        Api(shelf, site),
        Feeds(shelf, site, templates),
        Stored(shelf),
    )
    routes = [
        Route("/page/{page_id}/record", RawRecord(shelf)),
        Route("/page/{page_id}/picture", stored.picture),
        Route("/page/{page_id}/text", stored.text),
        Route("/", pages.front),
        Route("/search", pages.search),
        Route("/search/results", pages.results),
        Route("/find", pages.find),
        Route("/page/{page_id}", pages.read),
        Route("/page/{page_id}/versions", pages.versions),
        Route("/quarantine", pages.quarantine),
        Route("/health", pages.health),
        Route("/feed.atom", feeds.atom),
        Route("/static/{name}", _static),
        Route("/api", pages.about_api),
        Route("/api/front", api.front),
        Route("/api/search", api.search),
        Route("/api/choices", api.choices),
        Route("/api/find", api.find),
        Route("/api/page/{page_id}", api.page),
        Route("/api/page/{page_id}/versions", api.versions),
        Route("/api/quarantine", api.quarantine),
        Route("/api/changes", api.changes),
        Route("/api/health", api.health),
    ]
    if site.writes is not None:
        routes += [
            Route("/keep", pages.keep_form, methods=["GET"]),
            Route("/keep", pages.keep, methods=["POST"]),
            Route("/leave", pages.leave, methods=["POST"]),
            Route("/page/{page_id}/overrule", pages.overrule, methods=["POST"]),
            Route("/api/keep", api.keep, methods=["POST"]),
            Route("/api/page/{page_id}/overrule", api.overrule, methods=["POST"]),
        ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            shelf.close()

    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=site.hosts)],
        exception_handlers=_handlers(pages),
        lifespan=lifespan,
    )


def _static(request: Request) -> Response:
    """A file of ours. Under the address that pages name it is kept for ever: that changes with the file."""
    name = request.path_params["name"]
    if not re.fullmatch(r"[a-z]+\.[a-z]+", name) or not (STATIC / name).is_file():
        raise HTTPException(404)
    asked = f"/static/{name}?{request.url.query}"
    kept = "public, max-age=31536000, immutable" if asked == static(name) else "public, no-cache"
    kind = _TYPES.get(STATIC.joinpath(name).suffix, "application/octet-stream")
    return FileResponse(STATIC / name, media_type=kind, headers={"Cache-Control": kept})


# ------------------------------------------------------------------------------------------------ errors


def _handlers(pages: Pages) -> dict[type[Exception], Callable[[Request, Exception], Response]]:
    def told(request: Request, status: int, message: str) -> Response:
        if request.url.path.startswith("/api/"):
            return answered({"error": message or "there is nothing here"}, status)
        return pages.problem(request, status, message)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        standard = error.detail == HTTPException(error.status_code).detail
        answer = told(request, error.status_code, "" if standard else error.detail)
        answer.headers.update(error.headers or {})
        return answer

    def known(request: Request, error: Exception) -> Response:
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        return told(request, status, str(error))

    def unknown(request: Request, error: Exception) -> Response:
        """The server's log tells the rest. The guard does not come round this answer, so its marks are put here."""
        answer = told(request, 500, "")
        answer.headers.update(SECURITY)
        return answer

    return {HTTPException: refused, TearsheetError: known, Exception: unknown}
