"""What stands between the title and the body: subtitle and intro."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.inline import clean_inline
from archive.models import Heading, ListBlock, Paragraph
from scraper.read import chrome
from scraper.read.body import Field
from scraper.read.title import Title
from scraper.read.tree import Node, key_of, label
from scraper.read.units import Unit
from scraper.read.vocabulary import named

_SUBTITLE = named(
    """
    subtitle|sub title|subhead|sub head|subheadline|sub headline|subheading|sub heading|deck|dek|alternativeheadline
    |alternative headline|untertitel|sottotitolo|subtitulo|sous titre|tagline|secondary headline
    """
)
_INTRO = named(
    """
    intro|introduction|standfirst|lead|lede|leadtext|summary|excerpt|abstract|vorspann|chapo|sapo|ingress|preamble
    |preface|sommario|entradilla|bajada|opening|teaser|description|einleitung
    """
)
_NO_INTRO = named("image|media|photo|picture|figure|caption|meta|key|points|bullet|highlights")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_FAR = 40
_NEAR = 6
_RUNNING = 60
_LONGEST = 900


@dataclass(frozen=True, slots=True)
class Head:
    """`nodes` are the elements whose text is told by title, subtitle and intro; `start` is the title's place."""

    subtitle: str | None = None
    intro: str | None = None
    nodes: frozenset[Node] = frozenset()
    start: int = 0


def head(field: Field, title: Title | None) -> Head:
    units = field.units
    nodes: set[Node] = set()
    start = 0
    if title is not None:
        key = key_of(title.text)
        if title.node is not None:
            nodes.add(title.node)
        for i, unit in enumerate(units[: field.start + 1]):
            shows = title.node is not None and title.node in field.chains[i]
            if shows or (unit.kind == "heading" and unit.key == key):
                start = i
                nodes.add(unit.node)
    subtitle: str | None = None
    intro: list[str] = []
    place: Node | None = None
    for i in range(start + 1, min(len(units), start + _FAR)):
        unit = units[i]
        if unit.kind not in ("text", "heading") or not unit.text or chrome.is_link_only(unit) or chrome.is_chrome(unit):
            if unit.kind not in ("figure", "text", "heading"):
                break
            continue
        chain = field.chains[i][:3]
        sub = _named(unit, chain, _SUBTITLE, field)
        if sub is None:
            sub = _grouped(unit)
        if sub is None and unit.kind == "heading" and unit.level == 2 and i < field.start and _is_near(field, i, start):
            sub = unit.node
        if sub is not None and subtitle is None:
            subtitle = _text(unit)
            nodes.add(unit.node)
            continue
        box = _named(unit, chain, _INTRO, field)
        if box is not None and (not intro or box is place):
            place = box
            intro.append(_text(unit))
            nodes.add(unit.node)
            continue
        if field.weight[i] >= _RUNNING and field.inside[i] and not unit.meta:
            break
    return Head(subtitle, " ".join(intro) or None, frozenset(nodes), start)


def _named(unit: Unit, chain: tuple[Node, ...], names: re.Pattern[str], field: Field) -> Node | None:
    """The nearest element of that name, unless it is the body itself or holds far more than a subtitle or an intro."""
    for node in chain:
        if node is field.root or (node is not unit.node and _holds(field, node) > _LONGEST):
            return None
        name = label(node)
        if name and names.search(name) and not _NO_INTRO.search(name):
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
