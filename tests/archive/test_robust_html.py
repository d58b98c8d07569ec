"""Links of HTML made robust: tags where browsers see them, and that nothing else changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import FormatError
from archive.robust.anchors import Relink, escaped
from archive.robust.link import Snapshot
from archive.robust.rewriting import Kind, Rewritten, rewritten
from archive.robust.tags import tags, value_of

TIME = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DEAD = "https://dead.test/a?b=1&c='2'"
LIVE = "https://live.test/a"
SNAP = f"https://archive.test/20260304050607/{DEAD}"


def choose(address: str) -> Relink | None:
    address = address.strip()
    if address not in (DEAD, LIVE):
        return None
    return Relink(address, Snapshot(f"https://archive.test/20260304050607/{address}", TIME), leads=address == DEAD)


def made(text: str | bytes) -> Rewritten:
    data = text.encode() if isinstance(text, str) else text
    return rewritten(data, Kind.HTML, choose, "a.html")


def robust(address: str, quote: str = '"', *, leads: bool = True) -> str:
    snapshot, date = f"https://archive.test/20260304050607/{address}", "2026-03-04T05:06:07Z"
    values = {"data-originalurl": address, "data-versiondate": date, "data-versionurl": snapshot}
    more = "".join(f" {name}={quote}{escaped(value)}{quote}" for name, value in values.items())
    return f"href={quote}{escaped(snapshot)}{quote}{more}" if leads else more.lstrip()


ESCAPED = escaped(DEAD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'<a href="{DEAD}">x</a>', f"<a {robust(DEAD)}>x</a>"),
        (f'<A  CLASS=x HREF = "{ESCAPED}"\n id=y >x</A>', f"<A  CLASS=x HREF = {robust(DEAD)[5:]}\n id=y >x</A>"),
        (f"<a href='{ESCAPED}'>x", f"<a {robust(DEAD, chr(39))}>x"),
        (f"<a href={DEAD} title=y>x</a>", f"<a {robust(DEAD)} title=y>x</a>"),
        (f"<a href={DEAD}>x</a>", f"<a {robust(DEAD)}>x</a>"),
        (f'<a href=" {DEAD}\n">x</a>', f"<a {robust(DEAD)}>x</a>"),
        (f'<a href="{LIVE}"/>x</a>', f'<a href="{LIVE}" {robust(LIVE, leads=False)}/>x</a>'),
        (f"<a href={LIVE}>x</a>", f"<a href={LIVE} {robust(LIVE, leads=False)}>x</a>"),
        (f'<a href="{DEAD}" href="{LIVE}">', f'<a {robust(DEAD)} href="{LIVE}">'),
        (f'<p><!--> <a href="{DEAD}">', f"<p><!--> <a {robust(DEAD)}>"),
        (
            f'<script></script/><style></STYLE ><a href="{DEAD}">',
            f"<script></script/><style></STYLE ><a {robust(DEAD)}>",
        ),
        (f'<pre>a</pre><code><a href="{DEAD}">', f"<pre>a</pre><code><a {robust(DEAD)}>"),
        (f'a < b <3 </> <a href="{DEAD}">', f"a < b <3 </> <a {robust(DEAD)}>"),
        (f'<noscript><a href="{DEAD}"></noscript>', f"<noscript><a {robust(DEAD)}></noscript>"),
        (f'<svg/><a href="{DEAD}">', f"<svg/><a {robust(DEAD)}>"),
        (f'\ufeff<a\r\nhref="{DEAD}"\r\n>', f"\ufeff<a\r\n{robust(DEAD)}\r\n>"),
    ],
)
def test_links_are_found_where_they_stand(before: str, after: str) -> None:
    found = made(before)
    assert found.data.decode() == after
    assert len(found.changes) == 1
    assert made(found.data) == Rewritten(found.data, (), ())


@pytest.mark.parametrize(
    "text",
    [
        f'<!-- <a href="{DEAD}"> -->',
        f'<script>var x = "<a href=\'{DEAD}\'>"; <!-- <script> </script> <a href="{DEAD}"> --></script>',
        f'<style>/* <a href="{DEAD}"> */</style><title><a href="{DEAD}"></title>',
        f'<textarea><a href="{DEAD}"></textarea><xmp><a href="{DEAD}"></xmp><iframe><a href="{DEAD}"></iframe>',
        f'<pre><b><a href="{DEAD}">x</a></b></pre><template><a href="{DEAD}"></a></template>',
        f'<svg><a href="{DEAD}"><text>x</text></a></svg>',
        f'<p title="<a href=\'{DEAD}\'>">{DEAD} <link href="{DEAD}"> <area href="{DEAD}"> <abbr href="{DEAD}">',
        f'<a href="{DEAD}" data-originalurl="x">x</a> <a data-versionurl="y" href="{LIVE}">y</a>',
        f'<plaintext><a href="{DEAD}">',
        f'<a href="{DEAD}',
        f'<a href="{DEAD}" title="open',
        f'<!doctype html "<a href={DEAD}"',
        f"<?php echo '<a href=\"{DEAD}\"'; ?",
        '<a href="/relative"><a name=x><a href><a href=""><a href="mailto:a@dead.test">',
    ],
)
def test_what_is_no_link_stays(text: str) -> None:
    assert made(text) == Rewritten(text.encode(), (), ())


@pytest.mark.parametrize("codec", ["windows-1251", "shift_jis", "gb18030", "big5", "utf-8", "latin-1"])
def test_other_encodings_come_back_to_the_byte(codec: str) -> None:
    words = {"windows-1251": "Привет", "latin-1": "déjà"}.get(codec, "表示能力十")
    page = f'<p title={words}>{words}<a title="{words}" href="{DEAD}">{words}</a>'
    assert made(page.encode(codec)).data == page.replace(f'href="{DEAD}"', robust(DEAD)).encode(codec)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16(codec: str) -> None:
    page = f'\ufeff<p>é\ud83d\ude00<a href="{DEAD}">'.encode(codec, "surrogatepass")
    assert made(page).data == f"\ufeff<p>é\ud83d\ude00<a {robust(DEAD)}>".encode(codec, "surrogatepass")
    with pytest.raises(FormatError):
        made(page[:-1])


@pytest.mark.parametrize(
    ("written", "value"),
    [("a&amp;b", "a&b"), ("?a&copy=1", "?a&copy=1"), ("?a&copy;=1", "?a©=1"), ("?a&copy", "?a©"), ("&#97;&#x62", "ab")],
)
def test_character_references_in_attributes(written: str, value: str) -> None:
    (tag,) = tags(f'<a href="{written}">')
    assert value_of(tag.attributes[0]) == value


PIECES = [
    f'<a href="{DEAD}">',
    f"<a href={LIVE}>",
    f"<a class='x' href='{ESCAPED}' >",
    "</a>",
    "<p>",
    "</p>",
    "<pre>",
    "</pre>",
    "<!--",
    "-->",
    "<!-->",
    "--!>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<",
    ">",
    '"',
    "'",
    "=",
    "/",
    "<a ",
    "<b x=",
    "href=",
    "<br/>",
    "<!",
    "<?",
    "</",
    "&amp;",
    "é",
    " ",
    "\n",
    "x",
]
pages = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(pages)
@example("<script><!--<script></script>--></script>")
def test_any_page_says_what_it_said(page: str) -> None:
    found = made(page)
    assert made(found.data) == Rewritten(found.data, (), ())
    undone = found.data.decode()
    undone = re.sub(r""" data-(?:originalurl|versiondate|versionurl)=(?:"[^"]*"|'[^']*')""", "", undone)
    for quote, written in (('"', DEAD), ("'", ESCAPED)):
        undone = undone.replace(f"href={quote}{escaped(SNAP)}{quote}", f"href={quote}{written}{quote}")
    assert undone == page
    assert len(found.changes) == len([tag for tag in tags(found.data.decode()) if tag.attribute("data-versionurl")])


@given(pages)
def test_an_html_parser_sees_the_same_links(page: str) -> None:
    """Where no `pre` closes links off. What was cut off, parsers see in ways of their own."""
    page = page.replace("<pre>", "").replace("</pre>", "") + "<p>"
    found = made(page)
    before, after = (BeautifulSoup(text, "lxml") for text in (page, found.data.decode()))
    assert before.get_text() == after.get_text()
    assert [link.get_text() for link in before.find_all("a")] == [link.get_text() for link in after.find_all("a")]


@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert made(data) == Rewritten(data, (), ())
