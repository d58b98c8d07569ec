"""What a site answers for a made-up address, and its home page: each asked once a run and host at most, in the host's
turn, as any page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from threading import Lock
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct, field

from archive.models import Exchange, Part, Role, Verdict
from scraper import verdict as verdicts
from scraper.fetch import HopRequest
from scraper.identity import host_of
from scraper.linkcase import Seen
from scraper.read.reading import Reading
from scraper.walk import Walk, Walker

_ENDING = re.compile(r"\.[a-z]{2,5}\Z")
_LETTERS = "bcdfghjkmnpqrstvwxz"


class Probe(Struct):
    """One answer; None where the host could not be asked. `parts` are for the first group that stores them."""

    seen: Seen | None = None
    parts: tuple[Part, ...] = ()

    def take(self) -> tuple[Part, ...]:
        parts, self.parts = self.parts, ()
        return parts


class _Host(Struct):
    lock: Lock = field(default_factory=Lock)
    probes: dict[str, Probe] = field(default_factory=dict)


class Prober:
    """The probes of one run; safe in threads. `salt` makes its made-up addresses, and no other run's."""

    def __init__(self, walker: Walker, read: Callable[[Exchange], Reading | None], salt: str) -> None:
        self._walker = walker
        self._read = read
        self._salt = salt
        self._hosts: dict[str, _Host] = {}
        self._lock = Lock()

    def made_up(self, url: str) -> Probe:
        """The answer for an address beside this one that nobody has made."""
        return self._probe(url, "made up", made_up(url, self._salt))

    def home(self, url: str) -> Probe:
        """The home page of an address's host."""
        at = urlsplit(url)
        return self._probe(url, "home", urlunsplit((at.scheme, at.netloc, "/", "", "")))

    def close(self) -> None:
        """Nobody will store what is left."""
        for host in self._hosts.values():
            for probe in host.probes.values():
                for part in probe.take():
                    part.exchange.body.close()

    def _probe(self, url: str, what: str, target: str) -> Probe:
        with self._lock:
            host = self._hosts.setdefault(host_of(url), _Host())
        with host.lock:
            if what not in host.probes:
                host.probes[what] = self._asked(target)
            return host.probes[what]

    def _asked(self, target: str) -> Probe:
        walk = self._walker.walk(HopRequest(target))
        if walk.stopped:
            self._walker.give_up(walk)
            return Probe()
        reading = self._read(walk.last)
        seen = seen_of(walk, reading, verdicts.verdict(walk.last, reading, None, asked=target))
        parts = [Part(hop, Role.ASSET, verdicts.asset_verdict(hop)) for hop in walk.exchanges if hop.head]
        return Probe(seen, (*walk.robots_parts(), *parts))


def seen_of(walk: Walk, reading: Reading | None, verdict: Verdict) -> Seen:
    """A walk's end as a check sees it."""
    last = walk.last
    return Seen(
        url=last.url,
        verdict=verdict,
        hops=tuple((hop.url, hop.status) for hop in walk.exchanges[:-1]),
        status=last.status,
        failure=last.failure.kind if last.failure is not None else None,
        reading=reading,
        article=reading.article if reading is not None else None,
    )


def made_up(url: str, salt: str) -> str:
    """An address in the same folder, made like this one, that nobody can have made: letters that spell nothing."""
    at = urlsplit(url)
    folder, _, name = at.path.rstrip("/").rpartition("/")
    ending = _ENDING.search(name.lower())
    digest = hashlib.sha256(f"{salt} {at.netloc}".encode("utf-8", "replace")).digest()
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:18])
    made = f"{letters[:6]}-{letters[6:11]}-{letters[11:]}{ending[0] if ending else ''}"
    slash = "/" if at.path.endswith("/") and name else ""
    return urlunsplit((at.scheme, at.netloc, f"{folder}/{made}{slash}", "", ""))
