"""Which addresses a rescue is for, where none is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from archive.collection import Collection
from archive.linkstate import Check, State
from archive.models import VerdictKind
from scraper.rescue import dead
from tests.archive.collecting import STORY, group, opened, page, silent

DAY = 86400
FIRST = datetime(2026, 1, 2, tzinfo=UTC)


def checked(collection: Collection, url: str, states: list[State], start: int = 0) -> None:
    for number, state in enumerate(states):
        at = start + number * DAY
        check = Check(url, FIRST + timedelta(seconds=at), state, "seen in a test", page_id=f"{url} {at}")
        made = group(f"{url} {at}", at, [silent(at, url)], VerdictKind.UNREACHABLE)
        collection.commit(replace(made, check=check)).result(30)


def test_what_failed_on_enough_days_and_what_is_gone_and_nothing_that_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        checked(collection, "https://a.test/dead", [State.UNREACHABLE] * 3)
        checked(collection, "https://a.test/twice", [State.UNREACHABLE] * 2)
        checked(
            collection, "https://a.test/back", [State.UNREACHABLE, State.UNREACHABLE, State.UNREACHABLE, State.SAME]
        )
        checked(collection, "https://a.test/walled", [State.BLOCKED] * 5)
        gone = page(1, b"not here", "https://a.test/gone", status=404)
        collection.commit(group("gone", 1, [gone], VerdictKind.GONE)).result(30)
        # What is kept is safe, however dead it is.
        checked(collection, STORY, [State.GONE] * 3, start=DAY)
        collection.commit(group("kept", 1, [page(1, b"<p>x</p>" * 80)], VerdictKind.PAGE)).result(30)
        assert dead(collection, 3) == ["https://a.test/dead", "https://a.test/gone"]
        assert dead(collection, 2) == ["https://a.test/dead", "https://a.test/twice", "https://a.test/gone"]
