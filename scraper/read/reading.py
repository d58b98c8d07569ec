"""What one parse of a page yields: plain values, frozen and slotted, that pass between processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from msgspec import Struct, field

from archive.models import Article
from archive.warc.fields import first_named

RequisiteKind = Literal["style", "image", "script", "font", "frame", "media", "icon", "manifest", "other"]


class Page(Struct, frozen=True):
    """An answer to be read. `body` has its content coding undone; `url` is the address that answered. Without `needs`
    nobody wants to know its requisites, without `links` its outlinks, and they are not looked for; `sketch` is for
    checks of links."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    url: str
    status: int = 200
    needs: bool = True
    links: bool = True
    sketch: bool = False

    def header(self, name: str) -> str | None:
        """The first header of that name, or None."""
        return first_named(self.headers, name)


class Requisite(Struct, frozen=True):
    """An address that a page needs to be seen, as it goes over the wire (`archive.urls.wire_url`)."""

    url: str
    kind: RequisiteKind


class Refresh(Struct, frozen=True):
    """A `<meta http-equiv=refresh>`: where it leads, after how many seconds."""

    url: str
    delay: float


class Signals(Struct, frozen=True):
    """What the verdict needs to know of a page, whatever its article is. Lengths count characters.

    Visible text is all text outside scripts, styles, templates and noscript. The tuples of words hold evidence, one
    observation an entry, in words that a user understands.
    """

    headings: tuple[str, ...] = ()
    """The first `h1` and `h2` texts, at most five."""
    words: int = 0
    text_length: int = 0
    link_text_length: int = 0
    links: int = 0
    paragraphs: int = 0
    """Paragraphs of some length (80 characters and more) that are not mostly links."""
    paragraph_length: int = 0
    """What those paragraphs hold together."""
    article_elements: int = 0
    """`article` elements and what declares that role or an article's microdata type."""
    og_type: str = ""
    schema_types: tuple[str, ...] = ()
    """The types that JSON-LD declares, without their namespace, in page order."""
    published: bool = False
    """Whether the page states a time of publication in its metadata."""
    free: bool | None = None
    """`isAccessibleForFree` where the page states it."""
    stated_length: int = 0
    """Length of the `articleBody` that JSON-LD holds."""
    stated_words: int = 0
    """`wordCount` as JSON-LD states it."""
    scripts: int = 0
    password_field: bool = False
    challenge: tuple[str, ...] = ()
    """Marks of challenge products; each alone also occurs on ordinary pages unless `challenge_certain`."""
    challenge_certain: bool = False
    consent: tuple[str, ...] = ()
    paywall: tuple[str, ...] = ()
    login: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    """Words in title or heading that say that the server failed, or is being worked on."""
    blocked: tuple[str, ...] = ()
    """Words that refuse access (forbidden, banned, not available in your country) in title or heading."""
    shell: tuple[str, ...] = ()
    """Marks of a page that is drawn by scripts."""


class Sketch(Struct, frozen=True):
    """What a page shows, to be held against others. `text` is all visible text, white space folded, `links` are its
    outlinks. `buttons` are things to press outside search forms, `fields` the kinds of inputs that ask for a secret or
    an address, `posts` forms that send something. `language` is the primary subtag that the page states, `alternates`
    the same page in others by its own word: (primary subtag, address)."""

    title: str = ""
    text: str = ""
    links: tuple[str, ...] = ()
    buttons: int = 0
    fields: tuple[str, ...] = ()
    posts: int = 0
    frames: int = 0
    language: str = ""
    alternates: tuple[tuple[str, str], ...] = ()


class Reading(Struct, frozen=True):
    """`refresh` is what the page redirects to by itself; `robots_meta` the lower-case directives of `meta robots`.

    `pagination` are links that may lead to further pages of the article. `error` says what failed while reading, with
    all that could be had in the other fields. `extractor` names what read the page, with versions.
    """

    article: Article | None
    requisites: tuple[Requisite, ...] = ()
    outlinks: tuple[str, ...] = ()
    pagination: tuple[str, ...] = ()
    signals: Signals = field(default_factory=Signals)
    charset: str = ""
    title: str | None = None
    canonical: str | None = None
    refresh: Refresh | None = None
    robots_meta: tuple[str, ...] = ()
    error: str | None = None
    extractor: str = ""
    sketch: Sketch | None = None


Early = Callable[[Reading], None]
"""What hears of a reading as far as it goes, while the article is still being read."""


class Read(Protocol):
    """Whatever reads a page."""

    def __call__(self, page: Page, early: Early | None = None) -> Reading: ...


def failed(error: str, found: Reading | None = None) -> Reading:
    """The reading of a page that could not be read. Of what was `found` before, its requisites count."""
    if found is None:
        return Reading(article=None, error=error)
    return Reading(article=None, requisites=found.requisites, charset=found.charset, error=error)
