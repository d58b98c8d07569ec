"""Strangers' text as HTML, and what of it acts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from archive.harmless import direction, harmless, language_tag, open_address, safe_address
from archive.viewer.prose import inline

ALLOWED = {"a": {"href", "rel"}, "strong": set(), "em": set(), "code": set(), "div": set()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain & <b>bold</b>", "plain &amp; &lt;b&gt;bold&lt;/b&gt;"),
        ("a **bold** and *italic* and `co*de*`", "a <strong>bold</strong> and <em>italic</em> and <code>co*de*</code>"),
        (
            "[see **this**](https://a.test/x?a=1&b=2)",
            '<a href="https://a.test/x?a=1&amp;b=2" rel="noopener noreferrer">see <strong>this</strong></a>',
        ),
        ("[mail](mailto:a@b.test)", '<a href="mailto:a@b.test" rel="noopener noreferrer">mail</a>'),
        ("[no](javascript:alert(1))", "[no](javascript:alert(1))"),
        ("[no](data:text/html,x)", "[no](data:text/html,x)"),
        ("[no](mailto:nobody)", "no"),
        ("[no](https://)", "no"),
        ("the [CSTO's] force, 2 * 3 * 4", "the [CSTO&#39;s] force, 2 * 3 * 4"),
        ("[a [b](http://c.test/) d](http://e.test/)", None),
    ],
)
def test_inline_markdown_is_html(text: str, expected: str | None) -> None:
    found = inline(text)
    if expected is not None:
        assert str(found) == expected
    assert str(found).count("<a ") <= 1


@given(st.text(alphabet="ab*`[]()<>&\"' \n\u202e:/.htpsm", max_size=80))
def test_no_text_makes_an_element_that_is_not_meant(text: str) -> None:
    tree = html.fromstring(f"<div>{inline(text)}</div>")
    for element in tree.iter():
        assert set(element.attrib) <= ALLOWED[str(element.tag)]
        assert element.get("href", "https://").startswith(("http", "mailto:", "HTTP", "MAILTO:"))


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize("piece", ["[a](http:", "*a ", "**a ", "`a ", "[[a]", "[a](http://b.test/(", "[" * 50])
def test_hostile_lines_take_no_time(piece: str) -> None:
    began = time.process_time()
    inline(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 2


def test_what_would_act_is_gone_or_seen() -> None:
    assert harmless("a\u202eb\u2066c\x00d\x1be\ud800f") == "abc\ufffdd\ufffde\ufffdf"
    assert harmless("نص\u200cی و בדיקה") == "نص\u200cی و בדיקה"
    assert open_address("https://a.test/\u202egpj.exe x") == "https://a.test/%E2%80%AEgpj.exe%20x"


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://a.test/", True),
        ("HTTP://A.TEST/x", True),
        ("mailto:a@b.test", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//a.test/", False),
        ("https://a.test/" + "x" * 5000, False),
        (None, False),
    ],
)
def test_links_lead_to_the_web_and_to_mail_alone(address: str | None, safe: bool) -> None:
    assert safe_address(address) is safe


@pytest.mark.parametrize(
    ("language", "tag", "way"),
    [
        ("ar", "ar", "rtl"),
        ("he-IL", "he-IL", "rtl"),
        ("fa_IR", "fa-IR", "rtl"),
        ("en", "en", "ltr"),
        ("az-Arab", "az-Arab", "rtl"),
        ("ur-Latn", "ur-Latn", "ltr"),
        ('en" onload="x', None, "auto"),
        (None, None, "auto"),
    ],
)
def test_languages_and_their_direction(language: str | None, tag: str | None, way: str) -> None:
    assert (language_tag(language), direction(language)) == (tag, way)
