"""The words of an address, which a page may repeat without saying anything by it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from scraper.likeness import but_of, own_words, words


@pytest.mark.parametrize(
    ("path", "echo"),
    [
        ("2024/05/council-votes-for-new-bridge", "council votes for new bridge"),
        ("2024/05/council_votes_for_new_bridge.html", "Council Votes For New Bridge"),
        ("?q=council+votes%20for+new_bridge", "council votes, for new bridge?"),
        ("a/CouncilVotesForNewBridge2024", "council votes for new bridge 2024"),
        ("a/council-votes-for-new-bridge", "/a/council-votes-for-new-bridge and new-bridge"),
        ("a/council%2Dvotes%252Dfor%252Dnew", "council votes for new"),
        (quote("город-строит-новый-мост"), "Город строит новый мост"),
        (quote("शहर-में-नया-पुल"), "शहर में नया पुल"),
        (quote("مدينة-تبني-جسرا"), "مدينة تبني جسرا"),
        (quote("市议会批准新桥"), "市议会批准新桥"),
        ("conseil-vot%E9-apr%E8s", "conseil voté après"),
        ("#!/neue-brücke", "neue Brücke"),
    ],
)
def test_what_repeats_an_address_says_nothing_of_its_own(path: str, echo: str) -> None:
    known = own_words(f"https://news.test/{path}") | {"and"}
    assert but_of(known, words(echo)) == []
    assert but_of(known, words(f"{echo} harbour")) == ["harbour"]
