"""`tearsheet verify FILE…`: every file of the corpus by its name, and what we export ourselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.checking import Kind
from archive.fixity import BY_NAME, Watch, verify_files
from tests.archive.collecting import fill
from tests.command import home
from tests.corpus import needed

NO_ARC, CUT = "no ARC record begins here", "the file ends inside a gzip member"
LINE_ENDS = "the block is not followed by two line ends"
TARGET = "warc-target-uri is not an address without white space and angle brackets"
# Of each file: records that can be read, and kind, offset and words of what is wrong.
CORPUS: dict[str, tuple[int, tuple[tuple[str, int | None, str], ...]]] = {
    "20141124-heritrix-server-not-modified.warc.gz": (0, (("damage", 0, LINE_ENDS),)),
    "20141129-heritrix-original.warc.gz": (1, ()),
    "20141129-heritrix-revisit-with-http-headers-and-new-warc-headers.warc.gz": (1, ()),
    "bad.arc": (1, (("damage", 0, NO_ARC), ("damage", 262, NO_ARC))),
    "badexample.arc.gz": (3, (("damage", 0, NO_ARC),)),
    "cc.warc.gz": (1, ()),
    "clipped.warc.gz": (0, (("damage", 0, CUT),)),
    "decode.warc": (12, ()),
    "example-bad-non-chunked.warc.gz": (0, (("damage", 0, "the gzip member goes on after the record's end"),)),
    "example-collection-with-lists.warc": (38, ()),
    "example-digest.warc": (4, (("damage", 0, "the payload is not what WARC-Payload-Digest says"),)),
    "example-iana.org-chunked.warc": (3, ()),
    "example-iana.warc": (118, ()),
    "example-resource.warc.gz": (3, ()),
    "example-space-in-target-uri.warc.gz": (2, (("rule", 241, TARGET),)),
    "example-trunc.warc": (3, (("damage", 1197, LINE_ENDS),)),
    "example-url-agnostic-revisit.warc.gz": (1, (("damage", 0, LINE_ENDS),)),
    "example-wget-bad-target-uri.warc.gz": (6, tuple(("rule", at, TARGET) for at in (410, 824, 1978, 2295, 2681))),
    "example-wpull.warc.gz": (4, (("rule", 0, "a warcinfo record may not have warc-warcinfo-id"),)),
    "example-wrong-chunks.warc.gz": (
        0,
        (
            ("damage", 0, "the record ends before its block does"),
            ("damage", 516, "no WARC record begins here"),
            ("damage", 1130, "no WARC record begins here"),
        ),
    ),
    "example.arc": (2, ()),
    "example.arc.gz": (300, ()),
    "example.com.wacz": (5, (("derived", None, "line 3: lines are not in order"),)),
    "gzip_extra_sl.warc.gz": (1, ()),
    "http-return-codes.warc.gz": (98, ()),
    "iframetest.wacz": (5, ()),
    "invalid_example_1.wacz": (0, (("damage", None, "invalid_example_1.wacz is no WACZ file"),)),
    "invalid_signed_example_1.wacz": (4, ()),
    "issue-514.warc": (8, tuple(("rule", at, TARGET) for at in (519, 1074, 2104, 2661, 44631, 45056, 45563))),
    "missing-http.warc.gz": (2, (("damage", 0, "the payload is not what WARC-Payload-Digest says"),)),
    "redirect.warc": (2, ()),
    "valid_example_2.wacz": (4, ()),
    "valid_signed_example_1.wacz": (4, ()),
    "whirlwind.warc.gz": (4, ()),
}


def test_every_file_of_the_corpus_is_among_them() -> None:
    assert {path.name for path in (needed() / "warcs").iterdir()} == CORPUS.keys()


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_the_corpus(name: str) -> None:
    path = needed() / "warcs" / name
    found = verify_files([path], Watch(workers=1))
    records, wrong = CORPUS[name]
    assert found.records == records
    assert [(each.kind.value, each.offset) for each in found.bad] == [(kind, at) for kind, at, _ in wrong]
    for problem, (_, _, words) in zip(found.bad, wrong, strict=True):
        assert problem.words.startswith(words)
        assert problem.file.partition("!")[0] == str(path)
        assert found.advice(problem.kind)
    assert found.exit_code == (5 if wrong else 0)


def test_what_we_export_is_right(tmp_path: Path) -> None:
    there = home(tmp_path, None)
    fill(there.collection.parents[1])
    assert there.run("export", "wacz", "--all", "-o", "all.wacz").code == 0
    ran = there.run("verify", "all.wacz")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "nothing is wrong")
    data = bytearray((there.folder / "all.wacz").read_bytes())
    data[200] ^= 1
    (there.folder / "all.wacz").write_bytes(data)
    ran = there.run("verify", "all.wacz")
    assert ran.code == 5
    assert "damage: all.wacz!archive/" in ran.out
    assert BY_NAME[Kind.DAMAGE] in ran.out
