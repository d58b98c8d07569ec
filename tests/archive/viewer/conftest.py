"""A small library with everything in it, served for the tests that only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from archive.collection import Collection
from archive.models import PageRow
from archive.viewer.app import Site, Writes
from tests.archive.collecting import fill, settings
from tests.archive.viewer.browsing import browsing
from tests.archive.viewer.papers import kept
from tests.archive.viewer.serving import TOKEN, Served, Writing, served
from tests.pywb import replaying, wayback


@dataclass(frozen=True, slots=True)
class Papers:
    """`pages` are the latest by the address that was asked for, `replay` is the origin of pywb."""

    library: Served
    pages: dict[str, PageRow]
    replay: str

    def of(self, part: str) -> PageRow:
        """The page in whose address this stands."""
        (found,) = (page for url, page in self.pages.items() if part in url)
        return found


SITE = Site("The Evening Collection", frozenset(), replay="http://127.0.0.1:1/main")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    root = tmp_path_factory.mktemp("library")
    fill(root)
    with Collection.open(settings(root), None) as collection:
        yield collection


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="session")
def library(filled: Collection) -> Iterator[Served]:
    with served(filled, SITE) as found:
        yield found


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Papers]:
    """Real pages, with a real pywb beside them."""
    wayback()
    there = kept(tmp_path_factory.mktemp("papers"))
    root = there.folder / "kept"
    with replaying(root) as pywb, Collection.open(settings(root), None) as collection:
        replay = f"http://127.0.0.1:{pywb.port}"
        with served(collection, Site("The Evening Collection", frozenset(), replay=f"{replay}/main")) as library:
            yield Papers(library, {page.url: page for page in reversed([*collection.pages()])}, replay)


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    fill(tmp_path)
    with Collection.open(settings(tmp_path), None) as collection:
        calls = Writing(Served(0))

        def row(page_id: str) -> PageRow:
            if calls.trouble:
                raise calls.trouble[0]
            found = collection.page(page_id)
            assert found is not None
            return found

        def keep(url: str) -> PageRow:
            calls.kept.append(url)
            return row("p01")

        def overrule(page_id: str, reason: str) -> PageRow:
            calls.overruled.append((page_id, reason))
            return row(page_id)

        with served(collection, Site("Main", frozenset(), writes=Writes(TOKEN, keep, overrule))) as there:
            calls.there = there
            yield calls
