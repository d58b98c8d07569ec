"""pages/pages.jsonl: what viewers list and search (WACZ 1.1.1, "pages.jsonl").

Lines of a WARC file that is still open wait in a file that viewers do not read: they would find no record. Where
several are written at a time, each has its own, so that the list has the order that a rebuild gives it.
"""

from __future__ import annotations

import json
from pathlib import Path

from archive.disk import AppendFile, Disk, storage_error
from archive.models import PageRow
from archive.rows import iso

NAME = "pages.jsonl"
PENDING = ".pending"
HEADER = b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": "true"}\n'
_PIECE = 1 << 20


def line(row: PageRow, text: str | None, mime: str) -> bytes:
    """A kept page. `url` and `ts` are those of its index line; `text` is plain, None where it has none of its own."""
    fields = {
        "id": row.page_id,
        "url": row.final_url,
        "ts": iso(row.captured_at),
        "title": row.title,
        "text": text,
        "seed": row.url,
        "status": row.status,
        "mime": mime or None,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class Pages:
    """The pages list in `folder`. `size` is how long it was when everything in it was told of, in bytes."""

    def __init__(self, folder: Path, disk: Disk, size: int) -> None:
        self.size = size
        self._folder = folder
        self._disk = disk
        self._pending: dict[str, AppendFile] = {}

    def mend(self) -> str | None:
        """Takes away what a killed run left: waiting lines, and lines whose WARC file was never done with. Gives what
        is wrong with the list in words, or None."""
        for name in self._disk.listdir(self._folder) if self._disk.exists(self._folder) else ():
            if name.endswith(PENDING):
                self._disk.unlink(self._folder / name)
        path = self._folder / NAME
        there = self._disk.size(path) if self._disk.exists(path) else 0
        if there < self.size:
            return f"{path} is shorter than it should be: tearsheet rebuild makes it again"
        if there > self.size:
            with self._disk.open_append(path) as file:
                file.truncate(self.size)
                file.fsync()
        return None

    def wait(self, lines: bytes, warc: str) -> None:
        """Lines for later, when the WARC file of this name is closed."""
        if not lines:
            return
        if warc not in self._pending:
            path = self._folder / (warc + PENDING)
            self._disk.unlink(path)
            self._pending[warc] = self._disk.open_append(path, new=True)
        self._pending[warc].write(lines)

    def append(self, warc: str) -> int:
        """The lines that wait for this WARC file go to the end of the list; durable on return. Gives the list's new
        size."""
        waiting = self._pending.pop(warc, None)
        if waiting is None:
            return self.size
        waiting.close()
        path = self._folder / NAME
        new = not self._disk.exists(path)
        with self._disk.open_append(path, new=new) as file:
            if file.tell() > self.size:
                file.truncate(self.size)
            if not file.tell():
                file.write(HEADER)
            self._copy(waiting.path, file)
            file.fsync()
            self.size = file.tell()
        self._disk.fsync_dir(self._folder)
        self._disk.unlink(waiting.path)
        return self.size

    def _copy(self, path: Path, file: AppendFile) -> None:
        with self._disk.open_read(path) as waiting:
            while True:
                try:
                    piece = waiting.read(_PIECE)
                except OSError as error:
                    raise storage_error(error, path) from error
                if not piece:
                    return
                file.write(piece)

    def close(self) -> None:
        """What waits is dropped: the next run finds it in the WARC file."""
        waiting, self._pending = self._pending, {}
        for each in waiting.values():
            each.close()
