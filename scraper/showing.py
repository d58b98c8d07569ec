"""What `show`, `status` and `rebuild` need beyond one look-up."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from archive.errors import NotKeptError, UsageError
from archive.linkstate import standing
from archive.rows import iso
from archive.submission import plain
from scraper.report import json_line, meta_lines, why_lines
from scraper.saying import fit
from scraper.submits.telling import line_of

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.models import PageRow
    from archive.settings import ArchiveSettings
    from scraper.settings import Settings

HTML_LIMIT = 100_000_000


class Form(StrEnum):
    """As what a kept page is shown."""

    TEXT = "text"
    META = "meta"
    HTML = "html"
    WHY = "why"


class Shown(Struct, frozen=True):
    """As what a page is shown, and after how many failures its link is called dead."""

    form: Form
    json: bool
    strikes: int


def show_page(collection: Collection, address: str, wish: Shown, say: Callable[[str], None]) -> None:
    """Prints what is kept of an address. Raises NotKeptError where that is nothing."""
    form, as_json = wish.form, wish.json
    row = collection.find(address)
    if row is None:
        raise NotKeptError(f"nothing is kept of {address}: tearsheet fetch {address} keeps it")
    if form is Form.HTML:
        sys.stdout.buffer.write(page_bytes(collection, row))
    elif form is Form.WHY:
        article = collection.article_of(_with_text(collection, row, address, say))
        why = dict(article.meta.why) if article is not None else {}
        print(json.dumps(why, ensure_ascii=False) if as_json or article is None else "\n".join(why_lines(article)))
    elif form is Form.META:
        link = link_facts(collection, address, wish.strikes)
        submissions = collection.submissions_of(address) or collection.submissions_of(row.url)
        if as_json:
            told = [plain(each) for each in submissions]
            print(json_line(row, collection.path, link=link, submissions=told))
            return
        print("\n".join(meta_lines(row, collection.path)))
        if link is not None:
            words = f"{link['standing']}; on {link['checked_at']}, {link['state']}: {link['reason']}"
            print(fit(f"link: {words} ({link['checks']} checks)"))
        for each in submissions:
            print(fit(f"submission: on {iso(each.time)}, {line_of(each)}"))
    else:
        row = _with_text(collection, row, address, say)
        text = collection.text_of(row) or ""
        print(json_line(row, collection.path, content=text) if as_json else text)


def link_facts(collection: Collection, address: str, strikes: int) -> dict[str, Any] | None:
    """Where a link stands and what was found of it last; None where it was never checked."""
    checks = collection.checks_of(address)
    if not checks:
        return None
    last = checks[-1]
    return {
        "standing": str(standing(checks, strikes)),
        "state": str(last.state),
        "reason": last.reason,
        "moved_to": last.moved_to,
        "checked_at": iso(last.time),
        "checks": len(checks),
    }


def links_checked(collection: Collection, strikes: int) -> dict[str, int]:
    """How many links stand how, of those that were ever checked."""
    return dict(Counter(str(each.standing) for each in collection.standings(strikes)).most_common())


def _with_text(collection: Collection, row: PageRow, address: str, say: Callable[[str], None]) -> PageRow:
    """The latest capture if it has a text, else the latest that has one."""
    if collection.text_of(row) is not None:
        return row
    earlier = collection.find_text(address)
    if earlier is None or collection.text_of(earlier) is None:
        raise NotKeptError(f"{address} is kept as {row.verdict.value}, without a text: {row.reason}")
    say(f"the capture of {row.captured_at:%Y-%m-%d} has no text ({row.reason}); this is that of an earlier one")
    return earlier


def page_bytes(collection: Collection, row: PageRow) -> bytes:
    """The payload of the page's capture, content coding undone. Raises NotKeptError where no answer is stored."""
    from archive.coding import decoded_stream

    capture = collection.capture_of(row)
    if capture is None:
        raise NotKeptError(f"no answer of {row.url} is stored: {row.reason}")
    answer = collection.read(capture)
    with answer.payload() as payload:
        found = decoded_stream(payload, answer.http_headers(), HTML_LIMIT)
    if len(found) >= HTML_LIMIT:
        raise UsageError(f"{row.url} is larger than {HTML_LIMIT} bytes: read it out of {row.warc}, offset {row.offset}")
    return found


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


def rebuild_index(
    settings: ArchiveSettings, tell: Callable[[str], None], stopped: Callable[[], bool], as_json: bool
) -> int:
    """Make the index alone again; returns the exit code: 5 where a WARC file is damaged."""
    from archive.reindex import Run, reindex

    report = reindex(settings, Run(tell, stopped))
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        tell(report.summary())
    return report.exit_code


def rebuild_collection(settings: Settings, tell: Callable[[str], None], as_json: bool) -> int:
    """Rebuild what is derived; returns the exit code: 5 where a WARC file is damaged, told with its offset."""
    from archive import mounts
    from archive.disk import Disk
    from archive.opening import make_folder
    from archive.rebuild import rebuild
    from scraper.pooling import pooled

    archive = replace(settings.archive, root=settings.archive.root.absolute())
    folder = archive.root / "collections" / archive.collection
    if settings.cluster.scheduler and any(mounts.stored(folder / kind) for kind in mounts.KINDS):
        # On a new machine: workers are to see the folder before anything is in it.
        make_folder(folder, Disk())
    with pooled(settings, [folder]) as pool:
        report = rebuild(archive if pool else settings.archive, tell=tell, pool=pool)
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        tell(report.summary())
    return report.exit_code
