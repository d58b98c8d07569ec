"""The rules of WARC 1.1 (ISO 28500:2017) for a record's named fields: a table, each rule with its section. Pure.

What a block must be (its length, its digests, that of a revisit) is checked where blocks are read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from msgspec import Struct

_VERSION = re.compile(rb"WARC/1\.[01]\r\n")
_TYPES = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\Z")
_REFERRED_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z)?)?)?\Z")
_RECORD_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+>\Z")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*\Z")
_DIGEST = re.compile(r"[^\s:]+:[^\s]+\Z")
_DOTTED = re.compile(r"(?:(?:1?[0-9]?[0-9]|2[0-4][0-9]|25[0-5])(?:\.(?!\Z)|\Z)){4}\Z")
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
    else it advises. `stops`: without it no reader can tell what the record is.

    `of` is the field whose value the rule looks at, so that it says nothing of records without that field; "" where it
    looks at more; `pattern` is what that value must match, if that is all. `by_names`: it looks only at the record's
    type and at which fields are there.
    """

    section: str
    broken: Callable[[Named], str | None]
    shall: bool = True
    stops: bool = False
    of: str = ""
    pattern: str = ""
    by_names: bool = False


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


def _required(section: str, field: str) -> Rule:
    def broken(named: Named) -> str | None:
        return None if field in named.values else f"the record lacks {field}"

    return Rule(section, broken, stops=True, by_names=True)


def _formed(
    section: str, field: str, pattern: re.Pattern[str], what: str, *, shall: bool = True, stops: bool = False
) -> Rule:
    def broken(named: Named) -> str | None:
        value = named.values.get(field)
        return None if value is None or pattern.match(value) else f"{field} is not {what}: {_shown(value)}"

    return Rule(section, broken, shall, stops, of=field, pattern=pattern.pattern)


def _only(section: str, field: str, *kinds: str, shall: bool = True, stops: bool = False) -> Rule:
    """The field may stand in records of these types alone, and in such as the standard does not know."""

    def broken(named: Named) -> str | None:
        if field not in named.values or named.kind in kinds or named.kind not in _TYPES:
            return None
        return f"a {named.kind} record may not have {field}"

    return Rule(section, broken, shall, stops, by_names=True)


def _needs(section: str, field: str, *kinds: str, stops: bool = False) -> Rule:
    def broken(named: Named) -> str | None:
        if named.kind in kinds and not named.values.get(field):
            return f"the {named.kind} record lacks {field}"
        return None

    return Rule(section, broken, stops=stops)


def _fraction(named: Named) -> str | None:
    if named.head.startswith(b"WARC/1.0") and "." in named.values.get("warc-date", ""):
        return "WARC/1.0 knows no fractions of a second in warc-date"
    return None


def _ip(named: Named) -> str | None:
    value = named.values.get("warc-ip-address", "")
    if _DOTTED.match(value):
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


_NOT_WARCINFO = tuple(sorted(_TYPES - {"warcinfo"}))
_ADDRESSED = ("response", "resource", "request", "revisit", "conversion", "continuation")
_IN_BRACKETS = "an address in angle brackets"
_LABELLED = "an algorithm, a colon and a digest"
_PLAIN_ADDRESS = "an address without white space and angle brackets"

