from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.errors import StorageError, WarcError
from archive.spool import Spool
from archive.warc.reader import StoredRecord, read_at, read_groups, read_records
from archive.warc.records import exchange_records
from tests.corpus import needed
from tests.making import TIME, drafts, encoded, exchange, groups_of, page_group, part, written

GOOD = {
    "20141124-heritrix-server-not-modified.warc.gz": 1,
    "20141129-heritrix-original.warc.gz": 1,
    "20141129-heritrix-revisit-with-http-headers-and-new-warc-headers.warc.gz": 1,
    "cc.warc.gz": 1,
    "decode.warc": 12,
    "example-bad-non-chunked.warc.gz": 6,
    "example-collection-with-lists.warc": 38,
    "example-digest.warc": 4,
    "example-iana.org-chunked.warc": 3,
    "example-iana.warc": 118,
    "example-resource.warc.gz": 3,
    "example-space-in-target-uri.warc.gz": 2,
    "example-url-agnostic-revisit.warc.gz": 2,
    "example-wget-bad-target-uri.warc.gz": 6,
    "example-wpull.warc.gz": 4,
    "example-wrong-chunks.warc.gz": 2,
    "gzip_extra_sl.warc.gz": 1,
    "http-return-codes.warc.gz": 98,
    "issue-514.warc": 8,
    "missing-http.warc.gz": 2,
    "redirect.warc": 2,
    "whirlwind.warc.gz": 4,
}
BROKEN = {
    "20141124-heritrix-server-not-modified.warc.gz": "not followed by two line ends",
    "clipped.warc.gz": "ends inside a gzip member",
    "example-bad-non-chunked.warc.gz": "goes on after the record's end",
    "example-digest.warc": "WARC-Payload-Digest",
    "example-trunc.warc": "WARC-Block-Digest",
    "example-url-agnostic-revisit.warc.gz": "not followed by two line ends",
    "example-wrong-chunks.warc.gz": "ends inside the record",
    "missing-http.warc.gz": "WARC-Payload-Digest",
}


def corpus(name: str) -> Path:
    return needed() / "warcs" / name


def problems(path: Path, *, strict: bool = True) -> list[WarcError]:
    found: list[WarcError] = []
    for _ in read_records(path, strict=strict, tell=found.append):
        pass
    return found


def a_file(folder: Path, count: int = 3) -> tuple[Path, list[StoredRecord]]:
    path = written(folder, list(groups_of(count)))
    return path, list(read_records(path, strict=True))


# ------------------------------------------------------------------------------------------------------- corpus


@pytest.mark.parametrize("name", GOOD)
def test_files_of_other_tools_are_read_leniently(name: str) -> None:
    path = corpus(name)
    records = list(read_records(path, strict=False))
    assert len(records) == GOOD[name]
    for record in records:
        assert len(record.http_head) + len(record.payload_bytes()) == record.content_length
        assert record.record_id
        assert record.time.year >= 2000


@pytest.mark.parametrize(
    "name", sorted(set(GOOD) - {"example-wrong-chunks.warc.gz", "example-bad-non-chunked.warc.gz"})
)
def test_payloads_are_those_that_warcio_reads(name: str) -> None:
    path = corpus(name)
    with path.open("rb") as file:
        theirs = [
            (r.rec_type, r.rec_headers.get_header("WARC-Record-ID"), r.raw_stream.read())
            for r in ArchiveIterator(file, no_record_parse=True)
        ]
    ours = [(r.type, r.record_id, r.http_head + r.payload_bytes()) for r in read_records(path, strict=False)]
    assert ours == theirs


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_told_in_a_strict_read(name: str) -> None:
    path = corpus(name)
    with pytest.raises(WarcError, match=BROKEN[name]) as caught:
        list(read_records(path, strict=True))
    assert caught.value.name == name
    assert str(caught.value).startswith(f"{name}, offset {caught.value.offset}: ")


@pytest.mark.parametrize("name", sorted(set(GOOD) - set(BROKEN)))
def test_good_files_pass_a_strict_read(name: str) -> None:
    assert len(list(read_records(corpus(name), strict=True))) == GOOD[name]


