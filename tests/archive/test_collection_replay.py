"""A real pywb over a collection with versions, revisits of both kinds, redirects and quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.collecting import (
    OLD,
    PICTURE,
    PICTURE_BYTES,
    STORY,
    article,
    asset,
    fill,
    folder_of,
    group,
    opened,
    page,
    page_lines,
)
from tests.pywb import Pywb, replaying

pytestmark = pytest.mark.pywb


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("replay")
    fill(root, warc_size=6000)
    return root


@pytest.fixture(scope="module")
def pywb(root: Path) -> Iterator[Pywb]:
    with replaying(root) as pywb:
        yield pywb


def test_the_latest_is_the_latest_good_page(pywb: Pywb) -> None:
    """Not the 410, the 403 or the 304s that came in between."""
    answer = pywb.get(f"/main/id_/{STORY}")
    assert (answer.status, answer.body) == (200, b"<p>three</p>" * 80)


@pytest.mark.parametrize(
    ("stamp", "body"),
    [
        ("20260102030406", b"<p>one</p>"),
        ("20260102030413", b"<p>one</p>"),  # an equal payload, a revisit
        ("20260102030426", b"<p>one</p>"),  # a 304
        ("20260102030427", b"<p>two</p>"),
        ("20260102030430", b"<p>two</p>"),  # a 304 of that
    ],
)
def test_each_moment_has_its_page(pywb: Pywb, stamp: str, body: bytes) -> None:
    answer = pywb.get(f"/main/{stamp}mp_/{STORY}")
    assert answer.status == 200
    assert body in answer.body
    assert answer.headers["Memento-Datetime"].endswith(f"{stamp[8:10]}:{stamp[10:12]}:{stamp[12:]} GMT")


def test_pictures_redirects_and_texts(pywb: Pywb) -> None:
    picture = pywb.get(f"/main/20260102030428id_/{PICTURE}")
    assert (picture.status, picture.body) == (200, PICTURE_BYTES)
    copied = pywb.get("/main/id_/https://b.test/copy.png")
    assert (copied.status, copied.body) == (200, PICTURE_BYTES)
    followed = pywb.get(f"/main/20260102030412mp_/{OLD}")
    assert b"<p>one</p>" in followed.body
    text = pywb.get(f"/main/id_/urn:text:{STORY}")
    assert text.status == 200
    assert text.body.endswith(f"<{STORY}>".encode())


def test_every_listed_page_is_found(pywb: Pywb, root: Path) -> None:
    for line in page_lines(root):
        stamp = "".join(c for c in line["ts"] if c.isdigit())
        assert pywb.get(f"/main/{stamp}mp_/{line['url']}").status == 200
    assert not list((folder_of(root) / "archive").glob("*.open"))


FILES = 200


def test_hundreds_of_warc_files_replay_as_they_are(tmp_path: Path) -> None:
    """One a page, what each shares with those before it in another file still, in as few index files as ever."""
    with opened(tmp_path, warc_size=1) as collection:
        for n in range(FILES):
            url = f"https://news.test/{n}"
            parts = [page(n, b"<p>story %d" % n, url), asset(n, url=f"{url}.png")]
            # One after the other: those that wait together share a file.
            collection.commit(group(f"p{n}", n, parts, article=article(f"Story {n}.", url))).result(60)
    folder = folder_of(tmp_path)
    assert len(list((folder / "archive").glob("*.warc.gz"))) == FILES
    assert len(list((folder / "indexes").iterdir())) <= 4
    with replaying(tmp_path) as pywb:
        for n in range(0, FILES, 13):
            answer = pywb.get(f"/main/id_/https://news.test/{n}")
            assert (answer.status, answer.body) == (200, b"<p>story %d" % n)
            picture = pywb.get(f"/main/id_/https://news.test/{n}.png")
            assert (picture.status, picture.body) == (200, PICTURE_BYTES)
