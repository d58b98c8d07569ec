"""How alike two texts or two pages are: pure functions, for any script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from archive.wording import tokens

MOST_TOKENS = 60_000
_SHORT = 1.5


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
    """The words of an address, which a page may repeat."""
    at = urlsplit(url)
    return set(words(unquote(f"{at.path} {at.query} {url}")))
