"""Whose a picture is, told by the wording of its caption: labels, agencies and marks in many languages."""

from __future__ import annotations

import re

from archive.deferring import deferred
from scraper.read.credit_words import (
    AGENCIES,
    AGENCY,
    BARE,
    COLON,
    COMMA_LABEL,
    CREDITING,
    GLUED,
    LINKS,
    MARK,
    NO_NAME,
    NOUNS,
    SHORTENED,
    STOCK,
    TOKEN,
)
from scraper.read.tree import size_of

_BRACKETED = deferred(
    r"\s{0,3}(?:\(([^()]{1,140})\)|\[([^\[\]]{1,140})\]|（([^（）]{1,140})）|［([^［］]{1,140})］|【([^【】]{1,140})】"
    r"|〔([^〔〕]{1,140})〕|<([^<>]{1,140})>|〈([^〈〉]{1,140})〉)\s{0,3}[.。]?\Z"
)
_INSIDE = deferred(r"\s{0,3}[(\[（［]\s{0,3}([^()\[\]（）［］]{3,140})[)\]）］]")
_SENTENCE_END = deferred(r"(?:(?<![A-ZÀ-Þ])(?<!\b[A-Z][a-z])[.!?…]|[。！？۔؟।])[\"'’”»)\]」』]{0,2}(?=\s|\Z)|[。！？]")
_TWO_NAMES = deferred(r"\A[^\W\d_][^/]{1,60}[^\W\d_.]\.?\s?/\s?(?=[^\W\d_])(?-i:[^a-z])[^/]{1,60}\Z")
_SEPARATED = deferred(
    r"(?:\s{1,3}[|–—•·/-]{1,2}|\s?[|•·]|\s[-–—/])\s{1,3}([^|–—•·]{2,90})\Z|\s{0,3}[＝=]\s{0,3}([^＝=、。]{1,20})\Z"
)
_SLASHED = deferred(r"\s/\s?([^/|]{2,40})\Z")
_SHORTENED = deferred(r"\b(?:[A-Z]|Jr|Sr|Inc|Ltd|Co|Corp|Bros|nuotr|ml|st)\.\Z")
_PARTICLES = r"(?:de|da|dos|das|do|del|di|du|la|le|van|von|der|den|ter|ten|al|el|bin|ben|ibn|af|zu|y|e)"
_CAPITAL = r"(?:[^\W\d_a-zà-öø-ÿа-яёα-ωά-ώ][^\W\d_]?[\w'’-]{0,30}\.?)"
_NAME = deferred(rf"{_CAPITAL}(?:\s(?:{_PARTICLES}\s){{0,2}}{_CAPITAL}){{1,3}}\Z")
_UNCASED = deferred(r"[^\W\d_a-zA-ZÀ-ɏͰ-ϿЀ-ԯ]")
_NAME_AND_AGENCY = deferred(
    rf"\s((?:{_CAPITAL}\s){{1,3}}?{_CAPITAL}\s?/\s?{AGENCIES}|{AGENCIES}\s?/\s?{_CAPITAL}(?:\s{_CAPITAL}){{0,3}})\Z"
)
_OPENERS = ".!?…)]}”\"»|/–—-,;:•·(〔【［[（＝=。」』<〈、，！？।۔'’*"
_CLOSERS = ")]）］】>〉"
_MAX_CREDIT = 140
_MAX_SHORTENED = 5
_BARS = ("|", "•", "·", "/", "||", "//")
_OPENED = {"(": ")", "[": "]", "（": "）", "［": "］", "【": "】"}
_MAX_CAPTION = 5000


def is_name(text: str) -> bool:
    """Whether a text reads as a person's name in a script with capital letters."""
    return _NAME.match(text) is not None and _UNCASED.search(text) is None


def _sentences(text: str) -> list[int]:
    """Where the sentences of a text end; the dot behind "Gov" ends none."""
    found = _SENTENCE_END.finditer(text)
    return [m.end() for m in found if text[: m.start()].rpartition(" ")[2].lstrip("(").casefold() not in SHORTENED]


