"""Collections with a store: what the tests of it share."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

from archive import mounts
from archive.collection import ArchiveSettings
from archive.store import Connected, Store, Waits
from scraper.storing import SILENT_FOR, connected, mount
from tests.archive.collecting import article, derived, folder_of, group, opened, page, settings
from tests.disks import QuickDisk
from tests.stores import Bucket

QUICK = Waits(tries=4, first=0, longest=0, sleep=lambda seconds: None)
STORY = "https://news.test/s"


@cache
def _connection(url: str, silent_for: float) -> Connected:
    return connected(url, silent_for)


def stored(root: Path, bucket: Bucket, *, keep_local: bool = True, silent_for: float = SILENT_FOR) -> ArchiveSettings:
    """Settings of a collection with a store, which is mounted."""
    made = settings(root, store=bucket.url, keep_local=keep_local)
    store = mount(made, QUICK)
    assert store is not None
    # The storage's library takes longer to make a connection ready than most tests.
    store._connect = partial(_connection, bucket.url, silent_for)
    return made


def store_of(root: Path) -> Store:
    found = mounts.store_of(folder_of(root))
    assert found is not None
    return found


def commit(root: Path, number: int, **more: Any) -> None:
    with opened(root, disk=QuickDisk(), **more) as collection:
        url = f"{STORY}{number}"
        one = group(f"p{number}", number, [page(number, b"<p>%d</p>" % number, url)], article=article(url=url))
        collection.commit(one).result(60)


def made_of(root: Path) -> dict[str, Any]:
    """What is derived, but for what the catalog remembers of sending."""
    found = derived(root)
    del found["catalog"]["state"]
    return found


def local(root: Path) -> list[str]:
    return sorted(path.name for path in (folder_of(root) / "archive").iterdir())
