"""What an address of the library asks for, as values, and back: pure. Whatever was typed, it is bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import asdict, replace

from archive.errors import UsageError
from archive.models import VerdictKind
from archive.viewer.model import Order, Query

MOST_WORDS = 500
MOST_PAGES = 500
_LONGEST = {"q": MOST_WORDS, "site": 253, "author": 200, "language": 35, "verdict": 40, "source": 400}
_PAGE_ID = re.compile(r"[A-Za-z0-9._-]{1,80}\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NAMES = {"words": "q"}
"""Fields of Query whose names in addresses are others."""


def query_of(asked: Mapping[str, str]) -> Query:
    """The query in an address. Raises UsageError that says what is wrong with which part of it."""
    text = {name: _text(asked, name) for name in _LONGEST}
    if text["verdict"] and text["verdict"] not in set(VerdictKind):
        raise UsageError(f"there is no verdict {text['verdict']!r}: {', '.join(VerdictKind)}")
    query = Query(
        words=text["q"],
        site=text["site"].lower(),
        author=text["author"],
        language=text["language"],
        verdict=text["verdict"],
        source=text["source"],
        since=_day(asked, "since"),
        until=_day(asked, "until"),
        order=order_of(asked.get("order", "")),
        page=number_of(asked, "page", 1, MOST_PAGES),
    )
    if query.since and query.until and query.since > query.until:
        raise UsageError(f"the first day, {query.since}, is after the last, {query.until}")
    return query


def address_of(query: Query, path: str = "/search", **changes: Any) -> str:
    """The address of a query, with some of its fields changed; what asks for nothing is left out."""
    standard = asdict(Query())
    values = asdict(replace(query, **changes))
    asked = {_NAMES.get(name, name): str(value) for name, value in values.items() if value != standard[name]}
    return f"{path}?{urlencode(asked)}" if asked else path


def filtered(query: Query) -> bool:
    """Whether it asks for more than words."""
    return replace(query, words="", order=Order.RELEVANCE, page=1) != Query()


def page_id_of(text: str) -> str | None:
    return text if _PAGE_ID.match(text) else None


def number_of(asked: Mapping[str, str], name: str, standard: int, most: int) -> int:
    """A whole number from 1 on. Raises UsageError."""
    text = asked.get(name, "")
    if not text:
        return standard
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise UsageError(f"{name} is a number from 1 to {most}")
    return int(text)


def order_of(text: str) -> Order:
    if text and text not in set(Order):
        raise UsageError(f"order is one of {', '.join(Order)}")
    return Order(text) if text else Order.RELEVANCE


def _text(asked: Mapping[str, str], name: str) -> str:
    text = " ".join(asked.get(name, "").replace("\0", " ").split())
    if len(text) > _LONGEST[name]:
        raise UsageError(f"{name} is longer than {_LONGEST[name]} characters")
    return text.encode("utf-8", "replace").decode("utf-8")


def _day(asked: Mapping[str, str], name: str) -> date | None:
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        if _DAY.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{name} is a day, as 2026-03-01 is one")
