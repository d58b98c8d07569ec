"""`tearsheet verify` of a collection against the least that it must do: decompress the same WARC files and make both
digests of each record, in one process, told nothing but where records begin.

The collection is that of `bench.export`: articles with a dozen pictures each, in files of a tenth of its size. Rounds
take turns; the medians count. Exits 1 where ours takes more than AIM times as long.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure import Run


AIM = 1.5
_IN = 1 << 16
_END = b"\r\n\r\n"


def digest_files(paths: Iterable[str]) -> int:
    """How many records these files have, every one decompressed and digested: block and payload."""
    return sum(_digest_all(Path(path)) for path in paths)


def _digest_all(path: Path) -> int:
    data = memoryview(path.read_bytes())
    at = count = 0
    while at < len(data):
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        pieces = []
        while not member.eof:
            pieces.append(member.decompress(data[at : at + _IN]))
            at += len(data[at : at + _IN])
        at -= len(member.unused_data)
        record = b"".join(pieces)
        begin = record.find(_END) + len(_END)
        payload = record.find(_END, begin) + len(_END)
        hashlib.sha256(memoryview(record)[begin : -len(_END)]).digest()
        hashlib.sha256(memoryview(record)[payload : -len(_END)]).digest()
        count += 1
    return count


def main() -> int:
    from bench.export import fill
    from bench.measure import middle, tool

    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--size", type=int, default=500_000_000, help="bytes of the collection")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as temporary:
        folder = Path(temporary)
        fill(folder / "tearsheets", given.size, warc_size=max(1, given.size // 10))
        warcs = sorted(folder.glob("tearsheets/collections/main/archive/*.warc.gz"))
        code = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); from bench.verify import digest_files; "
        least = [sys.executable, "-c", f"{code}print(digest_files(sys.argv[1:]))", *map(str, warcs)]
        ours = [tool("tearsheet"), "verify", "-q"]
        made = [(_done(ours, folder), _done(least, folder)) for _ in range(given.rounds)]
    mine, other = (middle([pair[n] for pair in made]) for n in (0, 1))
    for name, one in (("tearsheet verify", mine), ("decompress, both digests", other)):
        print(f"{name:30}{one.wall:7.2f} s wall   {one.cpu:7.2f} s CPU")
    ratio = mine.wall / other.wall
    print(f"{'ratio':30}{ratio:7.2f}          (aim: at most {AIM:g}); by CPU {mine.cpu / other.cpu:.2f}")
    return 1 if ratio > AIM else 0


def _done(command: list[str], folder: Path) -> Run:
    from bench.measure import run

    done = run(command, folder)
    if done.code:
        sys.exit(f"{command[0]}: exit code {done.code}")
    return done


if __name__ == "__main__":
    sys.exit(main())
