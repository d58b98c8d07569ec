"""A collection whose links stand in different ways: dead, doubtful, alive, never checked."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from archive.collection import Collection
from archive.linkstate import Check, State
from archive.models import VerdictKind
from tests.archive.collecting import Clock, article, group, opened, page, silent
from tests.command import Home, home

REPLAY = "https://archive.example.org/main/"
DAY = 86_400
HOST = "https://news.test"
DEAD, DOUBTFUL, ALIVE, UNKNOWN = (f"{HOST}/{name}" for name in ("dead", "doubtful", "alive", "unknown"))
TITLES = {DEAD: "The dead [one]", DOUBTFUL: "A doubtful one", ALIVE: "<b>An alive one", UNKNOWN: "יום שקט"}
FAILED = {DEAD: 3, DOUBTFUL: 1}


def snapshot(url: str) -> str:
    """Where the capture of one of them can be seen."""
    second = list(TITLES).index(url)
    return f"{REPLAY}2026010203040{5 + second}/{url}"


def kept(folder: Path) -> Home:
    made = home(folder, None, links__replay=f'"{REPLAY}"')
    with opened(folder / "kept", clock=Clock()) as collection:
        for number, (url, title) in enumerate(TITLES.items()):
            parts = [page(number, f"<p>{number}".encode(), url)]
            text = article(f"Text {number}.", url, title)
            collection.commit(group(f"p{number}", number, parts, article=text, title=title)).result()
        for url, days in FAILED.items():
            fail(collection, url, 0, days)
        again = group("again", DAY, [page(DAY, b"<p>2", ALIVE)], VerdictKind.UNCHANGED, bare=True)
        found = Check(ALIVE, again.time, State.SAME, "as it was", page_id=again.id)
        collection.note(replace(again, check=found)).result()
    return made


def fail(collection: Collection, url: str, begin: int, days: int) -> None:
    """A link gives no answer on so many days after `begin`, in seconds after TIME."""
    for day in range(1, days + 1):
        at = begin + day * DAY
        failed = group(f"c{day}{url[-3:]}", at, [silent(at, url)], VerdictKind.UNREACHABLE)
        found = Check(url, failed.time, State.UNREACHABLE, "no answer", page_id=failed.id)
        collection.commit(replace(failed, check=found)).result()
