"""Two versions of an article compared: what is told makes up both again, and reads as people would mark it."""

from __future__ import annotations

import random
import time
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.difference import Change, Difference, Part, difference, said
from archive.models import Article, Caption, Heading, Item, ListBlock, Paragraph, Quote, Table
from archive.wording import tokens
from tests.archive.articles import articles, texts

URL = "https://news.test/story"


def article(*paragraphs: str, title: str = "A title") -> Article:
    return Article(title, URL, tuple(map(Paragraph, paragraphs)))


def compared(old: str, new: str) -> list[str]:
    """The body's parts, with [-struck-] and {+added+}."""
    return [marked(part) for part in difference(article(old), article(new)).parts[1:]]


def marked(part: Part) -> str:
    signs = {Change.SAME: ("", ""), Change.STRUCK: ("[-", "-]"), Change.ADDED: ("{+", "+}")}
    return "".join(f"{signs[piece.change][0]}{piece.text}{signs[piece.change][1]}" for piece in part.pieces)


def check(old: Article, new: Article) -> Difference:
    """Whatever the texts are: the parts make up both, and no piece is empty or could be joined to its neighbour."""
    found = difference(old, new)
    for version, side in ((old, "before"), (new, "after")):
        told = said(version)
        heads = [text for part in found.parts if part.name in HEADS and (text := getattr(part, side))]
        body = [text for part in found.parts if part.name not in HEADS and (text := getattr(part, side))]
        assert heads == list(told.head.values())
        assert body == [text for _, text in told.body]
    for part in found.parts:
        assert part.pieces
        assert all(piece.text for piece in part.pieces)
        assert all(a.change is not b.change for a, b in pairwise(part.pieces))
    assert 0 <= found.similarity <= 1
    assert (found.similarity == 1) == (not found.changed) == (said(old) == said(new) or not found.changed)
    return found


HEADS = {"title", "subtitle", "byline", "date", "intro", "picture caption", "picture credit"}


@pytest.mark.promise("text")
@given(articles, articles)
def test_any_two_articles(old: Article, new: Article) -> None:
    check(old, new)


WORDS = "the pier a harbour was closed, on Monday. 東京 都の ท่าเรือ ปิด नमस्ते e\u0301 \u200d \ud800"
words = st.sampled_from(WORDS.split(" "))
paragraphs = st.lists(st.lists(words, max_size=12).map(" ".join), max_size=6)


@pytest.mark.promise("text")
@given(paragraphs, paragraphs)
def test_any_two_versions(old: list[str], new: list[str]) -> None:
    check(article(*old), article(*new))


@pytest.mark.promise("text")
@given(articles)
def test_an_article_is_the_same_as_itself(one: Article) -> None:
    found = check(one, one)
    assert (found.similarity, found.added, found.struck, found.markup) == (1, 0, 0, False)


@pytest.mark.promise("text")
@given(texts)
def test_tokens_make_up_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("The pier was closed.", "The pier was open.", "The pier was [-closed-]{+open+}."),
        ("It was closed.", "It was closed on Monday.", "It was closed{+ on Monday+}."),
        ("One two three four five six.", "One 2 3 four five six.", "One [-two three-]{+2 3+} four five six."),
        ("Ann's 3,000 boats left.", "Ann's 4,000 boats left.", "Ann's [-3,000-]{+4,000+} boats left."),
        ("東京都の港は月曜日に閉じた。", "東京都の港は火曜日に閉じた。", "東京都の港は[-月-]{+火+}曜日に閉じた。"),
        ("北京港口星期一关闭了。", "北京港口星期二关闭了。", "北京港口星期[-一-]{+二+}关闭了。"),
        ("ท่าเรือปิดวันนี้", "ท่าเรือเปิดวันนี้", "ท่าเรือ{+เ+}ปิดวันนี้"),
        ("नमस्ते दुनिया के लोगों", "नमस्ते भारत के लोगों", "नमस्ते [-दुनिया-]{+भारत+} के लोगों"),
        ("Он сказал «да» вчера.", "Он сказал «нет» вчера.", "Он сказал «[-да-]{+нет+}» вчера."),
    ],
)  # fmt: skip
def test_words_are_marked_as_people_would(old: str, new: str, told: str) -> None:
    assert compared(old, new) == [told]
    check(article(old), article(new))


def test_paragraphs_are_aligned_before_words() -> None:
    kept = [f"Paragraph {n} of the story stays as it was before." for n in range(6)]
    old = article(kept[0], "The mayor said nothing of it.", kept[1], kept[2], "Old news of another kind.", kept[3])
    new = article(kept[0], kept[1], "A wholly new thought came.", kept[2], "The mayor said much of it.", kept[3])
    assert [marked(part) for part in difference(old, new).parts[1:]] == [
        kept[0],
        "[-The mayor said nothing of it.-]",
        kept[1],
        "{+A wholly new thought came.+}",
        kept[2],
        "[-Old news of another kind.-]",
        "{+The mayor said much of it.+}",
        kept[3],
    ]


