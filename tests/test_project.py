"""The project as a whole: what is installed, what imports what, what starting costs."""

from __future__ import annotations

import ast
import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from scraper import __version__
from scraper.cli import app

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("archive", "scraper")
HTTP_CLIENTS = {"requests", "urllib3", "http", "httpx", "aiohttp", "ftplib"}
HEAVY = {"trafilatura", "requests", "urllib3", "lxml", "pydantic", "surt", "warcio", "fastwarc", "tenacity"}
SELDOM = {
    "archive.elsewhere",
    "archive.parse",
    "archive.rebuild",
    "archive.store",
    "archive.warc.rules",
    "scraper.cli_care",
    "scraper.read.phrases",
    "scraper.schedule",
}
"""Modules of ours that a run of one address does without."""


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file imports anywhere in it, those for type checking included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def name(requirement: str) -> str:
    """The normal form of the name in a requirement line (PEP 503)."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def locked(file: str) -> dict[str, list[str]]:
    """For each `name==version` of a requirements file its hashes."""
    found: dict[str, list[str]] = {}
    last = ""
    for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)(\[.*\])?==([^ ]+) \\$", line):
            last = match[1]
            found[last] = []
        elif match := re.match(r" +--hash=(sha256:[0-9a-f]{64})( \\)?$", line):
            found[last].append(match[1])
        else:
            assert re.match(r" *#|$", line), f"{file}: {line}"
    return found


# ------------------------------------------------------------------------------------------------ what imports what


def test_imports_run_one_way() -> None:
    for path in modules("archive"):
        found = imports(path)
        assert not [name for name in found if name.split(".")[0] in {"scraper", *HTTP_CLIENTS}], path
    for path in modules("scraper"):
        assert not [name for name in imports(path) if name.split(".")[0] in {"tests", "bench", "fuzz"}], path


def test_archive_loads_no_http_client() -> None:
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules("archive")]
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    code += "print(' '.join({'requests', 'urllib3', 'scraper', 'httpx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_what_is_imported_is_declared() -> None:
    declared = {name(line) for line in PROJECT["project"]["dependencies"]}
    optional = {name(line) for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines}
    known = packages_distributions()
    for path in modules(*PACKAGES):
        for module in {full.split(".")[0] for full in imports(path)}:
            if module in sys.stdlib_module_names or module in PACKAGES or module == "_typeshed":
                continue
            distributions = {name(one) for one in known.get(module, [module])}
            assert distributions & (declared | optional), f"{path.relative_to(ROOT)} imports {module}"


def test_what_is_declared_is_imported() -> None:
    """All but `lxml_html_clean`, which a dependency imports without declaring it."""
    found = {full.split(".")[0] for path in modules(*PACKAGES) for full in imports(path)}
    known = packages_distributions()
    used = {name(one) for module in found for one in known.get(module, [])}
    declared = {name(line) for line in PROJECT["project"]["dependencies"]}
    assert declared - used <= {"lxml-html-clean"}


def test_modules_stay_small() -> None:
    long = {str(p.relative_to(ROOT)): n for p in modules(*PACKAGES) if (n := p.read_text().count("\n")) > 420}
    assert not long, "split these"


def test_no_loose_ends() -> None:
    for path in [*modules(*PACKAGES, "tests", "bench", "fuzz"), *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b", text), path
        assert "/work" + "/" not in text, path


# ------------------------------------------------------------------------------------------------ what starting costs


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["fetch", "--help"]])
def test_the_command_starts_light(arguments: list[str]) -> None:
    loaded = {full.split(".")[0] for full in _loaded_by(arguments)}
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_a_command_loads_the_options_of_no_other() -> None:
    loaded = {full for full in _loaded_by(["fetch", "--help"]) if full.startswith("scraper.cli_")}
    assert loaded == {"scraper.cli_keep"}


def test_a_fetch_loads_nothing_that_only_few_need() -> None:
    code = "import sys, scraper.fetching, scraper.preserve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "archive.collection" in loaded
    assert not loaded & SELDOM


def _loaded_by(arguments: list[str]) -> list[str]:
    code = "import sys; from scraper.__main__ import main; sys.argv = ['tearsheet', *sys.argv[1:]]\n"
    code += "try: main()\nexcept SystemExit: pass\nfinally: print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1].split()


def test_a_command_that_there_is_not_is_told_with_those_that_are_like_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "rebiuld"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Did you mean 'rebuild'?" in done.stderr


def test_no_word_of_a_help_text_is_taken_for_markup() -> None:
    """Rich drops what stands in brackets and looks like the name of a style."""
    texts = dict(_help_texts(typer.Context(get_command(app), info_name="tearsheet")))
    assert len(texts) > 100
    assert {name: text for name, text in texts.items() if re.search(r"(?<!\\)\[/?[a-z@#]", text)} == {}


def _help_texts(context: typer.Context) -> Iterator[tuple[str, str]]:
    command = context.command
    yield context.command_path, command.help or ""
    for parameter in command.params:
        yield f"{context.command_path} {parameter.name}", getattr(parameter, "help", "") or ""
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _help_texts(typer.Context(inner, context, info_name=name))


def test_version_within_a_quarter_of_a_second_of_cpu() -> None:
    best = min(_cpu([sys.executable, "-m", "scraper", "--version"]) for _ in range(5))
    assert best <= 0.25


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout == f"tearsheet {__version__}\n"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# ------------------------------------------------------------------------------------------------ what is installed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built of a copy of the tree, without the network."""
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    (copy / "tests").mkdir()
    (copy / "tests" / "__init__.py").touch()
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", str(copy / "out"), str(copy)], check=True, capture_output=True)
    (built,) = (copy / "out").glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_exactly_the_two_packages(wheel: zipfile.ZipFile) -> None:
    with wheel:
        names = set(wheel.namelist())
        data = f"tearsheet-{__version__}.dist-info"
        assert {entry.split("/")[0] for entry in names} == {*PACKAGES, data}
        files = {str(p.relative_to(ROOT)) for package in PACKAGES for p in (ROOT / package).rglob("*") if p.is_file()}
        assert names - {entry for entry in names if entry.startswith(data)} == {
            f for f in files if "__pycache__" not in f
        }
        commands = wheel.read(f"{data}/entry_points.txt").decode().split("\n")
        assert commands[:2] == ["[console_scripts]", "tearsheet = scraper.__main__:main"]
        metadata = wheel.read(f"{data}/METADATA").decode()
        assert "\nLicense-Expression: Apache-2.0\n" in metadata
        assert "\nRequires-Python: >=3.11\n" in metadata
        target = Path(str(wheel.filename)).parent / "unpacked"
        wheel.extractall(target)
    code = "from scraper.config import sample; print(sample(), end='')"
    environ = {**os.environ, "PYTHONPATH": str(target)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=target,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == (ROOT / "config.toml").read_text(encoding="utf-8")


def test_extras_are_there() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert {"viewer", "replay", "cluster", "s3", "parquet", "browser", "dev"} <= set(extras)
    assert PROJECT["build-system"]["requires"] == [f"hatchling=={_version('hatchling')}"]


def _version(distribution: str) -> str:
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    match = re.search(rf"^{distribution}==(\S+)", text, re.MULTILINE)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("file", ["run.txt", "dev.txt"])
def test_requirements_are_hashed_and_name_no_address(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)|(^|\s)/", text, re.MULTILINE)
    found = locked(file)
    assert all(found.values())
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    if file == "dev.txt":
        extras = PROJECT["project"]["optional-dependencies"]
        wanted += [*extras["browser"], *extras["replay"], *[line for line in extras["dev"] if "[" not in line]]
    assert {name(line) for line in wanted} <= set(found)


def test_both_requirements_agree() -> None:
    run, dev = locked("run.txt"), locked("dev.txt")
    assert {package: dev.get(package) for package in run} == run


def test_each_exception_from_the_rules_on_safety_says_why() -> None:
    """Ruff's S rules: each exception has a reason behind it, in the code and in pyproject.toml."""
    for path in modules(*PACKAGES, "tests", "bench", "fuzz"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for why in re.findall(r"# noqa: [A-Z0-9, ]*S\d{3}\b(?:, [A-Z]+\d+)*(.*)", line):
                assert re.match(r"( - |  # )\w.{5}", why), f"{path}: {line.strip()}"
    ignored = [PROJECT["tool"]["ruff"]["lint"]["ignore"], *PROJECT["tool"]["ruff"]["lint"]["per-file-ignores"].values()]
    rules = [rule for rules in ignored for rule in rules if rule.startswith("S")]
    assert rules and "S" not in rules
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert len(re.findall(r'^    "S\d{3}", +# \S.{10}', text, re.MULTILINE)) == len(rules)


# ------------------------------------------------------------------------------------------------ how it is driven


def test_every_target_of_the_makefile_is_told_or_private() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    done = subprocess.run(["make", "-C", str(ROOT), "--no-print-directory"], capture_output=True, text=True, check=True)
    for target in ("fetch", "test", "check", "bench", "bench-fetch", "bench-text", "soak", "clean"):
        assert re.search(rf"^{target}:", text, re.MULTILINE)
        assert f"make {target}" in done.stdout


def test_make_fetch_without_an_address_says_so() -> None:
    command = ["make", "-C", str(ROOT), "--no-print-directory", "-o", ".venv/run.stamp", "fetch"]
    environ = {key: value for key, value in os.environ.items() if key != "URL"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode != 0
    assert "make fetch URL=https://" in done.stderr


def test_make_fetch_hands_the_address_over_untouched(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "tearsheet"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    command.chmod(0o755)
    address = "https://x.test/a?b=*&c='d'\"e;#f(g)`h`%20|~"
    more = ["-o", f"{tmp_path}/run.stamp", f"VENV={tmp_path}", f"URL={address}", "fetch"]
    done = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", *more], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["fetch", address]


def test_the_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_the_readme_begins_with_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert commands[0].startswith("make fetch URL=https://")
    assert commands[1].startswith("make test")


def test_the_architecture_page_names_what_there_is() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    files = {str(path.relative_to(ROOT)) for path in modules(*PACKAGES, "tests")}
    for named in set(re.findall(r"`([a-z_/]+\.py)`", text)):
        assert any(f"/{path}".endswith(f"/{named}") for path in files), named
