"""What the first record of a joined file says, and what others say that seem to."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from archive.disk import Disk
from archive.warc.joined import Source, all_sources_of, digest_of, head_record, pieces, sources_of
from archive.warc.reader import read_records
from tests.making import INFO, TIME, encoded, groups_of, written

NAME = "test-20260102030405678-00000-box.warc.gz"
PACKED = "test-20260102030405678-00000-box-packed.warc.gz"
DIGEST = "sha256:" + "0" * 64


def joined(path: Path, sources: list[tuple[str, bytes]], name: str = PACKED) -> bytes:
    """Writes it, and gives what is in it."""
    told = [(source, len(content), DIGEST) for source, content in sources]
    data = encoded(head_record(INFO, name, TIME, told)) + b"".join(content for _, content in sources)
    path.write_bytes(data)
    return data


def test_sources_are_where_it_says(tmp_path: Path) -> None:
    content = written(tmp_path, list(groups_of(2))).read_bytes()
    path = tmp_path / PACKED
    data = joined(path, [(NAME, content), ("test-20260102030405679-00000-box.warc.gz", content[:50])])
    first, second = sources_of(path)
    head = len(data) - len(content) - 50
    assert first == Source(NAME, head, len(content), DIGEST)
    assert (second.offset, second.length) == (head + len(content), 50)
    assert b"".join(pieces(path, first.offset, first.length, Disk())) == content
    assert digest_of(path, first.offset, first.length, Disk()) == "sha256:" + sha256(content).hexdigest()


def test_joined_files_within_joined_files(tmp_path: Path) -> None:
    path = tmp_path / PACKED
    inner = joined(path, [(NAME, b"x" * 10)])
    outer = PACKED.replace("packed", "packed2")
    joined(tmp_path / outer, [(PACKED, inner), ("test-20260102030405700-00000-box.warc.gz", b"y" * 5)], outer)
    found = list(all_sources_of(tmp_path / outer))
    assert [source.name for source in found] == [PACKED, NAME, "test-20260102030405700-00000-box.warc.gz"]
    whole = (tmp_path / outer).read_bytes()
    assert whole[found[1].offset : found[1].offset + found[1].length] == b"x" * 10


def test_what_reaches_beyond_what_took_it_in_is_not_believed(tmp_path: Path) -> None:
    """Else a file could send its reader round for ever."""
    path = tmp_path / PACKED
    inner = encoded(head_record(INFO, PACKED, TIME, [(PACKED, 10**9, DIGEST), (NAME, 5, DIGEST)]))
    joined(path, [(PACKED, inner), (NAME, b"x")])
    assert [source.name for source in all_sources_of(path)] == [PACKED, NAME]


@pytest.mark.parametrize("value", ["", "a b c", f"../{NAME} 5 {DIGEST}", f"{NAME} -5 {DIGEST}", f"{NAME} 5 sha1:00"])
def test_what_is_not_said_as_we_say_it(tmp_path: Path, value: str) -> None:
    path = tmp_path / PACKED
    record = head_record(INFO, PACKED, TIME, [])
    body = record.body + f"joined: {value}\r\n".encode()  # type: ignore[operator]
    headers = tuple((key, value) for key, value in record.headers if not key.endswith("Digest"))
    path.write_bytes(encoded(type(record)(record.type, record.record_id, headers, b"", body)))
    assert len(list(read_records(path, strict=True))) == 1
    assert sources_of(path) == ()


def test_other_files_have_no_sources(tmp_path: Path) -> None:
    path = written(tmp_path, list(groups_of(1)))
    assert sources_of(path) == ()
    path.write_bytes(b"rubbish")
    assert sources_of(path) == ()
    assert sources_of(tmp_path / "missing") == ()
