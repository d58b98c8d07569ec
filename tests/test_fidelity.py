"""What a hard page shows live it shows in pywb and ReplayWeb.page, from WARC and from WACZ, with its servers gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.browsing import browsing, look
from tests.command import Home, home
from tests.hardsite import BASED, ENCODED, GONE, LATIN, MAIN, MOVED, PAGES, TWIN, HardPage, HardSite
from tests.pywacz import assert_valid
from tests.pywb import Pywb, replaying, wayback
from tests.replaywebpage import viewing
from tests.site import Web

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page, ViewportSize

pytestmark = [pytest.mark.browser, pytest.mark.pywb, pytest.mark.xdist_group("fidelity")]

SIZE: ViewportSize = {"width": 1200, "height": 1400}
OWN = (".googleapis.com", ".google.com", ".gstatic.com")
"""Where the browser asks for things of its own, whatever it is told."""
VIEWERS = ("pywb-warc", "pywb-wacz", "replaywebpage-warc", "replaywebpage-wacz")
by_title = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url.split("?")[0].rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Kept:
    """`live` is what each page showed on the web, `stamps` are the times of its captures, the first ones first."""

    home: Home
    live: dict[str, Any]
    stamps: dict[str, list[str]]
    wacz: Path
    part: Path
    warc: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """All pages kept, looked at live, found unchanged, packed and exported; then the web is gone. Looking at them takes
    longer than the second in which viewers would take two captures for one."""
    folder = tmp_path_factory.mktemp("hard")
    urls = [page.url for page in (*PAGES, ENCODED)]
    site = HardSite()
    with site.web as web:
        there = home(folder, web)
        first = there.run("fetch", "--json", MOVED, GONE, *urls)
        assert sorted(row["verdict"] for row in first.rows) == ["article"] * 8 + ["gone"], first.err
        before = len(web.log)
        with browsing(web) as browser:
            page = browser.new_context(viewport=SIZE, ignore_https_errors=True).new_page()
            live = {url: looked_at(page, url) for url in urls}
        asked = {(seen.host, seen.target) for seen in web.log[before:] if not seen.host.endswith(OWN)}
        # Whatever the browser asked for was kept; it asks for /favicon.ico of its own accord.
        assert asked - {(seen.host, seen.target) for seen in web.log[:before]} == {("news.test", "/favicon.ico")}
        again = there.run("fetch", "--json", "--again", *urls)
        assert [row["verdict"] for row in again.rows] == ["unchanged"] * 7, again.err
    assert there.run("pack").code == 0
    for arguments in (["--all", "-o", "all.wacz"], ["--url", TWIN.url, "-o", "part.wacz"]):
        assert there.run("export", "wacz", *arguments).code == 0
    (warc,) = there.warcs()
    stamps: dict[str, list[str]] = {}
    for line in (there.collection / "pages" / "pages.jsonl").read_text().splitlines()[1:]:
        fields = json.loads(line)
        stamps.setdefault(fields["url"], []).append("".join(filter(str.isdigit, fields["ts"]))[:14])
    assert all(len(set(each)) > 1 for each in stamps.values()), stamps
    return Kept(there, live, stamps, folder / "all.wacz", folder / "part.wacz", warc)


def looked_at(page: Page, url: str) -> dict[str, Any]:
    page.goto(url, wait_until="load")
    return pictured(page, look(page.main_frame), "live")


def pictured(page: Page, seen: dict[str, Any], viewer: str) -> dict[str, Any]:
    """What was seen; with SCREENSHOTS in the environment, a picture of it in the folder that this names."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{seen['title'].replace(' ', '-')}.{viewer}.png")
    return seen


@pytest.fixture(scope="module")
def dead() -> Iterator[Web]:
    """What stands in for the live web: nobody is to ask it for anything."""
    with Web() as web:
        yield web


@pytest.fixture(scope="module")
def browser(dead: Web) -> Iterator[Browser]:
    with browsing(dead) as browser:
        yield browser


