"""What is body and what stands beside it, on pages of invented publishers."""

from __future__ import annotations

import json

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
        "By submitting this form you agree that the harbour may write to you.",
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


@pytest.mark.parametrize(
    "sentence",
    [
        "Copyright law is a mess, said the judge.",
        "Subscribe to the theory, he said, and you will see why nobody sails on a Tuesday.",
        "Sign up for the army, the poster said",
        "Share this view, many economists do",
        "By providing soup the town made sure that you could wait, said the mayor.",
        "Follow the harbour master on <a href='/x'>his round</a> and you will hear what he thinks of the forecast.",
        "Become a member of the crew, the captain had told him, and the sea will feed you.",
        "The new cookie policy of the bakery, two for one, was settled on Monday.",
        "Dieses Video wird seit Tagen geteilt.",
        "Pour continuer, nous devons tenir compte du vent, a dit le capitaine.",
        "Abbonati e tifosi hanno aspettato il traghetto per tutta la notte.",
        "Pozostało 5% głosów do policzenia.",
        "عضویت در شورای بندر برای سه سال است.",
        "有料会員は先月、三百万人を超えたと会社が発表した。",
        "회원 가입 절차가 끝난 뒤 배가 떠났다고 항만청은 밝혔다.",
        "“Subscribe to nothing,” her father used to say.",
        "More on that in the evening bulletin.",
        "The ferry's app, in the <a href='https://play.google.com/store/apps/details?id=x'>store</a> since May, fails.",
    ],
)
def test_sentences_that_begin_like_a_prompt_stay(sentence: str) -> None:
    assert sentence[-9:] in read_page(amid(f"<p>{sentence}</p>"))


@pytest.mark.parametrize(
    "prompt",
    [
        "Subscribe to <a href='/newsletters/harbour'>The Morning Tide</a>.",
        "<b>Become a member and read all there is to know of the sea.</b>",
        "Sign up for free",
        "Unlock the whole harbour for less with <a href='/x/subscribe'>a subscription</a>, every day of the week.",
        "Follow the harbour on <a href='https://www.facebook.com/harbour'>Facebook</a> for what the wind does next.",
    ],
)
def test_what_more_than_its_wording_calls_a_prompt_is_left_out(prompt: str) -> None:
    text = read_page(amid(f"<p>{prompt}</p>"))
    assert holds_all(text)
    assert all(word not in text for word in ("Subscribe", "Become", "Sign", "Unlock", "Follow"))


def test_the_rest_of_a_paragraph_that_a_paywall_has_let_through_stays() -> None:
    insert = (
        "<p>The pilots met <span class='c-text'> ... </span><span class='paywall'>and voted for the strike.</span></p>"
    )
    assert "The pilots met ... and voted for the strike." in read_page(amid(insert))


def test_an_offer_inside_a_paragraph_is_left_out() -> None:
    insert = "<p>The pilots met at noon. <span class='paywall'><a href='/abo/x'>Subscribe to read on</a></span></p>"
    assert "Subscribe" not in read_page(amid(insert))


def test_a_story_about_journalism_is_no_appeal() -> None:
    said = "“We support journalists with what our readers donate, and every subscription pays a reporter,” she wrote."
    wrapped = [f"<div class='row'><p>{text}</p></div>" for text in (*HARBOUR[:3], said, *HARBOUR[3:])]
    assert "every subscription pays" in read_page(article("".join(wrapped)))


@pytest.mark.parametrize("first", ["<b>{}</b>", "{}"])
def test_paragraphs_parted_by_line_breaks_stay_where_the_first_is_the_intro(first: str) -> None:
    top = f"<meta property='og:description' content='{HARBOUR[0]}'>"
    body = "<br><br>".join((first.format(HARBOUR[0]), *HARBOUR[1:]))
    assert holds_all(read_page(f"<h1>Ferries stay in the harbour</h1><div class='summary text'>{body}</div>", top))
    assert holds_all(read_page(f"<h1>Ferries stay in the harbour</h1><div>{body}</div>", top))


def test_paragraphs_in_rows_of_their_own_go_on_after_a_lead_in() -> None:
    rows = [f"<div class='row'><p>{text}</p></div>" for text in (*MOUNTAIN, *HARBOUR[:4])]
    insert = (
        "<div class='row'><h4>Related stories</h4></div><div class='row'><ul><li><a href='/x'>Huts</a></li></ul></div>"
    )
    rest = [f"<div class='row'><p>{text}</p></div>" for text in HARBOUR[4:]]
    assert holds_all(read_page(article("".join((*rows, insert, *rest)))))


