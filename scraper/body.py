"""Bodies: their framing on the wire, the limits they are held to, and what their content coding hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from archive.coding import CodingError, content_codings, decoded_stream, decoder_for
from archive.errors import StorageError
from archive.models import Exchange
from archive.spool import Spool
from scraper.wire import CHUNK, Head, Wire, WireError

if TYPE_CHECKING:
    from typing import Literal

MAX_LINE = 16 * 1024
MAX_TRAILERS = 64 * 1024


class Framing(Struct, frozen=True):
    """How the end of a body is told: RFC 9112, section 6.3. `length` counts bytes."""

    kind: Literal["none", "length", "chunked", "close"]
    length: int = 0


def framing(head: Head) -> Framing:
    """How the body that follows this header block is framed. Raises WireError for lengths that contradict each other.

    As browsers have it: chunks beat a length, and a length that is no number counts as none.
    """
    if head.status in (204, 304) or head.status < 200:
        return Framing("none")
    codings = [c.strip().lower() for value in head.values("transfer-encoding") for c in value.split(",")]
    if "chunked" in codings:
        return Framing("chunked")
    lengths = {text.strip() for value in head.values("content-length") for text in value.split(",")}
    numbers = {int(text) for text in lengths if text.isascii() and text.isdigit() and len(text) < 20}
    if len(numbers) > 1:
        words = f"the answer has several lengths: {', '.join(sorted(lengths))[:100]}"
        raise WireError("protocol", words, truncated="disconnect")
    if numbers and len(lengths) == len(numbers) and not codings:
        return Framing("length", numbers.pop())
    return Framing("close")


def pieces(wire: Wire, frame: Framing) -> Iterator[bytes]:
    """The body without its transfer coding, as it comes. Raises WireError where it ends early or breaks the framing."""
    if frame.kind == "length":
        yield from _measured(wire, frame.length)
    elif frame.kind == "chunked":
        yield from _chunks(wire)
    elif frame.kind == "close":
        while data := wire.take(CHUNK):
            yield data


def _measured(wire: Wire, length: int) -> Iterator[bytes]:
    left = length
    while left:
        data = wire.take(min(left, CHUNK))
        if not data:
            words = f"the connection ended {left} bytes before the end of the body"
            raise WireError("cut", words, truncated="disconnect", retry=True)
        left -= len(data)
        yield data


def _chunks(wire: Wire) -> Iterator[bytes]:
    overhead = payload = 0
    while True:
        line = wire.line(MAX_LINE)
        digits = line.partition(b";")[0].strip()
        if not 0 < len(digits) <= 16 or digits.strip(b"0123456789abcdefABCDEF"):
            raise WireError("protocol", f"no chunk begins with {line[:40]!r}", truncated="disconnect")
        size = int(digits, 16)
        overhead += len(line)
        payload += size
        if overhead > MAX_TRAILERS + 16 * payload:
            raise WireError("protocol", "the answer's chunks are all framing", truncated="disconnect")
        if size == 0:
            break
        yield from _measured(wire, size)
        if wire.line(MAX_LINE).strip():
            raise WireError("protocol", "a chunk is longer than it says", truncated="disconnect")
    spent = 0
    while line := wire.line(MAX_LINE).strip():
        spent += len(line)
        if spent > MAX_TRAILERS:
            raise WireError("too large", "the trailers have no end", truncated="length")


def receive(parts: Iterable[bytes], head: Head, spool: Spool, max_size: int) -> WireError | None:
    """Write a body to the spool; what went wrong, or None when it is whole.

    What came before the trouble stays in the spool. `max_size` bounds the bytes written and, where the content coding
    is one that we undo, the bytes they decode to. Raises StorageError when the spool cannot be written.
    """
    decoder = decoder_for(content_codings(head.headers))
    unpacked = 0
    try:
        for part in parts:
            room = max_size - spool.size
            _write(spool, part[:room])
            if len(part) > room:
                raise WireError("too large", f"the body is larger than {max_size} bytes", truncated="length")
            if decoder is None:
                continue
            try:
                for out in decoder.feed(part):
                    unpacked += len(out)
                    if unpacked > max_size:
                        words = f"the body decodes to more than {max_size} bytes"
                        raise WireError("too large", words, truncated="length")
            except CodingError:
                decoder = None
    except WireError as trouble:
        return trouble
    finally:
        _finish(spool)
    return None


def _write(spool: Spool, data: bytes) -> None:
    try:
        spool.write(data)
    except OSError as error:
        raise StorageError(f"a body cannot be stored for now: {error.strerror or error}") from error


def _finish(spool: Spool) -> None:
    try:
        spool.finish()
    except OSError as error:
        raise StorageError(f"a body cannot be stored for now: {error.strerror or error}") from error


def decoded(exchange: Exchange, limit: int) -> bytes:
    """The body with its content coding undone, at most `limit` bytes of it.

    A coding that we do not know leaves the body as it is, as does a gzip or deflate label on a body that is neither.
    What a broken or cut body gives before the break is returned. A coding that we know but cannot undo here gives b"":
    `coding_problem` says which.
    """
    if coding_problem(exchange) is not None:
        return b""
    with exchange.body.open() as reader:
        return decoded_stream(reader, exchange.headers, limit)


def coding_problem(exchange: Exchange) -> str | None:
    """Why `decoded` can make nothing of this body, in words, or None."""
    for coding in content_codings(exchange.headers):
        if coding in ("br", "zstd", "compress", "x-compress", "dcb", "dcz") and decoder_for([coding]) is None:
            return f"the server sent the coding {coding}, for which only gzip was offered"
    return None
