"""`tearsheet rescue` where archives mean harm, are broken, tired, or of another make than pywb."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests import foreign
from tests.command import Home, home
from tests.site import Connection, Host, Request, Web
from tests.test_rescue_pywb import rescued
from tests.underway import underway
from tests.webarchive import on

STORY = "http://dead.test/2015/03/17/pier"
PIER = foreign.html("The pier").replace(b"2020-05-06", b"2015-03-17")
SOFT = b"<html><head><title>Page not found</title></head><body><h1>404 - Page not found</h1></body></html>"
WALL = b"<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>"
TOP = "http://archive.test"


def http_date(stamp: str) -> str:
    year, month, day = int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8])
    return format_datetime(on(year, month, day, int(stamp[8:10] or 0)), usegmt=True)


def links(*rows: tuple[str, str, str | None]) -> str:
    """A TimeMap: (address, rel, stamp)."""
    return ",\n".join(
        f'<{address}>; rel="{rel}"' + (f'; datetime="{http_date(stamp)}"' if stamp else "")
        for address, rel, stamp in rows
    )


def memento(stamp: str, url: str = STORY, mod: str = "id_") -> str:
    return f"{TOP}/web/{stamp}{mod}/{url}"


def lists(host: Host, *stamps: str, url: str = STORY) -> None:
    """The TimeMap of `url` names mementos of these times."""
    rows = [(url, "original", None), *((memento(stamp, url, ""), "memento", stamp) for stamp in stamps)]
    host.page(f"/map/{url}", links(*rows), type="application/link-format")


def holds(host: Host, stamp: str, body: bytes = PIER, *, url: str = STORY, status: int = 200, **headers: Any) -> None:
    named = {"Memento-Datetime": http_date(stamp), "Link": f'<{url}>; rel="original"'}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    given = [(name, value) for name, value in named.items() if value]
    host.page(f"/web/{stamp}id_/{url}", body, status=status, headers=given)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("dead.test")
        yield web


@pytest.fixture
def bad(web: Web) -> Host:
    return web.host("archive.test")


def table(name: str = "Bad", **places: str) -> str:
    given = {"timemap": f"{TOP}/map/", "delay": "0"} | places
    lines = [f"{key} = {value if key == 'delay' else json.dumps(value)}" for key, value in given.items() if value]
    return "\n".join(["", "[[rescue.archive]]", f'name = "{name}"', *lines, ""])


def there(folder: Path, web: Web, archives: str = "", **more: str) -> Home:
    made = home(folder, web, **more)
    config = folder / "config.toml"
    config.write_text(config.read_text() + (archives or table()))
    return made


def reasons(told: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in told["passed_over"]]


S1, S2, S3 = "20150318000000", "20150320000000", "20150401000000"


# ------------------------------------------------------------------------------------------------ lies


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Memento_Datetime": http_date("20090101000000")}, "is not the time that the archive tells elsewhere"),
        ({"Memento_Datetime": "once upon a time"}, "no Memento-Datetime that is a time"),
        ({"Memento_Datetime": "Tue, 01 Jan 2999 00:00:00 GMT"}, "lies ahead"),
        ({"Memento_Datetime": ""}, "answered 200, but with no memento"),
        ({"Link": '<http://dead.test/other>; rel="original"'}, "of another address (http://dead.test/other)"),
    ],
)
def test_a_copy_that_lies_is_passed_over(
    tmp_path: Path, web: Web, bad: Host, headers: dict[str, Any], words: str
) -> None:
    lists(bad, S1, S2)
    holds(bad, S1, foreign.html("A lie"), **headers)
    holds(bad, S2)
    told = rescued(there(tmp_path, web), STORY)
    assert (told["memento_datetime"][:10], told["page"]["title"]) == ("2015-03-20", "The pier")
    assert len(reasons(told)) == 1 and words in reasons(told)[0]


def test_a_list_of_another_address_is_not_believed(tmp_path: Path, web: Web, bad: Host) -> None:
    rows = [("http://dead.test/other", "original", None), (memento(S1), "memento", S1)]
    bad.page(f"/map/{STORY}", links(*rows), type="application/link-format")
    holds(bad, S1)
    told = rescued(there(tmp_path, web), STORY, code=9)
    assert told["outcome"] == "not asked"
    assert told["problems"] == [{"archive": "Bad", "problem": "its list is one of another address"}]
    assert web.seen("archive.test", f"/web/{S1}id_/{STORY}") == []


def test_what_the_list_names_must_be_of_the_address(tmp_path: Path, web: Web, bad: Host) -> None:
    rows = [(memento(S1, "http://evil.test/x"), "memento", S1), (memento(S2), "memento", S2)]
    bad.page(f"/map/{STORY}", links(*rows), type="application/link-format")
    holds(bad, S2)
    told = rescued(there(tmp_path, web), STORY)
    assert (told["copies"], told["memento_datetime"][:10]) == (1, "2015-03-20")


def test_a_time_that_the_article_itself_denies_is_the_last_resort(tmp_path: Path, web: Web, bad: Host) -> None:
    lists(bad, S1, S2)
    holds(bad, S1, PIER.replace(b"2015-03-17", b"2019-01-01"))
    holds(bad, S2)
    told = rescued(there(tmp_path / "a", web), STORY)
    assert told["memento_datetime"][:10] == "2015-03-20"
    assert "published on 2019-01-01" in reasons(told)[0]
    lists(bad, S1)
    told = rescued(there(tmp_path / "b", web), STORY)
    assert told["memento_datetime"][:10] == "2015-03-18" and "published on 2019-01-01" in told["reason"]


# ------------------------------------------------------------------------------------------------ harm


@pytest.mark.parametrize("way", ["listed", "redirect"])
def test_copies_that_lead_to_private_addresses_are_not_asked(tmp_path: Path, web: Web, bad: Host, way: str) -> None:
    inside = f"http://169.254.169.254/web/{S1}/{STORY}"
    rows = [(inside if way == "listed" else memento(S1, mod=""), "memento", S1), (memento(S2), "memento", S2)]
    bad.page(f"/map/{STORY}", links(*rows), type="application/link-format")
    bad.redirect(f"/web/{S1}id_/{STORY}", inside)
    holds(bad, S2)
    told = rescued(there(tmp_path, web), STORY)
    assert told["memento_datetime"][:10] == "2015-03-20"
    assert "metadata service" in reasons(told)[0]
    assert web.seen("169.254.169.254") == []


def test_an_archive_on_this_machine_is_refused_unless_the_config_allows_it(tmp_path: Path, web: Web) -> None:
    archives = table(timemap=f"http://127.0.0.1:{web.http_port}/map/")
    told = rescued(there(tmp_path, web, archives, fetch__allow_private_addresses="false"), STORY, code=9)
    assert told["outcome"] == "not asked"
    assert "this machine" in told["problems"][0]["problem"]
    assert web.log == []


def test_endless_timemaps_end(tmp_path: Path, web: Web, bad: Host) -> None:
    def endless(connection: Connection, request: Request) -> None:
        number = int(request.target.partition("n=")[2] or 0)
        rows = [(f"{TOP}/map/more?n={number + 1}", "timemap", None), (memento(S1, mod=""), "memento", S1)]
        connection.respond(200, links(*rows), (("Content-Type", "application/link-format"),))

    bad.otherwise(endless)
    holds(bad, S1)
    told = rescued(there(tmp_path, web), STORY)
    assert (told["outcome"], told["copies"]) == ("rescued", 1)
    assert len(web.seen("archive.test")) <= 8 + 1


def test_timemaps_that_lead_in_a_circle_are_read_once(tmp_path: Path, web: Web, bad: Host) -> None:
    rows = [(f"{TOP}/map/{STORY}", "timemap", None), (f"{TOP}/two", "timemap", None)]
    bad.page(f"/map/{STORY}", links(*rows), type="application/link-format")
    bad.page("/two", links(*rows, (memento(S1, mod=""), "memento", S1)), type="application/link-format")
    holds(bad, S1)
    assert rescued(there(tmp_path, web), STORY)["outcome"] == "rescued"
    assert len(web.seen("archive.test")) == 3


def test_redirects_in_a_circle_and_without_end_are_passed_over(tmp_path: Path, web: Web, bad: Host) -> None:
    lists(bad, S1, S2, S3)
    bad.redirect(f"/web/{S1}id_/{STORY}", memento(S1))
    # An archived redirect to itself, and one to another form of it that leads back.
    holds(bad, S2, b"", status=302, Location="/2015/03/17/pier?again")
    holds(bad, S2, b"", url=f"{STORY}?again", status=302, Location="/2015/03/17/pier")
    holds(bad, S3)
    told = rescued(there(tmp_path, web), STORY)
    assert told["memento_datetime"][:10] == "2015-04-01"
    assert "leads nowhere" in reasons(told)[0] and "in a circle" in reasons(told)[1]


def test_walls_challenges_and_errors_of_then_are_passed_over(tmp_path: Path, web: Web, bad: Host) -> None:
    lists(bad, "20150318000000", "20150319000000", "20150320000000", "20150321000000", "20150322000000")
    holds(bad, "20150318000000", SOFT)
    holds(bad, "20150319000000", WALL, status=403)
    holds(bad, "20150320000000", b"", status=302, Location="/")
    holds(bad, "20150320000000", b"<title>Home</title>", url="http://dead.test/")
    holds(bad, "20150321000000", b"oops", status=500)
    holds(bad, "20150322000000")
    told = rescued(there(tmp_path, web), STORY)
    assert told["memento_datetime"][:10] == "2015-03-22"
    kinds = [reason.partition(":")[0] for reason in reasons(told)]
    assert kinds == ["soft 404", "challenge", "soft 404", "server error"]
    # What was passed over was not kept, in quarantine neither.
    mine = Home(tmp_path)
    assert [row["verdict"] for row in mine.run("list", "--json").rows] == ["article"]


def test_no_more_copies_are_looked_at_than_the_config_says(tmp_path: Path, web: Web, bad: Host) -> None:
    stamps = [f"201503{day:02d}000000" for day in range(1, 29)]
    lists(bad, *stamps)
    for stamp in stamps:
        holds(bad, stamp, SOFT + stamp.encode())
    told = rescued(there(tmp_path, web, rescue__tries="4"), STORY, code=9)
    assert (told["outcome"], told["copies"], len(told["passed_over"])) == ("no good copy", 28, 6)


# ------------------------------------------------------------------------------------------------ manners


def test_who_asked_to_be_left_alone_is_in_later_runs_too(tmp_path: Path, web: Web, bad: Host) -> None:
    other = web.host("other.test")
    bad.page(f"/map/{STORY}", "slow down", status=429, headers=(("Retry-After", "3600"),))
    other.page(
        f"/map/{STORY}", links((f"http://other.test/web/{S2}/{STORY}", "memento", S2)), type="application/link-format"
    )
    other.page(f"/web/{S2}id_/{STORY}", PIER, headers=(("Memento-Datetime", http_date(S2)),))
    mine = there(tmp_path, web, table() + table("Good", timemap="http://other.test/map/"))
    told = rescued(mine, STORY)
    assert (told["outcome"], told["archive"]) == ("rescued", "Good")
    assert told["problems"][0]["archive"] == "Bad"
    asked = len(web.seen("archive.test"))
    told = rescued(mine, "http://dead.test/2016/01/02/x", code=9)
    assert "is left alone until" in told["problems"][0]["problem"]
    assert len(web.seen("archive.test")) == asked


def test_a_429_without_a_word_counts_too_and_ends_the_looking_there(tmp_path: Path, web: Web, bad: Host) -> None:
    lists(bad, S1, S2, S3)
    for stamp in (S1, S2, S3):
        bad.page(f"/web/{stamp}id_/{STORY}", "slow down", status=429)
    mine = there(tmp_path, web)
    told = rescued(mine, STORY, code=9)
    assert told["outcome"] == "not asked", told
    assert len(web.seen("archive.test")) == 2
    assert rescued(mine, STORY, code=9)["outcome"] == "not asked"
    assert len(web.seen("archive.test")) == 2


def test_an_archive_that_is_down_is_given_up(tmp_path: Path, web: Web) -> None:
    mine = there(tmp_path, web, table(timemap=f"http://127.0.0.1:{web.refusing_port}/map/"))
    addresses = [f"http://dead.test/2015/03/17/{n}" for n in range(5)]
    ran = mine.run("rescue", "--json", *addresses)
    problems = [row["problems"][0]["problem"] for row in ran.rows]
    assert ran.code == 9
    assert ["refused" in words for words in problems] == [True] * 3 + [False] * 2
    assert all("is left alone until" in words for words in problems[3:])


def test_an_archive_keeps_its_own_pace_and_its_robots_are_not_asked(tmp_path: Path, web: Web, bad: Host) -> None:
    bad.robots("User-agent: *\nDisallow: /")
    lists(bad, S1, S2)
    holds(bad, S1, SOFT)
    holds(bad, S2)
    assert rescued(there(tmp_path, web, table(delay="0.3")), STORY)["outcome"] == "rescued"
    times = [seen.time for seen in web.seen("archive.test")]
    assert len(times) == 3 and web.seen("archive.test", "/robots.txt") == []
    assert all(second - first >= 0.29 for first, second in pairwise(times))


def test_the_robots_of_a_host_that_an_archive_leads_to_are_heeded(tmp_path: Path, web: Web, bad: Host) -> None:
    other = web.host("other.test")
    other.robots("User-agent: *\nDisallow: /")
    rows = [(f"http://other.test/web/{S1}/{STORY}", "memento", S1), (memento(S2), "memento", S2)]
    bad.page(f"/map/{STORY}", links(*rows), type="application/link-format")
    holds(bad, S2)
    told = rescued(there(tmp_path, web), STORY)
    assert told["memento_datetime"][:10] == "2015-03-20"
    assert "robots.txt of other.test forbids" in reasons(told)[0]


def test_an_excluded_address_is_not_rescued(tmp_path: Path, web: Web, bad: Host) -> None:
    lists(bad, S1)
    holds(bad, S1)
    mine = there(tmp_path, web)
    web.host("dead.test").page("/alive", foreign.html("Alive"))
    mine.fetch("http://dead.test/alive")
    assert mine.run("exclude", STORY, "--reason", "a takedown").code == 0
    told = rescued(mine, STORY, code=9)
    assert told["outcome"] == "refused" and "a takedown" in told["reason"]
    assert web.seen("archive.test") == []


def test_stopped_by_ctrl_c_nothing_is_half_kept(tmp_path: Path, web: Web, bad: Host) -> None:
    lists(bad, S1)
    lists(bad, S1, url=f"{STORY}2")
    asked, go = threading.Event(), threading.Event()

    def slow(connection: Connection, request: Request) -> None:
        asked.set()
        go.wait(30)
        fields = (("Content-Type", "text/html"), ("Memento-Datetime", http_date(S1)))
        connection.respond(200, PIER, fields)

    bad.route(f"/web/{S1}id_/{STORY}", slow)
    mine = there(tmp_path, web)
    with underway(mine, "rescue", "--json", STORY, f"{STORY}2") as run:
        assert asked.wait(30)
        run.process.send_signal(signal.SIGINT)
        assert "stopping" in run.err.next()
        go.set()
        ran = run.end()
    assert ran.code == 130
    # The one that was under way is whole or not there at all; the other was not begun.
    assert [row["url"] for row in ran.rows] in ([], [STORY])
    assert web.seen("archive.test", f"/map/{STORY}2") == []
    assert mine.run("verify").code == 0


# ------------------------------------------------------------------------------------------------ other makes


def wayback(bad: Host, copies: dict[str, tuple[int, bytes]], *, sorts: bool = True) -> None:
    """The Wayback Machine's manners: CDX as JSON rows with resumption, X-Archive-Orig-, redirects to the nearest."""

    def cdx(connection: Connection, request: Request) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        rows = [
            ["dead,test)/", stamp, asked["url"], "text/html", str(status), f"D{body[-30:].hex()}", str(len(body))]
            for stamp, (status, body) in sorted(copies.items())
        ]
        limit = int(asked["limit"])
        if "closest" in asked and sorts:
            rows.sort(key=lambda row: abs(int(row[1]) - int(asked["closest"])))
        begin = int(asked.get("resumeKey", "0"))
        part = rows[begin : begin + limit]
        answer = [["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"], *part]
        if "showResumeKey" in asked and begin + limit < len(rows):
            answer += [[], [str(begin + limit)]]
        connection.respond(200, json.dumps(answer), (("Content-Type", "application/json"),))

    def web(connection: Connection, request: Request) -> None:
        stamp, _, url = unquote(request.target).removeprefix("/web/").partition("id_/")
        if url != STORY or stamp not in copies:
            near = min(copies, key=lambda each: abs(int(each) - int(stamp or 0)))
            if url != STORY:
                connection.respond(404, "<title>Internet Archive</title>", (("Content-Type", "text/html"),))
            else:
                connection.respond(302, b"", (("Location", f"/web/{near}id_/{url}"),))
            return
        status, body = copies[stamp]
        fields = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Server", "nginx"),
            ("x-archive-orig-server", "Apache"),
            ("x-archive-orig-content-length", "1"),
            ("x-archive-orig-set-cookie", "session=1"),
            ("Memento-Datetime", http_date(stamp)),
            ("Link", f'<{url}>; rel="original", <{TOP}/web/timemap/link/{url}>; rel="timemap"'),
        ]
        if status == 302:
            fields.append(("Location", f"{TOP}/web/{stamp}id_/http://dead.test/"))
        connection.respond(status, body, tuple(fields))

    bad.route("/cdx/search/cdx", cdx)
    bad.otherwise(web)


