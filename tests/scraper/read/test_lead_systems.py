"""Lead pictures in the mark-up of widespread publishing systems."""

from __future__ import annotations

import pytest

from tests.scraper.read.test_lead import LINE, OG, TEXT, H, article, stated

IMG = "<img src=https://cdn.example/2024/pier-dawn-800x400.jpg>"
ALT = "<img src=https://cdn.example/2024/pier-dawn-800x400.jpg alt='The pier at dawn'>"
LINES = "<br><br>".join(f"{LINE} {n}" for n in range(6))
ZH = "".join(
    "<p>　　理事会星期二晚上在旧海关大楼开会，经过几个小时的讨论，以多数票通过了港口的计划，没有人反对。"
    f"第{n}段，港务局长说他会遵守决定，并感谢大家的支持和耐心等待。</p>"
    for n in "一二三四五六"
)

LEADS = {
    "elementor": (
        f"<div class='elementor-widget elementor-widget-image'><figure class=wp-caption>{IMG}"
        "<figcaption class='widget-image-caption wp-caption-text'>The pier at dawn. Foto: Ada Quill"
        f"</figcaption></figure></div>{H}<div class=elementor-widget><div class=x>{TEXT}</div></div>",
        OG,
        ("The pier at dawn.", "Ada Quill"),
    ),
    "tagdiv": (
        f"<article class='post type-post'><header>{H}</header><div class=td-post-content>"
        "<div class=td-post-featured-image><figure><a href=/a.jpg class=td-modal-image>"
        "<img class=entry-thumb src=https://cdn.example/2024/pier-dawn-800x400.jpg></a>"
        f"<figcaption class=wp-caption-text>Foto: Ada Quill</figcaption></figure></div>{TEXT}</div>"
        "</article>",
        OG,
        (None, "Ada Quill"),
    ),
    "aem": (
        f"<main>{H}<div class='image aem'><div data-cmp-is=image class=cmp-image>"
        "<img class=cmp-image__image src=https://cdn.example/2024/pier-dawn-800x400.jpg>"
        "<span class=cmp-image__title itemprop=caption>The pier at dawn | © Ada Quill</span></div></div>"
        f"<div class=text>{TEXT}</div></main>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "media copyright": (
        f"<div class=article__header>{H}<div class=article__announce><div class=media data-type=photo>"
        f"<div class=media__size><div class=photoview__open>{ALT}</div></div>"
        "<div class='media__copyright'>"
        "<div class='media__copyright-item m-copyright'>© ПРИМА / Анна Белова</div></div>"
        "<div class=media__description>The pier at dawn</div></div></div></div>"
        f"<div class=article__body>{TEXT}</div>",
        OG,
        ("The pier at dawn", "ПРИМА / Анна Белова"),
    ),
    "vn table": (
        f"<article>{H}<p class=description>Mo ta ngan</p><div class=fck><table class=tplCaption><tbody>"
        f"<tr><td>{IMG}</td></tr><tr><td class=Image><p>Bến tàu lúc bình minh. Ảnh: <em>Minh Anh</em></p>"
        f"</td></tr></tbody></table>{TEXT}</div></article>",
        OG,
        ("Bến tàu lúc bình minh.", "Minh Anh"),
    ),
    "zh p p": (
        f"<div class=article>{H}<div class=content><p style='text-align:center'><img src=/a/1.jpg></p>"
        f"<p style='text-align:center'>清晨的码头。新华社记者 张三 摄</p>{ZH}</div></div>",
        "",
        ("清晨的码头。", "新华社记者 张三"),
    ),
    "kr span em": (
        f"<div>{H}<div id=articleBody><span class=end_photo_org>{ALT}"
        f"<em class=img_desc>The pier at dawn. 연합뉴스</em></span><br><br>{LINES}</div></div>",
        OG,
        ("The pier at dawn.", "연합뉴스"),
    ),
    "drupal fields": (
        f"<article>{H}<div class='media media--image'>"
        f"<div class='field field--name-field-media-image'>{IMG}</div>"
        "<div class='field field--name-field-caption'>The pier at dawn</div>"
        f"<div class='field field--name-field-credit'>© Ada Quill</div></div><div class=body>{TEXT}</div>"
        "</article>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "jannah": (
        f"<article><header>{H}</header><div class=featured-area><div class=featured-area-inner>"
        f"<figure class=single-featured-image>{IMG}<figcaption class=single-caption-text>"
        "<span class='tie-icon-camera'></span> The pier at dawn - Foto Ada Quill</figcaption></figure>"
        f"</div></div><div class=entry>{TEXT}</div></article>",
        OG,
        ("The pier at dawn", "Ada Quill"),
    ),
    "ghost": (
        f"<article>{H}<figure class=article-image>{IMG}<figcaption>"
        "<span style='white-space: pre-wrap;'>The pier at dawn / Photo by </span><a href=/x>"
        "<span>Ada Quill</span></a><span> / </span><a href=/y><span>Unsplash</span></a></figcaption>"
        f"</figure><section class=gh-content>{TEXT}</section></article>",
        OG,
        ("The pier at dawn", "Ada Quill / Unsplash"),
    ),
    "slider main": (
        f"<article>{H}<div class='owl-carousel gallery'><div class=item><figure>{IMG}"
        "<figcaption>The pier at dawn. <span>Foto: Ada Quill</span></figcaption></figure></div>"
        "<div class=item><figure><img src=/o.jpg><figcaption>The ferry. <span>Foto: Ben Strand</span>"
        f"</figcaption></figure></div></div><div class=text>{TEXT}</div></article>",
        OG,
        ("The pier at dawn.", "Ada Quill"),
    ),
    "popup box": (
        f"<article>{H}<div class='main-photo popup-gallery'>"
        f"<a class=popup-link href=/b.jpg title='The pier'>{IMG}</a>"
        f"<div class=main-photo__desc>The pier at dawn</div></div><div class=text>{TEXT}</div></article>",
        OG,
        ("The pier at dawn", None),
    ),
    "no og, lightbox figure": (
        f"<article>{H}<figure class='lightbox'><img src=/q.jpg>"
        f"<figcaption>The pier at dawn. Foto: Ada Quill</figcaption></figure><div class=text>{TEXT}</div>"
        "</article>",
        "",
        ("The pier at dawn.", "Ada Quill"),
    ),
    "no og, banner header": (
        f"<article><header class='article-banner'>{H}<figure class=article-banner__image><img src=/q.jpg>"
        "<figcaption>The pier at dawn. Foto: Ada Quill</figcaption></figure></header>"
        f"<div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn.", "Ada Quill"),
    ),
    "video figure": (
        f"<article>{H}<figure class=video-player><video src=x></video><figcaption>Watch: the pier"
        "</figcaption></figure><figure><img src=/q.jpg><figcaption>The pier at dawn</figcaption>"
        f"</figure><div class=text>{TEXT}</div></article>",
        "",
        ("The pier at dawn", None),
    ),
    "hidden h1 repeated, hero outside": (
        f"<div class=page-hero>{IMG}<div class=page-hero__caption>The pier at dawn"
        f"<span class=page-hero__credit>Ada Quill/AFP</span></div></div><main><article>{H}"
        f"<div class=text>{TEXT}</div></article></main>",
        OG,
        ("The pier at dawn", "Ada Quill/AFP"),
    ),
    "figure in header nav": (
        "<header class=site><figure class=logo><img src=/logo.png><figcaption>The Lantern, since 1987"
        f"</figcaption></figure></header><main><article>{H}<div class=text>{TEXT}</div></article></main>",
        "",
        (None, None),
    ),
    "author figure after title": (
        f"<article>{H}<div class=meta><figure class=author-image><img src=/b.jpg><figcaption>Ben Strand"
        f"</figcaption></figure></div><div class=text>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "ad figure": (
        f"<article>{H}<figure class=ad-slot><img src=/b.jpg><figcaption>Advertisement</figcaption>"
        f"</figure><div class=text>{TEXT}</div></article>",
        "",
        (None, None),
    ),
    "dek then figure then text in same div": (
        f"<article>{H}<div class=body><p class=dek><b>{LINE}</b></p><figure><img src=/q.jpg>"
        f"<figcaption>The pier at dawn</figcaption></figure>{TEXT}</div></article>",
        "",
        ("The pier at dawn", None),
    ),
    "two ps before figure": (
        f"<article>{H}<div class=body><p>{LINE}</p><p>{LINE} b</p><figure>{IMG}"
        f"<figcaption>The pier at dawn</figcaption></figure>{TEXT}</div></article>",
        OG,
        (None, None),
    ),
    "meta itemprop": (
        f"<article>{H}<figure itemscope itemtype=https://schema.org/ImageObject>"
        f"<meta itemprop=copyrightHolder content='Ada Quill / AFP'>{IMG}"
        f"<figcaption itemprop=caption>The pier at dawn</figcaption></figure><div class=body>{TEXT}</div>"
        "</article>",
        OG,
        ("The pier at dawn", "Ada Quill / AFP"),
    ),
    "ld author list": (
        f"<article>{H}<figure>{IMG}<figcaption>The pier at dawn</figcaption></figure>"
        f"<div class=body>{TEXT}</div></article>",
        OG + stated(copyrightNotice="© Ada Quill/dpa"),
        ("The pier at dawn", "Ada Quill/dpa"),
    ),
}


@pytest.mark.parametrize("name", LEADS)
def test_the_lead_picture(name: str) -> None:
    body, head, expected = LEADS[name]
    found = article(body, head)
    assert (found.caption, found.credit) == expected
