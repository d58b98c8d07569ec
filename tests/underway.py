"""Commands that are heard while they run: line by line, and no line is lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import IO

from tests.command import Home, Ran

PATIENCE = 120.0


class Lines:
    """What a process writes into a pipe. A thread reads all of it as it comes, so that the process waits for nobody."""

    def __init__(self, pipe: IO[str]) -> None:
        self._pipe = pipe
        self._read: SimpleQueue[str] = SimpleQueue()
        self._thread = Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        with self._pipe:
            for line in self._pipe:
                self._read.put(line)
        self._read.put("")

    def next(self) -> str:
        """The next line, waited for; "" after the last one."""
        line = self._read.get(timeout=PATIENCE)
        if not line:
            self._read.put("")
        return line

    def rest(self) -> str:
        """All that come until the end, but those that were given already."""
        return "".join(iter(self.next, ""))

    def close(self) -> None:
        self._thread.join(PATIENCE)


@dataclass(frozen=True, slots=True)
class Underway:
    process: subprocess.Popen[str]
    out: Lines
    err: Lines

    def end(self) -> Ran:
        """Its end, waited for, with the lines that nobody has read yet."""
        out, err = self.out.rest(), self.err.rest()
        return Ran(self.process.wait(PATIENCE), out, err)


@contextmanager
def underway(made: Home, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Underway]:
    """A command that runs in a session of its own; one that has not ended at the end is killed."""
    process = subprocess.Popen(
        made.command(*arguments),
        cwd=made.folder,
        env=made.environment | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = Lines(process.stdout), Lines(process.stderr)
    try:
        yield Underway(process, out, err)
    finally:
        process.kill()
        process.wait(PATIENCE)
        out.close()
        err.close()
