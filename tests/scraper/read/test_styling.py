from __future__ import annotations

import pytest
from lxml import html

from scraper.read.captions import Picture, picture
from scraper.read.styling import styled

BASE = "https://a.test/x/"


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("The <em>Kea</em> leaves. <span class=credit>Ines Vale</span>", "The *Kea* leaves."),
        (
            'The <a href="../boats">old boats</a> at rest. <span class=credit>Ines Vale</span>',
            "The [old boats](https://a.test/boats) at rest.",
        ),
        ("<em>The Kea leaves.</em> <span class=credit>Ines Vale</span>", "The Kea leaves."),
        ("<strong>Gone:</strong> the Kea. <span class=credit>Ines Vale</span>", "**Gone:** the Kea."),
        ("The Kea is <b>gone</b> <span class=credit>Ines Vale</span>", "The Kea is gone"),
        ("The  <i>Kea</i>\n leaves<br>today. <span class=credit>Ines Vale</span>", "The *Kea* leaves today."),
    ],
)
def test_captions_keep_emphasis_and_links(caption: str, expected: str) -> None:
    figure = html.fromstring(f"<figure><img src=a.png><figcaption>{caption}</figcaption></figure>")
    assert picture(figure, BASE) == Picture(expected, "Ines Vale")


def test_words_that_are_not_there_stay() -> None:
    assert styled(html.fromstring("<p>The <em>Kea</em></p>"), "The Tui", BASE) == "The Tui"
