"""What the library shows of a small collection: lists, searches, articles through time, pictures, health."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.collection import Collection
from archive.models import Article, ArticleMeta, Link, Overruling, Paragraph, VerdictKind
from archive.rebuild import rebuild
from archive.viewer.library import Library
from archive.viewer.model import Order, Query, Span
from archive.warc.reader import read_at
from tests.archive.collecting import (
    OLD,
    PICTURE,
    STORY,
    Clock,
    asset,
    fill,
    folder_of,
    group,
    opened,
    page,
    rereading,
    settings,
    silent,
)
from tests.archive.packing import packed
from tests.making import TIME

PNG = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(5000)
DAY = 24 * 3600


def looked_into(root: Path) -> Iterator[Library]:
    with Collection.open(settings(root), None) as collection, Library(collection) as library:
        yield library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Of what `fill` brings."""
    fill(tmp_path)
    yield from looked_into(tmp_path)


@pytest.fixture
def papers(tmp_path: Path) -> Iterator[Library]:
    """Twelve articles of two papers over four days, the fourth of each in French, one that failed; a picture."""
    with opened(tmp_path) as collection:
        for number in range(12):
            host = ("alpha.test", "beta.test")[number % 2]
            url = f"https://{host}/n{number}"
            collection.commit(
                group(
                    f"p{number}",
                    number // 3 * DAY + number,
                    [page(number // 3 * DAY + number, b"<p>%d</p>" % number, url)],
                    article=told(number, url),
                    link=Link(url, ("feed", "list")[number % 3 == 0]),
                )
            ).result(30)
        gone = group("bad", 4 * DAY, [silent(4 * DAY, "https://beta.test/gone")], VerdictKind.UNREACHABLE)
        collection.commit(gone).result(30)
    yield from looked_into(tmp_path)


def told(number: int, url: str) -> Article:
    words = "common pier harbour" if number % 2 else "common station train"
    return Article(
        title=f"Story {number}",
        url=url,
        body=(Paragraph(f"{words} number{number} and the rest of it."),),
        subtitle=f"Below {number}",
        authors=("Zoë Bee", "Carl Dee") if number < 3 else ("Eve Fox",),
        date=date(2026, 1, 1) + timedelta(days=number) if number != 11 else None,
        meta=ArticleMeta(language="fr_FR" if number % 4 == 3 else "en-GB" if number % 2 else "en"),
    )


def ids(found: Any) -> list[str]:
    return [card.page.page_id for card in found.cards]


# ------------------------------------------------------------------------------------------------------- lists


def test_the_front_page_shows_days_and_hosts_with_what_was_new(papers: Library) -> None:
    front = papers.front(days=3, per_site=1)
    assert [day.day for day in front.days] == [TIME.date() + timedelta(days=n) for n in (3, 2, 1)]
    assert [(site.host, site.count, len(site.cards)) for site in front.days[0].sites] == [
        ("beta.test", 2, 1),
        ("alpha.test", 1, 1),
    ]
    assert front.days[0].sites[0].cards[0].page.page_id == "p11"
    assert front.counts["pages"] == 12
    assert [row.page_id for row in front.failed] == ["bad"]


def test_what_was_confirmed_or_came_again_is_no_news(library: Library) -> None:
    (day,) = library.front().days
    shown = {card.page.page_id for site in day.sites for card in site.cards}
    assert shown == {"p01", "p04", "p07", "p10", "p11"}
    assert [card.page.page_id for card in library.changes(2)] == ["p10", "p07"]


def test_the_front_page_is_made_anew_when_something_came(tmp_path: Path) -> None:
    fill(tmp_path)
    for library in looked_into(tmp_path):
        before = library.front()
        assert library.front() is before
        with opened(tmp_path) as collection:
            url = "https://new.test/x"
            collection.commit(group("new", 90, [page(90, b"new", url)], article=told(1, url))).result(30)
        assert library.front().counts["pages"] == before.counts["pages"] + 1  # type: ignore[operator]
        assert ("new.test", 1) in library.choices().sites


def test_words_are_found_with_snippets_and_what_cards_show(papers: Library) -> None:
    found = papers.search(Query("HARBOUR number5"))
    (card,) = found.cards
    assert (card.page.page_id, card.subtitle, card.versions, found.total) == ("p5", "Below 5", 1, 1)
    assert [span.text for span in card.snippet if span.marked] == ["harbour", "number5"]
    assert Span("common pier ") not in card.snippet  # the title stands before it
    assert "".join(span.text for span in card.snippet).endswith("common pier harbour number5 and the rest of it.")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query("common", site="ALPHA.test"), "p10 p8 p6 p4 p2 p0"),
        (Query("common", language="fr"), "p11 p7 p3"),
        (Query("common", language="en", site="beta.test"), "p9 p5 p1"),
        (Query("common", author="zoe"), "p2 p1 p0"),
        (Query("common", author="dee bee", site="beta.test"), "p1"),
        (Query("common", author="fox zoe"), ""),
        (Query("common", source="list"), "p9 p6 p3 p0"),
        (Query("common", since=date(2026, 1, 3), until=date(2026, 1, 5)), "p11 p4 p3 p2"),
        (Query("common", since=date(2026, 1, 11)), "p10"),
        (Query("common", verdict="page"), ""),
        (Query("common", order=Order.OLDEST, site="alpha.test"), "p0 p2 p4 p6 p8 p10"),
        (Query('"station train"', author="Eve"), "p10 p8 p6 p4"),
        (Query(site="alpha.test"), "p10 p8 p6 p4 p2 p0"),
        (Query(site="alpha.test", order=Order.OLDEST, source="list"), "p0 p6"),
        (Query(author="Zoë", order=Order.OLDEST), "p0 p1 p2"),
        (Query(language="fr", until=date(2026, 1, 9)), "p11 p7 p3"),
        (Query(verdict="unreachable"), "bad"),
        (Query(verdict="unreachable", site="alpha.test"), ""),
        (Query("gone", verdict="unreachable"), ""),
    ],
)
def test_all_filters_hold_at_once(papers: Library, query: Query, found: str) -> None:
    results = papers.search(replace(query, order=query.order if query.order is Order.OLDEST else Order.NEWEST))
    assert ids(results) == found.split()
    assert results.total == len(found.split())
    assert not results.more_than


