"""`tearsheet exclude` as users run it."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.collecting import derived
from tests.command import Home, home
from tests.site import Web
from tests.test_fetch_command import ARTICLE


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        for name in ("daily.test", "other.test"):
            for n in range(2):
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


def test_what_is_wrong_is_said_and_nothing_done(there: Home) -> None:
    assert "needs a reason" in there.run("exclude", "https://daily.test/0").err
    assert "everything" in there.run("exclude", "*", "--reason", "x").err
    assert "is no host" in there.run("exclude", "daily", "--reason", "x").err
    assert "is not excluded" in there.run("exclude", "--undo", "daily.test").err
    assert len(shown(there)) == 4
