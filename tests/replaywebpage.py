"""A real ReplayWeb.page on loopback. `python -m tests.replaywebpage` gets the pinned version, as `make test` does.

It is an npm package of which three files are used. Nothing is asked of the network here: that is npm's to do, once.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

VERSION = "2.5.3"
SHA512 = "nCj2PSON3BxeSJKE8AsYPyULv0XPZKJWfy4l9PyQre9SqwLZ+WKZVs/sfLqPOQ4GrH+0YkjbwOhr8cSTH08gsQ=="
FILES = {"index.html": "text/html", "ui.js": "text/javascript", "sw.js": "text/javascript"}
FOLDER = Path(sys.prefix) / "share" / f"replaywebpage-{VERSION}"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def get() -> None:
    """The files are there. Raises SystemExit where the package is not the one that is pinned."""
    if all((FOLDER / name).exists() for name in FILES):
        return
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:
        subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", folder, f"replaywebpage@{VERSION}"],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        package = Path(folder) / f"replaywebpage-{VERSION}.tgz"
        if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != SHA512:
            sys.exit(f"{package.name} is not the one whose digest is in {__file__}")
        unpacked = Path(folder) / "files"
        unpacked.mkdir()
        with tarfile.open(package) as tar:
            for name in FILES:
                file = tar.extractfile(f"package/{name}")
                assert file is not None
                (unpacked / name).write_bytes(file.read())
        shutil.rmtree(FOLDER, ignore_errors=True)
        unpacked.rename(FOLDER)


def needed() -> None:
    """A skip with the reason where it is not there; in CI a failure."""
    if not all((FOLDER / name).exists() for name in FILES):
        reason = "ReplayWeb.page is not there: python -m tests.replaywebpage gets it, with npm"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def viewing(*archives: Path) -> Iterator[str]:
    """The viewer's address until the block ends; the archives lie beside it under their names."""
    needed()
    files = {f"/{name}": (FOLDER / name, kind) for name, kind in FILES.items()}
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
    try:
        get()
    except (OSError, subprocess.CalledProcessError) as failure:
        if os.environ.get("CI"):
            raise
        print(f"the tests that need ReplayWeb.page will be skipped: {failure}", file=sys.stderr)
