"""Pages of the corpus with random edits: whether they count as a change, and how far the text has drifted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from lxml import html as lxml_html
from msgspec.structs import replace

from archive.linkstate import State
from archive.models import Article, Paragraph, VerdictKind
from scraper import verdict as verdicts
from scraper.linkcase import Case, Judgement, Kept, Seen, Want
from scraper.linkcheck import judge
from scraper.read.page import read
from scraper.read.reading import Page
from tests import corpus
from tests.making import exchange

HTML = (("Content-Type", "text/html; charset=utf-8"),)


@cache
def readable() -> list[tuple[str, str, bytes, Article]]:
    """(name, address, HTML, article) of the pages that are read as articles with some paragraphs."""
    found = []
    for name, truth, body in corpus.pages():
        if name in corpus.OTHERS:
            continue
        reading = read(Page(body, HTML, truth["url"], sketch=True))
        if reading.article is not None and sum(len(p) > 100 for p in paragraphs(reading.article)) >= 4:
            found.append((name, truth["url"], body, reading.article))
    return found


def paragraphs(article: Article) -> list[str]:
    return [block.text for block in article.body if isinstance(block, Paragraph)]


def answer(body: bytes, url: str) -> Seen:
    reading = read(Page(body, HTML, url, sketch=True))
    verdict = verdicts.verdict(exchange(url, body), reading, None, asked=url)
    return Seen(url, verdict, status=200, reading=reading, article=reading.article)


def judged(kept: Article, stored: bytes, url: str, live: bytes) -> Judgement:
    gone = Seen(url, verdicts.verdict(exchange(url, b"x", status=404)), status=404)
    case = Case(url, Kept(kept, final=url), answer(live, url))
    while isinstance(found := judge(case), Want):
        met = case.met | {found}
        case = replace(case, met=met, made_up=gone, stored=read(Page(stored, HTML, url, sketch=True)))
    return found


def prose(tree: Any, kept: Article) -> Iterator[Any]:
    """The paragraphs of the page that the article holds, without markup in them."""
    known = {" ".join(text.split()) for text in paragraphs(kept) if len(text) > 100}
    for element in tree.iter("p"):
        if not len(element) and " ".join((element.text or "").split()) in known:
            yield element


def edited(
    body: bytes, kept: Article, edit: Callable[[list[Any], random.Random], bool], chance: random.Random
) -> bytes:
    parser = lxml_html.HTMLParser(encoding="utf-8")
    tree = lxml_html.document_fromstring(body, parser=parser)
    found = list(prose(tree, kept))
    if len(found) < 3 or not edit(found, chance):
        return b""
    return b"<!doctype html>" + bytes(lxml_html.tostring(tree, encoding="utf-8"))


def a_word(found: list[Any], chance: random.Random) -> bool:
    element = chance.choice(found)
    words = element.text.split(" ")
    words[chance.randrange(1, len(words)) if len(words) > 1 else 0] = "Zwetschgenkuchen"
    element.text = " ".join(words)
    return True


def a_paragraph(found: list[Any], chance: random.Random) -> bool:
    element = chance.choice(found[1:])
    element.getparent().remove(element)
    return True


def the_whole(found: list[Any], chance: random.Random) -> bool:
    for number, element in enumerate(found):
        element.text = (
            f"Something else has happened in place number {number}, and people who were there tell of it at length, in "
            f"sentences of which none was ever said before, not even by those {number + 3} who had been asked."
        )
    return True


def sampled() -> list[tuple[str, str, bytes, Article]]:
    return random.Random(11).sample(readable(), 16)


@pytest.mark.slow
def test_a_word_is_a_change_of_a_word() -> None:
    chance, done = random.Random(1), 0
    for name, url, body, kept in sampled():
        live = edited(body, kept, a_word, chance)
        if not live:
            continue
        found = judged(kept, body, url, live)
        assert (found.state, found.bare, found.verdict) == (State.CHANGED, False, None), (name, found)
        assert found.similarity is not None and 0.9 < found.similarity < 1, name
        assert found.drift is not None and found.drift.added >= 1 and found.drift.struck <= 5, (name, found.drift)
        assert any("Zwetschgenkuchen" in each for each in found.drift.corrections), (name, found.drift)
        done += 1
    assert done >= 10


@pytest.mark.slow
def test_a_paragraph_that_is_gone_is_told() -> None:
    chance, done = random.Random(2), 0
    for name, url, body, kept in sampled():
        live = edited(body, kept, a_paragraph, chance)
        if not live:
            continue
        found = judged(kept, body, url, live)
        assert (found.state, found.bare) == (State.CHANGED, False), (name, found)
        assert found.drift is not None and found.drift.struck > 3, (name, found.drift)
        assert any("removed" in each for each in found.drift.corrections), (name, found.drift)
        done += 1
    assert done >= 10


@pytest.mark.slow
def test_the_headline_and_the_day() -> None:
    for name, url, body, kept in sampled():
        if kept.date is None:
            continue
        live = replace(kept, title=f"{kept.title} after all", date=kept.date + timedelta(days=1))
        seen = answer(body, url)
        found = judge(Case(url, Kept(kept, final=url), replace(seen, article=live)))
        assert isinstance(found, Judgement) and found.state is State.CHANGED, name
        assert found.drift is not None
        told = [each.partition(":")[0] for each in found.drift.corrections]
        assert told == ["headline changed", "date moved"], (name, found.drift)


@pytest.mark.slow
def test_nothing_is_no_change_whatever_stands_around_it() -> None:
    for name, url, body, kept in sampled():
        found = judged(kept, body, url, body.replace(b"</body>", b"<!-- 17 readers --></body>") + b"\n")
        assert (found.state, found.bare, found.similarity) == (State.SAME, True, 1.0), (name, found)


@pytest.mark.slow
def test_another_page_in_its_place_is_never_a_version() -> None:
    """Each page answered by the next one: of another site, or of the same."""
    pages = sampled()
    for (name, url, body, kept), (_, _, other, _) in zip(pages, [*pages[1:], pages[0]], strict=True):
        found = judged(kept, body, url, other)
        assert not found.state.alive, (name, found)
        assert found.state.failed or found.state in (State.WALLED, State.BLOCKED), (name, found)
        assert found.verdict is not None or not answer(other, url).verdict.kept, (name, found)


@pytest.mark.slow
def test_a_whole_text_that_is_another_is_no_version_without_the_headline() -> None:
    chance, replaced = random.Random(3), 0
    for name, url, body, kept in sampled():
        live = edited(body, kept, the_whole, chance)
        if not live:
            continue
        gone = replace(kept, title="Nothing of this kind was ever a headline", authors=())
        found = judged(gone, body, url, live)
        own = found.similarity or 0.0
        assert own < 0.9, (name, found)
        if found.state.alive:
            # What the page's other texts hold of the article, a caption or a list, is still there.
            assert found.state is State.CHANGED and own > 0.1, (name, found)
        replaced += found.verdict is VerdictKind.REPLACED
    assert replaced >= 3
