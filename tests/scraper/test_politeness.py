from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from archive.models import Exchange
from scraper.politeness import PARSED, Robots, Rules, prepared
from tests.scraper.net import FakeTime, fetcher
from tests.site import Connection, Request, Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("news.test").page("/", "home")
        yield web


class Asker:
    """Robots over the loopback web; closes its connections."""

    def __init__(self, web: Web, time: FakeTime | None = None, **changes: Any) -> None:
        self.fetcher = fetcher(web, time.hands() if time else None, **changes)
        self.robots = Robots(self.fetcher, self.fetcher.settings)

    def __enter__(self) -> Robots:
        return self.robots

    def __exit__(self, *_: object) -> None:
        self.fetcher.close()


def allowed(web: Web, text: str | bytes, url: str = "http://news.test/story") -> bool:
    web.host("news.test").robots(text)
    with Asker(web) as robots:
        return robots.allowed(url).allowed


RULES = [
    ("", "/story", True),
    ("User-agent: *\nDisallow:", "/story", True),
    ("User-agent: *\nDisallow: /", "/story", False),
    ("User-agent: other\nDisallow: /", "/story", True),
    ("User-agent: tearsheet\nDisallow: /\n\nUser-agent: *\nAllow: /", "/story", False),
    ("User-agent: TearSheet/2.0\nDisallow: /", "/story", False),
    ("User-agent: tear\nDisallow: /", "/story", True),
    ("User-agent: tearsheetbot\nDisallow: /", "/story", True),
    ("User-agent: *bot\nDisallow: /", "/story", True),
    (
        "User-agent: a\nUser-agent: tearsheet # us\nDisallow: /x\nUser-agent: tearsheet\nDisallow: /story",
        "/story",
        False,
    ),
    ("User-agent: *\nDisallow: /st\nAllow: /story", "/story", True),
    ("User-agent: *\nAllow: /story\nDisallow: /story", "/story", True),
    ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
    ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
    ("User-agent: *\nDisallow: /a%3cd.html", "/a%3Cd.html", False),
    ("\ufeffUser-agent: *\nDisallow: /", "/story", False),
    ("user-agent:*\rdisallow:/\r", "/story", False),
    ("User-agent: *\nCrawl-delay: 5\nSitemap: x\nDisallow: /story", "/story", False),
    ("<html><body>User-agent? no</body></html>", "/story", True),
    ("\x00\xff\xfe nonsense\nDisallow: /", "/story", True),
]


@pytest.mark.parametrize(("text", "path", "expected"), RULES)
def test_the_rules_of_rfc_9309(web: Web, text: str, path: str, expected: bool) -> None:
    assert allowed(web, text, "http://news.test" + path) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, True), (401, True), (403, True), (404, True), (410, True), (429, False), (500, False), (503, False)],
)
def test_what_a_status_means(web: Web, status: int, expected: bool) -> None:
    web.host("news.test").robots("User-agent: *\nDisallow: /", status=status)
    with Asker(web) as robots:
        answer = robots.allowed("http://news.test/")
        assert answer.allowed is expected
        assert answer.exchanges[-1].status == status
        if not expected:
            assert str(status) in answer.reason
            assert answer.kind == ("rate limited" if status == 429 else "server error")


def test_no_answer_forbids_and_says_what_kept_us(web: Web) -> None:
    with Asker(web, connect_to=(f":80:127.0.0.1:{web.refusing_port}",)) as robots:
        answer = robots.allowed("http://news.test/")
    assert not answer.allowed
    assert answer.kind == "connect"
    assert "could not be read" in answer.reason


def test_a_file_that_is_cut_short_forbids(web: Web) -> None:
    def cut(connection: Connection, request: Request) -> None:
        connection.head(200, [("Content-Length", "1000")])
        connection.send(b"User-agent: *\n")
        connection.close()

    web.host("news.test").route("/robots.txt", cut)
    with Asker(web) as robots:
        answer = robots.allowed("http://news.test/")
    assert (answer.allowed, answer.kind) == (False, "cut")


def test_a_host_whose_rules_want_to_rest_is_not_asked_for_them_before(web: Web) -> None:
    web.host("news.test").page("/robots.txt", "busy", status=429, headers=(("Retry-After", "7200"),))
    clock = FakeTime()
    with Asker(web, clock) as robots:
        for passed in (0, 3600, 7199, 7201):
            clock.passed = passed
            assert robots.allowed("http://news.test/").kind == "rate limited"
    assert len(web.seen("news.test", "/robots.txt")) == 2