@pytest.mark.parametrize("sorts", [True, False])
def test_the_wayback_machine_with_more_copies_than_one_answer_holds(
    tmp_path: Path, web: Web, bad: Host, sorts: bool
) -> None:
    copies = {
        f"20{year:02d}{month:02d}{day:02d}000000": (404, b"gone")
        for year in range(10, 24)
        for month in range(1, 13)
        for day in (1, 11, 21)
    }
    copies |= {"20150317120000": (200, SOFT), S2: (200, PIER), "20150322000000": (302, b"")}
    wayback(bad, copies, sorts=sorts)
    told = rescued(there(tmp_path, web, table(timemap="", cdx=f"{TOP}/cdx/search/cdx")), STORY)
    assert (told["memento_datetime"][:10], told["page"]["title"]) == ("2015-03-20", "The pier")
    assert [reason.partition(":")[0] for reason in reasons(told)] == ["soft 404"]
    if not sorts:
        assert told["copies"] == len(copies)


def test_an_archive_without_raw_copies_is_taken_as_it_shows_them(tmp_path: Path, web: Web, bad: Host) -> None:
    shown = f"{TOP}/AbCdE"
    bad.page(f"/map/{STORY}", links((f"{TOP}/{S2}/{STORY}", "memento", S2)), type="application/link-format")
    bad.redirect(f"/{S2}/{STORY}", shown)
    body = PIER.replace(b"</article>", b'</article><img src="/AbCdE/p.png">')
    fields = (("Memento-Datetime", http_date(S2)), ("Link", f'<{STORY}>; rel="original"'))
    bad.page("/AbCdE", body, headers=fields)
    told = rescued(there(tmp_path, web), STORY)
    assert (told["outcome"], told["page"]["title"]) == ("rescued", "The pier")
    assert told["page"]["original_url"] == STORY
    assert told["page"]["missing_requisites"] == ["http://dead.test/AbCdE/p.png"]
    assert web.seen("archive.test", "/AbCdE/p.png") == []


