"""Which file each exchange of a page group goes to, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from archive.models import Capture, Failure, PageGroup, Part, Role, VerdictKind
from archive.placing import LEAST_SHARED, Draft, Fresh, place
from archive.warc.group import load
from archive.warc.records import Record
from tests.archive.collecting import (
    PICTURE,
    STORY,
    article,
    asset,
    bad_asset,
    group,
    hop,
    not_modified,
    page,
    robots,
    silent,
)
from tests.archive.test_catalog import capture
from tests.making import TIME, exchange, part

OTHER = "https://news.test/other.png"


class Nothing:
    """Nothing is known."""

    def good(self, url: str) -> Capture | None:
        return None

    def original(self, digest: str, url: str) -> Capture | None:
        return None

    def response(self, record_id: str) -> Capture | None:
        return None


class Some(Nothing):
    """Some captures are known."""

    def __init__(self, *captures: Capture) -> None:
        self._captures = captures

    def good(self, url: str) -> Capture | None:
        return next((c for c in self._captures if c.url == url), None)

    def original(self, digest: str, url: str) -> Capture | None:
        return next((c for c in self._captures if c.digest == digest and c.record_type == "response"), None)

    def response(self, record_id: str) -> Capture | None:
        return next((c for c in self._captures if c.record_id == record_id), None)


def placed(parts: Sequence[Part], kind: VerdictKind = VerdictKind.ARTICLE, known: Nothing | None = None) -> Draft:
    return place(group("p", 1, parts, kind, article=article()), Fresh(known or Nothing()))


def answers(records: Sequence[Record]) -> list[tuple[str, str]]:
    kinds = ("response", "revisit", "resource", "metadata")
    return [(r.type, r.header("WARC-Target-URI") or "") for r in records if r.type in kinds]


def test_a_kept_page_goes_to_the_archive_in_order() -> None:
    draft = placed([robots(1), hop(2), page(3, b"x"), asset(4)])
    assert draft.folder == "archive"
    assert draft.side == ()
    assert answers(draft.main) == [
        ("response", "https://news.test/robots.txt"),
        ("response", "https://news.test/old"),
        ("response", STORY),
        ("response", PICTURE),
        ("resource", f"urn:text:{STORY}"),
        ("resource", f"urn:article:{STORY}"),
        ("metadata", STORY),
    ]
    assert {r.header("WARC-Page-ID") for r in draft.main} == {"p"}


def test_what_is_not_kept_goes_aside_whole_and_without_text() -> None:
    draft = placed([robots(1), hop(2), page(3, b"x" * 999, status=404)], VerdictKind.GONE)
    assert draft.folder == "quarantine"
    assert draft.side == ()
    assert [kind for kind, _ in answers(draft.main)] == ["response", "response", "response", "metadata"]


def test_nothing_in_quarantine_refers_out() -> None:
    body = page(1, b"x" * 999)
    known = capture(url=STORY, digest=body.exchange.body.digest)
    parts = [body, not_modified(2, known)]
    draft = placed(parts, VerdictKind.CHALLENGE, Some(known))
    assert [kind for kind, _ in answers(draft.main)] == ["response", "metadata"]
    assert not any(r.header("WARC-Refers-To-Target-URI") for r in draft.main)


def test_a_bad_requisite_never_over_a_good_one() -> None:
    draft = placed([page(1, b"x"), bad_asset(2), bad_asset(2, OTHER)], known=Some(capture(url=PICTURE)))
    assert ("response", PICTURE) not in answers(draft.main)
    assert ("response", OTHER) in answers(draft.main)
    assert [r.type for r in draft.side] == ["request", "response", "metadata"]
    assert answers(draft.side)[0] == ("response", PICTURE)
    data = load(draft.side[-1].payload_bytes())
    assert data.side
    assert [told.url for told in data.parts] == [PICTURE]
    main = load(draft.main[-1].payload_bytes())
    assert not main.side
    assert [told.url for told in main.parts] == [STORY, OTHER]


def test_a_bad_requisite_after_a_good_one_of_the_same_page() -> None:
    draft = placed([page(1, b"x"), asset(2), bad_asset(3)])
    assert ("response", PICTURE) in answers(draft.main)
    assert ("response", PICTURE) in answers(draft.side)


def test_cut_and_failed_requisites_are_bad() -> None:
    cut = asset(1, truncated="length", failure=Failure("too large", "over the limit"))
    assert placed([page(1, b"x"), cut], known=Some(capture(url=PICTURE))).side
    assert not placed([page(1, b"x"), cut]).side
    bad_robots = part(exchange("https://news.test/robots.txt", b"", status=503), Role.ROBOTS, VerdictKind.ROBOTS)
    known = Some(capture(url="https://news.test/robots.txt"))
    assert placed([bad_robots, page(1, b"x")], known=known).side


def test_a_requisite_without_an_answer_has_no_record_a_page_has_one() -> None:
    lost = replace(silent(1, PICTURE), role=Role.ASSET)
    draft = placed([page(1, b"x"), lost])
    assert PICTURE not in [url for _, url in answers(draft.main)]
    assert not draft.side
    failed = placed([silent(1)], VerdictKind.UNREACHABLE)
    assert [r.type for r in failed.main] == ["request", "metadata"]
    assert load(failed.main[-1].payload_bytes()).parts[0].failure is not None


def test_an_equal_payload_is_a_revisit() -> None:
    body = page(1, b"x" * LEAST_SHARED, "https://b.test/y")
    known = capture(digest=body.exchange.body.digest)
    draft = placed([body], known=Some(known))
    revisit = next(r for r in draft.main if r.type == "revisit")
    assert revisit.header("WARC-Refers-To") == known.record_id
    assert revisit.header("WARC-Refers-To-Target-URI") == known.url
    assert revisit.header("WARC-Refers-To-Date") == "2026-01-02T03:04:05.678Z"


def test_small_payloads_only_of_the_same_address_and_empty_ones_never() -> None:
    small = page(1, b"x" * (LEAST_SHARED - 1))
    for url, kind in ((STORY, "revisit"), ("https://b.test/z", "response")):
        known = capture(url=url, digest=small.exchange.body.digest)
        assert kind in [r.type for r in placed([small], known=Some(known)).main]
    empty = page(1, b"")
    known = capture(url=STORY, digest=empty.exchange.body.digest)
    assert "revisit" not in [r.type for r in placed([empty], known=Some(known)).main]


def test_only_whole_good_answers_become_revisits() -> None:
    body = b"x" * 999
    for changes in (
        {"status": 404},
        {"status": 301},
        {"truncated": "length"},
        {"failure": Failure("cut", "ended early"), "truncated": "disconnect"},
    ):
        answer = asset(1, body, **changes)
        known = capture(url=OTHER, digest=answer.exchange.body.digest)
        assert "revisit" not in [r.type for r in placed([page(1, b"y"), answer], known=Some(known)).main]


def test_equal_bodies_of_one_page_and_of_one_batch_are_stored_once() -> None:
    fresh = Fresh(Nothing())
    first = place(group("p1", 1, [page(1, b"x"), asset(2), asset(3, url=OTHER)]), fresh)
    second = place(group("p2", 5, [page(5, b"y"), asset(6)]), fresh)
    stored = [r for r in first.main if r.type == "response" and r.header("WARC-Target-URI") == PICTURE]
    revisits = [r for r in (*first.main, *second.main) if r.type == "revisit"]
    assert len(stored) == 1
    assert [r.header("WARC-Refers-To") for r in revisits] == [stored[0].record_id] * 2


def test_a_304_confirms_the_original_response() -> None:
    original = capture(url=STORY, digest="sha256:" + "1" * 64)
    revisit = replace(original, record_type="revisit", record_id="<urn:uuid:r>", refers_to=original.record_id)
    for known in (original, revisit):
        draft = placed([not_modified(3, known)], VerdictKind.UNCHANGED, Some(original))
        record = next(r for r in draft.main if r.type == "revisit")
        assert record.header("WARC-Refers-To") == original.record_id
        assert record.header("WARC-Payload-Digest") == original.digest
        assert record.content_length == 0


def test_a_304_that_confirms_nothing_is_never_in_the_archive() -> None:
    head = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    bare = asset(2, b"", status=304, head=head)
    lost = replace(bare, unchanged_from=capture(record_type="revisit", refers_to="<urn:uuid:gone>"))
    for each in (bare, lost):
        draft = placed([page(1, b"x"), each])
        assert PICTURE not in [url for _, url in answers(draft.main)]
        assert draft.side == ()
    page_itself = placed([not_modified(1, capture(record_type="revisit"))], VerdictKind.UNCHANGED)
    assert [r.type for r in page_itself.main if r.type != "request"] == ["resource", "resource", "metadata"]


def test_text_and_data_only_where_there_is_text() -> None:
    empty = group("p", 1, [page(1, b"x")], article=article(" \u200b "))
    assert "resource" not in [r.type for r in place(empty, Fresh(Nothing())).main]
    none = group("p", 1, [page(1, b"x")], VerdictKind.PAGE)
    assert "resource" not in [r.type for r in place(none, Fresh(Nothing())).main]
    nowhere: PageGroup = group("p", 1, [], article=article())
    assert [r.type for r in place(nowhere, Fresh(Nothing())).main] == ["metadata"]


def test_text_records_bear_the_pages_time() -> None:
    draft = placed([page(9, b"x"), asset(11)])
    times = {r.header("WARC-Date") for r in draft.main if r.type == "resource"}
    assert times == {(TIME + timedelta(seconds=9)).strftime("%Y-%m-%dT%H:%M:%S.678Z")}
