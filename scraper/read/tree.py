"""One parse of a page, and small questions to its tree.

Nodes are lxml elements; lxml has no types of its own, so `Node` is Any.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from scraper.read.vocabulary import deferred, words

Node = Any

# What libxml2 refuses or stops at, though browsers read on: control characters, and two that are none, in UTF-8.
_CONTROLS = bytes((*range(9), 11, *range(14, 32)))
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
# libxml2 drops what follows the first end of the document; browsers read on.
_EARLY_END = re.compile(rb"</(?:body|html)[ \t\r\n]{0,20}>", re.IGNORECASE)
_BEFORE = "\ufeff \t\r\n\f\ufffe\uffff" + _CONTROLS.decode()
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
    markup = text.lstrip(_BEFORE).encode("utf-8", "replace").translate(None, _CONTROLS)
    for broken in _NO_CHARACTERS:
        markup = markup.replace(broken, b"")
    markup = _EARLY_END.sub(b"", markup).lstrip()
    if not markup:
        return None
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_CLASSES)
    try:
        return document_fromstring(markup, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


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


def is_hidden(node: Node) -> bool:
    """Whether the markup itself says that the element is not shown."""
    if node.get("hidden") is not None or node.get("aria-hidden") == "true":
        return True
    style = node.get("style")
    return bool(style) and _HIDING.search(style[:500]) is not None


_HIDING = deferred(r"(?:^|;)\s{0,9}(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)", re.I)


def key_of(text: str) -> str:
    """Letters and digits alone, case folded: for comparing texts whatever their spacing and punctuation."""
    if text.isascii():
        return text.encode().translate(_LOWERED, _NO_LETTER).decode()
    return _NO_LETTERS.sub("", text).casefold()


_NO_LETTER = bytes(code for code in range(128) if not chr(code).isalnum())
_LOWERED = bytes(range(256)).lower()
_NO_LETTERS = deferred(r"[\W_]+")


def size_of(text: str) -> int:
    """How much a text says, in letters of an alphabet: a character of a script without spaces counts for several."""
    return len(text) if text.isascii() else len(text) + 2 * len(_DENSE.findall(text))


_DENSE = deferred("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uff10-\uff19]")
