"""`tearsheet crawl` over a loopback web of newspapers, against `wget`, `wget -p`, `wget` then `trafilatura`, and bare
`trafilatura.extract(with_metadata=True)` in one process for each core.

All are whole commands, started cold, output on disk, in turn, round after round; medians. A page counts only if its
WARC record holds the right body and, where texts are made, its text file is there. The web is a process of its own, in
memory, and no part of what is measured. Exits 1 where an aim is missed.

fsyncs are counted and slowed down with strace, SQLite's own included; without it that part is left out.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from fastwarc.warc import ArchiveIterator, WarcRecordType
from msgspec import Struct

from bench.measure import MIB, Run, run, tool
from bench.text import PROJECT, Corpus
from bench.web import REQUISITES, Article, build, listening, serving

PAGES = 500
PARTS = ("text", "requisites", "fsync")
LATENCY = 0.15
AT_A_TIME = 8
FLYING = {0.0: 12, LATENCY: 64}
PARALLEL = 32
SLOW_FSYNC = 0.01
SAMPLE = 0.25
LEAST_OF_EXTRACT, AIM_OF_EXTRACT = 1.15, 1.5
LEAST_OF_WGET_TRAFILATURA = 1.4
LEAST_OF_WGET_P = 5.0
MOST_LOST = 0.1
MOST_MEMORY = 350 * MIB

CONFIG = """[fetch]
allow_private_addresses = true
requisites = {requisites}
requisite_parallel = {parallel}
[archive]
root = "kept"
[crawl]
host_delay = 0
concurrency = {flying}
[[source]]
kind = "list"
path = "links.txt"
"""
WGET = "wget -q -nd -e robots=off -i {list} -P {pages} --warc-file {warc} --no-warc-keep-log {more} &\n"
_SYNCED = re.compile(r"f(?:data)?sync\(\d+<(?P<path>[^>]*)>")


class Measured(Struct, frozen=True):
    """A run of one of them: how many of its pages count, seconds, CPU seconds, and peak memory in bytes."""

    pages: int
    done: Run

    @property
    def rate(self) -> float:
        return self.pages / self.done.wall

    @property
    def cpu(self) -> float:
        """Milliseconds a page."""
        return self.done.cpu / max(1, self.pages) * 1000


class Bench:
    """All measurements in `folder`, of these articles, which are asked for at `port`."""

    def __init__(self, folder: Path, pages: Path, articles: Sequence[Article], port: int) -> None:
        self._folder = folder
        self._pages = pages
        self._articles = articles
        self._port = port
        self._urls = {article.url(port): article for article in articles}

    @contextmanager
    def _place(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            yield Path(place)

    def first(self) -> Bench:
        """The same with a single article."""
        return Bench(self._folder, self._pages, self._articles[:1], self._port)

    # -------------------------------------------------------------------------------------------- the contenders

    def ours(self, latency: float, requisites: bool, before: Sequence[str] = ()) -> Measured:
        """`before`: the command that runs ours."""
        with self._place() as place:
            done = crawled(place, self._urls, FLYING[latency], requisites, before)
            return Measured(self._kept(place, requisites), done)

    def _kept(self, place: Path, requisites: bool) -> int:
        output = (place / "output.txt").read_text()
        rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        right = self._right(place.glob("kept/collections/main/archive/*.warc.gz"))
        wanted = REQUISITES if requisites else 0
        good = [
            row
            for row in rows
            if row["url"] in right
            and row["requisites"] == wanted
            and not row["missing_requisites"]
            and row["text"] is not None
            and Path(row["text"]).stat().st_size > 0
        ]
        if len(good) < len(self._articles):
            print(f"  ours kept {len(good)} of {len(self._articles)}: {output[-2000:] if not rows else ''}")
            print(f"  {Counter(row['verdict'] for row in rows)}")
        return len(good)

    def wget(self, requisites: bool, texts: bool = False) -> Measured:
        """Eight at a time, each with its share of the addresses and its own WARC file; with `texts` then trafilatura's
        command over what came."""
        with self._place() as place:
            urls = list(self._urls)
            script = ""
            for number in range(AT_A_TIME):
                (place / f"list-{number}").write_text("\n".join(urls[number::AT_A_TIME]) + "\n")
                more = "-p" if requisites else ""
                script += WGET.format(list=f"list-{number}", pages="pages", warc=f"w{number}", more=more)
            script += "wait\n"
            if texts:
                cores = len(os.sched_getaffinity(0))
                script += f'"{tool("trafilatura")}" --input-dir pages -o texts --parallel {cores}\n'
            done = run(["sh", "-c", script], place, memory=True, every=SAMPLE)
            right = self._right(place.glob("w*.warc.gz"))
            if texts:
                # It names its files by their content.
                made = [path for path in (place / "texts").rglob("*.txt") if path.stat().st_size]
                return Measured(min(len(right), len(made)), done)
            return Measured(len(right), done)

    def bare(self) -> Measured:
        with self._place() as place:
            done = run([sys.executable, "-m", "bench.bare", str(self._pages)], place, memory=True, every=SAMPLE)
            return Measured(int((place / "output.txt").read_text().split()[-1]), done)

    def _right(self, files: Iterator[Path]) -> set[str]:
        """The addresses whose record holds the body that was served."""
        found = set()
        for path in files:
            with path.open("rb") as file:
                for record in ArchiveIterator(file, record_types=WarcRecordType.response):
                    url = (record.headers.get("WARC-Target-URI") or "").strip("<>")
                    article = self._urls.get(url)
                    if article is not None and hashlib.sha256(record.reader.read()).hexdigest() == article.digest:
                        found.add(url)
        return found

    # -------------------------------------------------------------------------------------------- fsyncs

    def fsyncs(self, delay: float = 0.0) -> tuple[Measured, Counter[str]]:
        """Ours with its fsyncs counted by what they were for, each `delay` seconds longer."""
        with self._place() as place:
            trace = place / "trace"
            command = [tool("strace"), "-f", "-y", "--seccomp-bpf", "-o", str(trace), "-e", "trace=fsync,fdatasync"]
            if delay:
                command += ["-e", f"inject=fsync,fdatasync:delay_exit={int(delay * 1_000_000)}"]
            measured = self.ours(0.0, False, command)
            paths = [match["path"] for match in map(_SYNCED.search, trace.read_text().splitlines()) if match]
            return measured, Counter(map(_purpose, paths))


def crawled(place: Path, urls: Iterable[str], flying: int, requisites: bool, before: Sequence[str] = ()) -> Run:
    """Ours, into a fresh folder: a list of these addresses, `flying` of them at a time. `before`: the command that runs
    it."""
    config = CONFIG.format(requisites=str(requisites).lower(), flying=flying, parallel=PARALLEL)
    (place / "config.toml").write_text(config)
    (place / "links.txt").write_text("\n".join(urls))
    return run([*before, sys.executable, "-m", "scraper", "--json", "crawl"], place, memory=True, every=SAMPLE)


def prepare() -> None:
    """What is measured is the code of this folder, compiled."""
    os.environ["PYTHONPATH"] = str(PROJECT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for package in ("archive", "scraper", "bench"):
        compileall.compile_dir(PROJECT / package, quiet=1)


def _purpose(path: str) -> str:
    name = path.rpartition("/")[2]
    if ".warc.gz" in name:
        return "WARC files"
    if ".sqlite" in name:
        return name.partition(".")[0]
    return "texts" if "/text" in path else "other"


# ------------------------------------------------------------------------------------------------- what is told


class Table:
    """Runs in turn, and what they came to."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self.missed = False

    def race(self, title: str, contenders: dict[str, Callable[[], Measured]]) -> dict[str, Measured]:
        """Medians of each by rate; prints them."""
        runs: dict[str, list[Measured]] = {name: [] for name in contenders}
        for _ in range(self._rounds):
            for name, go in contenders.items():
                runs[name].append(go())
        print(title)
        middle = {}
        for name, each in runs.items():
            middle[name] = _middle(each)
            one = middle[name]
            print(
                f"  {name:20} {one.rate:7.1f} pages/s  {one.cpu:6.1f} ms CPU a page  {one.done.peak / MIB:6.0f} MiB at "
                f"most  {one.pages:5} pages in {one.done.wall:.1f} s"
            )
        return middle

    def ratio(self, words: str, value: float, least: float, aimed: float | None = None) -> None:
        self.missed = self.missed or value < least
        wish = f", aimed at {aimed:g}" if aimed is not None else ""
        print(f"  {words:48} {value:6.2f}   (at least {least:g}{wish})")

    def by_cpu(self, words: str, value: float) -> None:
        """The same ratio by CPU seconds a page, which other work on the machine moves less: no aim of its own."""
        print(f"  {words:48} {value:6.2f}   (by CPU)")

    def at_most(self, words: str, value: float, most: float, unit: str = "") -> None:
        self.missed = self.missed or value > most
        print(f"  {words:48} {value:6.4g}   (at most {most:.4g}{unit})")


