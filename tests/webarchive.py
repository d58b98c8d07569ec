"""A web archive on loopback: a real pywb over WARC files that another tool might have written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests import foreign
from tests.pywb import Pywb, replaying

COLLECTION = "old"


def on(year: int, month: int = 1, day: int = 1, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@contextmanager
def archive(folder: Path, records: Sequence[bytes]) -> Iterator[Pywb]:
    """pywb with one collection that holds `records`, each a member of one file."""
    top = folder / "collections" / COLLECTION
    (top / "archive").mkdir(parents=True)
    (top / "indexes").mkdir()
    warc = foreign.gzipped(top / "archive" / "old.warc.gz", records)
    indexer = Path(sys.executable).parent / "cdxj-indexer"
    subprocess.run([indexer, "--sort", "-o", str(top / "indexes" / "index.cdxj"), str(warc)], check=True, timeout=60)
    with replaying(folder) as pywb:
        yield pywb


def entry(pywb: Pywb, *ways: str, name: str = "Old Web") -> str:
    """A [[rescue.archive]] of the config that names it, by `timegate`, `timemap`, `cdx` or some of them."""
    top = f"http://127.0.0.1:{pywb.port}/{COLLECTION}/"
    places = {"timegate": top, "timemap": f"{top}timemap/link/", "cdx": f"{top}cdx"}
    lines = [f'name = "{name}"', "delay = 0", *(f'{way} = "{places[way]}"' for way in ways or places)]
    return "\n".join(["", "[[rescue.archive]]", *lines, ""])
