"""What the library's pages show: plain values that the queries make and the templates, the API and the feed take."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field

from archive.models import Article, Capture, PageRow


class Order(StrEnum):
    """How what was found is sorted. Without words, relevance is newest first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


class Query(Struct, frozen=True):
    """What is looked for: `words` as users type them, "" for all. Each filter that is not empty must hold.

    `site` is a host; `since` and `until` are days, both included, of the article, or of the capture where it has none.
    `page` counts from 1. Without words it is a list of pages, those that failed too if `verdict` names one of those.
    """

    words: str = ""
    site: str = ""
    author: str = ""
    language: str = ""
    verdict: str = ""
    source: str = ""
    since: date | None = None
    until: date | None = None
    order: Order = Order.RELEVANCE
    page: int = 1


class Choices(Struct, frozen=True):
    """What the filters offer, each value with how many pages have it, the most first; bounded."""

    sites: tuple[tuple[str, int], ...] = ()
    languages: tuple[tuple[str, int], ...] = ()
    verdicts: tuple[tuple[str, int], ...] = ()
    sources: tuple[tuple[str, int], ...] = ()


class Span(Struct, frozen=True):
    """A piece of text; `marked` where it is a word that was looked for."""

    text: str
    marked: bool = False


class Picture(Struct, frozen=True):
    """A picture's bytes, content coding undone. `type` is the media type that they begin as, one that browsers show and
    that runs nothing."""

    type: str
    data: bytes


class Card(Struct, frozen=True):
    """One page in a list. `lead` is the picture that stands for it; `versions` how many texts the article has had."""

    page: PageRow
    lead: Capture | None = None
    versions: int = 1
    snippet: tuple[Span, ...] = ()
    subtitle: str | None = None


class Results(Struct, frozen=True):
    """One screen of what was found. `total` is exact unless `more_than` says that counting stopped there."""

    query: Query
    cards: tuple[Card, ...]
    total: int
    more_than: bool = False
    per_page: int = 20


class SiteDay(Struct, frozen=True):
    """What came in from one host on one day; `count` may be more than there are cards."""

    host: str
    count: int
    cards: tuple[Card, ...]


class Day(Struct, frozen=True):
    """What came in on one day (UTC), by host, the host with the most first."""

    day: date
    count: int
    sites: tuple[SiteDay, ...]


class Front(Struct, frozen=True):
    """The first page: the last days on which anything came in, the newest first, counts as `Collection.stats` gives
    them, the latest failures."""

    days: tuple[Day, ...]
    counts: dict[str, object]
    failed: tuple[PageRow, ...]


class Moment(Struct, frozen=True):
    """One capture in the history of an article. `version` is the number of the text that it brought, None where it
    brought none; `words` of that text."""

    page: PageRow
    version: int | None = None


class Provenance(Struct, frozen=True):
    """Where a page comes from: what ties it to the web and to its WARC file.

    `addresses` are all under which it is found. `ip`, `block` and `payload` are of its record; `chain` are the hops
    that lead to it, `requisites` what it needs, as stored with it. `software` is what wrote the file. `headers` are
    those of the HTTP answer.
    """

    addresses: tuple[str, ...]
    capture: Capture | None = None
    ip: str | None = None
    block: str | None = None
    payload: str | None = None
    warcinfo: str | None = None
    software: str | None = None
    chain: tuple[Capture, ...] = ()
    requisites: tuple[Capture, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class Read(Struct, frozen=True):
    """A page with all that is known of it. `article` is None where it has no text; `damage` then says so if its file
    is broken. `moments` are all captures of it, the oldest first."""

    page: PageRow
    article: Article | None
    provenance: Provenance
    moments: tuple[Moment, ...]
    lead: Capture | None = None
    damage: str | None = None


class Run(Struct, frozen=True):
    """What one run said: `kind` is crawl, check or verify; `counts` by verdict or by what was found."""

    name: str
    kind: str
    begun: datetime
    seconds: float | None
    counts: dict[str, int]
    summary: str = ""
    report: dict[str, object] = field(default_factory=dict)


class Health(Struct, frozen=True):
    """How the collection fares: its last runs, the oldest first; captures a day by verdict; hosts that fail most
    (host, failed, asked); reports that cannot be read."""

    runs: tuple[Run, ...]
    days: tuple[tuple[date, dict[str, int]], ...]
    failing: tuple[tuple[str, int, int], ...]
    unreadable: tuple[str, ...] = ()
