"""The article of a page, put together from what its readers found."""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.deferring import deferred
from archive.inline import clean_inline
from archive.models import Article, ArticleMeta, Block, Caption
from scraper.read import body, byline, captions, chrome, dates, head, lead, sites
from scraper.read.facts import Facts, Json, fragment_text, text
from scraper.read.outline import Outline
from scraper.read.title import Title
from scraper.read.tree import key_of
from scraper.read.units import walk
from scraper.read.why import Places, explain

_STATED = "the body is what the page states in its metadata; hardly any of it stands in the page itself"
_OTHERS = "other articles stand on the page; they are left out"
_HOME = deferred(r"(?:index|default|home)\.[a-z]{2,5}\Z", re.IGNORECASE)
_MAX_TAGS = 100


class Sheet(Struct, frozen=True):
    """A parsed page: its elements, what it states, the address that answered and what its links are relative to."""

    outline: Outline
    facts: Facts
    url: str
    base: str
    title: Title | None


def article_of(sheet: Sheet, errors: list[str]) -> Article | None:
    """The page's article, None where there is no text. Takes the tree apart; `errors` gets what failed on the way."""
    outline, facts, title = sheet.outline, sheet.facts, sheet.title
    stated = fragment_text(found) if isinstance(found := facts.ld("articleBody"), str) else ""
    names = byline.authors(outline, facts, title.node if title else None, sheet.url)
    published = dates.dates(outline, facts, title.node if title else None)
    guess = None if published.day else dates.guessed(outline.root, sheet.url)
    page = walk(outline, sheet.base, title.node if title else None)
    said = lead.stated(outline, facts, title.node if title else None, page.units, sheet.base)
    about = head.stated(facts, title.node if title else None)
    field, failure = body.look(outline.root, sheet.url, stated, page)
    if failure:
        errors.append(failure)
    top = head.Head()
    day = published.day or guess
    picture = captions.Picture()
    shown: tuple[Block, ...] = ()
    if field is not None:
        top = head.head(field, title, about)
        lines = head.lines(field, top.start)
        if byline.is_doubtful(names, facts, sheet.url):
            others = sites.names(facts, sheet.url) | sites.sections(facts) | set(map(key_of, names))
            whole = "\n".join(unit.text for unit in field.units)
            names = byline.from_lines(lines, head.last_lines(field), others, whole) or names
        day = dates.corrected(published, lines, facts.language) or dates.from_lines(lines, facts.language) or guess
        keys = frozenset(filter(None, (key_of(title.text) if title else "", *map(key_of, names))))
        told = body.Told(top.places, keys, top.start, tuple(filter(None, map(key_of, names))))
        chosen = body.choose(field, told)
        picture, own = lead.choose(field, list(chosen.body), top.start, said, sheet.base)
        shown = _blocks(field, chosen, own, picture, sheet.base)
    blocks: tuple[Block, ...] = body.from_statement(stated, field)
    notes = (_STATED,) if blocks else (*((_OTHERS,) if page.others else ()), *(field.why if field else ()))
    blocks = blocks or shown
    if not blocks:
        return None
    made = Article(
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
    why = explain(made, Places(facts, (unit.key for unit in page.units)), facts)
    return replace(made, meta=replace(made.meta, why=why))


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
    field: body.Field, chosen: body.Chosen, own: int | None, opening: captions.Picture, base: str
) -> tuple[Block, ...]:
    """The blocks of the body with the captions of the pictures inside it, the lead picture's left out."""
    blocks: list[Block] = []
    kept = frozenset(chosen.body)
    seen: set[captions.Picture] = set()
    for i in range(chosen.body[0], chosen.body[-1] + 1) if kept else ():
        unit = field.units[i]
        if i in kept and unit.block is not None:
            blocks.append(unit.block)
        elif unit.kind == "figure" and not unit.boxes and i != own and field.inside[i]:
            if i in chosen.boxed or chrome.is_label(unit):
                continue
            found = captions.picture(unit.node, base)
            last = blocks[-1] if blocks else None
            if found == captions.Picture() or found in seen or (found == opening and opening.caption):
                continue
            seen.add(found)
            if isinstance(last, Caption):
                whole = lead.joined(captions.Picture(last.text, last.credit), found, unit.node)
                if whole is not None:
                    found = whole
                    blocks.pop()
            blocks.append(Caption(found.caption, found.credit))
    return tuple(blocks)


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
