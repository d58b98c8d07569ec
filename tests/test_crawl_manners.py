"""How a crawl behaves towards hosts that have trouble, want to be left alone, or lead it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scraper.crawling import longest_pause
from tests.command import Home, home
from tests.making import story
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


def test_trouble_behind_a_redirect_is_not_that_of_the_host_that_leads_there(web: Web, tmp_path: Path) -> None:
    short = web.host("short.test")
    web.host("dead.test").otherwise(cut)
    for n in range(8):
        short.redirect(f"/{n}", f"https://dead.test/{n}")
    short.page("/8", story("A story"))
    made = listed(tmp_path, web, [f"https://short.test/{n}" for n in range(9)], crawl__host_delay="0.01")
    made.run("-q", "crawl")
    ran = report(made)
    assert (ran["asked"], ran["kept"]) == (9, 1)
    assert [host["host"] for host in ran["hosts_in_backoff"]] == ["dead.test"]
    assert ran["ended_by"] == "all that was due was asked"


def test_a_delay_of_the_config_that_is_longer_than_hosts_may_ask_for_is_waited_for() -> None:
    assert longest_pause(1.0) == timedelta(seconds=90)
    assert longest_pause(120.0) == timedelta(seconds=180)


def test_what_is_left_to_the_next_run_is_told(web: Web, tmp_path: Path) -> None:
    web.host("busy.test").page("/0", "later", status=503, headers=[("Retry-After", "3600")])
    made = listed(tmp_path, web, ["https://busy.test/0", "https://busy.test/1"], crawl__host_delay="0.01")
    made.run("-q", "crawl")
    ran = report(made)
    assert (ran["asked"], ran["left"]) == (1, 1)
    assert "left alone" in ran["ended_by"]
