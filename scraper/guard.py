"""Which addresses may be asked. Pure: no look-up, no connection.

An address is vetted twice: as written (`check_url`), and as what its name resolves to (`check_address`); the transport
connects to the very address that was vetted.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple
from urllib.parse import urlsplit

from archive import urls
from archive.errors import RefusedError

HINT = " (allow_private_addresses lets it through)"
Address = IPv4Address | IPv6Address


class _Rule(NamedTuple):
    network: IPv4Network | IPv6Network
    words: str
    always: bool = False


def _rules(*rows: tuple[str, str, bool]) -> tuple[_Rule, ...]:
    return tuple(_Rule(ipaddress.ip_network(network), words, always) for network, words, always in rows)


# The first that matches counts. `True`: refused even where private addresses are allowed.
_METADATA = "a cloud's metadata service"
_V4 = _rules(
    ("100.100.100.200/32", _METADATA, True),
    ("168.63.129.16/32", _METADATA, True),
    ("169.254.169.254/32", _METADATA, True),
    ("169.254.170.2/32", _METADATA, True),
    ("192.0.0.192/32", _METADATA, True),
    ("0.0.0.0/8", "an address that names no host (0.0.0.0/8)", True),
    ("10.0.0.0/8", "a private network (10.0.0.0/8)", False),
    ("100.64.0.0/10", "a carrier's private network (100.64.0.0/10)", False),
    ("127.0.0.0/8", "this machine (127.0.0.0/8)", False),
    ("169.254.0.0/16", "link-local (169.254.0.0/16)", False),
    ("172.16.0.0/12", "a private network (172.16.0.0/12)", False),
    ("192.0.0.0/24", "reserved for protocols (192.0.0.0/24)", False),
    ("192.0.2.0/24", "for documentation (192.0.2.0/24)", False),
    ("192.88.99.0/24", "a 6to4 relay (192.88.99.0/24)", False),
    ("192.168.0.0/16", "a private network (192.168.0.0/16)", False),
    ("198.18.0.0/15", "for benchmarks (198.18.0.0/15)", False),
    ("198.51.100.0/24", "for documentation (198.51.100.0/24)", False),
    ("203.0.113.0/24", "for documentation (203.0.113.0/24)", False),
    ("224.0.0.0/4", "multicast (224.0.0.0/4)", True),
    ("255.255.255.255/32", "broadcast", True),
    ("240.0.0.0/4", "reserved (240.0.0.0/4)", True),
)
_V6 = _rules(
    ("fd00:ec2::254/128", _METADATA, True),
    ("fd20:ce::254/128", _METADATA, True),
    ("::/128", "an address that names no host (::)", True),
    ("::1/128", "this machine (::1)", False),
    ("::/96", "an IPv4-compatible address (::/96)", False),
    ("64:ff9b:1::/48", "a private NAT64 network (64:ff9b:1::/48)", False),
    ("100::/64", "for discarding (100::/64)", False),
    ("2001:db8::/32", "for documentation (2001:db8::/32)", False),
    ("2001::/23", "reserved for protocols (2001::/23)", False),
    ("3fff::/20", "for documentation (3fff::/20)", False),
    ("5f00::/16", "segment routing (5f00::/16)", False),
    ("fc00::/7", "a private network (fc00::/7)", False),
    ("fe80::/10", "link-local (fe80::/10)", False),
    ("fec0::/10", "site-local (fec0::/10)", False),
    ("ff00::/8", "multicast (ff00::/8)", True),
)
_GLOBAL_V6 = IPv6Network("2000::/3")
# Prefix, how far the IPv4 address inside lies from the right in bits, and whether its bits are turned over.
_TEREDO = IPv6Network("2001::/32")
_WRAPS = (
    (IPv6Network("::ffff:0:0/96"), 0, False),
    (IPv6Network("::ffff:0:0:0/96"), 0, False),
    (IPv6Network("::/96"), 0, False),
    (IPv6Network("64:ff9b::/96"), 0, False),
    (IPv6Network("2002::/16"), 80, False),
    (_TEREDO, 64, False),
    (_TEREDO, 0, True),
)
_TRANSLATED = (_WRAPS[0][0], _WRAPS[1][0], _WRAPS[3][0], _WRAPS[4][0])


def check_url(url: str, allow_private: bool = False) -> None:
    """Whether an address may be asked as it is written: scheme, host, and the number it may hold, in any notation.

    Raises RefusedError with the address and the rule that forbids it.
    """
    try:
        wire = urls.wire_url(url)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    host = urlsplit(wire).hostname or ""
    literal = literal_address(host)
    if literal is not None:
        check_address(literal, allow_private, named=url)
    elif not allow_private and host.rstrip(".").rpartition(".")[2] in ("localhost", "localdomain"):
        raise RefusedError(f"{_shown(url)} is not asked: {host} is this machine{HINT}")


def check_address(address: str | Address, allow_private: bool = False, *, named: str = "") -> None:
    """Whether an IP address may be connected to; `named` is the name or URL that led there, for the message.

    With `allow_private` loopback, link-local and private networks may be; multicast, unspecified and reserved addresses
    and metadata services never. IPv6 forms that carry an IPv4 address are judged by that too. Raises RefusedError.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0]) if isinstance(address, str) else address
    except ValueError:
        raise RefusedError(f"{_shown(str(address))} is no IP address") from None
    rule = _forbidding(ip, allow_private)
    if rule is None:
        return
    start = f"{_shown(named)} is not asked: {ip}" if named and named != str(ip) else f"{ip} is not asked: it"
    hint = "" if rule.always else HINT
    raise RefusedError(f"{start} is {rule.words}{hint}")


def literal_address(host: str) -> Address | None:
    """The IP address that a URL's host is, or None for a name. Brackets and a zone are taken off."""
    return _literal(host) if len(host) > _LONG else _remembered(host)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


_LONG = 254
_remembered = lru_cache(4096)(_literal)


def _forbidding(ip: Address, allow_private: bool) -> _Rule | None:
    if isinstance(ip, IPv4Address):
        return _first(ip, _V4, allow_private)
    found = _first(ip, _V6[:4], allow_private)
    if found is not None or ip == IPv6Address("::1"):
        return found
    for wrap, shift, turned in _WRAPS:
        if ip in wrap:
            inner = int(ip) >> shift & 0xFFFFFFFF
            found = _first(IPv4Address(inner ^ 0xFFFFFFFF if turned else inner), _V4, allow_private)
            if found is not None:
                return found
    if any(ip in network for network in _TRANSLATED):
        return None
    found = _first(ip, _V6, allow_private)
    if found is None and ip not in _GLOBAL_V6 and not any(ip in rule.network for rule in _V6):
        return _Rule(IPv6Network("::/0"), "reserved (outside 2000::/3)", True)
    return found


def _first(ip: Address, rules: tuple[_Rule, ...], allow_private: bool) -> _Rule | None:
    rule = next((rule for rule in rules if ip in rule.network), None)
    return rule if rule is not None and (rule.always or not allow_private) else None


def _shown(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "…"