def test_a_timegate_that_redirects_to_its_choice(tmp_path: Path, web: Web, bad: Host) -> None:
    asked: list[str | None] = []

    def gate(connection: Connection, request: Request) -> None:
        asked.append(request.header("Accept-Datetime"))
        said = f'<{STORY}>; rel="original", <{TOP}/map/{STORY}>; rel="timemap"; type="application/link-format"'
        fields = (("Location", memento(S1, mod="")), ("Vary", "accept-datetime"), ("Link", said))
        connection.respond(302, b"", fields)

    bad.route(f"/gate/{STORY}", gate)
    lists(bad, S1, S2)
    holds(bad, S1, SOFT)
    holds(bad, S2)
    told = rescued(there(tmp_path, web, table(timemap="", timegate=f"{TOP}/gate/")), STORY)
    assert told["memento_datetime"][:10] == "2015-03-20"
    assert asked == ["Wed, 18 Mar 2015 00:00:00 GMT"]


def test_a_timegate_that_answers_itself_and_names_its_choice(tmp_path: Path, web: Web, bad: Host) -> None:
    fields = [
        ("Memento-Datetime", http_date(S2)),
        ("Content-Location", f"/web/{S2}/{STORY}"),
        ("Vary", "accept-datetime"),
    ]
    bad.page(f"/gate/{STORY}", PIER, headers=fields)
    holds(bad, S2)
    told = rescued(there(tmp_path, web, table(timemap="", timegate=f"{TOP}/gate/")), STORY)
    assert (told["copies"], told["memento"]) == (1, memento(S2, mod=""))


