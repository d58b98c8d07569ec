"""The sample config: made from the settings, so that it can never say anything else than they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from scraper import quantity
from scraper.config import ARCHIVE, DEPOSITORY, SECTIONS, SOURCE, Key, keys
from scraper.settings import INTERNET_ARCHIVE, OTHER_ARCHIVES, SOURCE_KINDS, SOURCE_USES, WebArchive

WIDTH = 100
HEAD = (
    "The settings of tearsheet. Each stands here with its default, so this file works as it is and any line of it may "
    "go. A file that -c names is read, else ./config.toml, else tearsheet/config.toml in your own config folder. "
    "Relative paths are relative to this file. An environment variable beats this file: TEARSHEET_FETCH__TIMEOUT=10 "
    'sets timeout in [fetch]. Sizes are bytes or "50 MB" or "1 GiB"; times are seconds or "90 s", "12 h" or "1 day".'
)
ABOUT = {
    "fetch": "How an address is asked.",
    "read": "How a page is read.",
    "archive": "Where everything is kept.",
    "crawl": "How many addresses are gone through.",
    "check": "How tearsheet check finds out what became of links.",
    "notify": "Who is told of a run of tearsheet crawl or check.",
    "submit": "How public archives are asked to keep a copy too, with --submit.",
    "rescue": "How tearsheet rescue looks in web archives for what is dead.",
    "links": "Where others see what is kept.",
    "cluster": "The machines that help.",
}
ARCHIVES = (
    "The web archives that tearsheet rescue asks, as many as you like. The Internet Archive, which stands here, is "
    "asked where the file names none."
)
DEPOSITORIES = (
    "The public archives that are asked, as many as you like; none where the file names none. Save Page Now of the "
    "Internet Archive wants keys of yours (archive.org/account/s3.php), which are never written anywhere."
)
DEPOSITORY_EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "name": "Save Page Now",
        "kind": "save-page-now",
        "url": "https://web.archive.org/save",
        "keys_variable": "SPN_KEYS",
        "options": "skip_first_archive=1",
        "delay": 6.0,
        "poll": 5.0,
    },
    {"name": "Save Page Now, keys in a file", "keys": "spn-keys.txt"},
    {"name": "Another", "kind": "request", "url": "https://archive.example/save?url={url}", "method": "GET"},
)
MORE_ARCHIVES = "Other public archives that speak Memento:"
SOURCES = (
    "Where addresses come from besides the command line, as many as you like. kind is feed (RSS, Atom, JSON Feed, or "
    "a list or page that names feeds), sitemap (or the home page of a site that has one) or site (its links are "
    "followed), each with a url; list (addresses, one a line: a path or a url) or texts (a folder of article texts: a "
    "path)."
)
# Each kind with where it is and, at the first that knows it, what else may be said.
SOURCE_EXAMPLES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("feed", "url", "https://example.com/feed.xml", ("name", "include", "exclude", "recapture_after")),
    ("sitemap", "url", "https://example.com/", ("since",)),
    ("site", "url", "https://example.org/news/", ("scope", "depth", "max_pages")),
    ("list", "path", "addresses.txt", ()),
    ("texts", "path", "articles", ("links",)),
)


def sample() -> str:
    """The text of a config.toml with every setting, its help and its default."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from _comment(HEAD)
    for section in SECTIONS:
        yield ""
        yield from _comment(ABOUT[section])
        yield f"[{section}]"
        for key in keys(section).values():
            yield ""
            yield from _comment(key.about.help + _more(key))
            yield _setting(key)
        if section == "rescue":
            yield from _archives()
        if section == "submit":
            yield from _depositories()
    yield ""
    yield from _comment(SOURCES)
    for kind, where, value, more in SOURCE_EXAMPLES:
        yield "#"
        yield "# [[source]]"
        yield f'# kind = "{kind}"'
        yield f'# {where} = "{value}"'
        for name in more:
            key = keys(SOURCE)[name]
            yield from (f"# {line}" for line in _comment(f"{key.about.help}{_more(key)}{_for(name)}", WIDTH - 2))
            yield f"# {_setting(key).removeprefix('# ')}"


def _archives() -> Iterator[str]:
    yield ""
    yield from _comment(ARCHIVES)
    yield f"[[{ARCHIVE}]]"
    for key in keys(ARCHIVE).values():
        yield from _comment(key.about.help)
        yield _value(key, getattr(INTERNET_ARCHIVE, key.name))
    yield ""
    yield from _comment(MORE_ARCHIVES)
    for archive in OTHER_ARCHIVES:
        yield "#"
        yield f"# [[{ARCHIVE}]]"
        yield from (f"# {line}" for line in _told(archive))


def _depositories() -> Iterator[str]:
    yield ""
    yield from _comment(DEPOSITORIES)
    for number, values in enumerate(DEPOSITORY_EXAMPLES):
        yield "#"
        yield f"# [[{DEPOSITORY}]]"
        for name, value in values.items():
            key = keys(DEPOSITORY)[name]
            if not number:
                yield from (f"# {line}" for line in _comment(key.about.help + _more(key), WIDTH - 2))
            yield f"# {_value(key, value)}"


def _told(archive: WebArchive) -> Iterator[str]:
    for key in keys(ARCHIVE).values():
        value = getattr(archive, key.name)
        if value != key.default:
            yield _value(key, value)


def _for(name: str) -> str:
    kinds = SOURCE_USES.get(name, SOURCE_KINDS)
    return " For any kind." if kinds == SOURCE_KINDS else f" For {' and '.join(kinds)}."


def _comment(text: str, width: int = WIDTH) -> Iterator[str]:
    for line in wrap(text, width - 2, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"


def _more(key: Key) -> str:
    if key.about.choices:
        return " " + " or ".join(f'"{choice}"' for choice in key.about.choices) + "."
    return ""


def _setting(key: Key) -> str:
    if key.about.example and not key.default:
        value = [key.about.example] if key.kind is tuple else key.about.example
        return f"# {key.name} = {_toml(value)}"
    return _value(key, key.default)


def _value(key: Key, value: Any) -> str:
    if key.about.unit == "bytes":
        return f"{key.name} = {_toml(quantity.size_text(value))}"
    if key.about.unit == "seconds":
        seconds = quantity.duration_text(value)
        return f"{key.name} = {seconds.removesuffix(' s') if seconds.endswith(' s') else _toml(seconds)}"
    return f"{key.name} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Path):
        value = value.as_posix()
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
