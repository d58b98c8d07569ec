"""Real pages and real WARC files of other tools, read from the folder that TEARSHEET_CORPUS names."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from archive.urls import wire_url
from tests.site import Web

FOLDER = Path(os.environ.get("TEARSHEET_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))

# What these pages really are; all others are articles.
OTHERS = {
    # "Il vous reste 57.09% de cet article à lire."
    "pages/fundus-fr-LeMonde_2023_09_01.html.gz": "paywall stub",
}


def needed() -> Path:
    """The corpus, or a skip with the reason; in CI its absence is a failure."""
    if not (FOLDER / "ground-truth.json").is_file():
        if os.environ.get("CI"):
            pytest.fail(f"the corpus is not at {FOLDER}")
        pytest.skip(f"there is no corpus at {FOLDER}; TEARSHEET_CORPUS names it")
    return FOLDER


def pages() -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """(name, truth, HTML) of each page."""
    folder = needed()
    truths = json.loads((folder / "ground-truth.json").read_text())
    for name, truth in sorted(truths.items()):
        yield name, truth, gzip.decompress((folder / name).read_bytes())


def serve(web: Web) -> dict[str, str]:
    """All pages under their own addresses; gives the page's name by address as it is asked for."""
    names = {}
    for name, truth, body in pages():
        url = wire_url(truth["url"].replace("http://", "https://", 1))
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        web.host(parts.netloc).page(target, body)
        names[url] = name
    return names