# ------------------------------------------------------------------------------------------------ near which time


def test_the_date_of_a_stub_is_the_articles_own(tmp_path: Path, web: Web, bad: Host) -> None:
    url = "http://dead.test/pier"
    stub = (
        "<html><head><title>The pier</title><meta property='og:type' content='article'>"
        "<meta property='article:published_time' content='2016-07-08T09:00:00Z'>"
        '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script></head>'
        "<body><article><h1>The pier</h1><p>The harbour board met on Tuesday and spoke of the pier at length.</p>"
        "<p>Subscribe to continue reading this article.</p></article></body></html>"
    )
    web.host("dead.test").page("/pier", stub)
    lists(bad, "20150101000000", "20160710000000", "20200101000000", url=url)
    holds(bad, "20160710000000", PIER, url=url)
    mine = there(tmp_path, web)
    assert mine.fetch(url)["verdict"] == "paywall stub"
    told = rescued(mine, url)
    assert (told["wanted"][:10], told["wanted_because"]) == ("2016-07-09", "the date of its stub")
    assert told["memento_datetime"][:10] == "2016-07-10"


def test_without_a_date_when_the_link_was_seen_first(tmp_path: Path, web: Web, bad: Host) -> None:
    url = "http://dead.test/pier"
    mine = there(tmp_path, web)
    first = mine.fetch(url)
    lists(bad, "20150101000000", url=url)
    holds(bad, "20150101000000", PIER, url=url)
    told = rescued(mine, url)
    assert told["wanted_because"] == "when the link was seen first"
    assert told["wanted"][:19] == first["captured_at"][:19]
