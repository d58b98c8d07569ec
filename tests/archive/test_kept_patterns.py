"""Patterns kept between runs are what compiling them again would give, and no run needs them."""

from __future__ import annotations

import binascii
import importlib
import itertools
import marshal
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import kept_patterns
from archive.kept_patterns import Patterns
from scraper import retry
from scraper.read import calendars, sites
from tests.command import PROJECT, home
from tests.site import Web

SOURCE = r"(?P<first>a+)(?P<second>[b-ž]{2,5}?)|(?i:straße)(?=\W)"
BYTES = rb"(?P<first>a+)(?P<second>[b-\xfe]{2,5}?)"
PIECES = st.sampled_from(
    [
        r"a",
        r"\w+?",
        r"[^a-f]",
        r"[ä-ž]",
        r"(?:x|yy|)",
        r"(?P<n>\d{2,3})",
        r"(?P=n)",
        r"(?<!q)",
        r"(?i:ſß)",
        r"\b",
        "(",
        "*",
    ]
)
TEXTS = st.text("aqxyſßSä1-\n ", max_size=12)
FLAGS = st.sampled_from([0, re.I, re.I | re.S, re.M | re.X, re.A | re.I])


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(kept_patterns, "_FEW_NEW", 0)
    return tmp_path / "some.patterns"


