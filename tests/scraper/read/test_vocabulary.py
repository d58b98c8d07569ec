"""Patterns out of long lists of words: what they match is what the list says, however little of it is compiled."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from archive.deferring import deferred
from scraper.read import leadins, vocabulary
from scraper.read.vocabulary import Names, Wordings, alternatives, joined, named

LIST = r"""
    read (?:more|on)|reads?|(?:see|watch) also
    |straße|(?:the )?end|a[bc]d?x|[ée]galement|ab?cd|.{0,3}comments|İstanbul|интересно
    |you
    |ſhort
    |\d+ shares?|\d?\d:\d\d|24 hours|\d{1,2} days
"""


def plainly(text: str) -> tuple[int, int] | None:
    """Every alternative tried by itself; the longest in the list's own letters counts first."""
    found = [match for one in alternatives(joined(LIST)) if (match := re.match(one, text, re.IGNORECASE))]
    return max((match.span() for match in found), default=None)


TEXTS = (
    *(
        "Read more",
        "READ ON",
        "reads",
        "read",
        "rea",
        "See also",
        "watch ALSO",
        "Straße",
        "STRASSE",
        "STRAẞE",
        "the end",
        "END",
    ),
    *(
        "abx",
        "acdx",
        "ACDX",
        "égalem",
        "Également",
        "egalement",
        "acd",
        "abcd",
        "ab",
        "12 comments",
        "7 Comments",
        "comments",
    ),
    *(
        "istanbul",
        "İstanbul",
        "ıstanbul",
        "ИНТЕРЕСНО",
        "You",
        "yoU",
        "short",
        "ſHORT",
        "",
        "zzz",
        "the",
        "1234comments",
    ),
    *(
        "1 share",
        "12 Shares",
        "١٢ shares",
        "２ shares",
        "²2 shares",
        "24 hours",
        "24 shares",
        "9:15",
        "19:15",
        "3 days",
    ),
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_wording_matches_as_if_all_were_tried(text: str) -> None:
    match = Wordings(LIST).match(text)
    assert (match.span() if match else None) == plainly(text)


def test_what_must_follow_must_follow() -> None:
    assert Wordings("read more|read", r"\Z").match("read morello") is None
    assert Wordings("read more|read", r"\s?\Z").match("Read More ") is not None


def test_the_longest_wording_counts() -> None:
    match = Wordings("read|read more|read more on").match("read more on this")
    assert match is not None
    assert match.group() == "read more on"


def test_texts_that_begin_as_no_wording_does_compile_nothing() -> None:
    known = Wordings("read more|see also")
    assert known.match("The council met on Tuesday.") is None
    assert not known._compiled


def test_wordings_that_begin_with_a_number_wait_for_a_digit() -> None:
    known = Wordings(r"\d+ comments?")
    assert known.match("The council met on Tuesday.") is None
    assert not known._compiled
    assert known.match("7 comments")


@pytest.mark.parametrize("known", [leadins.RELATED, leadins.ENDS, leadins.CONTINUES])
def test_every_wording_is_found_under_its_own_head(known: Wordings) -> None:
    """Those of letters alone match themselves, whatever their case."""
    spelled = chain.from_iterable(vocabulary._by_head(known._text).values())
    plain = [one for one in spelled if all(character.isalnum() or character == " " for character in one)]
    assert plain
    for one in plain:
        assert known.match(one), one
        assert known.match(one.title()), one


NAMES = "related[a-z]{0,4}|share|share bar|read (?:more|on)|[a-z]{2,3}ad|x"
LABELS = (
    *(
        " related ",
        " relatedness ",
        " top relatedxyz box ",
        " share ",
        " shared ",
        " my share bar x ",
        " read on ",
        " read ",
    ),
    *(" bad ", " ad ", " lead ", " load x ", " x", "x ", "", " ", " xx ", " a share", " 1 share 2 "),
)


@pytest.mark.parametrize("label", LABELS)
def test_a_name_is_found_where_the_whole_pattern_finds_one(label: str) -> None:
    found, plain = Names(NAMES).search(label), named(NAMES).search(label)
    assert (found.start() if found else None) == (plain.start() if plain else None)


def test_groups_are_left_whole() -> None:
    assert alternatives("a|(?:b|c(?:d|e))f|g") == ["a", "(?:b|c(?:d|e))f", "g"]
    assert alternatives("") == [""]


def test_a_pattern_is_compiled_when_it_is_first_used() -> None:
    found = deferred("(")
    with pytest.raises(re.error):
        found.match("a")
    word = deferred(r"\bword\b", re.IGNORECASE)
    assert word.search("a WORD or two")
    assert word.sub("-", "word words") == "- words"
    assert word.pattern == r"\bword\b"
    assert deferred(rb"[a-z]+").findall(b"ab c") == [b"ab", b"c"]
