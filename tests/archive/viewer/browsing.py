"""A user's browser on the library: what it shows, and what went on that should not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browsing import QUIET, chromium

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def browsing() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*QUIET],
        )
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and all that it said or did that a good page does not."""

    page: Page
    origin: str
    trouble: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.origin}{path}", wait_until="networkidle")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.origin)

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)


@contextmanager
def watched(browser: Browser, origin: str, **context: Any) -> Iterator[Watched]:
    """A page in a context of its own. When the block ends well, nothing may have gone wrong in it."""
    settings: dict[str, Any] = {"viewport": DESK, "reduced_motion": "reduce", **context}
    made = browser.new_context(**settings)
    found = Watched(made.new_page(), origin)
    page = found.page

    def dialog(shown: Any) -> None:
        found.trouble.append(f"dialog: {shown.message}")
        shown.dismiss()

    page.on("dialog", dialog)
    page.on("pageerror", lambda error: found.trouble.append(f"error: {error}"))
    page.on("console", lambda said: found.trouble.append(f"{said.type}: {said.text}") if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((f"{origin}/", "about:")) else found.trouble.append(f"asked for {asked.url}")
        ),
    )
    try:
        yield found
        assert found.trouble == []
    finally:
        made.close()
