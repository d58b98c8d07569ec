"""Peak memory of a 1 GB download under the size limit against that of a small page: within 64 MiB.

Memory is the sum of the PSS of all processes of the command, sampled 50 times a second. Exits 1 where it is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.measure import MIB, Run, run, tool
from bench.server import serving

CONFIG = """[fetch]
allow_private_addresses = true
timeout = "1 h"
read_timeout = "10 min"
max_size = "100 GB"
[crawl]
host_delay = 0
"""
AIM = 64 * MIB


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=1_000_000_000, help="bytes of the large download")
    size = options.parse_args().size
    with serving() as base, tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder:
        small = _fetch(f"{base}/small.html", Path(folder) / "small")
        large = _fetch(f"{base}/big?size={size}", Path(folder) / "large")
    print(f"small page        {small.peak / MIB:7.1f} MiB at most   {small.wall:6.2f} s wall   {small.cpu:6.2f} s CPU")
    print(f"{size:>13,} B   {large.peak / MIB:7.1f} MiB at most   {large.wall:6.2f} s wall   {large.cpu:6.2f} s CPU")
    more = large.peak - small.peak
    print(f"difference        {more / MIB:7.1f} MiB           (aim: at most {AIM / MIB:g} MiB)")
    return 1 if more > AIM else 0


def _fetch(url: str, folder: Path) -> Run:
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIG)
    done = run([tool("tearsheet"), "fetch", "--json", url], folder, memory=True)
    if done.code:
        sys.exit(f"tearsheet fetch failed with exit code {done.code}:\n{(folder / 'output.txt').read_text()}")
    return done


if __name__ == "__main__":
    sys.exit(main())
