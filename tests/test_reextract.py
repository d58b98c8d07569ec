"""`rebuild --reextract`: stored pages read again by today's reader."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from archive.models import Article, Paragraph, Part, Role, VerdictKind
from archive.parse import parse
from archive.settings import ArchiveSettings
from scraper.ingest import difference, losses
from tests.archive.collecting import RUN, STORY, catalog_rows, group, page
from tests.command import Home, home
from tests.making import TIME, exchange, part
from tests.scraper.test_paging import page as numbered
from tests.test_fetch_command import ARTICLE

HTML = (("Content-Type", "text/html; charset=utf-8"),)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def kept(folder: Path, article: Article | None, body: str = ARTICLE, more: Sequence[Part] = ()) -> Home:
    """A collection with one page, of which an earlier reader made `article`."""
    there = home(folder, None)
    settings = ArchiveSettings(root=folder / "kept")
    kind = VerdictKind.ARTICLE if article is not None else VerdictKind.PAGE
    with Collection.open(settings, RUN) as collection:
        first = page(1, body.encode(), head=HEAD, headers=HTML)
        collection.commit(group("p1", 1, [first, *more], kind, article=article, extractor="old/1")).result()
    return there


def old(*paragraphs: str, **more: Any) -> Article:
    return Article("An old title", STORY, tuple(Paragraph(text) for text in paragraphs), **more)


def rows(there: Home, *arguments: str) -> list[dict[str, Any]]:
    return there.run("rebuild", "--reextract", "--json", *arguments).rows


def test_a_better_text_takes_the_place_and_the_earlier_one_stays_beside_it(tmp_path: Path) -> None:
    there = kept(tmp_path, old("Short."))
    before = there.texts()
    assert [(row["outcome"], row["taken"]) for row in rows(there, "--dry-run")] == [("changed", False)]
    assert there.texts() == before
    assert len(there.warcs()) == 1
    (row,) = rows(there)
    assert (row["outcome"], row["taken"], row["title"]) == ("changed", True, "A quiet day at the pier")
    assert "-# An old title" in row["diff"]
    assert "+# A quiet day at the pier" in row["diff"]
    after = there.texts()
    name, beside = sorted(before)[1], sorted(before)[0]
    (earlier,) = [path for path in after if path not in before and path.endswith(".txt")]
    assert after[earlier] == before[name]
    data = [json.loads(after[path]) for path in (beside, earlier.replace(".txt", ".json"))]
    assert [each["extractor"].partition("/")[0] for each in data] == ["tearsheet-read", "old"]
    assert data[0]["record"]["id"] == data[1]["record"]["id"]
    assert data[0]["read_again_at"]
    assert (
        there.run("show", STORY).out.startswith("\n# A quiet day at the pier")
        or "# A quiet day" in there.run("show", STORY).out
    )
    assert there.run("show", "--html", STORY).out == ARTICLE
    assert [one["outcome"] for one in rows(there)] == ["same"]
    assert len(there.warcs()) == 2
    catalog = catalog_rows(there.collection / "catalog.sqlite")
    assert there.run("rebuild").code == 0
    assert there.texts() == after
    assert catalog_rows(there.collection / "catalog.sqlite") == catalog


def test_a_worse_text_stays_away_unless_it_is_forced(tmp_path: Path) -> None:
    there = kept(tmp_path, old(*["Many words that are not on the page any more."] * 500, authors=("Ann Bee",)))
    before = there.texts()
    (row,) = rows(there)
    assert (row["outcome"], row["taken"]) == ("worse", False)
    assert "words would be left; the authors would be lost" in row["why"]
    assert there.texts() == before
    told = there.run("rebuild", "--reextract")
    assert "the text stays as it was" in told.out
    assert "--force takes them" in told.out
    (row,) = rows(there, "--force")
    assert (row["outcome"], row["taken"]) == ("worse", True)
    assert "A quiet day at the pier" in there.run("show", STORY).out


def test_a_page_that_was_no_article_gets_its_text(tmp_path: Path) -> None:
    there = kept(tmp_path, None)
    assert [(row["outcome"], row["verdict"]) for row in rows(there)] == [("new", "article")]
    assert "A quiet day at the pier" in there.run("show", STORY).out
    assert there.run("search", "pier").out


def test_what_is_no_article_any_more_keeps_its_text(tmp_path: Path) -> None:
    there = kept(tmp_path, old("Some text that was once read out of it."), body="<title>Home</title><p>Nothing.")
    before = there.texts()
    (row,) = rows(there, "--force")
    assert (row["outcome"], row["taken"]) == ("worse", False)
    assert "no article any more" in row["why"]
    assert there.texts() == before


def test_all_pages_of_an_article_are_read_again(tmp_path: Path) -> None:
    first = numbered(1, more=f"<link rel=next href='{STORY}?page=2'>")
    second = exchange(
        f"{STORY}?page=2", numbered(2).encode(), head=HEAD, headers=HTML, time=TIME + timedelta(seconds=2)
    )
    there = kept(tmp_path, old("Short."), first, [part(second, Role.FURTHER)])
    (row,) = rows(there)
    article = parse(Path(row["text"]).read_bytes(), row["text"])
    assert [f"Page {n}, paragraph 5." in str(article.body) for n in (1, 2)] == [True, True]


def test_damage_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    there = kept(tmp_path, old("Short."))
    (warc,) = there.warcs()
    data = bytearray(warc.read_bytes())
    data[900:1000] = bytes(100)
    warc.write_bytes(data)
    ran = there.run("rebuild", "--reextract")
    assert ran.code == 5
    assert "damaged" in ran.out
    assert "Traceback" not in ran.err


def test_without_a_collection_and_with_options_that_go_with_nothing(tmp_path: Path) -> None:
    there = home(tmp_path, None)
    ran = there.run("rebuild", "--reextract")
    assert (ran.code, "there is no collection" in ran.err) == (1, True)
    assert there.run("rebuild", "--force").code == 2
    assert not os.path.lexists(there.collection)


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        (old("one two three four"), []),
        (old("one two three four five"), []),
        (old("one two three"), ["only 3 of 4 words would be left"]),
    ],
)
def test_what_is_lost(new: Article, lost: list[str]) -> None:
    assert losses(old("one two three four"), new) == lost


def test_a_difference_has_no_head() -> None:
    assert difference("a\nb\nc", "a\nx\nc") == ("@@ -1,3 +1,3 @@", " a", "-b", "+x", " c")
