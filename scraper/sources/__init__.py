"""Where addresses come from: feeds, sitemaps, sites, lists and folders of texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.settings import Source
    from scraper.sources.base import Found, Hands


def links(source: Source, hands: Hands) -> Iterator[Found]:
    """What the source gives, in its order, less what `include` and `exclude` leave out; an address may come twice.

    Nothing that the web or a file does raises: what went wrong is told, and the rest goes on. Raises StorageError when
    an answer cannot be stored.
    """
    from archive.patterns import chosen

    for found in _all(source, hands):
        if source.kind == "site" or chosen(found.link.url, source.include, source.exclude):
            yield found


def _all(source: Source, hands: Hands) -> Iterator[Found]:
    if source.kind == "feed":
        from scraper.sources import feeds

        return feeds.links(source, hands)
    if source.kind == "sitemap":
        from scraper.sources import sitemaps

        return sitemaps.links(source, hands)
    if source.kind == "site":
        from scraper.sources import sites

        return sites.links(source, hands)
    if source.kind == "texts":
        from scraper.sources import texts

        return texts.links(source, hands)
    from scraper.sources import listed

    return listed.links(source, hands)
