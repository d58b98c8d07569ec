"""Reading text files as people and other tools leave them."""

from __future__ import annotations

import re
import textwrap
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.article import render
from archive.errors import FormatError
from archive.models import Article, Caption, Code, Heading, Item, ListBlock, Paragraph, Quote, Table
from archive.parse import parse
from tests.reliability import examples

FORMAT = Path(__file__).parent.parent / "data" / "format"
SECOND = (FORMAT / "second.txt").read_text(encoding="utf-8")
EXAMPLE = (FORMAT / "example.txt").read_text(encoding="utf-8")
TRAILER = "\n\nOriginal url:\n\n<https://n.example/>"


def head(text: str) -> Article:
    return parse(f"\n\n{text}\n\n\n\nText.{TRAILER}")


def body(text: str) -> tuple[object, ...]:
    return parse(f"\n\n# T\n\n\n\n{text}{TRAILER}").body


def wrapped(text: str) -> str:
    """The lines of a file wrapped as an editor does, lists and quotations included."""
    lines = []
    for line in text.split("\n"):
        indent = "> " if line.startswith("> ") else "  " if line.startswith("- ") else ""
        lines += textwrap.wrap(line, 60, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False) or [
            ""
        ]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [SECOND, EXAMPLE])
@pytest.mark.parametrize(
    "change",
    [
        lambda t: "\ufeff" + t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "\r"),
        lambda t: t.lstrip("\n"),
        lambda t: "\n" + t.lstrip("\n"),
        lambda t: "\n\n\n\n\n" + t,
        lambda t: t + "\n",
        lambda t: t + "\r\n \n\n",
        wrapped,
        lambda t: wrapped("\ufeff" + t.lstrip("\n")).replace("\n", "\r\n"),
        lambda t: re.sub(r"<(\S+)>\Z", r"\1", t),
        lambda t: re.sub(r"\n\n<(\S+)>\Z", r" <\1>", t),
        lambda t: re.sub(r"\n\n<(\S+)>\Z", r" \1\n", t),
        lambda t: re.sub(r"\n\n<(\S+)>\Z", r"\n<\1>", t),
        lambda t: t.replace("Original url:", "Original URL:"),
        lambda t: t.replace("March 05", "March 5") + "\n",
        lambda t: t.replace("](#)", "").replace("By [Ada Quill, [Ben Strand and [Cleo Marsh",
        "By Ada Quill, Ben Strand and Cleo Marsh")
        .replace("By [Ivan", "By Ivan"),
        lambda t: "\n".join(line + "  " for line in t.split("\n")),
        lambda t: t.replace("\n\n\n\n", "\n\n\n\n\n\n"),
        lambda t: t.replace(" the ", "\u00a0the \u200b"),
        lambda t: t.encode("utf-8"),
        lambda t: b"\xef\xbb\xbf" + t.encode("utf-8"),
    ],
)  # fmt: skip
def test_what_people_and_tools_do_to_files(text: str, change: object) -> None:
    changed = change(text)  # type: ignore[operator]
    assert changed != text
    assert render(parse(changed)) == text


def test_without_the_gap_all_that_is_known_is_still_found() -> None:
    assert render(parse(SECOND.replace("\n\n\n\n", "\n\n"))) == SECOND


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "no `Original url:`"),
        ("\n\n# T\n\n\n\nText.", 9, "no `Original url:`"),
        ("\n\n# T\n\n\n\nText.\n\n\n", 9, "no `Original url:`"),
        ("# T\n\nText.\n\n\\Original url: https://n.example/", 7, "no `Original url:`"),
        ("# T\n\nText.\n\nOriginal url:", 5, "no address"),
        ("# T\n\nText.\n\nOriginal url:\n\nlost, sorry", 7, "not an address"),
        ("# T\n\nText.\n\nOriginal url: n.example", 5, "not an address"),
        ("# T\n\nText.\n\nOriginal url:\n\n<>", 7, "not an address"),
        ("# T\n\n```\nOriginal url: https://n.example/\n\n\n```\n\nText.", 11, "no `Original url:`"),
        (b"# T\n\nText \xff.\n\nOriginal url: https://n.example/", 3, "not UTF-8: byte 0xFF"),
        ("# T\n\nÜ".encode("latin-1"), 3, "not UTF-8"),
        ("# T".encode("utf-16"), 1, "not UTF-8"),
    ],
)
def test_what_is_refused(text: str | bytes, line: int, problem: str) -> None:
    with pytest.raises(FormatError, match=re.escape(f"lost.txt, line {line}: {problem}")) as caught:
        parse(text, "lost.txt")
    assert (caught.value.name, caught.value.line) == ("lost.txt", line)


