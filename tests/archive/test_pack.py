"""Joining small WARC files: what it makes, what it leaves alone, and that everything derived follows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.errors import DamageError, LockedError, NotKeptError
from archive.pack import Limits, limits_of, would_pack
from archive.rebuild import rebuild
from archive.warc.joined import all_sources_of, is_joined, part_name, sources_of
from archive.warc.reader import read_records
from tests.archive.collecting import (
    RUN,
    STORY,
    Clock,
    article,
    derived,
    fill,
    folder_of,
    group,
    opened,
    page,
    run,
    settings,
)
from tests.archive.packing import (
    KINDS,
    SOFTWARE,
    check_packed,
    packed,
    placeless,
    read_again,
    record_ids,
    small_files,
    warcs,
)
from tests.making import TIME


@pytest.fixture
def root(tmp_path: Path) -> Path:
    small_files(tmp_path)
    return tmp_path


def rebuilt(root: Path) -> None:
    assert rebuild(settings(root)).exit_code == 0


def test_many_files_become_one_and_everything_is_found_there(root: Path) -> None:
    before, ids = placeless(root), record_ids(root)
    names = {kind: [path.name for path in warcs(root, kind)] for kind in KINDS}
    contents = {path.name: path.read_bytes() for kind in KINDS for path in warcs(root, kind)}
    said: list[str] = []
    report = packed(root, tell=said.append)
    assert report.exit_code == 0
    assert [(each.folder, list(each.sources)) for each in report.joined] == list(names.items())
    for each in report.joined:
        (path,) = warcs(root, each.folder)
        assert path.name == each.name
        whole = path.read_bytes()
        assert each.size == sum(len(contents[name]) for name in each.sources)
        for source in sources_of(path):
            assert whole[source.offset : source.offset + source.length] == contents[source.name]
        assert report.before[each.folder] == len(each.sources)
        assert report.after(each.folder) == 1
    assert any("joining 9 files" in line for line in said)
    check_packed(root, before, ids, lambda: rebuilt(root))


def test_the_joined_file_is_what_the_standard_says(root: Path) -> None:
    packed(root)
    (path,) = warcs(root)
    first = next(read_records(path, strict=True))
    assert first.type == "warcinfo"
    assert first.header("WARC-Filename") == path.name
    assert f"software: {SOFTWARE}".encode() in first.payload_bytes()
    assert b"robots:" not in first.payload_bytes()
    infos = {record.record_id for record in read_records(path, strict=True) if record.type == "warcinfo"}
    others = [record for record in read_records(path, strict=True) if record.type != "warcinfo"]
    assert len(infos) == len(sources_of(path)) + 1
    assert {record.header("WARC-Warcinfo-ID") for record in others} == infos - {first.record_id}
    check = Path(sys.executable).with_name("warcio")
    subprocess.run([str(check), "check", str(path)], check=True, capture_output=True)


def test_packing_again_takes_joined_files_in(root: Path) -> None:
    packed(root)
    (first,) = warcs(root)
    run(root, [lambda _: group("n1", 900, [page(900, b"new")], article=article("New."))], start=900)
    assert not packed(root, Limits(100, 10**9)).joined
    before, ids = placeless(root), record_ids(root)
    inner = next(record.record_id for record in read_records(first, strict=True))
    report = packed(root)
    (second,) = warcs(root)
    assert report.joined[0].sources[0] == first.name
    assert second.name == report.joined[0].sources[-1].replace(".warc.gz", "-packed.warc.gz")
    assert [source.name for source in sources_of(second)] == list(report.joined[0].sources)
    assert len(list(all_sources_of(second))) == 11
    assert inner in {record.record_id for record in read_records(second, strict=True)}
    check_packed(root, before, ids, lambda: rebuilt(root))
    assert not packed(root).joined


def test_runs_go_on_after_it(root: Path) -> None:
    packed(root)
    with opened(root, clock=Clock(TIME.replace(hour=5))) as collection:
        known = collection.known_page(STORY)
        assert known is not None
        told = collection.commit(group("n1", 950, [page(950, b"<p>three</p>" * 80)], article=article("Anew."))).result(
            9
        )
        (capture,) = (each for each in collection.captures("n1") if each.role == "page")
        assert capture.record_type == "revisit"
        assert b"three" in collection.read(capture).payload().read()
        assert collection.text_of(told) is not None
    read_again(root, "n2", 59, "Read once more.")
    before = derived(root)
    rebuilt(root)
    assert derived(root) == before


def test_what_another_reading_names_moves_with_the_record(root: Path) -> None:
    """The metadata record of another reading names a file that is gone after the join."""
    with Collection.open(settings(root), None) as collection:
        row = collection.find(STORY)
        assert row is not None
        assert row.page_id == "p20"
        path = (folder_of(root) / str(row.text)).with_suffix(".json")
    old = json.loads(path.read_bytes())["record"]
    packed(root, Limits(10**6, 10**9))
    new = json.loads(path.read_bytes())["record"]
    (joined,) = warcs(root)
    assert old["file"] != new["file"] == f"archive/{joined.name}"
    # Where the reading lies in a file that stays, its JSON file follows the record all the same.
    read_again(root, "p21", 61, "Read a second time.")
    packed(root, Limits(10**6, 10**9))
    assert json.loads(path.read_bytes())["record"]["file"] == f"archive/{warcs(root)[0].name}"
    before = derived(root)
    rebuilt(root)
    assert derived(root) == before


def test_a_reading_in_a_large_file_of_a_page_in_small_ones(tmp_path: Path) -> None:
    fill(tmp_path, warc_size=1)
    read_again(tmp_path, "p20", 60, " ".join(sha256(str(n).encode()).hexdigest() for n in range(300)))
    large = warcs(tmp_path)[-1]
    texts = sorted((folder_of(tmp_path) / "text" / "news.test").glob("story-*.json"))
    newest = min(texts, key=lambda path: len(path.name))
    packed(tmp_path, Limits(max(p.stat().st_size for p in warcs(tmp_path)[:-1]) + 1, 10**9))
    assert [path.name for path in warcs(tmp_path)][-1] == large.name
    assert json.loads(newest.read_bytes())["record"]["file"].endswith("-packed.warc.gz")
    before = derived(tmp_path)
    rebuilt(tmp_path)
    assert derived(tmp_path) == before


def test_large_files_and_lone_ones_stay(root: Path) -> None:
    sizes = [path.stat().st_size for path in warcs(root)]
    names = [path.name for path in warcs(root)]
    report = packed(root, Limits(sorted(sizes)[-2], 10**9))
    stayed = {path.name for path in warcs(root)} & set(names)
    assert {name for name, size in zip(names, sizes, strict=True) if size >= sorted(sizes)[-2]} <= stayed
    assert report.after("archive") == len(warcs(root))
    before = derived(root)
    rebuilt(root)
    assert derived(root) == before


def test_joined_files_keep_to_the_size(root: Path) -> None:
    most = 9000
    before, ids = placeless(root), record_ids(root)
    report = packed(root, Limits(most, most))
    assert len([each for each in report.joined if each.folder == "archive"]) > 1
    assert all(each.size <= most for each in report.joined)
    check_packed(root, before, ids, lambda: rebuilt(root))


def test_files_of_other_tools_are_left_alone(root: Path) -> None:
    """Whatever their names: those of Heritrix are made as ours are."""
    archive = folder_of(root) / "archive"
    ours = warcs(root)
    names = ("foreign.warc.gz", f"ARC-{ours[1].name.split('-')[1]}-00000-9~crawl.test~8443.warc.gz")
    for name in names:
        shutil.copy(ours[0], archive / name)
        data = bytearray((archive / name).read_bytes())
        data[-30:] = b"not what we wrote at all, here"
        (archive / name).write_bytes(b"\x1f\x8b\x08rubbish" + bytes(data))
    kept = [(archive / name).read_bytes() for name in names]
    opened(root).close()
    report = packed(root)
    assert [(archive / name).read_bytes() for name in names] == kept
    assert len([each for each in report.joined if each.folder == "archive"]) == 1
    assert not set(names) & set(report.joined[0].sources)
    before = derived(root)
    rebuild(settings(root))
    assert derived(root)["text"] == before["text"]


def test_a_damaged_file_stays_and_keeps_its_place_in_the_order(root: Path) -> None:
    damaged = warcs(root)[3]
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged.write_bytes(bytes(data))
    said: list[str] = []
    report = packed(root, tell=said.append)
    assert report.exit_code == 5
    assert damaged.name in report.damage[0]
    assert any(line.startswith("damaged, and left as it is") for line in said)
    assert damaged.read_bytes() == bytes(data)
    assert [is_joined(path.name) for path in warcs(root)] == [True, False, True]
    assert packed(root).joined == []
    pages = derived(root)["pages"]
    rebuild(settings(root))
    # What is damaged is not listed any more; all else stands where it stood.
    assert [line for line in pages.splitlines() if line in derived(root)["pages"].splitlines()] == derived(root)[
        "pages"
    ].splitlines()


def test_only_saying_what_would_be_joined_changes_nothing(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(folder_of(root).rglob("*")) if path.suffix == ".gz"}
    with opened(root):
        told = would_pack(settings(root), limits_of(settings(root)))
    assert [len(each.sources) for each in told.joined] == [9, 4]
    assert told.after("archive") == 1
    assert before == {
        path: path.stat().st_mtime_ns for path in sorted(folder_of(root).rglob("*")) if path.suffix == ".gz"
    }


def test_stopping_leaves_nothing_half_done(root: Path) -> None:
    before, ids = placeless(root), record_ids(root)
    for after in range(1, 200, 3):
        asked = iter([False] * after)
        report = packed(root, stopped=lambda asked=asked: next(asked, True))
        check_packed(root, before, ids, lambda: None)
        if not report.stopped:
            break
    assert not report.stopped
    check_packed(root, before, ids, lambda: rebuilt(root))


def test_it_takes_the_lock_and_wants_a_collection(root: Path, tmp_path: Path) -> None:
    with opened(root), pytest.raises(LockedError):
        packed(root)
    with pytest.raises(NotKeptError):
        packed(tmp_path / "nowhere")
    with pytest.raises(NotKeptError):
        would_pack(settings(tmp_path / "nowhere"), Limits(1, 1))
    for path in folder_of(root).glob("catalog.sqlite*"):
        path.unlink()
    with pytest.raises(DamageError):
        would_pack(settings(root), Limits(1, 1))
    assert packed(root).joined


def test_a_killed_run_is_mended_first(root: Path) -> None:
    path = warcs(root)[-1]
    path.rename(path.with_name(path.name + ".open"))
    ids = record_ids(root)
    report = packed(root)
    assert path.name in report.joined[0].sources
    assert record_ids(root) > ids


def test_readers_that_looked_a_place_up_before(root: Path) -> None:
    with Collection.open(settings(root), None) as reader:
        row = next(row for row in reader.pages(limit=100) if row.page_id == "p05")
        rereads = reader.page("p20")
        assert rereads is not None
        captures = [each for row in reader.pages(limit=100) for each in reader.captures(row.page_id)]
        answers = [(each, reader.read(each)) for each in captures if each.record_type == "response"]
        bodies = [answer.payload().read() for _, answer in answers]
        packed(root)
        now = reader.capture_of(row)
        assert now is not None
        assert reader.capture_of(rereads) is not None
        assert is_joined(now.warc)
        for each in captures:
            assert reader.read(each).record.record_id == each.record_id
        assert [answer.payload().read() for _, answer in answers] == bodies
        for path in folder_of(root).rglob("*.txt"):
            path.unlink()
        assert reader.text_of(row)


def test_readers_at_work_while_files_are_joined(root: Path) -> None:
    """Each look-up and each reading finds the record, wherever it lies at that moment."""
    done = threading.Event()
    problems: list[str] = []
    read = 0

    def look() -> None:
        nonlocal read
        with Collection.open(settings(root), None) as reader:
            while not done.is_set():
                for row in reader.pages(limit=100):
                    capture = reader.capture_of(row)
                    if capture is None and row.digest is not None:
                        problems.append(f"{row.page_id} has no capture")
                    if capture is None or capture.record_type == "metadata":
                        continue
                    try:
                        read += len(reader.read(capture).payload().read())
                    except DamageError as error:
                        problems.append(str(error))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for most in (4000, 9000, 20_000, 10**9):
        packed(root, Limits(most, most))
        read_again(root, f"r{most}", 62, f"Read once more {most}.")
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert read


def test_lines_that_the_index_lacks_are_made_again(root: Path) -> None:
    ids = record_ids(root)
    before = placeless(root)
    path = folder_of(root) / "indexes" / "index.cdxj"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-5]))
    packed(root)
    check_packed(root, before, ids, lambda: rebuilt(root))


# --------------------------------------------------------------------------------------------------- what is left over


def put_back(root: Path, old: Path) -> list[Path]:
    """The small files stand beside the joined ones again."""
    found = []
    for kind in KINDS:
        for path in warcs(old, kind):
            found.append(folder_of(root) / kind / path.name)
            shutil.copy(path, found[-1])
    return found


@pytest.mark.parametrize("catalog", ["kept", "lost", "old"])
def test_sources_beside_the_joined_file(root: Path, tmp_path: Path, catalog: str) -> None:
    """As after a kill, with the catalog of before, of after, or none."""
    before, ids = placeless(root), record_ids(root)
    old = tmp_path / "old"
    shutil.copytree(root / "collections", old / "collections")
    packed(root)
    files = put_back(root, old)
    if catalog != "kept":
        for path in folder_of(root).glob("catalog.sqlite*"):
            path.unlink()
    if catalog == "old":
        for path in folder_of(old).glob("catalog.sqlite*"):
            shutil.copy(path, folder_of(root) / path.name)
    said: list[str] = []
    with Collection.open(settings(root), RUN, tell=said.append):
        pass
    assert not [path for path in files if path.exists()]
    assert any("is removed" in line or "is now done" in line for line in said) or catalog == "lost"
    check_packed(root, before, ids, lambda: rebuilt(root))


def test_an_old_catalog_and_the_joined_file_alone(root: Path, tmp_path: Path) -> None:
    before, ids = placeless(root), record_ids(root)
    old = tmp_path / "old"
    shutil.copytree(root / "collections", old / "collections")
    packed(root)
    for path in folder_of(root).glob("catalog.sqlite*"):
        path.unlink()
    for path in folder_of(old).glob("catalog.sqlite*"):
        shutil.copy(path, folder_of(root) / path.name)
    opened(root).close()
    check_packed(root, before, ids, lambda: rebuilt(root))


def test_a_catalog_that_knows_some_of_the_sources(tmp_path: Path) -> None:
    """A power cut or a backup: what it knows lies elsewhere now, so all is made again."""
    fill(tmp_path, warc_size=1)
    old = tmp_path / "old"
    shutil.copytree(tmp_path / "collections", old / "collections")
    read_again(tmp_path, "p20", 60, "What was read again.")
    before, ids = placeless(tmp_path), record_ids(tmp_path)
    packed(tmp_path)
    for path in folder_of(tmp_path).glob("catalog.sqlite*"):
        path.unlink()
    for path in folder_of(old).glob("catalog.sqlite*"):
        shutil.copy(path, folder_of(tmp_path) / path.name)
    opened(tmp_path).close()
    check_packed(tmp_path, before, ids, lambda: rebuilt(tmp_path))


def test_sources_two_joins_ago(root: Path, tmp_path: Path) -> None:
    old, between = tmp_path / "old", tmp_path / "between"
    shutil.copytree(root / "collections", old / "collections")
    packed(root)
    run(root, [lambda _: group("n1", 900, [page(900, b"new")], article=article("New."))], start=900)
    shutil.copytree(root / "collections", between / "collections")
    before, ids = placeless(root), record_ids(root)
    packed(root)
    put_back(root, old)
    put_back(root, between)
    rebuilt(root)
    assert [len(warcs(root, kind)) for kind in KINDS] == [1, 1]
    check_packed(root, before, ids, lambda: rebuilt(root))


def test_a_damaged_source_beside_the_joined_file_is_told_of(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(root / "collections", old / "collections")
    packed(root)
    before = derived(root)
    put_back(root, old)
    changed = folder_of(root) / "archive" / warcs(old)[2].name
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(bytes(data))
    said: list[str] = []
    with Collection.open(settings(root), RUN, tell=said.append):
        pass
    assert any(line.startswith("damaged: ") and changed.name in line for line in said)
    assert changed.read_bytes() == bytes(data)
    report = rebuild(settings(root))
    assert report.exit_code == 5
    assert changed.name in report.damage[0]
    assert len(warcs(root)) == 2
    after = derived(root)
    assert [after[name] for name in ("index", "pages", "text")] == [before[name] for name in ("index", "pages", "text")]


def test_other_pages_under_the_name_of_a_source(root: Path, tmp_path: Path) -> None:
    """Whatever gave it that name, it is a file like any other."""
    name = warcs(root)[2].name
    packed(root)
    other = tmp_path / "other"
    run(other, [lambda _: group("n1", 900, [page(900, b"new")], article=article("New."))], start=900)
    shutil.copy(warcs(other)[0], folder_of(root) / "archive" / name)
    opened(root).close()
    with Collection.open(settings(root), None) as reader:
        assert reader.page("n1") is not None
    before = derived(root)
    rebuilt(root)
    assert derived(root) == before
    assert len(warcs(root)) == 2


def test_no_later_file_gets_the_name_of_a_source(root: Path) -> None:
    """The clock of each run may begin where that of the first did."""
    names = {path.name for path in warcs(root)}
    for number in range(3):
        packed(root)
        new = group(f"n{number}", 900 + number, [page(900 + number, b"new")])
        run(root, [lambda _, new=new: new], start=0)  # type: ignore[misc]
        fresh = {path.name for path in warcs(root) if not is_joined(path.name)}
        assert fresh
        assert not fresh & names
        names |= fresh
    before = derived(root)
    rebuilt(root)
    assert derived(root) == before


def test_files_joined_by_hand_hold_the_same_records(root: Path) -> None:
    """Two files with equal records and nothing that says so: the records count once."""
    before = derived(root)
    files = warcs(root)
    stamp = files[-1].name.split("-")
    copy = files[-1].with_name("-".join([*stamp[:-2], f"{int(stamp[-2]) + 1:05d}", stamp[-1]]))
    copy.write_bytes(b"".join(path.read_bytes() for path in files))
    opened(root).close()
    after = derived(root)
    assert [after[name] for name in ("index", "pages", "text")] == [before[name] for name in ("index", "pages", "text")]
    rebuilt(root)
    assert derived(root) == after


def test_a_file_that_never_got_whole_is_taken_away(root: Path) -> None:
    before = derived(root)
    name = warcs(root)[0].name.replace(".warc.gz", "-packed.warc.gz")
    part = folder_of(root) / "archive" / part_name(name)
    other = folder_of(root) / "archive" / ".somebody-elses.part"
    for path in (part, other):
        path.write_bytes(warcs(root)[0].read_bytes())
    opened(root).close()
    assert not part.exists()
    assert other.exists()
    assert derived(root) == before
