"""`tearsheet crawl` as cron runs it, against the loopback web: each kind of source, and what a pass leaves behind."""

from __future__ import annotations

import fcntl
import gzip
import json
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import Home, Ran, home
from tests.site import Web
from tests.test_fetch_command import ARTICLE, EXAMPLE, FORMAT, PIXEL, SECOND
from tests.underway import underway

RSS = "application/rss+xml"
XML = "application/xml"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        for name in ("news.test", "b.test"):
            for n in range(12):
                web.host(name).page(f"/{n}", ARTICLE.replace("the pier", f"pier {n} of {name}"))
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    return home(tmp_path, web)


def source(there: Home, kind: str, **keys: object) -> None:
    lines = [f"kind = {json.dumps(kind)}", *(f"{name} = {json.dumps(value)}" for name, value in keys.items())]
    with (there.folder / "config.toml").open("a") as config:
        config.write("\n[[source]]\n" + "\n".join(lines) + "\n")


def setting(there: Home, section: str, line: str) -> None:
    config = there.folder / "config.toml"
    text = config.read_text()
    head = f"[{section}]\n"
    config.write_text(text.replace(head, head + line + "\n") if head in text else f"{head}{line}\n{text}")


def listing(there: Home, *addresses: str) -> None:
    (there.folder / "links.txt").write_text("\n".join(addresses))
    if "links.txt" not in (there.folder / "config.toml").read_text():
        source(there, "list", path="links.txt")


def rss(*addresses: str) -> str:
    items = "".join(f"<item><link>{address}</link></item>" for address in addresses)
    return f'<rss version="2.0"><channel>{items}</channel></rss>'


def told(ran: Ran) -> dict[str, str]:
    """Verdicts by address; no address twice."""
    rows = {row["url"]: row["verdict"] for row in ran.rows}
    assert len(rows) == len(ran.rows)
    return rows


def news(*numbers: int, host: str = "news.test") -> dict[str, str]:
    return {f"https://{host}/{n}": "article" for n in numbers}


def reports(there: Home) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((there.collection / "reports").glob("*.json"))]


# ------------------------------------------------------------------------------------------------ kinds of sources


def test_the_example_is_kept_from_its_text_and_comes_out_to_the_byte(there: Home, web: Web) -> None:
    moscow = web.host("www.themoscowtimes.com")
    moscow.page(EXAMPLE.split("themoscowtimes.com")[1], (FORMAT / "example.html").read_bytes())
    moscow.page("/css/main.css?v=7", "body{background:url(/image/paper.png)}", type="text/css")
    moscow.page("/image/paper.png", PIXEL, type="image/png")
    moscow.page("/image/article_1360/33/putin-spring.jpg", PIXEL * 20, type="image/jpeg")
    web.host("gazette.example").page("/politics/2021/03/harbour-plan", (FORMAT / "second.html").read_bytes())
    (there.folder / "texts" / "more").mkdir(parents=True)
    shutil.copy(FORMAT / "example.txt", there.folder / "texts")
    shutil.copy(FORMAT / "second.txt", there.folder / "texts" / "more")
    source(there, "texts", path="texts", name="Old texts")
    ran = there.run("crawl", "--json")
    assert ran.code == 0, ran.err
    rows = {row["url"]: row for row in ran.rows}
    assert set(rows) == {EXAMPLE, SECOND}
    for url, name in ((EXAMPLE, "example.txt"), (SECOND, "second.txt")):
        row = rows[url]
        assert Path(row["text"]).read_bytes() == (FORMAT / name).read_bytes()
        assert row["verdict"] == "article"
        assert row["original_url"] == url
        assert row["source"] == "Old texts"
        assert f"{name}, line " in row["via"]
    assert (rows[EXAMPLE]["requisites"], rows[EXAMPLE]["missing_requisites"]) == (3, [])
    again = there.run("crawl", "--json")
    assert (again.code, again.rows) == (0, [])


