"""Addresses from the command line, a file or a stream, one a line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import UsageError
from archive.models import Link

_COMMENT = re.compile(r"\s{1,99}#")


def links_from(addresses: Iterable[str], input_files: Iterable[Path], stdin: BinaryIO) -> list[Link]:
    """Each address once, in the order given; `-` among `addresses` or `input_files` reads `stdin`. Lists are UTF-8.

    Raises UsageError that names a file which cannot be read.
    """
    found: dict[str, Link] = {}
    for address in addresses:
        if address == "-":
            _add(found, _from_stream(stdin, "stdin"))
        else:
            _add(found, [Link(completed(address.strip()))])
    for file in input_files:
        if str(file) == "-":
            _add(found, _from_stream(stdin, "stdin"))
            continue
        try:
            with file.open("rb") as stream:
                _add(found, _from_stream(stream, str(file)))
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    return list(found.values())


def _from_stream(stream: BinaryIO, name: str) -> Iterator[Link]:
    lines = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace")
    try:
        yield from from_lines(lines, name)
    finally:
        lines.detach()


def from_lines(lines: Iterable[str], name: str) -> Iterator[Link]:
    """A link for each line that is neither empty nor a comment; `via` names the list and the line. What follows an
    address behind white space and a # is a comment too."""
    for number, line in enumerate(lines, 1):
        address = _COMMENT.split(line.strip(), maxsplit=1)[0].strip("<>")
        if address and not address.startswith("#"):
            yield Link(completed(address), source="list", via=f"{name}, line {number}")


def completed(address: str) -> str:
    """`example.com/a` as people type it becomes `https://example.com/a`; anything with a scheme stays."""
    head = address.split("/", 1)[0]
    if "://" not in address and "." in head and ":" not in head and " " not in head:
        return f"https://{address}"
    return address


def _add(found: dict[str, Link], links: Iterable[Link]) -> None:
    for link in links:
        found.setdefault(link.url, link)
