"""Which character encoding an answer is in, as browsers find it (WHATWG HTML, 13.2.3; Encoding Standard labels).

The order: byte-order mark, Content-Type header, `meta` or XML declaration in the first bytes, then what the bytes
themselves tell. Two declarations that cannot be true are overruled, where browsers would show broken letters: a
legacy encoding over bytes that are UTF-8, and UTF-8 over bytes that for the most part are not.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable

import webencodings
from charset_normalizer import from_bytes

from archive.deferring import deferred

PRESCAN = 16 * 1024
_SAMPLE = 12 * 1024

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"))
_CHARSET = deferred(rb"charset\s{0,64}=\s{0,64}(?:\"([^\"]*)\"|'([^']*)'|([^\t\n\f\r ;\"']+))", re.I)
_HEADER_CHARSET = deferred(r";\s{0,64}charset\s{0,64}=\s{0,64}(?:\"([^\"]*)\"?|'([^']*)'?|([^\s;,\"']+))", re.I)
_XML_ENCODING = deferred(rb"<\?xml[^>]{0,256}?encoding\s{0,16}=\s{0,16}[\"']([A-Za-z0-9._:-]{1,64})[\"']", re.I)
_MARKUP = deferred(rb"<(?:(!--)|(meta)(?=[\t\n\f\r /])|/?[A-Za-z]|[!/?])", re.I)
_ATTRIBUTE = deferred(
    rb"[\t\n\f\r /]*([^\t\n\f\r />=][^\t\n\f\r />=]*)"
    rb"(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\t\n\f\r >]*)))?"
)
_TAG_REST = deferred(rb"(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>")
_BEYOND_ASCII = deferred(r"[^\x00-\x7f]+")
# Of the bytes that a character of a query becomes, what is percent-encoded (URL Standard, special-query set).
_OUT_OF_QUERY = deferred(r"[^!$-&(-;=?-~]")
_CSS_CHARSET = deferred(rb'@charset "([^"]{0,64})";')

_LANG = deferred(rb"<html\b[^>]{0,512}?\blang\s{0,8}=\s{0,8}[\"']?([a-z]{2})\b", re.I)
_STRETCH = deferred(rb"[^<>]+")

# What undeclared text of a language is in, where one legacy encoding is the usual one (Encoding Standard, locales).
_BY_LANGUAGE = {
    language: encoding
    for encoding, languages in {
        "windows-1252": "en de fr es pt it nl sv da nb no fi is ca af id ms",
        "windows-1250": "cs sk pl hu hr sl ro bs sq",
        "windows-1251": "ru uk bg mk be sr",
        "windows-1253": "el",
        "windows-1254": "tr",
        "windows-1255": "he",
        "windows-1256": "ar fa ur",
        "windows-1257": "lt lv et",
        "windows-1258": "vi",
        "windows-874": "th",
    }.items()
    for language in languages.split()
}

# Which characters tell each East Asian encoding, and how many of the wide ones they must be.
_KANA = deferred("[\u3041-\u3096\u30a1-\u30fa]")
_HANGUL = deferred("[\uac00-\ud7a3]")
_COMMON_HAN = deferred("[的一是不了在人有我他这這中大来來上国國个個到说說们們为為和地出年月日\uff0c\u3002\u3001]")
_EAST_ASIAN = (
    ("shift_jis", "cp932", _KANA, 0.2),
    ("euc-jp", "euc_jp", _KANA, 0.2),
    ("euc-kr", "cp949", _HANGUL, 0.6),
    ("gb18030", "gb18030", _COMMON_HAN, 0.1),
    ("big5", "big5hkscs", _COMMON_HAN, 0.1),
)

# Letters inside a word that Western Europe's encoding has as signs, or that few there write.
_CENTRAL = deferred(rb"[a-z][\xb1\xb3\xb6\xb9\xbc\xbe\xbf\x9f]", re.I)
_TURKISH = deferred(rb"[a-z][\xf0\xfd\xfe]", re.I)

# The legacy encodings of the Encoding Standard, by the names that charset_normalizer knows.
_LEGACY = [
    *(f"cp{number}" for number in (1252, 1251, 1250, 1253, 1254, 1255, 1256, 874)),
    *("koi8_r", "koi8_u", "iso8859_2", "iso8859_5", "iso8859_7", "iso2022_jp"),
]


def decode(body: bytes, headers: Iterable[tuple[str, str]] = ()) -> tuple[str, str]:
    """The text of an HTML answer and the encoding's name as the Encoding Standard writes it. Never raises."""
    marked = _bom(body)
    if marked is not None:
        size, name = marked
        return _text(body[size:], name), name
    stated = from_headers(headers) or prescan(body)
    if stated is None or stated == "utf-8":
        # Nearly all pages: what proves the encoding is the text.
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode("utf-8"), "utf-8"
    name = (_plausible(body, stated) if stated else None) or sniff(body)
    return _text(body, name), name


