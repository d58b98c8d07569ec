"""What is promised, and what the tests behind each promise came to: the table of docs/reliability.md.

A test stands behind a promise by `@pytest.mark.promise(KEY)` and tells what it tried with the fixture `figures`; of a
property test each input counts, of any other that has no figures, with `each="…"`, the test itself. Whatever of it
fails counts against the promise. `--reliability FILE`, which `make soak` gives, adds all this up and puts the table
into the file, unless something is wrong with it: then the run fails, and the file stays as it is.
"""

from __future__ import annotations

import ast
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
BEGIN, END = "<!-- the table of make soak begins -->", "<!-- the table of make soak ends -->"
INPUTS = "inputs"
_PROPERTY = "figures"
_HEAD = ("What is promised", "How it is tested", "Tried", "Failed")


class Promise(msgspec.Struct, frozen=True):
    """A row of the table. `bad` says what it is called when it is not kept."""

    words: str
    how: str
    bad: str = "lost"


PROMISES = {
    "fetch-kills": Promise(
        "What `fetch` has told to be kept is kept, once, whenever it is killed",
        "SIGKILL at random moments of one run over many hosts, which then goes on to the end",
    ),
    "crawl-kills": Promise(
        "So is what `crawl` has told; all that was asked is stored, but for what was under way",
        "the same over feeds and a list, also while the sources are read",
    ),
    "kills": Promise(
        "A run that is killed before any change of a file leaves nothing that the next one does not mend",
        "the folder is copied before each change; each copy is opened, read strictly, and rebuilt to the same",
    ),
    "disk": Promise(
        "So does a disk that breaks (EIO, ENOSPC) at any change of a file, once or from then on",
        "each change fails in turn, writes half done; then the next run, `rebuild` and `verify`",
    ),
    "power": Promise(
        "So does a power cut that takes the newest transactions of the catalog",
        "older catalogs beside the newer WARC files",
    ),
    "catalog": Promise(
        "So does a catalog that fails at any statement, once or from then on, or a kill before it",
        "each statement fails in turn with SQLite's errors, or the folder is copied before it",
    ),
    "queue": Promise(
        "The queue forgets nothing that it was told, and asks nothing twice, whatever statement fails or is the last",
        "each statement fails in turn, or the file is copied before it",
    ),
    "pack": Promise(
        "Joining files loses nothing, and readers find all that is named, at any moment of it",
        "each change of a file fails in turn, or the folder is copied before it",
    ),
    "purge": Promise(
        "Rewriting files without what is purged loses nothing else, and takes out all of it, at any moment of it",
        "each change of a file fails in turn, or the folder is copied before it",
    ),
    "rebuild": Promise(
        "A rebuild from the WARC files gives whatever any runs gave, to the byte and to the row",
        "property tests: random runs of random pages, joined or not",
        "different",
    ),
    "rot": Promise(
        "Files of the collection that rotted, are gone, or are another release's are told, and mended or made again",
        "random damage and each kind of loss; then the next run, `rebuild` and `verify`",
    ),
    "verify": Promise(
        "`verify` finds a change of any kind and lays it to the right file",
        "one random deed at a time: bits flipped, records cut out, files swapped, cut or removed, texts, lists and the "
        "catalog's rows edited",
        "missed",
    ),
    "repair": Promise(
        "`repair` with a copy gives the same bytes again; without one it keeps all that is whole and says what is gone",
        "random damage of WARC files",
    ),
    "web": Promise(
        "A web that means harm costs no more bytes and seconds than a limit says",
        "endless, dripping, smuggling, lying and exploding answers over loopback connections",
        "over the limit",
    ),
    "files": Promise(
        "WARC and WACZ files that mean harm cost no more memory and seconds than a limit says, and write nowhere else",
        "bombs, headers without end, names that climb",
        "over the limit",
    ),
    "runs": Promise(
        "Two runs never write at once, a dead one's lock is none, and a file that may not grow is told",
        "processes of the command, killed, stopped or under a limit of the system's",
    ),
    "upgrade": Promise(
        "Collections of earlier releases open and lose nothing; those of later ones are refused in words",
        "a collection that the first release made, and each earlier state of catalog and queue",
    ),
    "text": Promise(
        "Any article comes back from its text file as it was, and any file can be read",
        "property tests of the text format",
        "broken",
    ),
    "index": Promise(
        "Index lines, keys and addresses come back as they were and agree with surt",
        "property tests",
        "broken",
    ),
    "warc": Promise(
        "WARC groups and manifests come back as they were; of a file cut anywhere exactly the whole groups stay",
        "property tests",
        "broken",
    ),
    "network": Promise(
        "No answer, whatever its bytes, is anything but an exchange with its limits kept",
        "property tests of framing, codings and whole exchanges",
        "broken",
    ),
    "sources": Promise(
        "No page, feed, sitemap, list or config, whatever is in it, does anything but be read or be told",
        "property tests of the readers",
        "broken",
    ),
    "fuzz-warcs": Promise(
        "The WARC reader and `verify` bear any bytes and agree",
        "fuzzed, `make fuzz` from a fixed seed",
        "found",
    ),
    "fuzz-reading": Promise("So do the readers of pages", "fuzzed in the same way", "found"),
    "fuzz-sources": Promise("So do the readers of feeds, sitemaps and robots.txt", "fuzzed in the same way", "found"),
}


