"""`tearsheet repair` as users run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from archive.lock import Lock
from archive.warc.reader import read_records
from tests.archive.collecting import fill
from tests.command import Home, home


@pytest.fixture
def there(tmp_path: Path) -> Home:
    there = home(tmp_path / "here", None)
    fill(there.collection.parents[1])
    return there


def damage(path: Path, number: int = 3) -> None:
    """A byte in the middle of the record with this number."""
    record = list(read_records(path, strict=True))[number]
    content = bytearray(path.read_bytes())
    content[record.offset + record.length // 2] ^= 255
    path.write_bytes(content)


def test_a_copy_makes_it_whole_again(there: Home, tmp_path: Path) -> None:
    shutil.copytree(there.collection, tmp_path / "copy")
    path = there.warcs()[0]
    before = path.read_bytes()
    damage(path)
    assert there.run("verify", "-q").code == 5
    told = there.run("repair", "--dry-run", "--from", str(tmp_path / "copy"))
    assert "taken whole from" in told.out
    assert path.read_bytes() != before
    ran = there.run("repair", "--from", str(tmp_path / "copy"))
    assert ran.code == 0, ran.out
    assert "1 file was mended; what is derived was made again; nothing lost" in ran.out
    assert path.read_bytes() == before
    assert there.run("verify", "-q").code == 0


def test_what_was_lost_is_named(there: Home) -> None:
    path = there.warcs()[0]
    lost = [record for record in read_records(path, strict=True) if record.type == "response"][1]
    content = bytearray(path.read_bytes())
    content[lost.offset + 40] ^= 255
    path.write_bytes(content)
    ran = there.run("--json", "repair")
    assert ran.code == 5
    (mended,) = ran.rows[0]["files"]
    assert [each["url"] for each in mended["lost"]] == [lost.url]
    aside = there.collection / mended["aside"]
    assert aside.read_bytes() == bytes(content)
    (report,) = (there.collection / "reports").glob("*.json")
    assert json.loads(report.read_text())["kind"] == "repair"


def test_nothing_wrong_is_said_and_errors_help(there: Home, tmp_path: Path) -> None:
    assert there.run("repair").out == "nothing is wrong: nothing was done\n"
    assert "there is nothing" in there.run("repair", "--from", str(tmp_path / "none")).err
    with Lock(there.collection / "lock").acquire():
        assert there.run("repair").code == 75
