"""The text format: writing, and writing again what was read."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.article import clean_inline, from_json, plain, render, to_json, words
from archive.models import (
    Article,
    ArticleMeta,
    Block,
    Caption,
    Code,
    Heading,
    Item,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from archive.parse import parse
from archive.wording import _any_word, count_words
from tests.archive.articles import articles, texts
from tests.reliability import examples

FORMAT = Path(__file__).parent.parent / "data" / "format"
ARTICLE = Article("Title", "https://news.example/a", (Paragraph("Text."),))


def written(article: Article) -> str:
    """The file, or no example where there is nothing to write."""
    try:
        return render(article)
    except ValueError:
        assume(False)
        raise


def body_of(*blocks: Block) -> str:
    return render(replace(ARTICLE, body=blocks)).partition("\n\n\n\n")[2].partition("\n\nOriginal url:")[0]


@pytest.mark.parametrize("name", ["example.txt", "second.txt"])
def test_the_reference_files_come_back_to_the_byte(name: str) -> None:
    data = (FORMAT / name).read_bytes()
    assert render(parse(data, name)).encode("utf-8") == data


def test_second_file_in_parts() -> None:
    article = parse((FORMAT / "second.txt").read_bytes())
    assert article.title == "Harbour plan: what the model showed"
    assert article.subtitle == "Three readings of one tide table"
    assert article.authors == ("Ada Quill", "Ben Strand", "Cleo Marsh")
    assert article.date == date(2021, 3, 5)
    assert article.caption == "The quay at low water, seen from the north pier."
    assert article.credit == "Dana Reed / Harbour Board"
    assert [type(b).__name__ for b in article.body] == [
        "Paragraph", "Paragraph", "Heading", "Paragraph", "ListBlock", "Quote", "Caption", "Paragraph", "Paragraph",
    ]  # fmt: skip
    assert article.body[-2] == Paragraph(
        "1. is how the report’s first page is numbered, an oddity that the board [its second] has kept ever since the "
        "first edition came out."
    )
    assert article.url == "https://gazette.example/politics/2021/03/harbour-plan?page=1"


@pytest.mark.promise("text")
@settings(max_examples=examples(600), suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(articles)
@example(replace(ARTICLE, intro="By [A](#), [B](#)"))
@example(replace(ARTICLE, intro="May 5, 2013"))
@example(replace(ARTICLE, body=(Paragraph("a **b**"),)))
@example(replace(ARTICLE, caption="```", body=(Code("```\n\n\n\n## x"), Paragraph("x"))))
@example(replace(ARTICLE, caption="### x", body=(Heading(2, "y"),)))
@example(replace(ARTICLE, body=(Table((("a |", "| b"), ("|", "", "c | d"))),)))
def test_reading_what_was_written_writes_the_same(article: Article) -> None:
    text = written(article)
    again = parse(text)
    assert render(again) == text
    assert parse(text.encode("utf-8")) == again


@pytest.mark.promise("text")
@settings(max_examples=examples(600), suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(articles)
def test_what_every_file_looks_like(article: Article) -> None:
    text = written(article)
    assert text.startswith("\n\n# ")
    assert re.search(r"\n\nOriginal url:\n\n<\S+>\Z", text)
    assert "\r" not in text
    assert unicodedata.is_normalized("NFC", text)
    assert not any(line != line.rstrip() for line in text.split("\n"))
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text.replace("\n", "").replace("\t", ""))
    head, gap, body = text.partition("\n\n\n\n")
    assert gap
    assert not body.startswith("\n")
    assert not re.search(r"\S\n\n\n", head)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([Paragraph("A  b\u00a0c\n d ")], "A b c d"),
        ([Heading(2, "One"), Heading(3, "Two")], "## One\n\n### Two"),
        ([Heading(4, "One"), Heading(5, "Two")], "## One\n\n### Two"),
        ([Heading(1, "One"), Heading(9, "Two")], "## One\n\n###### Two"),
        ([Quote(("One.", " ", "Two."))], "> One.\n>\n> Two."),
        (
            [ListBlock(False, (Item("a"), Item("b", (ListBlock(True, (Item("c"), Item("d"))),))))],
            "- a\n- b\n  1. c\n  2. d",
        ),
        ([ListBlock(True, (Item("a"), Item("b")), start=9)], "9. a\n10. b"),
        ([ListBlock(False, (Item(""), Item(" ", (ListBlock(False, (Item("x"),)),))))], "- x"),
        ([Table((("a", "b"), ("c",), ("", "")))], "| a | b |\n| --- | --- |\n| c |  |"),
        ([Table((("a | b", "|"),))], "| a|b | | |\n| --- | --- |"),
        ([Code("x = 1\n\n  y  \n")], "```\nx = 1\n\n  y\n```"),
        ([Code("```\nx\n```")], "````\n```\nx\n```\n````"),
        (
            [Caption("A pier.", "Ann"), Caption(None, "Ben"), Caption("Sea.", None)],
            "A pier. **Ann**\n\n**Ben**\n\nSea.",
        ),
        ([Caption("A pier.", "**Ann**")], "A pier. **Ann**"),
        ([Paragraph("[CSTO's] force_x *y* <b>")], "[CSTO's] force_x *y* <b>"),
        ([Paragraph("a"), Paragraph(""), Code(" \n"), Quote(()), Caption(None, " "), Paragraph("b")], "a\n\nb"),
    ],
)
def test_blocks(blocks: list[Block], expected: str) -> None:
    assert body_of(*blocks) == expected


@pytest.mark.parametrize(
    "text",
    ["## x", "# x", "###### x", "> x", ">x", "- x", "1. x", "2013. Das Jahr", "```", "```sh", "Original url:",
     "Original url: <https://x.example/>", "original URL:", "\\- x", "\\\\## x"],
)  # fmt: skip
def test_a_paragraph_that_reads_as_something_else_gets_a_backslash(text: str) -> None:
    assert body_of(Paragraph("First."), Paragraph(text)) == f"First.\n\n\\{text}"
    assert parse(render(replace(ARTICLE, body=(Paragraph(text),)))).body == (Paragraph(text),)


@pytest.mark.parametrize(
    "text",
    ["#x", "#", "-", "-x", "– x", "* x", "1.x", "1.", "1) x", "``x``", "```x``` y", "\\alpha", "\\", "| x | y |",
    "By Ann", "May 05, 2013",
     "The Original url: x", "Original", "**x**", "a **b**", "[x]: y", "---", "\\[x]"],
)  # fmt: skip
def test_all_else_stays_as_it_is(text: str) -> None:
    assert body_of(Paragraph("First."), Paragraph(text)) == f"First.\n\n{text}"


@pytest.mark.parametrize("text", ["## x", "- x", "```", "> x", "Original url:"])
def test_a_lead_caption_is_guarded_too(text: str) -> None:
    article = replace(ARTICLE, caption=text, credit="Ann")
    assert f"\n\n\n\n\\{text} **Ann**\n\nText." in render(article)
    again = parse(render(article))
    assert (again.caption, again.credit, again.body) == (text, "Ann", (Paragraph("Text."),))


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        (("A",), "By [A](#)"),
        (("A", "B"), "By [A](#) and [B](#)"),
        (("A", "B", "C"), "By [A](#), [B](#) and [C](#)"),
        ((" A\u00a0B ", ""), "By [A B](#)"),
        (("A [x]", "B and C", "D, E"), "By [A [x]](#), [B and C](#) and [D, E](#)"),
    ],
)
def test_byline(authors: tuple[str, ...], expected: str) -> None:
    text = render(replace(ARTICLE, authors=authors))
    assert f"# Title\n\n{expected}\n\n\n\nText." in text
    assert parse(text).authors == tuple(clean_inline(a) for a in authors if a)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2013, 5, 5), "May 05, 2013"), (date(2020, 12, 31), "December 31, 2020"), (date(33, 4, 3), "April 03, 0033")],
)
def test_date_in_english(day: date, expected: str) -> None:
    assert f"\n\n{expected}\n\n\n\n" in render(replace(ARTICLE, date=day))


def test_parts_in_their_order() -> None:
    article = Article(
        "T", "https://n.example/", (Paragraph("P."),), "S", ("A",), date(2013, 5, 5), "Intro.", "Caption.", "Credit"
    )  # fmt: skip
    expected = (
        "\n\n# T\n\n## S\n\nBy [A](#)\n\nMay 05, 2013\n\nIntro.\n\n\n\nCaption. **Credit**\n\nP.\n\nOriginal url:\n\n"
    )
    assert render(article) == expected + "<https://n.example/>"
    assert parse(render(article)) == article


@pytest.mark.parametrize(
    ("caption", "credit", "expected"),
    [("C.", None, "C."), (None, "K", "**K**"), ("C.", "K", "C. **K**"), ("", " ", "")],
)
def test_lead_caption_halves(caption: str | None, credit: str | None, expected: str) -> None:
    text = render(replace(ARTICLE, caption=caption, credit=credit))
    assert text.partition("\n\n\n\n")[2].startswith(f"{expected}\n\nText." if expected else "Text.")


def test_an_intro_never_reads_as_a_byline() -> None:
    for intro in ("By Friday", "By [A](#), [B](#)", "\\By Friday"):
        text = render(replace(ARTICLE, intro=intro))
        assert f"\n\n\\{intro}\n" in text
        assert (parse(text).intro, parse(text).authors) == (intro, ())
    text = render(replace(ARTICLE, intro="By Friday", authors=("A",)))
    assert parse(text).intro == "By Friday"
    assert "\\" not in text


def test_an_intro_that_is_a_date_reads_as_one() -> None:
    text = render(replace(ARTICLE, intro="May 5, 2013"))
    assert "\n\nMay 05, 2013\n\n\n\n" in text
    assert parse(text).date == date(2013, 5, 5)
    text = render(replace(ARTICLE, intro="May 5, 2013", date=date(2013, 5, 6)))
    assert (parse(text).date, parse(text).intro) == (date(2013, 5, 6), "May 5, 2013")


@pytest.mark.parametrize(
    "article",
    [
        replace(ARTICLE, body=()),
        replace(ARTICLE, body=(Paragraph("\u200b \u00a0"), Code("\n \n"), Table(((" ",),)), Heading(2, ""))),
        replace(ARTICLE, title="\n"),
        replace(ARTICLE, url=" "),
        replace(ARTICLE, body=(), caption="Only a caption.", credit="Ann"),
    ],
)
def test_an_article_without_text_title_or_address_is_refused(article: Article) -> None:
    with pytest.raises(ValueError, match="no text"):
        render(article)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://n.example/a b>c<d", "https://n.example/a%20b%3Ec%3Cd"),
        ("https://n.example/ü?q=(x)", "https://n.example/ü?q=(x)"),
        ("https://n.example/u\u0308", "https://n.example/u%CC%88"),
        ("https://n.example/\u200b\n", "https://n.example/%E2%80%8B"),
    ],
)
def test_the_address_keeps_to_its_line(url: str, expected: str) -> None:
    assert render(replace(ARTICLE, url=url)).endswith(f"<{expected}>")


def test_lists_of_any_depth() -> None:
    block = ListBlock(False, (Item("deepest"),))
    for level in range(3000):
        block = ListBlock(level % 2 == 0, (Item(f"level {level}", (block,)),))
    text = render(replace(ARTICLE, body=(block,)))
    assert text.count("\n") > 3000
    assert "deepest" in text
    assert render(parse(text)) == text


# ---------------------------------------------------------------------------------------------- inline text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" a \t\n b\u00a0\u2003c\u3000d ", "a b c d"),
        ("a\u200bb\ufeffc\u2060d\u00ade\u202ef", "abcdef"),
        ("a\x00b\x1bc\x1cd\x7fe\x9ff", "abcdef"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f", "a b c d e f"),
        ("e\u0301", "\u00e9"),
        ("e\u200b\u0301", "\u00e9"),
        ("“x” – ‘y’ — …", "“x” – ‘y’ — …"),
        ("a\u200db\u200cc", "abc"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("x\ud800y", "xy"),
        ("plain", "plain"),
    ],
)
def test_clean_inline(raw: str, clean: str) -> None:
    assert clean_inline(raw) == clean


@pytest.mark.promise("text")
@settings(max_examples=examples(1000), deadline=None)
@given(st.one_of(texts, st.text(alphabet="\u200c\u200d\u0645\u0301\u0915\u094d\U0001f469a \u200b\ufe0f", max_size=8)))
def test_clean_inline_twice_is_once(text: str) -> None:
    once = clean_inline(text)
    assert clean_inline(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())


# ---------------------------------------------------------------------------------------------- plain text, words


def test_plain_has_no_markdown() -> None:
    article = Article(
        "A *bold* title", "https://n.example/",
        (Paragraph("See [the [first] run](https://n.example/a_(b)) and **this** *or* `that`; 5*3*2 [sic]."),
         ListBlock(False, (Item("a", (ListBlock(True, (Item("b"),)),)),)),
         Table((("c", ""), ("d", "e"))), Quote(("f", "g")), Code("h = *i*"), Caption("j", "k")),
        "Sub", ("Ann", "Ben"), date(2013, 5, 5), "Intro", "Cap.", "Cred",
    )  # fmt: skip
    assert plain(article).split("\n\n") == [
        "A bold title", "Sub", "Ann, Ben", "Intro", "Cap. Cred", "See the [first] run and this or that; 5*3*2 [sic].",
        "a", "b", "c", "d e", "f", "g", "h = i", "j k",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("One, two – three.", 3),
        ("The council’s well-known e-mail at 3.5% of 1,000 isn't **it**.", 10),
        ("[two words](https://n.example/not/counted)", 2),
        ("Привет мир", 2),
        ("第一财经日报", 6),
        ("日本語のニュース", 8),
        ("AI时代", 3),
        ("한국어 뉴스", 2),
        ("ข่าวภาษาไทย", 3),
        ("नमस्ते दुनिया", 2),
        ("re\u0301sume\u0301", 1),
    ],
)
def test_words(text: str, count: int) -> None:
    assert words(replace(ARTICLE, body=(Paragraph(text),))) == count


# ---------------------------------------------------------------------------------------------- JSON


@pytest.mark.promise("text")
@settings(max_examples=examples(500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(articles)
def test_json_is_lossless(article: Article) -> None:
    assert from_json(json.loads(json.dumps(to_json(article)))) == article


def test_json_keeps_every_field() -> None:
    meta = ArticleMeta(
        language="en",
        site_name="Site",
        section="Politics",
        tags=("a", "b"),
        description="D",
        published="2013-05-05T01:00:00+02:00",
        modified="m",
        free=False,
        image="i",
        title_source="og",
        notes=("n",),
        pages=("p",),
        why=(("title", "og:title"),),
    )
    article = replace(ARTICLE, meta=meta)
    assert from_json(to_json(article)).meta == meta
    assert len(to_json(article)["meta"]) == len(ArticleMeta.__struct_fields__)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"title": 1}, "title"),
        ({"url": None}, "url"),
        ({"body": [1]}, "body"),
        ({"body": [{"kind": "poem"}]}, "kind"),
        ({"body": [{"kind": "heading", "level": True, "text": "x"}]}, "level"),
        ({"body": [{"kind": "table", "rows": [[1]]}]}, "rows"),
        ({"authors": "Ann"}, "authors"),
        ({"date": "yesterday"}, "yesterday"),
        ({"meta": []}, ""),
        ({"meta": 3}, "meta"),
    ],
)
def test_json_that_is_no_article(change: dict[str, object], key: str) -> None:
    data = {**to_json(ARTICLE), **change}
    if not key:
        assert from_json(data) == ARTICLE
        return
    with pytest.raises(ValueError, match=key):
        from_json(data)


# ---------------------------------------------------------------------------------------------- cost


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "text",
    [
        "`" * 3 + "x\n\n",
        "*a " * 3 + "\n",
        "[a" * 5,
        "- x\n",
        "  - x\n",
        "| - ",
        "**a **",
        "](#), [",
        "\\",
        "#",
        "> ",
        "\u200c",
        "\n",
    ],
)
def test_hostile_text_costs_little(text: str) -> None:
    hostile = text * (50_000 // len(text))
    article = replace(
        ARTICLE, title=f"x{hostile}", body=(Paragraph(f"x{hostile}"), Code(f"x{hostile}"), Table(((f"x{hostile}",),)))
    )
    start = time.process_time()
    again = parse(f"# x\n\n\n\n{hostile}\n\nOriginal url: https://n.example/")
    plain(again), words(again)
    plain(article), words(article)
    assert render(parse(render(article))) == render(article)
    assert time.process_time() - start < 3.0


def test_words_of_spaced_texts_are_counted_as_those_of_any_text() -> None:
    def by_character(text: str) -> int:
        runs = _any_word().findall(text)
        return len(runs) + sum(-(-len(run) // 5) - 1 for run in runs if run)

    for text in (
        "“The naïve council’s plan,” she said – and it’s done.",
        "Größe 1,5 m; 3.000 Ή Ελλάδα не-что שלום مرحبا \u0301a",
        "⺀⼀ é ⿕x",
        "a\u200cb",
        "中文 no",
        "ไทย and",
    ):
        assert count_words(text) == by_character(text), text