def are_names(text: str) -> bool:
    """Whether a text is nothing but names of people, agencies and papers, the last two in capitals."""
    parts = _AND.split(text)
    return len(text) <= _MAX_NAMES and all(
        is_name(part) or AGENCY.fullmatch(part) or (part.isupper() and len(part) > 1 and not part.isdigit())
        for part in parts
    )


_AND = deferred(r"\s?[,/&+;]\s?|\s(?:et|and|und|y|e|i|og|och|en|и)\s")
_MAX_NAMES = 80


def is_crediting(text: str) -> bool:
    """Whether a text by itself reads as a credit: it is labelled, names an agency or two names with a slash."""
    return bool(label_end(text)) or AGENCY.search(text) is not None or _TWO_NAMES.match(text) is not None


def label_end(text: str) -> int:
    """Where the label ends with which the text begins; 0 for none."""
    for pattern in (COMMA_LABEL, MARK):
        match = pattern.match(text)
        if match:
            return match.end()
    colon = COLON.search(text)
    if colon and colon.start() <= 50 and _label_start(text, colon.start()) == 0:
        return colon.end()
    match = BARE.match(text)
    return match.end() if match else 0


def is_label(text: str) -> bool:
    """Whether a text is nothing but a label."""
    return 0 < len(text) < 60 and (label_end(text + ":") > len(text) or label_end(text) == len(text))


def clean_credit(credit: str) -> str:
    """The names alone: "Photo: A / B" gives "A / B"."""
    credit = _stripped(credit)
    for _ in range(3):
        end = label_end(credit)
        if (
            not end
            or end >= len(credit)
            or re.search(r"[.;]\s(?:photo|foto|image)s?\s(?:by|von)\s", credit[end:], re.IGNORECASE)
        ):
            break
        credit = _stripped(credit[end:])
    credit = _LABEL_BEHIND.sub("", _BY.sub("", _SLASH_LABEL.sub("", credit)))
    ended = credit.endswith((".", "。")) and credit.count(".") <= 1 and len(credit) > 4
    return credit[:-1] if ended and not _SHORTENED.search(credit) else credit


_BY = deferred(r"\A(?:[Bb]y|[Pp]ar|[Pp]or)\s(?=[^\W\d_a-zß-ÿ])")
_SLASH_LABEL = deferred(r"\A(?:ljósmynd|mynd|foto|fotó|photo|фото|圖|图|写真|사진)\s?[/／]\s?(?=\S{2})", re.IGNORECASE)


_LABEL_BEHIND = deferred(
    r"(?<=\S)(?<!資料)(?<!写真)(?<!画像)(?<!사진)(?<!자료)(?<!图片)(?<!圖片)(?<![\s、，,/／=＝])"
    r"(?:\s?(?:写真)?(?:撮影|提供|写す)|\s?(?:图片|圖片|照片|资料|資料)?(?:拍摄|拍攝|摄影|攝影|摄|攝|供图|供圖|提供)"
    r"|\s?(?:사진 ?)?(?:제공|촬영)"
    r"|\snuotr\.?)\Z"
)
"""What stands behind a name in languages that put "photo by" there, unless it is all that tells what the thing is."""


def _stripped(credit: str) -> str:
    credit = credit.strip(" |/–—-:;,•·*=＝、，")
    pairs = ("()", "[]", "（）", "［］", "【】", "<>", "〔〕", "〈〉")
    while len(credit) > 2 and any(credit[0] == p[0] and credit[-1] == p[1] for p in pairs):
        credit = credit[1:-1].strip(" |/–—-:")
    return credit


_TRAILING = deferred(
    r"\s(?:©|ⓒ|\(c\)|photo(?:graph)?s? by|courtesy of|fot\.)\s?\Z"
    r"|(?<=[.!?…|/)–—])\s?[(\[]?(?:fotos?|photos?|фото|bild|kuva|credits?)\s?\Z",
    re.IGNORECASE,
)


