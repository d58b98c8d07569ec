"""Captions and credits of pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.inline import clean_inline
from scraper.read.credits import (
    clean_credit,
    is_crediting,
    is_label,
    is_name,
    label_end,
    split_credit,
    tidied,
    unlabelled,
)
from scraper.read.styling import styled
from scraper.read.tree import INLINE, NEVER, Node, label, tag_of, text_of, words_of
from scraper.read.vocabulary import joined, named

_CREDIT = named(
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
_CAPTION = named(
    """
    caption|captions|caption text|captiontext|figcaption|figure caption|imagecaption|photocaption|legend|legende
    |bildunterschrift|bildtext|cutline|pie de foto|piedefoto|piefoto|legenda|didascalia|epigrafe|bijschrift|onderschrift
    |bildetekst|billedtekst|kuvateksti|popisek|podpis|opis|aciklama|desc|description|text|title|info|alt
    """
)
_SURELY = named(
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
"""Narrower than `_CREDIT`: what follows a picture and is named "author" may be the article's."""
_UNSEEN = named(
    r"""
    sr only|visually ?hidden|screen ?reader[a-z]{0,5}|assistive|a11y|is blind|blind|offscreen|off screen|hide text
    |hidden text
    |[a-z]{0,9}count|[a-z]{0,9}counter|slide number|pagination|pager|zoom|enlarge|lupe|expand|fullscreen|icon|share
    |sharing|social|toggle|buy|download|button|btn|read more|show more|tooltip
    """
)
"""What is put into a caption that is no part of it: counters, buttons, words for screen readers."""
_TOGGLE = named("(?:toggle|hide|show|expand|open|close|more|enlarge) [a-z]{0,9}|[a-z]{0,9} (?:toggle|button|btn)")
_CONTROLS = ("button", "select", "form", "nav")
_OPENING = re.compile(
    joined(
        r"""
        (?:(?:image|photo|picture|bild|foto|imagen|imagem|slide)\s)?\d{1,3}\s?(?:of|/|von|de|sur|di|av|z|из)\s?\d{1,3}
        (?=\s?[|:.•·–-]|\s?(?-i:[^\W\d_a-z]))\s{0,2}[|:.•·–-]?\s{0,2}
        |(?:image|photo|picture)\scaption\s?[,:]\s{0,2}|caption\s?:\s{1,2}|bildunterschrift\s?:\s{0,2}|légende\s?:\s{0,2}
        |(?:pie de foto|leyenda de la foto|légende image|legenda da foto|подпись к фото|підпис до фото|keterangan gambar
        |chú thích hình ảnh|chú thích ảnh|resim yazısı|fotoğraf altı yazısı|maelezo ya picha|画像説明|图像加注文字
        |圖像加註文字
        |사진 설명|التعليق على الصورة|توضیح تصویر|تصویر کا کیپشن|इमेज कैप्शन|ছবির ক্যাপশান|படக்குறிப்பு)\s?[,:،，、]\s{0,2}
        |open image in gallery|(?:bild|foto|image) (?:vergrößern|in lightbox öffnen|modal)|click to (?:enlarge|expand)
        """
    ),
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s{0,2}[|•·]?\s{0,2}(?:(?:hide|toggle|show) caption|enlarge(?: this)?(?: image)?|read more|拡大する?|view gallery"
    r"|bild vergrößern|agrandir(?: l'image)?|ampliar(?: foto| imagen)?|zoom|click to enlarge|vis (?:mer|mindre)|show (?:more|less)|mehr anzeigen"
    r"|ver más|leer más|lue lisää|visa mer|×)\Z",
    re.IGNORECASE,
)
_NO_CAPTION = re.compile(
    r"(?:powered by|advertisement|anzeige|photo|image|video|loading\W*|play video)\Z", re.IGNORECASE
)
_MAX_CREDIT = 140
_STATED_CREDIT = re.compile(
    r"data-(?:[a-z]{1,9}-){0,2}(?:credits?|photocredit|creditline|copyright|photographer|attribution)\Z"
)
_STATED_CAPTION = re.compile(r"data-(?:[a-z]{1,9}-){0,2}(?:captions?|caption-text)\Z")


@dataclass(frozen=True, slots=True)
class Picture:
    caption: str | None = None
    credit: str | None = None


def picture(node: Node, base: str = "") -> Picture:
    """Caption and credit of a figure; `base` is what links in the caption are relative to.

    Takes buttons, counters and words for screen readers out of the figure.
    """
    _clear(node)
    place = _caption_node(node)
    whole = clean_inline(text_of(place)) if place is not None else ""
    names: list[str] = []
    for found in _credit_nodes(node, place):
        name = clean_inline(text_of(found))
        if not name or len(name) > _MAX_CREDIT or is_label(name):
            continue
        whole = _without(whole, name, inside=place is not None and (found is place or place in found.iterancestors()))
        if name not in names:
            names.append(name)
    cleaned = list(dict.fromkeys(filter(None, map(clean_credit, names))))
    credit = " / ".join(n for n in cleaned if not any(n != other and n in other for other in cleaned))
    whole = _halved(_CLOSING.sub("", _OPENING.sub("", tidied(whole), count=1)))
    if credit:
        whole = unlabelled(whole)
    elif whole:
        whole, found_credit = split_credit(whole)
        credit = found_credit or ""
    whole = tidied(whole)
    if (is_label(whole) and not whole.endswith(".")) or _NO_CAPTION.match(whole):
        whole = ""
    if whole and place is not None:
        whole = styled(place, whole, base)
    if not whole or not credit:
        return _completed(node, whole, credit)
    return Picture(whole, credit)


def _clear(node: Node) -> None:
    for found in list(node.iterdescendants()):
        tag = tag_of(found)
        if tag and tag not in NEVER and found.getparent() is not None and _is_unseen(found, tag):
            found.drop_tree()


def _is_unseen(node: Node, tag: str) -> bool:
    if tag in _CONTROLS or node.get("role") == "button" or node.get("hidden") is not None:
        return True
    name = label(node)
    if not name:
        return False
    if _TOGGLE.search(name) and len(text_of(node)) < 30:
        return True
    if _UNSEEN.search(name) is None or _SURELY.search(name) or _CREDIT.search(name):
        return False
    return next(node.iter("img", "figcaption"), None) is None and len(text_of(node)) < 60


def _without(whole: str, name: str, *, inside: bool) -> str:
    """A caption without the credit that stands in it; one that stands beside it may be said in it too."""
    at = whole.rfind(name)
    if at < 0 or (not inside and at + len(name) < len(whole.rstrip(" .)"))):
        return whole
    return clean_inline(whole[:at] + " " + whole[at + len(name) :])


def _halved(caption: str) -> str:
    """A caption once that the page has twice, for narrow and for wide screens."""
    half = len(caption) // 2
    return caption[:half] if half > 8 and caption[:half].strip() == caption[half:].strip() else caption


def _completed(node: Node, caption: str, credit: str) -> Picture:
    """What the figure's attributes and `meta` elements say, where nothing else does."""
    images = [node, *node.iter("img", "a", "amp-img", "picture")]
    if not credit:
        stated = [m.get("content") for m in node.iter("meta") if _is_credit(m)]
        stated += [v for image in images for name, v in image.items() if _STATED_CREDIT.match(name)]
        found = next((c for s in stated if s and (c := clean_credit(clean_inline(s))) and not c.isdigit()), "")
        credit = found if len(found) <= _MAX_CREDIT and "<" not in found and "://" not in found else ""
    if not caption:
        stated = [v for image in images for name, v in image.items() if _STATED_CAPTION.match(name)]
        # Joomla shows the title of a picture of this class below it.
        stated += [i.get("title") for i in images if i.tag == "img" and "caption" in (i.get("class") or "").split()]
        found = next((clean_inline(s) for s in stated if s and "<" not in s and len(s) < 1500), "")
        caption, named_credit = split_credit(found) if found else ("", None)
        credit = credit or named_credit or ""
    return Picture(caption or None, credit or None)


def is_captioned(node: Node) -> bool:
    """Whether an element in this one is named a caption and holds text."""
    return any(_SURELY.search(_label(n)) and text_of(n) for n in node.iterdescendants() if tag_of(n) not in ("", "img"))


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
        if shown and len(shown) <= _MAX_CREDIT and not is_label(shown) and (_is_credit(found) or label_end(shown)):
            return clean_credit(shown) or None
    return None


def _caption_node(node: Node) -> Node | None:
    if tag_of(node) == "figcaption":
        return node
    found = next((n for n in node.iter("figcaption") if text_of(n) and not _is_credit(n)), None)
    if found is not None and not is_crediting(text_of(found)):
        return found
    named = [n for n in node.iterdescendants() if tag_of(n) not in ("", "img") and _SURELY.search(_label(n))]
    named += [n for n in node.iterdescendants() if tag_of(n) not in ("", "img") and _CAPTION.search(_label(n))]
    named = [n for n in named if text_of(n) and not _is_credit(n)]
    described = _described(node)
    if described is not None:
        named.insert(0, described)
    if found is not None:
        others = [
            n for n in named if found not in n.iterancestors() and n is not found and n not in found.iterancestors()
        ]
        return others[0] if others else found
    return named[0] if named else node


def _described(node: Node) -> Node | None:
    """The element that a picture's `aria-describedby` names."""
    images = [node, *node.iter("img")]
    wanted = {name for image in images for name in (image.get("aria-describedby") or "").split()}
    if not wanted:
        return None
    found = next((n for n in node.iterdescendants() if n.get("id") in wanted and text_of(n)), None)
    return None if found is None or _is_credit(found) else found


def _label(node: Node) -> str:
    """The element's names, those of RDFa too."""
    stated = node.get("property")
    return label(node) + words_of(stated) if stated else label(node)


def _credit_nodes(node: Node, place: Node | None) -> list[Node]:
    """The elements that hold the credit: those named so, else the last of several parts of the caption."""
    named = [n for n in node.iterdescendants() if tag_of(n) not in ("", *NEVER) and n is not place and _is_credit(n)]
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
    if not 2 <= len(last) <= 80 or len(last.split()) > 9 or (len(last) > 30 and last.endswith((".", "。", "!", "?"))):
        return []
    marked = is_crediting(last) or "/" in last or "©" in last or _is_set_off_name(parts[-1])
    marked = marked or (is_name(last) and (_is_glued(parts[-1]) or parts[-1].tag in ("span", "small", "div", "p")))
    marked = marked or (is_name(last) and parts[-2] is not place and len(before.split()) > 3)
    follows = len(before) > len(last) and before.endswith((".", "!", "?", "”", '"', "。", "…"))
    return [parts[-1]] if marked or follows else []


def _leading(place: Node, parts: list[Node]) -> Node | None:
    """The element in front of a caption that says "Photo: A B"."""
    first = parts[0] if len(parts) == 2 and parts[0] is not place else None
    if first is None and len(place) and not (place.text or "").strip() and (place[0].tail or "").strip():
        first = place[0] if place[0].tag in ("span", "small", "cite", "em", "i") else None
    text = text_of(first) if first is not None else ""
    return first if 0 < label_end(text) < len(text) <= 80 else None


def _holds_more(node: Node, place: Node | None) -> bool:
    """Whether an element that is named a credit holds the picture or its caption as well."""
    if next(node.iterdescendants("img", "picture", "figcaption"), None) is not None or (
        place is not None and node in place.iterancestors()
    ):
        return True
    return any(
        n is not node and _SURELY.search(label(n)) and not _is_credit(n) for n in node.iterdescendants() if tag_of(n)
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
    if _BESIDE.search(_label(node)):
        return True
    labelled = 1 < label_end(text) < len(text) and len(text) <= 70 and len(clean_credit(text).split()) <= 7
    return labelled and not text.endswith(("?", "!"))


def _aside_from(node: Node, place: Node) -> Node | None:
    """The element of a figure outside its caption that reads like a credit."""
    if place is node or place.tag != "figcaption":
        return None
    for found in node.iterdescendants():
        if (
            tag_of(found) not in ("p", "div", "span", "small")
            or found in place.iterancestors()
            or place in found.iterancestors()
        ):
            continue
        text = text_of(found)
        if text and len(text) <= 80 and (is_crediting(text) or is_name(text)) and next(found.iter("img"), None) is None:
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


_DASHES = ("– ", "— ", "- ", "| ", "/ ", "• ", "· ", "(", "[", "© ")


def _before(last: Node) -> str:
    """The text between an element and the one before it; "" too where that one directly precedes it."""
    previous = last.getprevious()
    return str((previous.tail if previous is not None else last.getparent().text) or "")


_ENDS = (".", "!", "?", "”", "|", "–", "/", "—", "·", "•", "。", "…")


def _is_set_off_name(last: Node) -> bool:
    """Whether an element that ends a caption is set off from a whole sentence before it and reads as a name."""
    previous, before = last.getprevious(), _before(last)
    broken = previous is not None and tag_of(previous) == "br" and not before.strip()
    if last.tag not in ("small", "span", "em", "i", "p", "div") or not (broken or before.rstrip().endswith(_ENDS)):
        return False
    text = text_of(last)
    return is_name(text) or _HANDLE.match(text) is not None or (" via " in text and is_name(text.partition(" via ")[0]))


_HANDLE = re.compile(r"@[\w.]{2,40}|[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,20}){1,2}\Z")


def _is_credit(node: Node) -> bool:
    """A `cite`, or what is named a credit: the later of two names counts ("caption author" is no caption).

    Of one class for captions and one for credits only the text can tell.
    """
    if tag_of(node) == "cite":
        return True
    name = _label(node)
    if not name:
        return False
    credit = max((m.end() for m in _CREDIT.finditer(name)), default=0)
    if credit <= max((m.end() for m in _SURELY.finditer(name)), default=0):
        return False
    if any(_ENDS_IN_CAPTION.search(words_of(token)) for token in (node.get("class") or "").split()):
        shown = text_of(node)
        return is_crediting(shown) or is_name(shown)
    return True


_ENDS_IN_CAPTION = re.compile(r" (?:fig)?captions? \Z")
