"""The rules of WARC 1.1 (ISO 28500:2017) for a record's named fields: a table, each rule with its section. Pure.

What a block must be (its length, its digests, that of a revisit) is checked where blocks are read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from msgspec import Struct

_VERSION = re.compile(rb"WARC/1\.[01]\r\n")
_TYPES = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\Z")
_REFERRED_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z)?)?)?\Z")
_RECORD_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+>\Z")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*\Z")
_DIGEST = re.compile(r"[^\s:]+:[^\s]+\Z")
_DIGITS = re.compile(r"[0-9]{1,18}\Z")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol", "warc-cipher-suite"})
_IDENTICAL = re.compile(r"https?://netpreserve\.org/warc/1\.[01]/revisit/identical-payload-digest/?\Z")
_SHOWN = 60


class Named(Struct, frozen=True):
    """A record's header block: `head` its bytes, `headers` the fields in order, `values` the first value of each by
    name in lower case, `kind` the record's type in lower case."""

    head: bytes
    headers: tuple[tuple[str, str], ...]
    values: dict[str, str]

    @property
    def kind(self) -> str:
        return self.values.get("warc-type", "").lower()


class Rule(Struct, frozen=True):
    """`section` is that of WARC 1.1; `broken` gives what is wrong in words, or None. `shall`: the standard demands it;
    else it advises. `stops`: without it no reader can tell what the record is."""

    section: str
    broken: Callable[[Named], str | None]
    shall: bool = True
    stops: bool = False


class Breach(Struct, frozen=True):
    """A rule that a record breaks."""

    section: str
    words: str
    shall: bool


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"


def _version(named: Named) -> str | None:
    return None if _VERSION.match(named.head) else "the record's first line is neither WARC/1.0 nor WARC/1.1"


def _line_ends(named: Named) -> str | None:
    head = named.head
    return None if head.count(b"\n") == head.count(b"\r\n") else "a line of the record's header does not end with CR LF"


def _once(named: Named) -> str | None:
    if len(named.headers) == len(named.values):
        return None
    seen = set()
    for name, _ in named.headers:
        name = name.lower()
        if name in seen and name not in _REPEATABLE and (name.startswith("warc-") or name == "content-length"):
            return f"the record has {name} twice"
        seen.add(name)
    return None


def _required(field: str) -> Callable[[Named], str | None]:
    return lambda named: None if field in named.values else f"the record lacks {field}"


def _formed(field: str, pattern: re.Pattern[str], what: str) -> Callable[[Named], str | None]:
    def broken(named: Named) -> str | None:
        value = named.values.get(field)
        return None if value is None or pattern.match(value) else f"{field} is not {what}: {_shown(value)}"

    return broken


def _only(field: str, *kinds: str) -> Callable[[Named], str | None]:
    """The field may stand in records of these types alone, and in such as the standard does not know."""

    def broken(named: Named) -> str | None:
        if field not in named.values or named.kind in kinds or named.kind not in _TYPES:
            return None
        return f"a {named.kind} record may not have {field}"

    return broken


def _needs(field: str, *kinds: str) -> Callable[[Named], str | None]:
    def broken(named: Named) -> str | None:
        if named.kind in kinds and not named.values.get(field):
            return f"the {named.kind} record lacks {field}"
        return None

    return broken


def _fraction(named: Named) -> str | None:
    if named.head.startswith(b"WARC/1.0") and "." in named.values.get("warc-date", ""):
        return "WARC/1.0 knows no fractions of a second in warc-date"
    return None


def _ip(named: Named) -> str | None:
    value = named.values.get("warc-ip-address")
    if value is None:
        return None
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return f"warc-ip-address is no numeric address: {_shown(value)}"
    return None


def _identical(named: Named) -> str | None:
    if named.kind == "revisit" and _IDENTICAL.match(named.values.get("warc-profile", "")):
        return None if named.values.get("warc-payload-digest") else "the revisit record lacks warc-payload-digest"
    return None


def _typed(named: Named) -> str | None:
    if named.values.get("content-length", "0").strip("0") and "content-type" not in named.values:
        return None if named.kind == "continuation" else "the record has a block and no content-type"
    return None


