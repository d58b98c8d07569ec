"""Words for whoever runs a command, on stderr."""

from __future__ import annotations

import sys
from contextlib import suppress


def say(message: str) -> None:
    """One line. That nobody can hear it stops nothing."""
    with suppress(OSError):
        print(message, file=sys.stderr, flush=True)
