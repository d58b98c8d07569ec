"""What a page needs to be seen: fetched the way pages are, bounded in number, bytes and time.

Within one run an asset is asked once. The page group that is handed to the collection first stores it; for those that
follow it is there already, before them in the same files.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from archive.errors import TearsheetError
from archive.models import Capture, Exchange, Missing, Part, Role, VerdictKind
from scraper import verdict as verdicts
from scraper.body import decoded
from scraper.fetch import HopRequest
from scraper.gate import HostGate
from scraper.identity import host_of
from scraper.read import charset as charsets
from scraper.read import css
from scraper.read.reading import Page, Reading, Requisite
from scraper.settings import FetchSettings
from scraper.silence import Silence
from scraper.walk import Walks

REMEMBERED = 50_000
FRAME_DEPTH = 3
MOST_FLYING = 24
CSS_LIMIT = 5_000_000
HTML_LIMIT = 5_000_000

T = TypeVar("T")


class Outcome(Struct):
    """What became of one asset. `take` gives its parts to whoever asks first, and () to the others."""

    ok: bool
    reason: str
    size: int
    refs: tuple[Requisite, ...]
    frame: bool
    parts: tuple[Part, ...]

    def take(self) -> tuple[Part, ...]:
        parts, self.parts = self.parts, ()
        return parts


class Gathered(Struct, frozen=True):
    """`parts` are this page's to store; `shared` are addresses of assets that another page of the run stores."""

    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    shared: tuple[str, ...]


class Stock(Struct, frozen=True):
    """What is kept already: the latest good capture of an address, and its stored answer. `fresh` tells of a capture
    whether it need not be asked for again; `among` leaves out addresses of which nothing is kept."""

    known: Callable[[str], Capture | None]
    page: Callable[[Capture], Page | None]
    fresh: Callable[[Capture], bool] = lambda capture: False
    among: Callable[[Sequence[str]], frozenset[str]] = frozenset


class Ahead(Struct, frozen=True):
    """A gathering that goes on by itself, in a thread of its own."""

    job: Job
    future: Future[Job]

    def wait(self) -> Job:
        return self.future.result()

    def drop(self) -> None:
        """Nobody wants it any more: what has not been asked for is not. What has been is there for another page."""
        self.job.dropped = True


