"""`tearsheet rewrite`: which links become robust, what stays to the byte, and what happens to the file itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.caring import ALIVE, DEAD, DOUBTFUL, UNKNOWN, kept, snapshot
from tests.command import Home

NOTES = f"""\ufeff---\r
source: {DEAD}\r
---\r
# Notes  \r
\r
[one]({DEAD} "a title"), {DEAD}, <{ALIVE}>, [two][2]; `{DEAD}`\r
\r
[2]: {DEAD}#part\r
[3]: https://elsewhere.test/\r
\tend"""
PAGE = f"<!-- {DEAD} --><A HREF='{DEAD}' class=x>dead</A>\n<a href={UNKNOWN}>live</a>\n<pre><a href={DEAD}></pre>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return kept(tmp_path_factory.mktemp("rewrite"))


def put(made: Home, name: str, content: str) -> Path:
    path = made.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{path.name}.orig*"):
        old.unlink()
    path.write_bytes(content.encode())
    return path


def test_dead_links_of_markdown_lead_to_their_snapshots(made: Home) -> None:
    path = put(made, "notes.md", NOTES)
    path.chmod(0o640)
    ran = made.run("rewrite", "notes.md")
    assert ran.code == 0, ran.err
    there = snapshot(DEAD)
    wanted = NOTES.replace(f"[one]({DEAD}", f"[one]({there}").replace(f"), {DEAD},", f"), [{DEAD}]({there}),")
    assert path.read_bytes().decode() == wanted.replace(f"[2]: {DEAD}#part", f"[2]: {there}#part")
    assert path.stat().st_mode & 0o777 == 0o640
    backup = path.with_name("notes.md.orig")
    assert backup.read_bytes().decode() == NOTES
    assert backup.stat().st_mode & 0o777 == 0o640
    assert "notes.md: 3 links made robust; as it was: notes.md.orig" in ran.err
    assert f"notes.md, line 6: {DEAD}\n    {there}\n" in ran.out
    before = path.read_bytes(), path.stat().st_mtime_ns
    again = made.run("rewrite", "notes.md")
    assert (again.code, again.out, "0 links" in again.err) == (0, "", True)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(one.name for one in made.folder.glob("notes.md*")) == ["notes.md", "notes.md.orig"]


def test_links_of_html_say_what_they_led_to(made: Home) -> None:
    path = put(made, "page.html", PAGE)
    assert made.run("rewrite", "--all", "page.html").code == 0
    text = path.read_text()
    dead, live, closed = BeautifulSoup(text, "lxml").find_all("a")
    assert (dead["href"], dead["data-originalurl"], dead["data-versionurl"]) == (snapshot(DEAD), DEAD, snapshot(DEAD))
    assert dead["data-versiondate"] == "2026-01-02T03:04:05Z"
    assert (live["href"], live["data-versionurl"]) == (UNKNOWN, snapshot(UNKNOWN))
    assert closed.attrs == {"href": DEAD}
    assert text.startswith(f"<!-- {DEAD} --><A HREF='{snapshot(DEAD)}' data-originalurl='{DEAD}' ")
    assert made.run("rewrite", "--all", "page.html").code == 0
    assert path.read_text() == text


def test_anchors_in_markdown(made: Home) -> None:
    path = put(made, "anchors.md", f"See [this]({UNKNOWN}) and <{DEAD}>.")
    assert made.run("rewrite", "--anchors", "--all", "anchors.md").code == 0
    live, dead = BeautifulSoup(path.read_text(), "lxml").find_all("a")
    assert (live["href"], live["data-versionurl"], live.get_text()) == (UNKNOWN, snapshot(UNKNOWN), "this")
    assert (dead["href"], dead["data-originalurl"], dead.get_text()) == (snapshot(DEAD), DEAD, DEAD)


@pytest.mark.parametrize(("option", "changed"), [("--dead", {DEAD}), ("--all", {DEAD, DOUBTFUL, ALIVE, UNKNOWN})])
def test_which_links(made: Home, option: str, changed: set[str]) -> None:
    put(made, "all.md", "\n".join(f"- <{url}>" for url in (DEAD, DOUBTFUL, ALIVE, UNKNOWN, "https://news.test/never")))
    (row,) = made.run("rewrite", "--json", "--dry-run", option, "all.md").rows
    assert {change["url"] for change in row["changes"]} == changed
    assert {change["versionurl"] for change in row["changes"]} == set(map(snapshot, changed))
    assert {change["url"] for change in row["changes"] if change["dead"]} == {DEAD}
    assert not row["written"]


def test_a_dry_run_prints_what_would_change(made: Home) -> None:
    path = put(made, "dry.md", f"a\n{DEAD}\n\x1b[2Jb\n")
    ran = made.run("rewrite", "--dry-run", "dry.md")
    assert ran.out.splitlines()[2:] == [
        "@@ -1,3 +1,3 @@", " a", f"-{DEAD}", f"+[{DEAD}]({snapshot(DEAD)})", " \ufffd[2Jb"
    ]  # fmt: skip
    assert path.read_text() == f"a\n{DEAD}\n\x1b[2Jb\n"
    assert not list(made.folder.glob("dry.md.*"))


def test_the_printed_difference_is_one_that_patch_applies(made: Home) -> None:
    path = put(made, "patch.md", f"a\n\n[x]({DEAD})\n\nb\n")
    diff = made.run("rewrite", "--dry-run", "patch.md").out
    done = subprocess.run(["patch", "-p0"], cwd=made.folder, input=diff, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert path.read_text() == f"a\n\n[x]({snapshot(DEAD)})\n\nb\n"


def test_folders_several_files_and_those_that_cannot_be_read(made: Home) -> None:
    names = ["in/a.md", "in/deep/b.html", "in/deep/c.txt", "in/.hidden.md", "in/d.png", "in/e.md.orig"]
    for name in names:
        put(made, name, f'<a href="{DEAD}">x</a>\n')
    (made.folder / "in/link.md").unlink(missing_ok=True)
    (made.folder / "in/link.md").symlink_to(made.folder / "notes.md")
    ran = made.run("rewrite", "--json", "--backup", "", "in", "in/a.md", "missing.md", "in/d.png")
    assert ran.code == 1
    done = [row for row in ran.rows if "error" not in row]
    assert [Path(row["path"]).name for row in done] == ["a.md", "b.html", "c.txt"]
    assert all(row["written"] and row["backup"] is None for row in done)
    assert "missing.md: cannot be read: No such file" in ran.err
    assert "in/d.png, line 1: neither Markdown nor HTML" in ran.err
    assert (made.folder / "in/.hidden.md").read_text() == f'<a href="{DEAD}">x</a>\n'


def test_what_cannot_be_rewritten(made: Home) -> None:
    os.mkfifo(made.folder / "pipe.md")
    assert made.run("rewrite", "pipe.md", "missing.md").code == 9
    assert made.run("rewrite", "missing.md", "--backup", "../x").code == 2
    assert made.run("rewrite", "--all", "--dead", "notes.md").code == 2
    assert made.run("rewrite").code == 2
    assert made.run("--collection", "other", "rewrite", "notes.md").code == 1


def test_a_backup_is_never_written_over(made: Home) -> None:
    path = put(made, "twice.md", f"<{DEAD}>")
    assert made.run("rewrite", "twice.md").code == 0
    path.write_text(f"more <{DEAD}>")
    assert made.run("rewrite", "twice.md").code == 0
    assert path.with_name("twice.md.orig").read_text() == f"<{DEAD}>"
    assert path.with_name("twice.md.orig.1").read_text() == f"more <{DEAD}>"


def test_a_link_to_a_file_stays_one(made: Home) -> None:
    path = put(made, "real/file.md", f"<{DEAD}>")
    link = made.folder / "alias.md"
    link.symlink_to(path)
    assert made.run("rewrite", "alias.md", "real/file.md").code == 0
    assert link.is_symlink()
    assert path.read_text() == f"[{DEAD}]({snapshot(DEAD)})"


def test_a_folder_that_cannot_be_written_leaves_the_file(made: Home) -> None:
    path = put(made, "shut/file.md", f"<{DEAD}>")
    path.with_name("file.md.orig").write_text(f"<{DEAD}>")
    path.parent.chmod(0o500)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("root may write everywhere")
        assert made.run("rewrite", "shut/file.md").code == 9
    finally:
        path.parent.chmod(0o700)
    assert path.read_text() == f"<{DEAD}>"


def test_our_own_texts_keep_their_address(made: Home) -> None:
    text = next(one for one in made.collection.glob("text/*/dead-*.txt"))
    copy = put(made, "copy.txt", text.read_text())
    (row,) = made.run("rewrite", "--json", "copy.txt").rows
    assert row["changes"] == []
    assert copy.read_text() == text.read_text()
