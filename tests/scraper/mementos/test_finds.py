"""TimeMaps and CDX answers in all the forms in which archives give them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.mementos.finds import Listed, near, read_cdx, read_timemap, time_of_stamp

BASE = "https://archive.test/timemap/link/http://a.test/x"
T1, T2 = datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2020, 6, 7, tzinfo=UTC)
LINKS = """<http://a.test/x,y>; rel="original",
<https://archive.test/timemap/link/http://a.test/x,y>; rel="self"; type="application/link-format"; \
from="Fri, 02 Jan 2015 03:04:05 GMT"; until="Sun, 07 Jun 2020 00:00:00 GMT",
<https://archive.test/gate/http://a.test/x,y>; rel="timegate",
</timemap/link/2/http://a.test/x,y>; rel="timemap"; from="Sun, 07 Jun 2020 00:00:00 GMT",
<https://archive.test/20150102030405/http://a.test/x,y>; rel="first memento"; datetime="Fri, 02 Jan 2015 03:04:05 GMT",
<https://archive.test/20200607000000/http://a.test/x,y>; rel=memento; datetime="Sun, 07 Jun 2020 00:00:00 GMT"
"""


def test_a_timemap_of_links() -> None:
    found = read_timemap(LINKS.encode(), BASE)
    assert found.originals == ("http://a.test/x,y",)
    assert found.pages == (("https://archive.test/timemap/link/2/http://a.test/x,y", T2, None),)
    assert found.gates == ("https://archive.test/gate/http://a.test/x,y",)
    assert [(each.time, each.address[-26:]) for each in found.listed] == [
        (T1, "/20150102030405/http://a.test/x,y"[-26:]),
        (T2, "/20200607000000/http://a.test/x,y"[-26:]),
    ]


def test_a_timemap_as_a_json_object() -> None:
    listed = [
        {"datetime": "2015-01-02T03:04:05Z", "uri": "https://archive.test/1"},
        {"uri": 3},
        7,
        {"uri": "https://archive.test/2"},
    ]
    body = json.dumps({"original_uri": "http://a.test/x", "mementos": {"list": listed, "first": {}}}).encode()
    found = read_timemap(body, BASE)
    assert found.originals == ("http://a.test/x",)
    assert found.listed == (Listed(T1, "https://archive.test/1"), Listed(None, "https://archive.test/2"))


def test_a_timemap_as_lines_of_json_or_of_cdxj() -> None:
    row = {
        "urlkey": "test,a)/x",
        "timestamp": "20150102030405",
        "url": "http://a.test/x",
        "status": "200",
        "mime": "text/html",
    }
    expected = (Listed(T1, "", "http://a.test/x", 200, "text/html"),)
    assert read_timemap(json.dumps(row).encode(), BASE).listed == expected
    assert read_timemap(
        b'!context ["http://tools.ietf.org/html/rfc7089"]\n20150102030405 '
        b'{"uri": "https://archive.test/1", "rel": "first memento"}\n',
        BASE,
    ).listed == (Listed(T1, "https://archive.test/1"),)


WAYBACK = [
    ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"],
    ["test,a)/x", "20150102030405", "http://a.test:80/x", "text/html", "200", "ABC", "1234"],
    ["test,a)/x", "20200607000000", "http://a.test/x", "warc/revisit", "-", "ABC", "500"],
]
EXPECTED = (
    Listed(T1, "", "http://a.test:80/x", 200, "text/html", "ABC"),
    Listed(T2, "", "http://a.test/x", None, "warc/revisit", "ABC"),
)


def test_a_cdx_answer_as_rows_with_and_without_a_resumption_key() -> None:
    found = read_cdx(json.dumps(WAYBACK).encode())
    assert (found.listed, found.resume) == (EXPECTED, "")
    more = read_cdx(json.dumps([*WAYBACK, [], ["test,a)/x 20200607000001"]]).encode())
    assert (more.listed, more.resume) == (EXPECTED, "test,a)/x 20200607000001")
    assert read_cdx(b"[]").listed == ()


def test_rows_that_are_cut_short_give_what_is_whole() -> None:
    body = "[" + ",\n".join(json.dumps(row) for row in WAYBACK)
    assert read_cdx(body.encode()).listed == EXPECTED
    assert read_cdx(body[:-20].encode()).listed == EXPECTED[:1]


def test_a_cdx_answer_as_plain_lines() -> None:
    lines = "\n".join(" ".join(row) for row in WAYBACK[1:])
    assert read_cdx(lines.encode()).listed == EXPECTED
    asked = ("timestamp", "url", "status")
    assert read_cdx(b"20150102030405 http://a.test/x 200\n", asked).listed == (Listed(T1, "", "http://a.test/x", 200),)
    more = read_cdx((lines + "\n\ntest%2Ca%29%2Fx+2020\n").encode())
    assert (more.listed, more.resume) == (EXPECTED, "test%2Ca%29%2Fx+2020")
    eleven = "test,a)/x 20150102030405 http://a.test/x text/html 200 ABC - - 100 5 f.warc.gz"
    assert read_cdx(eleven.encode()).listed == (Listed(T1, "", "http://a.test/x", 200, "text/html", "ABC"),)


def test_a_cdx_answer_as_cdxj() -> None:
    line = (
        'test,a)/x 20150102030405 {"url": "http://a.test/x", "mime": "text/html", "status": "200", "digest": "sha1:A"}'
    )
    assert read_cdx(line.encode()).listed == (Listed(T1, "", "http://a.test/x", 200, "text/html", "sha1:A"),)


@pytest.mark.parametrize(
    "body", [b"", b"<html><title>Sorry", b"{", b"[[", b"\xff\xfe", b"[" * 100_000, b"{}" * 1000, b'{"mementos": 3}']
)
def test_what_is_no_list_lists_nothing(body: bytes) -> None:
    assert read_timemap(body, BASE).listed == ()
    assert read_cdx(body).listed == ()


@given(st.binary(max_size=300))
def test_no_answer_is_too_garbled(body: bytes) -> None:
    read_timemap(body, BASE)
    read_cdx(body)


def test_stamps_may_be_short() -> None:
    assert time_of_stamp("2015") == datetime(2015, 1, 1, tzinfo=UTC)
    assert time_of_stamp("201506") == datetime(2015, 6, 1, tzinfo=UTC)
    assert time_of_stamp("20150607080910") == datetime(2015, 6, 7, 8, 9, 10, tzinfo=UTC)
    assert [time_of_stamp(text) for text in ("", "x", "20159999", "99", "20150607080910123456")] == [None] * 5
    # A time before the web is none.
    assert read_cdx(b"test,a)/x 18000101000000 http://a.test/x text/html 200 A 1").listed == ()


@given(st.lists(st.integers(-1000, 1000), max_size=20))
def test_the_nearest_comes_first(days: list[int]) -> None:
    listed = [Listed(T1 + timedelta(days=each), str(each)) for each in days] + [Listed(None, "none")]
    found = [int(each.address) for each in near(listed, T1)]
    assert found == sorted(days, key=lambda each: (abs(each), each))
