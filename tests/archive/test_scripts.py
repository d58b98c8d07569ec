"""What is told quickly of a text is what its characters say."""

from __future__ import annotations

import re
import sys

from archive.scripts import is_spaced
from archive.searching import apart
from scraper.read.tree import size_of


def test_whatever_is_counted_or_set_apart_by_character_is_not_spaced() -> None:
    # A text holds it amid what is spaced, whatever stands before it.
    looked = [chr(code) for code in range(sys.maxunicode + 1)]
    found = [c for c in looked if not is_spaced(f"a “{c}” é")]
    assert {c for c in looked if re.match("[\u0e00-\u1fff\u3000-\U0010ffff]", c)} <= set(found)
    assert len("".join(found)) < len(looked)


def test_spaced_texts_are_told() -> None:
    for text in ("", "plain", "“Größe – naïve’s”", "Привет, мир", "Ελλάδα", "שלום", "مرحبا", "1 € ≈ ∞ ☃"):
        assert is_spaced(text), text
        assert size_of(text) == len(text)
        assert apart(text) == text


def test_others_are_told_by_a_single_character() -> None:
    for text in ("ก", "a漢b", "ひらがな", "한글", "ខ្មែរ", "my 𠀀", "half \udc80"):
        assert not is_spaced(text), text


def test_the_mark_that_keeps_words_apart_is_taken_out() -> None:
    assert apart("a\u200bb") == "ab"
