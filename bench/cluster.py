"""A crawl of the loopback web of twenty hosts by one Dask worker and by two, against what a second process brings bare
`trafilatura.extract(with_metadata=True)` on the same machine in the same run.

A worker is given one core for itself and all that it starts, as a process of bare `extract` has one: so two of them are
what two machines of one core would be. The run itself, the scheduler and the web have what is left, which on two cores
is nothing: what they need they take from two workers, while one worker leaves them a core. `--share 0.5` gives workers,
and processes of `extract`, half the time of their cores, so that the rest of the run has the other half, as it would
have cores of its own where there are more (it takes control groups, which root may make). Speed is that from the first
page told to the last: what starting the command costs is told beside it. Exits 1 where the aim is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import monotonic

from msgspec import Struct

from bench.crawl import prepare
from bench.text import Corpus
from bench.web import build, listening, serving
from tests.dask import Dask, Node

PAGES = 600
AIM = 0.9
FLYING = 8
WORKERS = ("one", "two")
GROUPS = Path("/sys/fs/cgroup")
PERIOD = 5000
"""Microseconds in which a share of a core's time is used up."""

CONFIG = """[fetch]
allow_private_addresses = true
requisites = {requisites}
[archive]
root = "kept"
[crawl]
host_delay = 0
concurrency = {flying}
{cluster}
[[source]]
kind = "list"
path = "links.txt"
"""


class Crawled(Struct, frozen=True):
    """A crawl: pages a second between the first told and the last, pages that count, seconds of the whole command, and
    CPU seconds of the run's own process."""

    rate: float
    pages: int
    wall: float
    cpu: float


def crawled(folder: Path, urls: Sequence[str], scheduler: str, requisites: bool) -> Crawled:
    """`scheduler` "": this machine does all. `requisites`: what pages need is kept too."""
    cluster = f'[cluster]\nscheduler = "{scheduler}"' if scheduler else ""
    (folder / "config.toml").write_text(
        CONFIG.format(requisites=str(requisites).lower(), flying=FLYING, cluster=cluster)
    )
    (folder / "links.txt").write_text("\n".join(urls))
    begun = monotonic()
    command = [sys.executable, "-m", "scraper", "--json", "crawl"]
    times, kept = [], 0
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            times.append(monotonic())
            row = json.loads(line)
            kept += row["text"] is not None and Path(row["text"]).stat().st_size > 0
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if kept < len(urls):
        sys.exit(f"{kept} of {len(urls)} pages were kept: {(folder / 'errors.txt').read_text()[-2000:]}")
    rate = (len(times) - 1) / (times[-1] - times[0])
    return Crawled(rate, kept, monotonic() - begun, used.ru_utime + used.ru_stime)


EXTRACT = """
import os, sys, time
from pathlib import Path
import trafilatura
names = sorted(Path(sys.argv[1]).glob("*.html"))[int(sys.argv[2]) :: int(sys.argv[3])]
print("ready", flush=True)
sys.stdin.readline()
for path in names:
    trafilatura.extract(path.read_bytes(), with_metadata=True)
print("done", flush=True)
"""


class Place(Struct, frozen=True):
    """A core, and how much of its time may be used."""

    core: int
    share: float = 1.0


def extracted(pages: Path, places: Sequence[Place]) -> float:
    """Pages a second of bare `extract`, a process at each of the places, its parsers loaded before."""
    with ExitStack() as stack:
        processes = []
        for number, place in enumerate(places):
            command = [sys.executable, "-c", EXTRACT, str(pages), str(number), str(len(places))]
            limit = stack.enter_context(limited(place.share))
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            os.sched_setaffinity(process.pid, {place.core})
            limit(process.pid)
            processes.append(stack.enter_context(process))
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        begun = monotonic()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        return len(list(pages.glob("*.html"))) / (monotonic() - begun)


@contextmanager
def workers(folder: Path, places: Sequence[Place]) -> Iterator[str]:
    """The scheduler's address; a worker at each of the places."""
    with ExitStack() as stack:
        limits = [stack.enter_context(limited(place.share)) for place in places]
        cluster = stack.enter_context(Dask(folder))
        for name, place, limit in zip(WORKERS, places, limits, strict=False):
            node = cluster.worker(name)
            _pinned(node, place.core)
            limit(node.pid)
        yield cluster.address