@pytest.fixture(scope="module")
def unpacked(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pywb's own folder, into which its own tool has taken the WACZ file."""
    root = tmp_path_factory.mktemp("unpacked")
    manager = Path(wayback()).with_name("wb-manager")
    for arguments in (["init", "main"], ["add", "--unpack-wacz", "main", str(kept.wacz)]):
        subprocess.run([manager, *arguments], cwd=root, check=True, capture_output=True)
    return root


class InPywb:
    def __init__(self, pywb: Pywb, browser: Browser) -> None:
        self.page = browser.new_context(viewport=SIZE).new_page()
        self.base = f"http://127.0.0.1:{pywb.port}/main"

    def open(self, url: str, stamp: str) -> Frame:
        self.page.goto(f"{self.base}/{stamp}/{url}", wait_until="load")
        frame = self.page.wait_for_selector("#replay_iframe")
        inside = frame.content_frame() if frame is not None else None
        assert inside is not None
        inside.wait_for_selector("h1")
        return inside


class InReplayWebPage:
    def __init__(self, viewer: str, archive: Path, browser: Browser) -> None:
        self.page = browser.new_context(viewport=SIZE).new_page()
        self.page.goto(f"{viewer}/?source={viewer}/{archive.name}#view=pages")
        self.page.wait_for_selector("wr-coll-replay, wr-page-view", state="attached")

    def open(self, url: str, stamp: str, leads_to: str = "") -> Frame:
        def there(frame: Frame) -> bool:
            return frame.url.partition("mp_/")[2] == (leads_to or url) and f"/{stamp}mp_/" in frame.url

        with self.page.expect_event("framenavigated", there) as navigated:
            self.page.evaluate("hash => { location.hash = hash }", f"#view=pages&url={quote(url, safe='')}&ts={stamp}")
        navigated.value.wait_for_selector("h1")
        return navigated.value


@pytest.fixture(scope="module")
def viewers(kept: Kept, browser: Browser, unpacked: Path) -> Iterator[Callable[[str], InPywb | InReplayWebPage]]:
    with ExitStack() as stack:
        base = stack.enter_context(viewing(kept.wacz, kept.part, kept.warc))
        begun: dict[str, InPywb | InReplayWebPage] = {}

        def viewer(name: str) -> InPywb | InReplayWebPage:
            if name not in begun:
                tool, _, kind = name.partition("-")
                if tool == "pywb":
                    root = kept.home.folder / "kept" if kind == "warc" else unpacked
                    begun[name] = InPywb(stack.enter_context(replaying(root)), browser)
                else:
                    archive = {"warc": kept.warc, "wacz": kept.wacz, "part": kept.part}[kind]
                    begun[name] = InReplayWebPage(base, archive, browser)
            return begun[name]

        yield viewer


def differences(live: Any, seen: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where the two are not alike, and what was live and what was seen there."""
    if isinstance(live, list) and isinstance(seen, list):
        live, seen = (dict(enumerate(each)) for each in (live, seen))
    if isinstance(live, dict) and isinstance(seen, dict):
        for name in live | seen:
            yield from differences(live.get(name), seen.get(name), f"{where}/{name}")
    elif live != seen:
        yield where, live, seen


@by_title
def test_live_the_page_is_what_it_is_meant_to_be(kept: Kept, page: HardPage) -> None:
    live = kept.live[page.url]
    assert page.words in live["text"]
    assert len([picture for picture in live["pictures"] if picture[1] > 0]) == len(live["pictures"]) == page.pictures
    assert {family for family, status in live["fonts"] if status == "loaded"} == set(page.fonts)
    assert len(kept.stamps[page.url]) == (3 if page is MAIN else 2)


@pytest.mark.parametrize("viewer", VIEWERS)
@by_title
def test_replay_shows_what_the_web_showed(
    kept: Kept, viewers: Callable[[str], InPywb | InReplayWebPage], page: HardPage, viewer: str
) -> None:
    """The first capture, and the last one, which is a revisit."""
    shown = viewers(viewer)
    for stamp in (kept.stamps[page.url][0], kept.stamps[page.url][-1]):
        seen = pictured(shown.page, look(shown.open(page.url, stamp)), f"{viewer}-{stamp}")
        assert list(differences(kept.live[page.url], seen)) == []


def test_a_redirect_leads_on_and_what_is_gone_was_not_kept(
    viewers: Callable[[str], InPywb | InReplayWebPage], kept: Kept
) -> None:
    pywb, webpage = viewers("pywb-warc"), viewers("replaywebpage-wacz")
    assert isinstance(pywb, InPywb) and isinstance(webpage, InReplayWebPage)
    first = kept.stamps[MAIN.url][0]
    assert pywb.open(MOVED, first).inner_text("h1") == MAIN.title
    assert webpage.open(MOVED, first, MAIN.url).inner_text("h1") == MAIN.title
    answer = pywb.page.request.get(f"{pywb.base}/{first}mp_/{GONE}")
    assert answer.status == 404


def test_an_address_in_the_encoding_of_its_page_is_kept_as_browsers_ask_for_it(
    viewers: Callable[[str], InPywb | InReplayWebPage], kept: Kept
) -> None:
    pywb = viewers("pywb-warc")
    assert isinstance(pywb, InPywb)
    assert kept.live[ENCODED.url]["pictures"][0][3] == "https://news.test/ru/pic?name=%EC%EE%F1%F2"
    for query in ("name=%EC%EE%F1%F2", "in=%F1%F2%E8%EB%FC", "in=%EB%E8%F1%F2"):
        answer = pywb.page.request.get(f"{pywb.base}/id_/https://news.test/ru/pic?{query}")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")


def test_replaywebpage_lists_the_pages_and_finds_words(
    viewers: Callable[[str], InPywb | InReplayWebPage], kept: Kept
) -> None:
    page = viewers("replaywebpage-wacz").page
    page.evaluate("() => { location.hash = '#view=pages' }")
    entries = page.locator("wr-page-entry")
    for title in {page.title for page in PAGES}:
        entries.filter(has_text=title).first.wait_for()
    assert entries.count() == sum(map(len, kept.stamps.values()))
    for words, titles in ((MAIN.words, {MAIN.title, TWIN.title, BASED.title}), ("Süßwasser", {LATIN.title})):
        page.get_by_placeholder("Search by Page URL, Title, or Text").fill(words)
        entries.filter(has_not_text=re.compile("|".join(titles))).first.wait_for(state="detached")
        assert {title for title in titles if entries.filter(has_text=title).count()} == titles
    page.get_by_placeholder("Search by Page URL, Title, or Text").fill("")


def test_a_part_shows_its_page_with_what_other_pages_store(
    viewers: Callable[[str], InPywb | InReplayWebPage], kept: Kept
) -> None:
    """Its style sheets lie behind a redirect, and with another page's capture."""
    shown = viewers("replaywebpage-part")
    for stamp in kept.stamps[TWIN.url]:
        assert list(differences(kept.live[TWIN.url], look(shown.open(TWIN.url, stamp)))) == []
    shown.page.evaluate("() => { location.hash = '#view=pages' }")
    shown.page.locator("wr-page-entry").nth(1).wait_for()
    assert shown.page.locator("wr-page-entry").count() == 2


@pytest.mark.parametrize("which", ["wacz", "part"])
def test_py_wacz_finds_it_valid(kept: Kept, which: str) -> None:
    assert_valid(getattr(kept, which))


def test_nothing_leaves_for_the_live_web(dead: Web, browser: Browser) -> None:
    """After all the others of this file."""
    assert browser.contexts
    assert [seen for seen in dead.log if not seen.host.endswith(OWN)] == []
