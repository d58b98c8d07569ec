"""`trafilatura.extract(with_metadata=True)` over a folder of pages, in one process for each core, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(folder: Path) -> int:
    import trafilatura

    names = sorted(folder.glob("*.html"))
    cores = len(os.sched_getaffinity(0))
    children = []
    for number in range(cores):
        child = os.fork()
        if not child:
            missing = sum(
                trafilatura.extract(path.read_bytes(), with_metadata=True) is None for path in names[number::cores]
            )
            os._exit(min(missing, 255))
        children.append(child)
    missing = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    print(len(names) - missing)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
