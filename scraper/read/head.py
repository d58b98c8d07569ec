"""What stands between the title and the body: subtitle and intro."""

from __future__ import annotations

import re

from msgspec import Struct

from archive.deferring import deferred
from archive.inline import clean_inline
from archive.models import Heading, ListBlock, Paragraph
from scraper.read import chrome
from scraper.read.body import Field
from scraper.read.byline import BY
from scraper.read.credits import is_name
from scraper.read.dates import is_dated
from scraper.read.facts import Facts, text
from scraper.read.marking import Marking, is_brief
from scraper.read.title import Title
from scraper.read.tree import NEVER, Node, key_of, label, tag_of, text_of
from scraper.read.unit import Unit
from scraper.read.vocabulary import named

_SUBTITLE = named(
    """
    subtitle|sub title|subhead|sub head|subheadline|sub headline|subheading|sub heading|deck|dek|alternativeheadline
    |alternative headline|untertitel|unterzeile|sottotitolo|subtitulo|subtitol|sous titre|soustitre|tagline
    |secondary headline|second headline|undertitel|undertittel|underrubrik|alaotsikko|onderkop|ondertitel|podtytul
    |podtitulek|podtitul|podnaslov|alcim|subtitlu|catenaccio|altbaslik|alt baslik|spot|subtit|subtitulos
    |linha fina|linhafina
    """,
)
_INTRO = named(
    """
    intro|introduction|standfirst|lead|lede|leadtext|summary|excerpt|abstract|vorspann|chapo|sapo|ingress|preamble
    |preface|sommario|entradilla|bajada|copete|opening|teaser|description|einleitung|anlauf|leadin|lead in|resumen
    |resumo|resume|chapeau|accroche|ingressi|manchet|inleiding|perex|zajawka|lid|annotation|anons|announce|sapou|ozet
    |uvod|uvodnik|article lead|summary text|subline|headnote
    """,
)
_NO_INTRO = named("image|media|photo|picture|figure|caption|meta|key|points|bullet|highlights")
_MEDIA = named("image|media|photo|picture|figure|caption")
_GALLERY = named("carousel|gallery|slide|slides|slider|slideshow|swiper|galeria|galerie|video|videos")
_LINK = deferred(r"\[([^\[\]]*)\]\([^()]*\)")
_DESCRIPTIONS = ("og:description", "description", "twitter:description")
_TELLING = 30
_MAX_LEVELS = 3
_MAX_BESIDE = 4
_FAR = 40
_NEAR = 6
_RUNNING = 60
_LONGEST = 900


class Head(Struct, frozen=True):
    """`places` are those of the units that title, subtitle and intro tell; `start` is the title's."""

    subtitle: str | None = None
    intro: str | None = None
    places: frozenset[int] = frozenset()
    start: int = 0


class Stated(Struct, frozen=True):
    """What the page's metadata says that may stand below the title: keys of its descriptions and of its subtitle, and
    the element near the title that says the description."""

    descriptions: frozenset[str] = frozenset()
    subtitle: str = ""
    node: Node | None = None


def stated(facts: Facts, title: Node | None) -> Stated:
    """Looks at what follows the title before boxes beside the article are taken out of the tree."""
    said = [*(facts.meta(name) for name in _DESCRIPTIONS), text(facts.ld("description"))]
    keys = frozenset(key for value in said if value and len(key := key_of(clean_inline(value))) >= _TELLING)
    subtitle = key_of(text(facts.ld("alternativeHeadline", "alternateName")) or "")
    return Stated(keys, subtitle, _beside(title, keys) if title is not None and keys else None)


def _beside(title: Node, keys: frozenset[str]) -> Node | None:
    for place in (title, *title.iterancestors())[:_MAX_LEVELS]:
        after = place.getnext()
        for _ in range(_MAX_BESIDE):
            if after is None:
                break
            if tag_of(after) not in ("", *NEVER) and is_brief(after):
                shown = text_of(after)
                if len(shown) <= _LONGEST and _says(key_of(shown), keys):
                    inner = [n for n in after.iterdescendants() if tag_of(n) and _says(key_of(text_of(n)), keys)]
                    return inner[-1] if inner else after
            after = after.getnext()
    return None


def _says(key: str, keys: frozenset[str]) -> bool:
    """Whether a text is one of the descriptions, or one of the two is the beginning of the other."""
    return len(key) >= _TELLING and any(key.startswith(other) or other.startswith(key) for other in keys)


