"""What web archives say that they hold of an address: lists of mementos out of TimeMaps and CDX answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

import msgspec.json
from msgspec import Struct

from archive.urls import parse_stamp
from scraper.mementos.links import WebLink, parse_links
from scraper.retry import http_date

MOST_FOUND = 100_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# The columns of a plain CDX line where nothing names them, of seven fields and of pywb's eleven.
_PLAIN = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")
_ELEVEN = ("urlkey", "timestamp", "url", "mime", "status", "digest", "redirect", "robotflags", "length")
_NAMES = {"original": "url", "statuscode": "status", "mimetype": "mime"}
_STAMP = re.compile(r"[0-9]{4,17}\Z")
_STATUS = re.compile(r"[1-5][0-9][0-9]\Z")
RESUME = "resumeKey"


class Listed(Struct, frozen=True):
    """One capture that an archive lists. `address` is where it says the memento is; "" in CDX answers, which name the
    `original` alone. `status` is None where it is not told."""

    time: datetime | None
    address: str = ""
    original: str = ""
    status: int | None = None
    mime: str = ""
    digest: str = ""


class TimeMap(Struct, frozen=True):
    """`originals` are the addresses that it says it is of; `pages` are further TimeMaps, each with the time of its
    first and last memento where that is told; `gates` are TimeGates. `listed` in the order in which they stand."""

    listed: tuple[Listed, ...] = ()
    originals: tuple[str, ...] = ()
    pages: tuple[tuple[str, datetime | None, datetime | None], ...] = ()
    gates: tuple[str, ...] = ()


class CdxAnswer(Struct, frozen=True):
    """`resume` is the key with which the server goes on, "" where it has told all."""

    listed: tuple[Listed, ...] = ()
    resume: str = ""


def time_of_stamp(text: str) -> datetime | None:
    """The time of a stamp of 4 to 17 digits; what is left out is the earliest that it can be. None for none."""
    if not _STAMP.match(text):
        return None
    whole = text[:14] + "00000101000000"[len(text) :] if len(text) < 14 else text[:14]
    try:
        return parse_stamp(whole)
    except ValueError:
        return None


# ------------------------------------------------------------------------------------------------------- TimeMaps


def read_timemap(body: bytes, base: str) -> TimeMap:
    """A TimeMap as application/link-format (RFC 7089, 5) or in one of the JSON forms, told apart by how it begins.

    What is garbled ends it: what stood before is given.
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return of_links(parse_links(text, base))
    document = _json(text) if text.startswith("{") else None
    mementos = document.get("mementos") if document is not None else None
    if document is not None and isinstance(mementos, dict):
        return _of_document(document, mementos)
    return TimeMap(listed=read_cdx(body).listed)


def of_links(links: Iterable[WebLink]) -> TimeMap:
    """What links say: a TimeMap's, or those of a TimeGate's or memento's header."""
    listed: list[Listed] = []
    originals: list[str] = []
    pages: list[tuple[str, datetime | None, datetime | None]] = []
    gates: list[str] = []
    for link in links:
        if "memento" in link.rels:
            if len(listed) < MOST_FOUND:
                listed.append(Listed(link.time(), link.target))
        elif "original" in link.rels:
            originals.append(link.target)
        elif "timemap" in link.rels and "self" not in link.rels:
            pages.append((link.target, link.time("from"), link.time("until")))
        elif "timegate" in link.rels:
            gates.append(link.target)
    return TimeMap(tuple(listed), tuple(originals), tuple(pages), tuple(gates))


def _of_document(document: Mapping[str, Any], mementos: Mapping[str, Any]) -> TimeMap:
    """The JSON object that MemGator and the aggregators give."""
    found = mementos.get("list")
    listed: list[Listed] = []
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and isinstance(each.get("uri"), str) and len(listed) < MOST_FOUND:
            listed.append(Listed(_moment(each.get("datetime")), each["uri"]))
    original = document.get("original_uri")
    return TimeMap(tuple(listed), (original,) if isinstance(original, str) else ())


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return http_date(value, datetime(2026, 1, 1, tzinfo=UTC)) or time_of_stamp(value)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