def test_the_warcs_inside_wacz_files_are_read(tmp_path: Path) -> None:
    count = 0
    for wacz in sorted(corpus("valid_example_2.wacz").parent.glob("*.wacz")):
        with zipfile.ZipFile(wacz) as pack:
            for name in pack.namelist():
                if name.startswith("archive/") and name.endswith((".warc", ".warc.gz")):
                    path = tmp_path / Path(name).name
                    path.write_bytes(pack.read(name))
                    count += len(list(read_records(path, strict=False)))
    assert count > 20


def test_angle_brackets_are_taken_off_the_address() -> None:
    urls = {record.url for record in read_records(corpus("example-wget-bad-target-uri.warc.gz"), strict=False)}
    assert "http://www.iana.org/" in urls or any(u.startswith("http") for u in urls)
    assert not any("<" in url for url in urls if url.startswith("http"))


# -------------------------------------------------------------------------------------------------- our own files


def test_a_record_is_told_as_it_was_drafted(tmp_path: Path) -> None:
    group = page_group(parts=[part(exchange("https://news.test/a?", b"<p>body"))])
    path = written(tmp_path, [group])
    request, response, text, metadata = list(read_records(path, strict=True))[1:]
    assert (request.type, response.type, text.type, metadata.type) == ("request", "response", "resource", "metadata")
    assert response.http_head == group.parts[0].exchange.head
    assert response.payload_bytes() == b"<p>body"
    assert response.payload_bytes(3) == b"<p>"
    assert response.url == "https://news.test/a?"
    assert response.time == TIME
    assert response.warc == path.name
    assert response.header("warc-page-id") == "p1"
    assert response.header("none") is None
    assert text.payload_bytes() == b"text\n"
    assert response.group() is None and text.group() is None
    data = metadata.group()
    assert data is not None and (data.page_id, data.parts[0].record_id) == ("p1", response.record_id)


def test_read_at_gives_the_same_record(tmp_path: Path) -> None:
    path, records = a_file(tmp_path)
    for record in records:
        again = read_at(path, record.offset)
        assert again == record
        assert again.payload_bytes() == record.payload_bytes()
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    for record, other in zip(read_records(plain, strict=True), records, strict=True):
        again = read_at(plain, record.offset)
        assert (again.record_id, again.payload_bytes()) == (other.record_id, other.payload_bytes())


def test_read_at_a_wrong_place_is_told(tmp_path: Path) -> None:
    path, _ = a_file(tmp_path)
    with pytest.raises(WarcError, match="offset 5: no gzip member begins here"):
        read_at(path, 5)
    with pytest.raises(WarcError, match="before the record"):
        read_at(path, path.stat().st_size)


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(WarcError, match="none, offset 0: the file is missing"):
        list(read_records(tmp_path / "none", strict=True))
    with pytest.raises(WarcError, match="none, offset 0: the file is missing"):
        read_at(tmp_path / "none", 0)
    path, records = a_file(tmp_path)
    path.unlink()
    with pytest.raises(WarcError, match="missing"):
        records[2].payload_bytes()


def test_a_file_that_may_not_be_read_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        list(read_records(tmp_path, strict=True))


