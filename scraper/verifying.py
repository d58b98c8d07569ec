"""`tearsheet verify`: the check, told to people and scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from archive.checking import Kind, Problem
from archive.errors import UsageError
from archive.fixity import ADVICE, Verified, Watch, verify_collection, verify_files
from archive.store_checking import Depth, require_store
from scraper.pooling import pooled
from scraper.quantity import size_text
from scraper.runlog import run_id, told_time, write_report
from scraper.running import now
from scraper.saying import fit, say
from scraper.settings import ClusterSettings, Settings

_MOST_TOLD = 200


class Asked(Struct, frozen=True):
    """How it was asked for; without `files` it is the collection that is checked. `store`: what its store has is read
    there, even if it is here too."""

    files: tuple[Path, ...] = ()
    quick: bool = False
    store: bool = False
    json: bool = False
    quiet: bool = False


def verify(settings: Settings, asked: Asked, stopped: Callable[[], bool]) -> int:
    """The exit code: 5 where something is wrong. A collection's check leaves a report beside those of its runs."""
    begun = now()
    done = _silent if asked.quiet or asked.json else _told
    if asked.files:
        if asked.quick:
            raise UsageError("--quick compares a collection with its manifest; files by name are read whole")
        if asked.store:
            raise UsageError("--store reads what a collection's store has; files by name are read where they are")
        for path in asked.files:
            if not path.is_file():
                raise UsageError(f"{path} is no file")
        paths = [path.absolute() for path in asked.files] if settings.cluster.scheduler else asked.files
        with pooled(settings, paths) as pool:
            found = verify_files(paths, Watch(done, stopped, pool=pool))
        name = ""
    else:
        folder = settings.archive.root / "collections" / settings.archive.collection
        depth = None
        if asked.store:
            require_store(folder)
            depth = Depth.WHOLE
        shared = settings if not asked.quick else replace(settings, cluster=ClusterSettings())
        with pooled(shared, [folder]) as pool:
            watch = Watch(done, stopped, pool=pool)
            found = verify_collection(folder.absolute() if pool else folder, watch, quick=asked.quick, depth=depth)
        report = {"begun": told_time(begun), "ended": told_time(now())} | found.as_dict()
        write_report(folder, run_id(begun), report)
        name = str(folder)
    if asked.json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        _tell(found, name, asked.quiet)
    return found.exit_code


def _tell(found: Verified, name: str, quiet: bool) -> None:
    for line in problem_lines(found.bad, found.advice):
        print(fit(line))
    if quiet:
        return
    for line in problem_lines([problem for problem in found.problems if problem.kind is Kind.NOTE], found.advice):
        print(fit(line))
    print("\n".join(summary_lines(found, name)))


def problem_lines(problems: Sequence[Problem], advice: Callable[[Kind], str] = ADVICE.__getitem__) -> Iterator[str]:
    """One problem a line, what to do below the last of each kind."""
    for kind in Kind:
        some = [problem for problem in problems if problem.kind is kind]
        for problem in some[:_MOST_TOLD]:
            where = problem.file if problem.offset is None else f"{problem.file}, offset {problem.offset}"
            record = f", record {problem.record}" if problem.record else ""
            section = f" (WARC 1.1, {problem.section})" if problem.section else ""
            yield f"{problem.kind.value}: {where}{record}: {problem.words}{section}"
        if len(some) > _MOST_TOLD:
            yield f"{kind.value}: and {len(some) - _MOST_TOLD} more; --json tells them all"
        if some and advice(kind):
            yield f"    {advice(kind)}"


def summary_lines(found: Verified, name: str) -> Iterator[str]:
    read = "compared with the manifest" if found.quick else f"and {found.records} records read"
    files = "1 WARC file" if found.files == 1 else f"{found.files} WARC files"
    yield f"{name + ': ' if name else ''}{files} ({size_text(found.size)}) {read}"
    if found.store:
        yield f"{found.store}: {found.stored} of them are there, {found.compared}"
    if found.stopped:
        yield "stopped before the end: what was not read is not known to be whole"
    if found.head:
        yield f"the manifest ends with {found.head}"
    count = len(found.bad)
    yield "nothing is wrong" if not count else f"{count} thing is wrong" if count == 1 else f"{count} things are wrong"


def _told(name: str, done: int, size: int) -> None:
    if sys.stderr.isatty():
        say(f"{100 * done // max(size, 1):3}%  {name}")


def _silent(name: str, done: int, size: int) -> None:
    return
