"""markdown-it with what it leaves out: where links stand, and the bare addresses of GitHub Flavored Markdown (6.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from html import unescape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.reference import reference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.autolink import autolink
from markdown_it.rules_inline.html_inline import html_inline
from markdown_it.rules_inline.link import link
from msgspec import Struct


class Kind(StrEnum):
    """How a link is written. `REFERENCE` is the use of a definition, and names no address itself."""

    INLINE = "inline"
    AUTOLINK = "autolink"
    BARE = "bare"
    REFERENCE = "reference"
    DEFINITION = "definition"
    HTML = "html"


class Place(Struct, frozen=True):
    """Where a link stands in the text that was parsed: of an inline token, in its content. `to` is where its
    destination stands, angle brackets included; `address` what that says. `label` is where the text of an inline link
    stands."""

    kind: Kind
    start: int
    end: int
    to: tuple[int, int]
    address: str
    label: tuple[int, int] = (0, 0)


PLACE = "place"
DEFINITIONS = "definitions"
_InlineRule = Callable[[StateInline, bool], bool]

# Where a piece of text ends that holds no mark-up; and before which a bare address may begin.
_STOP = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~]|(?<![^\s*_~(])www\.", re.IGNORECASE)
_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)
_WWW = re.compile(r"www\.", re.IGNORECASE)
_RUN = re.compile(r"[^\s<]*")
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_ENTITY = re.compile(r"&[A-Za-z0-9]+;\Z")
_LABEL = re.compile(r"\[(?:\\.|[^\[\]\\])*\]:", re.DOTALL)
_SPACE = re.compile(r"[ \t\n]*")
_LONGEST_SCHEME = 5


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables, struck text and bare addresses. The texts of links stay as they are written."""
    md = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    md.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    md.inline.ruler.at("text", _text)
    md.inline.ruler.before("text", "bare", _bare)
    md.inline.ruler.at("link", _placed(link, _link_place))
    md.inline.ruler.at("autolink", _placed(autolink, _autolink_place))
    md.inline.ruler.at("html_inline", _placed(html_inline, _html_place))
    md.block.ruler.at("reference", _reference)
    return md


# ------------------------------------------------------------------------------------------------ inline


def _placed(rule: _InlineRule, place: Callable[[StateInline, int, int], Place]) -> _InlineRule:
    """The rule, whose first token knows where it stands."""

    def placed(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            token = next(one for one in state.tokens[before:] if one.type in ("link_open", "html_inline"))
            token.meta = token.meta | {PLACE: place(state, start, state.pos)}
        return True

    return placed


def _link_place(state: StateInline, start: int, end: int) -> Place:
    src = state.src
    state.pos = start
    label = state.md.helpers.parseLinkLabel(state, start, True)
    state.pos = end
    if src[label + 1 : label + 2] == "(" and src[end - 1] == ")":
        begin = _skipped(src, label + 2)
        found = state.md.helpers.parseLinkDestination(src, begin, end)
        if found.ok and found.pos < end:
            return Place(Kind.INLINE, start, end, (begin, found.pos), found.str, (start + 1, label))
    return Place(Kind.REFERENCE, start, end, (end, end), "")


def _autolink_place(state: StateInline, start: int, end: int) -> Place:
    return Place(Kind.AUTOLINK, start, end, (start, end), state.src[start + 1 : end - 1])


def _html_place(state: StateInline, start: int, end: int) -> Place:
    return Place(Kind.HTML, start, end, (start, end), "")


def _text(state: StateInline, silent: bool) -> bool:
    found = _STOP.search(state.src, state.pos, state.posMax)
    if found is not None and found.start() == state.pos and len(found[0]) > 1:
        # A begin of "www." that was no address: at least its first letter is text.
        found = _STOP.search(state.src, state.pos + 1, state.posMax)
    end = found.start() if found is not None else state.posMax
    if end == state.pos:
        return False
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True


def _bare(state: StateInline, silent: bool) -> bool:
    """An address that stands in the text by itself. Not where the label of a link is looked for: that may not end in
    it."""
    if silent or state.linkLevel > 0:
        return False
    src, pos = state.src, state.pos
    if src.startswith("://", pos):
        scheme = _SCHEME.search(src, max(0, pos - _LONGEST_SCHEME), pos)
        if scheme is None or not state.pending.endswith(scheme[0]) or not _free(src, scheme.start()):
            return False
        start, host = scheme.start(), pos + 3
    elif _WWW.match(src, pos, state.posMax) and _free(src, pos):
        start = host = pos
    else:
        return False
    domain = _DOMAIN.match(src, host, state.posMax)
    if domain is None or "_" in "".join(domain[0].split(".")[-2:]) or (host == start and "." not in domain[0]):
        return False
    run = _RUN.match(src, host, state.posMax)
    end = _trimmed(src, start, run.end() if run else host)
    if end < domain.end():
        return False
    written = src[start:end]
    address = unescape(written if host > start else f"http://{written}")
    state.pending = state.pending[: len(state.pending) - (pos - start)]
    token = state.push("link_open", "a", 1)
    token.attrs = {"href": state.md.normalizeLink(address)}
    token.meta = {PLACE: Place(Kind.BARE, start, end, (start, end), address)}
    state.push("text", "", 0).content = written
    state.push("link_close", "a", -1)
    state.pos = end
    return True


def _free(src: str, at: int) -> bool:
    return at == 0 or src[at - 1].isspace() or src[at - 1] in "*_~("


def _trimmed(src: str, start: int, end: int) -> int:
    """Without the signs of the sentence around it."""
    while end > start:
        last = src[end - 1]
        if last in "?!.,:*_~'\"" or (last == ")" and src.count(")", start, end) > src.count("(", start, end)):
            end -= 1
        elif last == ";":
            entity = _ENTITY.search(src, start, end)
            end = entity.start() if entity else end - 1
        else:
            break
    return end


# ------------------------------------------------------------------------------------------------ definitions


def _reference(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    if not reference(state, line, end_line, silent):
        return False
    if not silent:
        pieces: list[str] = []
        at: list[int] = []
        for number in range(line, state.line):
            start = state.bMarks[number] + state.tShift[number]
            pieces.append(state.src[start : state.eMarks[number] + 1])
            at += range(start, start + len(pieces[-1]))
        text = "".join(pieces)
        label = _LABEL.match(text)
        begin = _skipped(text, label.end()) if label else 0
        found = state.md.helpers.parseLinkDestination(text, begin, len(text))
        if label is not None and found.ok and found.pos > begin:
            to = (at[begin], at[found.pos - 1] + 1)
            place = Place(Kind.DEFINITION, at[0], to[1], to, found.str)
            state.env.setdefault(DEFINITIONS, []).append(place)
    return True


def _skipped(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def parse(text: str) -> tuple[list[Any], list[Place]]:
    """The tokens of a text whose line ends are line feeds; those of links bear a Place. And its definitions, which
    stand in the text as a whole."""
    env: dict[str, Any] = {}
    return parser().parse(text, env), env.get(DEFINITIONS, [])
