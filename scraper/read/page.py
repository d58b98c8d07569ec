"""Reading a page, whole: one parse, shared by all readers. A pure function of the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import TypeVar

import trafilatura

from archive import urls
from archive.inline import clean_inline
from archive.models import Article, ArticleMeta, Block, Caption
from scraper.read import body, byline, captions, charset, dates, head, outlinks, requisites, signals, title
from scraper.read.facts import Facts, gather, text
from scraper.read.reading import Page, Reading, Requisite, Signals
from scraper.read.tree import Node, key_of, parse
from scraper.read.units import walk

EXTRACTOR = f"tearsheet-read/1 trafilatura/{trafilatura.__version__}"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_characters` of a page's markup are read; the rest is left out and the reading says so."""

    max_characters: int = 20_000_000


def read(page: Page, limits: Limits | None = None) -> Reading:
    """What the page says and needs. Never raises for what a page holds: failures are told in `error`."""
    limits = limits or Limits()
    errors: list[str] = []
    markup, name = charset.decode(page.body, page.headers)
    if len(markup) > limits.max_characters:
        markup = markup[: limits.max_characters]
        errors.append(f"only the first {limits.max_characters} characters were read")
    tree = parse(markup)
    if tree is None:
        return Reading(None, charset=name, extractor=EXTRACTOR, error="; ".join(errors) or None)
    alive = list(tree.iter())  # lxml makes an element's object anew unless somebody holds it
    facts = _attempt(errors, "metadata", lambda: gather(tree), Facts())
    base = _attempt(errors, "base address", lambda: requisites.base(tree, page.url), page.url)
    found = _attempt(errors, "title", lambda: title.title(tree, facts), None)
    needs: tuple[Requisite, ...] = _attempt(errors, "requisites", lambda: requisites.find(tree, page.url), ())
    links: tuple[str, ...] = _attempt(errors, "links", lambda: outlinks.find(tree, base), ())
    directives: tuple[str, ...] = _attempt(errors, "robots", lambda: signals.robots_meta(tree), ())
    seen = _attempt(errors, "signals", lambda: signals.find(tree, markup), Signals())
    refresh = _attempt(errors, "refresh", lambda: signals.refresh(tree, base), None)
    # Last, since it takes the tree apart.
    article = _attempt(errors, "article", lambda: _article(tree, facts, page.url, base, found, errors), None)
    reading = Reading(
        article=article,
        requisites=needs,
        outlinks=links,
        signals=seen,
        charset=name,
        title=found.text if found else None,
        canonical=urls.join(base, facts.canonical) if facts.canonical else None,
        refresh=refresh,
        robots_meta=directives,
        error="; ".join(errors) or None,
        extractor=EXTRACTOR,
    )
    alive.clear()
    return reading


def _attempt(errors: list[str], what: str, step: Callable[[], T], otherwise: T) -> T:
    try:
        return step()
    except Exception as failure:  # whatever a hostile page brings a parser to
        errors.append(f"{what}: {type(failure).__name__}: {failure}")
        return otherwise


def _article(tree: Node, facts: Facts, url: str, base: str, found: title.Title | None, errors: list[str]) -> Article | None:
    stated = unescape(value) if isinstance(value := facts.ld("articleBody"), str) else ""
    names, day = byline.authors(tree, facts), dates.dates(tree, facts)
    written = day.day
    field, failure = body.look(tree, url, stated, walk(tree, base, found.node if found else None))
    if failure:
        errors.append(failure)
    top = head.Head(None, None, frozenset())
    picture = captions.Picture(None, None)
    blocks: tuple[Block, ...] = body.from_statement(stated, field)
    notes = ("the body is what the page states in its metadata; hardly any of it stands in the page itself",) if blocks else ()
    if field is not None:
        top = head.head(field, found)
        shown_lines = head.lines(field, top.start)
        names = names or byline.from_lines(shown_lines)
        written = day.day or dates.from_lines(shown_lines)
        keys = frozenset(filter(None, (key_of(found.text) if found else "", *map(key_of, names))))
        kept = body.choose(field, body.Told(top.nodes, keys, top.start))
        if kept:
            picture, shown = _blocks(field, kept, top)
            blocks = blocks or shown
    if not blocks:
        return None
    return Article(
        title=found.text if found else url,
        url=address(facts, base, url),
        body=blocks,
        subtitle=top.subtitle,
        authors=names,
        date=written,
        intro=top.intro,
        caption=picture.caption,
        credit=picture.credit,
        meta=_meta(facts, day, found, base, notes),
    )


def address(facts: Facts, base: str, url: str) -> str:
    """The article's own address: FORMAT.md, "Address"."""
    if facts.canonical:
        own = urls.strip_tracking(urls.join(base, facts.canonical))
        path = own.partition("://")[2].partition("/")[2]
        if urls.is_http(own) and urls.same_site(own, url) and path:
            return own
    return urls.strip_tracking(url)


def _blocks(field: body.Field, kept: list[int], top: head.Head) -> tuple[captions.Picture, tuple[Block, ...]]:
    """The lead picture and the blocks of the body with the captions of the pictures inside it."""
    lead = captions.Picture(None, None)
    blocks: list[Block] = []
    chosen = set(kept)
    for i in range(top.start, kept[-1] + 1):
        unit = field.units[i]
        if i in chosen:
            if unit.block is not None:
                blocks.append(unit.block)
        elif unit.kind == "figure" and not unit.boxes:
            found = captions.picture(unit.node)
            if found.caption is None and found.credit is None:
                continue
            if blocks and field.inside[i]:
                blocks.append(Caption(found.caption, found.credit))
            elif not blocks and lead.caption is None:
                lead = found
    return lead, tuple(blocks)


def _meta(facts: Facts, day: dates.Dates, found: title.Title | None, base: str, notes: tuple[str, ...]) -> ArticleMeta:
    image = facts.meta("og:image", "og:image:url", "twitter:image")
    free = facts.ld("isAccessibleForFree")
    return ArticleMeta(
        language=clean_inline(facts.language or facts.meta("og:locale", "language") or "") or None,
        site_name=clean_inline(facts.meta("og:site_name", "application-name") or "") or None,
        section=clean_inline(facts.meta("article:section") or text(facts.ld("articleSection")) or "") or None,
        tags=tuple(dict.fromkeys(clean_inline(t) for t in facts.metas.get("article:tag", ()) if clean_inline(t))),
        description=clean_inline(facts.meta("og:description", "description") or "") or None,
        published=day.published,
        modified=day.modified,
        free=free if isinstance(free, bool) else {"true": True, "false": False}.get(str(free).lower()),
        image=urls.join(base, image) if image else None,
        title_source=found.source if found else "address",
        notes=notes,
    )
