"""What stands before a page, or in its place without being one: dialogs, logins, challenges, domains for sale. Pure.

What the kept page had, too, is the site's frame and counts for nothing: its search, its newsletter, its login.
"""

from __future__ import annotations

from functools import cached_property

from archive.linkstate import State
from archive.models import VerdictKind
from scraper import places
from scraper.identity import identity
from scraper.linkcase import Case
from scraper.linkwords import Words
from scraper.read import phrases
from scraper.read.reading import Reading, Sketch

LONG = 50
"""Words that make a text of its own."""
SHORT_PAGE = 600
BLANK = 12
"""Fewer words than these are as good as none."""


class Wall:
    """What of one case is no page."""

    def __init__(self, case: Case, words: Words) -> None:
        self._case = case
        self._seen = case.seen
        self._words = words

    @property
    def marks(self) -> tuple[str, ...]:
        """What the page says of consent, payment and logins."""
        reading = self._seen.reading
        if reading is None:
            return ()
        signals = reading.signals
        return (*signals.consent, *signals.paywall, *signals.login, *signals.challenge)[:6]

    @cached_property
    def has_text(self) -> bool:
        """Whether the page has an article's worth of its own text."""
        return self._seen.verdict.kind is VerdictKind.ARTICLE and self._words.fresh >= LONG

    @cached_property
    def _before(self) -> Reading:
        """The kept page, where this one has its frame."""
        stored = self._case.stored
        return stored if stored is not None and self._words.looks_like_site() else Reading(None)

    @cached_property
    def door(self) -> bool:
        """Whether there is something to press or fill in that the kept page did not have."""
        sketch = self._seen.sketch
        if sketch is None:
            return False
        before = self._before.sketch or Sketch()
        more = (
            sketch.buttons > before.buttons,
            len(sketch.fields) > len(before.fields),
            sketch.posts > before.posts,
            sketch.frames > before.frames,
        )
        return any(more) or places.account_link(sketch.links, before.links)

    @property
    def is_shell(self) -> bool:
        """Whether scripts would have to draw the page, or to let us through."""
        few, reading = len(self._words.page) < BLANK, self._seen.reading
        return few and reading is not None and bool(reading.signals.shell or reading.signals.scripts)

    def found(self) -> tuple[State, str, tuple[str, ...]] | None:
        """Whether the page asks for something before it shows what is behind it: state, reason and evidence."""
        reading, sketch = self._seen.reading, self._seen.sketch
        if reading is None or sketch is None:
            return None
        signals = reading.signals
        if signals.challenge_certain or len(signals.challenge) >= 2:
            return State.BLOCKED, "a challenge stands in the place of the page", signals.challenge
        told = [*self._by_address(), *([] if self.has_text else self._by_page(reading, sketch))]
        return (State.WALLED, "consent or a login is asked for before the page", tuple(told)) if told else None

    def _by_address(self) -> list[str]:
        url, asked = self._seen.url, self._case.asked
        if identity(url) == identity(asked):
            return []
        found = [place] if (place := places.wall(url, asked)) else []
        if self.door and places.carries(url, asked):
            found.append(f"its address bears the one that was asked for ({url[:200]})")
        return found

    def _by_page(self, reading: Reading, sketch: Sketch) -> list[str]:
        signals, before = reading.signals, self._before
        found = []
        if "password" in sketch.fields and "password" not in (before.sketch or Sketch()).fields:
            found.append("it asks for a password")
        marks = [mark for mark in signals.consent if mark not in before.signals.consent]
        if len(marks) >= 2:
            found += marks
        if signals.login and not before.signals.login and self.door:
            found += signals.login
        return found

    def speaks_of_consent(self, of: int) -> bool:
        """Whether one in so many words of the page is of consent, and some are: its foot may name a few."""
        sketch, reading = self._seen.sketch, self._seen.reading
        if sketch is None or reading is None or self.has_text:
            return False
        before = (self._before.sketch or Sketch()).text
        count = phrases.consent_words(sketch.text.lower()) - phrases.consent_words(before.lower())
        return count >= 3 and count * of >= reading.signals.words

    @property
    def may_be_challenge(self) -> bool:
        """Whether a 503 is one that scripts are to solve, as some products answer."""
        reading = self._seen.reading
        if reading is None or self._seen.status != 503:
            return False
        signals = reading.signals
        return bool(signals.challenge) or (bool(signals.shell) and signals.scripts > 0)

    @cached_property
    def withdrawn(self) -> tuple[str, ...]:
        """What a page of few words says of an article that was taken down, and the kept one did not."""
        sketch, stored = self._seen.sketch, self._case.stored
        if sketch is None or self.has_text:
            return ()
        before = _withdrawn(stored.sketch) if stored is not None and stored.sketch is not None else frozenset()
        return tuple(f'the page says "{phrase}"' for phrase in sorted(_withdrawn(sketch) - before))

    @property
    def leads_on(self) -> str | None:
        """Where the page says that what was asked for can be had."""
        sketch, stored = self._seen.sketch, self._case.stored
        if sketch is None:
            return None
        before = stored.sketch.links if stored is not None and stored.sketch is not None else ()
        return places.leads_on(sketch.links, before, self._case.asked)

    # ------------------------------------------------------------------------------------------------ parked

    def parked_at(self) -> str | None:
        """The service at which the domain is parked, where the page leads to one."""
        sketch, reading = self._seen.sketch, self._seen.reading
        if sketch is None or reading is None or len(self._words.page) > SHORT_PAGE:
            return None
        links = (*sketch.links, *(each.url for each in reading.requisites))
        return places.parking(self._seen.url, links, self._case.asked)

    def parked(self) -> bool:
        """Whether the page speaks of its own domain, as one that is for sale does."""
        sketch = self._seen.sketch
        if sketch is None or len(self._words.page) > SHORT_PAGE:
            return False
        names = {places.site(self._case.asked), places.site(self._seen.url)}
        low = f"{sketch.title} {sketch.text}".casefold()
        return any(name and name in low for name in names) and places.speaks_of_domains(low)


def _withdrawn(sketch: Sketch) -> frozenset[str]:
    text = sketch.text.lower().replace("\u2019", "'")
    return frozenset(phrase for phrase in phrases.WITHDRAWN_PHRASES if phrase in text)
