"""Lists of robust links, read back by the parsers that others read them with."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt

from archive.harmless import harmless
from archive.linkstate import Standing
from archive.robust import lists
from archive.robust.escaping import markdown_text
from archive.robust.link import RobustLink, Snapshot
from archive.urls import is_http, wire_url

TIME = datetime(2026, 3, 4, 5, 6, 7, 890000, tzinfo=UTC)
MARKS = "[](){}<>\"'`*_~|\\!#&;:=+-@.,/?%^$ \t\n\x00\x1b\u202e\u00a0é日ا"
TRICKY = [
    "](https://evil.test)", "<script>alert(1)</script>", '" onmouseover="alert(1)', "[x][y]", "![x](y)", "`a`", "**b**",
    "=1+2", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "a|b", "&copy;", "&#60;", "https://bare.test/x", "www.bare.test",
    "<https://auto.test>", "a@b.test", "\\", "1. x", "1) x", "- x", "# x", "> x", "```", "~~~", "---", "[ ] x", "$x$",
    "e\u0301", "\ud800", "a\r\nb,c;\"d\"",
]  # fmt: skip

words = st.one_of(st.sampled_from(TRICKY), st.text(MARKS, max_size=20), st.text(max_size=12))
tails = st.one_of(st.sampled_from(TRICKY), st.text(MARKS, max_size=20))
addresses = tails.map(lambda tail: f"https://news.test/{tail}?{tail}").filter(is_http).map(wire_url)


def robust(original: str, title: str, version: str | None) -> RobustLink:
    snapshot = Snapshot(f"https://archive.test/main/20260304050607/{version}", TIME) if version else None
    return RobustLink(original, title, original, Standing.DEAD, snapshot, None, "archive/a.warc.gz", 12, "sha256:0")


robust_links = st.lists(st.builds(robust, addresses, words, st.one_of(st.none(), addresses)), max_size=4)


def shown(text: str) -> str:
    """What a reader sees of the words."""
    return " ".join(harmless(text).split())


@given(robust_links)
def test_html_reads_back(links: list[RobustLink]) -> None:
    page = "".join(lists.as_html(links))
    soup = BeautifulSoup(page, "lxml")
    items = soup.select("li")
    assert len(items) == len(links)
    for one, item in zip(links, items, strict=True):
        first, *more = item.find_all("a")
        assert first["href"] == one.original
        assert " ".join(first.get_text().split()) == (shown(one.title) or one.original)
        if one.snapshot is None:
            assert (more, first.get("data-originalurl")) == ([], None)
            continue
        assert first["data-originalurl"] == one.original
        assert first["data-versiondate"] == "2026-03-04T05:06:07Z"
        assert first["data-versionurl"] == one.snapshot.address == more[0]["href"]
        assert set(first.attrs) == {"href", "rel", "dir", "data-originalurl", "data-versiondate", "data-versionurl"}
    tree = html.document_fromstring(page.encode("utf-8", "replace"))
    assert len(tree.findall(".//li")) == len(links)
    assert not soup.find_all(["script", "img", "iframe", "form"])


def same(written: str, wanted: str) -> bool:
    """Whether two addresses differ at most in what is percent-encoded."""
    return unquote(written) == unquote(wanted)


@given(robust_links)
def test_markdown_reads_back(links: list[RobustLink]) -> None:
    heading, *tokens = _inline("".join(lists.as_markdown(links)))
    assert heading == [("text", lists.HEADING)]
    assert len(tokens) == len(links)
    for one, parts in zip(links, tokens, strict=True):
        label = shown(one.title) or one.original
        wanted = [("link", one.original), ("text", label), ("end", "")]
        if one.snapshot is not None:
            wanted += [("text", ", "), ("link", one.snapshot.address)]
            wanted += [("text", "as it was on 2026-03-04 at 05:06 UTC"), ("end", ""), ("text", " (dead)")]
        else:
            wanted += [("text", ", no snapshot to show (dead)")]
        assert [kind for kind, _ in parts] == [kind for kind, _ in wanted]
        for (kind, found), (_, want) in zip(parts, wanted, strict=True):
            assert same(found, want) if kind == "link" else found == want


def _inline(source: str) -> list[list[tuple[str, str]]]:
    """Of each heading, paragraph and item what a Markdown parser sees in it; texts that adjoin as one."""
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source):
        assert token.type not in {"html_block", "fence", "code_block", "table_open", "hr", "blockquote_open"}
        if token.type != "inline":
            continue
        parts: list[tuple[str, str]] = []
        for child in token.children or []:
            if child.type == "link_open":
                parts.append(("link", str(child.attrs["href"])))
            elif child.type == "link_close":
                parts.append(("end", ""))
            else:
                assert child.type == "text", child
                before = parts.pop()[1] if parts and parts[-1][0] == "text" else ""
                parts.append(("text", before + child.content))
        found.append([part for part in parts if part != ("text", "")])
    return found


@given(words)
@example("://")
def test_nothing_in_words_is_a_bare_link(text: str) -> None:
    written = markdown_text(text)
    assert "://" not in written
    assert "@" not in written
    assert "www." not in written.lower()


@given(robust_links)
def test_csv_reads_back_and_runs_nothing(links: list[RobustLink]) -> None:
    rows = list(csv.DictReader(io.StringIO("".join(lists.as_csv(links)), newline="")))
    assert len(rows) == len(links)
    for one, row in zip(links, rows, strict=True):
        assert row["originalurl"] == one.original
        assert row["title"].removeprefix("'") == harmless(one.title).removeprefix("'")
        assert row["versionurl"] == (one.snapshot.address if one.snapshot else "")
        assert row["versiondate"] == ("2026-03-04T05:06:07Z" if one.snapshot else "")
        for field in row.values():
            assert field.lstrip()[:1] not in set("=+-@＝＋－＠") or field.lstrip() == ""
            assert field[:1] not in {"\t", "\r", "\n"}


@pytest.mark.parametrize("title", ["=1+2", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_a_formula_begins_with_an_apostrophe(title: str) -> None:
    (row,) = csv.DictReader(io.StringIO("".join(lists.as_csv([robust("https://news.test/", title, None)])), newline=""))
    assert row["title"] == f"'{harmless(title)}"


@given(robust_links)
def test_json_reads_back(links: list[RobustLink]) -> None:
    wanted = [one.as_dict() for one in links]
    assert json.loads("".join(lists.as_json(links))) == wanted
    assert [json.loads(line) for line in "".join(lists.as_json_lines(links)).split("\n") if line] == wanted


def test_lists_are_made_piece_by_piece() -> None:
    """The first links are there before the last are looked up."""
    for form in lists.FORMATS.values():
        taken: list[int] = []

        def endless(taken: list[int] = taken) -> object:
            while True:
                taken.append(1)
                yield robust("https://news.test/", "t", "https://news.test/")

        pieces = form(endless())  # type: ignore[arg-type]
        while "news.test" not in next(pieces):
            pass
        assert len(taken) <= 2
