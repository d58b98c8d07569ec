"""Titles: chosen among what a page shows and states, without the names of sites and sections."""

from __future__ import annotations

import json

import pytest

from scraper.read import sites, title
from scraper.read.facts import gather
from scraper.read.tree import parse

URL = "https://www.hafenblatt.example/stadt/2023/kai"


def told(body: str, top: str = "", headline: str | None = None, **more: object) -> str | None:
    ld = {"@type": "NewsArticle", "headline": headline, **more}
    script = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if headline else ""
    page = parse(f"<html><head>{top}{script}</head><body>{body}</body></html>")
    assert page is not None
    found = title.title(page, gather(page), URL)
    return found.text if found else None


def og(value: str, site: str = "") -> str:
    name = f'<meta property="og:site_name" content="{site}">' if site else ""
    return f'<meta property="og:title" content="{value}">{name}'


def tag(value: str) -> str:
    return f"<title>{value}</title>"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("Der Kai wird breiter | Hafenblatt", "Der Kai wird breiter"),
        ("Der Kai wird breiter - Stadt - Hafenblatt", "Der Kai wird breiter"),
        ("Der Kai wird breiter | Stadt | Hafenblatt Online", "Der Kai wird breiter"),
        ("Der Kai wird breiter – hafenblatt.example", "Der Kai wird breiter"),
        ("Hafenblatt | Der Kai wird breiter", "Der Kai wird breiter"),
        ("Der Kai – und was er kostet", "Der Kai – und was er kostet"),
        ("Der Kai – und was er kostet | Hafenblatt", "Der Kai – und was er kostet"),
        ("Le quai : ce qui change - Das Hafenblatt", "Le quai : ce qui change"),
        ("Kai-Umbau: Jetzt redet Hafenblatt", "Kai-Umbau: Jetzt redet Hafenblatt"),
        ("Wer liest das Hafenblatt - und warum", "Wer liest das Hafenblatt - und warum"),
        ("Hafenblatt", "Hafenblatt"),
    ],
)
def test_sites_and_sections_are_cut_off(shown: str, expected: str) -> None:
    top = tag(shown) + '<meta property="article:section" content="Stadt">'
    assert told("", top) == expected
    assert told("", og(shown, "Hafenblatt") + '<meta property="article:section" content="Stadt">') == expected


@pytest.mark.parametrize(
    ("shown", "site", "expected"),
    [
        ("港の工事が始まる：海辺新聞", "海辺新聞", "港の工事が始まる"),
        ("港口工程今日正式开工_本地_海边网", "海边网", "港口工程今日正式开工_本地"),
        ("Порт закроют на зиму — Приморье онлайн", "Приморье", "Порт закроют на зиму"),
        ("الميناء يغلق أبوابه | جريدة المرفأ", "جريدة المرفأ", "الميناء يغلق أبوابه"),
        ("항구 공사가 오늘 시작된다 - 바다일보", "바다일보", "항구 공사가 오늘 시작된다"),
        ("بندر بسته شد » ساحل نیوز", "ساحل نیوز", "بندر بسته شد"),
    ],
)
def test_sites_in_other_scripts(shown: str, site: str, expected: str) -> None:
    assert told("", og(shown, site)) == expected


def test_what_another_statement_says_alone_is_the_title() -> None:
    long = "Der Kai wird breiter als gedacht"
    assert told("", tag(f"{long} - Nachrichten aus der Stadt, dem Land und der Welt") + og(long)) == long
    assert told(f"<h1>{long}</h1>", og(f"{long} – Stadt – Die Seite")) == long
    assert told("", tag(f"{long} --本地--网站"), long) == long


