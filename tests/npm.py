"""Files of pinned npm packages, for tests alone. npm gets them once, into the virtual environment."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Package:
    """`sha512` is the digest of the package in base64, as npm writes it; `files` are paths in it."""

    name: str
    version: str
    sha512: str
    files: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return Path(sys.prefix) / "share" / f"{self.name}-{self.version}"

    def file(self, path: str) -> Path:
        return self.folder / path

    def is_there(self) -> bool:
        return all(self.file(path).exists() for path in self.files)

    def get(self) -> None:
        """Raises SystemExit where the package is not the one that is pinned, OSError and CalledProcessError where npm
        does not get it."""
        if self.is_there():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as there:
            command = ["npm", "pack", "--silent", "--pack-destination", there, f"{self.name}@{self.version}"]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            package = Path(there) / f"{self.name}-{self.version}.tgz"
            if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != self.sha512:
                sys.exit(f"{package.name} is not the one that is pinned")
            unpacked = Path(there) / "files"
            with tarfile.open(package) as tar:
                for path in self.files:
                    file = tar.extractfile(f"package/{path}")
                    assert file is not None
                    (unpacked / path).parent.mkdir(parents=True, exist_ok=True)
                    (unpacked / path).write_bytes(file.read())
            shutil.rmtree(self.folder, ignore_errors=True)
            unpacked.rename(self.folder)

    def needed(self) -> None:
        """A skip with the reason where it is not there; in CI a failure."""
        if not self.is_there():
            reason = f"{self.name} is not there: make test gets it, with npm"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)

    def main(self) -> None:
        """Gets it; without npm or its registry that is told, and is an error only in CI."""
        try:
            self.get()
        except (OSError, subprocess.CalledProcessError) as failure:
            if os.environ.get("CI"):
                raise
            print(f"the tests that need {self.name} will be skipped: {failure}", file=sys.stderr)
