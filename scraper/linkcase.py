"""What a check of a link goes by, and what it comes to: plain values, and what follows from them alone."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from archive.drift import Drift
from archive.linkstate import State
from archive.models import Article, Verdict, VerdictKind
from scraper import places
from scraper.identity import identity
from scraper.read.reading import Reading, Sketch


class Want(StrEnum):
    """What else has to be known to tell."""

    MADE_UP = "what the site answers for a made-up address"
    HOME = "the site's home page"
    STORED = "the kept page's outline"


class Seen(Struct, frozen=True):
    """An answer: where it ended, the addresses and statuses of the hops before, what it was taken for, what was read.
    `failure` is the kind of an exchange's failure."""

    url: str
    verdict: Verdict
    hops: tuple[tuple[str, int | None], ...] = ()
    status: int | None = None
    failure: str | None = None
    reading: Reading | None = None
    article: Article | None = None

    @property
    def sketch(self) -> Sketch | None:
        return self.reading.sketch if self.reading is not None else None

    @property
    def well(self) -> bool:
        """Whether it answered with a page."""
        return self.status is not None and 200 <= self.status < 300 and self.failure is None


class Kept(Struct, frozen=True):
    """What is kept of a link: its article, whether it is a document instead, the address that answered at first, and
    whether anything is kept at all."""

    article: Article | None = None
    document: bool = False
    final: str | None = None
    known: bool = True


class Case(Struct, frozen=True):
    """A link and its answer, with what else was found out: a want that was met stands among `met`, with None where it
    could not be had. `answers`: another page of the host is known to answer as it should."""

    asked: str
    kept: Kept
    seen: Seen
    met: frozenset[Want] = frozenset()
    made_up: Seen | None = None
    home: Seen | None = None
    stored: Reading | None = None
    answers: bool = False

    @property
    def moved_to(self) -> str | None:
        """Where the link leads now, if that is another place than at first."""
        return None if identity(self._before) == identity(self.seen.url) else self.seen.url

    @property
    def permanent(self) -> bool:
        """Whether it moved, and all redirects on the way say that it is for good."""
        hops = self.seen.hops
        return self.moved_to is not None and bool(hops) and all(status in (301, 308) for _, status in hops)

    @property
    def place_above(self) -> str | None:
        """The home page or section to which the link leads now, in words."""
        return places.above(self.seen.url, self._before) if self.moved_to is not None else None

    @property
    def _before(self) -> str:
        """What answered at first."""
        return self.kept.final or self.asked


class Judgement(Struct, frozen=True):
    """`verdict` is another than the answer's where the kept page must not give way to it. `bare`: nothing need be
    stored, since the text is as it was."""

    state: State
    reason: str
    evidence: tuple[str, ...] = ()
    verdict: VerdictKind | None = None
    bare: bool = False
    moved_to: str | None = None
    permanent: bool = False
    similarity: float | None = None
    drift: Drift | None = None
