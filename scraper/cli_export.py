"""The commands that write what is kept into files for others: `export` and what it takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, common, piping, stopping

exports = typer.Typer(
    name="export",
    no_args_is_help=True,
    add_completion=False,
    help="Write what is kept into files for others.",
)


@exports.command()
@common
def wacz(
    urls: Annotated[
        list[str] | None, typer.Option("--url", metavar="URL", help="All captures of this address. Repeatable.")
    ] = None,
    words: Annotated[str, typer.Option("--search", metavar="WORDS", help="The articles that hold these words.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="What was kept since then.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="The whole collection.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Else the collection's name with .wacz.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What viewers call it. Else the collection's name.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a WACZ file, which ReplayWeb.page and other viewers open: pages, pictures, texts and index in one.

    A part of the collection brings along what its pages need: pictures and styles that other pages stored, and the
    originals of what was found unchanged. Works beside a run; what that still writes is left out.

    Examples:  tearsheet export wacz --all      tearsheet export wacz --search "harbour bridge" -o bridge.wacz
    """
    from scraper.exporting import Selection, Wish, export_wacz

    selection = Selection(tuple(urls or ()), words.strip(), since.strip(), everything)
    export_wacz(COMMON.settings(), Wish(selection, output, title, force, COMMON.json, COMMON.quiet))


@exports.command()
@common
def links(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="ADDRESS…", help="Addresses that are kept; else all that are.")
    ] = None,
    input_files: Annotated[
        list[Path] | None,
        typer.Option("-i", "--input", metavar="FILE", help="A file of addresses, one a line; - is stdin. Repeatable."),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="html|md|csv|json", help="Else by the name of the file; else html.")
    ] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Else stdout.")] = None,
    replay: Annotated[
        str, typer.Option("--replay", metavar="ADDRESS", help="Where snapshots are seen; else as config.toml has it.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """List kept links as Robust Links, for others to cite: the address, when it was kept, where that is seen.

    In HTML each is an <a> whose data-originalurl, data-versiondate and data-versionurl say so (as specified at
    robustlinks.mementoweb.org); Markdown has the link and one to its snapshot; CSV and JSON have the same as fields,
    with state and place in the WARC. The snapshot is that of the latest capture; the setting replay in config.toml, or
    --replay, says where yours are seen.

    Exit code 0: all are listed. 1: some are not kept, and it is said which. 9: none is.

    Examples:  tearsheet export links -o links.html      tearsheet export links https://… --format md
    tearsheet export links -i cited.txt -o cited.csv --replay https://archive.example.org/main/
    """
    from scraper.linking import Asked, export_links
    from scraper.sources.lists import links_from

    given = None
    if addresses or input_files:
        given = tuple(link.url for link in links_from(addresses or [], input_files or [], sys.stdin.buffer))
        if not given:
            raise UsageError("no address was given: leave the list out for all that is kept")
    asked = Asked(given, form, replay.strip(), output, force, COMMON.json, COMMON.quiet)
    with piping():
        code = export_links(COMMON.settings(), asked)
    raise typer.Exit(code)


@exports.command()
@common
def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of texts, with all below it.")],
    replay: Annotated[
        str, typer.Option("--replay", metavar="ADDRESS", help="Where snapshots are seen; else as config.toml has it.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Write over an index.html or index.md that tearsheet did not make.")
    ] = False,
) -> None:
    """Give a folder of texts an index page: each text, its original address, whether that still stands, its snapshot.

    Writes index.html, which stands alone, and index.md into the folder, sorted by title. The state is what tearsheet
    check found: alive, dead, doubtful, or unknown where it never looked. Run it again when you like: an index of its
    own is written over, and a source of kind "texts" passes it over.

    Example:  tearsheet export index articles
    """
    from scraper.indexing import Asked, export_index

    export_index(COMMON.settings(), Asked(folder, replay.strip(), force, COMMON.json, COMMON.quiet))


@exports.command()
@common
def parquet(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="Else the collection's name with -parquet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an export that is there.")] = False,
) -> None:
    """Write captures and articles as Parquet, for DuckDB, Spark and pandas.

    captures/ has the columns of Common Crawl's columnar index, partitioned as that is, so that queries written for it
    work; articles/ has a row for each article with its text. Works beside a run; what that still writes is left out.

    Examples:  tearsheet export parquet      tearsheet export parquet -o tables --force
    """
    from scraper.exporting_parquet import Wish, export_parquet

    with stopping() as stop:
        wish = Wish(output, force, COMMON.json, COMMON.quiet)
        export_parquet(COMMON.settings().archive, wish, stop.is_set)
    raise typer.Exit(stop.code)
