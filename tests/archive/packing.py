"""Collections of many small files, and what must hold of them before, while and after they are joined."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.cdxj import place_of
from archive.disk import Disk
from archive.pack import Limits, Packed, Run, limits_of, pack
from archive.warc.reader import read_at, read_records
from tests.archive.collecting import (
    STORY,
    Clock,
    article,
    derived,
    fill,
    folder_of,
    index_lines,
    opened,
    page_lines,
    rereading,
    settings,
)
from tests.making import TIME

SOFTWARE = "tearsheet/0 (test)"
KINDS = ("archive", "quarantine")


def small_files(root: Path, *, disk: Disk | None = None) -> None:
    """Both runs of `fill` and a third that reads a page again: a file for each group."""
    fill(root, warc_size=1, disk=disk)
    read_again(root, "p20", 60, "What was read again.", disk=disk)


def read_again(root: Path, page_id: str, at: int, text: str, *, disk: Disk | None = None) -> None:
    with opened(root, warc_size=1, disk=disk, clock=Clock(TIME.replace(minute=30 + at % 30))) as collection:
        known = collection.known_page(STORY)
        assert known is not None
        row, capture = known
        collection.commit(rereading(page_id, at, (row, capture), article(text))).result(30)


def packed(root: Path, limits: Limits | None = None, **run: Any) -> Packed:
    found = settings(root)
    return pack(found, limits or limits_of(found), Run(SOFTWARE, **run))


def warcs(root: Path, kind: str = "archive") -> list[Path]:
    return sorted((folder_of(root) / kind).glob("*.warc.gz"))


def record_ids(root: Path) -> Counter[str]:
    """How often each record lies in the WARC files; a joined file's own first record is left out."""
    found: Counter[str] = Counter()
    for kind in KINDS:
        for path in warcs(root, kind):
            for record in read_records(path, strict=True):
                if not (record.type == "warcinfo" and b"\njoined: " in record.payload_bytes()):
                    found[record.record_id] += 1
    return found


def assert_every_place_is_there(root: Path) -> None:
    """Whatever a viewer or we ourselves look up, index and catalog lead to the record, and JSON files do."""
    folder = folder_of(root)
    for line in index_lines(root):
        place = place_of(line + b"\n")
        assert place is not None
        record = read_at(folder / "archive" / place[0], place[1])
        assert record.url == json.loads(line.split(b" ", 2)[2])["url"]
    with closing(sqlite3.connect(f"file:{folder / 'catalog.sqlite'}?mode=ro", uri=True)) as db:
        sql = "SELECT c.record_id, w.folder, w.name, c.offset FROM captures c JOIN warcs w ON w.id = c.warc"
        for record_id, kind, name, offset in db.execute(sql):
            assert read_at(folder / kind / name, offset).record_id == record_id
    for path in sorted((folder / "text").rglob("*.json")):
        record = json.loads(path.read_bytes())["record"]
        assert read_at(folder / record["file"], record["offset"]).record_id == record["id"]
        assert read_at(folder / record["text_file"], record["text_offset"]).url.startswith("urn:text:")


def placeless(root: Path) -> dict[str, Any]:
    """All that is derived, less files and offsets: what joining must not change."""
    found = derived(root)
    with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite")) as db:
        rows: dict[str, list[str]] = {}
        for table in ("captures", "pages", "versions"):
            columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
            kept = [name for name in columns if name not in ("warc", "offset", "start", "data_digest")]
            rows[table] = sorted(map(repr, db.execute(f"SELECT {', '.join(kept)} FROM {table}")))
    texts: dict[str, Any] = {}
    for name, content in found["text"].items():
        texts[name] = _placeless_json(content) if name.endswith(".json") else content
    lines = []
    for line in found["index"]:
        key, stamp, data = line.split(b" ", 2)
        fields = {name: value for name, value in json.loads(data).items() if name not in ("filename", "offset")}
        lines.append((key, stamp, json.dumps(fields)))
    same = ("links", "articles", "search")
    return {
        "pages": found["pages"],
        "text": texts,
        "index": sorted(lines),
        "rows": rows | {name: found["catalog"][name] for name in same},
    }


def _placeless_json(content: bytes) -> Any:
    data = json.loads(content)
    for name in ("file", "offset", "text_file", "text_offset"):
        del data["record"][name]
    return data


def check_packed(root: Path, before: dict[str, Any], ids: Counter[str], rebuild: Callable[[], object]) -> None:
    """Nothing is lost, nothing there twice, nothing left over; and a rebuild gives what is there."""
    folder = folder_of(root)
    assert record_ids(root) == ids
    assert not [path for path in folder.rglob("*") if path.name.endswith((".part", ".open")) or path.name[0] == "."]
    assert max(Counter(index_lines(root)).values(), default=1) == 1
    assert max(Counter(line["id"] for line in page_lines(root)).values(), default=1) == 1
    assert_every_place_is_there(root)
    assert placeless(root) == before
    after = derived(root)
    rebuild()
    assert derived(root) == after