def _known(named: Named) -> str | None:
    kind = named.values.get("warc-type", "response")
    return None if kind.lower() in _TYPES else f"the standard knows no warc-type {_shown(kind)}"


RULES: tuple[Rule, ...] = (
    Rule("4", _version, stops=True),
    Rule("4", _line_ends),
    Rule("5.1", _once, stops=True),
    Rule("5.2", _required("warc-record-id"), stops=True),
    Rule("5.2", _formed("warc-record-id", _RECORD_ID, "an address in angle brackets"), stops=True),
    Rule("5.3", _required("content-length"), stops=True),
    Rule("5.3", _formed("content-length", _DIGITS, "a number"), stops=True),
    Rule("5.4", _required("warc-date"), stops=True),
    Rule("5.4", _formed("warc-date", _DATE, "a UTC time"), stops=True),
    Rule("5.4", _fraction, shall=False),
    Rule("5.5", _required("warc-type"), stops=True),
    Rule("5.5", _formed("warc-type", _TOKEN, "a word")),
    Rule("5.5", _known, shall=False),
    Rule("5.6", _typed, shall=False),
    Rule("5.7", _only("warc-concurrent-to", "request", "response", "resource", "metadata", "revisit")),
    Rule("5.7", _formed("warc-concurrent-to", _RECORD_ID, "an address in angle brackets")),
    Rule("5.8", _formed("warc-block-digest", _DIGEST, "an algorithm, a colon and a digest")),
    Rule("5.9", _formed("warc-payload-digest", _DIGEST, "an algorithm, a colon and a digest")),
    Rule("5.10", _only("warc-ip-address", "response", "resource", "request", "metadata", "revisit")),
    Rule("5.10", _ip),
    Rule("5.11", _only("warc-refers-to", "metadata", "revisit", "conversion")),
    Rule("5.11", _formed("warc-refers-to", _RECORD_ID, "an address in angle brackets")),
    Rule("5.12", _only("warc-refers-to-target-uri", "revisit"), shall=False),
    Rule("5.13", _only("warc-refers-to-date", "revisit"), shall=False),
    Rule("5.13", _formed("warc-refers-to-date", _REFERRED_DATE, "a UTC time")),
    Rule(
        "5.14",
        _needs("warc-target-uri", "response", "resource", "request", "revisit", "conversion", "continuation"),
        stops=True,
    ),
    Rule("5.14", lambda n: "the warcinfo record has a warc-target-uri" if _has(n, "warcinfo") else None, stops=True),
    Rule("5.14", _formed("warc-target-uri", _ADDRESS, "an address without white space and angle brackets")),
    Rule("5.15", _formed("warc-truncated", _TOKEN, "a word")),
    Rule("5.16", _only("warc-warcinfo-id", *sorted(_TYPES - {"warcinfo"}))),
    Rule("5.16", _formed("warc-warcinfo-id", _RECORD_ID, "an address in angle brackets")),
    Rule("5.17", _only("warc-filename", "warcinfo")),
    Rule("5.18", _needs("warc-profile", "revisit"), stops=True),
    Rule("5.18", _formed("warc-profile", _ADDRESS, "an address"), shall=False),
    Rule("5.20", _needs("warc-segment-number", "continuation")),
    Rule("5.20", _formed("warc-segment-number", _DIGITS, "a number")),
    Rule("5.21", _needs("warc-segment-origin-id", "continuation")),
    Rule("5.21", _only("warc-segment-origin-id", "continuation")),
    Rule("5.22", _only("warc-segment-total-length", "continuation")),
    Rule("6.7.2", _identical),
)
"""In the order of sections."""
_STOPPING = tuple(rule.broken for rule in RULES if rule.stops)


def _has(named: Named, kind: str) -> bool:
    return named.kind == kind and "warc-target-uri" in named.values


def breaches(named: Named) -> Iterator[Breach]:
    """The rules that the record breaks. Fields that the standard does not know are none of its business (5.1)."""
    for rule in RULES:
        words = rule.broken(named)
        if words is not None:
            yield Breach(rule.section, words, rule.shall)


def field_problem(named: Named) -> str | None:
    """The first thing that keeps a strict reader from taking the record, in words, or None."""
    for broken in _STOPPING:
        if problem := broken(named):
            return problem
    return None
