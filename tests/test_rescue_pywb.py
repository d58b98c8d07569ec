"""`tearsheet rescue` against a real pywb, which speaks Memento and CDX as web archives do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.warc.reader import read_records
from tests import foreign
from tests.command import Home, home
from tests.pywb import Pywb, replaying
from tests.site import Web
from tests.test_fetch_command import PIXEL
from tests.webarchive import COLLECTION, archive, entry, on

pytestmark = pytest.mark.pywb

STORY = "http://dead.test/2015/03/17/pier"
OTHER = "http://dead.test/other,story?a=1,2&b=%20x"
NEEDS = '<link rel=stylesheet href="/s.css"><img src="/p.png"><img src="/never.png">'
PIER = foreign.html("The pier of 2015", more=NEEDS).replace(b"2020-05-06", b"2015-03-17")
SOFT = b"<html><head><title>Page not found</title></head><body><h1>404 - Page not found</h1></body></html>"


def records() -> list[bytes]:
    return [
        foreign.info(),
        # The article's own day, and a year of what came in its place.
        foreign.response(
            b"",
            id="r",
            url="http://dead.test/go",
            time=on(2015, 3, 20),
            status="301 Moved",
            Location="/2015/03/17/pier",
        ),
        foreign.response(
            gzip.compress(PIER, mtime=0), id="a", url=STORY, time=on(2015, 3, 20), Content_Encoding="gzip", ETag='"v1"'
        ),
        foreign.response(SOFT, id="b", url=STORY, time=on(2015, 3, 17, 23)),
        foreign.response(b"gone", id="c", url=STORY, time=on(2015, 3, 18), status="404 Not Found"),
        foreign.response(
            b"", id="d", url=STORY, time=on(2015, 3, 16), status="302 Found", Location="http://dead.test/"
        ),
        foreign.response(
            b"<title>Home of it all</title><h1>Home</h1>", id="e", url="http://dead.test/", time=on(2015, 3, 16)
        ),
        foreign.response(foreign.html("The pier, long after"), id="f", url=STORY, time=on(2021)),
        foreign.response(
            b'h1 { background: url("/deep.png") }',
            id="g",
            url="http://dead.test/s.css",
            time=on(2015, 4, 1),
            Content_Type="text/css",
        ),
        foreign.response(PIXEL, id="h", url="http://dead.test/deep.png", time=on(2014), Content_Type="image/png"),
        foreign.response(PIXEL + b"2", id="i", url="http://dead.test/p.png", time=on(2016), Content_Type="image/png"),
        foreign.response(foreign.html("Another story"), id="j", url=OTHER, time=on(2018)),
    ]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pywb]:
    with archive(tmp_path_factory.mktemp("archive"), records()) as pywb:
        yield pywb


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("dead.test")
        yield web


def there(folder: Path, web: Web, archives: str, **more: str) -> Home:
    made = home(folder, web, **more)
    config = folder / "config.toml"
    config.write_text(config.read_text() + archives)
    return made


def rescued(home: Home, *arguments: str, code: int = 0) -> dict[str, Any]:
    ran = home.run("rescue", "--json", *arguments)
    assert ran.code == code, (ran.out, ran.err)
    (row,) = ran.rows
    return row


def test_a_dead_address_is_rescued_by_one_command_and_replays(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old))
    assert mine.fetch(STORY)["verdict"] == "gone"
    told = rescued(mine, STORY)
    assert (told["outcome"], told["archive"], told["memento_datetime"]) == (
        "rescued",
        "Old Web",
        "2015-03-20T00:00:00.000Z",
    )
    assert told["wanted_because"] == "the date in its address"
    assert told["memento"] == f"http://127.0.0.1:{old.port}/{COLLECTION}/20150320000000/{STORY}"
    # The soft 404 of the day itself and the redirect to the home page were looked at and passed over.
    assert [each["reason"].partition(":")[0] for each in told["passed_over"]] == ["soft 404", "soft 404"]
    page = told["page"]
    assert (page["verdict"], page["title"], page["source"]) == ("article", "The pier of 2015", "rescue")
    assert page["captured_at"] == "2015-03-20T00:00:00Z"
    assert page["requisites"] == 3
    assert page["missing_requisites"] == ["http://dead.test/never.png"]
    assert any("Old Web took on 2015-03-20" in words for words in page["evidence"])
    (text,) = [data for name, data in mine.texts().items() if name.endswith(".txt")]
    assert text.decode().rstrip().endswith(f"Original url:\n\n<{STORY}>")
    assert mine.run("verify").code == 0
    with replaying(mine.folder / "kept") as ours:
        for when in ("", "2015", "2026"):
            answer = ours.get(f"/main/{when}id_/{STORY}", **{"Accept-Encoding": "gzip"})
            assert answer.status == 200
            assert answer.headers["Memento-Datetime"] == "Fri, 20 Mar 2015 00:00:00 GMT"
            assert gzip.decompress(answer.body) == PIER
        for name, body in (("deep.png", PIXEL), ("p.png", PIXEL + b"2")):
            answer = ours.get(f"/main/2015id_/http://dead.test/{name}")
            assert (answer.status, answer.body) == (200, body)
        assert (
            ours.get("/main/2015id_/http://dead.test/p.png").headers["Memento-Datetime"].endswith("2016 00:00:00 GMT")
        )


def test_the_records_are_what_the_design_says(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old))
    rescued(mine, STORY)
    (warc,), (aside,) = mine.warcs(), mine.warcs("quarantine")
    kept = list(read_records(warc, strict=True))
    assert [each.type for each in kept if each.type in ("request", "revisit")] == []
    page = next(each for each in kept if each.header("WARC-Target-URI") == STORY and each.type == "response")
    memento = f"http://127.0.0.1:{old.port}/{COLLECTION}/20150320000000id_/{STORY}"
    assert page.header("WARC-Date") == "2015-03-20T00:00:00.000Z"
    assert page.header("WARC-Source-URI") == memento
    assert (page.header("WARC-Creation-Date") or "").startswith("20")
    assert page.header("WARC-IP-Address") is None
    head = page.http_head.decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert 'ETag: "v1"\r\n' in head and "Content-Encoding: gzip\r\n" in head
    for foreign_name in ("Memento-Datetime", "X-Archive-Orig", "Link:", "Content-Location"):
        assert foreign_name not in head
    told = next(each for each in kept if each.type == "metadata" and each.header("WARC-Target-URI") == STORY)
    assert f"memento: {memento}\r\n" in told.payload_bytes().decode()
    # What went over the wire lies in quarantine as it was, the request with it.
    sent = [each for each in read_records(aside, strict=True) if each.header("WARC-Target-URI") == memento]
    assert [each.type for each in sent] == ["request", "response"]
    assert b"Memento-Datetime: Fri, 20 Mar 2015" in sent[1].http_head
    assert b"X-Archive-Orig-ETag" in sent[1].http_head
    assert sent[1].payload_bytes() == page.payload_bytes()


def test_a_rebuild_gives_the_same_again(tmp_path: Path, web: Web, old: Pywb) -> None:
    from tests.archive.collecting import derived

    mine = there(tmp_path, web, entry(old))
    rescued(mine, STORY)
    rescued(mine, OTHER)
    before = derived(mine.folder / "kept")
    assert len(before["text"]) == 4
    assert mine.run("rebuild").code == 0
    assert derived(mine.folder / "kept") == before


@pytest.mark.parametrize("way", ["cdx", "timemap", "timegate"])
def test_each_way_of_asking_finds_it(tmp_path: Path, web: Web, old: Pywb, way: str) -> None:
    mine = there(tmp_path, web, entry(old, way), rescue__requisites="false")
    told = rescued(mine, OTHER)
    assert (told["outcome"], told["copies"]) == ("rescued", 1)
    told = rescued(mine, STORY)
    assert (told["outcome"], told["memento_datetime"]) == ("rescued", "2015-03-20T00:00:00.000Z"), told


def test_archived_redirects_are_hops_of_the_page(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old))
    told = rescued(mine, "http://dead.test/go")
    assert told["page"]["final_url"] == STORY
    with replaying(mine.folder / "kept") as ours:
        assert gzip.decompress(ours.get(f"/main/2015id_/{STORY}", **{"Accept-Encoding": "gzip"}).body) == PIER


def test_a_later_copy_of_what_is_kept_since_is_no_step_back(tmp_path: Path, web: Web, old: Pywb) -> None:
    """What is kept is not rescued; a rescued text that is older than the newest is an earlier version."""
    mine = there(tmp_path, web, entry(old))
    web.host("dead.test").page("/2015/03/17/pier", foreign.html("The pier, as it is today"))
    # Another address of the same article is kept; the dead one leads there in the archive.
    assert mine.fetch(STORY)["title"] == "The pier, as it is today"
    assert rescued(mine, STORY)["outcome"] == "kept already"
    told = rescued(mine, "http://dead.test/go")
    assert told["outcome"] == "rescued"
    assert "The pier, as it is today" in mine.run("show", STORY).out
    assert len([name for name in mine.texts() if name.endswith(".txt")]) == 2
    with replaying(mine.folder / "kept") as ours:
        assert b"as it is today" in ours.get(f"/main/id_/{STORY}").body


def test_dry_run_says_what_would_be_taken_and_keeps_nothing(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old))
    ran = mine.run("rescue", "--dry-run", STORY, "http://dead.test/never")
    assert ran.code == 1
    assert f"> {STORY}" in ran.out and "x no copy: http://dead.test/never" in ran.out
    assert not mine.collection.exists()


def test_all_that_was_gone_is_rescued_without_naming_it(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old), rescue__again_after='"30 days"')
    nothing = mine.run("rescue")
    assert (nothing.code, nothing.out) == (0, "nothing is dead that is not kept\n")
    web.host("dead.test").page("/alive", foreign.html("Alive"))
    assert mine.run("fetch", STORY, "http://dead.test/alive", "http://dead.test/never").code == 1
    ran = mine.run("rescue")
    assert ran.code == 1, ran.err
    assert "+ The pier of 2015" in ran.out and "x no copy: http://dead.test/never" in ran.out
    assert "1 rescued, 1 no copy" in ran.out
    (report,) = [json.loads(path.read_text()) for path in (mine.collection / "reports").glob("*.json")]
    assert report["kind"] == "rescue" and len(report["addresses"]) == 2
    # What was rescued is dead no more; what was looked for in vain is left out for a while, but not by its name.
    again = mine.run("rescue")
    assert (again.code, again.out.partition(":")[0]) == (0, "1 left out")
    assert mine.run("rescue", "http://dead.test/never").code == 9
    config = mine.folder / "config.toml"
    config.write_text(config.read_text().replace('again_after = "30 days"', "again_after = 0"))
    assert [row["url"] for row in mine.run("rescue", "--json").rows] == ["http://dead.test/never"]


def test_another_time_may_be_asked_for(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old))
    told = rescued(mine, STORY, "--at", "2020-12")
    assert (told["memento_datetime"], told["page"]["title"]) == ("2021-01-01T00:00:00.000Z", "The pier, long after")


def test_a_group_that_lost_its_end_is_still_known_to_be_rescued(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old), rescue__requisites="false")
    rescued(mine, STORY)
    (warc,) = mine.warcs()
    whole = list(read_records(warc, strict=True))
    # The metadata record of the page is the last: bytes in it rot.
    end = whole[-1]
    data = bytearray(warc.read_bytes())
    data[end.offset + end.length // 2] ^= 0xFF
    warc.write_bytes(data)
    assert mine.run("repair").code == 5
    assert mine.run("verify").code == 0
    (warc,) = mine.warcs()
    group = list(read_records(warc, strict=True))[-1].group()
    assert group is not None and group.rescued
    assert mine.run("list", "--json").rows[0]["captured_at"] == "2015-03-20T00:00:00Z"


def test_what_is_purged_goes_with_its_copy(tmp_path: Path, web: Web, old: Pywb) -> None:
    mine = there(tmp_path, web, entry(old))
    rescued(mine, STORY)
    rescued(mine, OTHER)
    ran = mine.run("exclude", STORY, "--reason", "a takedown", "--purge", "--yes")
    assert ran.code == 0, ran.err
    for folder in ("archive", "quarantine"):
        for path in mine.warcs(folder):
            for each in read_records(path, strict=True):
                assert STORY not in (each.header("WARC-Target-URI") or "")
                assert each.payload_bytes() != gzip.compress(PIER, mtime=0)
    assert mine.run("verify").code == 0
    assert [row["url"] for row in mine.run("list", "--json").rows] == [OTHER]
