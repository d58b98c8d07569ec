"""`tearsheet verify` as users run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.archive.collecting import fill, folder_of
from tests.command import Home, home
from tests.corpus import needed


@pytest.fixture
def there(tmp_path: Path) -> Home:
    there = home(tmp_path, None)
    fill(there.collection.parents[1])
    return there


def test_a_whole_collection_exits_0_and_leaves_a_report(there: Home) -> None:
    ran = there.run("verify")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("nothing is wrong\n")
    (report,) = (there.collection / "reports").glob("*.json")
    told = json.loads(report.read_text())
    assert (told["kind"], told["whole"], told["problems"]) == ("verify", True, [])
    assert told["head"] in ran.out
    assert there.run("verify", "--quick").code == 0


def test_damage_exits_5_and_says_file_offset_record_and_what_to_do(there: Home) -> None:
    path = there.warcs()[0]
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    ran = there.run("verify")
    assert ran.code == 5
    assert f"damage: archive/{path.name}, offset " in ran.out
    assert "tearsheet repair" in ran.out
    quick = there.run("--json", "verify", "--quick")
    assert quick.code == 5
    (problem,) = quick.rows[0]["problems"]
    assert (problem["kind"], problem["file"]) == ("changed", f"archive/{path.name}")


def test_files_of_other_tools_are_read_by_name(there: Home) -> None:
    warcs = needed() / "warcs"
    good = there.run("verify", str(warcs / "example-iana.warc"), str(warcs / "whirlwind.warc.gz"))
    assert good.code == 0, good.out
    cut = there.run("verify", str(warcs / "clipped.warc.gz"))
    assert cut.code == 5
    assert "clipped.warc.gz, offset 0, record <urn:uuid:" in cut.out
    assert "the file ends inside a gzip member" in cut.out


def test_a_texts_edit_is_told_and_a_rebuild_mends_it(there: Home) -> None:
    path = sorted((there.collection / "text").rglob("*.txt"))[0]
    path.write_bytes(path.read_bytes() + b" And more.")
    ran = there.run("verify")
    assert ran.code == 5
    assert f"derived: {path.relative_to(there.collection)}: the file is not what the records say" in ran.out
    assert there.run("rebuild").code == 0
    assert there.run("verify").code == 0


def test_what_is_not_there_is_a_helpful_error(there: Home, tmp_path: Path) -> None:
    assert "is no file" in there.run("verify", str(tmp_path / "none.warc.gz")).err
    shutil.rmtree(folder_of(there.collection.parents[1]))
    ran = there.run("verify")
    assert (ran.code, "there is no collection" in ran.err) == (1, True)
