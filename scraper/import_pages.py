"""Pages of an imported file: read, judged, and put into groups with what belongs to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from archive.collection import Collection
from archive.derive import head_fields
from archive.errors import WarcError
from archive.models import Article, Capture, Exchange, Link, Role, Verdict, VerdictKind
from archive.placing import ImportedGroup
from archive.spool import Spool
from archive.warc.chunked import is_chunked, plain
from archive.warc.group import Foreign, GroupData, Lies, PartData
from archive.warc.reader import read_at
from scraper import verdict as verdicts
from scraper.body import coding_problem, decoded
from scraper.import_plan import Chain, Entry, Plan
from scraper.read.reading import Page, Reading
from scraper.sniff import is_html
from scraper.stored import MOST_BODY, stored_exchange

SOURCE = "import"
_BRINGS = "pip install 'tearsheet[import]' brings what undoes it; tearsheet rebuild --reextract then reads the text"
_MOST_PARTS = 2000


class Judged(Struct, frozen=True):
    """What reading a page came to. `known`: it was brought in before, by a run that was cut short."""

    verdict: Verdict
    article: Article | None = None
    title: str | None = None
    extractor: str = ""
    known: bool = False


class Source(Struct, frozen=True):
    """The file that pages are read from, as it lies in archive/. `key` is the digest of what came."""

    path: Path
    foreign: Foreign
    key: str

    def page_id(self, what: str) -> str:
        """The same whenever the same file is imported."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"tearsheet:{self.key}:{what}"))


class Judge:
    """Reads pages; safe in threads."""

    def __init__(self, source: Source, collection: Collection, read: Callable[[Page], Reading]) -> None:
        self._source = source
        self._collection = collection
        self._read = read

    def judge(self, chain: Chain) -> Judged:
        """Raises WarcError where the record is damaged, and StorageError."""
        known = self._collection.page(page_id(self._source, chain.page))
        if known is not None:
            return Judged(Verdict(known.verdict, known.reason, known.evidence), known=True)
        exchange = self._exchange(chain.page)
        problem = coding_problem(exchange)
        if problem is not None:
            return Judged(Verdict(VerdictKind.PAGE, f"its text could not be read: {problem}", (_BRINGS,)))
        reading = None
        if exchange.status is not None and 200 <= exchange.status < 300 and is_html(exchange):
            body = decoded(exchange, MOST_BODY)
            page = Page(body, exchange.headers, exchange.url, exchange.status, needs=False, links=False)
            reading = self._read(page)
        verdict = verdicts.verdict(exchange, reading, None, asked=chain.asked)
        if reading is None:
            return Judged(verdict)
        if verdict.kind is VerdictKind.EMPTY and not reading.error:
            # Who kept it may have meant to, and there is nothing better to be asked for.
            return Judged(
                Verdict(VerdictKind.PAGE, verdict.reason, verdict.evidence), None, reading.title, reading.extractor
            )
        article = reading.article if verdict.kind is VerdictKind.ARTICLE else None
        return Judged(verdict, article, reading.title, reading.extractor)

    def _exchange(self, entry: Entry) -> Exchange:
        original = entry.original
        if isinstance(original, Capture):
            return replace(stored_exchange(self._collection, original), url=entry.url, time=entry.time)
        record = read_at(self._source.path, entry.offset)
        held = read_at(self._source.path, original.offset) if original is not None else record
        with plain(held.payload()) if is_chunked(held.http_head) else held.payload() as payload:
            body = payload.read(MOST_BODY)
        head = record.http_head or held.http_head
        return Exchange(
            url=entry.url,
            time=entry.time,
            request=b"",
            status=entry.status,
            head=head,
            headers=head_fields(head)[1],
            body=Spool.of(body),
            ip=entry.ip,
            truncated=entry.truncated,
        )


def page_id(source: Source, entry: Entry) -> str:
    return source.page_id(f"page {entry.offset} {entry.url}")


class NotKept(Struct, frozen=True):
    """A page that is not taken in, and why."""

    chain: Chain
    verdict: Verdict


class Damaged(Struct, frozen=True):
    """A page whose record could not be read."""

    chain: Chain
    error: WarcError


