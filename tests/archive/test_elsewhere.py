"""Files that other processes write into a collection: brought in, finished in order, and taken over from the lost."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from archive.applying import Closed
from archive.collection import Collection
from archive.committing import Committer
from archive.derive import Derived
from archive.disk import Disk
from archive.elsewhere import Elsewhere
from archive.errors import StorageError
from archive.lookup import Lookups
from archive.models import PageRow
from archive.rebuild import rebuild
from archive.settings import RunInfo
from archive.writers import writers_of
from tests.archive.collecting import Clock, article, derived, folder_of, group, opened, page, settings
from tests.making import TIME


class Told:
    """An applier elsewhere; from `deaf_from` on what it tells is heard by nobody."""

    def __init__(self, books: Elsewhere, deaf_from: int = 1000) -> None:
        self._books = books
        self._left = deaf_from

    def apply(self, groups: Sequence[Derived]) -> list[PageRow | None]:
        if self._left <= 0:
            raise StorageError("nobody hears")
        self._left -= 1
        return self._books.apply(groups).result(30)

    def closed(self, files: Sequence[Closed]) -> None:
        self._books.closed(files).result(30)

    def begin(self, kind: str, prefix: str, host: str, time: datetime) -> str:
        return self._books.begin(kind, prefix, host, time).result(30)


class Slow(Told):
    """What it tells goes out when `go` is set; `asked` is, once there is something."""

    def __init__(self, books: Elsewhere) -> None:
        super().__init__(books)
        self.asked, self.go = Event(), Event()

    def apply(self, groups: Sequence[Derived]) -> list[PageRow | None]:
        self.asked.set()
        assert self.go.wait(30)
        return super().apply(groups)


def worker(root: Path, name: str, collection: Collection, told: Told, clock: Clock) -> Committer:
    run = RunInfo("tearsheet/0 (test)", "tearsheet/0 (+test)", "obey", name)
    writers = writers_of(settings(root), run, Disk(), clock, told.begin)
    return Committer(writers, told, Lookups(collection.path / "catalog.sqlite"), 1_000_000, leave_open=True)


def sent(committer: Committer, number: int, text: str = "") -> Future[PageRow]:
    url = f"https://news.test/{number}"
    told = article(text or f"What happened at pier {number}.", url, f"Pier {number}")
    parts = [page(number, b"x%d" % number, url)]
    return committer.commit(group(f"p{number}", number, parts, article=told))


def commit(committer: Committer, number: int, text: str = "") -> PageRow:
    return sent(committer, number, text).result(30)


def names(root: Path, ending: str) -> list[str]:
    return sorted(path.name for path in (folder_of(root) / "archive").glob(f"*{ending}"))


def test_files_are_finished_in_the_order_of_their_begin(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as collection:
        books = collection.elsewhere()
        first = worker(tmp_path, "paris", collection, Told(books), clock)
        second = worker(tmp_path, "rome", collection, Told(books), clock)
        assert commit(first, 1).warc is not None
        commit(second, 2)
        commit(first, 3)
        second.close()
        assert names(tmp_path, "rome.warc.gz")
        assert collection.closed_files() == frozenset()
        first.close()
        assert sorted(name.rpartition("-")[2] for name in collection.closed_files()) == [
            "paris.warc.gz",
            "rome.warc.gz",
        ]
        books.end().result(30)
    before = derived(tmp_path)
    lines = (folder_of(tmp_path) / "pages" / "pages.jsonl").read_bytes()
    rebuild(settings(tmp_path))
    assert derived(tmp_path) == before
    assert (folder_of(tmp_path) / "pages" / "pages.jsonl").read_bytes() == lines


def is_as_rebuilt(root: Path) -> None:
    before, pages = derived(root), pages_list(root)
    rebuild(settings(root))
    assert derived(root) == before
    assert pages_list(root) == pages


def pages_list(root: Path) -> list[bytes]:
    return (folder_of(root) / "pages" / "pages.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize("behind", [0, 3600], ids=["", "with a clock that is behind"])
def test_a_file_that_was_begun_is_waited_for_before_anything_of_it_is_told(tmp_path: Path, behind: int) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as collection:
        books = collection.elsewhere()
        slow = Slow(books)
        first = worker(tmp_path, "paris", collection, slow, clock)
        late = Clock(TIME - timedelta(seconds=behind)) if behind else clock
        second = worker(tmp_path, "rome", collection, Told(books), late)
        waits = sent(first, 1)
        assert slow.asked.wait(30)
        commit(second, 2)
        second.close()
        assert collection.closed_files() == frozenset()
        slow.go.set()
        waits.result(30)
        first.close()
        assert [name.rpartition("-")[2] for name in names(tmp_path, ".gz")] == ["paris.warc.gz", "rome.warc.gz"]
        assert len(collection.closed_files()) == 2
    is_as_rebuilt(tmp_path)


@pytest.mark.parametrize("mends", ["another run", "a rebuild"])
def test_a_worker_that_outlives_its_run_writes_into_nothing(tmp_path: Path, mends: str) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as collection:
        committer = worker(tmp_path, "paris", collection, Told(collection.elsewhere(), deaf_from=2), clock)
        commit(committer, 1)
        commit(committer, 2)
        (name,) = names(tmp_path, ".open")
        with pytest.raises(StorageError, match="nobody hears"):
            commit(committer, 3)
    path = folder_of(tmp_path) / "archive" / name
    content = path.read_bytes()
    with path.open("r+b") as still_open:
        still_open.seek(0, 2)
        if mends == "a rebuild":
            assert rebuild(settings(tmp_path)).pages == 3
        else:
            with opened(tmp_path, clock=clock) as again:
                assert len(list(again.pages())) == 3
        still_open.write(b"\x1f\x8b what it was about when it was told")
    assert path.with_name(name.removesuffix(".open")).read_bytes() == content
    is_as_rebuilt(tmp_path)
    with pytest.raises(StorageError, match="nobody hears"):
        committer.close()


def test_what_is_whole_in_a_lost_workers_file_is_told_once(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as collection:
        books = collection.elsewhere()
        committer = worker(tmp_path, "paris", collection, Told(books, deaf_from=2), clock)
        commit(committer, 1)
        commit(committer, 2)
        with pytest.raises(StorageError, match="nobody hears"):
            commit(committer, 3)
        (name,) = names(tmp_path, ".open")
        with (folder_of(tmp_path) / "archive" / name).open("r+b") as still_open:
            still_open.seek(0, 2)
            still_open.write(b"\x1f\x8b half a record")
            rows = books.lost("paris").result(30)
            # One that only seemed dead goes on writing.
            still_open.write(b"and more of it")
        assert [row.url for row in rows] == ["https://news.test/3"]
        assert books.lost("paris").result(30) == []
        assert sorted(row.url for row in collection.pages()) == [f"https://news.test/{n}" for n in (1, 2, 3)]
        assert names(tmp_path, ".open") == []
        with pytest.raises(StorageError, match="nobody hears"):
            committer.close()
        books.end().result(30)
    assert len(names(tmp_path, ".warc.gz")) == 1
    before = derived(tmp_path)
    rebuild(settings(tmp_path))
    assert derived(tmp_path) == before


def test_another_workers_files_stay_as_they_are(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as collection:
        books = collection.elsewhere()
        both = [worker(tmp_path, name, collection, Told(books), clock) for name in ("paris", "paris-2")]
        for number, each in enumerate(both):
            commit(each, number)
        both[0].cut(StorageError("it was killed"))
        assert books.lost("paris").result(30) == []
        commit(both[1], 5)
        both[1].close()
        books.end().result(30)
        assert len(list(collection.pages())) == 3
        with pytest.raises(StorageError, match="killed"):
            both[0].close()
    assert names(tmp_path, ".open") == []
