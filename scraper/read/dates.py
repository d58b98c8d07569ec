"""When it was published, on the publisher's own clock."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import htmldate
from msgspec import Struct

from archive.deferring import deferred
from scraper.read.calendars import latin_digits, made, read_day
from scraper.read.facts import Facts, text
from scraper.read.outline import outlined
from scraper.read.tree import Node, is_hidden, label, tag_of, text_of
from scraper.read.vocabulary import named, ordered, wording

_ISO = deferred(
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


__all__ = ["Dates", "corrected", "dates", "from_lines", "guessed", "is_dated", "read_day"]


class Dates(Struct, frozen=True):
    day: date | None
    published: str | None
    modified: str | None
    in_utc: bool = False
    """Whether the day is known in UTC alone, which may be another than the publisher's own."""


class _Moment(Struct, frozen=True):
    day: date
    instant: datetime | None
    local: bool
    """Whether the offset is the publisher's own, not UTC."""


def dates(tree: Node, facts: Facts, title: Node | None = None) -> Dates:
    language = facts.language
    stated = [value for value in _stated(tree, facts, title) if _moment(value, language)]
    published = stated[0] if stated else None
    modified = text(facts.ld("dateModified")) or facts.meta(*_MODIFIED)
    if published is None:
        return Dates(_shown(tree, language, title), None, modified)
    first = _moment(published, language)
    assert first is not None
    day, in_utc = first.day, False
    if first.instant is not None and not first.local:
        for other in (_moment(value, language) for value in stated[1:]):
            if other and other.local and other.instant and abs(other.instant - first.instant) < timedelta(minutes=2):
                return Dates(other.day, published, modified)
        shown = _shown(tree, language, title)
        if shown is not None and abs((shown - day).days) == 1:
            day = shown
        in_utc = shown is None or abs((shown - first.day).days) > 1
    return Dates(day, published, modified, in_utc)


def guessed(tree: Node, url: str) -> date | None:
    """The day in the page's address, else what htmldate finds: for a page that states and shows no day of its own."""
    match = _PATH_DAY.search(url)
    if match:
        year, _, *parts = match.groups()
        month, day = filter(None, parts)
        if named := made(int(year), int(month), int(day)):
            return named
    try:
        found = htmldate.find_date(_own(tree), original_date=True, extensive_search=False, url=url)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return date.fromisoformat(found) if found else None


def _own(tree: Node) -> Node:
    """A copy of the page without what is beside its article: menus, other stories, the site's header."""
    own = copy.deepcopy(tree)
    stories = list(own.iter("article"))
    kept = [story for story in stories if next(story.iter("h1"), None) is not None] or stories[:1]
    named_so = [node for node in own.iter("section", "div", "ul") if _OTHERS.search(label(node))]
    for node in (*stories, *named_so, *own.iter("nav", "footer", "aside", "header")):
        if node not in kept and node.getparent() is not None and next(node.iter("h1"), None) is None:
            node.drop_tree()
    return own


_OTHERS = named(
    """
    related[a-z]{0,12}|teasers?|cards?|recommend[a-z]{0,8}|sidebar|widget|most read|popular|trending|latest|comments?
    |promo|carousel|slider|newsletter|footer|menu|navigation
    """
)
_PATH_DAY = deferred(r"/((?:19|20)\d\d)(?:([/-])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d))(?=[/_.-]|\Z)")


def _stated(tree: Node, facts: Facts, title: Node | None) -> Iterator[str]:
    value = text(facts.ld("datePublished"))
    if value:
        yield value
    for name in _PUBLISHED:
        yield from facts.metas.get(name, ())
    yield from _from_times(tree, title)
    value = text(facts.ld("dateCreated", "uploadDate"))
    if value:
        yield value


def _from_times(tree: Node, title: Node | None) -> Iterator[str]:
    """`datetime` of elements that say they are the time of publication, then of the first other outside boxes."""
    others: list[str] = []
    above = set(title.iterancestors()) if title is not None else set()
    outline = outlined(tree)
    timed = {*outline.iter("time"), *outline.having("itemprop", "pubdate")}
    for node in [node for node in outline.nodes if node in timed] if timed else ():
        itemprop = (node.get("itemprop") or "").lower()
        value = node.get("datetime") or node.get("content") or (node.get("title") if tag_of(node) == "abbr" else None)
        if not value:
            continue
        if "datepublished" in itemprop or node.get("pubdate") is not None:
            if tag_of(node) == "meta" or not _is_apart(node, above, False):
                yield value
        elif tag_of(node) == "time" and not others and "modif" not in itemprop and not _UPDATED.search(label(node)):
            others += [] if _is_apart(node, above, False) else [value]
    yield from others


def _moment(value: str, language: str | None = None) -> _Moment | None:
    value = latin_digits(value[:100])
    match = _ISO.match(value)
    if match is None:
        return _written(value, language)
    year, month, day, hour, minute, second, zone = match.groups()
    found = made(int(year), int(month), int(day))
    if found is None:
        return _written(value, language)
    if hour is None:
        return _Moment(found, None, False)
    try:
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


