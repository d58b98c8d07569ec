"""Links to judge: a kept article, pages that stand in its place, and what has to be asked to tell."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from archive.spool import Spool
from scraper import verdict as verdicts
from scraper.linkcase import Case, Judgement, Kept, Seen, Want
from scraper.linkcheck import judge
from scraper.read.page import read
from scraper.read.reading import Page, Reading
from tests.making import exchange

URL = "https://news.test/2025/harbour-master-retires"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
TITLE = "Harbour master retires after forty years at the pier"
TEXT = (
    "The harbour master of the old port has handed over her keys on Friday, forty years after she began as a deckhand.",
    "Colleagues described a woman who knew each mooring by its creaks and could tell the weather by the gulls' height.",
    "Her successor, who comes from a container terminal in the north, wants to keep the paper log book for now.",
    "The council had planned to replace it with an app, but fishermen protested at a meeting in the spring of 2024.",
    "Asked what she would miss the least, she named the letters of tourists about the smell of drying nets at noon.",
    "A small party was held on the breakwater, with fried sprats and a brass band that played somewhat out of tune.",
)
OTHER = (
    "Bakers in the upper town have agreed on a common price for rye bread, which the consumers' office calls a cartel.",
    "The office opened an inquiry after three shops changed their signs in the same night and in the same handwriting.",
    "A spokesman of the guild said that flour had become dearer for everyone, and that bakers do talk to each other.",
    "Economists consulted by this paper doubt that rye bread is a market large enough for anybody to be worth a fine.",
    "The shops have until the autumn to explain themselves; until then each of them may set prices as it likes to.",
)
NAV = "".join(
    f'<li><a href="/{name}/">{name}</a></li>' for name in ("world", "town", "sport", "tides", "letters", "about")
)
NAV = f"<nav><ul>{NAV}</ul></nav>"


def page(title: str, paragraphs: tuple[str, ...], *, more: str = "", head: str = "") -> str:
    body = "".join(f"<p>{each}</p>" for each in paragraphs)
    return (
        f"<!doctype html><html><head><title>{title} | News Test</title>{head}</head><body>{NAV}<main>"
        f"<article><h1>{title}</h1>{body}</article>{more}</main><footer>News Test, Quay 1</footer></body></html>"
    )


ARTICLE = page(TITLE, TEXT)
HOME = page("News Test", (), more="<ul><li><a href=/2025/a>Tides are late</a><li><a href=/2025/b>Nets are dry</a></ul>")


def seen(html: str | bytes, url: str = URL, *, status: int = 200, hops: tuple[tuple[str, int], ...] = ()) -> Seen:
    body = html.encode() if isinstance(html, str) else html
    reading: Reading | None = read(Page(body, HTML, url, status, sketch=True)) if body else None
    answer = replace(exchange(url, body, status=status), body=Spool.of(body))
    asked = hops[0][0] if hops else url
    return Seen(
        url=url,
        verdict=verdicts.verdict(answer, reading, None, asked=asked),
        hops=hops,
        status=status,
        reading=reading,
        article=reading.article if reading is not None else None,
    )


def judged(
    now: Seen, made_up: Seen | None = None, home: Seen | None = None, *, before: str = "", **kept: Any
) -> tuple[Judgement, list[Want]]:
    """The judgement, and what had to be asked for it; `before` is the kept page."""
    stored = read(Page((before or ARTICLE).encode(), HTML, URL, sketch=True))
    case = Case(URL, Kept(**({"article": stored.article, "final": URL} | kept)), now)
    wanted: list[Want] = []
    while isinstance(found := judge(case), Want):
        assert found not in wanted, "asked for twice"
        wanted.append(found)
        given = {Want.MADE_UP: ("made_up", made_up), Want.HOME: ("home", home), Want.STORED: ("stored", stored)}
        case = replace(case, met=case.met | {found}, **dict([given[found]]))
    return found, wanted


def wrong(html: str, status: int = 200) -> Seen:
    return seen(html, "https://news.test/2025/qzxvbn-made-up", status=status)


HARD = wrong("<title>404</title><h1>404</h1>", 404)


def stored() -> Any:
    return read(Page(ARTICLE.encode(), HTML, URL, sketch=True)).article