# ------------------------------------------------------------------------------------------------------- CDX


def read_cdx(body: bytes, fields: tuple[str, ...] = ()) -> CdxAnswer:
    """A CDX server's answer: a JSON list of rows the first of which names the columns, CDXJ or JSON lines, or plain
    lines. `fields` are the columns that plain lines were asked to have. Lines that are none of it are passed over."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    if text.lstrip().startswith("["):
        return _of_rows(_rows(text))
    listed: list[Listed] = []
    blank, resume = False, ""
    for line in text.split("\n"):
        line = line.strip()
        if not line or line.startswith("!"):
            blank = blank or not line
            continue
        found = _of_line(line, fields)
        if found is not None and len(listed) < MOST_FOUND:
            listed.append(found)
        elif blank and found is None and " " not in line:
            resume = line
    return CdxAnswer(tuple(listed), resume)


def _of_rows(rows: list[list[str]]) -> CdxAnswer:
    """The Wayback Machine's JSON: after an empty row comes one that holds the resumption key alone."""
    if not rows:
        return CdxAnswer()
    names = [_NAMES.get(name, name) for name in rows[0]]
    listed: list[Listed] = []
    resume = ""
    for number, row in enumerate(rows[1:], 1):
        if len(row) == 1 and not rows[number - 1]:
            resume = row[0]
        elif len(row) == len(names) and (found := _listed(dict(zip(names, row, strict=True)))) is not None:
            listed.append(found)
    return CdxAnswer(tuple(listed[:MOST_FOUND]), resume)


def _of_line(line: str, fields: tuple[str, ...]) -> Listed | None:
    if line.startswith("{"):
        values = _json(line)
        return _listed(values) if values is not None else None
    head, brace, rest = line.partition(" {")
    values = _json("{" + rest) if brace else None
    if values is not None:
        stamp = head.split(" ")[-1]
        return _listed({"timestamp": stamp} | values)
    words = line.split()
    columns = fields if len(words) == len(fields) else _ELEVEN if len(words) >= len(_ELEVEN) else _PLAIN
    if len(words) < 2:
        return None
    return _listed(dict(zip(columns, words, strict=False)))


def _listed(values: Mapping[str, Any]) -> Listed | None:
    told = {_NAMES.get(name, name): str(value) for name, value in values.items() if isinstance(value, (str, int))}
    time = time_of_stamp(told.get("timestamp", ""))
    address = told.get("uri", "")
    original = told.get("url", "")
    if time is None or time < EARLIEST or not (original or address):
        return None
    status = told.get("status", "")
    return Listed(
        time,
        address,
        original,
        int(status) if _STATUS.match(status) else None,
        told.get("mime", ""),
        told.get("digest", ""),
    )


def _rows(text: str) -> list[list[str]]:
    """Raises nothing: one that is cut short gives the rows that are whole, one a line as servers write them."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        found = []
        for line in text.split("\n"):
            line = line.strip().removeprefix("[[").removeprefix("[").removesuffix(",").removesuffix("]]")
            row = _list("[" + line.removesuffix("]") + "]")
            if row:
                found.append(row)
    return [row for row in found if _is_row(row)] if isinstance(found, list) else []


def _is_row(row: object) -> TypeGuard[list[str]]:
    return isinstance(row, list) and all(isinstance(value, str) for value in row)


def _list(text: str) -> list[Any]:
    return _decoded(text, lambda found: isinstance(found, list)) or []


def _json(text: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = _decoded(text, lambda found: isinstance(found, dict))
    return found


def _decoded(text: str, fits: Callable[[object], bool]) -> Any:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return found if fits(found) else None


def near(listed: Iterable[Listed], time: datetime) -> Iterator[Listed]:
    """Those that have a time, the nearest to `time` first; the earlier of two that are equally near."""

    def distance(one: Listed) -> tuple[float, datetime]:
        at = one.time or time
        return abs((at - time).total_seconds()), at

    yield from sorted((one for one in listed if one.time is not None), key=distance)
