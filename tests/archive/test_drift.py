"""How far a text has moved, and what was corrected, in words."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from archive.drift import drift
from archive.models import Article, Heading, Paragraph

KEPT = Article(
    title="Ferry breaks down off the cape",
    url="https://news.test/ferry",
    body=(
        Paragraph("The ferry to the islands lost its steering on Monday, with eighty people on board."),
        Heading(2, "No danger"),
        Paragraph("A tug brought it back to the harbour, where nobody needed a doctor."),
        Paragraph("The company says that the part had been replaced in March."),
    ),
    authors=("Ann Bee",),
    date=date(2026, 1, 5),
)


def test_nothing_moved() -> None:
    found = drift(KEPT, replace(KEPT, url="https://news.test/elsewhere"))
    assert (found.similarity, found.added, found.struck, found.corrections, found.changed) == (1.0, 0, 0, (), False)


@pytest.mark.parametrize(
    ("live", "words"),
    [
        (
            replace(KEPT, title="Ferry drifts off the cape"),
            "headline changed: “Ferry breaks down off",
        ),
        (replace(KEPT, authors=("Cy Dee",)), "byline changed: “Ann Bee” → “Cy Dee”"),
        (replace(KEPT, authors=()), "byline removed: “Ann Bee”"),
        (replace(KEPT, date=date(2026, 1, 9)), "date moved: “2026-01-05” → “2026-01-09”"),
        (replace(KEPT, intro="What we know."), "intro added: “What we know.”"),
        (replace(KEPT, body=KEPT.body[:-1]), "1 paragraph removed: “The company says that the part"),
        (
            replace(KEPT, body=(*KEPT.body, Paragraph("Correction: it was April."), Paragraph("We regret that."))),
            "2 paragraphs added: “Correction: it was April.”",
        ),
        (
            replace(KEPT, body=(Paragraph(KEPT.body[0].text.replace("eighty", "ninety")), *KEPT.body[1:])),  # type: ignore[union-attr]
            "1 paragraph edited: “eighty” → “ninety”",
        ),
    ],
)
def test_each_correction_is_told(live: Article, words: str) -> None:
    found = drift(KEPT, live)
    assert found.changed and 0.5 < found.similarity < 1
    assert len(found.corrections) == 1 and found.corrections[0].startswith(words), found.corrections


def test_long_passages_are_told_by_their_beginnings() -> None:
    live = replace(KEPT, body=(*KEPT.body, Paragraph("word " * 500)))
    assert all(len(each) < 200 for each in drift(KEPT, live).corrections)
