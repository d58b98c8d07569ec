"""HTML inside structured data."""

from __future__ import annotations

import pytest

from scraper.read.facts import fragment_text, text
from scraper.read.tree import parse


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("Plain &amp; simple", "Plain & simple"),
        ("The <em>Kea</em> leaves", "The Kea leaves"),
        ("&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One. Two."),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("I <3 boats", "I <3 boats"),
        ("<script>alert(1)</script>Boats", "Boats"),
        ("<b>unclosed <i>tags", "unclosed tags"),
    ],
)
def test_a_value_is_one_line_of_text(value: str, read: str) -> None:
    assert text(value) == read


def test_blocks_are_lines() -> None:
    assert fragment_text("<p>One<br>two</p><ul><li>three</li></ul>").split() == ["One", "two", "three"]
    assert "One\ntwo" in fragment_text("<p>One<br/>two</p>").replace("\n\n", "\n")


@pytest.mark.promise("web", each="attacks")
def test_hostile_fragments_end() -> None:
    assert fragment_text("<div>" * 50_000 + "deep").strip() in ("deep", "")
    assert fragment_text("<a " + "x" * 300_000).startswith("<a ")


def test_what_follows_an_early_end_of_the_document_is_read() -> None:
    tree = parse("<html><body><p>One</p></body></html><p>Two</p></HTML >")
    assert tree is not None
    assert tree.text_content() == "OneTwo"
