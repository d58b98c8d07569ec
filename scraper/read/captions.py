"""Captions and credits of pictures."""

from __future__ import annotations

import re

from msgspec import Struct

from archive.deferring import deferred
from archive.inline import clean_inline
from scraper.read import prompts
from scraper.read.credit_nodes import CAPTION, CREDIT, credit_nodes, is_credit, names_of
from scraper.read.credits import (
    clean_credit,
    is_crediting,
    is_label,
    split_credit,
    tidied,
    unlabelled,
)
from scraper.read.styling import styled
from scraper.read.tree import NEVER, Node, label, tag_of, text_of
from scraper.read.vocabulary import joined, named

_CAPTION = named(
    """
    caption|captions|caption text|captiontext|figcaption|figure caption|imagecaption|photocaption|legend|legende
    |bildunterschrift|bildtext|cutline|pie de foto|piedefoto|piefoto|legenda|didascalia|epigrafe|bijschrift|onderschrift
    |bildetekst|billedtekst|kuvateksti|popisek|podpis|opis|aciklama|desc|description|text|title|info|alt
    """
)
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
_OPENING = deferred(
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
_CLOSING = deferred(
    r"\s{0,2}[|•·]?\s{0,2}(?:(?:hide|toggle|show) caption|enlarge(?: this)?(?: image)?|read more|拡大する?|view gallery"
    r"|bild vergrößern|agrandir(?: l'image)?|ampliar(?: foto| imagen)?|zoom|click to enlarge|vis (?:mer|mindre)"
    r"|show (?:more|less)|mehr anzeigen"
    r"|ver más|leer más|lue lisää|visa mer|×)\Z",
    re.IGNORECASE,
)
_NO_CAPTION = deferred(r"(?:powered by|advertisement|anzeige|photo|image|video|loading\W*|play video)\Z", re.IGNORECASE)
_MAX_CREDIT = 140
_STATED_CREDIT = deferred(
    r"data-(?:[a-z]{1,9}-){0,2}(?:credits?|photocredit|creditline|copyright|photographer|attribution)\Z"
)
_STATED_CAPTION = deferred(r"data-(?:[a-z]{1,9}-){0,2}(?:captions?|caption-text)\Z")


class Picture(Struct, frozen=True):
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
    for found in credit_nodes(node, place):
        name = clean_inline(text_of(found))
        if not name or len(name) > _MAX_CREDIT or is_label(name):
            continue
        whole = _without(whole, name, inside=place is not None and (found is place or place in found.iterancestors()))
        if name not in names:
            names.append(name)
    cleaned = list(dict.fromkeys(filter(None, map(clean_credit, names))))
    credit = " / ".join(n for n in cleaned if not any(n != other and n in other for other in cleaned))
    if whole:
        whole, credit = _parted(whole, credit)
    if whole and place is not None:
        whole = styled(place, whole, base)
    if not whole or not credit:
        return _completed(node, whole, credit)
    return Picture(whole, credit)


def _parted(whole: str, credit: str) -> tuple[str, str]:
    """The caption that is left of a text, and the credit: the one that is known already, or that of the text."""
    whole = _halved(_CLOSING.sub("", _OPENING.sub("", tidied(whole), count=1)))
    if credit:
        whole = unlabelled(whole)
    elif whole:
        whole, found = split_credit(whole)
        credit = found or ""
    whole = tidied(whole)
    # What stands in the place of a film until the reader lets it in is none either.
    if (is_label(whole) and not whole.endswith(".")) or _NO_CAPTION.match(whole) or prompts.SURE.match(whole):
        whole = ""
    return whole, credit


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
    if _UNSEEN.search(name) is None or CAPTION.search(name) or CREDIT.search(name):
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
        stated = [m.get("content") for m in node.iter("meta") if is_credit(m)]
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


def is_captioned(node: Node, *, surely: bool = True) -> bool:
    """Whether an element in this one is named a caption and holds text; else whether one's name lets that be."""
    names = CAPTION if surely else _CAPTION
    return any(names.search(names_of(n)) and text_of(n) for n in node.iterdescendants() if tag_of(n) not in ("", "img"))


def _caption_node(node: Node) -> Node | None:
    if tag_of(node) == "figcaption":
        return node
    found = next((n for n in node.iter("figcaption") if text_of(n) and not is_credit(n)), None)
    if found is not None and not is_crediting(text_of(found)):
        return found
    named = [n for n in node.iterdescendants() if tag_of(n) not in ("", "img") and CAPTION.search(names_of(n))]
    named += [n for n in node.iterdescendants() if tag_of(n) not in ("", "img") and _CAPTION.search(names_of(n))]
    named = [n for n in named if text_of(n) and not is_credit(n)]
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
    return None if found is None or is_credit(found) else found
