"""The commands that tell what is kept: `list`, `show`, `search` and `status`."""

from __future__ import annotations

from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, reading
from scraper.saying import say


def list_(
    host: Annotated[str | None, typer.Option("--host", help="Only addresses of this host.")] = None,
    verdict: Annotated[
        str | None, typer.Option("--verdict", help="Only this verdict, such as article or gone.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was not kept.")] = False,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many, the latest first.")] = 50,
) -> None:
    """List what is kept, and what failed, the latest first."""
    from archive.models import VerdictKind
    from scraper.report import json_line, list_line

    if verdict is not None and verdict not in list(VerdictKind):
        raise UsageError(f"{verdict!r} is no verdict; these are: {', '.join(VerdictKind)}")
    with reading() as collection:
        for row in collection.pages(host=host, verdict=verdict, kept=False if failed else None, limit=limit):
            print(json_line(row, collection.path) if COMMON.json else list_line(row))


def show(
    address: Annotated[
        str, typer.Argument(metavar="URL", help="The address asked for, the final or the original one.")
    ],
    meta: Annotated[bool, typer.Option("--meta", help="All that is known of the capture.")] = False,
    html: Annotated[bool, typer.Option("--html", help="The page as the server sent it, decoded.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Where each field of the article stands on its page.")] = False,
) -> None:
    """Print the kept text of an address.

    --meta tells of its capture, --html prints the page, --why explains where title, authors, date and so on are from.
    """
    from scraper.showing import Form, Shown, show_page

    forms = [form for form, asked in ((Form.META, meta), (Form.HTML, html), (Form.WHY, why)) if asked]
    if len(forms) > 1 or (html and COMMON.json):
        raise UsageError("--meta, --html and --why go alone, --html without --json")
    if not address.strip():
        raise UsageError("which address?")
    with reading() as collection:
        wish = Shown(forms[0] if forms else Form.TEXT, COMMON.json, COMMON.settings().check.strikes)
        show_page(collection, address, wish, say)


def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help='Words that the text must hold; "in quotes" a phrase.')
    ],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many, the best first.")] = 20,
) -> None:
    """Search the kept texts, the best match first."""
    import json

    from archive.telling import as_dict

    with reading() as collection:
        for row, snippet in collection.search(" ".join(words), limit):
            if COMMON.json:
                print(json.dumps(as_dict(row, collection.path) | {"snippet": snippet}, ensure_ascii=False))
            else:
                print(f"{row.title}\n    {row.original_url or row.final_url}\n    {snippet}")


def status() -> None:
    """Say what the collection holds, how its links stand, and what the queue of tearsheet crawl waits for."""
    import json

    from scraper.queue_status import queue_lines, queue_status
    from scraper.running import now
    from scraper.showing import links_checked, status_lines

    with reading() as collection:
        stats = collection.stats() | {
            "links_checked": links_checked(collection, COMMON.settings().check.strikes),
            "submissions": collection.submissions_counted(),
        }
        queue = queue_status(collection.path, now)
        if COMMON.json:
            print(json.dumps(stats | {"queue": queue}, ensure_ascii=False))
            return
        print("\n".join(status_lines(stats, collection.path)))
        if queue is not None:
            print("\n".join(queue_lines(queue)))
