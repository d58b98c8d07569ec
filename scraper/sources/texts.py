"""A folder of texts: what each was made from, or all that it points to."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

from archive import urls
from archive.article import parse
from archive.errors import FormatError
from archive.models import Link
from scraper.settings import Source
from scraper.sources.addresses import in_line
from scraper.sources.base import Found, Hands

MAX_FILE = 10 * 1000 * 1000
MAX_FILES = 1_000_000
SUFFIXES = frozenset({".txt", ".text", ".md", ".mkd", ".mdown", ".markdown", ".rst", ""})
OURS = frozenset({".json"})
_MARKDOWN = frozenset({".md", ".mkd", ".mdown", ".markdown"})
_TRAILER = re.compile(r"\s*original url:", re.IGNORECASE)
_BINARY_WITHIN = 8192


def links(source: Source, hands: Hands) -> Iterator[Found]:
    """The original address of each file, or with `links = "all"` every http address in it; files in the order of
    their names. What is no text, too large or a link that leads out of the folder is passed over and told."""
    assert source.path is not None
    for path in _files(source.path, source.title, hands):
        data = _read(path, source.title, hands)
        if data is None:
            continue
        if source.links == "all":
            yield from _all(data, path, source, hands)
            continue
        try:
            article = parse(data, str(path))
        except FormatError as error:
            hands.tell(f"{source.title}: {error}")
            continue
        line = _line_of(data, article.url)
        if not urls.is_http(article.url):
            hands.tell(f"{source.title}: {path}, line {line}: no http address: {article.url[:100]}")
            continue
        published = datetime.combine(article.date, time(), UTC) if article.date else None
        yield Found(Link(article.url, source.title, f"{path}, line {line}"), published)


def _all(data: bytes, path: Path, source: Source, hands: Hands) -> Iterator[Found]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        hands.tell(f"{source.title}: {path}, line {at}: not UTF-8: byte 0x{data[error.start]:02X}")
        text = data.decode("utf-8-sig", "replace")
    seen: set[str] = set()
    markdown = path.suffix.lower() in _MARKDOWN
    for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):
        for url in in_line(line, markdown=markdown):
            if url not in seen:
                seen.add(url)
                yield Found(Link(url, source.title, f"{path}, line {number}"))


def _line_of(data: bytes, url: str) -> int:
    """The line of the original address: the last that holds it, at or below the last trailer."""
    lines = re.split(r"\r\n?|\n", data.decode("utf-8", "replace"))
    for at in range(len(lines) - 1, -1, -1):
        if url in lines[at]:
            return at + 1
    return max((at for at, line in enumerate(lines, 1) if _TRAILER.match(line)), default=1)


# ------------------------------------------------------------------------------------------------ files


def _files(root: Path, title: str, hands: Hands) -> Iterator[Path]:
    """Regular files below `root` that a text may be in, in order of their names; hidden ones are left alone."""
    try:
        top = root.resolve(strict=True)
        single = stat.S_ISREG(top.stat().st_mode)
    except (OSError, RuntimeError, ValueError) as error:
        hands.tell(f"{title}: {root} cannot be read: {_words(error)}")
        return
    if single:
        yield root
        return
    others: Counter[str] = Counter()
    count = 0
    for folder, folders, names in os.walk(root, onerror=lambda e: hands.tell(f"{title}: {e.filename}: {_words(e)}")):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            _leads_out(Path(folder, name), top, title, hands)
        for name in sorted(names):
            path = Path(folder, name)
            suffix = path.suffix.lower()
            if name.startswith(".") or suffix in OURS or _leads_out(path, top, title, hands):
                continue
            if suffix not in SUFFIXES:
                others[suffix] += 1
                continue
            count += 1
            if count > MAX_FILES:
                hands.tell(f"{title}: {root} has more than {MAX_FILES} files; the others are passed over")
                return
            yield path
    for suffix, many in sorted(others.items()):
        hands.tell(f"{title}: {root}: {many} {'file' if many == 1 else 'files'} *{suffix} passed over: no text")


def _leads_out(path: Path, top: Path, title: str, hands: Hands) -> bool:
    """Whether a symbolic link is to be passed over. One that stays inside is read where it leads to."""
    if not path.is_symlink():
        return False
    try:
        inside = path.resolve(strict=True).is_relative_to(top)
    except (OSError, RuntimeError) as error:
        hands.tell(f"{title}: {path}: passed over: {_words(error)}")
        return True
    if not inside:
        hands.tell(f"{title}: {path}: passed over: it leads out of the folder")
    return True


def _read(path: Path, title: str, hands: Hands) -> bytes | None:
    """The file, if it is a text of a bearable size. Opened so that neither a pipe nor a late link deceives us."""
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - pathlib knows no flags
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                hands.tell(f"{title}: {path}: passed over: no regular file")
                return None
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        hands.tell(f"{title}: {path}: cannot be read: {_words(error)}")
        return None
    if len(data) > MAX_FILE:
        hands.tell(f"{title}: {path}: passed over: it is larger than {MAX_FILE // 1_000_000} MB")
        return None
    if b"\0" in data[:_BINARY_WITHIN]:
        hands.tell(f"{title}: {path}: passed over: it is no text")
        return None
    return data


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
