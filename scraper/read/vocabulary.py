"""Long lists of words, wrapped in the source and whole in the patterns made of them."""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def ordered(text: str) -> tuple[str, ...]:
    """The words of a text in their order."""
    return tuple(text.split())


def joined(text: str) -> str:
    """Lines of a pattern as one: each line ends where it begins anew, without the white space between."""
    return "".join(line.strip() for line in text.splitlines())


def named(text: str) -> re.Pattern[str]:
    """Finds a name in a label (`tree.label`): lower-case words with one space around each; `|` parts the names."""
    return re.compile(f" (?:{joined(text)})(?= )")


def wording(text: str, end: str = "") -> re.Pattern[str]:
    """Matches a wording whatever its case, from where the text begins; `end` is what must follow."""
    return re.compile(f"(?:{joined(text)}){end}", re.IGNORECASE)
