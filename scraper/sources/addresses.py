"""The http addresses in a line of text: of Markdown links, between angle brackets, and bare. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.urls import MAX_URL, wire_url

MAX_LINE = 1_000_000
_START = re.compile(r"https?://", re.IGNORECASE)
# What no written address holds: white space, brackets of autolinks and attributes, a code span's end, CJK punctuation.
_STOPS = re.compile(r"[\s<>\"`\u3000-\u3002\u300a-\u3011\uff0c\uff1a\uff1b\uff01\uff1f\uff08\uff09“”„«»]")
_PUNCTUATION = ".,;:!?'*_~|\\’‘‚…—–"
_CLOSING = {")": "(", "]": "[", "}": "{"}
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def in_line(line: str, *, markdown: bool = False) -> Iterator[str]:
    """Each address as it goes over the wire, in order. Punctuation that follows it in the sentence is left out, a
    bracket too unless the address opened it. `&amp;` stands for `&`; in Markdown a backslash for what it escapes."""
    line = line[:MAX_LINE]
    at = 0
    while match := _START.search(line, at):
        begin = match.start()
        before = line[max(0, begin - 1) : begin]
        end = _end(line, begin, before)
        written = line[begin:end]
        at = max(end, match.end())
        if markdown:
            written = _ESCAPED.sub(r"\1", written)
        try:
            url = wire_url(written.replace("&amp;", "&"))
        except ValueError:
            continue
        yield url


def _end(line: str, begin: int, before: str) -> int:
    stop = _STOPS.search(line, begin, begin + MAX_URL)
    end = stop.start() if stop else min(len(line), begin + MAX_URL)
    if before == "<" and line[end : end + 1] == ">":
        return end
    if before in ("[", "("):
        return _trimmed(line, begin, _closed(line, begin, end, before))
    return _trimmed(line, begin, end)


def _closed(line: str, begin: int, end: int, opened: str) -> int:
    """Where the bracket closes that stands before the address."""
    close = ")" if opened == "(" else "]"
    depth = 0
    for at in range(begin, end):
        if line[at] == opened:
            depth += 1
        elif line[at] == close:
            if depth == 0:
                return at
            depth -= 1
    return end


def _trimmed(line: str, begin: int, end: int) -> int:
    counts = {mark: line.count(mark, begin, end) for mark in "()[]{}"}
    while end > begin:
        last = line[end - 1]
        opening = _CLOSING.get(last)
        if opening is not None and counts[last] > counts[opening]:
            counts[last] -= 1
        elif last not in _PUNCTUATION:
            break
        end -= 1
    return end
