"""`tearsheet serve` as a process of its own, and what it leaves running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.command import Home
from tests.pywb import Answer

PATIENCE = 60.0


@dataclass(slots=True)
class Served:
    """A running `serve`: `told` is its line of JSON, `said` what it has said on stderr so far."""

    process: subprocess.Popen[str]
    told: dict[str, Any]
    said: list[str] = field(default_factory=list)

    @property
    def library(self) -> str:
        return str(self.told["library"]).rstrip("/")

    @property
    def replay(self) -> str:
        return str(self.told["replay"])

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def get(url: str, data: bytes | None = None, **headers: str) -> Answer:
    """What is answered there; with `data` to a POST. Underscores in the names of headers are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, named), timeout=PATIENCE) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


@contextmanager
def serving(there: Home, *arguments: str, **environment: str) -> Iterator[Served]:
    """It is stopped at the end of the block, if it still runs."""
    process = subprocess.Popen(
        there.command("serve", "--json", "--port", "0", *arguments),
        cwd=there.folder,
        env=there.environment | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    served = Served(process, {})

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            served.said.append(line)

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        line = process.stdout.readline()
        if not line:
            process.wait(PATIENCE)
            listener.join(PATIENCE)
            raise AssertionError("".join(served.said))
        served.told |= json.loads(line)
        yield served
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(PATIENCE)
        listener.join(PATIENCE)
        process.stdout.close()
        process.stderr.close()


def descendants(pid: int) -> set[int]:
    """All processes that it, or one of these, has started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def until(true: Callable[[], bool], what: str) -> None:
    """Looks again until it is so; fails after a minute."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        os.sched_yield()
        threading.Event().wait(0.05)
