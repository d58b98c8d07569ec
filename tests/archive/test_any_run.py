"""Whatever runs bring, a rebuild gives the same: groups, runs, file sizes and repetitions drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.catalog import Catalog
from archive.collection import Collection
from archive.models import PageGroup, Part, Rereading, VerdictKind
from archive.pack import Limits
from archive.rebuild import rebuild
from archive.reindex import Run as Reindex
from archive.reindex import reindex
from tests.archive.collecting import (
    article,
    asset,
    bad_asset,
    derived,
    folder_of,
    group,
    hop,
    not_modified,
    opened,
    page,
    page_lines,
    rereading,
    robots,
)
from tests.archive.collecting import settings as archive_settings
from tests.archive.packing import assert_every_place_is_there, packed, placeless, record_ids
from tests.reliability import examples

ADDRESSES = ("https://a.test/1", "https://a.test/2?utm_source=x", "https://b.test/ü")
BODIES = (b"small", b"one" * 300, b"two" * 300)
TEXTS = ("first text", "second text", "東京")


@dataclass(frozen=True)
class Drawn:
    """One page group as it is drawn."""

    address: int
    body: int
    text: int | None
    kind: VerdictKind
    assets: tuple[tuple[int, bool], ...]
    via_hop: bool
    with_robots: bool
    pause: int
    unchanged: bool
    reread: bool

    def group(self, collection: Collection, number: int, at: int) -> PageGroup | Rereading:
        url = ADDRESSES[self.address]
        read = collection.known_page(url) if self.reread and self.text is not None else None
        if read is not None and self.text is not None:
            return rereading(f"p{number}", at, read, article(TEXTS[self.text], url))
        known = collection.known_page(url) if self.unchanged else None
        if known is not None:
            parts: list[Part] = [not_modified(at, known[1], url)]
            return group(f"p{number}", at, parts, VerdictKind.UNCHANGED)
        parts = [robots(at)] if self.with_robots else []
        if self.via_hop:
            parts.append(hop(at, f"https://a.test/old{self.address}", url))
        parts.append(page(at, BODIES[self.body], url, status=200 if self.kind.kept else 404))
        for name, good in self.assets:
            asked = f"https://a.test/{name}.png"
            parts.append(asset(at, BODIES[name % 3], asked) if good else bad_asset(at, asked))
        written = article(TEXTS[self.text], url) if self.text is not None else None
        return group(f"p{number}", at, parts, self.kind, article=written)


DRAWN = st.builds(
    Drawn,
    address=st.integers(0, 2),
    body=st.integers(0, 2),
    text=st.none() | st.integers(0, 2),
    kind=st.sampled_from([VerdictKind.ARTICLE] * 4 + [VerdictKind.PAGE, VerdictKind.GONE, VerdictKind.CHALLENGE]),
    assets=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=3).map(tuple),
    via_hop=st.booleans(),
    with_robots=st.booleans(),
    pause=st.integers(-2, 3),
    unchanged=st.booleans(),
    reread=st.sampled_from([False, False, True]),
)


def assert_never_worse_over_better(root: Path) -> None:
    good: set[str] = set()
    with Catalog(folder_of(root) / "catalog.sqlite") as catalog:
        sql = "SELECT url, good, status FROM captures WHERE archived AND status IS NOT NULL ORDER BY warc, offset"
        for url, is_good, status in catalog.all(sql):
            assert url not in good or status < 400
            if is_good:
                good.add(url)


@pytest.mark.promise("rebuild")
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    runs=st.lists(st.lists(DRAWN, min_size=1, max_size=6), min_size=1, max_size=3),
    warc_size=st.sampled_from([1, 3000, 10**9]),
    joins=st.lists(st.none() | st.tuples(st.sampled_from([2000, 4000, 10**6]), st.sampled_from([5000, 10**9]))),
)
def test_a_rebuild_gives_what_the_runs_gave(
    runs: list[list[Drawn]], warc_size: int, joins: list[tuple[int, int] | None]
) -> None:
    """`joins` are what is joined after a run: files smaller than, and up to."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        root = Path(folder)
        number = at = 0
        kept = []
        for steps, join in zip_longest(runs, joins[: len(runs)]):
            with opened(root, warc_size=warc_size) as collection:
                futures = []
                for step in steps:
                    number, at = number + 1, max(0, at + step.pause)
                    futures.append(collection.commit(step.group(collection, number, at)))
                    if step.pause > 0:
                        futures[-1].result(30)
                told = [future.result(30) for future in futures]
                kept += [row.page_id for row in told if row.verdict.kept and not row.rereads]
            if join is not None:
                before_it, ids = placeless(root), record_ids(root)
                packed(root, Limits(*join))
                assert placeless(root) == before_it
                assert record_ids(root) == ids
        assert_never_worse_over_better(root)
        assert_every_place_is_there(root)
        before = derived(root)
        assert [line["id"] for line in page_lines(root)] == kept
        reindex(archive_settings(root), Reindex(workers=1))
        assert derived(root) == before
        rebuild(archive_settings(root))
        assert derived(root) == before
