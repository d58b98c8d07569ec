"""A stored answer, whichever records hold it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from archive import mounts
from archive.derive import head_fields
from archive.errors import WarcError

if TYPE_CHECKING:
    from archive.warc.reader import StoredRecord


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
