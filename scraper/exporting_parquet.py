"""`tearsheet export parquet`: what is kept, as tables for DuckDB, Spark and pandas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from archive.errors import UsageError
from archive.settings import ArchiveSettings
from scraper.packing import size_words
from scraper.report import shown
from scraper.saying import say


class Wish(Struct, frozen=True):
    """How it was asked for; `target` None is a folder in the current one, named after the collection."""

    target: Path | None = None
    force: bool = False
    json: bool = False
    quiet: bool = False


def export_parquet(settings: ArchiveSettings, wish: Wish, stopped: Callable[[], bool]) -> None:
    """Writes the folder and tells of it; nothing of it is there once `stopped` says so.

    Raises UsageError for a folder that is there and where pyarrow is lacking, NotKeptError where nothing is to be
    exported, DamageError and StorageError.
    """
    try:
        from archive.columnar.export import Run, Stopped, export
    except ImportError as error:
        raise UsageError('export parquet needs more than is installed: pip install "tearsheet[parquet]"') from error
    from archive.collection import Collection

    name = settings.collection
    with Collection.open(settings, None) as collection:
        folder = collection.path
    target = wish.target or Path(f"{name}-parquet")
    try:
        made = export(folder, name, target, Run((lambda _: None) if wish.quiet else say, stopped), force=wish.force)
    except Stopped:
        say("stopped: nothing was written")
        return
    if wish.json:
        facts = {
            "path": str(made.path),
            "captures": made.captures,
            "articles": made.articles,
            "files": made.files,
            "size": made.size,
        }
        print(json.dumps(facts, ensure_ascii=False))
    elif not wish.quiet:
        counts = f"{made.captures:,} captures, {made.articles:,} articles"
        print(f"{shown(made.path)}: {counts}, {size_words(made.size)} in {made.files} files")
