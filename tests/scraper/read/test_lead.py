"""Which picture is the lead picture of a page."""

from __future__ import annotations

import json

import pytest

from archive.models import Article, Caption
from scraper.read.page import read
from scraper.read.reading import Page

LINE = (
    "The council met on Tuesday evening in the old customs house, and it voted for the plan after hours of talk. "
    "Nobody spoke against it in the end, although the harbour master had said he would."
)
TEXT = "".join(f"<p>{LINE} Number {n}.</p>" for n in range(6))
H = "<h1>They won the long game</h1>"
OG = '<meta property="og:image" content="https://cdn.example/2024/pier-dawn-1200x630.jpg">'
CAPTION = "<figcaption>The pier at dawn. Photo: Ada Quill</figcaption>"


def article(body: str, head: str = "") -> Article:
    page = f"<!doctype html><html><head><title>They won the long game</title>{head}</head><body>{body}</body></html>"
    found = read(Page(page.encode(), (("Content-Type", "text/html; charset=utf-8"),), "https://news.example/a/b"))
    assert found.error is None and found.article is not None
    return found.article


def stated(**image: str) -> str:
    thing = {"@type": "ImageObject", "url": "https://cdn.example/2024/pier-dawn.jpg", **image}
    ld = json.dumps({"@type": "NewsArticle", "headline": "They won the long game", "image": [thing]})
    return f'<script type="application/ld+json">{ld}</script>'