def kept(path: Path, *sources: str | bytes, flags: int = 0) -> Patterns:
    """Patterns of which those are in the file."""
    first = Patterns(str(path))
    for source in sources:
        first.want(source, flags)
    first.save()
    again = Patterns(str(path))
    again.load()
    return again


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `re` had to parse."""
    found: list[Any] = []
    parse = re._parser.parse  # type: ignore[attr-defined]

    def listed(source: Any, *more: Any) -> Any:
        found.append(source)
        return parse(source, *more)

    monkeypatch.setattr(re._parser, "parse", listed)  # type: ignore[attr-defined]
    return found


@given(pieces=st.lists(PIECES, max_size=6), flags=FLAGS, binary=st.booleans(), text=TEXTS)
def test_any_pattern_is_the_same_kept_or_compiled(
    pieces: list[str], flags: int, binary: bool, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source: str | bytes = "".join(pieces)
    held: str | bytes = text
    if binary:
        source, held = str(source).encode("latin-1", "replace"), text.encode("latin-1", "replace")
    path = tmp_path_factory.mktemp("patterns") / "some.patterns"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", False)
        patch.setattr(kept_patterns, "_FEW_NEW", 0)
        patterns = kept(path, source, flags=flags)
    try:
        plain = re.compile(source, flags)
    except (re.error, ValueError) as error:
        with pytest.raises(type(error)):
            patterns.compile(source, flags)
        return
    found = patterns.compile(source, flags)
    assert found == plain
    assert (found.pattern, found.flags, found.groups) == (plain.pattern, plain.flags, plain.groups)
    assert found.groupindex == plain.groupindex
    assert [match.groups() for match in found.finditer(held)] == [match.groups() for match in plain.finditer(held)]  # type: ignore[arg-type]


def test_what_is_kept_is_not_parsed_again(path: Path, parsed: list[Any]) -> None:
    patterns = kept(path, SOURCE, BYTES)
    parsed.clear()
    assert patterns.compile(SOURCE).fullmatch("aabb")
    assert patterns.compile(BYTES).search(b"aabb")
    assert parsed == []
    assert patterns.compile(SOURCE, re.I) == re.compile(SOURCE, re.I)
    assert parsed


def test_every_pattern_of_ours_can_be_kept() -> None:
    importlib.import_module("scraper.read.page")
    importlib.import_module("scraper.cli_keep")
    wanted = kept_patterns._patterns._wanted
    ours = [key for key in wanted if key[1] not in ("(", "*")]
    assert len(ours) > 200
    for key in ours:
        made = kept_patterns._make(key)
        assert made is not None, key
        assert kept_patterns._of(key, made) == re.compile(key[1], key[2])


@pytest.mark.parametrize(
    "spoiled",
    [
        b"",
        b"no such file",
        kept_patterns._HEAD,
        kept_patterns._HEAD + b"\x00\x00\x00\x00",
        kept_patterns._HEAD + b"\x00\x00\x00\x00" + marshal.dumps({}),
        kept_patterns._HEAD + binascii.crc32(marshal.dumps([])).to_bytes(4, "big") + marshal.dumps([]),
        kept_patterns._HEAD.replace(b"3.", b"2.", 1) + b"\x00\x00\x00\x00",
    ],
)
def test_a_file_that_does_not_fit_is_as_none(path: Path, spoiled: bytes) -> None:
    path.write_bytes(spoiled)
    patterns = Patterns(str(path))
    patterns.load()
    assert patterns._kept == {}
    assert patterns.compile(SOURCE) == re.compile(SOURCE)
    assert kept(path, SOURCE)._kept.keys() == {(True, SOURCE, 0)}


def test_each_byte_that_rots_is_noticed(path: Path) -> None:
    kept(path, "ab|c")
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        patterns = Patterns(str(path))
        patterns.load()
        assert patterns._kept == {}


def test_code_that_cannot_be_is_compiled_instead(path: Path) -> None:
    patterns = kept(path, "ab|c")
    wrong: list[Any] = [
        (0, b"\xff\xff\xff\x7f" * 9, 0, {}, (None,)),
        (0, b"abc", 0, {}, (None,)),
        (0, b"", 0, None, ()),
    ]
    for made in wrong:
        patterns._kept[True, "ab|c", 0] = made
        assert patterns.compile("ab|c") == re.compile("ab|c")
        assert patterns._kept == {}
        patterns.want("ab|c")
        patterns.save()
        assert patterns.compile("ab|c") == re.compile("ab|c")
        assert patterns._kept.keys() == {(True, "ab|c", 0)}


def test_what_does_not_compile_to_the_same_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re._compiler._code  # type: ignore[attr-defined]
    monkeypatch.setattr(re._compiler, "_code", lambda parsed, flags: code(parsed, flags ^ re.I))  # type: ignore[attr-defined]
    assert kept(path, "ab|c")._kept == {(True, "ab|c", 0): None}


@pytest.mark.parametrize(("source", "flags"), [("[[a]", 0), ("a", re.DEBUG)])
def test_what_python_has_words_for_is_compiled_as_ever(path: Path, source: str, flags: int) -> None:
    patterns = kept(path, source, flags=flags)
    assert patterns._kept == {(True, source, flags): None}
    patterns.want(source, flags)
    assert patterns.compile("a") == re.compile("a")


def test_text_and_bytes_of_one_source_are_two(path: Path) -> None:
    patterns = kept(path, "a+", b"a+")
    assert patterns.compile("a+").match("aa")
    assert patterns.compile(b"a+").match(b"aa")
    assert patterns.compile(re._parser.parse("a+")).match("aa")  # type: ignore[attr-defined]
    for wrong in ("2", 2.0):
        with pytest.raises(TypeError):
            patterns.compile("a+", wrong)  # type: ignore[arg-type]


def test_only_what_is_new_is_written_and_what_others_kept_stays(path: Path) -> None:
    first = kept(path, "a")
    other = kept(path, "b")
    assert other._kept.keys() == {(True, "a", 0), (True, "b", 0)}
    before = path.stat()
    other.want("a")
    other.save()
    assert path.stat().st_ino == before.st_ino
    first.want("c")
    first.save()
    assert first._kept.keys() == {(True, "a", 0), (True, "b", 0), (True, "c", 0)}
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_pattern_that_differs_from_run_to_run_does_not_have_the_file_written_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_patterns, "_FEW_NEW", 2)
    patterns = kept(path, "a", "b", "c")
    before = path.stat()
    for source in ("a", "b", "d", "another each time"):
        patterns.want(source)
    patterns.save()
    assert path.stat().st_ino == before.st_ino
    patterns.want("e")
    patterns.save()
    assert len(kept(path)._kept) == 6


def test_what_python_does_not_compile_is_remembered_and_told_as_ever(path: Path) -> None:
    patterns = kept(path, "(")
    assert patterns._kept == {(True, "(", 0): None}
    before = path.stat()
    patterns.want("(")
    patterns.save()
    assert path.stat().st_ino == before.st_ino
    with pytest.raises(re.error):
        patterns.compile("(")


def test_nothing_is_written_where_no_byte_code_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept(path, "a")
    assert not path.exists()


def test_a_folder_that_cannot_be_written_costs_the_saving_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(kept_patterns, "_make", made.append)
    for nowhere in (path.parent / "not" / "there", path.parent.parent / "zip.pyz" / "x"):
        patterns = kept(nowhere, "a")
        assert patterns._kept == {}
        assert patterns.compile("a").match("a")
    assert made == []


def test_what_is_cut_short_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise SystemExit(130)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(SystemExit):
        kept(path, "a")
    assert list(path.parent.iterdir()) == []
    path.mkdir()
    monkeypatch.undo()
    monkeypatch.setattr(kept_patterns, "_FEW_NEW", 0)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert kept(path, "a")._kept == {}
    assert list(path.parent.iterdir()) == [path]


def test_a_slow_machine_keeps_some_in_each_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_patterns, "_LONGEST_SAVE", 4)
    monkeypatch.setattr(kept_patterns, "monotonic", itertools.count().__next__)
    sources = [f"{number}." for number in range(10)]
    assert [len(kept(path, *sources)._kept) for _ in range(4)] == [4, 8, 10, 10]


def test_a_file_that_has_grown_too_large_is_begun_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_patterns, "_MOST_KEPT", 3)
    assert len(kept(path, "a", "b", "c", "d")._kept) == 4
    assert kept(path, "e")._kept.keys() == {(True, "e", 0)}


def test_patterns_of_modules_are_wanted_and_those_of_pages_are_not(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = Patterns(str(path))
    monkeypatch.setattr(re._compiler, "compile", patterns.compile)  # type: ignore[attr-defined]
    monkeypatch.syspath_prepend(str(path.parent))
    (path.parent / "module_with_patterns.py").write_text(
        "import re\nFIRST = re.compile('of a module, once')\ndef said(text): return re.compile(text)\n"
    )
    module: ModuleType = importlib.import_module("module_with_patterns")
    assert module.said("what a page says").match("what a page says")
    assert patterns._wanted == {(True, "of a module, once", 0)}
    re.compile("what a user says")
    assert patterns._wanted == {(True, "of a module, once", 0)}


COUNTED = """
import re, sys
parse, parsed = re._parser.parse, []
def counted(*given):
    parsed.append(given[0])
    return parse(*given)
