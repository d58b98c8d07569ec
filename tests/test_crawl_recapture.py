"""Recaptures, by `crawl` and `fetch --again`: what stands in a kept article's place is told, kept apart, no version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.archive.collecting import derived
from tests.command import Home, home
from tests.dask import dask
from tests.scraper.links import TEXT
from tests.site import Connection, Request, Web
from tests.test_check_command import another, article
from tests.test_crawl_sources import listing, reports, setting

NAMES = tuple(f"report-{number}" for number in range(4))
ADDRESSES = tuple(f"https://news.test/a/{name}" for name in NAMES)
SLUGS = (
    *("who-paints-the-buoys-green", "the-choir-of-the-pilots", "ferry-seven-runs-late"),
    *("a-crane-named-after-nobody", "sprats-are-back-in-town", "new-tide-tables-are-out"),
)
TEASERS = "".join(f"<li><h2><a href='/2026/{slug}'>{slug.replace('-', ' ')}, as seen</a></h2>" for slug in SLUGS)
FRONT = f"<title>News</title><h1>News</h1><ul>{TEASERS}</ul>"
LOST = "<title>Hm</title><h1>Hm</h1>" + "<p>Tu nic nie ma, spróbuj gdzie indziej albo od początku, proszę.</p>" * 3
OFFER = "Diese Domain ist zu haben: machen Sie uns ein Angebot, wir melden uns noch am selben Tag bei Ihnen. "
PARKED = f"<title>news.test</title><h1>news.test</h1><p>{OFFER * 2}</p><a href=https://ads.test>Kredite</a>"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        host = web.host("news.test")
        host.page("/", FRONT)
        for number, name in enumerate(NAMES):
            host.page(f"/a/{name}", article(number))
        yield web


@pytest.fixture
def there(web: Web, tmp_path: Path) -> Home:
    """Four articles, due again at once."""
    made = home(tmp_path, web)
    setting(made, "crawl", 'recapture_after = "0 s"')
    listing(made, *ADDRESSES)
    assert made.run("crawl").code == 0
    return made


def recaptured(made: Home) -> dict[str, dict[str, Any]]:
    return {row["url"].rpartition("/")[2]: row for row in made.run("crawl", "--json").rows}


def in_the_way(web: Web, html: str) -> None:
    """One page for whatever is asked, the home page too."""

    def answer(connection: Connection, request: Request) -> None:
        connection.respond(200, html.encode(), (("Content-Type", "text/html; charset=utf-8"),))

    host = web.host("news.test")
    host.otherwise(answer)
    host.page("/a/report-1", html)


def test_what_stands_in_an_articles_place_is_told_and_is_no_version(web: Web, there: Home) -> None:
    texts, host = there.texts(), web.host("news.test")
    host.page("/a/report-1", another("Rye bread costs the same everywhere"))
    host.page("/a/report-2", FRONT)
    host.page("/a/report-3", article(3, "It was corrected since."))
    rows = recaptured(there)
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "report-0": "unchanged",
        "report-1": "replaced",
        "report-2": "soft 404",
        "report-3": "article",
    }
    failures = {each["url"][-1]: each["reason"] for each in reports(there)[-1]["failures"]}
    assert failures == {
        "1": "another page stands there: “Rye bread costs the same everywhere”",
        "2": "the site's home page stands there",
    }
    now = there.texts()
    assert {name.partition("report-")[2][0] for name in now if now[name] != texts.get(name)} == {"3"}
    assert "Report 1" in there.run("show", ADDRESSES[1]).out
    assert list((there.collection / "quarantine").glob("*.warc.gz"))
    before = derived(there.folder / "kept")
    assert there.run("rebuild").code == 0 and derived(there.folder / "kept") == before
    assert there.run("verify").code == 0


@pytest.mark.parametrize(("html", "words"), [(LOST, "any wrong address"), (PARKED, "parked")])
def test_a_soft_404_and_a_parked_domain_are_none_either(web: Web, there: Home, html: str, words: str) -> None:
    texts = there.texts()
    in_the_way(web, html)
    row = recaptured(there)["report-1"]
    assert (row["verdict"], words in row["reason"]) == ("soft 404", True)
    assert there.texts() == texts


def test_a_text_whose_end_an_offer_took_is_no_version(web: Web, there: Home) -> None:
    offer = "<p>Zbytek je pro ty, kdo nás podporují.</p><button>Chci číst dál</button>"
    head = article(1).partition("<p>")[0]
    for shown, more, verdict in ((6, "", "article"), (4, offer, "paywall stub")):
        body = "".join(f"<p>{each}</p>" for each in TEXT[:shown])
        web.host("news.test").page("/a/report-1", f"{head}{body}{more}</article>")
        assert recaptured(there)["report-1"]["verdict"] == verdict
        texts = [text.decode() for name, text in there.texts().items() if "report-1" in name]
        assert any(TEXT[5] in text for text in texts) and not any("podporují" in text for text in texts)


def test_the_site_is_asked_nothing_besides_unless_the_text_is_far_from_the_kept_one(web: Web, there: Home) -> None:
    host = web.host("news.test")
    host.page("/a/report-1", article(1, "It was corrected since, at length and in each of its paragraphs."))
    host.page("/a/report-2", article(2).replace("</body>", "<aside>12 readers now</aside></body>"))
    host.page("/a/report-3", "gone", status=410)
    asked = len(web.log)
    recaptured(there)
    targets = [seen.target for seen in web.log[asked:] if seen.target != "/robots.txt"]
    assert sorted(targets) == [f"/a/{name}" for name in NAMES]


def test_an_article_that_is_back_is_a_version_again(web: Web, there: Home) -> None:
    host = web.host("news.test")
    host.page("/a/report-1", another("Rye bread costs the same everywhere"))
    assert recaptured(there)["report-1"]["verdict"] == "replaced"
    host.page("/a/report-1", article(1, "It is back."))
    ran = there.run("crawl", "--json", "--retry-failed")
    assert {row["url"][-1]: row["verdict"] for row in ran.rows}["1"] == "article"


def test_a_person_says_that_it_is_the_article_after_all(web: Web, there: Home) -> None:
    web.host("news.test").page("/a/report-1", another("Rye bread costs the same everywhere"))
    assert recaptured(there)["report-1"]["verdict"] == "replaced"
    ran = there.run("accept", ADDRESSES[1], "--reason", "The series goes on under its address.")
    assert ran.code == 0, ran.err
    assert "Rye bread costs" in there.run("show", ADDRESSES[1]).out
    rows = {row["url"][-1]: row["verdict"] for row in there.run("crawl", "--json", "--retry-failed").rows}
    assert rows["1"] == "unchanged"


def test_fetch_again_judges_as_a_crawl_does(web: Web, there: Home) -> None:
    texts, host = there.texts(), web.host("news.test")
    host.page("/a/report-1", another("Rye bread costs the same everywhere"))
    host.page("/a/report-2", FRONT)
    host.page("/a/report-3", article(3, "It was corrected since."))
    ran = there.run("fetch", "--json", "--again", *ADDRESSES)
    assert ran.code == 1
    assert {row["url"].rpartition("/")[2]: row["verdict"] for row in ran.rows} == {
        "report-0": "unchanged",
        "report-1": "replaced",
        "report-2": "soft 404",
        "report-3": "article",
    }
    now = there.texts()
    assert {name.partition("report-")[2][0] for name in now if now[name] != texts.get(name)} == {"3"}
    assert there.run("verify").code == 0


@pytest.mark.parametrize("html", [FRONT, article(1, "It was corrected since.")])
def test_a_kept_text_that_is_damaged_ends_no_run(web: Web, there: Home, html: str) -> None:
    (path,) = there.collection.glob("text/*/report-1-*.json")
    path.write_bytes(b"{")
    web.host("news.test").page("/a/report-1", html)
    rows = recaptured(there)
    assert {name: row["verdict"] for name, row in rows.items() if name != "report-1"} == {
        name: "unchanged" for name in NAMES if name != "report-1"
    }
    assert rows["report-1"]["verdict"] in ("page", "article")


def test_workers_of_a_cluster_judge_as_one_machine_does(web: Web, there: Home) -> None:
    texts = there.texts()
    web.host("news.test").page("/a/report-1", another("Rye bread costs the same everywhere"))
    web.host("news.test").page("/a/report-2", FRONT)
    with dask(there.folder, "one", "two") as cluster:
        setting(there, "cluster", f'scheduler = "{cluster.address}"')
        rows = recaptured(there)
    assert {name: row["verdict"] for name, row in rows.items() if name in NAMES[1:3]} == {
        "report-1": "replaced",
        "report-2": "soft 404",
    }
    assert there.texts() == texts
