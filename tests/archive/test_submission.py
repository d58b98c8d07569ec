"""What archives were asked to keep: in records, in the catalog, and again after a rebuild."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.fixity import Watch, verify_collection
from archive.models import Link, PageGroup, Role, Verdict, VerdictKind
from archive.rebuild import rebuild
from archive.submission import Step, Submission, from_plain, plain
from archive.warc.reader import read_records
from tests.archive.collecting import STORY, derived, folder_of, group, opened, page, settings
from tests.making import exchange, part

ALONE = Watch(workers=1)
T = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))


def event(page_id: str, at: int, step: Step, **changes: object) -> PageGroup:
    """What an archive answered, as a group of its own."""
    said = Submission(STORY, "Public", T + timedelta(seconds=at), step, page_id=page_id, **changes)  # type: ignore[arg-type]
    verdict = Verdict(VerdictKind.PAGE, said.reason)
    stands = part(exchange(STORY, b"", time=said.time, status=None, head=b"", headers=()), Role.SUBMISSION)
    return PageGroup(page_id, Link(STORY, "submit"), said.time, (stands,), verdict, bare=True, submissions=(said,))


def filled(root: Path) -> None:
    with opened(root) as collection:
        first = group("p1", 1, [page(1, b"<p>x</p>" * 80)], VerdictKind.PAGE)
        wanted = [Submission(STORY, name, T, Step.WAITING, due=T, page_id="p1") for name in ("Public", "Other")]
        collection.commit(replace(first, submissions=tuple(wanted))).result(30)
        collection.note(event("e1", 10, Step.ASKED, job="spn2-1", due=T + timedelta(seconds=20), tries=1)).result(30)
        memento = {"memento": "https://public.test/20260102030405/x", "memento_time": T, "job": "spn2-1", "tries": 1}
        collection.note(event("e2", 30, Step.KEPT, reason="done\r\nverdict: article", **memento)).result(30)


def test_how_it_stands_is_looked_up(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as collection:
        found = {each.archive: each for each in collection.submissions_of(f"{STORY}?utm_source=x")}
        assert {name: each.step for name, each in found.items()} == {"Public": Step.KEPT, "Other": Step.WAITING}
        assert found["Public"].memento_time == T and found["Public"].page_id == "e2"
        # Only how it stands now is due, not what was due once.
        assert [(each.archive, each.step) for each in collection.submissions_due(T + timedelta(days=1))] == [
            ("Other", Step.WAITING)
        ]
        assert collection.submissions_due(T - timedelta(days=1)) == []
        assert collection.page("e2") is None
    told = [r for p in (folder_of(tmp_path) / "archive").iterdir() for r in read_records(p, strict=True)]
    last = next(each for each in told if each.header("WARC-Page-ID") == "e2")
    assert "submittedTo: Public\r\nsubmission: kept\r\n" in last.payload_bytes().decode()
    assert "\r\nverdict: article\r\n" not in last.payload_bytes().decode()


def test_a_rebuild_gives_the_same_again_and_verify_agrees(tmp_path: Path) -> None:
    filled(tmp_path)
    before = derived(tmp_path)
    assert len(before["catalog"]["submissions"]) == 4
    rebuild(settings(tmp_path))
    assert derived(tmp_path) == before
    assert verify_collection(folder_of(tmp_path), ALONE).problems == []


@pytest.mark.parametrize(
    "sql", ["DELETE FROM submissions", "UPDATE submissions SET step = 'kept' WHERE step = 'asked'"]
)
def test_verify_tells_of_a_catalog_that_has_forgotten_them(tmp_path: Path, sql: str) -> None:
    import sqlite3
    from contextlib import closing

    filled(tmp_path)
    with closing(sqlite3.connect(folder_of(tmp_path) / "catalog.sqlite")) as db, db:
        db.execute(sql)
    assert verify_collection(folder_of(tmp_path), ALONE).problems


@given(
    st.builds(
        Submission,
        st.text(max_size=20),
        st.text(max_size=20),
        TIMES,
        st.sampled_from(Step),
        st.text(max_size=20),
        st.text(max_size=20),
        st.text(max_size=20),
        st.none() | TIMES,
        st.none() | TIMES,
        st.integers(0, 9),
        st.booleans(),
    )
)
def test_as_json_and_back(submission: Submission) -> None:
    assert from_plain(plain(submission), "id") == replace(submission, page_id="id")