def test_a_last_paragraph_without_mark_up_stays() -> None:
    assert holds_all(read_page(article(paragraphs(HARBOUR[:4]) + HARBOUR[4])))


def test_a_title_that_is_no_heading_is_the_first_that_says_it() -> None:
    top = "<meta property='og:description' content='Nobody will sail before the gusts fall below nine on the scale.'>"
    above = (
        "<div>Ferries stay in the harbour</div><p>Nobody will sail before the gusts fall below nine on the scale.</p>"
    )
    text = read_page(f"<main>{above}<div>{paragraphs(HARBOUR)}</div></main>", top)
    assert holds_all(text)
    assert "Nobody will sail before" in text


def test_a_fact_box_is_none_of_the_article_however_long() -> None:
    facts = [f"<p>{number}. {text}</p>" for number in range(5) for text in MOUNTAIN]
    long = [f"<p>{number}. {text}</p>" for number in range(4) for text in HARBOUR]
    box = f"<div class='story-factbox'><h3>The season in full</h3>{''.join(facts)}</div>"
    text = read_page(article("".join(long) + box + paragraphs(HARBOUR)))
    assert holds_all(text)
    assert "The season in full" not in text
    assert "huts" not in text
    assert holds_all(
        read_page(article(f"<p>The harbour in figures.</p><div class='factbox'>{paragraphs(HARBOUR)}</div>"))
    )


@pytest.mark.parametrize("broken", ["&#xFFFE;", "\ufffe", "&#xFFFF;", "\x0b"])
def test_a_character_that_is_none_costs_no_paragraph(broken: str) -> None:
    insert = f"<p>The pilots{broken} met in <a href='/x'>the old customs house</a> and voted.</p>"
    assert "met in [the old customs house](https://news.example/x) and voted." in read_page(amid(insert))


def test_a_list_item_that_is_not_closed_is_read() -> None:
    assert "1. The tide, at ten" in read_page(amid("<ol><li>The tide, at ten</ol>"))


# ---------------------------------------------------------------------------------------------------- boxes


@pytest.mark.parametrize(
    "box",
    [
        "<div><h3>Letters from the coast</h3><p>All that floats, each Friday.</p>"
        "<form><input type='email'><button>Go</button></form></div>",
        "<div><p>All that floats, each Friday, in your box.</p><input type='email'></div>",
        "<div data-nosnippet><p>A word from those who pay for this page and what they would like you to buy.</p></div>",
        "<div class='hidden'><p>You have been away for a while and will be asked again for your name soon.</p></div>",
        "<section aria-label='Related articles'><p>Snow closes the huts, and the doors are left open.</p></section>",
        "<div class='d-print-none'><p>Turn your telephone to see the chart that goes with this text.</p></div>",
        "<div class='b9'><h4><a href='/x'>Snow closes huts early</a></h4><p>The wardens leave doors open.</p></div>",
        "<div class='ox'><h3>Stand by us</h3><p>We have no owners but our readers, and we mean to keep it like that as "
        "long as we can. What we find out is there for all, and nobody pays to hear of it before the others do.</p>"
        "<p><a href='/donate'>Give what you can</a></p></div>",
        "<div class='ox'><p>Lesen Sie auch</p><ul><li><a href='/x'>Snow closes the huts early</a></li></ul></div>",
        "<p>Read also:</p><p><a href='/x'>Snow closes the huts early this year</a></p><p>The doors are open.</p>"
        "<p><a href='/y'>A lake without any boats in winter</a></p>",
    ],
)
def test_boxes_are_left_out(box: str) -> None:
    text = read_page(amid(box))
    assert holds_all(text)
    between = text.partition(HARBOUR[2])[2].partition(HARBOUR[3])[0]
    assert between.strip() == ""


@pytest.mark.parametrize(
    "part",
    [
        "<div class='elementor-widget elementor-widget-text-editor'><p>{}</p></div>",
        "<div class='module hidden md:block'><p>{}</p></div>",
        "<div class='photo'><img src='i.jpg'><p>{}</p><p>{}</p></div>",
        "<div class='wrap'><table><tr><td>{}</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table></div>",
        "<blockquote><p>{}</p></blockquote>",
        "<div><h3>What the town did</h3><p>{}</p></div>",
        "<form action='/page'><p>{}</p></form>",
    ],
)
def test_parts_of_the_text_stay(part: str) -> None:
    told = (
        "The mayor thanked the pupils, who had carried the blankets from the barracks and had played cards with those "
        "who could not sleep, and promised them a day without lessons as soon as the boats are back in the harbour."
    )
    text = read_page(amid(part.replace("{}", told)))
    assert holds_all(text, (*HARBOUR, told))


