"""CDXJ index lines (CDXJ 0.1.0): format, sort, merge.

A line is the SURT key, the time in 14 digits, and JSON with the fields of cdxj-indexer, all values strings. Files are
sorted by their bytes; an identical line stands once.
"""

from __future__ import annotations

import heapq
import io
import mmap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from json.encoder import encode_basestring_ascii
from pathlib import Path

from msgspec import Struct

from archive import urls
from archive.deferring import deferred
from archive.disk import AppendFile, Disk, storage_error
from archive.models import Capture

IN_MEMORY = 32 * 1024 * 1024
_PIECE = 1 << 20
_MAPPED = 16 * 1024 * 1024
_FIRST_STEP = 2048
NOT_MODIFIED_STATUS = 304
_PLACE = deferred(rb'"offset": "(?P<offset>[0-9]{1,18})", "filename": "(?P<file>[A-Za-z0-9._-]+)"\}\n\Z')


def line(capture: Capture) -> bytes:
    """The index line of a response, a revisit or a resource, with its line end."""
    revisit = capture.record_type == "revisit"
    # A revisit that stands for a 304 has no HTTP block, so its line has no status.
    told = capture.status is not None and not (revisit and capture.status == NOT_MODIFIED_STATUS)
    fields = (
        ("url", capture.url),
        ("mime", "warc/revisit" if revisit else capture.mime),
        ("status", str(capture.status) if told else ""),
        ("digest", capture.digest),
        ("length", str(capture.length)),
        ("offset", str(capture.offset)),
        ("filename", capture.warc),
    )
    data = ", ".join([f'"{name}": {encode_basestring_ascii(value)}' for name, value in fields if value])
    return f"{urls.key(capture.url)} {urls.stamp(capture.time)} {{{data}}}\n".encode("ascii", "backslashreplace")


def place_of(line: bytes) -> tuple[str, int] | None:
    """The file and the offset that a line names; None for a line that is not as `line` writes them."""
    match = _PLACE.search(line)
    return (match["file"].decode("ascii"), int(match["offset"])) if match else None


def moved(line: bytes, file: str, offset: int) -> bytes:
    """The line with this place in it, all else as it is."""
    match = _PLACE.search(line)
    if match is None:
        raise ValueError("the line names no place")
    return line[: match.start()] + f'"offset": "{offset}", "filename": "{file}"}}\n'.encode("ascii")


class SortedLines:
    """Lines in byte order, each once, in bounded memory: sorted runs beyond `in_memory` bytes wait in `folder`.

    `size` is the bytes of all lines, repeated ones counted. To be closed.
    """

    def __init__(self, lines: Iterable[bytes], folder: Path, in_memory: int = IN_MEMORY) -> None:
        self.size = 0
        self._files: list[Path] = []
        self._held: list[bytes] = []
        held = 0
        for each in lines:
            self._held.append(each)
            held += len(each)
            self.size += len(each)
            if held >= in_memory:
                self._spill(folder)
                held = 0
        self._held.sort()

    def _spill(self, folder: Path) -> None:
        self._held.sort()
        path = folder / f"lines-{id(self)}-{len(self._files)}.run"
        try:
            with path.open("wb") as file:
                file.writelines(self._held)
        except OSError as error:
            raise storage_error(error, path) from error
        self._files.append(path)
        self._held = []

    def __iter__(self) -> Iterator[bytes]:
        with ExitStack() as stack:
            runs = [stack.enter_context(path.open("rb")) for path in self._files]
            yield from once(heapq.merge(self._held, *runs))

    def close(self) -> None:
        for path in self._files:
            path.unlink(missing_ok=True)
        self._files, self._held = [], []


