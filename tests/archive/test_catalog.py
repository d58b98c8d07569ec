"""The catalog: its schema, its errors, and what it finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive import schema
from archive.catalog import Catalog
from archive.collection import Collection
from archive.errors import DamageError, StorageError
from archive.lookup import Lookups, Wanted
from archive.models import Article, Capture, Paragraph, VerdictKind
from archive.rows import is_good, page_number, warc_number
from archive.searching import apart, match_expression, together
from tests.archive.collecting import article, group, opened, page
from tests.making import TIME


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path / "catalog.sqlite") as made:
        yield made


def capture(**changes: object) -> Capture:
    fields: dict[str, object] = {
        "url": "https://a.test/x",
        "time": TIME,
        "role": "asset",
        "verdict": VerdictKind.ASSET,
        "status": 200,
        "mime": "image/png",
        "digest": "sha256:00",
        "record_id": "<urn:uuid:1>",
        "record_type": "response",
        "folder": "archive",
        "warc": "t-20260102030405678-00000-h.warc.gz",
        "offset": 0,
        "length": 10,
        "page_id": "p",
    }
    return Capture(**(fields | changes))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- the file


def test_the_schema_is_made_once_and_is_wal(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    Catalog(path).close()
    with closing(sqlite3.connect(path)) as db:
        assert schema.version(db) == len(schema.MIGRATIONS)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_migration_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    broken = (*schema.MIGRATIONS, "CREATE TABLE more (a); CREATE TABLE more (b);")
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(StorageError):
        Catalog(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:-1], "CREATE TABLE more (a);"))
    Catalog(path).close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM more").fetchone() == (0,)


def test_a_newer_and_an_unreadable_catalog_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    for opening in (Catalog, Lookups):
        with pytest.raises(DamageError, match=r"newer tearsheet.*tearsheet rebuild"):
            opening(path)
    path.write_bytes(b"rubbish" * 5000)
    for opening in (Catalog, Lookups):
        with pytest.raises(DamageError, match="tearsheet rebuild"):
            opening(path)


def test_an_older_catalog_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE x (y)")
    with pytest.raises(DamageError, match="older"):
        Lookups(path)


def test_readers_read_a_read_only_copy(tmp_path: Path, catalog: Catalog) -> None:
    catalog.add_captures([capture()])
    catalog.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog.sqlite"]
    lookups = Lookups(tmp_path / "catalog.sqlite")
    assert lookups.good("https://a.test/x") == capture()
    lookups.close()


def test_a_reader_does_not_wait_for_the_writer(catalog: Catalog) -> None:
    catalog.add_captures([capture()])
    lookups = Lookups(catalog.path)
    with catalog.transaction():
        catalog.add_captures([capture(time=TIME + timedelta(seconds=5))])
        assert lookups.good("https://a.test/x") == capture()
    found = lookups.good("https://a.test/x")
    lookups.close()
    assert found is not None
    assert found.time > TIME


def test_a_transaction_is_all_or_nothing(catalog: Catalog) -> None:
    with pytest.raises(KeyError), catalog.transaction():
        catalog.add_captures([capture()])
        raise KeyError
    assert list(catalog.indexable()) == []


# ------------------------------------------------------------------------------------------------------- numbers


@given(st.datetimes(timezones=st.just(TIME.tzinfo)), st.text())
def test_page_numbers_grow_with_time_and_fit(time, page_id: str) -> None:  # type: ignore[no-untyped-def]
    number = page_number(time, page_id)
    assert 0 <= number < 2**63
    assert number == page_number(time, page_id)
    if TIME < time < TIME.replace(year=2200):
        assert page_number(time + timedelta(milliseconds=1), "") > number


def test_warc_numbers_are_in_the_order_of_names() -> None:
    stamps = ("20260102030405678", "20260102030405679")
    names = [f"a-{stamp}-{serial:05d}-h.warc.gz" for stamp in stamps for serial in (0, 7)]
    numbers = [warc_number("archive", name) for name in names]
    assert numbers == sorted(set(numbers))
    assert warc_number("quarantine", names[0]) not in numbers
    assert warc_number("archive", "a-99991231235959999-99999-h.warc.gz") < 2**63
    assert warc_number("archive", "a-99999999999999999-00000-h.warc.gz") == 0


def test_two_names_with_one_number_are_told_apart(catalog: Catalog) -> None:
    names = ["a-20260102030405678-00000-h.warc.gz", "b-20260102030405678-00000-g.warc.gz"]
    assert len({catalog.warc("archive", name) for name in names}) == 2
    assert [catalog.warc("archive", name) for name in names] == [catalog.warc("archive", name) for name in names]


# ------------------------------------------------------------------------------------------------------- captures


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"status": 206}, True),
        ({"status": 404}, False),
        ({"status": 301}, False),
        ({"status": None}, False),
        ({"truncated": "length"}, False),
        ({"folder": "quarantine"}, False),
        ({"record_type": "revisit"}, True),
        ({"record_type": "revisit", "status": 304}, True),
        ({"status": 304}, False),
        ({"record_type": "resource", "status": None}, False),
    ],
)
def test_what_a_good_capture_is(catalog: Catalog, changes: dict[str, object], good: bool) -> None:
    wanted = capture(**changes)
    assert is_good(wanted) == good
    catalog.add_captures([wanted])
    lookups = Lookups(catalog.path)
    assert lookups.good(wanted.url) == (wanted if good else None)
    lookups.close()


def test_a_capture_comes_back_as_it_was(catalog: Catalog) -> None:
    wanted = capture(etag='"é"', last_modified="x", refers_to="<urn:uuid:2>", record_type="revisit", mime="")
    catalog.add_captures([wanted])
    lookups = Lookups(catalog.path)
    assert lookups.captures("p") == [wanted]
    assert lookups.good(wanted.url) == wanted
    assert lookups.response("<urn:uuid:1>") is None
    assert lookups.original(wanted.digest, wanted.url) is None
    lookups.close()


def test_originals_of_the_same_address_first_then_the_oldest(catalog: Catalog) -> None:
    first = capture(url="https://a.test/1", record_id="<urn:uuid:a>")
    second = capture(url="https://a.test/2", record_id="<urn:uuid:b>", time=TIME + timedelta(seconds=1), offset=9)
    aside = capture(url="https://a.test/3", record_id="<urn:uuid:c>", folder="quarantine")
    catalog.add_captures([second, first, aside])
    lookups = Lookups(catalog.path)
    assert lookups.original("sha256:00", "https://a.test/2") == second
    assert lookups.original("sha256:00", "https://a.test/3") == first
    assert lookups.original("sha256:01", "https://a.test/1") is None
    assert lookups.response("<urn:uuid:b>") == second
    assert lookups.response("<urn:uuid:c>") is None
    lookups.close()


def test_a_304_without_validators_has_those_of_what_it_confirmed(catalog: Catalog) -> None:
    original = capture(etag='"1"', last_modified="Fri, 02 Jan 2026 03:04:05 GMT")
    confirmed = capture(record_type="revisit", status=304, record_id="<urn:uuid:9>", refers_to=original.record_id)
    catalog.add_captures([original])
    lookups = Lookups(catalog.path)
    full = lookups.with_validators(confirmed)
    assert (full.etag, full.last_modified) == (original.etag, original.last_modified)
    assert lookups.with_validators(replace(confirmed, etag='"2"')).etag == '"2"'
    assert lookups.with_validators(replace(confirmed, refers_to="<urn:uuid:none>", etag='"3"')).etag is None
    assert lookups.with_validators(replace(confirmed, status=200)).etag is None
    assert lookups.with_validators(original) == original
    lookups.close()


def test_filters_are_values_never_sql(catalog: Catalog) -> None:
    lookups = Lookups(catalog.path)
    assert list(lookups.pages(Wanted(host="' OR 1=1 --", verdict='"', kept=True), 5)) == []
    assert lookups.find("';DROP TABLE pages") is None
    assert lookups.find("\ud800") is None
    lookups.close()


# ------------------------------------------------------------------------------------------------------- search

TEXTS = {
    "pier": ("A quiet day", "What happened at the pier near Zürich, said naïve Renée."),
    "japan": ("港の一日", "東京都の桟橋で何が起きたか。iPhone発売の日。"),
    "china": ("北京新闻", "中华人民共和国今天发布了新的规定。"),
    "thai": ("ข่าว", "กรุงเทพมหานครเป็นเมืองหลวง"),
    "korea": ("서울 소식", "서울에서 무슨 일이 있었나"),
    "hindi": ("समाचार", "हिन्दी में लिखा गया पाठ"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    with opened(tmp_path_factory.mktemp("library")) as collection:
        for number, (name, (title, text)) in enumerate(TEXTS.items()):
            url = f"https://{name}.test/a"
            written = Article(title, url, (Paragraph(text),))
            parts = [page(number, name.encode() * 99, url)]
            collection.commit(group(name, number, parts, article=written)).result(30)
        yield collection


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pier", ["pier"]),
        ("PIER quiet", ["pier"]),
        ("zurich naive renee", ["pier"]),
        ("pier lighthouse", []),
        ('"quiet day"', ["pier"]),
        ('"day quiet"', []),
        ('"unclosed', []),
        ("happ*", ["pier"]),
        ("happ", []),
        ("東京", ["japan"]),
        ("京東", []),
        ("桟橋 港", ["japan"]),
        ("iphone", ["japan"]),
        ("iPhone発売", ["japan"]),
        ("人民共和国", ["china"]),
        ("新闻", ["china"]),
        ("กรุงเทพ", ["thai"]),
        ("เมืองหลวง", ["thai"]),
        ("서울에서", ["korea"]),
        ("हिन्दी", ["hindi"]),
        ("", []),
        ("   ", []),
        ("!!! --- ***", []),
        ("the AND pier", []),
    ],
)
def test_search(library: Collection, words: str, found: list[str]) -> None:
    assert [row.page_id for row, _ in library.search(words)] == found


@given(words=st.text(max_size=40))
def test_nothing_that_is_typed_raises(library: Collection, words: str) -> None:
    list(library.search(words, 3))


@pytest.mark.parametrize(
    "words",
    ['"', '""', '"""', "*", "a*b", "pier OR", "NOT", "title:pier", "NEAR(pier)", "^pier", "pier)", "{a b}:c", "a\0b"],
)
def test_the_engines_own_syntax_is_only_words(library: Collection, words: str) -> None:
    list(library.search(words))


