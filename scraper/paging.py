"""Articles in several pages: which address is the next page, and the article that the pages make together.

`rel=next` alone says little: on most sites it leads to another article. What counts is that the address is the first
page's with a page number, and that what is there bears the same title. Pure, but for the page that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.deferring import deferred
from archive.models import Article, Block, Caption, Paragraph
from scraper.read.reading import Reading

MOST_PAGES = 30
_QUERY_NAMES = frozenset(
    """
    page p pg pagina pagenum page_num pagenumber page_number pageno page_no paged
    seite sida side strana strona sivu sayfa halaman trang
    """.split()  # noqa: SIM905
)
_WORDS = "page|pg|p|pagina|p[aá]gina|seite|sida|side|strana|strona|sivu|sayfa|halaman|trang|part|teil|s"
_ENDING = deferred(r"(?:\.(?:html?|shtml|xhtml|php|aspx?|jsp))?/?\Z", re.IGNORECASE)
_NOT_A_LETTER = deferred(r"[\W_]+")
_LONG = 40


class Leaf(Struct, frozen=True):
    """A page of an article as it was read: the address that answered, and the article there."""

    address: str
    reading: Reading
    article: Article


def leaves(first: Leaf, leaf: Callable[[str, int], Leaf | None]) -> Iterator[Leaf]:
    """The pages of an article after its first one, as long as each leads on to the next. `leaf` gets the page at an
    address, of which it is told the number, too; None where no article is there."""
    seen, last = {first.address}, first
    for number in range(2, MOST_PAGES + 1):
        url = following(first.address, number, last.reading.pagination)
        found = leaf(url, number) if url is not None and url not in seen else None
        if found is None or found.address in seen or not belongs(first.article, found.article):
            return
        seen.add(found.address)
        yield found
        last = found


def following(first: str, number: int, links: Iterable[str]) -> str | None:
    """The address of page `number` (2 and up) of the article whose first page is at `first`, if it is among `links`."""
    return next((link for link in links if is_page(first, number, link)), None)


def is_page(first: str, number: int, link: str) -> bool:
    """Whether `link` is the address `first` with the page number put to it, in one of the ways of the web."""
    if not (urls.is_http(first) and urls.is_http(link)):
        return False
    one, other = urlsplit(urls.strip_tracking(first)), urlsplit(urls.strip_tracking(link))
    if _host(one.netloc) != _host(other.netloc):
        return False
    args, more = parse_qsl(one.query, keep_blank_values=True), parse_qsl(other.query, keep_blank_values=True)
    args = [arg for arg in args if not _is_number_of(arg, 1)]
    if one.path.rstrip("/") == other.path.rstrip("/"):
        added = [arg for arg in more if arg not in args]
        return len(added) == 1 and _is_number_of(added[0], number) and len(more) == len(args) + 1
    if sorted(args) != sorted(more):
        return False
    stem = re.sub(rf"[/,_~-]?(?:(?:{_WORDS})[/_=-]?)?1\Z", "", rest) if (rest := _stem(one.path)) else ""
    stems = {re.escape(_stem(one.path)), re.escape(stem or rest)}
    step = rf"(?:[/,_~;-]|(?<=/))(?:(?:{_WORDS})[/_=-]?)?0?{number}"
    return any(re.fullmatch(name + step, _stem(other.path), re.IGNORECASE) for name in stems)


def _host(netloc: str) -> str:
    return netloc.lower().removeprefix("www.")


def _stem(path: str) -> str:
    return _ENDING.sub("", path)


def _is_number_of(arg: tuple[str, str], number: int) -> bool:
    return arg[0].lower() in _QUERY_NAMES and arg[1].isdecimal() and len(arg[1]) < 4 and int(arg[1]) == number


def belongs(first: Article, other: Article) -> bool:
    """Whether the second is of the same article: the same title, but for what tells the page."""
    one, two = _key(first.title), _key(other.title)
    return bool(one) and (two.startswith(one) or (one.startswith(two) and len(two) > len(one) // 2))


def joined(first: Article, others: Sequence[Leaf]) -> Article:
    """One article of the first page and those that follow it.

    What stands on several of them (the intro, a box about the author) stands once.
    """
    if not others:
        return first
    seen = {_key(block.text) for block in first.body if isinstance(block, Paragraph)}
    if first.intro:
        seen.add(_key(first.intro))
    body = list(first.body)
    for other in others:
        body += new_blocks(other.article, seen)
    return replace(first, body=tuple(body), meta=replace(first.meta, pages=tuple(other.address for other in others)))


def new_blocks(page: Article, seen: set[str]) -> list[Block]:
    """The blocks of a further page, less what is in `seen`; puts into that what it gives."""
    blocks: list[Block] = []
    if page.caption or page.credit:
        blocks.append(Caption(page.caption, page.credit))
    if page.intro and _key(page.intro) not in seen:
        blocks.append(Paragraph(page.intro))
    for block in page.body:
        if isinstance(block, Paragraph):
            key = _key(block.text)
            if key in seen and len(block.text) > _LONG:
                continue
            seen.add(key)
        blocks.append(block)
    return blocks


def _key(text: str) -> str:
    return _NOT_A_LETTER.sub("", text).casefold()
