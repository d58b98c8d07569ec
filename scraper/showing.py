"""What `show`, `status` and `rebuild` need beyond one look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.errors import NotKeptError

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.models import PageRow
    from archive.settings import ArchiveSettings

HTML_LIMIT = 100_000_000


def page_bytes(collection: Collection, row: PageRow) -> bytes:
    """The payload of the page's capture, content coding undone. Raises NotKeptError where no answer is stored."""
    from scraper.body import decoded_stream

    capture = collection.capture_of(row)
    if capture is None:
        raise NotKeptError(f"no answer of {row.url} is stored: {row.reason}")
    answer = collection.read(capture)
    with answer.payload() as payload:
        return decoded_stream(payload, answer.http_headers(), HTML_LIMIT)


def status_lines(stats: dict[str, Any], folder: Path) -> Iterator[str]:
    """One fact a line, the names padded so that the values stand in one column."""
    yield f"{'collection':<17} {folder}"
    for name, value in stats.items():
        if isinstance(value, dict):
            if value:
                yield f"{name.replace('_', ' ')}:"
                yield from (f"    {count:>8}  {key}" for key, count in value.items())
        elif value is not None:
            yield f"{name.replace('_', ' '):<17} {value}"


def rebuild_collection(settings: ArchiveSettings, tell: Callable[[str], None], as_json: bool) -> int:
    """Rebuild what is derived; returns the exit code: 5 where a WARC file is damaged, told with its offset."""
    import json

    from archive.rebuild import rebuild

    report = rebuild(settings, tell=tell)
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        tell(report.summary())
    return report.exit_code
