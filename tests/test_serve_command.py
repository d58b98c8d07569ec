"""`tearsheet serve` as users run it: the library, pywb beside it, and what is left when it ends."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.collection import Collection
from archive.settings import ArchiveSettings
from tests.archive.collecting import RUN
from tests.command import PROJECT, Home, home
from tests.making import story
from tests.pywb import Answer
from tests.serving import Served, command_of, descendants, get, runs, serving, until
from tests.site import Web

pytestmark = pytest.mark.pywb

URL = "https://news.test/pier"
COMMAND = "import sys; sys.modules[{name!r}] = None; from scraper.__main__ import main; main()"


@pytest.fixture(autouse=True)
def pywb() -> None:
    from tests.pywb import wayback

    wayback()


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("news.test").page("/pier", story("A quiet day at the pier"))
        web.host("news.test").page("/later", story("A later day"))
        yield web


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Home:
    there = home(tmp_path_factory.mktemp("kept"), web)
    assert there.fetch(URL)["verdict"] == "article"
    return there


@pytest.fixture(scope="module")
def served(kept: Home) -> Iterator[Served]:
    with serving(kept) as served:
        yield served


def listening(pid: int) -> set[str]:
    """The addresses, as the kernel writes them, on which a process listens."""
    sockets = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    listens = "0A"
    return {line[1].partition(":")[0] for line in lines if line[3] == listens and f"socket:[{line[9]}]" in sockets}


# ------------------------------------------------------------------------------------------------ what answers


def test_the_library_answers_to_its_own_name_alone(served: Served) -> None:
    at = urlsplit(served.library)
    assert at.hostname == "127.0.0.1"
    assert get(f"{served.library}/").status == 200
    assert get(f"{served.library}/", Host=f"localhost:{at.port}").status == 200
    replay = urlsplit(served.replay).hostname
    for foreign in ("news.test", f"news.test:{at.port}", "127.0.0.1", f"{replay}:{at.port}", ""):
        assert get(f"{served.library}/", Host=foreign).status in (400, 421), foreign


def test_the_replay_answers_on_another_host_and_to_this_machine_alone(served: Served) -> None:
    assert urlsplit(served.replay).hostname == "127.0.0.2"
    page = get(f"{served.replay}/mp_/{URL}")
    assert (page.status, b"A quiet day at the pier" in page.body) == (200, True)
    heard = {pid: listening(pid) for pid in descendants(served.process.pid) | {served.process.pid}}
    assert sum(map(len, heard.values())) >= 3
    loopback = {"0100007F", "0200007F", "00000000000000000000000001000000"}
    assert set().union(*heard.values()) <= loopback


def test_the_replay_holds_the_collection_as_it_is_and_nothing_else(served: Served, kept: Home) -> None:
    origin = served.replay.removesuffix("/main")
    assert json.loads(get(f"{origin}/collinfo.json").body) == {"fixed": [], "dynamic": ["main"]}
    assert not [path for path in kept.collection.rglob("*") if path.name in ("config.yaml", "metadata.yaml", "static")]
    assert not (kept.folder / "kept" / "config.yaml").exists()


def test_timegate_timemap_and_cdx(served: Served) -> None:
    gate = get(f"{served.replay}/{URL}", Accept_Datetime="Thu, 01 Jan 2026 00:00:00 GMT")
    assert (gate.status, gate.headers["Vary"].lower()) == (200, "accept-datetime")
    when, memento = gate.headers["Memento-Datetime"], gate.headers["Content-Location"]
    assert get(memento).headers["Memento-Datetime"] == when
    links = gate.headers["Link"]
    for relation in ('rel="original"', 'rel="timegate"', 'rel="timemap"', 'rel="memento"'):
        assert relation in links
    assert get(f"{served.replay}/{URL}", Accept_Datetime="yesterday").status == 400
    timemap = get(f"{served.replay}/timemap/link/{URL}")
    assert timemap.headers["Content-Type"].startswith("application/link-format")
    assert f'datetime="{when}"' in timemap.body.decode()
    (line,) = get(f"{served.replay}/cdx?url={URL}&output=json").body.decode().splitlines()
    assert json.loads(line)["url"] == URL


def test_the_replay_answers_to_its_own_name_alone(served: Served) -> None:
    port = urlsplit(served.replay).port
    for foreign in ("news.test", f"news.test:{port}", f"127.0.0.1:{port}"):
        assert get(f"{served.replay}/mp_/{URL}", Host=foreign).status == 421, foreign
    assert get(f"{served.replay}/id_/{URL}", Service_Worker="script").status == 403


def test_what_a_run_keeps_meanwhile_is_seen(served: Served, kept: Home) -> None:
    later = "https://news.test/later"
    assert get(f"{served.replay}/mp_/{later}").status == 404
    assert kept.fetch(later)["verdict"] == "article"
    until(lambda: get(f"{served.replay}/mp_/{later}").status == 200, "the replay never saw it")


# ------------------------------------------------------------------------------------------------ how it ends


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stop_leaves_nothing_running(kept: Home, tmp_path: Path, number: int, code: int) -> None:
    with serving(kept, TMPDIR=str(tmp_path)) as served:
        started = descendants(served.process.pid)
        assert [pid for pid in started if "pywb.apps.cli" in command_of(pid)]
        assert served.stop(number) == code
        assert not [pid for pid in started if runs(pid)]
        for address in (served.library, served.replay):
            with pytest.raises(OSError):
                get(address)
        assert list(tmp_path.iterdir()) == []


def test_pywb_ends_with_a_parent_that_is_killed(kept: Home) -> None:
    with serving(kept) as served:
        started = descendants(served.process.pid)
        assert len(started) >= 2
        served.process.kill()
        gone(started)


def test_a_replay_that_ends_is_started_again_and_told_of(kept: Home) -> None:
    with serving(kept) as served:
        # First pywb itself, then its parent, the tether, which names pywb too.
        for times, is_tether in enumerate((False, True), start=1):
            started = descendants(served.process.pid)
            (victim,) = [pid for pid in started if ("tether.py" in command_of(pid)) is is_tether]
            os.kill(victim, signal.SIGKILL)
            gone(started)
            until(partial(_told_again, served, times), "nothing was told")
            until(lambda: _answers(f"{served.replay}/mp_/{URL}"), "the replay did not come again")
        assert get(f"{served.library}/").status == 200


def gone(pids: set[int]) -> None:
    until(lambda: not [pid for pid in pids if runs(pid)], "something was left running")


def _told_again(served: Served, times: int) -> bool:
    return "".join(served.said).count("started again") == times


def _answers(url: str) -> bool:
    try:
        return get(url).status == 200
    except OSError:
        return False


# ------------------------------------------------------------------------------------------------ what goes wrong


def test_a_port_that_is_taken_is_told_with_what_to_do(kept: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.2", 0)) as other:
        port, theirs = (each.getsockname()[1] for each in (taken, other))
        ran = kept.run("serve", "--port", str(port))
        assert (ran.code, f"port {port} of 127.0.0.1 is taken" in ran.err, "--port 0" in ran.err) == (2, True, True)
        ran = kept.run("serve", "--port", "0", "--replay-port", str(theirs))
        assert (ran.code, f"port {theirs} of 127.0.0.2 is taken" in ran.err) == (2, True)
        assert "--replay-port" in ran.err


def test_the_next_port_is_the_replays_where_it_is_free(kept: Home) -> None:
    with serving(kept) as first:
        port = urlsplit(first.library).port or 0
        assert urlsplit(first.replay).port == port + 1
        assert first.stop() == 143
    with socket.create_server(("127.0.0.2", port + 1)), serving(kept, "--port", str(port)) as second:
        assert urlsplit(second.replay).port != port + 1
        assert get(f"{second.replay}/mp_/{URL}").status == 200


@pytest.mark.parametrize(("name", "extra"), [("uvicorn", "viewer"), ("jinja2", "viewer"), ("pywb", "replay")])
def test_what_is_not_installed_is_told_with_what_to_install(kept: Home, name: str, extra: str) -> None:
    command = [sys.executable, "-c", COMMAND.format(name=name), "serve", "--port", "0"]
    done = subprocess.run(
        command, cwd=kept.folder, env=kept.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert f'pip install "tearsheet[{extra}]"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_collection_that_is_not_there_or_cannot_be_read_says_so(kept: Home, web: Web, tmp_path: Path) -> None:
    there = home(tmp_path, web)
    ran = there.run("serve", "--port", "0")
    assert (ran.code, "there is no collection" in ran.err, "tearsheet fetch" in ran.err) == (1, True, True)
    shutil.copytree(kept.collection, there.collection)
    catalog = there.collection / "catalog.sqlite"
    catalog.write_bytes(b"no catalog at all" * 1000)
    ran = there.run("serve", "--port", "0")
    assert (ran.code, "tearsheet rebuild" in ran.err) == (5, True)


def test_a_pywb_that_does_not_start_shows_why(kept: Home, tmp_path: Path) -> None:
    broken = tmp_path / "pywb" / "apps"
    broken.mkdir(parents=True)
    (broken.parent / "__init__.py").write_text("")
    (broken / "__init__.py").write_text("")
    (broken / "cli.py").write_text("raise SystemExit('the harbour is closed')")
    environment = kept.environment | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT}"}
    done = subprocess.run(
        kept.command("serve", "--port", "0"),
        cwd=kept.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "pywb ended (exit code 1)" in done.stderr
    assert "the harbour is closed" in done.stderr


def test_the_first_address_may_be_kept_from_the_library(web: Web, tmp_path: Path) -> None:
    there = home(tmp_path, web)
    with serving(there, "--no-replay", "--allow-writes") as served:
        assert "the first address that is kept begins it" in "".join(served.said)
        keep = f"{served.library}/api/keep"
        bearer = {"Authorization": f"Bearer {served.told['token']}"}
        assert sent(keep, {"url": URL}).status == 403
        assert sent(keep, {"url": URL}, Authorization="Bearer wrong").status == 403
        kept = sent(keep, {"url": URL}, **bearer)
        assert (kept.status, json.loads(kept.body)["verdict"]) == (200, "article")
        assert "A quiet day at the pier" in get(f"{served.library}/").body.decode()
        with Collection.open(ArchiveSettings(root=there.folder / "kept"), RUN):
            busy = sent(keep, {"url": "https://news.test/later"}, **bearer)
        assert (busy.status, "another run is under way: try again later" in busy.body.decode()) == (503, True)


def sent(url: str, values: dict[str, str], **headers: str) -> Answer:
    """What is answered to a POST of JSON."""
    return get(url, json.dumps(values).encode(), Content_Type="application/json", **headers)


def test_without_a_replay_there_is_no_pywb(kept: Home) -> None:
    with serving(kept, "--no-replay") as served:
        assert served.told == {"library": served.told["library"], "replay": None, "token": None}
        assert descendants(served.process.pid) == set()
        assert get(f"{served.library}/").status == 200


def test_whom_others_can_reach_has_no_replay_and_is_told(kept: Home) -> None:
    with serving(kept, "--host", "0.0.0.0", "--name", "library.test") as served:
        port = urlsplit(served.library).port
        assert served.told["replay"] is None
        assert "whoever can reach" in "".join(served.said)
        local = f"http://127.0.0.1:{port}/"
        for name, status in (("library.test", 200), (f"library.test:{port}", 200), ("stranger.test", 421)):
            assert get(local, Host=name).status == status, name
        assert get(local, Host=f"0.0.0.0:{port}").status == 421


def test_it_opens_in_the_users_browser(kept: Home, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {shlex.quote(str(seen))}.new && mv {seen}.new {seen}\n')
    browser.chmod(0o755)
    with serving(kept, "--no-replay", "--open", BROWSER=str(browser)) as served:
        until(seen.exists, "no browser was opened")
        assert seen.read_text() == served.told["library"]


# ------------------------------------------------------------------------------------------------ what is promised


def test_the_readmes_commands_do_what_it_says(served: Served, tmp_path: Path) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (curl .+)$", readme, re.MULTILINE)
    told = []
    for command in commands:
        at = command.replace("http://127.0.0.2:8081/main", served.replay).replace("https://example.com/an-article", URL)
        assert at != command
        words = [*shlex.split(at), "-sS", "--fail"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (command, done.stderr)
        told.append(done.stdout)
    gate, timemap, cdx, page = told
    assert "\nmemento-datetime: " in gate.lower() and "\ncontent-location: " in gate.lower()
    assert 'rel="memento"' in timemap
    assert json.loads(cdx)["url"] == URL
    assert page == story("A quiet day at the pier")
