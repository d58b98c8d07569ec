"""What a run leaves to read: a report of it, and a log line by line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from archive.errors import StorageError

REPORTS, LOGS = "reports", "logs"
_NAME = re.compile(r"(\d{8}T\d{9})Z(?:-\d+)?\.(?:json|jsonl|tmp)\Z")
_STAMP = "%Y%m%dT%H%M%S%f"


def run_id(time: datetime) -> str:
    """The name that a run's report and log share: its begin to the millisecond, and our process."""
    return f"{time.astimezone(UTC).strftime(_STAMP)[:-3]}Z-{os.getpid()}"


class Log:
    """JSON lines, each with its time, safe in threads. A log that cannot be written stops nothing."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / LOGS / f"{name}.jsonl"
        self._lock = Lock()
        try:
            self.path.parent.mkdir(exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._file.close()

    def __call__(self, event: str, time: datetime, **facts: object) -> None:
        line = json.dumps({"time": told_time(time), "event": event} | facts, ensure_ascii=False)
        with self._lock:
            try:
                self._file.write(line + "\n")
                self._file.flush()
            except (OSError, ValueError):
                return


def write_report(folder: Path, name: str, report: Mapping[str, Any]) -> Path:
    """The report's path, once it is there whole. Raises StorageError."""
    path = folder / REPORTS / f"{name}.json"
    half = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        with half.open("w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(report, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    return path


def prune(folder: Path, now: datetime, keep: timedelta, *, but: str = "") -> int:
    """Removes reports, whole or half, and logs of runs that began longer ago than that, `but` that one's; how many.
    Nobody else's files are touched."""
    gone = 0
    for name in (REPORTS, LOGS):
        for path in (folder / name).glob("*Z*") if (folder / name).is_dir() else ():
            match = _NAME.match(path.name)
            if match is None or path.stem == but:
                continue
            try:
                begun = datetime.strptime(match[1] + "000", _STAMP).replace(tzinfo=UTC)
                if now - begun > keep:
                    path.unlink()
                    gone += 1
            except (ValueError, OSError):
                continue
    return gone


def told_time(time: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    return f"{time.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z" if time is not None else None
