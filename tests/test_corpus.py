"""Real pages under their own addresses, over TLS, kept by one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.parse import parse
from tests import corpus
from tests.command import home
from tests.site import Web


@pytest.mark.slow
def test_all_pages_of_the_corpus_are_kept_by_one_command(tmp_path: Path) -> None:
    with Web() as web:
        names = corpus.serve(web)
        there = home(tmp_path, web)
        (tmp_path / "links.txt").write_text("\n".join(names))
        ran = there.run("fetch", "--json", "-i", "links.txt")
    assert {row["url"]: row["verdict"] for row in ran.rows} == {
        url: corpus.OTHERS.get(name, "article") for url, name in names.items()
    }
    for row in ran.rows:
        if row["verdict"] == "article":
            text = Path(row["text"]).read_bytes()
            article = parse(text, row["text"])
            assert article.url == row["original_url"]
            assert article.body
            assert row["words"] > 80, row["url"]
            assert row["title"] == article.title
    before = there.texts()
    assert there.run("rebuild").code == 0
    assert there.texts() == before
