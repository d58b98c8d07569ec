"""Stored answers, whichever records hold them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from archive import mounts
from archive.derive import head_fields
from archive.errors import WarcError

if TYPE_CHECKING:
    from archive.lookup import Lookups
    from archive.models import Capture, PageRow
    from archive.warc.reader import StoredRecord

_LOOKS = 3


class Answer(Struct, frozen=True):
    """A stored answer, revisits resolved: `record` is the capture's own, `source` the one that holds the payload."""

    record: StoredRecord
    source: StoredRecord
    _again: Callable[[], StoredRecord] | None = None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The WARC record's named fields."""
        return self.record.headers

    @property
    def http_head(self) -> bytes:
        """The HTTP header block; that of the original where a 304 confirmed it. b"" where the record holds no HTTP."""
        return self.record.http_head or self.source.http_head

    def http_headers(self) -> tuple[tuple[str, str], ...]:
        return head_fields(self.http_head)[1]

    def payload(self) -> BinaryIO:
        """A reader of the body as stored, content coding and all, without the transfer coding that some tools leave on.
        The caller closes it."""
        try:
            reader = self.source.payload()
        except WarcError:
            if self._again is None or mounts.exists(self.source.path):
                raise
            reader = self._again().payload()
        from archive.warc.chunked import is_chunked, plain

        return plain(reader) if is_chunked(self.source.http_head) else reader


class Answers:
    """Those of the collection in `folder`. Where files were joined since something was looked up, it is looked up once
    more; without a catalog what is asked for lies where it is said to lie."""

    def __init__(self, folder: Path, lookups: Lookups | None) -> None:
        self._folder = folder
        self._lookups = lookups

    def capture_of(self, row: PageRow) -> Capture | None:
        """The capture of the page itself; None where no answer came."""
        if self._lookups is None:
            return None
        for _ in range(_LOOKS):
            found = self._lookups.capture_of(row)
            if found is not None or row.digest is None:
                return found
            # Its file was joined to others since the row was looked up, or while it was.
            row = self._lookups.page(row.page_id) or row
        return None

    def read(self, capture: Capture) -> Answer:
        """The answer; a revisit with its original's payload. Raises WarcError where it is damaged or gone."""
        record = self._record(capture)
        if capture.record_type != "revisit":
            return Answer(record, record, partial(self._record, capture))
        original = self._lookups.original_of(capture) if self._lookups else None
        if original is None:
            raise WarcError(capture.warc, capture.offset, "the response that this revisit refers to is not kept")
        return Answer(record, self._record(original), partial(self._record, original))

    def _record(self, capture: Capture) -> StoredRecord:
        """The record as it lies there; one whose file was joined to others in between is looked up anew."""
        for _ in range(_LOOKS - 1):
            path = self._warc(capture)
            try:
                return _read(path, capture)
            except WarcError:
                now = self._lookups.again(capture) if self._lookups and not mounts.exists(path) else None
                if now is None:
                    raise
                capture = now
        return _read(self._warc(capture), capture)

    def place(self, capture: Capture) -> tuple[Path, int, int] | None:
        """Where the record lies now: its file, offset and length in bytes; None where its file is gone."""
        for _ in range(_LOOKS):
            path = self._warc(capture)
            if mounts.exists(path):
                return path, capture.offset, capture.length
            now = self._lookups.again(capture) if self._lookups else None
            if now is None or now == capture:
                return None
            capture = now
        return None

    def _warc(self, capture: Capture) -> Path:
        return mounts.placed(self._folder / capture.folder / capture.warc)


def _read(path: Path, capture: Capture) -> StoredRecord:
    from archive.warc.reader import known_id, read_at

    record = read_at(path, capture.offset)
    if known_id(record) != capture.record_id:
        raise WarcError(capture.warc, capture.offset, "another record lies where the catalog says")
    return record
