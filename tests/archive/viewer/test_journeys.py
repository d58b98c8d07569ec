"""Users on their way through a library of real pages, in a real browser: at a desk, on a phone, without JavaScript, by
keyboard alone. With TEARSHEET_SCREENSHOTS naming a folder, what they saw is put there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.archive.viewer.browsing import DESK, PHONE, Watched, watched
from tests.archive.viewer.conftest import Papers
from tests.axe import AXE, violations

pytestmark = [pytest.mark.browser, pytest.mark.pywb, pytest.mark.slow]

SIZES = {"desk": DESK, "phone": PHONE}


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("TEARSHEET_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def fits(seen: Watched) -> bool:
    """Whether nothing is wider than the window."""
    return bool(seen.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "bare"])
@pytest.mark.parametrize("size", SIZES)
def test_from_the_front_page_to_what_was_changed(papers: Papers, browser: Browser, size: str, scripted: bool) -> None:
    with watched(browser, papers.library.origin, viewport=SIZES[size], java_script_enabled=scripted) as seen:
        page = seen.page
        seen.go("/")
        assert page.inner_text("h1") == "The Evening Collection"
        keep(page, f"front-{size}")
        page.fill("#q", "Rotary Eschnerberg")
        page.press("#q", "Enter")
        page.wait_for_url(re.compile(r"/search\?q=Rotary\+Eschnerberg"))
        assert page.locator("#results .card").count() == 1
        assert {mark.lower() for mark in page.locator(".snippet mark").all_inner_texts()} <= {"rotary", "eschnerberg"}
        keep(page, f"search-{size}")
        page.click("#results .headline a")
        page.wait_for_url(re.compile("/page/"))
        assert "Wechsel an der Spitze" in page.inner_text(".reading h1")
        assert page.get_attribute(".reading", "lang") == "de-CH"
        keep(page, f"read-{size}")
        page.click("text=2 captures")
        page.wait_for_url(re.compile("/versions$"))
        assert "Präsidiumswechsel" in page.locator(".difference .title del").inner_text()
        assert "Wechsel an der Spitze" in page.locator(".difference .title ins").inner_text()
        keep(page, f"versions-{size}")
        rows = page.locator(".timeline tbody tr")
        rows.nth(0).locator("input[name=to]").check()
        rows.nth(1).locator("input[name=from]").check()
        page.click("text=Compare these two")
        page.wait_for_url(re.compile("from="))
        assert "Präsidiumswechsel" in page.locator(".difference .title ins").inner_text()
        if scripted:
            assert fits(seen)


def test_a_capture_is_replayed_by_pywb(papers: Papers, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{papers.library.origin}/page/{papers.of('harbour').page_id}")
    page.click("text=Replay this capture")
    frame = page.wait_for_selector("#replay_iframe")
    replayed = frame.content_frame() if frame is not None else None
    assert replayed is not None
    replayed.wait_for_selector("h1")
    assert page.url.startswith(f"{papers.replay}/main/")
    assert replayed.inner_text("h1").startswith("הנמל הישן נפתח מחדש")
    replayed.wait_for_load_state("load")
    assert replayed.evaluate("document.images[0].naturalWidth") == 600
    page.close()


def test_memento_links_lead_to_the_capture(papers: Papers) -> None:
    row = papers.of("harbour")
    links = requests.utils.parse_header_links(papers.library.get(f"/page/{row.page_id}").headers["link"])
    named = {link["rel"]: link for link in links}
    assert named["original"]["url"] == "https://hebrew.test/harbour"
    with requests.Session() as session:
        session.trust_env = False
        gate = session.get(named["timegate"]["url"], timeout=60)
        times = session.get(named["timemap"]["url"], timeout=60)
        memento = session.get(named["memento"]["url"].replace("/https", "mp_/https"), timeout=60)
    assert gate.status_code == times.status_code == memento.status_code == 200
    assert times.headers["content-type"].startswith("application/link-format")
    assert memento.headers["memento-datetime"] == named["memento"]["datetime"]


def test_right_to_left_pages_are_set_so(papers: Papers, browser: Browser) -> None:
    for size, viewport in SIZES.items():
        with watched(browser, papers.library.origin, viewport=viewport) as seen:
            seen.go(f"/page/{papers.of('harbour').page_id}")
            assert (seen.page.get_attribute(".reading", "lang"), seen.page.get_attribute(".reading", "dir")) == (
                "he",
                "rtl",
            )
            sides = "(s) => { const r = document.querySelector(s).getBoundingClientRect(); return [r.left, r.right] }"
            measured = seen.page.evaluate(f"({sides})('.reading h1')")
            kicker = seen.page.evaluate(f"({sides})('.reading .kicker a')")
            assert abs(measured[1] - kicker[1]) < 2
            assert seen.evaluate("document.querySelector('figure img').naturalWidth") == 600
            assert fits(seen)
            keep(seen.page, f"hebrew-{size}")


def test_search_as_you_type_keeps_the_query_in_the_address(papers: Papers, browser: Browser) -> None:
    with watched(browser, papers.library.origin) as seen:
        page = seen.page
        seen.go("/search")
        page.type("#q", "apple")
        page.wait_for_selector("#results .snippet mark")
        page.wait_for_url(re.compile(r"/search\?q=apple$"))
        assert "page" in page.inner_text("#told")
        page.click("summary")
        page.select_option("#site", "hebrew.test")
        page.wait_for_selector("#results .nothing")
        page.wait_for_url(re.compile("site=hebrew.test"))
        keep(page, "nothing-found")
        page.click("text=look without the filters")
        page.wait_for_url(re.compile(r"/search\?q=apple$"))
        assert page.input_value("#q") == "apple"
        page.go_back()
        assert "site=hebrew.test" in page.url
        assert page.input_value("#q") == "apple"


def test_a_keyboard_is_enough(papers: Papers, browser: Browser) -> None:
    with watched(browser, papers.library.origin) as seen:
        page = seen.page
        seen.go("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert seen.path == "/#main"
        page.keyboard.press("?")
        assert page.locator("#help").is_visible()
        page.keyboard.press("Escape")
        assert not page.locator("#help").is_visible()
        focused = "document.activeElement.closest('.headline')?.textContent.trim()"
        page.keyboard.press("j")
        first = page.evaluate(focused)
        page.keyboard.press("j")
        assert page.evaluate(focused) not in (first, None)
        page.keyboard.press("k")
        assert page.evaluate(focused) == first
        page.keyboard.press("ArrowDown")
        assert page.evaluate(focused) != first
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("j/?")
        assert page.input_value("#q") == "j/?"
        page.fill("#q", "apple")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/search"))
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/page/"))
        assert "Apple" in page.inner_text("h1")


def test_what_failed_is_told_with_what_was_seen(papers: Papers, browser: Browser) -> None:
    with watched(browser, papers.library.origin, java_script_enabled=False) as seen:
        page = seen.page
        seen.go("/quarantine?verdict=paywall+stub")
        assert page.locator(".quarantine > li").count() == 1
        assert "réservé aux abonnés" in page.inner_text(".evidence")
        page.click(".headline a")
        assert "paywall stub" in page.inner_text(".why")
        assert page.locator("text=Replay this capture").count() == 0
        keep(page, "paywall")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nobody_is_shut_out(papers: Papers, browser: Browser, size: str, scheme: Any) -> None:
    AXE.needed()
    changed = papers.of("landesspiegel").page_id
    paths = (
        *("/", "/search", "/search?q=apple", "/search?q=zzz&language=de", "/quarantine", "/health", "/api", "/find"),
        *(f"/page/{page.page_id}" for page in papers.pages.values()),
        *(f"/page/{changed}/versions", "/nothing", "/search?page=0"),
    )
    with watched(browser, papers.library.origin, viewport=SIZES[size], color_scheme=scheme) as seen:
        for path in paths:
            seen.go(path)
            seen.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            assert violations(seen.page) == [], path
            assert fits(seen), path
            if papers.library.get(path).status_code >= 400:
                seen.trouble = [one for one in seen.trouble if "Failed to load resource" not in one]
        seen.go("/")
        seen.page.keyboard.press("?")
        assert violations(seen.page) == []
        keep(seen.page, f"help-{size}-{scheme}")
