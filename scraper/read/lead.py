"""The lead picture: the one that opens the article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from msgspec import Struct

from archive.deferring import deferred
from archive.inline import clean_inline
from scraper.read import captions, chrome
from scraper.read.body import Field
from scraper.read.captions import Picture
from scraper.read.credit_nodes import credit_in
from scraper.read.credits import clean_credit, split_credit
from scraper.read.facts import Facts, Json, text
from scraper.read.marking import Marking, is_brief
from scraper.read.tree import Node, key_of, label, tag_of, text_of
from scraper.read.unit import Unit
from scraper.read.vocabulary import named

_NONE = Picture()
_NO_LEAD = named(
    """
    authors?|author [a-z]{1,8}|byline|bylines|avatar|profile|headshot|logo|brand|branding|sponsor|sponsored|bio|related
    |newsletter|podcast|recommended|promo|ad|ads|advert|advertisement|most read|contributor
    """
)
_WITHIN = named("article|post|story|content|entry|main|detail|hentry|single|news")
_SIZE = deferred(
    r"(?:[-_]\d{2,4}x\d{2,4}|[-_]scaled|[-_@]\d{1,4}[wx]?|[-_](?:large|medium|small|thumb|xl|l|m|s))+\Z", re.I
)
_EXTENSION = deferred(r"\.(?:jpe?g|png|webp|gif|avif|jfif|svg|bmp|tiff?)\Z", re.IGNORECASE)
_MAX_MATCHES = 5
_MAX_LEVELS = 7
_MAX_TEXT = 900
_MAX_UNNAMED = 400
_BETWEEN = 80
_MAX_STEPS = 500
_NOWHERE = 1_000_000
_MAX_SUMMARY = 2
_TOPMOST = ("html", "body", "main", "article")


class Shown(Struct, frozen=True):
    """What is written under the picture where the page shows it, and the place of the unit that it is or that follows
    it."""

    picture: Picture
    at: int


class Stated(Struct, frozen=True):
    """What the page's metadata says of its picture, and where the page shows it."""

    caption: str = ""
    credit: str = ""
    shown: tuple[Shown, ...] = ()
    at: int = _NOWHERE


def stated(tree: Node, facts: Facts, title: Node | None, units: list[Unit], base: str) -> Stated:
    """Looks for the picture before boxes beside the article are taken out of the tree."""
    image = facts.ld("image")
    objects = [facts.resolved(found) for found in (image if isinstance(image, list) else [image])][:4]
    found = [facts.meta(name) for name in ("og:image", "og:image:url", "og:image:secure_url", "twitter:image")]
    found += [address for thing in objects for address in _addresses(thing)]
    keys = frozenset(filter(None, (_key(address) for address in found if address)))
    first = next((thing for thing in objects if isinstance(thing, dict)), {})
    caption = text(first.get("caption")) or facts.meta("og:image:alt", "twitter:image:alt") or ""
    places: list[Shown] = []
    at = _NOWHERE
    images = _images(tree, keys) if keys else []
    if images:
        stops = frozenset() if title is None else frozenset(title.iterancestors())
        index = {unit.node: i for i, unit in reversed(list(enumerate(units)))}
        seen: list[Node] = []
        for image in images:
            here = _position(image, index)
            at = min(at, here)
            place = _place(image, stops, key_of(caption))
            if place is not None and all(place[0] is not node for node in seen):
                seen.append(place[0])
                places.append(Shown(_written(*place, base), here))
    return Stated(clean_inline(caption), _stated_credit(first, facts), tuple(places), at)


def _position(image: Node, index: dict[Node, int]) -> int:
    """The place of the unit that an element stands in or that follows it; a high one where none does."""
    own = next((node for node in image.iterancestors() if index.get(node)), None)
    if own is not None and tag_of(own) not in _TOPMOST and next(own.iter("p"), None) is None:
        return index[own]
    node = image
    for _ in range(_MAX_STEPS):
        after = node.getnext()
        while after is None:
            node = node.getparent()
            if node is None:
                return _NOWHERE
            after = node.getnext()
        found = next((inner for inner in after.iter() if inner in index), None)
        if found is not None:
            return index[found]
        node = after
    return _NOWHERE


def _addresses(thing: Json) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict):
        for name in ("url", "contentUrl", "@id"):
            value = thing.get(name)
            if isinstance(value, str):
                yield value


