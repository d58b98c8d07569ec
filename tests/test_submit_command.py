"""`--submit` and `tearsheet submit`, against a stand-in for Save Page Now and other archives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.warc.reader import read_records
from tests import foreign
from tests.archive.collecting import derived
from tests.command import Home, Ran, home
from tests.savepagenow import HOST, KEYS, SavePageNow
from tests.site import Connection, Request, Web

PAGE = foreign.html("The pier")
URL = "http://news.test/pier"
COPY = f"http://{HOST}/web/20260102030405/{URL}"
SPN = f'\n[[submit.archive]]\nname = "SPN"\nurl = "http://{HOST}/save"\nkeys = "keys.txt"\ndelay = 0\npoll = 0.02\n'


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        host = web.host("news.test")
        for path in ("/pier", "/two", "/three"):
            host.page(path, PAGE.replace(b"The pier", path.encode()))
        yield web


def there(folder: Path, web: Web, archives: str = SPN, keys: str = KEYS, **more: str) -> Home:
    made = home(folder, web, **({"submit__wait": "20"} | more))
    (folder / "config.toml").write_text((folder / "config.toml").read_text() + archives)
    (folder / "keys.txt").write_text(f"{keys}\n")
    return made


def steps(mine: Home) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(mine.collection / "catalog.sqlite")) as db:
        return db.execute("SELECT address, archive, step FROM submissions ORDER BY time, page_id").fetchall()


def due_now(mine: Home) -> None:
    """As if the time had come for all that waits."""
    with closing(sqlite3.connect(mine.collection / "catalog.sqlite")) as db, db:
        db.execute("UPDATE submissions SET due = 0, rests = 0 WHERE due IS NOT NULL")


def fails(mine: Home, *arguments: str) -> Ran:
    ran = mine.run(*arguments)
    assert ran.code != 0, ran.out
    return ran


def test_a_page_that_is_kept_is_submitted_and_the_copy_is_known(tmp_path: Path, web: Web) -> None:
    spn = SavePageNow(pending=2).on(web)
    mine = there(tmp_path, web)
    ran = mine.run("fetch", "--submit", URL)
    assert ran.code == 0, ran.err
    assert f"SPN keeps {URL}: {COPY}" in ran.err
    assert spn.saved == [{"url": URL, "skip_first_archive": "1"}]
    assert [step for _, _, step in steps(mine)] == ["waiting", "asked", "kept"]
    told = mine.run("submit", "--dry-run", "--json", URL).rows
    assert [(row["step"], row["memento"], row["memento_time"]) for row in told] == [
        ("kept", COPY, "2026-01-02T03:04:05.000Z")
    ]
    assert f"SPN keeps {URL}: {COPY}" in mine.run("show", "--meta", URL).out
    (shown,) = mine.run("show", "--meta", "--json", URL).rows
    assert [(each["archive"], each["step"], each["memento"]) for each in shown["submissions"]] == [
        ("SPN", "kept", COPY)
    ]
    assert mine.run("status", "--json").rows[0]["submissions"] == {"kept": 1}
    assert "1  kept" in mine.run("status").out
    # The record of the page says that it was to be submitted, and one of its own each thing that the archive said.
    records = [each for path in mine.warcs() for each in read_records(path, strict=True) if each.type == "metadata"]
    said = [line for each in records for line in each.payload_bytes().decode().split("\r\n") if line.startswith("subm")]
    assert said == [
        *("submittedTo: SPN", "submission: waiting", "submittedTo: SPN", "submission: asked"),
        *("submittedTo: SPN", "submission: kept", f"submissionMemento: {COPY}"),
    ]
    before = derived(mine.folder / "kept")
    assert mine.run("rebuild").code == 0
    assert derived(mine.folder / "kept") == before
    assert mine.run("verify").code == 0
    # What it has of today is not asked of it again; nor is what did not change.
    assert mine.run("fetch", "--submit", "--again", URL).code == 0
    assert len(spn.saved) == 1


def test_the_keys_are_nowhere_but_in_the_header(tmp_path: Path, web: Web) -> None:
    SavePageNow().on(web)
    mine = there(tmp_path, web)
    good = mine.run("fetch", "-v", "--submit", URL)
    (tmp_path / "keys.txt").write_text("my-access-key:my-wrong-secret\n")
    bad = mine.run("fetch", "-v", "--submit", "http://news.test/two")
    assert (good.code, bad.code) == (0, 0)
    assert "You need to be logged in, LOW … is not known." in bad.err
    assert web.seen(HOST)[0].header("Authorization") == f"LOW {KEYS}"
    for path in mine.folder.rglob("*"):
        if path.is_file() and path.name != "keys.txt":
            held = path.read_bytes()
            if path.name.endswith(".gz"):
                held = b"".join(each.http_head + each.payload_bytes() for each in read_records(path, strict=True))
            for private in (b"my-private-secret", b"my-wrong-secret", b"my-access-key"):
                assert private not in held, path
    assert "secret" not in good.out + good.err + bad.out + bad.err


@pytest.mark.parametrize("keys", ["", "no colon", "caf\u00e9:x", ":x", "x:"])
def test_without_keys_the_page_is_kept_and_its_submission_waits(tmp_path: Path, web: Web, keys: str) -> None:
    spn = SavePageNow().on(web)
    mine = there(tmp_path, web, keys=keys)
    ran = mine.run("fetch", "--submit", URL)
    assert ran.code == 0 and "does not hold key:secret" in ran.err
    assert "1 submission is left for tearsheet submit" in ran.err
    assert [step for _, _, step in steps(mine)] == ["waiting"]
    (tmp_path / "keys.txt").write_text(KEYS)
    assert mine.run("submit").code == 0
    assert len(spn.saved) == 1


def test_the_keys_may_stand_in_a_variable(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    spn = SavePageNow().on(web)
    mine = there(tmp_path, web, SPN.replace('keys = "keys.txt"', 'keys_variable = "MY_SPN_KEYS"'))
    ran = mine.run("submit", URL)
    assert (ran.code, spn.saved) == (9, []) and "the variable MY_SPN_KEYS does not hold key:secret" in ran.err
    monkeypatch.setenv("MY_SPN_KEYS", KEYS)
    assert mine.run("submit", URL).out == f"SPN keeps {URL}: {COPY}\n"


def test_what_is_not_kept_is_not_submitted(tmp_path: Path, web: Web) -> None:
    spn = SavePageNow().on(web)
    mine = there(tmp_path, web)
    assert fails(mine, "fetch", "--submit", "http://news.test/gone").code == 9
    assert mine.run("fetch", URL).code == 0
    assert (spn.saved, steps(mine)) == ([], [])
    assert mine.run("submit").out == "nothing waits to be submitted\n"


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("error:not-found", "failed"),
        ("error:blocked-url", "failed"),
        ("error:invalid-url-syntax", "failed"),
        ("error:too-many-daily-captures", "waiting"),
        ("error:browsing-timeout", "waiting"),
        ("error:something-new", "waiting"),
    ],
)
def test_how_a_job_fails_changes_nothing_of_the_fetch(tmp_path: Path, web: Web, code: str, step: str) -> None:
    SavePageNow(ends=lambda url: code).on(web)
    mine = there(tmp_path, web)
    ran = mine.run("fetch", "--submit", "--json", URL)
    assert ran.code == 0 and [row["verdict"] for row in ran.rows] == ["article"]
    assert [each[2] for each in steps(mine)] == ["waiting", "asked", step]
    (told,) = mine.run("submit", "--dry-run", "--json", URL).rows
    assert code.removeprefix("error:") in told["reason"]
    assert ("due" in told) is (step == "waiting")


def test_limits_of_the_user_are_heeded_and_the_rest_is_done_later(tmp_path: Path, web: Web) -> None:
    limit = {"status": "error", "status_ext": "error:user-session-limit", "message": "You have reached the limit."}
    spn = SavePageNow(refuses=lambda url, number: (429, limit, {"Retry-After": "600"}) if number == 2 else None).on(web)
    mine = there(tmp_path, web, crawl__concurrency="1")
    ran = mine.run("fetch", "--submit", URL, "http://news.test/two", "http://news.test/three")
    assert ran.code == 0
    # After the limit nothing more was asked for, in this run and while the time lasts.
    assert len(spn.saved) == 2
    assert "2 submissions are left for tearsheet submit" in ran.err
    again = mine.run("submit")
    assert (again.out, len(spn.saved)) == ("SPN waits with http://news.test/three\n", 2)
    due_now(mine)
    done = mine.run("submit")
    assert (done.code, done.out.count("SPN keeps")) == (0, 2)
    assert sorted(each["url"] for each in spn.saved).count("http://news.test/three") == 1


def test_it_is_asked_again_a_number_of_times_and_then_given_up(tmp_path: Path, web: Web) -> None:
    spn = SavePageNow(refuses=lambda url, number: (502, {}, {})).on(web)
    mine = there(tmp_path, web, submit__tries="3")
    assert mine.run("fetch", "--submit", URL).code == 0
    for count in (2, 3):
        assert mine.run("submit").out == "nothing waits to be submitted\n"
        due_now(mine)
        assert mine.run("submit").code == 9
        assert len(spn.saved) == count
    (told,) = mine.run("submit", "--dry-run", "--json", URL).rows
    assert (told["step"], told["reason"]) == ("failed", "given up after 3 tries: it answered 502")
    due_now(mine)
    assert mine.run("submit").out == "nothing waits to be submitted\n"
    # By name it is asked for once more.
    assert mine.run("submit", URL).code == 9
    assert len(spn.saved) == 4


def test_a_job_that_was_pending_when_the_run_ended_is_asked_about_later(tmp_path: Path, web: Web) -> None:
    spn = SavePageNow(pending=10_000).on(web)
    mine = there(tmp_path, web, submit__wait="0.3")
    ran = mine.run("fetch", "--submit", URL)
    assert ran.code == 0 and "1 submission is left" in ran.err
    spn.pending = 0
    assert mine.run("submit").out == f"SPN keeps {URL}: {COPY}\n"
    assert len(spn.saved) == 1, "the job was asked about, not begun anew"


def test_a_job_that_is_forgotten_is_begun_anew(tmp_path: Path, web: Web) -> None:
    spn = SavePageNow(pending=10_000).on(web)
    mine = there(tmp_path, web, submit__wait="0.3")
    mine.run("fetch", "--submit", URL)
    spn.jobs.clear()
    mine = there(tmp_path, web)
    assert mine.run("submit").code == 9
    spn.pending = 0
    due_now(mine)
    assert mine.run("submit").code == 0
    assert len(spn.saved) == 2


def test_an_archive_that_is_down_or_talks_nonsense_changes_nothing(tmp_path: Path, web: Web) -> None:
    down = SPN.replace(f"http://{HOST}/save", f"http://127.0.0.1:{web.refusing_port}/save").replace("SPN", "Down")
    nonsense = web.host("nonsense.test")
    nonsense.page("/save", b"[" * 100_000)
    odd = SPN.replace(HOST, "nonsense.test").replace("SPN", "Odd")
    mine = there(tmp_path, web, down + odd, submit__wait="1")
    ran = mine.run("fetch", "--submit", URL)
    assert ran.code == 0 and "connection refused" in ran.err.lower() and "it took no job" in ran.err
    assert {(archive, step) for _, archive, step in steps(mine)} == {("Down", "waiting"), ("Odd", "waiting")}


def test_a_crawl_submits_what_is_new_and_what_waited(tmp_path: Path, web: Web) -> None:
    (tmp_path / "list.txt").write_text("http://news.test/two\n")
    source = '\n[[source]]\nkind = "list"\npath = "list.txt"\n'
    mine = there(tmp_path, web, SPN + source, keys="")
    mine.run("fetch", "--submit", URL)
    spn = SavePageNow().on(web)
    (tmp_path / "keys.txt").write_text(KEYS)
    assert mine.run("crawl").code == 0
    assert spn.saved == []
    (tmp_path / "list.txt").write_text("http://news.test/two\nhttp://news.test/three\n")
    ran = mine.run("crawl", "--submit")
    assert ran.code == 0, ran.err
    assert sorted(each["url"] for each in spn.saved) == [URL, "http://news.test/three"]


def test_a_rescued_copy_is_submitted_by_its_own_address(tmp_path: Path, web: Web) -> None:
    spn = SavePageNow().on(web)
    old = web.host("archive.test")
    stamp, dead = "20150318000000", "http://dead.test/pier"
    memento = f"http://archive.test/web/{stamp}/{dead}"
    said = f'<{memento}>; rel="memento"; datetime="Wed, 18 Mar 2015 00:00:00 GMT"'
    old.page(f"/map/{dead}", said, type="application/link-format")
    old.page(f"/web/{stamp}id_/{dead}", PAGE, headers=(("Memento-Datetime", "Wed, 18 Mar 2015 00:00:00 GMT"),))
    archive = '\n[[rescue.archive]]\nname = "Old"\ntimemap = "http://archive.test/map/"\ndelay = 0\n'
    same = SPN.replace(f"http://{HOST}/save", "http://archive.test/save").replace("SPN", "Old")
    mine = there(tmp_path, web, archive + SPN + same)
    ran = mine.run("rescue", "--submit", dead)
    assert ran.code == 0, ran.err
    # Not to the archive that has it.
    assert spn.saved == [{"url": memento, "skip_first_archive": "1"}]
    assert {archive for _, archive, _ in steps(mine)} == {"SPN"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_address_that_keeps_what_it_is_asked_for(tmp_path: Path, web: Web, method: str) -> None:
    asked: list[tuple[str, str, str]] = []

    def keep(connection: Connection, request: Request) -> None:
        body = connection.read(int(request.header("Content-Length") or 0)).decode()
        asked.append((request.seen.method, request.target, body))
        if len(asked) == 1:
            connection.respond(503, b"", (("Retry-After", "1"),))
        else:
            connection.respond(302, b"", (("Location", "/kept/1"),))

    web.host("keeper.test").otherwise(keep)
    url = "http://keeper.test/save?u={url}" if method == "GET" else "http://keeper.test/save"
    table = f'\n[[submit.archive]]\nname = "Any"\nkind = "request"\nurl = "{url}"\nmethod = "{method}"\ndelay = 0\n'
    mine = there(tmp_path, web, table)
    ran = mine.run("fetch", "--submit", f"{URL}?a=1&b=2")
    assert ran.code == 0
    assert f"Any keeps {URL}?a=1&b=2: http://keeper.test/kept/1" in ran.err
    quoted = "http%3A%2F%2Fnews.test%2Fpier%3Fa%3D1%26b%3D2"
    expected = ("GET", f"/save?u={quoted}", "") if method == "GET" else ("POST", "/save", f"url={quoted}")
    assert asked == [expected, expected]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the config names no archive to submit to"),
        ('[[submit.archive]]\nname = "A"\nkind = "other"\n', 'expected "save-page-now" or "request"'),
        ('[[submit.archive]]\nname = "A"\nmethod = "GET"\n', "method is for kind request"),
        ('[[submit.archive]]\nname = "A"\nkind = "request"\nkeys = "x"\n', "keys is for kind save-page-now"),
        ('[[submit.archive]]\nname = "A"\nurl = "ftp://a.test/"\n', "expected an http address"),
    ],
)
def test_a_mistake_in_the_config_is_told_before_anything_is_asked(
    tmp_path: Path, web: Web, text: str, words: str
) -> None:
    mine = there(tmp_path, web, "\n" + text)
    ran = fails(mine, "fetch", "--submit", URL)
    assert ran.code in (2, 4) and words in ran.err
    assert web.log == []