def test_all_addresses_of_a_folder_of_texts(there: Home, web: Web) -> None:
    (there.folder / "notes").mkdir()
    (there.folder / "notes" / "one.md").write_text("See [this](https://news.test/1) and <https://news.test/2>.\n")
    (there.folder / "notes" / "two.txt").write_text("Also https://b.test/3, and https://news.test/2 again.\n")
    (there.folder / "notes" / "picture.bin").write_bytes(b"\0\1")
    source(there, "texts", path="notes", links="all")
    ran = there.run("crawl", "--json")
    assert ran.code == 0, ran.err
    assert told(ran) == news(1, 2) | news(3, host="b.test")
    assert "*.bin passed over" in ran.err


def test_feeds_give_what_is_new_and_are_asked_on_condition(there: Home, web: Web) -> None:
    feeds = web.host("feeds.test")
    feeds.page("/rss", rss("https://news.test/1"), type=RSS, headers=(("ETag", '"1"'),))
    entry = '<entry><link href="https://news.test/2"/><updated>2026-01-01T00:00:00Z</updated></entry>'
    feeds.page("/atom", f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>', type="application/atom+xml")
    items = [{"id": "3", "url": "https://news.test/3"}]
    feeds.page("/json", json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}), type="text/plain")
    for name in ("rss", "atom", "json"):
        source(there, "feed", url=f"https://feeds.test/{name}")
    first = there.run("crawl", "--json")
    assert first.code == 0, first.err
    assert told(first) == news(1, 2, 3)
    assert {row["via"] for row in first.rows} == {f"https://feeds.test/{name}" for name in ("rss", "atom", "json")}
    none = there.run("crawl", "--json")
    assert (none.code, none.rows) == (0, [])
    assert [seen.header("if-none-match") for seen in web.seen("feeds.test", "/rss")] == [None, '"1"']
    feeds.page("/rss", rss("https://news.test/4", "https://news.test/1?utm_source=x"), type=RSS)
    assert told(there.run("crawl", "--json")) == news(4)
    assert {seen.target: n for seen, n in Counter(web.seen("news.test")).items() if n > 1} == {}
    assert len(web.seen("feeds.test", "/robots.txt")) == 1


def test_sitemaps_that_robots_names_are_gone_through(there: Home, web: Web) -> None:
    host = web.host("news.test")
    host.robots("User-agent: *\nDisallow: /9\nSitemap: https://news.test/index.xml\n")
    host.page("/index.xml", "<sitemapindex><sitemap><loc>/one.xml.gz</loc></sitemap></sitemapindex>", type=XML)
    body = "<urlset>" + "".join(f"<url><loc>https://news.test/{n}</loc></url>" for n in (1, 2, 9)) + "</urlset>"
    host.page("/one.xml.gz", gzip.compress(body.encode()), type="application/gzip")
    source(there, "sitemap", url="https://news.test/", exclude=["/2"])
    ran = there.run("crawl", "--json")
    assert ran.code == 1
    assert told(ran) == news(1) | {"https://news.test/9": "blocked"}
    assert there.run("crawl").code == 0
    targets = Counter(seen.target for seen in web.seen("news.test"))
    assert targets == {"/robots.txt": 1, "/index.xml": 2, "/one.xml.gz": 2, "/1": 1}


def test_a_site_is_followed_within_its_bounds(there: Home, web: Web) -> None:
    site = web.host("site.test")
    words = "<p>" + "All that is new from the harbour and the town, told by those who live there. " * 5

    def page(path: str, *links: str) -> None:
        site.page(path, f"<title>{path}</title>{words}" + "".join(f'<a href="{link}">{link}</a>' for link in links))

    page("/", "/a/1", "/a/2?print=1", "/b/1", "https://other.test/x", "/picture.jpg", "mailto:x@site.test", "#top")
    page("/a/1", "/a/deep/2", "/")
    page("/a/deep/2", "/a/deep/3")
    page("/a/deep/3")
    page("/a/2?print=1")
    page("/b/1")
    source(there, "site", url="https://site.test/", depth=2, include=["/", "/a/*"], exclude=["*?print=*"])
    ran = there.run("crawl", "--json")
    assert ran.code == 0, ran.err
    assert set(told(ran)) == {"https://site.test/", "https://site.test/a/1", "https://site.test/a/deep/2"}
    assert not web.seen("other.test")
    assert {seen.target for seen in web.seen("site.test")} == {"/robots.txt", "/", "/a/1", "/a/deep/2"}
    # The start is looked at in each pass, for what is new on it.
    page("/", "/a/1", "/a/4")
    page("/a/4")
    assert set(told(there.run("crawl", "--json"))) == {"https://site.test/", "https://site.test/a/4"}


