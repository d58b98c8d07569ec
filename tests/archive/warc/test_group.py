from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Failure, Link, Missing, Overruling, Role, Verdict, VerdictKind
from archive.warc.fields import fields_block, one_line, parse_fields
from archive.warc.group import GroupData, PartData, dump, group_data, load
from archive.warc.records import exchange_records
from archive.warc.writer import Stored
from tests.making import TIME, capture_of, exchange, page_group, part

text = st.text(st.characters(), max_size=30)
optional = st.none() | text
times = st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
verdicts = st.builds(Verdict, st.sampled_from(VerdictKind), text, st.lists(text, max_size=3).map(tuple))
parts = st.builds(
    PartData,
    url=text,
    time=times,
    role=st.sampled_from(Role).map(str),
    verdict=verdicts,
    record_id=optional,
    status=st.none() | st.integers(100, 999),
    attempts=st.integers(0, 9),
    elapsed=st.floats(0, 1e4),
    ip=optional,
    failure=st.none() | st.builds(Failure, text, text),
    truncated=optional,
    redacted=st.lists(text, max_size=2).map(tuple),
    head=st.none() | st.binary(max_size=40),
)
datas = st.builds(
    GroupData,
    page_id=text,
    link=st.builds(Link, text, text, optional),
    time=times,
    verdict=verdicts,
    parts=st.lists(parts, max_size=3).map(tuple),
    title=optional,
    missing=st.lists(st.builds(Missing, text, text), max_size=2).map(tuple),
    extractor=text,
    side=st.booleans(),
    overrules=st.none() | st.builds(Overruling, text, text, st.sampled_from(VerdictKind), text, text, times),
)


@pytest.mark.promise("warc")
@given(datas)
def test_what_is_dumped_is_loaded(data: GroupData) -> None:
    block = dump(data)
    assert load(block) == data
    assert block.endswith(b"\r\n")
    for line in block.split(b"\r\n")[:-1]:
        assert line.split(b":")[0].isalpha()
        assert b"\n" not in line and b"\r" not in line


def test_the_fields_are_there_for_people_and_other_tools() -> None:
    verdict = Verdict(VerdictKind.CHALLENGE, "The server asked for a proof.", ("cf-mitigated: challenge", "short"))
    answer = exchange(attempts=3, elapsed=1.2345, redacted=("Set-Cookie",), failure=Failure("cut", "ended early"))
    group = page_group(
        parts=[part(answer)],
        verdict=verdict,
        extractor="reader/1",
        link=Link("https://a.test", "list", "https://b.test"),
    )
    fields = parse_fields(dump(group_data(group, [(group.parts[0], "<urn:uuid:1>")])))
    assert fields[:-1] == [
        ("via", "https://b.test"),
        ("source", "list"),
        ("verdict", "challenge"),
        ("reason", "The server asked for a proof."),
        ("evidence", "cf-mitigated: challenge"),
        ("evidence", "short"),
        ("extractor", "reader/1"),
        ("fetchTimeMs", "1234"),
        ("attempts", "3"),
        ("failure", "cut: ended early"),
        ("redacted", "Set-Cookie"),
    ]
    assert fields[-1][0] == "group"
    assert fields[-1][1].isascii()


def test_a_group_tells_of_each_part() -> None:
    asset = part(
        exchange("https://cdn.test/a.png", status=None, head=b"", failure=Failure("dns", "no such host")),
        Role.ASSET,
        VerdictKind.UNREACHABLE,
    )
    page = part(exchange(attempts=2, elapsed=0.5))
    group = page_group(
        parts=[page, asset], title="T", missing=(Missing("https://cdn.test/a.png", "no such host"),), extractor="r/1"
    )
    data = load(dump(group_data(group, [(page, "<urn:uuid:1>"), (asset, None)])))
    assert (data.page_id, data.link, data.time, data.verdict) == (group.id, group.link, TIME, group.verdict)
    assert (data.title, data.missing, data.extractor, data.side) == ("T", group.missing, "r/1", False)
    first, second = data.parts
    assert (first.record_id, first.role, first.attempts, first.elapsed, first.status) == (
        "<urn:uuid:1>",
        "page",
        2,
        0.5,
        200,
    )
    assert (second.record_id, second.failure) == (None, Failure("dns", "no such host"))
    assert second.verdict.kind is VerdictKind.UNREACHABLE


def test_a_side_group_leaves_the_missing_to_the_main_group() -> None:
    bad = part(exchange(status=404), Role.ASSET, VerdictKind.ASSET)
    group = page_group(parts=[part(), bad], missing=(Missing("https://a.test", "404"),))
    data = load(dump(group_data(group, [(bad, "<urn:uuid:1>")], side=True)))
    assert (data.side, data.missing, len(data.parts)) == (True, (), 1)


def test_the_head_of_a_304_is_kept_in_the_metadata() -> None:
    original = exchange_records(part(), "p0")[1]
    capture = capture_of(original, Stored(original.record_id, "w", 0, 1))
    head = b"HTTP/1.1 304 Not Modified\r\nETag: \xe9\r\n\r\n"
    unchanged = part(exchange(status=304, head=head, body=b""), unchanged_from=capture)
    data = load(dump(group_data(page_group(parts=[unchanged]), [(unchanged, "<urn:uuid:1>")])))
    assert data.parts[0].head == head


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"via: x\r\n",
        b"group: \r\n",
        b"group: {\r\n",
        b"group: []\r\n",
        b'group: {"v":2}\r\n',
        b'group: {"v":1}\r\n',
        b'group: {"v":1,"page_id":"a","url":"u","time":"nonsense","verdict":["article","",[]]}\r\n',
        b'group: {"v":1,"page_id":"a","url":"u","time":"2026-01-01T00:00:00Z","verdict":["no such",1,[]]}\r\n',
        b"group: " + b"[" * 100_000 + b"\r\n",
        b"\xff\xfe\x00",
    ],
)
def test_a_garbled_block_is_a_value_error(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load(block)


def test_empty_fields_are_left_out_and_controls_encoded() -> None:
    assert fields_block([("a", ""), ("b", "c\r\nd: e"), ("f", "g\x7f")]) == b"b: c%0D%0Ad: e\r\nf: g%7F\r\n"
    assert one_line("é – fine") == "é – fine"


def test_folded_and_unix_lines_are_read() -> None:
    assert parse_fields(b"A: b\r\n c\r\n\td\r\nE:f\nno field\n: x\n") == [("A", "b c d"), ("E", "f"), ("", "x")]
