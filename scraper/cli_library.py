"""The commands around what is kept already: `accept` and `serve`. They are parsed here and done elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from scraper.options import COMMON, stopping


def accept(
    page: Annotated[
        str, typer.Argument(metavar="URL", help="The address, whose latest failure is meant; or a page id.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it is the article after all: kept with the page.")
    ] = "",
) -> None:
    """Overrule a verdict: what lies in quarantine is the article after all.

    Where a page was taken for a challenge, a paywall or an empty page and you can see that it is the article, say so.
    What the server sent is kept as any article, with the time at which it came and a record of who said so and why.
    tearsheet list --failed tells what lies in quarantine.

    Example:  tearsheet accept https://… --reason "The whole text is there, below the banner."
    """
    from scraper.accepting import Asked
    from scraper.accepting import accept as accept_page

    accept_page(COMMON.settings(), Asked(page.strip(), reason, COMMON.json, COMMON.quiet))


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen: an address or name of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The library's port; 0: any.")] = 8080,
    names: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="Another name by which it is called, as by a proxy. Repeatable."),
    ] = None,
    replay_port: Annotated[
        int | None, typer.Option("--replay-port", min=0, max=65535, help="The replay's port; else the next, 0: any.")
    ] = None,
    no_replay: Annotated[bool, typer.Option("--no-replay", help="Only the library, without pywb.")] = False,
    allow_writes: Annotated[
        bool, typer.Option("--allow-writes", help="Keep addresses and overrule verdicts from the browser.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the library in your browser.")] = False,
) -> None:
    """Look at the collection in a browser: what came in, search, reading, versions, replay.

    The library reads while runs go on, and sees what they keep. Beside it runs pywb, which replays captures, on a host
    and port of its own, since archived scripts run there. Both answer to this machine alone, unless --host names an
    address that others reach. There is no login: put a proxy with one before it, and give its name with --name.

    With --allow-writes a token is printed, new each time; whoever enters it in the library may keep an address and
    overrule a verdict. Ctrl-C stops it.

    Examples:  tearsheet serve --open      tearsheet serve --allow-writes --port 0      tearsheet serve --no-replay
    """
    from scraper.serving import Wish
    from scraper.serving import serve as serve_collection

    wish = Wish(
        host=host,
        port=port,
        names=tuple(names or ()),
        replay=not no_replay,
        replay_port=replay_port,
        writes=allow_writes,
        open=open_,
        options=COMMON.options(),
        json=COMMON.json,
        quiet=COMMON.quiet,
        verbose=COMMON.verbose,
    )
    with stopping() as stop:
        serve_collection(COMMON.settings(), wish, stop)
    raise typer.Exit(stop.code)