def test_a_start_of_nothing_but_links_is_followed_and_a_run_has_so_many_pages(there: Home, web: Web) -> None:
    web.host("news.test").page("/", "".join(f'<a href="/{n}">{n}</a>' for n in range(12)))
    source(there, "site", url="https://news.test/", max_pages=5)
    counts = []
    for _ in range(4):
        rows = told(there.run("crawl", "--json"))
        rows.pop("https://news.test/")
        assert all(verdict == "article" for verdict in rows.values())
        counts.append(len(rows))
    assert counts == [4, 4, 4, 0]
    assert Counter(seen.target for seen in web.seen("news.test")) == Counter(
        {"/": 4, "/robots.txt": 1} | {f"/{n}": 1 for n in range(12)}
    )


def test_a_site_is_followed_whoever_else_has_its_pages_and_after_its_queue_is_lost(there: Home, web: Web) -> None:
    """A sitemap that lists the home page does not keep the site from being followed; nor does depth grow with time."""
    site = web.host("site.test")
    words = "<p>" + "All that is new from the harbour and the town, told by those who live there. " * 5

    def page(path: str, *links: str, canonical: str = "") -> None:
        head = f'<title>{path}</title><link rel="canonical" href="{canonical or path}">'
        site.page(path, head + words + "".join(f'<a href="{link}">{link}</a>' for link in links))

    page("/", "/a?id=1")
    page("/a?id=1", "/b", canonical="/a")
    page("/a", "/b")
    page("/b", "/c")
    site.page("/map.xml", "<urlset><url><loc>https://site.test/</loc></url></urlset>", type=XML)
    source(there, "sitemap", url="https://site.test/map.xml")
    assert set(told(there.run("crawl", "--json"))) == {"https://site.test/"}
    source(there, "site", url="https://site.test/", depth=1)
    assert set(told(there.run("crawl", "--json"))) == {"https://site.test/", "https://site.test/a?id=1"}
    setting(there, "crawl", 'recapture_after = "0 s"')
    for lost in (False, True):
        for path in there.collection.glob("queue.sqlite*") if lost else ():
            path.unlink()
        for _ in range(2):
            assert there.run("crawl").code == 0
    assert not web.seen("site.test", "/b")
    assert len(web.seen("site.test", "/")) == 6
    assert len(web.seen("site.test", "/a")) >= 2


def test_lists_from_a_file_and_from_the_web(there: Home, web: Web) -> None:
    web.host("lists.test").page("/all.txt", "# ours\nhttps://news.test/5 # the fifth\nb.test/6\n", type="text/plain")
    source(there, "list", url="https://lists.test/all.txt")
    listing(there, "https://news.test/1", "", "# no", "https://news.test/1#again", "ftp://news.test/2")
    ran = there.run("crawl", "--json")
    assert told(ran) == news(1, 5) | news(6, host="b.test")
    assert ran.code == 0, ran.err
    assert "no http address: ftp://news.test/2" in ran.err


# ------------------------------------------------------------------------------------------------ what fails


def test_a_source_that_fails_stops_no_other(there: Home, web: Web) -> None:
    web.host("feeds.test").page("/bad", "down", status=500)
    web.host("feeds.test").page("/junk", "<html><body>moved away</body></html>")
    source(there, "feed", url="https://feeds.test/bad", name="Bad")
    source(there, "feed", url="https://feeds.test/junk", name="Junk")
    source(there, "sitemap", url="https://none.test/", name="None")
    source(there, "list", path="absent.txt", name="Absent")
    source(there, "texts", path="absent", name="No folder")
    listing(there, "https://news.test/1")
    ran = there.run("crawl", "--json")
    assert ran.code == 1
    assert told(ran) == news(1)
    (report,) = reports(there)
    failed = {one["title"] for one in report["sources"] if one["failed"]}
    assert failed == {"Bad", "Junk", "None", "Absent", "No folder"}
    assert all(name in ran.err for name in failed)
    assert "Traceback" not in ran.err


