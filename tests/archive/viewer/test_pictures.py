"""Pictures are told by how they begin, never by what they were sent as; what browsers could run is none."""

from __future__ import annotations

import gzip
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.collection import Collection
from archive.models import Capture, VerdictKind
from archive.viewer.pictures import picture_of, raster_type
from tests.archive.collecting import PICTURE, asset, group, opened, page, settings

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "image/avif"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00miafavif", "image/avif"),
        (b"\x00\x00\x00\x1cftypavis\x00\x00\x00\x00", "image/avif"),
        (b"\x00\x00\x00\x1cftypmp42\x00\x00\x00\x00isommp42", None),
        (b"\x00\x00\x00\x02ftypavif", None),
        (b"\xff\xff\xff\xffftypmif1" + b"x" * 100, None),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html><script>", None),
        (b" GIF89a", None),
        (b"BM....", None),
        (b"\x00\x00\x01\x00", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_kinds_of_pictures(data: bytes, kind: str | None) -> None:
    assert raster_type(data) == kind


@given(st.binary(max_size=64))
def test_any_bytes_are_told_apart(data: bytes) -> None:
    assert raster_type(data) in {None, "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"}


def stored(root: Path, body: bytes, coding: str = "") -> tuple[Collection, Capture]:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    head += b"Content-Encoding: %s\r\n\r\n" % coding.encode() if coding else b"\r\n"
    with opened(root) as collection:
        collection.commit(group("p1", 1, [page(1, b"x"), asset(2, body, head=head)], VerdictKind.PAGE)).result(30)
    collection = Collection.open(settings(root), None)
    return collection, next(each for each in collection.captures("p1") if each.url == PICTURE)


@pytest.mark.parametrize(
    ("body", "coding"), [(PNG, ""), (gzip.compress(PNG), "gzip"), (zlib.compress(PNG), "deflate"), (PNG, "gzip")]
)
def test_the_content_coding_is_undone(tmp_path: Path, body: bytes, coding: str) -> None:
    collection, capture = stored(tmp_path, body, coding)
    with collection:
        found = picture_of(collection.read(capture))
    assert found is not None
    assert (found.type, found.data) == ("image/png", PNG)


@pytest.mark.promise("web", each="attacks")
def test_a_bomb_is_no_picture_and_costs_little(tmp_path: Path) -> None:
    bomb = gzip.compress(PNG + bytes(300_000_000), 1)
    collection, capture = stored(tmp_path, bomb, "gzip")
    with collection:
        begun = time.process_time()
        assert picture_of(collection.read(capture), 1_000_000) is None
        assert time.process_time() - begun < 2


def test_a_picture_is_shown_up_to_the_limit(tmp_path: Path) -> None:
    collection, capture = stored(tmp_path, PNG)
    with collection:
        answer = collection.read(capture)
        assert picture_of(answer, len(PNG)) is not None
        assert picture_of(answer, len(PNG) - 1) is None
