"""How a crawl behaves towards hosts that have trouble, want to be left alone, or lead it elsewhere."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from scraper.walk import longest_pause
from tests.command import Home, home
from tests.making import story
from tests.site import Connection, Request, Seen, Web
from tests.underway import underway


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def listed(folder: Path, web: Web, addresses: Iterable[str], **more: str) -> Home:
    """A folder whose one source is a list of these addresses."""
    made = home(folder, web, **more)
    (folder / "links.txt").write_text("\n".join(addresses))
    source(made, 'kind = "list"\npath = "links.txt"\nname = "Links"')
    return made


def source(made: Home, lines: str) -> None:
    with (made.folder / "config.toml").open("a") as file:
        file.write(f"[[source]]\n{lines}\n")


def report(made: Home) -> dict[str, Any]:
    """The latest one."""
    found: dict[str, Any] = json.loads(max((made.collection / "reports").glob("*.json")).read_bytes())
    return found


def cut(connection: Connection, request: Request) -> None:
    connection.cut()


def test_robots_that_fail_for_now_put_nothing_off_for_long(web: Web, tmp_path: Path) -> None:
    web.host("down.test").robots("closed for repairs", status=503)
    made = listed(tmp_path, web, [f"https://down.test/{n}" for n in range(20)])
    assert made.run("-q", "crawl", "--max-pages", "1").code == 9
    ran = report(made)
    assert ran["verdicts"] == {"server error": 1}
    assert [host["host"] for host in ran["hosts_in_backoff"]] == ["down.test"]
    again = datetime.fromisoformat(ran["failures"][0]["again"]) - datetime.fromisoformat(ran["ended"])
    assert again < timedelta(minutes=10)


def test_trouble_behind_a_redirect_is_not_that_of_the_host_that_leads_there(web: Web, tmp_path: Path) -> None:
    short = web.host("short.test")
    web.host("dead.test").otherwise(cut)
    for n in range(8):
        short.redirect(f"/{n}", f"https://dead.test/{n}")
    short.page("/8", story("A story"))
    made = listed(tmp_path, web, [f"https://short.test/{n}" for n in range(9)], crawl__host_delay="0.01")
    made.run("-q", "crawl")
    ran = report(made)
    # Five failures, and the host where they come from is left alone: those that lead there wait.
    assert (ran["asked"], ran["kept"], ran["left"]) == (6, 1, 3)
    assert [host["host"] for host in ran["hosts_in_backoff"]] == ["dead.test"]
    assert "left alone" in ran["ended_by"]


def test_a_delay_of_the_config_that_is_longer_than_hosts_may_ask_for_is_waited_for() -> None:
    assert longest_pause(1.0) == timedelta(seconds=90)
    assert longest_pause(120.0) == timedelta(seconds=180)


def test_what_is_left_to_the_next_run_is_told(web: Web, tmp_path: Path) -> None:
    web.host("busy.test").page("/0", "later", status=503, headers=[("Retry-After", "3600")])
    made = listed(tmp_path, web, ["https://busy.test/0", "https://busy.test/1"], crawl__host_delay="0.01")
    made.run("-q", "crawl")
    ran = report(made)
    assert (ran["asked"], ran["left"]) == (1, 1)
    assert "left alone" in ran["ended_by"]


class Slow:
    """Eight hosts that lead to one slow host, and a ninth that leads nowhere, by which `fine` is set. `first` tells
    how the slow host goes about its first page."""

    def __init__(self, web: Web, delay: float, first: Callable[[], None] = lambda: None) -> None:
        self.fine = Event()
        self._web = web
        slow = web.host("slow.test")
        slow.robots(f"User-agent: *\nCrawl-delay: {delay}\n")
        hosts = [f"r{n}.test" for n in range(8)]
        for name in hosts:
            web.host(name).redirect("/", f"https://slow.test/{name}")

        def fine(connection: Connection, request: Request) -> None:
            self.fine.set()
            connection.respond(200, story("A fine story"), [("Content-Type", "text/html")])

        def page(connection: Connection, request: Request) -> None:
            if len(self.pages) == 1:
                first()
            connection.respond(200, story(f"A story at {request.target}"), [("Content-Type", "text/html")])

        slow.otherwise(page)
        web.host("fine.test").route("/", fine)
        self.addresses = [f"https://{name}/" for name in [*hosts, "fine.test"]]

    @property
    def pages(self) -> list[Seen]:
        return [seen for seen in self._web.seen("slow.test") if seen.target != "/robots.txt"]


def test_many_that_lead_to_one_slow_host_hold_up_nobody_else(web: Web, tmp_path: Path) -> None:
    """Its first page is under way until the other host was asked: the one place that is left is held by none of those
    that wait for their turn."""
    in_time: list[bool] = []
    slow = Slow(web, 0.4, lambda: in_time.append(slow.fine.wait(20)))
    made = listed(tmp_path, web, slow.addresses, crawl__concurrency="2", crawl__host_delay="0.01")
    assert made.run("-q", "crawl").code == 0
    assert in_time == [True]
    assert report(made)["kept"] == 9
    assert len(slow.pages) == 8
    times = [seen.time for seen in slow.pages]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.38


def test_many_that_lead_to_a_host_that_rests_hold_up_nobody_else(web: Web, tmp_path: Path) -> None:
    """It rests for longer than the run goes on."""
    slow = Slow(web, 50)
    made = listed(tmp_path, web, slow.addresses, crawl__concurrency="1", crawl__host_delay="0.01")
    with underway(made, "crawl", "--json") as run:
        assert slow.fine.wait(40)
        assert len(slow.pages) == 1
        run.process.send_signal(signal.SIGINT)
        assert run.end().code == 130


def test_what_is_tried_again_keeps_to_the_delay_that_the_host_names(web: Web, tmp_path: Path) -> None:
    host = web.host("slow.test")
    host.robots("User-agent: *\nCrawl-delay: 2\n")
    host.page("/", "broken", status=500)
    made = listed(tmp_path, web, ["https://slow.test/"], fetch__tries="2")
    assert made.run("-q", "crawl").code == 9
    first, second = web.seen("slow.test", "/")
    assert second.time - first.time >= 2.0


def test_what_a_feed_is_told_holds_for_its_host_and_into_the_next_run(web: Web, tmp_path: Path) -> None:
    busy = web.host("busy.test")
    busy.page("/feed.xml", "later", status=503, headers=[("Retry-After", "3600")])
    busy.page("/0", story("A story"))
    made = home(tmp_path, web)
    source(made, 'kind = "feed"\nurl = "https://busy.test/feed.xml"\nname = "Busy"')
    assert made.run("-q", "crawl").code == 9
    (tmp_path / "links.txt").write_text("https://busy.test/0")
    source(made, 'kind = "list"\npath = "links.txt"\nname = "Links"')
    asked = len(web.log)
    again = made.run("crawl")
    assert again.code == 1
    assert "left alone until" in again.err
    made.run("crawl", "--dry-run")
    assert web.log[asked:] == []


def test_a_pass_at_its_end_waits_for_no_source(web: Web, tmp_path: Path) -> None:
    host = web.host("maps.test")
    maps = [f"https://maps.test/{n}.xml" for n in range(50)]
    host.page("/", f"<sitemapindex>{''.join(f'<sitemap><loc>{url}</loc></sitemap>' for url in maps)}</sitemapindex>")
    for n in range(50):
        host.page(f"/{n}.xml", "<urlset></urlset>", type="application/xml")
    host.robots("User-agent: *\nCrawl-delay: 0.5\nSitemap: https://maps.test/\n")
    made = home(tmp_path, web)
    source(made, 'kind = "sitemap"\nurl = "https://maps.test/"\nname = "Maps"')
    made.run("-q", "crawl", "--max-time", "1 s")
    assert len(web.seen("maps.test")) < 10


def test_a_source_full_of_nonsense_is_told_of_in_measure(web: Web, tmp_path: Path) -> None:
    made = listed(tmp_path, web, [f"nonsense:{n}" for n in range(3000)])
    ran = made.run("crawl")
    assert ran.code == 9
    assert 1000 < len(ran.err.splitlines()) < 1010


def test_a_queue_that_breaks_at_the_end_leaves_a_report(web: Web, tmp_path: Path) -> None:
    made = listed(tmp_path, web, ["https://news.test/"])

    def breaking(connection: Connection, request: Request) -> None:
        with closing(sqlite3.connect(made.collection / "queue.sqlite")) as queue:
            queue.execute("DROP TABLE rules")
        connection.respond(200, story("A story"), [("Content-Type", "text/html")])

    web.host("news.test").route("/", breaking)
    ran = made.run("crawl")
    assert ran.code == 3
    assert report(made)["kept"] == 1
    assert "rules" in report(made)["ended_by"]


def test_what_the_web_says_does_nothing_to_a_terminal(web: Web, tmp_path: Path) -> None:
    web.host("evil.test").page("/list.txt", "\x1b]0;mine\x07\x1b[2Jnonsense:\u202ex\x9b2J\n", type="text/plain")
    made = home(tmp_path, web)
    source(made, 'kind = "list"\nurl = "https://evil.test/list.txt"\nname = "Evil"')
    for command in (("crawl",), ("status",), ("-q", "crawl")):
        ran = made.run(*command)
        assert all(line.isprintable() for line in (ran.out + ran.err).splitlines())


def test_a_quiet_run_tells_of_many_failures_in_measure(web: Web, tmp_path: Path) -> None:
    web.host("news.test")
    made = listed(tmp_path, web, [f"https://news.test/{n}" for n in range(60)])
    told = made.run("-q", "crawl").err.splitlines()
    assert len(told) == 51
    assert told[-1].startswith("and 10 more: kept/collections/main/reports/")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_what_cannot_be_told_ends_the_pass_with_a_report(web: Web, tmp_path: Path) -> None:
    web.host("news.test").page("/", story("A story"))
    made = listed(tmp_path, web, ["https://news.test/"])
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            made.command("crawl"), cwd=made.folder, env=made.environment, stdout=full, timeout=300, check=False
        )
    assert ran.returncode == 3
    assert report(made)["kept"] == 1
    assert "cannot be written" in report(made)["ended_by"]


def test_a_site_is_gone_through_a_part_a_run(web: Web, tmp_path: Path) -> None:
    host = web.host("site.test")
    all_links = "".join(f"<p><a href='/{n}'>Story {n}</a></p>" for n in range(20))
    for path in ["/", *(f"/{n}" for n in range(20))]:
        host.page(path, story(f"Story {path}").replace("</article>", f"</article>{all_links}"))
    made = home(tmp_path, web)
    source(made, 'kind = "site"\nurl = "https://site.test/"\nname = "Site"\nmax_pages = 8')
    seen: set[str] = set()
    for most in (8, 16, 21):
        assert made.run("-q", "crawl").code == 0
        assert report(made)["left"] == 0
        seen = {request.target for request in web.seen("site.test")} - {"/robots.txt"}
        assert len(seen) == most
