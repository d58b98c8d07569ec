"""Inline text of the article format, and how one line of a file reads.

Rendering and parsing both stand on this: a line is guarded with a backslash exactly where the parser would take it for
something else.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache

from archive.deferring import deferred

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

TRAILER = "Original url:"

# ------------------------------------------------------------------------------------------------ normalisation

_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Controls, halves of surrogate pairs, the soft hyphen, marks of writing direction, fillers and tags: nothing to see.
HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
JOINERS = "\u200c\u200d"
# Scripts in which a joiner shapes the letters beside it (Arabic to Thaana, the Indic and South-East Asian ones,
# Mongolian), and pictographs, which it welds into one sign: there it is a letter's form and stays.
_SHAPED = (
    "\u0610-\u061a\u0620-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1900-\u1aff\u1b00-\u1c4f\u1cd0-\u1cff"
    "\ua800-\ua82f\ua840-\ua95f\ua980-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
)
_PICTURED = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"

_HIDDEN_RUN = deferred(f"[{HIDDEN}]+")
_SPACE_RUN = deferred(f"[{_SPACE}]+")
_SEPARATORS = "\x1c\x1d\x1e\x1f"
"""White space to Python, hidden characters to the format."""
_JOINER_RUN = deferred(f"[{JOINERS}]+")


def clean_inline(text: str) -> str:
    """The text as the format writes it: one line, white-space runs folded to one plain space, none at the ends, NFC.

    Control, direction and zero-width characters go; a joiner stays where the script or a pictograph needs it. Applying
    it twice changes nothing.
    """
    folded = " ".join(text.split())
    # Then nothing hidden, no joiner and no white space but plain spaces is left; what separates fields hides too.
    if folded.isprintable() and not any(map(text.__contains__, _SEPARATORS)):
        return folded if folded.isascii() else unicodedata.normalize("NFC", folded)
    return _SPACE_RUN.sub(" ", _visible(text)).strip(" ")


def clean_code(text: str) -> str:
    """A code block as the format writes it: lines kept, trailing white space, hidden characters and empty ends gone."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = ("\t".join(_code_span(span) for span in line.split("\t")).rstrip(" \t") for line in text.split("\n"))
    return "\n".join(lines).strip("\n")


def _code_span(text: str) -> str:
    return re.sub(f"[{_SPACE}]", " ", _visible(text))


def _visible(text: str) -> str:
    """NFC without hidden characters. Dropping a joiner may reorder the marks beside another: hence the rounds."""
    text = unicodedata.normalize("NFC", _HIDDEN_RUN.sub("", text))
    for _ in range(3):
        if "\u200c" not in text and "\u200d" not in text:
            return text
        settled, text = text, unicodedata.normalize("NFC", _JOINER_RUN.sub(_joined, text))
        if text == settled:
            return text
    return unicodedata.normalize("NFC", _JOINER_RUN.sub("", text))


def _joined(match: re.Match[str]) -> str:
    """One joiner of a run, where what stands on both sides needs it."""
    text, start, end = match.string, match.start(), match.end()
    joiners, before, after = match.group(), text[max(0, start - 1) : start], text[end : end + 1]
    if _both_in(_SHAPED, before, after):
        return joiners[0]
    return "\u200d" if "\u200d" in joiners and _both_in(_PICTURED, before, after) else ""


def _both_in(characters: str, before: str, after: str) -> bool:
    one = _one_of(characters)
    return one.match(before) is not None and one.match(after) is not None


@cache
def _one_of(characters: str) -> re.Pattern[str]:
    """Not before a text needs it: so wide a range takes long to compile."""
    return re.compile(f"[{characters}]")


# ------------------------------------------------------------------------------------------------ marks in a line

LINK = deferred(
    r"\[((?:[^\[\]]|\[[^\[\]]*+\])*+)\]\(((?:https?:|mailto:)[^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*+)\)", re.IGNORECASE
)
"""Text and address."""
STRONG = deferred(r"\*\*(?=[^\s*])([^*]+)(?<=\S)\*\*")
EMPHASIS = deferred(r"(?<![\w*])\*(?=[^\s*])([^*]+)(?<=\S)\*(?![\w*])")
CODE = deferred(r"(?<!`)`(?=[^`])([^`]+)`(?!`)")

