"""Files of Markdown and HTML whose links are to be made robust, as anybody may have written them."""

from __future__ import annotations

from datetime import UTC, datetime

from archive.errors import FormatError
from archive.robust.anchors import Relink
from archive.robust.link import Snapshot
from archive.robust.rewriting import Kind, rewritten

_DEAD, _ALIVE = "https://dead.test/a_(b)?c=1&d=2", "https://alive.test/"
_SNAPSHOTS = {
    address: Snapshot(f"https://archive.test/20260304050607/{address}", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    for address in (_DEAD, _ALIVE)
}
_WAYS = ((Kind.MARKDOWN, False), (Kind.MARKDOWN, True), (Kind.HTML, False))
_MARKDOWN = f"""---
title: x
---
# A [link]({_DEAD} "title") and <{_ALIVE}>

> {_DEAD}, (https://alive.test/) and [one][1]
> - *a* `{_DEAD}` <a href="{_DEAD}">b</a>

| a | b |
| - | - |
| {_ALIVE} | [c \\| d](<{_DEAD}>) |

```
{_DEAD}
```
<div><a href='{_ALIVE}'>e</a></div>

[1]: {_DEAD} 'f'
"""
_HTML = f"""<!doctype html><title>{_DEAD}</title><!-- <a href="{_DEAD}"> --><script>"<a href='{_DEAD}'>"</script>
<p><a class=x href="{_DEAD.replace("&", "&amp;")}" id=y>a</a><a href={_ALIVE}>b</a><pre><a href="{_DEAD}"></pre>
<svg><a href="{_DEAD}"></svg><textarea><a href="{_DEAD}"></textarea><A HREF = '{_ALIVE}'/>"""


def seeds() -> list[bytes]:
    """A file of each kind in each encoding that is known by its first bytes."""
    texts = (_MARKDOWN, _MARKDOWN, _HTML)
    found = [bytes([way]) + text.encode() for way, text in enumerate(texts)]
    found += [bytes([way]) + f"\ufeff{text}".encode("utf-16-le") for way, text in enumerate(texts)]
    return [*found, bytes([0]) + f"\ufeff{_MARKDOWN}".replace("\n", "\r\n").encode()]


def one_input(data: bytes) -> None:
    """Nothing changes where nothing is kept; where links are made robust, a second time finds nothing left to do."""
    kind, anchored = _WAYS[data[0] % len(_WAYS)] if data else _WAYS[0]
    file = data[1:]
    try:
        same = rewritten(file, kind, lambda _: None, "file", anchored=anchored)
    except FormatError:
        return
    assert same.data == file and not same.changes
    found = rewritten(file, kind, _choose, "file", anchored=anchored)
    assert bool(found.changes) == (found.data != file)
    again = rewritten(found.data, kind, _choose, "file", anchored=anchored)
    assert again.data == found.data and not again.changes


def _choose(address: str) -> Relink | None:
    snapshot = _SNAPSHOTS.get(address.strip())
    return Relink(address.strip(), snapshot, leads=address.strip() == _DEAD) if snapshot is not None else None
