"""Where a page is replayed, and what RFC 7089 (Memento) says of that in a Link header: pure."""

from __future__ import annotations

import re
from email.utils import format_datetime

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


def link_header(replay: str | None, url: str, capture: Capture | None, alternate: str) -> str:
    """RFC 8288, with the relations of RFC 7089, sections 2.2.1 to 2.2.4: the live address; and where there is a replay,
    its TimeGate, its TimeMap and the memento. `alternate` is the page as JSON."""
    links = [f'<{alternate}>; rel="alternate"; type="application/json"']
    if not safe_address(url):
        return links[0]
    address = uri(capture.url if capture is not None else url)
    links.append(f'<{address}>; rel="original"')
    memento = replay_address(replay, capture)
    if memento is not None and replay is not None and capture is not None:
        root = replay.rstrip("/")
        time = format_datetime(capture.time.replace(microsecond=0), usegmt=True)
        links += [
            f'<{root}/{address}>; rel="timegate"',
            f'<{root}/timemap/link/{address}>; rel="timemap"; type="application/link-format"',
            f'<{memento}>; rel="memento"; datetime="{time}"',
        ]
    return ", ".join(links)
