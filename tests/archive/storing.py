"""Collections with a store: what the tests of it share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archive import mounts
from archive.collection import ArchiveSettings
from archive.store import Store, Waits
from scraper.storing import mount
from tests.archive.collecting import article, derived, folder_of, group, opened, page, settings
from tests.disks import QuickDisk
from tests.stores import Bucket

QUICK = Waits(tries=4, first=0, longest=0, sleep=lambda seconds: None)
STORY = "https://news.test/s"


def stored(root: Path, bucket: Bucket, *, keep_local: bool = True, **more: Any) -> ArchiveSettings:
    """Settings of a collection with a store, which is mounted."""
    made = settings(root, store=bucket.url, keep_local=keep_local)
    mount(made, QUICK, **more)
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
