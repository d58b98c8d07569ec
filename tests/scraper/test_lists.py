from __future__ import annotations

import io
from pathlib import Path

import pytest

from archive.errors import UsageError
from archive.models import Link
from scraper.sources.lists import completed, links_from


def test_arguments_lists_and_stdin_each_once_in_order(tmp_path: Path) -> None:
    path = tmp_path / "links.txt"
    path.write_bytes(b"\xef\xbb\xbf# mine\r\nhttps://b.test/\r\n\r\n  <https://c.test/> \nhttps://a.test/\n\xff\n")
    found = links_from(["https://a.test/", "-"], [path], io.BytesIO(b"\xef\xbb\xbfhttps://d.test/ # mine\n#no\n"))
    assert [link.url for link in found] == [
        "https://a.test/",
        "https://d.test/",
        "https://b.test/",
        "https://c.test/",
        "\ufffd",
    ]
    assert found[0] == Link("https://a.test/", "argument", None)
    assert found[2] == Link("https://b.test/", "list", f"{path}, line 2")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        links_from([], [tmp_path / "absent"], io.BytesIO())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.com/a", "https://example.com/a"),
        ("https://example.com", "https://example.com"),
        ("localhost:80/a", "localhost:80/a"),
        ("ftp://a.b/c", "ftp://a.b/c"),
        ("not an address", "not an address"),
        ("mailto:a@b.c", "mailto:a@b.c"),
    ],
)
def test_what_people_type(typed: str, meant: str) -> None:
    assert completed(typed) == meant
