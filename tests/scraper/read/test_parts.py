"""The readers of single parts: inline text, title, byline, dates, captions, head, metadata."""

from __future__ import annotations

import json
import time
from datetime import date

import pytest

from archive.models import Paragraph
from scraper.read import byline, captions, dates, head, title
from scraper.read.body import evidence, survey
from scraper.read.credits import split_credit
from scraper.read.facts import Facts, gather
from scraper.read.inline import link_target
from scraper.read.tree import Node, key_of, label, parse, size_of, text_of
from scraper.read.units import walk

BASE = "https://news.example/a/b"


def tree(markup: str, top: str = "") -> Node:
    found = parse(f"<html><head>{top}</head><body>{markup}</body></html>")
    assert found is not None
    return found


def inline(markup: str) -> str:
    units = walk(tree(f"<p>{markup}</p>"), BASE).units
    block = units[0].block
    assert isinstance(block, Paragraph)
    return block.text


def facts_of(*objects: object, top: str = "") -> Facts:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(o)}</script>' for o in objects)
    return gather(tree("", scripts + top))


# ---------------------------------------------------------------------------------------------------- inline text


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("a <b> b </b>c", "a **b** c"),
        ("<b>a</b><strong>b</strong>", "**ab**"),
        ("<b>a <i>b</i></b>", "**a *b***"),
        ("<b><b>a</b></b> <em></em><i> </i>b", "**a** b"),
        ("<a href='/x'><b>a</b> b</a>", "[**a** b](https://news.example/x)"),
        ("<b><a href='x'>a</a></b>", "**[a](https://news.example/a/x)**"),
        ("<a href='/x'>a</a><a href='/x'>b</a>", "[a](https://news.example/x)[b](https://news.example/x)"),
        ("<a href='#n'>a</a> <a href='javascript:x()'>b</a> <a>c</a> <a href='tel:1'>d</a>", "a b c d"),
        ("<a href='/x'></a>a <a href='/y'><img src=i></a>b", "a b"),
        ("<a href='mailto:a@b.example'>m</a>", "[m](mailto:a@b.example)"),
        ("a<br>b<br/> c", "a b c"),
        ("a&nbsp;&#8203;b&shy;c\u2028d", "a bc d"),
        ("the [CSTO's] 5 * 3 _x_ \\ # `", "the [CSTO's] 5 * 3 _x_ \\ # `"),
        ("run <code>a b</code>", "run `a b`"),
        ("<q>a</q> &ldquo;b&rdquo;", "“a” “b”"),
        ("x<sup>2</sup> H<sub>2</sub>O", "x2 H2O"),
        ("<ruby>尹<rp>（</rp><rt>ユン</rt><rp>）</rp></ruby>", "尹（ユン）"),
        ("e\u0301", "é"),
        ("changes i<a href='/x'>n their</a> plan", "changes [in their](https://news.example/x) plan"),
        ("<b>T</b>he harbour", "The harbour"),
        ("the <i>n</i>th boat, <a href='/x'>boat</a>s", "the *n*th boat, [boat](https://news.example/x)s"),
        ("a<script>b</script><span hidden>c</span><span class='sr-only'>d</span>", "a"),
    ],
)
def test_inline(markup: str, expected: str) -> None:
    assert inline(markup) == expected


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/x y", "https://news.example/x%20y"),
        ("http://h.example/w/A_(b)", "http://h.example/w/A_(b)"),
        ("http://h.example/a)b", "http://h.example/a%29b"),
        ("http://h.example/?q=1#part", "http://h.example/?q=1#part"),
        ("/a/b#part", None),
        ("?", "https://news.example/a/b?"),
        ("data:text/html,x", None),
        ("mailto:", None),
        (" ", None),
        ("x" * 5000, None),
    ],
)
def test_where_links_lead(href: str, expected: str | None) -> None:
    assert link_target(href, BASE) == expected


def test_paragraphs_part_at_two_line_breaks() -> None:
    units = walk(tree("<div>a<br>b<br> <br>c<p>d</p>e</div>"), BASE).units
    assert [u.text for u in units] == ["a b", "c", "d", "e"]
    assert units[0].lines == ("a", "b")


# ---------------------------------------------------------------------------------------------------- title