def test_a_word_in_the_title_counts_for_more(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        for number, (title, body) in enumerate([("Of owls", "nothing."), ("Of nothing", "owls. " + "word " * 50)]):
            url = f"https://news.test/{number}"
            article = Article(title, url, (Paragraph(body),))
            collection.commit(group(f"p{number}", number, [page(number, b"x%d" % number, url)], article=article))
    for library in looked_into(tmp_path):
        assert ids(library.search(Query("owls"))) == ["p0", "p1"]
        assert ids(library.search(Query("owls", order=Order.NEWEST))) == ["p1", "p0"]


def test_screens_follow_each_other_without_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where those that are sorted by relevance end, and where the counting ends."""
    monkeypatch.setattr("archive.viewer.listing.RANKED", 30)
    monkeypatch.setattr("archive.viewer.listing.COUNTED", 60)
    with opened(tmp_path) as collection:
        for number in range(70):
            url = f"https://news.test/{number}"
            body = "word " * (number % 7 + 1) + "other " * (number % 5)
            article = Article("A title", url, (Paragraph(body),))
            collection.commit(group(f"p{number}", number, [page(number, b"%d" % number, url)], article=article))
    for library in looked_into(tmp_path):
        for query in (Query("word"), Query("word", order=Order.OLDEST), Query(), Query(order=Order.NEWEST)):
            screens = [library.search(replace(query, page=number)) for number in range(1, 5)]
            assert [len(screen.cards) for screen in screens] == [20, 20, 20, 10]
            assert len({one for screen in screens for one in ids(screen)}) == 70
            assert (screens[0].total, screens[0].more_than) == (60, True)
        first = [library.search(Query("word", page=n)).cards for n in (1, 2)]
        newest = {card.page.page_id for cards in first for card in cards}
        assert newest > {f"p{n}" for n in range(40, 70)}


def test_the_latest_page_of_each_article_is_listed(library: Library) -> None:
    assert ids(library.search(Query())) == ["p11", "p10", "p04"]
    assert ids(library.search(Query(verdict="challenge"))) == ["p08"]
    assert ids(library.search(Query(verdict="gone"))) == []  # it failed in another way since


def test_what_was_not_kept_is_told_with_reasons(library: Library) -> None:
    (card,) = library.quarantine().cards
    assert (card.page.page_id, card.page.reason, card.page.evidence) == ("p08", "seen as challenge", ("a test",))
    assert ids(library.quarantine("gone", "other.test")) == []


def test_choices_say_how_many_there_are(papers: Library) -> None:
    choices = papers.choices()
    assert choices.sites == (("alpha.test", 6), ("beta.test", 6))
    assert choices.languages == (("en", 9), ("fr", 3))
    assert choices.verdicts == (("article", 12), ("unreachable", 1))
    assert choices.sources == (("feed", 8), ("list", 4))
    assert papers.choices() is choices


# ------------------------------------------------------------------------------------------------------- hostile


HOSTILE = [
    "\0", "a\0b", "\ud800", "x\udfffy", '"', '""', '"a', "a*", "*", "a* *", "NEAR(a b)", "title:x", "{title body}: x",
    "a OR", "AND", "NOT x", "(", "((((", "-a", "+", "a + b", "\u202eabc", "'; DROP TABLE pages", "%", "_", "\u200b",
    "東京", "ก", "\n\t", "a" * 5000, "a " * 3000, "\ufffe", "🦉",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_is_typed_is_no_trouble(library: Library, words: str) -> None:
    for query in (
        Query(words),
        Query("pier", site=words, author=words, language=words, source=words, verdict=words),
        Query(site=words),
        Query(author=words),
        Query(verdict=words),
        Query(language=words),
        Query(source=words),
    ):
        assert library.search(query).total >= 0
    assert library.quarantine(words, words).cards == ()
    assert library.find(words) is None
    assert library.read(words) is None
    assert library.picture(words, words) is None
    assert library.picture("p01", words) is None
    assert library.record(words) is None


@given(st.text(max_size=30), st.integers(-(2**70), 2**70), st.sampled_from(Order))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_any_query_is_answered(library: Library, words: str, number: int, order: Order) -> None:
    for query in (Query(words, page=number, order=order), Query(author=words, site=words, page=number, order=order)):
        assert len(library.search(query).cards) <= 20


def test_hostile_words_of_pages_come_back_as_text(tmp_path: Path) -> None:
    title = "<script>alert(1)</script> \u202e\udc80\x00 owl"
    url = "https://news.test/x"
    with opened(tmp_path) as collection:
        article = Article(title, url, (Paragraph("An owl. <b>\x02not\x03 marked</b>"),), subtitle="<i>\ud800")
        article = replace(article, meta=ArticleMeta(language="javascript:alert(1)", image="javascript:1"))
        collection.commit(group("p1", 1, [page(1, b"x", url)], article=article)).result(30)
    for library in looked_into(tmp_path):
        (card,) = library.search(Query("owl")).cards
        assert card.page.title is not None
        assert card.page.title.startswith("<script>alert(1)</script>")
        assert card.page.language is None
        assert "owl" in [span.text for span in card.snippet if span.marked]
        assert library.choices().languages == ()


# ------------------------------------------------------------------------------------------------------- one article


def test_an_article_through_time(library: Library) -> None:
    row = library.find(STORY)
    assert row is not None
    moments = library.moments(row)
    assert [(m.page.page_id, m.version) for m in moments] == [
        ("p01", 1),
        ("p02", None),
        ("p03", None),
        ("p05", None),
        ("p06", None),
        ("p07", 2),
        ("p08", None),
        ("p09", None),
        ("p10", 3),
    ]
    assert library.search(Query("pier")).cards[0].versions == 3


def test_each_version_gives_its_own_text(library: Library) -> None:
    texts = {page_id: library.text(page_id) or "" for page_id in ("p01", "p06", "p07", "p09", "p10")}
    assert ["not so quiet" in text for text in texts.values()] == [False, False, True, True, False]
    bodies = {page_id: library.article(page_id) for page_id in texts}
    assert [article.body[0].text for article in bodies.values() if article] == [  # type: ignore[union-attr]
        "What happened at the pier.",
        "What happened at the pier.",
        "It was not so quiet.",
        "It was not so quiet.",
        "What happened at the pier.",
    ]
    assert library.text("p02") is None
    assert library.article("none") is None


def test_a_page_is_read_with_its_provenance(library: Library) -> None:
    found = library.read("p05")
    assert found is not None
    assert found.article is not None
    assert found.damage is None
    proof = found.provenance
    assert proof.addresses[:2] == (OLD, STORY)
    assert [each.url for each in proof.chain] == [OLD]
    assert proof.capture is not None
    assert (proof.payload, proof.ip) == (proof.capture.digest, "192.0.2.1")
    assert proof.block is not None
    assert (proof.software or "").startswith("tearsheet/0")
    assert ("Content-Type", "text/html; charset=utf-8") in proof.headers
    first = library.read("p01")
    assert first is not None
    assert [each.url for each in first.provenance.requisites] == [PICTURE]


def test_a_failed_page_and_another_reading_are_read_too(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as collection:
        known = collection.known_page(STORY)
        assert known is not None
        row = collection.page("p10")
        capture = collection.capture_of(row) if row is not None else None
        assert row is not None
        assert capture is not None
        collection.commit(rereading("r1", 90, (row, capture), told(1, STORY))).result(30)
    for library in looked_into(tmp_path):
        failed = library.read("p03")
        assert failed is not None
        assert (failed.article, failed.provenance.capture, failed.lead) == (None, None, None)
        again = library.read("r1")
        assert again is not None
        assert again.article == told(1, STORY)
        assert again.provenance.capture == capture
        assert again.moments[-1].version == 4
        assert library.record("r1") == library.record("p10")
        assert "r1" not in {c.page.page_id for d in library.front().days for s in d.sites for c in s.cards}


def test_a_broken_file_is_told_and_hides_nothing(tmp_path: Path) -> None:
    rows = fill(tmp_path)
    path = (folder_of(tmp_path) / str(rows[0].text)).with_suffix(".json")
    path.write_bytes(b"{")
    for library in looked_into(tmp_path):
        found = library.read("p10")
        assert found is not None
        assert found.article is None
        assert "tearsheet rebuild" in (found.damage or "")
        assert library.search(Query("pier")).total == 1
        assert "pier" in (library.text("p10") or "")
        (folder_of(tmp_path) / str(found.page.warc)).unlink()
        gone = library.read("p07")
        assert gone is not None
        assert gone.article is not None
        assert "missing" in (gone.damage or "")
        assert library.record("p10") is None


def test_the_own_record_is_told_even_where_files_were_joined(tmp_path: Path) -> None:
    fill(tmp_path, warc_size=1)
    for library in looked_into(tmp_path):
        before = library.record("p01")
        assert before is not None
        packed(tmp_path)
        found = library.record("p01")
        assert found is not None
        path, offset, length = found
        assert path != before[0]
        record = read_at(path, offset)
        assert (record.url, record.length) == (STORY, length)


# ------------------------------------------------------------------------------------------------------- pictures


def pictured(root: Path, image: str | None = None, **changes: Any) -> None:
    parts = [page(1, b"<p>x"), asset(2, PNG, **changes), asset(3, b"GIF89a", "https://news.test/dot.gif")]
    article = replace(told(1, STORY), meta=ArticleMeta(image=image))
    with opened(root) as collection:
        collection.commit(group("p1", 1, parts, article=article)).result(30)


def test_the_largest_picture_stands_for_a_page(tmp_path: Path) -> None:
    pictured(tmp_path)
    for library in looked_into(tmp_path):
        card = library.search(Query()).cards[0]
        assert card.lead is not None
        assert card.lead.url == PICTURE
        shown = library.lead_picture("p1")
        assert shown is not None
        assert (shown.type, shown.data) == ("image/png", PNG)
        assert library.shown(card.lead, most=100) is None
        dot = library.picture("p1", "https://news.test/dot.gif")
        assert dot is not None
        assert dot.type == "image/gif"


@pytest.mark.parametrize("named", ["https://news.test/dot.gif", "HTTPS://news.test:443/dot.gif#x"])
def test_the_picture_that_the_article_names_goes_first(tmp_path: Path, named: str) -> None:
    pictured(tmp_path, named)
    for library in looked_into(tmp_path):
        found = library.read("p1")
        assert found is not None
        assert found.lead is not None
        assert found.lead.url == "https://news.test/dot.gif"
        assert library.search(Query()).cards[0].lead == found.lead


def test_nothing_but_raster_pictures_is_shown(tmp_path: Path) -> None:
    pictured(tmp_path, "https://news.test/dot.gif")
    with opened(tmp_path) as collection:
        parts = [
            page(11, b"<p>y", "https://b.test/y"),
            asset(12, b"<svg onload='alert(1)'/>" * 500, "https://b.test/s.svg"),
        ]
        article = replace(told(2, "https://b.test/y"), meta=ArticleMeta(image="https://b.test/s.svg"))
        collection.commit(group("p2", 11, parts, article=article)).result(30)
    for library in looked_into(tmp_path):
        assert library.picture("p2", "https://b.test/s.svg") is None
        assert library.picture("p2", "https://b.test/y") is None
        assert library.picture("p2", PICTURE) is not None  # another page's: pages of a run share what they need


# ------------------------------------------------------------------------------------------------------- health


def report(root: Path, name: str, content: object) -> None:
    folder = folder_of(root) / "reports"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_health_tells_runs_days_and_hosts(tmp_path: Path) -> None:
    fill(tmp_path)
    crawl = {
        "run": "20260102T030405678Z-1",
        "begun": "2026-01-02T03:04:05.678Z",
        "seconds": 1.5,
        "asked": 3,
        "new": 1,
        "failed": 2,
        "ended_by": "done",
        "verdicts": {"article": 1, "gone": 2},
        "failures": [{"url": "x"}] * 1000,
    }
    report(tmp_path, "20260102T030405678Z-1", crawl)
    check = {"kind": "check", "begun": "2026-01-03T00:00:00+00:00", "counts": {"dead": 2}, "summary": "2 dead"}
    report(tmp_path, "20260103T030405678Z-1", check)
    for number, broken in enumerate(["", "[]", "{}", '{"begun": 5}', "[" * 100_000, '{"begun": "\\ud800"}']):
        report(tmp_path, f"20260104T03040567{number}Z-1", broken)
    for library in looked_into(tmp_path):
        health = library.health()
        first, second = health.runs
        assert (first.kind, first.seconds, first.counts) == ("crawl", 1.5, {"article": 1, "gone": 2})
        assert first.summary == "3 asked, 1 new, 2 failed; done"
        assert len(first.report["failures"]) == 200  # type: ignore[arg-type]
        assert (second.kind, second.counts, second.summary) == ("check", {"dead": 2}, "2 dead")
        assert len(health.unreadable) == 6
        assert health.days == (
            (TIME.date(), {"article": 5, "challenge": 1, "gone": 1, "page": 1, "unchanged": 2, "unreachable": 1}),
        )
        assert health.failing == (("news.test", 3, 10),)


# ------------------------------------------------------------------------------------------------------- rebuilding


def test_a_rebuilt_collection_shows_the_same(tmp_path: Path) -> None:
    fill(tmp_path)

    def everything() -> list[Any]:
        for library in looked_into(tmp_path):
            queries = [Query(), Query("pier"), Query(author="ann"), Query(verdict="challenge")]
            return [library.front(), library.choices(), library.changes(), *map(library.search, queries)]
        raise AssertionError

    before = everything()
    rebuild(settings(tmp_path))
    assert everything() == before


def test_a_catalog_that_was_rebuilt_meanwhile_is_read(tmp_path: Path) -> None:
    fill(tmp_path)
    for library in looked_into(tmp_path):
        before, choices = library.search(Query("pier")), library.choices()
        folder = folder_of(tmp_path)
        min(folder.glob("archive/*")).unlink()
        rebuild(settings(tmp_path))
        assert before.total == 1
        assert library.search(Query("pier")).total == library.collection.stats()["articles"] == 1
        assert library.page("p01") is None
        assert library.choices() != choices


def test_many_threads_read_at_once(papers: Library) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: papers.search(Query("common", page=n % 2 + 1)).total, range(100)))
    assert set(found) == {12}


def test_a_catalog_that_is_made_again_is_taken_and_nothing_held_from_before(tmp_path: Path) -> None:
    fill(tmp_path)
    with Collection.open(settings(tmp_path), None) as collection, Library(collection) as library:
        before = library.front()
        assert library.front() is before
        rebuild(settings(tmp_path))
        with opened(tmp_path, clock=Clock(TIME + timedelta(days=9))) as writer:
            new = page(9 * DAY, b"<p>new", "https://news.test/new")
            writer.commit(group("new", 9 * DAY, [new], VerdictKind.PAGE)).result(30)
        after = library.front()
    assert (after.days[0].day - before.days[0].day).days == 9


def test_what_a_person_has_overruled_is_in_quarantine_no_more(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path, clock=Clock(TIME + timedelta(days=9))) as writer:
        word = Overruling("p02", "<urn:uuid:2>", VerdictKind.GONE, "It is there.", "Ann Bee", TIME)
        writer.commit(group("p99", 9 * DAY, [page(3, b"<h1>gone</h1>", status=410)], overrules=word)).result(30)
    with Collection.open(settings(tmp_path), None) as collection, Library(collection) as library:
        listed = [card.page.page_id for card in library.quarantine().cards]
        assert "p02" not in listed
        found = library.page("p99")
        assert found is not None and found.verdict is VerdictKind.ARTICLE