def unlabelled(caption: str) -> str:
    """A caption without the label of a credit that was cut off behind it."""
    colon = re.search(r"\s{0,2}[:：=]\s{0,2}\Z", caption)
    start = _label_start(caption, colon.start()) if colon else None
    if start is None:
        match = _TRAILING.search(caption)
        start = match.start() if match else None
    return tidied(caption[:start].rstrip(" (|/–—-,;[")) if start is not None else caption


def tidied(caption: str) -> str:
    """A caption without what parted it from its credit."""
    caption = caption.strip(" |/–—-•·＝=")
    return re.sub(r"\s{0,3}(?:\(\s{0,3}\)|\[\s{0,3}\]|（\s{0,3}）)\s{0,3}\Z", "", caption)


def split_credit(caption: str) -> tuple[str, str | None]:
    """Caption and credit of a caption that holds both."""
    if len(caption) > _MAX_CAPTION:
        return caption, None
    if len(caption) < 60 and _TWO_NAMES.match(caption) and AGENCY.search(caption) and _is_all_names(caption):
        return "", clean_credit(caption)
    for split in (_in_brackets, _labelled, _after_the_end, _set_off, _of_agencies):
        found = split(caption)
        if found is not None:
            return found[0], found[1] or None
    return caption, None


def _is_all_names(text: str) -> bool:
    return all(is_name(part) or AGENCY.match(part) for part in re.split(r"\s?/\s?", text))


def _in_brackets(caption: str) -> tuple[str, str] | None:
    match = _BRACKETED.search(caption, max(0, len(caption) - _MAX_CREDIT - 10))
    if match:
        inner = next(filter(None, match.groups()))
        told = is_crediting(inner) or CREDITING.search(inner) is not None
        told = told or (is_name(inner) and caption[: match.start()].rstrip().endswith((".", "!", "?", "”", "…")))
        if told and NO_NAME.sub("", inner).strip(" ,./-"):
            before = caption[: match.start()].rstrip()
            # The agency stands in brackets, and the photographer before them.
            if AGENCY.fullmatch(inner):
                return _with_label_before(before, inner)
            labelled = None if label_end(inner) else _labelled(inner)
            return before, labelled[1] if labelled else clean_credit(inner)
    for match in _INSIDE.finditer(caption):
        if label_end(match.group(1)) and len(caption) - match.end() > 20:
            return f"{caption[: match.start()]}{caption[match.end() :]}".strip(), clean_credit(match.group(1))
    return None


def _with_label_before(before: str, agency: str) -> tuple[str, str]:
    found = _labelled(before)
    return (found[0], f"{found[1]} ({agency})") if found and found[1] else (before, clean_credit(agency))


