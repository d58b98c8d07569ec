"""The checks of the config: pydantic's validators made from the settings, and their errors in words of ours.

They are made with pydantic_core, the engine: building model classes of them would double the time that a command needs
to start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, ValidationError
from pydantic_core import core_schema as schema

from scraper import quantity
from scraper.config import SECTIONS, Entry, Key, keys
from scraper.settings import SOURCE_KINDS, Source

NEEDS_URL = ("feed", "sitemap", "site")
SOURCE_KEYS = ("kind", "url", "path")
SHOWN = 80
CENTURY = 100 * 365.25 * 86400
Report = Callable[[str, str], None]


def checked(section: str, given: Mapping[str, Entry], report: Report) -> Any:
    """The section's dataclass from what was given; each wrong value is reported with its origin, its default taken."""
    cls = SECTIONS[section]
    known = keys(section)
    values = {name: _placed(known[name], entry) for name, entry in given.items()}
    while True:
        try:
            made = _validator(section).validate_python(values)
            break
        except ValidationError as error:
            for name in {str(problem["loc"][0]) for problem in error.errors()}:
                entry = given[name]
                report(entry.origin, f"{entry.where()} = {shown(entry.value)}: expected {expected(known[name])}")
                del values[name]
    return cls(**made)


def checked_sources(value: Any, path: Path | None, report: Report) -> tuple[Source, ...]:
    """The `[[source]]` tables in order; wrong ones are reported and left out."""
    origin = str(path)
    if not isinstance(value, (list, tuple)) or not all(isinstance(table, dict) for table in value):
        report(origin, f"{origin}: source must be written as [[source]], once for each source")
        return ()
    sources = []
    for number, table in enumerate(value, 1):
        where = f"{origin}: [[source]] number {number}"
        problem = _source_problem(table)
        if problem:
            report(origin, f"{where}{problem}")
            continue
        file = table.get("path")
        folder = path.parent if path is not None else None
        sources.append(Source(table["kind"], table.get("url"), _located(file, folder) if file else None))
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


@cache
def _validator(section: str) -> SchemaValidator:
    fields = {key.name: schema.typed_dict_field(_schema(key), required=False) for key in keys(section).values()}
    return SchemaValidator(schema.typed_dict_schema(fields, extra_behavior="forbid"))


def _schema(key: Key) -> CoreSchema:
    made = _plain_schema(key)
    return schema.nullable_schema(made) if key.optional else made


def _plain_schema(key: Key) -> CoreSchema:
    about = key.about
    if about.unit == "bytes":
        number = schema.int_schema(strict=True, ge=int(about.least or 0))
        return schema.no_info_before_validator_function(_size, number)
    if about.unit == "seconds":
        above = 0.0 if about.least is None else None
        seconds = schema.float_schema(strict=True, allow_inf_nan=False, gt=above, ge=about.least, le=CENTURY)
        return schema.no_info_before_validator_function(_seconds, seconds)
    if about.choices:
        return schema.literal_schema(list(about.choices))
    if key.kind is bool:
        return schema.bool_schema(strict=True)
    if key.kind is int:
        return schema.int_schema(strict=True, ge=int(about.least or 0))
    if key.kind is Path:
        return schema.is_instance_schema(Path)
    text = schema.str_schema(strict=True, pattern=about.pattern or None)
    if key.kind is tuple:
        return schema.no_info_before_validator_function(_tuple, schema.tuple_variable_schema(text, strict=True))
    return text


def _size(value: Any) -> Any:
    return quantity.size(value) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        return quantity.duration(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return float(max(-1, min(value, 2 * int(CENTURY))))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _source_problem(table: Mapping[str, Any]) -> str | None:
    for name, value in table.items():
        if name not in SOURCE_KEYS:
            return f" has no setting {name}; it knows {', '.join(SOURCE_KEYS)}"
        if not isinstance(value, str) or not value:
            return f": {name} = {shown(value)}: expected text"
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
    return None