def declared(body: bytes, headers: Iterable[tuple[str, str]] = ()) -> str | None:
    """What header or markup declare, unless the bytes prove it wrong; None if they declare nothing known."""
    name = from_headers(headers) or prescan(body)
    return None if name is None else _plausible(body, name)


def decode_css(body: bytes, headers: Iterable[tuple[str, str]] = (), fallback: str | None = None) -> tuple[str, str]:
    """The text of a style sheet and its encoding (CSS Syntax Level 3, 3.2). `fallback` is the linking page's."""
    marked = _bom(body)
    if marked is not None:
        return _text(body[marked[0] :], marked[1]), marked[1]
    name = from_headers(headers)
    if name is None:
        match = _CSS_CHARSET.match(body)
        name = _not_utf16(_lookup(match.group(1))) if match else None
    name = name or _lookup(fallback or "") or "utf-8"
    return _text(body, name), name


def from_headers(headers: Iterable[tuple[str, str]]) -> str | None:
    """The encoding that the last Content-Type header with a known one names."""
    found = None
    for header, value in headers:
        if header.lower() == "content-type":
            match = _HEADER_CHARSET.search(value[:1024])
            label = next((g for g in match.groups() if g is not None), "") if match else ""
            found = _lookup(label) or found
    return found


def prescan(body: bytes) -> str | None:
    """The encoding that the markup declares in its first bytes (WHATWG HTML, "prescan a byte stream")."""
    head = body[:PRESCAN]
    if head.startswith((b"<\0?\0x\0", b"\0<\0?\0x")):
        return "utf-16be" if head[0] == 0 else "utf-16le"
    xml = _XML_ENCODING.match(head)
    if xml and (name := _lookup(xml.group(1))):
        return _not_utf16(name)
    at = 0
    while match := _MARKUP.search(head, at):
        at = match.end()
        if match.group(1):
            end = head.find(b"-->", at - 2)
            if end < 0:
                return None
            at = end + 3
        elif match.group(2):
            name, at = _meta(head, at)
            if name:
                return "windows-1252" if name == "x-user-defined" else _not_utf16(name)
        elif match.group()[1:2] in b"!/?" and not match.group()[-1:].isalpha():
            at = head.find(b">", at) + 1 or len(head)
        else:
            rest = _TAG_REST.match(head, at)
            at = rest.end() if rest else at
    return None


def _meta(head: bytes, at: int) -> tuple[str | None, int]:
    """What one `meta` tag declares, and where it ends."""
    seen: set[bytes] = set()
    pragma = False
    charset: str | None = None
    from_content = False
    while match := _ATTRIBUTE.match(head, at):
        at = match.end()
        name = match.group(1).lower()
        value = next((g for g in match.groups()[1:] if g is not None), b"")
        if name in seen:
            continue
        seen.add(name)
        if name == b"http-equiv":
            pragma = value.strip().lower() == b"content-type"
        elif name == b"charset":
            charset, from_content = _lookup(value), False
        elif name == b"content" and charset is None:
            found = _CHARSET.search(value)
            label = next((g for g in found.groups() if g is not None), b"") if found else b""
            charset = _lookup(label)
            from_content = charset is not None
    return (charset if pragma or not from_content else None), at


def sniff(body: bytes) -> str:
    """The encoding that undeclared bytes are in: UTF-8 where they are valid, else the likeliest, else windows-1252."""
    if _mostly_utf8(body, strict=True):
        return "utf-8"
    head = body[:PRESCAN]
    for name, zeros, others in (("utf-16le", head[1::2], head[::2]), ("utf-16be", head[::2], head[1::2])):
        if zeros.count(0) > len(zeros) * 0.6 and others.count(0) < len(others) * 0.1:
            return name
    lang = _LANG.search(head)
    usual = _BY_LANGUAGE.get(lang.group(1).decode("ascii").lower()) if lang else None
    if usual:
        return usual
    sample = _telling(body)
    east_asian = _east_asian(sample)
    if east_asian:
        return east_asian
    try:
        best = from_bytes(sample, steps=4, chunk_size=512, threshold=0.4, cp_isolation=_LEGACY).best()
    except (ValueError, TypeError, LookupError, UnicodeError, RuntimeError):
        best = None
    name = (_lookup(best.encoding.replace("_", "-")) if best is not None else None) or "windows-1252"
    telling = {"windows-1250": _CENTRAL, "iso-8859-2": _CENTRAL, "windows-1254": _TURKISH}.get(name)
    if telling is not None and len(telling.findall(sample)) < 2:
        return "windows-1252"
    return name


