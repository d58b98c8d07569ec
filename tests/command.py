"""The command as users run it: a process of its own, in a folder of its own, against the loopback web."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.site import Web

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with a config.toml whose addresses all lead to the loopback web."""

    folder: Path

    @property
    def collection(self) -> Path:
        return self.folder / "kept" / "collections" / "main"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "scraper", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
        return clean | {"PYTHONPATH": str(PROJECT), "PYTHONWARNINGS": "error", "NO_COLOR": "1"}

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def killed(
        self, *arguments: str, after: int, delay: float, counts: Callable[[str], bool] = lambda line: True
    ) -> tuple[list[dict[str, Any]], bool]:
        """The rows told by a run that is killed `delay` seconds after it has told of `after` addresses, of those that
        count; one that ends before is not. The second value says whether it was."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        told: list[str] = []
        while after > 0 and (line := process.stdout.readline()):
            told.append(line)
            after -= counts(line)
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        told += process.stdout.readlines()
        code = process.wait(60)
        process.stdout.close()
        return [json.loads(line) for line in told if line.endswith("}\n")], code == -signal.SIGKILL

    def fetch(self, *arguments: str) -> dict[str, Any]:
        """One address kept, or told why not; the row that `--json` prints."""
        ran = self.run("fetch", "--json", *arguments)
        assert ran.rows, f"no row: {ran.err}"
        return ran.rows[0]

    def texts(self) -> dict[str, bytes]:
        top = self.collection / "text"
        return {str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()}

    def warcs(self, folder: str = "archive") -> list[Path]:
        return sorted((self.collection / folder).glob("*.warc.gz"))


def home(folder: Path, web: Web | None, **more: str) -> Home:
    """`more` are further lines, `section__key="TOML value"`."""
    settings = {"archive__root": '"kept"', "fetch__tries": "1", "crawl__host_delay": "0"}
    if web is not None:
        settings |= {
            "fetch__connect_to": json.dumps(web.connect_to),
            "fetch__ca_bundle": json.dumps(str(web.ca_bundle)),
            "fetch__allow_private_addresses": "true",
        }
    sections: dict[str, list[str]] = {}
    for name, value in (settings | more).items():
        section, _, key = name.partition("__")
        sections.setdefault(section, []).append(f"{key} = {value}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(
        "\n".join(f"[{section}]\n" + "\n".join(lines) + "\n" for section, lines in sections.items())
    )
    return Home(folder)
