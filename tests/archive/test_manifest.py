"""The manifest's chain: what is written is read, every change but a shorter end is told, no bytes raise."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import chain, manifest
from archive.chain import Broken, line_of
from archive.manifest import Entry, Event, Manifest
from tests.disks import QuickDisk
from tests.reliability import examples

TEXTS = st.text(max_size=30)
EVENTS = st.sampled_from([Event.CLOSED, Event.FOUND, Event.REPAIRED, Event.PURGED])
ENTRIES = st.builds(
    Entry, EVENTS, TEXTS, TEXTS, st.integers(0, 2**60), TEXTS, into=TEXTS, of=TEXTS, why=TEXTS, crc32=TEXTS
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def read(path: Path) -> list[Entry | Broken]:
    return [entry for _, entry in manifest.read(path)]


def broken(path: Path) -> bool:
    return any(isinstance(entry, Broken) for entry in read(path))


@pytest.mark.promise("warc")
@given(st.lists(st.lists(ENTRIES, max_size=4), max_size=4))
def test_what_is_added_is_read(batches: list[list[Entry]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = Manifest(Path(folder), QuickDisk())
        for batch in batches:
            kept.add(batch)
        assert read(kept.path) == [entry for batch in batches for entry in batch]
        known = {entry.file: entry for batch in batches for entry in batch}
        assert manifest.present(kept.path) == known


@pytest.mark.promise("warc")
@given(st.lists(ENTRIES, min_size=1, max_size=5), st.data())
def test_every_change_is_told(entries: list[Entry], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = Manifest(Path(folder), QuickDisk())
        kept.add(entries)
        whole = kept.path.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        end = data.draw(st.integers(at, min(len(whole), at + 400)))
        new = data.draw(st.binary(max_size=3))
        changed = whole[:at] + new + whole[end:]
        kept.path.write_bytes(changed)
        lines = whole.splitlines(keepends=True)
        shorter = {b"".join(lines[:count]) for count in range(len(lines) + 1)}
        assert broken(kept.path) == (changed not in shorter)


@pytest.mark.promise("warc")
@given(st.lists(ENTRIES, max_size=3), st.binary(max_size=300), ENTRIES)
def test_what_a_killed_run_left_at_the_end_goes(entries: list[Entry], rest: bytes, new: Entry) -> None:
    rest = rest.replace(b"\n", b" ")
    with tempfile.TemporaryDirectory() as folder:
        kept = Manifest(Path(folder), QuickDisk())
        kept.add(entries)
        with kept.path.open("ab") as file:
            file.write(rest)
        kept.add([new])
        assert read(kept.path) == [*entries, new]
        assert kept.recent(new.file)


@pytest.mark.promise("warc")
@given(st.binary(max_size=300), ENTRIES)
def test_any_bytes_are_read_and_gone_on_with(noise: bytes, new: Entry) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = Manifest(Path(folder), QuickDisk())
        kept.path.write_bytes(noise)
        assert all(isinstance(entry, Broken) for entry in read(kept.path))
        assert list(chain.recent(kept.path)) == []
        kept.add([new])
        assert read(kept.path)[-1] == new


@pytest.mark.promise("warc")
@settings(max_examples=examples(200))
@given(st.dictionaries(st.sampled_from([*Entry.__struct_fields__, "more"]), JSON, max_size=10))
def test_lines_that_say_something_else_are_broken(fields: dict[str, Any]) -> None:
    """Somebody may have written them with all their digests right."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, manifest.NAME)
        path.write_bytes(line_of(fields, chain.FIRST))
        (found,) = read(path)
        if isinstance(found, Entry):
            texts = (found.event, found.file, found.time, found.sha256, found.into, found.of, found.why, found.crc32)
            assert all(isinstance(text, str) for text in texts)
            assert isinstance(found.size, int)
        assert [*manifest.present(path)] in ([], [fields.get("file")])


def test_a_line_that_was_cut_goes_however_long_it_is(tmp_path: Path) -> None:
    """A disk may leave anything behind the last whole line of a run that was killed."""
    kept = Manifest(tmp_path, QuickDisk())
    entries = [Entry(Event.CLOSED, f"archive/{n}", "2026-01-01T00:00:00Z") for n in range(3)]
    kept.add(entries[:2])
    head = chain.head(kept.path)
    for garbage in (10, 64 * 1024 - 1, 64 * 1024, 70_000, 1_000_000):
        before = kept.path.read_bytes()
        kept.path.write_bytes(before + b"\0" * garbage)
        assert chain.head(kept.path) == head
        assert [fields["file"] for fields in chain.recent(kept.path)][-1] == entries[1].file
        kept.path.write_bytes(before)
    kept.path.write_bytes(kept.path.read_bytes() + b"{" * 200_000)
    kept.add(entries[2:])
    assert read(kept.path) == entries


def test_a_line_longer_than_what_is_looked_at_first_is_found(tmp_path: Path) -> None:
    kept = Manifest(tmp_path, QuickDisk())
    long = Entry(Event.FOUND, "archive/x", "2026-01-01T00:00:00Z", why="w" * 200_000)
    kept.add([long])
    kept.add([long])
    assert read(kept.path) == [long, long]
