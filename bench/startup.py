"""What starting the command costs: CPU seconds of `tearsheet --version`, and what it loads. Aim: at most 0.25 s."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import middle, run, tool

RUNS = 15
AIM = 0.25
HEAVY = ("trafilatura", "requests", "lxml", "pydantic", "warcio", "fastwarc")
LOADED = """
import sys
from scraper.__main__ import main
sys.argv = ["tearsheet", "--version"]
try:
    main()
finally:
    print(*sorted({name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder:
        done = middle([run([tool("tearsheet"), "--version"], Path(folder)) for _ in range(RUNS)])
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False).stdout.split()
    heavy = [name for name in HEAVY if name in loaded]
    print(f"tearsheet --version   {done.cpu:.3f} s CPU, {done.wall:.3f} s wall, medians of {RUNS} (aim: {AIM:g} s CPU)")
    print(f"loads beyond the standard library: {' '.join(name for name in loaded[2:] if not name.startswith('_'))}")
    print(f"heavy modules loaded: {' '.join(heavy) or 'none'}")
    return 1 if done.cpu > AIM or heavy else 0


if __name__ == "__main__":
    sys.exit(main())
