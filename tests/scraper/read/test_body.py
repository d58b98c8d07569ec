"""What is body and what stands beside it, on pages of invented publishers."""

from __future__ import annotations

import pytest

from archive.article import render
from scraper.read.page import read
from scraper.read.reading import Page

HARBOUR = (
    "The ferries stayed in the harbour on Tuesday, because the wind had turned at night and nobody would sail.",
    "A spokeswoman for the port said that the first boat would leave once the gusts fell below nine on the scale.",
    "Some two hundred people slept in the gymnasium of the school, where the town had put up beds and made soup.",
    "By noon the queue reached the old customs house, and the bakers of the quarter had sold out of bread.",
    "The harbour master expects that all the delayed boats will have left before the weekend, if the forecast holds.",
)
MOUNTAIN = (
    "In the mountains the snow came early this year, and the huts closed three weeks before the end of the season.",
    "The wardens carried down what would spoil, and left the doors unlocked for walkers who might lose their way.",
    "A hut above the lake had counted more guests than ever, most of them families with children of school age.",
)


def paragraphs(texts: tuple[str, ...], tag: str = "p") -> str:
    return "".join(f"<{tag}>{text}</{tag}>" for text in texts)


def article(body: str, title: str = "Ferries stay in the harbour") -> str:
    return f"<article><h1>{title}</h1><div class='text'>{body}</div></article>"


def read_page(body: str, top: str = "", title: str = "Ferries stay in the harbour") -> str:
    markup = f"<html><head><title>{title}</title>{top}</head><body>{body}</body></html>"
    page = Page(markup.encode(), (("Content-Type", "text/html; charset=utf-8"),), "https://news.example/a/ferries")
    found = read(page)
    assert found.error is None
    assert found.article is not None
    return render(found.article)


def amid(insert: str) -> str:
    """An article with the mark-up in its middle."""
    return article(paragraphs(HARBOUR[:3]) + insert + paragraphs(HARBOUR[3:]))


def holds_all(text: str, wanted: tuple[str, ...] = HARBOUR) -> bool:
    return all(sentence in text for sentence in wanted)


# ---------------------------------------------------------------------------------------------------- several articles


@pytest.mark.parametrize("tag", ["article", "div class='story-wrap'", "section itemtype='https://schema.org/Article'"])
def test_of_several_articles_the_one_with_the_title_is_read(tag: str) -> None:
    end = tag.split()[0]
    own = f"<{tag}><h1>Ferries stay in the harbour</h1>{paragraphs(HARBOUR)}</{end}>"
    other = f"<{tag}><h1>Snow closes the huts early</h1>{paragraphs(MOUNTAIN * 3)}</{end}>"
    text = read_page(f"<main>{own}{other}</main>")
    assert holds_all(text)
    assert "huts" not in text


def test_the_entries_of_a_live_blog_are_no_other_articles() -> None:
    entries = "".join(f"<article class='entry'><h2>Entry {i}</h2><p>{t}</p></article>" for i, t in enumerate(HARBOUR))
    text = read_page(f"<main><h1>Ferries stay in the harbour</h1>{entries}</main>")
    assert holds_all(text)


def test_sections_with_headings_of_the_first_level_stay() -> None:
    sections = "".join(f"<section><h1>Part {i}</h1><p>{text}</p></section>" for i, text in enumerate(HARBOUR))
    text = read_page(f"<article><header><h1>Ferries stay in the harbour</h1></header>{sections}</article>")
    assert holds_all(text)


# ---------------------------------------------------------------------------------------------------- lead-ins


@pytest.mark.parametrize(
    "lead",
    [
        "Read also",
        "Lesen Sie auch",
        "À lire aussi",
        "A LIRE AUSSI",
        "Lea también",
        "Leia também",
        "Leggi anche",
        "Lees ook",
        "Läs också",
        "Les også",
        "Læs også",
        "Lue myös",
        "Lesa meira",
        "Loe ka",
        "Lasi arī",
        "Skaitykite taip pat",
        "Czytaj też",
        "Čtěte také",
        "Čítajte aj",
        "Olvassa el ezt is",
        "Citește și",
        "Прочетете още",
        "Pročitajte još",
        "Preberite tudi",
        "Читайте также",
        "Читайте також",
        "ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ",
        "İlgili haberler",
        "קראו גם",
        "اقرأ أيضا",
        "همچنین بخوانید",
        "ये भी पढ़ें",
        "আরও পড়ুন",
        "อ่านเพิ่มเติม",
        "Xem thêm",
        "Baca juga",
        "あわせて読みたい",
        "관련기사",
        "延伸閱讀",
    ],
)
@pytest.mark.parametrize("form", ["<p><b>{}:</b> <a href='/x'>Snow closes huts early</a></p>", "<h4>{}</h4>"])
def test_lead_ins_to_other_stories_are_left_out(lead: str, form: str) -> None:
    text = read_page(amid(form.format(lead)))
    assert holds_all(text)
    assert lead not in text
    assert "huts" not in text


@pytest.mark.parametrize(
    "sentence",
    [
        "Read also means to interpret, said the professor, who wrote the dictionary of the coast in forty years.",
        "More than two hundred people waited, and <a href='/x'>the list of names</a> grew by the hour until night.",
        "Related industries, among them the sail makers, lost the custom of a week, which they will hardly win back.",
    ],
)
def test_sentences_that_begin_like_a_lead_in_stay(sentence: str) -> None:
    assert sentence[:12] in read_page(amid(f"<p>{sentence}</p>"))


# ---------------------------------------------------------------------------------------------------- prompts


@pytest.mark.parametrize(
    "prompt",
    [
        "Sign up for our newsletter and never miss a storm.",
        "Already a subscriber? Sign in here.",
        "Il vous reste 62.5% de cet article à lire. La suite est réservée aux abonnés.",
        "An dieser Stelle finden Sie einen externen Inhalt, der den Artikel ergänzt.",
        "Suscríbete para seguir leyendo.",
        "Masz już konto? Zaloguj się.",
        "この記事は会員限定です。",
        "Abonează-te la newsletterul nostru.",
        "Подпишитесь на наш канал.",
        "Get it all in our app: <a href='https://play.google.com/store/apps/details?id=x'>here</a>.",
        "#ferries #harbour #storm",
        "[button link='https://news.example/x' type='big']Join[/button]",
    ],
)
def test_prompts_are_left_out(prompt: str) -> None:
    text = read_page(amid(f"<p>{prompt}</p>"))
    assert holds_all(text)
    assert prompt[:12] not in text