def _middle(runs: Sequence[Measured]) -> Measured:
    wall, cpu = median(one.done.wall for one in runs), median(one.done.cpu for one in runs)
    peak = max(one.done.peak for one in runs)
    return Measured(min(one.pages for one in runs), Run(wall, cpu, peak, max(one.done.code for one in runs)))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=PARTS, action="append", help="may stand more than once")
    asked = parser.parse_args()
    parts = tuple(asked.only or PARTS)
    prepare()
    try:
        corpus = Corpus()
    except FileNotFoundError as error:
        print(f"no corpus: {error.filename} is missing; TEARSHEET_CORPUS names its folder", file=sys.stderr)
        return 2
    wget = shutil.which("wget") is not None
    if not wget:
        print("wget is not installed: what is measured against it is left out")
    table = Table(asked.rounds)
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as top, listening() as sockets:
        pages = Path(top) / "pages"
        pages.mkdir()
        port = sockets[0].getsockname()[1]
        bench = Bench(Path(top), pages, build(corpus, asked.pages, pages, port), port)
        if "text" in parts:
            with serving(pages, 0.0, sockets):
                _text(bench, table, wget)
        if "requisites" in parts:
            with serving(pages, LATENCY, sockets):
                _requisites(bench, table, wget)
        if "fsync" in parts:
            with serving(pages, 0.0, sockets):
                _fsync(bench, table)
    return 1 if table.missed else 0


