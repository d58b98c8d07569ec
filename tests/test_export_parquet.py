"""`tearsheet export parquet`: the queries of docs/parquet.md on a real collection, the columns, what is refused."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archive.urls import key
from archive.warc.reader import read_at
from tests.command import PROJECT, Home, home
from tests.making import story
from tests.site import Web

DOCS = (PROJECT / "docs" / "parquet.md").read_text(encoding="utf-8")
FERRIES, BRIDGE, GONE = (f"https://news.example.co.uk/{name}" for name in ("ferries", "bridge", "gone"))
# What Common Crawl's columnar index documents, in DuckDB's names; theirs are INTEGER where ours are BIGINT.
_NOT_STRINGS = {
    "url_port": "INTEGER",
    "fetch_time": "TIMESTAMP WITH TIME ZONE",
    "fetch_status": "SMALLINT",
    "warc_record_id": "BLOB",
    "warc_record_offset": "BIGINT",
    "warc_record_length": "BIGINT",
}
_COLUMNS = """
    url_surtkey url url_host_name url_host_tld url_host_2nd_last_part url_host_3rd_last_part url_host_4th_last_part
    url_host_5th_last_part url_host_registry_suffix url_host_registered_domain url_host_private_suffix
    url_host_private_domain url_host_name_reversed url_protocol url_port url_path url_query fetch_time fetch_status
    fetch_redirect content_digest content_mime_type content_mime_detected content_charset content_languages
    content_truncated warc_record_id warc_filename warc_record_offset warc_record_length warc_segment
"""
COMMON_CRAWL = {name: _NOT_STRINGS.get(name, "VARCHAR") for name in _COLUMNS.split()}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Three articles, one of them gone since and one confirmed since; a redirect, a shared style sheet, quarantine."""
    with Web() as web:
        host = web.host("news.example.co.uk")
        for path, words in (("/ferries", "of ferries"), ("/bridge", "of the Harbour Bridge"), ("/gone", "soon")):
            page = story(f"A story {words}", words).replace("<head>", "<head><link rel=stylesheet href=/style.css>")
            page = page.replace("</h1>", "</h1><p class=byline>By <a rel=author href=/a>Ann Bee</a></p>")
            page = page.replace("<html>", "<html lang=en>")
            host.page(path, page, headers=(("ETag", f'"{path}"'),))
        host.page("/style.css", "p { color: black }", type="text/css")
        host.page("/copy.css", "p { color: black }", type="text/css")
        host.redirect("/short", "/bridge?from=short", status=301)
        host.page(
            "/bridge?from=short",
            story("Another bridge", "@import").replace("<head>", "<head><link rel=stylesheet href=/copy.css>"),
        )
        made = home(tmp_path_factory.mktemp("parquet"), web)
        assert made.run("fetch", "-q", FERRIES, BRIDGE, GONE, "https://news.example.co.uk/short").code == 0
        host.page("/gone", "<h1>gone</h1>", status=410)
        made.run("fetch", "-q", "--again", GONE)
        assert made.run("fetch", "-q", "--again", FERRIES).code == 0
        assert made.run("export", "parquet").code == 0
        yield made


