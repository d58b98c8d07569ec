"""How long pywb takes to find the capture nearest to a time: in an index of a million lines against one of a thousand.

Both indexes are made by the collection's own code, in as many tiers as it ever has, five captures an address. Asked in
two ways: over HTTP from a `wayback` that runs in the root, and of pywb's own index code in a process of its own, where
nothing else takes time. Exits 1 where the larger index takes more than AIM times as long in either.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

from archive import cdxj
from archive.disk import Disk
from archive.models import Capture, VerdictKind
from archive.tiers import Tiers
from archive.urls import stamp
from tests.pywb import Pywb, replaying

AIM = 2.0
CAPTURES = 5
LOOKS = 200
ROUNDS = 3
SHARES = (0.085, 0.008, 0.0007)
"""Of the lines, how many each tier but the first has."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 11

# Runs in a process of its own, which alone imports pywb: it takes addresses and times, and gives seconds.
CHILD = """
import json, sys, time
from pywb.warcserver.index.aggregator import DirectoryIndexSource
source, took = DirectoryIndexSource(sys.argv[1] + "/"), []
for url, wanted in json.load(sys.stdin):
    begun = time.perf_counter()
    found, errors = source({"url": url, "closest": wanted, "limit": 1, "sort": "closest"})
    first = next(iter(found))
    took.append(time.perf_counter() - begun)
    assert first["url"] == url and not errors, (first, errors)
json.dump(took, sys.stdout)
"""


def url_of(number: int) -> str:
    return f"https://host{number % 97}.example/2026/{number}/a-story-of-some-length.html"


def lines(count: int) -> Iterator[bytes]:
    for n in range(count):
        number, at = n // CAPTURES, n % CAPTURES
        yield cdxj.line(
            Capture(
                url=url_of(number),
                time=BEGIN + timedelta(days=30 * at, seconds=number),
                role="page",
                verdict=VerdictKind.ARTICLE,
                status=200,
                mime="text/html",
                digest=f"sha256:{n:064x}",
                record_id=f"urn:uuid:{n}",
                record_type="response",
                folder="archive",
                warc=f"tearsheet-20260101000000000-{number // 50_000:05d}-host.warc.gz",
                offset=n * 1000,
                length=900,
                page_id=str(n),
            )
        )


def build(folder: Path, count: int) -> None:
    """An index of so many lines, in all tiers."""
    (folder / "tmp").mkdir(parents=True)
    (folder / "indexes").mkdir()
    (folder / "archive").mkdir()
    made = list(lines(count))
    random.Random(SEED).shuffle(made)
    tiers = Tiers(folder / "indexes", folder / "tmp", Disk())
    sizes = [int(count * share) for share in SHARES]
    for size in (count - sum(sizes), *sizes):
        tiers.add(made[:size])
        del made[:size]
    print(f"{count:,} lines in {len(tiers.paths)} files")


def looks(count: int, chance: random.Random) -> list[tuple[str, str]]:
    """Addresses that are there, each with a time."""
    found = []
    for _ in range(LOOKS):
        number = chance.randrange(count // CAPTURES)
        found.append((url_of(number), stamp(BEGIN + timedelta(days=chance.randrange(150)), 14)))
    return found


def over_http(pywb: Pywb, collection: str, asked: Sequence[tuple[str, str]]) -> float:
    """Seconds, the median."""
    took = []
    for url, wanted in asked:
        query = urlencode({"url": url, "closest": wanted, "sort": "closest", "limit": 1, "output": "json"})
        # A connection each: on one that is kept, pywb's answers wait for the kernel's delayed acknowledgements.
        begun = perf_counter()
        answer = pywb.get(f"/{collection}/cdx?{query}").body
        took.append(perf_counter() - begun)
        if json.loads(answer.splitlines()[0])["url"] != url:
            sys.exit(f"pywb does not find {url}")
    return median(took)


def of_index(folder: Path, asked: Sequence[tuple[str, str]]) -> float:
    """Seconds, the median."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, str(folder / "indexes")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    took: list[float] = json.loads(done.stdout)
    return median(took)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", type=int, default=1_000, help="lines of the small index")
    options.add_argument("--large", type=int, default=1_000_000, help="lines of the large index")
    given = options.parse_args()
    counts = {"small": given.small, "large": given.large}
    chance = random.Random(SEED)
    within = True
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as name:
        root = Path(name)
        folders = {each: root / "collections" / each for each in counts}
        for each, count in counts.items():
            build(folders[each], count)
        http_took: dict[str, list[float]] = {each: [] for each in counts}
        index_took: dict[str, list[float]] = {each: [] for each in counts}
        with replaying(root) as pywb:
            for _ in range(ROUNDS):
                for each, count in counts.items():
                    asked = looks(count, chance)
                    http_took[each].append(over_http(pywb, each, asked))
                    index_took[each].append(of_index(folders[each], asked))
    for what, took in (("over HTTP", http_took), ("index alone", index_took)):
        small, large = (min(took[each]) * 1000 for each in counts)
        within = within and large <= AIM * small
        print(
            f"{what:12} {counts['small']:>9,} lines {small:6.2f} ms   {counts['large']:>9,} lines {large:6.2f} ms   "
            f"ratio {large / small:.2f} (aim: at most {AIM:g})"
        )
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
