"""The config: config.toml, the environment and flags become `Settings`. msgspec checks the values.

A flag beats `TEARSHEET_SECTION__KEY` in the environment, which beats the file, which beats the default.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

from archive.errors import ConfigError, UsageError
from archive.settings import ArchiveSettings, Setting
from scraper.settings import (
    CheckSettings,
    ClusterSettings,
    CrawlSettings,
    Depository,
    FetchSettings,
    LinksSettings,
    NotifySettings,
    ReadSettings,
    RescueSettings,
    Settings,
    Source,
    SubmitSettings,
    WebArchive,
)

SECTIONS: dict[str, type[Struct]] = {
    "fetch": FetchSettings,
    "read": ReadSettings,
    "archive": ArchiveSettings,
    "crawl": CrawlSettings,
    "check": CheckSettings,
    "notify": NotifySettings,
    "cluster": ClusterSettings,
    "rescue": RescueSettings,
    "submit": SubmitSettings,
    "links": LinksSettings,
}
SOURCE = "source"
ARCHIVE = "rescue.archive"
DEPOSITORY = "submit.archive"
LISTS: dict[str, type[Struct]] = {SOURCE: Source, ARCHIVE: WebArchive, DEPOSITORY: Depository}
"""What may stand any number of times, as [[source]]."""
FILE_NAME = "config.toml"
PREFIX = "TEARSHEET_"
FLAGS = "the command line"
MAX_FILE = 10_000_000


class Key(NamedTuple):
    """One setting: where it stands, its plain type (bool, int, float, str, Path or tuple), its default and its help."""

    section: str
    name: str
    kind: type
    optional: bool
    default: Any
    about: Setting


class Entry(NamedTuple):
    """A value that somebody gave. `folder` is what a relative path in it is relative to."""

    section: str
    name: str
    value: Any
    origin: str
    folder: Path | None = None

    def where(self) -> str:
        if self.origin.startswith(PREFIX):
            return self.origin
        return f"{self.origin}: [{self.section}] {self.name}"


def load(
    path: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings from `path` (else the first file of `search`, else none), the environment and `overrides`.

    `overrides` maps "section.key" to a value, as flags give them. Raises ConfigError that names the file and each key
    that is wrong, UsageError where only flags are.
    """
    environ = os.environ if environ is None else environ
    found = path if path is not None else search(environ)
    entries: list[Entry] = []
    tables: dict[str, Any] = {}
    if found is not None:
        document = _document(found)
        tables = _lists(document)
        entries.extend(_from_file(document, found))
    entries.extend(_from_environment(environ))
    entries.extend(_from_overrides(overrides or {}))
    if not entries and not tables:
        return Settings()
    from scraper.checks import checked, checked_archives, checked_depositories, checked_sources

    problems = _Problems()
    given: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        if problem := unknown(entry):
            problems.add(entry.origin, problem)
        else:
            given[entry.section, entry.name] = entry
    made: dict[str, Any] = {}
    for section in SECTIONS:
        mine = {name: entry for (where, name), entry in given.items() if where == section}
        made[section] = checked(section, mine, problems.add)
    if SOURCE in tables:
        made["sources"] = checked_sources(tables[SOURCE], found, problems.add)
    if ARCHIVE in tables:
        made["archives"] = checked_archives(tables[ARCHIVE], found, problems.add)
    if DEPOSITORY in tables:
        made["depositories"] = checked_depositories(tables[DEPOSITORY], found, problems.add)
    problems.tell()
    return Settings(**made)


def search(environ: Mapping[str, str]) -> Path | None:
    """`./config.toml`, else `tearsheet/config.toml` in the user's own config folder, else None."""
    here = Path(FILE_NAME)
    if here.is_file():
        return here
    base = environ.get("XDG_CONFIG_HOME") or ""
    if Path(base).is_absolute():
        own = Path(base) / "tearsheet" / FILE_NAME
    elif home := environ.get("HOME"):
        own = Path(home) / ".config" / "tearsheet" / FILE_NAME
    else:
        return None
    return own if own.is_file() else None


@cache
def keys(section: str) -> dict[str, Key]:
    """The settings of a section, or of one of LISTS, in their order."""
    cls = LISTS.get(section) or SECTIONS[section]
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in fields(cls):
        hint, about = get_args(hints[field.name])
        optional = get_origin(hint) in (Union, UnionType)
        if optional:
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
        found[field.name] = Key(section, field.name, get_origin(hint) or hint, optional, field.default, about)
    return found


