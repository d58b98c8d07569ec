"""Host names as browsers read them, and which of them belong to one site."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from archive.deferring import deferred

_FORBIDDEN = deferred(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
_NUMBER = deferred(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")
_IGNORABLE = deferred(r"[\u00ad\u200b-\u200d\u2060\ufeff]")


def split_authority(authority: str) -> tuple[str, str, str]:
    """User information, host and port of an authority as written; an IPv6 host keeps its brackets."""
    user, _, rest = authority.rpartition("@")
    if rest.startswith("["):
        inner, bracket, after = rest.partition("]")
        return user, inner + bracket, after.removeprefix(":")
    host, _, port = rest.partition(":")
    return user, host, port


def wire_host(host: str) -> str:
    """The host in ASCII as it is asked for: lower case, punycode, addresses in their plain form.

    The WHATWG URL Standard's host parser, less its stricter checks of what may be registered. Raises ValueError for
    what is no host.
    """
    return _wire_host(host) if len(host) > _LONG else _remembered(host)


def _wire_host(host: str) -> str:
    if host.startswith("["):
        return f"[{_ipv6(host)}]"
    if "%" in host:
        host = unquote_to_bytes(host).decode("utf-8", "replace")
    host = host.lower() if host.isascii() else _punycode(host)
    if not host or host == "." or _FORBIDDEN.search(host):
        raise ValueError(f"not a host name: {host!r}")
    labels = host.removesuffix(".").split(".")
    if _NUMBER.match(labels[-1]):
        return _ipv4(labels)
    if len(host) > 254 or any(not 0 < len(label) <= 63 for label in labels):
        raise ValueError(f"not a host name: {host[:80]!r}")
    return host


_LONG = 254
_remembered = lru_cache(4096)(_wire_host)
"""One host has many addresses."""


def wire_port(scheme: str, port: str) -> str:
    """ ":8080", or nothing for the scheme's own port. Raises ValueError for what is no port."""
    if not port:
        return ""
    if not (port.isascii() and port.isdigit() and len(port.lstrip("0")) <= 5 and int(port) <= 65535):
        raise ValueError(f"not a port: {port[:20]!r}")
    number = int(port)
    return "" if number == {"http": 80, "https": 443}[scheme] else f":{number}"


def _punycode(host: str) -> str:
    import idna

    if len(host) > 1024:
        raise ValueError("a host name of more than 1024 characters")
    mapped = idna.uts46_remap(_IGNORABLE.sub("", host), std3_rules=False, transitional=False)
    labels = mapped.replace("\u3002", ".").split(".")
    return ".".join(s if s.isascii() else "xn--" + s.encode("punycode").decode("ascii") for s in labels)


def _ipv6(host: str) -> str:
    if not host.endswith("]") or "%" in host:
        raise ValueError(f"not an IPv6 address: {host[:80]!r}")
    address = ipaddress.IPv6Address(host[1:-1])
    groups = [format(int.from_bytes(address.packed[i : i + 2], "big"), "x") for i in range(0, 16, 2)]
    return _compressed(groups)


def _compressed(groups: list[str]) -> str:
    """The longest run of two or more zero groups, the first of equals, becomes "::" (RFC 5952, section 4.2)."""
    best, length, start = -1, 1, -1
    for i, group in enumerate([*groups, "end"]):
        if group == "0":
            start = i if start < 0 else start
        else:
            if start >= 0 and i - start > length:
                best, length = start, i - start
            start = -1
    if best < 0:
        return ":".join(groups)
    return ":".join(groups[:best]) + "::" + ":".join(groups[best + length :])


def _ipv4(labels: list[str]) -> str:
    if len(labels) > 4:
        raise ValueError(f"not an IPv4 address: {'.'.join(labels)[:80]!r}")
    numbers = [_ipv4_number(label) for label in labels]
    if any(n > 255 for n in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        raise ValueError(f"not an IPv4 address: {'.'.join(labels)[:80]!r}")
    value = numbers[-1] + sum(n << 8 * (3 - i) for i, n in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(value))


def _ipv4_number(label: str) -> int:
    if not label or len(label) > 40:
        raise ValueError("an empty or endless part of an IPv4 address")
    if label[:2] in ("0x", "0X"):
        return int(label[2:] or "0", 16)
    if not (label.isascii() and label.isdigit()):
        raise ValueError(f"not a number: {label!r}")
    return int(label, 8 if label[0] == "0" and len(label) > 1 else 10)


# ------------------------------------------------------------------------------------------------------- one site

# Second levels under which countries register names, in place of the Public Suffix List: read on every start, never
# downloaded. A suffix that is not here only makes two strangers under it look like one site.
_SECOND_LEVELS = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "mil", "ne", "net", "nom", "or", "org")
)
_SECOND_LEVELS_OF = {
    country: frozenset(words.split(" "))
    for country, words in {
        "at": "gv",
        "au": "asn id",
        "br": "adv agr art blog coop eco emp eng esp flog fot g12 inf jor jus leg med not odo pro psc psi tur tv",
        "hk": "idv",
        "id": "biz desa my sch web",
        "il": "idf k12 muni",
        "in": "firm gen ind nic res",
        "jp": "ad ed gr lg",
        "kr": "go pe re",
        "nz": "cri geek gen govt health iwi kiwi maori school",
        "pl": "biz info waw",
        "ru": "msk nov spb",
        "sg": "per",
        "th": "in mi",
        "tr": "av bel biz gen info k12 name pol tel tv web",
        "tw": "club game idv",
        "ua": "kiev kyiv lviv od pp",
        "uk": "ltd me nhs plc police sch",
        "uy": "gub",
        "za": "law nis school web",
    }.items()
}

_HOSTING_WORDS = """
    blogspot.com wordpress.com tumblr.com substack.com github.io gitlab.io medium.com livejournal.com typepad.com
    netlify.app vercel.app pages.dev workers.dev herokuapp.com web.app firebaseapp.com appspot.com
    azurewebsites.net cloudfront.net s3.amazonaws.com neocities.org weebly.com wixsite.com ghost.io over-blog.com
    hatenablog.com fc2.com beehiiv.com buttondown.email bearblog.dev blogspot.co.uk blogspot.de blogspot.fr
    write.as translate.goog cdn.ampproject.org eu.org com.de co.com uk.com us.com
"""
_HOSTING = frozenset(_HOSTING_WORDS.split())


def registrable(host: str) -> str:
    """The part of a host name (in ASCII) that somebody registered: "bbc.co.uk" for "news.bbc.co.uk".

    Roughly, by rule and without a list of suffixes; an IP address is its own site.
    """
    host = host.rstrip(".")
    labels = host.split(".")
    if host.startswith("[") or _NUMBER.match(labels[-1]) or len(labels) <= 2:
        return host
    for size in (3, 2):
        if len(labels) > size and ".".join(labels[-size:]) in _HOSTING:
            return ".".join(labels[-size - (labels[-size - 1] != "www") :])
    country, second = labels[-1], labels[-2]
    wide = len(country) == 2 and (second in _SECOND_LEVELS or second in _SECOND_LEVELS_OF.get(country, ()))
    return ".".join(labels[-3:] if wide else labels[-2:])