@pytest.mark.parametrize(
    ("body", "top", "expected", "source"),
    [
        (
            "<h1>Site</h1><h1>A long headline of news</h1>",
            "<title>A long headline of news | Site</title>",
            "A long headline of news",
            "h1",
        ),
        (
            "<h1><span class=kicker>Sport</span> They won</h1>",
            '<meta property="og:title" content="They won">',
            "They won",
            "h1",
        ),
        (
            "",
            '<meta property="og:title" content="They won - Site"><meta property="og:site_name" content="Site">',
            "They won",
            "og:title",
        ),
        ("", "<title>They won the long game | Site</title>", "They won the long game", "title element"),
        ("<h1><img alt=Site></h1><h2>They won</h2>", "<title>They won</title>", "They won", "heading"),
        ("<nav><h1>Site</h1></nav><h1>Title</h1>", "", "Title", "h1"),
        ("<p itemprop=headline>They won</p>", "", "They won", "heading"),
    ],
)
def test_title(body: str, top: str, expected: str, source: str) -> None:
    page = tree(body, top)
    found = title.title(page, gather(page))
    assert found is not None
    assert (found.text, found.source) == (expected, source)


def test_the_headline_that_the_page_states_beats_another_wording_but_not_a_cut_one() -> None:
    for stated, expected in (
        ("Kicker: They won the long game", "Kicker: They won the long game"),
        ("They won the 'long' game", "They won the ‘long’ game"),
        ("They won the...", "They won the ‘long’ game"),
        ("Something else entirely", "Something else entirely"),
    ):
        ld = json.dumps({"@type": "NewsArticle", "headline": stated})
        page = tree("<h1>They won the ‘long’ game</h1>", f'<script type="application/ld+json">{ld}</script>')
        found = title.title(page, gather(page))
        assert found is not None and found.text == expected


# ---------------------------------------------------------------------------------------------------- byline


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("By Ada Quill", ["Ada Quill"]),
        ("Ada Quill, Ben Strand and Cleo Marsh", ["Ada Quill", "Ben Strand", "Cleo Marsh"]),
        ("Ada Quill, Ben Strand, and Cleo Marsh", ["Ada Quill", "Ben Strand", "Cleo Marsh"]),
        ("By Ada Quill, Staff Writer", ["Ada Quill"]),
        ("Ada Quill in Rome & Ben Strand", ["Ada Quill", "Ben Strand"]),
        ("Le Figaro et AFP", ["Le Figaro et AFP"]),
        ("John Smith, Jr.", ["John Smith, Jr."]),
        ("Ada Quill (Reuters)", ["Ada Quill"]),
        ("Editorial Board", ["Editorial Board"]),
        ("https://x.example/ada", []),
        ("ada@x.example", []),
        ("Von Anke Weiß und Ole Bruns", ["Anke Weiß", "Ole Bruns"]),
        ("", []),
    ],
)
def test_names_in_a_byline(raw: str, expected: list[str]) -> None:
    assert byline.split(raw) == expected


def test_where_authors_come_from() -> None:
    people = {"@type": "Article", "author": [{"@type": "Person", "name": "A B"}, {"@id": "#c"}, "D E", None, 7]}
    graph = {"@graph": [people, {"@type": "Person", "@id": "#c", "name": "C D"}]}
    assert byline.authors(tree(""), facts_of(graph)) == ("A B", "C D", "D E")
    organization = {"@type": "NewsArticle", "author": {"@type": "Organization", "name": "The Desk Ltd"}}
    assert byline.authors(tree(""), facts_of(organization)) == ("The Desk Ltd",)
    page = tree('<a rel="author" href="/x">A B</a>')
    assert byline.authors(page, facts_of(organization)) == ("A B",)
    page = tree('<p class="c-Byline__authors">By <b>A B</b> and C D</p>')
    assert byline.authors(page, gather(page)) == ("A B", "C D")
    assert byline.from_lines(["12 May 2001", "By A B | 3 May 2001"]) == ("A B",)
    assert byline.from_lines(["Bypass opened"]) == ()