def _pinned(node: Node, core: int) -> None:
    """All its threads: those to come, and its processes, have it from them."""
    for thread in Path(f"/proc/{node.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


class Round(Struct, frozen=True):
    """What each came to, once."""

    extract: tuple[float, float]
    one: Crawled
    two: Crawled
    alone: Crawled

    @property
    def gained(self) -> float:
        return self.two.rate / self.one.rate

    @property
    def extract_gained(self) -> float:
        return self.extract[1] / self.extract[0]


@contextmanager
def limited(share: float) -> Iterator[Callable[[int], None]]:
    """What holds a process, and all that it starts from then on, to that share of one core's time. The process has
    ended when the block ends. Raises OSError where no control group can be made."""
    if share >= 1:
        yield lambda pid: None
        return
    quota = round(share * PERIOD)
    before = GROUPS / "cpu"
    files = {"cpu.max": f"{quota} {PERIOD}"}
    if before.is_dir():  # the first version of control groups
        files = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(quota)}
    made = Path(tempfile.mkdtemp(prefix="tearsheet-bench-", dir=before if before.is_dir() else GROUPS))

    def limit(pid: int) -> None:
        (made / "cgroup.procs").write_text(str(pid))

    try:
        for name, value in files.items():
            (made / name).write_text(value)
        yield limit
    finally:
        made.rmdir()


def measured(folder: Path, urls: Sequence[str], places: Sequence[Place], requisites: bool) -> Round:

    def crawl(name: str, count: int) -> Crawled:
        place = folder / name
        place.mkdir()
        if not count:
            return crawled(place, urls, "", requisites)
        with workers(place / "dask", places[:count]) as address:
            warm = place / "warm"
            warm.mkdir()
            crawled(warm, urls[:40], address, requisites)
            return crawled(place, urls, address, requisites)

    pages = folder.parent / "pages"
    first = extracted(pages, places[:1]), extracted(pages, places[:2])
    return Round(first, crawl("one", 1), crawl("two", 2), crawl("alone", 0))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--requisites", action="store_true", help="keep what pages need, as a run does unless told not to"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the time of its core, for each worker: 0.1 to 1")
    asked = parser.parse_args()
    if not 0.1 <= asked.share <= 1:
        parser.error(f"--share {asked.share:g} is not between 0.1 and 1")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("two workers need two cores: there is one")
        return 2
    places = [Place(core, asked.share) for core in cores]
    try:
        with limited(asked.share):
            pass
    except OSError as error:
        print(f"--share needs control groups that may be made: {error}", file=sys.stderr)
        return 2
    prepare()
    try:
        corpus = Corpus()
    except FileNotFoundError as error:
        print(f"no corpus: {error.filename} is missing; TEARSHEET_CORPUS names its folder", file=sys.stderr)
        return 2
    rounds = []
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as top, listening() as sockets:
        pages = Path(top) / "pages"
        pages.mkdir()
        port = sockets[0].getsockname()[1]
        urls = [article.url(port) for article in build(corpus, asked.pages, pages, port)]
        with serving(pages, 0.0, sockets):
            for number in range(asked.rounds):
                place = Path(top) / f"round-{number}"
                place.mkdir()
                rounds.append(measured(place, urls, places, asked.requisites))
                _tell(f"round {number + 1}", rounds[-1])
    share = median(each.gained / each.extract_gained for each in rounds)
    print(f"two workers over one, as a share of what extract gains   {share:.2f}   (at least {AIM:g})")
    return 0 if share >= AIM else 1


def _tell(title: str, found: Round) -> None:
    print(title)
    one, two = found.extract
    print(
        f"  extract        {one:6.1f} pages/s with one process, {two:6.1f} with two: {found.extract_gained:.2f} times"
    )
    for name, each in (("one worker", found.one), ("two workers", found.two), ("no cluster", found.alone)):
        own = each.cpu / each.pages * 1000
        print(f"  {name:14} {each.rate:6.1f} pages/s, {each.wall:5.1f} s in all, {own:5.1f} ms CPU a page in the run")
    print(
        f"  two over one   {found.gained:6.2f} times; {found.gained / found.extract_gained:.2f} of what extract gains"
    )


if __name__ == "__main__":
    sys.exit(main())
