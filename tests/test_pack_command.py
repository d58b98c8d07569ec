"""`tearsheet pack` as users run it: after real runs, beside another one, on a disk that is full, killed at random."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from archive.lock import Lock
from archive.warc.joined import is_joined
from archive.warc.reader import read_records
from scraper.packing import size_words
from tests.archive.packing import small_files
from tests.command import Home, home
from tests.site import Web
from tests.test_fetch_command import ARTICLE, PIXEL
from tests.underway import underway

RUNS = 4


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    chance = random.Random(7)
    with Web() as web:
        host = web.host("daily.test")
        for n in range(RUNS):
            body = ARTICLE.replace("the pier", f"pier {n}").replace("<article>", f'<article><img src="/{n}.png">')
            host.page(f"/{n}", body)
            host.page(f"/{n}.png", PIXEL + chance.randbytes(400_000), type="image/png")
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    """A collection of several runs: one good page and one that is gone in each."""
    there = home(tmp_path, web)
    for n in range(RUNS):
        assert there.run("fetch", "-q", f"https://daily.test/{n}", f"https://daily.test/gone-{n}").code == 1
    return there


def record_ids(there: Home) -> Counter[str]:
    """Those of joined files' own first records apart."""
    return Counter(
        record.record_id
        for folder in ("archive", "quarantine")
        for warc in there.warcs(folder)
        for record in read_records(warc, strict=True)
        if not (is_joined(warc.name) and record.offset == 0)
    )


def test_what_was_fetched_in_many_runs(there: Home) -> None:
    ids, texts = record_ids(there), there.texts()
    pages = (there.collection / "pages" / "pages.jsonl").read_bytes()
    assert [len(there.warcs(folder)) for folder in ("archive", "quarantine")] == [RUNS, RUNS]
    dry = there.run("pack", "--dry-run")
    assert (dry.code, dry.err) == (0, "")
    assert dry.out.splitlines()[0] == "archive/: 4 small files (1.6 MB) would become 1; 4 files before, 1 after"
    assert len(there.warcs()) == RUNS
    assert "no two files side by side are smaller than 2 bytes" in there.run("pack", "--smaller-than", "2").out

    ran = there.run("pack")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "archive/: 4 small files (1.6 MB) became 1; 4 files before, 1 after"
    assert ran.out.splitlines()[1].startswith("quarantine/: 4 small files")
    assert "archive: joining 4 files into " in ran.err
    assert [len(there.warcs(folder)) for folder in ("archive", "quarantine")] == [1, 1]
    assert record_ids(there) == ids
    assert (there.collection / "pages" / "pages.jsonl").read_bytes() == pages
    for n in range(RUNS):
        address = f"https://daily.test/{n}"
        shown = there.run("show", "--json", address).rows[0]
        assert shown["warc"] == str(there.warcs()[0])
        beside = json.loads(Path(shown["text"]).with_suffix(".json").read_bytes())["record"]
        assert (beside["file"], beside["offset"]) == (f"archive/{there.warcs()[0].name}", shown["offset"])
        assert f"pier {n}" in there.run("show", "--html", address).out

    after = there.texts()
    assert {name: text for name, text in after.items() if name.endswith(".txt")} == {
        name: text for name, text in texts.items() if name.endswith(".txt")
    }
    assert there.run("rebuild", "-q").code == 0
    assert there.texts() == after
    again = there.run("pack")
    assert (again.code, again.err) == (0, "")
    assert again.out == "nothing to join: no two files side by side are smaller than 100 MB\n"
    check = Path(sys.executable).with_name("warcio")
    subprocess.run([str(check), "check", *map(str, there.warcs())], check=True, capture_output=True)


def test_scripts_and_cron(there: Home) -> None:
    names = {folder: [path.name for path in there.warcs(folder)] for folder in ("archive", "quarantine")}
    ran = there.run("pack", "--json", "-q")
    assert (ran.code, ran.err) == (0, "")
    (told,) = ran.rows
    assert {each["folder"]: each["sources"] for each in told["joined"]} == names
    assert told["files_before"] == {"archive": RUNS, "quarantine": RUNS}
    assert told["files_after"] == {"archive": 1, "quarantine": 1}
    assert told["joined"][0]["name"] == there.warcs()[0].name
    assert (told["damage"], told["stopped"], told["dry_run"]) == ([], False, False)
    silent = there.run("pack", "-q")
    assert (silent.code, silent.out, silent.err) == (0, "", "")


def test_beside_another_run_and_without_a_collection(there: Home, tmp_path: Path) -> None:
    with Lock(there.collection / "lock").acquire():
        assert there.run("pack").code == 75
        assert there.run("pack", "--dry-run").code == 0
    assert len(there.warcs()) == RUNS
    assert there.run("pack", "--collection", "other").code == 1
    wrong = there.run("pack", "--smaller-than", "a few")
    assert (wrong.code, "--smaller-than a few" in wrong.err) == (2, True)


def test_a_damaged_file_is_told_of_even_in_silence(there: Home) -> None:
    first = there.warcs()[0]
    data = bytearray(first.read_bytes())
    data[-2000] ^= 0xFF
    first.write_bytes(bytes(data))
    ran = there.run("pack", "-q")
    assert (ran.code, ran.out) == (5, "")
    assert first.name in ran.err
    assert first.read_bytes() == bytes(data)
    assert len(there.warcs()) == 2


def test_no_room_for_the_joined_file(there: Home) -> None:
    """No file may grow beyond 1 MB: the parts do not, the whole would."""
    before = [path.name for path in there.warcs()]
    done = subprocess.run(
        there.command("pack"),
        cwd=there.folder,
        env=there.environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    assert done.returncode == 3, done.stderr
    assert "larger than the file system allows" in done.stderr
    assert [path.name for path in there.warcs()] == before
    assert not list((there.collection / "archive").glob(".*"))
    assert there.run("pack", "-q").code == 0
    assert len(there.warcs()) == 1


def test_ctrl_c_ends_it_early(there: Home) -> None:
    """Sent as soon as it says what it is about to join."""
    ids = record_ids(there)
    with underway(there, "pack") as run:
        assert "joining 4 files" in run.err.next()
        run.process.send_signal(signal.SIGINT)
        ran = run.end()
    assert ran.code == 130
    assert "Traceback" not in ran.err
    assert "stopped early" in ran.out or "archive/: 4 small files" in ran.out
    assert record_ids(there) == ids
    assert not list((there.collection / "archive").glob(".*"))
    assert there.run("pack", "-q").code == 0
    assert record_ids(there) == ids
    assert len(there.warcs()) == 1


@pytest.mark.slow
def test_killed_at_random(tmp_path: Path) -> None:
    chance = random.Random(20130528)
    small_files(tmp_path / "kept")
    there = home(tmp_path, None)
    ids = record_ids(there)
    kills = 0
    for _ in range(25):
        process = subprocess.Popen(
            there.command("pack", "--smaller-than", "1 MB"),
            cwd=there.folder,
            env=there.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        with process.stderr:
            # It has said what it joins, or is at its end.
            process.stderr.readline()
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.03))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait(60)
        if len(there.warcs()) == 1 and len(there.warcs("quarantine")) == 1:
            break
    assert kills
    assert there.run("pack", "-q").code == 0
    assert record_ids(there) == ids
    assert [len(there.warcs(folder)) for folder in ("archive", "quarantine")] == [1, 1]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (99_400, "99.4 kB"),
        (99_500, "100 kB"),
        (999_499, "999 kB"),
        (999_600, "1.0 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert size_words(count) == words
