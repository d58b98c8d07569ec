from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from archive.models import Capture, Failure, Role, VerdictKind
from archive.spool import MOST_IN_MEMORY, Spool
from archive.warc.fields import warc_date
from archive.warc.records import (
    EMPTY_DIGEST,
    Record,
    WarcInfo,
    answer_id,
    exchange_records,
    resource_record,
    stored_head,
    target,
    warcinfo_record,
)
from archive.warc.writer import Stored
from tests.making import HEAD, INFO, TIME, capture_of, drafts, exchange, page_group, part


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def original_of(body: bytes, url: str = "https://news.test/story") -> tuple[Record, Capture]:
    response = exchange_records(part(exchange(url, body)), "p0")[1]
    return response, capture_of(response, Stored(response.record_id, "w.warc.gz", 100, 200), "p0")


def test_request_and_response_are_a_linked_pair_of_one_address() -> None:
    request, response = exchange_records(part(), "p1")
    assert (request.type, response.type) == ("request", "response")
    for record, other in [(request, response), (response, request)]:
        assert record.header("WARC-Target-URI") == "https://news.test/story"
        assert record.header("WARC-Date") == "2026-01-02T03:04:05.678Z"
        assert record.header("WARC-Concurrent-To") == other.record_id
        assert record.header("WARC-IP-Address") == "192.0.2.1"
        assert record.header("WARC-Page-ID") == "p1"
        assert record.header("WARC-Record-ID") == record.record_id
        assert record.header("Content-Length") == str(record.content_length)
    assert request.header("Content-Type") == "application/http; msgtype=request"
    assert response.header("Content-Type") == "application/http; msgtype=response"
    assert request.http_head == b"GET /story HTTP/1.1\r\nHost: news.test\r\n\r\n"


def test_digests_cover_the_block_and_the_body() -> None:
    request, response = exchange_records(part(exchange(body=b"<p>a")), "p1")
    assert response.header("WARC-Payload-Digest") == sha256(b"<p>a")
    assert response.header("WARC-Block-Digest") == sha256(HEAD + b"<p>a")
    assert request.header("WARC-Block-Digest") == sha256(request.http_head)


def test_a_body_on_disk_is_digested_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    body = bytes(range(256)) * (MOST_IN_MEMORY // 128)
    spool.write(body)
    spool.finish()
    response = exchange_records(part(exchange(body=spool)), "p1")[1]
    assert response.header("WARC-Block-Digest") == sha256(HEAD + body)
    assert response.header("Content-Length") == str(len(HEAD) + len(body))


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b"Transfer-Encoding: chunked", b"X-Orig-Transfer-Encoding: chunked"),
        (b"transfer-ENCODING :  gzip,\r\n chunked", b"X-Orig-Transfer-Encoding :  gzip,\r\n chunked"),
        (b"X-A: b\r\n  Transfer-Encoding: no line of its own", b"X-A: b\r\n  Transfer-Encoding: no line of its own"),
        (b"Transfer-Encoding-Not: x", b"Transfer-Encoding-Not: x"),
        (b"sErVer:  a \r\n\tfolded\r\nX-Empty:\r\nbad line", b"sErVer:  a \r\n\tfolded\r\nX-Empty:\r\nbad line"),
    ],
)
def test_only_the_name_of_the_transfer_encoding_line_changes(sent: bytes, stored: bytes) -> None:
    start, end = b"HTTP/1.1 200 \xe9t\xe9\r\nA: 1\r\n", b"\r\nset-cookie: b\r\n\r\n"
    assert stored_head(start + sent + end) == start + stored + end


@pytest.mark.parametrize(
    ("line", "stored", "protocol"),
    [
        (b"HTTP/2 200", b"HTTP/1.1 200", "h2"),
        (b"HTTP/1.2 200 OK", b"HTTP/1.1 200 OK", "http/1.2"),
        (b"HTTP/1.0 200 OK", b"HTTP/1.0 200 OK", None),
        (b"HTTP/1.1", b"HTTP/1.1", None),
    ],
)
def test_a_status_line_that_readers_refuse_is_made_one_they_know(
    line: bytes, stored: bytes, protocol: str | None
) -> None:
    response = exchange_records(part(exchange(head=line + b"\r\nA: b\r\n\r\n")), "p1")[1]
    assert response.http_head == stored + b"\r\nA: b\r\n\r\n"
    assert response.header("WARC-Protocol") == protocol


