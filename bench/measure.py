"""Runs a command and tells its wall time, the CPU of all its processes, and their peak memory."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import monotonic

PR_SET_CHILD_SUBREAPER = 36
SAMPLE = 0.02
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of wall time and of CPU; `peak` is the highest sum of all processes' PSS, in bytes (0: not asked)."""

    wall: float
    cpu: float
    peak: int
    code: int


def run(command: Sequence[str], folder: Path, *, memory: bool = False, every: float = SAMPLE) -> Run:
    """Runs the command in `folder`, its output in output.txt. Grandchildren that outlive it count too.

    With `memory` the processes' memory is looked at `every` so many seconds; that costs CPU of its own, which is not
    theirs but is taken from them.
    """
    _adopt_orphans()
    before = _cpu()
    begun = monotonic()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        sampler = _Sampler(process.pid, every) if memory else None
        code = process.wait()
    wall = monotonic() - begun
    _wait_for_orphans(process.pid)
    peak = sampler.stop() if sampler else 0
    return Run(wall, _cpu() - before, peak, code)


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Ours, but that modules stay compiled from one run to the next, as they do wherever a command is installed."""
    return {name: value for name, value in ours.items() if name != "PYTHONDONTWRITEBYTECODE"}


def middle(runs: Sequence[Run]) -> Run:
    """The medians, and the highest peak."""
    return Run(
        median(one.wall for one in runs),
        median(one.cpu for one in runs),
        max(one.peak for one in runs),
        max(one.code for one in runs),
    )


def least(runs: Sequence[Run]) -> Run:
    """The least wall time and the least CPU: what is left when others on the machine disturb least."""
    return Run(
        min(one.wall for one in runs),
        min(one.cpu for one in runs),
        min(one.peak for one in runs),
        max(one.code for one in runs),
    )


def tool(name: str) -> str:
    """The full path of a command: beside our Python, else on the PATH. Ends the program where there is none."""
    beside = Path(sys.executable).with_name(name)
    if beside.exists():
        return str(beside)
    found = shutil.which(name)
    if found is None:
        sys.exit(f"{name} is needed for this measurement: install it first")
    return found


class _Sampler:
    def __init__(self, session: int, every: float) -> None:
        self._session = session
        self._every = every
        self._peak = 0
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            self._peak = max(self._peak, sum(_pss(pid) for pid in _session_members(self._session)))


def _session_members(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans(session: int) -> None:
    for pid in _session_members(session):
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            continue
