"""Where a capture is replayed: pure."""

from __future__ import annotations

import re

from archive.harmless import safe_address
from archive.models import Capture
from archive.rows import ARCHIVE
from archive.urls import stamp

_UNSAFE = re.compile(r"[^!$&'()*+,\-./0-9:;=?@A-Z_a-z~%]")


def uri(text: str) -> str:
    """The address with what has no place in a URI reference (RFC 3986), or begins a fragment, percent-encoded."""
    return _UNSAFE.sub(_percent, text)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def replay_address(replay: str | None, capture: Capture | None) -> str | None:
    """Where pywb shows the capture. None without a replay, and for what its index leaves out: answers in quarantine."""
    if replay is None or capture is None or capture.folder != ARCHIVE or not safe_address(capture.url):
        return None
    return f"{replay.rstrip('/')}/{stamp(capture.time)}/{uri(capture.url)}"
