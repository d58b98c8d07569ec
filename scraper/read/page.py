"""Reading a page, whole: one parse, shared by all readers. A pure function of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import trafilatura
from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from scraper.read import charset, outlinks, pagination, requisites, signals
from scraper.read import sketch as sketches
from scraper.read import title as titles
from scraper.read.article import Sheet, article_of
from scraper.read.facts import Facts, gather
from scraper.read.outline import Outline
from scraper.read.reading import Early, Page, Reading, Requisite, Signals, Sketch
from scraper.read.tree import parse

EXTRACTOR = f"tearsheet-read/2 trafilatura/{trafilatura.__version__}"

T = TypeVar("T")


class Limits(Struct, frozen=True):
    """`max_characters` of a page's markup are read; the rest is left out and the reading says so."""

    max_characters: int = 20_000_000


def read(page: Page, limits: Limits | None = None, early: Early | None = None) -> Reading:
    """What the page says and needs. Never raises for what a page holds: failures are told in `error`.

    `early` hears of all but the article, before that is read.
    """
    limits = limits or Limits()
    errors: list[str] = []
    markup, encoding = charset.decode(page.body, page.headers)
    if len(markup) > limits.max_characters:
        markup = markup[: limits.max_characters]
        errors.append(f"only the first {limits.max_characters} characters were read")
    tree = parse(markup)
    if tree is None:
        return Reading(None, charset=encoding, extractor=EXTRACTOR, error=_told(errors))
    outline = Outline(tree)
    facts = _attempt(errors, "metadata", lambda: gather(outline), Facts())
    base = _attempt(errors, "base address", lambda: requisites.base(outline, page.url), page.url)
    title = _attempt(errors, "title", lambda: titles.title(outline, facts, page.url), None)
    needs: tuple[Requisite, ...] = ()
    links: tuple[str, ...] = ()
    if page.needs:
        needs = _attempt(errors, "requisites", lambda: requisites.find(outline, page.url, encoding), ())
    if page.links:
        links = _attempt(errors, "links", lambda: outlinks.find(outline, base, encoding), ())
    further: tuple[str, ...] = _attempt(errors, "pages", lambda: pagination.find(outline, base, encoding), ())
    directives: tuple[str, ...] = _attempt(errors, "robots", lambda: signals.robots_meta(outline), ())
    seen = _attempt(errors, "signals", lambda: signals.find(outline, markup), Signals())
    sketch: Sketch | None = None
    if page.sketch:
        sketch = _attempt(errors, "sketch", lambda: sketches.find(outline, base, encoding), None)
    refresh = _attempt(errors, "refresh", lambda: signals.refresh(outline, base), None)
    found = Reading(
        article=None,
        requisites=needs,
        outlinks=links,
        pagination=further,
        signals=seen,
        charset=encoding,
        title=title.text if title else None,
        canonical=urls.join(base, facts.canonical) if facts.canonical else None,
        refresh=refresh,
        robots_meta=directives,
        error=_told(errors),
        extractor=EXTRACTOR,
        sketch=sketch,
    )
    if early is not None:
        early(found)
    # Last, since it takes the tree apart.
    sheet = Sheet(outline, facts, page.url, base, title)
    article = _attempt(errors, "article", lambda: article_of(sheet, errors), None)
    outline.clear()
    return replace(found, article=article, error=_told(errors))


def _told(errors: list[str]) -> str | None:
    return "; ".join(errors) or None


def _attempt(errors: list[str], what: str, step: Callable[[], T], otherwise: T) -> T:
    try:
        return step()
    except Exception as failure:  # whatever a hostile page brings a parser to
        errors.append(f"{what}: {type(failure).__name__}: {failure}"[:500])
        return otherwise
