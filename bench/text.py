"""How good the text is: real pages through `tearsheet fetch`, beside plain trafilatura.

All pages of the corpus are served under their own addresses over TLS from loopback and kept by one `tearsheet fetch
-i`; the text files are read back and scored with the corpus's own scripts. (Of pages that share an address one is
served; the others are read directly.) CPU a page is that of reading alone, ours against
`trafilatura.extract(with_metadata=True)` on the same pages in interleaved rounds.

The corpus is the folder that TEARSHEET_CORPUS names (default ../shared/corpus): `ground-truth.json`, `pages/`,
`score.py` and `textfile.py`. Half of its pages, by a hash of their names, was looked at while the reader was written;
the other half was not, and has a column of its own.
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
import tempfile
import time
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct

from archive.article import from_json, render
from archive.models import Article
from scraper.read.page import read
from scraper.read.reading import Page

PROJECT = Path(__file__).resolve().parent.parent
FIGURES = ("recall", "precision", "body", "title", "authors", "day", "caption", "credit")
SCORED = ("body", "title", "authors", "day", "caption", "credit")
AIMS = {"body": 0.965, "title": 0.92, "authors": 0.92, "day": 0.98, "caption": 0.85, "credit": 0.80}
CPU_AIM = 0.9
HEADERS = (("Content-Type", "text/html; charset=utf-8"),)
HALVES = (None, "tuned", "held")

Figures = dict[str, float | None]


class Sample(Struct, frozen=True):
    """One page of the corpus with what it really says."""

    name: str
    body: bytes
    truth: dict[str, Any]

    @property
    def half(self) -> str:
        return "tuned" if hashlib.sha256(self.name.encode()).digest()[0] % 2 else "held"

    def page(self) -> Page:
        return Page(self.body, HEADERS, self.truth["url"])


class Corpus:
    """Raises FileNotFoundError where there is none."""

    def __init__(self) -> None:
        self.folder = Path(os.environ.get("TEARSHEET_CORPUS") or PROJECT.parent / "shared" / "corpus")
        truths = json.loads((self.folder / "ground-truth.json").read_text("utf-8"))
        self.samples = [
            Sample(name, gzip.decompress((self.folder / name).read_bytes()), truths[name]) for name in sorted(truths)
        ]
        self._score, self._textfile = self._tool("score"), self._tool("textfile")

    @property
    def digest(self) -> str:
        """Of all pages, what they say, and how they are scored."""
        made = hashlib.sha256()
        for name in ("ground-truth.json", "score.py", "textfile.py"):
            made.update((self.folder / name).read_bytes())
        for sample in self.samples:
            made.update(sample.body)
        return made.hexdigest()

    def _tool(self, name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"corpus_{name}", self.folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def figures(self, sample: Sample, text: str, caption: str | None, credit: str | None) -> Figures:
        """A text file scored, with caption and credit of the lead picture. None where the truth is silent."""
        got = self._textfile.read(text)
        return self._scored(sample, got["body"], got["title"], got["authors"], got["date"], caption, credit)

    def of_trafilatura(self, sample: Sample) -> Figures:
        import trafilatura

        made = trafilatura.bare_extraction(sample.body, url=sample.truth["url"], with_metadata=True)
        if made is None:
            return self._scored(sample, "", None, [], None, None, None)
        found: dict[str, Any] = made if isinstance(made, dict) else made.as_dict()
        day = date.fromisoformat(found["date"]) if found["date"] else None
        authors = [name.strip() for name in (found["author"] or "").split(";") if name.strip()]
        return self._scored(sample, found["text"] or "", found["title"], authors, day, None, None)

    def _scored(self, sample: Sample, body: str, title: Any, authors: Any, day: Any, *lead: str | None) -> Figures:
        truth, score = sample.truth, self._score
        values = [
            *score.body(truth["body"], body),
            score.same_title(truth["title"], title),
            score.authors_f1(truth["authors"], authors, sample.name.startswith("pages/fundus")),
            score.same_day(truth["date"], day),
            *score.lead(truth.get("images"), *lead),
        ]
        return dict(zip(FIGURES, values, strict=True))


def direct(corpus: Corpus, sample: Sample) -> Figures:
    """What the page's text file would be, without any fetching."""
    article = read(sample.page()).article
    return _figures(corpus, sample, article)


