"""What the library answers, over a real server."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
from lxml import etree
from msgspec.structs import replace
from warcio.archiveiterator import ArchiveIterator

from archive.collection import Collection
from archive.excluding import Run, asked_for, exclude
from archive.telling import as_dict
from archive.viewer.app import Site
from archive.viewer.rendering import STATIC
from tests.archive.collecting import (
    FIRST_RUN,
    PICTURE,
    RUN,
    STORY,
    article,
    asset,
    folder_of,
    group,
    page,
    run,
    settings,
)
from tests.archive.viewer.papers import picture
from tests.archive.viewer.serving import Served, served, tree_of

PAGES = (
    "/",
    "/search",
    "/search?q=quiet",
    "/search?q=%E6%9D%B1%E4%BA%AC",
    "/search?verdict=gone",
    "/search/results?q=quiet",
    "/find",
    "/quarantine",
    "/quarantine?verdict=challenge",
    "/health",
    "/api",
    *(f"/page/p{number:02}" for number in range(1, 12)),
    "/page/p01/versions",
    "/page/p01/versions?from=p01&to=p07",
)
DATA = (
    "/api/front",
    "/api/search?q=quiet",
    "/api/choices",
    f"/api/find?url={STORY}",
    "/api/page/p01",
    "/api/page/p03",
    "/api/page/p01/versions",
    "/api/quarantine",
    "/api/changes",
    "/api/health",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole(library: Served, path: str) -> None:
    answer = library.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    tree = tree_of(answer.text)
    assert "style" not in {name for element in tree.iter() for name in element.attrib}
    assert not tree.xpath("//style | //script[not(@src)] | //*[@*[starts-with(name(), 'on')]]")
    if not path.startswith("/search/results"):
        assert len(tree.xpath("//h1")) == 1
        assert tree.xpath("//html/@lang") == ["en"]
    assert library.ask("HEAD", path).status_code == 200


@pytest.mark.parametrize("path", DATA)
def test_every_page_is_there_as_json(library: Served, path: str) -> None:
    answer = library.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert isinstance(answer.json(), dict)


def test_every_link_of_ours_leads_somewhere(library: Served) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        answer = library.get(path)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for found in tree_of(answer.text).xpath("//a/@href | //link/@href | //img/@src | //script/@src"):
            address = urlsplit(urljoin(library.origin + path, str(found)))
            local = address.path + (f"?{address.query}" if address.query else "")
            if address.netloc == library.host and local not in seen:
                seen.add(local)
                waiting.append(local)
    assert {"/page/p01", "/page/p01/versions", "/page/p01/text", "/page/p01/record", "/feed.atom"} <= seen


def test_an_article_is_set_for_reading(library: Served) -> None:
    answer = library.get("/page/p04")
    tree = tree_of(answer.text)
    assert tree.xpath("string(//article//h1)") == "港の一日"
    assert tree.xpath("//article[@class='reading']/@dir") == ["auto"]
    assert "東京都の桟橋" in tree.xpath("string(//div[@class='text']/p)")
    proof = tree.xpath("string(//aside)")
    for said in ("https://b.test/x?utm_source=rss", "192.0.2.1", "sha256:", "https://b.test/lost.css", "feed"):
        assert said in proof
    (replay,) = tree.xpath("//a[@class='deed']/@href")
    assert replay == "http://127.0.0.1:1/main/20260102030410/https://b.test/x?utm_source=rss"
    links = answer.headers["link"]
    assert '<https://b.test/x?utm_source=rss>; rel="original"' in links
    assert '<http://127.0.0.1:1/main/https://b.test/x?utm_source=rss>; rel="timegate"' in links
    assert '<http://127.0.0.1:1/main/timemap/link/https://b.test/x?utm_source=rss>; rel="timemap"' in links
    assert f'<{replay}>; rel="memento"; datetime="Fri, 02 Jan 2026 03:04:10 GMT"' in links
    assert '</api/page/p04>; rel="alternate"; type="application/json"' in links


def test_what_is_in_quarantine_is_not_replayed(library: Served) -> None:
    answer = library.get("/page/p02")
    assert "memento" not in answer.headers["link"]
    assert not tree_of(answer.text).xpath("//a[@class='deed']")
    assert "seen as gone" in answer.text


def test_search_marks_the_words_and_filters(library: Served) -> None:
    tree = tree_of(library.get("/search?q=pier").text)
    assert [mark.text for mark in tree.xpath("//p[@class='snippet']/mark")] == ["pier"]
    assert tree_of(library.get("/search?q=pier&site=b.test").text).xpath("//p[@class='snippet']") == []
    found = library.get("/api/search?site=b.test").json()
    assert [one["page_id"] for one in found["pages"]] == ["p04"]
    assert library.get("/api/search?since=2030-01-01").json()["total"] == 0


def test_versions_show_what_was_changed(library: Served) -> None:
    tree = tree_of(library.get("/page/p01/versions?from=p01&to=p07").text)
    struck = " ".join(" ".join(element.itertext()) for element in tree.xpath("//p/span/del"))
    added = " ".join(" ".join(element.itertext()) for element in tree.xpath("//p/span/ins"))
    assert "struck:" in struck and "What" in struck
    assert "added:" in added and "quiet" in added
    back = library.get("/api/page/p01/versions?from=p07&to=p01").json()
    assert (back["from"], back["to"]) == ("p07", "p01")
    text = "".join(piece["text"] for part in back["difference"]["parts"][1:] for piece in part["pieces"])
    assert "What happened at the pier." in text
    assert library.get("/page/p01/versions?from=p02&to=p01").status_code == 400


def test_an_address_is_found(library: Served) -> None:
    answer = library.get("/find?url=https://news.test/story%3Futm_source=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/page/p10")
    missing = library.get("/find?url=https://nowhere.test/%3Cscript%3E")
    assert missing.status_code == 404
    assert "&lt;script&gt;" in missing.text


def test_json_has_the_fields_of_the_command_line(library: Served, filled: Collection) -> None:
    row = filled.page("p04")
    assert row is not None
    told = as_dict(row, filled.path)
    found = library.get("/api/page/p04").json()
    for name, value in told.items():
        assert found[name] == (
            str(Path(value).relative_to(filled.path.absolute())) if name in ("text", "warc") else value
        )
    assert found["article"]["title"] == "港の一日"
    assert found["provenance"]["capture"]["url"] == "https://b.test/x?utm_source=rss"


def test_the_raw_record_is_that_of_the_file(library: Served, filled: Collection) -> None:
    answer = library.get("/page/p01/record")
    assert answer.headers["content-type"] == "application/warc"
    assert answer.headers["content-disposition"] == 'attachment; filename="p01.warc.gz"'
    row = filled.page("p01")
    assert row is not None and row.warc is not None and row.offset is not None
    stored = (filled.path / row.warc).read_bytes()
    assert stored[row.offset :].startswith(answer.content)
    (record,) = ArchiveIterator(io.BytesIO(answer.content))
    assert record.rec_headers.get_header("WARC-Target-URI") == STORY
    assert gzip.decompress(answer.content).endswith(b"\r\n\r\n")
    head = library.ask("HEAD", "/page/p01/record")
    assert (head.headers["content-length"], head.content) == (str(len(answer.content)), b"")
    assert library.ask("POST", "/page/p01/record").status_code == 405
    assert library.get("/page/p03/record").status_code == library.get("/page/none/record").status_code == 404


def test_a_large_record_comes_whole(tmp_path: Path) -> None:
    body = os.urandom(3_500_000)
    run(tmp_path, [lambda _: group("big", 1, [page(1, body)], article=article())], start=0)
    with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
        row = collection.page("big")
        assert row is not None and row.warc is not None and row.offset is not None
        found = there.get("/page/big/record").content
        assert len(found) > 3_500_000
        assert (collection.path / row.warc).read_bytes()[row.offset :].startswith(found)


def test_a_record_whose_file_was_renamed_is_found_again(tmp_path: Path) -> None:
    with Collection.open(settings(tmp_path), RUN) as writing:
        writing.commit(FIRST_RUN[0](writing)).result(30)
        with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
            before = there.get("/page/p01/record").content
            writing.close()
            assert not list(folder_of(tmp_path).glob("archive/*.open"))
            assert there.get("/page/p01/record").content == before != b""


def test_what_is_excluded_is_gone_at_once(tmp_path: Path) -> None:
    run(tmp_path, FIRST_RUN, start=0)
    paths = ("/page/p01", "/page/p01/record", "/page/p01/text", "/api/page/p01", f"/find?url={STORY}")
    with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
        for path in paths:
            assert there.get(path).status_code in (200, 303), path
        assert "A quiet day" in there.get("/").text
        named = [asked_for("news.test", "the publisher asked for it", "", datetime(2026, 1, 2, tzinfo=UTC))]
        exclude(folder_of(tmp_path), named, Run())
        for path in paths:
            assert there.get(path).status_code == 404, path
        for path in ("/", "/search?q=pier", "/feed.atom", "/api/front", "/api/changes", "/quarantine"):
            text = there.get(path).text
            assert "A quiet day" not in text and "news.test/story" not in text, path


def test_the_text_is_the_file(library: Served, filled: Collection) -> None:
    answer = library.get("/page/p01/text")
    row = filled.page("p01")
    assert row is not None
    assert answer.content.decode() == filled.text_of(row)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+\.txt"', answer.headers["content-disposition"])
    assert library.get("/page/p02/text").status_code == 404


def test_files_of_ours_are_kept_by_browsers_under_their_own_address(library: Served) -> None:
    tree = tree_of(library.get("/").text)
    for address in tree.xpath("//link[starts-with(@href, '/static')]/@href | //script/@src"):
        answer = library.get(str(address))
        assert answer.content == (STATIC / urlsplit(str(address)).path.rpartition("/")[2]).read_bytes()
        assert "immutable" in answer.headers["cache-control"]
    assert library.get("/static/library.css").headers["cache-control"] == "public, no-cache"
    for path in ("/static/nothing.css", "/static/..%2Fapp.py", "/static/__init__.py"):
        assert library.get(path).status_code == 404


# ------------------------------------------------------------------------------------------------ the feed

ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_feed_is_atom(library: Served) -> None:
    answer = library.get("/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    tree = etree.fromstring(answer.content)
    assert tree.tag == f"{ATOM}feed"
    entries = tree.findall(f"{ATOM}entry")
    assert len(entries) >= 3
    for each in (tree, *entries):
        for name in ("id", "title", "updated"):
            (found,) = each.findall(f"{ATOM}{name}")
            assert found.text
        assert str(each.findtext(f"{ATOM}id")).startswith("urn:uuid:")
        datetime.strptime(str(each.findtext(f"{ATOM}updated")), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    for entry in entries:
        assert entry.findall(f"{ATOM}author/{ATOM}name")
        (link,) = entry.findall(f"{ATOM}link[@rel='alternate']")
        assert library.get(urlsplit(str(link.get("href"))).path).status_code == 200
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert {tag.term for entry in parsed.entries for tag in entry.tags} == {"new", "changed"}
    assert library.get("/feed.atom", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


# ------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nothing", 404, "There is no such page"),
        ("/page/none", 404, "There is no such page"),
        ("/page/p01%2F..%2Fp02", 404, "There is no such page"),
        ("/page/p01/picture", 404, "There is no such page"),
        ("/search?page=0", 400, "page is a number from 1 to 500"),
        ("/search?since=soon", 400, "since is a day"),
        ("/quarantine?verdict=%3Cb%3E", 400, "there is no verdict"),
    ],
)
def test_errors_are_pages_that_help(library: Served, path: str, status: int, says: str) -> None:
    answer = library.get(path)
    assert answer.status_code == status
    tree = tree_of(answer.text)
    assert says in tree.text_content()
    assert "Traceback" not in answer.text
    assert tree.xpath("//main//a[@href='/']")


@pytest.mark.parametrize(
    "path", ["/api/page/none", "/api/nothing", "/api/search?page=0", "/api/find?url=https://x.test/"]
)
def test_errors_of_the_api_are_json(library: Served, path: str) -> None:
    answer = library.get(path)
    assert answer.status_code in (400, 404)
    assert list(answer.json()) == ["error"]


def test_a_damaged_catalog_says_what_helps(tmp_path: Path) -> None:
    run(tmp_path, FIRST_RUN, start=0)
    with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
        assert there.get("/page/p01").status_code == 200
        catalog = folder_of(tmp_path) / "catalog.sqlite"
        with catalog.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (catalog.stat().st_size - 4096))
        answer = there.get("/search?q=pier")
        assert answer.status_code == 503
        assert "tearsheet rebuild" in answer.text
        assert there.get("/api/search?q=pier").status_code == 503


def test_a_text_that_cannot_be_read_is_told_on_its_page(tmp_path: Path) -> None:
    run(tmp_path, FIRST_RUN, start=0)
    for path in (folder_of(tmp_path) / "text").rglob("*.json"):
        path.write_bytes(b"{")
    with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
        answer = there.get("/page/p01")
        assert answer.status_code == 200
        assert "The text cannot be read" in answer.text
        assert "tearsheet rebuild" in answer.text
        assert there.get("/").status_code == there.get("/search?q=pier").status_code == 200


def test_an_empty_collection_says_how_to_begin_and_then_shows_what_comes(tmp_path: Path) -> None:
    with (
        Collection.open(settings(tmp_path), None, missing_ok=True) as collection,
        served(collection, Site("Empty", frozenset())) as there,
    ):
        assert "tearsheet fetch https://" in there.get("/").text
        for path in ("/search?q=x", "/quarantine", "/health", "/feed.atom", "/find", *DATA[:3], *DATA[7:]):
            assert there.get(path).status_code == 200, path
        for path in ("/page/p01", "/page/p01/record", "/page/p01/picture", "/find?url=https://a.test/"):
            assert there.get(path).status_code == 404, path
        run(tmp_path, FIRST_RUN, start=0)
        assert "A quiet day" in there.get("/").text
        assert there.get("/page/p01/record").status_code == 200


def test_a_catalog_that_goes_missing_before_the_first_look_is_told(tmp_path: Path) -> None:
    with (
        Collection.open(settings(tmp_path), None, missing_ok=True) as collection,
        served(collection) as there,
    ):
        run(tmp_path, FIRST_RUN, start=0)
        for path in folder_of(tmp_path).glob("catalog.sqlite*"):
            path.unlink()
        answer = there.get("/")
        assert answer.status_code == 503
        assert "tearsheet rebuild" in answer.text


def test_pictures_of_articles_are_shown(tmp_path: Path) -> None:
    data = picture("a")
    story = article()
    story = replace(story, meta=replace(story.meta, image=PICTURE))
    run(tmp_path, [lambda _: group("p", 1, [page(1, b"<p>x</p>"), asset(2, data)], article=story)], start=0)
    with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
        answer = there.get("/page/p/picture")
        assert (answer.headers["content-type"], answer.content) == ("image/png", data)
        assert tree_of(there.get("/page/p").text).xpath("//figure/img/@src") == ["/page/p/picture"]
        assert json.loads(there.get("/api/page/p").text)["lead_picture"] == PICTURE