def _east_asian(sample: bytes) -> str | None:
    """The East Asian encoding in which the sample reads as everyday text: its kana, hangul or commonest characters."""
    for name, codec, usual, share in _EAST_ASIAN:
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:
                continue
            text = sample.decode(codec, "ignore")
        wide = [c for c in text if c > "\x7f"]
        if len(wide) >= 4 and sum(1 for c in wide if usual.match(c)) >= share * len(wide):
            return name
    return None


def _telling(body: bytes) -> bytes:
    """A bounded sample of those stretches between tags that hold more than ASCII; no character of it is cut."""
    sample = bytearray()
    for match in _STRETCH.finditer(body[: 1024 * 1024]):
        if match.group().isascii():
            continue
        sample += match.group() + b"\n"
        if len(sample) > _SAMPLE:
            break
    end = max(sample.rfind(mark, 0, _SAMPLE) for mark in (b" ", b"\n"))
    return bytes(sample[: end if end > 0 and len(sample) > _SAMPLE else _SAMPLE])


def _bom(body: bytes) -> tuple[int, str] | None:
    return next(((len(mark), name) for mark, name in _BOMS if body.startswith(mark)), None)


def _plausible(body: bytes, name: str) -> str | None:
    if name.startswith("utf-16"):
        return name if b"\0" in body[:PRESCAN] or not body.isascii() else None
    if name == "utf-8":
        return name if _mostly_utf8(body, strict=False) else None
    return "utf-8" if not name.startswith("iso-2022") and _surely_utf8(body) else name


def _mostly_utf8(body: bytes, strict: bool) -> bool:
    """Valid but for a character cut off at the end; or, not strict, with fewer bad bytes than good characters."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end == len(body) and error.reason == "unexpected end of data":
            return True
        if strict:
            return False
        text = body.decode("utf-8", "replace")
        bad = text.count("\ufffd")
        return bad * 2 < len(body) - len(text.encode("ascii", "ignore")) and _good(text) >= bad
    return True


def _good(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")


def query_in(ref: str, name: str) -> str:
    """A reference whose query stands in the encoding of the page or sheet that holds it, as browsers ask for it (URL
    Standard, "percent-encode after encoding"); `name` is what `decode` gave."""
    front, mark, query = ref.partition("#")[0].partition("?")
    encoding = None if query.isascii() or _not_utf16(name) == "utf-8" else webencodings.lookup(name)
    if encoding is None:
        return ref
    encode = encoding.codec_info.encode
    return front + mark + _BEYOND_ASCII.sub(lambda run: _percent(run.group(), encode), query)


def _percent(text: str, encode: Callable[[str], tuple[bytes, int]]) -> str:
    """What the encoding has no place for becomes a numeric character reference."""
    try:
        data = encode(text)[0]
    except UnicodeError:
        if len(text) > 1:
            return "".join(_percent(each, encode) for each in text)
        return f"%26%23{ord(text)}%3B"
    return _OUT_OF_QUERY.sub(lambda byte: f"%{ord(byte.group()):02X}", data.decode("latin-1"))


def _surely_utf8(body: bytes) -> bool:
    """Bytes that are UTF-8 with several characters beyond ASCII: no legacy text is that by chance."""
    return not body.isascii() and _mostly_utf8(body, strict=True) and _good(body.decode("utf-8", "replace")) >= 4


def _lookup(label: str | bytes) -> str | None:
    """The encoding's name for a label of the Encoding Standard; None for others and for "replacement"."""
    if isinstance(label, bytes):
        label = label.decode("latin-1")
    found = webencodings.lookup(label)
    name = found.name if found else None
    return None if name == "replacement" else name


def _not_utf16(name: str | None) -> str | None:
    """Markup that could be read as ASCII cannot be UTF-16."""
    return "utf-8" if name in ("utf-16le", "utf-16be", "utf-16") else name


def _text(body: bytes, name: str) -> str:
    encoding = webencodings.lookup(name)
    codec = encoding.codec_info if encoding else None
    try:
        return codec.decode(body, "replace")[0] if codec else body.decode("utf-8", "replace")
    except (UnicodeError, LookupError, ValueError):
        return body.decode("latin-1")
