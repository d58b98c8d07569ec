"""What a memento claims of itself, and what it was before the archive had it."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from archive.models import Exchange, Memento
from scraper.body import decoded
from scraper.mementos.restoring import is_archived, memento_time, own_address, problem, restored, stamped
from tests.making import TIME, exchange

ASKED = "http://dead.test/story"
ADDRESS = f"https://archive.test/web/20150102030405id_/{ASKED}"
WHEN = "Fri, 02 Jan 2015 03:04:05 GMT"
MEMENTO = Memento(ADDRESS, "Test Archive", TIME)


def memento(
    *headers: tuple[str, str], url: str = ADDRESS, status: int = 200, body: bytes = b"<p>x", when: str = WHEN
) -> Exchange:
    fields = [*headers, ("Memento-Datetime", when)] if when else list(headers)
    head = f"HTTP/1.1 {status} Sure\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return exchange(url, body, status=status, head=head.encode(), headers=tuple(fields))


def test_a_good_one_has_no_problem_and_a_time() -> None:
    found = memento(("Link", f'<{ASKED}>; rel="original", <https://archive.test/web/{ASKED}>; rel="timegate"'))
    assert problem(found, ASKED) is None
    assert problem(memento(), ASKED) is None, "its address says of what it is a memento"
    assert memento_time(found) == datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)
    # http or https, www or not: one article.
    assert problem(found, "https://www.dead.test/story#top") is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (memento(when=""), "no Memento-Datetime that is a time"),
        (memento(when="long ago"), "no Memento-Datetime that is a time"),
        (
            memento(when=f"{TIME + timedelta(days=9):%a, %d %b %Y %H:%M:%S} GMT", url="https://archive.test/abc"),
            "lies ahead",
        ),
        (memento(when="Mon, 01 Jan 1900 00:00:00 GMT", url="https://archive.test/abc"), "older than the web"),
        (memento(when="Fri, 02 Jan 2009 03:04:05 GMT"), "not the time that the archive tells elsewhere"),
        (memento(("Link", '<http://dead.test/other>; rel="original"')), "of another address"),
        (memento(url="https://archive.test/web/20150102030405id_/http://evil.test/"), "of another address"),
        (memento(url="https://archive.test/abc"), "does not say of which"),
    ],
)
def test_what_speaks_against_it_is_said(found: Exchange, words: str) -> None:
    assert words in (problem(found, ASKED, stamped(found.url)) or "")


@pytest.mark.parametrize(
    ("location", "archived"),
    [
        ("/elsewhere", True),
        ("https://dead.test/story", True),
        ("https://archive.test/web/20150102030405id_/https://dead.test/story", True),
        # To the nearest time: the archive's own, whatever it bears.
        ("https://archive.test/web/20150103000000id_/http://dead.test/story", False),
        ("/web/20150103000000id_/http://dead.test:80/story", False),
    ],
)
def test_archived_redirects_are_told_from_the_archives_own(location: str, archived: bool) -> None:
    assert is_archived(memento(("Location", location), status=302), ASKED) is archived
    assert not is_archived(memento(("Location", location), status=302, when=""), ASKED)


def test_the_wayback_machines_headers_become_the_sites() -> None:
    found = memento(
        ("Server", "nginx"),
        ("Date", "Thu, 26 Nov 2026 03:00:00 GMT"),
        ("Content-Type", "text/html; charset=iso-8859-1"),
        ("Content-Encoding", "gzip"),
        ("x-archive-orig-Server", "Apache/1.3"),
        ("X-Archive-Orig-Date", WHEN),
        ("x-archive-orig-content-length", "9999"),
        ("x-archive-orig-transfer-encoding", "chunked"),
        ("x-archive-orig-etag", '"old"'),
        ("x-archive-orig-set-cookie", "a=b"),
        ("Set-Cookie", "archive=1"),
        ("Link", f'<{ASKED}>; rel="original"'),
        ("x-app-server", "wwwb-app213"),
        ("Content-Security-Policy", "default-src archive.test"),
        body=gzip.compress(b"<p>caf\xe9"),
    )
    then = restored(found, ASKED, MEMENTO)
    assert then.url == ASKED
    assert then.time == datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (then.request, then.ip, then.memento) == (b"", None, MEMENTO)
    assert then.head.decode() == (
        "HTTP/1.1 200 Sure\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Encoding: gzip\r\n"
        f'Server: Apache/1.3\r\nDate: {WHEN}\r\netag: "old"\r\nset-cookie: a=b\r\n'
        f"Content-Length: {found.body.size}\r\n\r\n"
    )
    assert decoded(then, 100) == b"<p>caf\xe9"


def test_an_archived_redirect_leads_where_it_led() -> None:
    for location in ("/new", "https://archive.test/web/20150102030405id_/http://dead.test/new"):
        then = restored(memento(("Location", location), status=301), ASKED, MEMENTO)
        assert then.header("location") in ("/new", "http://dead.test/new")
    native = memento(("Location", "https://archive.test/x"), ("X-Archive-Orig-Location", "/new"), status=301)
    assert restored(native, ASKED, MEMENTO).header("location") == "/new"


def test_the_archives_form_of_the_address_counts_where_it_is_one() -> None:
    then = restored(memento(("Link", '<https://dead.test:443/story>; rel="original"')), ASKED, MEMENTO)
    assert then.url == "https://dead.test/story"


def test_what_answers_under_another_time_names_its_own_address() -> None:
    own = f"https://archive.test/web/20150102030405id_/{ASKED}"
    near = f"https://archive.test/web/20140101000000id_/{ASKED}"
    found = memento(("Content-Location", own), url=near)
    assert (own_address(found), problem(found, ASKED)) == (own, None)
    assert problem(found, ASKED, stamped(near)) is None
    lying = memento(("Content-Location", f"https://archive.test/web/20090101000000id_/{ASKED}"), url=near)
    assert "not the time that the archive tells elsewhere" in (problem(lying, ASKED) or "")
    # What is on another site, or of another article, names nothing.
    for other in (
        f"https://other.test/web/20150102030405id_/{ASKED}",
        "https://archive.test/web/20150102030405id_/http://b.test/",
    ):
        assert own_address(memento(("Content-Location", other), url=near)) == near
