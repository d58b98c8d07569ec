"""`tearsheet exclude` as users run it."""

from __future__ import annotations

import gzip
import os
import pty
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.collecting import derived
from tests.archive.secrets import where
from tests.command import Home, Ran, home
from tests.pywb import replaying, wayback
from tests.site import Web
from tests.test_fetch_command import ARTICLE


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        for name in ("daily.test", "other.test"):
            for n in range(3):
                web.host(name).page(f"/{n}", ARTICLE.replace("the pier", f"pier {n} of {name}"))
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    there = home(tmp_path, web)
    urls = [f"https://{name}/{n}" for name in ("daily.test", "other.test") for n in range(2)]
    assert there.run("fetch", "-q", *urls).code == 0
    return there


def shown(there: Home) -> set[str]:
    return {row["final_url"] for row in there.run("--json", "list").rows}


def in_index(there: Home, words: str) -> bool:
    return any(words in path.read_text() for path in (there.collection / "indexes").glob("*.cdxj"))


def test_an_address_is_taken_out_of_everything_and_brought_back(there: Home, web: Web) -> None:
    root = there.collection.parents[1]
    before, warcs = derived(root), {path: path.read_bytes() for path in there.warcs()}
    url = "https://daily.test/0"
    ran = there.run("exclude", url, "--reason", "court order")
    assert ran.code == 0, ran.err
    assert url not in shown(there)
    assert len(shown(there)) == 3
    assert not in_index(there, url)
    assert url not in (there.collection / "pages" / "pages.jsonl").read_text()
    assert not [path for path in (there.collection / "text").rglob("*") if "daily.test/0" in str(path)]
    assert there.run("--json", "search", '"pier 0 of daily.test"').rows == []
    assert there.run("show", url).code == 1
    assert {path: path.read_bytes() for path in there.warcs()} == warcs
    assert there.run("verify", "-q").code == 0
    assert there.run("rebuild").code == 0
    assert url not in shown(there)
    asked = len(web.seen("daily.test", "/0"))
    again = there.run("fetch", "--again", url)
    assert (again.code, "excluded on" in again.out + again.err) == (9, True)
    assert len(web.seen("daily.test", "/0")) == asked
    assert "court order" in there.run("exclude").out
    assert there.run("exclude", "--undo", url).code == 0
    after = derived(root)
    assert (after["index"], after["pages"], after["text"]) == (before["index"], before["pages"], before["text"])
    assert there.run("verify", "-q").code == 0


def test_a_host_and_a_pattern(there: Home) -> None:
    assert there.run("exclude", "other.test", "--reason", "asked by its owner").code == 0
    assert shown(there) == {"https://daily.test/0", "https://daily.test/1"}
    assert there.run("exclude", "https://daily.test/1*", "--reason", "too").code == 0
    assert shown(there) == {"https://daily.test/0"}
    assert there.run("verify", "-q").code == 0


def test_an_export_is_without_it(there: Home) -> None:
    url = "https://daily.test/0"
    assert there.run("exclude", url, "--reason", "court order").code == 0
    assert there.run("export", "wacz", "--all", "-o", "all.wacz").code == 0
    with zipfile.ZipFile(there.folder / "all.wacz") as wacz:
        pages = wacz.read("pages/pages.jsonl").decode()
        warcs = [gzip.decompress(wacz.read(name)) for name in wacz.namelist() if name.startswith("archive/")]
    assert [url in pages, "https://daily.test/1" in pages] == [False, True]
    assert [b"pier 0 of daily.test" in b"".join(warcs), b"pier 1 of daily.test" in b"".join(warcs)] == [False, True]


def purge(there: Home, *what: str) -> Ran:
    return there.run("exclude", "--purge", "--yes", *what, "--reason", "court order")


def holding(there: Home, words: str) -> set[str]:
    """The files of the collection that hold it, packed or not."""
    return set(where(there.collection, words.encode()))


def test_what_is_purged_is_in_no_byte_of_the_collection(there: Home, web: Web) -> None:
    url = "https://daily.test/2"
    crawl = there.folder / "config.toml"
    crawl.write_text(crawl.read_text() + '[[source]]\nkind = "list"\npath = "list.txt"\n')
    (there.folder / "list.txt").write_text(f"{url}\nhttps://daily.test/1\n")
    assert there.run("crawl", "-q", "--retry-failed").code == 0
    assert there.run("fetch", "-q", "--again", url).code == 0
    assert there.run("pack", "-q").code == 0
    assert {"catalog.sqlite", "queue.sqlite"} <= holding(there, "daily.test/2")
    assert [name for name in holding(there, "daily.test/2") if name.startswith("logs/")]
    ran = purge(there, url)
    assert ran.code == 0, ran.err
    assert "for good" in ran.out
    assert holding(there, "pier 2 of daily.test") == set()
    assert holding(there, "daily.test/2") == {"exclusions.jsonl"}
    assert holding(there, "pier 1 of daily.test")
    assert there.run("verify", "-q").code == 0
    asked = len(web.seen("daily.test", "/2"))
    again = there.run("crawl", "--json")
    assert again.code == 0, again.out
    assert len(web.seen("daily.test", "/2")) == asked
    undone = there.run("exclude", "--undo", url)
    assert (undone.code, "cannot be brought back" in undone.err) == (0, True)
    assert shown(there) == {f"https://{name}/{n}" for name in ("daily.test", "other.test") for n in range(2)}


