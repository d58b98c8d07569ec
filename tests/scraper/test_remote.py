"""What goes out with a page is not asked for again, and what of it is not used goes back."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from archive.collection import Collection
from scraper.line import Line
from scraper.pace import Rhythm
from scraper.remote import RemoteLookups, RemotePace, known_ahead
from tests.archive.collecting import STORY, article, group, opened, page


class Asked:
    """A line at whose end these answers are given."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers
        self.heard: list[tuple[Any, ...]] = []

    def ask(self, name: str, *arguments: Any) -> Future[Any]:
        self.heard.append((name, *arguments))
        future: Future[Any] = Future()
        future.set_result(self._answers[name])
        return future

    def tell(self, name: str, *arguments: Any) -> None:
        self.heard.append((name, *arguments))


def remote_pace(line: Asked) -> RemotePace:
    rhythm = Rhythm(lambda _: 0.0, 1, lambda: datetime.now(UTC), lambda _: None, lambda: False)
    return RemotePace(rhythm, cast(Line, line))


def test_a_turn_that_came_with_the_page_is_taken_once() -> None:
    line = Asked({"take": True})
    pace = remote_pace(line)
    with pace.given_ahead("a.test"):
        assert pace.take("a.test")
        assert line.heard == []
        pace.give("a.test")
        assert pace.take("a.test")
    assert line.heard == [("give", "a.test"), ("take", "a.test")]


def test_a_turn_that_is_not_taken_goes_back_before_another_is_waited_for() -> None:
    line = Asked({"take": True})
    pace = remote_pace(line)
    with pace.given_ahead("a.test"):
        pass
    with pace.given_ahead("a.test"):
        assert pace.take("b.test")
    assert line.heard == [("unused", "a.test"), ("unused", "a.test"), ("take", "b.test")]


def test_what_is_kept_of_a_page_is_known_from_what_came_with_it(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        collection.commit(group("p1", 1, [page(1, b"one")], article=article())).result(30)
        known = collection.known_page(STORY)
        assert known is not None
        line = Asked({"rows": []})
        lookups = RemoteLookups(cast(Line, line))
        with Collection(tmp_path, lookups, None, ExitStack()) as helper:
            with lookups.told_ahead(known_ahead(collection, STORY)):
                assert helper.known_page(STORY) == known
                assert line.heard == []
                # What is asked later may have changed.
                assert helper.known_page(STORY) is None
            assert {name for name, *_ in line.heard} == {"rows"}