def test_text_below_the_trailer_is_body_text() -> None:
    article = parse(f"# T\n\n\n\nText.{TRAILER}\n\nA note from the reader.\n")
    assert article.url == "https://n.example/"
    assert article.body == (Paragraph("Text."), Paragraph("A note from the reader."))


def test_the_last_trailer_counts() -> None:
    article = parse(f"# T\n\n\n\nText.{TRAILER}\n\nMore.\n\nOriginal url:\n\n<https://n.example/2>")
    assert article.url == "https://n.example/2"
    assert article.body[-1] == Paragraph("More.")


# ---------------------------------------------------------------------------------------------- head


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By A", ("A",)),
        ("By Ann Lee and Ben Strand Jr.", ("Ann Lee", "Ben Strand Jr.")),
        ("By Ann, Ben, and Cleo", ("Ann", "Ben", "Cleo")),
        ("By [Ann](#), [Ben](#), and [Cleo](#)", ("Ann", "Ben", "Cleo")),
        ("By [Ann](#), [Ben](#)", ("Ann", "Ben")),
        ("By [Ann\nLee](#)\nand [Ben](#)", ("Ann Lee", "Ben")),
        ("By 2020", ()),
        ("By the time the tide turned, the harbour was lost.", ()),
        ("By the time the tide turned and the wind had died down the harbour was long lost", ()),
        ("by Ann", ()),
        ("By", ()),
    ],
)
def test_bylines(line: str, authors: tuple[str, ...]) -> None:
    article = head(f"# T\n\n{line}")
    assert article.authors == authors
    assert article.intro == (None if authors else line)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("May 5, 2013", date(2013, 5, 5)),
        ("May 05, 2013", date(2013, 5, 5)),
        ("February 29, 2012", date(2012, 2, 29)),
        ("February 29, 2013", None),
        ("May 005, 2013", None),
        ("May 5th, 2013", None),
        ("Mai 5, 2013", None),
        ("5 May 2013", None),
        ("May 05, 2013 and after", None),
        ("May ٠٥, 2013", None),
    ],
)
def test_dates(line: str, day: date | None) -> None:
    article = head(f"# T\n\n{line}")
    assert article.date == day
    assert article.intro == (None if day else line)


def test_only_one_subtitle_and_only_above_the_byline() -> None:
    article = head("# T\n\n## S\n\nBy [A](#)\n\n## Not a subtitle")
    assert (article.subtitle, article.intro) == ("S", "## Not a subtitle")


def test_what_cannot_be_head_is_body_text() -> None:
    article = head("# T\n\nBy [A](#)\n\nFirst.\n\nSecond.")
    assert (article.title, article.authors, article.intro) == ("T", ("A",), None)
    assert article.body == (Paragraph("First."), Paragraph("Second."), Paragraph("Text."))


def test_a_file_without_a_title() -> None:
    article = parse(f"Just text.\n\n\n\n\nMore.{TRAILER}")
    assert article.title == ""
    assert article.body == (Paragraph("Just text."), Paragraph("More."))


def test_a_gap_inside_a_code_block_is_no_gap() -> None:
    article = parse(f"# T\n\nOne.\n\nTwo.\n\n```\na\n\n\n\nb\n```{TRAILER}")
    assert article.body == (Paragraph("One."), Paragraph("Two."), Code("a\n\n\n\nb"))


def test_a_lead_caption_is_not_all_the_text() -> None:
    article = parse(f"# T\n\n\n\nThe only text **there is**{TRAILER}")
    assert (article.caption, article.body) == (None, (Paragraph("The only text **there is**"),))