def _labelled(caption: str) -> tuple[str, str] | None:
    """What follows the last label of the caption, be it a word with a colon, a sign or "photo by"."""
    places: list[tuple[int, int]] = []
    for colon in COLON.finditer(caption, max(0, len(caption) - 2 * _MAX_CREDIT)):
        start = _label_start(caption, colon.start())
        if start is not None:
            places.append((start, colon.end()))
    for pattern in (COMMA_LABEL, MARK):
        found = pattern.finditer(caption, max(0, len(caption) - 2 * _MAX_CREDIT))
        places.extend(m.span() for m in found if not _is_agencys(caption, m))
    for match in BARE.finditer(caption, max(0, len(caption) - 80)):
        before = caption[: match.start()].rstrip()
        rest = caption[match.end() :]
        named = is_name(rest.strip(" .)")) or AGENCY.match(rest) is not None or "/" in rest
        if named and (not before or before[-1] in '.!?…|/–—-([)]”»"'):
            places.append(match.span())
    if not places:
        return None
    places.sort()
    start, end = places[-1]
    for earlier in reversed(places[:-1]):  # "Photo: © A", "Foto: A / Quelle: B"
        between = caption[earlier[1] : start]
        if len(between) > 60 or _sentences(between):
            break
        start, end = earlier
    rest = caption[end:].strip()
    opened = caption[:start].rstrip()[-1:]
    if opened in _OPENED and (closing := rest.find(_OPENED[opened])) > 0:
        after = rest[closing + 1 :].strip(" .")
        rest = rest[:closing]
        if after and not is_crediting(after):
            return tidied(f"{caption[:start].rstrip()[:-1].rstrip()} {after}"), clean_credit(rest)
    if not 0 < len(rest) <= _MAX_CREDIT or (start == 0 and len(caption) > 110):
        return _labelled_first(caption, end) if start == 0 else None
    if _sentences(rest.rstrip(_CLOSERS)[:-1]):
        return _labelled_first(caption, end) if start == 0 else None
    if not _reads_as_credit(rest, 2 if start == 0 else 4):
        return None
    before = caption[:start].rstrip(" (|/–—-,;[（［【<〈＝=•·")
    if rest.endswith((")", "]", "）", "］", "】", ">", "〉")) and rest.count("(") < rest.count(")") + 1:
        rest = rest.rstrip(_CLOSERS) if not re.search(r"[(\[（［【<〈]", rest) else rest
    return tidied(before), clean_credit(rest)


def _reads_as_credit(text: str, most: int) -> bool:
    """Whether what follows a label is a credit, not the caption itself: "Photo: the pier in the snow"."""
    return is_crediting(text) or "/" in text or sum(len(word) > 3 and word.islower() for word in text.split()) <= most


def _is_agencys(caption: str, match: re.Match[str]) -> bool:
    """Whether "Images via" belongs to a name in front of it: "A B/PA Images via Getty Images"."""
    before = caption[: match.start()].rstrip()
    return match.group().rstrip().endswith("via") and bool(before) and before[-1] not in _OPENERS


def _labelled_first(caption: str, end: int) -> tuple[str, str] | None:
    """A credit in front of its caption: "Photo: A B. A pier in the snow."."""
    for match in re.finditer(r"\s[|–—-]\s|[.)\]）]\s", caption[end : end + 80]):
        name = caption[end : end + match.start()]
        if is_name(name) or _TWO_NAMES.match(name) or AGENCY.fullmatch(name):
            return caption[end + match.end() :].strip(), clean_credit(name)
    return None


def _label_start(text: str, at: int) -> int | None:
    """Where the label starts whose colon stands at `at`; None where no label stands before it."""
    before = text[max(0, at - 60) : at].rstrip()
    offset = max(0, at - 60)
    glued = GLUED.search(before)
    if glued:
        return offset + glued.start()
    start: int | None = None
    end = len(before)
    for token in reversed(list(TOKEN.finditer(before))):
        gap = before[token.end() : end]
        word = token.group().casefold()
        if (
            gap.strip(" /.'’-(&")
            or (gap[:1] == "." and len(word) > _MAX_SHORTENED)
            or (word not in NOUNS and word not in LINKS)
        ):
            break
        if word in NOUNS:
            start = token.start()
        end = token.start()
    if start is None:
        return None
    ahead = text[: offset + start].rstrip()
    first = before[start]
    if ahead and ahead[-1] not in _OPENERS and first.islower() and not _follows_as_name(text, at):
        return None
    return offset + start


def _follows_as_name(text: str, at: int) -> bool:
    rest = text[at + 1 :].strip(" .)")
    return is_name(rest) or _TWO_NAMES.match(rest) is not None or AGENCY.match(rest) is not None


