"""Addresses at web archives: how an entry of the config asks for one, and what a memento's own address says. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from msgspec import Struct

from archive.urls import join, wire_url
from scraper.identity import identity

URL = "{url}"
RAW = "id_"
_REPLAY = re.compile(
    r"(?P<prefix>https?://[^?#]*?/)(?P<stamp>[0-9]{14})(?P<mod>[a-z]{2}_)?/(?P<url>https?:/.*)\Z", re.DOTALL
)
# What CDX servers stand beside: the Wayback Machine's, and pywb's.
_CDX_SIDES = (("/cdx/search/cdx", "/web/"), ("/cdx/search", "/web/"), ("/cdx", "/"))


class Replay(Struct, frozen=True):
    """An address of the form `PREFIX STAMP [MOD] / URL`, as Wayback machines and pywb have them."""

    prefix: str
    stamp: str
    mod: str
    url: str

    @property
    def raw(self) -> str:
        """The address of the same memento as it came from its site."""
        return f"{self.prefix}{self.stamp}{RAW}/{self.url}"


def replay_of(address: str) -> Replay | None:
    """What a memento's address says of it; None where it has another form."""
    match = _REPLAY.match(address)
    if match is None:
        return None
    # Some archives write one slash where there were two.
    url = re.sub(r"\A(https?):/+", r"\1://", match["url"])
    return Replay(match["prefix"], match["stamp"], match["mod"] or "", url)


def filled(template: str, url: str, parameter: str = "") -> str:
    """`template` with the address in it: at `{url}`, else at its end. Inside a query it is percent-encoded.

    With `parameter`, a template that does not say where the address goes gets it as that parameter of its query.
    Raises ValueError for what makes no http address.
    """
    if URL not in template:
        if parameter and not template.endswith("="):
            template += f"{'&' if '?' in template else '?'}{parameter}="
        elif not parameter and not template.endswith(("/", "=", "?")):
            template += "/"
        template += URL
    front, _, back = template.partition(URL)
    return wire_url(front + (quote(url, safe="") if "?" in front else url) + back)


def replay_prefix(timegate: str, cdx: str) -> str:
    """Where an archive's mementos begin, told by where its TimeGate or else its CDX server is; "" where neither does.

    A memento is at that address followed by a stamp, `id_/` and the original address.
    """
    if timegate and (URL not in timegate or timegate.endswith(URL)):
        base = timegate.removesuffix(URL)
        return base if base.endswith("/") else "" if "?" in base else base + "/"
    front = cdx.partition("?")[0].rstrip("/")
    for side, replay in _CDX_SIDES:
        if front.endswith(side):
            return front.removesuffix(side) + replay
    return ""


def same_article(one: str, other: str) -> bool:
    """Whether two addresses are of one article (`identity.py`), in whatever way an archive has written them."""
    return identity(one) == identity(other)


def led_to(location: str, memento: str, original: str) -> str:
    """Where an archived redirect led on its site, from the Location that the archive gives for it.

    `memento` is the address that answered, `original` what it is a memento of: raw ones hold the site's own Location,
    others one that leads to the archive again.
    """
    return join(original, own_location(location, memento))


def own_location(location: str, memento: str) -> str:
    """The Location that the site gave; one that leads to the archive again has it inside."""
    within = replay_of(join(memento, location))
    return within.url if within is not None and _origin(within.prefix) == _origin(memento) else location


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