@pytest.mark.parametrize("reason", ["length", "time", "disconnect"])
def test_what_a_limit_cut_is_marked(reason: str) -> None:
    assert exchange_records(part(exchange(truncated=reason)), "p1")[1].header("WARC-Truncated") == reason
    assert exchange_records(part(), "p1")[1].header("WARC-Truncated") is None


def test_an_unchanged_payload_becomes_a_revisit_of_the_original_response() -> None:
    original, capture = original_of(b"same", url="https://other.test/a?")
    later = exchange(body=b"same", time=TIME + timedelta(days=1))
    request, revisit = exchange_records(part(later), "p1", capture)
    assert revisit.type == "revisit"
    assert revisit.header("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert revisit.header("WARC-Refers-To") == original.record_id
    assert revisit.header("WARC-Refers-To-Target-URI") == "https://other.test/a?"
    assert revisit.header("WARC-Refers-To-Date") == original.header("WARC-Date")
    assert revisit.header("WARC-Payload-Digest") == original.header("WARC-Payload-Digest")
    assert revisit.header("WARC-Truncated") == "length"
    assert revisit.header("WARC-Concurrent-To") == request.record_id
    assert revisit.http_head == HEAD
    assert revisit.content_length == len(HEAD)
    assert revisit.header("WARC-Block-Digest") == sha256(HEAD)


def test_a_revisit_never_crosses_payloads_or_points_to_another_revisit() -> None:
    _, capture = original_of(b"one")
    with pytest.raises(ValueError, match="is not the original's"):
        exchange_records(part(exchange(body=b"two")), "p1", capture)
    revisit = exchange_records(part(exchange(body=b"one")), "p1", capture)[1]
    again = capture_of(revisit, Stored(revisit.record_id, "w.warc.gz", 0, 1))
    with pytest.raises(ValueError, match="not to a revisit"):
        exchange_records(part(exchange(body=b"one")), "p1", again)


def test_a_cut_body_is_stored_even_if_it_equals_the_original() -> None:
    _, capture = original_of(b"same")
    answer = exchange_records(part(exchange(body=b"same", truncated="time")), "p1", capture)[1]
    assert (answer.type, answer.payload_bytes()) == ("response", b"same")


def test_a_304_becomes_a_revisit_without_a_block() -> None:
    original, capture = original_of(b"kept")
    answer = exchange(
        status=304, head=b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", body=b"", time=TIME + timedelta(1)
    )
    confirmed = part(answer, kind=VerdictKind.UNCHANGED, unchanged_from=capture)
    request, revisit = exchange_records(confirmed, "p1")
    assert revisit.type == "revisit"
    assert revisit.header("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
    assert (revisit.content_length, revisit.header("Content-Length")) == (0, "0")
    assert revisit.header("WARC-Block-Digest") == EMPTY_DIGEST
    assert revisit.header("WARC-Payload-Digest") == original.header("WARC-Payload-Digest")
    assert revisit.header("WARC-Refers-To") == original.record_id
    assert revisit.header("WARC-Refers-To-Target-URI") == "https://news.test/story"
    assert revisit.header("WARC-Refers-To-Date") == "2026-01-02T03:04:05.678Z"
    assert revisit.header("WARC-Truncated") is None
    assert request.header("WARC-Concurrent-To") == revisit.record_id


def test_a_304_that_confirms_nothing_is_never_a_response() -> None:
    answer = exchange(status=304, head=b"HTTP/1.1 304 Not Modified\r\n\r\n", body=b"")
    assert [record.type for record in exchange_records(part(answer), "p1")] == ["request"]


@pytest.mark.parametrize("head", [b"", b"ICY 200 OK\r\n\r\n", b"<html>"])
def test_what_is_not_http_is_never_a_response(head: bytes) -> None:
    assert [record.type for record in exchange_records(part(exchange(head=head)), "p1")] == ["request"]


def test_without_an_answer_only_the_request_is_kept() -> None:
    dead = exchange(status=None, head=b"", headers=(), body=b"", failure=Failure("timeout", "no answer"))
    (request,) = exchange_records(part(dead), "p1")
    assert request.type == "request"
    assert request.header("WARC-Concurrent-To") is None
    assert answer_id([request]) is None
    unsent = exchange(status=None, head=b"", request=b"", body=b"", failure=Failure("dns", "no such host"))
    assert exchange_records(part(unsent), "p1") == ()


def test_a_response_without_a_recorded_request_stands_alone() -> None:
    (response,) = exchange_records(part(exchange(request=b"", ip=None)), "p1")
    assert response.type == "response"
    assert response.header("WARC-Concurrent-To") is None
    assert response.header("WARC-IP-Address") is None


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("http://a.test/font.woff?", "http://a.test/font.woff?"),
        ("http://a.test/%7Eb/../c?x=%2f", "http://a.test/%7Eb/../c?x=%2f"),
        ("<http://a.test/>", "http://a.test/"),
        ("http://a.test/a b\r\nWARC-Type: x", "http://a.test/a%20b%0D%0AWARC-Type:%20x"),
        ("http://a.test/é", "http://a.test/%C3%A9"),
    ],
)
def test_target_addresses_are_as_sent_but_never_break_the_line(url: str, stored: str) -> None:
    assert target(url) == stored
    for record in exchange_records(part(exchange(url)), "p1"):
        assert record.header("WARC-Target-URI") == stored


