"""Content codings undone piece by piece, so that no input makes more than a little output at a time."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any, BinaryIO, Protocol

PIECE = 64 * 1024
MOST_CODINGS = 5
_GZIP = b"\x1f\x8b"


class CodingError(Exception):
    """The bytes are not in the coding; what came out before stands."""


class Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes add, in pieces of at most PIECE bytes. Raises CodingError where they break the coding."""
        ...


def content_codings(headers: Iterable[tuple[str, str]]) -> list[str]:
    """The content codings in the order in which they were applied, lower case."""
    named = [c.strip().lower() for k, v in headers if k.lower() == "content-encoding" for c in v.split(",")]
    return [coding for coding in named if coding and coding != "identity"]


def decoded_stream(reader: BinaryIO, headers: Iterable[tuple[str, str]], limit: int) -> bytes:
    """What `reader` gives with its content coding undone, at most `limit` bytes of it.

    A coding that we do not know leaves it as it is. What a broken or cut body gives before the break is returned.
    """
    decoder = decoder_for(content_codings(headers))
    if decoder is None:
        return reader.read(limit)
    out = bytearray()
    try:
        while len(out) < limit and (data := reader.read(PIECE)):
            for piece in decoder.feed(data):
                out += piece
                if len(out) >= limit:
                    break
    except CodingError:
        pass
    return bytes(out[:limit])


def decoder_for(codings: Sequence[str]) -> Decoder | None:
    """What undoes these codings, the last one first; None when there are none, or one that we cannot undo."""
    if not codings or len(codings) > MOST_CODINGS:
        return None
    decoders = [_decoder(coding) for coding in reversed(codings)]
    known = [decoder for decoder in decoders if decoder is not None]
    return _Chain(known) if len(known) == len(decoders) else None


def _decoder(coding: str) -> Decoder | None:
    if coding in ("gzip", "x-gzip"):
        return _Gzip()
    if coding == "deflate":
        return _Deflate()
    return _brotli() if coding == "br" else None


class _Chain:
    def __init__(self, decoders: Sequence[Decoder]) -> None:
        self._decoders = decoders

    def feed(self, data: bytes) -> Iterator[bytes]:
        return self._through(data, 0)

    def _through(self, data: bytes, at: int) -> Iterator[bytes]:
        if at == len(self._decoders):
            yield data
            return
        for out in self._decoders[at].feed(data):
            yield from self._through(out, at + 1)


class _Inflate:
    """One zlib stream; `ended` when it is whole, `rest` what came after it."""

    def __init__(self, bits: int) -> None:
        self._z = zlib.decompressobj(bits)

    @property
    def ended(self) -> bool:
        return self._z.eof

    @property
    def rest(self) -> bytes:
        return self._z.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            out = self._z.decompress(data, PIECE)
            while out or self._z.unconsumed_tail:
                if out:
                    yield out
                if self._z.eof:
                    return
                out = self._z.decompress(self._z.unconsumed_tail, PIECE)
        except zlib.error as error:
            raise CodingError(str(error)) from None


class _Gzip:
    """Members one after the other (RFC 1952, section 2.2); what follows the last and is no member is passed over.

    A body that is not gzip at all comes through as it is.
    """

    def __init__(self) -> None:
        self._start = b""
        self._member: _Inflate | None = None
        self._members = 0
        self._plain = False
        self._done = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._done:
            if self._plain:
                yield data
                return
            if self._member is None:
                self._start += data
                if len(self._start) < len(_GZIP) and _GZIP.startswith(self._start):
                    return
                data, self._start = self._start, b""
                if not data.startswith(_GZIP):
                    self._plain, self._done = self._members == 0, self._members > 0
                    continue
                self._member = _Inflate(31)
                self._members += 1
            yield from self._member.feed(data)
            data = b""
            if self._member.ended:
                data, self._member = self._member.rest, None


class _Deflate:
    """zlib's format, or raw deflate, which many servers send under that name; or neither, which comes through."""

    def __init__(self) -> None:
        self._start = b""
        self._stream: _Inflate | None = None
        self._plain = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._plain:
            yield data
            return
        if self._stream is None:
            self._start += data
            if len(self._start) < 2:
                return
            data, self._start = self._start, b""
            zlib_header = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._stream = _Inflate(15 if zlib_header else -15)
            if not zlib_header and not _is_raw_deflate(data):
                self._plain = True
                yield data
                return
        yield from self._stream.feed(data)


def _is_raw_deflate(data: bytes) -> bool:
    try:
        zlib.decompressobj(-15).decompress(data, PIECE)
    except zlib.error:
        return False
    return True


class _Brotli:
    def __init__(self, decompressor: Any) -> None:
        self._b = decompressor

    def feed(self, data: bytes) -> Iterator[bytes]:
        process = self._b.process
        try:
            out: bytes = process(data, output_buffer_limit=PIECE)
            while out:
                yield out
                out = process(b"", output_buffer_limit=PIECE)
        except Exception as error:  # the class is the module's own, and the module is optional
            raise CodingError(str(error)) from None


def _brotli() -> Decoder | None:
    """Only from a release on that can bound what comes out at a time; another package of that name may hide it, but not
    the extension beneath it."""
    for load in (lambda: importlib.import_module("brotli"), _extension):
        try:
            decompressor = load().Decompressor()
            decompressor.process(b"", output_buffer_limit=PIECE)
        except (ImportError, AttributeError, TypeError):
            continue
        return _Brotli(decompressor)
    return None


def _extension() -> Any:
    """The module `_brotli` as it lies there: the other package leaves its own under that name."""
    spec = PathFinder.find_spec("_brotli")
    if spec is None or spec.loader is None:
        raise ImportError("there is no module _brotli")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
