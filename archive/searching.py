"""Text for the full-text index and what users type, in words that the index knows: pure."""

from __future__ import annotations

import re
from functools import cache

from archive.deferring import deferred
from archive.scripts import is_spaced

# Scripts that are written without spaces: each of their characters is a word of its own, and a word that is looked for
# is a phrase of them. U+200B keeps them apart, since no text holds one: `clean_inline` takes it out.
_APART = "\u200b"
_UNSPACED = (
    "[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_LEAST_BEGINNING = 3
_MOST_BEGINNINGS = 3
_QUERY_PART = deferred(r'"([^"]*)"?|(\S+)')


def apart(text: str) -> str:
    """`text` as the search index holds it."""
    if is_spaced(text):
        return text.replace(_APART, "") if _APART in text else text
    return _unspaced().sub(f"{_APART}\\g<0>{_APART}", text.replace(_APART, "")).replace(_APART * 2, _APART)


@cache
def _unspaced() -> re.Pattern[str]:
    """Not before a text needs it: it takes long to compile."""
    return re.compile(_UNSPACED)


def together(text: str) -> str:
    """The reverse of `apart`."""
    return text.replace(_APART, "")


def match_expression(words: str) -> str:
    """What a user typed as an FTS5 expression: all words, each as a phrase; `"quoted"` is one phrase, `word*` a
    beginning. Nothing in it is taken as the engine's own syntax; "" if it holds no word.

    A beginning has three letters or more, one where a script writes no spaces, and there are three of them at most:
    others are taken as whole words, since the engine gathers every word that begins so.
    """
    phrases: dict[str, None] = {}
    beginnings = 0
    for quoted, word in _QUERY_PART.findall(words.replace("\0", " ")):
        text = quoted or word
        begins = bool(word) and text.endswith("*") and beginnings < _MOST_BEGINNINGS and _is_long(text)
        beginnings += begins
        text = text.replace('"', " ")
        if any(character.isalnum() for character in text):
            phrases[f'"{apart(text)}"' + ("*" if begins else "")] = None
    return " AND ".join(phrases)


def _is_long(text: str) -> bool:
    """Whether not too many words begin so: the last run of letters counts, which is what the engine completes."""
    end = re.split(r"[^\w]", text.rstrip("*"))[-1]
    return len(end) >= _LEAST_BEGINNING or (not end.isascii() and _unspaced().search(end) is not None)


def surrogate_free(text: str) -> str:
    """Half surrogate pairs cannot be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")