RULES: tuple[Rule, ...] = (
    Rule("4", _version, stops=True),
    Rule("4", _line_ends),
    Rule("5.1", _once, stops=True, by_names=True),
    _required("5.2", "warc-record-id"),
    _formed("5.2", "warc-record-id", _RECORD_ID, _IN_BRACKETS, stops=True),
    _required("5.3", "content-length"),
    _formed("5.3", "content-length", _DIGITS, "a number", stops=True),
    _required("5.4", "warc-date"),
    _formed("5.4", "warc-date", _DATE, "a UTC time", stops=True),
    Rule("5.4", _fraction, shall=False, of="warc-date"),
    _required("5.5", "warc-type"),
    _formed("5.5", "warc-type", _TOKEN, "a word"),
    Rule("5.5", _known, shall=False, by_names=True),
    Rule("5.6", _typed, shall=False),
    _only("5.7", "warc-concurrent-to", "request", "response", "resource", "metadata", "revisit"),
    _formed("5.7", "warc-concurrent-to", _RECORD_ID, _IN_BRACKETS),
    _formed("5.8", "warc-block-digest", _DIGEST, _LABELLED),
    _formed("5.9", "warc-payload-digest", _DIGEST, _LABELLED),
    _only("5.10", "warc-ip-address", "response", "resource", "request", "metadata", "revisit"),
    Rule("5.10", _ip, of="warc-ip-address"),
    _only("5.11", "warc-refers-to", "metadata", "revisit", "conversion"),
    _formed("5.11", "warc-refers-to", _RECORD_ID, _IN_BRACKETS),
    _only("5.12", "warc-refers-to-target-uri", "revisit", shall=False),
    _only("5.13", "warc-refers-to-date", "revisit", shall=False),
    _formed("5.13", "warc-refers-to-date", _REFERRED_DATE, "a UTC time"),
    _needs("5.14", "warc-target-uri", *_ADDRESSED, stops=True),
    _only("5.14", "warc-target-uri", *_NOT_WARCINFO, stops=True),
    _formed("5.14", "warc-target-uri", _ADDRESS, _PLAIN_ADDRESS),
    _formed("5.15", "warc-truncated", _TOKEN, "a word"),
    _only("5.16", "warc-warcinfo-id", *_NOT_WARCINFO),
    _formed("5.16", "warc-warcinfo-id", _RECORD_ID, _IN_BRACKETS),
    _only("5.17", "warc-filename", "warcinfo"),
    _needs("5.18", "warc-profile", "revisit", stops=True),
    _formed("5.18", "warc-profile", _ADDRESS, "an address", shall=False),
    _needs("5.20", "warc-segment-number", "continuation"),
    _formed("5.20", "warc-segment-number", _DIGITS, "a number"),
    _needs("5.21", "warc-segment-origin-id", "continuation"),
    _only("5.21", "warc-segment-origin-id", "continuation"),
    _only("5.22", "warc-segment-total-length", "continuation"),
    Rule("6.7.2", _identical),
)
"""In the order of sections."""


def breaches(named: Named) -> list[Breach]:
    """The rules that the record breaks. Fields that the standard does not know are none of its business (5.1)."""
    found = []
    for rule in _that_may_break(named):
        words = rule.broken(named)
        if words is not None:
            found.append(Breach(rule.section, words, rule.shall))
    return found


def field_problem(named: Named) -> str | None:
    """The first thing that keeps a strict reader from taking the record, in words, or None."""
    for rule in _that_may_break(named):
        if rule.stops and (words := rule.broken(named)):
            return words
    return None


class _Shape(Struct, frozen=True):
    """Records of one type with the same fields in the same order. `rules` are those that can say something of them;
    where `formed` matches the values of `fields`, a line each, `rest` is all that is left of these."""

    rules: tuple[Rule, ...]
    rest: tuple[Rule, ...]
    fields: tuple[str, ...]
    formed: re.Pattern[str]


_MOST_SHAPES = 4096
_shapes: dict[tuple[str, tuple[str, ...]], _Shape] = {}


def _that_may_break(named: Named) -> tuple[Rule, ...]:
    """The rules that may say something of a record: all records of a writer are of a few shapes."""
    shape = _shape(named)
    values = named.values
    return shape.rest if shape.formed.fullmatch("\n".join([values[name] for name in shape.fields])) else shape.rules


def _shape(named: Named) -> _Shape:
    seen = named.kind, tuple([name for name, _ in named.headers])
    found = _shapes.get(seen)
    if found is None:
        rules = tuple(
            rule
            for rule in RULES
            if not (rule.of and rule.of not in named.values) and not (rule.by_names and rule.broken(named) is None)
        )
        formed = [rule for rule in rules if rule.pattern]
        # No pattern matches a line end, so that all match together where each matches its own line.
        pattern = "\n".join(f"(?:{rule.pattern.removesuffix(_TO_THE_END)})" for rule in formed)
        rest = tuple(rule for rule in rules if not rule.pattern)
        found = _Shape(rules, rest, tuple(rule.of for rule in formed), re.compile(pattern))
        if len(_shapes) < _MOST_SHAPES:
            _shapes[seen] = found
    return found


_TO_THE_END = r"\Z"
