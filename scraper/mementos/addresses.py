"""Addresses at web archives: how an entry of the config asks for one, and what a memento's own address says. Pure."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from archive.mementos import replay_of
from archive.urls import join, wire_url
from scraper.identity import identity

URL = "{url}"
# What CDX servers stand beside: the Wayback Machine's, and pywb's.
_CDX_SIDES = (("/cdx/search/cdx", "/web/"), ("/cdx/search", "/web/"), ("/cdx", "/"))


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
