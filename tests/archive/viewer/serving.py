"""The library on a real server on loopback, as a user's browser meets it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import uvicorn
from lxml import html
from msgspec.structs import replace

from archive.collection import Collection
from archive.viewer.app import Site, create_app


def tree_of(text: str) -> Any:
    """The elements of a page."""
    return html.fromstring(text)


@dataclass(frozen=True, slots=True)
class Served:
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.ask("GET", path, **more)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, f"{self.origin}{path}", timeout=60, allow_redirects=False, **more)


TOKEN = "a-token-that-the-terminal-shows"


@dataclass
class Writing:
    """A library that may write, and what was asked of it."""

    there: Served
    kept: list[str] = field(default_factory=list)
    overruled: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        return self.there.ask("POST", path, data=fields, headers=headers or {})


@contextmanager
def served(collection: Collection, site: Site | None = None) -> Iterator[Served]:
    """Until the block ends. `site`'s hosts are the address that is served."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        found = Served(listener.getsockname()[1])
        app = create_app(collection, replace(site or Site("Main", frozenset()), hosts=frozenset({found.host})))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on", ws="none"))
        listener.listen(128)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
