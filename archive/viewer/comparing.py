"""Two texts of one article beside each other: what the newspaper changed, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from archive.difference import Difference, Stretch, difference, stretches
from archive.errors import UsageError
from archive.models import PageRow
from archive.viewer.library import Library
from archive.viewer.model import Moment
from archive.viewer.shelf import Bare


class Changed(Struct, frozen=True):
    """`before` and `after` are the pages that brought the two texts."""

    before: PageRow
    after: PageRow
    difference: Difference

    @property
    def stretches(self) -> list[Stretch]:
        return list(stretches(self.difference.parts))


def compared(library: Library | Bare, moments: Sequence[Moment], asked: Mapping[str, str]) -> Changed | None:
    """The difference of the texts of two page ids, `from` and `to`; without them that of the last two texts, None where
    there is one at most. Raises UsageError for ids of other pages, DamageError where a text cannot be read."""
    versions = {moment.page.page_id: moment.page for moment in moments if moment.version}
    last = list(versions)[-2:]
    if len(last) < 2 and not (asked.get("from") or asked.get("to")):
        return None
    standard = {"from": last[0], "to": last[-1]} if last else {}
    pages = []
    for name in ("from", "to"):
        page = versions.get(asked.get(name) or standard.get(name, ""))
        if page is None:
            raise UsageError(f"{name} is none of the texts of this article")
        pages.append(page)
    before, after = (library.article(page.page_id) for page in pages)
    if before is None or after is None:
        raise UsageError("one of the two has no text")
    return Changed(pages[0], pages[1], difference(before, after))
