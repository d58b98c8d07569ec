"""The commands around what is kept already: `accept` and `serve`. They are parsed here and done elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from scraper.options import COMMON, common


@common
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
