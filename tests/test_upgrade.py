"""Collections of earlier releases: today's commands open them, bring them up and lose nothing. Those of later ones are
refused in words."""

from __future__ import annotations

import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive import schema
from archive.collection import Collection
from archive.errors import DamageError, OutdatedError
from archive.fixity import Watch, verify_collection
from archive.lock import Lock
from archive.rebuild import rebuild
from archive.warc.reader import read_records
from tests.archive.collecting import derived, folder_of, index_lines, opened, page_lines, settings
from tests.command import Home, home
from tests.site import Web
from tests.test_fetch_command import ARTICLE

pytestmark = pytest.mark.promise("upgrade", each="cases")

FIRST = Path(__file__).parent / "data" / "first-release" / "collection.tar.xz"
QUEUE = FIRST.with_name("queue.sql")
STORY, BRIDGE = "https://news.test/story", "https://news.test/bridge"
KEPT = {
    (STORY, "article"): 2,
    (BRIDGE, "article"): 1,
    (BRIDGE, "unchanged"): 1,
    ("https://news.test/old-bridge", "article"): 1,
    ("https://news.test/gone", "gone"): 1,
    ("https://news.test/wall", "challenge"): 1,
    ("https://news.test/private/x", "blocked"): 1,
}


@pytest.fixture
def there(tmp_path: Path) -> Home:
    made = home(tmp_path, None)
    unpacked(made.folder / "kept")
    return made