def query(kept: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        database.execute(f"SET file_search_path = '{kept.folder}'")
        for view in blocks("sql")["Queries"].split(";"):
            if view.strip():
                database.execute(view)
        return database.execute(sql).fetchall()


def blocks(language: str) -> dict[str, str]:
    """The documentation's code, by the heading that it stands under."""
    found: dict[str, str] = {}
    heading = ""
    for match in re.finditer(rf"^##+ ([^\n]+)$|^```{language}\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL):
        heading = match[1] or heading
        if match[2]:
            found[heading] = match[2]
    return found


def _there(rows: list[tuple[Any, ...]]) -> bool:
    return {subset for _, subset, *_ in rows} == {"warc", "robotstxt", "crawldiagnostics"}


EXPECTED: dict[str, Callable[[list[tuple[Any, ...]]], bool]] = {
    "What is there": _there,
    "Pages of a domain, whatever its hosts": lambda rows: (
        [row[0] for row in rows] == sorted([BRIDGE, f"{BRIDGE}?from=short", FERRIES, GONE], key=key)
        and {row[3] for row in rows} == {"eng", None}
    ),
    "Everything captured of one address": lambda rows: [row[2] for row in rows] == ["response", "revisit"],
    "Where redirects lead": lambda rows: rows == [("https://news.example.co.uk/short", 301, f"{BRIDGE}?from=short")],
    "Bytes by type": lambda rows: {row[0] for row in rows} == {"text/html", "text/css"},
    "What came more than once": lambda rows: [row[1] for row in rows] == [2],
    "What was not the article": lambda rows: rows == [("gone", 1, 1)],
    "Articles by author": lambda rows: rows[0][:2] == ("Ann Bee", 3),
    "Articles that say something": lambda rows: [row[2] for row in rows] == [BRIDGE],
    "Articles that are no longer on the web, with where their page is kept": lambda rows: (
        [row[1:3] for row in rows] == [(GONE, "gone")]
    ),
}


def test_the_documentation_has_no_query_that_is_not_run() -> None:
    assert set(blocks("sql")) - {"Queries"} == set(EXPECTED)


@pytest.mark.parametrize("heading", sorted(EXPECTED))
def test_the_documented_queries_find_what_they_say(kept: Home, heading: str) -> None:
    rows = query(kept, blocks("sql")[heading])
    assert EXPECTED[heading](rows), rows


def test_the_documented_program_reads_a_record(kept: Home) -> None:
    (program,) = blocks("python").values()
    done = subprocess.run(
        [sys.executable, "-c", program + "\nprint(record.decode())"],
        cwd=kept.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert f"WARC-Target-URI: {FERRIES}" in done.stdout
    assert "A story of ferries" in done.stdout


def test_columns_are_those_of_common_crawl(kept: Home) -> None:
    found = {name: kind for name, kind, *_ in query(kept, "DESCRIBE captures")}
    assert list(found)[: len(COMMON_CRAWL)] == list(COMMON_CRAWL)
    assert {name: found[name] for name in COMMON_CRAWL} == COMMON_CRAWL


def test_every_row_names_its_record(kept: Home) -> None:
    rows = query(
        kept, "SELECT url, warc_filename, warc_record_offset, warc_record_length, warc_record_id FROM captures"
    )
    assert len(rows) > 8
    for url, name, offset, length, record_id in rows:
        record = read_at(kept.collection / name, offset)
        assert (record.url, record.length) == (url, length)
        assert record.record_id.replace("-", "").endswith(f"{record_id.hex()}>")


def test_articles_hold_their_text_files(kept: Home) -> None:
    rows = query(kept, "SELECT url, text, text_file, versions, language, words, state FROM articles ORDER BY url")
    assert [(row[0], row[6]) for row in rows if row[0] != f"{BRIDGE}?from=short"] == [
        (BRIDGE, "article"),
        (FERRIES, "unchanged"),
        (GONE, "gone"),
    ]
    for _, text, file, versions, _, words, _ in rows:
        assert text.encode() == (kept.collection / file).read_bytes()
        assert (versions, words > 100) == (1, True)


def test_what_is_there_is_not_written_over_unasked(kept: Home, tmp_path: Path) -> None:
    assert kept.run("export", "parquet").code == 2
    before = {path: path.read_bytes() for path in (kept.folder / "main-parquet").rglob("*.parquet")}
    ran = kept.run("export", "parquet", "--force", "--json")
    assert ran.code == 0
    assert (ran.rows[0]["captures"], ran.rows[0]["files"]) == (len(query(kept, "FROM captures")), len(before))
    assert {path: path.read_bytes() for path in (kept.folder / "main-parquet").rglob("*.parquet")} == before
    (tmp_path / "mine").write_text("mine")
    refused = kept.run("export", "parquet", "--force", "-o", str(tmp_path))
    assert (refused.code, (tmp_path / "mine").read_text()) == (2, "mine")
    assert kept.run("export", "parquet", "-o", str(tmp_path / "mine")).code == 2


def test_a_place_that_cannot_be_written_is_told(kept: Home) -> None:
    ran = kept.run("export", "parquet", "-o", "/proc/no/such")
    assert (ran.code, ran.err.count("\n"), "Traceback" in ran.err) == (3, 1, False)


def test_without_pyarrow_it_says_what_to_install(kept: Home) -> None:
    code = "import sys; sys.modules['pyarrow'] = None; from scraper.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "export", "parquet", "-o", "other"],
        cwd=kept.folder,
        env=kept.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, 'pip install "tearsheet[parquet]"' in done.stderr) == (2, True)


def test_a_signal_leaves_nothing_behind(kept: Home, tmp_path: Path) -> None:
    """The export waits at a pipe that stands for a text file, until it has been told to stop."""
    target = tmp_path / "out"
    with Web() as web:
        own = home(tmp_path / "own", web)
        web.host("a.test").page("/story", story("One"))
        assert own.run("fetch", "-q", "https://a.test/story").code == 0
        (text,) = own.collection.glob("text/*/*.txt")
        content = text.read_bytes()
        text.unlink()
        os.mkfifo(text)
        process = subprocess.Popen(
            own.command("export", "parquet", "-o", str(target)),
            cwd=own.folder,
            env=own.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        with text.open("wb") as pipe:
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert "stopping" in process.stderr.readline()
            pipe.write(content)
        assert process.wait(60) == 130
        process.stderr.close()
        assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_collection_without_anything_closed_is_told(tmp_path: Path) -> None:
    own = home(tmp_path, None)
    assert own.run("export", "parquet").code == 1


def test_json_alone_goes_to_stdout(kept: Home, tmp_path: Path) -> None:
    ran = kept.run("export", "parquet", "--json", "-o", str(tmp_path / "out"))
    assert set(json.loads(ran.out)) == {"path", "captures", "articles", "files", "size"}
