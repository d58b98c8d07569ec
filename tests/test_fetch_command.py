"""`tearsheet fetch` as users run it, against the loopback web."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Home, home
from tests.site import Web

FORMAT = Path(__file__).parent / "data" / "format"
EXAMPLE = "https://www.themoscowtimes.com/2013/05/28/russia-aims-to-boost-security-alliance-in-central-asia-a-24444"
SECOND = "https://gazette.example/politics/2021/03/harbour-plan?page=1"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf"
    "c0f01f0005000201a5a2d6d40000000049454e44ae426082"
)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        moscow = web.host("www.themoscowtimes.com")
        moscow.page(EXAMPLE.split("themoscowtimes.com")[1], (FORMAT / "example.html").read_bytes())
        moscow.page("/css/main.css?v=7", "body{background:url(/image/paper.png)}", type="text/css")
        moscow.page("/image/paper.png", PIXEL, type="image/png")
        moscow.page("/image/article_1360/33/putin-spring.jpg", PIXEL * 20, type="image/jpeg")
        gazette = web.host("gazette.example")
        gazette.page("/politics/2021/03/harbour-plan", (FORMAT / "second.html").read_bytes())
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    return home(tmp_path, web)


def test_example_to_the_byte(there: Home) -> None:
    ran = there.run("fetch", "--json", EXAMPLE)
    assert ran.code == 0, ran.err
    (row,) = ran.rows
    assert row["verdict"] == "article"
    assert Path(row["text"]).read_bytes() == (FORMAT / "example.txt").read_bytes()
    assert row["url"] == row["final_url"] == row["original_url"] == EXAMPLE
    assert row["authors"] == ["Ivan Nechepurenko"]
    assert row["date"] == "2013-05-28"
    assert row["requisites"] == 3
    assert row["missing_requisites"] == []
    assert Path(row["warc"]).is_file()
    data = json.loads(Path(row["text"]).with_suffix(".json").read_text())
    assert row["digest"] in json.dumps(data)


def test_second_to_the_byte_and_missing_requisites_do_not_fail_it(there: Home) -> None:
    ran = there.run("fetch", "--json", SECOND + "&utm_source=rss")
    assert ran.code == 0, ran.err
    (row,) = ran.rows
    assert Path(row["text"]).read_bytes() == (FORMAT / "second.txt").read_bytes()
    assert row["original_url"] == SECOND
    assert row["final_url"] == SECOND + "&utm_source=rss"
    assert "https://gazette.example/static/site.css" in row["missing_requisites"]
    assert "https://gazette.example/img/quay-1280.webp" in row["missing_requisites"]


def test_what_was_kept_is_not_asked_again_unless_told(there: Home, web: Web) -> None:
    there.fetch(EXAMPLE)
    asked = len(web.log)
    row = there.fetch(EXAMPLE)
    assert row["already_kept"]
    assert row["verdict"] == "article"
    assert len(web.log) == asked
    again = there.fetch("--again", EXAMPLE)
    assert again["verdict"] == "unchanged"
    assert again["text"] == row["text"]
    assert len(web.log) > asked


def test_an_equal_payload_and_a_304_become_revisits_of_the_original(there: Home, web: Web) -> None:
    web.host("news.test").page("/a", ARTICLE, headers=(("ETag", '"1"'),))
    first = there.fetch("https://news.test/a")
    second = there.fetch("--again", "https://news.test/a")
    assert [seen.header("if-none-match") for seen in web.seen("news.test", "/a")] == [None, '"1"']
    assert (first["verdict"], second["verdict"]) == ("article", "unchanged")
    assert second["title"] == first["title"]
    assert len(there.texts()) == 2


ARTICLE = (
    "<html lang=en><head><title>A quiet day at the pier</title>"
    '<meta property="og:type" content="article"></head><body><article><h1>A quiet day at the pier</h1>'
    + "".join(
        f"<p>Paragraph {n} tells in some detail what happened at the pier that day, and why nobody minded it.</p>"
        for n in range(12)
    )
    + "</article></body></html>"
)


def test_a_changed_article_becomes_a_version(there: Home, web: Web) -> None:
    web.host("news.test").page("/a", ARTICLE)
    first = there.fetch("https://news.test/a")
    before = Path(first["text"]).read_bytes()
    web.host("news.test").page("/a", ARTICLE.replace("nobody minded", "everybody minded"))
    second = there.fetch("--again", "https://news.test/a")
    assert second["text"] == first["text"]
    assert Path(second["text"]).read_bytes() == before.replace(b"nobody minded", b"everybody minded")
    older = [path for path in Path(first["text"]).parent.glob("*.txt") if str(path) != first["text"]]
    assert [path.read_bytes() for path in older] == [before]


def test_exit_codes_and_reasons(there: Home, web: Web) -> None:
    host = web.host("news.test")
    host.page("/a", ARTICLE)
    host.page("/gone", "<h1>gone</h1>", status=410)
    some = there.run("fetch", "--json", "https://news.test/a", "https://news.test/gone")
    assert some.code == 1
    assert {row["url"]: row["verdict"] for row in some.rows} == {
        "https://news.test/a": "article",
        "https://news.test/gone": "gone",
    }
    none = there.run("fetch", "https://news.test/gone2", "ftp://news.test/a", "http://")
    assert none.code == 9
    assert "404" in none.out
    assert "Traceback" not in none.err
    assert there.run("fetch").code == 2
    assert there.run("fetch", "-i", "absent.txt").code == 2
    assert "absent.txt" in there.run("fetch", "-i", "absent.txt").err
    (there.folder / "bad.toml").write_text("[fetch]\ntimeot = 3\n")
    bad = there.run("fetch", "-c", "bad.toml", "https://news.test/a")
    assert bad.code == 4
    assert "timeot" in bad.err
    assert "bad.toml" in bad.err


def test_lists_stdin_and_comments(there: Home, web: Web) -> None:
    for name in "abc":
        web.host(f"{name}.test").page("/", ARTICLE)
    (there.folder / "links.txt").write_text("# mine\nhttps://a.test/\n\nhttps://b.test/\nhttps://a.test/\n")
    ran = there.run("fetch", "--json", "-i", "links.txt", "-", stdin="https://c.test/\n")
    assert sorted(row["url"] for row in ran.rows) == [f"https://{name}.test/" for name in "abc"]
    assert ran.code == 0


def test_rebuild_gives_the_same_bytes(there: Home, web: Web) -> None:
    host = web.host("news.test")
    host.page("/a", ARTICLE)
    host.redirect("/old", "/a")
    there.run("fetch", EXAMPLE, SECOND, "https://news.test/old", "https://news.test/none")
    host.page("/a", ARTICLE.replace("nobody", "somebody"))
    there.run("fetch", "--again", "https://news.test/a", EXAMPLE)
    before = derived(there)
    assert before["text"]
    for name in ("indexes", "pages", "text"):
        subprocess.run(["rm", "-r", str(there.collection / name)], check=True)
    for path in there.collection.glob("catalog.sqlite*"):
        path.unlink()
    assert there.run("rebuild").code == 0
    assert derived(there) == before


def derived(home: Home) -> dict[str, object]:
    top = home.collection
    lines = [line for path in (top / "indexes").glob("*.cdxj") for line in path.read_bytes().splitlines()]
    catalog = sqlite3.connect(top / "catalog.sqlite")
    tables = [
        name
        for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith(("sqlite_", "search_", "authors_"))
    ]
    rows = {name: sorted(map(repr, catalog.execute(f"SELECT * FROM {name}"))) for name in tables}
    catalog.close()
    return {
        "index": sorted(lines),
        "pages": (top / "pages" / "pages.jsonl").read_bytes(),
        "text": home.texts(),
        "catalog": rows,
    }


def test_the_other_commands(there: Home) -> None:
    there.run("fetch", EXAMPLE, SECOND)
    listed = there.run("list")
    assert "Harbour plan" in listed.out
    assert there.run("show", EXAMPLE).out.rstrip("\n") == (FORMAT / "example.txt").read_text()
    assert "verdict: article" in there.run("show", "--meta", SECOND).out
    html = there.run("show", "--html", SECOND)
    assert html.out == (FORMAT / "second.html").read_text()
    found = there.run("search", "mountain", "spring")
    assert "Russia Aims" in found.out
    assert "Harbour" not in found.out
    assert there.run("status").code == 0
    status = json.loads(there.run("status", "--json").out)
    assert status["pages"] == 2
    missing = there.run("show", "https://nowhere.test/")
    assert missing.code == 1
    assert "nothing is kept" in missing.err


def test_init_writes_the_sample_and_never_over_a_file(tmp_path: Path) -> None:
    there = Home(tmp_path)
    assert there.run("init").code == 0
    written = (tmp_path / "config.toml").read_text()
    assert written == (Path(__file__).parent.parent / "config.toml").read_text()
    assert there.run("init").code == 2
    assert (tmp_path / "config.toml").read_text() == written
    assert there.run("list").code in (0, 1)


def test_version_loads_no_heavy_module(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.argv = ['tearsheet', '--version']\nfrom scraper.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(sorted({'trafilatura', 'requests', 'lxml'} & set(sys.modules)))"
    )
    there = Home(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=there.environment, check=True
    )
    assert done.stdout.splitlines() == ["tearsheet 0.1.0", "[]"]


def test_credentials_in_an_address_are_used_and_never_stored(there: Home, web: Web) -> None:
    web.host("news.test").page("/a", ARTICLE, headers=(("Set-Cookie", "session=secret"),))
    ran = there.run("fetch", "--json", "https://reader:pass%40word@news.test/a")
    assert ran.code == 0, ran.err
    assert (web.seen("news.test", "/a")[-1].header("authorization") or "").startswith("Basic ")
    assert ran.rows[0]["url"] == "https://news.test/a"
    listed = there.run("list", "--json").out
    kept = b"".join(zcat(path) for path in there.warcs())
    catalog = b"".join(path.read_bytes() for path in there.collection.glob("catalog.sqlite*"))
    for secret in ("reader:", "pass", "session=secret", "Basic "):
        assert secret not in ran.out + listed
        assert secret.encode() not in kept + catalog + b"".join(there.texts().values())
    assert b"Set-Cookie" in kept  # the metadata record says what was left out


def zcat(path: Path) -> bytes:
    return subprocess.run(["gzip", "-dc", str(path)], capture_output=True, check=True).stdout


def test_options_that_stand_everywhere_stand_before_the_command_too(there: Home) -> None:
    (there.folder / "config.toml").rename(there.folder / "other.toml")
    assert there.run("-c", "other.toml", "--json", "fetch", SECOND).rows[0]["verdict"] == "article"
    assert there.run("list", "-c", "other.toml", "--json").rows[0]["url"] == SECOND
    unknown = there.run("-c", "other.toml", "list", "--verdict", "nonsense")
    assert unknown.code == 2
    assert "soft 404" in unknown.err
