"""What stops a run: another run, a folder that cannot be written, a full disk, a signal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Home, home
from tests.site import Connection, Request, Web
from tests.test_fetch_command import ARTICLE
from tests.underway import underway


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        for name in "abcdefghij":
            web.host(f"{name}.test").page("/story", ARTICLE.replace("pier", f"pier {name}"))
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    return home(tmp_path, web)


@pytest.mark.promise("runs", each="cases")
def test_another_run_holds_the_collection(there: Home, web: Web) -> None:
    assert there.run("fetch", "https://a.test/story").code == 0
    asked = len(web.log)
    with (there.collection / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ran = there.run("fetch", "https://b.test/story")
        assert ran.code == 75
        assert "holds" in ran.err
        assert there.run("rebuild").code == 75
        assert there.run("show", "https://a.test/story").code == 0
    assert len(web.log) == asked
    assert there.run("fetch", "https://b.test/story").code == 0


@pytest.mark.promise("runs", each="cases")
def test_two_runs_at_once_and_the_lock_of_one_that_was_killed(there: Home, web: Web) -> None:
    """The second says who holds the collection, and writes nothing; when the first is dead, nobody does."""
    come = threading.Event()

    def stall(connection: Connection, request: Request) -> None:
        come.set()
        connection.stall()

    web.host("a.test").route("/slow", stall)
    process = subprocess.Popen(
        there.command("fetch", "https://a.test/slow"),
        cwd=there.folder,
        env=there.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert come.wait(60)
        for command in (("fetch", "https://b.test/story"), ("crawl",), ("rebuild",), ("repair",), ("pack",)):
            with (there.folder / "config.toml").open("a") as config:
                if command == ("crawl",):
                    config.write('[[source]]\nkind = "list"\nurl = "https://c.test/list"\n')
            ran = there.run(*command)
            assert ran.code == 75, ran.err
            assert f"process {process.pid}" in ran.err
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
    assert (there.collection / "lock").read_text() == f"{process.pid}\n"
    ran = there.run("fetch", "https://b.test/story")
    assert (ran.code, ran.err) == (0, "")
    assert [seen.host for seen in web.log if seen.target == "/list"] == []


@pytest.mark.promise("runs", each="cases")
@pytest.mark.parametrize("kilobytes", [8, 40, 150, 400])
def test_files_that_may_not_grow(there: Home, kilobytes: int) -> None:
    """A limit of the system's on the size of any file, SQLite's included: as on a disk that is full."""
    addresses = [f"https://{name}.test/story?n={n}" for name in "abcdefghij" for n in range(8)]
    words = shlex.join(there.command("fetch", "--json", *addresses))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f {kilobytes}; {words}"],
        cwd=there.folder,
        env=there.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    told = {row["url"] for row in map(json.loads, done.stdout.splitlines()) if row["verdict"] == "article"}
    assert done.returncode == 3, done.stderr
    assert len(told) < len(addresses)
    ran = there.run("fetch", "--json", *addresses)
    assert ran.code == 0, ran.err
    assert told <= {row["url"] for row in ran.rows if row["already_kept"]}
    found = there.run("verify")
    assert found.code == 0, found.out


@pytest.mark.promise("runs", each="cases")
def test_a_folder_that_is_a_file(there: Home) -> None:
    (there.folder / "kept").write_text("not a folder")
    ran = there.run("fetch", "https://a.test/story")
    assert ran.code == 3
    assert "kept" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_is_told(there: Home) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            there.command("fetch", "--json", "https://a.test/story"),
            cwd=there.folder,
            env=there.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr
    assert there.run("show", "https://a.test/story").code == 0


def test_a_reader_that_has_seen_enough(there: Home) -> None:
    there.run("fetch", *(f"https://{name}.test/story" for name in "abc"))
    process = subprocess.Popen(
        there.command("show", "https://a.test/story"),
        cwd=there.folder,
        env=there.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.wait(60)
    process.stderr.close()
    assert b"Traceback" not in error
    assert process.returncode == 0


def test_a_reader_of_many_lines_that_has_seen_enough(there: Home) -> None:
    """More than a pipe holds, of which one line is read."""
    addresses = [f"https://a.test/story?n={n}{'x' * 900}" for n in range(100)]
    for command in (["fetch", *addresses], ["list", "-n", "500"], ["list", "-n", "500", "--json"]):
        words = shlex.join(there.command(*command))
        done = subprocess.run(
            ["bash", "-c", f"{words} | head -n 1 >/dev/null; exit ${{PIPESTATUS[0]}}"],
            cwd=there.folder,
            env=there.environment | {"TEARSHEET_FETCH__REQUISITES": "false"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert there.run("list", "-n", "500").out.count("story?n=") >= 100


def test_a_terminal_for_progress_does_not_swallow_the_results(there: Home) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        there.command("fetch", "https://a.test/story", "https://b.test/story"),
        cwd=there.folder,
        env=there.environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=60,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 0
    assert all(f"https://{name}.test/story" in done.stdout for name in "ab")


@pytest.mark.promise("runs", each="cases")
@pytest.mark.parametrize("everybody", [False, True])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_finish_what_is_in_flight(there: Home, number: signal.Signals, code: int, everybody: bool) -> None:
    """Whether the command alone gets the signal or, as a terminal and systemd do it, its reading processes too."""
    addresses = [f"https://{name}.test/story" for name in "abcdefghij"]
    one_by_one = {"TEARSHEET_CRAWL__CONCURRENCY": "1"}
    with underway(there, "fetch", "--json", *addresses, environment=one_by_one) as run:
        first = run.out.next()
        if everybody:
            os.killpg(run.process.pid, number)
        else:
            run.process.send_signal(number)
        ran = run.end()
    assert ran.code == code
    assert {row["verdict"] for row in [json.loads(first), *ran.rows]} == {"article"}
    assert "Traceback" not in ran.err
    assert not list((there.collection / "archive").glob("*.open"))


def test_the_environment_and_its_mistakes(there: Home) -> None:
    os.environ.pop("TEARSHEET_FETCH__TRIES", None)
    wrong = subprocess.run(
        there.command("fetch", "https://a.test/story"),
        cwd=there.folder,
        env=there.environment | {"TEARSHEET_FETCH__TIMEOUT": "soon"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert wrong.returncode == 4
    assert "TEARSHEET_FETCH__TIMEOUT" in wrong.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams(there: Home, closed: str) -> None:
    words = " ".join(there.command("fetch", "--json", "https://a.test/story", "-"))
    done = subprocess.run(
        ["sh", "-c", f"exec {words} {closed if closed == '<&-' else '</dev/null ' + closed}"],
        cwd=there.folder,
        env=there.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0
    assert there.run("show", "https://a.test/story").code == 0


def test_a_password_with_an_at_sign_is_never_shown(there: Home) -> None:
    ran = there.run("fetch", "--json", "--dry-run", "https://user:p@ss@a.test/story")
    assert "ss@" not in ran.out
    kept = there.run("fetch", "--json", "https://user:p@ss@a.test/story")
    assert kept.rows[0]["url"] == "https://a.test/story"


def test_children_that_nobody_may_wait_for(there: Home) -> None:
    """A parent that ignores SIGCHLD hands that on."""
    done = subprocess.run(
        ["bash", "-c", f"trap '' CHLD; exec {shlex.join(there.command('fetch', 'https://a.test/story'))}"],
        cwd=there.folder,
        env=there.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ["ascii:strict", "latin-1:strict", "utf-8:strict"])
def test_what_an_output_cannot_hold_is_escaped(there: Home, web: Web, encoding: str) -> None:
    web.host("a.test").page("/east", ARTICLE.replace("A quiet day", "静かな日 – é"))
    environment = there.environment | {"PYTHONIOENCODING": encoding}
    for command in (["fetch", "--json"], ["show", "--meta", "--json"], ["show"]):
        done = subprocess.run(
            there.command(*command, "https://a.test/east"),
            cwd=there.folder,
            env=environment,
            capture_output=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        if "--json" in command:
            assert json.loads(done.stdout.decode(encoding.partition(":")[0]))["title"].startswith("静かな日 – é")


def test_a_list_on_stdin_in_another_encoding(there: Home) -> None:
    done = subprocess.run(
        there.command("fetch", "--dry-run", "-"),
        cwd=there.folder,
        env=there.environment | {"PYTHONIOENCODING": "utf-8:strict"},
        input=b"\xef\xbb\xbfhttps://a.test/story # one\nhttps://a.test/caf\xe9\n",
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"ask   https://a.test/story  (")


def test_control_characters_do_not_reach_the_terminal(there: Home) -> None:
    ran = there.run("fetch", "-", stdin="https://a.test/x\x1b[31mred\n")
    assert "\x1b" not in ran.out + ran.err


def test_several_lists(there: Home) -> None:
    for name in "ab":
        (there.folder / f"{name}.txt").write_text(f"https://{name}.test/story\n")
    ran = there.run("fetch", "--dry-run", "-i", "a.txt", "-i", "b.txt")
    assert [line.split()[1] for line in ran.out.splitlines()] == ["https://a.test/story", "https://b.test/story"]


# --------------------------------------------------------------------------------------------- reading that fails


def test_a_page_that_could_not_be_read_is_read_when_it_is_asked_again(there: Home, web: Web) -> None:
    there.run("fetch", "https://a.test/story")
    web.host("a.test").page("/story", ARTICLE.replace("A quiet day", "A loud day"))
    environment = there.environment | {"TEARSHEET_READ__TIMEOUT": "0.000001"}

    def again(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            there.command("fetch", "--again", *([] if more else ["-q"]), "https://a.test/story"),
            cwd=there.folder,
            env=environment if not more else there.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    failed = again()
    assert failed.returncode == 0
    assert "was stopped" in failed.stderr
    shown = there.run("show", "https://a.test/story")
    assert "A quiet day" in shown.out
    assert "has no text" in shown.err
    assert again(limit="none").returncode == 0
    assert "A loud day" in there.run("show", "https://a.test/story").out


def test_texts_whose_records_are_damaged_are_set_aside(there: Home) -> None:
    there.run("fetch", "https://a.test/story", "https://b.test/story")
    before = there.texts()
    (warc,) = there.warcs()
    warc.write_bytes(warc.read_bytes()[:-600])
    (there.collection / "text" / "notes.txt").write_text("mine")
    ran = there.run("rebuild")
    assert ran.code == 5
    assert "could not be made again" in ran.err
    (aside,) = there.collection.glob("text-set-aside-*")
    left = {str(path.relative_to(aside)): path.read_bytes() for path in aside.rglob("*") if path.is_file()}
    assert left.pop("notes.txt") == b"mine"
    assert left
    assert there.texts() | left == before
