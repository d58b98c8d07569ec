"""Pages of strangers who mean harm, in a real browser: nothing of theirs runs, none of their elements comes to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from playwright.sync_api import Browser

from archive.collection import Collection
from archive.models import (
    Article,
    ArticleMeta,
    Caption,
    Code,
    Heading,
    Item,
    Link,
    ListBlock,
    Missing,
    Paragraph,
    Quote,
    Table,
    Verdict,
    VerdictKind,
)
from archive.viewer.app import Site
from tests.archive.collecting import group, page, run, settings
from tests.archive.viewer.browsing import watched
from tests.archive.viewer.serving import Served, served

pytestmark = pytest.mark.browser

BAD = (
    "<script>alert('ran')</script>\"'><img src=x onerror=alert('ran') id=injected><svg onload=alert('ran')>"
    "</p></article></main></body><style>*{display:none}</style><div id=injected><b><!-- {{ 7*7 }} {% raw %} "
    "\u202e\u2066\u200f\x07\x1b[31m harbour"
)
LINKS = (
    "[one](javascript:alert('ran')) [two](data:text/html,<script>alert(1)</script>) [three](JaVaScRiPt:alert(1)) "
    '[four](vbscript:x) [five](https://a.test/"onmouseover="alert(1)) [six](mailto:a@b.test) '
    "[<img src=x onerror=alert(1)>](https://a.test/) <a href=javascript:alert(1)>seven</a> harbour"
)
URL = "https://news.test/\"><script>alert('ran')</script>?q='onmouseover='alert(1)\u202egpj"
WIRE = "https://news.test/%22%3E%3Cscript%3E?q='onmouseover='alert(1)//%3C/title%3E"
PATHS = (
    "/",
    "/search",
    "/search?q=harbour",
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%3E%3Cimg+src=x+onerror=alert(1)%3E",
    "/search?author=%22%3E%3Csvg+onload=alert(1)%3E",
    "/page/bad",
    "/page/worse",
    "/page/bad/versions",
    "/page/gone",
    "/quarantine",
    "/health",
    "/find?url=https://x.test/%3Cscript%3Ealert(1)%3C/script%3E",
    "/%3Cscript%3Ealert(1)%3C/script%3E",
    "/search?since=%3Cscript%3E",
)


def article(words: str) -> Article:
    return Article(
        title=f"{words} {BAD}",
        url=WIRE,
        body=(
            Paragraph(f"{words} {BAD}"),
            Paragraph(LINKS),
            Heading(6, BAD),
            Quote((BAD, LINKS)),
            ListBlock(True, (Item(BAD, (ListBlock(False, (Item(LINKS),)),)),), 7),
            Table(((BAD, LINKS), (LINKS, BAD))),
            Code(f"</code></pre>{BAD}"),
            Caption(BAD, BAD),
        ),
        subtitle=BAD,
        authors=(BAD, f"[x](javascript:alert(1)) {BAD}"),
        date=date(2026, 1, 1),
        intro=f"{BAD} {LINKS}",
        caption=BAD,
        credit=BAD,
        meta=ArticleMeta(language='en"><script>alert(1)</script>', site_name=BAD, section=BAD, tags=(BAD, LINKS)),
    )


HEADERS = (("Content-Type", "text/html"), ("X-<script>alert(1)</script>", BAD), ("Link", '<x>; rel="stylesheet"'))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root: Path = tmp_path_factory.mktemp("hostile")
    head = b"HTTP/1.1 200 OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in HEADERS).encode() + b"\r\n"
    common: dict[str, Any] = {
        "link": Link(WIRE, BAD, URL),
        "missing": (Missing(URL, BAD),),
        "extractor": BAD,
        "verdict": Verdict(VerdictKind.ARTICLE, BAD, (BAD, LINKS)),
    }
    gone = Verdict(VerdictKind.SOFT_404, BAD, (BAD, URL))
    run(
        root,
        [
            lambda _: group("bad", 1, [page(1, b"1", WIRE, head=head)], article=article("old words"), **common),
            lambda _: group(
                "worse", 2, [page(2, b"<p>2</p>", WIRE, head=head)], article=article("new words"), **common
            ),
            lambda _: group(
                "gone", 3, [page(3, b"<p>3</p>", WIRE + "3", head=head)], **(common | {"verdict": gone, "title": BAD})
            ),
        ],
        start=0,
    )
    reports = root / "collections" / "main" / "reports"
    reports.mkdir()
    (reports / "<img src=x onerror=alert(1)>.json").write_text("{")
    with (
        Collection.open(settings(root), None) as collection,
        served(collection, Site(f"Papers {BAD}", frozenset(), replay="http://127.0.0.1:1/main")) as there,
    ):
        yield there


LOOK = """() => {
  const all = [...document.querySelectorAll("*")];
  const acts = (attribute) => attribute.name.startsWith("on") || attribute.name === "style";
  return {
    injected: document.querySelectorAll("#injected").length,
    scripts: [...document.querySelectorAll("script")].map((one) => one.getAttribute("src").split("?")[0]),
    styles: document.querySelectorAll("style").length,
    foreign: [...document.querySelectorAll("iframe, object, embed, base, meta[http-equiv]")].length,
    pictures: [...document.images].map((one) => one.getAttribute("src")),
    handlers: all.filter((one) => [...one.attributes].some(acts)).length,
    links: [...document.querySelectorAll("a[href]")].map((one) => one.protocol),
    after: [...document.body.children].map((one) => one.localName),
    acting: /[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f\\u0007\\u001b]/.test(document.documentElement.outerHTML),
    counted: document.body.textContent.includes("{{ 49 }}") || / 49 /.test(document.body.textContent),
    visible: getComputedStyle(document.querySelector("h1")).display,
  };
}"""


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_theirs_runs_or_comes_to_be(hostile: Served, browser: Browser, path: str) -> None:
    status = hostile.get(path).status_code
    with watched(browser, hostile.origin) as seen:
        seen.go(path)
        if status >= 400:
            # What Chromium says of each such answer.
            seen.trouble = [one for one in seen.trouble if "Failed to load resource" not in one]
        found = seen.evaluate(LOOK)
        assert found["injected"] == found["styles"] == found["foreign"] == found["handlers"] == 0
        assert found["scripts"] == ["/static/library.js"]
        assert all(one.startswith("/page/") for one in found["pictures"])
        assert set(found["links"]) <= {"http:", "https:", "mailto:"}
        assert found["after"] == ["a", "header", "main", "footer", "dialog"]
        assert not found["acting"] and not found["counted"]
        assert found["visible"] == "block"


def test_search_as_you_type_brings_nothing_in(hostile: Served, browser: Browser) -> None:
    with watched(browser, hostile.origin) as seen:
        seen.go("/search")
        seen.page.fill("#q", "harbour")
        seen.page.wait_for_selector("#results .snippet mark")
        found = seen.evaluate(LOOK)
        assert found["injected"] == found["handlers"] == 0
        seen.page.fill("#q", "<img src=x onerror=alert(1) id=injected> zebra")
        seen.page.wait_for_selector("#results .nothing")
        assert seen.evaluate(LOOK)["injected"] == 0


def test_a_mouse_over_all_links_wakes_nothing(hostile: Served, browser: Browser) -> None:
    with watched(browser, hostile.origin) as seen:
        seen.go("/page/bad")
        for link in seen.page.query_selector_all(".reading a, .proof a"):
            if link.is_visible():
                link.hover()
        shown = seen.page.inner_text(".reading h1")
        assert "<script>alert('ran')</script>" in shown


def test_what_programs_get_of_it_is_well_formed(hostile: Served) -> None:
    tree = etree.fromstring(hostile.get("/feed.atom").content)
    assert {str(element.tag).rpartition("}")[2] for element in tree.iter()} <= {
        *("feed", "entry", "id", "title", "updated", "author", "name", "link", "category", "summary", "generator")
    }
    assert hostile.get("/api/page/bad").json()["title"].startswith("old words <script>")
    links = hostile.get("/page/bad").headers["link"]
    assert "<script>" not in links and links.count("<") == 5
    text = hostile.get("/page/bad/text")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in text.headers["content-disposition"]
