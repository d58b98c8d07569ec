"""Bylines: the words that open them in many languages, and whom a page prints against whom it states."""

from __future__ import annotations

import json

import pytest

from scraper.read import byline
from scraper.read.byline import from_lines, split
from scraper.read.facts import gather
from scraper.read.names import is_house, is_nobody, is_person
from scraper.read.page import read
from scraper.read.reading import Page
from scraper.read.title import title
from scraper.read.tree import parse

URL = "https://www.hafenblatt.example/stadt/2023/kai"


def authors(body: str, stated: object = None, top: str = "") -> tuple[str, ...]:
    ld = {"@type": "NewsArticle", "headline": "Der Kai wird breiter", "author": stated}
    script = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if stated else ""
    site = "<meta property=og:site_name content=Hafenblatt>"
    page = parse(f"<html><head>{site}{top}{script}</head><body>{body}</body></html>")
    assert page is not None
    facts = gather(page)
    shown = title(page, facts, URL)
    return byline.authors(page, facts, shown.node if shown else None, URL)


def person(name: str, **more: object) -> dict[str, object]:
    return {"@type": "Person", "name": name, **more}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Von Anke Weiß und Ole Bruns", ["Anke Weiß", "Ole Bruns"]),
        ("Ein Kommentar von Anke Weiß", ["Anke Weiß"]),
        ("Text: Anke Weiß", ["Anke Weiß"]),
        ("Par Yann Le Goff et Maëlle Doré", ["Yann Le Goff", "Maëlle Doré"]),
        ("Propos recueillis par Maëlle Doré", ["Maëlle Doré"]),
        ("Por Inés Robledo y Juan Ortega", ["Inés Robledo", "Juan Ortega"]),
        ("Texto: Inés Robledo, corresponsal", ["Inés Robledo"]),
        ("Por João Teles e Rita Prado", ["João Teles", "Rita Prado"]),
        ("di Carla Bruni Tedeschi", ["Carla Bruni Tedeschi"]),
        ("A cura di Piero Sala", ["Piero Sala"]),
        ("Door Piet van der Meer en Els Smit", ["Piet van der Meer", "Els Smit"]),
        ("Av Åsa Öberg och Nils Ek", ["Åsa Öberg", "Nils Ek"]),
        ("Af Søren Kjær og Mette Holm, journalist", ["Søren Kjær", "Mette Holm"]),
        ("Tekst: Kari Nordli", ["Kari Nordli"]),
        ("Autor: Jan Kowal i Ewa Lis", ["Jan Kowal", "Ewa Lis"]),
        ("Autorzy: Jan Kowal, Ewa Lis-Maj", ["Jan Kowal", "Ewa Lis-Maj"]),
        ("Autor: Petr Novák a Jana Malá", ["Petr Novák", "Jana Malá"]),
        ("Írta: Kovács Anna", ["Kovács Anna"]),
        ("Kirjoittaja: Aino Laine", ["Aino Laine"]),
        ("Автор: Ирина Лосева, корреспондент", ["Ирина Лосева"]),
        ("Текст: Ирина Лосева и Пётр Зимин", ["Ирина Лосева", "Пётр Зимин"]),
        ("Автори: Олена Гай, Іван Дуб", ["Олена Гай", "Іван Дуб"]),
        ("Piše: Ana Horvat", ["Ana Horvat"]),
        ("Γράφει ο Νίκος Πέτρου", ["Νίκος Πέτρου"]),
        ("Yazan: Deniz Kaya ve Ece Su Ak", ["Deniz Kaya", "Ece Su Ak"]),
        ("بقلم: سلمى حداد", ["سلمى حداد"]),
        ("مאת", ["مאת"]),
        ("מאת נועה לוי", ["נועה לוי"]),
        ("نویسنده: مریم کاظمی", ["مریم کاظمی"]),
        ("लेखक: आशा वर्मा", ["आशा वर्मा"]),
        ("โดย สมชาย ใจดี", ["สมชาย ใจดี"]),
        ("Oleh Budi Santosa dan Dewi Ayu", ["Budi Santosa", "Dewi Ayu"]),
        ("Tác giả: Lê Minh Anh", ["Lê Minh Anh"]),
        ("Imeandikwa na Asha Juma", ["Asha Juma"]),
        ("記者：陳大文", ["陳大文"]),
        ("本报记者 王小明 李红", ["王小明", "李红"]),
        ("文/张三", ["张三"]),
        ("홍길동 기자 hong@paper.example", ["홍길동"]),
        ("山田 太郎", ["山田 太郎"]),
        ("ジョン・スミス", ["ジョン・スミス"]),
    ],
)
def test_bylines_of_many_languages(line: str, expected: list[str]) -> None:
    assert split(line) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Di Matteo", ["Di Matteo"]),
        ("Ada Quill and Reuters", ["Ada Quill", "Reuters"]),
        ("Ada Quill, Associated Press", ["Ada Quill", "Associated Press"]),
        ("Ada Quill - The Harbour Paper", ["Ada Quill"]),
        ("Ada Quill. Harbour International", ["Ada Quill"]),
        ("John Q. Strand", ["John Q. Strand"]),
        ("Ada Quill @adaquill ada@paper.example", ["Ada Quill"]),
        ("Ben Strand en Bruselas", ["Ben Strand"]),
        ("(Ada Quill)", ["Ada Quill"]),
        ("Le Phare avec AFP", ["Le Phare avec AFP"]),
    ],
)
def test_names_and_what_stands_beside_them(raw: str, expected: list[str]) -> None:
    assert split(raw) == expected