def once(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Sorted lines, repeated ones left out."""
    last = None
    for each in lines:
        if each != last:
            yield each
        last = each


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """A file's content without reading it; b"" for an empty or missing one."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield b""
        return
    with file:
        if not file.seek(0, 2):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def lower_bound(data: mmap.mmap | bytes, wanted: bytes, low: int = 0, high: int | None = None) -> int:
    """Where the first line begins that is not below `wanted`. `low` and `high` are beginnings of lines."""
    high = len(data) if high is None else high
    while low < high:
        middle = (low + high) // 2
        start = data.rfind(b"\n", low, middle) + 1 or low
        end = data.find(b"\n", start) + 1 or len(data)
        if data[start:end] < wanted:
            low = end
        else:
            high = start
    return low


def _next_bound(data: mmap.mmap | bytes, wanted: bytes, low: int) -> int:
    """`lower_bound` for a place that is likely near `low`."""
    step = _FIRST_STEP
    while low + step < len(data):
        start = data.rfind(b"\n", low, low + step) + 1 or low
        end = data.find(b"\n", start) + 1 or len(data)
        if data[start:end] >= wanted:
            return lower_bound(data, wanted, low, start)
        low = end
        step *= 2
    return lower_bound(data, wanted, low)


def contains(data: mmap.mmap | bytes, wanted: bytes) -> bool:
    """Whether the sorted lines hold this one."""
    start = lower_bound(data, wanted)
    return data[start : start + len(wanted)] == wanted


def merge(base: Path, lines: Iterable[bytes], target: Path, disk: Disk) -> int:
    """Writes `target`, new and on the medium: the lines of `base` and the sorted `lines`, each once. Gives its size.

    Stretches of `base` between two new lines are copied as they are, so that few lines into a long file cost little
    more than a copy.
    """
    disk.unlink(target)
    file = disk.open_append(target, new=True)
    try:
        out = _Buffer(file)
        with mapped(base) as data:
            at = 0
            for each in lines:
                found = _next_bound(data, each, at)
                out.copy(data, at, found)
                at = found
                if data[found : found + len(each)] != each:
                    out.write(each)
            out.copy(data, at, len(data))
        out.flush()
        file.fsync()
        return file.tell()
    finally:
        file.close()


class Merged(Struct, frozen=True):
    """What a merge of sorted files came to; `size` in bytes."""

    size: int
    lines: int


def merge_runs(runs: Sequence[Path], target: Path, disk: Disk) -> Merged:
    """Writes `target`, new and on the medium: the lines of all these sorted files, each once.

    Stretch by stretch of keys, in memory: few lines of each file lie between one bound and the next, and to sort them
    all at once costs a fraction of comparing them one by one.
    """
    disk.unlink(target)
    file = disk.open_append(target, new=True)
    try:
        count = 0
        with ExitStack() as stack:
            held = [stack.enter_context(mapped(path)) for path in runs]
            at = [0] * len(held)
            for bound in (*_bounds(held), None):
                ends = [
                    len(data) if bound is None else _next_bound(data, bound, begin)
                    for data, begin in zip(held, at, strict=True)
                ]
                pieces = [data[begin:end] for data, begin, end in zip(held, at, ends, strict=True)]
                lines = sorted(dict.fromkeys(io.BytesIO(b"".join(pieces)).readlines()))
                file.write(b"".join(lines))
                count, at = count + len(lines), ends
                for data, end in zip(held, ends, strict=True):
                    _drop(data, 0, end)
        file.fsync()
        return Merged(file.tell(), count)
    finally:
        file.close()


def _bounds(held: Sequence[mmap.mmap | bytes]) -> list[bytes]:
    """Lines between two of which no file has more than its share of `IN_MEMORY`, or one line."""
    step = max(1, IN_MEMORY // 2 // max(1, len(held)))
    found = set()
    for data in held:
        for place in range(step, len(data), step):
            start = data.rfind(b"\n", 0, place) + 1
            found.add(bytes(data[start : data.find(b"\n", place) + 1 or len(data)]))
    return sorted(found)


def _drop(data: mmap.mmap | bytes, start: int, end: int) -> int:
    """What lies between need not stay in memory: of a long file it would be all of it. Gives how much was let go."""
    size = (end - start) // mmap.PAGESIZE * mmap.PAGESIZE
    if isinstance(data, mmap.mmap) and size:
        data.madvise(mmap.MADV_DONTNEED, start, size)
    return size


class _Buffer:
    """Gathers small writes."""

    def __init__(self, file: AppendFile) -> None:
        self._file = file
        self._held = bytearray()
        self._dropped = 0

    def write(self, data: bytes) -> None:
        self._held += data
        if len(self._held) >= _PIECE:
            self.flush()

    def copy(self, data: mmap.mmap | bytes, start: int, end: int) -> None:
        for at in range(start, end, _PIECE):
            self.write(data[at : min(at + _PIECE, end)])
            if at - self._dropped >= _MAPPED:
                self._dropped += _drop(data, self._dropped, at)

    def flush(self) -> None:
        if self._held:
            self._file.write(bytes(self._held))
            self._held.clear()
