"""RFC 8288, by the book: what may stand in a Link header and in a document of links."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.mementos.links import WebLink, links_of, parse_links
from tests.making import exchange

BASE = "https://archive.test/web/timemap/link/x"
TOKEN = st.text(string.ascii_letters + string.digits + "!#$&+-.^_`|~", min_size=1, max_size=12)
PATH = st.text(string.ascii_letters + string.digits + ",;=\"'()*@!$&:~%+", max_size=20)
VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=20)


def parsed(text: str, base: str = BASE) -> list[WebLink]:
    return list(parse_links(text, base))


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def written(draw: st.DrawFn) -> tuple[str, WebLink]:
    """A link as it may be written, and what it means."""
    target = f"https://a.test/{draw(PATH)}"
    rels = draw(st.lists(TOKEN, min_size=1, max_size=3))
    names = st.sampled_from(["datetime", "type", "from", "until", "title", "collection", "x"])
    params = draw(st.lists(st.tuples(names, VALUE), max_size=4))
    space = draw(st.sampled_from(["", " ", "\t", "\r\n "]))
    one = len(rels) == 1 and draw(st.booleans())
    rel = rels[0] if one else quoted(" ".join(rels))
    parts = [f"{draw(st.sampled_from(['rel', 'Rel', 'REL']))}{space}={space}{rel}"]
    parts += [f"{name.upper() if draw(st.booleans()) else name}={quoted(value)}" for name, value in params]
    text = f"<{target}>" + "".join(f"{space};{space}{part}" for part in parts)
    return text, WebLink(target, tuple(each.lower() for each in rels), tuple(params))


@given(st.lists(written(), max_size=6), st.sampled_from([",", ", ", ",\n", " ,\r\n\t", ",,"]))
def test_what_is_written_is_read(links: list[tuple[str, WebLink]], comma: str) -> None:
    assert parsed(comma.join(text for text, _ in links)) == [link for _, link in links]


@given(st.text(st.sampled_from(list("<>;,=\"\\ \n\tarel*'/:")), max_size=200))
def test_no_text_is_too_garbled(text: str) -> None:
    for link in parsed(text):
        assert "<" in text and ">" in text
        assert all(rel == rel.lower() for rel in link.rels)


@pytest.mark.parametrize(
    "text",
    [
        "<" * 200_000,
        "<a>;" * 100_000,
        "<a>" + ';a="' * 100_000,
        '<a>;a="' + "\\" * 200_001,
        "," * 400_000,
        "<a>;" + " " * 400_000,
    ],
    ids=["opens", "semicolons", "quotes", "escapes", "commas", "spaces"],
)
def test_what_is_meant_to_take_long_does_not(text: str) -> None:
    started = datetime.now(UTC)
    parsed(text)
    assert (datetime.now(UTC) - started).total_seconds() < 5


def test_commas_and_semicolons_in_addresses_and_quotes_part_nothing() -> None:
    text = (
        '<http://a.test/1,2;3?q="x">; title="one, <two>; rel=no"; rel="memento first"; '
        'datetime="Sat, 01 Jan 2000 00:00:00 GMT" , </b>;rel=timegate'
    )
    first, second = parsed(text, "http://a.test/base/x")
    assert (first.target, first.rels) == ('http://a.test/1,2;3?q="x"', ("memento", "first"))
    assert first.param("title") == "one, <two>; rel=no"
    assert first.time() == datetime(2000, 1, 1, tzinfo=UTC)
    assert second == WebLink("http://a.test/b", ("timegate",))


def test_the_first_rel_counts_in_whatever_case() -> None:
    (link,) = parsed('<x>; REL="Memento LAST"; rel=original')
    assert link.rels == ("memento", "last")
    assert parsed("<x>; title=y")[0].rels == ()


def test_a_value_may_be_bare_and_a_parameter_without_one() -> None:
    (link,) = parsed("<x>;rel=original;hreflang=en ; crossorigin;title=a b")
    assert link.rels == ("original",)
    assert (link.param("hreflang"), link.param("crossorigin"), link.param("title")) == ("en", "", "a b")


def test_addresses_are_relative_to_what_they_came_with() -> None:
    targets = [link.target for link in parsed("<../y>; rel=a, <//b.test/z>; rel=a, <?q>; rel=a, <>; rel=a", BASE)]
    assert targets == ["https://archive.test/web/timemap/y", "https://b.test/z", f"{BASE}?q", BASE]


def test_a_link_of_another_context_is_none_of_ours() -> None:
    headers = (
        ("Link", '<a>; rel=original; anchor="/other"'),
        ("LINK", '<b>; rel=timegate; anchor=""'),
        ("Link", "<c>;rel=x"),
    )
    found = links_of(exchange(BASE, headers=headers))
    assert [link.rels for link in found] == [("timegate",), ("x",)]


@pytest.mark.parametrize(
    "value", ["", "yesterday", "Sat, 32 Jan 2000 00:00:00 GMT", "2000-01-01", "Sat, 01 Jan 20000 00:00:00 GMT"]
)
def test_a_datetime_that_is_none_is_none(value: str) -> None:
    (link,) = parsed(f'<x>; rel=memento; datetime="{value}"')
    assert link.time() is None


def test_it_ends_where_it_is_garbled() -> None:
    assert [link.target for link in parsed("<http://a.test/>; rel=a, garbage <http://b.test/>; rel=b")] == [
        "http://a.test/"
    ]
    assert parsed("<http://a.test/") == []
    assert [link.rels for link in parsed('<a>; rel="never closed, <b>; rel=b')] == [
        ("never", "closed,", "<b>;", "rel=b")
    ]
