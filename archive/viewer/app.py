"""The library as an ASGI application. It changes nothing but through the functions that it is handed."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware

from archive.collection import Collection
from archive.viewer.guarding import Guard
from archive.viewer.site import Site, Writes

__all__ = ["Site", "Writes", "create_app"]


def create_app(collection: Collection, site: Site) -> Starlette:
    """The application over an open collection; whoever opened it closes it."""
    return Starlette(routes=[], middleware=[Middleware(Guard, hosts=site.hosts)])
