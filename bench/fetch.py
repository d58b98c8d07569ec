"""One page with 30 requisites: `tearsheet fetch` against `wget -p -H --warc-file` followed by `trafilatura`.

Both are whole commands, started cold, into an empty folder each time, in turns. The wall time ratio is the aim: at
most 1.0, with and without 50 ms of latency a request; of medians, with that of the least beside it. Exits 1 where it is
missed. A run of each goes before: it warms the disk's cache, and compiles modules and patterns once for all.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.measure import Run, least, middle, run, tool
from bench.server import REQUISITES, serving

CONFIG = """[fetch]
allow_private_addresses = true
[crawl]
host_delay = 0
"""
AIM = 1.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--latency", type=float, action="append", help="seconds for each request; may stand twice")
    asked = options.parse_args()
    missed = False
    for latency in asked.latency or [0.0, 0.05]:
        with serving(latency) as base, tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder:
            ours, theirs = _race(f"{base}/article.html", Path(folder), asked.runs)
        print(f"latency {latency * 1000:.0f} ms, medians of {asked.runs} runs (and the least)")
        _tell("tearsheet", ours)
        _tell("wget + trafilatura", theirs)
        ratio = middle(ours).wall / middle(theirs).wall
        missed = missed or ratio > AIM
        print(f"  ratio               {ratio:6.3f} ({least(ours).wall / least(theirs).wall:.3f}); aim: at most {AIM:g}")
    return 1 if missed else 0


def _tell(name: str, runs: list[Run]) -> None:
    usual, best = middle(runs), least(runs)
    print(f"  {name:<19} {usual.wall:6.3f} ({best.wall:.3f}) s wall   {usual.cpu:6.3f} ({best.cpu:.3f}) s CPU")


def _race(url: str, folder: Path, runs: int) -> tuple[list[Run], list[Run]]:
    _ours(url, folder / "warm-ours")
    _theirs(url, folder / "warm-theirs")
    ours, theirs = [], []
    for number in range(runs):
        ours.append(_ours(url, folder / f"ours-{number}"))
        theirs.append(_theirs(url, folder / f"theirs-{number}"))
    return ours, theirs


def _ours(url: str, folder: Path) -> Run:
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIG)
    done = run([tool("tearsheet"), "fetch", "--json", url], folder)
    output = (folder / "output.txt").read_text()
    if done.code:
        sys.exit(f"tearsheet fetch failed with exit code {done.code}:\n{output}")
    row = json.loads(output.splitlines()[-1])
    if row["requisites"] != REQUISITES or row["missing_requisites"] or not row["words"]:
        sys.exit(f"tearsheet did not keep all of the page: {output}")
    return done


def _theirs(url: str, folder: Path) -> Run:
    folder.mkdir()
    script = '"$0" -q -p -H -nd -e robots=off --warc-file page "$2" && "$1" < article.html > article.txt'
    done = run(["sh", "-c", script, tool("wget"), tool("trafilatura"), url], folder)
    if done.code or not (folder / "article.txt").stat().st_size:
        sys.exit(f"wget or trafilatura failed with exit code {done.code}: {(folder / 'output.txt').read_text()}")
    return done


if __name__ == "__main__":
    sys.exit(main())
