"""Catalogs of before are brought up when they are next opened to write; what they never knew, a rebuild tells."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from archive import schema
from archive.collection import Collection
from archive.fixity import Watch, verify_collection
from archive.models import ArticleMeta
from archive.rebuild import rebuild
from archive.viewer.library import Library
from archive.viewer.model import Query
from tests.archive.collecting import article, catalog_rows, fill, folder_of, group, opened, page, settings

NEW_COLUMNS = ("language", "fresh")


def set_back(path: Path) -> None:
    """The catalog as it was before the third migration."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        found = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'pages'")
        for name, sql in found.fetchall():
            if sql and sql in schema.MIGRATIONS[2]:
                db.execute(f"DROP INDEX {name}")
        for column in NEW_COLUMNS:
            db.execute(f"ALTER TABLE pages DROP COLUMN {column}")
        db.execute("DROP TABLE authors")
        db.execute("DROP TABLE overrulings")
        db.execute("DROP TABLE checks")
        db.execute("DROP TABLE submissions")
        db.execute("CREATE INDEX pages_host ON pages (host)")
        db.execute("CREATE INDEX pages_verdict ON pages (verdict)")
        db.execute("PRAGMA user_version = 2")


def indexes(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {f"{name} {sql}" for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")}


def test_a_catalog_of_before_is_brought_up(tmp_path: Path) -> None:
    fill(tmp_path)
    path = folder_of(tmp_path) / "catalog.sqlite"
    before, made = catalog_rows(path), indexes(path)
    set_back(path)
    opened(tmp_path).close()
    assert catalog_rows(path) == before
    assert indexes(path) == made


def test_languages_are_known_after_a_rebuild(tmp_path: Path) -> None:
    told = replace(article(), meta=ArticleMeta(language="nb-NO"))
    with opened(tmp_path) as collection:
        collection.commit(group("p1", 1, [page(1, b"x")], article=told)).result(30)
    path = folder_of(tmp_path) / "catalog.sqlite"
    set_back(path)
    opened(tmp_path).close()
    with Collection.open(settings(tmp_path), None) as collection, Library(collection) as library:
        (card,) = library.search(Query("pier", author="bee")).cards
        assert card.page.language is None
    rebuild(settings(tmp_path))
    with Collection.open(settings(tmp_path), None) as collection, Library(collection) as library:
        (card,) = library.search(Query("pier", language="nb")).cards
        assert card.page.language == "nb"


def test_a_catalog_that_knows_no_languages_is_in_order(tmp_path: Path) -> None:
    told = replace(article(), meta=ArticleMeta(language="nb-NO"))
    with opened(tmp_path) as collection:
        collection.commit(group("p1", 1, [page(1, b"x")], article=told)).result(30)
    path = folder_of(tmp_path) / "catalog.sqlite"
    set_back(path)
    opened(tmp_path).close()
    found = verify_collection(folder_of(tmp_path), Watch(workers=1))
    assert [problem.words for problem in found.bad] == []
