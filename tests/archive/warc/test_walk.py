from __future__ import annotations

from pathlib import Path

import pytest

from archive.warc.chunked import Dechunked
from archive.warc.reader import read_records
from archive.warc.walk import Fault, Walked, Window, walk
from tests.making import exchange, page_group, part, written


def walked(path: Path) -> list[Walked | Fault]:
    with path.open("rb") as file:
        return list(walk(Window(file)))


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\nA: b\n\n",
        b"HTTP/1.0 200 OK\r\nA: b\n\r\n",
        b"HTTP/1.0 200 OK\nA: b\r\n\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
)
def test_answers_whose_head_ends_in_bare_line_feeds_are_whole(tmp_path: Path, head: bytes) -> None:
    """They are kept as they came, and an empty line in the page is none of the head's."""
    answer = exchange(body=b"<p>x\r\n\r\ny", head=head)
    path = written(tmp_path, [page_group(parts=[part(answer)])])
    found = [record for record in walked(path) if isinstance(record, Walked)]
    assert [record.wrong for record in found] == [()] * len(found)
    assert [record.http_head for record in found if record.type == "response"] == [head]
    assert [record.http_head for record in read_records(path, strict=True) if record.type == "response"] == [head]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_record_header_with_bare_line_feeds_is_read_and_told(tmp_path: Path, end: bytes) -> None:
    lines = [
        b"WARC/1.1",
        b"WARC-Type: resource",
        b"WARC-Record-ID: <urn:uuid:1>",
        b"WARC-Date: 2026-01-02T03:04:05Z",
        b"WARC-Target-URI: urn:x",
        b"Content-Type: text/plain",
        b"Content-Length: 10",
    ]
    path = tmp_path / "x.warc"
    path.write_bytes(end.join(lines) + end * 2 + b"one\r\n\r\ntwo" + b"\r\n\r\n")
    (found,) = walked(path)
    assert isinstance(found, Walked) and found.block == b"one\r\n\r\ntwo"
    told = [breach.words for breach in found.breaches]
    assert ("a line of the record's header does not end with CR LF" in told) == (end == b"\n")


@pytest.mark.parametrize("size", [0, 1, 3, 7, 40])
def test_a_body_that_is_not_coded_as_it_claims_is_passed_on(size: int) -> None:
    """A size of a chunk that is none, and one that never comes."""
    for data in (b"zz\r\n" + b"x" * size, b"5\r\nhello\r\n" + b"-" * size + b"\r\n", b"x" * (16 * 1024 + 1)):
        coding = Dechunked()
        assert b"".join(coding.feed(data)).endswith(data[-size:] if size else b"")
        assert coding.broken or size == 0
