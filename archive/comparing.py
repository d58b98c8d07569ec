"""What is derived of all WARC files together, held against what each of them must have brought."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

from archive import catalog, cdxj, pages, rows
from archive.agreement import Expected, Reader, Sum, nothing
from archive.applying import PAGES_SIZE
from archive.checking import Checked, Kind, Problem, digest_of
from archive.errors import TearsheetError
from archive.tiers import NAMES

_MOST_LINES = 20
_STAMP = len(".20260102030405678")


def state(reader: Reader) -> object:
    """Equal where no file was ended, joined or brought in between."""
    found = reader.one("SELECT count(*), max(id), sum(id % 1000003) FROM warcs WHERE indexed")
    return tuple(found) if found is not None else None


def compare(folder: Path, ours: dict[str, Checked], imported: Collection[str], before: object) -> Iterator[Problem]:
    """What is wrong with index, pages list, catalog and text files as a whole. `ours` are our closed files by name,
    checked, `imported` the names of others that are there; `before` is the `state` of the catalog before.
    """
    whole = all(each.whole for each in ours.values())
    expected = nothing()
    for each in ours.values():
        expected.join(each.expected)
    try:
        with closing(Reader(folder)) as reader:
            if state(reader) != before:
                words = "a run ended meanwhile: index, pages list and sums were not compared"
                yield Problem(Kind.NOTE, catalog.NAME, words)
                return
            for words in _unknown_files(reader, {*ours, *imported}):
                yield Problem(Kind.MISSING, words, "the catalog knows it, and it is not there")
            for words in _catalog(reader, expected if whole else None):
                yield Problem(Kind.DERIVED, catalog.NAME, words)
            yield from _index(folder, reader, expected if whole else None)
            yield from _pages(folder, reader, expected if whole else None)
            yield from _texts(folder, reader)
    except TearsheetError as error:
        yield Problem(Kind.DERIVED, catalog.NAME, str(error))


def _unknown_files(reader: Reader, ours: Collection[str]) -> Iterator[str]:
    for row in reader.each("SELECT folder || '/' || name AS file FROM warcs WHERE indexed"):
        if row["file"] not in ours:
            yield row["file"]


def _index(folder: Path, reader: Reader, expected: Expected | None) -> Iterator[Problem]:
    found = Sum()
    paths = [path for name in NAMES if (path := folder / "indexes" / name).exists()]
    if not paths and expected is not None and expected.index.count:
        yield Problem(Kind.MISSING, f"indexes/{NAMES[0]}", "the index is not there")
        return
    for path in paths:
        before = b""
        for number, line in _lines(path):
            if line <= before:
                words = f"line {number}: lines are not in order, or twice there"
                yield Problem(Kind.DERIVED, f"indexes/{path.name}", words)
            before = line
            found.add(line)
    if expected is None or found == expected.index:
        return
    told = 0
    for path in paths:
        for number, words in _index_lines(reader, _lines(path)):
            yield Problem(Kind.DERIVED, f"indexes/{path.name}", f"line {number}: {words}")
            told += 1
            if told >= _MOST_LINES:
                return
    if found.count != expected.index.count or not told:
        words = f"the index has {found.count} lines, {expected.index.count} should be there"
        yield Problem(Kind.DERIVED, f"indexes/{NAMES[0]}", words)


def _pages(folder: Path, reader: Reader, expected: Expected | None) -> Iterator[Problem]:
    path = folder / "pages" / pages.NAME
    said = reader.one("SELECT value FROM state WHERE name = ?", PAGES_SIZE)
    name = f"pages/{pages.NAME}"
    if not path.exists():
        if expected is None or expected.pages.count:
            yield Problem(Kind.MISSING, name, "the pages list is not there")
        return
    if said is None or said["value"] != path.stat().st_size:
        words = f"it says that {name} has {said['value'] if said is not None else 'no'} bytes"
        yield Problem(Kind.DERIVED, catalog.NAME, f"{words}, which has {path.stat().st_size}")
    found = Sum()
    for number, line in _lines(path):
        if number > 1:
            found.add(line)
        elif line != pages.HEADER:
            yield Problem(Kind.DERIVED, name, "its first line is not what it should be")
    if expected is None or found == expected.pages:
        return
    told = 0
    for number, words in _page_lines(reader, (each for each in _lines(path) if each[0] > 1)):
        yield Problem(Kind.DERIVED, name, f"line {number}: {words}")
        told += 1
        if told >= _MOST_LINES:
            return
    if found.count != expected.pages.count:
        yield Problem(Kind.DERIVED, name, f"it has {found.count} pages, {expected.pages.count} should be there")
    elif not told:
        yield Problem(Kind.DERIVED, name, "a line in it is not what the records say")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, start=1)


def _texts(folder: Path, reader: Reader) -> Iterator[Problem]:
    for row in reader.each("SELECT file, text_digest, data_digest FROM versions"):
        for ending, digest in ((".txt", row["text_digest"]), (".json", row["data_digest"])):
            name = f"text/{row['file']}{ending}"
            try:
                with (folder / name).open("rb") as file:
                    if digest_of(file) != digest:
                        yield Problem(Kind.DERIVED, name, "the file is not what the records say")
            except FileNotFoundError:
                yield Problem(Kind.MISSING, name, "the file is not there; tearsheet rebuild makes it again")
            except OSError as error:
                yield Problem(Kind.UNREADABLE, name, error.strerror or str(error))
    for path in sorted((folder / "text").glob("*/*")):
        name = str(path.relative_to(folder / "text"))
        stem = name.removesuffix(".txt").removesuffix(".json")
        known = "SELECT 1 FROM versions WHERE text IN (?, ?) AND file = ?"
        if not path.is_file() or path.name.startswith("."):
            continue
        if stem == name or reader.one(known, stem, stem[:-_STAMP], stem) is None:
            yield Problem(Kind.NOTE, f"text/{name}", "no record of ours says that this file is here")


def _catalog(reader: Reader, expected: Expected | None) -> Iterator[str]:
    """What is wrong in the catalog by itself, in words. `expected` is what all files must have brought, if all could
    be read."""
    for row in reader.each("PRAGMA quick_check(20)"):
        if row[0] != "ok":
            yield f"SQLite says: {row[0]}"
    if expected is not None:
        found = reader.one(
            "SELECT count(*) AS n FROM links l JOIN pages p ON p.id = l.page JOIN warcs w ON w.id = p.warc "
            "WHERE w.indexed"
        )
        if found is not None and found["n"] != expected.links:
            yield f"{found['n']} rows link addresses to pages, {expected.links} should"
        found = reader.one("SELECT count(*) AS n FROM captures WHERE warc < 0")
        if found is not None and found["n"] != expected.foreign:
            yield f"{found['n']} captures are said to lie in imported files, {expected.foreign} should"
    sql = (
        "WITH v AS (SELECT text, max(version) AS last, count(*) AS n, min(version) AS least FROM versions "
        "GROUP BY text) "
        "SELECT v.text, v.last, v.n, v.least, a.version, a.page, a.title, a.url, a.first_at, a.last_at, "
        "w.page AS at_page, w.file AS at_file, w.captured_at AS at_time, f.captured_at AS first_time, "
        "p.title AS page_title, coalesce(p.original_url, p.final_url) AS page_url "
        "FROM v LEFT JOIN articles a ON a.text = v.text "
        "LEFT JOIN versions w ON w.text = v.text AND w.version = v.last "
        "LEFT JOIN versions f ON f.text = v.text AND f.version = v.least LEFT JOIN pages p ON p.id = w.page"
    )
    for row in reader.each(sql):
        whole = (row["n"], row["least"]) == (row["last"], 1) and row["at_file"] == row["text"]
        article = (row["version"], row["page"], row["title"], row["url"], row["first_at"], row["last_at"])
        pages = (row["last"], row["at_page"], row["page_title"] or "", row["page_url"], row["first_time"])
        if not whole or article != (*pages, row["at_time"]):
            yield f"the article text/{row['text']}.txt is not what its versions say"
    sql = (
        "SELECT v.text, v.version FROM versions v LEFT JOIN pages p ON p.id = v.page "
        "WHERE p.id IS NULL OR p.text IS NOT v.text OR p.version IS NOT v.version"
    )
    for row in reader.each(sql):
        yield f"version {row['version']} of text/{row['text']}.txt names a page that did not bring it"
    for row in reader.each("SELECT name FROM warcs WHERE indexed NOT IN (0, 1)"):
        yield f"it does not say whether {row['name']} is done with"
    for table, count in (
        ("authors", "SELECT count(*) FROM pages WHERE authors != '[]'"),
        ("overrulings", "SELECT count(*) FROM overrulings WHERE page_id IN (SELECT page_id FROM pages)"),
        ("checks", "SELECT count(*) FROM checks WHERE page_id IN (SELECT page_id FROM captures)"),
        ("submissions", "SELECT count(*) FROM submissions WHERE page_id IN (SELECT page_id FROM captures)"),
    ):
        both = reader.one(f"SELECT (SELECT count(*) FROM {table}), ({count})")  # noqa: S608 - our own words
        if both is not None and both[0] != both[1]:
            yield f"the table {table} has {both[0]} rows, {both[1]} should be there"
    found = reader.one("SELECT count(*) AS n FROM articles a WHERE text NOT IN (SELECT text FROM versions)")
    if found is not None and found["n"]:
        yield f"{found['n']} articles have no version"
    found = reader.one("SELECT count(*) AS n FROM articles")
    searched = reader.one("SELECT count(*) AS n FROM search")
    if found is not None and searched is not None and found["n"] != searched["n"]:
        yield f"{searched['n']} texts are found by search, {found['n']} should be"


def _index_lines(reader: Reader, lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
    """Which lines of an index are not what the catalog says: for an index of which that much is known."""
    sql = f"{rows.CAPTURES} WHERE w.name = ? AND c.offset = ? AND c.archived AND c.record_type != 'metadata'"
    for number, line in lines:
        place = cdxj.place_of(line)
        if place is None:
            yield number, "the line is none of ours"
            continue
        meant = [cdxj.line(rows.capture_of(tuple(row))) for row in reader.all(sql, *place)]
        if line not in meant:
            yield number, f"the line is not what {place[0]}, offset {place[1]} holds"


def _page_lines(reader: Reader, lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
    """The same for the pages list, as far as the catalog can tell: texts apart."""
    seen: set[str] = set()
    for number, line in lines:
        try:
            fields = json.loads(line)
            page_id = str(fields["id"])
        except (ValueError, KeyError, TypeError):
            yield number, "the line cannot be read"
            continue
        found = reader.one("SELECT * FROM pages WHERE page_id = ? AND kept", page_id)
        if found is None:
            yield number, f"no page {page_id} is kept"
        elif page_id in seen:
            yield number, f"page {page_id} is there twice"
        elif (fields.get("url"), fields.get("title"), fields.get("seed")) != (
            found["final_url"],
            found["title"],
            found["url"],
        ):
            yield number, f"the line is not what page {page_id} says"
        seen.add(page_id)
