"""Hypothesis strategies for articles, weighted to what confuses a parser of the text format."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

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

TRICKY = [
    "", " ", "\u00a0", "\u200b", "\n", "# x", "## x", "###### x", "#", "##", "#x", "> x", ">", ">>", "- x", "-",
    "- - x", "1. x",
    "1.", "2013. x", "007. y", "1) x", "* x", "+ x", "```", "```x", "````", "~~~", "`", "| a | b |", "| --- |", "|",
    "a|b", " | ",
    "| x", "x |", "Original url:", "original URL: <http://x>", "Original url: ", "<https://x.example/>", "By A",
    "By A and B",
    "By [A](#)", "By [A](#), [B](#)", "By [A](#) and [B](#)", "By ", "By the sea.", "](#) and [", "](#), [", "[A]",
    "A and B", "A, B",
    "May 05, 2013", "May 5, 2013", "May 32, 2013", "May 05, 2013 x", "**x**", "a **x**", "a. **x**", "a **x** b",
    "**", "***", "* *",
    "**x", "x**", "a **b*c**", "a ** b**", "\\", "\\\\", "\\- x", "\\\\- x", "\\x", "\\## x", "\\By A",
    "\\Original url:", "\\>",
    "a\r\nb", "a\nb", "a\n\n\n\nb", "\x00", "\x07a", "a\x0bb", "a\x1cb", "a\x85b", "a\u2028b", "\ufeffa", "e\u0301",
    "\u0301", "\u0338",
    "\u1fef\u1fef\u1fef", "\u037e", "\u212b", "a\u200db", "\u0645\u06cc\u200c\u062e", "\U0001f469\u200d\U0001f4bb",
    "\u200c\u200c", "\u00ad",
    "\ud800", "\U000e0041", "\u3000", "---", "***", "___", "[x](https://x.example/)", "[x](mailto:a@b.example)",
    "  x", "\tx", "x  ",
    "...", "“Quoted.”", "a", "b c",
]  # fmt: skip

texts = st.one_of(
    st.sampled_from(TRICKY),
    st.lists(st.sampled_from(TRICKY), min_size=1, max_size=4).map(" ".join),
    st.lists(st.sampled_from(TRICKY), min_size=1, max_size=3).map("".join),
    st.text(max_size=20),
    st.text(alphabet="#>-1.`|*\\ \n[]()aBy,:", max_size=12),
)
maybe = st.one_of(st.none(), texts)


def _lists(children: st.SearchStrategy[ListBlock]) -> st.SearchStrategy[ListBlock]:
    items = st.builds(Item, texts, st.lists(children, max_size=2).map(tuple))
    starts = st.one_of(st.integers(-2, 12), st.sampled_from([2013, 10**9, 10**20]))
    return st.builds(ListBlock, st.booleans(), st.lists(items, max_size=3).map(tuple), starts)


lists = st.recursive(st.builds(ListBlock, st.booleans(), st.just(())), _lists, max_leaves=6)
codes = st.one_of(
    texts, st.lists(st.sampled_from([*TRICKY, "    x", "\tx", "x\t", "\n\n\n"]), max_size=5).map("\n".join)
)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, texts),
    st.builds(Heading, st.integers(0, 8), texts),
    st.builds(Quote, st.lists(texts, max_size=3).map(tuple)),
    lists,
    st.builds(Table, st.lists(st.lists(texts, max_size=3).map(tuple), max_size=3).map(tuple)),
    st.builds(Code, codes),
    st.builds(Caption, maybe, maybe),
)
addresses = st.one_of(
    st.sampled_from(
        ["https://news.example/a?b=1", "https://news.example/a b", "https://news.example/<x>",
        "https://news.example/e\u0301",
         "https://news.example/\u00fc", "x", "<x>", "Original url:", "\u0338", "https://news.example/\u200b", " ",
         "a\nb", "\ud800"]
    ),
    texts,
)  # fmt: skip
articles = st.builds(
    Article,
    title=texts,
    url=addresses,
    body=st.lists(blocks, max_size=5).map(tuple),
    subtitle=maybe,
    authors=st.lists(texts, max_size=4).map(tuple),
    date=st.one_of(st.none(), st.dates(), st.just(date(2013, 5, 5))),
    intro=maybe,
    caption=maybe,
    credit=maybe,
    meta=st.builds(
        ArticleMeta,
        language=maybe,
        tags=st.lists(texts, max_size=2).map(tuple),
        free=st.one_of(st.none(), st.booleans()),
        published=maybe,
        title_source=texts,
        notes=st.lists(texts, max_size=2).map(tuple),
    ),
)