def judged_pages(
    judge: Judge, found: dict[int, Chain], workers: int, stopped: Callable[[], bool]
) -> Iterator[tuple[int, Chain, Judged | Damaged]]:
    """Each page read, `workers` at a time, in the file's order; ends early once `stopped` says so."""
    waiting: list[tuple[int, Chain, Future[Judged]]] = []
    rest = iter(sorted(found.items()))
    with ThreadPoolExecutor(workers, thread_name_prefix="import") as pool:
        while True:
            while len(waiting) < 3 * workers and not stopped() and (following := next(rest, None)) is not None:
                waiting.append((*following, pool.submit(judge.judge, following[1])))
            if not waiting:
                return
            number, chain, future = waiting.pop(0)
            try:
                yield number, chain, future.result()
            except WarcError as error:
                yield number, chain, Damaged(chain, error)


class Grouping(Struct):
    """Puts what a file holds into groups, each page with what follows it up to the next one that is kept. What comes
    before the first goes with it."""

    source: Source
    plan: Plan
    chains: dict[int, Chain]
    now: datetime
    _in_chains: set[int] = field(default_factory=set)

    def groups(
        self, judged: Iterator[tuple[int, Chain, Judged | Damaged]], not_kept: Callable[[NotKept | Damaged], None]
    ) -> Iterator[ImportedGroup]:
        """The groups to be kept, those apart that were brought in before."""
        hops = {id(hop) for chain in self.chains.values() for hop in chain.hops}
        self._in_chains = {n for n, entry in enumerate(self.plan.entries) if id(entry) in hops} | set(self.chains)
        open_: tuple[Chain, Judged] | None = None
        at = 0
        for number, chain, result in judged:
            if isinstance(result, Damaged):
                not_kept(result)
                continue
            if not result.verdict.kept:
                not_kept(NotKept(chain, result.verdict))
                continue
            if open_ is not None:
                yield from self._group(*open_, self._assets(at, number))
                at = number
            open_ = chain, result
        rest = self._assets(at, len(self.plan.entries))
        if open_ is not None:
            yield from self._group(*open_, rest)
        else:
            yield from self._aside(rest)

    def _assets(self, start: int, end: int) -> list[Entry]:
        return [self.plan.entries[n] for n in range(start, end) if n not in self._in_chains]

    def _group(self, chain: Chain, judged: Judged, assets: Sequence[Entry]) -> Iterator[ImportedGroup]:
        entry = chain.page
        if not judged.known:
            parts = [
                *(_part(hop, Role.HOP, _moved(hop)) for hop in chain.hops),
                _part(entry, Role.PAGE, judged.verdict),
                *map(_asset, assets[:_MOST_PARTS]),
            ]
            data = GroupData(
                page_id=page_id(self.source, entry),
                link=Link(chain.asked, SOURCE, self.source.foreign.of),
                time=self.now,
                verdict=judged.verdict,
                parts=tuple(parts),
                title=judged.title,
                extractor=judged.extractor,
                foreign=self.source.foreign,
            )
            yield ImportedGroup(data, judged.article)
        yield from self._aside(assets[_MOST_PARTS:])

    def _aside(self, assets: Sequence[Entry]) -> Iterator[ImportedGroup]:
        """What belongs to no page, or is too much for one group."""
        for start in range(0, len(assets), _MOST_PARTS):
            some = assets[start : start + _MOST_PARTS]
            yield ImportedGroup(
                GroupData(
                    page_id=self.source.page_id(f"aside {some[0].offset} {some[0].url}"),
                    link=Link(some[0].url, SOURCE, self.source.foreign.of),
                    time=self.now,
                    verdict=Verdict(VerdictKind.ASSET, "answers that belong to no page"),
                    parts=tuple(map(_asset, some)),
                    side=True,
                    foreign=self.source.foreign,
                )
            )


def _asset(entry: Entry) -> PartData:
    if urlsplit(entry.url).path == "/robots.txt":
        return _part(entry, Role.ROBOTS, Verdict(VerdictKind.ROBOTS, f"the server answered {entry.status}"))
    return _part(entry, Role.ASSET, Verdict(VerdictKind.ASSET, f"the server answered {entry.status}"))


def _moved(entry: Entry) -> Verdict:
    return Verdict(VerdictKind.MOVED, f"moved to {(entry.leads_to or '')[:2000]} ({entry.status})")


def _part(entry: Entry, role: Role, verdict: Verdict) -> PartData:
    return PartData(
        url=entry.url,
        time=entry.time,
        role=str(role),
        verdict=verdict,
        record_id=entry.record_id,
        status=entry.status,
        ip=entry.ip,
        truncated=entry.truncated,
        lies=Lies(
            offset=entry.offset,
            length=entry.length,
            record_type=entry.type,
            mime=entry.mime,
            digest=entry.digest,
            etag=entry.etag,
            last_modified=entry.last_modified,
            refers_to=entry.refers_to,
        ),
    )