def unpacked(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    with tarfile.open(FIRST) as packed:
        packed.extractall(root, filter="data")
    return root


def stored(root: Path) -> dict[str, bytes]:
    """WARC files and texts: what an upgrade may not change. JSON files say more in later releases."""
    folder = folder_of(root)
    paths = [*folder.glob("*/*.warc.gz"), *(folder / "text").rglob("*.txt")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def version(root: Path) -> int:
    with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite")) as db:
        return schema.version(db)


def pages(there: Home) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for row in there.run("list", "--json", "-n", "100").rows:
        key = (row["url"], row["verdict"])
        found[key] = found.get(key, 0) + 1
    return found


def test_the_collection_is_of_the_first_release(there: Home) -> None:
    root = there.folder / "kept"
    assert version(root) == 1
    assert not (there.collection / "manifest.jsonl").exists()
    assert sum(1 for path in there.collection.glob("*/*.warc.gz") for _ in read_records(path, strict=True)) == 60


def test_the_first_command_brings_it_up_and_says_so(there: Home) -> None:
    before = stored(there.folder / "kept")
    ran = there.run("list", "--json", "-n", "100")
    assert ran.code == 0
    assert "made by an older tearsheet, and is brought up" in ran.err
    again = there.run("list")
    assert (again.code, again.err) == (0, "")
    assert pages(there) == KEPT
    assert version(there.folder / "kept") == len(schema.MIGRATIONS)
    assert stored(there.folder / "kept") == before


@pytest.mark.parametrize(
    ("command", "holds"),
    [
        (("show", STORY), "by the evening two boats had come in"),
        (("search", "evening"), STORY),
        (("status",), "8"),
        (("list", "--json"), BRIDGE),
        (("show", BRIDGE, "--meta", "--json"), "The bridge is closed"),
        (("fetch", "--dry-run", STORY), STORY),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_reading_commands_work_at_once(there: Home, command: tuple[str, ...], holds: str) -> None:
    ran = there.run(*command)
    assert ran.code == 0, ran.err
    assert holds in ran.out


def test_a_check_tells_what_a_rebuild_brings_in(there: Home) -> None:
    """`verify` changes nothing, whatever it finds, and finds nothing wrong with the WARC files and texts."""
    before = stored(there.folder / "kept")
    first = there.run("verify")
    assert first.code == 5
    assert "an older tearsheet made this catalog" in first.out
    assert "manifest.jsonl" in first.out
    assert version(there.folder / "kept") == 1
    assert there.run("list").code == 0
    assert there.run("verify", "--quick").code == 0
    (told,) = there.run("verify", "--json").rows
    assert told["problems"]
    for problem in told["problems"]:
        assert problem["kind"] == "derived" and "data_digest" in problem["words"]
        assert problem["advice"].startswith("tearsheet rebuild")
    assert there.run("rebuild").code == 0
    found = there.run("verify")
    assert found.code == 0, found.out
    assert stored(there.folder / "kept") == before


def test_a_rebuild_gives_what_the_first_release_wrote(there: Home) -> None:
    root = there.folder / "kept"
    before = stored(root)
    index, listed = index_lines(root), page_lines(root)
    ran = there.run("rebuild")
    assert ran.code == 0, ran.err
    assert stored(root) == before
    assert index_lines(root) == index
    assert [line["id"] for line in page_lines(root)] == [line["id"] for line in listed]
    assert there.run("verify").code == 0
    assert pages(there) == KEPT


def test_what_is_fetched_comes_beside_what_there_was(tmp_path: Path) -> None:
    with Web() as web:
        news = web.host("news.test")
        news.page("/story", ARTICLE)
        news.page("/bridge", "", status=304)
        news.page("/new", ARTICLE.replace("pier", "mole"))
        there = home(tmp_path, web)
        before = stored(unpacked(there.folder / "kept"))
        already = there.run("fetch", "--json", BRIDGE)
        assert [row["already_kept"] for row in already.rows] == [True], already.err
        ran = there.run("fetch", "--json", "--again", STORY, "https://news.test/new")
        assert ran.code == 0, ran.err
    assert pages(there) == KEPT | {(STORY, "article"): 3, ("https://news.test/new", "article"): 1}
    after = stored(there.folder / "kept")
    assert {name: after[name] for name in before if name.endswith(".gz")} == {
        name: content for name, content in before.items() if name.endswith(".gz")
    }
    # The text that was the newest has its place among the versions now.
    assert set(before.values()) - set(after.values()) == set()
    assert there.run("rebuild").code == 0
    assert pages(there)[STORY, "article"] == 3
    found = there.run("verify")
    assert found.code == 0, found.out


def test_it_is_exported_with_all_versions(there: Home, tmp_path: Path) -> None:
    ran = there.run("export", "wacz", "--all", "-o", str(tmp_path / "all.wacz"))
    assert ran.code == 0, ran.err
    with zipfile.ZipFile(tmp_path / "all.wacz") as made:
        assert made.testzip() is None
        listed = [json.loads(line) for line in made.read("pages/pages.jsonl").splitlines()[1:]]
        names = [name for name in made.namelist() if name.endswith(".warc.gz")]
    assert len(listed) == sum(count for (_, verdict), count in KEPT.items() if verdict in ("article", "unchanged"))
    assert sorted(names) == [f"archive/{path.name}" for path in there.warcs()]


def test_another_run_holds_it(there: Home) -> None:
    """Nobody brings up what another run, of the older release maybe, has in hand."""
    with Lock(there.collection / "lock").acquire():
        ran = there.run("list")
    assert ran.code == 5
    assert "an older tearsheet made this catalog" in ran.err and "holds the collection" in ran.err
    assert version(there.folder / "kept") == 1


# ------------------------------------------------------------------------------------------- each step on the way


def at_version(root: Path, number: int) -> None:
    """The catalog as a release with so many migrations left it."""
    with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite", isolation_level=None)) as db:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:number])
            schema.migrate(db)
        db.execute("PRAGMA journal_mode = DELETE")


@pytest.mark.parametrize("number", range(1, len(schema.MIGRATIONS) + 1))
def test_each_schema_on_the_way_gives_the_same(tmp_path: Path, number: int) -> None:
    directly = unpacked(tmp_path / "directly")
    root = unpacked(tmp_path / "by-steps")
    opened(directly).close()
    at_version(root, number)
    assert version(root) == number
    told: list[str] = []
    with Collection.open(settings(root), None, tell=told.append) as reader:
        assert len(list(reader.pages(limit=100))) == sum(KEPT.values())
    assert any("brought up" in words for words in told) == (number < len(schema.MIGRATIONS))
    opened(root).close()
    assert derived(root) == derived(directly)
    rebuild(settings(root))
    rebuild(settings(directly))
    assert derived(root) == derived(directly)
    assert verify_collection(folder_of(root), Watch(workers=1)).problems == []


@pytest.mark.parametrize("number", range(1, len(schema.MIGRATIONS)))
def test_a_step_that_fails_leaves_the_one_before(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is all or nothing, and the next run takes it again."""
    root = unpacked(tmp_path)
    broken = list(schema.MIGRATIONS)
    broken[number] += "CREATE TABLE warcs (again);"
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", tuple(broken))
        with pytest.raises(Exception, match="already exists"):
            opened(root)
    assert version(root) == number
    with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM pages").fetchone() == (sum(KEPT.values()),)
    opened(root).close()
    assert version(root) == len(schema.MIGRATIONS)
    rebuild(settings(root))
    assert verify_collection(folder_of(root), Watch(workers=1)).problems == []


# --------------------------------------------------------------------------------------------- the queue, and later


def queue_of_before(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(QUEUE.read_text(encoding="utf-8"))


def queue_of_later(path: Path) -> None:
    queue_of_before(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("deed", [queue_of_before, queue_of_later])
def test_a_queue_of_another_release_is_told_and_made_anew_from_the_catalog(
    tmp_path: Path, deed: Callable[[Path], None]
) -> None:
    """It is operational and may be lost: what is kept is not asked again."""
    with Web() as web:
        there = home(tmp_path, web)
        deed(folder_of(unpacked(there.folder / "kept")) / "queue.sqlite")
        (there.folder / "links.txt").write_text(f"{STORY}\nhttps://news.test/new\n", encoding="utf-8")
        with (there.folder / "config.toml").open("a", encoding="utf-8") as config:
            config.write('[[source]]\nkind = "list"\npath = "links.txt"\n')
        web.host("news.test").page("/new", ARTICLE)
        ran = there.run("crawl", "--json")
        assert "made by another version of tearsheet; a new queue takes its place" in ran.err
        asked = {seen.target for seen in web.log}
    assert "/new" in asked and not asked & {"/story", "/bridge", "/never"}
    with closing(sqlite3.connect(there.collection / "queue.sqlite")) as db:
        urls = {url for (url,) in db.execute("SELECT url FROM links")}
    assert {url for url, _ in KEPT} - urls <= {"https://news.test/old-bridge"}
    assert pages(there)["https://news.test/new", "article"] == 1


@pytest.mark.parametrize("command", [("list",), ("show", STORY), ("search", "pier"), ("fetch", "-q", STORY)])
def test_a_catalog_of_a_later_release_is_refused_in_words(there: Home, command: tuple[str, ...]) -> None:
    before = stored(there.folder / "kept")
    with closing(sqlite3.connect(there.collection / "catalog.sqlite")) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    ran = there.run(*command)
    assert ran.code == 5
    assert "a newer tearsheet made this catalog; use that one, or tearsheet rebuild" in ran.err
    assert "Traceback" not in ran.err
    assert stored(there.folder / "kept") == before
    assert version(there.folder / "kept") == len(schema.MIGRATIONS) + 1


def test_a_catalog_of_an_earlier_release_on_a_medium_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = unpacked(tmp_path)

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(OutdatedError, match=r"(?i)an older tearsheet.*read-only") as raised:
        Collection.open(settings(root), None)
    assert isinstance(raised.value, DamageError)


def test_texts_say_what_they_said(there: Home) -> None:
    """Field by field, as the first release put them down."""
    root = there.folder / "kept"
    (path,) = (folder_of(root) / "text").rglob("story-????????.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    shown = json.loads(there.run("show", STORY, "--meta", "--json").out)
    assert (shown["title"], shown["authors"]) == (data["article"]["title"], data["article"]["authors"])
    assert shown["digest"] == data["digests"]["payload"]
