"""How alike two texts or two pages are: pure functions, for any script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from archive.wording import tokens

MOST_TOKENS = 60_000
_SHORT = 1.5
_SIGNS = re.compile(r"[!-/:-@\[-`{-~\u2010-\u2015\u30fb\u00b7]+")
"""What stands between the words of an address. Marks of scripts are none: they belong to their letters."""
_BETWEEN = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-zà-öø-ÿа-яёα-ω])(?=[A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω])")


def words(text: str) -> list[str]:
    """The words of a text in lower case; where none are written apart, its characters."""
    return [token.casefold() for token in tokens(text[: 8 * MOST_TOKENS]) if token[0].isalnum()][:MOST_TOKENS]


def runs(found: list[str]) -> set[tuple[str, ...]]:
    """Each run of three words that follow each other; of five where words are characters."""
    if not found:
        return set()
    length = 3 if sum(map(len, found)) > _SHORT * len(found) else 5
    if len(found) < length:
        return {tuple(found)}
    return {tuple(found[at : at + length]) for at in range(len(found) - length + 1)}


def share(part: set[tuple[str, ...]], whole: set[tuple[str, ...]]) -> float:
    """How much of one set of runs stands in another: 0 to 1; 0 where there is none."""
    return len(part & whole) / len(part) if part else 0.0


def alike(one: Iterable[str], other: Iterable[str]) -> float:
    """How many of their words two texts have in common: 0 to 1."""
    a, b = Counter(one), Counter(other)
    both = sum((a & b).values())
    return 2 * both / ((a.total() + b.total()) or 1)


def novel(one: Iterable[str], other: Iterable[str]) -> int:
    """How many words the one has beyond those of the other."""
    return (Counter(one) - Counter(other)).total()


def same_headline(kept: str, candidates: Iterable[str]) -> bool:
    """Whether a headline stands among these titles and headings, alone or beside a site's name."""
    wanted = words(kept)
    if len(wanted) < 3:
        return any(words(each) == wanted for each in candidates) if wanted else False
    for each in candidates:
        found = words(each)
        shared = sum((Counter(wanted) & Counter(found)).values())
        if shared >= 0.8 * len(wanted) and len(found) <= 2 * len(wanted) + 6:
            return True
    return False


def own_words(url: str) -> set[str]:
    """The words of an address, which a page may repeat: as they stand there, and each alone where it is put together of
    several with hyphens, underscores, pluses or capitals. Pages write them either way."""
    at = urlsplit(url)
    found: set[str] = set()
    for text in _decoded(f"{at.path} {at.query} {at.fragment} {url}"):
        found.update(words(text))
        apart = _SIGNS.sub(" ", text)
        found.update(words(apart), words(_BETWEEN.sub(" ", apart)))
    return found


def but_of(known: set[str], found: Iterable[str]) -> list[str]:
    """The words that are not known, nor put together of such as are."""
    return [word for word in found if word not in known and not _put_together(word, known)]


def _put_together(word: str, known: set[str]) -> bool:
    parts = _SIGNS.split(word)
    return len(parts) > 1 and all(part in known for part in parts if part)


def _decoded(text: str) -> set[str]:
    """What percent signs stand for, also where that was encoded twice, or in the way of before UTF-8."""
    once = unquote(text)
    found = {once, unquote(once)}
    return found | {unquote(text, "cp1252")} if "\ufffd" in once else found
