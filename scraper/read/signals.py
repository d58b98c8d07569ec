"""What a page shows beside its article: plain observations from which `scraper.verdict` tells what the page is.

Pure; bounded in time by the page's length. Nothing here decides: a mark that also stands on ordinary pages is noted,
and the verdict weighs it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from archive.deferring import deferred
from archive.scripts import is_spaced
from archive.urls import join, wire_url
from scraper.read import phrases
from scraper.read.outline import Outline, outlined
from scraper.read.reading import Refresh, Signals

_MARK_WORDS = 400
"""Challenge pages have fewer words than this: longer pages are not searched for their marks."""
_CONSENT_WORDS = 1500
_STUB_LENGTH = 4000
_APART = 250
_QUOTATION = tuple("\"'\u201c\u201e\u00ab\u00bb\u2018\u201a\u300c")
_SOURCE = 400_000
_JSON_LIMIT = 2_000_000
_LONG_PARAGRAPH = 80

_SITE_BREAK = deferred(r" [|\u2013\u2014\u00b7\u00bb:-] |[|:] ")
_UNSPACED = deferred("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_REFRESH = deferred(
    r"\s{0,32}([0-9]{1,6})(?:\.[0-9.]{0,32})?\s{0,32}(?:[;,]\s{0,32}(?:url\s{0,32}=\s{0,32})?(.*))?\Z", re.I | re.S
)
_LEFT = deferred(
    r"il vous reste \d{1,2}(?:[.,]\d{1,2})? ?% de cet article|noch \d{1,2} ?% des artikels|"
    r"残り[:：]? ?[\d,]{1,7} ?文字|\d{1,2} ?% of (?:this|the) article (?:left|remaining|is left)"
)
_LEFT_MARKS = ("il vous reste", "noch ", "残り", "% of th")
_ARTICLE_TYPE = deferred(r"(?:Article|BlogPosting|Report|Review|LiveBlogPosting|NewsItem)\Z")
_PAYWALL_CLASS = deferred(
    r"(?:^|[\s_-])(?:paywall|regwall|pay-wall|subscriber-only|premium-wall|offer-?gate|piano-?offer)", re.I
)
_DATES = frozenset(
    (
        *("article:published_time", "og:published_time", "article.published", "published_at", "publication_date"),
        *("date", "pubdate", "publishdate", "publish-date", "datepublished", "originalpublicationdate"),
        *("dc.date", "dc.date.issued", "dcterms.date", "dcterms.created"),
        *("parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime"),
    )
)
_TIERS = frozenset(("locked", "metered", "paid", "premium", "subscriber", "subscribers"))

_LINK_TEXTS = etree.XPath("//a//text()", smart_strings=False)
_WALLS = frozenset(("div", "section", "aside"))
_WALL_NAMES = ("aywall", "ay-wall", "egwall", "ubscriber-only", "remium-wall", "iano-offer")
_UNSEEN = frozenset(("script", "style", "template", "noscript", "textarea", "title", "select", "iframe", "svg"))
_HIDDEN = etree.XPath("string(//noscript)", smart_strings=False)


def find(root: HtmlElement, source: str) -> Signals:
    """The signals of a parsed page; `source` is the text that it was parsed from."""
    outline = outlined(root)
    texts = visible(outline)
    parts = " ".join(texts).split()
    text = " ".join(parts)
    low = _plain(text)
    words = len(parts)
    if not is_spaced(text):
        words += len(_UNSPACED.findall(text)) // 2  # of scripts without spaces two characters count as one
    headings = tuple(_headings(outline))
    # A wall is told in short texts of its own; an article that quotes one has it inside a paragraph or its title.
    own = frozenset(headings)
    apart = _plain(_fold(" ".join(t for t in texts if len(t) < _APART and t.strip() not in own)))
    titles = [_plain(_fold(t)) for t in (title(outline) or "", *headings[:2])]
    meta = _meta(outline)
    data = _articles(outline)
    paragraphs = _paragraphs(outline)
    link_texts = _LINK_TEXTS(outline.root)
    small = _fold(source[:_SOURCE]).lower() if words < _MARK_WORDS else ""
    challenge, certain = _challenge(small, low, titles) if small else ((), False)
    return Signals(
        headings=headings,
        words=words,
        text_length=len(text),
        link_text_length=sum(len(str(t).strip()) for t in link_texts) if isinstance(link_texts, list) else 0,
        links=sum(1 for _ in outline.iter("a")),
        paragraphs=len(paragraphs),
        paragraph_length=sum(paragraphs),
        article_elements=_article_elements(outline),
        og_type=meta.get("og:type", "").lower(),
        schema_types=data.types,
        published=bool(_DATES & meta.keys()) or data.published or _marked_date(outline),
        free=data.free,
        stated_length=data.length,
        stated_words=data.words,
        scripts=sum(1 for _ in outline.iter("script")),
        password_field=any((e.get("type") or "").lower() == "password" for e in outline.iter("input")),
        challenge=challenge,
        challenge_certain=certain,
        consent=_consent(outline, low, titles, words) if words < _CONSENT_WORDS else (),
        paywall=_paywall(outline, apart, meta, sum(paragraphs)),
        login=_titled(titles, phrases.LOGIN_TITLES, whole=True) if words < 600 else (),
        not_found=_titled(titles, phrases.NOT_FOUND_TITLES, whole=False),
        broken=_titled(titles, phrases.BROKEN_TITLES, whole=False) if words < _MARK_WORDS else (),
        blocked=_blocked(titles, low) if words < _MARK_WORDS else (),
        shell=_shell(outline, words) if words < 100 else (),
    )


def title(root: HtmlElement) -> str | None:
    """The text of the first `title` element outside drawings, its white space folded."""
    for element in root.iter("title"):
        parent = element.getparent()
        if parent is None or parent.tag != "svg":
            return _fold("".join(element.itertext()))[:2000] or None
    return None


def refresh(root: HtmlElement, base: str) -> Refresh | None:
    """Where the page sends its reader by `meta http-equiv=refresh`; None where it only reloads itself."""
    for element in root.iter("meta"):
        if (element.get("http-equiv") or "").strip().lower() != "refresh":
            continue
        match = _REFRESH.match((element.get("content") or "")[:4096])
        target = _unquoted((match.group(2) or "").strip()) if match else ""
        if match and target:
            try:
                return Refresh(wire_url(join(base, target)), float(match.group(1)))
            except ValueError:
                continue
    return None


def _unquoted(target: str) -> str:
    quote = target[:1]
    return target[1:].partition(quote)[0].strip() if quote in ("'", '"') else target


def robots_meta(root: HtmlElement) -> tuple[str, ...]:
    """The directives of `meta name=robots`, lower case, each once."""
    found: dict[str, None] = {}
    for element in root.iter("meta"):
        if (element.get("name") or "").strip().lower() in ("robots", "tearsheet"):
            for directive in (element.get("content") or "")[:1000].lower().split(","):
                if directive.strip():
                    found[directive.strip()] = None
    return tuple(found)


def visible(root: Outline) -> list[str]:
    """The texts of the page outside its title, scripts, styles, templates and noscript, in page order."""
    hidden = {inner for outer in root.iter("noscript", "template") for inner in outer.iterdescendants()}
    texts = []
    for element, text, tail in root.texts():
        if hidden and element in hidden:
            continue
        if text and element.tag not in _UNSEEN and isinstance(element.tag, str):
            texts.append(text)
        if tail:
            texts.append(tail)
    return texts


def _fold(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    return text.lower().replace("\u2019", "'")


def _headings(root: HtmlElement) -> Iterator[str]:
    count = 0
    for tag in ("h1", "h2"):
        for element in root.iter(tag):
            text = _fold("".join(element.itertext()))[:300]
            if text:
                yield text
                count += 1
                if count >= 5:
                    return


def _meta(root: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content:
            found.setdefault(name.strip().lower(), content.strip()[:1000])
    return found


def _marked_date(root: HtmlElement) -> bool:
    for element in root.iter("time"):
        if element.get("pubdate") is not None or "datePublished" in (element.get("itemprop") or ""):
            return True
    return False


def _article_elements(root: Outline) -> int:
    count = sum(1 for _ in root.iter("article"))
    if not count:
        for element in root.having("role", "itemtype"):
            if element.get("role") != "article" and "schema.org/" not in (element.get("itemtype") or ""):
                continue
            kind = str(element.get("itemtype") or "").rsplit("/", 1)[-1]
            if element.get("role") == "article" or _ARTICLE_TYPE.search(kind):
                count += 1
    return count


def _paragraphs(root: HtmlElement) -> list[int]:
    """The lengths of paragraphs that read as prose."""
    lengths = []
    for element in root.iter("p"):
        length = len(_fold("".join(element.itertext())))
        if length >= _LONG_PARAGRAPH and sum(len("".join(a.itertext())) for a in element.iter("a")) * 2 < length:
            lengths.append(length)
    return lengths


# ------------------------------------------------------------------------------------------------------- JSON-LD


class _Data:
    """What the page's JSON-LD says of its article."""

    def __init__(self) -> None:
        self.types: tuple[str, ...] = ()
        self.free: bool | None = None
        self.length = 0
        self.words = 0
        self.published = False

    def take(self, node: dict[str, Any], kinds: list[str]) -> None:
        if not any(_ARTICLE_TYPE.search(kind) for kind in kinds):
            return
        free = str(node.get("isAccessibleForFree", "")).strip().rsplit("/", 1)[-1].lower()
        if self.free is None and free in ("true", "false"):
            self.free = free == "true"
        body = node.get("articleBody")
        if isinstance(body, str):
            self.length = max(self.length, len(_fold(body)))
        with contextlib.suppress(ValueError):
            self.words = max(self.words, int(str(node.get("wordCount", 0))[:9]))
        self.published = self.published or bool(node.get("datePublished"))


