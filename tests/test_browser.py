"""A kept page in a real Chromium, replayed by real pywb while its own servers are gone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import home
from tests.pywb import replaying
from tests.site import Web
from tests.test_fetch_command import PIXEL

pytestmark = [pytest.mark.browser, pytest.mark.pywb]

PAGE = """<!doctype html><html lang=en><head><title>The harbour in pictures</title>
<link rel=stylesheet href="/a/site.css">
<meta property="og:type" content="article"></head><body><article><h1>The harbour in pictures</h1>
<p id=lead>{words}</p><img id=plain src="p1.png"><img id=wide srcset="p2.png 1x, p3.png 2x" src="p1.png">
<picture><source srcset="https://cdn.test/p4.png" media="(min-width: 10px)"><img id=source src="p1.png"></picture>
<div id=styled style="background-image: url(&quot;p5.png&quot;)">box</div><p>{words}</p><p>{words}</p></article>
</body></html>
""".replace("{words}", "The pier was rebuilt in spring, and the council paid for all of it from one fund. " * 4)


@pytest.fixture
def chromium() -> Iterator[str]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    yield found


def test_pictures_styles_and_text_are_there_and_nothing_leaves(tmp_path: Path, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    with Web() as web:
        host = web.host("news.test")
        host.page("/a/page", PAGE)
        host.page("/a/site.css", '@import "deep/more.css"; #lead { color: rgb(1, 2, 3) }', type="text/css")
        host.page("/a/deep/more.css", "#styled { width: 77px }", type="text/css")
        for n in (1, 2, 3, 5):
            host.page(f"/a/p{n}.png", PIXEL, type="image/png")
        web.host("cdn.test").page("/p4.png", PIXEL, type="image/png")
        there = home(tmp_path, web)
        row = there.fetch("https://news.test/a/page")
        assert (row["verdict"], row["requisites"], row["missing_requisites"]) == ("article", 7, [])
    with replaying(tmp_path / "kept") as pywb, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{pywb.port}/main/https://news.test/a/page", wait_until="load")
        frame = page.wait_for_selector("#replay_iframe")
        replayed = frame.content_frame() if frame is not None else None
        assert replayed is not None
        replayed.wait_for_selector("#styled")
        replayed.wait_for_load_state("load")
        for name in ("plain", "wide", "source"):
            assert replayed.evaluate(f"document.getElementById('{name}').naturalWidth") > 0, name
        assert replayed.evaluate("getComputedStyle(document.getElementById('lead')).color") == "rgb(1, 2, 3)"
        assert replayed.evaluate("getComputedStyle(document.getElementById('styled')).width") == "77px"
        assert replayed.inner_text("h1") == "The harbour in pictures"
        page.screenshot(path=str(tmp_path / "page.png"))
        browser.close()
    assert [url for url in asked if not url.startswith((f"http://127.0.0.1:{pywb.port}/", "data:", "blob:"))] == []
