"""Which answers of an imported file are pages, and what belongs to them."""

from __future__ import annotations

from pathlib import Path

from archive.wacz_reading import ListedPage
from archive.warc.foreign import foreign_records
from scraper.import_plan import Entry, Plan, chains, gather
from tests.foreign import at, crawl, html, http, info, plain, record, request, response, revisit


def planned(folder: Path, records: list[bytes]) -> Plan:
    wrong: list[str] = []
    found = foreign_records(plain(folder / "a.warc", records), lambda error: wrong.append(str(error)))
    return gather(found, "a.warc", lambda entry: None, lambda found, words: wrong.append(words))


def pages(plan: Plan, listed: tuple[ListedPage, ...] = ()) -> list[tuple[list[str], str]]:
    found = chains(plan, listed)
    return [([hop.url for hop in chain.hops], chain.page.url) for _, chain in sorted(found.items())]


def test_pages_are_good_html_that_was_not_loaded_into_another(tmp_path: Path) -> None:
    plan = planned(tmp_path, crawl())
    assert pages(plan) == [
        ([], "https://paper.test/story"),
        (["https://paper.test/old"], "https://paper.test/bridge"),
        ([], "https://paper.test/story"),
        ([], "https://paper.test/wall"),
    ]
    assert [entry.url for entry in plan.bad] == ["https://paper.test/gone"]


def test_a_request_before_its_answer_and_one_that_the_answer_names_count_too(tmp_path: Path) -> None:
    named = response(html(), id="2", url="https://a.test/2").replace(
        b"Content-Type: application/http", b"WARC-Concurrent-To: <urn:uuid:9-q>\r\nContent-Type: application/http", 1
    )
    records = [
        request("1", url="https://a.test/1", dest="iframe"),
        response(html(), id="1", url="https://a.test/1"),
        named,
        request("9", url="https://a.test/2", dest="iframe"),
        response(html(), id="3", url="https://a.test/3"),
        request("3", url="https://a.test/3"),
    ]
    assert pages(planned(tmp_path, records)) == [([], "https://a.test/3")]


def test_a_list_of_pages_counts_alone_and_redirects_are_followed(tmp_path: Path) -> None:
    plan = planned(tmp_path, crawl())
    listed = (ListedPage("https://paper.test/old#top", "2020-05-06T07:08:11Z"),)
    assert pages(plan, listed) == [(["https://paper.test/old"], "https://paper.test/bridge")]
    second = (ListedPage("https://paper.test/story", "2020-05-06T07:09:09.5Z"),)
    (chain,) = chains(plan, second).values()
    assert chain.page.type == "revisit"
    assert len(pages(plan, (ListedPage("https://elsewhere.test/", ""),))) == 4


def test_a_redirect_leads_to_one_page_and_loops_end(tmp_path: Path) -> None:
    moved = {"status": "302 Found"}
    records = [
        response(b"", id="1", url="https://a.test/1", Location="/2", time=at(0), **moved),
        response(b"", id="2", url="https://a.test/2", Location="https://a.test/3#x", time=at(1), **moved),
        response(html(), id="3", url="https://a.test/3", time=at(2)),
        response(html("Later"), id="4", url="https://a.test/3", time=at(9)),
        response(b"", id="5", url="https://a.test/b", Location="/c", time=at(10), **moved),
        response(b"", id="6", url="https://a.test/c", Location="/b", time=at(11), **moved),
    ]
    plan = planned(tmp_path, records)
    assert pages(plan) == [(["https://a.test/1", "https://a.test/2"], "https://a.test/3"), ([], "https://a.test/3")]


def test_revisits_find_their_originals_by_id_place_and_digest(tmp_path: Path) -> None:
    body = html()
    records = [
        info(),
        revisit(body, id="1", time=at(5), WARC_Refers_To="<urn:uuid:0>"),
        response(body, id="0"),
        revisit(body, id="2", WARC_Refers_To_Target_URI="https://paper.test/story",
                WARC_Refers_To_Date="2020-05-06T07:08:09.250Z"),
        revisit(body, id="3", block=b""),
        revisit(b"other", id="4"),
    ]  # fmt: skip
    plan = planned(tmp_path, records)
    revisits = {entry.record_id: entry for entry in plan.entries if entry.type == "revisit"}
    assert sorted(revisits) == ["<urn:uuid:1>", "<urn:uuid:2>", "<urn:uuid:3>"]
    original = next(entry for entry in plan.entries if entry.type == "response")
    for entry in revisits.values():
        assert (entry.refers_to, entry.digest, entry.status) == ("<urn:uuid:0>", original.digest, 200)
    assert [entry.record_id for entry in plan.unresolved] == ["<urn:uuid:4>"]


def test_what_cannot_be_an_address_or_a_time_of_the_web_is_left_out(tmp_path: Path) -> None:
    records = [
        response(html(), id="1", url="http://[bad/"),
        response(html(), id="2", url="https://a.test/").replace(b"WARC-Date: 2020", b"WARC-Date: 0001"),
        record("resource", b"log", id="3", url="urn:log"),
        response(html(), id="4", url="https://a.test/a b#c"),
    ]
    plan = planned(tmp_path, records)
    assert [entry.url for entry in plan.entries] == ["https://a.test/a%20b"]
    assert plan.skipped == {
        "answers whose address or time cannot be read": 2,
        "records that are no answers of the web": 1,
    }


def test_a_chunked_body_has_no_digest_and_no_validators(tmp_path: Path) -> None:
    coded = b"4\r\n<p>a\r\n0\r\n\r\n"
    block = http(coded, Transfer_Encoding="chunked", ETag='"1"')
    plan = planned(
        tmp_path, [record("response", block, id="1", url="https://a.test/"), response(b"x", id="2", ETag="3")]
    )
    first, second = plan.entries
    assert (first.digest, first.etag, first.html) == ("", None, True)
    assert (second.digest[:7], second.etag) == ("sha256:", "3")


def test_an_entry_that_says_nothing_is_not_good() -> None:
    assert not Entry("response", "1", "https://a.test/", at(0), None, 0, 1).good
