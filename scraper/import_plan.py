"""What a file of another tool holds, and which of it are pages: pure.

A page is what the file's own list of pages names (WACZ), else each good answer that is HTML and was not loaded into
another page. Redirects that lead to a page are its hops; every other good answer is what some page needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct, field

from archive import urls
from archive.derive import head_fields
from archive.models import Capture, Exchange
from archive.spool import Spool
from archive.urlkey import key
from archive.wacz_reading import ListedPage
from archive.warc.chunked import Dechunked, is_chunked
from archive.warc.foreign import Found, known_id
from archive.warc.records import target
from scraper.sniff import is_html

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_MOST_HOPS = 20
_ANSWERS = frozenset({"response", "revisit", "resource"})
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_DOCUMENT = "document"


class Entry(Struct):
    """An answer in the file. `url` is as the catalog has it. `digest` is the payload's; of a revisit its original's,
    whose id is `refers_to`. `mime`, `etag`, `last_modified` are its headers'. `leads_to` is where a redirect leads,
    `beside` the id of the request's record.

    `original` is the entry, or the capture kept before, that holds a revisit's payload.
    """

    type: str
    record_id: str
    url: str
    time: datetime
    status: int | None
    offset: int
    length: int
    mime: str = ""
    digest: str = ""
    claimed: str = ""
    etag: str | None = None
    last_modified: str | None = None
    ip: str | None = None
    truncated: str | None = None
    html: bool = False
    embedded: bool = False
    beside: str = ""
    leads_to: str | None = None
    refers: tuple[str, str, str] = ("", "", "")
    refers_to: str | None = None
    original: Entry | Capture | None = None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 400 and self.status != _NOT_MODIFIED


class Chain(Struct, frozen=True):
    """A page, and the redirects that led to it, in order."""

    page: Entry
    hops: tuple[Entry, ...] = ()

    @property
    def asked(self) -> str:
        return self.hops[0].url if self.hops else self.page.url


class Plan(Struct):
    """`entries` are the good answers in the file's order. `skipped` counts, in words, what is left out."""

    entries: list[Entry] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    unresolved: list[Entry] = field(default_factory=list)
    bad: list[Entry] = field(default_factory=list)

    def skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1


Original = Callable[[Entry], Capture | None]


def gather(records: Iterable[Found], file: str, original: Original, wrong: Callable[[Found, str], None]) -> Plan:
    """All answers of a file called `file` in archive/. `original` finds what a revisit refers to among what is kept
    already; `wrong` hears of what a record claims and is not so."""
    plan = Plan()
    answers: list[Entry] = []
    embedded: set[str] = set()
    for found in records:
        for words in found.wrong:
            wrong(found, words)
        if found.type == "request":
            _note_request(found, embedded)
        elif found.type in _ANSWERS and found.url[:4].lower() == "http":
            entry = _entry(found, file, wrong)
            if entry is not None:
                answers.append(entry)
            else:
                plan.skip("answers whose address or time cannot be read")
        elif found.type not in ("warcinfo", "metadata"):
            plan.skip("records that are no answers of the web")
    _resolve(answers, original)
    for entry in answers:
        entry.embedded = entry.record_id in embedded or entry.beside in embedded
        if entry.type == "revisit" and entry.original is None:
            plan.unresolved.append(entry)
        elif entry.good:
            plan.entries.append(entry)
        else:
            plan.bad.append(entry)
    return plan


def _note_request(found: Found, embedded: set[str]) -> None:
    _, fields = head_fields(found.http_head or found.start)
    where = next((value.strip().lower() for name, value in fields if name.lower() == "sec-fetch-dest"), _DOCUMENT)
    if where != _DOCUMENT:
        embedded.update(filter(None, (found.header("WARC-Concurrent-To"), found.record_id)))


