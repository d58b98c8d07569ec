"""What a site says of any address, held against what it says of a kept one: echoes, its home page."""

from __future__ import annotations

import pytest

from archive.linkstate import State
from archive.models import VerdictKind
from tests.scraper.links import HOME, URL, judged, page, seen, wrong

NAME = "harbour master retires"


def searched(name: str, *, framed: bool = True) -> str:
    title = f"No results for {name}"
    words = f"We found nothing for {name}. Check the spelling of {name}, or try fewer words than {name}."
    return page(title, (words,)) if framed else f"<title>{title}</title><h1>{title}</h1><p>{words}</p>"


@pytest.mark.parametrize("framed", [True, False])
def test_a_search_for_the_words_of_the_address_is_a_soft_404(framed: bool) -> None:
    now, made_up = seen(searched(NAME, framed=framed)), wrong(searched("qzxvbn made up", framed=framed))
    found, _ = judged(now, made_up, seen(HOME, "https://news.test/"))
    assert (found.state, found.verdict) == (State.SOFT_404, VerdictKind.SOFT_404)
    assert found.evidence == ("the site answers the same for a made-up address",)


def test_a_title_that_is_the_address_in_words_is_not_the_bare_name_of_the_site() -> None:
    """Its text is drawn by scripts in the frame that any address has."""
    frame = "".join(
        f"<p>Section {number}: what else there is to read about towns and tides.</p>" for number in range(9)
    )

    def html(title: str, more: str) -> str:
        text = f"<h1>{title}</h1>{more}{frame}<div id=root></div><script src=a.js></script>"
        return f"<title>{title} Quay Times</title>{text}"

    said = "<p>" + " ".join(f"word{number}" for number in range(40))
    found, _ = judged(seen(html("Harbour master: retires", said)), wrong(html("", "")), seen(html("", ""), URL))
    assert "the site answers the same for a made-up address" not in found.evidence
