"""The nouns, frozen and slotted. Times are UTC datetimes cut to milliseconds; digests are "sha256:" and hex."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from archive.linkstate import Check
from archive.submission import Submission
from archive.warc.fields import first_named

if TYPE_CHECKING:
    from archive.spool import Spool


class Link(Struct, frozen=True):
    """An address that somebody wants kept, and where we learned of it."""

    url: str
    source: str = "argument"
    via: str | None = None


class VerdictKind(StrEnum):
    """What an answer turned out to be."""

    ARTICLE = "article"
    PAGE = "page"
    DOCUMENT = "document"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    ASSET = "asset"
    ROBOTS = "robots"
    CHALLENGE = "challenge"
    CONSENT = "consent wall"
    PAYWALL = "paywall stub"
    SOFT_404 = "soft 404"
    REPLACED = "replaced"
    EMPTY = "empty"
    GONE = "gone"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate limited"
    SERVER_ERROR = "server error"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"

    @property
    def kept(self) -> bool:
        return self in KEPT


KEPT = frozenset({VerdictKind.ARTICLE, VerdictKind.PAGE, VerdictKind.DOCUMENT, VerdictKind.UNCHANGED})


class Verdict(Struct, frozen=True):
    """`reason` is one sentence for people, `evidence` what was seen, in words."""

    kind: VerdictKind
    reason: str
    evidence: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        return self.kind.kept


class Failure(Struct, frozen=True):
    """Why an exchange has no full answer.

    `kind`: "refused by us", "dns", "connect", "tls", "timeout" (connect or read), "too slow" (the whole exchange),
    "too large" (body or head), "cut" (ended before it was whole), "protocol" (not HTTP), "robots", "redirects",
    "no copy" (a web archive has none), "not believed" (what it has is none of this address or time).
    """

    kind: str
    message: str


class Memento(Struct, frozen=True):
    """Where an answer is from that a web archive took long ago: the memento's address, the archive's name, when it was
    fetched there, and the exchanges as they went over the wire, the last one the memento."""

    address: str
    archive: str
    fetched: datetime
    verbatim: tuple[Exchange, ...] = ()


class Exchange(Struct, frozen=True):
    """One HTTP request and its response as the server sent it; one a hop.

    `url` is what went over the wire (no fragment, no userinfo). `request` is the request's header block as sent, less
    secrets. `head` is the response's header block byte for byte with its empty line, b"" without an answer; `headers`
    the same, parsed (folded lines joined, latin-1). `body` has the transfer coding undone and the content coding as
    sent. `truncated` is a WARC-Truncated value ("length", "time", "disconnect") or None. `elapsed` is in seconds. With
    a `memento` all of it is what the site sent at `time`, less a request, as a web archive tells.
    """

    url: str
    time: datetime
    request: bytes
    status: int | None
    head: bytes
    headers: tuple[tuple[str, str], ...]
    body: Spool
    ip: str | None = None
    truncated: str | None = None
    failure: Failure | None = None
    attempts: int = 1
    elapsed: float = 0.0
    redacted: tuple[str, ...] = ()
    memento: Memento | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name, or None."""
        return first_named(self.headers, name)


# ---------------------------------------------------------------------------------------------------- the article


class Paragraph(Struct, frozen=True):
    """`text` is inline Markdown as FORMAT.md has it; not escaped (the renderer guards it)."""

    text: str


class Heading(Struct, frozen=True):
    """`level` is 2 to 6: the body's highest heading is 2."""

    level: int
    text: str


class Quote(Struct, frozen=True):
    """A quotation; one string a paragraph."""

    paragraphs: tuple[str, ...]


class Item(Struct, frozen=True):
    text: str
    children: tuple[ListBlock, ...] = ()


class ListBlock(Struct, frozen=True):
    """`start` is the first number of an ordered list."""

    ordered: bool
    items: tuple[Item, ...]
    start: int = 1


class Table(Struct, frozen=True):
    """Rows of cells, the first row the header; all rows equally long."""

    rows: tuple[tuple[str, ...], ...]


class Code(Struct, frozen=True):
    """A code block: its lines as they are, no escapes, no inline Markdown."""

    text: str


class Caption(Struct, frozen=True):
    """The caption of a picture inside the body; one of the two may be None."""

    text: str | None
    credit: str | None


Block = Paragraph | Heading | Quote | ListBlock | Table | Code | Caption


class ArticleMeta(Struct, frozen=True):
    """What the text format has no place for. Times as the publisher wrote them (ISO 8601 with offset where given)."""

    language: str | None = None
    site_name: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    description: str | None = None
    published: str | None = None
    modified: str | None = None
    free: bool | None = None
    image: str | None = None
    title_source: str = ""
    notes: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    """Addresses of the further pages, where the article has several."""
    why: tuple[tuple[str, str], ...] = ()
    """Where each field stands on the page, in words: (name of the field, places)."""


