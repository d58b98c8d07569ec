"""What a collection's store has, held against the manifest and what is here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from enum import Enum
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from archive import manifest, mounts
from archive.agreement import Reader
from archive.checking import Kind, Problem
from archive.errors import StorageError, TearsheetError, UsageError
from archive.manifest import Entry
from archive.sending import LEDGERS
from archive.store import Object, Store, digests_of

_THREADS = 8
_PIECE = 1 << 20


class Depth(Enum):
    """How closely the store's copies of files that are here are looked at; those that are there alone are read as any
    file is."""

    SIZES = "sizes compared"
    CHECKSUMS = "sizes and checksums compared"
    WHOLE = "all of them read there"


class Stored(Struct):
    """What was found: how many of the collection's files are in the store at `address`."""

    address: str
    depth: Depth
    files: int = 0
    problems: list[Problem] = field(default_factory=list)


class _Pair(Struct, frozen=True):
    """A file that is here and there; `entry` is what the manifest says of it."""

    name: str
    path: Path
    found: Object
    entry: Entry | None


def require_store(folder: Path) -> None:
    """Raises UsageError where the collection has none."""
    if mounts.store_of(folder) is None:
        raise UsageError(f"{folder} has no store: [archive] store in config.toml names one")


def against_store(
    folder: Path, files: Sequence[str], depth: Depth, stopped: Callable[[], bool] = lambda: False
) -> Stored | None:
    """`files` are those of the collection, here or there, as folder/name. None without a store. Raises StorageError."""
    store = mounts.store_of(folder)
    if store is None:
        return None
    waiting, known = _unsent(folder), manifest.present(folder / manifest.NAME)
    there = {f"{kind}/{name}": each for kind in mounts.KINDS for name, each in store.names(kind).items()}
    told = Stored(store.address(), depth, sum(name in there for name in files))
    pairs = []
    for name in files:
        path, found = folder / name, there.get(name)
        if found is None:
            if path.exists():
                told.problems.append(_lacking(store, name, name in waiting))
            continue
        pair = _Pair(name, path, found, known.get(name))
        problem = _sizes(store, pair)
        if problem is not None:
            told.problems.append(problem)
        elif path.exists():
            pairs.append(pair)
    if depth is Depth.WHOLE:
        told.problems += _read_there(store, pairs, stopped)
    elif depth is Depth.CHECKSUMS:
        told.problems += _checksums(store, pairs)
    told.problems += _ledgers(store, folder)
    return told


def _unsent(folder: Path) -> frozenset[str]:
    """What the catalog says is still to be taken to the store."""
    with suppress(TearsheetError), closing(Reader(folder)) as reader:
        names = [row["name"] for row in reader.all("SELECT name FROM state WHERE name LIKE 'unsent:%'")]
        return frozenset(name.removeprefix("unsent:") for name in names)
    return frozenset()


def _lacking(store: Store, name: str, waiting: bool) -> Problem:
    if waiting:
        return Problem(Kind.NOTE, name, f"it is not in {store.url} yet: the next run takes it there")
    words = f"it is here, and not in {store.url}: tearsheet rebuild and the run after it take it there again"
    return Problem(Kind.MISSING, name, words)


def _sizes(store: Store, pair: _Pair) -> Problem | None:
    if pair.entry is not None and pair.entry.size != pair.found.size:
        words = f"it has {pair.found.size} bytes in {store.url}, and had {pair.entry.size} on {pair.entry.time}"
        return Problem(Kind.CHANGED, pair.name, words)
    with suppress(FileNotFoundError):
        size = pair.path.stat().st_size
        if size != pair.found.size:
            return Problem(Kind.CHANGED, pair.name, f"it has {size} bytes here, and {pair.found.size} in {store.url}")
    return None


def _checksums(store: Store, pairs: Sequence[_Pair]) -> Iterator[Problem]:
    """A checksum of the store's that is not what we can make of the file here proves nothing: some are of ways of
    keeping the file (encryption, other parts). Such files are to be read, which is for whoever asks to wait for."""
    with ThreadPoolExecutor(_THREADS) as pool:
        same = pool.map(lambda pair: _is_ours(pair), pairs)
        left = [pair.name for pair, is_same in zip(pairs, same, strict=True) if not is_same]
    if left:
        words = (
            f"the checksum that {store.url} tells of it, and of {len(left) - 1} others, is not one of the file here: "
            "tearsheet verify --store reads what is there"
        )
        yield Problem(Kind.NOTE, left[0], words)


def _is_ours(pair: _Pair) -> bool:
    try:
        return bool(pair.found.etag) and pair.found.etag in digests_of(pair.path).etags
    except StorageError:
        # It left, or cannot be read, which is told where it is read.
        return True


def _read_there(store: Store, pairs: Sequence[_Pair], stopped: Callable[[], bool]) -> Iterator[Problem]:
    with ThreadPoolExecutor(_THREADS) as pool:
        for problem in pool.map(partial(_read_one, store, stopped), pairs):
            if problem is not None:
                yield problem


def _read_one(store: Store, stopped: Callable[[], bool], pair: _Pair) -> Problem | None:
    if stopped():
        return None
    try:
        found = _digest_there(store, pair.name)
        wanted = pair.entry.sha256 if pair.entry is not None else digests_of(pair.path).sha256
    except (OSError, StorageError) as error:
        return Problem(Kind.UNREADABLE, pair.name, f"in {store.url}: {error}")
    if found == wanted:
        return None
    when = f"when it was {pair.entry.event} ({pair.entry.time})" if pair.entry is not None else "here"
    return Problem(Kind.CHANGED, pair.name, f"its bytes in {store.url} are not those that it had {when}")


def _digest_there(store: Store, name: str) -> str:
    digest = hashlib.sha256()
    with store.open(name) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def _ledgers(store: Store, folder: Path) -> Iterator[Problem]:
    """What the store has of the lists that only grow is how those here begin."""
    for name in LEDGERS:
        there = store.get(name)
        path = folder / name
        here = path.read_bytes() if path.exists() else b""
        if there is None and here:
            yield Problem(Kind.NOTE, name, f"it is not in {store.url} yet: the next run takes it there")
        elif there is not None and not here.startswith(there):
            words = f"{store.address(name)} has lines that are not here: another machine wrote them, or somebody did"
            yield Problem(Kind.MANIFEST, name, words)
