"""What a style sheet needs: imports, pictures, fonts. One pass over the text, linear in its length (CSS Syntax 3).

Only what can hold an address is looked at; comments, strings and escapes are read as the standard has them, so that
what merely looks like an address is not taken for one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from archive.deferring import deferred
from archive.urls import MAX_URL, join, wire_url
from scraper.read import charset
from scraper.read.reading import Requisite, RequisiteKind

MAX_REFS = 5000
MAX_BASE = 1024

# Where something begins that matters; inside `@font-face` its end matters too.
# A slash matters where a comment begins, a bracket behind a letter that a name of interest may end with.
_MATTERS = r"(?<![^lLtTcC \t\n\r\f]\()(?!(?<=/)[^*])(?!(?<=@)[^iInNfFdD-])"
_NEXT = deferred(r"[\"'/\\@(]" + _MATTERS)
_NEXT_IN_FACE = deferred(r"[\"'/\\@(}]" + _MATTERS)
_NEXT_IN_SET = deferred(r"[\"'/()};]")
# A function's name before its bracket; "url" also with its letters escaped.
_NAME = deferred(
    r"(?:\A|[^\w\\-])(?:(url|(?:u|\\0{0,4}[57]5\s?)(?:r|\\r|\\0{0,4}[57]2\s?)(?:l|\\l|\\0{0,4}[46]c\s?))"
    r"|((?:-webkit-)?image-set))\Z",
    re.IGNORECASE,
)
_URL_START = deferred(r"url\(", re.IGNORECASE)
_QUOTES = ("'", '"')
_LONGEST_NAME = 32
_RULE = deferred(r"@(import|namespace|font-face|(?:-moz-)?document)(?![\w-])", re.IGNORECASE)
_LAST_LETTERS = tuple("lLtTcC \t\n\r\f")
_WORTH_READING = ("url", "@import", "image-set", "\\")
_STRING = {
    '"': re.compile(r'((?:[^"\\\n\r\f]|\\(?:\r\n|[\s\S]))*+)'),
    "'": re.compile(r"((?:[^'\\\n\r\f]|\\(?:\r\n|[\s\S]))*+)"),
}
_BARE = deferred(r"((?:[^\"'()\\\s]|\\(?:[0-9a-fA-F]{1,6}+(?:\r\n|\s)?|[^\n\r\f0-9a-fA-F]))*+)\s*+(\)|\Z)?")
_TO_CLOSE = deferred(r"(?:[^)\\]|\\[\s\S])*+\)?")
_SPACE = deferred(r"(?:\s++|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))*+")
# What is on the wire as it is written, as most references are: a whole address or a path from the root.
_PLAIN = deferred(
    r"(https?://(?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,20}(?=[/?#]|\Z))?"
    r"(/(?!/)[!$-;=@-\[\]_a-z~]*+)?(\?[!$-&(-;=?-~]*+)?(?:\#.*+)?",
    re.DOTALL,
)
_IDENT = deferred(r"[\w-]*+")
_ESCAPE = deferred(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|[\n\r\f])|([\s\S]))")


def refs(css: str, base_url: str, encoding: str = "utf-8") -> tuple[Requisite, ...]:
    """What a sheet, a `style` element or attribute at `base_url` asks for: in order, each once, at most MAX_REFS.

    `encoding` is that of the bytes that the text was decoded from.
    """
    return _Sheet(css, base_url, encoding).read()


@lru_cache(64)
def _origin(base_url: str) -> str:
    return wire_url(join(base_url, "/"))[:-1]


def resolve(base_url: str, ref: str, encoding: str = "utf-8") -> str | None:
    """The wire address of a reference in a page or sheet of that encoding; None for what is not fetched: data,
    fragments, other schemes, nonsense."""
    ref = ref.strip()
    if not ref or ref[0] == "#" or len(ref) > MAX_URL or ref[:5].lower() == "data:":
        return None
    plain = _PLAIN.fullmatch(ref)
    if plain is not None and (plain[1] or plain[2]) and "/." not in ref and "%2" not in ref:
        host, path, query = plain.groups("")
        try:
            return (host or _origin(base_url)) + (path or "/") + query
        except ValueError:
            return None
    if not ref.isascii():
        ref = charset.query_in(ref, encoding)
    try:
        return wire_url(join(base_url, ref))
    except ValueError:
        return None


def bounded(base_url: str) -> str:
    """What references at `base_url` are resolved against: that address unless its path is longer than anybody's, since
    a few bytes of a reference would bring all of it back, in each of a hundred thousand. Then the site's root; "" where
    there is none."""
    if len(base_url) <= MAX_BASE:
        return base_url
    path = base_url.partition("#")[0].partition("?")[0]
    if len(path) <= MAX_BASE:
        return path
    try:
        return wire_url(join(base_url, "/"))
    except ValueError:
        return ""


class _Sheet:
    """One reading of one sheet; `at` only grows."""

    def __init__(self, css: str, base_url: str, encoding: str) -> None:
        self._css = css
        self._base = bounded(base_url)
        self._encoding = encoding
        self._found: dict[str, RequisiteKind] = {}
        self._seen: set[str] = set()

    def read(self) -> tuple[Requisite, ...]:
        css = self._css
        low = css.lower()
        at = 0 if any(word in low for word in _WORTH_READING) else len(css)
        in_font_face = False
        while len(self._found) < MAX_REFS and (token := (_NEXT_IN_FACE if in_font_face else _NEXT).search(css, at)):
            at = token.end()
            match token.group():
                case "/":
                    at = self._after_comment(at)
                case "(":
                    name = self._function(at)
                    if name == "url":
                        ref, at = self._url(at)
                        self._add(ref, "font" if in_font_face else "image")
                    elif name:
                        at = self._image_set(at)
                case "\\":
                    at += 1
                case "}":
                    in_font_face = False
                case "@":
                    rule = _RULE.match(css, at - 1)
                    if rule is not None and rule.group(1).lower() == "font-face":
                        in_font_face = True
                    elif rule is not None:
                        at = self._rule(rule.group(1).lower(), rule.end())
                case _:
                    _, at = self._string(at)
        return tuple(Requisite(url, kind) for url, kind in self._found.items())

    def _function(self, at: int) -> str:
        """Which of the functions that matter has its bracket before `at`: "url", "image-set" or ""."""
        if self._css[at - 2 : at - 1] not in _LAST_LETTERS:
            return ""
        name = _NAME.search(self._css[max(0, at - 1 - _LONGEST_NAME) : at - 1])
        return "" if name is None else "url" if name.group(1) else "image-set"

    def _rule(self, rule: str, at: int) -> int:
        """Behind `@import`: its address is taken. Behind the others: it is passed over."""
        while True:
            at = self._after_space(at)
            if rule == "namespace" and (prefix := _IDENT.match(self._css, at)) and not self._at_url(at):
                at = self._after_space(prefix.end())
            ref, end = self._address(at)
            if end == at:
                return at
            if rule == "import":
                self._add(ref, "style")
                return end
            at = self._after_space(end)
            if rule == "namespace" or self._css[at : at + 1] != ",":
                return at
            at += 1

    def _at_url(self, at: int) -> bool:
        return _URL_START.match(self._css, at) is not None

    def _address(self, at: int) -> tuple[str, int]:
        if self._css[at : at + 1] in _QUOTES:
            return self._string(at + 1)
        start = _URL_START.match(self._css, at)
        return self._url(start.end()) if start is not None else ("", at)

    def _image_set(self, at: int) -> int:
        """The strings in an image-set are addresses, but not those in functions inside it."""
        depth = 1
        while depth and (token := _NEXT_IN_SET.search(self._css, at)):
            at = token.end()
            match token.group():
                case "/":
                    at = self._after_comment(at)
                case "(" if self._function(at) == "url":
                    ref, at = self._url(at)
                    self._add(ref, "image")
                case "(":
                    depth += 1
                case ")":
                    depth -= 1
                case "}" | ";":
                    return token.start()
                case _:
                    ref, at = self._string(at)
                    if depth == 1:
                        self._add(ref, "image")
        return at

    def _url(self, at: int) -> tuple[str, int]:
        """The address in `url(…)`, from behind the bracket; "" for what the standard calls a bad url."""
        css = self._css
        while css[at : at + 1].isspace():
            at += 1
        if css[at : at + 1] in _QUOTES:
            return self._string(at + 1)
        bare = _BARE.match(css, at)
        assert bare is not None
        if bare.group(2) is not None:
            return _unescaped(bare.group(1)), bare.end()
        rest = _TO_CLOSE.match(css, bare.end())
        return "", rest.end() if rest else bare.end()

    def _string(self, at: int) -> tuple[str, int]:
        """A string's value, from behind its opening quotation mark; "" for one that a line end breaks off."""
        match = _STRING[self._css[at - 1]].match(self._css, at)
        assert match is not None
        end = match.end()
        if self._css[end : end + 1] in ("\n", "\r", "\f"):
            return "", end
        return _unescaped(match.group(1)), end + 1

    def _after_comment(self, at: int) -> int:
        """Behind the comment that the slash before `at` begins, if it does."""
        if self._css[at : at + 1] != "*":
            return at
        end = self._css.find("*/", at + 1)
        return len(self._css) if end < 0 else end + 2

    def _after_space(self, at: int) -> int:
        match = _SPACE.match(self._css, at)
        return match.end() if match else at

    def _add(self, ref: str, kind: RequisiteKind) -> None:
        if ref in self._seen:
            return
        self._seen.add(ref)
        url = resolve(self._base, ref, self._encoding)
        if url is not None:
            self._found.setdefault(url, kind)


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(_escaped, value) if "\\" in value else value


def _escaped(match: re.Match[str]) -> str:
    digits, line_end, character = match.groups()
    if digits:
        number = int(digits, 16)
        return chr(number) if 0 < number < 0xD800 or 0xDFFF < number <= 0x10FFFF else "\ufffd"
    return "" if line_end else str(character)
