"""What rot and people do to a collection, at random: one thing at a time, each with the file that it was done to."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.warc.reader import read_records
from tests.disks import QuickDisk
from tests.making import groups_of, written

Deed = Callable[[Path, random.Random], str]
TABLES = ("captures", "pages", "links", "articles", "versions", "warcs", "state", "search", "authors")


def warcs(folder: Path) -> list[Path]:
    return sorted(path for kind in ("archive", "quarantine") for path in (folder / kind).glob("*.warc.gz"))


def named(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder))


def flip_a_bit(folder: Path, chance: random.Random) -> str:
    path = chance.choice(warcs(folder))
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return named(path, folder)


def cut_a_record_out(folder: Path, chance: random.Random) -> str:
    path = chance.choice(warcs(folder))
    record = chance.choice(list(read_records(path, strict=True)))
    content = path.read_bytes()
    path.write_bytes(content[: record.offset] + content[record.offset + record.length :])
    return named(path, folder)


def cut_the_end(folder: Path, chance: random.Random) -> str:
    path = chance.choice(warcs(folder))
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])
    return named(path, folder)


def swap_a_file(folder: Path, chance: random.Random) -> str:
    """Another file, whole in itself, under its name."""
    path = chance.choice(warcs(folder))
    others = [each for each in warcs(folder) if each != path]
    aside = folder / "tmp" / "other"
    other = chance.choice([*others, written(aside, list(groups_of(2)), disk=QuickDisk())])
    shutil.copyfile(other, path)
    shutil.rmtree(aside)
    return named(path, folder)


def remove_a_file(folder: Path, chance: random.Random) -> str:
    texts = [path for path in (folder / "text").rglob("*") if path.is_file()]
    path = chance.choice([*warcs(folder), *texts, folder / "indexes" / "index.cdxj", folder / "pages" / "pages.jsonl"])
    path.unlink()
    return named(path, folder)


def edit_a_text(folder: Path, chance: random.Random) -> str:
    path = chance.choice(sorted(path for path in (folder / "text").rglob("*") if path.is_file()))
    content = path.read_bytes()
    at = chance.randrange(len(content))
    path.write_bytes(content[:at] + chance.choice([b"", b"x", b"not "]) + content[at + 1 :])
    return named(path, folder) if path.read_bytes() != content else edit_a_text(folder, chance)


def edit_a_list(folder: Path, chance: random.Random) -> str:
    """A byte of the index, the pages list or the manifest."""
    paths = [folder / "indexes" / "index.cdxj", folder / "pages" / "pages.jsonl", folder / "manifest.jsonl"]
    path = chance.choice([path for path in paths if path.exists()])
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content))
    content[at] = (content[at] + chance.randrange(1, 255)) % 256
    path.write_bytes(content)
    return named(path, folder)


def drop_a_line(folder: Path, chance: random.Random) -> str:
    paths = [folder / "indexes" / "index.cdxj", folder / "pages" / "pages.jsonl", folder / "manifest.jsonl"]
    path = chance.choice([path for path in paths if path.exists()])
    lines = path.read_bytes().splitlines(keepends=True)
    # The manifest's last line is the one that nothing in the collection vouches for but the file it tells of.
    del lines[chance.randrange(len(lines))]
    path.write_bytes(b"".join(lines))
    return named(path, folder)


def change_a_row(folder: Path, chance: random.Random) -> str:
    path = folder / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as db:
        tables = [name for name in TABLES if db.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]
        table = chance.choice(tables)
        cursor = db.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        row = chance.choice(cursor.fetchall())
        at = chance.randrange(len(columns))
        match = " AND ".join(f"{column} IS ?" for column in columns)
        values = [_other(row[at], chance), *row]
        if table in ("search", "authors"):
            number = db.execute(f"SELECT rowid FROM {table} WHERE {match}", row).fetchone()[0]
            db.execute(f"UPDATE {table} SET {columns[at]} = ? WHERE rowid = ?", (values[0], number))
        else:
            try:
                db.execute(f"UPDATE {table} SET {columns[at]} = ? WHERE {match}", values)
            except sqlite3.IntegrityError:
                db.rollback()
                return change_a_row(folder, chance)
        db.commit()
    return "catalog.sqlite"


def remove_a_row(folder: Path, chance: random.Random) -> str:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db:
        tables = [name for name in TABLES if db.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]
        table = chance.choice(tables)
        cursor = db.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        row = chance.choice(cursor.fetchall())
        db.execute(f"DELETE FROM {table} WHERE {' AND '.join(f'{column} IS ?' for column in columns)}", row)
        db.commit()
    return "catalog.sqlite"


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 7])
    if isinstance(value, float):
        return value + 1.5
    if value is None:
        return "x"
    return chance.choice([value + "x", value[1:] if value else "y"])


DEEDS: tuple[Deed, ...] = (
    flip_a_bit,
    flip_a_bit,
    cut_a_record_out,
    cut_the_end,
    swap_a_file,
    remove_a_file,
    edit_a_text,
    edit_a_list,
    drop_a_line,
    change_a_row,
    change_a_row,
    remove_a_row,
)
