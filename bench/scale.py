"""What a collection costs as it grows: at a thousand, ten thousand, a hundred thousand and a million captures.

The collections are those of `bench.many`. Commands are run as users run them, in processes of their own, in turns for
all sizes, so that what else the machine does falls on all of them; CPU is that of all their processes, medians count.
Look-ups are asked in a process, of addresses drawn at random: of the catalog, by which ours go, and of pywb's own index
code, which reads the index files. `rebuild --index` runs against `cdxj-indexer` over the same files. Exits 1 where a
`fetch` into the largest takes more than FETCH_AIM times the CPU of one into an empty collection, a look-up among the
most captures more than LOOK_AIM times that among the fewest, or making the index again more than a third of what
`cdxj-indexer` takes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from msgspec import Struct

from archive.collection import ArchiveSettings, Collection
from archive.urls import stamp
from bench.many import APART, BEGUN, CAPTURES, PICTURES, Maker, made
from bench.measure import MIB, Run, middle, run, tool
from bench.replay import of_index
from bench.server import serving
from bench.viewer import Client, served

SIZES = (1_000, 10_000, 100_000, 1_000_000)
FETCH_AIM, LOOK_AIM, INDEX_AIM = 1.2, 2.0, 3.0
LOOKS = 300
SEED = 3
_EMPTY = 0
_NUMBERS = count()

CONFIG = """[archive]
root = "{root}"
collection = "{collection}"
warc_size = "100 MB"
[fetch]
allow_private_addresses = true
[crawl]
host_delay = 0
"""


class Asked(Struct, frozen=True):
    """`root` holds the collections, `work` what else is needed."""

    root: Path
    work: Path
    sizes: tuple[int, ...]
    rounds: int

    def folder(self, size: int) -> Path:
        """From where commands are run on the collection of that size; a new, empty one for 0."""
        name = f"many-{size}" if size else f"empty-{next(_NUMBERS)}"
        folder = self.work / name
        folder.mkdir(exist_ok=True)
        root = self.root if size else self.work / "empty"
        (folder / "config.toml").write_text(CONFIG.format(root=root, collection=name))
        return folder

    def settings(self, size: int) -> ArchiveSettings:
        return ArchiveSettings(root=self.root, collection=f"many-{size}")

    def warcs(self, size: int) -> list[Path]:
        return sorted((self.root / "collections" / f"many-{size}" / "archive").glob("*.warc.gz"))


def command(folder: Path, *words: str, memory: bool = False) -> Run:
    done = run([tool("tearsheet"), *words], folder, memory=memory)
    if done.code:
        sys.exit(f"tearsheet {' '.join(words)}: exit code {done.code}\n{(folder / 'output.txt').read_text()}")
    return done


# ------------------------------------------------------------------------------------------------ commands


def fetches(asked: Asked, base: str) -> bool:
    """`fetch` of a page that is new each time; whether the largest collection costs no more than it may."""
    sizes = (_EMPTY, *asked.sizes)
    runs: dict[int, list[Run]] = {size: [] for size in sizes}
    for number in range(asked.rounds + 1):
        for size in sizes:
            url = f"{base}/fresh.html?{perf_counter()}"
            done = command(asked.folder(size), "fetch", "-q", "--again", url)
            if number:
                runs[size].append(done)
    peaks = {}
    for size in sizes:
        url = f"{base}/fresh.html?{perf_counter()}"
        peaks[size] = command(asked.folder(size), "fetch", "-q", "--again", url, memory=True).peak
    _tell("fetch of one page", {size: middle(each) for size, each in runs.items()}, peaks)
    ratio = middle(runs[asked.sizes[-1]]).cpu / middle(runs[_EMPTY]).cpu
    print(f"    CPU against an empty collection: {ratio:.2f} times (at most {FETCH_AIM:g})")
    return ratio <= FETCH_AIM


def commands(asked: Asked) -> None:
    """What reads the catalog."""
    words = Maker().words
    for name, arguments in (
        ("list", ("list", "-q")),
        ("status", ("status",)),
        ("search, a rare word", ("search", words[20_000])),
        ("search, a common word", ("search", words[0])),
        ("show", ("show", Maker().url(7))),
    ):
        runs: dict[int, list[Run]] = {size: [] for size in asked.sizes}
        for _ in range(asked.rounds):
            for size in asked.sizes:
                runs[size].append(command(asked.folder(size), *arguments))
        peaks = {size: command(asked.folder(size), *arguments, memory=True).peak for size in asked.sizes}
        _tell(name, {size: middle(each) for size, each in runs.items()}, peaks)


def front_page(asked: Asked) -> None:
    print("the library's front page, ms: the first and the median of the rest")
    for size in asked.sizes:
        with served(asked.settings(size)) as port, closing(Client(port)) as client:
            took = [client.ask("/")[0] * 1000 for _ in range(21)]
        print(f"  {size:>10,}   {took[0]:8.1f}   {median(took[1:]):8.1f}")


# ------------------------------------------------------------------------------------------------ look-ups


def drawn(size: int, chance: Random) -> list[tuple[str, str]]:
    """Addresses that are in the collection, each with a time: pages and pictures."""
    maker, found = Maker(), []
    for _ in range(LOOKS):
        number = chance.randrange(size // CAPTURES)
        url, picture = maker.url(number), chance.randrange(PICTURES + 1)
        asked = url if picture == PICTURES else f"{url[:-5]}/{picture}.svg"
        found.append((asked, stamp(BEGUN + APART * number, 14)))
    return found


def looks(asked: Asked) -> bool:
    """Seconds a look-up takes in our catalog and in pywb's index; whether they stay alike."""
    chance, maker = Random(SEED), Maker()
    took: dict[str, dict[int, list[float]]] = {
        name: {size: [] for size in asked.sizes} for name in ("ours, any answer", "ours, a page", "pywb's")
    }
    for size in asked.sizes:
        _warm(asked.root / "collections" / f"many-{size}")
    for _ in range(asked.rounds):
        for size in asked.sizes:
            with Collection.open(asked.settings(size), None) as collection:
                addresses = [url for url, _ in drawn(size, chance)]
                took["ours, any answer"][size].append(_median(addresses, collection.known_asset))
                pages = [maker.url(chance.randrange(size // CAPTURES)) for _ in range(LOOKS)]
                took["ours, a page"][size].append(_median(pages, collection.find))
            folder = asked.root / "collections" / f"many-{size}"
            took["pywb's"][size].append(of_index(folder, drawn(size, chance)))
    good = True
    for name, sizes in took.items():
        told = {size: min(each) * 1e6 for size, each in sizes.items()}
        ratio = told[asked.sizes[-1]] / told[asked.sizes[0]]
        good = good and ratio <= LOOK_AIM
        print(f"a look-up, {name}, µs: the least of {asked.rounds} medians")
        for size, each in told.items():
            print(f"  {size:>10,}   {each:8.0f}")
        print(f"    the most against the fewest: {ratio:.2f} times (at most {LOOK_AIM:g})")
    return good


def _warm(folder: Path) -> None:
    """Catalog and index are in the page cache: what a look-up costs beyond reading from the medium is measured."""
    for path in (folder / "catalog.sqlite", *(folder / "indexes").iterdir()):
        with path.open("rb") as file:
            while file.read(MIB):
                pass


def _median(addresses: Sequence[str], look: Callable[[str], object]) -> float:
    took = []
    for url in addresses:
        begun = perf_counter()
        found = look(url)
        took.append(perf_counter() - begun)
        if not found:
            sys.exit(f"{url} is not found")
    return median(took)


# ------------------------------------------------------------------------------------------------ all of it


def wholes(asked: Asked) -> bool:
    """What goes through every record, once for each size; whether the index is made as fast as it should be."""
    good = True
    for size in asked.sizes:
        folder, warcs = asked.folder(size), asked.warcs(size)
        megabytes = sum(path.stat().st_size for path in warcs) / 1e6
        print(f"{size:,} captures, {megabytes:,.0f} MB in {len(warcs)} WARC files", flush=True)
        index = _whole(folder, [tool("tearsheet"), "rebuild", "--index", "-q"])
        target = asked.work / "theirs.cdxj"
        other = _whole(folder, [tool("cdxj-indexer"), "--sort", "-o", str(target), *map(str, warcs)])
        ratio = other.wall / index.wall
        print(f"    making the index: {ratio:.1f} times as fast, {other.cpu / index.cpu:.1f} times by CPU")
        if size == asked.sizes[-1]:
            good = ratio >= INDEX_AIM
            print(f"    (at least {INDEX_AIM:g} times as fast)")
        for words in (("verify", "-q"), ("export", "parquet", "-q", "--force"), ("rebuild", "-q")):
            _whole(folder, [tool("tearsheet"), *words])
    return good


def _whole(folder: Path, words: list[str]) -> Run:
    done = run(words, folder, memory=True, every=0.25)
    name = " ".join([Path(words[0]).name, *(word for word in words[1:4] if "/" not in word)])
    if done.code:
        sys.exit(f"{name}: exit code {done.code}\n{(folder / 'output.txt').read_text()}")
    print(f"  {name:<30}{done.wall:8.1f} s wall {done.cpu:8.1f} s CPU {done.peak / MIB:8.1f} MiB", flush=True)
    return done


# ------------------------------------------------------------------------------------------------ telling


def _tell(name: str, runs: dict[int, Run], peaks: dict[int, int]) -> None:
    print(f"{name}: s wall, s CPU, MiB")
    for size, each in runs.items():
        told = f"{size:>10,}" if size else "     empty"
        print(f"  {told}   {each.wall:8.3f} {each.cpu:8.3f} {peaks[size] / MIB:8.1f}")


def _parts(asked: Asked) -> Iterator[tuple[str, Callable[[], bool | None]]]:
    def fetch() -> bool:
        with serving() as base:
            return fetches(asked, base)

    yield "looks", lambda: looks(asked)
    yield "commands", lambda: commands(asked)
    yield "front", lambda: front_page(asked)
    yield "wholes", lambda: wholes(asked)
    yield "fetch", fetch


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, help="where the collections are made, and left for another time")
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", nargs="+", help="of: looks, commands, front, wholes, fetch")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as temporary:
        asked = Asked(given.folder or Path(temporary) / "kept", Path(temporary), tuple(given.sizes), given.rounds)
        for size in asked.sizes:
            made(asked.root, size)
        good = [part() for name, part in _parts(asked) if not given.only or name in given.only]
        shutil.rmtree(asked.work / "empty", ignore_errors=True)
    return 0 if False not in good else 1


if __name__ == "__main__":
    sys.exit(main())