def _articles(root: HtmlElement) -> _Data:
    data = _Data()
    types: dict[str, None] = {}
    for value in _json_ld(root):
        queue: list[Any] = [value]
        for node in queue:
            if len(queue) > 5000:
                break
            if isinstance(node, list):
                queue += node
            elif isinstance(node, dict):
                kinds = _kinds(node)
                types.update(dict.fromkeys(kinds))
                data.take(node, kinds)
                queue += [node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in node]
    data.types = tuple(types)[:50]
    return data


def _json_ld(root: HtmlElement) -> Iterator[Any]:
    left = _JSON_LIMIT
    for element in root.iter("script"):
        if "ld+json" not in (element.get("type") or "").lower():
            continue
        text = (element.text or "").strip()
        left -= len(text)
        if left < 0:
            return
        text = text.removeprefix("<!--").removesuffix("-->").removeprefix("//<![CDATA[").removesuffix("//]]>").strip()
        try:
            yield json.loads(text.rstrip(";"), strict=False)
        except (ValueError, RecursionError):
            continue


def _kinds(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    return [str(k).rsplit("/", 1)[-1][:80] for k in (kinds if isinstance(kinds, list) else [kinds]) if k]


# --------------------------------------------------------------------------------------------------------- marks


def _challenge(source: str, text: str, titles: list[str]) -> tuple[tuple[str, ...], bool]:
    found: dict[str, None] = {}
    certain = False
    for mark in phrases.CHALLENGE_MARKS:
        if mark.needle in source:
            found[f"the page bears a mark of {mark.product}'s challenge ({mark.needle})"] = None
            certain = certain or mark.certain
    for phrase in phrases.CHALLENGE_PHRASES:
        if phrase in text:
            found[f'the page says "{phrase}"'] = None
    for name in titles:
        for start in phrases.CHALLENGE_TITLES:
            if name.startswith(start) and len(name) < len(start) + 40:
                found[f'its title or heading reads "{name[:80]}"'] = None
    return tuple(found), certain


def _blocked(titles: list[str], text: str) -> tuple[str, ...]:
    said = [f'the page says "{phrase}"' for phrase in phrases.BLOCKED_PHRASES if phrase in text]
    return (*_titled(titles, phrases.BLOCKED_TITLES, whole=False), *said)


def _titled(titles: list[str], starts: tuple[str, ...], whole: bool) -> tuple[str, ...]:
    """Titles and headings that are one of `starts`, alone or beside a site's name; or, not `whole`, begin with one."""
    found: dict[str, None] = {}
    for name in titles:
        parts = [part.strip(" .!:\u2026\u2013\u2014-") for part in _SITE_BREAK.split(name[:300])]
        for start in starts:
            begins = name.startswith(start) and len(name) < len(start) + 60 and not name[len(start) :][:1].isalnum()
            if start in parts or (begins and not whole and (len(start) > 10 or not start.isascii())):
                found[f'its title or heading reads "{name[:80]}"'] = None
    return tuple(found)


def _consent(root: HtmlElement, text: str, titles: list[str], words: int) -> tuple[str, ...]:
    found = [f'the page says "{phrase}"' for phrase in phrases.consent_phrases(text)]
    found += _titled(titles, phrases.CONSENT_TITLES, whole=False)
    hits = phrases.consent_words(text)
    if words >= 15 and hits * 20 >= words:
        found.append(f"{hits} of the page's {words} words speak of consent and cookies")
    for element in (*root.iter("button"), *root.iter("input")):
        label = _fold("".join(element.itertext()) or element.get("value") or "").lower()
        if len(label) < 40 and label.startswith(phrases.CONSENT_BUTTONS):
            found.append(f'it has a button "{label}"')
            break
    return tuple(found)


def _paywall(root: Outline, text: str, meta: dict[str, str], prose: int) -> tuple[str, ...]:
    found = []
    said = phrases.among(phrases.PAYWALL_PHRASES, text)
    if any(map(text.__contains__, _LEFT_MARKS)) and (left := _LEFT.search(text)):
        found.append(f'the page says "{left.group()}"')
    found += [f'the page says "{phrase}"' for phrase in said if _says(text, phrase)][:3]
    for name in ("article:content_tier", "content_tier", "og:content_tier"):
        if meta.get(name, "").lower() in _TIERS:
            found.append(f'it is marked as "{meta[name].lower()}" content')
            break
    if prose < _STUB_LENGTH:
        for element in root.having("class", "id"):
            if element.tag not in _WALLS:
                continue
            name = f"{element.get('class') or ''} {element.get('id') or ''}".strip()
            if any(map(name.__contains__, _WALL_NAMES)) and _PAYWALL_CLASS.search(name[:500]):
                found.append(f'it has a part named "{name[:60]}"')
                break
    return tuple(found)


def _says(text: str, phrase: str) -> bool:
    """Whether the text says it in its own voice, not within quotation marks."""
    at = text.find(phrase)
    return at >= 0 and text[max(0, at - 1) : at] not in _QUOTATION


def _shell(root: Outline, words: int) -> tuple[str, ...]:
    found = []
    hidden = _fold(str(_HIDDEN(root.root))).lower()[:20_000]
    found += [f'without scripts it says "{p}"' for p in phrases.SHELL_PHRASES if p in hidden][:1]
    for element in root.iter("div", "app-root", "main"):
        name = element.get("id") or str(element.tag)
        if name.lower() in ("root", "app", "app-root", "__next", "__nuxt", "___gatsby", "svelte", "main-app") and (
            not _fold("".join(element.itertext()))
        ):
            found.append(f'its content element "{name}" is empty until scripts fill it')
            break
    scripts = sum(1 for _ in root.iter("script"))
    if scripts and words < 30:
        found.append(f"it has {scripts} script{'s' * (scripts > 1)} and {words} word{'s' * (words != 1)} of text")
    return tuple(found)
