"""`tearsheet export wacz`: what is in the file, what a part of a collection brings along, and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Home, home
from tests.making import story
from tests.site import Web
from tests.waczfile import Opened, sha256

URLS = [f"https://news.test/{n}" for n in range(3)]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Three articles that share a style sheet and have a picture each; the first was found unchanged later."""
    with Web() as web:
        host = web.host("news.test")
        for n in range(3):
            page = story(f"Story {n}", "of ferries" if n == 2 else "")
            page = page.replace("<head>", "<head><link rel=stylesheet href=/style.css>")
            page = page.replace("</h1>", f"</h1><img src=/{n}.png><img src=/moved.png>")
            host.page(f"/{n}", page, headers=(("ETag", f'"{n}"'),))
            host.page(f"/{n}.png", b"\x89PNG" + bytes([n]) * 99, type="image/png")
        host.redirect("/moved.png", "https://cdn.test/hop.png")
        web.host("cdn.test").redirect("/hop.png", "target.png")
        web.host("cdn.test").page("/target.png", b"\x89PNG target" * 9, type="image/png")
        host.page("/style.css", "p { color: black }", type="text/css")
        made = home(tmp_path_factory.mktemp("export"), web)
        for arguments in (URLS, ["--again", URLS[0]]):
            assert made.run("fetch", "-q", *arguments).code == 0
        yield made


def exported(kept: Home, folder: Path, *arguments: str) -> Opened:
    target = folder / "out.wacz"
    ran = kept.run("export", "wacz", "--json", "-o", str(target), *arguments)
    assert ran.code == 0, ran.err
    found = Opened(target, folder / "inside")
    assert ran.rows[0]["digest"] == sha256(found.folder / "datapackage.json")
    found.check()
    return found


def test_the_whole_collection_goes_in_as_it_is(kept: Home, tmp_path: Path) -> None:
    found = exported(kept, tmp_path, "--all")
    for path in kept.warcs():
        assert (tmp_path / "inside" / "archive" / path.name).read_bytes() == path.read_bytes()
    assert sorted(page["url"] for page in found.pages) == sorted([*URLS, URLS[0]])
    assert all(page["title"].startswith("Story") and page["ts"].endswith("Z") for page in found.pages)
    # What was found unchanged says what the page said that it confirms.
    assert all("the council met" in page["text"] for page in found.pages)
    assert set(URLS) < found.urls


@pytest.mark.parametrize("selector", [("--search", "ferries"), ("--url", URLS[2])])
def test_a_part_brings_along_what_its_pages_need(kept: Home, tmp_path: Path, selector: tuple[str, str]) -> None:
    found = exported(kept, tmp_path, *selector)
    assert [page["url"] for page in found.pages] == [URLS[2]]
    # The style sheet was stored with another page, and so was the picture behind two redirects.
    assert {URLS[2], "https://news.test/2.png", "https://news.test/style.css"} <= found.urls
    assert {"https://news.test/moved.png", "https://cdn.test/hop.png", "https://cdn.test/target.png"} <= found.urls
    assert URLS[1] not in found.urls


def test_an_unchanged_page_brings_its_original(kept: Home, tmp_path: Path) -> None:
    found = exported(kept, tmp_path, "--url", URLS[0])
    mimes = [line["mime"] for line in found.lines if line["url"] == URLS[0]]
    assert sorted(mimes) == ["text/html", "warc/revisit"]


def test_what_was_kept_since(kept: Home, tmp_path: Path) -> None:
    assert len(exported(kept, tmp_path, "--since", "2020-01-01").pages) == 4
    late = kept.run("export", "wacz", "--since", "2999", "-o", str(tmp_path / "x.wacz"))
    assert (late.code, (tmp_path / "x.wacz").exists()) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "in one way"),
        (["--all", "--search", "x"], 2, "in one way"),
        (["--since", "yesterday"], 2, "expected a day"),
        (["--url", "https://news.test/never"], 1, "nothing is kept of"),
        (["--search", "zeppelin"], 1, "nothing that is kept fits"),
    ],
)
def test_what_cannot_be_exported_says_why(kept: Home, arguments: list[str], code: int, words: str) -> None:
    ran = kept.run("export", "wacz", *arguments)
    assert (ran.code, words in ran.err) == (code, True), ran.err
    assert not list(kept.folder.glob("*.wacz*"))


def test_a_file_that_is_there_stays_unless_it_is_forced(kept: Home, tmp_path: Path) -> None:
    target = tmp_path / "mine.wacz"
    target.write_text("mine")
    assert kept.run("export", "wacz", "--all", "-o", str(target)).code == 2
    assert target.read_text() == "mine"
    assert kept.run("export", "wacz", "--all", "--force", "-o", str(target)).code == 0
    assert zipfile.is_zipfile(target)
