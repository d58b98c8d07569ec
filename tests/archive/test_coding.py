"""Content codings undone piece by piece, whatever the bytes are."""

from __future__ import annotations

import gzip
import importlib
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.coding import PIECE, CodingError, content_codings, decoded_stream, decoder_for

TEXT = b"The quick brown fox. " * 5000


def test_codings_are_listed_in_the_order_of_their_use() -> None:
    headers = (("content-encoding", "identity, GZIP"), ("X", "y"), ("Content-Encoding", " deflate,"))
    assert content_codings(headers) == ["gzip", "deflate"]


def test_brotli_though_another_package_may_bear_its_name() -> None:
    decoder = decoder_for(["br"])
    assert decoder is not None
    packed = importlib.import_module("brotli").compress(TEXT * 20)
    out = list(decoder.feed(packed))
    assert b"".join(out) == TEXT * 20 and max(map(len, out)) <= 2 * PIECE
    assert decoded_stream(io.BytesIO(packed), [("Content-Encoding", "br")], 100) == TEXT[:100]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_no_more_is_undone_than_was_asked_for(coding: str) -> None:
    bomb = zlib.compress(bytes(50_000_000)) if coding == "deflate" else gzip.compress(bytes(50_000_000))
    reader = io.BytesIO(bomb)
    assert decoded_stream(reader, [("Content-Encoding", coding)], 1000) == bytes(1000)


@pytest.mark.promise("network")
@given(st.binary(max_size=3000), st.integers(1, 500), st.sampled_from(["gzip", "deflate"]))
def test_pieces_of_any_size_decode_the_same(data: bytes, size: int, coding: str) -> None:
    packed = gzip.compress(data) if coding == "gzip" else zlib.compress(data)
    decoder = decoder_for([coding])
    assert decoder is not None
    out = b"".join(b"".join(decoder.feed(packed[i : i + size])) for i in range(0, len(packed), size))
    assert out == data


@pytest.mark.promise("network")
@given(st.binary(max_size=300), st.sampled_from([["gzip"], ["deflate"], ["deflate", "gzip"]]))
def test_any_bytes_decode_or_break_cleanly(data: bytes, codings: list[str]) -> None:
    decoder = decoder_for(codings)
    assert decoder is not None
    try:
        for out in decoder.feed(data):
            assert len(out) <= max(PIECE, len(data))
    except CodingError:
        pass
