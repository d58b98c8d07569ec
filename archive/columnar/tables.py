"""Parquet files, partitioned as Hive has it: written row group by row group, in memory that is bounded by bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from archive.disk import told

ROWS_A_GROUP = 50_000
ROWS_A_BATCH = 4_000
"""So many are held as Python's objects, which take several times what they take in Arrow."""
BYTES_A_GROUP = 16 * 1024 * 1024
ROWS_A_FILE = 5_000_000
_LEVEL = 6

_TIME = pa.timestamp("ms", "UTC")


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, each) for name, each in types.items()])


CAPTURES = _schema(
    url_surtkey=pa.string(),
    url=pa.string(),
    url_host_name=pa.string(),
    url_host_tld=pa.string(),
    url_host_2nd_last_part=pa.string(),
    url_host_3rd_last_part=pa.string(),
    url_host_4th_last_part=pa.string(),
    url_host_5th_last_part=pa.string(),
    url_host_registry_suffix=pa.string(),
    url_host_registered_domain=pa.string(),
    url_host_private_suffix=pa.string(),
    url_host_private_domain=pa.string(),
    url_host_name_reversed=pa.string(),
    url_protocol=pa.string(),
    url_port=pa.int32(),
    url_path=pa.string(),
    url_query=pa.string(),
    fetch_time=_TIME,
    fetch_status=pa.int16(),
    fetch_redirect=pa.string(),
    content_digest=pa.string(),
    content_mime_type=pa.string(),
    content_mime_detected=pa.string(),
    content_charset=pa.string(),
    content_languages=pa.string(),
    content_truncated=pa.string(),
    warc_record_id=pa.binary(),
    warc_filename=pa.string(),
    warc_record_offset=pa.int64(),
    warc_record_length=pa.int64(),
    warc_segment=pa.string(),
    record_type=pa.string(),
    role=pa.string(),
    verdict=pa.string(),
    page_id=pa.string(),
)
ARTICLES = _schema(
    url_surtkey=pa.string(),
    url=pa.string(),
    url_host_name=pa.string(),
    url_host_registered_domain=pa.string(),
    title=pa.string(),
    authors=pa.list_(pa.string()),
    date=pa.date32(),
    language=pa.string(),
    words=pa.int32(),
    versions=pa.int32(),
    text=pa.string(),
    text_digest=pa.string(),
    data_digest=pa.string(),
    first_captured=_TIME,
    captured=_TIME,
    state=pa.string(),
    state_time=_TIME,
    source=pa.string(),
    page_id=pa.string(),
    text_file=pa.string(),
    warc_filename=pa.string(),
)
_DISTINCT = frozenset(("url_surtkey", "url", "text", "content_digest", "text_digest", "data_digest", "warc_record_id"))
"""Columns in which no value comes twice as a rule, so that a dictionary of them is of no use."""


class Written(Struct):
    """What a table came to."""

    rows: int = 0
    files: int = 0
    size: int = 0


class Table:
    """One table: rows are to come partition by partition. `partition` is the names and values of its folders. To be
    closed, whole or not."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.written = Written()
        self._folder = folder
        self._schema = schema
        self._partition: tuple[tuple[str, str], ...] = ()
        self._path: Path | None = None
        self._writer: pq.ParquetWriter | None = None
        self._part = 0
        self._rows_in_file = 0
        self._held: list[Sequence[Any]] = []
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._size = 0

    def add(self, partition: tuple[tuple[str, str], ...], row: Sequence[Any], size: int) -> None:
        """`row` in the order of the schema; `size` is about how many bytes it has."""
        if partition != self._partition:
            self._end_file()
            self._partition, self._part = partition, 0
        if self._rows and self._size + size > BYTES_A_GROUP:
            self._flush()
        self._held.append(row)
        self._rows += 1
        self._size += size
        if len(self._held) >= ROWS_A_BATCH:
            self._pack()
        if self._rows >= ROWS_A_GROUP:
            self._flush()
        self.written.rows += 1

    def finish(self) -> None:
        self._end_file()

    def abandon(self) -> None:
        """Nothing of it is needed any more."""
        self._held, self._batches = [], []
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _pack(self) -> None:
        if self._held:
            held = zip(*self._held, strict=True)
            columns = [pa.array(values, each.type) for values, each in zip(held, self._schema, strict=True)]
            self._batches.append(pa.RecordBatch.from_arrays(columns, schema=self._schema))
            self._held = []

    def _flush(self) -> None:
        self._pack()
        if not self._rows:
            return
        if self._writer is None:
            self._path = self._next_path()
            with told(self._path):
                self._writer = self._begin(self._path)
        assert self._path is not None
        with told(self._path):
            self._writer.write_table(pa.Table.from_batches(self._batches), row_group_size=self._rows)
        self._rows_in_file += self._rows
        self._batches, self._rows, self._size = [], 0, 0
        if self._rows_in_file >= ROWS_A_FILE:
            self._end_file()

    def _next_path(self) -> Path:
        folder = self._folder.joinpath(*(f"{name}={quote(value, safe='')}" for name, value in self._partition))
        with told(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / f"part-{self._part:05d}.parquet"

    def _begin(self, path: Path) -> pq.ParquetWriter:
        return pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=[name for name in self._schema.names if name not in _DISTINCT],
            sorting_columns=[pq.SortingColumn(0)],
            write_page_index=True,
        )

    def _end_file(self) -> None:
        self._flush()
        if self._writer is None or self._path is None:
            return
        with told(self._path):
            self._writer.close()
            self.written.size += self._path.stat().st_size
        self._writer = None
        self.written.files += 1
        self._part += 1
        self._rows_in_file = 0


def sync(folder: Path, also: Iterable[Path] = ()) -> None:
    """All below the folder is on the medium, and so is what `also` names."""
    for top, _, names in os.walk(folder, topdown=False):
        for path in (*(Path(top, name) for name in names), Path(top)):
            _fsync(path)
    for path in also:
        _fsync(path)


def _fsync(path: Path) -> None:
    with told(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
