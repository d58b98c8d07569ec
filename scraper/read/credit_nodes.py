"""Which element of a picture holds its credit."""

from __future__ import annotations

from archive.deferring import deferred
from scraper.read.credit_words import AGENCY
from scraper.read.credits import clean_credit, is_crediting, is_label, is_name, label_end, split_credit
from scraper.read.tree import INLINE, NEVER, Node, label, tag_of, text_of, words_of
from scraper.read.vocabulary import named

CREDIT = named(
    r"""
    [a-z]{0,12}credits?|[a-z]{0,12}copyrights?|copyright holder|copyright notice|credit text|photographers?|photog
    |photo by|sources?|attribution|agency|agencies|rights|rightsholder|byline|authors?|creator|credittext
    |copyrightholder|copyrightnotice|creditline|fotografo?s?|fotografin|bildquelle|quelle|bildnachweis|bildrechte|urheber|provider
    |courtesy
    |signature|credito|creditos|crediti|fotocredit|photographe|fuente|fonte|fonti|firma|autor|auteur|autore|auteurs|agence
    |agencia|fotoautor|zdroj|zrodlo|forras|izvor|kilde|kalla|bron|lahde|kuvaaja|fotograaf|foto author|license|licence
    |lizenz|by|owner|holder|attrib|artist
    """
)
CAPTION = named(
    """
    caption|captions|caption text|captiontext|figcaption|imagecaption|photocaption|legend|legende|bildunterschrift
    |bildtext|cutline|piedefoto|piefoto|legenda|didascalia|epigrafe|bijschrift|onderschrift|bildetekst|billedtekst|kuvateksti
    |popisek
    """
)
_BESIDE = named(
    """
    [a-z]{0,12}credits?|creditline|copyright|bildnachweis|bildquelle|fotograf|fotografo|photographer|credito|creditos
    |crediti|caption source|image source|photo source|photo author|image author
    """
)
"""Narrower than `CREDIT`: what follows a picture and is named "author" may be the article's."""
_DASHES = ("– ", "— ", "- ", "| ", "/ ", "• ", "· ", "(", "[", "© ")
_ENDS = (".", "!", "?", "”", "|", "–", "/", "—", "·", "•", "。", "…")
_HANDLE = deferred(r"@[\w.]{2,40}|[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,20}){1,2}\Z")
_ENDS_IN_CAPTION = deferred(r" (?:fig)?captions? \Z")
_MAX_CREDIT = 140


def credit_in(node: Node, place: Node) -> str | None:
    """The credit that stands in an element beside its caption."""
    for found in node.iterdescendants():
        if (
            tag_of(found) in ("", *NEVER)
            or found is place
            or place in found.iterancestors()
            or found in place.iterancestors()
        ):
            continue
        shown = text_of(found)
        if shown and len(shown) <= _MAX_CREDIT and not is_label(shown) and (is_credit(found) or label_end(shown)):
            return clean_credit(shown) or None
    return None


def names_of(node: Node) -> str:
    """The element's names, those of RDFa too."""
    stated = node.get("property")
    return label(node) + words_of(stated) if stated else label(node)


def credit_nodes(node: Node, place: Node | None) -> list[Node]:
    """The elements that hold the credit: those named so, else the last of several parts of the caption."""
    named = [n for n in node.iterdescendants() if tag_of(n) not in ("", *NEVER) and n is not place and is_credit(n)]
    named = [n for n in named if text_of(n) and not _holds_more(n, place)]
    named = [n for n in named if not any(a in named for a in n.iterancestors())]
    if named or place is None:
        return named
    if place is not node and place.tag != "figcaption":
        captions = [
            n for n in node.iter("figcaption") if place not in n.iterancestors() and n not in place.iterancestors()
        ]
        captions = [n for n in captions if is_crediting(text_of(n)) and len(text_of(n)) <= _MAX_CREDIT]
        if captions:
            return captions[:1]
    beside = _beside(node)
    if beside is None:
        beside = _aside_from(node, place)
    if beside is not None:
        return [beside]
    parts = _parts(place)
    leading = _leading(place, parts)
    if leading is not None:
        return [leading]
    if len(parts) < 2 or label_end(text_of(place)):
        return []
    last, before = text_of(parts[-1]), text_of(parts[-2])
    told = split_credit(text_of(place))[1]
    if told and last != told and told.endswith(last):
        return []  # "Photo by A B / Agency", of which the last element holds but the agency.
    if not 2 <= len(last) <= 80 or len(last.split()) > 9 or (len(last) > 30 and last.endswith((".", "。", "!", "?"))):
        return []
    marked = is_crediting(last) or "/" in last or "©" in last or _is_set_off_name(parts[-1])
    marked = marked or (is_name(last) and (_is_glued(parts[-1]) or parts[-1].tag in ("span", "small", "div", "p")))
    marked = marked or (is_name(last) and parts[-2] is not place and len(before.split()) > 3)
    follows = len(before) > len(last) and before.endswith((".", "!", "?", "”", '"', "。", "…"))
    return [parts[-1]] if marked or follows else []


def _leading(place: Node, parts: list[Node]) -> Node | None:
    """The element in front of a caption that says "Photo: A B", or on a line of its own whose newspaper's it is."""
    first = parts[0] if len(parts) == 2 and parts[0] is not place else None
    if first is None and len(place) and not (place.text or "").strip():
        first = place[0] if place[0].tag in ("span", "small", "cite", "em", "i") else None
    if first is None:
        return None
    text, after = text_of(first), first.getnext()
    # A line of its own; a person's name there may be that of the one whom the picture shows.
    broken = not (first.tail or "").strip() and after is not None and tag_of(after) == "br"
    if broken and (after.tail or "").strip() and len(text) <= 60:
        return first if 0 < label_end(text) < len(text) or AGENCY.fullmatch(text) or _PAPER.fullmatch(text) else None
    labelled = 0 < label_end(text) < len(text) <= 80
    return first if labelled and (len(parts) == 2 or (first.tail or "").strip()) else None


