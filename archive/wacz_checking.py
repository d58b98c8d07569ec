"""A WACZ file of any tool checked as it lies (WACZ 1.1.1): its own digests, every record of the WARC files in it, and
that index and pages list agree with those. Nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from archive.checking import Checked, Kind, Problem, check_foreign, digest_of
from archive.errors import DamageError, StorageError
from archive.wacz_reading import ARCHIVED, DIGEST, PACKAGE, PAGES, Resource, Wacz
from archive.warc.arc import is_arc
from archive.warc.fields import bare_uri
from archive.warc.reader import StoredRecord
from archive.warc.walk import Walked, Window

INDEXES = "indexes/"
_WARCS = (".warc", ".warc.gz")
_PIECE = 1 << 20
_MOST_LINE = 1 << 20
_MOST_WRONG = 20
_SHOWN = 80
_ANSWERS = frozenset({"response", "revisit", "resource"})


class _Place(Struct, frozen=True):
    """What lies at an offset: the record's length, and its address, shortened. `must`: an index has to name it."""

    length: int
    url: bytes
    must: bool


def check_wacz(path: Path, name: str) -> Checked:
    """What is wrong is told of `name!member`. Raises nothing but what stops a process."""
    checked = Checked(name)
    try:
        with path.open("rb") as file:
            checked.sha256 = digest_of(file)
            checked.size = file.tell()
        with closing(Wacz(path)) as wacz:
            _Checker(wacz, checked).check()
    except StorageError as error:
        checked.whole = False
        checked.add(Problem(Kind.UNREADABLE, name, str(error)))
    except OSError as error:
        checked.whole = False
        checked.add(Problem(Kind.UNREADABLE, name, error.strerror or str(error)))
    except DamageError as error:
        checked.whole = False
        checked.add(Problem(Kind.DAMAGE, name, str(error)))
    return checked