class Assets:
    """The requisites of one run's pages; safe in threads."""

    def __init__(
        self,
        settings: FetchSettings,
        walker: Walks,
        gate: HostGate,
        stock: Stock,
        read: Callable[[Page], Reading],
    ) -> None:
        self._settings = settings
        self._walker = walker
        self._gate = gate
        self._stock = stock
        self._read = read
        self._silence = Silence(monotonic)
        self._lock = Lock()
        self._handing_over = Lock()
        self._asked: OrderedDict[str, Future[Outcome]] = OrderedDict()

    def gather(self, page_url: str, reading: Reading) -> Job:
        """All of a page's requisites, those of its style sheets and frames included, to be handed over."""
        return self._gather(self._job(page_url, reading), page_url, reading.charset)

    def begin(self, page_url: str, reading: Reading) -> Ahead:
        """The same while the caller does something else."""
        job = self._job(page_url, reading)
        return Ahead(job, self._gate.executor.submit(self._gather, job, page_url, reading.charset))

    def _job(self, page_url: str, reading: Reading) -> Job:
        job = Job(self._settings, monotonic() + self._settings.requisites_timeout)
        job.want(reading.requisites, page_url, 0)
        return job

    def _gather(self, job: Job, page_url: str, charset: str) -> Job:
        while (job.queue or job.flying) and not job.dropped:
            if job.wanted:
                job.kept |= self._stock.among(job.wanted)
                job.wanted.clear()
            for requisite, referer, depth in job.begin(MOST_FLYING - len(job.flying)):
                future = self._ask(job, requisite, referer, charset)
                job.flying[future] = (requisite, depth)
                future.add_done_callback(job.done.put)
            left = job.deadline - monotonic()
            done = job.landed(max(0.0, left))
            for future in done:
                requisite, depth = job.flying.pop(future)
                if future.cancelled():
                    job.again(requisite, page_url, depth)
                else:
                    job.finish(requisite, depth, _outcome(future))
            if not done and left <= 0:
                self._give_up(job)
        if job.dropped:
            self._give_up(job)
        return job

    def _give_up(self, job: Job) -> None:
        for future, requisite in job.give_up():
            self._forget_once_done(requisite.url, future)

    def hand_over(self, jobs: Sequence[Job], commit: Callable[[Gathered], T]) -> T:
        """What `commit` makes of all that was gathered. No two pages are at it at a time: what one of them calls shared
        was given to the collection before it, so that no crash can keep this page and lose its pictures."""
        with self._handing_over:
            each = [job.take() for job in jobs]
            return commit(
                Gathered(
                    tuple(part for one in each for part in one.parts),
                    tuple(missing for one in each for missing in one.missing),
                    tuple(dict.fromkeys(url for one in each for url in one.shared)),
                )
            )

    def _forget_once_done(self, url: str, future: Future[Outcome]) -> None:
        """A page has given up on it: what it comes to is not held for the rest of the run, and who wants it asks."""

        def forget(done: Future[Outcome]) -> None:
            with self._lock:
                if self._asked.get(url) is done:
                    del self._asked[url]

        future.add_done_callback(forget)

    def _ask(self, job: Job, requisite: Requisite, referer: str, charset: str) -> Future[Outcome]:
        with self._lock:
            known = self._asked.get(requisite.url)
            if known is not None:
                self._asked.move_to_end(requisite.url)
                return known
            future = self._gate.submit(
                urlsplit(requisite.url).hostname or "", lambda: self._fetch(job, requisite, referer, charset)
            )
            self._asked[requisite.url] = future
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
            return future

    def _fetch(self, job: Job, requisite: Requisite, referer: str, charset: str) -> Outcome:
        known = self._stock.known(requisite.url) if requisite.url in job.kept else None
        stored = None
        if known is not None and requisite.kind in ("style", "frame"):
            # What they need in their turn stands in what is kept of them; without that they are asked for in full.
            stored = self._stock.page(known)
            known = known if stored is not None else None
        if known is not None and self._stock.fresh(known):
            return self._kept(requisite, stored, charset)
        if self._silence.left_alone(host_of(requisite.url)):
            return Outcome(False, "its host gave no answer several times in a row and is left alone", 0, (), False, ())
        walk = self._walker.walk(
            HopRequest(requisite.url, referer=referer, kind=requisite.kind, until=job.deadline), known
        )
        last = walk.exchanges[-1]
        if not walk.stopped:
            self._silence.note(host_of(last.url), verdicts.verdict(last).kind is not VerdictKind.UNREACHABLE)
        parts = walk.robots_parts()
        parts += [Part(hop, Role.ASSET, verdicts.hop_verdict(hop)) for hop in walk.exchanges[:-1]]
        unchanged = known if last.status == 304 and len(walk.exchanges) == 1 else None
        if last.head:
            parts.append(Part(last, Role.ASSET, verdicts.asset_verdict(last), unchanged))
        ok = last.failure is None and (unchanged is not None or (last.status is not None and 200 <= last.status < 300))
        reason = last.failure.message if last.failure else f"the server answered {last.status}"
        size = sum(part.exchange.body.size for part in parts)
        if not ok:
            return Outcome(ok, reason, size, (), False, tuple(parts))
        page = stored if unchanged is not None else _page(requisite, last)
        refs, frame = self._refs(requisite, page, charset)
        return Outcome(ok, reason, size, refs, frame, tuple(parts))

    def _kept(self, requisite: Requisite, stored: Page | None, charset: str) -> Outcome:
        refs, frame = self._refs(requisite, stored, charset)
        return Outcome(True, "kept already", 0, refs, frame, ())

    def _refs(self, requisite: Requisite, page: Page | None, charset: str) -> tuple[tuple[Requisite, ...], bool]:
        kind = _kind(requisite, page.header("content-type")) if page is not None else ""
        if page is None or not kind:
            return (), False
        if kind == "style":
            text, encoding = charsets.decode_css(page.body[:CSS_LIMIT], page.headers, charset)
            return css.refs(text, page.url, encoding), False
        return self._read(page).requisites, True


def _kind(requisite: Requisite, content_type: str | None) -> str:
    """ "style" and "frame" for what may need more in its turn."""
    mime = (content_type or "").partition(";")[0].strip().lower()
    if requisite.kind == "style" or mime == "text/css":
        return "style"
    return "frame" if requisite.kind == "frame" and mime in ("text/html", "application/xhtml+xml") else ""


