"""Patterns over addresses: `*` stands for any characters, all else for itself. Pure, and linear in their length.

A pattern that begins with `/` is held against path and query, one with `://` against the whole address, any other
against host, path and query. It must fit from end to end: `/news/*`, `*.pdf`, `blog.example.com/*`, `*?print=*`.
"""

from __future__ import annotations

from collections.abc import Iterable


def chosen(url: str, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Whether an address on the wire fits one of `include`, where there are any, and none of `exclude`."""
    include = tuple(include)
    if include and not any(fits(pattern, url) for pattern in include):
        return False
    return not any(fits(pattern, url) for pattern in exclude)


def fits(pattern: str, url: str) -> bool:
    if "://" in pattern:
        return _fits(pattern, url)
    after = url.partition("://")[2]
    if pattern.startswith("/"):
        return _fits(pattern, "/" + after.partition("/")[2])
    return _fits(pattern, after)


def _fits(pattern: str, text: str) -> bool:
    """Each part between stars at its first place: a match is found if there is one, without going back."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    *middle, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
