"""Checks of links: where a link stands, and that the records hold all that is known of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.fixity import Watch, verify_collection
from archive.linkstate import Check, Standing, State, standing
from archive.models import PageGroup, VerdictKind
from archive.rebuild import rebuild
from archive.warc.reader import read_records
from tests.archive.collecting import (
    STORY,
    Clock,
    article,
    derived,
    folder_of,
    group,
    known,
    not_modified,
    opened,
    page,
    settings,
    silent,
)
from tests.making import TIME

DAY = timedelta(days=1)
ALONE = Watch(workers=1)
S = State


def checks(*found: tuple[float, State]) -> list[Check]:
    return [Check(STORY, TIME + days * DAY, state, f"seen as {state}") for days, state in found]


@pytest.mark.parametrize(
    ("found", "stands"),
    [
        ([], Standing.UNKNOWN),
        ([(0, S.BLOCKED), (1, S.WALLED)], Standing.UNKNOWN),
        ([(0, S.SAME)], Standing.ALIVE),
        ([(0, S.MOVED), (1, S.BLOCKED)], Standing.ALIVE),
        ([(0, S.SAME), (1, S.GONE)], Standing.DOUBTFUL),
        ([(0, S.GONE), (1, S.GONE)], Standing.DOUBTFUL),
        ([(0, S.GONE), (1, S.GONE), (2, S.GONE)], Standing.DEAD),
        ([(0, S.GONE), (1, S.SOFT_404), (2, S.UNREACHABLE)], Standing.DEAD),
        ([(0, S.GONE), (0.1, S.GONE), (0.2, S.GONE)], Standing.DOUBTFUL),
        ([(0, S.GONE), (1, S.BLOCKED), (2, S.GONE), (3, S.GONE)], Standing.DEAD),
        ([(0, S.GONE), (1, S.GONE), (2, S.BLOCKED)], Standing.DOUBTFUL),
        ([(0, S.GONE), (1, S.GONE), (2, S.SAME), (3, S.GONE)], Standing.DOUBTFUL),
        ([(0, S.GONE), (1, S.GONE), (2, S.GONE), (3, S.CHANGED)], Standing.ALIVE),
        ([(day, S.BLOCKED) for day in range(9)], Standing.UNKNOWN),
    ],
)
def test_dead_is_what_failed_on_so_many_days(found: list[tuple[float, State]], stands: Standing) -> None:
    assert standing(checks(*found), 3) is stands


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(list(State))), max_size=12), st.integers(1, 5))
def test_no_link_is_dead_before_its_strikes(found: list[tuple[int, State]], strikes: int) -> None:
    found = sorted(found, key=lambda each: each[0])
    failed = {day for day, state in found if state.failed}
    stands = standing(checks(*found), strikes)
    if len(failed) < strikes:
        assert stands is not Standing.DEAD
    if found and found[-1][1].alive:
        assert stands is Standing.ALIVE


def checked(made: PageGroup, state: State, **found: object) -> PageGroup:
    check = Check(made.link.url, made.time, state, f"found {state}", ("by a test", "twice"), page_id=made.id)
    return replace(made, check=replace(check, **found))


MOVED_TO = "https://news.test/new\u2028place"


def filled(root: Path) -> list[Check]:
    """A link through all that may happen; the checks as they were handed in."""
    made: list[PageGroup] = []
    with opened(root, clock=Clock()) as collection:

        def commit(each: PageGroup) -> None:
            made.append(each)
            (collection.note if each.bare else collection.commit)(each).result(30)

        collection.commit(group("p0", 1, [page(1, b"<p>one</p>" * 80)], article=article())).result(30)
        unchanged = group("p1", 10, [not_modified(10, known(collection))], VerdictKind.UNCHANGED)
        commit(checked(unchanged, S.SAME, status=304, similarity=1.0))
        bare = group("p2", 20, [page(20, b"<p>one</p>" * 81)], VerdictKind.UNCHANGED, bare=True)
        commit(checked(bare, S.MOVED, moved_to=MOVED_TO, permanent=True, similarity=1.0))
        new = group("p3", 30, [page(30, b"<p>two</p>" * 80)], article=article("It happened later."))
        drift = {"similarity": 0.75, "added": 2, "struck": 3, "corrections": ("headline changed: “A” → “B”", "x")}
        commit(checked(new, S.CHANGED, status=200, **drift))
        commit(checked(group("p4", 40, [silent(40)], VerdictKind.UNREACHABLE), S.UNREACHABLE))
    return [each.check for each in made if each.check is not None]


def test_what_a_check_found_is_looked_up(tmp_path: Path) -> None:
    handed = filled(tmp_path)
    with opened(tmp_path) as collection:
        assert collection.checks_of(STORY) == handed
        assert collection.checks_of(f"{STORY}?utm_source=x#top") == handed
        assert collection.checks_of("https://news.test/other") == []
        (found,) = collection.standings(3)
        assert (found.address, found.standing, found.last.state) == (STORY, Standing.DOUBTFUL, S.UNREACHABLE)
        assert [standing.standing for standing in collection.standings(1)] == [Standing.DEAD]
        assert [(row.url, row.page_id) for row in collection.links()] == [(STORY, "p3")]


def test_a_bare_check_stores_nothing_but_what_it_found(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as collection:
        assert collection.page("p2") is None
        assert [capture.record_type for capture in collection.captures("p2")] == ["metadata"]
        found = collection.known_page(STORY)
        assert found is not None and (found[0].page_id, found[1].page_id) == ("p3", "p3")
    (path,) = (folder_of(tmp_path) / "archive").iterdir()
    records = [record for record in read_records(path, strict=True) if record.header("WARC-Page-ID") == "p2"]
    assert [record.type for record in records] == ["metadata"]
    told = records[0].payload_bytes().decode()
    assert "linkState: moved\r\n" in told and "movedTo: https://news.test/new%E2%80%A8place\r\n" in told


def test_a_rebuild_gives_the_checks_again_and_verify_agrees(tmp_path: Path) -> None:
    filled(tmp_path)
    before = derived(tmp_path)
    assert len(before["catalog"]["checks"]) == 4
    rebuild(settings(tmp_path))
    assert derived(tmp_path) == before
    assert verify_collection(folder_of(tmp_path), ALONE).problems == []


@pytest.mark.parametrize("sql", ["DELETE FROM checks", "UPDATE checks SET state = 'same' WHERE state = 'moved'"])
def test_verify_tells_of_a_catalog_that_has_forgotten_checks(tmp_path: Path, sql: str) -> None:
    filled(tmp_path)
    with closing(sqlite3.connect(folder_of(tmp_path) / "catalog.sqlite")) as db, db:
        db.execute(sql)
    assert [each for each in verify_collection(folder_of(tmp_path), ALONE).problems if "check" in each.words]


def test_a_page_kept_since_counts_as_the_last_check(tmp_path: Path) -> None:
    handed = filled(tmp_path)
    with opened(tmp_path) as collection:
        later = group("p9", 90, [page(90, b"<p>back</p>" * 80)], article=article("It is back."))
        collection.commit(later).result(30)
        found = collection.checks_of(STORY)
        assert found[:-1] == handed and (found[-1].state, found[-1].page_id) == (S.SAME, "p9")
        assert [standing.standing for standing in collection.standings(1)] == [Standing.ALIVE]
