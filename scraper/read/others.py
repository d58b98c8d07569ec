"""Parts of the page that its make-up tells from the article: other articles, forms, the discussion.

Other articles, as endless scrolling and archives put them under the one that was asked for, stand in elements like the
one that holds the title, and have a title of their own.
"""

from __future__ import annotations

from scraper.read.mass import Mass
from scraper.read.tree import Node, tag_of
from scraper.read.vocabulary import joined

_PAGE = frozenset(("html", "body", "main"))
_BARE = 350
_SMALL = 0.2
_FIELDS = ("email", "password")
_TITLES = ("h1", "h2", "h3")
_HEADINGS = ("h1", "h2", "h3", "h4")
_LEAST = 250
"""What the element with the title must hold of running text before its likes are taken for other articles."""


def others(title: Node | None, mass: Mass) -> frozenset[Node]:
    """The elements that hold other articles; none where the page has no heading that shows the title."""
    if title is None:
        return frozenset()
    own = set(title.iterancestors())
    found: set[Node] = set()
    for holder in title.iterancestors():
        parent = holder.getparent()
        if parent is None or tag_of(holder) in _PAGE:
            break
        if mass.held.get(holder, 0) < _LEAST:
            continue
        for node in _likes(holder, parent, own):
            if mass.held.get(node, 0) and _titled(node, title):
                found.add(node)
        if holder.tag == "article":
            found.update(node for node in _articles(holder, own, mass) if found.isdisjoint(node.iterancestors()))
            found = {node for node in found if found.isdisjoint(node.iterancestors())}
            break
    return frozenset(found)


def _articles(holder: Node, own: set[Node], mass: Mass) -> list[Node]:
    """The outermost `article` elements outside the holder that have a heading, and a date or a link in the heading."""
    found: list[Node] = []
    for node in holder.getroottree().iter("article"):
        if node in own or not mass.held.get(node, 0):
            continue
        above = set(node.iterancestors("article"))
        if holder in above or above.difference(own):
            continue
        heading = next(node.iter(*_HEADINGS), None)
        if heading is not None and (_is_link(heading) or next(node.iter("time"), None) is not None):
            found.append(node)
    return found


def _is_link(heading: Node) -> bool:
    return next(heading.iter("a"), None) is not None or next(heading.iterancestors("a"), None) is not None


def _likes(holder: Node, parent: Node, own: set[Node]) -> list[Node]:
    """Elements beside the holder that are marked up as it is, each perhaps in a wrapper of its own."""
    wanted = (holder.tag, holder.get("class") or "", holder.get("itemtype") or "")
    article = holder.tag == "article" or "Article" in wanted[2] or holder.get("role") == "article"
    found: list[Node] = []
    for node in parent:
        if node in own or not isinstance(node.tag, str):
            continue
        if _is_like(node, wanted, article=article):
            found.append(node)
        else:
            found.extend(inner for inner in node if article and _is_like(inner, wanted, article=True))
    return found


def _is_like(node: Node, wanted: tuple[str, str, str], *, article: bool) -> bool:
    if node.tag != wanted[0]:
        return False
    if article and wanted[0] == "article":
        return True
    own = (node.get("class") or "", node.get("itemtype") or "")
    return own == wanted[1:] and own != ("", "")


def _titled(node: Node, title: Node) -> bool:
    """Whether the element has a heading like the one that shows the title: of its level, and of its class."""
    if title.tag == "h1":
        return next(node.iter("h1"), None) is not None
    if title.tag not in _TITLES:
        return False
    name = title.get("class") or ""
    return any((heading.get("class") or "") == name for heading in node.iter(title.tag))


def forms(root: Node, mass: Mass) -> frozenset[Node]:
    """Forms that ask for an address, a password or a comment, each with the box that bids the reader fill it in."""
    boxed = [form for form in root.iter("form") if mass.is_box(form)]
    asking = set(filter(_asks, boxed))
    found = asking.union(filter(mass.is_bare, boxed))
    asking.update(entry for entry in root.iter("input") if entry.get("type") == "email" and _is_alone(entry))
    most = min(_BARE, mass.total * _SMALL)
    refused: set[Node] = set()
    for form in asking:
        for node in form.iterancestors():
            if node in found or node in refused:
                break
            if node.tag in _PAGE or node in mass.titled or mass.held.get(node, 0) > most:
                break
            if next(node.iter("figure", "h1", "time"), None) is not None:
                refused.add(node)
                break
            found.add(node)
    return frozenset(found)


def _is_alone(entry: Node) -> bool:
    return next(entry.iterancestors("form"), None) is None


def _asks(form: Node) -> bool:
    if next(form.iter("textarea"), None) is not None:
        return True
    for entry in form.iter("input"):
        name = f"{entry.get('type') or ''} {entry.get('name') or ''} {entry.get('autocomplete') or ''}".lower()
        if any(kind in name for kind in _FIELDS):
            return True
    return False


def discussion(root: Node, mass: Mass) -> frozenset[Node]:
    """What holds the readers' comments: the smallest element around several offers to reply to one."""
    offers: list[Node] = []
    for node in root.iter("a", "button"):
        text = node.text
        if text and len(text) < _LINE and text.strip().casefold() in _REPLY:
            offers.append(node)
    if len(offers) < _SEVERAL:
        return frozenset()
    shared = list(offers[0].iterancestors())
    for node in offers[1:]:
        above = set(node.iterancestors())
        shared = [holder for holder in shared if holder in above]
    holder = shared[0]
    apart = mass.total - mass.held.get(holder, 0)
    if tag_of(holder) in _PAGE or holder in mass.titled or apart < max(_LEAST, mass.total * _SMALL):
        return frozenset()
    return frozenset((holder,))


_SEVERAL = 2
_LINE = 40
_REPLY = frozenset(
    part.strip()
    for part in joined(
        """
        reply|reply to this|antworten|répondre|responder|rispondi|reageer|reageren|beantwoorden|svara|svar|besvar|vastaa
        |atbildēt|atsakyti|odpowiedz|odpovědět|odpovedať|reagovať|reagovat|válasz|válaszol|răspunde|odgovori|respondre
        |ответить|відповісти|отговор|отговори|одговори|απάντηση|απάντησε|yanıtla|cevapla|השב|הגב|رد|پاسخ|जवाब दें|উত্তর
        |返信|返信する|답글|답글쓰기|回复|回覆|回應|balas|trả lời|ตอบกลับ|erantzun
        """
    ).split("|")
)
