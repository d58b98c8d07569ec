"""`tearsheet export wacz --all` of a collection of 1 GB against `wacz create` over the same WARC files.

The collection is made of the corpus's pages, each many times over with words of its own, and pictures of a dozen sizes,
twelve a page. Ours writes pages with their texts besides; py-wacz is not even asked to look for pages. Rounds take
turns; the medians count. Memory is the sum of the PSS of all processes, in a run of its own, against that of an export
of a tenth as much. Exits 1 where ours is less than ten times as fast, or takes more memory than MORE_MEMORY on top.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from msgspec.structs import replace

from archive.collection import ArchiveSettings, Collection, RunInfo
from archive.models import Article, Exchange, Link, PageGroup, Part, Role, Verdict, VerdictKind
from archive.spool import Spool
from bench.measure import MIB, Run, middle, run, tool
from bench.text import Corpus
from scraper.read.page import read
from tests.corpus import OTHERS

AIM = 10.0
MORE_MEMORY = 32 * MIB
PICTURES = 12
PICTURE_SIZES = tuple(size * 1000 for size in (2, 5, 9, 14, 20, 28, 38, 50, 65, 85, 120, 200))
SEED = 5
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROBOTS = Verdict(VerdictKind.ASSET, "a picture of the measurement")
GOOD = Verdict(VerdictKind.ARTICLE, "an article of the measurement")


def fill(root: Path, size: int, warc_size: int = ArchiveSettings().warc_size) -> int:
    """A collection whose closed WARC files come to `size` bytes. Gives how many pages it has."""
    run_info = RunInfo("tearsheet/0 (bench)", "tearsheet/0 (+bench)", "obey")
    archive = root / "collections" / "main" / "archive"
    pages = 0
    with Collection.open(ArchiveSettings(root=root, warc_size=warc_size), run_info) as collection:
        written = 0
        for group in groups():
            written += sum(part.exchange.body.size for part in group.parts)
            collection.commit(group).result()
            pages += 1
            if written >= size:
                break
    kept = sum(path.stat().st_size for path in archive.iterdir())
    print(f"{pages} pages, {kept / 1e6:.0f} MB in {len(list(archive.iterdir()))} WARC files")
    return pages


def groups() -> Iterator[PageGroup]:
    """Without end. The corpus's pages take turns."""
    chance = Random(SEED)
    known: list[tuple[bytes, Article]] = []
    for sample in Corpus().samples:
        article = read(sample.page()).article
        if article is not None and sample.name not in OTHERS:
            known.append((sample.body, article))
    number = 0
    while True:
        body, article = known[number % len(known)]
        url = f"https://host{number % 20}.example/2026/{number}/a-story.html"
        page = gzip.compress(body + f"<!-- {chance.random()} {number} -->".encode(), 6, mtime=0)
        head = (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip"))
        time = BEGIN + timedelta(seconds=number)
        parts = [_part(url, page, head, time, Role.PAGE, GOOD)]
        for n in range(PICTURES):
            data = chance.randbytes(PICTURE_SIZES[(number + n) % len(PICTURE_SIZES)])
            picture = (("Content-Type", "image/jpeg"),)
            parts.append(_part(f"https://cdn.example/{number}/{n}.jpg", data, picture, time, Role.ASSET, ROBOTS))
        yield PageGroup(
            f"page-{number}",
            Link(url),
            time,
            tuple(parts),
            GOOD,
            article=replace(article, url=url, title=f"{number}: {article.title}"),
            extractor="bench/1",
        )
        number += 1


def _part(
    url: str, body: bytes, headers: tuple[tuple[str, str], ...], time: datetime, role: Role, verdict: Verdict
) -> Part:
    path = url.split("/", 3)[3]
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*headers, ("Content-Length", str(len(body)))))
    request = f"GET /{path} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\nUser-Agent: tearsheet/0 (+bench)\r\n\r\n"
    exchange = Exchange(
        url=url,
        time=time,
        request=request.encode(),
        status=200,
        head=f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode(),
        headers=headers,
        body=Spool.of(body),
        ip="192.0.2.1",
    )
    return Part(exchange, role, verdict)


def ours(folder: Path, *, memory: bool = False) -> Run:
    target = folder / "ours.wacz"
    target.unlink(missing_ok=True)
    command = [tool("tearsheet"), "export", "wacz", "--all", "-q", "-o", str(target)]
    return _done(run(command, folder, memory=memory), folder)


def theirs(folder: Path) -> Run:
    target = folder / "theirs.wacz"
    target.unlink(missing_ok=True)
    warcs = sorted((folder / "tearsheets/collections/main/archive").glob("*.warc.gz"))
    return _done(run([tool("wacz"), "create", "-o", str(target), "-f", *map(str, warcs)], folder), folder)


def _done(done: Run, folder: Path) -> Run:
    if done.code:
        sys.exit(f"exit code {done.code}:\n{(folder / 'output.txt').read_text()}")
    return done


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=1_000_000_000, help="bytes of the collection")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", type=Path, help="where the collection is made, and left for another time")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as temporary:
        folder = given.folder or Path(temporary)
        large, small = folder / "large", folder / "small"
        for each, size in ((large, given.size), (small, given.size // 10)):
            if not each.exists():
                each.mkdir(parents=True)
                fill(each / "tearsheets", size)
        made = [(ours(large), theirs(large)) for _ in range(given.rounds)]
        peaks = [ours(each, memory=True).peak for each in (large, small)]
    mine, other = (middle([pair[n] for pair in made]) for n in (0, 1))
    ratio = other.wall / mine.wall
    for name, one in (("tearsheet export wacz --all", mine), ("wacz create", other)):
        print(f"{name:30}{one.wall:7.2f} s wall   {one.cpu:7.2f} s CPU")
    print(f"{'ratio':30}{ratio:7.1f}          (aim: at least {AIM:g})")
    more = peaks[0] - peaks[1]
    print(f"{'memory at most':30}{peaks[0] / MIB:7.1f} MiB, {more / MIB:.1f} MiB more than of a tenth as much")
    return 1 if ratio < AIM or more > MORE_MEMORY else 0


if __name__ == "__main__":
    sys.exit(main())
