"""Words for whoever runs a command, on stderr; and what a terminal may have of words from the web."""

from __future__ import annotations

import sys
from contextlib import suppress

from archive.deferring import deferred

# Control characters but tab and line feed, what turns the direction of writing, and line ends of other kinds.
_UNFIT = deferred("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def fit(text: str) -> str:
    """The text as a terminal or a mail may have it: nothing in it acts."""
    return _UNFIT.sub("\ufffd", text)


def say(message: str) -> None:
    """One line. That nobody can hear it stops nothing."""
    with suppress(OSError):
        print(fit(message), file=sys.stderr, flush=True)