# ------------------------------------------------------------------------------------------------ lines of a body

HEADING = re.compile(r"(#{1,6}) (?=\S)")
BULLET = re.compile(r"- (?=\S)")
NUMBER = re.compile(r"([0-9]{1,18})\. (?=\S)")
FENCE = re.compile(r"(`{3,})[^`]*\Z")
TRAILER_LINE = re.compile(r"original url:", re.IGNORECASE)
_SPECIAL_STARTS = frozenset(">#-`0123456789oO")


def is_special(line: str) -> bool:
    """Whether a body line opens something other than a paragraph: heading, quotation, list, fence or trailer."""
    # Nearly no line of a text begins so: the patterns need not be tried.
    if line[:1] not in _SPECIAL_STARTS:
        return False
    return line.startswith(">") or any(p.match(line) for p in (HEADING, BULLET, NUMBER, FENCE, TRAILER_LINE))


def guarded(line: str) -> str:
    """A paragraph's line with the backslash that it needs to read as a paragraph, if any."""
    return f"\\{line}" if is_special(line.lstrip("\\")) else line


def unguarded(line: str) -> str:
    """The inverse of `guarded`."""
    return line[1:] if line.startswith("\\") and is_special(line.lstrip("\\")) else line


def split_credit(line: str) -> tuple[str | None, str] | None:
    """Caption and credit of `Caption text. **Credit**`; None where the line does not end in a bold credit."""
    if not line.endswith("**") or len(line) < 5:
        return None
    caption, stars, credit = line[:-2].rpartition("**")
    if not stars or not credit or "*" in credit or credit != credit.strip():
        return None
    if not caption:
        return None, credit
    return (caption[:-1], credit) if caption.endswith(" ") and caption != " " else None


# ------------------------------------------------------------------------------------------------ lines of a head

_DATE = deferred(rf"({'|'.join(MONTHS)}) ([0-9]{{1,2}}), ([0-9]{{4}})\Z")
_BETWEEN_AUTHORS = deferred(r"\]\(#\)(?:, and|,| and|;| &) \[")
_BETWEEN_NAMES = deferred(r", and |, | and ")
_NO_NAME = deferred(r"[.?!:;…]\Z")


def read_date(line: str) -> date | None:
    """The day of `May 28, 2013` or `May 5, 2013`; None for anything else."""
    match = _DATE.match(line)
    if match is None:
        return None
    try:
        return date(int(match.group(3)), MONTHS.index(match.group(1)) + 1, int(match.group(2)))
    except ValueError:
        return None


def write_date(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day:02d}, {day.year:04d}"


def split_authors(names: str) -> tuple[str, ...]:
    """The names in `A](#), [B](#) and [C`: what stands between the byline's first bracket and its last."""
    return tuple(n for n in (clean_inline(part) for part in _BETWEEN_AUTHORS.split(names)) if n)


def read_byline(line: str) -> tuple[str, ...]:
    """The authors of a byline in the format's form or without its links; empty for anything else."""
    if line.startswith("By [") and line.endswith("](#)") and len(line) > 8:
        return split_authors(line[4:-4])
    return _read_plain_byline(line)


def _read_plain_byline(line: str) -> tuple[str, ...]:
    """The authors of `By A, B and C`; empty where the rest is no list of names: too long, or ending like a sentence."""
    if not line.startswith("By ") or len(line) > 200 or "](" in line:
        return ()
    names = _BETWEEN_NAMES.split(line[3:])
    return tuple(names) if all(_is_name(n) for n in names) else ()


def _is_name(name: str) -> bool:
    words = name.split(" ")
    if not 0 < len(words) <= 6 or not any(c.isalpha() for c in name):
        return False
    return not _NO_NAME.search(name) or (name.endswith(".") and len(words[-1]) <= 4 and len(words) > 1)
