"""What RFC 7089 (Memento) says in a Link header of where a page is replayed: pure."""

from __future__ import annotations

from email.utils import format_datetime

from archive.harmless import safe_address
from archive.models import Capture
from archive.replayed import replay_address, uri


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