def unknown(entry: Entry) -> str | None:
    """What is wrong with where the value stands, or None. Names the nearest known key."""
    where = entry.origin if entry.origin.startswith(PREFIX) else f"{entry.origin}:"
    if entry.section not in SECTIONS:
        near = get_close_matches(entry.section, [*SECTIONS, SOURCE], n=1)
        hint = f"did you mean [{near[0]}]?" if near else "there are " + ", ".join(f"[{name}]" for name in SECTIONS)
        return f"{where} there is no section [{entry.section}]; {hint}"
    known = keys(entry.section)
    if entry.name in known:
        return None
    return f"{where} [{entry.section}] has no setting {entry.name}; {_hint(entry.name, entry.section, known)}"


def _hint(name: str, section: str, known: Mapping[str, Key]) -> str:
    elsewhere = [other for other in SECTIONS if other != section and name in keys(other)]
    if elsewhere:
        return f"it stands in [{elsewhere[0]}]"
    everywhere = {other: where for where in SECTIONS for other in keys(where)}
    for places, cutoff in ((known, 0.8), (everywhere, 0.8), (known, 0.6)):
        if near := get_close_matches(name, places, n=1, cutoff=cutoff):
            return f"did you mean {near[0]}" + ("?" if near[0] in known else f" in [{everywhere[near[0]]}]?")
    return "it knows " + ", ".join(known)


class _Problems:
    """What is wrong, all of it, so that one look mends it."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._only_flags = True

    def add(self, origin: str, text: str) -> None:
        self._texts.append(text)
        self._only_flags = self._only_flags and origin == FLAGS

    def tell(self) -> None:
        if self._texts:
            raise (UsageError if self._only_flags else ConfigError)("\n".join(self._texts))


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise ConfigError(f"{path}: is larger than {MAX_FILE} bytes; is it a config?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: is not UTF-8") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(path, str(error), text)) from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None


def _syntax(path: Path, message: str, text: str) -> str:
    match = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if match is not None:
        return f"{path}, line {match[1]}, column {match[2]}: {message[: match.start()]}"
    last = text.rstrip().count("\n") + 1
    return f"{path}, line {last}: {message.removesuffix(' (at end of document)')}; the file ends there"


def _lists(document: dict[str, Any]) -> dict[str, Any]:
    """What LISTS names, taken out of the document."""
    found = {}
    for name in LISTS:
        section, _, key = name.rpartition(".")
        table = document.get(section) if section else document
        if isinstance(table, dict) and key in table:
            found[name] = table.pop(key)
    return found


def _from_file(document: Mapping[str, Any], path: Path) -> Iterator[Entry]:
    for section, table in document.items():
        if not isinstance(table, dict):
            places = [name for name in SECTIONS if section in keys(name)]
            hint = f"it stands in [{places[0]}]" if places else "settings stand in sections"
            if section in SECTIONS:
                hint = f"[{section}] is a section"
            raise ConfigError(f"{path}: {section} stands outside of any section; {hint}")
        if section not in SECTIONS and not table:
            yield Entry(section, "", None, str(path))
        for name, value in table.items():
            yield Entry(section, name, value, str(path), path.parent)


def _from_environment(environ: Mapping[str, str]) -> Iterator[Entry]:
    for variable in sorted(environ):
        section, between, name = variable.removeprefix(PREFIX).partition("__")
        if variable.startswith(PREFIX) and between:
            section, name = section.lower(), name.lower()
            key = keys(section).get(name) if section in SECTIONS else None
            value = environ[variable]
            yield Entry(section, name, value if key is None else _typed(key, value), variable)


def _from_overrides(overrides: Mapping[str, object]) -> Iterator[Entry]:
    for dotted, value in overrides.items():
        section, _, name = dotted.partition(".")
        yield Entry(section, name, value, FLAGS)


def _typed(key: Key, text: str) -> Any:
    """An environment variable's text as the value that it would be in the file; what fits nothing stays text."""
    if key.kind is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if key.kind is tuple:
        return text.replace(",", " ").split()
    if key.kind in (int, float):
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                continue
    return text


def sample() -> str:
    """The text of a config.toml with every setting, its help and its default."""
    from scraper.sample import sample as made

    return made()
