"""What stands below the title: subtitle, intro, and what is neither."""

from __future__ import annotations

import pytest

from scraper.read.page import read
from scraper.read.reading import Page

LINE = (
    "The council met on Tuesday evening in the old customs house, and it voted for the plan after hours of talk. "
    "Nobody spoke against it in the end, although the harbour master had said he would."
)
TEXT = "".join(f"<p>{LINE} Number {n}.</p>" for n in range(6))
H = "<h1>They won the long game</h1>"
S = "The plan for the harbour passed with a large majority after a long night."
D = f'<meta name="description" content="{S}">'
ALTERNATIVE = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "They won the long game", '
    '"alternativeHeadline": "How the harbour was won"}</script>'
)

HEADS = {
    "kicker h2 above": (
        f"<article><h2 class=kicker>Politics</h2>{H}<p class=dek>{S}</p><div class=t>{TEXT}</div></article>",
        "",
        (S, None),
    ),
    "kicker below": (
        f"<article>{H}<h2 class=eyebrow>Politics</h2><div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "h2 sub": (
        f"<article><header>{H}<h2>{S}</h2></header><div class=t>{TEXT}</div></article>",
        "",
        (S, None),
    ),
    "perex": (
        f"<article>{H}<div class=perex>{S}</div><div class=t>{TEXT}</div></article>",
        "",
        (None, S),
    ),
    "strong perex": (
        f"<article>{H}<p class=perex><strong>{S}</strong></p><div class=t>{TEXT}</div></article>",
        "",
        (None, f"**{S}**"),
    ),
    "copete": (
        f"<article>{H}<h2 class=copete>{S}</h2><div class=t>{TEXT}</div></article>",
        "",
        (S, None),
    ),
    "hashed names, description": (
        f"<article><div class=x1>{H}</div><div class=q8><span class=x2>{S}</span></div><div class=t>{TEXT}"
        "</div></article>",
        D,
        (None, S),
    ),
    "desc is 1st p": (
        f"<article>{H}<div class=t><p>{S}</p>{TEXT}</div></article>",
        D,
        (None, None),
    ),
    "desc is 1st p, own class": (
        f"<article>{H}<div class=t><p class=first>{S}</p>{TEXT}</div></article>",
        D,
        (None, S),
    ),
    "desc is bold 1st p": (
        f"<article>{H}<div class=t><p><b>{S}</b></p>{TEXT}</div></article>",
        D,
        (None, f"**{S}**"),
    ),
    "flat page desc p": (
        f"<article>{H}<p>{S}</p>{TEXT}</article>",
        D,
        (None, None),
    ),
    "ul footer h2": (
        f"<article><div class=hd>{H}<ul class=footer><li><h2>{S}</h2></li></ul></div><div class=t>{TEXT}"
        "</div></article>",
        D,
        (None, S),
    ),
    "alternativeHeadline": (
        f"<article><div>{H}<div class=k7>How the harbour was won</div></div><div class=t>{TEXT}</div></article>",
        ALTERNATIVE,
        ("How the harbour was won", None),
    ),
    "title repeated": (
        f"<article>{H}<div class=lead><h2 class=hidden-title>They won the long game</h2></div>"
        f"<div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "summary box points": (
        f"<article>{H}<div class=summary-box><h3>Key points</h3><ul><li>One thing is sure</li>"
        f"<li>Two things are not</li></ul></div><div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "lead media": (
        f"<article>{H}<div class=page-lead><div class=slide><img src=a.jpg><p>{S}</p></div></div>"
        f"<div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "teaser other": (
        f"<article>{H}<div class=teaser><h3><a href=/x>Other story</a></h3>"
        f"<p>It says much about other things in a line.</p></div><div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "byline with name intro": (
        f"<article>{H}<p class=intro>{S}</p><p class=byline>By Ben Strand</p><div class=t>{TEXT}</div></article>",
        "",
        (None, S),
    ),
    "ja lead": (
        f"<article>{H}<div class=lead><p>{S}</p></div><div class=t>{TEXT}</div></article>",
        "",
        (None, S),
    ),
    "itemprop desc": (
        f"<article>{H}<div itemprop=description>{S}</div><div class=t>{TEXT}</div></article>",
        "",
        (None, S),
    ),
    "caption no intro": (
        f"<article>{H}<figure><img src=a><figcaption class=lead-caption>Cap of it all</figcaption></figure>"
        f"<div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "h2 date": (
        f"<article>{H}<h2>3 May 2024</h2><div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "h2 byline": (
        f"<article>{H}<h2>By Ben Strand</h2><div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "h2 author name": (
        f"<article>{H}<h2 class=author-name>Ben Strand</h2><div class=t>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "hgroup": (
        f"<article><hgroup>{H}<p>{S}</p></hgroup><div class=t>{TEXT}</div></article>",
        "",
        (S, None),
    ),
    "sub and intro h2+p": (
        f"<article><header>{H}<h2>How the harbour was won</h2><p class=standfirst>{S}</p></header>"
        f"<div class=t>{TEXT}</div></article>",
        D,
        ("How the harbour was won", S),
    ),
    "h3 sub": (
        f"<article><header>{H}<h3>{S}</h3></header><div class=t>{TEXT}</div></article>",
        D,
        (None, S),
    ),
    "h2 share": (
        f"<article><header>{H}<h2>Share</h2></header><div class=t>{TEXT}</div></article>",
        D,
        (None, None),
    ),
    "h2 comments count": (
        f"<article><header>{H}<h2>12 comments</h2></header><div class=t>{TEXT}</div></article>",
        D,
        (None, None),
    ),
    "body lead class p": (
        f"<article>{H}<div class=article-body><p class=lead>{S}</p>{TEXT}</div></article>",
        "",
        (None, S),
    ),
    "all p lead class": (
        f"<article>{H}<div class=lead-text>{TEXT}</div></article>",
        "",
        (None, None),
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_subtitle_and_intro(name: str) -> None:
    body, head, expected = HEADS[name]
    page = f"<!doctype html><html><head><title>They won the long game</title>{head}</head><body>{body}</body></html>"
    found = read(Page(page.encode(), (("Content-Type", "text/html; charset=utf-8"),), "https://news.example/a/b"))
    assert found.error is None and found.article is not None
    assert (found.article.subtitle, found.article.intro) == expected
    assert found.article.intro is None or S not in [getattr(block, "text", "") for block in found.article.body]
