"""`tearsheet export index`: an index page for a folder of texts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from archive.article import plain_inline
from archive.collection import Collection
from archive.errors import FormatError, NotKeptError, UsageError
from archive.parse import parse
from archive.robust.index import INDEX_NAMES, Entry, as_html, as_markdown, is_index, tally
from archive.urls import is_http
from scraper.filing import written
from scraper.linking import Links, replay_of, tell_replay
from scraper.report import shown
from scraper.saying import fit, say
from scraper.settings import Settings
from scraper.sources.texts import files, read

_FORMS = dict(zip(INDEX_NAMES, (as_html, as_markdown), strict=True))
_LOOKED_AT = 1024
_LONGEST_TITLE = 400


class Asked(Struct, frozen=True):
    """`replay` is where snapshots are seen, "" for what the config says."""

    folder: Path
    replay: str = ""
    force: bool = False
    json: bool = False
    quiet: bool = False


def export_index(settings: Settings, asked: Asked) -> None:
    """Writes index.html and index.md into the folder. An index of before is written over; any other file of that name
    only if that is forced. Raises UsageError, NotKeptError, DamageError and StorageError."""
    folder = asked.folder
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    targets = [folder / name for name in INDEX_NAMES]
    for target in targets:
        if target.exists() and not (asked.force or _is_ours(target)):
            raise UsageError(f"{target} is there already, and no index of ours; --force writes over it")
    with Collection.open(settings.archive, None) as collection:
        links = Links(collection, replay_of(settings, asked.replay), settings.check.strikes)
        entries = list(_entries(folder, links))
    if not entries:
        raise NotKeptError(f"there is no text in {folder}")
    for target in targets:
        with written(target, force=True) as file:
            file.writelines(piece.encode() for piece in _FORMS[target.name](entries))
    if asked.json:
        paths = [str(target.absolute()) for target in targets]
        print(json.dumps({"paths": paths, "texts": len(entries)}, ensure_ascii=False))
    elif not asked.quiet:
        print(f"{fit(', '.join(map(shown, targets)))}: {tally(entries)}")
    if not asked.quiet:
        tell_replay(settings, asked.replay)


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_index(file.read(_LOOKED_AT))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _entries(folder: Path, links: Links) -> Iterator[Entry]:
    """Each file that is a text; what is none is told."""
    for path in files(folder, str(folder), say):
        data = read(path, str(folder), say)
        if data is not None:
            yield _entry(path.relative_to(folder), data, links)


def _entry(file: Path, data: bytes, links: Links) -> Entry:
    try:
        article = parse(data, str(file))
    except FormatError:
        return Entry(file, _named(data) or _name(file), None, None)
    address = article.url if is_http(article.url) else None
    title = plain_inline(article.title)[:_LONGEST_TITLE]
    return Entry(file, title or _name(file), address, links.of(address) if address else None)


def _named(data: bytes) -> str:
    """The first line of a file that is no article, if it is a heading."""
    lines = data[:_LOOKED_AT].decode("utf-8-sig", "replace").split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    return first.lstrip("#").strip()[:_LONGEST_TITLE] if first.startswith("# ") else ""


def _name(file: Path) -> str:
    return os.fsencode(file).decode("utf-8", "replace")
