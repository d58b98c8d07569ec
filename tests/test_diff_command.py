"""`tearsheet diff`: which versions are compared, how it is told, and what no text of strangers may do."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from archive.collection import Collection
from archive.difference import difference
from archive.errors import NotKeptError, UsageError
from archive.models import Article, ArticleMeta, PageRow, Paragraph, VerdictKind
from scraper import difference_shown
from scraper.differing import Told, Version, named
from tests.archive.articles import articles
from tests.archive.collecting import STORY, Clock, group, opened, page
from tests.command import Home, home
from tests.making import TIME

FILLER = [f"Paragraph {n}: the council met on a Tuesday and spoke at length of roads." for n in range(8)]
TEXTS = [
    [*FILLER, "The bridge opens in May, said the mayor."],
    [*FILLER, "The bridge opens in June, said the mayor."],
    [*FILLER, "The bridge closes in June, said the mayor and his deputy."],
]


def story(*paragraphs: str, title: str = "A quiet day", language: str | None = None) -> Article:
    return Article(title, STORY, tuple(map(Paragraph, paragraphs)), meta=ArticleMeta(language=language))


def keep(collection: Collection, at: int, article: Article) -> None:
    parts = [page(at, f"<p>{at}".encode())]
    collection.commit(group(f"page{at}", at, parts, article=article, title=article.title)).result()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One article in three versions, an hour apart, and one that never changed."""
    made = home(tmp_path_factory.mktemp("diff"), None)
    with opened(made.folder / "kept", clock=Clock()) as collection:
        for number, paragraphs in enumerate(TEXTS):
            keep(collection, 3600 * number, story(*paragraphs))
        single = replace(story("Only once."), url="https://news.test/once")
        parts = [page(9000, b"<p>once", "https://news.test/once")]
        collection.commit(group("once", 9000, parts, article=single)).result()
        failed = [page(9100, b"<p>gone", "https://news.test/gone")]
        collection.commit(group("gone", 9100, failed, VerdictKind.GONE)).result()
    yield made


def test_the_last_version_against_the_one_before(kept: Home) -> None:
    ran = kept.run("diff", STORY)
    assert (ran.code, ran.err) == (0, "")
    assert "The bridge [-opens-]{+closes+} in June, said the mayor{+ and his deputy+}." in ran.out
    assert "… 8 parts are the same …" in ran.out
    assert "Paragraph 3" not in ran.out
    assert "from version 2 of 2026-01-02 04:04 UTC" in ran.out
    assert "1 word struck, 4 words added" in ran.out
    assert "\x1b" not in ran.out
    assert "Paragraph 3" in kept.run("diff", STORY, "--full").out


@pytest.mark.parametrize(
    ("arguments", "versions"),
    [
        (["--from", "1"], (1, 3)),
        (["--from", "1", "--to", "2"], (1, 2)),
        (["--to", "2"], (1, 2)),
        (["--from", "3", "--to", "1"], (3, 1)),
        (["--from", "20260102030405"], (1, 3)),
        (["--from", "20260102030405678"], (1, 3)),
        (["--from", "2026-01-02T03:04", "--to", "2026-01-02T04:04:05Z"], (1, 2)),
        (["--from", "2026-01-02T04"], (2, 3)),
        (["--from", "1", "--to", "2026-01-02"], (1, 3)),
        (["--from", "2026-01-02 08:49:05+05:45", "--to", "v2"], (1, 2)),
        (["--from", "2030-01-01"], (3, 3)),
    ],
)
def test_versions_are_named_by_number_or_time(kept: Home, arguments: list[str], versions: tuple[int, int]) -> None:
    ran = kept.run("diff", "--json", STORY, *arguments)
    assert ran.code == 0, ran.err
    (row,) = ran.rows
    assert (row["from"]["version"], row["to"]["version"]) == versions
    assert row["changed"] == (versions[0] != versions[1])
    assert (row["similarity"] == 1) == (not row["changed"])


