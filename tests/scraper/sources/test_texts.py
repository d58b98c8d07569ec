from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Link
from archive.robust import index
from archive.urls import wire_url
from scraper.settings import Source
from scraper.sources.addresses import in_line
from scraper.sources.base import Found
from scraper.sources.texts import MAX_FILE
from tests.scraper.sources.conftest import Desk
from tests.site import Host

EXAMPLE = Path(__file__).parents[2] / "data" / "format" / "example.txt"
ARTICLE = "# Title\n\nBy A\n\nMay 28, 2013\n\nText.\n\nOriginal url:\n\n<https://news.test/{}>\n"


def texts(path: Path, links: str = "original") -> Source:
    return Source("texts", path=path, name="Old", links=links)


# ------------------------------------------------------------------------------------------------ originals


def test_the_reference_file_gives_its_address(desk: Desk) -> None:
    written = EXAMPLE.read_text(encoding="utf-8")
    url = written.rpartition("<")[2].rstrip(">\n")
    (found,) = desk.found(texts(EXAMPLE.parent / "example.txt"))
    assert found.link == Link(url, "Old", f"{EXAMPLE}, line {len(written.splitlines())}")
    assert found.published is not None
    assert not desk.told


def test_originals_in_the_order_of_the_names(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.md").write_text(ARTICLE.format("2"))
    (tmp_path / "1.txt").write_text("# T\n\nText, see https://x.test/\n\nOriginal url: https://news.test/1\n\nmore\n")
    (tmp_path / "1.json").write_text("{}")
    (tmp_path / ".hidden").write_text("nothing")
    assert desk.found(texts(tmp_path)) == [
        Found(Link("https://news.test/1", "Old", f"{tmp_path}/1.txt, line 5")),
        Found(Link("https://news.test/2", "Old", f"{tmp_path}/b/2.md, line 11"), datetime(2013, 5, 28, tzinfo=UTC)),
    ]
    assert not desk.told


def test_an_index_page_of_ours_is_no_text(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "a.md").write_text(ARTICLE.format("a"))
    (tmp_path / "index.html").write_text("".join(index.as_html([])))
    (tmp_path / "index.md").write_text("".join(index.as_markdown([])))
    assert desk.urls(texts(tmp_path)) == ["https://news.test/a"]
    assert not desk.told
    (tmp_path / "index.md").write_text(ARTICLE.format("index"))
    assert desk.urls(texts(tmp_path)) == ["https://news.test/a", "https://news.test/index"]


def test_what_cannot_be_read_is_told_with_file_and_line_and_the_rest_goes_on(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "a.txt").write_bytes(b"# T\n\ncaf\xe9\n")
    (tmp_path / "b.txt").write_text("# T\n\nNo trailer.\n")
    (tmp_path / "c.txt").write_text("# T\n\nText.\n\nOriginal url:\n\nnowhere\n")
    (tmp_path / "d.txt").write_text(ARTICLE.format("d"))
    assert desk.urls(texts(tmp_path)) == ["https://news.test/d"]
    assert [line.split(": ")[1] for line in desk.told] == [
        f"{tmp_path}/a.txt, line 3",
        f"{tmp_path}/b.txt, line 5",
        f"{tmp_path}/c.txt, line 7",
    ]


def test_links_that_lead_out_and_huge_and_binary_files_are_passed_over(tmp_path: Path, desk: Desk) -> None:
    folder = tmp_path / "texts"
    outside = tmp_path / "outside"
    for place in (folder, outside):
        place.mkdir()
        (place / "a.txt").write_text(ARTICLE.format(place.name))
    (folder / "out.txt").symlink_to(outside / "a.txt")
    (folder / "outer").symlink_to(outside)
    (folder / "again.txt").symlink_to(folder / "a.txt")
    (folder / "round").symlink_to(folder)
    (folder / "broken.txt").symlink_to(folder / "none")
    (folder / "binary.txt").write_bytes(b"abc\0def")
    (folder / "picture.jpg").write_bytes(b"\xff\xd8")
    (folder / "huge.txt").write_bytes(b"")
    os.truncate(folder / "huge.txt", MAX_FILE + 1)
    os.mkfifo(folder / "pipe.txt")
    assert desk.urls(texts(folder)) == ["https://news.test/texts"]
    told = [line.removeprefix(f"Old: {folder}") for line in desk.told]
    assert told == [
        "/outer: passed over: it leads out of the folder",
        "/binary.txt: passed over: it is no text",
        "/broken.txt: passed over: No such file or directory",
        "/huge.txt: passed over: it is larger than 10 MB",
        "/out.txt: passed over: it leads out of the folder",
        "/pipe.txt: passed over: no regular file",
        ": 1 file *.jpg passed over: no text",
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, desk: Desk) -> None:
    assert desk.found(texts(tmp_path / "none")) == []
    assert desk.told == [f"Old: {tmp_path}/none cannot be read: No such file or directory"]


# ------------------------------------------------------------------------------------------------ all links


def test_every_address_with_file_and_line(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(
        b"See [one](https://a.test/1) and\r\n\r\nhttps://a.test/1, <https://b.test/2>.\ncaf\xe9 http://c.test\n"
    )
    found = desk.found(texts(tmp_path, "all"))
    assert [(f.link.url, f.link.via) for f in found] == [
        ("https://a.test/1", f"{path}, line 1"),
        ("https://b.test/2", f"{path}, line 3"),
        ("http://c.test/", f"{path}, line 4"),
    ]
    assert desk.told == [f"Old: {path}, line 4: not UTF-8: byte 0xE9"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("[a](https://x.test/1)", ["https://x.test/1"]),
        ("[a](<https://x.test/1> 'title')", ["https://x.test/1"]),
        ('[a](https://x.test/1 "title").', ["https://x.test/1"]),
        ("[a](https://x.test/A_(b)), [b](https://y.test/)", ["https://x.test/A_(b)", "https://y.test/"]),
        ("[![i](https://x.test/i.png)](https://x.test/1)", ["https://x.test/i.png", "https://x.test/1"]),
        ("[https://x.test/1](https://x.test/2)", ["https://x.test/1", "https://x.test/2"]),
        ("[1]: https://x.test/1", ["https://x.test/1"]),
        ("<https://x.test/1?a=b&c=d#e>", ["https://x.test/1?a=b&c=d"]),
        ("<https://x.test/1.>", ["https://x.test/1."]),
        ('<a href="https://x.test/1?a=1&amp;b=2">', ["https://x.test/1?a=1&b=2"]),
        ("See https://x.test/1. Or (https://x.test/2)!", ["https://x.test/1", "https://x.test/2"]),
        ("https://x.test/A_(b) https://x.test/c?", ["https://x.test/A_(b)", "https://x.test/c"]),
        ("**https://x.test/1**, `https://x.test/2`, “https://x.test/3”…", [f"https://x.test/{n}" for n in (1, 2, 3)]),
        ("参见https://x.test/1。（https://x.test/2）", ["https://x.test/1", "https://x.test/2"]),
        ("| https://x.test/1|https://x.test/2 |", ["https://x.test/1%7Chttps://x.test/2"]),
        ("HTTPS://X.test/ж", ["https://x.test/%D0%B6"]),
        ("https://, http:// and https://?, ftp://x.test www.x.test", []),
        ("https://web.test/2020/https://x.test/1", ["https://web.test/2020/https://x.test/1"]),
        (r"[a](https://x.test/a\_b)", ["https://x.test/a_b"]),
    ],
)
def test_addresses_in_a_line(line: str, found: list[str]) -> None:
    assert list(in_line(line, markdown=True)) == found


ADDRESS = st.from_regex(r"https://[a-z]{1,5}\.test/[a-z0-9/_~%=?&-]{0,20}[a-z0-9/]", fullmatch=True).filter(
    lambda url: "&amp" not in url
)


@pytest.mark.promise("sources")
@given(
    st.lists(st.tuples(ADDRESS, st.sampled_from(("[t]({})", "<{}>", "{}.", "({}),", "“{}”", "*{}*", "{}"))), max_size=5)
)
def test_what_is_written_is_found_in_any_dress(written: list[tuple[str, str]]) -> None:
    line = " and ".join(dress.format(url) for url, dress in written)
    assert list(in_line(line, markdown=True)) == [url for url, _ in written]


@pytest.mark.promise("sources")
@given(
    st.lists(
        st.sampled_from(("http://", "https://", "(", ")", "[", "](", "<", ">", "\\", "&amp;", ".", " "))
        | st.text(max_size=5)
    )
)
def test_any_line_gives_addresses_alone(parts: list[str]) -> None:
    for url in in_line("".join(parts), markdown=True):
        assert wire_url(url) == url


@pytest.mark.promise("web", each="attacks")
def test_a_hostile_line_costs_little() -> None:
    begun = time.process_time()
    for line in ("http://" * 100_000, "[a](http://x(" * 50_000, "http://x" + ")" * 900_000, "(http://a." * 90_000):
        sum(1 for _ in in_line(line))
    assert time.process_time() - begun < 4


# ------------------------------------------------------------------------------------------------ lists


def test_a_list_from_a_file(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfx.test/a\n\n# no\nhttps://x.test/b  # why\nnot an address\n")
    found = desk.found(Source("list", path=path, name="L", exclude=("*/b",)))
    assert found == [Found(Link("https://x.test/a", "L", f"{path}, line 1"))]
    assert desk.told == [f"L: {path}, line 5: no http address: not an address"]
    assert desk.found(Source("list", path=tmp_path / "none", name="L")) == []
    assert desk.told[1:] == [f"L: {tmp_path}/none cannot be read: No such file or directory"]


def test_a_list_from_the_web(host: Host, desk: Desk) -> None:
    host.page("/list", "https://x.test/a\r\nhttps://x.test/b", headers=(("ETag", '"1"'),), type="text/plain")
    source = Source("list", url="https://news.test/list")
    assert desk.found(source) == [
        Found(Link(f"https://x.test/{name}", "list https://news.test/list", f"https://news.test/list, line {number}"))
        for number, name in enumerate("ab", 1)
    ]
    assert desk.found(source) == []
    host.page("/list", "", status=500)
    assert desk.found(source) == []
    assert desk.told == ["list https://news.test/list: https://news.test/list: answered 500"]