def test_the_text_of_the_rules_costs_no_further_question(web: Web) -> None:
    web.host("news.test").robots("User-agent: *\nDisallow: /x\nSitemap: /map.xml\n")
    with Asker(web) as robots:
        assert "Sitemap: /map.xml" in (robots.text("http://news.test/") or "")
        answer = robots.allowed("http://news.test/x")
        assert (answer.allowed, len(answer.exchanges)) == (False, 1)
        assert robots.text("http://none.test/") is None
    assert len(web.seen("news.test")) == 1
    with Asker(web, robots="ignore") as careless:
        assert careless.text("http://news.test/") is None


def test_redirects_are_followed_and_the_rules_are_those_of_the_first_host(web: Web) -> None:
    first = web.host("news.test")
    first.redirect("/robots.txt", "/r1")
    for i in range(1, 4):
        first.redirect(f"/r{i}", f"/r{i + 1}")
    first.redirect("/r4", "https://other.test/robots.txt")
    web.host("other.test").robots("User-agent: *\nDisallow: /story")
    with Asker(web) as robots:
        answer = robots.allowed("http://news.test/story")
        assert not answer.allowed
        assert len(answer.exchanges) == 6
        assert robots.allowed("http://news.test/else").allowed


@pytest.mark.promise("web", each="attacks")
def test_redirects_without_end_count_as_no_rules(web: Web) -> None:
    web.host("news.test").redirect("/robots.txt", "/robots.txt?again")
    with Asker(web) as robots:
        assert robots.allowed("http://news.test/story").allowed


def test_each_origin_is_asked_once_a_day_and_its_answer_handed_out_once(web: Web) -> None:
    web.host("news.test").robots("User-agent: *\nDisallow: /no\nCrawl-delay: 2.5")
    passing = FakeTime()
    with Asker(web, passing) as robots:
        assert robots.host_delay("news.test") == 0
        first = robots.allowed("http://news.test/no")
        assert (len(first.exchanges), first.crawl_delay, first.allowed) == (1, 2.5, False)
        assert "robots.txt of news.test forbids /no" in first.reason
        assert robots.allowed("http://news.test/yes").exchanges == ()
        assert robots.host_delay("news.test") == 2.5
        robots.allowed("http://news.test:80/port")
        assert len(web.seen("news.test")) == 1
        robots.allowed("https://news.test/")
        assert len(web.seen("news.test")) == 2
        passing.passed += 86_401
        assert len(robots.allowed("http://news.test/no").exchanges) == 1
    assert {seen.target for seen in web.log} == {"/robots.txt"}


def test_a_host_that_could_not_be_reached_is_asked_again_sooner(web: Web) -> None:
    web.host("news.test").robots("", status=503)
    passing = FakeTime()
    with Asker(web, passing) as robots:
        assert not robots.allowed("http://news.test/").allowed
        web.host("news.test").robots("")
        assert not robots.allowed("http://news.test/").allowed
        passing.passed += 601
        assert robots.allowed("http://news.test/").allowed


def test_many_threads_ask_once(web: Web) -> None:
    def slow(connection: Connection, request: Request) -> None:
        connection.stopping.wait(0.05)
        connection.respond(200, "User-agent: *\nDisallow: /")

    web.host("news.test").route("/robots.txt", slow)
    with Asker(web) as robots:
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(robots.allowed("http://news.test/"))) for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(web.log) == 1
    assert sum(len(answer.exchanges) for answer in answers) == 1
    assert not any(answer.allowed for answer in answers)


def test_robots_may_be_ignored(web: Web) -> None:
    web.host("news.test").robots("User-agent: *\nDisallow: /")
    with Asker(web, robots="ignore") as robots:
        assert robots.allowed("http://news.test/").allowed
    assert web.log == []


def test_robots_txt_itself_and_what_is_no_address_need_no_rules(web: Web) -> None:
    with Asker(web) as robots:
        assert robots.allowed("http://news.test/robots.txt").allowed
        assert robots.allowed("mailto:someone@news.test").allowed
    assert web.log == []


