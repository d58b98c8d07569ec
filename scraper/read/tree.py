"""One parse of a page, and small questions to its tree.

Nodes are lxml elements; lxml has no types of its own, so `Node` is Any.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from archive.deferring import deferred
from archive.scripts import is_spaced
from scraper.read.vocabulary import words

Node = Any

# What libxml2 refuses or stops at, though browsers read on.
_BAD_BYTES = bytes((*range(0x09), 0x0B, *range(0x0E, 0x20)))
_BAD_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_BYTE_ORDER_MARK = "\ufeff".encode()
_BLANK = b" \t\r\n\f"
# libxml2 drops what follows the first end of the document; browsers read on.
_EARLY_END = re.compile(rb"</(?:body|html)[ \t\r\n]{0,20}>", re.IGNORECASE)
_END = re.compile(rb"</(?:body|html)", re.IGNORECASE)
_CAMEL = deferred(r"(?<=[a-z0-9])(?=[A-Z])")
MAX_LABEL = 400

# One class for all elements, chosen in C: lxml.html's own choice runs in Python for each element that is touched.
_CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement)

NEVER = words(
    """
    script style template noscript head meta link title base object embed applet iframe frame frameset noframes svg math
    canvas map area audio video source track param select option optgroup datalist button input textarea img picture
    dialog menu progress meter output
    """
)
"""Elements that hold no text of the page's."""

INLINE = words(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb rp rt rtc ruby s samp
    small span strike strong sub sup time tt u var wbr
    """
)


def parse(text: str) -> Node | None:
    """The page's tree without comments and processing instructions; None for a page without markup or text.

    The parser keeps its guards: nesting is cut at 256 levels, a text node at 10 million bytes.
    """
    data = _readable(text)
    if not data:
        return None
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_CLASSES)
    try:
        return document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _readable(text: str) -> bytes:
    """The markup as UTF-8 without what libxml2 stumbles over. Bytes, since these are searched at memory's speed."""
    data = text.encode("utf-8", "replace").translate(None, _BAD_BYTES)
    if _BAD_CHARACTERS[0][:1] in data:  # a single byte is found at memory's speed
        for bad in _BAD_CHARACTERS:
            data = data.replace(bad, b"")
    ends = _END.search(data)
    first = ends.start() if ends else len(data)
    data = (data[:first] + _EARLY_END.sub(b"", data[first:])).lstrip(_BLANK)
    while data.startswith(_BYTE_ORDER_MARK):
        data = data[len(_BYTE_ORDER_MARK) :].lstrip(_BLANK)
    return data


def label(node: Node) -> str:
    """Class, id, role and the like of an element as lower-case words with a space around each: " byline author ".

    The ids of paragraphs and headings are no names: they are made from their text or by chance.
    """
    get = node.get
    names = [get("class"), get("role"), get("itemprop")]
    if node.tag not in _UNNAMED:
        names += [get("id"), get("data-testid")]
    return words_of(" ".join(filter(None, names)))


def words_of(raw: str) -> str:
    return _folded(raw[:MAX_LABEL]) if raw else ""


@lru_cache(4096)
def _folded(raw: str) -> str:
    """Pages use the same few names again and again."""
    raw = _CAMEL.sub(" ", raw).lower()
    return f" {' '.join(_SEPARATORS.sub(' ', raw).split())} "


_UNNAMED = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "a"))
_SEPARATORS = deferred(r"[^a-z0-9]+")


def tag_of(node: Node) -> str:
    """The element's name; "" for what is no element."""
    tag = node.tag
    return tag if isinstance(tag, str) else ""


def text_of(node: Node) -> str:
    """The text that a reader sees in the element, white space folded."""
    parts: list[str] = []
    if len(node) == 0:
        return " ".join((node.text or "").split()) if tag_of(node) not in NEVER else ""
    if tag_of(node) not in NEVER and _gathered(node, parts, 0):
        return " ".join("".join(parts).split())
    parts.clear()
    walk = etree.iterwalk(node, events=("start", "end"))
    for event, found in walk:
        tag = tag_of(found)
        if tag not in INLINE:
            parts.append(" ")
        if event == "start":
            if tag in NEVER:
                walk.skip_subtree()
            elif found.text:
                parts.append(found.text)
        elif found.tail and found is not node:
            parts.append(found.tail)
    return " ".join("".join(parts).split())


def _gathered(node: Node, parts: list[str], depth: int) -> bool:
    """Whether all text that is seen in the element could be gathered: not from where it lies too deep for Python."""
    if depth > _DEEPEST:
        return False
    if node.text:
        parts.append(node.text)
    for child in node:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        inline = tag in INLINE
        if not inline:
            parts.append(" ")
        if tag not in NEVER and not _gathered(child, parts, depth + 1):
            return False
        if not inline:
            parts.append(" ")
        if child.tail:
            parts.append(child.tail)
    return True


_DEEPEST = 50


def is_hidden(node: Node) -> bool:
    """Whether the markup itself says that the element is not shown."""
    if node.get("hidden") is not None or node.get("aria-hidden") == "true":
        return True
    style = node.get("style")
    return bool(style) and _HIDING.search(style[:500]) is not None


_HIDING = deferred(r"(?:^|;)\s{0,9}(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)", re.I)


def key_of(text: str) -> str:
    """Letters and digits alone, case folded: for comparing texts whatever their spacing and punctuation."""
    # Most of what goes is ASCII, and goes quickest as bytes.
    kept = text.encode("utf-8", "surrogatepass").translate(None, _NO_ASCII_LETTERS).decode("utf-8", "surrogatepass")
    if kept.isascii():
        return kept.lower()
    return (kept if kept.isalnum() else _NO_LETTERS.sub("", kept)).casefold()


_NO_LETTERS = deferred(r"[\W_]+")
_NO_ASCII_LETTERS = bytes(code for code in range(0x80) if not chr(code).isalnum())


def size_of(text: str) -> int:
    """How much a text says, in letters of an alphabet: a character of a script without spaces counts for several."""
    return len(text) if is_spaced(text) else len(text) + 2 * len(_DENSE.findall(text))


_DENSE = deferred("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uff10-\uff19]")