def test_an_unfinished_http_head_is_the_whole_block(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    answer = exchange(head=b"HTTP/1.1 200 OK\r\nContent-Ty", body=b"", truncated="disconnect")
    path.write_bytes(b"".join(encoded(r) for r in exchange_records(part(answer), "p")))
    response = list(read_records(path, strict=True))[1]
    assert (response.http_head, response.payload_bytes()) == (b"HTTP/1.1 200 OK\r\nContent-Ty", b"")


def test_groups_come_whole_and_in_order(tmp_path: Path) -> None:
    path = written(tmp_path, list(groups_of(3)))
    groups = list(read_groups(path))
    assert [[r.type for r in group] for group in groups] == [["request", "response", "resource", "metadata"]] * 3
    assert [group[-1].group().page_id for group in groups] == ["p0", "p1", "p2"]  # type: ignore[union-attr]


def test_two_groups_of_the_same_page_stay_two(tmp_path: Path) -> None:
    path = written(tmp_path, [page_group("p1"), page_group("p1")])
    assert [len(group) for group in read_groups(path)] == [4, 4]


# ------------------------------------------------------------------------------------------------------- damage


def test_a_cut_last_member_is_told(tmp_path: Path) -> None:
    path, records = a_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(WarcError, match="ends inside a gzip member") as caught:
        list(read_records(path, strict=True))
    assert caught.value.offset == records[-1].offset


def test_one_member_for_the_whole_file_is_told(tmp_path: Path) -> None:
    path, records = a_file(tmp_path)
    payloads = [record.payload_bytes() for record in records]
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    with pytest.raises(WarcError, match="offset 0: the gzip member goes on"):
        list(read_records(path, strict=True))
    lenient = list(read_records(path, strict=False))
    assert [r.record_id for r in lenient] == [r.record_id for r in records]
    assert {(r.offset, r.length) for r in lenient} == {(0, 0)}
    assert [r.payload_bytes() for r in lenient] == payloads


@pytest.mark.parametrize("junk", [b"\0" * 5000, b"junk", b"\x1f", b"\x1f\x8b\x08", b"\n", b"WARC/1.1\r\n"])
def test_trailing_bytes_are_told(tmp_path: Path, junk: bytes) -> None:
    path, records = a_file(tmp_path)
    end = path.stat().st_size
    with path.open("ab") as file:
        file.write(junk)
    (problem,) = problems(path)
    assert problem.offset == end
    assert len(list(read_records(path, strict=True, tell=lambda e: None))) == len(records)


def rewritten(path: Path, old: bytes, new: bytes) -> None:
    """The file with `old` made `new` inside its second record (the first request)."""
    records = list(read_records(path, strict=True))
    content = path.read_bytes()
    one = records[1]
    member = gzip.decompress(content[one.offset : one.offset + one.length])
    assert old in member
    path.write_bytes(
        content[: one.offset] + gzip.compress(member.replace(old, new, 1)) + content[one.offset + one.length :]
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"Host: news.test", b"Host: evil.test", "WARC-Block-Digest"),
        (b"WARC/1.1", b"WARC/0.9", "neither WARC/1.0 nor WARC/1.1"),
        (b"WARC/1.1", b"WURC/1.1", "no WARC record begins"),
        (b"WARC/1.1\r\n", b"WARC/1.1\n", "neither"),
        (b"WARC-Type: request\r\n", b"", "lacks warc-type"),
        (b"WARC-Record-ID", b"X-Record-ID", "lacks warc-record-id"),
        (b"<urn:uuid", b"urn:uuid", "not an address in angle brackets"),
        (b".678Z", b".678", "not a UTC time"),
        (b"WARC-Date: ", b"WARC-Date: Jan ", "not a UTC time"),
        (b"WARC-Target-URI: ", b"X: ", "lacks warc-target-uri"),
        (b"WARC-Page-ID", b"WARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Page-ID", "warc-date twice"),
        (b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: ", "two line ends|twice"),
        (b"Content-Length: ", b"Content-Length: -", "no readable Content-Length"),
        (b"Content-Length: ", b"Content-Length: 9", "ends inside the record"),
        (b"Content-Length: ", b"X: ", "no readable Content-Length"),
        (b"\r\n\r\n\r\n\r\n", b"\r\n\r\n\r\n", "two line ends"),
    ],
)
def test_what_breaks_the_standard_is_told(tmp_path: Path, old: bytes, new: bytes, problem: str) -> None:
    path, records = a_file(tmp_path)
    rewritten(path, old, new)
    with pytest.raises(WarcError, match=problem) as caught:
        list(read_records(path, strict=True))
    assert caught.value.offset == records[1].offset


def test_reading_goes_on_after_damage(tmp_path: Path) -> None:
    path, records = a_file(tmp_path, 5)
    content = bytearray(path.read_bytes())
    hurt = records[6]
    for at in range(hurt.offset + 12, hurt.offset + hurt.length - 12):
        content[at] ^= 0xA5
    path.write_bytes(bytes(content))
    found: list[WarcError] = []
    again = list(read_records(path, strict=True, tell=found.append))
    assert [e.offset for e in found] == [hurt.offset]
    assert [r.record_id for r in again] == [r.record_id for r in records if r is not hurt]


