"""Links of Markdown made robust in their places, nothing else touched: pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from archive.robust import anchors
from archive.robust.anchors import Choose, Edit, Relink, applied
from archive.robust.escaping import link_text, markdown_destination
from archive.robust.markdown_parser import PLACE, Kind, Place, parse, parser

LINE_END = re.compile(r"\r\n?|\n")
_FRONT = re.compile(r"(---|\+\+\+)[ \t]*\n(?:.*\n)*?(?:\1|\.\.\.)[ \t]*(?:\n|\Z)")
_HEADING_END = re.compile(r"\s*#*\s*\Z")
_LINKS = re.compile(r"[A-Za-z]:(?=//)|www\.|<a\b", re.IGNORECASE)
# How often a text is parsed again to find out which of its links have to be left.
_MOST_TRIES = 400
_TRAILER = re.compile(r"\s*original url:", re.IGNORECASE)


class Found(Struct, frozen=True):
    """The edits of a text, and the links that had to be left alone: their mark-up would mean something else."""

    edits: tuple[Edit, ...]
    left: tuple[Edit, ...] = ()


def edits(text: str, choose: Choose, *, anchored: bool = False) -> Found:
    """Those of inline links, definitions, autolinks, bare addresses and `<a href>`. Code, front matter, the addresses
    of pictures, and the `Original url:` of an article's text stay as they are. With `anchored`, links become anchors of
    HTML with the attributes of robust links, where what stands around them allows it."""
    source = _Source(text)
    if not source.text.strip():
        return Found(())
    tokens, definitions = parse(source.text)
    ways = list(_wanted(source, tokens, definitions, choose))
    check = _Check(source, tokens, ways, choose)
    kept = check.sound([way.anchor or way.plain for way in ways]) if anchored else []
    kept = check.sound([way.plain for way in ways], kept)
    places = {edit.at for edit in kept}
    left = [way.plain for way in ways if way.plain.at not in places]
    return Found(*(tuple(map(source.as_it_is, some)) for some in (kept, left)))


class _Source:
    """A text with line feeds for its line ends and nothing in its front matter, and where each place of that stands in
    the text as it is."""

    def __init__(self, text: str) -> None:
        ends = [match.end() for match in LINE_END.finditer(text)]
        self._raw = [0, *ends]
        plain = LINE_END.sub("\n", text).replace("\0", "\ufffd")
        front = _FRONT.match(plain)
        if front is not None:
            plain = re.sub(r"[^\n]", " ", front[0]) + plain[front.end() :]
        self.text = plain
        self.raw = text
        self.lines = plain.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, line: int) -> int:
        return self._starts[line]

    def at(self, place: int) -> int:
        """Of a place in `text` that in the text as it is."""
        line = bisect_right(self._starts, place) - 1
        return self._raw[line] + place - self._starts[line]

    def as_it_is(self, edit: Edit) -> Edit:
        """An edit of `text` as one of the text as it is."""
        return replace(edit, start=self.at(edit.start), end=self.at(edit.end), at=self.at(edit.at))

    def is_trailer(self, place: int) -> bool:
        """Whether this is the address that an article's text was made from."""
        line = bisect_right(self._starts, place) - 1
        before = next((self.lines[n] for n in range(line - 1, -1, -1) if self.lines[n].strip()), "")
        return bool(_TRAILER.match(self.lines[line]) or re.fullmatch(r"\s*original url:\s*", before, re.IGNORECASE))

    def content(self, content: str, line: int) -> list[int] | None:
        """For each character of an inline token that begins on this line where it stands in `text`; -1 for white space
        that stands there in another form. None where it cannot be found."""
        found: list[int] = []
        for number, part in enumerate(content.split("\n"), line):
            body = part.lstrip(" \t")
            at = self.lines[number].rfind(body) if number < len(self.lines) else -1
            if at < 0 or not _HEADING_END.match(self.lines[number], at + len(body)):
                return None
            start = self.start(number) + at
            found += [-1] * (len(part) - len(body)) + list(range(start, start + len(body) + 1))
        return found

    def cell(self, content: str, line: int, after: int) -> list[int] | None:
        """The same for a cell of a table, in which a backslash stands before each bar, from `after` on in its line."""
        pattern = re.escape(content).replace(r"\|", r"\\\|")
        match = re.compile(pattern).search(self.lines[line], after)
        if match is None:
            return None
        at = self.start(line) + match.start()
        found = []
        for sign in content:
            at += sign == "|"
            found.append(at)
            at += 1
        return [*found, at]


