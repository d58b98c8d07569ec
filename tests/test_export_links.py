"""`tearsheet export links`: which links, in which form, and where their snapshots are seen."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from archive.urls import wire_url
from tests.archive.collecting import Clock, article, group, hop, opened, page
from tests.command import Home, home
from tests.pywb import replaying

URLS = [f"https://news.test/{name}" for name in ("a", "b", "old")]
REPLAY = "https://archive.example.org/main/"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Three addresses, the last of which redirects; the first was kept twice."""
    made = home(tmp_path_factory.mktemp("links"), None, links__replay=f'"{REPLAY}"')
    with opened(made.folder / "kept", clock=Clock()) as collection:
        for number, (at, url) in enumerate([(60, URLS[1]), (0, URLS[0]), (3600, URLS[0])]):
            parts = [page(at, f"<p>{number}".encode(), url)]
            text = article(f"Text {number}.", url, f"Title [of] {url[-1]}")
            collection.commit(group(f"p{number}", at, parts, article=text, title=text.title)).result()
        parts = [hop(120, URLS[2], "/new"), page(120, b"<p>moved", "https://news.test/new")]
        moved = article("Moved.", "https://news.test/new", "")
        collection.commit(group("p9", 120, parts, article=moved, title=None)).result()
    yield made


WANTED = [
    (URLS[0], "2026-01-02T04:04:05Z", f"{REPLAY}20260102040405/{URLS[0]}", "Title [of] a"),
    (URLS[1], "2026-01-02T03:05:05Z", f"{REPLAY}20260102030505/{URLS[1]}", "Title [of] b"),
    (URLS[2], "2026-01-02T03:06:05Z", f"{REPLAY}20260102030605/https://news.test/new", ""),
]


def rows(kept: Home, *arguments: str) -> list[tuple[str, str, str, str]]:
    ran = kept.run("export", "links", "--json", *arguments)
    assert ran.code == 0, ran.err
    names = ("originalurl", "versiondate", "versionurl", "title")
    return [tuple(row[name] or "" for name in names) for row in ran.rows]  # type: ignore[misc]


def test_all_that_is_kept_in_the_order_of_addresses(kept: Home) -> None:
    assert rows(kept) == WANTED
    (first, *_) = kept.run("export", "links", "--json").rows
    assert (kept.collection / first["warc"]).exists()
    assert (first["state"], first["finalurl"]) == ("unknown", URLS[0])


def test_given_addresses_in_their_order_as_they_were_given(kept: Home) -> None:
    asked = f"{URLS[1]}?utm_source=x"
    found = rows(kept, asked, URLS[0])
    assert [row[0] for row in found] == [asked, URLS[0]]
    assert [row[2] for row in found] == [WANTED[1][2], WANTED[0][2]]
    ran = kept.run("export", "links", "--json", "-i", "-", stdin="# a list\nnews.test/a\n")
    assert [row["versionurl"] for row in ran.rows] == [WANTED[0][2]]


def test_each_form_says_the_same(kept: Home) -> None:
    soup = BeautifulSoup(kept.run("export", "links").out, "lxml")
    found = [
        (one["href"], one["data-versiondate"], one["data-versionurl"], one.get_text())
        for one in soup.select("a[data-originalurl]")
    ]
    assert found == [(*row[:3], row[3] or row[0]) for row in WANTED]
    out = kept.run("export", "links", "--format", "csv").out
    table = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [(row["originalurl"], row["versiondate"], row["versionurl"], row["title"]) for row in table] == WANTED
    assert json.loads(kept.run("export", "links", "--format", "json").out) == kept.run("export", "links", "--json").rows
    marked = kept.run("export", "links", "--format", "md").out.splitlines()
    assert marked[2] == (
        f"- [Title \\[of\\] a](https://news.test/a), [as it was on 2026-01-02 at 04:04 UTC]({WANTED[0][2]}) (unknown)"
    )