def test_no_web_string_breaks_a_header_line() -> None:
    nasty = "x\r\nWARC-Type: response\n\x00\x85\u2028y"
    group = page_group(nasty, [part(exchange(ip=nasty))], title=nasty, extractor=nasty)
    for record in drafts(group):
        for name, value in record.headers:
            assert not set("\r\n\0\x85\u2028") & set(name + value)
    block = drafts(group)[-1].payload_bytes().decode()
    assert all(line.partition(":")[0].isalpha() for line in block.split("\r\n")[:-1])
    assert "\n" not in block.replace("\r\n", "")


def test_text_and_article_data_have_addresses_of_their_own() -> None:
    record = resource_record("text", "https://a.test/x?", TIME, "p1", "é\n".encode(), "text/plain; charset=utf-8")
    assert record.type == "resource"
    assert record.header("WARC-Target-URI") == "urn:text:https://a.test/x?"
    assert record.header("Content-Type") == "text/plain; charset=utf-8"
    assert record.header("WARC-Payload-Digest") == record.header("WARC-Block-Digest") == sha256("é\n".encode())
    assert record.payload_bytes() == "é\n".encode()
    assert record.payload_bytes(1) == b"\xc3"
    article = resource_record("article", "https://a.test/x", TIME, "p1", b"{}", "application/json")
    assert article.header("WARC-Target-URI") == "urn:article:https://a.test/x"


def test_a_group_never_holds_a_conversion_record() -> None:
    kinds = [record.type for record in drafts(page_group(parts=[part(role=Role.HOP), part(role=Role.ASSET), part()]))]
    assert kinds == ["request", "response"] * 3 + ["resource", "metadata"]


def test_warcinfo_says_who_wrote_the_file_and_how() -> None:
    record = warcinfo_record(INFO, "t-1.warc.gz", TIME)
    fields = dict(line.split(": ", 1) for line in record.payload_bytes().decode().splitlines())
    assert record.header("WARC-Filename") == "t-1.warc.gz"
    assert record.header("WARC-Target-URI") is None
    assert record.header("Content-Type") == "application/warc-fields"
    assert fields == {
        "software": "tearsheet/0 (test)",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey",
        "hostname": "box",
        "http-header-user-agent": "tearsheet/0 (+test)",
        "isPartOf": "main",
    }
    assert b"operator: Me & Co" in warcinfo_record(WarcInfo("s", operator="Me & Co"), "f", TIME).payload_bytes()


def test_dates_are_utc_with_milliseconds() -> None:
    assert warc_date(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000Z"
    east = timezone(timedelta(hours=2))
    assert warc_date(datetime(2026, 1, 2, 1, 4, 5, 999999, tzinfo=east)) == "2026-01-01T23:04:05.999Z"


def test_record_ids_are_unique_urns() -> None:
    ids = {record.record_id for _ in range(50) for record in exchange_records(part(), "p1")}
    assert len(ids) == 100
    assert all(i.startswith("<urn:uuid:") and i.endswith(">") for i in ids)
