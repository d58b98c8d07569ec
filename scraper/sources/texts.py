"""A folder of texts: what each was made from, or all that it points to."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path

from archive import urls
from archive.errors import FormatError
from archive.models import Link
from archive.parse import parse
from archive.robust.index import INDEX_NAMES, is_index
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
    for path in files(source.path, source.title, hands.tell):
        data = read(path, source.title, hands.tell)
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


def files(root: Path, title: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """Regular files below `root` that a text may be in, in order of their names; hidden ones and index pages of ours
    are left alone."""
    try:
        top = root.resolve(strict=True)
        single = stat.S_ISREG(top.stat().st_mode)
    except (OSError, RuntimeError, ValueError) as error:
        tell(f"{title}: {root} cannot be read: {_words(error)}")
        return
    if single:
        yield root
        return
    others: Counter[str] = Counter()
    count = 0
    for folder, folders, names in os.walk(root, onerror=lambda e: tell(f"{title}: {e.filename}: {_words(e)}")):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            _leads_out(Path(folder, name), top, title, tell)
        for name in sorted(names):
            path = Path(folder, name)
            suffix = path.suffix.lower()
            if name.startswith(".") or suffix in OURS or _leads_out(path, top, title, tell):
                continue
            if name in INDEX_NAMES and _is_index(path):
                continue
            if suffix not in SUFFIXES:
                others[suffix] += 1
                continue
            count += 1
            if count > MAX_FILES:
                tell(f"{title}: {root} has more than {MAX_FILES} files; the others are passed over")
                return
            yield path
    for suffix, many in sorted(others.items()):
        tell(f"{title}: {root}: {many} {'file' if many == 1 else 'files'} *{suffix} passed over: no text")


def _is_index(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_index(file.read(_BINARY_WITHIN))
    except OSError:
        return False


def _leads_out(path: Path, top: Path, title: str, tell: Callable[[str], None]) -> bool:
    """Whether a symbolic link is to be passed over. One that stays inside is read where it leads to."""
    if not path.is_symlink():
        return False
    try:
        inside = path.resolve(strict=True).is_relative_to(top)
    except (OSError, RuntimeError) as error:
        tell(f"{title}: {path}: passed over: {_words(error)}")
        return True
    if not inside:
        tell(f"{title}: {path}: passed over: it leads out of the folder")
    return True


def read(path: Path, title: str, tell: Callable[[str], None]) -> bytes | None:
    """The file, if it is a text of a bearable size. Opened so that neither a pipe nor a late link deceives us."""
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - pathlib knows no flags
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                tell(f"{title}: {path}: passed over: no regular file")
                return None
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        tell(f"{title}: {path}: cannot be read: {_words(error)}")
        return None
    if len(data) > MAX_FILE:
        tell(f"{title}: {path}: passed over: it is larger than {MAX_FILE // 1_000_000} MB")
        return None
    if b"\0" in data[:_BINARY_WITHIN]:
        tell(f"{title}: {path}: passed over: it is no text")
        return None
    return data


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
