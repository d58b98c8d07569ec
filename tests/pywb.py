"""A real pywb on loopback, started in a collection's root with nothing converted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

STARTED = re.compile(r"127\.0\.0\.1:(\d+)")


def wayback() -> str:
    """The command, or a skip with the reason; in CI its absence is a failure."""
    found = shutil.which("wayback", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("pywb is not installed")
        pytest.skip("pywb is not installed: pip install pywb")
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Pywb:
    port: int

    def get(self, path: str, **headers: str) -> Answer:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())


@contextmanager
def replaying(root: Path) -> Iterator[Pywb]:
    """`wayback` in `root`, on a free port, until the block ends."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [wayback(), "-b", "127.0.0.1", "-p", str(port)],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if "Starting Gevent Server" in line or "Listening" in line:
                ready.set()
        ready.set()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        assert ready.wait(60), "pywb did not start"
        pywb = Pywb(port)
        for _ in range(200):
            try:
                pywb.get("/")
                break
            except urllib.error.URLError:
                if process.poll() is not None:
                    raise AssertionError("".join(lines)) from None
                threading.Event().wait(0.05)
        yield pywb
    finally:
        process.terminate()
        process.wait(30)
        listener.join(30)
        process.stderr.close()
