"""What the archive holds, as it is: the raw record, the text file, the picture that opens an article.

None of it is ever HTML, SVG or a script to a browser, and a policy of its own forbids it to do anything.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from archive import mounts
from archive.errors import StorageError
from archive.viewer.asking import page_id_of
from archive.viewer.guarding import ALOOF
from archive.viewer.shelf import Shelf

_CHUNK = 1 << 20
_REMEMBERED = 4096
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_ONE_DAY = "private, max-age=86400"

Place = tuple[Path, int, int]


class _Source(Struct, frozen=True):
    """`read` takes size and offset. `here`: it need not be waited for."""

    read: Callable[[int, int], bytes]
    close: Callable[[], None]
    here: bool


def attachment(name: str) -> str:
    """RFC 6266, with a name that is safe on every system."""
    return f'attachment; filename="{_UNSAFE.sub("_", name)[-120:].lstrip(".") or "file"}"'


class RawRecord:
    """The page's own record, one gzip member to the byte. ASGI without a framework between: programs ask for many.

    Where a record lies is remembered until the catalog changes: a page may be excluded then. A file that was renamed or
    joined to others in between is looked up anew.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._revision = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        page_id = page_id_of(scope["path_params"]["page_id"])
        if page_id is None:
            raise HTTPException(404)
        source, offset, length = await self._opened(page_id)
        try:
            headers = [
                (b"content-type", b"application/warc"),
                (b"content-length", str(length).encode("ascii")),
                (b"content-disposition", attachment(f"{page_id}.warc.gz").encode("ascii")),
                (b"cache-control", b"private, no-cache"),
                (b"content-security-policy", ALOOF.encode("ascii")),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            end = offset + (length if scope["method"] == "GET" else 0)
            while end - offset > _CHUNK:
                data = await run_in_threadpool(source.read, _CHUNK, offset)
                offset += _counted(data)
                await send({"type": "http.response.body", "body": data, "more_body": True})
            last = end - offset
            data = source.read(last, offset) if source.here else await run_in_threadpool(source.read, last, offset)
            await send({"type": "http.response.body", "body": data})
        finally:
            source.close()

    async def _opened(self, page_id: str) -> tuple[_Source, int, int]:
        """A file, and the offset and length of the record. Raises StorageError."""
        for known in (True, False, False):
            path, offset, length = self._place(page_id, known)
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                return _Source(partial(os.pread, descriptor), partial(os.close, descriptor), True), offset, length
            except FileNotFoundError:
                if (source := await run_in_threadpool(_elsewhere, path)) is not None:
                    return source, offset, length
            except OSError as error:
                raise StorageError(f"{path} cannot be read: {error}") from error
        raise HTTPException(404)

    def _place(self, page_id: str, known: bool) -> Place:
        library = self._shelf.library()
        if (revision := library.revision()) != self._revision:
            self._places.clear()
            self._revision = revision
        place = self._places.get(page_id) if known else None
        if place is None:
            place = library.record(page_id)
            if place is None:
                raise HTTPException(404)
            self._places[page_id] = place
            if len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
        return place


def _elsewhere(path: Path) -> _Source | None:
    """The file where it is in a store alone."""
    try:
        file = mounts.open_read(path)
    except FileNotFoundError:
        return None
    return _Source(partial(mounts.pread, file), file.close, mounts.is_here(file))


def _counted(data: bytes) -> int:
    if not data:
        raise StorageError("a WARC file ended while a record was read from it")
    return len(data)


class Stored:
    """Text files and pictures."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def text(self, request: Request) -> Response:
        page_id = page_id_of(request.path_params["page_id"])
        library = self._shelf.library()
        page = library.page(page_id) if page_id else None
        text = library.text(page.page_id) if page else None
        if page is None or text is None:
            raise HTTPException(404)
        name = Path(page.text or f"{page_id}.txt").name
        headers = {"Content-Disposition": attachment(name), "Content-Security-Policy": ALOOF}
        return Response(text, media_type="text/plain; charset=utf-8", headers=headers)

    def picture(self, request: Request) -> Response:
        page_id = page_id_of(request.path_params["page_id"])
        picture = self._shelf.library().lead_picture(page_id) if page_id else None
        if picture is None:
            raise HTTPException(404)
        headers = {"Content-Security-Policy": ALOOF, "Cache-Control": _ONE_DAY}
        return Response(picture.data, media_type=picture.type, headers=headers)
