"""The queue's database fails, or the process is killed, at any statement: the next run goes on where it was left."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import StorageError
from scraper.frontier_view import State
from tests.reliability import Figures
from tests.scraper.test_frontier import BAD, DAY, GOOD, LEASE, START, Clock, links, opened
from tests.statements import Statements, refuse, watched

ALL = [f"https://{host}.example/{number}" for host in "abc" for number in (1, 2)]


class Told:
    """What the queue's calls said that they had done."""

    def __init__(self) -> None:
        self.added: set[str] = set()
        self.never: set[str] = set()
        self.later: set[str] = set()

    def copy(self) -> Told:
        told = Told()
        told.added, told.never, told.later = set(self.added), set(self.never), set(self.later)
        return told


def history(path: Path, told: Told) -> None:
    clock = Clock()
    with opened(path, clock) as queue:
        for url in ALL:
            queue.add(links(url))
            told.added.add(url)
        first, second, third = queue.claim(3, LEASE)
        queue.done(first, GOOD, None)
        told.never.add(first.link.url)
        queue.done(second, BAD, clock.now + DAY)
        told.later.add(second.link.url)
        queue.learned(third.host, 4.0)
        queue.release(third)
        clock.now += timedelta(minutes=30)
        for job in queue.claim(9, LEASE):
            queue.done(job, GOOD, clock.now + DAY, end="z.example")
            told.later.add(job.link.url)
        queue.retry_failed(clock.now + DAY)
    with opened(path, clock) as queue:
        queue.claim(1, LEASE)


def goes_on(path: Path, told: Told) -> None:
    """Nothing that was told is lost, and nothing is asked that was told to be done with."""
    clock = Clock()
    clock.now = START + timedelta(hours=2)
    with opened(path, clock) as queue:
        assert not queue.made_anew or not told.added
        assert sum(queue.counts().total.values()) >= len(told.added)
        assert State.LEASED not in queue.counts().total
        asked = []
        for _ in range(20):
            jobs = queue.claim(9, LEASE)
            assert len({job.host for job in jobs}) == len(jobs)
            for job in jobs:
                asked.append(job.link.url)
                assert queue.done(job, GOOD, None)
            clock.now += timedelta(minutes=2)
        assert len(asked) == len(set(asked))
        assert not set(asked) & (told.never | told.later)
        assert told.added <= {*asked, *told.never, *told.later, *(one.url for one in queue.due(clock.now + 9 * DAY))}
        queue.add(links(*ALL))
        assert sum(queue.counts().total.values()) == len(ALL)


def count(path: Path) -> int:
    statements = Statements()
    with watched(statements):
        history(path, Told())
    goes_on(path, Told())
    assert statements.count > 150
    return statements.count


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("queue")])])
@pytest.mark.parametrize("words", ["disk I/O error", "database or disk is full"])
@pytest.mark.parametrize("stays", [True, False])
def test_a_queue_that_fails_at_any_statement(
    tmp_path: Path, step: int, words: str, stays: bool, figures: Figures
) -> None:
    """`step`: not at each of them."""
    for number in range(0, count(tmp_path / "count"), step):
        figures.add("faults of SQLite")
        path = tmp_path / f"{number}"
        told = Told()
        with watched(Statements(number, refuse(words), stays=stays)), pytest.raises(StorageError, match=words):
            history(path, told)
        goes_on(path, told)


@pytest.mark.slow
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("queue")])])
def test_a_process_that_is_killed_at_any_statement(tmp_path: Path, step: int, figures: Figures) -> None:
    left: list[tuple[Path, Told]] = []
    for number in range(0, count(tmp_path / "count"), step):
        live, told = tmp_path / f"live-{number}", Told()
        live.mkdir()
        place = tmp_path / f"killed-{number}"

        def kill(live: Path = live, place: Path = place, told: Told = told) -> None:
            shutil.copytree(live, place)
            left.append((place, told.copy()))

        with watched(Statements(number, kill)):
            history(live / "queue.sqlite", told)
    assert len(left) > 150 // step
    for place, told in left:
        figures.add("kills before a statement")
        goes_on(place / "queue.sqlite", told)
