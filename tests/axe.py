"""axe-core, which finds what shuts people out of a page. `python -m tests.axe` gets the pinned version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.npm import Package

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Package(
    "axe-core",
    "4.14.1",
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ("axe.min.js",),
)


def violations(page: Page) -> list[str]:
    """What all rules of axe find on a page, with where it is."""
    AXE.needed()
    page.evaluate(AXE.file("axe.min.js").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


if __name__ == "__main__":
    AXE.main()
