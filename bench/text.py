"""How well articles are read: scores `scraper.read` on a corpus of real pages, and its CPU time against trafilatura's.

    python bench/text.py [--half tuned|held] [--worst N] [--no-time]

The corpus is the folder that TEARSHEET_CORPUS names (default ../shared/corpus): `ground-truth.json` and `pages/`. Half
of its pages, by a hash of their names, was looked at while the reader was written; the other half was not.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from archive.article import render  # noqa: E402
from scraper.read.page import read  # noqa: E402
from scraper.read.reading import Page  # noqa: E402

MEASURES = ("recall", "precision", "body", "title", "authors", "day", "caption", "credit")
GOALS = {"body": 0.95, "title": 0.90, "authors": 0.88, "day": 0.97, "caption": 0.75, "credit": 0.60}
HEADERS = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(frozen=True)
class Sample:
    name: str
    body: bytes
    truth: dict[str, Any]

    @property
    def half(self) -> str:
        return "tuned" if hashlib.sha256(self.name.encode()).digest()[0] % 2 else "held"

    def page(self) -> Page:
        return Page(self.body, HEADERS, self.truth["url"])


def corpus() -> Path:
    return Path(os.environ.get("TEARSHEET_CORPUS") or PROJECT.parent / "shared" / "corpus")


def samples(folder: Path) -> list[Sample]:
    truths = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    return [Sample(name, gzip.decompress((folder / name).read_bytes()), truths[name]) for name in sorted(truths)]


def tool(folder: Path, name: str) -> ModuleType:
    """A script of the corpus as a module."""
    spec = importlib.util.spec_from_file_location(f"corpus_{name}", folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(sample: Sample, score: ModuleType, textfile: ModuleType) -> dict[str, float | None]:
    """The text file that the page becomes, scored. A measure is None where the truth is silent."""
    article = read(sample.page()).article
    truth = sample.truth
    got = textfile.read(render(article)) if article else textfile.read("")
    caption = article.caption if article else None
    credit = article.credit if article else None
    fundus = sample.name.startswith("pages/fundus")
    values = [
        *score.body(truth["body"], got["body"]),
        score.same_title(truth["title"], got["title"]),
        score.authors_f1(truth["authors"], got["authors"], fundus),
        score.same_day(truth["date"], got["date"]),
        *score.lead(truth.get("images"), caption, credit),
    ]
    return dict(zip(MEASURES, values, strict=True))


def mean(values: list[float | None]) -> tuple[float, int]:
    known = [value for value in values if value is not None]
    return (statistics.fmean(known) if known else 0.0), len(known)


def cpu(pages: list[Sample], rounds: int = 3) -> tuple[float, float]:
    """Median CPU seconds a page: ours, and `trafilatura.extract(with_metadata=True)`; interleaved rounds."""
    import trafilatura

    ours, theirs = [], []
    for _ in range(rounds):
        start = time.process_time()
        for sample in pages:
            read(sample.page())
        ours.append(time.process_time() - start)
        start = time.process_time()
        for sample in pages:
            trafilatura.extract(sample.body, url=sample.truth["url"], with_metadata=True)
        theirs.append(time.process_time() - start)
    return statistics.median(ours) / len(pages), statistics.median(theirs) / len(pages)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--half", choices=("tuned", "held"))
    parser.add_argument("--worst", type=int, default=0, help="name the pages that score lowest")
    parser.add_argument("--no-time", action="store_true")
    args = parser.parse_args()
    folder = corpus()
    if not (folder / "ground-truth.json").exists():
        print(f"no corpus at {folder}: set TEARSHEET_CORPUS", file=sys.stderr)
        return 2
    score, textfile = tool(folder, "score"), tool(folder, "textfile")
    chosen = [s for s in samples(folder) if args.half in (None, s.half)]
    results = {sample.name: measure(sample, score, textfile) for sample in chosen}
    halves = {s.name: s.half for s in chosen}
    print(f"{'':10} {'all':>12} {'tuned':>12} {'held out':>12}   goal")
    for name in MEASURES:
        cells = []
        for half in (None, "tuned", "held"):
            average, count = mean([r[name] for page, r in results.items() if half in (None, halves[page])])
            cells.append(f"{average:7.3f} ({count:2})")
        print(f"{name:10} {cells[0]:>12} {cells[1]:>12} {cells[2]:>12}   {GOALS.get(name, '')}")
    for name in ("body", "title", "authors", "day", "caption", "credit") if args.worst else ():
        low = sorted((value, page) for page, r in results.items() if (value := r[name]) is not None and value < 0.97)
        for points, page in low[: args.worst]:
            print(f"  {name:8} {points:.2f}  {page}")
    if not args.no_time:
        ours, theirs = cpu(chosen)
        print(f"CPU a page: {ours * 1000:.1f} ms; trafilatura.extract(with_metadata=True): {theirs * 1000:.1f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
