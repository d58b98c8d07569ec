"""Addresses from the command line, a file or a stream, one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from archive.errors import UsageError
from archive.models import Link


def links_from(addresses: Iterable[str], input_file: Path | None, stdin: TextIO) -> list[Link]:
    """Each address once, in the order given; `-` among `addresses` or as `input_file` reads `stdin`.

    Raises UsageError that names a file which cannot be read.
    """
    found: dict[str, Link] = {}
    for address in addresses:
        if address == "-":
            _add(found, from_lines(stdin, "stdin"))
        else:
            _add(found, [Link(completed(address.strip()))])
    if input_file is not None:
        if str(input_file) == "-":
            _add(found, from_lines(stdin, "stdin"))
        else:
            try:
                with input_file.open(encoding="utf-8-sig", errors="replace") as lines:
                    _add(found, from_lines(lines, str(input_file)))
            except OSError as error:
                raise UsageError(f"{input_file} cannot be read: {error.strerror}") from None
    return list(found.values())


def from_lines(lines: Iterable[str], name: str) -> Iterator[Link]:
    """A link for each line that is neither empty nor a comment; `via` names the list and the line."""
    for number, line in enumerate(lines, 1):
        address = line.strip().strip("<>")
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
