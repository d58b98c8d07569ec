"""What a site says of any address, held against what it says of a kept one: echoes, its home page."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from archive.linkstate import State
from archive.models import Verdict, VerdictKind
from scraper.linkcase import Seen, Want
from tests.scraper.links import ARTICLE, HARD, HOME, OTHER, TEXT, TITLE, URL, judged, page, seen, stored, wrong

NAME = "harbour master retires"


def searched(name: str, *, framed: bool = True) -> str:
    title = f"No results for {name}"
    words = f"We found nothing for {name}. Check the spelling of {name}, or try fewer words than {name}."
    return page(title, (words,)) if framed else f"<title>{title}</title><h1>{title}</h1><p>{words}</p>"


@pytest.mark.parametrize("framed", [True, False])
def test_a_search_for_the_words_of_the_address_is_a_soft_404(framed: bool) -> None:
    now, made_up = seen(searched(NAME, framed=framed)), wrong(searched("qzxvbn made up", framed=framed))
    found, _ = judged(now, made_up, seen(HOME, "https://news.test/"))
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)
    assert found.evidence == ("the site answers the same for a made-up address",)


def test_a_title_that_is_the_address_in_words_is_not_the_bare_name_of_the_site() -> None:
    """Its text is drawn by scripts in the frame that any address has."""
    frame = "".join(
        f"<p>Section {number}: what else there is to read about towns and tides.</p>" for number in range(9)
    )

    def html(title: str, more: str) -> str:
        text = f"<h1>{title}</h1>{more}{frame}<div id=root></div><script src=a.js></script>"
        return f"<title>{title} Quay Times</title>{text}"

    said = "<p>" + " ".join(f"word{number}" for number in range(40))
    found, _ = judged(seen(html("Harbour master: retires", said)), wrong(html("", "")), seen(html("", ""), URL))
    assert "the site answers the same for a made-up address" not in found.evidence


# ------------------------------------------------------------------------------------------------ the home page for all

STORIES = {
    "sprats-are-back-in-town": "Sprats are back in town, and so are the gulls that live on them",
    "a-crane-named-after-nobody": "A crane named after nobody lifts its last container at the old quay",
    "ferry-line-seven-runs-late": "Ferry line seven runs late, for the fourth month in a row",
    "who-paints-the-buoys-green": "Who paints the buoys green? An inquiry, with photographs",
    "new-tide-tables-are-out": "New tide tables are out and cost as much as the old ones",
    "choir-of-the-pilots-sings": "The choir of the pilots sings on Sunday, whatever the weather",
}


def front(lead: str = "", more: str = "") -> str:
    teasers = "".join(
        f'<li><h2><a href="/2025/{slug}">{words}</a></h2><p>{words}, as our reporter saw it at the pier.</p></li>'
        for slug, words in STORIES.items()
    )
    newsletter = "<form method=post><input type=email><button>Send me letters</button></form>"
    return page("Quay Times", (), more=f"{lead}<ul>{teasers}</ul>{newsletter}{more}")


def at_home(html: str) -> Seen:
    return seen(html, "https://news.test/")


ANSWERS = {"a 404": HARD, "the home page": wrong(front()), "nothing": Seen(URL, Verdict(VerdictKind.UNREACHABLE, "no"))}


@pytest.mark.parametrize("made_up", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("clock", ["", "<aside>It is 10:15, high water at 14:20, 12 degrees</aside>"])
def test_the_home_page_in_place_of_the_article_is_a_soft_404(made_up: Seen, clock: str) -> None:
    """Whatever the site says of wrong addresses; its newsletter is no door."""
    found, _ = judged(seen(front(more=clock)), made_up, at_home(front()))
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)
    assert found.reason == "the site's home page stands there"


@pytest.mark.parametrize("path", ["?from=404", "welcome", "index.php?id=0"])
def test_so_it_is_where_a_redirect_leads_to_the_home_page_under_another_name(path: str) -> None:
    now = seen(front(), f"https://news.test/{path}", hops=((URL, 302),))
    found, _ = judged(now, HARD, at_home(front()))
    assert (found.state, found.moved_to) == (State.SOFT_404, now.url)


def test_a_home_page_that_leads_with_the_headline_is_not_the_article() -> None:
    lead = f"<h1>{TITLE}</h1><p>{TEXT[0]}</p>"
    html = front(lead).replace("<h1>Quay Times</h1>", "")
    found, _ = judged(seen(html), HARD, at_home(html))
    assert found.reason == "the site's home page stands there"
    short = replace(stored(), body=stored().body[:2])
    lead = f"<h2><a href=/2025/harbour-master-retires>{TITLE}</a></h2><p>{TEXT[0]}</p>"
    found, _ = judged(seen(front(lead)), HARD, at_home(front(lead)), article=short)
    assert found.reason == "the site's home page stands there"
    paid = page(TITLE, (TEXT[0],), more="<p>Zbytek je pro předplatitele.</p><button>Chci číst</button>")
    found, wanted = judged(seen(paid.replace(f"<title>{TITLE}", "<title>Quay")), HARD, at_home(html))
    assert found.state is State.WALLED and Want.HOME in wanted


TERMS = "".join(
    f'<a href="/{each}">{each}</a> ' for each in ("terms-of-service", "privacy-policy", "cookie-policy", "imprint")
)
WHOLE_SITE = {
    "a dialog": f"<title>Quay</title><p>Wir nutzen Dinge.</p><button>Gut</button><button>Nein</button>{TERMS}",
    "works": page("Quay Times", ("Vi bygger om och är strax tillbaka, tack för att du väntar på oss.",), more=TERMS),
    "another region": "<title>news.test</title><h1>Not offered in your region</h1><p>Tyvärr, this is not offered "
    "in the country you are visiting from. We engage with regulators about options.</p>",
    "another country": f"<title>Quay</title><h1>Leider nicht</h1><p>In Ihrem Land zeigen wir nichts.</p>{TERMS}",
}


@pytest.mark.parametrize("html", WHOLE_SITE.values(), ids=WHOLE_SITE)
def test_one_page_for_everything_that_leads_to_no_article_is_not_the_home_page(html: str) -> None:
    found, _ = judged(seen(html), wrong(html), at_home(html))
    assert found.state in (State.BLOCKED, State.WALLED), found


def test_a_start_page_that_lists_other_articles_is_alive() -> None:
    """Kept as an article once, under the address that the site's own start leads to."""
    now, there = seen(front()), seen(front(), hops=(("https://news.test/", 302),))
    assert judged(now, HARD, there)[0].reason != "the site's home page stands there"
    before = front().replace("sprats", "herrings").replace("Sprats", "Herrings")
    found, _ = judged(seen(front()), HARD, at_home(front()), article=None, before=before)
    assert found.state is State.CHANGED