def test_exit_codes(there: Home, web: Web) -> None:
    assert there.run("crawl").code == 2
    listing(there, "https://news.test/none")
    assert there.run("crawl").code == 9
    assert there.run("crawl").code == 0  # nothing is due
    listing(there, "https://news.test/none2", "https://news.test/1")
    assert there.run("crawl").code == 1
    listing(there)
    assert there.run("crawl").code == 0
    source(there, "feed", url="https://none.test/feed")
    assert there.run("crawl").code == 1
    (there.folder / "links.txt").unlink()
    assert there.run("crawl").code == 9
    asked = len(web.log)
    with (there.collection / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ran = there.run("crawl")
        assert ran.code == 75
        assert "holds" in ran.err
    assert len(web.log) == asked


def test_a_disk_that_is_almost_full_is_left_alone(there: Home, web: Web) -> None:
    listing(there, "https://news.test/1")
    setting(there, "crawl", 'min_free = "900000 TB"')
    assert there.run("crawl").code == 3
    assert not web.seen("news.test")
    assert "disk" in reports(there)[0]["ended_by"]


def test_a_command_is_told_only_of_what_failed_anew(there: Home, web: Web) -> None:
    out = there.folder / "told.txt"
    (there.folder / "tell.sh").write_text(f'echo "$1" >> {out}')
    setting(there, "notify", 'command = "sh tell.sh"')
    source(there, "feed", url="https://feeds.test/x")
    web.host("feeds.test").page("/x", rss("https://news.test/1"), type=RSS)

    def notices() -> int:
        assert there.run("crawl", "-q", "--retry-failed").err == "" or failing
        return len(out.read_text().splitlines()) if out.exists() else 0

    failing = False
    assert notices() == 0
    failing = True
    web.host("feeds.test").page("/x", rss("https://news.test/none"), type=RSS)
    assert notices() == 1
    assert notices() == 1  # still not there
    web.host("feeds.test").page("/x", "", status=500)
    assert notices() == 2
    assert notices() == 2
    web.host("feeds.test").page("/x", rss("https://news.test/none"), type=RSS)
    web.host("news.test").page("/none", ARTICLE)
    assert notices() == 2
    assert [Path(line).parent for line in out.read_text().splitlines()] == [there.collection / "reports"] * 2
    quiet = there.run("crawl", "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_a_command_that_fails_is_told_and_stops_nothing(there: Home) -> None:
    setting(there, "notify", 'command = "/does/not/exist --now"')
    listing(there, "https://news.test/none", "https://news.test/1")
    ran = there.run("crawl")
    assert ran.code == 1
    assert "[notify] command failed" in ran.err


# ------------------------------------------------------------------------------------------------ stop and go on


def test_no_more_than_so_many_pages_and_the_next_run_goes_on(there: Home, web: Web) -> None:
    listing(there, *news(*range(10)))
    first = there.run("crawl", "--json", "--max-pages", "3")
    assert first.code == 0, first.err
    assert len(first.rows) == len(web.seen("news.test")) - 1 == 3
    assert reports(there)[0]["ended_by"] == "--max-pages was reached"
    assert reports(there)[0]["left"] == 7
    rest = there.run("crawl", "--json")
    assert told(first) | told(rest) == news(*range(10))
    assert len(rest.rows) == 7


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_finishes_what_is_in_flight_and_the_next_run_goes_on(
    there: Home, web: Web, number: signal.Signals, code: int
) -> None:
    addresses = [*news(*range(12)), *news(*range(12), host="b.test")]
    listing(there, *addresses)
    setting(there, "crawl", "concurrency = 2")
    with underway(there, "crawl", "--json") as run:
        first = run.out.next()
        run.process.send_signal(number)
        ran = run.end()
    rows = [json.loads(first), *ran.rows]
    assert ran.code == code
    assert "Traceback" not in ran.err
    assert len(rows) < len(addresses)
    assert not list(there.collection.rglob("*.open"))
    pages = [seen for seen in web.log if seen.target != "/robots.txt"]
    assert len(pages) == len(rows)
    assert reports(there)[0]["ended_by"] == "it was stopped"
    rest = there.run("crawl", "--json")
    assert rest.code == 0, rest.err
    assert sorted([*(row["url"] for row in rows), *told(rest)]) == sorted(addresses)


def test_a_queue_that_is_lost_is_mended_from_the_catalog(there: Home, web: Web) -> None:
    listing(there, *news(1, 2, 3), "https://news.test/none")
    assert there.run("crawl").code == 1
    before = Counter(seen.target for seen in web.seen("news.test"))
    for path in there.collection.glob("queue.sqlite*"):
        path.unlink()
    ran = there.run("crawl", "--json")
    assert (ran.code, ran.rows) == (0, []), ran.err
    (there.collection / "queue.sqlite").write_bytes(b"this is no database" * 1000)
    ran = there.run("crawl", "--json")
    assert (ran.code, ran.rows) == (0, [])
    assert "a new queue takes its place" in ran.err
    after = Counter(seen.target for seen in web.seen("news.test"))
    assert after - before == Counter({"/robots.txt": after["/robots.txt"] - before["/robots.txt"]})
    # What was failing is still due when it was, and a failure of its own, not a new one.
    retried = there.run("crawl", "--json", "--retry-failed")
    assert told(retried) == {"https://news.test/none": "gone"}
    assert [failed["new"] for failed in reports(there)[-1]["failures"]] == [False]


# ------------------------------------------------------------------------------------------------ what is left behind


def test_old_reports_and_logs_are_removed_and_nothing_else(there: Home) -> None:
    listing(there, "https://news.test/1")
    there.run("crawl")
    unfinished = "tmp"  # a run that was killed while it wrote its report
    setting(there, "crawl", 'keep_reports = "30 days"')
    for folder, ending in (("reports", "json"), ("logs", "jsonl")):
        for name in (
            f"20200101T000000000Z-1.{ending}",
            f"20200101T000000000Z-1.{unfinished}",
            f"mine.{ending}",
            "20200101T000000000Z-1.txt",
        ):
            (there.collection / folder / name).write_text("{}")
    there.run("crawl")
    for folder, ending in (("reports", "json"), ("logs", "jsonl")):
        names = {path.name for path in (there.collection / folder).iterdir()}
        assert f"20200101T000000000Z-1.{ending}" not in names
        assert {f"mine.{ending}", "20200101T000000000Z-1.txt"} < names
        assert f"20200101T000000000Z-1.{unfinished}" not in names
        assert len(names) == 4


def test_a_run_that_kept_nothing_leaves_no_warc(there: Home, web: Web) -> None:
    source(there, "feed", url="https://feeds.test/x")
    web.host("feeds.test").page("/x", rss(), type=RSS)
    assert there.run("crawl").code == 0
    assert there.warcs() == there.warcs("quarantine") == []
    web.host("feeds.test").page("/x", rss("https://news.test/1"), type=RSS)
    there.run("crawl")
    kept = there.warcs()
    assert len(kept) == 1
    there.run("crawl")
    web.host("feeds.test").page("/x", "", status=500)
    assert there.run("crawl").code == 9
    assert there.warcs() == kept
    assert there.warcs("quarantine") == []


def test_the_report_tells_what_the_run_did(there: Home, web: Web) -> None:
    listing(there, *news(1, 2), "https://news.test/none")
    ran = there.run("crawl")
    assert "3 asked, 2 new, 1 failed" in ran.out
    (report,) = reports(there)
    assert (report["asked"], report["kept"], report["new"], report["failed"]) == (3, 2, 2, 1)
    assert report["verdicts"] == {"article": 2, "gone": 1}
    (failed,) = report["failures"]
    assert (failed["url"], failed["new"], failed["failures"]) == ("https://news.test/none", True, 1)
    assert failed["via"].endswith("links.txt, line 3")
    log = (there.collection / report["log"]).read_text().splitlines()
    events = Counter(json.loads(line)["event"] for line in log)
    assert events == {"begun": 1, "source": 1, "page": 3, "ended": 1}
