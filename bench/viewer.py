"""How fast the library answers: 100,000 articles behind the real app, served by uvicorn in a process of its own.

The collection is made of the corpus once (see `bench.collection`) and kept in the folder given. Each request goes over
a kept connection on loopback and is read to its end. Searches are a mix of rare and common words, two words, phrases,
beginnings and filters; words are called rare or common by how many of the articles hold them.

Then the raw records: requests a second of the same pages' own records, ours as gzip members to the byte, beside pywb's
replay of them as they were answered (`id_`), in alternating rounds. Each of these requests has a connection of its own,
as pywb's answers wait for the client's acknowledgement on one that is kept.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, perf_counter, sleep
from urllib.parse import quote, urlencode

from msgspec import Struct

from archive.collection import ArchiveSettings, Collection
from archive.urls import stamp
from bench.collection import LANGUAGES, SEED, SOURCES, Maker, made

ARTICLES = 100_000
ASKED = 40
"""Requests of each kind."""
RECORDS = 400
ROUNDS = 3
SEARCH_AIM, SEARCH_P95_AIM = 0.050, 0.150
RAW_AIM = 3.0
_STARTS_WITHIN = 60.0


class Words(Struct, frozen=True):
    """Words of the collection by how common they are."""

    rare: tuple[str, ...]
    middling: tuple[str, ...]
    common: tuple[str, ...]


def words_of(catalog: Path) -> Words:
    """From the index itself: in at most 20 articles, in a hundredth to a twentieth, in more than a third."""
    with closing(sqlite3.connect(catalog)) as db:
        db.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, search, row)")
        count = db.execute("SELECT count(*) FROM articles").fetchone()[0]
        found = [(word, n) for word, n in db.execute("SELECT term, doc FROM vocabulary") if word.isalpha()]
    rare = tuple(word for word, n in found if n <= 20)
    middling = tuple(word for word, n in found if count / 100 < n < count / 20)
    common = tuple(word for word, n in found if n > count / 3)
    return Words(rare, middling, common)


def searches(words: Words, maker: Maker) -> dict[str, Callable[[random.Random], dict[str, str]]]:
    """By kind: what a random one asks for."""

    def phrase(chosen: random.Random) -> str:
        paragraph = chosen.choice(chosen.choice(maker.stories).paragraphs)
        at = chosen.randrange(max(1, len(paragraph) - 2))
        return '"' + " ".join(paragraph[at : at + 2]).replace('"', "") + '"'

    def site(chosen: random.Random) -> str:
        return f"paper{int(120 * chosen.random() ** 3)}.example"

    return {
        "a rare word": lambda c: {"q": c.choice(words.rare)},
        "a word": lambda c: {"q": c.choice(words.middling)},
        "a common word": lambda c: {"q": c.choice(words.common)},
        "two words": lambda c: {"q": f"{c.choice(words.middling)} {c.choice(words.common)}"},
        "two common words": lambda c: {"q": f"{c.choice(words.common)} {c.choice(words.common)}"},
        "a phrase": lambda c: {"q": phrase(c)},
        "a beginning": lambda c: {"q": c.choice(words.middling)[:4] + "*"},
        "a word on a site": lambda c: {"q": c.choice(words.middling), "site": site(c)},
        "a common word on a site": lambda c: {"q": c.choice(words.common), "site": site(c)},
        "a common word by an author": lambda c: {"q": c.choice(words.common), "author": c.choice(maker.names)},
        "a word in a language in a month": lambda c: {
            "q": c.choice(words.middling),
            "language": c.choice(LANGUAGES),
            "since": "2026-03-01",
            "until": "2026-03-31",
        },
        "a common word, the oldest first": lambda c: {"q": c.choice(words.common), "order": "oldest"},
        "a word, the third screen": lambda c: {"q": c.choice(words.middling), "page": "3"},
        "a site without words": lambda c: {"site": site(c)},
        "a source without words": lambda c: {"source": f"feed {c.randrange(SOURCES)}"},
        "an author without words": lambda c: {"author": c.choice(maker.names)},
    }


# ------------------------------------------------------------------------------------------------ the server


def serve(settings: ArchiveSettings, port: int) -> None:
    """The real app on loopback, until it is stopped."""
    import uvicorn

    from archive.viewer.app import Site, create_app

    with Collection.open(settings, None) as collection:
        app = create_app(collection, Site(settings.collection, frozenset({f"127.0.0.1:{port}"})))
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[int]:
    """A server in a process of its own, from its first answer on."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = monotonic() + _STARTS_WITHIN
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or monotonic() > until:
                    raise SystemExit(f"{command[0]} does not answer") from None
                sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def served(settings: ArchiveSettings) -> Iterator[int]:
    """The app's port."""
    port = _free_port()
    where = ["--folder", str(settings.root.absolute()), "--collection", settings.collection]
    with _running([sys.executable, "-m", "bench.viewer", *where, "--serve", str(port)], Path.cwd(), port):
        yield port


