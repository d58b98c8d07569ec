"""Files of other tools in a collection: names, sameness, groups whose captures lie elsewhere."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.importing import Known, is_native, native, safe_name
from archive.models import Article, Link, Paragraph, Verdict, VerdictKind
from archive.placing import ImportedGroup
from archive.rebuild import rebuild
from archive.reindex import Run, reindex
from archive.rows import warc_number
from archive.warc.group import Foreign, GroupData, Lies, PartData, dump, load
from archive.warc.reader import read_at
from archive.warc.writer import parse_name
from tests.archive.collecting import (
    STORY,
    article,
    derived,
    fill,
    folder_of,
    group,
    index_lines,
    opened,
    page,
    settings,
)
from tests.foreign import gzipped, html, response
from tests.making import TIME


@pytest.mark.parametrize(
    ("of", "name"),
    [
        ("crawl.warc.gz", "crawl.warc.gz"),
        ("crawl.warc", "crawl.warc.gz"),
        ("../../etc/pass wd.WARC.GZ", "pass-wd.warc.gz"),
        ("a\\b.zst", "b.warc.gz"),
        (".gz", "imported.warc.gz"),
        ("..", "imported.warc.gz"),
        ("\N{SNOWMAN}", "imported.warc.gz"),
        ("x" * 400, "x" * 120 + ".warc.gz"),
        ("WEB-20090622165542861-00000-4141~host~8080.warc.gz", "WEB_20090622165542861_00000_4141_host_8080.warc.gz"),
    ],
)
def test_names_are_safe_and_none_of_ours(of: str, name: str) -> None:
    assert safe_name(of, ".warc.gz") == name
    assert parse_name(name) is None


def test_numbers_of_imported_files_are_below_0_and_no_twins() -> None:
    numbers = {warc_number("archive", f"{n}.warc.gz") for n in range(1000)}
    assert len(numbers) == 1000
    assert all(-(2**63) <= number < 0 for number in numbers)


def bring(collection: Collection, name: str, at: datetime, text: str, url: str = STORY) -> None:
    """A page of the file `name`, which is in archive/, as an import brings it in."""
    path = collection.path / "archive" / name
    record = read_at(path, 0)
    lies = Lies(record.offset, record.length, "response", "text/html", "sha256:" + "0" * 64)
    part = PartData(
        url=url,
        time=at,
        role="page",
        verdict=Verdict(VerdictKind.ARTICLE, "seen"),
        record_id=record.record_id,
        status=200,
        lies=lies,
    )
    data = GroupData(
        page_id=f"import-{name}",
        link=Link(url, "import", name),
        time=TIME + timedelta(days=9),
        verdict=part.verdict,
        parts=(part,),
        foreign=Foreign(name, name, path.stat().st_size, "sha256:" + "1" * 64),
    )
    found = Article("A quiet day", url, (Paragraph(text),))
    row = collection.bring_in(ImportedGroup(data, found)).result(30)
    assert row is not None


def lay(root: Path, *names: str) -> None:
    for name in names:
        gzipped(folder_of(root) / "archive" / name, [response(html(), id=name, url=STORY)])


def test_an_older_text_takes_its_place_among_the_earlier_ones(tmp_path: Path) -> None:
    fill(tmp_path)
    lay(tmp_path, "old.warc.gz", "older.warc.gz", "between.warc.gz", "same.warc.gz", "new.warc.gz")
    with Collection.open(settings(tmp_path), None) as collection:
        before = collection.find_text(STORY)
        assert before is not None and before.text is not None
        newest = (folder_of(tmp_path) / before.text).read_bytes()
    with opened(tmp_path) as collection:
        bring(collection, "old.warc.gz", TIME - timedelta(days=9), "What it said long ago.")
        bring(collection, "older.warc.gz", TIME - timedelta(days=99), "What it said at first.")
        bring(collection, "same.warc.gz", TIME - timedelta(days=8), "What it said long ago.")
        bring(collection, "between.warc.gz", TIME + timedelta(seconds=12), "What it said in between.")
    assert (folder_of(tmp_path) / before.text).read_bytes() == newest
    with Collection.open(settings(tmp_path), None) as collection:
        assert collection.find_text(STORY) == before
        texts = [collection.text_of(row) for row in collection.kept_under(STORY)]
        said = [next(line for line in (text or "").splitlines() if line.startswith("What it sa")) for text in texts[:3]]
        rest = "".join(text or "" for text in texts[3:])
    assert said == ["What it said at first.", "What it said long ago.", "What it said long ago."]
    assert "What it said in between." in rest
    with opened(tmp_path) as collection:
        bring(collection, "new.warc.gz", TIME + timedelta(days=5), "What it says of late.")
    assert "What it says of late." in (folder_of(tmp_path) / before.text).read_text()
    first = derived(tmp_path)
    assert rebuild(settings(tmp_path)).damage == []
    assert derived(tmp_path) == first


def test_what_a_killed_import_began_is_taken_back(tmp_path: Path) -> None:
    """A file of ours that never got whole takes its captures in imported files with it, and its versions."""
    fill(tmp_path)
    before = derived(tmp_path)
    lay(tmp_path, "old.warc.gz")
    collection = opened(tmp_path)
    bring(collection, "old.warc.gz", TIME - timedelta(days=9), "What it said long ago.")
    collection.close()
    (newest,) = {path.name for path in (folder_of(tmp_path) / "archive").glob("tearsheet-*")} - _names(before)
    path = folder_of(tmp_path) / "archive" / newest
    path.rename(path.with_name(newest + ".open"))
    path.with_name(newest + ".open").write_bytes(b"")
    with opened(tmp_path):
        pass
    after = derived(tmp_path)
    del after["catalog"]["state"], before["catalog"]["state"]
    assert after["catalog"] == before["catalog"]


def _names(found: dict[str, dict[str, list[str]]]) -> set[str]:
    return {row.split("'")[3] for row in found["catalog"]["warcs"]}


def test_a_rebuild_needs_no_imported_file(tmp_path: Path) -> None:
    fill(tmp_path)
    lay(tmp_path, "old.warc.gz")
    with opened(tmp_path) as collection:
        bring(collection, "old.warc.gz", TIME - timedelta(days=9), "What it said long ago.")
    first = derived(tmp_path)
    (folder_of(tmp_path) / "archive" / "old.warc.gz").unlink()
    reindex(settings(tmp_path), Run())
    assert index_lines(tmp_path) == first["index"]
    rebuild(settings(tmp_path))
    second = derived(tmp_path)
    assert second["index"] == first["index"] and second["text"] == first["text"]
    assert second["catalog"]["captures"] == first["catalog"]["captures"]


@pytest.mark.parametrize(
    "file",
    [
        "../../a.warc",
        "/etc/a.warc",
        ".a.warc",
        "a.txt",
        "a/b.warc",
        "",
        "a\n.warc",
        "t-20260102030406678-00000-h.warc.gz",
    ],
)
def test_a_group_that_names_a_file_outside_is_garbled(file: str) -> None:
    verdict = Verdict(VerdictKind.ARTICLE, "seen")
    good = GroupData("p", Link(STORY), TIME, verdict, (), foreign=Foreign("a.warc", "a.warc", 1, "sha256:0"))
    assert load(dump(good)) == good
    bad = GroupData("p", Link(STORY), TIME, verdict, (), foreign=Foreign(file, "a.warc", 1, "sha256:0"))
    with pytest.raises(ValueError, match="names a file that cannot be"):
        load(dump(bad))


def test_files_of_ours_are_told_from_others(tmp_path: Path) -> None:
    fill(tmp_path / "one")
    folder = folder_of(tmp_path / "one")
    for kind in ("archive", "quarantine"):
        for path in (folder / kind).iterdir():
            found = native(path, path.name, "")
            assert found is not None and (found.kind, found.needs) == (kind, frozenset())
    heritrix = gzipped(tmp_path / "WEB-20090622165542861-00000-box.warc.gz", [response(html(), id="1")])
    assert not is_native(heritrix, heritrix.name)
    renamed = tmp_path / "mine.warc.gz"
    renamed.write_bytes(next((folder / "archive").iterdir()).read_bytes())
    assert not is_native(renamed, renamed.name)


def test_what_a_run_closed_itself_is_known(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        collection.commit(group("p1", 1, [page(1, b"<p>one</p>" * 80)], article=article())).result(30)
    known = Known(folder_of(tmp_path))
    (path,) = (folder_of(tmp_path) / "archive").iterdir()
    found = known.find("sha256:" + hashlib.sha256(path.read_bytes()).hexdigest())
    assert found is not None and found.file == f"archive/{path.name}"
    assert known.find("sha256:" + "0" * 64) is None
