"""The digests that a record claims, and whether they are right (WARC 1.1, 5.8 and 5.9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:[^\n]*chunked", re.IGNORECASE | re.MULTILINE)
_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


class Digesting:
    """The digests that a record claims, made while the block is read. Unknown algorithms are passed over.

    `values` are its named fields, by names in lower case.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self.block = _Digest(values.get("warc-block-digest"))
        self.payload = _Digest(values.get("warc-payload-digest"))

    def head(self, data: bytes) -> None:
        """Takes the HTTP header block.

        Of a body whose transfer coding is still on, no payload digest is made: it covers what the coding holds.
        """
        self.block.update(data)
        if _CHUNKED.search(data):
            self.payload = _Digest(None)

    def update(self, data: bytes | memoryview) -> None:
        """Takes bytes of the payload, which are bytes of the block as well."""
        self.block.update(data)
        self.payload.update(data)


class _Digest:
    def __init__(self, claimed: str | None) -> None:
        self.claimed = claimed
        if claimed is not None and claimed.startswith("sha256:"):
            self._value = claimed[7:]
            self._hash: hashlib._Hash | None = hashlib.sha256()
            return
        algorithm, _, self._value = (claimed or "").partition(":")
        algorithm = algorithm.strip().lower().replace("-", "")
        self._hash = hashlib.new(algorithm, usedforsecurity=False) if algorithm in _ALGORITHMS else None

    def update(self, data: bytes | memoryview) -> None:
        if self._hash is not None:
            self._hash.update(data)

    @property
    def right(self) -> bool:
        if self._hash is None:
            return True
        said = self._value.strip()
        return self._hash.hexdigest() == said or self._hash.digest() in _values(said)


def _values(text: str) -> list[bytes]:
    """The bytes that a digest may stand for: hexadecimal, base32 and base64 are all in use."""
    found = []
    for decode in (bytes.fromhex, _base32, _base64):
        try:
            found.append(decode(text))
        except (ValueError, binascii.Error):
            continue
    return found


def _base32(text: str) -> bytes:
    return base64.b32decode(text.upper().rstrip("=") + "=" * (-len(text.rstrip("=")) % 8))


def _base64(text: str) -> bytes:
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_" if set(plain) & set("-_") else None)


def digest_problem(digesting: Digesting, kind: str) -> str | None:
    """The digest that is wrong, in words, or None. A revisit's payload digest is of a payload that lies elsewhere."""
    if not digesting.block.right:
        return f"the block is not what WARC-Block-Digest says ({digesting.block.claimed})"
    if kind != "revisit" and not digesting.payload.right:
        return f"the payload is not what WARC-Payload-Digest says ({digesting.payload.claimed})"
    return None