def test_a_group_comes_without_its_damaged_records_and_is_told(tmp_path: Path) -> None:
    path, records = a_file(tmp_path, 3)
    content = bytearray(path.read_bytes())
    content[records[6].offset + 30] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(WarcError):
        list(read_groups(path))
    found: list[WarcError] = []
    groups = list(read_groups(path, found.append))
    assert [len(group) for group in groups] == [4, 3, 4]
    assert [e.offset for e in found] == [records[6].offset]


def test_a_group_without_its_last_record_is_told_and_left_out(tmp_path: Path) -> None:
    path, records = a_file(tmp_path, 3)
    content = bytearray(path.read_bytes())
    content[records[8].offset + 30] ^= 0xFF
    path.write_bytes(bytes(content))
    found: list[WarcError] = []
    assert [group[-1].group().page_id for group in read_groups(path, found.append)] == ["p0", "p2"]  # type: ignore[union-attr]
    assert [e.offset for e in found] == [records[8].offset, records[5].offset]
    path.write_bytes(path.read_bytes()[: records[-1].offset])
    with pytest.raises(WarcError, match="no metadata record at its end"):
        list(read_groups(path, lambda e: None if e.offset in (records[8].offset, records[5].offset) else _raise(e)))


def _raise(error: WarcError) -> None:
    raise error


def test_a_header_without_end_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(b"WARC/1.1\r\n" + b"X: " + b"a" * (8 << 20)))
    with pytest.raises(WarcError, match="no WARC record begins here"):
        list(read_records(path, strict=True))


def test_zeros_decompressing_without_end_are_not_held(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for _ in range(32):
        spool.write(bytes(1 << 20))
    spool.finish()
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(encoded(r) for r in exchange_records(part(exchange(body=spool)), "p")))
    assert path.stat().st_size < 1_000_000
    response = list(read_records(path, strict=True))[1]
    with response.payload() as reader:
        assert reader.read(10) == bytes(10)
        assert not isinstance(reader, io.BytesIO)


def test_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(
        b"WARC/1.0\nWARC-Type: resource\nWARC-Record-ID: <urn:x:1>\nWARC-Target-URI: http://a.test/\n"
        b"WARC-Date: 2020-01-02T03:04:05\nContent-Length: 2\n\nab\n\n"
    )
    (record,) = read_records(path, strict=False)
    assert record.time == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert record.payload_bytes() == b"ab"
    path.write_bytes(path.read_bytes().replace(b"2020-01-02", b"yesterday"))
    (record,) = read_records(path, strict=False)
    with pytest.raises(WarcError, match="no readable WARC-Date"):
        _ = record.time


def test_a_garbled_group_record_is_damage(tmp_path: Path) -> None:
    path, records = a_file(tmp_path, 1)
    one = records[-1]
    content = path.read_bytes()
    member = gzip.decompress(content[one.offset :]).replace(b'{"v":1', b'{"v":7')
    path.write_bytes(content[: one.offset] + gzip.compress(member))
    with pytest.raises(WarcError, match="version 7"):
        list(read_groups(path))
    found: list[WarcError] = []
    assert list(read_groups(path, found.append)) == []
    assert [e.offset for e in found] == [one.offset, records[1].offset]


def test_drafts_and_stored_records_show_the_same_face(tmp_path: Path) -> None:
    group = page_group()
    records = drafts(group)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(encoded(r) for r in records))
    for draft, stored in zip(records, read_records(path, strict=True), strict=True):
        assert (draft.type, draft.record_id, draft.headers) == (stored.type, stored.record_id, stored.headers)
        assert (draft.http_head, draft.payload_bytes()) == (stored.http_head, stored.payload_bytes())
        assert draft.content_length == stored.content_length
        with draft.payload() as one, stored.payload() as other:
            assert one.read() == other.read()
