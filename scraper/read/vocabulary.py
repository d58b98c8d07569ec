"""Long lists of words, wrapped in the source and whole in the patterns made of them."""

from __future__ import annotations

import re


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
    return re.compile(f" (?:{joined(text)})(?= )")


def wording(text: str, end: str = "") -> re.Pattern[str]:
    """Matches a wording whatever its case, from where the text begins; `end` is what must follow."""
    return re.compile(f"(?:{joined(text)}){end}", re.IGNORECASE)


class Wordings:
    """Many wordings, of which few begin as a text does: each text is held against those alone.

    The patterns are compiled when a text first asks for them. A wording that begins with neither a letter nor a group
    is tried with each text.
    """

    def __init__(self, text: str, end: str = "") -> None:
        self._end = end
        self._by_initial: dict[str, list[str]] = {}
        for alternative in alternatives(joined(text)):
            for spelled in _spelled(alternative):
                initial = spelled[0].casefold()[0] if spelled[0].isalnum() else ""
                self._by_initial.setdefault(initial, []).append(spelled)
        self._patterns: dict[str, re.Pattern[str]] = {}

    def match(self, text: str) -> re.Match[str] | None:
        """What the text begins with; the longest wording first."""
        initial = text[:1].casefold()[:1]
        pattern = self._patterns.get(initial)
        if pattern is None:
            pattern = self._compiled(initial)
        return pattern.match(text)

    def _compiled(self, initial: str) -> re.Pattern[str]:
        known = initial if initial in self._by_initial else ""
        if known not in self._patterns:
            found = [*self._by_initial.get(known, ()), *(self._by_initial.get("", ()) if known else ())]
            found.sort(key=len, reverse=True)
            self._patterns[known] = re.compile(f"(?:{'|'.join(found) or '(?!)'}){self._end}", re.IGNORECASE)
        if known:
            self._patterns[initial] = self._patterns[known]
        return self._patterns[known]


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, those inside its groups left whole."""
    found = [""]
    depth = 0
    for character in pattern:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and not depth:
            found.append("")
        else:
            found[-1] += character
    return found


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
    if rest[:1] in ("*", "+", "{", "?"):
        return [alternative]
    return [found for start in starts if start + rest for found in _spelled(start + rest)]


def _group_end(pattern: str) -> int:
    """Where the group that the pattern begins with is closed."""
    depth = 0
    for place, character in enumerate(pattern):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return place
    return len(pattern)
