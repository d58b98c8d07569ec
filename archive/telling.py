"""A page as rows for programs tell of it: what `--json` prints, and the library's API answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archive.models import PageRow
from archive.rows import iso


def as_dict(row: PageRow, folder: Path | None) -> dict[str, Any]:
    """The fields of one row; times are RFC 3339 in UTC, paths absolute, or without a folder relative to the
    collection's."""

    root = f"{folder.absolute()}/" if folder is not None else ""

    def path(name: str | None) -> str | None:
        return name if name is None else f"{root}{name}"

    return {
        "url": row.url,
        "final_url": row.final_url,
        "original_url": row.original_url,
        "verdict": row.verdict.value,
        "reason": row.reason,
        "evidence": list(row.evidence),
        "status": row.status,
        "title": row.title,
        "authors": list(row.authors),
        "date": row.date,
        "language": row.language,
        "words": row.words,
        "text": path(row.text),
        "warc": path(row.warc),
        "offset": row.offset,
        "digest": row.digest,
        "captured_at": iso(row.captured_at),
        "requisites": row.requisites,
        "missing_requisites": [missing.url for missing in row.missing],
        "missing_reasons": {missing.url: missing.reason for missing in row.missing},
        "page_id": row.page_id,
        "source": row.source,
        "via": row.via,
        "attempts": row.attempts,
        "elapsed": round(row.elapsed, 3),
        "extractor": row.extractor,
    }
