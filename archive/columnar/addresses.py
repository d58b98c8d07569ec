"""An address in the columns that Common Crawl's columnar index has of it: pure."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from archive.hosts import split_authority

# RFC 3986, appendix B; whatever an imported file calls an address is taken apart somehow.
_PARTS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?\Z",
    re.DOTALL,
)
_NUMBER = re.compile(r"[0-9]+\Z")
_HOSTS_REMEMBERED = 1 << 16
_MOST_HOST = 253


class Host(Struct, frozen=True):
    """A host name. `parts` are its labels from the last one on, none of an IP address. A suffix is what registrars sell
    names under, by the Public Suffix List: `registry` in its first division (com, co.uk), `private` in both
    (blogspot.com); the domains are one label longer, None where the host has none more. All are None where no rule
    names the host's last label."""

    name: str
    parts: tuple[str, ...] = ()
    registry_suffix: str | None = None
    registered_domain: str | None = None
    private_suffix: str | None = None
    private_domain: str | None = None


class Address(Struct, frozen=True):
    """`port` is None unless the address names one, `query` unless it has one."""

    host: Host
    protocol: str
    port: int | None
    path: str
    query: str | None


def address_of(url: str) -> Address:
    """Never raises: what is no address of the web has an empty host name."""
    match = _PARTS.match(url)
    assert match is not None
    scheme, authority, path, query = match.groups()
    _, name, port = split_authority(authority or "")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else None
    return Address(host_of(name), (scheme or "").lower(), number, path or ("/" if authority else ""), query)


@lru_cache(_HOSTS_REMEMBERED)
def host_of(name: str) -> Host:
    name = name.lower().removesuffix(".")
    labels = tuple(reversed(name.split(".")))
    if not name or name.startswith("[") or (len(labels) == 4 and all(map(_NUMBER.match, labels))):
        return Host(name)
    if len(name) > _MOST_HOST or not all(labels):
        return Host(name, labels)
    registry, private = (_suffix_length(name, private=private) for private in (False, True))
    return Host(
        name,
        labels,
        _last(labels, registry),
        _last(labels, registry + 1 if registry else 0),
        _last(labels, private),
        _last(labels, private + 1 if private else 0),
    )


def _last(labels: tuple[str, ...], count: int) -> str | None:
    return ".".join(reversed(labels[:count])) if 0 < count <= len(labels) else None


def _suffix_length(name: str, *, private: bool) -> int:
    """Of how many labels the suffix is; 0 where no rule knows any. The list that came with the package is read, and
    nothing is asked."""
    from tld import get_tld

    # The list has names of other scripts as they are written, not in punycode.
    written = ".".join(_written(label) for label in name.split("."))
    found = get_tld(f"http://{written}/", fail_silently=True, as_object=True, search_private=private)
    return str(found.tld).count(".") + 1 if found is not None else 0  # type: ignore[union-attr]


def _written(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