def test_a_section_page_in_whose_place_the_home_page_stands_is_gone() -> None:
    listing = page(
        "Letters of our readers", (), more="<ul><li><a href=/l/1>On tides</a><li><a href=/l/2>On nets</a></ul>"
    )
    found, _ = judged(seen(front()), HARD, at_home(front()), article=None, before=listing)
    assert found.reason == "the site's home page stands there"
    found, _ = judged(seen(HOME), HARD, at_home(front()), article=None, before=listing)
    assert found.state is State.CHANGED


def test_an_article_that_is_there_is_never_held_against_the_home_page() -> None:
    found, wanted = judged(seen(page(TITLE, TEXT, more=front())), HARD, at_home(front()))
    assert found.state.alive and wanted == []


def test_what_the_site_shows_everywhere_is_no_beginning_of_the_text() -> None:
    """A box on every page was taken for the first paragraphs of the kept text."""
    lost = page("Oj då", (*TEXT[:2], "Det du letar efter har vi inte kvar, men mycket annat finns att läsa i dag."))
    assert judged(seen(lost), wrong(lost), at_home(front()))[0].state is State.SOFT_404
    assert judged(seen(lost), HARD, at_home(front()))[0].state is State.WALLED


# ------------------------------------------------------------------------------------------------ other languages

TRANSLATED = page("Il capitano del porto lascia dopo quarant'anni", OTHER).replace("<html>", "<html lang=it>")
ENGLISH = ARTICLE.replace("<html>", "<html lang=en-GB>")
NAMES_IT = f"<link rel=alternate hreflang=en-GB href='{URL}'>"


@pytest.mark.parametrize(
    ("url", "head"),
    [
        (URL, NAMES_IT),
        ("https://news.test/porto/1", NAMES_IT),
        ("https://news.test/it/2025/harbour-master-retires", ""),
        ("https://it.news.test/2025/harbour-master-retires/", ""),
    ],
)
def test_a_page_that_is_shown_to_us_in_another_language_is_not_dead(url: str, head: str) -> None:
    now = seen(TRANSLATED.replace("</head>", f"{head}</head>"), url, hops=() if url == URL else ((URL, 302),))
    found, _ = judged(now, HARD, at_home(front()), before=ENGLISH)
    assert (found.state, found.verdict) == (State.BLOCKED, VerdictKind.BLOCKED)
    assert "“it”" in found.reason


def test_another_article_is_another_whatever_its_language() -> None:
    other = page("Rye bread", OTHER, head=NAMES_IT).replace("<html>", "<html lang=en>")
    for html in (TRANSLATED, other):
        assert judged(seen(html), HARD, at_home(front()), before=ENGLISH)[0].state is State.REPLACED


def test_a_site_that_leads_us_to_its_home_page_in_another_language_says_nothing() -> None:
    html, place = front().replace("<html>", "<html lang=it>"), "https://news.test/it/"
    now, led = seen(html, place, hops=((URL, 302),)), seen(html, place, hops=(("https://news.test/", 302),))
    assert judged(now, now, led, before=ENGLISH)[0].state is State.BLOCKED
    # Where the home page is shown to us, this address alone leads there.
    assert judged(now, HARD, at_home(front()), before=ENGLISH)[0].state is State.SOFT_404
    assert judged(now, HARD, led, before=ENGLISH.replace("en-GB", "it"))[0].state is State.SOFT_404