@pytest.mark.parametrize("name", ["Redaktion", "Editorial Team", "News Desk", "La rédaction", "Редакция", "Web Desk"])
def test_newsrooms(name: str) -> None:
    assert is_house(name)


@pytest.mark.parametrize("name", ["Ada Quill", "Reuters", "Desk Moines", "Teamu Okoro", "Редькин Олег"])
def test_people_are_no_newsrooms_and_no_accounts(name: str) -> None:
    assert not is_house(name) and not is_nobody(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Quill", True),
        ("Piet van der Meer", True),
        ("Conan O'Brien", True),
        ("Jean d'Arc", True),
        ("محمد علي", True),
        ("the harbour grows", False),
        ("Read More", False),
        ("Ada", False),
        ("Ada Quill 2023", False),
        ("What now?", False),
    ],
)
def test_full_names(text: str, expected: bool) -> None:
    assert is_person(text) is expected


# ------------------------------------------------------------------------------------------------ printed and stated

H1 = "<h1>Der Kai wird breiter</h1>"
TEXT = "<p>Ein langer Absatz, der vom Kai erzählt und davon, wie er breiter wird, Meter um Meter, Jahr um Jahr.</p>"


BOTH = ("Anke Weiß", "Ole Bruns")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("<div class=byline>Von <a href=/autor/a-b>Anke Weiß</a>, <time>3. Mai</time></div>", BOTH[:1]),
        ("<b class=author-name>Anke Weiß</b><b class=author-name>Ole Bruns</b>", BOTH),
        ("<p class=c-byline>By <b>Anke Weiß</b> <span class=role>Chief Reporter</span> 3 May 2023</p>", BOTH[:1]),
        ("<a rel=author href=/x>Anke Weiß</a>", BOTH[:1]),
        ("<p><a href=/people/a-weiss>Anke Weiß</a> · <a href=/people/o-bruns>Ole Bruns</a></p>", BOTH),
        ("<ul class=authors><li><a href=/autor/1a>Anke Weiß</a><li><a href=/autor/2b>Ole Bruns</a></ul>", BOTH),
        ("<div class=penulis>Oleh: Budi Santosa</div>", ("Budi Santosa",)),
        ("<div class=byline>Reuters</div>", ("Reuters",)),
        ("<div class=author>Von Redaktion</div>", ("Redaktion",)),
        ("<div class=author><a href=/autor/a>Alle Beiträge</a></div>", ()),
        ("<aside><span class=author>Ole Bruns</span></aside>", ()),
        ("<div class=comments><span class=author>Ole Bruns</span></div>", ()),
        ("<ul><li><h3><a href=/other>Etwas anderes</a></h3><b class=author>Ole Bruns</b></li></ul>", ()),
        ("<div class=author-box><div class=author>Ole Bruns</div></div>", ()),
        ("<figure><figcaption><span class=author>Ole Bruns</span></figcaption></figure>", ()),
        ("<div class=author hidden>Ole Bruns</div>", ()),
    ],
)
def test_whom_a_page_prints(printed: str, expected: tuple[str, ...]) -> None:
    assert authors(f"<main>{H1}{printed}{TEXT}</main>") == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            "<div class='article-byline'><div><span>Anke Weiß</span> <span>Ole Bruns</span></div></div>",
            ("Anke Weiß", "Ole Bruns"),
        ),
        (
            "<div class=authors>Von <span class=Link>Anke Weiß</span>, <a class=Link href='/author/ole'>Ole Bruns</a>"
            " und <span class=Link>Ida Koch</span></div>",
            ("Anke Weiß", "Ole Bruns", "Ida Koch"),
        ),
        ("<p><a href='/meet-the-team/anke-weiss-1'>Anke Weiß</a></p>", ("Anke Weiß",)),
        (
            "<p>Text</p><div class='author-bio'><a href='/author/anke'>Anke Weiß</a> schreibt über den Hafen.</div>",
            ("Anke Weiß",),
        ),
        (
            "<div class='author-bio'><a href='/author/anke'>Anke Weiß</a></div>"
            "<div class='author-bio'><a href='/author/ole'>Ole Bruns</a></div>",
            (),
        ),
        ("<figure><span itemprop=author>Foto: Ole Bruns</span></figure>", ()),
    ],
)
def test_bylines_in_parts_and_at_the_foot(printed: str, expected: tuple[str, ...]) -> None:
    assert authors(f"<article><h1>Der Kai wird breiter</h1>{printed}</article>") == expected


