"""`python -m fuzz [--seconds N] [--seed N] [--plain] [TARGET…]`: each target for so long; 1 if one found something.

What was found lies in `.fuzz/TARGET`, and so do the inputs that led on, from which the next run begins.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Protocol

from fuzz.mutating import MOST, mutated

TARGETS = ("warcs", "reading", "sources", "files")
FOLDER = Path(".fuzz")
SLOW = 20
"""Seconds that one input may take."""
ROOM = 4096
"""MB of memory that a target may take."""
_RUNS = re.compile(r"stat::number_of_executed_units: *(\d+)|^inputs: (\d+)$", re.MULTILINE)


class Target(Protocol):
    def seeds(self) -> list[bytes]: ...

    def one_input(self, data: bytes) -> None: ...


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--seed", type=int, default=1, help="of chance (1)")
    parser.add_argument("--plain", action="store_true", help="the loop of our own, though atheris is installed")
    parser.add_argument("--inside", choices=("atheris", "plain"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if given.inside:
        run = _plain if given.inside == "plain" else _atheris
        run(given.targets[0], given.seconds, given.seed)
        return 0
    engine = "plain" if given.plain or importlib.util.find_spec("atheris") is None else "atheris"
    failed = [name for name in given.targets or TARGETS if not _run(name, engine, given.seconds, given.seed)]
    return 1 if failed else 0


def _run(name: str, engine: str, seconds: int, seed: int) -> bool:
    """One target in a process of its own, which an engine may end as it likes."""
    folder = FOLDER / name
    (folder / "inputs").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "fuzz", name, "--inside", engine, f"--seconds={seconds}", f"--seed={seed}"]
    begun = time.monotonic()
    with (folder / "log.txt").open("w+", encoding="utf-8", errors="replace") as log:
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
        log.seek(0)
        told = log.read()
    counts = [int(match[1] or match[2]) for match in _RUNS.finditer(told)]
    tried = f"{counts[-1]:,}" if counts else "an unknown number of"
    end = "nothing found" if code == 0 else f"FOUND SOMETHING (exit code {code}), see {folder}"
    print(f"{name}: {tried} inputs in {time.monotonic() - begun:.0f} s on {engine}: {end}", flush=True)
    if code:
        print("\n".join(told.splitlines()[-40:]), flush=True)
    return code == 0


def _target(name: str) -> Target:
    found: Target = importlib.import_module(f"fuzz.{name}")
    return found


def _plain(name: str, seconds: int, seed: int) -> None:
    """Each input lies in `last` before it is tried, so that it is there whatever it does."""
    target = _target(name)
    random = Random(seed)
    inputs = target.seeds()
    last = FOLDER / name / "last"
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end:
        data = inputs[tried] if tried < len(inputs) else mutated(random, inputs)
        last.write_bytes(data)
        faulthandler.dump_traceback_later(SLOW, exit=True)
        target.one_input(data)
        faulthandler.cancel_dump_traceback_later()
        tried += 1
    print(f"inputs: {tried}")


def _atheris(name: str, seconds: int, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["archive", "scraper"]):
        target = _target(name)
    folder = FOLDER / name
    for number, data in enumerate(target.seeds()):
        (folder / "inputs" / f"seed-{number:02}").write_bytes(data)
    arguments = {
        "max_total_time": seconds,
        "seed": seed,
        "timeout": SLOW,
        "rss_limit_mb": ROOM,
        "max_len": MOST,
        "print_final_stats": 1,
        "artifact_prefix": f"{folder}/",
    }
    options = [f"-{key}={value}" for key, value in arguments.items()]
    atheris.Setup([sys.argv[0], *options, str(folder / "inputs")], target.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