def test_snippets_are_as_the_text_is(library: Collection) -> None:
    ((row, snippet),) = library.search("桟橋")
    assert row.page_id == "japan"
    assert "東京都の桟橋で何が起きたか。" in snippet
    ((_, marked),) = library.search("pier", marks=("<b>", "</b>"))
    assert "the <b>pier</b> near" in marked


@given(st.text())
def test_apart_and_together(text: str) -> None:
    plain = text.replace("\u200b", "")
    assert together(apart(text)) == plain
    assert apart(apart(text)) == apart(text)


def test_the_expression_quotes_everything() -> None:
    assert match_expression('a "b c" day* AND') == '"a" AND "b c" AND "day*"* AND "AND"'
    assert match_expression("da* 東* x-y* day* day") == '"da*" AND "\u200b東\u200b*"* AND "x-y*" AND "day*"* AND "day"'
    assert match_expression("aaa* bbb* ccc* ddd*").count('"*') == 3
    assert match_expression("and AND and and") == '"and" AND "AND"'
    assert match_expression('x"y') == '"x y"'


def test_only_the_present_text_of_an_article_is_found(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        collection.commit(group("p1", 1, [page(1, b"1" * 99)], article=article("first words"))).result(30)
        collection.commit(group("p2", 2, [page(2, b"2" * 99)], article=article("second words"))).result(30)
        assert list(collection.search("first")) == []
        assert [row.page_id for row, _ in collection.search("words")] == ["p2"]
        collection.commit(group("p3", 3, [page(3, b"3" * 99)], article=article("second words"))).result(30)
        assert [row.page_id for row, _ in collection.search("words")] == ["p2"]
