"""`tearsheet export index`: each text of a folder with where it is from, how that stands, and its snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archive.linkstate import Standing
from archive.robust import index
from archive.robust.link import RobustLink, Snapshot
from tests.browsing import browsing
from tests.caring import ALIVE, DEAD, DOUBTFUL, TITLES, UNKNOWN, kept, snapshot
from tests.command import Home
from tests.making import TIME
from tests.site import Web

TEXT = "\n\n# {}\n\nText.\n\nOriginal url:\n\n<{}>"


def folder(made: Home, name: str) -> Path:
    """A text of each standing, one of what was never kept, and one that names no address."""
    top = made.folder / name
    (top / "deep er").mkdir(parents=True)
    for number, (url, title) in enumerate(TITLES.items()):
        (top / "deep er" / f"{number} (#%).txt").write_text(TEXT.format(title, url))
    (top / "never.md").write_text(TEXT.format("Never kept", "https://never.test/x?a=1&b=(2)"))
    (top / "notes.txt").write_text("# My notes | here\n\nNo address.\n")
    return top


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return kept(tmp_path_factory.mktemp("index"))


WANTED = [
    ("<b>An alive one", ALIVE, "alive same on 2026-01-03"),
    ("A doubtful one", DOUBTFUL, "doubtful unreachable on 2026-01-03"),
    ("My notes | here", None, "unknown never checked"),
    ("Never kept", "https://never.test/x?a=1&b=(2)", "unknown never checked"),
    ("The dead [one]", DEAD, "dead unreachable on 2026-01-05"),
    ("יום שקט", UNKNOWN, "unknown never checked"),
]


def test_each_text_with_all_that_is_known_of_it(made: Home) -> None:
    top = folder(made, "articles")
    ran = made.run("export", "index", "articles")
    assert (ran.code, ran.err) == (0, "")
    told = "articles/index.html, articles/index.md: 6 texts: 1 alive, 1 dead, 1 doubtful, 3 unknown\n"
    assert ran.out == told
    soup = BeautifulSoup((top / "index.html").read_bytes(), "lxml")
    rows = soup.select("tbody tr")
    assert len(rows) == len(WANTED)
    for row, (title, url, state) in zip(rows, WANTED, strict=True):
        text, *more = row.find_all("a")
        assert text.get_text() == title
        assert " ".join(row.find_all("td")[0].get_text().split()) == state
        named = next(one for one in more if one["href"] == url) if url else None
        if url in TITLES:
            assert named is not None
            assert (named["data-originalurl"], named["data-versionurl"]) == (url, snapshot(url))
            assert more[-1]["href"] == snapshot(url)
        else:
            assert row.find_all("td")[1].get_text() == "not kept"


def test_markdown_says_the_same(made: Home) -> None:
    top = folder(made, "marked")
    assert made.run("export", "index", "marked").code == 0
    html = MarkdownIt("commonmark").enable("table").render((top / "index.md").read_text())
    soup = BeautifulSoup(html, "lxml")
    cells = [[cell.get_text() for cell in row.find_all("td")] for row in soup.select("tbody tr")]
    wanted = [[title, url or "names no original address", state.replace(" ", ", ", 1)] for title, url, state in WANTED]
    assert [row[:3] for row in cells] == wanted
    links = [[link["href"] for link in row.find_all("a")] for row in soup.select("tbody tr")]
    assert links[4] == ["deep%20er/0%20%28%23%25%29.txt", DEAD, snapshot(DEAD)]
    assert all((top / "deep er" / f"{number} (#%).txt").exists() for number in range(4))


def test_an_index_of_ours_is_made_again_the_same_and_no_other_file_is_written_over(made: Home) -> None:
    top = folder(made, "again")
    assert made.run("export", "index", "again").code == 0
    before = [(top / name).read_bytes() for name in index.INDEX_NAMES]
    assert made.run("export", "index", "--json", "again").rows == [
        {"paths": [str(top / "index.html"), str(top / "index.md")], "texts": 6}
    ]
    assert [(top / name).read_bytes() for name in index.INDEX_NAMES] == before
    (top / "index.md").write_text("mine")
    ran = made.run("export", "index", "again")
    assert (ran.code, "no index of ours" in ran.err) == (2, True)
    assert (top / "index.md").read_text() == "mine"
    assert made.run("export", "index", "again", "--force").code == 0
    rewritten = made.run("rewrite", "--json", "--dry-run", "--all", "again").rows
    assert {Path(row["path"]).name for row in rewritten} & set(index.INDEX_NAMES) == set()


@pytest.mark.parametrize(("name", "code", "words"), [("missing", 2, "is no folder"), ("empty", 1, "no text in")])
def test_what_has_no_index(made: Home, name: str, code: int, words: str) -> None:
    (made.folder / "empty").mkdir(exist_ok=True)
    ran = made.run("export", "index", name)
    assert (ran.code, words in ran.err) == (code, True), ran.err


WORDS = st.text("[](){}<>\"'`*_|\\!#&;:= \n\t\x00\x1b\u202ea1é.-", max_size=14)
ADDRESSES = WORDS.map(lambda words: f"https://x.test/{''.join(words.split())}")


def entry(name: str, title: str, address: str, *, is_kept: bool) -> index.Entry:
    link = RobustLink(address, title, address, Standing.DEAD, Snapshot(f"https://a.test/1/{address}", TIME))
    return index.Entry(Path(f"x{name.replace(chr(0), '')}.txt"), title, address, link if is_kept else None)


@given(st.lists(st.builds(entry, WORDS, WORDS, ADDRESSES, is_kept=st.booleans()), max_size=4))
def test_any_names_titles_and_addresses(entries: list[index.Entry]) -> None:
    soup = BeautifulSoup("".join(index.as_html(entries)), "lxml")
    assert len(soup.select("tbody tr")) == len(entries)
    known = {"html", "head", "meta", "title", "style", "body", "h1", "p", "table", "thead", "tbody", "tr", "th", "td"}
    assert {tag.name for tag in soup.find_all()} <= known | {"a", "span"}
    assert all(not name.startswith("on") for tag in soup.find_all() for name in tag.attrs)
    marked = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render("".join(index.as_markdown(entries)))
    soup = BeautifulSoup(marked, "lxml")
    rows = soup.select("tbody tr")
    assert len(rows) == len(entries)
    assert not soup.find_all(["em", "strong", "code", "img", "s", "script"])
    for row, one in zip(rows, index.ordered(entries), strict=True):
        assert len(row.find_all("td")) == 4
        assert len(row.find_all("a")) == (3 if one.link is not None else 2)
        assert row.find_all("a")[0]["href"] == one.target


@pytest.mark.browser
def test_it_is_readable_in_a_browser_of_any_width(made: Home) -> None:
    top = folder(made, "seen")
    assert made.run("export", "index", "seen").code == 0
    said: list[str] = []
    with Web() as web, browsing(web) as browser:
        for width in (1280, 360):
            page = browser.new_page(viewport={"width": width, "height": 800})
            page.on("console", lambda message: said.append(message.text))
            page.goto((top / "index.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("tbody tr").count() == len(WANTED)
            page.get_by_text("The dead [one]").click()
            assert page.url.endswith("/seen/deep%20er/0%20%28%23%25%29.txt")
            page.close()
    assert not said
