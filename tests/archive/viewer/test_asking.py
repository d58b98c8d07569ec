"""Addresses of the library as values, and back."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import UsageError
from archive.models import VerdictKind
from archive.viewer.asking import address_of, filtered, number_of, page_id_of, query_of
from archive.viewer.model import Order, Query

text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), max_size=30)
queries = st.builds(
    Query,
    words=text,
    site=text.map(str.lower).filter(lambda t: t == t.lower()),
    author=text,
    verdict=st.sampled_from(["", *VerdictKind]).map(str),
    since=st.none() | st.just(date(2026, 1, 2)),
    until=st.none() | st.just(date(2026, 1, 3)),
    order=st.sampled_from(Order),
    page=st.integers(1, 500),
)


@given(queries)
def test_a_query_lives_in_its_address(query: Query) -> None:
    asked = dict(parse_qsl(urlsplit(address_of(query)).query, keep_blank_values=True))
    assert query_of(asked) == query


def test_what_asks_for_nothing_is_left_out() -> None:
    assert address_of(Query()) == "/search"
    assert address_of(Query(words="a b", page=3), page=1) == "/search?q=a+b"
    assert not filtered(Query(words="x", order=Order.NEWEST, page=2))
    assert filtered(Query(site="a.test"))


@pytest.mark.parametrize(
    "asked",
    [
        {"page": "0"},
        {"page": "501"},
        {"page": "x"},
        {"page": "٣"},
        {"page": "9" * 5000},
        {"since": "yesterday"},
        {"since": "2026-02-30"},
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"order": "random"},
        {"verdict": "fine"},
        {"q": "x" * 501},
        {"author": "x" * 201},
    ],
)
def test_what_cannot_be_asked_is_told(asked: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        query_of(asked)


def test_page_ids_are_bounded() -> None:
    assert page_id_of("aeb-1.x_Y") == "aeb-1.x_Y"
    assert page_id_of("../x") is None
    assert page_id_of("x" * 81) is None
    assert page_id_of("x\n") is None
    assert number_of({}, "page", 7, 9) == 7
