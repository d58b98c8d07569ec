"""The collection that growth is measured on is what runs would have made: whole, and the same after a rebuild."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from archive.collection import Collection
from archive.fixity import Watch, verify_collection
from archive.models import VerdictKind
from archive.rebuild import rebuild
from bench.many import CAPTURES, Maker, made
from bench.scale import Asked as Scale
from bench.scale import drawn, looks
from tests.archive.collecting import derived


def test_it_is_whole_and_has_what_was_asked_for(tmp_path: Path) -> None:
    settings = made(tmp_path, 600)
    folder = tmp_path / "collections" / settings.collection
    found = verify_collection(folder, Watch(workers=1))
    assert (found.problems, found.files) == ([], 1)
    with Collection.open(settings, None) as collection:
        assert collection.stats()["captures"] == 600
        assert collection.stats()["verdicts"] == {VerdictKind.ARTICLE: 600 // CAPTURES}
        assert list(collection.search(Maker().words[0], 99))
    (tmp_path / "collections" / "main").symlink_to(folder)
    before = derived(tmp_path)
    rebuild(settings)
    assert derived(tmp_path) == before


def test_pages_are_the_same_whenever_they_are_made() -> None:
    one, other = Maker().group(5), Maker().group(5)
    assert [part.exchange.url for part in one.parts] == [part.exchange.url for part in other.parts]
    assert one.article == other.article


@pytest.mark.slow
def test_look_ups_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, 300)
    looks(Scale(tmp_path, tmp_path, (300, 300), 1))
    assert "a look-up, pywb's" in capsys.readouterr().out
    assert len(drawn(300, Random(1))) > 100
