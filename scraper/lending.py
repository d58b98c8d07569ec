"""WARC files of a collection with a store, lent to the replay: it asks for ranges over loopback, and needs no keys.

Whoever else is on this machine cannot guess the address, which holds a token that pywb alone is told.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

from archive import mounts
from archive.errors import StorageError
from archive.rows import ARCHIVE

_HOST = "127.0.0.1"
_TOKEN_BYTES = 24
_PIECE = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,250}\Z")
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})\Z")


class Lender:
    """Answers until `close`. `tell` hears of files that the store does not give."""

    def __init__(self, collection: Path, tell: Callable[[str], None]) -> None:
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        folder, token = collection / ARCHIVE, self._token

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def log_message(self, *_: Any) -> None:
                return

            def do_GET(self) -> None:
                _, _, rest = self.path.partition("/")
                said, _, name = rest.partition("/")
                if not hmac.compare_digest(said.encode("latin-1", "replace"), token.encode()) or not _NAME.match(name):
                    self._refuse(404)
                    return
                try:
                    with mounts.open_read(folder / name) as file:
                        self._give(file, mounts.length(file))
                except FileNotFoundError:
                    self._refuse(404)
                except StorageError as error:
                    tell(f"replay: {error}")
                    self._refuse(502)
                except ConnectionError:
                    self.close_connection = True

            def _give(self, file: BinaryIO, size: int) -> None:
                asked = _RANGE.match(self.headers.get("Range", ""))
                start = int(asked[1]) if asked else 0
                end = min(int(asked[2]) + 1 if asked and asked[2] else size, size)
                if asked and start >= end:
                    self._refuse(416)
                    return
                # Before anything is sent: a store that fails then still has an answer of its own.
                data = mounts.pread(file, min(_PIECE, end - start), start)
                self.send_response(206 if asked else 200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(end - start))
                if asked:
                    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
                self.end_headers()
                while data:
                    self.wfile.write(data)
                    start += len(data)
                    data = self._more(file, min(_PIECE, end - start), start)

            def _more(self, file: BinaryIO, size: int, at: int) -> bytes:
                try:
                    return mounts.pread(file, size, at)
                except StorageError as error:
                    tell(f"replay: {error}")
                    raise ConnectionAbortedError from error

            def _refuse(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer((_HOST, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="lender", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Files' names come behind it."""
        return f"http://{_HOST}:{self._server.server_port}/{self._token}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
