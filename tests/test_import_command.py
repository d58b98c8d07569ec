"""`tearsheet import` as users run it: files of other tools become pages, texts and replay like any other."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.archive.collecting import derived, fill
from tests.command import Home, Ran, home
from tests.corpus import needed
from tests.foreign import STORY, arc, at, crawl, gzipped, html, http, plain, response, revisit, wacz
from tests.pywb import replaying
from tests.site import Web
from tests.test_fetch_command import ARTICLE
from tests.underway import underway

# Of each file: pages, of these with a text, other answers in the index, and what is told of damage.
CORPUS: dict[str, tuple[int, int, int, tuple[str, ...]]] = {
    "20141124-heritrix-server-not-modified.warc.gz": (0, 0, 0, ()),
    "20141129-heritrix-original.warc.gz": (1, 1, 0, ()),
    "20141129-heritrix-revisit-with-http-headers-and-new-warc-headers.warc.gz": (1, 1, 0, ()),
    "bad.arc": (0, 0, 0, ("0: no ARC record begins here", "262: no ARC record begins here")),
    "badexample.arc.gz": (0, 0, 1, ("2369: no ARC record", "2606: the file ends", "2882: the file ends")),
    "cc.warc.gz": (1, 0, 0, ()),
    "clipped.warc.gz": (
        0,
        0,
        0,
        ("0: the file ends inside a gzip member; lost is the response of http://www.houstonpress.com/",),
    ),
    "decode.warc": (2, 0, 0, ()),
    "example-bad-non-chunked.warc.gz": (2, 0, 0, ("2538: the block is not what WARC-Block-Digest says",)),
    "example-collection-with-lists.warc": (6, 5, 11, ()),
    "example-digest.warc": (0, 0, 0, ("0: the payload is not what WARC-Payload-Digest says",)),
    "example-iana.org-chunked.warc": (1, 0, 0, ()),
    "example-iana.warc": (6, 5, 49, ()),
    "example-resource.warc.gz": (0, 0, 2, ()),
    "example-space-in-target-uri.warc.gz": (0, 0, 0, ()),
    "example-trunc.warc": (
        1,
        0,
        0,
        ("1197: the block is not followed by two line ends", "1197: the block is not what"),
    ),
    "example-url-agnostic-revisit.warc.gz": (0, 0, 0, ()),
    "example-wget-bad-target-uri.warc.gz": (1, 0, 0, ()),
    "example-wpull.warc.gz": (1, 0, 0, ()),
    "example-wrong-chunks.warc.gz": (1, 0, 0, ("0: the block is not what WARC-Block-Digest says",)),
    "example.arc": (1, 0, 0, ()),
    "example.arc.gz": (81, 70, 126, ()),
    "example.com.wacz": (1, 0, 0, ()),
    "gzip_extra_sl.warc.gz": (0, 0, 0, ()),
    "http-return-codes.warc.gz": (2, 0, 23, ()),
    "iframetest.wacz": (1, 0, 1, ()),
    "invalid_example_1.wacz": (0, 0, 0, ("it holds no file in archive/",)),
    "invalid_signed_example_1.wacz": (1, 0, 0, ()),
    "issue-514.warc": (1, 0, 0, ()),
    "missing-http.warc.gz": (0, 0, 0, ("0: the payload is not what WARC-Payload-Digest says",)),
    "redirect.warc": (0, 0, 1, ()),
    "valid_example_2.wacz": (1, 0, 0, ()),
    "valid_signed_example_1.wacz": (1, 0, 0, ()),
    "whirlwind.warc.gz": (1, 1, 0, ()),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Ran]:
    """All files of the corpus, imported in one run."""
    files = sorted((needed() / "warcs").iterdir())
    there = home(tmp_path_factory.mktemp("corpus"), None)
    return there, there.run("import", "--json", *map(str, files))


@pytest.mark.slow
def test_every_file_of_the_corpus_is_expected(corpus: tuple[Home, Ran]) -> None:
    assert {path.name for path in (needed() / "warcs").iterdir()} == CORPUS.keys()
    assert {row["of"].partition("/")[0] for row in corpus[1].rows} == CORPUS.keys()
    assert corpus[1].code == 5


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CORPUS))
def test_each_file_of_the_corpus_gives_what_it_has(corpus: tuple[Home, Ran], name: str) -> None:
    there, ran = corpus
    (row,) = [row for row in ran.rows if row["of"].partition("/")[0] == name]
    pages, articles, others, damage = CORPUS[name]
    assert (row["pages"], row["articles"], row["others"]) == (pages, articles, others), row
    told = [f"{each['offset']}: {each['problem']}" for each in row["damage"]]
    assert len(told) == len(damage), told
    assert all(words in line for words, line in zip(damage, told, strict=True)), told
    if name == "invalid_example_1.wacz":
        assert (row["outcome"], row["stored"]) == ("refused", "")
        return
    stored = there.collection / row["stored"]
    assert row["outcome"] == "imported" and stored.stat().st_size == row["size"]
    if not row["packed_anew"] and "/" not in row["of"]:
        assert stored.read_bytes() == (needed() / "warcs" / name).read_bytes()


@pytest.mark.slow
def test_the_corpus_is_whole_is_rebuilt_alike_and_comes_in_once(corpus: tuple[Home, Ran]) -> None:
    there, _ = corpus
    verified = there.run("--json", "verify")
    assert verified.code == 0, verified.out
    root = there.collection.parents[1]
    before = derived(root)
    again = there.run("import", "--json", *(str(needed() / "warcs" / name) for name in CORPUS))
    assert {row["outcome"] for row in again.rows} == {"already there", "refused"}
    assert derived(root) == before
    assert there.run("rebuild").code == 0
    assert derived(root) == before
    exported = there.run("export", "wacz", "--all", "-o", "all.wacz")
    assert exported.code == 0, exported.err
    with zipfile.ZipFile(there.folder / "all.wacz") as made:
        assert made.testzip() is None
        assert "archive/example.arc.gz" in made.namelist()


@pytest.mark.slow
@pytest.mark.pywb
def test_the_corpus_replays(corpus: tuple[Home, Ran]) -> None:
    """What each line of the index names is what pywb answers, but for redirects to themselves and bodies that are
    shorter than their headers say."""
    there, _ = corpus
    lines = (there.collection / "indexes" / "index.cdxj").read_text().splitlines()
    asked = right = 0
    with replaying(there.collection.parents[1]) as pywb:
        for line in lines:
            _, time, fields = line.split(" ", 2)
            capture = json.loads(fields)
            if capture.get("status") != "200" or capture["filename"] == "example-wrong-chunks.warc.gz":
                continue
            answer = pywb.get(f"/main/{time}id_/{capture['url']}")
            asked += 1
            right += answer.status == 200 and "Memento-Datetime" in answer.headers
    assert asked > 250
    assert right == asked


# ------------------------------------------------------------------------------------------------------- made here


@pytest.fixture
def there(tmp_path: Path) -> Home:
    return home(tmp_path, None)


def rows(there: Home, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    ran = there.run("import", "--json", *arguments)
    assert ran.code == code, ran.err
    return ran.rows


@pytest.mark.parametrize("shape", ["warc", "warc.gz", "one member", "zstd", "wacz"])
def test_a_crawl_becomes_pages_texts_and_index(there: Home, shape: str) -> None:
    path = there.folder / f"crawl.{shape if shape.startswith('w') else 'warc.gz'}"
    data = b"".join(crawl())
    if shape == "warc":
        plain(path, crawl())
    elif shape == "wacz":
        listed = [{"url": "https://paper.test/old"}, {"url": STORY, "ts": "2020-05-06T07:08:09Z"}]
        wacz(path, {"data.warc.gz": gzipped(there.folder / "x", crawl()).read_bytes()}, listed)
    elif shape == "zstd":
        path.write_bytes(zstandard.compress(data))
    elif shape == "one member":
        path.write_bytes(gzipped(there.folder / "x", [data]).read_bytes())
    else:
        gzipped(path, crawl())
    (row,) = rows(there, str(path))
    expected = (2, 2) if shape == "wacz" else (3, 3)
    assert (row["outcome"], row["pages"], row["articles"]) == ("imported", *expected)
    assert bool(row["packed_anew"]) == (shape in ("one member", "zstd"))
    if shape != "wacz":
        assert [page["verdict"] for page in row["not_kept"]] == ["challenge"]
    assert row["bad_status"] == 1
    told = there.run("--json", "show", "--meta", "https://paper.test/old").rows[0]
    assert (told["verdict"], told["title"], told["final_url"]) == ("article", "The bridge", "https://paper.test/bridge")
    assert told["source"] == "import"
    assert "The harbour board met" in there.run("show", STORY).out
    assert b"<h1>The pier</h1>" in there.run("show", "--html", STORY).out.encode()
    assert there.run("search", "harbour board").out.count("https://paper.test/") >= 2
    index = (there.collection / "indexes" / "index.cdxj").read_text()
    assert "paper.test/gone" not in index
    # What a list of pages does not name is what some page needs.
    assert ("paper.test/wall" in index) == (shape == "wacz")
    for url in ("story", "bridge", "old", "a.png", "frame"):
        assert f'"url": "https://paper.test/{url}"' in index
    verified = there.run("verify")
    assert verified.code == 0, verified.out
    before = derived(there.collection.parents[1])
    assert rows(there, str(path))[0]["outcome"] == "already there"
    assert there.run("rebuild").code == 0
    assert derived(there.collection.parents[1]) == before
    assert there.run("rebuild", "--reextract", "--json").code == 0


def test_a_copy_is_to_the_byte_and_two_files_of_one_name_stand_side_by_side(there: Home) -> None:
    one = gzipped(there.folder / "WEB-20090622165542861-00000-4141~host~8080.warc.gz", crawl())
    other = there.folder / "other" / one.name
    other.parent.mkdir()
    gzipped(other, [response(html("Another"), id="x", url="https://b.test/")])
    told = rows(there, str(one), str(other))
    first, second = (there.collection / row["stored"] for row in told)
    assert first.read_bytes() == one.read_bytes() and second.read_bytes() == other.read_bytes()
    assert first.name == "WEB_20090622165542861_00000_4141_host_8080.warc.gz"
    assert second.name.startswith(first.name.removesuffix(".warc.gz") + "-")
    lines = [json.loads(line) for line in (there.collection / "manifest.jsonl").read_text().splitlines()]
    assert [line["of"] for line in lines if line["event"] == "imported"] == [one.name, other.name]
    assert there.run("pack", "--smaller-than", "1 GB").code == 0
    assert first.exists() and second.exists()
    assert there.run("verify").code == 0


def test_damage_is_told_with_its_place_and_the_rest_is_imported(there: Home) -> None:
    records = crawl()
    path = gzipped(there.folder / "a.warc.gz", records)
    at_ = gzipped(there.folder / "b.warc.gz", records[:3]).stat().st_size
    data = bytearray(path.read_bytes())
    data[at_ + 40] ^= 255
    path.write_bytes(data)
    ran = there.run("import", str(path), str(there.folder / "config.toml"))
    assert ran.code == 5
    assert f"damaged: a.warc.gz, offset {at_}: " in ran.out
    assert "damaged: config.toml, offset 0: it is no WARC, ARC or WACZ file" in ran.out
    assert "+ a.warc.gz: 10 records, 3 pages (3 with a text)" in ran.out
    verified = there.run("verify")
    assert verified.code == 0 and "; it came so" in verified.out
    (report,) = [path for path in (there.collection / "reports").iterdir() if '"kind": "import"' in path.read_text()]
    assert [len(file["damage"]) for file in json.loads(report.read_text())["files"]] == [1, 1]
    stored = there.collection / "archive" / "a.warc.gz"
    stored.write_bytes(stored.read_bytes()[:-1])
    changed = there.run("verify")
    assert changed.code == 5 and "changed: archive/a.warc.gz" in changed.out


def test_a_wacz_that_is_not_what_it_says_is_told(there: Home) -> None:
    data = gzipped(there.folder / "x", crawl()).read_bytes()
    path = wacz(there.folder / "a.wacz", {"data.warc.gz": data}, wrong="data.warc.gz")
    (row,) = rows(there, str(path), code=5)
    assert (row["pages"], row["outcome"]) == (3, "imported")
    assert "it is not what datapackage.json says" in row["damage"][0]["problem"]
    (there.folder / "b.wacz").write_bytes(path.read_bytes()[:200])
    (row,) = rows(there, str(there.folder / "b.wacz"), code=5)
    assert (row["outcome"], "is no WACZ file" in row["damage"][0]["problem"]) == ("refused", True)


def test_a_revisit_finds_its_original_in_another_file_whatever_their_order(there: Home) -> None:
    date = "2020-05-06T07:08:09Z"
    again = revisit(html(), id="r", time=at(99), WARC_Refers_To_Target_URI=STORY, WARC_Refers_To_Date=date)
    later = gzipped(there.folder / "a.warc.gz", [again])
    first = gzipped(there.folder / "b.warc.gz", [response(html(), id="o")])
    told = {row["of"]: row for row in rows(there, str(later), str(first))}
    assert [told[name]["pages"] for name in ("a.warc.gz", "b.warc.gz")] == [1, 1]
    assert told["a.warc.gz"]["unresolved"] == 0
    assert there.run("verify").code == 0
    lost = gzipped(there.folder / "c.warc.gz", [revisit(b"x", id="l", WARC_Refers_To="<urn:uuid:none>")])
    assert rows(there, str(lost))[0]["unresolved"] == 1


def test_a_file_that_was_taken_away_can_be_imported_again(there: Home) -> None:
    path = gzipped(there.folder / "a.warc.gz", crawl())
    assert rows(there, str(path))[0]["pages"] == 3
    before = derived(there.collection.parents[1])
    (there.collection / "archive" / "a.warc.gz").unlink()
    assert there.run("verify").code == 5
    assert rows(there, str(path))[0]["outcome"] == "imported"
    verified = there.run("verify")
    assert verified.code == 0, verified.out
    assert derived(there.collection.parents[1]) == before


def test_what_is_excluded_stays_out_and_comes_back(there: Home) -> None:
    path = gzipped(there.folder / "a.warc.gz", crawl())
    assert rows(there, str(path))[0]["pages"] == 3
    before = derived(there.collection.parents[1])
    assert there.run("exclude", STORY, "--reason", "asked for").code == 0
    index = (there.collection / "indexes" / "index.cdxj").read_text()
    assert f'"url": "{STORY}"' not in index and "paper.test/a.png" in index
    assert there.run("show", STORY).code == 1
    verified = there.run("verify")
    assert verified.code == 0, verified.out
    assert there.run("exclude", "--undo", STORY).code == 0
    assert derived(there.collection.parents[1]) == before


def test_a_dry_run_writes_nothing(there: Home) -> None:
    path = gzipped(there.folder / "a.warc.gz", crawl())
    listed = wacz(there.folder / "a.wacz", {"data.warc.gz": path.read_bytes()}, [{"url": STORY, "ts": ""}])
    old = arc(there.folder / "a.arc.gz", [("http://old.test/", http(html()))])
    told = rows(there, "--dry-run", str(path), str(listed), str(old))
    assert [(row["outcome"], row["pages"]) for row in told] == [
        ("would be imported", 4),
        ("would be imported", 1),
        ("would be imported", 1),
    ]
    assert not there.collection.exists()


def test_what_is_no_file_is_a_wrong_command_line_and_a_held_collection_waits_for_nobody(there: Home) -> None:
    assert there.run("import").code == 2
    assert there.run("import", "nowhere.warc.gz").code == 2
    assert there.run("import", str(there.folder)).code == 2
    path = gzipped(there.folder / "a.warc.gz", crawl())
    assert there.run("import", str(path)).code == 0
    import fcntl

    with (there.collection / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert there.run("import", str(path)).code == 75


def test_files_of_ours_come_in_with_all_their_pages(tmp_path: Path) -> None:
    fill(tmp_path / "one")
    one = tmp_path / "one" / "collections" / "main"
    there = home(tmp_path / "two", None)
    files = sorted([*(one / "archive").iterdir(), *(one / "quarantine").iterdir()])
    told = rows(there, *map(str, files[1:]))
    assert {row["outcome"] for row in told} == {"imported"}
    assert all("tearsheet's own" in row["notes"][0] for row in told)
    told = rows(there, *map(str, files))
    assert sorted(row["outcome"] for row in told) == ["already there"] * 3 + ["imported"]
    for kind in ("archive", "quarantine"):
        assert {p.name: p.read_bytes() for p in (there.collection / kind).iterdir()} == {
            p.name: p.read_bytes() for p in (one / kind).iterdir()
        }
    mine, theirs = derived(there.collection.parents[1]), derived(tmp_path / "one")
    assert mine == theirs
    verified = there.run("verify")
    assert verified.code == 0, verified.out


def test_a_wacz_of_ours_gives_back_what_it_was_made_of(tmp_path: Path) -> None:
    """Its files of ours come in as they are, with what they tell of the imported files beside them."""
    fill(tmp_path / "kept")
    one = home(tmp_path, None)
    arc(one.folder / "old.arc", [("http://old.test/", http(html("An old page")))])
    assert one.run("import", "old.arc").code == 0
    assert one.run("export", "wacz", "--all", "-o", "all.wacz").code == 0
    two = home(tmp_path / "two", None)
    told = rows(two, str(tmp_path / "all.wacz"))
    assert [row["outcome"] for row in told] == ["imported"] * 4
    assert told[-1]["stored"] == "archive/old.arc"
    verified = two.run("verify")
    assert verified.code == 0, verified.out
    mine, theirs = derived(two.collection.parents[1]), derived(one.collection.parents[1])
    assert (mine["index"], mine["pages"], mine["text"]) == (theirs["index"], theirs["pages"], theirs["text"])


@pytest.mark.pywb
@pytest.mark.parametrize("coded", [False, True])
def test_imported_pages_replay(there: Home, coded: bool) -> None:
    records = crawl()
    if coded:
        body = html()
        chunks = b"".join(
            b"%x\r\n%s\r\n" % (len(body[i : i + 500]), body[i : i + 500]) for i in range(0, len(body), 500)
        )
        records[1] = response(chunks + b"0\r\n\r\n", id="r1", Transfer_Encoding="chunked")
    answers = [("http://old.test/", http(html("An old page"), ETag='"9"'))]
    arc(there.folder / "old.arc", answers)
    arc(there.folder / "older.arc.gz", [("http://older.test/", http(html("An older page")))])
    plain(there.folder / "a.warc", records)
    assert there.run("import", "a.warc", "old.arc", "older.arc.gz").code == 0
    with replaying(there.collection.parents[1]) as pywb:
        for time, url, title in (
            ("20200506070809", STORY, "The pier"),
            ("20200506070909", STORY, "The pier"),
            ("20200506070812", "https://paper.test/bridge", "The bridge"),
            ("20080102030405", "http://old.test/", "An old page"),
            ("20080102030405", "http://older.test/", "An older page"),
        ):
            answer = pywb.get(f"/main/{time}id_/{url}")
            assert answer.status == 200 and answer.body == html(title, more="" if title != "The bridge" else MORE), url
            assert "Memento-Datetime" in answer.headers
    shown = there.run("show", "--html", STORY)
    assert shown.out.encode() == html()


MORE = '<iframe src="/frame"></iframe><img src="/a.png">'


def test_an_export_of_some_pages_brings_what_lies_in_imported_files(there: Home) -> None:
    gzipped(there.folder / "a.warc.gz", crawl())
    arc(there.folder / "old.arc", [("http://old.test/", http(html("An old page")))])
    gzipped(there.folder / "far.warc.gz", [response(html("Far away"), id="far", url="https://far.test/")])
    assert there.run("import", "a.warc.gz", "old.arc", "far.warc.gz").code == 0
    made = there.run("export", "wacz", "--url", STORY, "--url", "http://old.test/", "-o", "some.wacz")
    assert made.code == 0, made.err
    (there.folder / "two").mkdir()
    other = home(there.folder / "two", None)
    told = rows(other, str(there.folder / "some.wacz"))
    assert {row["outcome"] for row in told} == {"imported"}
    for url, title in ((STORY, "The pier"), ("http://old.test/", "An old page")):
        assert other.run("show", "--html", url).out.encode() == html(title)
    assert other.run("show", "https://far.test/").code == 1


def test_an_export_leaves_out_what_is_excluded_of_imported_files(there: Home) -> None:
    gzipped(there.folder / "a.warc.gz", crawl())
    arc(there.folder / "old.arc", [(f"http://old.test/{n}", http(html(f"Page {n}"))) for n in (1, 2)])
    assert there.run("import", "a.warc.gz", "old.arc").code == 0
    assert there.run("exclude", "http://old.test/1", "https://paper.test/bridge", "--reason", "asked for").code == 0
    made = there.run("export", "wacz", "--all", "-o", "all.wacz")
    assert made.code == 0, made.err
    with zipfile.ZipFile(there.folder / "all.wacz") as zipped:
        data = [zipped.read(name) for name in zipped.namelist() if name.startswith("archive/")]
    held = b"".join(gzip.decompress(each) if each[:2] == b"\x1f\x8b" else each for each in data)
    assert b"<h1>The pier</h1>" in held
    assert b"<h1>The bridge</h1>" not in held and b"<h1>Page 1</h1>" not in held


def test_what_was_imported_is_asked_again_like_anything_else(tmp_path: Path) -> None:
    """A page that has not changed since it was imported becomes a revisit of the imported answer."""
    with Web() as web:
        web.host("paper.test").page("/story", ARTICLE)
        there = home(tmp_path, web)
        gzipped(tmp_path / "a.warc.gz", [response(ARTICLE.encode(), id="o")])
        assert there.run("import", "a.warc.gz").code == 0
        row = there.fetch("--again", STORY)
        assert row["verdict"] == "unchanged", row
        web.host("paper.test").page("/story", ARTICLE.replace("pier", "quay"))
        assert there.fetch("--again", STORY)["verdict"] == "article"
        verified = there.run("verify")
        assert verified.code == 0, verified.out


@pytest.mark.slow
def test_kills_lose_nothing_and_the_next_run_goes_on(there: Home) -> None:
    records = [
        response(html(f"Story {n}", f"This is what story {n} says of the pier."), id=str(n), url=f"https://p.test/{n}")
        for n in range(120)
    ]
    files = []
    for start in range(0, 120, 40):
        name = f"{start}.warc.gz"
        gzipped(there.folder / name, records[start : start + 40])
        files.append(name)
    for after, delay in ((0, 1.0), (0, 2.0), (1, 0.0), (1, 0.4)):
        there.killed("import", "--json", *files, after=after, delay=delay)
    told = rows(there, *files)
    assert {row["outcome"] for row in told} <= {"imported", "already there"}
    assert there.run("verify").code == 0
    listed = there.run("--json", "list", "-n", "1000").rows
    assert sorted(row["url"] for row in listed) == sorted(f"https://p.test/{n}" for n in range(120))
    before = derived(there.collection.parents[1])
    # What a killed process was writing under a hidden name stays until then.
    before["text"] = {name: data for name, data in before["text"].items() if "/." not in name}
    assert there.run("rebuild").code == 0
    assert derived(there.collection.parents[1]) == before


@pytest.mark.slow
def test_a_stopped_import_ends_what_it_has_begun_and_goes_on_later(there: Home) -> None:
    records = [response(html(f"Story {n}"), id=str(n), url=f"https://p.test/{n}") for n in range(400)]
    gzipped(there.folder / "a.warc.gz", records)
    gzipped(there.folder / "first.warc.gz", records[:1])
    with underway(there, "import", "--json", "first.warc.gz", "a.warc.gz") as run:
        assert json.loads(run.out.next())["outcome"] == "imported"
        run.process.send_signal(signal.SIGINT)
        ran = run.end()
    assert ran.code == 130, ran.err
    assert all(row["outcome"] == "stopped" for row in ran.rows)
    assert there.run("verify").code == 0
    assert rows(there, "a.warc.gz")[0]["outcome"] == "imported"
    assert there.run("--json", "status").rows[0]["pages"] == 401
    shutil.rmtree(there.collection / "tmp")
    assert there.run("verify").code == 0