# ---------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("published", "body", "expected"),
    [
        ("2021-03-05T23:40:00-05:00", "", date(2021, 3, 5)),
        ("2021-03-06T04:40:00Z", "", date(2021, 3, 6)),
        ("2021-03-06T04:40:00Z", '<time datetime="2021-03-05T23:40:00-05:00">x</time>', date(2021, 3, 5)),
        ("2021-03-06T04:40:00Z", "<time>5 March 2021</time>", date(2021, 3, 5)),
        ("2021-03-06T04:40:00Z", "<time>5 May 2020</time>", date(2021, 3, 6)),
        ("2021-03-05", "", date(2021, 3, 5)),
        ("20210305T101500+0100", "", date(2021, 3, 5)),
        ("2021-02-30", "<span class=date>March 1, 2021</span>", date(2021, 3, 1)),
        (
            "yesterday",
            '<span class="updated">2 May 2021</span><span class="published">1 May 2021</span>',
            date(2021, 5, 1),
        ),
        ("", "<p>1 May 2021</p>", None),
    ],
)
def test_the_day(published: str, body: str, expected: date | None) -> None:
    page = tree(body)
    found = dates.dates(page, facts_of({"@type": "NewsArticle", "datePublished": published}))
    assert found.day == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("Published May 5th, 2013 at 9", date(2013, 5, 5)),
        ("5. März 2013", date(2013, 3, 5)),
        ("5 de mayo de 2013", date(2013, 5, 5)),
        ("2013年5月4日", date(2013, 5, 4)),
        ("2013/05/04", date(2013, 5, 4)),
        ("May 35, 2013", None),
        ("05/04/2013", None),
    ],
)
def test_days_as_people_write_them(shown: str, expected: date | None) -> None:
    assert dates.read_day(shown) == expected


def test_a_day_in_the_lines_is_not_that_of_an_update() -> None:
    assert dates.from_lines(["Updated 3 May 2013", "1 May 2013"]) == date(2013, 5, 1)


# ---------------------------------------------------------------------------------------------------- captions


@pytest.mark.parametrize(
    ("markup", "caption", "credit"),
    [
        ("<figcaption>A pier. <span class=credit>A B</span></figcaption>", "A pier.", "A B"),
        ("<figcaption>A pier. (Photo: A B/AFP)</figcaption>", "A pier.", "A B/AFP"),
        ("<figcaption>A pier in the snow. Photo: A B</figcaption>", "A pier in the snow.", "A B"),
        ("<figcaption>A pier in the snow | AP Photo/A B</figcaption>", "A pier in the snow", "AP Photo/A B"),
        ("<figcaption>A pier (left) in the snow</figcaption>", "A pier (left) in the snow", None),
        ("<figcaption><span>A pier in the snow.</span><span>A B</span></figcaption>", "A pier in the snow.", "A B"),
        ("<figcaption>A pier. <em>it sank</em></figcaption>", "A pier. *it sank*", None),
        ("<figcaption>Getty Images</figcaption>", None, "Getty Images"),
        ("<figcaption>© A B</figcaption>", None, "A B"),
        ("<div class=image-caption>A pier</div><div class=image-credit>Credit: A B</div>", "A pier", "A B"),
        ("<img alt='no caption'>", None, None),
        ("<figcaption>気象庁の会見（代表撮影）</figcaption>", "気象庁の会見", "代表"),
    ],
)
def test_captions(markup: str, caption: str | None, credit: str | None) -> None:
    node = next(tree(f"<figure>{markup}</figure>").iter("figure"))
    assert captions.picture(node) == captions.Picture(caption, credit)


def test_a_caption_of_brackets_takes_no_time() -> None:
    start = time.process_time()
    for hostile in ("(photo: " * 20_000, "© " * 50_000, "a. " * 50_000, " | " * 50_000, "[photo" * 20_000):
        split_credit(hostile)
    assert time.process_time() - start < 5


# ---------------------------------------------------------------------------------------------------- head

LINE = "The council met on Tuesday evening in the old customs house, and it voted for the plan after hours of talk."