def test_a_paragraph_is_paired_with_its_own_version_among_new_ones() -> None:
    old = article("The ferry left at nine with forty people aboard.")
    new = article("Something else was put before.", "The ferry left at ten with forty people aboard.", "And after.")
    assert [marked(part) for part in difference(old, new).parts[1:]] == [
        "{+Something else was put before.+}",
        "The ferry left at [-nine-]{+ten+} with forty people aboard.",
        "{+And after.+}",
    ]


def test_each_part_of_the_head_and_each_kind_of_block() -> None:
    old = Article(
        "The title",
        URL,
        (
            Heading(2, "A heading"),
            Quote(("Quoted once.",)),
            ListBlock(False, (Item("one"), Item("two"))),
            Table((("a", "b"),)),
            Caption("A boat", "Photo"),
        ),
        subtitle="Below",
        authors=("Ann Bee",),
        date=date(2026, 1, 2),
        intro="An intro.",
        caption="Seen",
        credit="Agency",
    )
    new = replace(old, title="The new title", authors=("Ann Bee", "Carl"), date=date(2026, 1, 3), subtitle=None)
    found = check(old, new)
    assert [(part.name, marked(part)) for part in found.parts] == [
        ("title", "The {+new +}title"),
        ("subtitle", "[-Below-]"),
        ("byline", "Ann Bee{+, Carl+}"),
        ("date", "[-2026-01-02-]{+2026-01-03+}"),
        ("intro", "An intro."),
        ("picture caption", "Seen"),
        ("picture credit", "Agency"),
        ("heading", "A heading"),
        ("quote", "Quoted once."),
        ("item", "one"),
        ("item", "two"),
        ("row", "a b"),
        ("caption", "A boat Photo"),
    ]
    assert (found.added, found.struck) == (3, 2)
    assert 0.8 < found.similarity < 1


def test_markup_alone_is_told_apart_from_words() -> None:
    old, new = article("See [here](https://a.test/)."), article("See [here](https://b.test/).")
    found = difference(old, new)
    assert (found.changed, found.markup, found.similarity) == (False, True, 1)
    assert difference(old, article("See there.")).markup is False


def test_all_else_is_nothing_alike() -> None:
    found = difference(article("abc", title="x"), article("def", title="y"))
    assert (found.similarity, found.added, found.struck) == (0, 2, 2)


def hostile() -> list[tuple[str, Article, Article]]:
    rng = random.Random(7)
    vocabulary = [f"word{n}" for n in range(5000)]
    prose = [rng.choice(vocabulary) for _ in range(100_000)]
    other = [word if rng.random() > 0.02 else "changed" for word in prose]
    few = [[rng.choice("ab") for _ in range(50_000)] for _ in range(2)]
    lines = [["same", "line", "other"][rng.randrange(3)] for _ in range(50_000)]
    mixed = [["same", "line", "other"][rng.randrange(3)] for _ in range(50_000)]
    each = [" ".join(prose[n : n + 20]) for n in range(0, 100_000, 20)]
    return [
        ("one paragraph of 100,000 words", article(" ".join(prose)), article(" ".join(other))),
        ("shuffled", article(" ".join(prose)), article(" ".join(rng.sample(prose, len(prose))))),
        ("two words again and again", article(" ".join(few[0])), article(" ".join(few[1]))),
        ("one character again and again", article("字" * 100_000), article("字典" * 50_000)),
        ("the same few lines again and again", article(*lines), article(*mixed)),
        ("5,000 paragraphs, each of them changed", article(*each), article(*(f"{text} more" for text in each))),
        ("half of them moved", article(*each), article(*each[2500:], *each[:2500])),
        ("cubic for difflib", article(" ".join("a" * 50_000)), article(" ".join(f"a {n}" for n in range(25_000)))),
        ("many paragraphs that are so", article(*["a " * 130] * 400), article(*[f"a {n} " * 65 for n in range(400)])),
    ]


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(("old", "new"), [pytest.param(a, b, id=name) for name, a, b in hostile()])
def test_huge_and_hostile_texts_take_bounded_time(old: Article, new: Article) -> None:
    begun = time.process_time()
    check(old, new)
    assert time.process_time() - begun < 15


def test_a_large_paragraph_with_few_changes_is_still_compared_by_words() -> None:
    rng = random.Random(3)
    prose = [f"word{rng.randrange(30_000)}" for _ in range(100_000)]
    other = ["changed" if n % 5000 == 77 else word for n, word in enumerate(prose)]
    found = check(article(" ".join(prose)), article(" ".join(other)))
    assert found.similarity > 0.99
    assert found.added <= 200
