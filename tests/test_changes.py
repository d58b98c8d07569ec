"""What the library may change: each write is a run of the command, and what goes wrong is told as it would be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.errors import LockedError, NotKeptError, TearsheetError, UsageError
from archive.models import VerdictKind
from archive.settings import ArchiveSettings
from scraper.changes import Changes
from tests.archive.collecting import RUN, STORY, group
from tests.command import Home, home
from tests.making import story
from tests.site import Web
from tests.site.connection import Connection, Request
from tests.test_accept import CHALLENGE, answer

URL = "https://news.test/pier"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("news.test").page("/pier", story("A quiet day at the pier"))
        web.host("news.test").page("/gone", "gone", status=410)
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    there = home(tmp_path, web)
    with Collection.open(settings(there), RUN) as collection:
        collection.commit(group("p1", 1, [answer(1)], CHALLENGE)).result()
    return there


def settings(there: Home) -> ArchiveSettings:
    return ArchiveSettings(root=there.folder / "kept")


@pytest.fixture
def changes(there: Home) -> Iterator[Changes]:
    with Collection.open(settings(there), None) as collection:
        yield Changes(("--config", str(there.folder / "config.toml")), collection.page)


def test_an_address_is_kept_now(changes: Changes) -> None:
    row = changes.keep(URL)
    assert (row.verdict, row.title) == (VerdictKind.ARTICLE, "A quiet day at the pier")
    assert changes.keep(URL) == row
    assert changes.keep("https://news.test/gone").verdict is VerdictKind.GONE


@pytest.mark.parametrize("url", ["", "-", "--help", "ftp://news.test/x", "javascript:alert(1)", "https://\0.test/"])
def test_what_is_no_address_runs_nothing(changes: Changes, url: str) -> None:
    with pytest.raises(UsageError):
        changes.keep(url)


def test_another_run_is_told_and_nothing_waits_for_it(changes: Changes, there: Home) -> None:
    with Collection.open(settings(there), RUN):
        with pytest.raises(LockedError, match="another run is under way: try again later"):
            changes.keep(URL)
        with pytest.raises(LockedError):
            changes.overrule("p1", "it is")
    assert changes.keep(URL).verdict is VerdictKind.ARTICLE


def test_a_verdict_is_overruled_once(changes: Changes) -> None:
    row = changes.overrule("p1", '--help "quoted" $(and) all')
    assert (row.verdict, row.url) == (VerdictKind.ARTICLE, STORY)
    assert '--help "quoted" $(and) all' in row.reason
    with pytest.raises(UsageError, match="was overruled before"):
        changes.overrule("p1", "again")


@pytest.mark.parametrize(
    ("page_id", "reason", "kind", "words"),
    [
        ("p1", "", UsageError, "say why"),
        ("p1", "a\0b", UsageError, "control characters"),
        ("p2", "it is", NotKeptError, "there is no page"),
        (STORY, "it is", NotKeptError, "there is no page"),
        ("--help", "it is", NotKeptError, "there is no page"),
    ],
)
def test_what_cannot_be_overruled_says_why(
    changes: Changes, page_id: str, reason: str, kind: type[TearsheetError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        changes.overrule(page_id, reason)


def test_a_stop_ends_what_is_under_way_and_begins_nothing(changes: Changes, web: Web) -> None:
    asked, go = threading.Event(), threading.Event()

    def slow(connection: Connection, _: Request) -> None:
        asked.set()
        go.wait(60)
        connection.respond(200, story("A slow day").encode(), (("Content-Type", "text/html"),))

    web.host("news.test").route("/slow", slow)
    with ThreadPoolExecutor(1) as pool:
        kept = pool.submit(changes.keep, "https://news.test/slow")
        assert asked.wait(60)
        changes.close()
        go.set()
        assert kept.result(60).title == "A slow day"
    with pytest.raises(TearsheetError, match="being stopped"):
        changes.keep(URL)