def _set_off(caption: str) -> tuple[str, str] | None:
    """A name or an agency behind a bar, a dash, a slash or an equals sign."""
    match = _SEPARATED.search(caption, max(0, len(caption) - _MAX_CREDIT))
    if match:
        name = match.group(1) or match.group(2)
        before = caption[: match.start()].rstrip()
        barred = bool(match.group(1)) and caption[match.start() : match.start(1)].strip() in _BARS
        named = is_name(name) or CREDITING.search(name) is not None or (before.count(" ") > 2 and are_names(name))
        if _ends_as_credit(name) or (barred and named):
            return before, clean_credit(name)
    match = _LAST_PART.search(caption, max(0, len(caption) - 30))
    if match:
        return caption[: match.start()].rstrip(), clean_credit(match.group(1))
    match = _SLASHED.search(caption, max(0, len(caption) - 60))
    if match and (AGENCY.search(match.group(1)) or label_end(match.group(1))) and len(caption.split()) > 5:
        before = caption[: match.start()]
        ends = _sentences(before)
        if not ends or ends[-1] == len(before):
            return before.rstrip(), clean_credit(match.group(1))
    return None


def _ends_as_credit(name: str) -> bool:
    if label_end(name) or _TWO_NAMES.match(name):
        return True
    return len(name.split()) <= 8 and (AGENCY.search(name) is not None or CREDITING.search(name) is not None)


def _after_the_end(caption: str) -> tuple[str, str] | None:
    """What follows the caption's last sentence, where it is no sentence itself but a name or an agency."""
    ends = _sentences(caption.rstrip(" ."))
    if not ends:
        return None
    before, rest = caption[: ends[-1]].rstrip(), caption[ends[-1] :].strip()
    bare = rest.rstrip(".")
    if not 1 < len(bare) <= 80 or size_of(before) < 8:
        return None
    if AGENCY.search(bare) and len(bare.split()) <= 9 and _begins_as_credit(bare):
        return before, clean_credit(rest)
    if (
        (bare.startswith("@") and len(bare.split()) <= 3)
        or _TWO_NAMES.match(bare)
        or bare.startswith("/")
        or label_end(bare)
    ):
        return before, clean_credit(rest)
    if rest == bare and len(before.split()) > 3 and (is_name(_FOR.split(bare)[0]) or are_names(bare.strip(" |–—-"))):
        return before, clean_credit(rest)
    if _SUFFIXED.search(bare) and len(bare) <= 40:
        return before, clean_credit(bare if bare[-1] != "r" else rest)
    return None


_FOR = deferred(r"\s(?:for|pour|para|per|für|voor)\s(?:the\s)?", re.IGNORECASE)
_SUFFIXED = deferred(r"(?:摄|攝|撮影|供图|供圖|提供|제공|기자|nuotr|\s[Pp]hotos?)\Z")
_LAST_PART = deferred(r"[、，,＝\s]\s?([^。、，,＝\s]{1,16}(?:摄|攝|撮影|供图|供圖|提供))\Z")


def _begins_as_credit(rest: str) -> bool:
    """Whether what stands before the first bar, dash or slash is a name or an agency, not the caption's last part."""
    first = re.split(r"\s?[|•·/]\s?|\s[–—-]\s", rest.strip(" |/–—-•·"), maxsplit=1)[0]
    return len(first) == len(rest) or len(first.split()) <= 5 or AGENCY.search(first) is not None


def _of_agencies(caption: str) -> tuple[str, str] | None:
    """A caption without an end of its sentence that ends in "A B/AGENCY" or in what only sells pictures."""
    match = _NAME_AND_AGENCY.search(caption, max(0, len(caption) - 90))
    if match:
        return caption[: match.start()].rstrip(" ,"), clean_credit(match.group(1))
    match = STOCK.search(caption, max(0, len(caption) - 70))
    if match and (match.start() == 0 or caption[match.start() - 1] in " /"):
        before = caption[: match.start()].rstrip()
        if (
            len(before.split()) > 5
            and before[-1:] not in ("/", "")
            and before.split()[-1].lower() not in ("by", "of", "from", "via")
        ):
            return before, clean_credit(match.group())
    if len(caption) < 50 and len(caption.split()) <= 5 and re.search(rf"{AGENCIES}\Z", caption):
        return "", clean_credit(caption)
    return None
