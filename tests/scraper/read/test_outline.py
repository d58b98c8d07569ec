from __future__ import annotations

import pytest

from scraper.read.outline import Outline, outlined
from scraper.read.tree import parse, text_of

MARKUP = """
<html lang=en><body class=a>
<p id=1>one <i>two</i> three</p><div><p id=2 itemprop=x>four</p><span itemprop=y></span></div>
<script>five</script></body></html>
"""


@pytest.mark.parametrize("tags", [(), ("p",), ("span", "p"), ("i", "nav"), ("nav",), ("nav", "aside")])
def test_elements_of_tags_come_in_page_order(tags: tuple[str, ...]) -> None:
    tree = parse(MARKUP)
    assert tree is not None
    assert list(Outline(tree).iter(*tags)) == list(tree.iter(*tags))


def test_elements_are_found_by_their_attributes() -> None:
    outline = outlined(parse(MARKUP))
    assert outlined(outline) is outline
    assert outline.get("lang") == "en"
    assert [node.tag for node in outline.having("itemprop")] == ["p", "span"]
    assert [node.tag for node in outline.having("itemprop", "class", "id")] == ["body", "p", "p", "span"]
    assert outline.having("hidden") == []


def test_texts_are_those_before_the_first_child_and_behind_the_element() -> None:
    texts = {node.tag: (text, tail) for node, text, tail in outlined(parse(MARKUP)).texts()}
    assert texts["i"] == ("two", " three")
    assert texts["script"] == ("five", "\n")


@pytest.mark.parametrize("depth", [1, 40, 60, 200])
def test_text_is_the_same_however_deep_it_lies(depth: int) -> None:
    tree = parse("<p>a<b>b</b></p>" + "<div>x" * depth + "<i>y</i><script>z</script>" + "</div>" * depth + "<p>c")
    assert text_of(tree) == f"ab {'x ' * (depth - 1)}xy c"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("\ufeff\x00 \n<p>a\x1fb</p>", "ab"),
        ("<p>a</BODY ><p>b</body><p>c</html\n><p>d", "a b c d"),
        ("<p>a\ufffeb\uffffc", "abc"),
    ],
)
def test_browsers_read_on_where_the_parser_would_stop(markup: str, expected: str) -> None:
    tree = parse(markup)
    assert text_of(tree) == expected