def test_what_follows_the_comments_heading_is_no_body() -> None:
    said = "".join(
        f"<div class='c{i}'><p>I was there as well, and {text.lower()}</p></div>" for i, text in enumerate(MOUNTAIN)
    )
    text = read_page(f"<main>{article(paragraphs(HARBOUR * 2))}<h3>3 Kommentare</h3>{said}</main>")
    assert "I was there" not in text


def test_paragraphs_that_go_on_after_a_late_lead_in_stay() -> None:
    body = paragraphs(HARBOUR[:4] * 3) + "<p>Read more</p>" + paragraphs(HARBOUR[4:])
    assert HARBOUR[4] in read_page(article(body))


def test_short_turns_of_an_interview_stay() -> None:
    talk = "<p>Why?</p><p>Because.</p><p>Is that all?</p><p>Yes.</p>"
    text = read_page(article(paragraphs(HARBOUR[:4]) + talk + paragraphs(HARBOUR[4:])))
    assert "Why?\n\nBecause.\n\nIs that all?\n\nYes." in text


def test_empty_spans_of_that_class_break_lines() -> None:
    broken = "<span class='x br'></span><span class='br'></span>".join(HARBOUR)
    text = read_page(article(f"<div>{broken}</div>"))
    assert "\n\n".join(HARBOUR) in text


# ---------------------------------------------------------------------------------------------------- statements


def stated(text: str) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "articleBody": text})}</script>'


def test_a_text_that_the_stated_body_lacks_is_no_body() -> None:
    stray = "Our own boats leave from the new pier each morning, and whoever books today sails for half of the price."
    body = paragraphs(HARBOUR[:3]) + f"<p>{stray}</p>" + paragraphs(HARBOUR[3:])
    text = read_page(article(body), stated(" ".join(HARBOUR)))
    assert holds_all(text)
    assert stray not in text
    assert stray in read_page(article(body))


def test_a_statement_cut_short_takes_nothing_away() -> None:
    text = read_page(article(paragraphs(HARBOUR)), stated(" ".join(HARBOUR[:4])))
    assert holds_all(text)
    text = read_page(article(paragraphs(HARBOUR)), stated(" ".join(HARBOUR[:2])))
    assert holds_all(text)


def test_the_body_that_the_page_declares_is_read_though_it_lies_in_pieces() -> None:
    pieces = "".join(f"<div class='p{i}'><div><p>{text}</p></div></div>" for i, text in enumerate(HARBOUR))
    text = read_page(f"<h1>Ferries stay in the harbour</h1><div itemprop='articleBody'>{pieces}</div>")
    assert holds_all(text)


# ---------------------------------------------------------------------------------------------------- twice


def test_a_paragraph_that_the_page_holds_twice_is_one() -> None:
    text = read_page(
        article(paragraphs(HARBOUR[:4]) + f"<div class='note'><p>{HARBOUR[1]}</p></div><p>{HARBOUR[4]}</p>")
    )
    assert text.count(HARBOUR[1]) == 1
    assert holds_all(text)


def test_a_question_asked_again_and_again_stays() -> None:
    question = "What do you do when the boat stays in the harbour, and what do you tell those who wait for you at home?"
    talk = "".join(f"<p>{question}</p><p>{answer}</p>" for answer in HARBOUR)
    assert read_page(article(talk)).count(question) == len(HARBOUR)


# ---------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "markup",
    [
        "<p class='article__teaser'>{}</p>",
        "<div class='teaser-text'>{}</div>",
    ],
)
def test_a_teaser_under_the_title_is_the_articles_own(markup: str) -> None:
    own = "The wind keeps the boats in the harbour for a third day, and the town takes in all who wait for them."
    page = f"<article><h1>Ferries stay in the harbour</h1>{markup.replace('{}', own)}{paragraphs(HARBOUR)}</article>"
    assert own in read_page(page)


def test_what_a_paywall_lets_through_is_text_and_its_offer_is_none() -> None:
    rest = "<div class='paywall'>" + paragraphs(HARBOUR[3:]) + "</div>"
    assert holds_all(read_page(article(paragraphs(HARBOUR[:3] * 2) + rest)))
    offer = (
        "<div class='paywall'><p>Our readers pay for what we find out about boats, harbours, and the wind, and about "
        "those who live from them; that is why this text is here.</p><a href='/subscribe'>See our offers</a></div>"
    )
    assert "about boats" not in read_page(article(paragraphs(HARBOUR) + offer))


