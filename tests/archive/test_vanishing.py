"""WARC files that somebody takes away while they are checked, shown or exported: told, and nothing else fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive import fixity
from archive.checking import Kind
from archive.fixity import Watch, verify_collection
from tests.archive.collecting import fill, folder_of
from tests.command import Home, home
from tests.test_upgrade import STORY, unpacked

pytestmark = pytest.mark.promise("rot", each="cases")


@pytest.mark.parametrize("quick", [True, False])
def test_files_that_vanish_while_they_are_checked(tmp_path: Path, quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the first, after the check has seen what there is."""
    fill(tmp_path, warc_size=3500)
    folder = folder_of(tmp_path)
    files = sorted(folder.glob("archive/*.warc.gz"))
    assert len(files) > 3

    listed = fixity._closed

    def take_away(folder: Path) -> list[str]:
        names = listed(folder)
        for path in files[1:]:
            path.unlink(missing_ok=True)
        return names

    monkeypatch.setattr(fixity, "_closed", take_away)
    found = verify_collection(folder, Watch(workers=1), quick=quick)
    assert found.exit_code == 5
    told = {problem.file for problem in found.bad}
    assert {f"archive/{path.name}" for path in files[1:]} <= told
    assert f"archive/{files[0].name}" not in told
    kinds = {problem.kind for problem in found.bad if problem.file.startswith("archive/")}
    assert kinds and kinds <= {Kind.MISSING, Kind.UNREADABLE}


@pytest.fixture
def there(tmp_path: Path) -> Home:
    made = home(tmp_path / "there", None)
    unpacked(made.folder / "kept")
    assert made.run("rebuild").code == 0
    for path in made.warcs():
        path.unlink()
    return made


def test_what_is_not_in_them_is_still_there(there: Home) -> None:
    assert len(there.run("list", "--json", "-n", "100").rows) == 8
    assert there.run("show", STORY).code == 0
    assert there.run("search", "pier").code == 0


def test_what_is_in_them_is_an_error_that_names_the_file(there: Home) -> None:
    ran = there.run("show", "--html", STORY)
    assert ran.code == 5, ran.err
    assert ".warc.gz" in ran.err and "missing" in ran.err
    assert "Traceback" not in ran.err


def test_no_half_export_is_left(there: Home, tmp_path: Path) -> None:
    ran = there.run("export", "wacz", "--all", "-o", str(tmp_path / "all.wacz"))
    assert ran.code in (3, 5), ran.err
    assert ".warc.gz" in ran.err
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_check_names_each(there: Home) -> None:
    ran = there.run("verify")
    assert ran.code == 5
    names = [line.split(": ")[1] for line in ran.out.splitlines() if line.startswith("missing: archive/")]
    assert len(set(names)) == 3
