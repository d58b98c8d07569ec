"""Emphasis and links of a text that was found as plain words: a caption, once its credit is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from scraper.read.inline import Run, Style, markdown, visible
from scraper.read.tree import NEVER, Node, tag_of

_MARKERS = {"em": "i", "i": "i", "cite": "i", "code": "c", "b": "b", "strong": "b"}
_MAX_LENGTH = 5000


def styled(place: Node, words: str, base: str) -> str:
    """`words`, which stand somewhere in `place`, with the emphasis and links that the page gives them there.

    Emphasis of the whole is left out: it is only how the publisher sets such texts. So is bold at the end, which the
    format keeps for the credit. Words that cannot be found again come back as they are.
    """
    runs = list(_runs(place, ()))
    if not words or len(words) > _MAX_LENGTH or not any(style for style, _ in runs):
        return words
    letters: list[tuple[str, Style]] = []
    for style, text in runs:
        for letter in visible(text):
            if letter != " " or (letters and letters[-1][0] != " "):
                letters.append((letter, style))
    at = "".join(letter for letter, _ in letters).find(words)
    if at < 0:
        return words
    found = letters[at : at + len(words)]
    if len({style for letter, style in found if letter != " "}) == 1 and not any(
        isinstance(m, tuple) for m in found[0][1]
    ):
        return words
    if "b" in found[-1][1]:
        found = [(letter, tuple(marker for marker in style if marker != "b")) for letter, style in found]
    parts = groupby(found, key=lambda pair: pair[1])
    return markdown([(style, "".join(letter for letter, _ in pairs)) for style, pairs in parts], base)


def _runs(node: Node, style: Style) -> Iterator[Run]:
    if node.text:
        yield style, node.text
    for number, child in enumerate(node):
        tag = tag_of(child)
        if tag and tag not in NEVER:
            yield from _runs(child, (*style, *_marker(child, tag, number, style)))
        if tag == "br":
            yield style, " "
        if child.tail:
            yield style, child.tail


def _marker(node: Node, tag: str, number: int, style: Style) -> Style:
    if tag == "a" and node.get("href") and not any(isinstance(marker, tuple) for marker in style):
        return (("a", node.get("href"), number),)
    marker = _MARKERS.get(tag)
    return (marker,) if marker and marker not in style else ()
