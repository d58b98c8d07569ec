"""The article of a page, put together from what its readers found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from archive import urls
from archive.inline import clean_inline
from archive.models import Article, ArticleMeta, Block, Caption
from scraper.read import body, byline, captions, chrome, dates, head
from scraper.read.facts import Facts, Json, fragment_text, text
from scraper.read.title import Title
from scraper.read.tree import Node, key_of
from scraper.read.units import walk

_STATED = "the body is what the page states in its metadata; hardly any of it stands in the page itself"
_OTHERS = "other articles stand on the page; they are left out"
_HOME = re.compile(r"(?:index|default|home)\.[a-z]{2,5}\Z", re.IGNORECASE)
_MAX_TAGS = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """A parsed page: its tree, what it states, the address that answered and what its links are relative to."""

    tree: Node
    facts: Facts
    url: str
    base: str
    title: Title | None


def article_of(sheet: Sheet, errors: list[str]) -> Article | None:
    """The page's article, None where there is no text. Takes the tree apart; `errors` gets what failed on the way."""
    tree, facts, title = sheet.tree, sheet.facts, sheet.title
    stated = fragment_text(found) if isinstance(found := facts.ld("articleBody"), str) else ""
    names, published = byline.authors(tree, facts), dates.dates(tree, facts)
    page = walk(tree, sheet.base, title.node if title else None)
    field, failure = body.look(tree, sheet.url, stated, page)
    if failure:
        errors.append(failure)
    top = head.Head()
    day = published.day
    picture = captions.Picture()
    shown: tuple[Block, ...] = ()
    if field is not None:
        top = head.head(field, title)
        lines = head.lines(field, top.start)
        names = names or byline.from_lines(lines)
        day = dates.corrected(published, lines) if day else dates.from_lines(lines)
        keys = frozenset(filter(None, (key_of(title.text) if title else "", *map(key_of, names))))
        chosen = body.choose(field, body.Told(top.nodes, keys, top.start, tuple(filter(None, map(key_of, names)))))
        picture, shown = _blocks(field, chosen, top, sheet.base)
    blocks: tuple[Block, ...] = body.from_statement(stated, field)
    notes = (_STATED,) if blocks else (*((_OTHERS,) if page.others else ()), *(field.why if field else ()))
    blocks = blocks or shown
    if not blocks:
        return None
    return Article(
        title=title.text if title else _from_address(sheet.url),
        url=address(sheet),
        body=blocks,
        subtitle=top.subtitle,
        authors=names,
        date=day,
        intro=top.intro,
        caption=picture.caption,
        credit=picture.credit,
        meta=_meta(sheet, published, notes),
    )


def address(sheet: Sheet) -> str:
    """The article's own address: FORMAT.md, "Address"."""
    if sheet.facts.canonical:
        own = urls.strip_tracking(urls.join(sheet.base, sheet.facts.canonical))
        path = own.partition("://")[2].partition("/")[2]
        if urls.is_http(own) and urls.same_site(own, sheet.url) and path and not _HOME.match(path):
            return own
    return urls.strip_tracking(sheet.url)


def _from_address(url: str) -> str:
    """Words out of the address, for a page without any title."""
    path = unquote(url.partition("://")[2].partition("?")[0].partition("#")[0])
    host, _, rest = path.partition("/")
    segments = [segment for segment in rest.split("/") if any(c.isalpha() for c in segment)]
    return clean_inline(re.sub(r"[-_+]+|\.\w{2,5}\Z", " ", segments[-1])) if segments else host


def _blocks(
    field: body.Field, chosen: body.Chosen, top: head.Head, base: str
) -> tuple[captions.Picture, tuple[Block, ...]]:
    """The lead picture, and the blocks of the body with the captions of the pictures inside it."""
    lead = captions.Picture()
    blocks: list[Block] = []
    kept = frozenset(chosen.body)
    seen: set[captions.Picture] = set()
    for i in range(top.start, chosen.body[-1] + 1 if kept else 0):
        unit = field.units[i]
        if i in kept and unit.block is not None:
            blocks.append(unit.block)
        elif unit.kind == "figure" and not unit.boxes and i not in chosen.boxed and not chrome.is_label(unit):
            found = captions.picture(unit.node, base)
            if found == captions.Picture() or found in seen:
                continue
            seen.add(found)
            if blocks and field.inside[i]:
                blocks.append(Caption(found.caption, found.credit))
            elif not blocks and lead.caption is None:
                lead = found
    return lead, tuple(blocks)


def _meta(sheet: Sheet, published: dates.Dates, notes: tuple[str, ...]) -> ArticleMeta:
    facts = sheet.facts
    image = facts.meta("og:image", "og:image:url", "twitter:image")
    return ArticleMeta(
        language=_clean(facts.language or facts.meta("og:locale", "content-language", "language")),
        site_name=_clean(facts.meta("og:site_name", "application-name")) or text(facts.ld("publisher")),
        section=_clean(facts.meta("article:section")) or text(facts.ld("articleSection")),
        tags=_tags(facts),
        description=_clean(facts.meta("og:description", "description")) or text(facts.ld("description")),
        published=published.published,
        modified=published.modified,
        free=_truth(facts.ld("isAccessibleForFree")),
        image=urls.join(sheet.base, image) if image else None,
        title_source=sheet.title.source if sheet.title else "address",
        notes=notes,
    )


def _clean(value: str | None) -> str | None:
    return clean_inline(value or "") or None


def _truth(value: Json) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())


def _tags(facts: Facts) -> tuple[str, ...]:
    """What the page files itself under: `article:tag`, else JSON-LD keywords, each once."""
    found = facts.metas.get("article:tag", [])
    if not found:
        keywords = facts.ld("keywords")
        listed = keywords.split(",") if isinstance(keywords, str) else keywords if isinstance(keywords, list) else []
        found = [value for value in map(text, listed[:_MAX_TAGS]) if value]
    return tuple(dict.fromkeys(filter(None, map(clean_inline, found[:_MAX_TAGS]))))
