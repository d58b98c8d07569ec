"""A WACZ file read back with zipfile: of the whole collection, and of some pages."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.wacz import Export, export
from archive.warc.reader import read_at, read_records
from tests.archive.collecting import STORY, fill, settings
from tests.making import TIME


@pytest.mark.parametrize("some", [False, True])
def test_digests_index_lines_and_originals(tmp_path: Path, some: bool) -> None:
    fill(tmp_path)
    target = tmp_path / "out.wacz"
    with Collection.open(settings(tmp_path), None) as collection:
        ids = frozenset(row.page_id for row in collection.kept_under(STORY)) if some else None
        made = export(collection, Export("Main", "tearsheet/0", TIME, ids), target)
    assert made.digest == "sha256:" + hashlib.sha256(target.read_bytes()).hexdigest()
    assert not (tmp_path / "out.wacz.tmp").exists()
    with zipfile.ZipFile(target) as wacz:
        assert wacz.testzip() is None
        assert all(info.compress_type == zipfile.ZIP_STORED for info in wacz.infolist())
        told = {each["path"]: each for each in json.loads(wacz.read("datapackage.json"))["resources"]}
        assert set(told) == set(wacz.namelist()) - {"datapackage.json", "datapackage-digest.json"}
        for path, each in told.items():
            assert each["hash"] == "sha256:" + hashlib.sha256(wacz.read(path)).hexdigest()
        wacz.extractall(tmp_path / "out")
    folder = tmp_path / "out" / "archive"
    lines = gzip.decompress((tmp_path / "out/indexes/index.cdx.gz").read_bytes()).splitlines()
    assert lines == sorted(lines) and len(lines) == made.captures
    for line in lines:
        fields = json.loads(line.split(b" ", 2)[2])
        record = read_at(folder / fields["filename"], int(fields["offset"]))
        assert (record.url, record.length) == (fields["url"], int(fields["length"]))
    records = [record for path in sorted(folder.iterdir()) for record in read_records(path, strict=True)]
    held = {record.record_id for record in records}
    revisits = [record for record in records if record.type == "revisit"]
    assert revisits and all(record.header("WARC-Refers-To") in held for record in revisits)
    listed = (tmp_path / "out/pages/pages.jsonl").read_bytes().splitlines()
    assert len(listed) == made.pages + 1
