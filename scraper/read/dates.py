"""When it was published, on the publisher's own clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from scraper.read.facts import Facts, text
from scraper.read.tree import Node, label, tag_of, text_of
from scraper.read.vocabulary import named, ordered, wording

_ISO = re.compile(
    r"\s{0,9}(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[T ]\s{0,3}(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?\s{0,3}(Z|UTC|GMT|[+-]\d{2}:?\d{0,2})?)?",
    re.IGNORECASE,
)
_PUBLISHED = ordered(
    """
    article:published_time article:published og:published_time og:article:published_time datepublished parsely-pub-date
    sailthru.date publishdate publish-date publish_date pubdate pub_date publication_date publicationdate
    dc.date.issued dcterms.issued dc.date dcterms.date dcterms.created date article.published
    cxenseparse:recs:publishtime citation_publication_date datecreated created originalpublicationdate displaydate ptime
    date.release bt:pubdate
    """
)
_MODIFIED = ordered(
    """
    article:modified_time article:modified og:updated_time datemodified lastmod last-modified dcterms.modified
    dc.date.modified
    """
)


@dataclass(frozen=True, slots=True)
class Dates:
    day: date | None
    published: str | None
    modified: str | None
    in_utc: bool = False
    """Whether the day is known in UTC alone, which may be another than the publisher's own."""


@dataclass(frozen=True, slots=True)
class _Moment:
    day: date
    instant: datetime | None
    local: bool
    """Whether the offset is the publisher's own, not UTC."""


def dates(tree: Node, facts: Facts) -> Dates:
    stated = [value for value in _stated(tree, facts) if _moment(value)]
    published = stated[0] if stated else None
    modified = text(facts.ld("dateModified")) or facts.meta(*_MODIFIED)
    if published is None:
        return Dates(_shown(tree), None, modified)
    first = _moment(published)
    assert first is not None
    day, in_utc = first.day, False
    if first.instant is not None and not first.local:
        for other in map(_moment, stated[1:]):
            if other and other.local and other.instant and abs(other.instant - first.instant) < timedelta(minutes=2):
                return Dates(other.day, published, modified)
        shown = _shown(tree)
        if shown is not None and abs((shown - day).days) == 1:
            day = shown
        in_utc = shown is None
    return Dates(day, published, modified, in_utc)


def _stated(tree: Node, facts: Facts) -> Iterator[str]:
    value = text(facts.ld("datePublished"))
    if value:
        yield value
    for name in _PUBLISHED:
        yield from facts.metas.get(name, ())
    yield from _from_times(tree)
    value = text(facts.ld("dateCreated", "uploadDate"))
    if value:
        yield value


def _from_times(tree: Node) -> Iterator[str]:
    """`datetime` of elements that say they are the time of publication, then of the first others outside boxes."""
    others: list[str] = []
    for node in tree.iter("time", "abbr", "span", "meta", "div", "p"):
        itemprop = (node.get("itemprop") or "").lower()
        value = node.get("datetime") or node.get("content") or (node.get("title") if tag_of(node) == "abbr" else None)
        if not value:
            continue
        if "datepublished" in itemprop or node.get("pubdate") is not None:
            yield value
        elif tag_of(node) == "time" and "modif" not in itemprop and not _UPDATED.search(label(node)):
            others.append(value)
    yield from others[:1]


def _moment(value: str) -> _Moment | None:
    match = _ISO.match(value)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        found = date(int(year), int(month), int(day))
        if not 1800 <= found.year <= 2200:
            return None
        if hour is None:
            return _Moment(found, None, False)
        time = datetime(found.year, found.month, found.day, int(hour), int(minute), min(59, int(second or 0)))
    except ValueError:
        return None
    if zone is None:
        return _Moment(found, None, False)
    offset = _offset(zone)
    try:
        return _Moment(found, time.replace(tzinfo=timezone(offset)).astimezone(UTC), offset != timedelta(0))
    except (ValueError, OverflowError):
        return _Moment(found, None, False)


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=min(int(digits[:2]), 23), minutes=min(int(digits[2:4]), 59))
    return -offset if zone[0] == "-" else offset


_MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio janeiro januari jänner stycznia ledna января ocak tammikuuta",
            "february feb februar février fevrier febrero febbraio fevereiro februari lutego února февраля"
            " şubat helmikuuta",
            "march mar märz maerz mars marzo março marco maart marca března марта mart maaliskuuta",
            "april apr avril abril aprile kwietnia dubna апреля nisan huhtikuuta",
            "may mai mayo maggio maio mei maj maja května мая mayıs toukokuuta",
            "june jun juni juin junio giugno junho czerwca června июня haziran kesäkuuta",
            "july jul juli juillet julio luglio julho lipca července июля temmuz heinäkuuta",
            "august aug août aout agosto augustus augusti sierpnia srpna августа ağustos elokuuta",
            "september sep sept septembre septiembre settembre setembro września září сентября eylül syyskuuta",
            "october oct oktober okt octobre octubre ottobre outubro października října октября ekim lokakuuta",
            "november nov novembre noviembre novembro listopada listopadu ноября kasım marraskuuta",
            "december dec dezember dez décembre decembre diciembre dicembre dezembro desember grudnia prosince декабря"
            " aralık joulukuuta",
        ),
        1,
    )
    for name in names.split()
}
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:de\s+|of\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de\s+)?(\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_NUMERIC = re.compile(r"\b(\d{4})[-/.年년]\s?(\d{1,2})[-/.月월]\s?(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
"""Where points stand between the numbers, the day comes first."""


_ORDERS = ((_MONTH_FIRST, (2, 0, 1)), (_DAY_FIRST, (2, 1, 0)), (_NUMERIC, (0, 1, 2)), (_DOTTED, (2, 1, 0)))


def read_day(shown: str) -> date | None:
    """The day in a date as people write it; None where it could be several."""
    shown = shown[:300]
    for pattern, order in _ORDERS:
        for match in pattern.finditer(shown):
            year, month, day = (match.groups()[i] for i in order)
            number = int(month) if month.isdigit() else _MONTH_NAMES.get(month.lower())
            if number:
                try:
                    return date(int(year), number, int(day))
                except ValueError:
                    continue
    return None


def is_dated(shown: str) -> bool:
    """Whether a short text holds a date: such a line before an article is no part of it."""
    return len(shown) < 160 and (read_day(shown) is not None or _SHORT_DATE.search(shown) is not None)


_SHORT_DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b")

_DATE_CLASS = named(
    """
    date|dates|published|publish|pubdate|published date|publish date|timestamp|dateline|datetime|posted on|post date
    |entry date|datum|fecha
    """
)
_UPDATED = named("updated|update|modified|lastmod|last updated|datemodified")


def _shown(tree: Node) -> date | None:
    """The first day that the page shows as its own, in a `time` element or one named for dates."""
    for node in tree.iter("time", "span", "div", "p", "li", "abbr"):
        name = label(node)
        if tag_of(node) != "time" and not _DATE_CLASS.search(name):
            continue
        if _UPDATED.search(name) or "datemodified" in (node.get("itemprop") or "").lower():
            continue
        shown = text_of(node)
        found = None if _UPDATED_LINE.match(shown) else read_day(shown)
        if found:
            return found
    return None


def from_lines(lines: Iterable[str]) -> date | None:
    """The day in the first of some lines that shows one, an update's aside."""
    return next((day for line in lines if not _UPDATED_LINE.match(line) and (day := read_day(line))), None)


def corrected(known: Dates, lines: Iterable[str]) -> date | None:
    """The known day; where only UTC tells it, the neighbouring day that a short line beside the title shows."""
    shown = from_lines(line for line in lines if len(line) < _DATE_LINE) if known.in_utc and known.day else None
    return shown if shown and known.day and abs((shown - known.day).days) == 1 else known.day


_DATE_LINE = 70
"""Longer lines that hold a date are captions or text."""
_UPDATED_LINE = wording(
    r"""
    \W{0,3}(?:last\s|page\s|zuletzt\s|dernière\s|última\s|ultimo\s)?(?:updated?|modified|edited|aktualisiert|geändert
    |mise?\sà\sjour|modifié|actualizad[oa]|actualización|atualizad[oa]|aggiornat[oa]|aggiornamento|bijgewerkt|oppdatert
    |uppdaterad|opdateret|обновлено|更新|最終更新)
    """
)
