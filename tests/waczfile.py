"""WACZ files taken apart without our own code, but for the reading of WARC records."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from pathlib import Path

from archive.warc.reader import read_records


def sha256(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


class Opened:
    """A WACZ file, taken apart without our own code."""

    def __init__(self, path: Path, folder: Path) -> None:
        with zipfile.ZipFile(path) as file:
            assert file.testzip() is None
            self.infos = file.infolist()
            file.extractall(folder)
        self.folder = folder
        self.package = json.loads((folder / "datapackage.json").read_bytes())
        index = gzip.decompress((folder / "indexes" / "index.cdx.gz").read_bytes()).decode()
        self.lines = [json.loads(line.split(" ", 2)[2]) for line in index.splitlines() if not line.startswith("!")]
        self.pages = [json.loads(line) for line in (folder / "pages" / "pages.jsonl").read_text().splitlines()[1:]]

    @property
    def urls(self) -> set[str]:
        return {line["url"] for line in self.lines if not line["url"].startswith("urn:")}

    def check(self) -> None:
        assert {info.compress_type for info in self.infos} == {zipfile.ZIP_STORED}
        assert (self.package["profile"], self.package["wacz_version"]) == ("data-package", "1.1.1")
        named = {each["path"] for each in self.package["resources"]}
        assert named == {info.filename for info in self.infos if not info.filename.startswith("datapackage")}
        for each in self.package["resources"]:
            path = self.folder / each["path"]
            assert (each["hash"], each["bytes"]) == (sha256(path), path.stat().st_size)
        for path in (self.folder / "archive").iterdir():
            records = {record.offset: record for record in read_records(path, strict=True)}
            for line in self.lines:
                if line["filename"] == path.name:
                    assert records[int(line["offset"])].header("WARC-Target-URI") == line["url"]
        digests = {line["digest"] for line in self.lines if line.get("mime") != "warc/revisit"}
        assert {line["digest"] for line in self.lines} <= digests
