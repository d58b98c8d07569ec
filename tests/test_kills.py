"""SIGKILL at random moments of a run over many addresses, then to the end: nothing told is lost, nothing is twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archive.warc.reader import read_records
from tests.command import home
from tests.reliability import Figures
from tests.site import Web
from tests.test_fetch_command import ARTICLE, PIXEL

COUNT = 200


def serve(web: Web) -> list[str]:
    addresses = []
    for n in range(COUNT):
        host = web.host(f"h{n % 20}.test")
        host.page(f"/{n}", ARTICLE.replace("the pier", f"pier {n}").replace("<article>", '<article><img src="/p.png">'))
        host.page("/p.png", PIXEL * 30 + str(n % 20).encode(), type="image/png")
        addresses.append(f"https://h{n % 20}.test/{n}")
    return addresses


def is_new(line: str) -> bool:
    """Whether a row tells of an address that was not kept before."""
    return '"already_kept": false' in line


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(5, marks=pytest.mark.slow),
        pytest.param(50, marks=[pytest.mark.soak, pytest.mark.promise("fetch-kills")]),
    ],
)
def test_kills_lose_nothing_that_was_told(tmp_path: Path, kills: int, figures: Figures) -> None:
    chance = random.Random(20130528)
    with Web() as web:
        addresses = serve(web)
        there = home(tmp_path, web)
        (tmp_path / "links.txt").write_text("\n".join(addresses))
        told: dict[str, dict[str, Any]] = {}
        for _ in range(kills):
            after, delay = chance.randint(1, COUNT // kills // 2), chance.uniform(0, 0.5 / kills)
            asked = ("fetch", "--json", "-i", "links.txt")
            rows, killed = there.killed(*asked, after=after, delay=delay, counts=is_new)
            figures.add("kills", killed)
            for row in rows:
                told.setdefault(str(row["url"]), row)
        figures.add("pages told before a kill", len(told))
        done = there.run("fetch", "--json", "-i", "links.txt")
        assert done.code == 0, done.err
        assert sorted(row["url"] for row in done.rows) == sorted(addresses)
        for row in done.rows:
            before = told.get(row["url"])
            if before is not None:
                assert row["already_kept"], f"{row['url']} was told kept and asked again"
                assert (row["warc"], row["offset"], row["digest"]) == (
                    before["warc"],
                    before["offset"],
                    before["digest"],
                )
    captures: Counter[str] = Counter()
    at: dict[tuple[str, int], str] = {}
    for warc in there.warcs():
        for record in read_records(warc, strict=True):
            if record.type in ("response", "revisit"):
                captures[record.url] += record.type == "response"
                at[str(warc), record.offset] = record.url
    assert not list((there.collection / "archive").glob("*.open"))
    assert [url for url in addresses if captures[url] != 1] == []
    for row in done.rows:
        assert at[row["warc"], row["offset"]] == row["final_url"]
        assert Path(row["text"]).read_text().startswith("\n\n# A quiet day at pier ")
    check = Path(sys.executable).with_name("warcio")
    subprocess.run([str(check), "check", *map(str, there.warcs())], check=True, capture_output=True)
    lines = (there.collection / "pages" / "pages.jsonl").read_text().splitlines()[1:]
    assert sorted(json.loads(line)["url"] for line in lines) == sorted(addresses)


def test_ctrl_c_finishes_what_is_in_flight_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with Web() as web:
        addresses = serve(web)[:40]
        there = home(tmp_path, web)
        (tmp_path / "links.txt").write_text("\n".join(addresses))
        errors = tmp_path / "errors.txt"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                there.command("fetch", "--json", "-i", "links.txt"),
                cwd=there.folder,
                env=there.environment,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        told = [json.loads(line) for line in [first, *process.stdout]]
        process.stdout.close()
        assert process.wait(60) == 130
        assert "Traceback" not in errors.read_text()
        assert len(told) < len(addresses)
        assert not list((there.collection / "archive").glob("*.open"))
        rest = there.run("fetch", "--json", "-i", "links.txt")
        assert rest.code == 0
        already = {row["url"] for row in rest.rows if row["already_kept"]}
        assert already == {row["url"] for row in told}
