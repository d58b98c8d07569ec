"""Two texts of one article beside each other: what the newspaper changed, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct

from archive.difference import Difference, Part, difference
from archive.errors import UsageError
from archive.models import PageRow
from archive.viewer.library import Library
from archive.viewer.model import Moment
from archive.viewer.shelf import Bare

_LEAST_FOLDED = 4


class Stretch(Struct, frozen=True):
    """Parts of the difference that follow one another; `folded` where so many are the same that nobody reads them."""

    parts: tuple[Part, ...]
    folded: bool


class Changed(Struct, frozen=True):
    """`before` and `after` are the pages that brought the two texts."""

    before: PageRow
    after: PageRow
    difference: Difference

    @property
    def stretches(self) -> list[Stretch]:
        return list(_stretches(self.difference.parts))

    def as_dict(self) -> dict[str, Any]:
        parts = [
            {"name": part.name, "pieces": [{"change": piece.change.value, "text": piece.text} for piece in part.pieces]}
            for part in self.difference.parts
        ]
        found = self.difference
        return {
            "similarity": found.similarity,
            "words_added": found.added,
            "words_struck": found.struck,
            "markup_changed": found.markup,
            "parts": parts,
        }


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


def _stretches(parts: Sequence[Part]) -> Iterator[Stretch]:
    """Of many that are the same, the first and the last beside a change stay."""
    groups = [(changed, tuple(group)) for changed, group in groupby(parts, key=lambda part: part.changed)]
    for number, (changed, group) in enumerate(groups):
        if changed or len(group) < _LEAST_FOLDED:
            yield Stretch(group, False)
            continue
        start = 1 if number else 0
        end = len(group) - (1 if number + 1 < len(groups) else 0)
        yield Stretch(group[:start], False)
        yield Stretch(group[start:end], True)
        yield Stretch(group[end:], False)
