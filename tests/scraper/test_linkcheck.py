"""What became of a kept page, by what answers now: the judge alone, on pages that are really read."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from archive.linkstate import State
from archive.models import Verdict, VerdictKind
from scraper import places
from scraper.linkcase import Seen, Want
from tests.scraper.links import ARTICLE, HARD, HOME, OTHER, TEXT, TITLE, URL, judged, page, seen, stored, wrong

# ------------------------------------------------------------------------------------------------ alive


def test_the_same_text_in_another_frame_is_the_same_and_nothing_need_be_stored() -> None:
    found, wanted = judged(seen(ARTICLE.replace("<footer>", "<aside>17 readers now</aside><footer>")))
    assert (found.state, found.bare, found.similarity, wanted) == (State.SAME, True, 1.0, [])


def test_an_edit_is_a_change_with_its_words_and_its_corrections() -> None:
    text = (TEXT[0].replace("forty", "thirty-nine"), *TEXT[1:4], TEXT[5])
    found, wanted = judged(seen(page(TITLE.replace("forty", "39"), text)))
    assert (found.state, found.bare, wanted) == (State.CHANGED, False, [])
    assert found.similarity is not None and 0.7 < found.similarity < 0.95
    assert found.drift is not None and found.drift.struck > 15
    told = "\n".join(found.drift.corrections)
    assert "headline changed: “Harbour master retires after forty years" in told and "after 39 years" in told
    assert "1 paragraph removed: “Asked what she would miss" in told
    assert "“forty” → “thirty-nine”" in told


@pytest.mark.parametrize(("status", "permanent"), [(301, True), (308, True), (302, False), (307, False)])
def test_the_same_article_elsewhere_has_moved(status: int, permanent: bool) -> None:
    now = seen(ARTICLE, "https://www.news-new.test/a/1", hops=((URL, status),))
    found, wanted = judged(now)
    assert (found.state, found.moved_to, found.permanent) == (State.MOVED, now.url, permanent)
    assert (found.bare, wanted) == (True, [])


@pytest.mark.parametrize("url", [URL.replace("https:", "http:"), f"{URL}/", URL.replace("news.", "www.news.")])
def test_another_spelling_of_the_address_is_no_move(url: str) -> None:
    assert judged(seen(ARTICLE, url, hops=((URL, 301),)))[0].state is State.SAME


def test_an_article_that_says_not_found_in_its_headline_is_alive() -> None:
    html = page("404 not found", TEXT)
    assert judged(seen(html))[0].state is State.CHANGED
    assert judged(seen(html, status=404))[0].state is State.CHANGED


def test_a_rewritten_article_of_the_same_headline_is_a_change() -> None:
    found, _ = judged(seen(page(TITLE, OTHER)))
    assert found.state is State.CHANGED and found.similarity is not None and found.similarity < 0.4


def test_what_was_never_kept_is_alive_when_it_answers() -> None:
    found, wanted = judged(seen(ARTICLE), known=False, article=None, final=None)
    assert (found.state, wanted, found.verdict) == (State.SAME, [], None)


# ------------------------------------------------------------------------------------------------ another page


def test_another_article_in_its_place_is_no_version_of_it() -> None:
    found, _ = judged(seen(page("Rye bread costs the same everywhere", OTHER)), HARD)
    assert (found.state, found.verdict) == (State.REPLACED, VerdictKind.REPLACED)
    assert "Rye bread" in found.reason


def test_redirected_to_another_article_is_replaced_and_says_where() -> None:
    now = seen(page("Rye bread costs the same everywhere", OTHER), "https://news.test/2025/rye", hops=((URL, 301),))
    found, _ = judged(now, HARD)
    assert (found.state, found.moved_to, found.permanent) == (State.REPLACED, now.url, True)


@pytest.mark.parametrize("path", ["", "index.html", "de/", "2025/"])
def test_redirected_to_home_or_section_is_a_soft_404(path: str) -> None:
    now = seen(HOME, f"https://news.test/{path}", hops=((URL, 302),))
    assert judged(now, HARD)[0].state is State.SOFT_404


LOST = [
    ("Hoppsan", "Vi hittar tyvärr ingenting på den här adressen. Kanske har texten flyttats."),
    ("Ups", "Trochu jsme to tu poztráceli, zkuste to odjinud nebo se vraťte na začátek."),
    ("Sajnáljuk", "Amit keres, azt már nem őrizzük, talán máshol megtalálja."),
    ("Désolé", "Cette adresse ne mène plus à rien, mais le reste du site est toujours là."),
    ("Жаль", "По этому адресу мы ничего показать не можем, попробуйте поиск."),
    ("残念", "この住所には何も見当たりませんでした。最初からお探しください。"),
    ("عذرا", "لم نعثر على أي شيء في هذا العنوان، جرّب البحث من البداية."),
    ("Λυπούμαστε", "Σε αυτή τη διεύθυνση δεν βρήκαμε κάτι, δοκιμάστε από την αρχή."),
    ("Beklager", "Vi finner ingenting på denne adressen, prøv forsiden i stedet."),
    ("Pahoittelut", "Osoitteessa ei ole mitään näytettävää, kokeile etusivua."),
    ("죄송합니다", "이 주소에서는 아무것도 보여 드릴 수 없습니다. 처음부터 찾아보세요."),
    ("抱歉", "我们在这个地址没有找到任何东西，请从头再来。"),
]


@pytest.mark.parametrize(("title", "words"), LOST)
@pytest.mark.parametrize("framed", [True, False])
def test_what_the_site_says_of_a_made_up_address_is_a_soft_404(title: str, words: str, framed: bool) -> None:
    html = page(title, (words,)) if framed else f"<title>{title}</title><h1>{title}</h1><p>{words}</p>"
    found, wanted = judged(seen(html), wrong(html), seen(HOME, "https://news.test/"))
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)
    assert Want.MADE_UP in wanted


@pytest.mark.parametrize(("title", "words"), LOST)
@pytest.mark.parametrize("framed", [True, False])
def test_a_page_that_shows_nothing_of_the_article_and_has_no_door_is_one_too(
    title: str, words: str, framed: bool
) -> None:
    html = page(title, (words,)) if framed else f"<title>{title}</title><h1>{title}</h1><p>{words}</p>"
    assert judged(seen(html), HARD)[0].state is State.SOFT_404


def test_a_soft_404_that_echoes_the_address_and_the_time_is_one() -> None:
    def html(name: str, time: str) -> str:
        return page("Nada", (f"No hay nada llamado {name} aquí, son las {time}.",))

    now, made_up = seen(html("harbour-master-retires", "10:15")), wrong(html("qzxvbn-made-up", "10:16"))
    assert judged(now, made_up, seen(HOME, "https://news.test/"))[0].state is State.SOFT_404


# ------------------------------------------------------------------------------------------------ walls and blocks

CONSENT = (
    "<title>News Test</title><div><h1>Egy pillanat</h1><p>{}</p><button>Rendben</button><button>Nem</button></div>"
)
LOGIN = "<title>Belépés</title><form method=post><input name=n><input type=password name=p><button>Ide</button></form>"
WALLS = [CONSENT.format("Mi és a társaink sütiket használunk."), LOGIN]


@pytest.mark.parametrize("html", WALLS)
def test_a_page_with_a_door_is_never_dead(html: str) -> None:
    """Whether only this page has it or the whole site."""
    for made_up, home in ((HARD, None), (wrong(html), seen(html, "https://news.test/"))):
        found, _ = judged(seen(html), made_up, home)
        assert not found.state.failed and not found.state.alive, found
        assert found.verdict in (None, VerdictKind.PAYWALL, VerdictKind.BLOCKED)


@pytest.mark.parametrize(
    "url",
    [
        "https://consent.news.test/?to=%2F2025%2Fharbour-master-retires",
        "https://id.other.test/x?r=https%3A%2F%2Fnews.test%2F2025%2Fharbour-master-retires",
        "https://news.test/login?next=/2025/harbour-master-retires",
        "https://news.test/anmelden",
    ],
)
def test_what_leads_to_a_dialog_and_back_is_walled(url: str) -> None:
    html = "<title>Prosím</title><p>Nejdřív jedna otázka.</p><button>Ano</button>"
    assert judged(seen(html, url, hops=((URL, 302),)), HARD)[0].state is State.WALLED


def test_the_headline_without_the_text_is_walled() -> None:
    html = page(TITLE, (TEXT[0],), more="<p>Zbytek je pro předplatitele.</p><button>Chci číst</button>")
    found, wanted = judged(seen(html), HARD)
    assert (found.state, found.verdict, wanted) == (State.WALLED, VerdictKind.PAYWALL, [])


def test_a_text_that_is_cut_off_in_the_middle_is_walled_and_one_that_is_shortened_has_changed() -> None:
    cut = page(TITLE, (*TEXT[:2], "Zbytek patří těm, kdo nás podporují. Přidejte se k nám za malý peníz měsíčně."))
    assert judged(seen(cut), HARD)[0].state is State.WALLED
    shortened = page(TITLE, (TEXT[0], TEXT[5]))
    assert judged(seen(shortened), HARD)[0].state is State.CHANGED


def test_a_shell_that_scripts_would_fill_says_nothing() -> None:
    html = "<title>x</title><div id=root></div><script src=a.js></script>"
    assert judged(seen(html), wrong(html), seen(html, "https://news.test/"))[0].state is State.BLOCKED
    assert judged(seen(html), HARD)[0].state is State.BLOCKED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((status, State.BLOCKED) for status in (401, 402, 403, 429, 451, 999)),
        *((status, State.ERROR) for status in (500, 502, 503, 504, 521)),
        (404, State.GONE),
        (410, State.GONE),
    ],
)
def test_statuses(status: int, state: State) -> None:
    found, wanted = judged(seen("<h1>x</h1>", status=status))
    assert (found.state, wanted, found.verdict) == (state, [], None)


@pytest.mark.parametrize(
    ("failure", "kind", "state"),
    [
        ("dns", VerdictKind.UNREACHABLE, State.UNREACHABLE),
        ("connect", VerdictKind.UNREACHABLE, State.UNREACHABLE),
        ("tls", VerdictKind.UNREACHABLE, State.BLOCKED),
        ("robots", VerdictKind.BLOCKED, State.BLOCKED),
        ("redirects", VerdictKind.UNREACHABLE, State.ERROR),
        ("too large", VerdictKind.TOO_LARGE, State.BLOCKED),
    ],
)
def test_failures(failure: str, kind: VerdictKind, state: State) -> None:
    found, _ = judged(Seen(URL, Verdict(kind, f"it failed: {failure}"), failure=failure))
    assert found.state is state


# ------------------------------------------------------------------------------------------------ parked


@pytest.mark.parametrize(
    "html",
    [
        "<title>news.test</title><h1>news.test</h1><p>Tato doména je na prodej.</p><a href=https://x.test>Půjčky</a>",
        "<title>Buy</title><p>news.test: this domain may be for sale.</p><button>Get price</button>",
        "<title>x</title><p>Related searches</p><a href=https://www.sedoparking.com/?d=news.test>Boats</a>",
        "<title>ドメイン news.test</title><p>このドメインは販売中です。</p><form method=post><button>€</button></form>",
    ],
)
def test_a_parked_domain_is_not_what_was_kept(html: str) -> None:
    found, _ = judged(seen(html), wrong(html), seen(html, "https://news.test/"))
    assert (found.state, "parked" in found.reason) == (State.SOFT_404, True)


def test_a_redirect_to_a_market_of_domains_is_parked() -> None:
    now = seen("<title>news</title><p>Make an offer</p>", "https://www.hugedomains.com/x?d=news", hops=((URL, 302),))
    assert "parked" in judged(now, now)[0].reason


# ------------------------------------------------------------------------------------------------ without a text


def test_a_document_that_is_another_has_changed_and_a_page_before_it_is_a_wall() -> None:
    pdf = Seen(URL, Verdict(VerdictKind.DOCUMENT, "a PDF document"), status=200)
    assert judged(pdf, article=None, document=True)[0].state is State.CHANGED
    found, _ = judged(seen(page("Download", ("Press the button to get it.",))), HARD, article=None, document=True)
    assert (found.state, found.verdict) == (State.WALLED, None)


def test_a_section_page_is_alive_whatever_it_lists() -> None:
    before = HOME.replace("Tides are late", "Tides were early").replace("<title>", "<title>Now: ")
    assert judged(seen(HOME), HARD, article=None, before=before)[0].state is State.CHANGED


def test_prose_of_which_no_article_could_be_read_is_missed_all_the_same() -> None:
    lost = page("Hoppá", ("Itt nincs semmi.",))
    found, _ = judged(seen(lost), HARD, article=None)
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)
    redesigned = f"<html><title>Archive</title><body><div>{'<br>'.join(TEXT)}</div></body></html>"
    assert judged(seen(redesigned), HARD, article=None)[0].state is State.CHANGED


# ------------------------------------------------------------------------------------------------ places


@pytest.mark.parametrize(
    ("url", "is_wall"),
    [
        ("https://login.news.test/x", True),
        ("https://news.test/subscribe?x=1", True),
        ("https://news.test/error/login", False),
        ("https://news.test/?login_required=1", True),
        ("https://news.test/?a=1&paywall=", True),
        ("https://news.test/?author=1&from=login", False),
        ("https://news.test/2025/loginventory", False),
        ("https://news.test/2025/catalogue", False),
    ],
)
def test_addresses_of_walls(url: str, is_wall: bool) -> None:
    assert (places.wall(url, URL) is not None) is is_wall


def test_a_wrong_address_that_is_named_in_a_search_is_no_way_back() -> None:
    assert not places.carries("https://news.test/search?q=/2025/harbour-master-retires", URL)
    assert not places.carries("https://news.test/404?from=/2025/harbour-master-retires", URL)
    assert places.carries("https://gate.test/?u=https%3A%2F%2Fnews.test%2F2025%2Fharbour-master-retires", URL)


# ------------------------------------------------------------------------------------------------ traps


def test_a_home_page_that_still_lists_the_article_is_not_it() -> None:
    """Its headline among others, and even the whole of a short text."""
    others = "".join(f"<h2>Other {number}</h2><p>{each}</p>" for number, each in enumerate(OTHER))
    teaser = f"<h1>{TITLE}</h1><p>{TEXT[0]}</p>{others}"
    home = page("News Test", (), more=teaser)
    for path in ("", "2025/"):
        now = seen(home, f"https://news.test/{path}", hops=((URL, 302),))
        assert judged(now, HARD)[0].state is State.SOFT_404
    short = replace(stored(), body=stored().body[:1])
    assert judged(seen(home, "https://news.test/", hops=((URL, 302),)), HARD, article=short)[0].state is State.SOFT_404


def test_another_article_that_links_to_it_is_another() -> None:
    box = f"<aside><h2>Also read</h2><h3><a href=x>{TITLE}</a></h3></aside>"
    found, _ = judged(seen(page("Rye bread costs the same everywhere", OTHER, more=box)), HARD)
    assert found.state is State.REPLACED


def test_a_503_that_scripts_are_to_solve_is_a_block() -> None:
    html = "<title>x</title><h1>Checking your browser before accessing news.test</h1><script src=/c.js></script>"
    assert judged(seen(html, status=503))[0].state is State.BLOCKED
    assert judged(seen("<h1>503 Service Unavailable</h1>", status=503))[0].state is State.ERROR


def test_an_empty_answer_is_a_soft_404_where_the_site_gives_it_for_any_wrong_address() -> None:
    nothing = Seen(URL, Verdict(VerdictKind.EMPTY, "the answer has no content (200)"), status=200)
    found, _ = judged(nothing, nothing, seen(HOME, "https://news.test/"))
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)


def test_a_frame_with_a_login_in_it_is_no_wall() -> None:
    form = "<form method=post><input type=password><button>Belépés</button></form><p>cookies privacy consent</p>"
    kept = ARTICLE.replace("<footer>", f"{form}<footer>")
    lost = page("Hoppá", ("Itt nincs semmi.",), more=form)
    found, _ = judged(seen(lost), HARD, seen(HOME, "https://news.test/"), before=kept)
    assert found.state is State.SOFT_404


def test_a_page_of_links_that_was_kept_without_a_text_is_gone_where_the_site_says_so_of_any() -> None:
    lost = page("Hoppá", ("Itt nincs semmi.",))
    found, _ = judged(seen(lost), wrong(lost), seen(HOME, "https://news.test/"), article=None)
    assert found.state is State.SOFT_404
