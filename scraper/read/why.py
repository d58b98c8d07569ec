"""Where each field of an article stands on its page, in words: what `tearsheet show --why` tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from archive import urls
from archive.models import Article
from scraper.read.facts import Facts, Json, text
from scraper.read.tree import key_of

PRINTED = "printed on the page"
_LONGEST = 3000
_MOST_PLACES = 6
_LEAST_PART = 12


class Places:
    """What a page states and prints, for finding values in it again."""

    def __init__(self, facts: Facts, printed: Iterable[str]) -> None:
        """`printed` are the keys (`tree.key_of`) of the page's blocks."""
        self._stated = [(place, value, key_of(value)) for place, value in _stated(facts)]
        self._printed = "\n".join(printed)

    def of(self, value: str) -> list[str]:
        """Where it stands, as it is or inside something longer; what states it as it is first."""
        key = key_of(value)
        if not key:
            return []
        whole = [place for place, _, stated in self._stated if stated == key]
        inside = [place for place, _, stated in self._stated if len(key) >= _LEAST_PART and key in stated]
        shown = [PRINTED] if key in self._printed else []
        return list(dict.fromkeys([*whole, *shown, *inside]))[:_MOST_PLACES]

    def of_day(self, day: date) -> list[str]:
        found = [place for place, value, _ in self._stated if value.startswith(day.isoformat())]
        return list(dict.fromkeys(found))[:_MOST_PLACES]


def explain(article: Article, places: Places, facts: Facts) -> tuple[tuple[str, str], ...]:
    """(field, where it stands) for each field that the article has, in the order of the text file."""
    canonical = bool(facts.canonical) and urls.strip_tracking(article.url).endswith(_path(facts.canonical or ""))
    found = [
        ("title", _told(places.of(article.title), article.meta.title_source)),
        ("subtitle", _told(places.of(article.subtitle or ""), PRINTED) if article.subtitle else ""),
        ("authors", "; ".join(f"{name}: {_told(places.of(name), PRINTED)}" for name in article.authors)),
        ("date", _day(article, places)),
        ("intro", _told(places.of(article.intro or ""), PRINTED) if article.intro else ""),
        ("caption", _told(places.of(article.caption or ""), PRINTED) if article.caption else ""),
        ("credit", _told(places.of(article.credit or ""), PRINTED) if article.credit else ""),
        ("body", "; ".join(article.meta.notes) or "what the page shows as its text"),
        ("url", "link rel=canonical" if canonical else "the address that answered, less tracking"),
    ]
    return tuple((name, where) for name, where in found if where)


def _told(places: list[str], otherwise: str) -> str:
    return ", ".join(places) or otherwise


def _day(article: Article, places: Places) -> str:
    if article.date is None:
        return ""
    found = places.of_day(article.date)
    if not found and article.meta.published:
        return f"{article.meta.published}, on the publisher's own clock"
    return _told(found, PRINTED)


def _path(address: str) -> str:
    return address.partition("://")[2].partition("/")[2].partition("#")[0].partition("?")[0]


def _stated(facts: Facts) -> Iterator[tuple[str, str]]:
    for article in facts.articles[:1]:
        for name, value in article.items():
            yield from ((f"JSON-LD {name}", one) for one in _texts(value, facts) if len(one) <= _LONGEST)
    for name, values in facts.metas.items():
        yield from ((f"meta {name}", value) for value in values if value and len(value) <= _LONGEST)
    if facts.title_tag:
        yield "title element", facts.title_tag


def _texts(value: Json, facts: Facts) -> Iterator[str]:
    """The texts of a value, and of what stands one step inside it."""
    for item in value if isinstance(value, list) else [value]:
        resolved = facts.resolved(item)
        inner = resolved.values() if isinstance(resolved, dict) else [resolved]
        for each in inner:
            if isinstance(each, str) and (found := text(each)):
                yield found