re._parser.parse = counted
import atexit
atexit.register(lambda: print(len(parsed), file=sys.stderr))
from scraper.__main__ import main
main()
"""


def test_the_next_command_has_next_to_nothing_to_compile(tmp_path: Path) -> None:
    prefix = tmp_path / "byte code"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(PROJECT), "PYTHONPYCACHEPREFIX": str(prefix)}
    parsed = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, "list", "--help"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        parsed.append(int(done.stderr))
    (file,) = prefix.rglob("*.patterns")
    assert file.stat().st_size < 2_000_000
    assert parsed[0] > 20
    assert parsed[1] < parsed[0] / 5


@pytest.mark.slow
@pytest.mark.parametrize("pages", [1, 3])
def test_the_next_fetches_keep_the_same_and_compile_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    prefix = tmp_path / "byte code"
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(prefix))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    article = (PROJECT / "tests" / "data" / "format" / "example.html").read_bytes()
    urls = [f"https://paper{number}.test/story" for number in range(pages)]
    with Web() as web:
        for url in urls:
            web.host(url.split("/")[2]).page("/story", article)
        texts, files = [], []
        for number in range(3):
            there = home(tmp_path / str(number), web)
            assert {row["verdict"] for row in there.run("fetch", "--json", *urls).rows} == {"article"}
            texts.append([data for name, data in there.texts().items() if name.endswith(".txt")])
            (file,) = prefix.rglob("*.patterns")
            files.append((file.stat().st_ino, file.read_bytes()))
    assert texts[0] == texts[1] == texts[2]
    assert files[0] == files[1] == files[2]
    left = Patterns(str(file))
    left.load()
    sources = {source for _, source, _ in left._kept}
    assert sources >= {retry._FORMS[0].pattern, calendars._LATVIAN.pattern, sites._SEPARATOR.pattern}
    assert [each.name for each in file.parent.iterdir() if ".patterns." in each.name] == []
