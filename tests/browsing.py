"""A real Chromium: pages on the live loopback web, and in viewers while nothing but loopback can be reached."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.site import Web

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--no-first-run",
)

SETTLE = """async () => {
  for (const one of document.images) one.loading = "eager";
  await document.fonts.ready;
  const done = (one) => one.complete || !(one.currentSrc || one.src) ? null
    : new Promise((ready) => { one.onload = one.onerror = ready; });
  await Promise.all([...document.images].map(done));
}"""

LOOK = """() => {
  // The address as it was on the web, whatever a viewer has put before it.
  const bare = (text) => text.replace(/https?:\\/\\/127[^"')\\s]*?\\/(?:https?:)?(?=\\/\\/)/g, "https:");
  const styles = {};
  for (const one of document.querySelectorAll("[id], h1, p")) {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    styles[one.id || one.tagName] = [style.color, bare(style.backgroundImage), style.fontFamily,
      getComputedStyle(one, "::before").content, Math.round(box.width), Math.round(box.height)];
  }
  const pictures = [...document.querySelectorAll("img")].map((one) =>
    [one.id, one.naturalWidth, one.naturalHeight, bare(one.currentSrc)]);
  const fonts = [...document.fonts].map((one) => [one.family, one.status]);
  return {title: document.title, text: document.body.innerText, charset: document.characterSet,
    styles, pictures, fonts};
}"""


def chromium() -> str:
    """The command, or a skip with the reason; in CI its absence is a failure."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    return found


@contextmanager
def browsing(web: Web) -> Iterator[Browser]:
    """A browser for which every host but 127.0.0.1 is `web`, at the ports 80 and 443."""
    from playwright.sync_api import sync_playwright

    there = f"MAP *:80 127.0.0.1:{web.http_port}, MAP *:443 127.0.0.1:{web.https_port}, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=[*QUIET, f"--host-resolver-rules={there}", "--ignore-certificate-errors"],
        )
        try:
            yield browser
        finally:
            browser.close()


def look(frame: Frame) -> dict[str, Any]:
    """What a page shows once all of it is there, and what its frames show, by their elements' ids."""
    frame.wait_for_load_state("load")
    frame.evaluate(SETTLE)
    seen: dict[str, Any] = frame.evaluate(LOOK)
    seen["frames"] = {}
    for element in frame.query_selector_all("iframe[id]"):
        inner = element.content_frame()
        assert inner is not None
        seen["frames"][element.get_attribute("id")] = look(inner)
    return seen
