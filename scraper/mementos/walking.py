"""From an address to its answer as a web archive has it: what `walk.py` is for the live web.

What comes back are the site's own answers of then, hop by hop through the redirects that it sent; how the archive led
there, and what it sent, goes with each.
"""

from __future__ import annotations

from datetime import datetime

from archive import urls
from archive.mementos import Replay, replay_of
from archive.models import Capture, Exchange, Memento
from scraper.fetch import REDIRECTS, HopRequest, next_hop, not_asked
from scraper.mementos.asking import Asking
from scraper.mementos.restoring import is_archived, own_address, problem, restored, stamped
from scraper.mementos.searching import Found
from scraper.walk import Walk

NO_COPY, NOT_BELIEVED = "no copy", "not believed"
"""Kinds of failure: the archive cannot show an address; what it shows cannot be a copy of it."""
MOST_LED = 5
_NOTHING = (400, 404, 410)
_TOO_OFTEN = 429


class MementoWalker:
    """Walks at the archive that has one copy, near the time of that copy. Safe in threads.

    Archives that have no raw copies are asked for the copy as they show it, whose addresses are theirs: of what such a
    page needs nothing is taken.
    """

    def __init__(self, copy: Found, asked: str, asking: Asking, max_redirects: int) -> None:
        """`asked` is the wire address that `copy` is one of."""
        self._copy = copy
        self._asked = asked
        self._asking = asking
        self._most = max_redirects
        self._place: Replay | None = replay_of(copy.address)

    @property
    def near(self) -> datetime | None:
        """The time that all of it is to be near: that of the page's own copy."""
        return self._copy.time

    def walk(self, request: HopRequest, known: Capture | None = None, home: str | None = None) -> Walk:
        """The hops from an address to where its archived redirects end. Nothing that the archive does raises."""
        walk = Walk(home=home)
        self.go_on(walk, request)
        return walk

    def go_on(self, walk: Walk, request: HopRequest) -> None:
        """Append the hops from there on."""
        url = urls.wire_url(request.url)
        while True:
            if url in [hop.url for hop in walk.exchanges]:
                walk.exchanges.append(self._failed(url, "redirects", f"the redirects go in a circle: back to {url}"))
            elif len(walk.exchanges) > self._most:
                walk.exchanges.append(self._failed(url, "redirects", f"more than {self._most} redirects"))
            else:
                walk.exchanges.append(self._taken(url, request))
            following = next_hop(walk.last)
            if following is None or walk.last.failure is not None:
                return
            if not urls.is_http(following):
                walk.exchanges.append(self._failed(following, "redirects", f"it leads to {following[:200]}"))
                return
            url = following

    def give_up(self, walk: Walk) -> None:
        """Nothing of the walk will be stored."""
        walk.close()

    def _taken(self, url: str, request: HopRequest) -> Exchange:
        """What the site answered there then."""
        if url != self._asked:
            address = self._address(url)
            if address is None:
                return self._failed(url, NO_COPY, f"where {self._copy.archive} has copies of it is not known")
            return self._taken_at(address, url, request)
        taken = self._taken_at(self._copy.address, url, request)
        if taken.failure is not None and taken.failure.kind == NO_COPY and self._copy.shown != self._copy.address:
            shown = self._taken_at(self._copy.shown, url, request)
            if shown.memento is not None:
                self._place = None
                return shown
        elif self._place is None and taken.memento is not None:
            self._place = replay_of(taken.memento.address)
        return taken

    def _taken_at(self, address: str, url: str, request: HopRequest) -> Exchange:
        sent: list[Exchange] = []
        while True:
            kind, until = request.kind, request.until
            last = self._asking.ask(HopRequest(address, kind=kind, until=until, max_size=request.max_size))
            sent.append(last)
            if last.failure is not None:
                return self._failed(url, last.failure.kind, last.failure.message, sent)
            if last.status not in REDIRECTS or is_archived(last, url):
                break
            following = next_hop(last)
            if following is None or len(sent) > MOST_LED or following in [each.url for each in sent]:
                return self._failed(url, NO_COPY, f"{self._copy.archive} leads nowhere from {address}", sent)
            address = following
        if last.header("memento-datetime") is None:
            if last.status == _TOO_OFTEN:
                return self._failed(url, "rate limited", f"{self._copy.archive} says that it was asked too often", sent)
            words = "has no copy of it" if last.status in _NOTHING else f"answered {last.status}, but with no memento"
            return self._failed(url, NO_COPY, f"{self._copy.archive} {words}", sent)
        told = (self._copy.time, stamped(last.url)) if url == self._asked else ()
        wrong = problem(last, url, *told)
        if wrong is not None:
            return self._failed(url, NOT_BELIEVED, wrong, sent)
        memento = Memento(own_address(last), self._copy.archive, last.time, tuple(sent))
        return restored(last, url, memento)

    def _address(self, url: str) -> str | None:
        return f"{self._place.prefix}{self._place.stamp}id_/{url}" if self._place is not None else None

    def _failed(self, url: str, kind: str, words: str, sent: list[Exchange] | None = None) -> Exchange:
        for each in sent or ():
            each.body.close()
        return not_asked(url, kind, words, self._asking.clock)
