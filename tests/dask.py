"""A Dask scheduler and workers as processes of their own on 127.0.0.1, without dashboards; each ended by its number."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from tests.command import PROJECT

STARTING = 60.0


class Node:
    """A process of Dask's whose log is read, so that it never blocks; `wait_for` gives what a line of it names."""

    def __init__(self, *words: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
        self.log: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=clean | {"PYTHONPATH": str(PROJECT), "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._reader = Thread(target=self._read_on, daemon=True)

    def wait_for(self, pattern: str) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line)
            if match := re.search(pattern, line):
                self._reader.start()
                return match[1]
        raise AssertionError(f"it ended: {''.join(self.log)}")

    def _read_on(self) -> None:
        assert self._process.stderr is not None
        self.log.extend(self._process.stderr)

    def kill(self) -> None:
        """SIGKILL: nothing is closed, nobody is told."""
        self._process.kill()
        self._leave()

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STARTING)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._leave()

    def _leave(self) -> None:
        self._process.wait(STARTING)
        assert self._process.stderr is not None
        if self._reader.is_alive():
            self._reader.join(STARTING)
        self._process.stderr.close()


class Dask:
    """A scheduler, and workers by their names. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scheduler = Node(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"
        )
        self.address = self._scheduler.wait_for(r"Scheduler at: +(tcp://127\.0\.0\.1:\d+)")
        self.workers: dict[str, Node] = {}

    def worker(self, name: str, *more: str, nanny: bool = False) -> Node:
        """Returns once it is connected."""
        node = Node(
            "distributed.cli.dask_worker",
            self.address,
            "--name",
            name,
            "--nthreads",
            "1",
            "--host",
            "127.0.0.1",
            "--no-dashboard",
            "--nanny" if nanny else "--no-nanny",
            "--local-directory",
            str(self._folder / name),
            *more,
        )
        self.workers[name] = node
        node.wait_for(r"(Registered to|Starting established connection)")
        return node

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in [*self.workers.values(), self._scheduler]:
            node.end()


@contextmanager
def dask(folder: Path, *names: str, nanny: bool = False) -> Iterator[Dask]:
    with Dask(folder) as there:
        for name in names:
            there.worker(name, nanny=nanny)
        yield there