LEADS = {
    "fig before title": (
        f"<main><article><header><figure><img src=/a.jpg>{CAPTION}</figure>{H}"
        f"<p class=byline>By Ben Strand</p></header><div class=text>{TEXT}</div></article></main>",
        "",
        ("The pier at dawn.", "Ada Quill"),
    ),
    "hero div before main": (
        f"<div class=hero><figure><img src=/2024/pier-dawn-2000x900.jpg>{CAPTION}</figure></div><main>"
        f"<article>{H}<div class=text>{TEXT}</div></article></main>",
        OG,
        ("The pier at dawn.", "Ada Quill"),
    ),
    "teaser above title is no lead": (
        "<div class=top><figure><img src=/x.jpg><figcaption>Another story of today. Photo: Zed Yap"
        f"</figcaption></figure></div><main><article>{H}<div class=text>{TEXT}</div></article></main>",
        OG,
        (None, None),
    ),
    "lightbox box": (
        f"<article>{H}<div class='article-image lightbox'><figure><img src=/a/pier-dawn.jpg>{CAPTION}"
        f"</figure></div><div class=text>{TEXT}</div></article>",
        OG,
        ("The pier at dawn.", "Ada Quill"),
    ),
    "no names, alt match": (
        f"<article>{H}<div class=x1><div class=x2>"
        "<img alt='The pier at dawn' src=/i/pier-dawn-800x400.jpg></div>"
        f"<div class=x3>The pier at dawn. (AP Photo/Ada Quill)</div></div><div class=text>{TEXT}</div>"
        "</article>",
        OG,
        ("The pier at dawn.", "AP Photo/Ada Quill"),
    ),
    "og match, no names": (
        f"<article>{H}<div class=x1><div class=x2><img src=/i/pier-dawn.jpg></div><div class=x3>"
        f"<span>The pier at dawn</span> <span>Foto: Ada Quill</span></div></div><div class=text>{TEXT}"
        "</div></article>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "author portrait": (
        f"<article>{H}<div class=author-box><figure><img src=/a.jpg>"
        "<figcaption>Ben Strand writes on ports</figcaption></figure></div><figure><img src=/p.jpg>"
        f"<figcaption>The pier at dawn</figcaption></figure><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", None),
    ),
    "powered by": (
        f"<article>{H}<figure><img src=/a.svg><figcaption>Powered by</figcaption></figure><figure>"
        f"<img src=/p.jpg><figcaption>The pier at dawn</figcaption></figure><div class=text>{TEXT}</div>"
        "</article>",
        "",
        ("The pier at dawn", None),
    ),
    "summary before figure": (
        f"<article>{H}<div class=body><div class=summary-x>The council voted<br>The plan is big"
        "<br>Nobody spoke against it all evening long, they say</div><figure><img src=/p.jpg>"
        f"<figcaption>The pier at dawn (Photo: Ada Quill)</figcaption></figure>{TEXT}</div></article>",
        "",
        ("The pier at dawn", "Ada Quill"),
    ),
    "figure after 1st p": (
        f"<article>{H}<div class=body><p>{LINE}</p><figure><img src=/p.jpg>"
        f"<figcaption>The pier at dawn (Photo: Ada Quill)</figcaption></figure>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "json-ld credit": (
        f"<article>{H}<figure><img src=/i/pier-dawn.jpg><figcaption>The pier at dawn</figcaption>"
        f"</figure><div class=body>{TEXT}</div></article>",
        OG + stated(creditText="Ada Quill/AFP"),
        ("The pier at dawn", "Ada Quill/AFP"),
    ),
    "json-ld caption shown": (
        f"<article>{H}<div class=q><img src=/i/zz.jpg><span>The pier at dawn in winter</span></div>"
        f"<div class=body>{TEXT}</div></article>",
        OG + stated(caption="The pier at dawn in winter", creditText="Photo: Ada Quill/AFP"),
        ("The pier at dawn in winter", "Ada Quill/AFP"),
    ),
    "json-ld caption not shown": (
        f"<article>{H}<figure><img src=/i/pier-dawn.jpg></figure><div class=body>{TEXT}</div></article>",
        OG + stated(caption="The pier at dawn in winter"),
        (None, None),
    ),
    "caption+credit siblings": (
        f"<article>{H}<div class=image><img src=/i/pier-dawn.jpg></div>"
        "<div class=image-caption>The pier at dawn</div><div class=photo-credit>Ada Quill</div>"
        f"<div class=body>{TEXT}</div></article>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "credit first": (
        f"<article>{H}<figure><img src=/i/pier-dawn.jpg><span class=credit>Ada Quill</span></figure>"
        f"<p class=caption>The pier at dawn</p><div class=body>{TEXT}</div></article>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "aside lead": (
        f"<article>{H}<aside><figure><img src=/i/pier-dawn.jpg><figcaption>The pier at dawn</figcaption>"
        f"</figure></aside><div class=body>{TEXT}</div></article>",
        OG,
        ("The pier at dawn", None),
    ),
    "wp-caption classic": (
        f"<article>{H}<div class=entry><div id=attachment_1 class='wp-caption alignnone'><a href=/x>"
        "<img aria-describedby=caption-1 src=/i/q.jpg></a>"
        f"<p id=caption-1 class=wp-caption-text>The pier at dawn. Ada Quill photo</p></div>{TEXT}</div>"
        "</article>",
        "",
        ("The pier at dawn.", "Ada Quill photo"),
    ),
    "carousel": (
        f"<article>{H}<div class=carousel><div class=slide><video></video><div class=info><span>1 of 3"
        "</span><span class=d>A film of the pier</span></div></div><div class=slide><div>"
        "<img alt='The pier at dawn. (AP Photo/Ada Quill)' src=/i/pier-dawn-400x300.jpg></div>"
        "<div class=info><span>2 of 3 |</span> <span class=d><p>The pier at dawn. (AP Photo/Ada Quill)"
        "</p></span><button>Read More</button></div></div><div class=slide><img src=/i/other.jpg>"
        "<div class=info><span>3 of 3</span><span class=d>The ferry</span></div></div></div>"
        f"<div class=text>{TEXT}</div></article>",
        OG,
        ("The pier at dawn.", "AP Photo/Ada Quill"),
    ),
    "p with img and em": (
        f"<article>{H}<div class=entry><p><img src=/i/q.jpg><br><em>The pier at dawn. Photo: Ada Quill"
        f"</em></p>{TEXT}</div></article>",
        "",
        ("The pier at dawn.", "Ada Quill"),
    ),
    "table caption old": (
        f"<article>{H}<div class=entry><table class=image><tr><td><img src=/i/pier-dawn.jpg></td></tr>"
        f"<tr><td class=caption>The pier at dawn. \u1ea2nh: Minh Anh</td></tr></table>{TEXT}</div></article>",
        OG,
        ("The pier at dawn.", "Minh Anh"),
    ),
    "blogger": (
        f"<div class=post>{H}<div class=post-body><table class=tr-caption-container><tbody><tr><td>"
        "<img src=/i/pier-dawn.jpg></td></tr><tr><td class=tr-caption>The pier at dawn (Foto: Ada Quill)"
        f"</td></tr></tbody></table>{TEXT}</div></div>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "microdata": (
        f"<article>{H}<div itemprop=image itemscope itemtype='https://schema.org/ImageObject'>"
        "<img src=/i/pier-dawn.jpg><meta itemprop=url content=x><span itemprop=caption>The pier at dawn"
        f"</span> (<span itemprop=copyrightHolder>Ada Quill</span>)</div><div class=body>{TEXT}</div>"
        "</article>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "guardian-like": (
        f"<article><div><figure id=1><div><picture><img src=/a.jpg></picture></div></figure></div>{H}"
        "<div><figcaption><span class=z><svg></svg></span><span>The pier at dawn."
        f"</span> Photograph: Ada Quill/The Lantern</figcaption></div><div class=text>{TEXT}</div>"
        "</article>",
        "",
        ("The pier at dawn.", "Ada Quill/The Lantern"),
    ),
    "nbsp label hidden": (
        f"<article>{H}<figure><img src=/a.jpg><p><span class='visually-hidden'>Image source, "
        "</span>Getty Images</p><figcaption><span class='visually-hidden'>Image caption, "
        f"</span>The pier at dawn</figcaption></figure><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", "Getty Images"),
    ),
    "credit outside figure": (
        f"<article>{H}<figure><img src=/a.jpg><figcaption>The pier at dawn</figcaption></figure>"
        f"<p>Foto: Ada Quill</p><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", "Ada Quill"),
    ),
    "label span name span": (
        f"<article>{H}<figure><img src=/a.jpg><figcaption><div class=txt>The pier at dawn</div><div>"
        "<span>Foto:</span> <span class=credit-name>Ada Quill</span></div></figcaption></figure>"
        f"<div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", "Ada Quill"),
    ),
    "dl": (
        f"<article>{H}<dl class=wp-caption><dt><img src=/a.jpg></dt>"
        f"<dd class=wp-caption-dd>The pier at dawn</dd></dl><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", None),
    ),
    "data-": (
        f"<article>{H}<figure><img src=/a.jpg data-caption='The pier at dawn' data-credit='Ada Quill'>"
        f"</figure><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", "Ada Quill"),
    ),
    "gallery lead: first": (
        f"<article>{H}<div class=gallery><figure><img src=/a.jpg><figcaption>The pier at dawn"
        "</figcaption></figure><figure><img src=/b.jpg><figcaption>The ferry at noon</figcaption>"
        f"</figure></div><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", None),
    ),
    "related teaser fig between": (
        f"<article>{H}<div class=rel-x><a href=/other><figure><img src=/b.jpg>"
        "<figcaption>Another story that you should read</figcaption></figure></a></div>"
        f"<div class=text>{TEXT}</div></article>",
        "",
        (None, None),
    ),
}


