"""The targets of `make fuzz`: on good inputs, on a few changed ones, and on what has been found before."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import files, reading, sources, warcs
from fuzz.__main__ import TARGETS
from fuzz.mutating import MOST, mutated
from tests.reliability import Figures

ROOT = Path(__file__).parents[1]
FOUND = {
    "warcs": [
        # A record whose header ends in a bare LF: one reader took it for longer than the other.
        b"\0WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
        b"WARC-Target-URI: urn:x\r\nContent-Type: text/plain\nContent-Length: 5\n\r\ntext\n\r\n\r\n",
    ],
    "reading": [],
    "files": [],
    "sources": [
        # A name space that is no address.
        b"\0<rdf:RDF xmlns:rdf='http://a.test/\xff\xff\x01'><item><link>/a</link></item></rdf:RDF>",
    ],
}


@pytest.mark.parametrize("name", TARGETS)
def test_good_inputs_and_what_was_found(name: str) -> None:
    target = importlib.import_module(f"fuzz.{name}")
    seeds = target.seeds()
    assert len(seeds) == len(set(seeds)) and all(seeds)
    for data in [b"", *seeds, *FOUND[name]]:
        target.one_input(data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_warc_files_with_changes(seed: int) -> None:
    warcs.one_input(mutated(Random(seed), warcs.seeds()))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_documents_of_sources_with_changes(seed: int) -> None:
    sources.one_input(mutated(Random(seed), sources.seeds()))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_files_of_links_with_changes(seed: int) -> None:
    files.one_input(mutated(Random(seed), files.seeds()))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_pages_with_changes(seed: int) -> None:
    reading.one_input(mutated(Random(seed), reading.seeds()))


def fuzzed(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make fuzz` with these arguments, in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "fuzz", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.soak
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("warcs", marks=pytest.mark.promise("fuzz-warcs")),
        pytest.param("reading", marks=pytest.mark.promise("fuzz-reading")),
        pytest.param("sources", marks=pytest.mark.promise("fuzz-sources")),
    ],
)
def test_some_time_of_it_finds_nothing(name: str, tmp_path: Path, figures: Figures) -> None:
    done = fuzzed(tmp_path, "--seconds", "45", name)
    assert done.returncode == 0, done.stdout
    tried = re.match(rf"{name}: ([0-9,]+) inputs in", done.stdout)
    assert tried is not None, done.stdout
    figures.add("inputs", int(tried[1].replace(",", "")))


def test_changes_are_many_bounded_and_the_same_for_a_seed() -> None:
    seeds = sources.seeds()
    made = [mutated(Random(number), seeds) for number in range(300)]
    assert made == [mutated(Random(number), seeds) for number in range(300)]
    assert len(set(made)) > 280
    assert max(map(len, made)) <= MOST


def test_the_loop_of_our_own_counts_what_it_tried_and_tells_what_it_found(tmp_path: Path) -> None:
    second = ("--plain", "--seconds", "1", "sources")
    done = fuzzed(tmp_path, *second)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"sources: [1-9][0-9,]* inputs in \d+ s on plain: nothing found\n\Z", done.stdout)
    broken = "import fuzz.sources\ndef one_input(data):\n    assert b'Sitemap' not in data\n"
    broken += "fuzz.sources.one_input = one_input\n"
    (tmp_path / "sitecustomize.py").write_text(broken, encoding="utf-8")
    done = fuzzed(tmp_path, *second, PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 1
    assert "FOUND SOMETHING" in done.stdout and "AssertionError" in done.stdout
    assert b"Sitemap" in (tmp_path / ".fuzz" / "sources" / "last").read_bytes()
