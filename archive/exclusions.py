"""What is taken out of index, library, search and exports for a stated reason, as lines of a chain in
`exclusions.jsonl` (`archive/chain.py`).

The WARC files keep it. Everything derived is made as if it were not there, so that a rebuild brings it back once the
exclusion is undone; `verify` derives in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from archive import chain
from archive.captures import IMPORT
from archive.chain import Broken
from archive.derive import Derived
from archive.disk import Disk
from archive.mementos import replay_of
from archive.models import PageRow, Role
from archive.patterns import fits
from archive.rows import host_of, identities, iso

NAME = "exclusions.jsonl"
_MOST_COPIES = 4
"""How many archives may lie inside each other in an address."""
_OURS = ("urn:text:", "urn:article:")
OF_OTHERS = frozenset({Role.ASSET, Role.ROBOTS, IMPORT})
"""What a page group holds that is not the page: a page that goes leaves it behind."""


class Kind(StrEnum):
    """What is named: one address, whatever tracking is on it; a host with all below it; or a pattern
    (`archive/patterns.py`)."""

    ADDRESS = "address"
    HOST = "host"
    PATTERN = "pattern"


class Exclusion(Struct, frozen=True):
    """`what` is taken out since `time` (RFC 3339) for `reason`; `by` is who said so, "" where nobody did. `purged`: the
    WARC files are without it, too."""

    kind: Kind
    what: str
    reason: str
    time: str
    by: str = ""
    purged: bool = False

    def takes(self, url: str) -> bool:
        """Whether it is about this address."""
        if self.kind is Kind.ADDRESS:
            return bool(set(identities(self.what)).intersection(identities(url)))
        if self.kind is Kind.HOST:
            host = host_of(url)
            return host == self.what or host.endswith(f".{self.what}")
        return any(fits(self.what, address) for address in (url, *identities(url)))


def kind_of(what: str) -> Kind:
    """What a person means who types this: an address has a scheme, a pattern a star or a path, a host neither."""
    if "*" in what or what.startswith("/"):
        return Kind.PATTERN
    return Kind.ADDRESS if "://" in what else Kind.HOST


class Exclusions:
    """Those that hold now."""

    def __init__(self, found: Sequence[Exclusion] = ()) -> None:
        self._found = tuple(found)

    def __iter__(self) -> Iterator[Exclusion]:
        return iter(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def of(self, url: str) -> Exclusion | None:
        """The one that is about this address, or about the one of which it is a copy in a web archive."""
        for _ in range(_MOST_COPIES if self._found else 0):
            found = next((each for each in self._found if each.takes(url)), None)
            copy = replay_of(url) if found is None else None
            if copy is None:
                return found
            url = copy.url
        return None

    def takes_page(self, page: PageRow) -> bool:
        """Whether it is asked for, answers or calls itself at an address that one of them is about."""
        addresses = (page.url, page.final_url, page.original_url)
        return any(self.of(address) is not None for address in addresses if address)

    def left_of(self, group: Derived) -> Derived | None:
        """The group without what is excluded; None where nothing is left of it. A page goes if any of its addresses
        does."""
        if not self._found:
            return group
        page = group.page
        gone = page is not None and self.takes_page(page)
        captures = tuple(
            each
            for each in group.captures
            if not (gone and each.role not in OF_OTHERS) and self.of(plain(each.url)) is None
        )
        if gone:
            page = None
        check = group.check if group.check is not None and self.of(group.check.address) is None else None
        submissions = tuple(each for each in group.submissions if self.of(each.address) is None)
        if page is None and not captures and check is None and not submissions:
            return None
        files = group.files if page is not None else None
        return replace(group, page=page, captures=captures, files=files, check=check, submissions=submissions)


def plain(url: str) -> str:
    """The address that a record of ours is about."""
    for start in _OURS:
        if url.startswith(start):
            return url[len(start) :]
    return url


def load(folder: Path) -> Exclusions:
    """Those of the collection in this folder. A broken line is passed over: `verify` tells it."""
    found: dict[tuple[str, str], Exclusion] = {}
    for _, fields in chain.read(folder / NAME):
        if isinstance(fields, Broken):
            continue
        try:
            event = fields.pop("event")
            each = Exclusion(**fields | {"kind": Kind(fields["kind"])})
        except (KeyError, TypeError, ValueError):
            continue
        key = each.kind.value, each.what
        if event == "undo":
            found.pop(key, None)
        else:
            found[key] = each
    return Exclusions(tuple(found.values()))


def note(folder: Path, event: str, exclusion: Exclusion, time: datetime, disk: Disk) -> None:
    """A line for it: `event` is "exclude", "undo" or "purge". For the holder of the collection's lock."""
    fields: dict[str, Any] = {
        "event": event,
        "kind": exclusion.kind.value,
        "what": exclusion.what,
        "reason": exclusion.reason,
        "time": iso(time),
        "by": exclusion.by,
        "purged": event == "purge",
    }
    chain.add(folder / NAME, [fields], disk)
