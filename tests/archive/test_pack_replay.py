"""A real pywb over a collection whose small files were joined, started before that."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.pack import Limits
from archive.warc.joined import is_joined
from tests.archive.collecting import OLD, PICTURE, PICTURE_BYTES, STORY, folder_of, page_lines
from tests.archive.packing import packed, small_files, warcs
from tests.pywb import Pywb, replaying

pytestmark = pytest.mark.pywb


def replay_all(pywb: Pywb, root: Path) -> None:
    """Revisits of both kinds, redirects, pictures, texts, and each listed page at its moment."""
    latest = pywb.get(f"/main/id_/{STORY}")
    assert (latest.status, latest.body) == (200, b"<p>three</p>" * 80)
    for stamp, body in (
        ("20260102030406", b"<p>one</p>"),
        ("20260102030413", b"<p>one</p>"),
        ("20260102030426", b"<p>one</p>"),
        ("20260102030427", b"<p>two</p>"),
        ("20260102030430", b"<p>two</p>"),
    ):
        answer = pywb.get(f"/main/{stamp}mp_/{STORY}")
        assert (answer.status, body in answer.body) == (200, True)
        assert answer.headers["Memento-Datetime"].endswith(f"{stamp[8:10]}:{stamp[10:12]}:{stamp[12:]} GMT")
    assert pywb.get(f"/main/20260102030428id_/{PICTURE}").body == PICTURE_BYTES
    assert pywb.get("/main/id_/https://b.test/copy.png").body == PICTURE_BYTES
    assert b"<p>one</p>" in pywb.get(f"/main/20260102030412mp_/{OLD}").body
    assert pywb.get(f"/main/id_/urn:text:{STORY}").body.endswith(f"<{STORY}>".encode())
    for line in page_lines(root):
        stamp = "".join(c for c in line["ts"] if c.isdigit())
        assert pywb.get(f"/main/{stamp}mp_/{line['url']}").status == 200


def test_the_same_is_replayed_before_and_after(tmp_path: Path) -> None:
    small_files(tmp_path)
    archive = folder_of(tmp_path) / "archive"
    with replaying(tmp_path) as pywb:
        replay_all(pywb, tmp_path)
        # A first file of two, with a half one beside it that pywb must not see; then all.
        packed(tmp_path, Limits(9000, 9000))
        half = archive / f".{warcs(tmp_path)[0].name.replace('-packed', '-packed7')}.part"
        half.write_bytes(warcs(tmp_path)[0].read_bytes()[:3000])
        replay_all(pywb, tmp_path)
        packed(tmp_path)
        assert [is_joined(path.name) for path in warcs(tmp_path)] == [True]
        assert not half.exists()
        replay_all(pywb, tmp_path)
