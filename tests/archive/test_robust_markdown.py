"""Links of Markdown made robust: which are found where they stand, and that nothing else changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.robust.anchors import Relink
from archive.robust.link import Snapshot
from archive.robust.markdown_parser import parser
from archive.robust.rewriting import Kind, Rewritten, rewritten

TIME = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DEAD = "https://dead.test/a"
TWO = "https://dead.test/b_(c)_d?x=1&y=2!#part"
THREE = "https://dead.test/*x*y"
LIVE = "https://live.test/a"
SNAP = f"https://archive.test/20260304050607/{DEAD}"
KEPT = {
    DEAD: SNAP,
    THREE: f"https://archive.test/20260304050607/{THREE}",
    TWO: f"https://archive.test/20260304050607/{TWO}",
    "http://www.dead.test/w": f"{SNAP}/w",
}


def choose(address: str) -> Relink | None:
    snapshot = KEPT.get(address)
    return Relink(address, Snapshot(snapshot, TIME), leads=True) if snapshot is not None else None


def made(text: str | bytes) -> Rewritten:
    data = text.encode() if isinstance(text, str) else text
    return rewritten(data, Kind.MARKDOWN, choose, "a.md")


ROBUST = f'href="{SNAP}" data-originalurl="{DEAD}" data-versiondate="2026-03-04T05:06:07Z" data-versionurl="{SNAP}"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"[a]({DEAD})", f"[a]({SNAP})"),
        (f"[a]( {DEAD}  'the title' )", f"[a]( {SNAP}  'the title' )"),
        (f"[a](<{DEAD}>)", f"[a](<{SNAP}>)"),
        (f'[a](\n{DEAD}\n"t")', f'[a](\n{SNAP}\n"t")'),
        (f"[*a* `b` ![i](x.png)]({DEAD})", f"[*a* `b` ![i](x.png)]({SNAP})"),
        (f"[a [b] c]({DEAD}) [d]({LIVE}) [e]({DEAD})", f"[a [b] c]({SNAP}) [d]({LIVE}) [e]({SNAP})"),
        ("[a](https://dead.test/&#97;)", f"[a]({SNAP})"),
        (r"[a](https\://dead.test/a)", f"[a]({SNAP})"),
        (f"<{DEAD}> and {DEAD}.", f"[{DEAD}]({SNAP}) and [{DEAD}]({SNAP})."),
        (f"({DEAD}), *{DEAD}*, **{DEAD}**", f"([{DEAD}]({SNAP})), *[{DEAD}]({SNAP})*, **[{DEAD}]({SNAP})**"),
        (f"See {DEAD}; {DEAD}?! {DEAD}&amp; {DEAD}…", None),
        ("www.dead.test/w, xwww.dead.test/w", f"[www.dead.test/w]({SNAP}/w), xwww.dead.test/w"),
        (f"x{DEAD} /{DEAD} [{DEAD}]", f"x{DEAD} /{DEAD} [{DEAD}]"),
        (f"[a][1] [1]\n\n[1]: {DEAD} 'T'\n[2]: <{DEAD}>\n", f"[a][1] [1]\n\n[1]: {SNAP} 'T'\n[2]: <{SNAP}>\n"),
        (f'[a]:\n  {DEAD}\n  "T"\n\n[A]', f'[a]:\n  {SNAP}\n  "T"\n\n[A]'),
        (
            f"> [a]({DEAD})\nlazy {DEAD}\n>\n> > - <{DEAD}>",
            f"> [a]({SNAP})\nlazy [{DEAD}]({SNAP})\n>\n> > - [{DEAD}]({SNAP})",
        ),
        (f"1. x\n\n   [a]({DEAD})\n\t- {DEAD}", f"1. x\n\n   [a]({SNAP})\n\t- [{DEAD}]({SNAP})"),
        (f"> [x]: {DEAD}\n> [x]", f"> [x]: {SNAP}\n> [x]"),
        (f"# {DEAD} #\n\n{DEAD}\n===", f"# [{DEAD}]({SNAP}) #\n\n[{DEAD}]({SNAP})\n==="),
        (
            f"| a | b |\n| - | - |\n| `{DEAD}` \\| x | {DEAD} |\n| [a \\| b]({DEAD}) | <{DEAD}> |",
            f"| a | b |\n| - | - |\n| `{DEAD}` \\| x | [{DEAD}]({SNAP}) |\n| [a \\| b]({SNAP}) | [{DEAD}]({SNAP}) |",
        ),
        (f"a <a href='{DEAD}'>x</a>", f"a <a {ROBUST.replace(chr(34), chr(39))}>x</a>"),
        (f'<div>\n<a href="{DEAD}">x</a>\n</div>', f"<div>\n<a {ROBUST}>x</a>\n</div>"),
        (f'> <div>\n> <a href="{DEAD}">{DEAD}</a>\n> </div>', f"> <div>\n> <a {ROBUST}>{DEAD}</a>\n> </div>"),
        (f"{DEAD}  \r\n[a]({DEAD})\r\n\r\n\ttab", f"[{DEAD}]({SNAP})  \r\n[a]({SNAP})\r\n\r\n\ttab"),
        (f"{DEAD}\r[a]({DEAD})", f"[{DEAD}]({SNAP})\r[a]({SNAP})"),
        (f"\ufeff{DEAD}", f"\ufeff[{DEAD}]({SNAP})"),
        (f"[b]({TWO}) <{TWO}> {TWO}", None),
    ],
)
def test_links_are_found_where_they_stand(before: str, after: str | None) -> None:
    found = made(before)
    assert not found.left
    if after is not None:
        assert found.data.decode() == after
    else:
        assert found.changes
    check(before, found)


@pytest.mark.parametrize(
    "text",
    [
        f"`{DEAD}` ``[a]({DEAD})``",
        f"```\n{DEAD}\n[a]: {DEAD}\n```\n~~~md\n<{DEAD}>\n~~~\n\n    {DEAD}\n",
        f"---\nsource: {DEAD}\nlinks:\n- <{DEAD}>\n---\n\ntext",
        f"+++\nsource = '{DEAD}'\n+++\ntext",
        f"<!-- {DEAD} [a]({DEAD}) -->\n\n<pre>\n<a href={DEAD}>x</a> {DEAD}\n\n</pre>\n\n"
        f"<script>\nx = '{DEAD}'\n</script>",
        f"![a]({DEAD}) ![a][p]\n\n[p]: {DEAD}",
        f"text\n\nOriginal url:\n\n<{DEAD}>",
        f"text\n\nOriginal url: {DEAD}",
        f"<a href='{DEAD}'>{DEAD}</a> is robust already".replace("<a ", "<a data-versionurl='x' "),
        f"[a]({LIVE}) <{LIVE}> {LIVE}",
        f"[a](javascript:{DEAD}) <mailto:a@dead.test>",
    ],
)
def test_what_is_no_link_stays(text: str) -> None:
    assert made(text) == Rewritten(text.encode(), (), ())


def test_what_would_mean_something_else_is_left_and_told() -> None:
    """An exclamation mark before a bracket makes a picture."""
    found = made(f"!<{DEAD}> and\n<{DEAD}>")
    assert found.data.decode() == f"!<{DEAD}> and\n[{DEAD}]({SNAP})"
    assert [(one.line, one.address) for one in found.left] == [(1, DEAD)]
    assert [(one.line, one.address) for one in found.changes] == [(2, DEAD)]


def test_stars_of_an_address_are_no_emphasis() -> None:
    written = THREE.replace("*", r"\*")
    text = f"[{written}](https://archive.test/20260304050607/{written})"
    for before in (f"<{THREE}>", THREE):
        assert made(before).data.decode() == text
    assert made(text).data.decode() == text


def anchored(text: str | bytes, *, leads: bool = True) -> Rewritten:
    def chosen(address: str) -> Relink | None:
        found = choose(address)
        return replace(found, leads=leads) if found is not None else None

    data = text.encode() if isinstance(text, str) else text
    return rewritten(data, Kind.MARKDOWN, chosen, "a.md", anchored=True)


DATA = f'data-originalurl="{DEAD}" data-versiondate="2026-03-04T05:06:07Z" data-versionurl="{SNAP}"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"[a *b*]({DEAD})", f'<a href="LINK" {DATA}>a *b*</a>'),
        (f"[a](<{DEAD}> 'x \"y\"')", f'<a href="LINK" title="x &quot;y&quot;" {DATA}>a</a>'),
        (f"<{DEAD}>, {DEAD}.", f'<a href="LINK" {DATA}>https&#58;//dead.test/a</a>, ' * 2 + "."),
        (f"| a |\n| - |\n| [b \\| c]({DEAD}) |", f'| a |\n| - |\n| <a href="LINK" {DATA}>b \\| c</a> |'),
        (f"!<{DEAD}>", f'!<a href="LINK" {DATA}>https&#58;//dead.test/a</a>'),
    ],
)
def test_anchors_have_what_makes_links_robust(before: str, after: str) -> None:
    after = after.replace("</a>, .", "</a>.")
    assert anchored(before).data.decode() == after.replace("LINK", SNAP)
    assert anchored(before, leads=False).data.decode() == after.replace("LINK", DEAD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"*a [b*]({DEAD})", f"*a [b*]({SNAP})"),
        (f"[see {LIVE}]({DEAD})", f"[see {LIVE}]({SNAP})"),
        (f"[a\nb]({DEAD})", f"[a\nb]({SNAP})"),
        (f"[a]: {DEAD}", f"[a]: {SNAP}"),
    ],
)
def test_where_an_anchor_would_change_more_the_destination_changes(before: str, after: str) -> None:
    assert anchored(before).data.decode() == after


def test_lines_are_counted_as_editors_do() -> None:
    found = made(f"\r\n\r{DEAD}\n\n{DEAD}")
    assert [one.line for one in found.changes] == [3, 5]


def test_a_link_of_a_dead_address_that_a_picture_shares_stays() -> None:
    found = made(f"![x][p] {DEAD}\n\n[p]: {DEAD}")
    assert found.data.decode() == f"![x][p] [{DEAD}]({SNAP})\n\n[p]: {DEAD}"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16(codec: str) -> None:
    mark = "\ufeff".encode(codec)
    assert made(mark + f"é [a]({DEAD})\r\n".encode(codec)).data == mark + f"é [a]({SNAP})\r\n".encode(codec)


def test_bytes_that_are_no_text_come_back() -> None:
    assert (
        made(b"\xff\xfa\xe9 [a](" + DEAD.encode() + b")\x00\xc3").data
        == b"\xff\xfa\xe9 [a](" + SNAP.encode() + b")\x00\xc3"
    )


# ------------------------------------------------------------------------------------------------ any text

PIECES = [
    f"[a]({DEAD})",
    f'[a]({DEAD} "t")',
    f"[a](<{DEAD}>)",
    f"<{DEAD}>",
    DEAD,
    f"({DEAD})",
    f"[r]: {DEAD}",
    "[r]",
    "[r][]",
    "[x][r]",
    f"[{DEAD}]({DEAD})",
    f"[a]({TWO})",
    f"<{TWO}>",
    TWO,
    f"[a]({LIVE})",
    LIVE,
    "www.dead.test/w",
    f"![i]({DEAD})",
    f'<a href="{DEAD}">x</a>',
    f"<a href={DEAD}>",
    "</a>",
    "<pre>",
    "</pre>",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "`",
    "``",
    "```",
    "~~~",
    "*",
    "**",
    "_",
    "~~",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "<",
    ">",
    "\\",
    "&amp;",
    "&",
    "|",
    "\n| - | - |\n",
    "| a | b |",
    "#",
    "# ",
    "- ",
    "1. ",
    "> ",
    "    ",
    "\t",
    "  ",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "---",
    "===",
    "+++",
    "!",
    ":",
    "a",
    "é",
    "\u00a0",
    "\u3000",
    "日本",
    "\x00",
    "\ufeff",
    "Original url:",
    "1",
    ".",
    ";",
    "'",
    '"',
]
texts = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)


def words_of(source: str) -> tuple[str, list[str]]:
    """What a reader sees, and the texts of the links in it."""
    soup = BeautifulSoup(parser().render(source.removeprefix("\ufeff")), "lxml")
    return soup.get_text(), [link.get_text() for link in soup.find_all("a")]


def check(before: str, found: Rewritten) -> None:
    after = found.data.decode()
    assert words_of(after)[0] == words_of(before)[0]
    links = words_of(after)[1]
    for text in words_of(before)[1]:
        assert text in links
    again = made(found.data)
    assert again.data == found.data
    assert not again.changes


@given(texts)
@example(f"a*{DEAD}*")
@example(f"[r]\n[r]: {DEAD}\n!<{DEAD}>[r]")
def test_any_text_says_what_it_said(before: str) -> None:
    found = made(before)
    assert bool(found.changes) == (found.data != before.encode())
    check(before, found)


BARE = ("<https", "https", "(https", "www", "<a", "[https")
NAMED = [piece for piece in PIECES if "(<" not in piece and not piece.startswith(BARE)]
inline = st.lists(st.sampled_from(NAMED), max_size=14)


@given(inline.map("".join))
def test_destinations_alone_change(before: str) -> None:
    """Undoing the destinations, and what stands around a bare address, gives the file back to the byte."""
    after = made(before).data.decode().replace("https://archive.test/20260304050607/", "")
    for written in (r"b\_\(c\)\_d?x=1\&y=2\!", r"b\_(c)\_d?x=1\&y=2!"):
        after = after.replace(written, "b_(c)_d?x=1&y=2!")
    for address in (DEAD, TWO):
        after = after.replace(f"[{address}]({address})", address)
    assert after == before


@given(texts, st.booleans())
def test_any_text_says_what_it_said_with_anchors(before: str, leads: bool) -> None:
    found = anchored(before, leads=leads)
    after = found.data.decode()
    assert words_of(after)[0] == words_of(before)[0]
    assert set(words_of(before)[1]) <= set(words_of(after)[1])
    assert anchored(found.data, leads=leads) == Rewritten(found.data, (), found.left)


@given(st.binary(max_size=60), st.sampled_from([DEAD, f"[a]({DEAD})", ""]))
def test_any_bytes(data: bytes, link: str) -> None:
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = made(data + link.encode())
        if not found.changes:
            assert found.data == data + link.encode()


@given(texts)
def test_nothing_changes_where_nothing_is_kept(text: str) -> None:
    assert rewritten(text.encode(), Kind.MARKDOWN, lambda _: None, "a.md") == Rewritten(text.encode(), (), ())
