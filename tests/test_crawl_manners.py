"""How a crawl behaves towards hosts that have trouble, want to be left alone, or lead it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command import Home, home
from tests.site import Connection, Request, Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def listed(folder: Path, web: Web, addresses: Iterable[str], **more: str) -> Home:
    """A folder whose one source is a list of these addresses."""
    made = home(folder, web, **more)
    (folder / "links.txt").write_text("\n".join(addresses))
    source(made, 'kind = "list"\npath = "links.txt"\nname = "Links"')
    return made


def source(made: Home, lines: str) -> None:
    with (made.folder / "config.toml").open("a") as file:
        file.write(f"[[source]]\n{lines}\n")


def report(made: Home) -> dict[str, Any]:
    """The latest one."""
    found: dict[str, Any] = json.loads(max((made.collection / "reports").glob("*.json")).read_bytes())
    return found


def cut(connection: Connection, request: Request) -> None:
    connection.cut()


def test_robots_that_fail_for_now_put_nothing_off_for_long(web: Web, tmp_path: Path) -> None:
    web.host("down.test").robots("closed for repairs", status=503)
    made = listed(tmp_path, web, [f"https://down.test/{n}" for n in range(20)])
    assert made.run("-q", "crawl", "--max-pages", "1").code == 9
    ran = report(made)
    assert ran["verdicts"] == {"server error": 1}
    assert [host["host"] for host in ran["hosts_in_backoff"]] == ["down.test"]
    again = datetime.fromisoformat(ran["failures"][0]["again"]) - datetime.fromisoformat(ran["ended"])
    assert again < timedelta(minutes=10)
