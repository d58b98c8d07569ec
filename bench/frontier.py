"""What the queue costs with 100,000 links in it: a claim and a done, one at a time, as a run makes them.

Three mixes: a few large hosts, as many as there are newspapers, and every link on a host of its own. The clock is ours:
each host rests a second after a page, and the clock goes on a little with each.

Then the peak memory of a crawl of 20,000 addresses against that of one of 2,000: small pages of 20 loopback hosts,
without requisites; the sum of the PSS of all processes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from archive.models import Link, Verdict, VerdictKind
from bench.crawl import FLYING, crawled, prepare
from bench.measure import MIB, Run
from bench.web import PAGES as PAGES_FILE
from bench.web import listening, serving, small_url
from scraper.frontier import Frontier

LINKS = 100_000
PAGES = 4000
AIM = 1.0
ADDRESSES = 20_000
MORE_MEMORY = 64 * MIB
HOSTS = (20, 2000, LINKS)
LEASE = timedelta(minutes=10)
REST = timedelta(seconds=1)
DAY = timedelta(days=1)
SEED = 20
ANSWERS = (VerdictKind.ARTICLE,) * 17 + (VerdictKind.PAYWALL, VerdictKind.GONE, VerdictKind.SERVER_ERROR)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def measure(folder: Path, links: int, hosts: int, pages: int) -> bool:
    """Prints one mix; whether both medians are within the aim."""
    clock, random = Clock(), Random(SEED)
    path = folder / f"{hosts}.sqlite"
    found = [Link(f"https://host{n % hosts}.example/2026/{n}/an-article.html", "feed") for n in range(links)]
    claims: list[float] = []
    dones: list[float] = []
    with Frontier.open(path, clock, random=random.random) as frontier:
        begun = perf_counter()
        frontier.add(found)
        filled = perf_counter() - begun
        while len(dones) < pages:
            clock.now += REST / min(hosts, 50)
            begun = perf_counter()
            jobs = frontier.claim(1, LEASE)
            claims.append(perf_counter() - begun)
            for job in jobs:
                verdict = Verdict(random.choice(ANSWERS), "an answer of a server in a measurement")
                begun = perf_counter()
                frontier.done(job, verdict, clock.now + DAY, clock.now + REST)
                dones.append(perf_counter() - begun)
        begun = perf_counter()
        frontier.counts()
        counted = perf_counter() - begun
    begun = perf_counter()
    Frontier.open(path, clock).close()
    reopened = perf_counter() - begun
    size = path.stat().st_size / links
    print(
        f"{links} links on {hosts} hosts: added in {filled:.2f} s, counted in {counted:.2f} s, opened again in", end=" "
    )
    print(f"{reopened:.2f} s, {size:.0f} bytes a link")
    print(f"    claim {_told(claims)}    done {_told(dones)}")
    return max(median(claims), median(dones)) * 1000 <= AIM


def _told(seconds: Sequence[float]) -> str:
    high = quantiles(seconds, n=100)[98]
    return f"median {median(seconds) * 1000:.3f} ms, 99th percentile {high * 1000:.3f} ms"


def memory(folder: Path, addresses: int) -> Run:
    """A crawl of so many small pages. Ends the program where one of them is not kept."""
    (folder / PAGES_FILE).write_text("{}")
    with listening() as sockets, serving(folder, 0.0, sockets):
        port = sockets[0].getsockname()[1]
        done = crawled(folder, (small_url(number, port) for number in range(addresses)), FLYING[0.0], False)
    kept = sum('"text": "' in line for line in (folder / "output.txt").read_text().splitlines())
    if done.code or kept != addresses:
        sys.exit(
            f"{kept} of {addresses} were kept, exit code {done.code}: {(folder / 'output.txt').read_text()[-2000:]}"
        )
    print(
        f"{addresses} addresses: {done.peak / MIB:.1f} MiB at most, {addresses / done.wall:.0f} pages/s, "
        f"{done.cpu / addresses * 1000:.1f} ms CPU a page"
    )
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--links", type=int, default=LINKS)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--addresses", type=int, default=ADDRESSES, help="of the large crawl; 0: none of that")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder:
        good = [measure(Path(folder), asked.links, min(hosts, asked.links), asked.pages) for hosts in HOSTS]
    print(f"aim: medians of at most {AIM:g} ms")
    if asked.addresses:
        prepare()
        peaks = []
        for addresses in (asked.addresses // 10, asked.addresses):
            with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder:
                peaks.append(memory(Path(folder), addresses).peak)
        more = peaks[1] - peaks[0]
        good.append(more <= MORE_MEMORY)
        print(f"difference {more / MIB:.1f} MiB (aim: at most {MORE_MEMORY / MIB:g} MiB)")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
