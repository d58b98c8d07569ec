"""How two versions of an article differ, word by word: pure, and bounded in time whatever the texts are.

Paragraphs are aligned first: equal ones, then those of a stretch that share most words. Inside a pair words are
aligned, characters where a script writes no spaces. Where that would take too long, the unit is coarser and the result
as right: a stretch without words that stand in it once is struck and added as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import chain, groupby
from typing import Any

from msgspec import Struct

from archive.article import plain_inline, texts
from archive.models import Article
from archive.wording import tokens

# What difflib takes is bounded by how many pairs of equal words there are, squared at worst: so many at a time, and so
# many for a whole comparison.
_MOST_PAIRS = 20_000
_BUDGET = 400_000
_MOST_ANCHORINGS = 3
# Paragraphs of a stretch are compared with each other while that means no more words than these.
_MOST_COMPARED = 2_000_000
_ALIKE = 0.3
"""Two paragraphs that share less than that of their words are not versions of each other."""


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    STRUCK = "struck"
    ADDED = "added"


class Piece(Struct, frozen=True):
    change: Change
    text: str


class Part(Struct, frozen=True):
    """One part of both versions, or of one alone. `name` is title, subtitle, byline, date, intro, picture caption or
    picture credit, or what stands in the body: paragraph, heading, quote, item, row, code or caption; of a pair, what
    the new version has."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def before(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.change is not Change.ADDED)

    @property
    def after(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.change is not Change.STRUCK)

    @property
    def changed(self) -> bool:
        return any(piece.change is not Change.SAME for piece in self.pieces)


