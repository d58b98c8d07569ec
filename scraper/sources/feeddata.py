"""What a feed's bytes say: pure. feedparser reads what is left of it once entities and articles' texts are out."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from archive.urls import MAX_URL, join
from scraper.read.css import bounded, resolve
from scraper.sources.base import MOST_DATE, moment
from scraper.sources.markup import escaped, narrow, root_name

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_ITEMS = 10_000
MAX_LINKS = 50
MAX_NAMED = 1000
MAX_OF_PAGE = 10
FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "text/x-opml",
        "text/x-opml+xml",
    }
)
_ITEMS = frozenset({"item", "entry"})
_DATES = frozenset({"pubdate", "published", "updated", "modified", "issued", "created", "date"})
_WANTED = frozenset({"link", "guid", "id", "origlink"}) | _DATES
_MEANT = {
    "dc:date": "{http://purl.org/dc/elements/1.1/}date",
    "atom:link": "{http://www.w3.org/2005/Atom}link",
    "feedburner:origlink": "{http://rssnamespace.org/feedburner/ext/1.0}origLink",
}
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_STAND_IN = "https://address.invalid/"
_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_ILLEGAL = bytes(c for c in range(32) if c not in b"\t\r\n")


class Item(Struct, frozen=True):
    url: str
    published: datetime | None = None
    modified: datetime | None = None


class Document(Struct, frozen=True):
    """What a feed says: its items, the feeds that it names, and what is wrong with it, in words."""

    items: tuple[Item, ...] = ()
    feeds: tuple[str, ...] = ()
    problem: str | None = None


def read(data: bytes, base: str, content_type: str | None = None) -> Document:
    """What the document at `base` says, whatever its kind. Never raises."""
    data, base = narrow(data), bounded(base)
    if data[:1] in (b"{", b"["):
        return _json(data, base)
    root = root_name(data)
    if root == "html":
        return _page(data, base)
    if root == "!":
        return Document(problem="is not read: it declares entities of its own")
    if root not in ("rss", "rdf", "feed", "opml"):
        told = f"its root is {root}" if root else "it is neither XML nor JSON"
        return Document(problem=f"is no feed: {told}" + ("; is it a sitemap?" if "sitemap" in root + base else ""))
    tree, error = _tree(data, content_type)
    if tree is None:
        return Document(problem="is not read: it is not XML")
    found = _opml(tree, base) if root == "opml" else _items(tree, base, is_atom=root == "feed")
    if error and not found.items and not found.feeds and found.problem is None:
        return Document(problem=f"is broken and names nothing: {error}"[:200])
    return found


def _tree(data: bytes, content_type: str | None) -> tuple[_Element | None, str]:
    """The document as far as it can be made out, and the first thing that is wrong with it."""
    from lxml import etree

    charset = _CHARSET.search(content_type or "")
    encoding = charset[1] if charset and not data.startswith(b"<?xml") else None
    harmless = escaped(data.translate(None, _ILLEGAL))
    for tried in dict.fromkeys((encoding, None)):
        try:
            parser = etree.XMLParser(
                encoding=tried,
                recover=True,
                resolve_entities=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
            )
            root = etree.fromstring(harmless, parser)
        except (etree.XMLSyntaxError, LookupError, ValueError):
            continue
        errors = parser.error_log
        return root, f"line {errors[0].line}: {errors[0].message.partition(chr(10))[0]}" if len(errors) else ""
    return None, ""


def _local(element: _Element) -> str:
    """The local name, lower case, also where a prefix was never declared."""
    tag = element.tag
    return re.split(r"[}:]", tag)[-1].lower() if isinstance(tag, str) else ""


# ------------------------------------------------------------------------------------------------ RSS and Atom


def _items(root: _Element, base: str, *, is_atom: bool) -> Document:
    import feedparser
    from lxml import etree

    addresses: list[str] = []
    more = _reduced(root, base, addresses, is_atom=is_atom)
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed = feedparser.parse(
            io.BytesIO(etree.tostring(root, encoding="utf-8")),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # whatever a parser of many formats and dates may raise for what strangers write
        return Document(problem=f"is not read: {type(error).__name__}: {error}"[:200])
    items: list[Item] = []
    feeds: dict[str, None] = {}
    for entry in parsed.entries:
        named, is_feed = _address(entry, is_atom)
        url = addresses[int(named.removeprefix(_STAND_IN))] if named and named.startswith(_STAND_IN) else None
        if url is None:
            continue
        if is_feed:
            feeds[url] = None
        else:
            items.append(Item(url, _time(entry, "published", "created"), _time(entry, "updated")))
    problem = f"has more than {MAX_ITEMS} items; the others are passed over" if more else None
    return Document(tuple(items), tuple(feeds)[:MAX_NAMED], problem)


def _reduced(root: _Element, base: str, addresses: list[str], *, is_atom: bool) -> bool:
    """Leaves of a feed nothing but its items, and of these nothing but where and when they are; says if it had more.

    Addresses are resolved here and put into `addresses`: feedparser sees stand-ins for them, since it would write some
    of them otherwise.
    """
    from lxml import etree

    found = list(islice((e for e in root.iter() if _local(e) in _ITEMS and e is not root), MAX_ITEMS + 1))
    known: dict[_Element, str] = {}
    taken = [(item, _base(item, base, known)) for item in found[:MAX_ITEMS]]
    # Not a new element: strangers name namespaces of which lxml makes none.
    root.clear()
    place = root if is_atom else etree.SubElement(root, "channel")
    for item, within in taken:
        _reduce(item, within, addresses)
        place.append(item)
    return len(found) > MAX_ITEMS


def _base(element: _Element, base: str, known: dict[_Element, str]) -> str:
    """What relative addresses in the element resolve against (XML Base). `known` are those of elements above."""
    above: list[_Element] = []
    at: _Element | None = element
    while at is not None and at not in known:
        above.append(at)
        at = at.getparent()
    within = known[at] if at is not None else base
    for each in reversed(above):
        reference = each.get(_XML_BASE)
        within = known[each] = bounded(join(within, reference)) if reference else within
    return within


def _reduce(item: _Element, base: str, addresses: list[str]) -> None:
    kept = 0
    for child in list(item):
        if isinstance(child.tag, str) and ":" in child.tag and "}" not in child.tag:
            # A prefix that was never declared.
            child.tag = _MEANT.get(child.tag.lower(), "unknown")
        name = _local(child)
        most = MOST_DATE if name in _DATES else MAX_URL
        if name not in _WANTED or len(child) or len(child.text or "") > most or kept >= MAX_LINKS:
            item.remove(child)
            continue
        kept += 1
        if name not in _DATES:
            own = child.get(_XML_BASE)
            within = bounded(join(base, own)) if own else base
            child.text = _stand_in(child.text, within, addresses, absolute=name in ("guid", "id"))
            for attribute in [key for key in child.attrib if str(key).lower() == "href"]:
                child.set(attribute, _stand_in(child.get(attribute), within, addresses) or "")


def _stand_in(written: str | None, base: str, addresses: list[str], *, absolute: bool = False) -> str | None:
    written = (written or "").strip()
    if absolute and not written.lower().startswith(("http://", "https://")):
        return None
    url = resolve(base, written)
    if url is None:
        return None
    addresses.append(url)
    return f"{_STAND_IN}{len(addresses) - 1}"


def _address(entry: dict[str, Any], is_atom: bool) -> tuple[str | None, bool]:
    """Where an item stands, and whether that is another feed. Never `self`, `via` or an enclosure."""
    original = entry.get("feedburner_origlink")
    if original:
        return str(original), False
    alternates = [link for link in entry.get("links", ()) if link.get("rel") == "alternate" and link.get("href")]
    pages = [link for link in alternates if "html" in (link.get("type") or "html")]
    if pages:
        return str(pages[0]["href"]), False
    if alternates:
        return str(alternates[0]["href"]), alternates[0].get("type") in FEED_TYPES
    if not is_atom and entry.get("guidislink"):
        return entry.get("id"), False
    return None, False


def _time(entry: dict[str, Any], *names: str) -> datetime | None:
    for name in names:
        # Not entry.get, which takes the time of publication for a missing one of change.
        parts = dict.get(entry, f"{name}_parsed")
        if parts:
            try:
                year, month, day, hour, minute, second = parts[:6]
                return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
            except (ValueError, TypeError, OverflowError):
                continue
    return None


# ------------------------------------------------------------------------------------------------ other kinds


def _json(data: bytes, base: str) -> Document:
    """JSON Feed, versions 1 and 1.1."""
    try:
        feed = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return Document(problem="is no feed: it is not JSON")
    entries = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(entries, list):
        return Document(problem="is no feed: it is JSON without items")
    items = []
    for entry in entries[:MAX_ITEMS]:
        if not isinstance(entry, dict):
            continue
        named = next((v for v in map(entry.get, ("url", "external_url", "id")) if isinstance(v, str) and v), "")
        if named == entry.get("id") and not named.lower().startswith(("http://", "https://")):
            continue
        if url := resolve(base, named):
            published, modified = entry.get("date_published"), entry.get("date_modified")
            items.append(Item(url, _json_time(published), _json_time(modified)))
    return Document(tuple(items))


def _json_time(value: object) -> datetime | None:
    return moment(value) if isinstance(value, str) else None


def _opml(root: _Element, base: str) -> Document:
    items: dict[str, Item] = {}
    feeds: dict[str, None] = {}
    for outline in root.iter():
        if _local(outline) != "outline":
            continue
        kind = (outline.get("type") or "").lower()
        named = outline.get("xmlUrl") or outline.get("xmlurl")
        address = outline.get("url") or ""
        if named or (address and (kind == "include" or address.lower().endswith(".opml"))):
            if url := resolve(base, named or address):
                feeds[url] = None
        elif kind == "link" and (url := resolve(base, address)):
            items[url] = Item(url)
    more = f"names more than {MAX_NAMED} feeds; the others are passed over" if len(feeds) > MAX_NAMED else None
    return Document(tuple(items.values())[:MAX_ITEMS], tuple(feeds)[:MAX_NAMED], more)


def _page(data: bytes, base: str) -> Document:
    """The feeds that a page names by `link rel=alternate`."""
    feeds = tuple(dict.fromkeys(_alternates(data, base)))[:MAX_OF_PAGE]
    return Document(feeds=feeds, problem=None if feeds else "is a page that names no feed")


def _alternates(data: bytes, base: str) -> Iterator[str]:
    from lxml import etree, html

    try:
        root = html.document_fromstring(data, html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return
    first = next((element.get("href") for element in root.iter("base") if element.get("href")), None)
    within = bounded(join(base, first) if first else base)
    for element in root.iter("link"):
        relations = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in relations and kind in FEED_TYPES and (url := resolve(within, element.get("href") or "")):
            yield url
