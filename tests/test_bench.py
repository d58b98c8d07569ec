"""The measurements measure what they say: their page, their server, their clock."""

from __future__ import annotations

import http.client
import re
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest

from bench.measure import MIB, Run, middle, run
from bench.server import REQUISITES, serving, site


def test_every_requisite_is_named_by_the_page_or_its_styles() -> None:
    files = site()
    found: set[str] = set()
    for path in ("/article.html", "/css/site.css", "/css/base.css"):
        text = files[path][1].decode()
        for reference in re.findall(r"""(?:src="|<link[^>]*href="|url\(['"]?)([^'")]+)""", text):
            found.add(urljoin(path, reference))
    assert found == set(files) - {"/article.html", "/small.html"}
    assert len(found) == REQUISITES


def test_the_server_keeps_connections_and_streams() -> None:
    with serving() as base:
        connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
        for path, (kind, body) in list(site().items())[:3]:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("content-type"), answer.read()) == (200, kind, body)
        connection.request("GET", "/nothing")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (404, b"Not found\n")
        connection.request("GET", f"/big?size={3 * MIB + 5}")
        assert len(connection.getresponse().read()) == 3 * MIB + 5
        connection.close()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_cpu_and_memory_of_grandchildren_count(tmp_path: Path) -> None:
    grandchild = (
        "import time; b = bytearray(50 << 20); e = time.process_time() + 0.3\nwhile time.process_time() < e: pass"
    )
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}])"
    done = run([sys.executable, "-c", child], tmp_path, memory=True)
    assert done.code == 0
    assert done.cpu >= 0.3
    assert done.peak >= 50 * MIB


def test_medians() -> None:
    runs = [Run(1.0, 5.0, 10, 0), Run(9.0, 4.0, 30, 0), Run(2.0, 6.0, 20, 1)]
    assert middle(runs) == Run(2.0, 5.0, 30, 1)