def test_what_is_printed_makes_the_statement_fuller_or_replaces_an_account() -> None:
    printed = '<p class="byline">Von Anke Weiß und Ole Bruns</p>'
    assert authors(H1 + printed, person("Anke Weiß")) == ("Anke Weiß", "Ole Bruns")
    assert authors(H1 + printed, person("Mia Thal")) == ("Mia Thal",)
    assert authors(H1 + printed, person("admin")) == ("Anke Weiß", "Ole Bruns")
    assert authors(H1 + printed, person("Hafenblatt Online")) == ("Anke Weiß", "Ole Bruns")
    assert authors(H1 + '<p class="byline">Anke Weiß</p>', person("anke weiß")) == ("Anke Weiß",)


def test_accounts_are_nobody_and_houses_come_last() -> None:
    assert authors(H1, person("admin")) == ()
    assert authors(H1, person("kevin-r")) == ()
    assert authors(H1, top='<meta name=author content="Hafenblatt">') == ()
    assert authors(H1, top='<meta name=author content="Redaktion">') == ()
    assert authors(H1, top='<meta name=author content="Anke Weiß, Hafenblatt">') == ("Anke Weiß",)
    assert authors(H1, {"@type": "Organization", "name": "Hafenblatt"}) == ("Hafenblatt",)


def test_agencies_beside_people_are_kept_and_the_site_is_not() -> None:
    stated = [
        person("Anke Weiß"),
        {"@type": "Organization", "name": "dpa"},
        {"@type": "Organization", "name": "Hafenblatt"},
    ]
    assert authors(H1, stated) == ("Anke Weiß", "dpa")


def test_microdata_of_comments_and_what_only_metadata_says() -> None:
    own = '<span itemprop="author creator">Текст: Ирина Лосева</span>'
    comment = '<div itemscope itemtype="https://schema.org/Comment"><span itemprop=author>Гость</span></div>'
    assert authors(f"{H1}{own}{comment}") == ("Ирина Лосева",)
    assert authors(f"{H1}{comment}") == ()
    hidden = (
        '<span itemprop=author itemscope itemtype="https://schema.org/Person"><meta itemprop=name content="{}"></span>'
    )
    assert authors(H1 + hidden.format("Anke Weiß")) == ("Anke Weiß",)
    assert authors(H1 + hidden.format("Anke")) == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["3. Mai 2023", "Von Anke Weiß"], ("Anke Weiß",)),
        (["Anke Weiß", "3. Mai 2023"], ("Anke Weiß",)),
        (["Panorama", "ANKE WEISS"], ("ANKE WEISS",)),
        (["Автор: Ирина Лосева 3 мая 2023"], ("Ирина Лосева",)),
        (["홍길동 기자 입력 2023.05.03"], ("홍길동",)),
        (["De acuerdo con la policía"], ()),
        (["By the time they came"], ()),
        (["Na razie nie wiadomo nic"], ()),
        (["Stadt Hafen", "3. Mai 2023"], ()),
        (["Anke Weiß sagt"], ()),
        (["Von Hafenblatt"], ()),
        (["Anke Weiß | 03.05.2023 - Aktualisiert: 04.05.2023"], ("Anke Weiß",)),
        (["Stadt Hafen | 03.05.2023"], ()),
    ],
)
def test_lines_above_the_text(lines: list[str], expected: tuple[str, ...]) -> None:
    assert from_lines(lines, (), frozenset(("stadthafen", "hafenblatt"))) == expected


