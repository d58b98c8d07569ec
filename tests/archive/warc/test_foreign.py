"""Files of other tools, read leniently and told strictly."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
import zstandard

from archive.disk import Disk
from archive.errors import WarcError
from archive.warc.arc import parse_line
from archive.warc.foreign import Found, Kind, Misshapen, foreign_records, kind_of, pack_anew, unpack
from archive.warc.members import Broken
from archive.warc.reader import read_at
from tests.foreign import arc, crawl, gzipped, html, http, info, plain, record, response, revisit


def read(path: Path) -> tuple[list[Found], list[WarcError]]:
    told: list[WarcError] = []
    return list(foreign_records(path, told.append)), told


def test_gzipped_and_plain_files_give_the_same_records(tmp_path: Path) -> None:
    one, told = read(plain(tmp_path / "a.warc", crawl()))
    other, _ = read(gzipped(tmp_path / "a.warc.gz", crawl()))
    assert told == []
    assert len(one) == len(crawl())
    assert [(f.type, f.url, f.digest, f.start) for f in one] == [(f.type, f.url, f.digest, f.start) for f in other]
    for path, found in ((tmp_path / "a.warc", one), (tmp_path / "a.warc.gz", other)):
        assert [read_at(path, f.offset).record_id for f in found] == [f.record_id for f in found]


def test_what_a_file_is_is_told_by_its_bytes(tmp_path: Path) -> None:
    assert kind_of(plain(tmp_path / "x.bin", crawl())) == Kind(".warc", "")
    assert kind_of(gzipped(tmp_path / "x.warc", crawl())) == Kind(".warc.gz", "gzip")
    assert kind_of(arc(tmp_path / "x", [])) == Kind(".arc", "")
    assert kind_of(arc(tmp_path / "x.gz", [])) == Kind(".arc.gz", "gzip")
    (tmp_path / "z").write_bytes(zstandard.compress(b"".join(crawl())))
    assert kind_of(tmp_path / "z") == Kind(".warc.gz", "zstd")
    for content in (b"", b"<html>", gzip.compress(b"text"), b"\x1f\x8b", b"filedesc"):
        (tmp_path / "no").write_bytes(content)
        assert kind_of(tmp_path / "no") is None


def test_brackets_are_taken_off_and_a_date_without_a_zone_is_utc(tmp_path: Path) -> None:
    block = http(b"x")
    bracketed = record("response", block, id="1", url="<https://a.test/>").replace(b"09Z", b"09")
    (found,), told = read(plain(tmp_path / "a.warc", [bracketed]))
    assert (found.url, told) == ("https://a.test/", [])
    assert found.time is not None and found.time.utcoffset() is not None


def test_a_length_that_is_too_small_is_told_and_what_it_covers_is_read(tmp_path: Path) -> None:
    short = response(b"<p>cut here, not there</p>", id="1").replace(b"Content-Length: ", b"Content-Length: 0", 1)
    whole = response(html(), id="2", url="https://a.test/2")
    length = len(http(b"<p>cut here, not there</p>"))
    short = short.replace(f"Content-Length: 0{length}".encode(), f"Content-Length: {length - 4}".encode())
    found, told = read(plain(tmp_path / "a.warc", [info(), short, whole]))
    assert [f.record_id for f in found] == ["<urn:uuid:info>", "<urn:uuid:1>", "<urn:uuid:2>"]
    assert [error.offset for error in told] == [len(info())]
    assert any("WARC-Payload-Digest" in words for words in found[1].wrong)


def test_a_length_that_reaches_into_the_next_record_loses_one_record_alone(tmp_path: Path) -> None:
    length = len(http(b"<p>x</p>"))
    long = response(b"<p>x</p>", id="1").replace(f"Length: {length}".encode(), f"Length: {length + 60}".encode())
    found, told = read(plain(tmp_path / "a.warc", [long, response(html(), id="2")]))
    assert [f.record_id for f in found] == ["<urn:uuid:2>"]
    assert [error.offset for error in told] == [0]


def test_missing_line_ends_are_not_worth_a_word(tmp_path: Path) -> None:
    records = [response(html(), id="1")[:-4], response(html(), id="2")[:-2], response(html(), id="3") + b"\r\n"]
    found, told = read(gzipped(tmp_path / "a.warc.gz", records))
    assert (len(found), told) == (3, [])


def test_a_wrong_digest_is_told_of_a_record_that_is_read(tmp_path: Path) -> None:
    wrong = response(html(), id="1").replace(b"paragraph 3", b"paragraph 4")
    (found,), _ = read(plain(tmp_path / "a.warc", [wrong]))
    assert len(found.wrong) == 1 and "WARC-Payload-Digest" in found.wrong[0]


def test_a_cut_file_gives_what_is_before_the_cut(tmp_path: Path) -> None:
    path = gzipped(tmp_path / "a.warc.gz", crawl())
    before = gzipped(tmp_path / "b.warc.gz", crawl()[:4]).stat().st_size
    path.write_bytes(path.read_bytes()[: before + 250])
    found, told = read(path)
    assert len(found) == 4
    (error,) = told
    assert error.offset == before
    assert error.problem == "the file ends inside a gzip member; lost is the response of https://paper.test/old"


@pytest.mark.parametrize("shape", ["one member", "split"])
def test_records_that_cannot_be_read_one_by_one_are_packed_anew(tmp_path: Path, shape: str) -> None:
    data = b"".join(crawl())
    path = tmp_path / "a.warc.gz"
    if shape == "one member":
        path.write_bytes(gzip.compress(data))
    else:
        path.write_bytes(b"".join(gzip.compress(data[i : i + 700]) for i in range(0, len(data), 700)))
    with pytest.raises(Misshapen):
        read(path)
    _is_the_same_packed_anew(path, Kind(".warc.gz", "gzip"), tmp_path)


@pytest.mark.parametrize("with_dictionary", [False, True])
def test_zstd_is_packed_anew(tmp_path: Path, with_dictionary: bool) -> None:
    path = tmp_path / "a.warc.zst"
    dictionary = b"".join(crawl())[:2000]
    if with_dictionary:
        packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(dictionary))
        packed = zstandard.compress(dictionary)
        head = (0x184D2A5D).to_bytes(4, "little") + len(packed).to_bytes(4, "little") + packed
    else:
        packer, head = zstandard.ZstdCompressor(), b""
    path.write_bytes(head + b"".join(packer.compress(each) for each in crawl()))
    kind = kind_of(path)
    assert kind is not None
    _is_the_same_packed_anew(path, kind, tmp_path)


def _is_the_same_packed_anew(path: Path, kind: Kind, folder: Path) -> None:
    told: list[WarcError] = []
    unpack(path, kind, folder / "plain.warc", told.append)
    assert pack_anew(folder / "plain.warc", folder / "new.warc.gz", Disk(), told.append) == len(crawl())
    found, more = read(folder / "new.warc.gz")
    meant, _ = read(plain(folder / "meant.warc", crawl()))
    assert told == more == []
    assert [(f.record_id, f.digest) for f in found] == [(f.record_id, f.digest) for f in meant]


def test_a_damaged_zstd_file_gives_what_is_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.zst"
    frames = [zstandard.compress(each) for each in crawl()]
    path.write_bytes(b"".join(frames[:3]) + b"\0" + b"".join(frames[3:]))
    told: list[WarcError] = []
    unpack(path, Kind(".warc.gz", "zstd"), tmp_path / "plain.warc", told.append)
    assert len(told) == 1
    assert len(read(tmp_path / "plain.warc")[0]) == 3


@pytest.mark.parametrize("name", ["a.arc", "a.arc.gz"])
def test_arc_records_are_answers(tmp_path: Path, name: str) -> None:
    path = arc(tmp_path / name, [("http://old.test/1", http(html())), ("dns:old.test", b"20080101\n"),
                                 ("http://old.test/2", http(b"<p>two</p>"))])  # fmt: skip
    found, told = read(path)
    assert told == []
    assert [(f.type, f.url) for f in found][1:] == [
        ("response", "http://old.test/1"),
        ("resource", "dns:old.test"),
        ("response", "http://old.test/2"),
    ]
    assert read_at(path, found[3].offset).payload_bytes() == b"<p>two</p>"
    assert found[3].header("WARC-IP-Address") == "192.0.2.9"


def test_arc_damage_is_told_and_the_next_record_read(tmp_path: Path) -> None:
    path = arc(tmp_path / "a.arc", [("http://old.test/1", http(html())), ("http://old.test/2", http(b"<p>two</p>"))])
    data = path.read_bytes()
    path.write_bytes(data.replace(b"http://old.test/1 192.0.2.9 20080102030405", b"http://old.test/1 192.0.2.9 null"))
    found, told = read(path)
    assert [f.url for f in found] == ["filedesc://x.arc", "http://old.test/2"]
    assert [error.offset for error in told] == [data.index(b"http://old.test/1")]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.arc", "a.arc.gz"])
def test_whatever_is_wrong_is_told_and_nothing_else_happens(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if ".arc" in name:
        arc(path, [(f"http://old.test/{n}", http(html(str(n)))) for n in range(4)])
    else:
        (gzipped if name.endswith(".gz") else plain)(path, crawl())
    whole = path.read_bytes()
    chance = random.Random(name)
    seen = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(data))
            how = chance.randrange(3)
            if how == 0:
                data[at] = chance.randrange(256)
            elif how == 1:
                del data[at : at + chance.randint(1, 300)]
            else:
                data[at:at] = data[: chance.randint(1, 900)]
        path.write_bytes(data)
        try:
            found, told = read(path)
        except Misshapen:
            continue
        seen += bool(told) or any(each.wrong for each in found)
        assert [f.offset for f in found] == sorted({f.offset for f in found})
    assert seen > 10


def test_lines_of_arc_records() -> None:
    headers, length = parse_line(b"http://a.test/x y 127.0.0.1 20080102030405 text/html 12\n")
    assert (dict(headers)["WARC-Target-URI"], length) == ("http://a.test/x y", 12)
    headers, length = parse_line(b"http://a.test/ 127.0.0.1 20080102030405 text/html 200 abc - 5 x.arc 12\n")
    assert (dict(headers)["WARC-Target-URI"], dict(headers)["WARC-Type"], length) == ("http://a.test/", "response", 12)
    for line in (b"", b"http://a.test/ 127.0.0.1 20081302030405 text/html 1\n", b"http://a.test/ - x text/html -1\n"):
        with pytest.raises(Broken):
            parse_line(line)


def test_a_revisit_without_a_block_is_a_record(tmp_path: Path) -> None:
    (found,), told = read(plain(tmp_path / "a.warc", [revisit(b"x", id="1", block=b"")]))
    assert (found.type, found.http_head, told) == ("revisit", b"", [])