# ------------------------------------------------------------------------------------------------ parts, and less

OFFER = "<div><p>Zbytek je pro ty, kdo nás podporují.</p><button>Chci číst dál</button></div>"


def test_a_text_that_lost_its_end_to_an_offer_is_walled_however_much_is_left() -> None:
    found, wanted = judged(seen(page(TITLE, TEXT[:4], more=OFFER)), HARD)
    assert (found.state, found.verdict, wanted) == (State.WALLED, VerdictKind.PAYWALL, [Want.STORED])
    # A paragraph less is an edit, where nothing is asked for; so it is where the end is there.
    assert judged(seen(page(TITLE, TEXT[:5])), HARD)[0].state is State.CHANGED
    assert judged(seen(page(TITLE, (*TEXT[:3], TEXT[5]), more=OFFER)), HARD)[0].state is State.CHANGED


TAKEN_DOWN = [
    "This article has been removed at the request of the persons concerned.",
    "Dieser Beitrag wurde gelöscht.",
    "Cet article n’est plus disponible.",
    "Este artículo fue retirado.",
    "Материал удалён по решению редакции.",
    "この記事は削除されました。",
]


@pytest.mark.parametrize("words", TAKEN_DOWN)
def test_a_headline_over_the_news_that_the_article_was_taken_down_is_a_soft_404(words: str) -> None:
    found, _ = judged(seen(page(TITLE, (words,))), HARD)
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)
    assert "taken down" in found.reason
    # Not where there is a door, where the kept page said so of something else, nor below a text.
    assert judged(seen(page(TITLE, (words,), more=OFFER)), HARD)[0].state is State.WALLED
    kept = page(TITLE, TEXT, more=f"<div>{words}</div>")
    assert judged(seen(page(TITLE, (words,))), HARD, before=kept)[0].state is State.WALLED
    assert judged(seen(page(TITLE, (*OTHER, words))), HARD)[0].state is State.CHANGED


@pytest.mark.parametrize("title", ["Zbyt wiele zapytań", "Too many requests", "请求过于频繁", "Слишком много запросов"])
def test_who_asks_too_often_is_not_told_that_nothing_is_there(title: str) -> None:
    html = f"<title>{title}</title><h1>{title}</h1><p>Proszę spróbować ponownie za godzinę.</p>"
    found, wanted = judged(seen(html), wrong(html), at_home(front()))
    assert (found.state, wanted) == (State.BLOCKED, [])


# ------------------------------------------------------------------------------------------------ behind something

SCRIPTS = "<div id=app>{}</div><script src=/a.js></script>"


@pytest.mark.parametrize("words", ["", "Betöltés…", "Laden Sie"])
def test_the_frame_of_the_site_alone_is_what_scripts_would_fill(words: str) -> None:
    """Though the site knows wrong addresses."""
    html = page("x", (), more=SCRIPTS.format(words)).replace("<h1>x</h1>", "").replace("x | ", "")
    assert judged(seen(html), HARD, at_home(front()))[0].state is State.BLOCKED
    gone = page("x", ("Nem találjuk.",), more=SCRIPTS.format("")).replace(
        "<h1>x</h1>", "<h1>Elnézést, ez nincs meg</h1>"
    )
    assert judged(seen(gone), HARD, at_home(front()))[0].state is State.SOFT_404
    known = page("x", (), more=SCRIPTS.format("")).replace("<h1>x</h1>", "<h1>The late old quay is out in town</h1>")
    assert judged(seen(known), HARD, at_home(front()))[0].state is State.SOFT_404


@pytest.mark.parametrize("link", ["/archive/2025/harbour-master-retires", f"{URL}?web=1"])
def test_a_page_that_leads_on_to_what_was_asked_for_is_not_dead(link: str) -> None:
    html = page("Egy pillanat", (f"Itt folytathatja: <a href='{link}'>tovább</a>",))
    found, _ = judged(seen(html), HARD, at_home(front()))
    assert found.state is State.WALLED and "leads on" in found.reason
    kept = page(TITLE, TEXT, more=f"<a href='{link}'>Print</a>")
    assert judged(seen(html), HARD, at_home(front()), before=kept)[0].state is State.SOFT_404
    elsewhere = html.replace(link, f"https://share.test{link.removeprefix('https://news.test')}")
    assert judged(seen(elsewhere), HARD, at_home(front()))[0].state is State.SOFT_404


def test_an_offer_without_a_button_is_a_door() -> None:
    html = page("Werbeblocker aus?", ("Oder nehmen Sie <a href=/abo>das Abo</a>, dann geht es ohne.",))
    assert judged(seen(html), HARD, at_home(front()))[0].state is State.WALLED


def test_a_file_in_its_place_may_hold_the_article() -> None:
    pdf = Seen(URL, Verdict(VerdictKind.DOCUMENT, "a PDF document"), status=200)
    found, _ = judged(pdf)
    assert (found.state, found.verdict) == (State.BLOCKED, VerdictKind.BLOCKED)
