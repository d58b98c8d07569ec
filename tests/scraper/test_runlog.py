"""Reports and logs: whole, named by time, and pruned by age."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.errors import StorageError
from scraper import runlog

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def test_a_report_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = runlog.write_report(tmp_path, runlog.run_id(NOW), {"asked": 3, "title": "é"})
    assert json.loads(path.read_bytes()) == {"asked": 3, "title": "é"}
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        runlog.write_report(tmp_path / "file", "x", {})


def test_log_lines_are_json_with_their_time(tmp_path: Path) -> None:
    with runlog.Log(tmp_path, "run") as log:
        log("page", NOW, url="https://a.test/\ud800")
    log("page", NOW)  # a log that is closed stops nothing
    (line,) = log.path.read_text().splitlines()
    assert json.loads(line)["time"] == "2026-03-01T12:00:00.123Z"


def test_only_our_own_old_ones_go(tmp_path: Path) -> None:
    for days in (1, 89, 91, 400):
        name = runlog.run_id(NOW - timedelta(days=days))
        runlog.write_report(tmp_path, name, {})
        with runlog.Log(tmp_path, name):
            pass
    (tmp_path / "reports" / "notes.json").touch()
    (tmp_path / "reports" / "20200101T000000000Z.txt").touch()
    assert runlog.prune(tmp_path, NOW, timedelta(days=90)) == 4
    assert len(list((tmp_path / "logs").iterdir())) == 2
    assert len(list((tmp_path / "reports").iterdir())) == 4