def head(field: Field, title: Title | None, said: Stated | None = None) -> Head:
    units = field.units
    said = said or Stated()
    marking = Marking([unit for unit, weight in zip(units, field.weight, strict=True) if weight])
    told = set() if title is None else {key_of(title.text)}
    if title is not None and title.node is not None:
        told.add(key_of(text_of(title.node)))
    places: set[int] = set()
    start = 0
    if title is not None:
        key = key_of(title.text)
        if title.node is not None:
            places.update(i for i, chain in enumerate(field.chains) if title.node in chain)
        for i, unit in enumerate(units[: field.start + 1]):
            shows = title.node is not None and title.node in field.chains[i]
            if title.node is None and unit.kind in ("heading", "text") and unit.key == key:
                start = i
                break  # the title, in an element that is no heading; a player below it may say it again
            if shows or (unit.kind == "heading" and unit.key == key):
                start = i
                places.add(i)
    own = frozenset(field.chains[start]) if units else frozenset()
    subtitle: str | None = None
    intro: list[str] = []
    place: Node | None = None
    for i in range(start + 1, min(len(units), start + _FAR)):
        unit = units[i]
        if unit.kind not in ("text", "heading") or not unit.text or chrome.is_link_only(unit) or chrome.is_chrome(unit):
            if unit.kind not in ("figure", "text", "heading"):
                break
            continue
        if unit.key in told:
            places.add(i)
            continue
        if (unit.meta and unit.kind == "heading") or _is_slide(field, i, own):
            continue
        chain = field.chains[i][:3]
        sub = _named(unit, chain, _SUBTITLE, field)
        if sub is None and said.subtitle and unit.key == said.subtitle:
            sub = unit.node
        if sub is None:
            sub = _grouped(unit)
        if sub is None and _is_second(field, i, start):
            sub = unit.node
        if sub is not None and subtitle is None:
            subtitle = _text(unit)
            places.add(i)
            continue
        box = _named(unit, chain, _INTRO, field)
        if box is None and not intro and _is_stated(field, i, said, marking):
            box = unit.node
        if box is not None and (not intro or box is place):
            place = box
            intro.append(_text(unit))
            places.add(i)
            continue
        if field.weight[i] >= _RUNNING and field.inside[i] and not unit.meta:
            break
    if said.node is not None and not intro and not subtitle and _is_gone(said.node, field):
        intro = [clean_inline(text_of(said.node))]
    return Head(subtitle, " ".join(intro) or None, frozenset(places), start)


def _is_stated(field: Field, i: int, said: Stated, marking: Marking) -> bool:
    """Whether a unit says what the page states as its description, and is not simply the body's first paragraph."""
    unit = field.units[i]
    if len(unit.text) > _LONGEST or not _says(unit.key, said.descriptions):
        return False
    return not field.inside[i] or marking.is_apart(unit)


def _is_gone(node: Node, field: Field) -> bool:
    """Whether an element was taken for a box beside the article, so that no unit tells its text."""
    return not any(node in chain for chain in field.chains)


def _named(unit: Unit, chain: tuple[Node, ...], names: re.Pattern[str], field: Field) -> Node | None:
    """The nearest element of that name, unless it is the body itself or holds far more than a subtitle or an intro."""
    for node in chain:
        if node is field.root or (node is not unit.node and _holds(field, node) > _LONGEST):
            return None
        name = label(node)
        if node is unit.node and name and _MEDIA.search(name):
            return None
        if name and names.search(name) and not _NO_INTRO.search(name):
            if node is not unit.node and next(node.iter("ul", "ol"), None) is not None:
                return None  # A box of key points.
            return node if len(unit.text) <= _LONGEST else None
    return None


def _holds(field: Field, node: Node) -> int:
    """How much running text the element holds; more than the longest where it holds most of all there is."""
    held = sum(amount for amount, chain in zip(field.weight, field.chains, strict=True) if amount and node in chain)
    return held if held < sum(field.weight) * 0.5 else _LONGEST + held


def _grouped(unit: Unit) -> Node | None:
    """The unit where it shares an `hgroup` with the title: that is what HTML has for titles with subtitles."""
    parent = unit.node.getparent()
    return unit.node if parent is not None and parent.tag == "hgroup" and len(unit.text) <= _LONGEST else None


def _is_slide(field: Field, i: int, own: frozenset[Node]) -> bool:
    """Whether a unit stands in a gallery, which does not hold the title too."""
    return any(node not in own and _GALLERY.search(label(node)) for node in field.chains[i][:_NEAR])


def _is_second(field: Field, i: int, start: int) -> bool:
    """Whether a unit is the heading below the title, and no byline or date."""
    unit = field.units[i]
    if unit.kind != "heading" or unit.level != 2 or i >= field.start or not _is_near(field, i, start):
        return False
    by = BY.match(unit.text)
    return not (by and is_name(unit.text[by.end() :])) and not (len(unit.text) < _RUNNING and is_dated(unit.text))


def _is_near(field: Field, i: int, start: int) -> bool:
    """Whether the unit stands in the title's own box, or directly after it."""
    title = field.units[start].node
    parent = title.getparent()
    own = field.units[i].node.getparent()
    if own in field.chains[field.start] and own not in field.chains[start]:
        return False  # It heads the text, in whose box it stands.
    if parent is None or i - start > 3:
        return False
    return parent in field.chains[i] or parent.getparent() in field.chains[i][:3]


def _text(unit: Unit) -> str:
    block = unit.block
    return block.text if isinstance(block, Paragraph | Heading) else clean_inline(unit.text)


def lines(field: Field, start: int) -> list[str]:
    """The short lines between the title and the running text, where bylines and dates stand."""
    found: list[str] = []
    for unit in field.units[start + 1 : field.start + 1]:
        if unit.kind == "text" and len(unit.text) < 200:
            found.extend(unit.lines)
        elif isinstance(unit.block, ListBlock) and len(unit.text) < 200:
            found.extend(_LINK.sub(r"\1", item.text) for item in unit.block.items)
    return found[:_FAR]


def last_lines(field: Field) -> list[str]:
    """The short lines right below the running text, where some pages sign it."""
    end = max((i for i, weight in enumerate(field.weight) if weight >= _RUNNING and field.inside[i]), default=-1)
    if end < 0:
        return []
    below = [unit for unit in field.units[end + 1 : end + _NEAR] if unit.kind == "text" and len(unit.text) < 200]
    return (
        [field.units[end].lines[-1], *(line for unit in below for line in unit.lines)]
        if field.units[end].lines
        else [line for unit in below for line in unit.lines]
    )
