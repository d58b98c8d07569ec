"""The checks of the config: types for msgspec made from the settings, and their errors in words of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, ValidationError, convert

from archive.urls import wire_url
from scraper import quantity, schedule
from scraper.config import SECTIONS, SOURCE, Entry, Key, keys
from scraper.settings import SOURCE_KINDS, SOURCE_USES, STDIN, Source
from scraper.sources.lists import completed

NEEDS_URL = ("feed", "sitemap", "site")
SHOWN = 80
CENTURY = 100 * 365.25 * 86400
Report = Callable[[str, str], None]


def checked(section: str, given: Mapping[str, Entry], report: Report) -> Any:
    """The section's dataclass from what was given; each wrong value is reported with its origin, its default taken."""
    known = keys(section)
    made = {}
    for name, entry in given.items():
        try:
            made[name] = _made(known[name], _placed(known[name], entry))
        except ValueError:
            report(entry.origin, f"{entry.where()} = {shown(entry.value)}: expected {expected(known[name])}")
    return SECTIONS[section](**made)


def checked_sources(value: Any, path: Path | None, report: Report) -> tuple[Source, ...]:
    """The `[[source]]` tables in order; wrong ones are reported and left out."""
    origin = str(path)
    if not isinstance(value, (list, tuple)) or not all(isinstance(table, dict) for table in value):
        report(origin, f"{origin}: source must be written as [[source]], once for each source")
        return ()
    folder = path.parent if path is not None else None
    sources: list[Source] = []
    names: dict[str, int] = {}
    for number, table in enumerate(value, 1):
        where = f"{origin}: [[source]] number {number}"
        made: dict[str, Any] = {}
        problem = _source_problem(table) or _source_values(table, folder, made)
        name = made.get("name")
        if not problem and name in names:
            problem = f": name = {shown(name)}: number {names[name]} is called so"
        if problem:
            report(origin, f"{where}{problem}")
            continue
        if name:
            names[name] = number
        sources.append(Source(**made))
    return tuple(sources)


def expected(key: Key) -> str:
    """What the setting takes, in words."""
    about = key.about
    least = f" of at least {about.least:g}" if about.least else ""
    if about.choices:
        return " or ".join(f'"{choice}"' for choice in about.choices)
    if about.unit == "bytes":
        return f'a size{" of at least " + quantity.size_text(int(about.least)) if about.least else ""}, such as "50 MB"'
    if about.unit == "seconds":
        more = " greater than 0" if about.least is None else ""
        return f'seconds{more}, or a time such as "90 s", "12 h" or "1 day"'
    if key.kind is bool:
        return "true or false"
    if key.kind is int:
        return f"a whole number{least or ' that is not negative'}"
    if key.kind is tuple:
        return f"a list of strings: {about.form}"
    if key.kind is Path:
        return about.form or "the name of a folder"
    return about.form or "text"


def shown(value: Any) -> str:
    """A value as the file has it, shortened, without a password."""
    if isinstance(value, (str, int, float, list, tuple, dict)):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    text = re.sub(r"//[^/@\s]{1,200}@", "//…@", text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _placed(key: Key, entry: Entry) -> Any:
    """Paths made relative to what names them; the empty string for "none" where there may be none."""
    value = entry.value
    if key.optional and value == "":
        return None
    if key.kind is Path and isinstance(value, str) and value and "\0" not in value:
        return _located(value, entry.folder)
    return value


def _located(name: str, folder: Path | None) -> Path:
    """`~` is somebody's home, unless nobody is of that name."""
    path = Path(name)
    with suppress(RuntimeError):
        path = path.expanduser()
    return folder / path if folder is not None else path


def _made(key: Key, value: Any) -> Any:
    """The value as the setting holds it. Raises ValueError, of which msgspec's ValidationError is one."""
    if key.optional and value is None:
        return None
    if key.kind is Path:
        if not isinstance(value, Path):
            raise ValidationError("not a path")
        return value
    if key.kind is int and isinstance(value, float):
        raise ValidationError("a fraction")
    if key.about.unit == "bytes" and isinstance(value, str):
        value = quantity.size(value)
    if key.about.unit == "seconds" and isinstance(value, str):
        value = quantity.duration(value)
    return convert(value, _type(key))


def _type(key: Key) -> Any:
    about = key.about
    if about.choices:
        return Literal[about.choices]
    if key.kind is bool:
        return bool
    if key.kind is int:
        return Annotated[int, Meta(ge=int(about.least or 0))]
    if about.unit == "seconds":
        least = Meta(gt=0.0) if about.least is None else Meta(ge=about.least)
        return Annotated[float, least, Meta(le=CENTURY)]
    text = Annotated[str, Meta(pattern=about.pattern or None)]
    return tuple[text, ...] if key.kind is tuple else text


def _source_problem(table: Mapping[str, Any]) -> str | None:
    """What is wrong with the table as a whole: its keys, its kind, and where it is."""
    known = keys(SOURCE)
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(known)}"
            return f" has no setting {name}; {hint}"
    kind = table.get("kind")
    if kind not in SOURCE_KINDS:
        told = f": kind = {shown(kind)}" if kind is not None else " has no kind"
        return f"{told}: expected {', '.join(SOURCE_KINDS[:-1])} or {SOURCE_KINDS[-1]}"
    if kind in NEEDS_URL and ("path" in table or "url" not in table):
        return f": kind {kind} takes a url" + (" and no path" if "path" in table else "")
    if kind == "texts" and ("url" in table or "path" not in table):
        return ": kind texts takes a path" + (" and no url" if "url" in table else "")
    if kind == "list" and ("url" in table) == ("path" in table):
        return ": kind list takes either a path or a url"
    for name in table:
        if kind not in SOURCE_USES.get(name, SOURCE_KINDS):
            return f": {name} is for kind {' or '.join(SOURCE_USES[name])}, not for kind {kind}"
    return None


def _source_values(table: Mapping[str, Any], folder: Path | None, made: dict[str, Any]) -> str | None:
    """What is wrong with a value; the others are put into `made`."""
    known = keys(SOURCE)
    for name, value in table.items():
        key = known[name]
        try:
            if name == "url":
                made[name] = _address(value)
            elif name == "path" and value == STDIN:
                made[name] = Path(STDIN)
            elif name == "recapture_after":
                made[name] = _schedule(value)
            elif value == "" and key.kind in (str, Path):
                raise ValueError("empty")
            else:
                made[name] = _made(key, _placed(key, Entry(SOURCE, name, value, "", folder)))
        except (ValueError, RecursionError):
            return f": {name} = {shown(value)}: expected {expected(key)}"
    return None


def _address(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError("not text")
    url = completed(value.strip())
    wire_url(url)
    return url


def _schedule(value: Any) -> str:
    text = f"{value}" if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValidationError("not text")
    schedule.parsed(text)
    return text
