"""The checks of the config: types for msgspec made from the settings, and their errors in words of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, ValidationError, convert

from archive.urls import wire_url
from scraper import quantity
from scraper.config import ARCHIVE, DEPOSITORY, SECTIONS, SOURCE, Entry, Key, keys
from scraper.settings import (
    DEPOSITORY_KINDS,
    DEPOSITORY_USES,
    SOURCE_KINDS,
    SOURCE_USES,
    STDIN,
    Depository,
    Source,
    WebArchive,
)
from scraper.sources.lists import completed

_PLACES = ("timegate", "timemap", "cdx")
NEEDS_URL = ("feed", "sitemap", "site")
SHOWN = 80
CENTURY = 100 * 365.25 * 86400
Report = Callable[[str, str], None]


def checked(section: str, given: Mapping[str, Entry], report: Report) -> Any:
    """The section's dataclass from what was given; each wrong value is reported with its origin, its default taken."""
    if not given:
        return SECTIONS[section]()
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
    folder = path.parent if path is not None else None

    def problem(table: Mapping[str, Any], made: dict[str, Any]) -> str | None:
        return _source_problem(table) or _source_values(table, folder, made)

    return tuple(Source(**made) for made in _tables(SOURCE, value, path, problem, report))


def checked_archives(value: Any, path: Path | None, report: Report) -> tuple[WebArchive, ...]:
    """The `[[rescue.archive]]` tables in order; wrong ones are reported and left out."""
    return tuple(WebArchive(**made) for made in _tables(ARCHIVE, value, path, _archive_problem, report))


def checked_depositories(value: Any, path: Path | None, report: Report) -> tuple[Depository, ...]:
    """The `[[submit.archive]]` tables in order; wrong ones are reported and left out."""
    folder = path.parent if path is not None else None

    def problem(table: Mapping[str, Any], made: dict[str, Any]) -> str | None:
        return _depository_problem(table, folder, made)

    return tuple(Depository(**made) for made in _tables(DEPOSITORY, value, path, problem, report))


def _tables(
    kind: str,
    value: Any,
    path: Path | None,
    problem_of: Callable[[Mapping[str, Any], dict[str, Any]], str | None],
    report: Report,
) -> Iterator[dict[str, Any]]:
    """The values of each table of one of LISTS. `problem_of` puts them into a dict, or says what is wrong."""
    origin = str(path)
    if not isinstance(value, (list, tuple)) or not all(isinstance(table, dict) for table in value):
        report(origin, f"{origin}: {kind} must be written as [[{kind}]], once for each {kind.rpartition('.')[2]}")
        return
    names: dict[str, int] = {}
    for number, table in enumerate(value, 1):
        where = f"{origin}: [[{kind}]] number {number}"
        made: dict[str, Any] = {}
        problem = _unknown_key(kind, table) or problem_of(table, made)
        name = made.get("name")
        if not problem and name in names:
            problem = f": name = {shown(name)}: number {names[name]} is called so"
        if problem:
            report(origin, f"{where}{problem}")
            continue
        if name:
            names[name] = number
        yield made


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


def _unknown_key(kind: str, table: Mapping[str, Any]) -> str | None:
    known = keys(kind)
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(known)}"
            return f" has no setting {name}; {hint}"
    return None


def _archive_problem(table: Mapping[str, Any], made: dict[str, Any]) -> str | None:
    """What is wrong with a [[rescue.archive]]; what is right is put into `made`."""
    for name, value in table.items():
        key = keys(ARCHIVE)[name]
        try:
            made[name] = _made(key, _template(value) if name in _PLACES else value)
        except (ValueError, RecursionError):
            return f": {name} = {shown(value)}: expected {expected(key)}"
    if "name" not in made:
        return " has no name"
    if not any(made.get(name) for name in _PLACES):
        return f": it needs {', '.join(_PLACES[:-1])} or {_PLACES[-1]}"
    return None


def _depository_problem(table: Mapping[str, Any], folder: Path | None, made: dict[str, Any]) -> str | None:
    """What is wrong with a [[submit.archive]]; what is right is put into `made`."""
    for name, value in table.items():
        key = keys(DEPOSITORY)[name]
        try:
            placed = _template(value) if name == "url" else _placed(key, Entry(DEPOSITORY, name, value, "", folder))
            made[name] = _made(key, placed)
        except (ValueError, RecursionError):
            return f": {name} = {shown(value)}: expected {expected(key)}"
    if "name" not in made:
        return " has no name"
    kind = made.get("kind", DEPOSITORY_KINDS[0])
    for name in table:
        if kind not in DEPOSITORY_USES.get(name, DEPOSITORY_KINDS):
            return f": {name} is for kind {DEPOSITORY_USES[name][0]}, not for kind {kind}"
    if kind == "request" and not made.get("url"):
        return ": kind request takes a url"
    return None


def _template(value: Any) -> str:
    """An address that another is put into. Raises ValueError."""
    from scraper.mementos.addresses import URL, filled

    if not isinstance(value, str):
        raise ValidationError("not text")
    template: str = value.strip()
    if template:
        filled(template, "http://example.com/")
    if template.count(URL) > 1 or URL in template.partition("//")[2].partition("/")[0]:
        raise ValidationError("no place for one address")
    return template


def _source_problem(table: Mapping[str, Any]) -> str | None:
    """What is wrong with the table as a whole: its kind, and where it is."""
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
    from scraper import schedule

    schedule.parsed(text)
    return text
