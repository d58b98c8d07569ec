"""What the commands print: rows for scripts, lines for people. Pure functions of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archive.article import words
from archive.models import Article, PageRow, VerdictKind
from archive.telling import as_dict
from scraper.saying import fit

LONGEST_SHOWN = 100
LONGEST_ADDRESS = 500
LONGEST_LINE = 1000

if TYPE_CHECKING:
    from scraper.crawl import Result, Tally


def json_line(row: PageRow, folder: Path, **more: object) -> str:
    return json.dumps(as_dict(row, folder) | more, ensure_ascii=False)


def kept_before(row: PageRow) -> str:
    return f"kept already on {row.captured_at:%Y-%m-%d at %H:%M} UTC; --again asks for it anew"


def unread(row: PageRow) -> bool:
    """Whether it is kept without a text because reading it failed."""
    return row.verdict is VerdictKind.PAGE and row.text is None and not row.extractor


def shown_address(url: str) -> str:
    """An address as a terminal may have it: no control characters, and no longer than people read."""
    text = url if url.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in url)
    return text if len(text) <= LONGEST_ADDRESS else text[: LONGEST_ADDRESS - 1] + "…"


def result_lines(result: Result, folder: Path) -> list[str]:
    """A kept page is its title, its facts and its files; a failure its verdict, address and reason."""
    lines = (fit(line) for line in _result_lines(result, folder))
    return [line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines]


def _result_lines(result: Result, folder: Path) -> list[str]:
    row = result.row
    if result.already:
        return [f"= {row.title or shown_address(row.url)}", f"    {shown_address(row.url)}", f"    {kept_before(row)}"]
    if not row.verdict.kept:
        return [f"x {row.verdict.value}: {shown_address(row.url)}", f"    {row.reason}"]
    facts = [row.verdict.value]
    if row.authors:
        facts.append(", ".join(row.authors))
    if row.date:
        facts.append(row.date)
    if row.verdict is VerdictKind.ARTICLE:
        facts.append(f"{row.words} words")
    if row.requisites or row.missing:
        needed = "1 requisite" if row.requisites == 1 else f"{row.requisites} requisites"
        facts.append(needed + (f", {len(row.missing)} missing" if row.missing else ""))
    lines = [
        f"+ {row.title or shown_address(row.url)}",
        f"    {shown_address(row.final_url)}",
        f"    {' · '.join(facts)}",
    ]
    if unread(row):
        lines.append(f"    without a text  {row.reason}")
    if row.text:
        lines.append(f"    text  {shown(folder / row.text)}")
    if row.warc:
        lines.append(f"    warc  {shown(folder / row.warc)}, offset {row.offset}")
    lines += [f"    missing  {missing.url}: {missing.reason}" for missing in row.missing[:5]]
    if len(row.missing) > 5:
        lines.append(f"    missing  and {len(row.missing) - 5} more: tearsheet show --meta {row.url}")
    return lines


def shown(path: Path) -> str:
    """A path as people like to read it: relative where it lies below the working folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def summary_lines(tally: Tally, folder: Path, seconds: float) -> list[str]:
    parts = [f"{tally.kept} kept"]
    if tally.already:
        parts.append(f"{tally.already} kept already")
    if tally.failed:
        parts.append(f"{tally.failed} failed")
    if tally.unasked:
        parts.append(f"{tally.unasked} not asked: the run was stopped")
    lines = [f"{', '.join(parts)} in {seconds:.1f} s, in {shown(folder)}"]
    return lines + not_kept_lines(tally.verdicts)


def not_kept_lines(verdicts: Mapping[str, int]) -> list[str]:
    """What failed, by verdict; nothing where nothing did."""
    bad = {kind: count for kind, count in verdicts.items() if not VerdictKind(kind).kept}
    return ["not kept: " + ", ".join(f"{count} {kind}" for kind, count in sorted(bad.items()))] if bad else []


def list_line(row: PageRow) -> str:
    address = shown_address(row.final_url)
    return f"{row.captured_at:%Y-%m-%d %H:%M}  {row.verdict.value:<13} {row.title or '-'}\n    {address}"


def meta_lines(row: PageRow, folder: Path) -> Iterable[str]:
    for name, value in as_dict(row, folder).items():
        if value in (None, [], {}, ""):
            continue
        if isinstance(value, dict):
            yield f"{name}:"
            yield from (f"    {key}: {text}" for key, text in value.items())
        elif isinstance(value, list):
            yield f"{name}: {', '.join(map(str, value))}"
        else:
            yield f"{name}: {value}"


def why_lines(article: Article) -> Iterator[str]:
    """Each field of an article, and below it where it stands on the page."""
    values = {
        "title": article.title,
        "subtitle": article.subtitle,
        "authors": ", ".join(article.authors),
        "date": str(article.date),
        "intro": article.intro,
        "caption": article.caption,
        "credit": article.credit,
        "body": f"{len(article.body)} blocks, {words(article)} words",
        "url": article.url,
    }
    why = dict(article.meta.why)
    for name in filter(why.get, values):
        value = values[name] or ""
        yield f"{name:<9} {value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + '…'}"
        yield f"{'':<9} - {why[name]}"
