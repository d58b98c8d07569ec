"""Serve a folder of hosts for trials by hand: python -m tests.site FOLDER [--latency SECONDS]

FOLDER/<host>/<path> answers for http://<host>/<path>, index.html for a folder. Prints the settings to fetch from it.
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import signal
import sys
from pathlib import Path
from urllib.parse import unquote

from tests.site.connection import Connection, Handler, Request
from tests.site.web import Web, not_found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.site")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    chosen = parser.parse_args(arguments)
    with Web(chosen.latency) as web:
        for folder in sorted(path for path in chosen.folder.iterdir() if path.is_dir()):
            web.host(folder.name).otherwise(_files(folder.resolve()))
        print("[fetch]")
        print(f"connect_to = {json.dumps(list(web.connect_to))}")
        print(f"ca_bundle = {json.dumps(str(web.ca_bundle))}")
        print("allow_private_addresses = true", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def _files(folder: Path) -> Handler:
    def answer(connection: Connection, request: Request) -> None:
        path = (folder / unquote(request.target.partition("?")[0]).lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        if not path.is_relative_to(folder) or not path.is_file():
            not_found(connection, request)
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        connection.respond(200, path.read_bytes(), (("Content-Type", kind),))

    return answer


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main(sys.argv[1:]))
