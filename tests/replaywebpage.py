"""A real ReplayWeb.page on loopback. `python -m tests.replaywebpage` gets the pinned version, as `make test` does.

It is an npm package of which three files are used. Nothing is asked of the network here: that is npm's to do, once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from tests.npm import Package

TYPES = {"index.html": "text/html", "ui.js": "text/javascript", "sw.js": "text/javascript"}
VIEWER = Package(
    "replaywebpage",
    "2.5.3",
    "nCj2PSON3BxeSJKE8AsYPyULv0XPZKJWfy4l9PyQre9SqwLZ+WKZVs/sfLqPOQ4GrH+0YkjbwOhr8cSTH08gsQ==",
    tuple(TYPES),
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


@contextmanager
def viewing(*archives: Path) -> Iterator[str]:
    """The viewer's address until the block ends; the archives lie beside it under their names."""
    VIEWER.needed()
    files = {f"/{name}": (VIEWER.file(name), kind) for name, kind in TYPES.items()}
    files |= {f"/{path.name}": (path, "application/octet-stream") for path in archives}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(True)

        def do_HEAD(self) -> None:
            self._answer(False)

        def _answer(self, with_body: bool) -> None:
            path = unquote(self.path.partition("?")[0])
            found = files.get("/index.html" if path == "/" else path)
            if found is None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            size = found[0].stat().st_size
            wanted = _RANGE.match(self.headers.get("Range") or "")
            first, last = _stretch(wanted, size) if wanted else (0, size - 1)
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Type", found[1])
            self.send_header("Accept-Ranges", "bytes")
            if wanted:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            if with_body:
                with found[0].open("rb") as file:
                    file.seek(first)
                    self.wfile.write(file.read(last - first + 1))

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A browser that has enough of an answer ends the connection."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _stretch(wanted: re.Match[str], size: int) -> tuple[int, int]:
    first, last = wanted.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last) if last else size - 1, size - 1)


if __name__ == "__main__":
    VIEWER.main()
