"""Which files are joined: pure, whatever names and sizes there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.pack import Closed, Limits, limits_of, plan
from archive.settings import ArchiveSettings
from archive.warc.joined import can_be_joined, is_joined, is_part, joined_name, part_name
from archive.warc.writer import name_key

STAMP = "20260102030405678"


def named(number: int, host: str = "box") -> str:
    return f"tearsheet-{int(STAMP) + number}-00000-{host}.warc.gz"


def files(*sizes: int) -> list[Closed]:
    return [Closed(named(number), size) for number, size in enumerate(sizes)]


def shape(found: list[Closed], limits: Limits) -> list[list[int]]:
    """The positions of what is joined."""
    at = {file.name: number for number, file in enumerate(found)}
    planned = plan(found, [file.name for file in found], limits)
    return [[at[source.name] for source in each.sources] for each in planned]


@pytest.mark.parametrize(
    ("sizes", "joined"),
    [
        ((), []),
        ((5,), []),
        ((5, 5), [[0, 1]]),
        ((5, 5, 5), [[0, 1, 2]]),
        ((5, 10, 5), []),
        ((5, 5, 10, 5, 5), [[0, 1], [3, 4]]),
        ((9, 9, 9, 9), [[0, 1], [2, 3]]),
        ((9, 9, 9), [[0, 1]]),
        ((10, 10), []),
    ],
)
def test_neighbours_below_the_limit(sizes: tuple[int, ...], joined: list[list[int]]) -> None:
    assert shape(files(*sizes), Limits(small=10, most=20)) == joined


def test_no_more_files_than_the_limit() -> None:
    assert shape(files(1, 1, 1, 1, 1), Limits(10, 100, most_files=2)) == [[0, 1], [2, 3]]


def test_what_is_not_free_stays_between() -> None:
    found = files(1, 1, 1, 1, 1)
    found[2] = Closed(found[2].name, 1, free=False)
    assert shape(found, Limits(10, 100)) == [[0, 1], [3, 4]]


def test_small_is_below_a_tenth_unless_it_is_said() -> None:
    settings = ArchiveSettings(Path(), warc_size=1000)
    assert limits_of(settings) == Limits(100, 1000)
    assert limits_of(settings, 7) == Limits(7, 1000)


HOSTS = st.sampled_from(["box", "box-packed", "box-packed2", "box-packed9", "aa", "packed", "z-packed-x"])
FILES = st.lists(
    st.builds(
        lambda number, serial, host, size, free: Closed(
            f"tearsheet-{int(STAMP) + number}-{serial:05d}-{host}.warc.gz", size, free
        ),
        st.integers(0, 6),
        st.integers(0, 2),
        HOSTS,
        st.integers(1, 30),
        st.sampled_from([True, True, True, False]),
    ),
    max_size=20,
    unique_by=lambda file: file.name,
).map(lambda found: sorted(found, key=lambda file: name_key(file.name)))


@given(FILES, st.integers(1, 40), st.integers(1, 100), st.integers(2, 6), st.lists(HOSTS, max_size=3))
def test_whatever_there_is(found: list[Closed], small: int, most: int, most_files: int, more: list[str]) -> None:
    taken = {file.name for file in found} | {named(0, host) for host in more}
    planned = plan(found, taken, Limits(small, most, most_files))
    order = [file.name for file in found]
    for each in planned:
        assert 2 <= len(each.sources) <= most_files
        assert each.size <= most
        assert all(source.free and source.size < small for source in each.sources)
        at = order.index(each.sources[0].name)
        assert order[at : at + len(each.sources)] == [source.name for source in each.sources]
        assert each.name not in taken
        assert is_joined(each.name)
    assert len({each.name for each in planned}) == len(planned)
    # Each new name stands where its sources stood.
    after = list(order)
    for each in planned:
        at = after.index(each.sources[0].name)
        after[at : at + len(each.sources)] = [each.name]
    assert sorted(after, key=name_key) == after


def test_names_of_joined_files() -> None:
    first = named(0)
    once = joined_name(first, [first])
    assert once == named(0, "box-packed")
    assert joined_name(first, [first, once]) == named(0, "box-packed2")
    assert joined_name(first, [first, once + ".open"]) == named(0, "box-packed2")
    assert joined_name(once, [once]) == named(0, "box-packed2")
    assert joined_name(named(0, "box-packed9"), []) == named(0, "box-packed10")
    assert is_joined(once)
    assert not is_joined(first)
    assert not is_joined(once + ".open")
    with pytest.raises(ValueError, match="no name of ours"):
        joined_name("foreign.warc.gz", [])


def test_names_that_are_left_alone() -> None:
    assert can_be_joined(named(0))
    assert not can_be_joined(named(0, "9~crawl.test~8443"))
    assert not can_be_joined(named(0) + ".open")
    assert not can_be_joined("foreign.warc.gz")
    part = part_name(named(0, "box-packed"))
    assert is_part(part)
    assert is_part(part_name(named(0)))
    assert not is_part(".index.cdxj.123.part")
    assert not part.endswith(".warc.gz")
