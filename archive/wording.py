"""What a word is, in any script: for counting words and for comparing texts word by word. Pure."""

from __future__ import annotations

import re
from functools import cache

from archive.deferring import deferred
from archive.scripts import is_spaced

_EACH = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u30a1-\u30fa"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED = "\u0e00-\u0edf\u1000-\u109f\u1780-\u17ff"
_MEAN_WORD = 5
# Combining marks that are no word characters to the regex engine, and the joiners of clean text.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u0670\u06d6-\u06ed\u0711\u0730-\u074a"
    "\u07a6-\u07b0\u0900-\u0963\u0981-\u0df3\u200c\u200d"
)
# What stands above, below and behind the letters of scripts without spaces.
_UNSPACED_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u17b4-\u17d3\u17dd"
)
_LETTERS = rf"(?:(?![{_EACH}{_UNSPACED}\u0964])[\w{_MARKS}])++"
_WORD = rf"{_LETTERS}(?:['’.,\-]{_LETTERS})*+"
_RADICALS = "\u2e80-\u2fdf"
"""Those of `_EACH` that a spaced text may hold."""
_ASCII_WORD = deferred(r"\w++(?:['.,\-]\w++)*+")
_ASCII_TOKEN = deferred(r"\w++(?:['.,\-]\w++)*+|\s++|[^\w\s]")


@cache
def _any_word() -> re.Pattern[str]:
    """Takes longer to compile than to count a page's words: not before a text needs it."""
    return re.compile(rf"[{_EACH}]|([{_UNSPACED}]++)|{_WORD}")


@cache
def _spaced_word() -> re.Pattern[str]:
    """What `_any_word` finds in a text with spaces between its words."""
    letters = rf"[\w{_MARKS}]++"
    return re.compile(rf"[{_RADICALS}]|{letters}(?:['’.,\-]{letters})*+")


@cache
def _any_token() -> re.Pattern[str]:
    return re.compile(rf"[{_EACH}]|[{_UNSPACED}][{_UNSPACED_MARKS}]*+|{_WORD}|\s++|.", re.DOTALL)


def count_words(text: str) -> int:
    """Where words are written without spaces between them, Chinese and Japanese characters count as one each, and
    Thai, Lao, Khmer and Burmese runs by their length."""
    if text.isascii():
        return len(_ASCII_WORD.findall(text))
    if is_spaced(text):
        return len(_spaced_word().findall(text))
    runs = _any_word().findall(text)  # each a run without spaces, or empty for a word
    return len(runs) + sum(-(-len(run) // _MEAN_WORD) - 1 for run in runs if run)


def tokens(text: str) -> list[str]:
    """The text in pieces that make it up again: words, the space between them, and each other sign. Where words are
    written without spaces, each character with its marks is a piece."""
    return _ASCII_TOKEN.findall(text) if text.isascii() else _any_token().findall(text)