_PAPER = deferred(r"The(?: [A-Z][\w'’-]{1,20}){1,4}")


def _holds_more(node: Node, place: Node | None) -> bool:
    """Whether an element that is named a credit holds the picture or its caption as well."""
    if next(node.iterdescendants("img", "picture", "figcaption"), None) is not None or (
        place is not None and node in place.iterancestors()
    ):
        return True
    return any(
        n is not node and CAPTION.search(label(n)) and not is_credit(n) for n in node.iterdescendants() if tag_of(n)
    )


def _beside(node: Node) -> Node | None:
    """The element behind a figure, or behind what holds it alone, that is named a credit or says but "Photo: A B"."""
    for _ in range(3):
        if (node.tail or "").strip():
            return None
        beside = node.getnext()
        while beside is not None and tag_of(beside) in ("script", "style", "noscript", "br", "meta"):
            beside = beside.getnext()
        if beside is not None:
            return beside if tag_of(beside) not in ("", *NEVER) and _says_credit(beside) else None
        parent = node.getparent()
        if parent is None or tag_of(parent) not in ("div", "a", "span", "p", "section", "td", "center"):
            return None
        if text_of(parent) != text_of(node):
            return None
        node = parent
    return None


def _says_credit(node: Node) -> bool:
    text = text_of(node)
    if not text or len(text) > _MAX_CREDIT or next(node.iter("img", "h1", "h2", "h3"), None) is not None:
        return False
    if _BESIDE.search(names_of(node)):
        return True
    labelled = 1 < label_end(text) < len(text) and len(text) <= 70 and len(clean_credit(text).split()) <= 7
    return labelled and not text.endswith(("?", "!"))


def _aside_from(node: Node, place: Node) -> Node | None:
    """The element of a figure outside its caption that reads like a credit."""
    if place is node or place.tag != "figcaption":
        return None
    for found in node.iterdescendants():
        if (
            tag_of(found) not in ("p", "div", "span", "small", "footer")
            or found in place.iterancestors()
            or place in found.iterancestors()
        ):
            continue
        text = text_of(found)
        told = found.tag == "footer" or is_crediting(text) or is_name(text)
        if text and len(text) <= 80 and told and next(found.iter("img"), None) is None:
            return found
    return None


def _parts(place: Node) -> list[Node]:
    """The caption's parts where it consists of elements alone; looked for inside a lone wrapper too."""
    for _ in range(4):
        children = [child for child in place if tag_of(child) and text_of(child)]
        if (place.text or "").strip() or any((child.tail or "").strip() for child in place):
            return [place, children[-1]] if children and _ends_in_credit(children[-1]) else []
        if len(children) != 1:
            return children
        place = children[0]
    return []


def _ends_in_credit(last: Node) -> bool:
    """Whether the element that ends a line of text reads like a credit."""
    if (last.tail or "").strip() or last.tag not in (*INLINE, "p", "div"):
        return False
    text = text_of(last)
    if _is_glued(last) and (is_name(text) or is_crediting(text)):
        return True
    if last.tag in ("b", "strong"):
        return False
    if last.tag == "a":
        return is_crediting(text) and len(text.split()) < 8 and _before(last).rstrip().endswith(_ENDS)
    if last.tag in ("span", "small", "div", "p") and is_name(text) and len(_before(last).split()) > 2:
        return True
    return is_crediting(text) or _is_set_off_name(last) or (text.startswith(_DASHES) and len(text) <= 80)


def _is_glued(last: Node) -> bool:
    """Whether no space parts an element from the text before it, as where style sheets set it on a line of its own."""
    previous = last.getprevious()
    before = (previous.tail or text_of(previous)) if previous is not None else last.getparent().text
    return bool(before) and before[-1].isalnum() and text_of(last)[:1].isupper()


def _before(last: Node) -> str:
    """The text between an element and the one before it; "" too where that one directly precedes it."""
    previous = last.getprevious()
    return str((previous.tail if previous is not None else last.getparent().text) or "")


def _is_set_off_name(last: Node) -> bool:
    """Whether an element that ends a caption is set off from a whole sentence before it and reads as a name."""
    previous, before = last.getprevious(), _before(last)
    broken = previous is not None and tag_of(previous) == "br" and not before.strip()
    if last.tag not in ("small", "span", "em", "i", "p", "div") or not (broken or before.rstrip().endswith(_ENDS)):
        return False
    text = text_of(last)
    return is_name(text) or _HANDLE.match(text) is not None or (" via " in text and is_name(text.partition(" via ")[0]))


def is_credit(node: Node) -> bool:
    """A `cite`, or what is named a credit: the later of two names counts ("caption author" is no caption).

    Of one class for captions and one for credits only the text can tell.
    """
    if tag_of(node) == "cite":
        return True
    name = names_of(node)
    if not name:
        return False
    credit = max((m.end() for m in CREDIT.finditer(name)), default=0)
    if credit <= max((m.end() for m in CAPTION.finditer(name)), default=0):
        return False
    if any(_ENDS_IN_CAPTION.search(words_of(token)) for token in (node.get("class") or "").split()):
        shown = text_of(node)
        return is_crediting(shown) or is_name(shown)
    return True