def _figures(corpus: Corpus, sample: Sample, article: Article | None) -> Figures:
    if article is None:
        return corpus.figures(sample, "", None, None)
    return corpus.figures(sample, render(article), article.caption, article.credit)


def fetched(corpus: Corpus) -> tuple[dict[str, Figures], list[str]]:
    """Figures by page's name, as `tearsheet fetch -i` keeps all pages, and what did not become an article."""
    from tests.command import home
    from tests.corpus import serve
    from tests.site import Web

    by_name = {sample.name: sample for sample in corpus.samples}
    results: dict[str, Figures] = {}
    others: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder, Web() as web:
        names = serve(web)
        there = home(Path(folder), web, crawl__concurrency="8")
        (there.folder / "links.txt").write_text("\n".join(names))
        ran = there.run("fetch", "--json", "-i", "links.txt")
        for row in ran.rows:
            name = names[row["url"]]
            if row["text"] is None:
                others.append(f"{name}: {row['verdict']}: {row['reason']}")
                continue
            text = Path(row["text"])
            article = from_json(json.loads(text.with_suffix(".json").read_bytes())["article"])
            results[name] = corpus.figures(by_name[name], text.read_text("utf-8"), article.caption, article.credit)
    for sample in corpus.samples:
        if sample.name not in names.values():
            results[sample.name] = direct(corpus, sample)
    return results, others


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
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", choices=("tuned", "held"), help="only these pages")
    parser.add_argument("--worst", type=int, default=10, help="how many of the pages that score lowest are named")
    parser.add_argument("--direct", action="store_true", help="read the pages without fetching them")
    parser.add_argument("--no-time", action="store_true", help="leave out the CPU time")
    asked = parser.parse_args()
    try:
        corpus = Corpus()
    except FileNotFoundError as error:
        print(f"no corpus: {error.filename} is missing; TEARSHEET_CORPUS names its folder", file=sys.stderr)
        return 2
    chosen = [sample for sample in corpus.samples if asked.half in (None, sample.half)]
    if asked.direct:
        results, others = {sample.name: direct(corpus, sample) for sample in chosen}, list[str]()
    else:
        results, others = fetched(corpus)
    without = [sample for sample in chosen if sample.name not in results]
    read = [sample for sample in chosen if sample.name in results]
    theirs = {sample.name: corpus.of_trafilatura(sample) for sample in read}
    missed = _table(read, results, theirs)
    for line in others:
        print(f"no text: {line}")
    if without:
        results |= {sample.name: corpus.figures(sample, "", None, None) for sample in without}
        strict = ", ".join(f"{name} {mean([results[s.name][name] for s in chosen])[0]:.3f}" for name in SCORED)
        print(f"with these counted as empty: {strict}")
    for name in SCORED if asked.worst else ():
        low = sorted((v, s.name) for s in read if (v := results[s.name][name]) is not None and v < 0.97)
        for points, page in low[: asked.worst]:
            print(f"  {name:8} {points:.2f}  {page}")
    if not asked.no_time:
        our_time, their_time = cpu(chosen)
        ratio = our_time / their_time
        missed = missed or ratio > CPU_AIM
        print(
            f"CPU a page: {our_time * 1000:.1f} ms; trafilatura.extract(with_metadata=True) {their_time * 1000:.1f} ms"
        )
        print(f"ratio       {ratio:.2f}   (aim: at most {CPU_AIM:g})")
    return 1 if missed else 0


def _table(chosen: list[Sample], results: dict[str, Figures], theirs: dict[str, Figures]) -> bool:
    """Prints the figures; whether one is below its aim."""
    print(f"{'':10} {'all':>12} {'tuned':>12} {'held out':>12} {'trafilatura':>12}   at least")
    missed = False
    for name in FIGURES:
        cells = []
        for half in HALVES:
            average, count = mean([results[s.name][name] for s in chosen if half in (None, s.half)])
            cells.append(f"{average:7.3f} ({count:2})")
        average = mean([results[s.name][name] for s in chosen])[0]
        missed = missed or average < AIMS.get(name, 0.0)
        plain = mean([theirs[s.name][name] for s in chosen])[0]
        print(f"{name:10} {cells[0]:>12} {cells[1]:>12} {cells[2]:>12} {plain:12.3f}   {AIMS.get(name, '')}")
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