@pytest.mark.parametrize(
    ("markup", "subtitle", "intro"),
    [
        ("<h2>What it means</h2>", "What it means", None),
        ("<p class=dek>What it <i>means</i></p>", "What it *means*", None),
        ("<p class=deck>One</p><p class=standfirst>Two</p>", "One", "Two"),
        ("<div class=intro><p>One thing.</p><p>Another.</p></div>", None, "One thing. Another."),
        ("<p>By A B</p>", None, None),
        ("<h2><a href=/x>Another story</a></h2>", None, None),
        ("<h2></h2>", None, None),
    ],
)
def test_head(markup: str, subtitle: str | None, intro: str | None) -> None:
    text = "".join(f"<p>{LINE} {n}.</p>" for n in range(4))
    page = tree(f"<header><h1>They won</h1>{markup}</header><div class=content>{text}</div>")
    shown = title.title(page, gather(page))
    assert shown is not None
    field = survey(walk(page, BASE, shown.node).units, evidence(page, BASE, ""))
    assert field is not None
    found = head.head(field, shown)
    assert (found.subtitle, found.intro) == (subtitle, intro)


# ---------------------------------------------------------------------------------------------------- facts and tree


def test_json_ld_as_pages_write_it() -> None:
    scripts = """
    <script type="application/ld+json">//<![CDATA[
    {"@type": "NewsArticle", "headline": "a
    b", }
    //]]></script>
    <script type="application/ld+json">{broken</script>
    <script type="application/ld+json">[]</script>
    <script type="application/ld+json">{"@type": "http://schema.org/BlogPosting", "headline": "c &amp;amp; d"};</script>
    """
    found = gather(tree("", scripts))
    assert [a["@type"] for a in found.articles] == ["NewsArticle", "http://schema.org/BlogPosting"]
    assert found.ld("headline").split() == ["a", "b"]


@pytest.mark.parametrize(
    ("raw", "headlines"),
    [
        ('{"@type": "Article", "headline": "a"}\n{"@type": "Article", "headline": "b"}', ["a", "b"]),
        ('{"@type": "Article", "headline": "a"}, {"@type": "Article", "headline": "b"} and more', ["a", "b"]),
        ("{&quot;@type&quot;: &quot;Article&quot;, &quot;headline&quot;: &quot;a&quot;}", ["a"]),
        ('{"@type": "NewsArticle", "headline": "a", "description": "He said "no".", "x": 1}', ["a"]),
        ('{"@type": "Product", "headline": "a", "description": "He said "no"."}', []),
        ("{", []),
    ],
)
def test_json_ld_that_is_hardly_json(raw: str, headlines: list[str]) -> None:
    found = gather(tree("", f'<script type="application/ld+json">{raw}</script>'))
    assert [a["headline"] for a in found.articles] == headlines


def test_what_is_saved_of_json_ld_that_cannot_be_read() -> None:
    raw = """{"@type": "NewsArticle", "headline": "a "quoted" word", "datePublished": "2021-03-05T10:00:00+01:00",
    "author": [{"@type": "Person", "name": "A B"}, {"@type": "Person", "name": "C D"}], "publisher": {"name": "E"}}"""
    found = gather(tree("", f'<script type="application/ld+json">{raw}</script>'))
    assert byline.authors(tree(""), found) == ("A B", "C D")
    assert dates.dates(tree(""), found).day == date(2021, 3, 5)
    assert found.ld("headline") is None


def test_json_ld_deep_and_long_is_bounded() -> None:
    deep = '{"@type":"Article","hasPart":' * 5000 + "1" + "}" * 5000
    found = gather(tree("", f'<script type="application/ld+json">{deep}</script>'))
    assert len(found.objects) <= 5000
    many = json.dumps([{"@type": "Thing"}] * 20_000)
    assert len(gather(tree("", f'<script type="application/ld+json">{many}</script>')).objects) == 5000


def test_labels_keys_sizes_and_texts() -> None:
    node = next(tree('<div class="relatedStory__title is-x" id="mainBox" data-testid="a_b">x</div>').iter("div"))
    assert label(node) == " related story title is x main box a b "
    assert label(next(tree("<p class='a' id='ad-1'>x</p>").iter("p"))) == " a "
    assert key_of("“It’s É”, 5_0") == "itsé50"
    assert size_of("abc") == 3 and size_of("気象庁") == 9
    assert text_of(next(tree("<div>a<script>b</script><p>c <b>d</b>e</p>f</div>").iter("div"))) == "a c de f"