@pytest.mark.parametrize("name", LEADS)
def test_the_lead_picture(name: str) -> None:
    body, head, expected = LEADS[name]
    found = article(body, head)
    assert (found.caption, found.credit) == expected


def test_a_picture_inside_the_body_stays_there_even_if_the_page_states_it() -> None:
    figure = f"<figure><img src=/i/pier-dawn.jpg>{CAPTION}</figure>"
    found = article(f"<article>{H}<div class=body>{TEXT}{figure}{TEXT.replace('Number', 'No')}</div></article>", OG)
    assert (found.caption, found.credit) == (None, None)
    assert [block for block in found.body if isinstance(block, Caption)] == [Caption("The pier at dawn.", "Ada Quill")]


def test_a_caption_and_a_credit_apart_are_one_picture_inside_the_body() -> None:
    parts = "<div class=image><img src=/b.jpg></div><p class=caption>The ferry.</p><p class=photo-credit>Ada Quill</p>"
    found = article(f"<article>{H}<div class=body>{TEXT}{parts}{TEXT.replace('Number', 'No')}</div></article>")
    assert [block for block in found.body if isinstance(block, Caption)] == [Caption("The ferry.", "Ada Quill")]


def test_the_publisher_is_no_credit() -> None:
    head = OG + '<meta property="og:site_name" content="The Lantern">' + stated(copyrightNotice="© The Lantern")
    figure = "<figure><img src=/i/pier-dawn.jpg><figcaption>The pier at dawn</figcaption></figure>"
    found = article(f"<article>{H}{figure}<div class=body>{TEXT}</div></article>", head)
    assert (found.caption, found.credit) == ("The pier at dawn", None)


def test_the_lead_picture_is_not_told_again_inside_the_body() -> None:
    figure = f"<figure><img src=/i/pier-dawn.jpg>{CAPTION}</figure>"
    other = "<figure><img src=/i/ferry.jpg><figcaption>The ferry.</figcaption></figure>"
    found = article(
        f"<article>{H}{figure}<div class=body>{TEXT}{figure}{other}{TEXT.replace('Number', 'No')}</div></article>"
    )
    assert (found.caption, found.credit) == ("The pier at dawn.", "Ada Quill")
    assert [block for block in found.body if isinstance(block, Caption)] == [Caption("The ferry.", None)]


def test_sources_that_the_parser_nests_part_no_picture_from_its_caption() -> None:
    sources = "<source srcset=/x/pier-dawn-400x300.webp>" * 9
    picture = f"<div class=q1><picture>{sources}<img src=data:,></picture></div><div class=desc>The pier at dawn.</div>"
    found = article(f"<article>{H}<div class=q0>{picture}</div><div class=body>{TEXT}</div></article>", OG)
    assert (found.caption, found.credit) == ("The pier at dawn.", None)