class Difference(Struct, frozen=True):
    """`similarity` is between 0 and 1: the share of words and signs that both have; 1 where all that is said is the
    same, and nowhere else. `added` and `struck` count words. `markup` says that links, emphasis or the kinds of blocks
    differ where the words are the same."""

    parts: tuple[Part, ...]
    similarity: float
    added: int
    struck: int
    markup: bool

    @property
    def changed(self) -> bool:
        return any(part.changed for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        """As the API and `--json` tell of it."""
        parts = [
            {"name": part.name, "pieces": [{"change": piece.change.value, "text": piece.text} for piece in part.pieces]}
            for part in self.parts
        ]
        return {
            "similarity": self.similarity,
            "words_added": self.added,
            "words_struck": self.struck,
            "markup_changed": self.markup,
            "parts": parts,
        }


class Stretch(Struct, frozen=True):
    """Parts of the difference that follow one another; `folded` where so many are the same that nobody reads them."""

    parts: tuple[Part, ...]
    folded: bool


def difference(old: Article, new: Article) -> Difference:
    """From the old version to the new one."""
    work = _Work()
    before, after = said(old), said(new)
    heads = [name for name in _HEADS if name in before.head or name in after.head]
    parts = [Part(name, work.pair(before.head.get(name, ""), after.head.get(name, ""))) for name in heads]
    parts += work.body(before.body, after.body)
    changed = any(part.changed for part in parts)
    counts = Counter[Change]()
    words = Counter[Change]()
    for piece in chain.from_iterable(part.pieces for part in parts):
        found = [token for token in tokens(piece.text) if not token.isspace()]
        counts[piece.change] += len(found)
        words[piece.change] += sum(any(map(str.isalnum, token)) for token in found)
    whole = 2 * counts[Change.SAME] + counts[Change.STRUCK] + counts[Change.ADDED]
    similarity = min(2 * counts[Change.SAME] / whole, _BELOW_ONE) if changed and whole else float(not changed)
    markup = not changed and (_marked(old), old.body) != (_marked(new), new.body)
    return Difference(tuple(parts), similarity, words[Change.ADDED], words[Change.STRUCK], markup)


_HEADS = ("title", "subtitle", "byline", "date", "intro", "picture caption", "picture credit")
_BELOW_ONE = 0.9999
_LEAST_FOLDED = 4


def stretches(parts: Sequence[Part]) -> Iterator[Stretch]:
    """Of many that are the same, the first and the last beside a change stay."""
    groups = [(changed, tuple(group)) for changed, group in groupby(parts, key=lambda part: part.changed)]
    for number, (changed, group) in enumerate(groups):
        if changed or len(group) < _LEAST_FOLDED:
            yield Stretch(group, False)
            continue
        start = 1 if number else 0
        end = len(group) - (1 if number + 1 < len(groups) else 0)
        yield Stretch(group[:start], False)
        yield Stretch(group[start:end], True)
        yield Stretch(group[end:], False)


class Said(Struct, frozen=True):
    """What an article says without its markup: parts of the head by name, none of them empty, and of the body each
    paragraph, item and row with its kind."""

    head: dict[str, str]
    body: tuple[tuple[str, str], ...]


def said(article: Article) -> Said:
    """What is compared of an article."""
    values = (
        article.title,
        article.subtitle,
        ", ".join(article.authors),
        article.date.isoformat() if article.date is not None else None,
        article.intro,
        article.caption,
        article.credit,
    )
    head = {name: shown for name, value in zip(_HEADS, values, strict=True) if (shown := plain_inline(value or ""))}
    body = ((kind, plain_inline(text)) for kind, text in texts(article.body))
    return Said(head, tuple((kind, text) for kind, text in body if text))


def _marked(article: Article) -> tuple[str | None, ...]:
    return article.title, article.subtitle, article.intro, article.caption, article.credit


class _Work:
    """One comparison, and what it may still cost."""

    def __init__(self) -> None:
        self._left = _BUDGET
        self._compared = _MOST_COMPARED

    # ------------------------------------------------------------------------------------------------ paragraphs

    def body(self, old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Iterator[Part]:
        before, after = [text for _, text in old], [text for _, text in new]
        for same, i1, i2, j1, j2 in self.aligned(before, after):
            if same:
                yield from (Part(kind, (Piece(Change.SAME, text),)) for kind, text in new[j1:j2])
            else:
                yield from self._stretch(old[i1:i2], new[j1:j2])

    def _stretch(self, old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Iterator[Part]:
        """Paragraphs of which none is the same in both."""
        i = j = 0
        for pair in (*self._pairs(old, new), (len(old), len(new))):
            yield from (Part(kind, (Piece(Change.STRUCK, text),)) for kind, text in old[i : pair[0]])
            yield from (Part(kind, (Piece(Change.ADDED, text),)) for kind, text in new[j : pair[1]])
            i, j = pair
            if i < len(old) and j < len(new):
                yield Part(new[j][0], self.pair(old[i][1], new[j][1]))
                i, j = i + 1, j + 1

    def _pairs(self, old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
        """Which of the paragraphs are versions of each other: the pairs, in the order of both, that share most."""
        if not old or not new:
            return []
        cost = sum(len(text) for _, text in old) * len(new) + sum(len(text) for _, text in new) * len(old)
        if cost > self._compared:
            return []
        self._compared -= cost
        ours = [_words(text) for _, text in old]
        theirs = [_words(text) for _, text in new]
        alike = [[_shared(a, b) for b in theirs] for a in ours]
        best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
        for i in range(len(old) - 1, -1, -1):
            for j in range(len(new) - 1, -1, -1):
                paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] >= _ALIKE else 0.0
                best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
        pairs = []
        i = j = 0
        while i < len(old) and j < len(new):
            if alike[i][j] >= _ALIKE and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
                pairs.append((i, j))
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                i += 1
            else:
                j += 1
        return pairs

    # ------------------------------------------------------------------------------------------------ words

    def pair(self, old: str, new: str) -> tuple[Piece, ...]:
        """Two versions of one part."""
        if old == new:
            return (Piece(Change.SAME, new),) if new else ()
        before, after = tokens(old), tokens(new)
        found: list[Piece] = []
        struck: list[str] = []
        added: list[str] = []
        for same, i1, i2, j1, j2 in self.aligned(before, after):
            if same and (not (struck or added) or not "".join(after[j1:j2]).isspace()):
                found += _changes(struck, added)
                struck, added = [], []
                found.append(Piece(Change.SAME, "".join(after[j1:j2])))
            else:
                # The space between two changes goes with them.
                struck += before[i1:i2]
                added += after[j1:j2]
        return tuple(_joined([*found, *_changes(struck, added)]))

    def aligned(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
        """Stretches of both, in order: same or not, from and to in `old`, from and to in `new`."""
        waiting = [(0, len(old), 0, len(new), _MOST_ANCHORINGS)]
        while waiting:
            i1, i2, j1, j2, anchorings = waiting.pop()
            start = _common(old, new, i1, i2, j1, j2)
            if start:
                yield True, i1, i1 + start, j1, j1 + start
                i1, j1 = i1 + start, j1 + start
            end = _common_end(old, new, i1, i2, j1, j2)
            if end:
                waiting.append((i2 - end, i2, j2 - end, j2, 0))
                i2, j2 = i2 - end, j2 - end
            if i1 == i2 or j1 == j2:
                if i1 < i2 or j1 < j2:
                    yield False, i1, i2, j1, j2
            elif self._afford(old[i1:i2], new[j1:j2]):
                yield from _matched(old[i1:i2], new[j1:j2], i1, j1)
            elif anchors := _anchors(old[i1:i2], new[j1:j2]) if anchorings else []:
                bounds = [(i1 + i, j1 + j) for i, j in anchors]
                starts, ends = [(i1, j1), *bounds], [*bounds, (i2, j2)]
                waiting += reversed([(a, c, b, d, anchorings - 1) for (a, b), (c, d) in zip(starts, ends, strict=True)])
            else:
                yield False, i1, i2, j1, j2

    def _afford(self, old: Sequence[str], new: Sequence[str]) -> bool:
        ours, theirs = Counter(old), Counter(new)
        pairs = sum(count * theirs[token] for token, count in ours.items() if not token.isspace())
        if pairs > min(_MOST_PAIRS, self._left):
            return False
        self._left -= pairs
        return True


def _matched(old: Sequence[str], new: Sequence[str], i: int, j: int) -> Iterator[tuple[bool, int, int, int, int]]:
    matcher = SequenceMatcher(str.isspace, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        yield kind == "equal", i + i1, i + i2, j + j1, j + j2


def _common(old: Sequence[str], new: Sequence[str], i1: int, i2: int, j1: int, j2: int) -> int:
    """How many are the same from the beginning."""
    most = min(i2 - i1, j2 - j1)
    return next((n for n in range(most) if old[i1 + n] != new[j1 + n]), most)


def _common_end(old: Sequence[str], new: Sequence[str], i1: int, i2: int, j1: int, j2: int) -> int:
    most = min(i2 - i1, j2 - j1)
    return next((n for n in range(most) if old[i2 - 1 - n] != new[j2 - 1 - n]), most)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """What stands once in each of the two: the most pairs that come in the same order in both."""
    ours, theirs = Counter(old), Counter(new)
    places = {token: j for j, token in enumerate(new) if theirs[token] == 1}
    pairs = [(i, places[token]) for i, token in enumerate(old) if ours[token] == 1 and token in places]
    ends: list[int] = []  # of the best runs of each length, where they end in `new`
    last: list[int] = []  # the pair at which they end
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        at = bisect_left(ends, j)
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [j]
        last[at : at + 1] = [number]
    found = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _words(text: str) -> Counter[str]:
    return Counter(token for token in tokens(text) if token[0].isalnum())


def _shared(a: Counter[str], b: Counter[str]) -> float:
    small, large = (a, b) if len(a) < len(b) else (b, a)
    both = sum(min(count, large[word]) for word, count in small.items())
    return 2 * both / ((a.total() + b.total()) or 1)


def _changes(struck: Sequence[str], added: Sequence[str]) -> list[Piece]:
    pieces = [Piece(Change.STRUCK, "".join(struck)), Piece(Change.ADDED, "".join(added))]
    return [piece for piece in pieces if piece.text]


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one."""
    held: list[str] = []
    for number, piece in enumerate(pieces):
        held.append(piece.text)
        if number + 1 == len(pieces) or pieces[number + 1].change is not piece.change:
            yield Piece(piece.change, "".join(held))
            held = []