def _page(requisite: Requisite, exchange: Exchange) -> Page | None:
    """What came, where it may need more in its turn."""
    kind = _kind(requisite, exchange.header("content-type"))
    if not kind:
        return None
    body = decoded(exchange, CSS_LIMIT if kind == "style" else HTML_LIMIT)
    return Page(body, exchange.headers, exchange.url, exchange.status or 200)


def _outcome(future: Future[Outcome]) -> Outcome:
    """What came of it. A fault of ours costs the asset, never the page; what the disk does stops the run."""
    try:
        return future.result()
    except TearsheetError:
        raise
    except Exception as error:
        reason = f"tearsheet failed on it, which is a fault of its own: {type(error).__name__}: {error}"
        return Outcome(False, reason, 0, (), False, ())


class Job:
    """One page's gathering: what is wanted, what is in flight, what it came to. `wanted` has not been looked up yet;
    what is kept of that goes to `kept`."""

    def __init__(self, settings: FetchSettings, deadline: float) -> None:
        self.deadline = deadline
        self.dropped = False
        self.wanted: list[str] = []
        self.kept: frozenset[str] = frozenset()
        self.queue: list[tuple[Requisite, str, int]] = []
        self.flying: dict[Future[Outcome], tuple[Requisite, int]] = {}
        self.done: SimpleQueue[Future[Outcome]] = SimpleQueue()
        self._settings = settings
        self._seen: set[str] = set()
        self._begun = 0
        self.size = 0
        self._found: list[tuple[str, Outcome]] = []
        self._missing: list[Missing] = []

    def want(self, requisites: Iterable[Requisite], referer: str, depth: int) -> None:
        for requisite in requisites:
            if requisite.url not in self._seen:
                self._seen.add(requisite.url)
                self.wanted.append(requisite.url)
                self.queue.append((requisite, referer, depth))

    def begin(self, room: int) -> list[tuple[Requisite, str, int]]:
        """What may be asked now, at most `room`; what a limit leaves out is missing, with the limit as its reason."""
        settings = self._settings
        taken, self.queue = self.queue[:room], self.queue[room:]
        allowed = []
        for entry in taken:
            if self._begun >= settings.max_requisites:
                self._miss(entry[0].url, f"the page needs more than {settings.max_requisites} requisites")
            elif self.size >= settings.max_requisites_size:
                self._miss(entry[0].url, f"the page's requisites are over {settings.max_requisites_size} bytes")
            else:
                self._begun += 1
                allowed.append(entry)
        return allowed

    def landed(self, seconds: float) -> list[Future[Outcome]]:
        """What is done of what flies: all there is, at least one unless nothing flies or the time is over before."""
        found: list[Future[Outcome]] = []
        if not self.flying:
            return found
        with suppress(Empty):
            found.append(self.done.get(timeout=seconds))
            while True:
                found.append(self.done.get_nowait())
        return found

    def finish(self, requisite: Requisite, depth: int, outcome: Outcome) -> None:
        self._found.append((requisite.url, outcome))
        if not outcome.ok:
            self._miss(requisite.url, outcome.reason)
            return
        self.size += outcome.size
        if not outcome.frame or depth < FRAME_DEPTH:
            self.want(outcome.refs, requisite.url, depth + outcome.frame)

    def again(self, requisite: Requisite, referer: str, depth: int) -> None:
        """Another page gave up on it before it was begun: this page asks for itself."""
        self._begun -= 1
        self.queue.append((requisite, referer, depth))

    def give_up(self) -> list[tuple[Future[Outcome], Requisite]]:
        """The time is over: what is in flight or waits is missing. Gives what was in flight, cancelled if not begun."""
        reason = f"the {self._settings.requisites_timeout:g} s for a page's requisites were over"
        left = [(future, requisite) for future, (requisite, _) in self.flying.items()]
        for future, _ in left:
            future.cancel()
        for requisite in [*(each for _, each in left), *(entry[0] for entry in self.queue)]:
            self._miss(requisite.url, reason)
        self.flying.clear()
        self.queue.clear()
        return left

    def _miss(self, url: str, reason: str) -> None:
        self._missing.append(Missing(url, reason))

    def take(self) -> Gathered:
        parts: list[Part] = []
        shared = []
        for url, outcome in self._found:
            taken = outcome.take()
            parts += taken
            if outcome.ok and not taken:
                shared.append(url)
        return Gathered(tuple(parts), tuple(self._missing), tuple(shared))
