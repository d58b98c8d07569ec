"""Which addresses are one article: pure, by the address alone."""

from __future__ import annotations

import re
from functools import lru_cache

from archive.deferring import deferred
from archive.hosts import registrable, split_authority
from archive.urls import strip_tracking, wire_url

_DROPPED = str.maketrans("", "", "\t\n\r")
_USER = deferred(r"[\x00-\x20]*https?:[/\\]*([^/\\?#]*)@", re.IGNORECASE)
_ESCAPE = deferred(r"%[0-9A-Fa-f]{2}")
_SECURE = "https"


def identity(url: str) -> str:
    """The same for addresses that differ only in what names no other article; itself an address.

    That is: fragment, tracking parameters, http or https (on their own ports), a default port, the case of the host and
    of escapes, `www.`, slashes at the path's end, an empty query's `?`. A login makes another of it. What is no http
    address is its own identity.
    """
    return placed(url)[0]


def host_of(url: str) -> str:
    """The host that is asked for an address, as it goes over the wire; "" where there is none."""
    return placed(url)[1]


def placed(url: str) -> tuple[str, str]:
    """Identity and host, found in one go."""
    return _placed(url) if len(url) > _LONG else _remembered(url)


def _placed(url: str) -> tuple[str, str]:
    try:
        wire = wire_url(url)
    except ValueError:
        return url, ""
    scheme, _, authority, rest = strip_tracking(wire).split("/", 3)
    _, host, port = split_authority(authority)
    path, mark, query = rest.partition("?")
    site = f"{_without_www(host)}:{port}" if port else _without_www(host)
    user = _USER.match(url.translate(_DROPPED)) if "@" in url else None
    if user is not None and user[1]:
        site = f"{user[1]}@{site}"
    tail = f"{path.rstrip('/')}{mark if query else ''}{query}"
    if "%" in tail:
        tail = _ESCAPE.sub(lambda escape: escape[0].upper(), tail)
    return f"{scheme if port else _SECURE + ':'}//{site}/{tail}", host


_LONG = 1024
_remembered = lru_cache(4096)(_placed)


def _without_www(host: str) -> str:
    """A host that would be a bare suffix without it (`www.com`) keeps its `www.`."""
    while host.startswith("www.") and registrable(host) != host.rstrip("."):
        host = host[4:]
    return host