# ---------------------------------------------------------------------------------------------- body


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("a\n- b\n1984. c", (Paragraph("a - b 1984. c"),)),
        ("## A\nb", (Heading(2, "A b"),)),
        ("# A", (Heading(2, "A"),)),
        ("#### A ####", (Heading(4, "A ####"),)),
        ("  ## A", (Heading(2, "A"),)),
        (">a\n> b\n>\n>  c\nd", (Quote(("a b", "c d")),)),
        (">", ()),
        ("> a\n\n> b", (Quote(("a",)), Quote(("b",)))),
        ("- a\n- b\n1. c", (ListBlock(False, (Item("a"), Item("b"))), ListBlock(True, (Item("c"),)))),
        ("1. a\n1. b", (ListBlock(True, (Item("a"), Item("b"))),)),
        ("7. a\n8. b", (ListBlock(True, (Item("a"), Item("b")), 7),)),
        (
            "- a\n    - b\n\t- c\n  - d\n- e",
            (ListBlock(False, (Item("a", (ListBlock(False, (Item("b"), Item("c"), Item("d"))),)), Item("e"))),),
        ),
        (
            "- a\n  goes on\n  - b\nand on",
            (ListBlock(False, (Item("a goes on", (ListBlock(False, (Item("b and on"),)),)),)),),
        ),
        (
            "- a\n  1. b\n  1. c",
            (ListBlock(False, (Item("a", (ListBlock(True, (Item("b"),)), ListBlock(True, (Item("c"),)))),)),),
        ),
        ("|a|b|\n|:-|-:|\n|c|d\\|e|\n|f|", (Table((("a", "b"), ("c", "d|e"), ("f", ""))),)),
        ("| a   | b |\n| --- |:-: |\n| c   |   |", (Table((("a", "b"), ("c", ""))),)),
        ("a | b\n--- | ---\nc | d", (Table((("a", "b"), ("c", "d"))),)),
        ("| a | b |", (Paragraph("| a | b |"),)),
        ("```python\nx  = 1\n\n\n\n  - y\n```\nafter", (Code("x  = 1\n\n\n\n  - y"), Paragraph("after"))),
        ("```\nnever closed\n\n## A", (Paragraph("``` never closed"), Heading(2, "A"))),
        ("````\n```\n````", (Code("```"),)),
        ("```\n\n```", ()),
        ("\\- a", (Paragraph("- a"),)),
        ("\\\\- a", (Paragraph("\\- a"),)),
        ("\\a", (Paragraph("\\a"),)),
        ("\\[a\\]", (Paragraph("\\[a\\]"),)),
    ],
)
def test_blocks(text: str, blocks: tuple[object, ...]) -> None:
    assert body(f"First.\n\n{text}")[1:] == blocks


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("The pier. **Ann**", Caption("The pier.", "Ann")),
        ("“The pier.” **[Ann](https://a.example/)**", Caption("“The pier.”", "[Ann](https://a.example/)")),
        ("It is **bold**", Paragraph("It is **bold**")),
        ("It is so. **It is.**", Paragraph("It is so. **It is.**")),
        ("**Run-in**", Paragraph("**Run-in**")),
        ("The pier. ** Ann**", Paragraph("The pier. ** Ann**")),
        ("The pier. ***Ann***", Paragraph("The pier. ***Ann***")),
        ("****", Paragraph("****")),
    ],
)
def test_captions_in_the_body(text: str, block: object) -> None:
    assert body(f"First.\n\n{text}")[1:] == (block,)


@pytest.mark.promise("text")
@settings(max_examples=examples(400), deadline=None)
@given(st.one_of(st.text(max_size=80), st.text(alphabet="#>-1. `|*\\\n[]()ByA,:", max_size=60)))
def test_any_file_with_a_trailer_reads_and_then_holds_still(text: str) -> None:
    article = parse(f"# T\n\n\n\nFirst.\n\n{text}{TRAILER}")
    article = replace(article, title=article.title or "T", body=article.body or (Paragraph("x"),))
    once = render(article)
    assert render(parse(once)) == once


@pytest.mark.promise("text")
@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_read_or_are_refused(data: bytes) -> None:
    try:
        parse(data + b"\n\nOriginal url: https://n.example/")
    except FormatError as error:
        assert "not UTF-8" in str(error)