def test_what_we_refuse_ourselves_is_not_blamed_on_robots(web: Web) -> None:
    with Asker(web, allow_private_addresses=False) as robots:
        assert robots.allowed("http://127.0.0.1/").allowed


@pytest.mark.promise("web", each="attacks")
def test_a_large_file_is_read_as_far_as_the_standard_asks_and_no_further(web: Web) -> None:
    padding = b"# padding\n" * (500 * 1024 // 10)
    rule = b"User-agent: *\nDisallow: /story\n"
    assert not allowed(web, padding + rule)
    assert allowed(web, padding * 3 + rule)
    assert not allowed(web, rule + padding * 50)


def test_a_rule_that_the_limit_cuts_is_dropped() -> None:
    assert prepared(b"User-agent: *\n" + b"#" * (PARSED - 30) + b"\nDisallow: /a-long-path").endswith("#")


@pytest.mark.promise("web", each="attacks")
def test_a_compressed_bomb_is_bounded(web: Web) -> None:
    bomb = gzip.compress(b"User-agent: *\nDisallow: /story\n" + b"#" * 100_000_000)
    web.host("news.test").page("/robots.txt", bomb, headers=(("Content-Encoding", "gzip"),), type="text/plain")
    with Asker(web) as robots:
        assert not robots.allowed("http://news.test/story").allowed


def test_thousands_of_agents_cost_no_more_than_any_other_file(web: Web) -> None:
    agents = "".join(f"User-agent: a{i}\n" for i in range(12_000))
    rules = "".join(f"Disallow: /{i}\n" for i in range(12_000))
    begun = time.process_time()
    assert allowed(web, agents + rules)
    assert time.process_time() - begun < 5


class Notes:
    """Rules from one run to the next."""

    def __init__(self) -> None:
        self.kept: dict[str, Rules] = {}

    def rules(self, origin: str) -> Rules | None:
        return self.kept.get(origin)

    def unkept(self, origin: str) -> tuple[Exchange, ...]:
        return ()

    def keep_rules(self, origin: str, rules: Rules) -> None:
        self.kept[origin] = rules

    def close(self) -> None:
        pass


def test_rules_outlive_the_run_for_a_day(web: Web) -> None:
    web.host("news.test").robots("User-agent: *\nDisallow: /no\nCrawl-delay: 3")
    passing, notes = FakeTime(), Notes()
    for hours, asked in ((0, 1), (23, 1), (2, 2)):
        passing.passed += hours * 3600
        with Asker(web, passing) as one:
            robots = Robots(one._fetcher, one._fetcher.settings, notes)
            assert not robots.allowed("http://news.test/no").allowed
            assert robots.allowed("http://news.test/yes").allowed
            assert robots.host_delay("news.test") == 3
        assert len(web.log) == asked


def test_what_one_process_has_read_holds_for_another(web: Web) -> None:
    web.host("news.test").robots("User-agent: *\nDisallow: /no\nCrawl-delay: 3")
    with Asker(web) as one, Asker(web) as other:
        assert other.known("http://news.test") == (None, ())
        first = one.allowed("http://news.test/no")
        one.unkept(first.exchanges)
        rules, exchanges = one.known("http://news.test")
        assert exchanges == first.exchanges
        assert one.known("http://news.test") == (rules, ())
        assert rules is not None
        other.heard("http://news.test", rules)
        assert not other.allowed("http://news.test/no").allowed
        assert other.host_delay("news.test") == 3
    assert len(web.log) == 1


def test_an_answer_that_could_not_be_stored_comes_with_the_next_question(web: Web) -> None:
    web.host("news.test").robots("")
    with Asker(web) as robots:
        first = robots.allowed("http://news.test/feed.xml")
        robots.unkept(first.exchanges)
        assert robots.allowed("http://news.test/story").exchanges == first.exchanges
        assert robots.allowed("http://news.test/story").exchanges == ()


def test_the_longest_delay_that_an_origin_names_is_its_hosts(web: Web) -> None:
    host = web.host("news.test")
    with Asker(web) as robots:
        host.robots("User-agent: *\nCrawl-delay: 4")
        robots.allowed("https://news.test/")
        host.robots("User-agent: *\nDisallow:")
        robots.allowed("http://news.test/")
        assert robots.host_delay("news.test") == 4