def test_json_makes_up_both_texts_again(kept: Home) -> None:
    (row,) = kept.run("diff", "--json", STORY).rows
    for side, change in (("from", "added"), ("to", "struck")):
        said = ["".join(p["text"] for p in part["pieces"] if p["change"] != change) for part in row["parts"]]
        assert said == ["A quiet day", *TEXTS[row[side]["version"] - 1]]
        assert Path(row[side]["text"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["https://news.test/never"], 1, "nothing is kept of"),
        (["https://news.test/gone"], 1, "without a text"),
        (["https://news.test/once"], 1, "only one version is kept"),
        ([STORY, "--to", "1"], 1, "no earlier version is kept"),
        ([STORY, "--from", "2025-12-31"], 1, "no version is that old"),
        ([STORY, "--from", "2026-01-02T03:03"], 1, "version 1 of 2026-01-02 03:04 UTC: A quiet day"),
        ([STORY, "--from", "4"], 1, "no such version"),
        ([STORY, "--from", "0"], 1, "no such version"),
        ([STORY, "--from", "yesterday"], 2, "expected the number of a version"),
        ([STORY, "--from", "20260199000000"], 2, "expected the number of a version"),
        ([STORY, "--html", "-", "--json"], 2, "do not go together"),
    ],
)
def test_what_cannot_be_compared_says_why(kept: Home, arguments: list[str], code: int, words: str) -> None:
    ran = kept.run("diff", *arguments)
    assert (ran.code, words in ran.err) == (code, True), ran.err
    assert ran.out == ""


def test_a_page_that_stands_alone(kept: Home) -> None:
    target = kept.folder / "changes.html"
    assert kept.run("diff", STORY, "--html", str(target)).code == 0
    soup = BeautifulSoup(target.read_bytes(), "lxml")
    assert [one.get_text() for one in soup.find_all("del")] == ["[struck: opens] "]
    assert [one.get_text() for one in soup.find_all("ins")] == ["[added: closes] ", "[added:  and his deputy] "]
    assert not soup.find_all(["script", "img", "link", "iframe"])
    again = kept.run("diff", STORY, "--html", str(target))
    assert (again.code, "--force" in again.err) == (2, True)
    assert kept.run("diff", STORY, "--html", str(target), "--force").code == 0
    assert kept.run("diff", STORY, "--html", "-").out == target.read_text()


# ------------------------------------------------------------------------------------------------ any text


def told(old: Article, new: Article) -> Told:
    kind = VerdictKind.ARTICLE
    row = PageRow("p", STORY, STORY, None, kind, "", (), 200, None, (), None, 0, None, None, 0, None, TIME, 0, (), "")
    return Told(new.url, Version(1, row), Version(2, row), new, difference(old, new))


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\u2066 [bold]x[/bold] :smile: <script>alert(1)</script> &amp;"


def test_nothing_acts_on_a_terminal_in_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=200, no_color=False)
    monkeypatch.setattr(difference_shown, "Console", lambda **_: console)
    difference_shown.show(told(story(f"one {HOSTILE} two"), story(f"one {HOSTILE} three", title=HOSTILE)), stream)
    shown = stream.getvalue()
    assert "\x1b[9;31mtwo" in shown  # struck, in red
    assert "[-" not in shown
    left = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", left)
    assert "[bold]x[/bold] :smile: <script>" in left


@given(articles, articles)
def test_any_two_articles_are_shown(old: Article, new: Article) -> None:
    stream = io.StringIO()
    difference_shown.show(told(old, new), stream, full=True)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", stream.getvalue())
    page_of = "\n".join(difference_shown.as_html(told(old, new)))
    soup = BeautifulSoup(page_of, "lxml")
    known = {"html", "head", "meta", "title", "style", "body", "h1", "p", "a", "time", "div", "span", "del", "ins"}
    assert {tag.name for tag in soup.find_all()} <= known | {"details", "summary"}
    assert all(not name.startswith("on") for tag in soup.find_all() for name in tag.attrs)


def test_right_to_left_texts_are_set_right() -> None:
    old, new = (story(f"הגשר נפתח ב{month}.", title="יום שקט", language="he-IL") for month in ("מאי", "יוני"))
    soup = BeautifulSoup("\n".join(difference_shown.as_html(told(old, new))), "lxml")
    box = soup.select_one("div.difference")
    assert box is not None
    assert (box["dir"], box["lang"]) == ("rtl", "he-IL")


@given(st.text(max_size=24))
def test_whatever_names_a_version_gives_one_or_says_why(name: str) -> None:
    row = told(story("a"), story("b")).old.row
    found = [Version(n, replace(row, captured_at=TIME + timedelta(days=n))) for n in (1, 2)]
    try:
        assert named(found, name, "--from") in found
    except (UsageError, NotKeptError) as error:
        assert "--from" in str(error)


@given(st.datetimes(datetime(2026, 1, 3), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_a_time_names_the_latest_version_that_was_there(time: datetime) -> None:
    row = told(story("a"), story("b")).old.row
    found = [Version(n, replace(row, captured_at=TIME + timedelta(days=200 * n))) for n in range(1, 9)]
    text = time.isoformat()
    there = [version for version in found if version.row.captured_at <= time]
    if there:
        assert named(found, text, "--from") == there[-1]
    else:
        with pytest.raises(NotKeptError):
            named(found, text, "--from")
