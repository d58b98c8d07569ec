"""`tearsheet rewrite`: links in files of Markdown and HTML made robust, in their places."""

from __future__ import annotations

import difflib
import json
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from archive.collection import Collection
from archive.errors import FormatError, StorageError, TearsheetError, UsageError
from archive.linkstate import Standing
from archive.replayed import uri
from archive.robust.anchors import Relink
from archive.robust.index import INDEX_NAMES, is_index
from archive.robust.rewriting import KINDS, Change, Rewritten, kind_of, rewritten
from archive.rows import iso
from archive.urls import wire_url
from scraper.filing import copied, replaced
from scraper.linking import ALL_FAILED, Links, replay_of, tell_replay
from scraper.report import shown, shown_address
from scraper.saying import fit, say
from scraper.settings import Settings

MAX_FILE = 100_000_000
BACKUP = ".orig"
_REMEMBERED = 10_000


class Asked(Struct, frozen=True):
    """`everything`: not the dead alone, but all links that are kept. `anchored`: Markdown gets anchors of HTML.
    `backup` is what the name of the file as it was ends with, "" for none."""

    files: tuple[Path, ...]
    everything: bool = False
    anchored: bool = False
    backup: str = BACKUP
    replay: str = ""
    dry_run: bool = False
    json: bool = False
    quiet: bool = False


class Chooser:
    """What becomes of a link, by its address."""

    def __init__(self, links: Links, everything: bool) -> None:
        self._links = links
        self._everything = everything
        self.choose = lru_cache(_REMEMBERED)(self._choose)

    def _choose(self, address: str) -> Relink | None:
        address = address.strip()
        try:
            wire = wire_url(address)
        except ValueError:
            return None
        kept = self._links.of(address)
        if kept is None or kept.snapshot is None:
            return None
        dead = kept.standing is Standing.DEAD
        if not (dead or self._everything):
            return None
        fragment = uri(address.partition("#")[2])
        behind = f"#{fragment}" if fragment else ""
        plain = address.isascii() and address.isprintable() and " " not in address
        snapshot = replace(kept.snapshot, address=kept.snapshot.address + behind)
        return Relink(address if plain else wire + behind, snapshot, leads=dead)


def rewrite(settings: Settings, asked: Asked) -> int:
    """Rewrites the files and tells of each; gives the exit code. What is wrong with one file is told, and the others go
    on. Raises UsageError, NotKeptError and DamageError, before any file is touched."""
    if "/" in asked.backup or asked.backup in (".", ".."):
        raise UsageError(f"--backup {asked.backup}: expected what a name ends with, such as {BACKUP}")
    with Collection.open(settings.archive, None) as collection:
        links = Links(collection, replay_of(settings, asked.replay), settings.check.strikes)
        chooser = Chooser(links, asked.everything)
        files = Counter(_one(path, chooser, asked) for path in _files(asked.files, asked.backup))
    if files[True] and not asked.quiet:
        tell_replay(settings, asked.replay)
    failed = files["failed"]
    if not failed:
        return 0
    return ALL_FAILED if failed == files.total() else TearsheetError.exit_code


def _one(path: Path, chooser: Chooser, asked: Asked) -> bool | str:
    """Whether anything changed; "failed" where the file could not be rewritten."""
    try:
        kind = kind_of(path)
        if kind is None:
            raise FormatError(str(path), 1, f"neither Markdown nor HTML by its name ({' '.join(sorted(KINDS))})")
        before, data = _read(path)
        found = rewritten(data, kind, chooser.choose, str(path), anchored=asked.anchored)
        changed = found.data != data
        backup = None
        if changed and not asked.dry_run:
            backup = copied(path, data, asked.backup) if asked.backup else None
            if _state(path) != before:
                raise StorageError(f"{path}: was changed by somebody else meanwhile, and is left alone")
            replaced(path, found.data)
    except TearsheetError as error:
        say(str(error))
        if asked.json:
            print(json.dumps({"path": str(path.absolute()), "error": str(error)}, ensure_ascii=False))
        return "failed"
    _tell(path, data, found, backup, asked)
    return changed


# ------------------------------------------------------------------------------------------------ files


def _files(paths: Sequence[Path], backup: str) -> Iterator[Path]:
    """Each once: files as they are named, and of folders what is Markdown or HTML by its name, in the order of names;
    hidden ones, links, backups and index pages of ours are left alone."""
    seen: set[Path] = set()
    for path in paths:
        for one in _below(path, backup) if path.is_dir() else [path]:
            real = one.resolve() if one.is_symlink() else one.absolute()
            if real not in seen:
                seen.add(real)
                yield one


def _below(root: Path, backup: str) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, onerror=lambda e: say(f"{e.filename}: {e.strerror}")):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            hidden = name.startswith(".") or (backup and backup in name)
            if not hidden and kind_of(path) is not None and not path.is_symlink() and not _is_index(path):
                yield path


def _is_index(path: Path) -> bool:
    if path.name not in INDEX_NAMES:
        return False
    try:
        return is_index(_read(path)[1])
    except StorageError:
        return False


def _read(path: Path) -> tuple[tuple[int, ...], bytes]:
    """The file and its state. Raises StorageError where it cannot be read, is no file, or too large."""
    try:
        # Neither a pipe nor a device makes us wait.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - pathlib knows no flags
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise StorageError(f"{path}: no regular file")
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        words = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise StorageError(f"{path}: cannot be read: {words}") from None
    if len(data) > MAX_FILE:
        raise StorageError(f"{path}: is larger than {MAX_FILE // 1_000_000} MB")
    return _facts(status), data


def _state(path: Path) -> tuple[int, ...]:
    try:
        return _facts(path.stat())
    except OSError:
        return ()


def _facts(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


# ------------------------------------------------------------------------------------------------ telling


def _tell(path: Path, data: bytes, found: Rewritten, backup: Path | None, asked: Asked) -> None:
    if asked.json:
        facts = {
            "path": str(path.absolute()),
            "written": found.data != data and not asked.dry_run,
            "backup": str(backup.absolute()) if backup else None,
            "changes": [_as_dict(change) for change in found.changes],
            "left": [{"line": change.line, "url": change.address} for change in found.left],
        }
        print(json.dumps(facts, ensure_ascii=False))
        return
    if asked.dry_run:
        for line in _difference(path, data, found.data):
            print(fit(line))
    for change in found.left:
        say(f"{path}, line {change.line}: left as it is, since other mark-up beside it would change: {change.address}")
    if asked.quiet:
        return
    count = len(found.changes)
    would = "would be made robust" if asked.dry_run else "made robust"
    kept = f"; as it was: {shown(backup)}" if backup else ""
    say(f"{shown(path)}: {count} {'link' if count == 1 else 'links'} {would}{kept}")
    if not asked.dry_run:
        for change in found.changes:
            print(fit(f"{shown(path)}, line {change.line}: {shown_address(change.address)}"))
            print(f"    {change.relink.snapshot.address}")


def _as_dict(change: Change) -> dict[str, Any]:
    return {
        "line": change.line,
        "url": change.address,
        "originalurl": change.relink.original,
        "versiondate": iso(change.relink.snapshot.time),
        "versionurl": change.relink.snapshot.address,
        "dead": change.relink.leads,
    }


def _difference(path: Path, before: bytes, after: bytes) -> Iterator[str]:
    old, new = (data.decode("utf-8", "replace").split("\n") for data in (before, after))
    for line in difflib.unified_diff(old, new, str(path), str(path), lineterm="", n=1):
        yield line.removesuffix("\r")
