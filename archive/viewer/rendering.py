"""Values as pages show them: the templates, and the small functions that they call. Everything is escaped."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from archive.article import plain_inline
from archive.harmless import harmless, open_address, safe_address
from archive.inline import MONTHS
from archive.models import Block, Heading, PageRow
from archive.rows import host_of, iso
from archive.viewer.asking import MOST_PAGES, address_of
from archive.viewer.model import Query, Results
from archive.viewer.prose import inline

STATIC = Path(__file__).parent / "static"

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGEST_TITLE = 400
_LONGEST_ADDRESS = 4096
_LONGEST_TEXT = 200_000
_MOST_NAMES = 6


def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("archive.viewer"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "address": lambda text: open_address(cut(text, _LONGEST_ADDRESS)),
        "bare_host": lambda page: host_of(page.final_url),
        "clock": lambda time: f"{time.astimezone(UTC):%H:%M} UTC",
        "counts": counts,
        "cut": cut,
        "day": lambda time: written(time.astimezone(UTC).date()),
        "headline": headline,
        "host": host_name,
        "idn": idn,
        "inline": inline,
        "iso": iso,
        "kind": lambda block: type(block).__name__,
        "lasted": lasted,
        "last_page": last_page,
        "levelled": levelled,
        "line": plain_inline,
        "names": names,
        "number": lambda number: f"{number:,}",
        "safe_address": safe_address,
        "size": size,
        "weekday": weekday,
        "written": written,
    }
    made.globals |= {"address_of": address_of, "empty": Query(), "static": static}
    return made


def _final(value: object) -> object:
    """Everything that a template puts out, but what is HTML already, goes through here."""
    return harmless(cut(value, _LONGEST_TEXT)) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


# ------------------------------------------------------------------------------------------------ words


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def headline(page: PageRow) -> str:
    """What a page is called: its title, else the last words of its address."""
    if page.title and page.title.strip():
        return cut(plain_inline(page.title), _LONGEST_TITLE)
    path = re.split(r"[?#]", page.final_url, maxsplit=1)[0].rstrip("/").split("/", 3)[3:]
    said = re.sub(r"[-_+]+|\.\w{2,5}$", " ", unquote(path[0].rpartition("/")[2])).strip() if path else ""
    return cut(said or host_name(page) or page.url, _LONGEST_TITLE)


def host_name(page: PageRow) -> str:
    return idn(host_of(page.final_url))


def names(authors: Iterable[str]) -> str:
    listed = list(authors)
    more = len(listed) - _MOST_NAMES
    return ", ".join(cut(name, 100) for name in listed[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def idn(host: str) -> str:
    """A host as its owner writes it, where that shows nothing else than letters."""
    if "xn--" not in host:
        return host
    import idna

    try:
        return idna.decode(host)
    except idna.IDNAError:
        return host


def counts(values: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in values.items()) or "nothing"


# ------------------------------------------------------------------------------------------------ days and sizes


def written(day: date | str) -> str:
    """`28 May 2013`; what is no day stays as it is."""
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day[:10])
        except ValueError:
            return str(day)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday(day: date) -> str:
    return f"{_DAYS[day.weekday()]}, {written(day)}"


def size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" or number >= 10 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def lasted(seconds: float | None) -> str:
    if seconds is None or not math.isfinite(seconds):
        return "not known"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


# ------------------------------------------------------------------------------------------------ structure


def levelled(body: Iterable[Block]) -> Iterator[tuple[Block, int]]:
    """Each block with the level that its heading has on the page: none skips one, as screen readers want it."""
    last = 1
    for block in body:
        if isinstance(block, Heading):
            last = max(2, min(block.level, last + 1, 6))
        yield block, last


def last_page(results: Results) -> int:
    return min(MOST_PAGES, max(1, -(-results.total // results.per_page)))
