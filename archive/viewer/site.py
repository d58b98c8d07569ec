"""What the library is told of the place where it stands."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from archive.models import PageRow


class Writes(Struct, frozen=True):
    """What may be changed from the browser; both functions raise TearsheetError.

    `token` is what whoever started the server knows: a write without it is refused. `keep` keeps an address now;
    `overrule` takes the page id of a quarantined page and a person's reason why it is the article after all.
    """

    token: str
    keep: Callable[[str], PageRow]
    overrule: Callable[[str, str], PageRow]


class Site(Struct, frozen=True):
    """`title` is the collection's name. `hosts` are the values of the Host header that are answered, such as
    "127.0.0.1:8080". `replay` is pywb's origin with the path of the collection, such as "http://127.0.0.1:8081/main".
    Without `writes` nothing can be changed, and no address would."""

    title: str
    hosts: frozenset[str]
    replay: str | None = None
    writes: Writes | None = None
