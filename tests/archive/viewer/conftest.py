"""A small library with everything in it, served for the tests that only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.collection import Collection
from archive.viewer.app import Site
from tests.archive.collecting import fill, settings
from tests.archive.viewer.serving import Served, served

SITE = Site("The Evening Collection", frozenset(), replay="http://127.0.0.1:1/main")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    root = tmp_path_factory.mktemp("library")
    fill(root)
    with Collection.open(settings(root), None) as collection:
        yield collection


@pytest.fixture(scope="session")
def library(filled: Collection) -> Iterator[Served]:
    with served(filled, SITE) as found:
        yield found
