"""What runs left in reports/: read leniently, since other versions wrote some of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.viewer.model import Run

FOLDER = "reports"
MOST_RUNS = 30
MOST_BYTES = 64 * 1024 * 1024
MOST_LISTED = 200

_FACTS = ("asked", "new", "changed", "unchanged", "failed", "checked", "damaged")


def runs(folder: Path) -> tuple[list[Run], list[str]]:
    """The last runs of a collection, the earliest first, and the names of reports that cannot be read."""
    found: list[Run] = []
    unreadable: list[str] = []
    for path in sorted((folder / FOLDER).glob("*.json"), reverse=True)[:MOST_RUNS]:
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError("it is too large")
            found.append(run_of(path.stem, json.loads(path.read_bytes())))
        except FileNotFoundError:
            continue  # its time was over while we looked
        except (OSError, ValueError, RecursionError) as error:
            unreadable.append(f"{path.name}: {error}")
    return found[::-1], unreadable


def run_of(name: str, report: object) -> Run:
    """What a report says. Raises ValueError if it is none."""
    if not isinstance(report, Mapping):
        raise ValueError("it is no object")
    begun = _time(report.get("begun"))
    if begun is None:
        raise ValueError("it does not say when the run began")
    kind, seconds = report.get("kind"), report.get("seconds")
    verdicts = report.get("verdicts", report.get("counts"))
    return Run(
        name=name,
        kind=kind if isinstance(kind, str) else "crawl",
        begun=begun,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        counts={str(k): v for k, v in verdicts.items() if _is_count(v)} if isinstance(verdicts, Mapping) else {},
        summary=_summary(report),
        report={str(key): _bounded(value) for key, value in report.items()},
    )


def _summary(report: Mapping[Any, Any]) -> str:
    if isinstance(told := report.get("summary"), str):
        return told
    what = ", ".join(f"{report[name]} {name}" for name in _FACTS if _is_count(report.get(name)))
    end = report.get("ended_by")
    return f"{what}; {end}" if what and isinstance(end, str) else what


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bounded(value: object) -> object:
    return value[:MOST_LISTED] if isinstance(value, list) else value


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