# ------------------------------------------------------------------------------------------------ what is to change


class _Ways(Struct, frozen=True):
    """How a link may be changed, in `_Source.text`: its destination, or the whole of it into an anchor."""

    plain: Edit
    anchor: Edit | None = None


def _wanted(source: _Source, tokens: Sequence[Any], definitions: Sequence[Place], choose: Choose) -> Iterator[_Ways]:
    pictures = {image.attrs["src"] for token in tokens for image in token.children or () if image.type == "image"}
    for place in definitions:
        relink = choose(place.address)
        if relink is not None and parser().normalizeLink(place.address) not in pictures:
            yield _Ways(_edit(source, replace(place, start=place.to[0]), relink))
    for token, mapped in _mapped(source, tokens):
        if token.type == "html_block":
            yield from map(_Ways, _html(mapped, token.content, 0, choose))
            continue
        for child in token.children:
            place = child.meta.get(PLACE)
            if place is None or place.kind is Kind.REFERENCE:
                continue
            if place.kind is Kind.HTML:
                yield from map(_Ways, _html(mapped, child.content, place.start, choose))
                continue
            spans = mapped[place.start], mapped[place.end - 1] + 1, mapped[place.to[0]], mapped[place.to[1] - 1] + 1
            if min(spans) < 0:
                continue
            label = mapped[place.label[0]], mapped[place.label[1]]
            whole = replace(place, start=spans[0], end=spans[1], to=spans[2:], label=label)
            relink = choose(place.address)
            if relink is not None and not (place.kind is not Kind.INLINE and source.is_trailer(whole.start)):
                yield _Ways(_edit(source, whole, relink), _anchor(source, whole, relink, child.attrs.get("title", "")))


def _mapped(source: _Source, tokens: Sequence[Any]) -> Iterator[tuple[Any, list[int]]]:
    """Tokens that may hold links, with where their contents stand in `source.text`."""
    row, after = -1, 0
    for number, token in enumerate(tokens):
        if token.type not in ("inline", "html_block") or not token.map or not token.content:
            continue
        line = token.map[0]
        if tokens[number - 1].type in ("th_open", "td_open"):
            row, after = (line, 0) if line != row else (row, after)
            mapped = source.cell(token.content, line, after)
            after = mapped[-1] - source.start(line) if mapped else after
        else:
            mapped = source.content(token.content.rstrip("\n"), line)
        if mapped is not None:
            yield token, mapped


def _html(mapped: list[int], content: str, shift: int, choose: Choose) -> Iterator[Edit]:
    for edit in anchors.edits(content, choose):
        start, end = mapped[shift + edit.start], mapped[shift + edit.end - 1] + 1
        if edit.start == edit.end:
            end = start
        if min(start, end) >= 0:
            yield replace(edit, start=start, end=end, at=start)


def _edit(source: _Source, place: Place, relink: Relink) -> Edit:
    """In `source.text`. A link leads to the snapshot: Markdown has no other place for its address."""
    address = markdown_destination(relink.snapshot.address)
    if place.kind in (Kind.AUTOLINK, Kind.BARE):
        bracket = place.kind is Kind.AUTOLINK
        words = source.text[place.start + bracket : place.end - bracket]
        return Edit(place.start, place.end, f"[{link_text(words)}]({address})", place.start, place.address, relink)
    start, end = place.to
    pointed = source.text[start] == "<"
    return Edit(start, end, f"<{address}>" if pointed else address, place.start, place.address, relink)