def test_the_name_of_the_file_says_the_form(kept: Home) -> None:
    target = kept.folder / "out.md"
    ran = kept.run("export", "links", "-o", str(target))
    assert (ran.code, ran.out) == (0, "out.md: 3 links\n")
    assert target.read_text() == kept.run("export", "links", "--format", "md").out
    assert kept.run("export", "links", "-o", str(target)).code == 2
    told = kept.run("export", "links", "-o", str(target), "--force", "--json").rows
    assert told == [{"path": str(target), "links": 3}]
    assert not list(kept.folder.glob(".*.part"))


def test_where_snapshots_are_seen(kept: Home) -> None:
    (row, *_) = rows(kept, "--replay", "https://web.example.net/a")
    assert row[2].startswith("https://web.example.net/a/20260102040405/https://")
    here = kept.run("export", "links", "--json", "-c", str(home(kept.folder / "x", None).folder / "config.toml"))
    assert here.code == 1  # another collection
    (kept.folder / "plain.toml").write_text('[archive]\nroot = "kept"\n')
    ran = kept.run("-c", "plain.toml", "export", "links", "--json")
    assert ran.rows[0]["versionurl"] == f"http://127.0.0.2:8081/main/20260102040405/{URLS[0]}"
    assert "[links] replay" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["https://news.test/never"], 9, "nothing is kept of https://news.test/never"),
        (["https://news.test/never", URLS[0]], 1, "nothing is kept of https://news.test/never"),
        (["--format", "xml"], 2, "there are html, md, csv, json"),
        (["--replay", "archive/main"], 2, "expected an address such as"),
        (["--json", "--format", "md"], 2, "-o names a file"),
        (["-i", "missing.txt"], 2, "missing.txt cannot be read"),
        (["-o", "."], 2, "is a folder"),
    ],
)
def test_what_goes_wrong_is_told(kept: Home, arguments: list[str], code: int, words: str) -> None:
    ran = kept.run("export", "links", *arguments)
    assert (ran.code, words in ran.err) == (code, True), ran.err


HOSTILE = [
    "https://news.test/a_(b)/[c]?d=e|f&g={h}^`i`#top",
    "https://news.test/a%20b/%E6%97%A5?q=%2F&copy=1",
    "https://news.test/it's*bold*,+~!$;:@=",
    "https://xn--bcher-kva.test:8443/ü?ü=<x>",
]


@pytest.mark.pywb
def test_a_real_replay_answers_where_the_links_say(tmp_path: Path) -> None:
    """Each version's address, followed as a browser does, brings what was captured, at the time that the link says;
    and a file that was rewritten leads there, too."""
    made = home(tmp_path, None)
    with opened(tmp_path / "kept", clock=Clock()) as collection:
        for number, url in enumerate(HOSTILE):
            wire = wire_url(url)
            parts = [page(number, f"<p>page {number}".encode(), wire)]
            text = article(f"Text {number}.", wire, f"Title {number}")
            collection.commit(group(f"p{number}", number, parts, article=text, title=text.title)).result()
    with replaying(tmp_path / "kept") as pywb:
        replay = f"http://127.0.0.1:{pywb.port}/main/"
        rows = made.run("export", "links", "--json", "--replay", replay, *HOSTILE).rows
        notes = made.folder / "notes.md"
        notes.write_text("\n\n".join(f"[x](<{url}>)" if ">" not in url else f"[x]({url})" for url in HOSTILE))
        assert made.run("rewrite", "--all", "--replay", replay, "notes.md").code == 0
        links = BeautifulSoup(MarkdownIt("commonmark").render(notes.read_text()), "lxml").find_all("a")
        for number, (row, link) in enumerate(zip(rows, links, strict=True)):
            for address in (row["versionurl"], str(link["href"])):
                assert address.startswith(replay)
                path = address.partition("#")[0].removeprefix(replay)
                # As it is shown inside pywb's frame.
                answer = pywb.get(f"/main/{path[:14]}mp_{path[14:]}")
                assert answer.status == 200, address
                assert f"<p>page {number}".encode() in answer.body
                at = parsedate_to_datetime(answer.headers["Memento-Datetime"])
                assert f"{at:%Y-%m-%dT%H:%M:%SZ}" == row["versiondate"]
