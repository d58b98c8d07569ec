"""The examples of the README around links: each command runs as it stands there, and does what is said of it."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.archive.collecting import Clock, article, group, opened, page
from tests.caring import DAY, REPLAY, fail
from tests.command import Home, home
from tests.making import TIME

ADDRESS = "https://example.com/an-article"
TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for line in re.findall(r"^    (tearsheet (?:diff|rewrite|export (?:links|index)) .*)$", TEXT, re.MULTILINE)
]
KEPT_AT = datetime(2026, 3, 4, 5, 6, 7, TIME.microsecond, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three versions of the README's article, which is dead by now, and the files that it names."""
    made = home(tmp_path_factory.mktemp("readme"), None, links__replay=f'"{REPLAY}"')
    last = round((KEPT_AT - TIME).total_seconds())
    with opened(made.folder / "kept", clock=Clock()) as collection:
        for number, at in enumerate((0, 20 * DAY, last)):
            text = article(f"The bridge opens in {number + 5} weeks.", ADDRESS)
            parts = [page(at, f"<p>{number}".encode(), ADDRESS)]
            collection.commit(group(f"p{number}", at, parts, article=text, title=text.title)).result()
        fail(collection, ADDRESS, last, 3)
    for name in ("articles", "site"):
        (made.folder / name).mkdir()
    (made.folder / "articles" / "one.txt").write_text(f"# One\n\nText.\n\nOriginal url:\n\n<{ADDRESS}>\n")
    (made.folder / "site" / "index.html").write_text(f"<a href={ADDRESS}>x</a>")
    (made.folder / "paper.html").write_text(f'<a href="{ADDRESS}">x</a>')
    (made.folder / "notes.md").write_text(before_and_after()[0])
    return made


def before_and_after() -> tuple[str, str]:
    found = re.search(r"^    before   (.*)\n    after    (.*)\n             (.*)$", TEXT, re.MULTILINE)
    assert found is not None
    return found[1], f"{found[2]} {found[3]}"


def test_there_are_examples() -> None:
    assert {" ".join(command[:2]) for command in COMMANDS if command[0] == "export"} == {"export links", "export index"}
    assert {command[0] for command in COMMANDS} == {"diff", "rewrite", "export"}


def test_each_command_runs(made: Home) -> None:
    """In their order, as a reader would."""
    for command in COMMANDS:
        ran = made.run(*command)
        assert ran.code == 0, (command, ran.err)
    for name in ("changes.html", "links.html", "articles/index.html", "notes.md.orig", "paper.html.bak"):
        assert (made.folder / name).exists(), name
    assert (made.folder / "notes.md").read_text() == before_and_after()[1]


def test_the_html_of_a_robust_link_is_as_shown(made: Home) -> None:
    shown = re.search(r'^    (<a href="https://example.com/an-article"(?:\n .*)*?)>…</a>$', TEXT, re.MULTILINE)
    assert shown is not None
    wanted = " ".join(shown[1].split())
    out = made.run("export", "links").out
    assert wanted in out