def _written(value: str, language: str | None) -> _Moment | None:
    """A moment in other forms than ISO 8601: an e-mail's, seconds or milliseconds since 1970, or as people write."""
    if match := _EPOCH.match(value):
        instant = datetime.fromtimestamp(int(match.group(1)), UTC)
        return _Moment(instant.date(), instant, False)
    if _MAIL.search(value):
        try:
            sent = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            sent = None
        if sent is not None and sent.tzinfo is not None:
            return _Moment(sent.date(), sent.astimezone(UTC), sent.utcoffset() != timedelta(0))
    found = read_day(value, language)
    return _Moment(found, None, False) if found else None


_EPOCH = deferred(r"\s*([1-9]\d{8,9})(?:\d{3})?\s*\Z")
_MAIL = deferred(r"\A\s*(?:\w{3},\s)?\d{1,2}\s\w{3}\s\d{4}\s\d{2}:\d{2}")


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=min(int(digits[:2]), 23), minutes=min(int(digits[2:4]), 59))
    return -offset if zone[0] == "-" else offset


def is_dated(shown: str) -> bool:
    """Whether a short text holds a date: such a line before an article is no part of it."""
    return len(shown) < 160 and (read_day(shown) is not None or _SHORT_DATE.search(shown) is not None)


_SHORT_DATE = deferred(r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b")

_DATE_CLASS = named(
    """
    date|dates|published|publish|pubdate|published date|publish date|timestamp|dateline|datetime|posted on|post date
    |entry date|article date|news date|date time|post time|publish time|published time|publication date|datum|fecha
    |dato|data|tarih|tanggal|paivays|datetime|created|dtpublished|pub date
    """
)
_UPDATED = named("updated|update|modified|lastmod|last updated|datemodified")


_OUTSIDE = frozenset(("nav", "footer", "aside"))
_HINTS = ("dat", "time", "publi", "post", "fecha", "tarih", "tanggal", "tid")


def _shown(tree: Node, language: str | None, title: Node | None) -> date | None:
    """The first day that the page shows as its own, in a `time` element or one named for dates: after the title, else
    before it; never in a box of other things or in the site's header."""
    above = set(title.iterancestors()) if title is not None else set()
    before, passed = None, title is None
    for node in tree.iter("time", "span", "div", "p", "li", "abbr", "h1", "h2"):
        if node is title:
            passed = True
            continue
        if tag_of(node) != "time":
            raw = f"{node.get('class') or ''} {node.get('itemprop') or ''} {node.get('id') or ''}".lower()
            if not any(map(raw.__contains__, _HINTS)) or not _DATE_CLASS.search(label(node)):
                continue
        if _UPDATED.search(label(node)) or "datemodified" in (node.get("itemprop") or "").lower():
            continue
        shown = text_of(node)
        found = None if _UPDATED_LINE.match(shown) else read_day(shown, language)
        if found and not _is_apart(node, above, passed):
            if passed:
                return found
            before = before or found
    return before


def _is_apart(node: Node, above: set[Node], passed: bool) -> bool:
    for ancestor in node.iterancestors():
        if ancestor in above:
            return False
        tag = tag_of(ancestor)
        if tag in _OUTSIDE or (tag == "header" and not passed) or (above and tag == "article") or is_hidden(ancestor):
            return True
        if _OTHERS.search(label(ancestor)):
            return True
    return is_hidden(node)


def from_lines(lines: Iterable[str], language: str | None = None) -> date | None:
    """The day in the first of some lines that shows one, an update's aside."""
    return next((day for line in lines if not _UPDATED_LINE.match(line) and (day := read_day(line, language))), None)


def corrected(known: Dates, lines: Iterable[str], language: str | None = None) -> date | None:
    """The known day; where only UTC tells it, the neighbouring day that a short line beside the title shows."""
    short = (line for line in lines if len(line) < _DATE_LINE)
    shown = from_lines(short, language) if known.in_utc and known.day else None
    return shown if shown and known.day and abs((shown - known.day).days) == 1 else known.day


_DATE_LINE = 70
"""Longer lines that hold a date are captions or text."""
_UPDATED_LINE = wording(
    r"""
    \W{0,3}(?:last\s|page\s|zuletzt\s|dernière\s|última\s|ultimo\s)?(?:updated?|modified|edited|aktualisiert|geändert
    |mise?\sà\sjour|modifié|actualizad[oa]|actualización|atualizad[oa]|aggiornat[oa]|aggiornamento|bijgewerkt|oppdatert
    |uppdaterad|opdateret|ændret|endret|ändrad|sist oppdatert|senast|muokattu|päivitetty|zaktualizowano|aktualizacja
    |aktualizováno|aktualizované|frissítve|actualizat|ažurirano|posodobljeno|обновлено|изменено|оновлено|обновена|ажурирано
    |atnaujinta|papildināts|uuendatud|ενημέρωση|ενημερώθηκε|güncelle\S{0,6}|عُ?دّ?لت?|تحديث|آخر تحديث|به‌?روز|עודכן|עדכון
    |अपडेट|अद्यतन|আপডেট|diperbarui|dikemas kini|cập nhật|อัปเดต|ปรับปรุง|imesasishwa|更新|最終更新|수정|업데이트|최종)
    """
)
