"""A loopback web that ages: hosts with the frames of real pages, articles with the sentences of others, and for each of
them a fate that is known. What any address answers follows from the day alone."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lxml import html as lxml_html
from msgspec import Struct, field

from bench.ageing_words import WORDINGS, Wording
from tests.site import Connection, Request, Web

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_PARAGRAPH = 80
LARGEST_FRAME = 150_000
PER_HOST = 10


class Truth(StrEnum):
    """What a link is at last, whatever happened before."""

    ALIVE = "alive"
    DEAD = "dead"


class Fate(StrEnum):
    """What becomes of a link. The value of each says it in words."""

    UNCHANGED = "unchanged, with ETag"
    DATED = "unchanged, with Last-Modified"
    BARE = "unchanged, without validators"
    REPAINTED = "the page around it changes"
    WORD = "a word edited"
    PARAGRAPH = "a paragraph removed"
    HEADLINE = "the headline changed"
    MOVED = "moved for good, same article"
    MOVED_FOR_NOW = "moved for now, same article"
    MOVED_HOST = "moved to another host"
    BUSY = "429 for five days"
    REFUSED = "403 for good"
    LEGAL = "451 for good"
    CHALLENGED = "a challenge, with 200"
    DOWN = "5xx for a day"
    CONSENT = "a consent dialog, inline"
    CONSENT_HOST = "a consent dialog, on a host of its own"
    LOGIN = "a login, inline"
    LOGIN_PLACE = "a login, at another address"
    PAYWALL = "cut off by a paywall"
    FORBIDDEN = "forbidden by robots.txt"
    SITE_CONSENT = "the whole site behind a consent dialog"
    SITE_DOWN = "the host does not answer for a day"
    SITE_MOVED = "the whole site moved"
    GONE = "gone (404)"
    GONE_FOR_GOOD = "gone (410)"
    SOFT_404 = "soft 404, as any wrong address"
    REMOVED = "soft 404, a page of its own"
    TO_HOME = "redirected to the home page"
    TO_SECTION = "redirected to the section"
    REPLACED = "replaced by another article"
    TO_ANOTHER = "redirected to another article"
    SITE_PARKED = "the domain is parked"
    SITE_GONE = "the host is gone"


DEAD = frozenset(
    {
        *(Fate.GONE, Fate.GONE_FOR_GOOD, Fate.SOFT_404, Fate.REMOVED, Fate.TO_HOME, Fate.TO_SECTION, Fate.REPLACED),
        *(Fate.TO_ANOTHER, Fate.SITE_PARKED, Fate.SITE_GONE),
    }
)
SOFT = frozenset({Fate.SOFT_404, Fate.REMOVED, Fate.TO_HOME, Fate.TO_SECTION})
STILL = frozenset({Fate.UNCHANGED, Fate.DATED})
OF_SITES = (Fate.SITE_CONSENT, Fate.SITE_DOWN, Fate.SITE_MOVED, Fate.SITE_PARKED, Fate.SITE_GONE)
OF_LINKS = tuple(fate for fate in Fate if fate not in OF_SITES)


class Story(Struct, frozen=True):
    title: str
    author: str
    day: str
    paragraphs: tuple[str, ...]


class Frame(Struct, frozen=True):
    """The page of a site around its articles: text with places for title, address and body."""

    before: str
    language: str
    name: str

    def page(self, title: str, body: str, url: str, extra: str = "") -> str:
        return (
            self.before.replace("@@TITLE@@", escape(title))
            .replace("@@URL@@", escape(url))
            .replace("@@EXTRA@@", extra)
            .replace("@@BODY@@", body)
        )


class Link(Struct):
    """A link of the web: where it is, what it says, what becomes of it from day `since` on."""

    url: str
    host: str
    path: str
    story: Story
    fate: Fate
    since: float
    other: Story
    wording: Wording

    @property
    def dead(self) -> bool:
        return self.fate in DEAD


class Site(Struct):
    """A host. For a wrong address it answers, by `wrong`: "hard" a 404, "soft" a page with 200, "home" a redirect."""

    name: str
    frame: Frame
    wrong: str
    framed: bool
    typed: bool
    wording: Wording
    links: dict[str, Link] = field(default_factory=dict)
    fate: Fate | None = None
    since: float = 0.0

    def ended(self, day: float) -> bool:
        return self.fate is not None and day >= self.since


def material(corpus: Path) -> tuple[list[Frame], dict[str, list[str]]]:
    """The frames of the corpus pages, and paragraphs by language."""
    truths: dict[str, dict[str, Any]] = json.loads((corpus / "ground-truth.json").read_text())
    frames: list[Frame] = []
    paragraphs: dict[str, list[str]] = defaultdict(list)
    for name, truth in sorted(truths.items()):
        blocks = [" ".join(block.split()) for block in truth["body"].split("\n") if len(block) >= LONG_PARAGRAPH]
        paragraphs[truth["lang"]] += [block for block in blocks if len(block) < 1500]
        frame = _frame(gzip.decompress((corpus / name).read_bytes()), blocks, truth)
        if frame is not None:
            frames.append(frame)
    return frames, {language: found for language, found in paragraphs.items() if len(found) >= 12}


def _frame(data: bytes, blocks: Sequence[str], truth: dict[str, Any]) -> Frame | None:
    parser = lxml_html.HTMLParser(encoding="utf-8")
    tree: Any = lxml_html.document_fromstring(data.decode("utf-8", "replace").encode("utf-8"), parser=parser)
    for each in tree.xpath("//script|//style|//svg|//noscript|//iframe|//comment()|//link|//meta|//template|//time"):
        if each.getparent() is not None:
            each.drop_tree()
    known = set(blocks)
    found = [p for p in tree.iter("p", "div") if " ".join(p.text_content().split()) in known]
    if len(found) < 3:
        return None
    ancestors = [list(reversed(list(p.iterancestors()))) for p in found]
    shared = None
    for level in zip(*ancestors, strict=False):
        if all(each is level[0] for each in level):
            shared = level[0]
    if shared is None or shared.tag in ("html", "body"):
        return None
    for heading in list(tree.iter("h1")):
        heading.drop_tree()
    for child in list(shared):
        shared.remove(child)
    shared.text, shared.tag = "@@BODY@@", "div"
    for each in tree.iter("title"):
        each.text = "@@TITLE@@"
    head = tree.find("head")
    if head is None or head.find("title") is None:
        return None
    text = lxml_html.tostring(tree, encoding="unicode")
    if len(text) > LARGEST_FRAME or text.count("@@BODY@@") != 1:
        return None
    text = text.replace("</title>", '</title><link rel="canonical" href="@@URL@@">@@EXTRA@@', 1)
    return Frame("<!doctype html>" + text, truth["lang"], str(truth["publisher"]).split(".")[0].title())


class Ageing:
    """The web itself. `day` is asked for with each request; `seen` counts conditional answers by address."""

    def __init__(self, corpus: Path, links: int, seed: int, now: Callable[[], datetime]) -> None:
        self._chance = random.Random(seed)
        self._now = now
        self._frames, self._paragraphs = material(corpus)
        self.sites: dict[str, Site] = {}
        self.links: list[Link] = []
        self._make(links)

    def day(self) -> float:
        return (self._now() - START) / DAY

    # ------------------------------------------------------------------------------------------------ making

    def _make(self, count: int) -> None:
        chance = self._chance
        fates: Iterator[Fate] = iter(())
        number = 0
        while len(self.links) < count:
            frame = self._frames[number % len(self._frames)]
            wording = WORDINGS.get(frame.language) if number % 3 else None
            wording = wording or chance.choice(list(WORDINGS.values()))
            site = Site(
                name=f"{frame.name.lower()}-{number}.test".replace("_", "-"),
                frame=frame,
                wrong=chance.choice(("hard", "soft", "soft", "soft", "home")),
                framed=chance.random() < 0.5,
                typed=chance.random() < 0.5,
                wording=wording,
            )
            if number % 5 == 4:
                site.fate = OF_SITES[number // 5 % len(OF_SITES)]
                site.since = chance.uniform(12, 50)
            for _ in range(PER_HOST):
                fate = next(fates, None)
                if fate is None:
                    fates = iter(chance.sample(OF_LINKS, k=len(OF_LINKS)))
                    fate = next(fates)
                self._add(site, site.fate or fate)
            if site.wrong == "hard" and any(link.fate is Fate.SOFT_404 for link in site.links.values()):
                site.wrong = "soft"
            self.sites[site.name] = site
            number += 1

    def _add(self, site: Site, fate: Fate) -> None:
        chance = self._chance
        language = site.frame.language if site.frame.language in self._paragraphs else "en"
        story = self._story(language)
        other = self._story(language, story)
        slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in story.title).lower().split()[:6])
        slug = f"{slug or 'story'}-{len(self.links)}"
        path = f"/news/2025/{slug}{'.html' if site.typed else ''}"
        link = Link(
            url=f"https://{site.name}{path}",
            host=site.name,
            path=path,
            story=story,
            fate=fate,
            since=site.since or chance.uniform(8, 50),
            other=other,
            wording=site.wording,
        )
        site.links[path] = link
        self.links.append(link)

    def _story(self, language: str, but: Story | None = None) -> Story:
        """One of these sentences; it shares none with `but`."""
        chance = self._chance
        used = set(but.paragraphs) if but is not None else set()
        there = [each for each in self._paragraphs[language] if each not in used]
        chosen = chance.sample(there, min(chance.randint(5, 9), len(there) // 2))
        words = chosen[0].split() if " " in chosen[0] else list(chosen[0])
        gap = " " if " " in chosen[0] else ""
        start = chance.randrange(max(1, len(words) - 9))
        title = gap.join(words[start : start + (8 if gap else 16)]).strip(' ,.;:-–—"“”„«»()')
        author = f"{chance.choice('ABCDEFGHIJKL')}na {chance.choice(('Berg', 'Moreau', 'Silva', 'Novak', 'Lind'))}"
        day = (START - timedelta(days=chance.randint(3, 400))).date().isoformat()
        return Story(title, author, day, tuple(chosen[1:]))

    # ------------------------------------------------------------------------------------------------ serving

    def serve(self, web: Web) -> None:
        for site in self.sites.values():
            web.host(site.name).otherwise(self._answers(site))
            web.host(f"www.new-{site.name}").otherwise(self._answers(site, moved=True))
            web.host(f"consent.{site.name}").otherwise(self._consents(site))

    def down(self) -> Iterator[str]:
        """The hosts that do not answer now."""
        day = self.day()
        for site in self.sites.values():
            if (site.fate is Fate.SITE_GONE and day >= site.since) or (
                site.fate is Fate.SITE_DOWN and site.since <= day < site.since + 1
            ):
                yield site.name

    def _answers(self, site: Site, moved: bool = False) -> Callable[[Connection, Request], None]:
        def answer(connection: Connection, request: Request) -> None:
            path = request.target.partition("?")[0]
            day = self.day()
            if path == "/robots.txt":
                self._robots(connection, site, day)
                return
            if site.ended(day) and not moved:
                if site.fate is Fate.SITE_PARKED:
                    _page(connection, _parked(site))
                    return
                if site.fate is Fate.SITE_CONSENT:
                    _page(connection, _consent(site.wording, site.frame.name))
                    return
                if site.fate is Fate.SITE_MOVED:
                    _redirect(connection, f"https://www.new-{site.name}{path}", 301)
                    return
            if moved and path in site.links:
                self._story_page(connection, request, site, site.links[path], site.links[path].story)
                return
            if path == "/":
                _page(connection, self._home(site))
                return
            if path.startswith("/moved/"):
                link = site.links.get(path.removeprefix("/moved"))
                path = link.path if link is not None else path
                if link is not None:
                    self._story_page(connection, request, site, link, link.story)
                    return
            if path.startswith("/other/"):
                link = next((each for each in site.links.values() if path.endswith(each.path)), None)
                if link is not None:
                    self._story_page(connection, request, site, link, link.other)
                    return
            if path.rstrip("/") == "/news" or path.rstrip("/") == "/news/2025":
                _page(connection, self._home(site))
                return
            if path == "/members/enter":
                _page(connection, _login(site.wording, site.frame.name))
                return
            link = site.links.get(path)
            if link is None:
                self._wrong(connection, site)
            elif day < link.since or link.fate in OF_SITES:
                self._story_page(connection, request, site, link, link.story)
            else:
                self._fated(connection, request, site, link, day)

        return answer

    def _consents(self, site: Site) -> Callable[[Connection, Request], None]:
        def answer(connection: Connection, request: Request) -> None:
            if request.target == "/robots.txt":
                connection.respond(404)
                return
            _page(connection, _consent(site.wording, site.frame.name))

        return answer

    def _robots(self, connection: Connection, site: Site, day: float) -> None:
        paths = [link.path for link in site.links.values() if link.fate is Fate.FORBIDDEN and day >= link.since]
        text = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in paths)
        connection.respond(200, text, (("Content-Type", "text/plain"),))

    def _fated(self, connection: Connection, request: Request, site: Site, link: Link, day: float) -> None:
        fate, story = link.fate, link.story
        if fate is Fate.WORD:
            last = story.paragraphs[-1]
            story = Story(story.title, story.author, story.day, (*story.paragraphs[:-1], last[:-6] + " 4711."))
        elif fate is Fate.PARAGRAPH:
            story = Story(story.title, story.author, story.day, story.paragraphs[:1] + story.paragraphs[2:])
        elif fate is Fate.HEADLINE:
            story = Story(f"{story.title} (2)", story.author, story.day, story.paragraphs)
        statuses = {Fate.REFUSED: 403, Fate.LEGAL: 451, Fate.GONE: 404, Fate.GONE_FOR_GOOD: 410}
        lost = link.wording.lost
        if fate in statuses:
            _page(connection, site.frame.page(*_told(lost), link.url), statuses[fate])
        elif fate is Fate.BUSY and day < link.since + 5:
            connection.respond(429, "slow down", (("Retry-After", "86400"),))
        elif fate is Fate.DOWN and day < link.since + 1:
            connection.respond(503, "<h1>503</h1>", (("Content-Type", "text/html"),))
        elif fate is Fate.CHALLENGED:
            _page(connection, "<title>Hm</title><script>go(Math.sqrt(81))</script><div id=c></div>")
        elif fate is Fate.CONSENT:
            _page(connection, _consent(link.wording, site.frame.name))
        elif fate is Fate.CONSENT_HOST:
            _redirect(connection, f"https://consent.{site.name}/?back={quote(link.url, safe='')}", 302)
        elif fate is Fate.LOGIN:
            _page(connection, _login(link.wording, site.frame.name))
        elif fate is Fate.LOGIN_PLACE:
            _redirect(connection, f"/members/enter?next={quote(link.path, safe='')}", 302)
        elif fate is Fate.PAYWALL:
            body = _body(Story(story.title, story.author, story.day, story.paragraphs[:1])) + f"<p>{link.wording.wall}"
            _page(connection, site.frame.page(story.title, body, link.url, _meta(site, story)))
        elif fate in (Fate.MOVED, Fate.MOVED_FOR_NOW):
            _redirect(connection, f"/moved{link.path}", 301 if fate is Fate.MOVED else 302)
        elif fate is Fate.MOVED_HOST:
            _redirect(connection, f"https://www.new-{site.name}{link.path}", 308)
        elif fate is Fate.SOFT_404:
            self._wrong(connection, site)
        elif fate is Fate.REMOVED:
            title, body = _told(link.wording.removed)
            _page(
                connection, site.frame.page(title, body, link.url) if site.framed else f"<title>{title}</title>{body}"
            )
        elif fate is Fate.TO_HOME:
            _redirect(connection, "/", 302)
        elif fate is Fate.TO_SECTION:
            _redirect(connection, "/news/", 301)
        elif fate is Fate.REPLACED:
            self._story_page(connection, request, site, link, link.other)
        elif fate is Fate.TO_ANOTHER:
            _redirect(connection, f"/other{link.path}", 302)
        else:
            self._story_page(connection, request, site, link, story)

    def _story_page(self, connection: Connection, request: Request, site: Site, link: Link, story: Story) -> None:
        day = self.day()
        url = f"https://{request.seen.host}{request.target}"
        body = _body(story)
        if link.fate in (Fate.REPAINTED, Fate.BARE) and day >= link.since:
            body += f"<aside>{int(day)} readers now</aside>" if link.fate is Fate.REPAINTED else ""
        text = site.frame.page(story.title, body, url, _meta(site, story)).encode()
        headers = [("Content-Type", "text/html; charset=utf-8")]
        tag = f'"{abs(hash(text)):x}"'
        since = format_datetime(START - 30 * DAY, usegmt=True)
        if link.fate is Fate.DATED:
            headers.append(("Last-Modified", since))
        elif link.fate is not Fate.BARE:
            headers.append(("ETag", tag))
        if request.header("if-none-match") == tag or (
            link.fate is Fate.DATED and request.header("if-modified-since") == since
        ):
            connection.respond(304, headers=headers[1:])
            return
        connection.respond(200, text, headers)

    def _wrong(self, connection: Connection, site: Site) -> None:
        title, body = _told(site.wording.lost)
        if site.wrong == "home":
            _redirect(connection, "/", 302)
            return
        page = site.frame.page(title, body, f"https://{site.name}/") if site.framed else f"<title>{title}</title>{body}"
        _page(connection, page, 200 if site.wrong == "soft" else 404)

    def _home(self, site: Site) -> str:
        items = "".join(
            f'<li><a href="{link.path}">{escape(link.story.title)}</a> {escape(link.story.paragraphs[0][:120])}…</li>'
            for link in site.links.values()
        )
        return site.frame.page(site.frame.name, f"<h1>{site.frame.name}</h1><ul>{items}</ul>", f"https://{site.name}/")


def _told(words: tuple[str, str]) -> tuple[str, str]:
    title, sentence = words
    return title, f"<h1>{title}</h1><p>{sentence}</p><p><a href=/>↩</a></p>"


def _body(story: Story) -> str:
    text = "".join(f"<p>{escape(each)}</p>" for each in story.paragraphs)
    return f"<article><h1>{escape(story.title)}</h1><p class=byline>By {story.author}</p>{text}</article>"


def _meta(site: Site, story: Story) -> str:
    if not site.framed:
        return ""
    return (
        f'<meta property="og:type" content="article"><meta name="author" content="{story.author}">'
        f'<meta property="article:published_time" content="{story.day}T08:00:00Z">'
    )


def _parked(site: Site) -> str:
    title, sentence = (each.replace("{site}", site.name) for each in site.wording.parked)
    links = "".join(f'<a href="https://ads.test/?q={n}">{word}</a> ' for n, word in enumerate(sentence.split()[-4:]))
    return f"<title>{title}</title><h1>{site.name}</h1><p>{title}. {sentence}</p><p>{links}</p><button>€</button>"


def _consent(wording: Wording, name: str) -> str:
    title, sentence, yes, no = wording.consent
    return (
        f"<title>{name}: {title}</title><div role=dialog><h1>{title}</h1><p>{sentence}</p>"
        f"<button>{yes}</button><button>{no}</button></div>"
    )


def _login(wording: Wording, name: str) -> str:
    title, sentence, button = wording.login
    return (
        f"<title>{title} - {name}</title><h1>{title}</h1><p>{sentence}</p><form method=post action=/in>"
        f"<input name=n><input type=password name=p><button>{button}</button></form>"
    )


def _page(connection: Connection, text: str, status: int = 200) -> None:
    connection.respond(status, text.encode(), (("Content-Type", "text/html; charset=utf-8"),))


def _redirect(connection: Connection, location: str, status: int) -> None:
    connection.respond(status, b"", (("Location", location),))
