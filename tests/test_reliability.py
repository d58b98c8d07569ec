"""The table of docs/reliability.md: what it says, and what gathers it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability import (
    BEGIN,
    END,
    INPUTS,
    PROMISES,
    Tally,
    declared,
    parsed,
    replaced,
    table,
)

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"


def test_each_promise_has_tests_and_each_test_a_promise() -> None:
    assert set(declared()) == set(PROMISES)


def test_the_table_has_the_rows_that_the_tests_declare_and_no_figure_without_one() -> None:
    rows, tests = parsed(PAGE.read_text(encoding="utf-8")), declared()
    assert [row[0] for row in rows] == [promise.words for promise in PROMISES.values()]
    for (_, how, tried, failed), (key, promise) in zip(rows, PROMISES.items(), strict=True):
        behind = tests[key]
        told, _, files = how.rpartition(" (")
        assert told == promise.how
        assert set(re.findall(r"`([^`]+)`", files)) == behind.files
        for figure in tried.split(", "):
            number, _, unit = figure.partition(" ")
            assert int(number.replace(",", "")) > 0
            assert unit in behind.units
        assert failed == f"{promise.bad}: 0"


def test_a_row_with_a_loss_or_without_figures_is_a_problem() -> None:
    tally = Tally()
    for key in PROMISES:
        tally.add(key, "tests/test_x.py", {INPUTS: 1000}, 0)
    assert tally.problems() == []
    first = next(iter(PROMISES))
    tally.add(first, "tests/test_y.py", {"kills": 2}, 1)
    assert [problem.split(":")[0] for problem in tally.problems()] == ["lost 1"]
    text = f"before\n{BEGIN}\n{END}\nafter\n"
    (row, *_) = parsed(replaced(text, table(tally.rows())))
    assert row[1].endswith("(`tests/test_x.py`, `tests/test_y.py`)")
    assert row[2:] == ("1,000 inputs, 2 kills", "lost: 1")
    assert len(Tally().problems()) == len(PROMISES)


def test_only_what_is_between_the_markers_is_replaced() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(text, "new\n") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="markers"):
        replaced("before\n", "new\n")


MADE = """
import pytest
from hypothesis import given, settings, strategies as st

@pytest.mark.promise("fetch-kills")
@pytest.mark.parametrize("number", range(4))
def test_figures(number, figures):
    figures.add("kills", 10)
    assert number != {bad}

@pytest.mark.promise("queue")
@settings(max_examples=7)
@given(st.integers())
def test_property(number):
    pass

@pytest.mark.promise("web", each="attacks")
def test_case():
    pass
"""


def ran(folder: Path, *, bad: int, more: str = "") -> subprocess.CompletedProcess[str]:
    """A run of two workers over made-up tests that stand behind some promises."""
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "tests" / "reliability.py", folder / "tests")
    (folder / "test_made.py").write_text(MADE.format(bad=bad) + more, encoding="utf-8")
    (folder / "page.md").write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.reliability", "-n", "2", "--reliability", "page.md"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def inside(folder: Path) -> str:
    """What stands between the markers."""
    return (folder / "page.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


@pytest.mark.slow
def test_figures_are_gathered_from_all_workers_and_a_loss_fails_the_run(tmp_path: Path) -> None:
    missing = ran(tmp_path / "a", bad=-1)
    assert missing.returncode == 1
    assert "40 kills | lost: 0 |" in missing.stdout
    assert "| 7 inputs | lost: 0 |" in missing.stdout
    assert "| 1 attacks | over the limit: 0 |" in missing.stdout
    assert "no figures for crawl-kills" in missing.stdout
    rest = "".join(
        f'@pytest.mark.promise("{key}", each="cases")\ndef test_{number}(): pass\n'
        for number, key in enumerate(PROMISES)
    )
    lost = ran(tmp_path / "b", bad=2, more=rest)
    assert lost.returncode == 1
    assert "1 cases, 40 kills | lost: 1 |" in lost.stdout
    assert inside(tmp_path / "a") == inside(tmp_path / "b") == ""
    good = ran(tmp_path / "c", bad=-1, more=rest)
    assert good.returncode == 0, good.stdout
    assert "1 cases, 40 kills | lost: 0 |" in inside(tmp_path / "c")
    assert inside(tmp_path / "c") in good.stdout


@pytest.mark.parametrize("page", ["docs/reliability.md", "SECURITY.md"])
def test_each_test_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[a-z_/0-9]+\.py)(?:::(test_[a-z_0-9]+))?`", text))
    assert named
    for file, test in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert not test or re.search(rf"^def {test}\(", source, re.MULTILINE), (file, test)