def _entry(found: Found, file: str, wrong: Callable[[Found, str], None]) -> Entry | None:
    url = target(found.url).partition("#")[0]
    if found.time is None or not _EARLIEST <= found.time <= _LATEST or not usable(url):
        wrong(found, f"its address or time cannot be read ({url[:200]})")
        return None
    line, fields = head_fields(found.http_head)
    headers = {name.lower(): value for name, value in reversed(fields)}
    time = found.time.astimezone(UTC)
    entry = Entry(
        type=found.type,
        record_id=known_id(found, file),
        url=url,
        time=time.replace(microsecond=time.microsecond // 1000 * 1000),
        status=200 if found.type == "resource" else _status(line),
        offset=found.offset,
        length=found.length,
        mime=_mime(headers.get("content-type") or (found.header("content-type") or "" if not line else "")),
        digest=found.digest,
        claimed=found.header("warc-payload-digest") or "",
        ip=found.header("warc-ip-address"),
        truncated=found.header("warc-truncated") if found.type != "revisit" else None,
        beside=found.header("warc-concurrent-to") or "",
        refers=(
            found.header("warc-refers-to") or "",
            target(found.header("warc-refers-to-target-uri") or ""),
            found.header("warc-refers-to-date") or "",
        ),
    )
    if entry.digest:
        # Asking with these makes a revisit of what is confirmed, which needs a digest to name it by.
        entry.etag, entry.last_modified = headers.get("etag"), headers.get("last-modified")
    if entry.status in REDIRECTS and headers.get("location"):
        entry.leads_to = _joined(url, headers["location"])
    if found.type != "resource":
        start = b"".join(Dechunked().feed(found.start)) if is_chunked(found.http_head) else found.start
        entry.html = _is_html(url, time, fields, start)
    return entry


def usable(url: str) -> bool:
    """Whether an address can be looked up by: http or https, a host, nothing that cannot be parsed."""
    try:
        return urls.is_http(url) and bool(urlsplit(url).hostname) and bool(key(url))
    except ValueError:
        return False


def _status(line: str) -> int | None:
    words = line.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdigit() and len(words[1]) < 5 else None


def _mime(value: str) -> str:
    return value.strip().partition(";")[0].strip().partition(" ")[0]


def _joined(url: str, location: str) -> str | None:
    try:
        return target(urls.join(url, location.strip())).partition("#")[0]
    except ValueError:
        return None


def _is_html(url: str, time: datetime, headers: tuple[tuple[str, str], ...], start: bytes) -> bool:
    return is_html(
        Exchange(url=url, time=time, request=b"", status=200, head=b"", headers=headers, body=Spool.of(start))
    )


# ------------------------------------------------------------------------------------------------------- revisits


def _resolve(answers: Sequence[Entry], original: Original) -> None:
    """Each revisit finds what it refers to, by id, address and date, or digest: in the file, else in what is kept."""
    revisits = [entry for entry in answers if entry.type == "revisit"]
    if not revisits:
        return
    by_id: dict[str, Entry] = {}
    by_place: dict[tuple[str, str], Entry] = {}
    by_digest: dict[str, Entry] = {}
    for entry in answers:
        if entry.type != "revisit":
            by_id.setdefault(entry.record_id, entry)
            by_place.setdefault((entry.url, _second(entry.time)), entry)
            if entry.claimed:
                by_digest.setdefault(entry.claimed, entry)
    for entry in revisits:
        record, url, date = entry.refers
        found: Entry | Capture | None = by_id.get(record) or by_place.get((url, date[:19]))
        found = found or by_digest.get(entry.claimed) or original(entry)
        if found is not None:
            _take_from(entry, found)


def _second(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}"


def _take_from(entry: Entry, original: Entry | Capture) -> None:
    entry.original = original
    entry.refers_to = original.record_id
    entry.digest = original.digest
    entry.etag = entry.last_modified = None
    if entry.status is None:
        entry.status = original.status
    entry.mime = entry.mime or original.mime
    entry.html = entry.html or (isinstance(original, Entry) and original.html) or "html" in entry.mime


# ------------------------------------------------------------------------------------------------------- pages


def chains(plan: Plan, listed: Sequence[ListedPage]) -> dict[int, Chain]:
    """The pages, by their places among `plan.entries`, each with its redirects. Hops are in no other page's chain."""
    entries = plan.entries
    leading: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.leads_to is not None and entry.leads_to != entry.url:
            leading.setdefault(entry.leads_to, []).append(number)
    taken: set[int] = set()
    found: dict[int, Chain] = {}
    for number in _chosen(entries, listed):
        hops = _hops(entries, number, leading, taken)
        taken.update(hops)
        found[number] = Chain(entries[number], tuple(entries[hop] for hop in reversed(hops)))
    return found


def _chosen(entries: Sequence[Entry], listed: Sequence[ListedPage]) -> list[int]:
    named = _listed(entries, listed) if listed else set[int]()
    if named:
        return sorted(named)
    return [n for n, e in enumerate(entries) if e.html and not e.embedded and e.status is not None and e.status < 300]


def _listed(entries: Sequence[Entry], listed: Sequence[ListedPage]) -> set[int]:
    """For each listed page the answer of its address whose time is nearest, redirects followed."""
    at: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        at.setdefault(entry.url, []).append(number)
    chosen: set[int] = set()
    for page in listed:
        time = _listed_time(page.time)
        url: str | None = target(page.url).partition("#")[0]
        for _ in range(_MOST_HOPS):
            there = at.get(url or "")
            if not there:
                break
            nearest = min(there, key=lambda n: (_apart(entries[n].time, time), entries[n].leads_to is not None))
            url = entries[nearest].leads_to
            if url is None:
                if entries[nearest].type != "resource":
                    chosen.add(nearest)
                break
    return chosen


def _listed_time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        try:
            return datetime.fromtimestamp(float(text) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _apart(one: datetime, other: datetime | None) -> float:
    """In seconds, to the second: lists and records round differently."""
    return abs((one - other).total_seconds()) // 1 if other is not None else 0.0


def _hops(entries: Sequence[Entry], page: int, leading: dict[str, list[int]], taken: set[int]) -> list[int]:
    """The redirects that led to a page, the last one first."""
    hops: list[int] = []
    at = page
    while len(hops) < _MOST_HOPS:
        before = [
            n
            for n in leading.get(entries[at].url, ())
            if n not in taken and n not in hops and n != page and entries[n].time <= entries[at].time
        ]
        if not before:
            return hops
        at = max(before, key=lambda n: (entries[n].time, n))
        hops.append(at)
    return hops