def _text(bench: Bench, table: Table, wget: bool) -> None:
    contenders: dict[str, Callable[[], Measured]] = {"tearsheet": lambda: bench.ours(0.0, False)}
    if wget:
        contenders["wget"] = lambda: bench.wget(False)
        contenders["wget, trafilatura"] = lambda: bench.wget(False, texts=True)
    contenders["extract"] = bench.bare
    found = table.race("articles, without requisites, without latency", contenders)
    ours = found["tearsheet"]
    table.ratio("times bare extract", ours.rate / found["extract"].rate, LEAST_OF_EXTRACT, AIM_OF_EXTRACT)
    table.by_cpu("times bare extract", found["extract"].cpu / ours.cpu)
    if wget:
        both = found["wget, trafilatura"]
        table.ratio("times wget, then trafilatura", ours.rate / both.rate, LEAST_OF_WGET_TRAFILATURA)
        table.by_cpu("times wget, then trafilatura", both.cpu / ours.cpu)
    table.at_most("MiB at most, all processes", ours.done.peak / MIB, MOST_MEMORY / MIB)
    more: dict[str, Callable[[], Measured]] = {"tearsheet": lambda: bench.ours(0.0, True)}
    if wget:
        more["wget -p"] = lambda: bench.wget(True)
    found = table.race("with requisites, without latency", more)
    table.at_most("MiB at most, all processes", found["tearsheet"].done.peak / MIB, MOST_MEMORY / MIB)


def _requisites(bench: Bench, table: Table, wget: bool) -> None:
    contenders: dict[str, Callable[[], Measured]] = {"tearsheet": lambda: bench.ours(LATENCY, True)}
    if wget:
        contenders["wget -p"] = lambda: bench.wget(True)
    found = table.race(f"with requisites, each request after {LATENCY * 1000:g} ms", contenders)
    ours = found["tearsheet"]
    if wget:
        table.ratio("times wget -p", ours.rate / found["wget -p"].rate, LEAST_OF_WGET_P)
    table.at_most("MiB at most, all processes", ours.done.peak / MIB, MOST_MEMORY / MIB)
    plain: dict[str, Callable[[], Measured]] = {"tearsheet": lambda: bench.ours(LATENCY, False)}
    if wget:
        plain["wget"] = lambda: bench.wget(False)
    table.race(f"articles, without requisites, each request after {LATENCY * 1000:g} ms", plain)


def _fsync(bench: Bench, table: Table) -> None:
    if shutil.which("strace") is None:
        print("strace is not installed: fsyncs are not counted")
        return
    counts: list[Counter[str]] = []

    def counted(delay: float) -> Measured:
        measured, count = bench.fsyncs(delay)
        counts.append(count)
        return measured

    least = bench.first().fsyncs()[1].total()
    slow = f"fsync {SLOW_FSYNC * 1000:g} ms longer"
    found = table.race("fsyncs", {"as it is": lambda: counted(0.0), slow: lambda: counted(SLOW_FSYNC)})
    for count in counts[:2]:
        print("  " + ", ".join(f"{number} of {purpose}" for purpose, number in count.most_common()))
    most = max(count.total() for count in counts)
    pages = found["as it is"].pages
    print(f"  {least} for a run of a single page, {most} for one of {pages}")
    table.at_most("fsyncs for each page more", (most - least) / max(1, pages - 1), 1.0)
    lost = 1 - found[slow].rate / found["as it is"].rate
    table.at_most("of its rate lost to slow fsyncs", max(0.0, lost), MOST_LOST)


if __name__ == "__main__":
    sys.exit(main())