def _anchor(source: _Source, place: Place, relink: Relink, title: str) -> Edit | None:
    """None where an anchor would not stand alone in its line, or another link would begin in it."""
    if place.kind is Kind.INLINE:
        words = source.text[slice(*place.label)]
        if _LINKS.search(words):
            return None
    else:
        bracket = place.kind is Kind.AUTOLINK
        # What would be a bare address once more where the anchor is not seen.
        words = link_text(source.text[place.start + bracket : place.end - bracket])
        words = _LINKS.sub(lambda match: f"{match[0][:-1]}&#{ord(match[0][-1])};", words)
    if "\n" in source.text[place.start : place.end] or "\n" in title:
        return None
    new = f"{anchors.anchor(relink, title)}{words}</a>"
    return Edit(place.start, place.end, new, place.start, place.address, relink)


# ------------------------------------------------------------------------------------------------ what may change


class _Check:
    """Whether edits change addresses and nothing else, by a second parse."""

    def __init__(self, source: _Source, tokens: Sequence[Any], ways: Sequence[_Ways], choose: Choose) -> None:
        self._source = source
        self._tries = _MOST_TRIES
        self._before = _said(tokens)
        edits = [way.plain for way in ways]
        self._hrefs = {_normal(edit.address): _normal(edit.relink.snapshot.address) for edit in edits}
        self._anchors = {
            way.anchor.new.partition(">")[0] + ">": _normal(way.plain.address) for way in ways if way.anchor is not None
        }
        pieces = {said for kind, said, _ in self._before if kind == "html"}
        self._pieces = {piece: applied(piece, list(anchors.edits(piece, choose))) for piece in pieces}

    def sound(self, wanted: Sequence[Edit], kept: Sequence[Edit] = ()) -> list[Edit]:
        """`kept`, and those of the edits of other links after which all else still means what it did. What one makes
        possible, such as an end of the address before it, is tried again."""
        found = list(kept)
        while True:
            places = {edit.at for edit in found}
            more = self._added([edit for edit in wanted if edit.at not in places], found)
            if len(more) == len(found):
                return found
            found = more

    def _added(self, some: list[Edit], kept: list[Edit]) -> list[Edit]:
        if not some or self._tries <= 0:
            return kept
        self._tries -= 1
        if self.same([*kept, *some]):
            return [*kept, *some]
        if len(some) == 1:
            return kept
        half = len(some) // 2
        return self._added(some[half:], self._added(some[:half], kept))

    def same(self, some: list[Edit]) -> bool:
        after = _said(parse(applied(self._source.text, some))[0])
        return len(self._before) == len(after) and all(map(self._alike, self._before, after))

    def _alike(self, old: tuple[str, str, str], new: tuple[str, str, str]) -> bool:
        if old == new:
            return True
        if new[0] == "html" and old[0] in ("link", "link_close"):
            return new[1] == "</a>" if old[0] == "link_close" else self._anchors.get(new[1]) == old[1]
        known = self._hrefs if old[0] == "link" else self._pieces if old[0] == "html" else {}
        return (old[0], known.get(old[1]), old[2]) == new


def _normal(address: str) -> str:
    return parser().normalizeLink(address)


def _said(tokens: Sequence[Any]) -> list[tuple[str, str, str]]:
    """What a text says, token by token; texts that adjoin as one."""
    said: list[tuple[str, str, str]] = []
    for token in tokens:
        for each in token.children if token.type == "inline" else [token]:
            if each.type == "text":
                before = said.pop()[1] if said and said[-1][0] == "text" else ""
                said.append(("text", before + each.content, ""))
            elif each.type == "link_open":
                said.append(("link", str(each.attrs["href"]), str(each.attrs.get("title", ""))))
            elif each.type in ("html_inline", "html_block"):
                said.append(("html", each.content, each.type))
            else:
                how = "" if each.type == "link_close" else f"{each.markup} {each.info} {sorted(each.attrs.items())}"
                said.append((each.type, each.content, how))
        said.append(("end", "", ""))
    return said