def test_what_waits_in_the_queue_leaves_it_and_does_not_come_back(there: Home, web: Web) -> None:
    config = there.folder / "config.toml"
    config.write_text(config.read_text() + '[[source]]\nkind = "list"\npath = "list.txt"\n')
    urls = [f"https://{name}/2" for name in ("daily.test", "other.test")]
    (there.folder / "list.txt").write_text("\n".join(urls) + "\n")
    (first,) = there.run("crawl", "--max-pages", "1", "--json").rows[:1]
    (waiting,) = [url for url in urls if url != first["url"]]
    host = waiting.split("/")[2]
    asked = len(web.seen(host, "/2"))
    assert there.run("exclude", waiting, "--reason", "court order").code == 0
    assert "queue.sqlite" not in holding(there, waiting)
    for _ in range(2):
        ran = there.run("crawl", "--json")
        assert ran.code == 0, ran.out
        assert waiting not in ran.out
    assert len(web.seen(host, "/2")) == asked
    assert "queue.sqlite" not in holding(there, waiting)


@pytest.mark.pywb
def test_pywb_finds_nothing_of_what_is_purged(there: Home) -> None:
    url = "https://daily.test/0"
    root = there.collection.parents[1]
    with replaying(root) as pywb:
        assert pywb.get(f"/main/mp_/{url}").status == 200
    assert purge(there, url).code == 0
    with replaying(root) as pywb:
        assert pywb.get(f"/main/mp_/{url}").status == 404
        assert pywb.get("/main/mp_/https://daily.test/1").status == 200
    subprocess.run([wayback().replace("wayback", "wb-manager"), "reindex", "main"], cwd=root, check=True)
    with replaying(root) as pywb:
        assert pywb.get(f"/main/mp_/{url}").status == 404
        assert pywb.get("/main/mp_/https://daily.test/1").status == 200


def test_purging_asks_and_can_be_looked_at_first(there: Home) -> None:
    url = "https://daily.test/0"
    warcs = {path: path.read_bytes() for path in there.warcs()}
    looked = there.run("exclude", "--purge", "--dry-run", url, "--reason", "court order", "--json")
    (told,) = looked.rows
    assert (told["dry_run"], told["pages"], told["records"]["response"]) == (True, 1, 1)
    assert "--yes says" in there.run("exclude", "--purge", url, "--reason", "court order").err
    assert terminal(there, "exclude", "--purge", url, "--reason", "court order", answer="n") == 1
    assert {path: path.read_bytes() for path in there.warcs()} == warcs
    assert len(shown(there)) == 4
    assert terminal(there, "exclude", "--purge", url, "--reason", "court order", answer="y") == 0
    assert len(shown(there)) == 3
    assert holding(there, "pier 0 of daily.test") == set()


def terminal(there: Home, *arguments: str, answer: str) -> int:
    """The exit code of a run whose stdin is a terminal at which `answer` is typed."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        command = there.command(*arguments)
        done = subprocess.run(
            command,
            cwd=there.folder,
            env=there.environment,
            stdin=theirs,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return done.returncode
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_purge_says_what_is_wrong(there: Home) -> None:
    url = "https://daily.test/0"
    assert "needs a reason" in there.run("exclude", "--purge", "--yes", url).err
    assert "--undo and --purge" in there.run("exclude", "--purge", "--undo", url).err
    assert "go with --purge" in there.run("exclude", "--yes", url, "--reason", "x").err
    assert len(shown(there)) == 4
    path = there.warcs()[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    ran = purge(there, url)
    assert (ran.code, "repair comes first" in ran.err) == (5, True)


def test_what_is_wrong_is_said_and_nothing_done(there: Home) -> None:
    assert "needs a reason" in there.run("exclude", "https://daily.test/0").err
    assert "everything" in there.run("exclude", "*", "--reason", "x").err
    assert "is no host" in there.run("exclude", "daily", "--reason", "x").err
    assert "is not excluded" in there.run("exclude", "--undo", "daily.test").err
    assert len(shown(there)) == 4
