"""What the standard asks of a record's named fields and digests (WARC 1.1, 4 and 5)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_VERSION = re.compile(rb"WARC/1\.[01]\r\n")
_TYPES = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
_REQUIRED = ("warc-type", "warc-record-id", "warc-date", "content-length")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\Z")
_RECORD_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+>\Z")
_REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol", "warc-cipher-suite"})
_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:[^\n]*chunked", re.IGNORECASE | re.MULTILINE)
_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def field_problem(head: bytes, headers: tuple[tuple[str, str], ...], values: dict[str, str]) -> str | None:
    """What is wrong with a record's header block, in words, or None. Unknown fields are none of our business.

    `values` are the first values of `headers` by their names in lower case.
    """
    if not _VERSION.match(head):
        return "the record's first line is neither WARC/1.0 nor WARC/1.1"
    for name in _REQUIRED:
        if name not in values:
            return f"the record lacks {name}"
    if len(headers) > len(values) and (repeated := _repeated([name.lower() for name, _ in headers])):
        return f"the record has {repeated} twice"
    if not _DATE.match(values["warc-date"]):
        return f"WARC-Date is not a UTC time: {values['warc-date'][:40]}"
    if not _RECORD_ID.match(values["warc-record-id"]):
        return "WARC-Record-ID is not an address in angle brackets"
    kind = values["warc-type"].lower()
    if kind in _TYPES - {"warcinfo", "metadata"} and not values.get("warc-target-uri"):
        return f"the {kind} record lacks warc-target-uri"
    if kind == "warcinfo" and "warc-target-uri" in values:
        return "the warcinfo record has a warc-target-uri"
    if kind == "revisit" and "warc-profile" not in values:
        return "the revisit record lacks warc-profile"
    return None


def _repeated(names: list[str]) -> str | None:
    """A field that stands twice though the standard has it once."""
    seen = set()
    for name in names:
        if name in seen and name not in _REPEATABLE and (name.startswith("warc-") or name == "content-length"):
            return name
        seen.add(name)
    return None


class Digesting:
    """The digests that `headers` claim, made while the block is read. Unknown algorithms are passed over."""

    def __init__(self, headers: tuple[tuple[str, str], ...]) -> None:
        values = {name.lower(): value for name, value in reversed(headers)}
        self.block = _Digest(values.get("warc-block-digest"))
        self.payload = _Digest(values.get("warc-payload-digest"))

    def head(self, data: bytes) -> None:
        """Takes the HTTP header block.

        Of a body whose transfer coding is still on, no payload digest is made: it covers what the coding holds.
        """
        self.block.update(data)
        if _CHUNKED.search(data):
            self.payload = _Digest(None)

    def update(self, data: bytes) -> None:
        """Takes bytes of the payload, which are bytes of the block as well."""
        self.block.update(data)
        self.payload.update(data)


class _Digest:
    def __init__(self, claimed: str | None) -> None:
        algorithm, _, self._value = (claimed or "").partition(":")
        algorithm = algorithm.strip().lower().replace("-", "")
        self.claimed = claimed
        self._hash = hashlib.new(algorithm, usedforsecurity=False) if algorithm in _ALGORITHMS else None

    def update(self, data: bytes) -> None:
        if self._hash is not None:
            self._hash.update(data)

    @property
    def right(self) -> bool:
        return self._hash is None or self._hash.digest() in _values(self._value.strip())


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