@contextmanager
def replayed(settings: ArchiveSettings) -> Iterator[int]:
    """pywb's port, over the same folder."""
    port = _free_port()
    command = [str(Path(sys.executable).parent / "wayback"), "-b", "127.0.0.1", "-p", str(port)]
    with _running(command, settings.root.absolute(), port):
        yield port


class Client:
    """One connection that is kept, or one for each request."""

    def __init__(self, port: int, *, keeps: bool = True) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._keeps = keeps

    def ask(self, path: str) -> tuple[float, bytes]:
        """The seconds until the answer was read, and its body. Anything but 200 ends the measurement."""
        begun = perf_counter()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        if not self._keeps:
            self._connection.close()
        took = perf_counter() - begun
        if answer.status != 200:
            raise SystemExit(f"{path} was answered with {answer.status}: {body[:200]!r}")
        return took, body

    def close(self) -> None:
        self._connection.close()


# ------------------------------------------------------------------------------------------------ measuring


def _told(what: str, times: Sequence[float]) -> None:
    p95 = quantiles(times, n=20, method="inclusive")[-1]
    print(f"  {what:<34}{median(times) * 1000:7.1f} ms {p95 * 1000:9.1f} ms {max(times) * 1000:9.1f} ms")


def pages(settings: ArchiveSettings, client: Client, asked: int) -> bool:
    """Prints how long pages take; whether searches are within the aims."""
    folder = settings.root / "collections" / settings.collection
    maker = Maker()
    chosen = random.Random(SEED)
    kinds = searches(words_of(folder / "catalog.sqlite"), maker)
    queries = [(kind, make(chosen)) for kind, make in kinds.items() for _ in range(asked)]
    chosen.shuffle(queries)
    client.ask("/")
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for kind, query in queries:
        took[kind].append(client.ask(f"/search?{urlencode(query)}")[0])
    print(f"  {'':<34}{'p50':>10} {'p95':>12} {'longest':>12}")
    for kind, times in took.items():
        _told(kind, times)
    every = [each for times in took.values() for each in times]
    _told("all searches", every)
    _told("the front page", [client.ask("/")[0] for _ in range(asked)])
    ids = [page_id for page_id, _, _ in articles(settings, asked * 2)]
    _told("an article", [client.ask(f"/page/{quote(page_id)}")[0] for page_id in ids])
    p50, p95 = median(every), quantiles(every, n=20, method="inclusive")[-1]
    good = p50 <= SEARCH_AIM
    print(
        f"  searches: p50 {p50 * 1000:.1f} ms (at most {SEARCH_AIM * 1000:.0f}), "
        f"p95 {p95 * 1000:.1f} ms (sought: {SEARCH_P95_AIM * 1000:.0f}){'' if good else '  MISSED'}"
    )
    return good


def articles(settings: ArchiveSettings, count: int) -> list[tuple[str, str, str]]:
    """Some pages: page id, address and 14-digit time."""
    with Collection.open(settings, None) as collection:
        ids = random.Random(SEED).sample(collection.latest(), count)
        rows = [row for page_id in ids if (row := collection.page(page_id)) is not None]
    return [(row.page_id, row.final_url, stamp(row.captured_at)) for row in rows]


def raw(settings: ArchiveSettings, port: int, count: int, rounds: int) -> bool:
    """Prints how many raw records a second ours and pywb give; whether ours are so many times more."""
    found = articles(settings, count)
    ours = [f"/page/{quote(page_id)}/record" for page_id, _, _ in found]
    theirs = [f"/{settings.collection}/{time}id_/{url}" for _, url, time in found]
    with replayed(settings) as other:
        client, pywb = Client(port, keeps=False), Client(other, keeps=False)
        pywb.ask("/")
        rates: dict[str, list[float]] = {"ours": [], "pywb": []}
        for _ in range(rounds):
            for name, one, paths in (("ours", client, ours), ("pywb", pywb, theirs)):
                begun = perf_counter()
                size = sum(len(one.ask(path)[1]) for path in paths)
                rates[name].append(len(paths) / (perf_counter() - begun))
                assert size > len(paths) * 500, f"{name} gave hardly anything"
    best = {name: median(each) for name, each in rates.items()}
    ratio = best["ours"] / best["pywb"]
    good = ratio >= RAW_AIM
    print(
        f"  raw records: ours {best['ours']:.0f} a second, pywb {best['pywb']:.0f}: {ratio:.1f} times as many "
        f"(at least {RAW_AIM:.0f}){'' if good else '  MISSED'}"
    )
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "tearsheet-bench-viewer")
    parser.add_argument("--articles", type=int, default=ARTICLES)
    parser.add_argument("--asked", type=int, default=ASKED, help="requests of each kind")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--collection", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve:
        serve(ArchiveSettings(root=given.folder, collection=given.collection), given.serve)
        return 0
    begun = perf_counter()
    settings = made(given.folder, given.articles)
    print(f"{given.articles} articles, in {given.folder} after {perf_counter() - begun:.0f} s")
    with served(settings) as port, closing(Client(port)) as client:
        fast = pages(settings, client, given.asked)
        many = raw(settings, port, given.records, given.rounds)
    return 0 if fast and many else 1


if __name__ == "__main__":
    sys.exit(main())
