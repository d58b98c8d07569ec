"""`tearsheet accept`: a person's word, and what it makes of a page in quarantine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from archive.models import Part, Role, VerdictKind
from archive.settings import ArchiveSettings
from archive.warc.reader import read_records
from tests.archive.collecting import RUN, STORY, Clock, catalog_rows, derived, group, hop, page, robots, silent
from tests.command import Home, home
from tests.making import TIME, story
from tests.test_reextract import HEAD, HTML

CHALLENGE = VerdictKind.CHALLENGE
BODY = story("A pier of one's own").encode()
REASON = "It is the article; the wall is only a banner."


def answer(at: int, body: bytes = BODY, **changes: Any) -> Part:
    return page(at, body, **({"head": HEAD, "headers": HTML} | changes))


def quarantined(folder: Path, *groups: tuple[str, int, Sequence[Part], VerdictKind], **more: str) -> Home:
    there = home(folder, None, **more)
    with Collection.open(ArchiveSettings(root=folder / "kept"), RUN, clock=Clock(TIME)) as collection:
        for page_id, at, parts, kind in groups:
            collection.commit(group(page_id, at, parts, kind)).result()
    return there


def accepted(there: Home, asked: str = STORY, reason: str = REASON) -> dict[str, Any]:
    ran = there.run("accept", asked, "--reason", reason, "--json")
    assert ran.code == 0, ran.err
    return ran.rows[0]


def failed(there: Home) -> list[dict[str, Any]]:
    return there.run("list", "--failed", "--json").rows


def test_what_is_accepted_is_kept_as_the_article_with_the_time_at_which_it_came(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [hop(1), robots(1), answer(2)], CHALLENGE), archive__operator='"Ann Bee"')
    quarantine = {path: path.read_bytes() for path in there.warcs("quarantine")}
    (before,) = failed(there)
    row = accepted(there, "https://news.test/old")
    assert (row["verdict"], row["title"], row["source"]) == ("article", "A pier of one's own", "argument")
    assert row["captured_at"] == before["captured_at"]
    assert row["digest"] == before["digest"]
    assert REASON in row["reason"]
    assert row["evidence"][0].startswith("Ann Bee said on ") and row["evidence"][0].endswith(f" UTC: {REASON}")
    assert row["evidence"][1:] == ["it had been taken for challenge: seen as challenge", "a test"]
    assert failed(there) == []
    assert there.run("status", "--json").rows[0]["failed"] == 0
    assert there.run("search", "trees", "--json").rows[0]["page_id"] == row["page_id"]
    assert "A pier of one's own" in there.run("show", STORY).out
    assert there.run("show", "--html", STORY).out.encode() == BODY
    # What lies in quarantine stays there as it is.
    assert {path: path.read_bytes() for path in there.warcs("quarantine")} == quarantine
    beside = json.loads(next(data for name, data in there.texts().items() if name.endswith(".json")))
    assert (beside["reason"], beside["evidence"]) == (row["reason"], row["evidence"])


def test_the_records_are_those_of_quarantine_and_one_says_who_and_why(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [hop(1), answer(2)], CHALLENGE), archive__operator='"Ann Bee"')
    accepted(there)
    (old,), (new,) = there.warcs("quarantine"), there.warcs()
    kinds = ("request", "response")
    before, after = ([each for each in read_records(path, strict=True) if each.type in kinds] for path in (old, new))
    named = ("WARC-Target-URI", "WARC-Date", "WARC-IP-Address", "WARC-Payload-Digest", "WARC-Block-Digest")
    assert len(after) == 4
    for name in named:
        assert [each.header(name) for each in after] == [each.header(name) for each in before], name
    assert [each.payload_bytes() for each in after] == [each.payload_bytes() for each in before]
    told = next(each for each in read_records(new, strict=True) if each.type == "metadata").payload_bytes().decode()
    assert f"overrules: {before[-1].record_id}\r\n" in told
    assert f"overruledBecause: {REASON}\r\noverruledBy: Ann Bee\r\n" in told
    assert "overruledVerdict: challenge\r\n" in told


def test_a_rebuild_gives_the_same_again(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [answer(1)], CHALLENGE), ("p2", 5, [silent(5)], VerdictKind.UNREACHABLE))
    accepted(there, "p1")
    before = derived(there.folder / "kept")
    assert before["catalog"]["overrulings"] and before["text"] and before["index"]
    assert there.run("rebuild").code == 0
    assert derived(there.folder / "kept") == before
    assert there.run("verify").code == 0
    assert [row["page_id"] for row in failed(there)] == ["p2"]


def test_a_page_without_an_articles_text_is_kept_as_a_page(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [answer(1, b"<title>Gallery</title><img src=a.png>")], VerdictKind.EMPTY))
    row = accepted(there)
    assert (row["verdict"], row["title"], row["text"]) == ("page", "Gallery", None)
    assert len(catalog_rows(there.collection / "catalog.sqlite")["captures"]) == 2


def test_what_is_no_page_is_kept_as_a_document(tmp_path: Path) -> None:
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/pdf\r\n\r\n"
    pdf = answer(1, b"%PDF-1.7 ...", status=403, head=head, headers=(("Content-Type", "application/pdf"),))
    there = quarantined(tmp_path, ("p1", 1, [pdf], VerdictKind.BLOCKED))
    assert accepted(there)["verdict"] == "document"


def test_a_word_counts_once(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [answer(1)], CHALLENGE))
    accepted(there)
    files = there.warcs()
    again = there.run("accept", STORY, "--reason", "once more")
    assert (again.code, "was overruled before" in again.err, REASON in again.err) == (2, True, True)
    assert there.warcs() == files


def test_an_older_text_never_takes_the_place_of_a_newer_one(tmp_path: Path) -> None:
    there = quarantined(
        tmp_path, ("p1", 1, [answer(1)], CHALLENGE), ("p2", 60, [answer(60, b"<p>later")], VerdictKind.PAGE)
    )
    ran = there.run("accept", "p1", "--reason", "it is")
    assert (ran.code, "a later capture of" in ran.err) == (2, True)
    assert len(there.warcs()) == 1


@pytest.mark.parametrize(
    ("asked", "reason", "code", "words"),
    [
        (STORY, "", 2, "say why"),
        (STORY, " \n ", 2, "say why"),
        (STORY, "x" * 1001, 2, "at most 1000"),
        (STORY, "bell\a", 2, "control characters"),
        ("https://news.test/never", "it is", 1, "nothing is known of"),
        ("https://b.test/silent", "it is", 1, "no answer of"),
        ("https://b.test/kept", "it is", 2, "kept already"),
    ],
)
def test_what_cannot_be_accepted_says_why(tmp_path: Path, asked: str, reason: str, code: int, words: str) -> None:
    there = quarantined(
        tmp_path,
        ("p1", 1, [answer(1)], CHALLENGE),
        ("p2", 2, [silent(2, "https://b.test/silent")], VerdictKind.UNREACHABLE),
        ("p3", 3, [answer(3, url="https://b.test/kept")], VerdictKind.PAGE),
    )
    ran = there.run("accept", asked, "--reason", reason)
    assert (ran.code, words in ran.err) == (code, True), ran.err
    assert len(failed(there)) == 2


def test_no_collection_is_begun_by_it(tmp_path: Path) -> None:
    there = home(tmp_path, None)
    ran = there.run("accept", STORY, "--reason", "it is")
    assert (ran.code, "there is no collection" in ran.err) == (1, True)
    assert not there.collection.exists()


def test_the_next_look_at_the_same_page_finds_it_unchanged(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [answer(1)], CHALLENGE))
    accepted(there)
    with Collection.open(ArchiveSettings(root=there.folder / "kept"), None) as collection:
        known = collection.known_page(STORY)
        assert known is not None
        assert (known[0].verdict, known[1].role, known[1].folder) == (VerdictKind.ARTICLE, Role.PAGE, "archive")


def test_verify_tells_of_a_catalog_that_has_forgotten_it(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [answer(1)], CHALLENGE))
    accepted(there)
    assert there.run("verify").code == 0
    with closing(sqlite3.connect(there.collection / "catalog.sqlite")) as db, db:
        db.execute("DELETE FROM overrulings")
    ran = there.run("verify")
    assert (ran.code, "is not said to be overruled by" in ran.out + ran.err) == (5, True)


def test_a_lost_end_of_an_accepted_page_is_made_again_with_whose_word_it_was(tmp_path: Path) -> None:
    there = quarantined(tmp_path, ("p1", 1, [hop(1), robots(1), answer(2)], CHALLENGE), archive__operator='"Ann Bee"')
    row = accepted(there, "https://news.test/old")
    (path,) = there.warcs()
    records = list(read_records(path, strict=True))
    before = records[-1].group()
    assert before is not None and before.overrules is not None
    data = bytearray(path.read_bytes())
    data[records[-1].offset + 30] ^= 0xFF
    path.write_bytes(data)
    assert there.run("repair").code == 5
    (path,) = there.warcs()
    after = list(read_records(path, strict=True))[-1].group()
    assert after is not None
    assert (after.overrules, after.time, after.verdict) == (before.overrules, before.time, before.verdict)
    assert failed(there) == []
    assert there.run("verify", "-q").code == 0
    assert there.run("show", "--json", "--meta", STORY).code == 0
    assert row["page_id"] == after.page_id