def test_lines_below_the_text() -> None:
    assert from_lines([], ["Mehr dazu", "Text: Anke Weiß"]) == ("Anke Weiß",)
    assert from_lines([], ["Von Anke Weiß"]) == ()
    assert from_lines([], ["……港口今日开工。（记者张三、李小四）", "(责编：王五六、赵七)"]) == ("张三", "李小四")
    assert from_lines([], ["(责编：王五六、赵七)"]) == ("王五六", "赵七")


# ------------------------------------------------------------------------------------------------ whole pages

RUN = "".join(
    f"<p>Der Hafen lag still am Morgen der Abstimmung, sagte Schreiber Nummer {n}, der früh kam, um alles zu sehen.</p>"
    for n in range(6)
)


def of_page(above: str = "", below: str = "", top: str = "") -> tuple[str, ...]:
    head = f"<title>Der Kai wird breiter</title><meta property=og:site_name content=Hafenblatt>{top}"
    markup = f"<html lang=de><head>{head}</head><body><main>{H1}{above}{RUN}{below}</main></body></html>"
    found = read(Page(markup.encode(), (), URL)).article
    assert found is not None
    return found.authors


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("<div class=x1>Anke Weiß</div><div class=x2>03.05.2024, 10:20</div>", ("Anke Weiß",)),
        ("<p>By <strong>Anke Weiß</strong></p><p>May 3, 2024</p>", ("Anke Weiß",)),
        ("<div>Von <b>Anke Weiß</b> | 3. Mai 2024 | 3 Min</div>", ("Anke Weiß",)),
        ("<p class=i><span>2024-05-03 10:20</span> <span>来源：海边网</span> <span>作者：张三</span></p>", ("张三",)),
        ("<div class=byline><b>홍길동 기자</b> <b>입력 2024.05.03</b> <b>수정 2024.06.09</b></div>", ("홍길동",)),
        ("<div class=byline>Av Åsa Öberg Publicerad 3 maj 2024 kl 10.20</div>", ("Åsa Öberg",)),
        ("<div class=author>Publicado por Inés Robledo el 3 de mayo de 2024</div>", ("Inés Robledo",)),
        ("<div class=author>โดย สมชาย ใจดี</div><div>3 พ.ค. 2567</div>", ("สมชาย ใจดี",)),
        ("<p>ANKE WEISS</p>", ("ANKE WEISS",)),
    ],
)
def test_printed_above_the_text(above: str, expected: tuple[str, ...]) -> None:
    assert of_page(above) == expected


@pytest.mark.parametrize(
    ("above", "below", "top"),
    [
        ("", "", ""),
        ("<p>New York, May 3, 2024</p>", "", ""),
        ("<div>World News</div><div>3 May 2024</div>", "", ""),
        ("<div>Reading Time</div><div>3 May 2024</div>", "", ""),
        ("<p>SPECIAL REPORT</p>", "", ""),
        ("<div>Neu Hafen</div><div>3.5.2024</div>", "<p>Neu Hafen war schon immer da.</p>", ""),
        ("<dd itemprop=author>Written by <span itemprop=name>Super User</span></dd>", "", ""),
        ("", "", "<meta name=author content='Hafenblatt Web Desk'>"),
        ("", "", "<meta name=author content=Werkstatt><meta name=generator content=Werkstatt>"),
        ("", "", "<meta name=author content='https://social.example/hafenblatt'>"),
        ("", "<div><a href=/x>Eine andere Geschichte</a><b class=byline>Von Ole Bruns</b></div>", ""),
        ("", "<div class=comment-list><div class=comment-author>Ole Bruns</div></div>", ""),
        ("", "<p>Foto: Ole Bruns</p>", ""),
        ("<blockquote><p>Wir waren es.</p><cite class=author>Ole Bruns</cite></blockquote>", "", ""),
    ],
)
def test_no_author_where_the_page_prints_none(above: str, below: str, top: str) -> None:
    assert of_page(above, below, top) == ()
