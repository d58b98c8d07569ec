"""Captions and credits of pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.inline import clean_inline
from scraper.read.styling import styled
from scraper.read.tree import INLINE, Node, label, tag_of, text_of
from scraper.read.vocabulary import joined, named, wording

_CREDIT = named(
    """
    credit|credits|copyright|copyrights|copyright holder|photographer|photographers|photo credit|image credit|source
    |sources|attribution|agency|agencies|rights|rightsholder|byline|author|creator|credittext|copyrightholder|fotograf
    |fotografo|bildquelle|quelle|bildnachweis|creditline|provider|courtesy|signature|credito|creditos|crediti|bildrechte
    |fotocredit|photographe|fuente|fonte
    """
)
_CAPTION = named(
    "caption|captions|caption text|figcaption|description|legend|legende|bildunterschrift|text|title|cutline"
)
_BESIDE = named("credit|credits|creditline|bildnachweis|bildquelle|fotograf|fotografo|photographer|credito|crediti")
"""Narrower than `_CREDIT`: what follows a picture and is named "author" may be the article's."""
_LABEL = wording(
    r"""
    (?:
    (?:photo(?:graph)?|image|picture|pic|foto|fotos|fotografía|imagen|imagem|immagine|bild|kuva|illustration|graphic
    |grafik|video|screenshot|still|fot)s?\.?
    (?:\s{0,3}(?:credits?|source|courtesy|copyright|quelle|crédito))?
    (?:\s{0,3}(?:by|courtesy of|courtesy|from|via|von|de|di|par|of))?
    |credits?(?:\s(?:line|to|photo))?|source|quelle|bildquelle|fuente|fonte|copyright|crédits?(?:\sphotos?)?
    |créditos?
    |courtesy(?: of)?|사진(?:\s?(?:출처|제공))?|写真|図|摄影|图
    )\s{0,3}[:：=／]\s{0,3}
    |(?:photo|photograph|picture|image|foto)s?(?:\s{0,3}credit)?\s{1,3}(?:by|courtesy of|von)\s{1,3}
    |©\s{0,3}|\(c\)\s{0,3}|fot\.\s{1,3}
    """
)
_AT_LABEL = re.compile(rf"\A(?:{_LABEL.pattern})", re.IGNORECASE)
_AGENCY = re.compile(
    joined(
        r"""
        \b(?:AP|AFP|Reuters|Getty(?: Images)?|EPA|EFE|ANSA|dpa|TASS|Xinhua|PTI|ANI|Shutterstock|iStock|Alamy|Bloomberg
        |UPI|Imago|picture alliance|Keystone|Unsplash|Pexels|Pixabay|Adobe Stock|Wikimedia(?: Commons)?|Flickr
        |PA Wire|PA
        |NTB|TT|Scanpix|Ritzau|LaPresse|Anadolu|AA|Sipa|Belga|CTK|PAP|MTI|NASA)\b
        |ＡＰ|ＡＦＰ|ロイター|共同|時事|연합뉴스|뉴시스|뉴스1|新华社
        """
    )
)
_CREDITING = re.compile(
    r"撮影|提供|사진|摄|攝|供图|供圖|\b(?:photo|foto|courtesy|picture|image|credit|source|file|handout|archive|archiv)\b|©|\bvia\b",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\s{0,3}[(\[（［【〔]\s{0,3}([^()\[\]（）［］【】〔〕]{1,140})[)\]）］】〕]\s{0,3}\.?\Z")
_ENDED = re.compile(r"(?:(?<![A-Z])\.|[!?…。”\"»)])['’]?(?=\s|\Z)")
_TWO_NAMES = re.compile(r"\A[^\W\d_][^/]{2,60}[^\W\d_.]\s?/\s?(?=[^\W\d_])(?-i:[^a-z])[^/]{2,60}\Z")
_BARRED = re.compile(r"\s{1,3}[|–—•·]\s{1,3}([^|–—•·]{2,90})\Z|\s{0,3}[＝=]\s{0,3}([^＝=、。]{1,20})\Z")
_ENDS_IN_AGENCY = re.compile(rf"(?:{_AGENCY.pattern})\Z")
_SHORTENED = re.compile(r"\b(?:[A-Z]|Jr|Sr|Inc|Ltd|Co|Corp|Bros)\.\Z")
_NAME = re.compile(
    r"(?:[^\W\d_a-z][\w'’-]{0,30}\.?)(?:\s(?:de|da|dos|del|di|la|le|van|von|der|den|al|bin|[^\W\d_a-z][\w'’-]{0,30})){1,4}\Z"
)
_MAX_CREDIT = 140


@dataclass(frozen=True, slots=True)
class Picture:
    caption: str | None = None
    credit: str | None = None


def picture(node: Node, base: str = "") -> Picture:
    """Caption and credit of a figure; `base` is what links in the caption are relative to."""
    place = _caption_node(node)
    whole = clean_inline(text_of(place)) if place is not None else ""
    names: list[str] = []
    for found in _credit_nodes(node, place):
        name = clean_inline(text_of(found))
        if not name or len(name) > _MAX_CREDIT or name in names:
            continue
        at = whole.rfind(name)
        if at >= 0:
            whole = clean_inline(whole[:at] + " " + whole[at + len(name) :])
        names.append(name)
    credit = " / ".join(dict.fromkeys(filter(None, map(clean_credit, names))))
    whole = _tidied(whole)
    if not credit and whole:
        whole, found_credit = split_credit(whole)
        credit = found_credit or ""
    if _LABEL.fullmatch(whole + ":") or _LABEL.fullmatch(whole):
        whole = ""
    if whole and place is not None:
        whole = styled(place, whole, base)
    return Picture(whole or None, credit or None)


def _caption_node(node: Node) -> Node | None:
    if tag_of(node) == "figcaption":
        return node
    found = next((n for n in node.iter("figcaption") if text_of(n)), None)
    if found is not None:
        return found
    named = [n for n in node.iterdescendants() if tag_of(n) and _CAPTION.search(label(n)) and text_of(n)]
    return named[0] if named else node


def _credit_nodes(node: Node, place: Node | None) -> list[Node]:
    """The elements that hold the credit: those named so, else the last of several parts of the caption."""
    named = [n for n in node.iterdescendants() if tag_of(n) and n is not place and _is_credit(n)]
    named = [n for n in named if not any(a in named for a in n.iterancestors())]
    if named or place is None:
        return named
    beside = node.getnext()
    if beside is not None and tag_of(beside) and _BESIDE.search(label(beside)) and not (node.tail or "").strip():
        return [beside]
    parts = _parts(place)
    if len(parts) < 2:
        return []
    last, before = text_of(parts[-1]), text_of(parts[-2])
    if not 2 <= len(last) <= 80 or len(last.split()) > 9 or (len(last) > 30 and last.endswith((".", "。", "!", "?"))):
        return []
    marked = _AGENCY.search(last) or _LABEL.match(last) or "/" in last or "©" in last or _is_set_off_name(parts[-1])
    follows = len(before) > len(last) and before.endswith((".", "!", "?", "”", '"', "。", "…"))
    return [parts[-1]] if marked or follows else []


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
    if (last.tail or "").strip() or last.tag not in INLINE or last.tag in ("a", "b", "strong"):
        return False
    text = text_of(last)
    return _AGENCY.search(text) is not None or _LABEL.match(text) is not None or _is_set_off_name(last)


def _is_set_off_name(last: Node) -> bool:
    """Whether an element that ends a caption is set off from a whole sentence before it and reads as a name."""
    previous = last.getprevious()
    before = (previous.tail if previous is not None else last.getparent().text) or ""
    broken = previous is not None and tag_of(previous) == "br" and not before.strip()
    if last.tag not in ("small", "span", "em", "i") or not (broken or before.rstrip().endswith((".", "!", "?", "”"))):
        return False
    return _NAME.match(text_of(last)) is not None


def _is_credit(node: Node) -> bool:
    """A `cite`, or what is named a credit: the later of two names counts ("caption author" is no caption)."""
    if tag_of(node) == "cite":
        return True
    name = label(node)
    if not name:
        return False
    credit = max((m.end() for m in _CREDIT.finditer(name)), default=0)
    return credit > max((m.end() for m in _CAPTION.finditer(name)), default=0)


def clean_credit(credit: str) -> str:
    """The name alone: "Photo: A / B" gives "A / B"."""
    credit = _stripped(credit)
    match = _LABEL.match(credit)
    if match:
        credit = credit[match.end() :]
    credit = _stripped(credit.removeprefix("©"))
    ended = credit.endswith(".") and credit.count(".") == 1 and len(credit) > 4
    return credit[:-1] if ended and not _SHORTENED.search(credit) else credit


def _stripped(credit: str) -> str:
    credit = credit.strip(" |/–—-:;,•·")
    pairs = ("()", "[]", "（）", "［］", "【】")
    while len(credit) > 2 and any(credit[0] == p[0] and credit[-1] == p[1] for p in pairs):
        credit = credit[1:-1].strip(" |/–—-:")
    return credit


def _tidied(caption: str) -> str:
    caption = caption.strip(" |/–—-•·")
    return re.sub(r"\s{0,3}(?:\(\s{0,3}\)|\[\s{0,3}\]|（\s{0,3}）)\s{0,3}\Z", "", caption)


def split_credit(caption: str) -> tuple[str, str | None]:
    """Caption and credit of a caption that holds both."""
    match = _BRACKETED.search(caption)
    if match and any(told.search(match.group(1)) for told in (_AT_LABEL, _AGENCY, _CREDITING, _TWO_NAMES)):
        return caption[: match.start()].rstrip(), clean_credit(match.group(1)) or None
    labelled = [m for m in _LABEL.finditer(caption) if m.start() == 0 or not caption[m.start() - 1].isalnum()]
    if labelled:
        last = labelled[-1]
        rest = caption[last.end() :]
        if 0 < len(rest) <= 100 and (last.start() > 0 or len(caption) < 90) and not _ENDED.search(rest[:-1]):
            return _tidied(caption[: last.start()].rstrip(" (|/–—-,;[")), clean_credit(rest) or None
    match = _BARRED.search(caption)
    if match:
        name = match.group(1) or match.group(2)
        if _AGENCY.search(name) or _CREDITING.search(name):
            return caption[: match.start()].rstrip(), clean_credit(name)
    ends = list(_ENDED.finditer(caption))
    if ends:
        rest = caption[ends[-1].end() :].strip()
        if 1 < len(rest) <= 80 and (_AGENCY.search(rest) or "/" in rest):
            return caption[: ends[-1].end()].rstrip(), clean_credit(rest)
    if len(caption) < 50 and len(caption.split()) <= 5 and _ENDS_IN_AGENCY.search(caption):
        return "", clean_credit(caption)
    return caption, None
