"""Inline Markdown from runs of styled text.

A style is a tuple of markers in the order in which the page nests them: "b", "i", "c" (code), or a link's
("a", reference, number), where the number keeps two links to one address apart and the reference is the page's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from archive import urls
from archive.inline import HIDDEN, clean_inline

Marker = str | tuple[str, str, int]
Style = tuple[Marker, ...]
Run = tuple[Style, str]

BREAK = "\x00"
"""A run of this text is a line break that the page asks for."""

_HIDDEN = re.compile(f"[{HIDDEN}]+")
_SPACES = re.compile(r"\s+")
_OPENING = {"b": "**", "i": "*", "c": "`"}
_MAX_LINK = 4096


def markdown(runs: Iterable[Run], base: str) -> str:
    """The runs as one line; `base` is what links are relative to.

    Emphasis never begins or ends with a space; what is empty leaves no marks.
    """
    out: list[str] = []
    is_open: Style = ()
    space = False
    targets: dict[str, str | None] = {}
    for written, text in _whole_words(runs):
        if text == BREAK:
            space = True
            continue
        text = visible(text)
        core = text.strip(" ")
        if not core:
            space = space or bool(text)
            continue
        style = _resolved(written, base, targets) if written else written
        space = space or text[0] == " "
        if is_open or style:
            common = _common(is_open, style)
            out.extend(_closing(marker) for marker in reversed(is_open[common:]))
            if space and out:
                out.append(" ")
            out.extend(_OPENING[marker] if isinstance(marker, str) else "[" for marker in style[common:])
        elif space and out:
            out.append(" ")
        out.append(core)
        is_open, space = style, text[-1] == " "
    out.extend(_closing(marker) for marker in reversed(is_open))
    return clean_inline("".join(out))


def _whole_words(runs: Iterable[Run]) -> list[Run]:
    """The runs, where a word's first letter is styled as the rest of it: a slip of the editor's hand, or a drop cap."""
    made = list(runs)
    for i in range(1, len(made)):
        style, text = made[i]
        before, last = made[i - 1]
        if style == before or not text[:1].islower() or not last[-1:].isalpha() or last[-2:-1].isalnum():
            continue
        if not _is_linked(before) and (last[-1].isupper() or _is_linked(style)):
            made[i - 1], made[i] = (before, last[:-1]), (style, last[-1] + text)
    return made


def _is_linked(style: Style) -> bool:
    return any(isinstance(marker, tuple) for marker in style)


def _resolved(style: Style, base: str, targets: dict[str, str | None]) -> Style:
    """The style with its links' references made absolute; what leads nowhere is no link."""
    found: list[Marker] = []
    for marker in style:
        if isinstance(marker, str):
            found.append(marker)
            continue
        reference = marker[1]
        if reference not in targets:
            targets[reference] = link_target(reference, base)
        target = targets[reference]
        if target is not None:
            found.append(("a", target, marker[2]))
    return tuple(found)


def plain(runs: Iterable[Run]) -> str:
    """The runs without their styles, as one line."""
    return clean_inline("".join(" " if text == BREAK else text for _, text in runs))


def visible(text: str) -> str:
    """White-space runs folded to one space, kept at the ends; hidden characters gone."""
    if not text.isascii() or not text.isprintable():
        text = _HIDDEN.sub("", text)
    core = " ".join(text.split())
    if len(core) == len(text):
        return core
    return f"{' ' * text[0].isspace()}{core}{' ' * text[-1].isspace()}" if core else " "


def paragraphs(runs: list[Run]) -> list[list[Run]]:
    """The runs, parted where two line breaks follow one another."""
    if all(text != BREAK for _, text in runs):
        return [runs]
    parts: list[list[Run]] = [[]]
    breaks = 0
    for run in runs:
        if run[1] == BREAK:
            breaks += 1
            if breaks == 2:
                parts.append([])
            elif breaks < 2:
                parts[-1].append(run)
            continue
        if run[1].strip():
            breaks = 0
        parts[-1].append(run)
    return parts


def lines(runs: list[Run]) -> tuple[str, ...]:
    """The runs' text as their line breaks part it."""
    parts: list[list[Run]] = [[]]
    for run in runs:
        if run[1] == BREAK:
            parts.append([])
        else:
            parts[-1].append(run)
    return tuple(filter(None, map(plain, parts)))


def linked(runs: list[Run]) -> int:
    """How many characters of the runs are links."""
    return sum(len(text.strip()) for style, text in runs if _is_linked(style))


def _common(a: Style, b: Style) -> int:
    count = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        count += 1
    return count


def _closing(marker: Marker) -> str:
    return _OPENING[marker] if isinstance(marker, str) else f"]({marker[1]})"


def link_target(href: str, base: str) -> str | None:
    """The absolute address of a link as the text writes it, its fragment kept; None for what leads to no page.

    Links within the page lead nowhere in a text file, so they are none.
    """
    href = href.strip()
    if not href or href.startswith("#") or len(href) > _MAX_LINK:
        return None
    if href[:7].lower() == "mailto:":
        address = _tidy(href)
        return address if "@" in address else None
    target = urls.join(base, href)
    if not target[:8].lower().startswith(("http://", "https://")):
        return None
    _, mark, fragment = href.partition("#")
    if mark and fragment:
        if target == base.partition("#")[0]:
            return None
        target = f"{target}#{fragment}"
    return _tidy(target)


def _tidy(address: str) -> str:
    """The address with what would end it early inside `(…)` percent-encoded."""
    if not address.isascii() or not address.isprintable() or " " in address:
        address = _HIDDEN.sub("", address)
        address = _SPACES.sub(lambda match: "%20" * len(match.group()), address.strip())
    address = address.replace("<", "%3C").replace(">", "%3E")
    return address if _balanced(address) else address.replace("(", "%28").replace(")", "%29")


def _balanced(text: str) -> bool:
    depth = 0
    for character in text if "(" in text or ")" in text else "":
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0