class _Checker:
    def __init__(self, wacz: Wacz, checked: Checked) -> None:
        self._wacz = wacz
        self._checked = checked
        self._places: dict[tuple[str, int], _Place] = {}
        self._urls: set[bytes] = set()
        self._named: set[tuple[str, int]] = set()
        self._all_read = True

    def check(self) -> None:
        self._check_package()
        names = self._wacz.names()
        for name in names:
            if name.startswith(ARCHIVED) and (name.endswith(_WARCS) or is_arc(name)):
                self._check_warc(name)
            elif name.startswith(ARCHIVED) and not name.endswith("/"):
                self._say(Kind.RULE, name, "it is no WARC file, as its name says")
        indexes = [name for name in names if name.startswith(INDEXES) and not name.endswith("/")]
        for name in indexes:
            if name.endswith(".idx"):
                self._check_blocks(name)
            elif name.endswith((".cdx", ".cdxj", ".cdx.gz", ".cdxj.gz")):
                self._check_index(name)
        self._check_named(indexes)
        for name in names:
            if name.startswith(PAGES) and name.endswith(".jsonl"):
                self._check_pages(name)

    def _say(self, kind: Kind, member: str, words: str, offset: int | None = None, section: str = "") -> None:
        if kind is Kind.DAMAGE:
            self._checked.whole = False
        self._checked.add(Problem(kind, f"{self._checked.file}!{member}", words, offset, section=section))

    # ------------------------------------------------------------------------------------------------ digests

    def _check_package(self) -> None:
        for words in self._wacz.problems:
            member, _, rest = words.partition(": ")
            self._say(Kind.CHANGED, member, rest)
        if self._wacz.signed:
            self._say(Kind.NOTE, DIGEST, "it holds a signature, which was not checked")
        names = self._wacz.names()
        for name in sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else ():
            self._say(Kind.RULE, name, "the zip holds two files of this name")
        for resource in self._wacz.resources:
            if resource.path not in names:
                self._say(Kind.MISSING, resource.path, f"{PACKAGE} names it, and it is not there")
        said = {resource.path: resource for resource in self._wacz.resources}
        for name in dict.fromkeys(names):
            if name not in (PACKAGE, DIGEST) and not name.endswith("/"):
                self._check_member(name, said.get(name))

    def _check_member(self, name: str, said: Resource | None) -> None:
        digest, size = hashlib.sha256(), 0
        try:
            for piece in self._wacz.pieces(name):
                digest.update(piece)
                size += len(piece)
        except DamageError as error:
            self._say(Kind.DAMAGE, name, str(error).rpartition(": ")[2])
            return
        if said is None:
            self._say(Kind.RULE, name, f"{PACKAGE} does not name it")
        elif said.hash.startswith("sha256:") and said.hash != f"sha256:{digest.hexdigest()}":
            self._say(Kind.CHANGED, name, f"it is not what {PACKAGE} says ({said.hash})")
        elif not said.hash.startswith("sha256:"):
            kind = f"a digest of a kind that is not known here ({said.hash[:_SHOWN]})" if said.hash else "no digest"
            self._say(Kind.NOTE, name, f"{PACKAGE} gives {kind}")
        if said is not None and said.size is not None and said.size != size:
            self._say(Kind.CHANGED, name, f"it has {size} bytes, {PACKAGE} says {said.size}")

    # ------------------------------------------------------------------------------------------------ records

    def _check_warc(self, name: str) -> None:
        inner = Checked(f"{self._checked.file}!{name}")
        if self._wacz.is_packed(name):
            self._say(Kind.RULE, name, "it is packed in the zip, so that no reader can find a record by its offset")
        short = name.removeprefix(ARCHIVED)
        try:
            with closing(self._wacz.stretch(name)) as file:
                for record in check_foreign(file, Window(file), inner):
                    self._note(short, record)
        except DamageError as error:
            inner.whole = False
            inner.add(Problem(Kind.DAMAGE, inner.file, str(error).rpartition(": ")[2]))
        self._checked.take(inner)
        self._all_read = self._all_read and inner.whole

    def _note(self, file: str, record: Walked | StoredRecord) -> None:
        url = bare_uri(record.header("WARC-Target-URI") or "")
        if record.type in _ANSWERS:
            self._urls.add(_short(url))
        web = record.type == "response" and url[:4].lower() == "http"
        self._places[file, record.offset] = _Place(record.length, _short(url), web)

    # ------------------------------------------------------------------------------------------------ the index

    def _check_index(self, name: str) -> None:
        wrong, before = 0, b""
        for number, line in self._lines(name):
            words = self._wrong_line(line)
            if line < before:
                words = words or "lines are not in order"
            before = line
            if words:
                self._say(Kind.DERIVED, name, f"line {number}: {words}")
                wrong += 1
                if wrong >= _MOST_WRONG:
                    self._say(Kind.DERIVED, name, "there is more, which is not told")
                    return

    def _wrong_line(self, line: bytes) -> str:
        try:
            fields = json.loads(line.split(b" ", 2)[2])
            file, offset, url = str(fields["filename"]), int(fields["offset"]), str(fields["url"])
        except (ValueError, IndexError, KeyError, TypeError, RecursionError):
            return "" if line.startswith((b" CDX", b"!meta")) else "it cannot be read"
        place = self._places.get((file, offset))
        if place is None:
            if not self._all_read and f"{ARCHIVED}{file}" in self._wacz.names():
                return ""
            return f"no record of {url[:_SHOWN]} lies in {file[:_SHOWN]} at offset {offset}"
        self._named.add((file, offset))
        if place.url != _short(bare_uri(url)):
            return f"another record than that of {url[:_SHOWN]} lies in {file[:_SHOWN]} at offset {offset}"
        return ""

    def _check_named(self, indexes: list[str]) -> None:
        """Whether every answer of the web can be found."""
        if not indexes:
            self._say(Kind.MISSING, INDEXES, "the file has no index")
            return
        lacking = sorted(place for place, found in self._places.items() if found.must and place not in self._named)
        if lacking:
            file, offset = lacking[0]
            words = f"no index names {len(lacking)} of the answers, the first of them in {file} at offset {offset}"
            self._say(Kind.DERIVED, INDEXES, words)

    def _check_blocks(self, name: str) -> None:
        """The blocks of a compressed index (ZipNum) are what its own index says."""
        file = ""
        for number, line in self._lines(name):
            try:
                fields = json.loads(line.split(b" ", 2)[2])
                file = str(fields.get("filename") or file)
                if line.startswith(b"!meta"):
                    continue
                offset, length, said = int(fields["offset"]), int(fields["length"]), str(fields.get("digest", ""))
            except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
                self._say(Kind.DERIVED, name, f"line {number}: it cannot be read")
                return
            if not self._is_block(f"{INDEXES}{file}", offset, length, said):
                self._say(
                    Kind.DERIVED, name, f"line {number}: no such block lies in {file[:_SHOWN]} at offset {offset}"
                )
                return

    def _is_block(self, name: str, offset: int, length: int, said: str) -> bool:
        if name not in self._wacz.names() or offset < 0 or not 0 < length <= _MOST_LINE * 64:
            return False
        with closing(self._wacz.stretch(name)) as file:
            file.seek(offset)
            data = file.read(length)
        right = not said.startswith("sha256:") or said == f"sha256:{hashlib.sha256(data).hexdigest()}"
        return len(data) == length and right

    # ------------------------------------------------------------------------------------------------ pages

    def _check_pages(self, name: str) -> None:
        wrong = 0
        for number, line in self._lines(name):
            try:
                fields = json.loads(line)
                url = fields.get("url")
            except (ValueError, AttributeError, RecursionError):
                words = f"line {number}: it cannot be read"
            else:
                if not isinstance(url, str) or _short(bare_uri(url).partition("#")[0]) in self._urls:
                    continue
                if _short(bare_uri(url)) in self._urls or not self._all_read:
                    continue
                words = f"line {number}: no record of {url[:_SHOWN]} is in the file"
            self._say(Kind.DERIVED, name, words)
            wrong += 1
            if wrong >= _MOST_WRONG:
                self._say(Kind.DERIVED, name, "there is more, which is not told")
                return

    def _lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines that are not empty, with their numbers. What cannot be read is told."""
        try:
            with closing(self._wacz.stretch(name)) as file:
                lines = gzip.GzipFile(fileobj=file) if name.endswith(".gz") else file
                number = 0
                while line := lines.readline(_MOST_LINE):
                    number += 1
                    if line.strip():
                        yield number, line.rstrip(b"\r\n")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._say(Kind.DAMAGE, name, f"it cannot be unpacked ({error})")
        except DamageError as error:
            self._say(Kind.DAMAGE, name, str(error).rpartition(": ")[2])


def _short(url: str) -> bytes:
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=12).digest()