def test_posts_of_other_sites_are_no_quotations() -> None:
    post = (
        "<blockquote><p>No boats today, friends, the wind is up again, so bring out the cards and the soup.</p>"
        "Harbour Master (@harbourmaster) <a href='https://x.com/harbourmaster/status/1234567890'>3 May</a></blockquote>"
    )
    assert "bring out the cards" not in read_page(amid(post))
    said = "<blockquote><p>No boats today, said the <a href='https://x.com/harbour'>master</a>.</p></blockquote>"
    assert "> No boats today" in read_page(amid(said))


@pytest.mark.parametrize("mark", ["► ", "[", "» ", "• ", "👉 "])
def test_marks_before_a_lead_in_do_not_hide_it(mark: str) -> None:
    text = read_page(amid(f"<p>{mark}Read more: <a href='/x'>Snow closes the huts early this year</a></p>"))
    assert "huts" not in text


# ---------------------------------------------------------------------------------------------------- after the end


def test_the_discussion_is_found_by_its_offers_to_reply() -> None:
    said = "".join(
        f"<div class='k'><p>I was there, and {text}</p><a href='#{i}'>Antworten</a></div>"
        for i, text in enumerate(MOUNTAIN)
    )
    text = read_page(f"<main>{article(paragraphs(HARBOUR))}<div class='k-all'>{said}</div></main>")
    assert holds_all(text)
    assert "I was there" not in text


@pytest.mark.parametrize(
    "appeal",
    [
        "Our journalism is free to all because those who can support it. Give what you can, so our newsroom lasts.",
        "Als Genossenschaft gehören wir unseren Lesern. Guter Journalismus kostet: Unterstützen Sie uns.",
        "Notre rédaction vit de ses lecteurs, et de personne d'autre. Soutenez un journal libre, pour nous.",
    ],
)
def test_a_publishers_appeal_is_no_text(appeal: str) -> None:
    box = f"<div class='z'><h3>A word from us</h3><p>{appeal}</p></div>"
    text = read_page(article(paragraphs(HARBOUR * 2) + box))
    assert appeal not in text
    assert "A word from us" not in text
    assert appeal in read_page(article(paragraphs((*HARBOUR[:3], appeal, *HARBOUR[3:]))))


def test_the_imprint_at_the_foot_is_no_text_and_a_number_to_call_is() -> None:
    foot = "<div class='low'>Harbour Courier - Quay 3 - 12345 Port - Tel. (012) 345 678 - VAT 99 887</div>"
    assert "Quay 3" not in read_page(f"<main>{article(paragraphs(HARBOUR))}{foot}</main>")
    call = "Whoever looks for a bed may call the town hall by day and by night, tel. 012 345 678"
    assert call in read_page(article(paragraphs((*HARBOUR, call))))


# ---------------------------------------------------------------------------------------------------- evidence


def notes(body: str) -> tuple[str, ...]:
    markup = f"<html><head><title>Ferries stay in the harbour</title></head><body>{body}</body></html>"
    found = read(Page(markup.encode(), (("Content-Type", "text/html; charset=utf-8"),), "https://news.example/a"))
    assert found.article is not None
    return found.article.meta.notes


def test_other_articles_left_out_are_noted() -> None:
    own = article(paragraphs(HARBOUR))
    assert notes(own) == ()
    other = article(paragraphs(MOUNTAIN), "Snow closes the huts early")
    assert len(notes(f"<main>{own}{other}</main>")) == 1


@pytest.mark.parametrize("declared", ["itemprop='articleBody'", "class='entry-content'", "class='c-articleBody'"])
def test_nothing_follows_the_body_that_the_page_declares(declared: str) -> None:
    after = f"<div><p>{MOUNTAIN[0]}</p></div>"
    page = f"<h1>Ferries stay in the harbour</h1><div {declared}>{paragraphs(HARBOUR)}</div>"
    text = read_page(f"<main>{page}{after}</main>")
    assert holds_all(text)
    assert MOUNTAIN[0] not in text


def test_a_body_of_which_little_is_declared_is_read_whole() -> None:
    page = f"<div itemprop='articleBody'>{paragraphs(HARBOUR[:1])}</div><div>{paragraphs(HARBOUR[1:])}</div>"
    assert holds_all(read_page(f"<main><h1>Ferries stay in the harbour</h1>{page}</main>"))


def test_a_rule_drawn_as_a_heading_is_left_out() -> None:
    text = read_page(amid("<h2>___</h2>"))
    assert holds_all(text)
    assert "___" not in text