class Article(Struct, frozen=True):
    """What the page says. `url` is the article's own address; `intro` one block; `body` never empty when rendered."""

    title: str
    url: str
    body: tuple[Block, ...]
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    date: date | None = None
    intro: str | None = None
    caption: str | None = None
    credit: str | None = None
    meta: ArticleMeta = field(default_factory=ArticleMeta)


# ---------------------------------------------------------------------------------------------------- what is kept


class Role(StrEnum):
    """What an exchange is to its page group."""

    PAGE = "page"
    HOP = "hop"
    ASSET = "asset"
    ROBOTS = "robots"
    FURTHER = "further page"
    MEMENTO = "memento"
    """What a web archive sent, as it came."""
    SUBMISSION = "submission"
    """None: it stands for what a public archive was asked to keep."""


class Capture(Struct, frozen=True):
    """An exchange that is stored, as the catalog knows it.

    `warc` is the file's final name (without `.open`), `folder` "archive" or "quarantine"; `offset` and `length` count
    bytes of the gzip member. `record_type` is "response", "revisit", "resource" or "metadata". `refers_to` is the
    record id of a revisit's original.
    """

    url: str
    time: datetime
    role: str
    verdict: VerdictKind
    status: int | None
    mime: str
    digest: str
    record_id: str
    record_type: str
    folder: str
    warc: str
    offset: int
    length: int
    page_id: str
    etag: str | None = None
    last_modified: str | None = None
    refers_to: str | None = None
    truncated: str | None = None


class Part(Struct, frozen=True):
    """One exchange of a page group. `unchanged_from` names the capture that a 304 confirms."""

    exchange: Exchange
    role: Role
    verdict: Verdict
    unchanged_from: Capture | None = None


class Missing(Struct, frozen=True):
    """A requisite that the page needs and that could not be kept."""

    url: str
    reason: str


class Overruling(Struct, frozen=True):
    """A person's word against a verdict: the answer in quarantine was what was asked for.

    `page_id` and `record_id` name the quarantined page and the record of its answer, `verdict` is what it was taken
    for. `reason` is the person's, in one line; `by` says who it was, "" where nobody knows.
    """

    page_id: str
    record_id: str
    verdict: VerdictKind
    reason: str
    by: str
    time: datetime


class PageGroup(Struct, frozen=True):
    """All that one kept address brings: the unit of commit.

    `parts` stand in the order in which they were asked; the last part of role HOP or PAGE is the chain's end. `shared`
    are requisites of this page that another group of the same run stores. With `overrules` the parts are those of a
    page that lies in quarantine. `check` is what a check of the link found; `bare`: nothing but that is stored, since
    the page differs from the kept one and its text does not. `submissions` are what archives are to be asked, or what
    they answered, which is stored bare too.
    """

    id: str
    link: Link
    time: datetime
    parts: tuple[Part, ...]
    verdict: Verdict
    article: Article | None = None
    missing: tuple[Missing, ...] = ()
    extractor: str = ""
    title: str | None = None
    shared: tuple[str, ...] = ()
    overrules: Overruling | None = None
    check: Check | None = None
    bare: bool = False
    submissions: tuple[Submission, ...] = ()


class PageRow(Struct, frozen=True):
    """One page group as the catalog knows it: what `--json` prints. Paths are relative to the collection's folder.

    `rereads` is the page id of the stored page that this one is another reading of, without a new capture. Two are told
    with the commit alone: `version`, the number of the text's version that this page brought, from the second on, and
    `overrules`, the page id of the quarantined page that a person says this is. `language` is the primary subtag of the
    article's language (BCP 47), in lower case.
    """

    page_id: str
    url: str
    final_url: str
    original_url: str | None
    verdict: VerdictKind
    reason: str
    evidence: tuple[str, ...]
    status: int | None
    title: str | None
    authors: tuple[str, ...]
    date: str | None
    words: int
    text: str | None
    warc: str | None
    offset: int | None
    digest: str | None
    captured_at: datetime
    requisites: int
    missing: tuple[Missing, ...]
    source: str
    via: str | None = None
    attempts: int = 1
    elapsed: float = 0.0
    extractor: str = ""
    rereads: str | None = None
    version: int | None = None
    language: str | None = None
    overrules: str | None = None


class Origin(Struct, frozen=True):
    """Where a text comes from: the page's own record, as the JSON beside the text tells of it.

    `time` is that of the capture; `block` and `payload` are its digests; `file` is relative to the collection's folder.
    """

    url: str
    time: datetime
    file: str
    record_id: str
    record_type: str
    offset: int
    length: int
    status: int | None = None
    ip: str | None = None
    block: str | None = None
    payload: str | None = None
    refers_to: str | None = None


class Rereading(Struct, frozen=True):
    """A stored page that was read again: a group with a text and no capture. `page` is its row, `time` that of reading.

    `page.rereads` or else `page.page_id` names the group that holds the capture.
    """

    id: str
    time: datetime
    page: PageRow
    origin: Origin
    verdict: Verdict
    article: Article
    extractor: str
