"""Long lists of words, wrapped in the source and whole in the patterns made of them."""

from __future__ import annotations

import re
from functools import cache, cached_property

from archive.deferring import deferred


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def ordered(text: str) -> tuple[str, ...]:
    """The words of a text in their order."""
    return tuple(text.split())


def joined(text: str) -> str:
    """Lines of a pattern as one: each line ends where it begins anew, without the white space between."""
    return "".join(line.strip() for line in text.splitlines())


def named(text: str) -> re.Pattern[str]:
    """Finds a name in a label (`tree.label`): lower-case words with one space around each; `|` parts the names."""
    return deferred(f" (?:{joined(text)})(?= )")


def wording(text: str, end: str = "") -> re.Pattern[str]:
    """Matches a wording whatever its case, from where the text begins; `end` is what must follow."""
    return deferred(f"(?:{joined(text)}){end}", re.IGNORECASE)


class _Listed:
    """Many alternatives, of which few begin as a text does: each text is held against those alone.

    Their patterns are compiled when a text first asks for them. An alternative that begins with a choice is tried with
    each text, in a pattern of its own.
    """

    def __init__(self, text: str, pattern: str, flags: int, opening: int = 0) -> None:
        """`pattern` has "{}" where the alternatives belong, behind `opening` characters."""
        self._text = text
        self._pattern = pattern
        self._flags = flags
        self._opening = opening
        self._compiled: dict[tuple[str, ...], re.Pattern[str]] = {}
        self._by_start: dict[str, re.Pattern[str] | None] = {}

    @cached_property
    def _always(self) -> re.Pattern[str] | None:
        """Those that any text may begin with."""
        # The same in each run, so that it is worth to be kept.
        return deferred(self._source(("",)), self._flags) if "" in _by_head(self._text) else None

    def _for(self, start: str) -> re.Pattern[str] | None:
        """The others that may begin at `start`, of which the first characters count, the longest first; None if there
        are none."""
        try:
            return self._by_start[start]
        except KeyError:
            if len(self._by_start) >= _MOST_STARTS:
                self._by_start.clear()
        by_head = _by_head(self._text)
        folded = _folded(start)
        heads = tuple(folded[:size] for size in range(1, len(folded) + 1) if folded[:size] in by_head)
        found = self._by_start[start] = self._of(heads) if heads else None
        return found

    def _of(self, heads: tuple[str, ...]) -> re.Pattern[str]:
        if heads not in self._compiled:
            self._compiled[heads] = re.compile(self._source(heads), self._flags)
        return self._compiled[heads]

    def _source(self, heads: tuple[str, ...]) -> str:
        by_head = _by_head(self._text)
        found = sorted((one for head in heads for one in by_head[head]), key=len, reverse=True)
        return self._pattern.format("|".join(found))

    def _match(self, text: str, at: int = 0) -> re.Match[str] | None:
        """The longest of them that stands at this place."""
        start = at + self._opening
        pattern, always = self._for(text[start : start + _HEAD]), self._always
        found = pattern.match(text, at) if pattern is not None else None
        other = always.match(text, at) if always is not None else None
        if found is None or other is None:
            return found or other
        return max(found, other, key=_end)


class Wordings(_Listed):
    """Wordings, whatever their case, with which a text may begin; `end` is what must follow."""

    def __init__(self, text: str, end: str = "") -> None:
        super().__init__(text, f"(?:{{}}){end.replace('{', '{{').replace('}', '}}')}", re.IGNORECASE)

    def match(self, text: str) -> re.Match[str] | None:
        """What the text begins with; the longest wording first."""
        return self._match(text)


class Names(_Listed):
    """Names of which a label (`tree.label`) may hold one, as `named` has them: for long lists."""

    def __init__(self, text: str) -> None:
        super().__init__(text, " (?:{})(?= )", 0, opening=1)

    def search(self, label: str) -> re.Match[str] | None:
        """The first of them; of those that stand at one place the longest first."""
        at = label.find(" ")
        while at >= 0:
            if (match := self._match(label, at)) is not None:
                return match
            at = label.find(" ", at + 1)
        return None


_HEAD = 4
_MOST_STARTS = 10_000


def _end(match: re.Match[str]) -> int:
    return match.end()


@cache
def _by_head(text: str) -> dict[str, list[str]]:
    """The wordings of a text by what each begins with, whatever its case: at most `_HEAD` characters."""
    found: dict[str, list[str]] = {}
    for alternative in alternatives(joined(text)):
        for spelled in _spelled(alternative) if alternative.startswith(("(", "[")) else (alternative,):
            literal = _LITERAL.match(spelled)
            head = "0" if _DIGIT.match(spelled) else _folded(literal.group()) if literal else ""
            found.setdefault(head, []).append(spelled)
    return found


_REPEATS = ("*", "+", "{", "?")
_LITERAL = re.compile(rf"(?:[^\\.^$*+?{{}}\[\]|()](?![*+{{?])){{0,{_HEAD}}}")
_DIGIT = re.compile(r"\\d(?![*?{])")
_DIGITS = str.maketrans("123456789", "0" * 9)


def _folded(text: str) -> str:
    """The text without its case and with 0 for every digit, a character for each: what is the same to `re` when it
    ignores case, and what `\\d` stands for, is the same."""
    if text.isascii():
        return text.lower().translate(_DIGITS)
    folded = ("0" if character.isdecimal() else character.casefold()[:1] for character in text)
    return "".join(folded).replace("ı", "i")


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, those inside its groups left whole."""
    found = []
    whole: list[str] = []
    depth = 0
    for piece in pattern.split("|"):
        whole.append(piece)
        depth += piece.count("(") - piece.count(")")
        if not depth:
            found.append("|".join(whole))
            whole.clear()
    return [*found, "|".join(whole)] if whole else found


def _spelled(alternative: str) -> list[str]:
    """The alternative without a group or a class of letters at its beginning: one for each that this stands for."""
    if alternative.startswith("(?:"):
        end = _group_end(alternative)
        inner, rest = alternative[3:end], alternative[end + 1 :]
        starts = [*alternatives(inner), *([""] if rest.startswith("?") else [])]
        rest = rest.removeprefix("?")
    elif alternative.startswith("[") and alternative[1:2].isalnum() and "-" not in alternative.partition("]")[0]:
        inner, _, rest = alternative[1:].partition("]")
        starts = list(inner)
    else:
        return [alternative]
    if rest[:1] in _REPEATS:
        return [alternative]
    return [found for start in starts if start + rest for found in _spelled(start + rest)]


def _group_end(pattern: str) -> int:
    """Where the group that the pattern begins with is closed."""
    end = pattern.find(")")
    while end >= 0 and pattern.count("(", 0, end) > pattern.count(")", 0, end) + 1:
        end = pattern.find(")", end + 1)
    return end if end >= 0 else len(pattern)