def _key(address: str) -> str:
    """What the addresses of all sizes of a picture have in common: the file's name; "" where it tells nothing."""
    address = unquote(address)
    inner = address.rfind("http")
    path = address[max(inner, 0) :].partition("://")[2] or address
    path = path.partition("?")[0].partition("#")[0]
    name = _SIZE.sub("", _EXTENSION.sub("", path.rstrip("/").rpartition("/")[2]))
    telling = len(name) >= 8 or (len(name) >= 6 and any(c.isdigit() for c in name))
    return name if telling and "/" in path and not _GENERIC.search(name) else ""


_GENERIC = deferred(
    r"\A(?:(?:featured|main|header|cover|large)[-_]?(?:image|photo|picture)?)\Z|logo|placeholder|default|fallback|favicon|\.php",
    re.I,
)


def _images(tree: Node, keys: frozenset[str]) -> list[Node]:
    found: list[Node] = []
    for node in tree.iter("img", "amp-img"):
        values = list(node.values())
        # The parser nests sources, and the picture in them.
        around = node.getparent()
        while around is not None and around.tag == "source":
            values.extend(around.values())
            around = around.getparent()
        if any(key in value for value in values for key in keys):
            found.append(node)
            if len(found) >= _MAX_MATCHES:
                break
    return found


def _place(image: Node, stops: frozenset[Node], stated_key: str) -> tuple[Node, Node | None] | None:
    """The element around a picture that also holds its caption."""
    wanted = [key for key in (key_of(image.get("alt") or ""), stated_key) if len(key) >= 8]
    around = (node for node in image.iterancestors() if tag_of(node) not in ("source", "picture"))
    for level, node in enumerate(around):
        tag = tag_of(node)
        if level >= _MAX_LEVELS or node in stops or tag in _TOPMOST or not is_brief(node):
            return None
        shown = text_of(node)
        if len(shown) > _MAX_TEXT:
            return None
        if not shown:
            continue
        if tag == "figure" or next(node.iter("figcaption"), None) is not None:
            return node, None
        same = next((n for n in node.iterdescendants() if tag_of(n) and _says(n, wanted)), None)
        if same is not None:
            return node, same
        if captions.is_captioned(node):
            return node, None
        heads = next(node.iter("h1", "h2", "h3", "h4", "time", "li"), None) is not None
        if heads or len(shown) > _MAX_UNNAMED:
            continue
        if split_credit(shown)[1]:
            return node, node
        if captions.is_captioned(node, surely=False) and not any(map(text_of, node.iter("a", "form"))):
            return node, None
    return None


def _written(node: Node, caption: Node | None, base: str) -> Picture:
    found = captions.picture(node if caption is None else caption, base)
    if caption is None or caption is node or found.credit:
        return found
    return Picture(found.caption, credit_in(node, caption))


def _says(node: Node, wanted: list[str]) -> bool:
    if not wanted or len(node) > 3:
        return False
    key = key_of(text_of(node))
    return len(key) >= 8 and any(
        key == other or (key.startswith(other) and len(key) < len(other) + 60) or other.startswith(key)
        for other in wanted
    )


def _stated_credit(image: dict[str, Json], facts: Facts) -> str:
    """Whose the picture is by JSON-LD, unless that is only the publisher."""
    site = {key_of(facts.meta("og:site_name") or ""), key_of(text(facts.ld("publisher")) or "")}
    for name in ("creditText", "copyrightHolder", "copyrightNotice", "creator", "author"):
        value = facts.resolved(image.get(name))
        values = [text(facts.resolved(v)) for v in value] if isinstance(value, list) else [text(value)]
        credit = ", ".join(c for v in values if v and (c := clean_credit(v)))
        if credit and len(credit) <= 140 and key_of(credit) not in site and "://" not in credit:
            return credit
    return ""


# ------------------------------------------------------------------------------------------------------------ choice


def choose(field: Field, kept: list[int], start: int, said: Stated, base: str) -> tuple[Picture, int | None]:
    """The lead picture, and the unit among the body's that it is, if it is one of those."""
    first = kept[0] if kept else start
    running = _running(field, kept) if kept else start
    unit: int | None = None
    found = _among(field, range(start, first), base)
    if found.caption is None:
        shown, at = _shown(said, running)
        if shown.caption or (shown.credit and not found.credit):
            found, unit = shown, at if first < at < running else None
    if found == _NONE:
        found = _above(field, start, base)
    if found == _NONE:
        found = _worded(field, start, first, said)
    if found == _NONE and (unit := _below_summary(field, range(first, running))) is not None:
        found = captions.picture(field.units[unit].node, base)
    if found.caption or said.at <= first:
        found = Picture(found.caption, found.credit or said.credit or None)
    return found, unit