@pytest.mark.parametrize(
    "logo",
    [
        "<h1>Hafenblatt</h1>",
        "<h1 class=logo>Zeitung am Kai</h1>",
        '<h1><a href="/">Zeitung am Kai</a></h1>',
        '<h1><a href="https://www.hafenblatt.example"><span>Das Hafenblatt</span></a></h1>',
        "<nav><h1>Unsere Themen von heute</h1></nav>",
        "<h1 class=sr-only>Meldung im Wortlaut</h1>",
    ],
)
def test_a_logo_is_no_title(logo: str) -> None:
    wanted = "Der Kai wird breiter"
    assert told(f"{logo}<h2>{wanted}</h2>", og(f"{wanted} - Hafenblatt")) == wanted
    assert told(f"{logo}<h1>{wanted}</h1>", tag("Hafenblatt") + og(wanted)) == wanted
    assert told(logo, "", wanted) == wanted


def test_a_page_that_states_only_its_sites_name_has_the_heading_for_its_title() -> None:
    assert told("<h1>Hafenblatt</h1><h1>Der Kai wird breiter</h1>", tag("Hafenblatt")) == "Der Kai wird breiter"
    assert told("<h1>Hafenblatt</h1>", tag("Hafenblatt")) == "Hafenblatt"


@pytest.mark.parametrize(
    ("heading", "headline", "stated", "expected"),
    [
        ("<b class=kicker>Umbau</b> Der Kai wächst", "Der Kai wächst", "Der Kai wächst", "Der Kai wächst"),
        ("<b class=kicker>Umbau:</b> Der Kai wächst", "Umbau: Der Kai wächst", "x", "Umbau: Der Kai wächst"),
        ("<b>Umbau</b> Der Kai wächst", "Der Kai wächst", "Der Kai wächst", "Der Kai wächst"),
        ("<b>Umbau</b>: Der Kai wächst", "Umbau: Der Kai wächst", "Der Kai wächst", "Umbau: Der Kai wächst"),
        ("Der Kai wächst <small>Und wird teurer</small>", "Der Kai wächst", "Der Kai wächst", "Der Kai wächst"),
        ("Der „Kai“ wächst", 'Der "Kai" wächst', "Der Kai wächst", "Der „Kai“ wächst"),
        ("Der Kai wächst und wächst", "Der Kai wächst", "Anderes", "Der Kai wächst und wächst"),
        ("Der Kai wächst weiter", "Der Kai wächst nun weiter", "Anderes", "Der Kai wächst nun weiter"),
    ],
)
def test_kickers_and_wordings(heading: str, headline: str, stated: str, expected: str) -> None:
    assert told(f"<h1>{heading}</h1>", og(stated), headline) == expected


def test_a_heading_that_two_statements_repeat_stands_against_a_headline_that_none_does() -> None:
    top = tag("Der Kai wächst weiter | Hafenblatt") + og("Der Kai wächst weiter")
    assert told("<h1>Der Kai wächst weiter</h1>", top, "Kai wächst immer weiter: alle Infos") == "Der Kai wächst weiter"


def test_a_marked_headline_needs_no_agreement() -> None:
    top = og("Alles zur Hafenbahn: Fotos und Videos 2023")
    assert told('<h1 class="entry-title">Der Kai wächst</h1>', top) == "Der Kai wächst"
    assert told("<h1>Der Kai wächst</h1>", top) == "Alles zur Hafenbahn: Fotos und Videos 2023"


def test_the_object_of_the_pages_own_address_speaks_before_others() -> None:
    other = {"@type": "NewsArticle", "headline": "Etwas ganz anderes", "url": "https://www.hafenblatt.example/x"}
    own = {"@type": "NewsArticle", "headline": "Der Kai wächst", "mainEntityOfPage": {"@id": URL}}
    script = f'<script type="application/ld+json">{json.dumps([other, own])}</script>'
    assert told("", f'<link rel=canonical href="{URL}">{script}') == "Der Kai wächst"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("The Tide", True),
        ("Tide News", True),
        ("tide.example", True),
        ("Tides", False),
        ("High tide", False),
        ("", False),
    ],
)
def test_names_of_a_site(value: str, expected: bool) -> None:
    page = parse("<html><head><meta property=og:site_name content=Tide></head><body></body></html>")
    own = sites.names(gather(page), "https://m.tide.example/a")
    assert sites.is_site(value, own) is expected
