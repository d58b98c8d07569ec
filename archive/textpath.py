"""Where the text of an address lies: a name made from the address alone, safe on every file system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

from archive.deferring import deferred
from archive.hosts import split_authority, wire_host

MAX_HOST = 100
MAX_SLUG = 80

_PARTS = deferred(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?:[/\\]{2,}([^/\\?#]*))?([^?#]*)(?:\?([^#]*))?")
_ENDING = deferred(r"\.(?:s?html?|xhtml|php\d?|aspx?|jspx?|cfm|cgi|do|amp|ece)\Z")
_RESERVED = deferred(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$|clock\$)(?:\.|\Z)")
_UNTELLING = frozenset({"index", "default", "home", "amp", "print"})
_NO_WORD = deferred(r"[^a-z0-9]+")
_ENOUGH_LETTERS = 4
_SHORT = 20


def text_path(identity: str) -> PurePosixPath:
    """`<host>/<slug>-<hash8>`, without an ending, of an address without fragment and tracking parameters.

    `hash8` is the start of the address's SHA-256 in hex. Two components always, neither over 120 bytes, lower case,
    neither hidden nor reserved on any system; different addresses differ in ASCII letters or digits.
    """
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    parts = _PARTS.match(identity)
    authority, path, query = parts.groups() if parts else (None, "", None)
    return PurePosixPath(_host_name(authority or "")) / f"{_slug(path, query or '')}-{digest}"


@lru_cache(1024)
def _host_name(authority: str) -> str:
    _, host, port = split_authority(authority.replace("\\", ""))
    try:
        host = wire_host(host)
    except ValueError:
        host = host.lower()
    name = re.sub(r"[^a-z0-9.]+", "-", host)
    name = re.sub(r"\.{2,}", ".", name).strip(".-")[-MAX_HOST:].lstrip(".-")
    if host.startswith("["):
        name = f"ip6-{name}"
    number = re.sub(r"[^0-9]", "", port)[:5]
    if not name:
        return "unknown-host"
    if _RESERVED.match(name):
        name = f"_{name}"
    return f"{name}_{number}" if number else name


def _slug(path: str, query: str) -> str:
    segments = [s for s in (_words(_without_ending(s)) for s in re.split(r"[/\\]", path)) if s]
    while segments and segments[-1] in _UNTELLING:
        segments.pop()
    taken: list[str] = []
    while segments and len(taken) < 3 and sum(c.isalpha() for s in taken for c in s) < _ENOUGH_LETTERS:
        taken.insert(0, segments.pop())
    slug = "-".join(taken)
    if query and len(slug) < _SHORT:
        slug = "-".join(s for s in (slug, _words(query)) if s)
    return _cut(slug) or "index"


def _without_ending(segment: str) -> str:
    return _ENDING.sub("", segment[-512:].lower())


def _words(text: str) -> str:
    """Lower-case letters and digits of any script, everything else folded to single hyphens."""
    plain = unquote_to_bytes(text[:2048].encode("utf-8", "replace")).decode("utf-8", "replace")
    if plain.isascii():
        return _NO_WORD.sub("-", plain.lower()).strip("-")
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", plain).lower())
    kept = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else "-" for c in plain)
    words = (w.lstrip("".join(c for c in w if unicodedata.category(c)[0] == "M")) for w in kept.split("-"))
    return "-".join(w for w in words if w)


def _cut(slug: str) -> str:
    data = slug.encode("utf-8")
    if len(data) <= MAX_SLUG:
        return slug
    whole = data[: MAX_SLUG + 1].rpartition(b"-")[0]
    cut = whole if len(whole) > MAX_SLUG // 2 else data[:MAX_SLUG]
    return unicodedata.normalize("NFC", cut.decode("utf-8", "ignore")).rstrip("-")
