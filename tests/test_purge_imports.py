"""`tearsheet exclude --purge` where what is to go lies in files of other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from archive.manifest import NAME, present
from tests.archive.collecting import derived, settings
from tests.archive.secrets import where
from tests.command import Home, home
from tests.corpus import needed
from tests.foreign import STORY, arc, at, crawl, gzipped, html, http, info, plain, request, response, revisit

MIRROR = "https://mirror.test/story"
SECRET = html("The quagmire", "The quagmire is deep and nobody speaks of it. ")


def mirrored() -> list[bytes]:
    """A crawl, a page that is to go, and two revisits of it at another address."""
    url = "https://paper.test/secret"
    refers: dict[str, Any] = {"WARC_Refers_To_Target_URI": url, "WARC_Refers_To_Date": "2020-05-06T07:08:16Z"}
    return [
        *crawl(),
        response(SECRET, id="s1", url=url, time=at(7)),
        request("s1", url=url, time=at(7)),
        revisit(SECRET, id="s2", url=MIRROR, time=at(70), WARC_Refers_To="<urn:uuid:s1>"),
        revisit(SECRET, id="s3", url=MIRROR, time=at(80), **refers),
    ]


@pytest.fixture
def there(tmp_path: Path) -> Home:
    return home(tmp_path, None)


def purged(there: Home, what: str) -> None:
    ran = there.run("exclude", "--purge", "--yes", what, "--reason", "court order")
    assert ran.code == 0, ran.err


def assert_whole(there: Home) -> None:
    ran = there.run("--json", "verify")
    assert ran.code == 0, ran.out
    root = there.collection.parents[1]
    before = derived(root)
    assert there.run("rebuild").code == 0
    assert derived(root) == before
    with Collection.open(settings(root), None) as collection:
        for row in collection.pages(limit=1000):
            for capture in collection.captures(row.page_id):
                with collection.read(capture).payload() as reader:
                    reader.read()


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz"])
def test_a_page_goes_from_an_imported_file_and_the_rest_stays(there: Home, name: str) -> None:
    path = there.folder / name
    (plain if name.endswith("warc") else gzipped)(path, crawl())
    assert there.run("import", str(path)).code == 0
    assert where(there.collection, STORY.encode())
    purged(there, STORY)
    assert where(there.collection, STORY.encode()) == ["exclusions.jsonl"]
    assert where(there.collection, b"paper.test/bridge")
    assert_whole(there)
    imported = [entry for entry in present(there.collection / NAME).values() if entry.of == name]
    assert [entry.event for entry in imported] == ["purged"]
    assert not (there.collection / "archive" / name).exists()
    (again,) = there.run("import", "--json", str(path)).rows
    assert again["outcome"] == "already there"
    assert where(there.collection, STORY.encode()) == ["exclusions.jsonl"]


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz"])
def test_a_revisit_of_another_tool_takes_the_payload_over(there: Home, name: str) -> None:
    path = there.folder / name
    (plain if name.endswith("warc") else gzipped)(path, mirrored())
    assert there.run("import", str(path)).code == 0
    purged(there, "paper.test")
    assert where(there.collection, b"paper.test") == ["exclusions.jsonl"]
    assert_whole(there)
    with Collection.open(settings(there.collection.parents[1]), None) as collection:
        rows = collection.kept_under(MIRROR)
        assert len(rows) == 2
        for row in rows:
            capture = collection.capture_of(row)
            assert capture is not None
            with collection.read(capture).payload() as reader:
                assert reader.read() == SECRET
    lines = b"".join(each.read_bytes() for each in (there.collection / "indexes").glob("*.cdxj")).splitlines()
    fields = [json.loads(line.split(b" ", 2)[2]) for line in lines]
    assert sorted(each["mime"] for each in fields if each["url"] == MIRROR) == ["text/html", "warc/revisit"]


@pytest.mark.parametrize("name", ["old.arc", "old.arc.gz"])
def test_an_arc_file_loses_what_is_purged(there: Home, name: str) -> None:
    pages = [("http://old.test/1", http(html("One"))), ("http://old.test/2", http(SECRET))]
    path = arc(there.folder / name, pages)
    assert there.run("import", str(path)).code == 0
    purged(there, "http://old.test/2")
    assert where(there.collection, b"quagmire") == []
    assert where(there.collection, b"old.test/1")
    assert_whole(there)


def test_what_cannot_be_read_of_a_file_that_is_written_anew_is_left_out_and_told(there: Home) -> None:
    path = gzipped(there.folder / "crawl.warc.gz", mirrored())
    data = bytearray(path.read_bytes())
    second = data.index(b"\x1f\x8b\x08", 40)
    data[second + 300] ^= 0xFF
    path.write_bytes(bytes(data))
    there.run("import", str(path))
    purged(there, "https://paper.test/secret")
    (entry,) = [
        entry for entry in present(there.collection / NAME).values() if entry.of == "crawl.warc.gz" and entry.source
    ]
    assert "1 stretches that could not be read were left out" in entry.why
    assert_whole(there)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("iana.org", ("example-iana.warc", "example.arc.gz", "cc.warc.gz")),
        ("http://www.iana.org/domains*", ("example-iana.warc", "cc.warc.gz")),
    ],
)
def test_the_corpus(there: Home, what: str, names: tuple[str, ...]) -> None:
    files = [str(needed() / "warcs" / name) for name in names]
    assert there.run("import", *files).code == 0
    purged(there, what)
    assert_whole(there)


def test_the_file_has_a_warcinfo_of_its_own(there: Home) -> None:
    """What was imported begins as it began."""
    path = gzipped(there.folder / "crawl.warc.gz", [info(), *crawl()[1:]])
    first = path.read_bytes()[:200]
    assert there.run("import", str(path)).code == 0
    purged(there, STORY)
    (new,) = (there.collection / "archive").glob("crawl-purged.warc.gz")
    assert new.read_bytes()[:40] == first[:40]