def _among(field: Field, places: range, base: str) -> Picture:
    """The first of these units that is a picture with something written under it."""
    found = _NONE
    for i in places:
        unit = field.units[i]
        if unit.kind != "figure" or unit.boxes or not _may_lead(field, i):
            if found != _NONE and unit.kind != "figure":
                break
            continue
        other = captions.picture(unit.node, base)
        if found == _NONE:
            found = other
        else:
            return joined(found, other, unit.node) or found
        if found.caption and found.credit:
            return found
    return found


def joined(first: Picture, second: Picture, node: Node) -> Picture | None:
    """One picture of two units where the second, without a picture of its own, holds what the first lacks."""
    if next(node.iter("img", "picture", "amp-img"), None) is not None:
        return None
    if first.caption is None and second.caption is not None and (first.credit is None or second.credit is None):
        return Picture(second.caption, first.credit or second.credit)
    if first.credit is None and second.credit is not None and second.caption is None:
        return Picture(first.caption, second.credit)
    return None


def _may_lead(field: Field, i: int) -> bool:
    """Whether a picture is neither an author's, a sponsor's nor another story's."""
    unit = field.units[i]
    if unit.meta or (chrome.is_chrome(unit) and split_credit(unit.text)[1] is None):
        return False
    root = frozenset(field.chains[field.start])
    for node in field.chains[i][:4]:
        if node in root:
            break
        if _NO_LEAD.search(label(node)):
            return False
    linked = any(tag_of(node) == "a" for node in field.chains[i][1:4])
    return not linked or split_credit(unit.text)[1] is not None


def _shown(said: Stated, running: int) -> tuple[Picture, int]:
    """The picture that the metadata names, where the page shows it above the running text, and its place."""
    above = [(place.picture, place.at) for place in said.shown if place.at <= running and place.picture != _NONE]
    return next((place for place in above if place[0].caption), above[0] if above else (_NONE, _NOWHERE))


def _above(field: Field, start: int, base: str) -> Picture:
    """A picture above the title, in the same part of the page."""
    title = field.units[start]
    own = frozenset(field.chains[start])
    for i in range(start - 1, -1, -1):
        unit = field.units[i]
        common = next((node for node in field.chains[i] if node in own), None)
        if common is None or not _is_within(common):
            break
        if unit.kind == "figure" and not unit.boxes and _may_lead(field, i) and unit is not title:
            return captions.picture(unit.node, base)
        if unit.size > _BETWEEN or unit.kind not in ("figure", "text", "heading"):
            break
    return _NONE


def _is_within(node: Node) -> bool:
    tag = tag_of(node)
    return tag in ("article", "main", "header") or (
        tag not in ("html", "body") and _WITHIN.search(label(node)) is not None
    )


def _worded(field: Field, start: int, first: int, said: Stated) -> Picture:
    """A line above the body that says what the page states as its picture's caption."""
    key = key_of(said.caption)
    if len(key) < 12:
        return _NONE
    for unit in field.units[start + 1 : first]:
        if unit.kind == "text" and unit.key.startswith(key) and len(unit.key) < len(key) + 80:
            caption, credit = split_credit(unit.text)
            return Picture(caption or None, credit)
    return _NONE


def _below_summary(field: Field, places: range) -> int | None:
    """The first picture of these units, which stand between a summary and the body."""
    for i in places:
        unit = field.units[i]
        if unit.kind == "figure" and not unit.boxes and field.inside[i]:
            return i if _may_lead(field, i) and unit.text else None
    return None


def _running(field: Field, kept: list[int]) -> int:
    """The place of the first unit of the body that is no summary: one in the mark-up that its paragraphs have."""
    marking = Marking([field.units[i] for i in kept if field.weight[i]])
    if not marking.enough:
        return kept[0]
    return next((i for i in kept[:_MAX_SUMMARY] if not marking.is_apart(field.units[i])), kept[_MAX_SUMMARY])
