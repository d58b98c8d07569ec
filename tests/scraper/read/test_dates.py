"""The day of publication: as pages state it, as they print it in many languages, and never that of an update."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scraper.read import dates
from scraper.read.calendars import from_persian, read_day
from scraper.read.facts import gather
from scraper.read.page import read
from scraper.read.reading import Page
from scraper.read.title import title
from scraper.read.tree import parse

MAY = date(2024, 5, 3)
TEXT = "".join(
    f"<p>The harbour was quiet on the morning of the vote, said clerk number {n}, who had come early to see it.</p>"
    for n in range(5)
)


@pytest.mark.parametrize(
    "shown",
    [
        "3 May 2024",
        "Friday, May 3rd, 2024 at 10:20",
        "Freitag, 3. Mai 2024",
        "3 mai 2024 à 10h20",
        "3 de mayo de 2024",
        "3 de maio de 2024",
        "3 maggio 2024",
        "3 mei 2024",
        "3 maj 2024",
        "3. maí 2024",
        "3. toukokuuta 2024",
        "3 maja 2024, 10:20",
        "3. května 2024",
        "3. svibnja 2024.",
        "2024. május 3.",
        "3 mai 2024",
        "3 мая 2024, 10:20",
        "3 травня 2024",
        "3 Μαΐου 2024",
        "3 Mayıs 2024 Cuma",
        "2024 m. gegužės 3 d.",
        "2024. gada 3. maijs",
        "٣ مايو ٢٠٢٤",
        "3 أيار 2024",
        "3 במאי 2024",
        "۱۴ اردیبهشت ۱۴۰۳",
        "3 मई 2024",
        "३ मई २०२४",
        "৩ মে ২০২৪",
        "3 พฤษภาคม 2567",
        "3 พ.ค. 2567 10:20 น.",
        "Jumat, 03 Mei 2024",
        "ngày 3 tháng 5 năm 2024",
        "2024年5月3日",
        "２０２４年５月３日",
        "2024년 5월 3일",
        "令和6年5月3日",
        "民國113年5月3日",
        "2024/05/03",
        "03.05.2024",
    ],
)
def test_days_in_many_languages(shown: str) -> None:
    assert read_day(shown) == MAY


@pytest.mark.parametrize(
    ("shown", "language", "expected"),
    [
        ("03/05/2024", "fr", MAY),
        ("03/05/2024", "en-US", None),
        ("03/05/2024", None, None),
        ("13/05/2024", "en", date(2024, 5, 13)),
        ("05/13/2024", "en", date(2024, 5, 13)),
        ("3 listopada 2024", "hr", date(2024, 10, 3)),
        ("3 listopada 2024", "pl", date(2024, 11, 3)),
        ("1403/02/14", "fa", None),
        ("1445-10-24", "ar", None),
        ("3 tables 2024", "en", None),
        ("31 June 2024", "en", None),
        ("12 2024", "en", None),
    ],
)
def test_days_that_are_told_by_the_language_or_not_at_all(
    shown: str, language: str | None, expected: date | None
) -> None:
    assert read_day(shown, language) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ((1403, 1, 1), date(2024, 3, 20)),
        ((1402, 12, 29), date(2024, 3, 19)),
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1357, 11, 22), date(1979, 2, 11)),
        ((1403, 13, 1), None),
    ],
)
def test_days_of_the_persian_calendar(day: tuple[int, int, int], expected: date | None) -> None:
    assert from_persian(*day) == expected


def day(stated: str | None = None, body: str = "", top: str = "", language: str = "") -> date | None:
    ld = json.dumps({"@type": "NewsArticle", "headline": "The vote", "datePublished": stated})
    script = f'<script type="application/ld+json">{ld}</script>' if stated else ""
    page = parse(f'<html lang="{language}"><head>{top}{script}</head><body>{body}</body></html>')
    assert page is not None
    facts = gather(page)
    shown = title(page, facts)
    return dates.dates(page, facts, shown.node if shown else None).day


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Fri, 03 May 2024 23:40:00 +0300", MAY),
        ("Fri May 03 2024 09:28:00 GMT+0000 (UTC)", MAY),
        ("1714730400", MAY),
        ("1714730400000", MAY),
        ("2024/05/03 10:20", MAY),
        ("03.05.2024 10:20", MAY),
        ("2567-05-03T10:20:00+07:00", MAY),
        ("2024-05-03T00:30:00+03:00", MAY),
        ("٢٠٢٤-٠٥-٠٣", MAY),
        ("1403-02-14", None),
        ("soon", None),
    ],
)
def test_forms_of_a_stated_day(stated: str, expected: date | None) -> None:
    assert day(stated) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<header><span class=date>9 June 2025</span></header><h1>The vote</h1><p class=date>3 May 2024</p>", MAY),
        ("<span class=date>9 June 2025</span><h1>The vote</h1><p class=date>3 May 2024</p>", MAY),
        ("<p class=date>3 May 2024</p><h1>The vote</h1>", MAY),
        ("<h1>The vote</h1><aside><time>9 June 2025</time></aside><time>3 May 2024</time>", MAY),
        ("<h1>The vote</h1><span class=date>Обновлено: 9 июня 2025</span><span class=date>3 мая 2024</span>", MAY),
        ("<h1>The vote</h1><span class=date>Aktualizováno 9. června 2025</span><time>3. května 2024</time>", MAY),
        ("<h1>The vote</h1><nav><time>9 June 2025</time></nav>", None),
        (
            "<header><time datetime=2025-06-09>9.6.</time></header><h1>The vote</h1><time datetime=2024-05-03>x</time>",
            MAY,
        ),
        ("<h1>The vote</h1><div class=comments><i itemprop=datePublished content=2025-06-09></i></div>", None),
        ("<header><h1>The vote</h1><time datetime=2024-05-03>x</time></header>", MAY),
        ("<article><h1>The vote</h1></article><article><time>9 June 2025</time></article>", None),
    ],
)
def test_the_day_that_is_printed_beside_the_title(body: str, expected: date | None) -> None:
    assert day(body=body) == expected


def test_the_publishers_own_clock() -> None:
    line = "<h1>The vote</h1><time>{}</time>"
    assert day("2024-05-02T22:30:00Z", line.format("3 мая 2024, 01:30")) == MAY
    assert day("2024-05-03T22:30:00Z", line.format("1 мая 2024")) == MAY
    both = '<meta property="article:published_time" content="2024-05-03T01:30:00+03:00">'
    assert day("2024-05-02T22:30:00Z", top=both) == MAY


def test_the_address_tells_the_day_where_the_page_does_not() -> None:
    markup = f"<h1>The vote</h1>{TEXT}".encode()
    for url, expected in (
        ("https://news.example/2024/05/03/vote", MAY),
        ("https://news.example/20240503/vote.html", MAY),
        ("https://news.example/2024/13/41/vote", None),
        ("https://news.example/vote", None),
    ):
        found = read(Page(markup, (), url)).article
        assert found is not None and found.date == expected


def test_a_day_that_is_printed_goes_before_the_address() -> None:
    markup = f"<h1>The vote</h1><p>3 May 2024</p>{TEXT}".encode()
    found = read(Page(markup, (), "https://news.example/2024/05/09/vote")).article
    assert found is not None and found.date == MAY


def test_the_last_resort_does_not_look_beside_the_article() -> None:
    beside = (
        "<header><span>9 June 2025</span></header><main><article><h1>The vote</h1>{}</article></main>"
        "<section class=related><time>9 June 2025</time></section><article><p>9 June 2025</p></article>"
    )
    for own, expected in ((f"{TEXT}<div class=postmeta>3 May 2024</div>", MAY), (TEXT, None)):
        found = read(Page(beside.format(own).encode(), (), "https://news.example/vote")).article
        assert found is not None and found.date == expected