def examples(number: int) -> int:
    """How many inputs a property test is given: as many, but in `make soak` twice that."""
    return number * 2 if settings.get_current_profile_name() == "soak" else number


class Figures:
    """What one test tried, by the name of what is counted, and how much of it failed."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.failed = 0

    def add(self, what: str, count: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + count


class Tally:
    """What all tests came to, by promise."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.failed: Counter[str] = Counter()
        self.files: dict[str, set[str]] = defaultdict(set)

    def add(self, key: str, file: str, counts: dict[str, int], failed: int) -> None:
        self.counts[key].update(counts)
        self.failed[key] += failed
        self.files[key].add(file)

    def problems(self) -> list[str]:
        """Why the table must not be printed as if all were well."""
        missing = [key for key in PROMISES if not any(self.counts[key].values())]
        return [f"no figures for {key}" for key in missing] + [
            f"{PROMISES[key].bad} {count}: {PROMISES[key].words}" for key, count in self.failed.items() if count
        ]

    def rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                promise.words,
                f"{promise.how} ({', '.join(f'`{file}`' for file in sorted(self.files[key]))})",
                ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts[key].items())),
                f"{promise.bad}: {self.failed[key]:,}",
            )
            for key, promise in PROMISES.items()
        ]


def table(rows: list[tuple[str, str, str, str]]) -> str:
    """In Markdown, with a line break at the end."""
    lines = [_HEAD, ("---",) * len(_HEAD), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def parsed(text: str) -> list[tuple[str, ...]]:
    """The rows of the table between the markers."""
    lines = text.partition(BEGIN)[2].partition(END)[0].splitlines()
    cells = [tuple(cell.strip() for cell in line[1:-1].split(" | ")) for line in lines if line.startswith("|")]
    assert cells[:2] == [_HEAD, ("---",) * len(_HEAD)]
    return cells[2:]


def replaced(text: str, block: str) -> str:
    """The text with another block between its markers. ValueError where they are not there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the markers of the table are not there")
    return f"{before}{BEGIN}\n{block}{END}{after}"


class Declared(msgspec.Struct):
    """What the tests' own text says of a promise: files that stand behind it, and names of figures in those."""

    files: set[str]
    units: set[str]


def declared() -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        keys = {_literal(call.args[0]) for call in calls if _called(call) == "promise"}
        units = {_literal(call.args[0]) for call in calls if _called(call) == "add" and _owner(call) == "figures"}
        units |= {_literal(more.value) for call in calls if _called(call) == "promise" for more in call.keywords}
        for key in keys:
            row = found.setdefault(key, Declared(set(), {INPUTS}))
            row.files.add(f"tests/{path.relative_to(TESTS)}")
            row.units |= units
    return found


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _owner(call: ast.Call) -> str:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return owner.id if isinstance(owner, ast.Name) else ""


def _literal(node: ast.expr) -> str:
    value = ast.literal_eval(node)
    assert isinstance(value, str)
    return value


# ----------------------------------------------------------------------------------------------------- for pytest


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    return _figures(request.node)


def _figures(item: pytest.Item) -> Figures:
    return item.stash.setdefault(_KEY, Figures())


_KEY = pytest.StashKey[Figures]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reliability", metavar="FILE", help="put the table of promises into this file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(key, each=None): a row of docs/reliability.md stands on it")
    if config.getoption("--reliability") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Printer(Path(config.getoption("--reliability"))))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Each input of a property test is counted, as hypothesis lets one put oneself before its test."""
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    if handle is None or item.get_closest_marker("promise") is None:
        return (yield)
    inner, counted = handle.inner_test, _figures(item)

    @wraps(inner)
    def counting(*given: Any, **named: Any) -> Any:
        counted.add(INPUTS)
        return inner(*given, **named)

    handle.inner_test = counting
    try:
        return (yield)
    finally:
        handle.inner_test = inner


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """What a test came to goes with its report; one that failed has failed once at least."""
    report: Any = yield
    marker = item.get_closest_marker("promise")
    if marker is not None and not report.skipped and (report.when == "call" or report.failed):
        made = _figures(item)
        if report.when == "call" and not made.counts and "each" in marker.kwargs:
            made.add(marker.kwargs["each"])
        failed = max(made.failed, int(report.failed))
        report.user_properties.append((_PROPERTY, (marker.args[0], made.counts, failed)))
    return report  # type: ignore[no-any-return]


class _Printer:
    """Gathers reports, those of workers too, and prints."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tally = Tally()
        self._begun = time.monotonic()
        self._told = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY:
                key, counts, failed = value  # type: ignore[misc]
                self._tally.add(key, report.nodeid.partition("::")[0], counts, failed)  # type: ignore[has-type]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        problems = self._tally.problems()
        minutes = (time.monotonic() - self._begun) / 60
        note = f"\nOne run of `make soak`: {minutes:.0f} minutes on {os.cpu_count()} processors.\n"
        block = table(self._tally.rows()) + note
        self._told = block + "".join(f"{problem}\n" for problem in problems)
        if problems:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif session.exitstatus == pytest.ExitCode.OK:
            text = self._path.read_text(encoding="utf-8")
            self._path.write_text(replaced(text, block), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section(f"the table of {self._path}")
        terminalreporter.write(self._told)
