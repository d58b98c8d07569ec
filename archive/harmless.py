"""Words of strangers made harmless for whatever shows them: characters that act, addresses, languages and directions of
writing. Pure."""

from __future__ import annotations

import re

from archive.urls import is_http

_LONGEST_ADDRESS = 4096
# Controls, marks that turn the direction of writing, line ends of other kinds, halves of surrogate pairs.
_ACTING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_RIGHT_TO_LEFT = {
    *(
        "ar",
        "arc",
        "arz",
        "ckb",
        "dv",
        "fa",
        "glk",
        "he",
        "iw",
        "ji",
        "ks",
        "mzn",
        "nqo",
        "pnb",
        "ps",
        "sd",
        "syr",
        "ug",
    ),
    *("ur", "yi"),
}
_SCRIPTS = frozenset({"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})


def harmless(text: str) -> str:
    """The text with nothing in it that acts on what stands around it: controls show as U+FFFD, turns of writing's
    direction go."""
    return text if text.isascii() and text.isprintable() else _ACTING.sub("\ufffd", _TURNING.sub("", text))


def open_address(text: str) -> str:
    """An address as readers may trust it: all that does not show, or turns what does, percent-encoded."""
    if text.isascii() and text.isprintable():
        return text
    shown = (c if c.isprintable() and c != " " else _percent(c) for c in text)
    return "".join(shown)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))


def safe_address(address: str | None) -> bool:
    """Whether a link may lead there: an http(s) address that can be asked for, or a mail address."""
    if not address or len(address) > _LONGEST_ADDRESS:
        return False
    return is_http(address) or re.match(r"mailto:[^\s<>]+@[^\s<>]+\Z", address, re.IGNORECASE) is not None


# ------------------------------------------------------------------------------------------------ language


def language_tag(language: str | None) -> str | None:
    """What was stated as a language, as BCP 47 writes it, if it can be one."""
    text = (language or "").strip()
    return text.replace("_", "-") if _TAG.fullmatch(text) else None


def direction(language: str | None) -> str:
    """ "rtl" or "ltr" for the `dir` attribute; "auto", by the text's first letters, where no language is known."""
    tag = language_tag(language)
    if tag is None:
        return "auto"
    first, *more = tag.lower().split("-")
    scripts = [part for part in more if len(part) == 4 and part.isalpha()]
    right = scripts[0] in _SCRIPTS if scripts else first in _RIGHT_TO_LEFT
    return "rtl" if right else "ltr"
