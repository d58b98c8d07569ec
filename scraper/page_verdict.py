"""What a page is that answered well: the article, or what stands in its place.

The one rule behind the rest: the wrong thing never passes for the article, and an article that only talks of cookies,
paywalls or "not found" stays one. So marks of walls and challenges count only where the page's own text is missing or
is theirs.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from archive.article import plain, words
from archive.models import Article, Exchange, Verdict, VerdictKind
from scraper.read.reading import Reading, Signals

_K = VerdictKind

_CONSENT_HOSTS = ("consent.", "guce.", "zustimmung.", "privacy-gate.", "myprivacy.", "cookiewall.", "choices.consent.")
_CONSENT_PATHS = (
    *("/consent", "/cookiewall", "/cookie-wall", "/privacy-gate", "/privacy-wall", "/zustimmung", "/gdpr-wall"),
)
_LOGIN_PATHS = (
    *("/login", "/signin", "/sign-in", "/log-in", "/sso/", "/auth/", "/account/login", "/anmelden", "/connexion"),
)
_ARTICLE_TYPES = (
    "Article",
    "NewsArticle",
    "BlogPosting",
    "ReportageNewsArticle",
    "OpinionNewsArticle",
    "AnalysisNewsArticle",
    "BackgroundNewsArticle",
    "ReviewNewsArticle",
    "LiveBlogPosting",
    "TechArticle",
    "ScholarlyArticle",
    "Report",
    "Review",
)
_LISTING_TYPES = frozenset(("CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage"))
BARE_WORDS = 15
FEW_WORDS = 30
STUB_WORDS = 250


def page_verdict(exchange: Exchange, reading: Reading | None, asked: str) -> Verdict:
    """The verdict on a page that answered well and whole; `asked` is the address that was asked for."""
    if reading is None:
        return Verdict(_K.PAGE, "kept without its text: the page was not read")
    signals = reading.signals
    article = reading.article
    length = words(article) if article is not None else 0
    proven = _declared(signals)
    return (
        _challenge(signals, proven, length)
        or _consent(exchange, reading, proven, asked)
        or _not_found(exchange, signals, proven, length, asked)
        or _broken(signals, proven, length)
        or _refused(signals, proven, length)
        or _login(exchange, signals, proven, length)
        or _paywall(signals, article, length)
        or _unread(reading)
        or _empty(reading, length)
        or _article(exchange, reading, proven, length)
    )


def _unread(reading: Reading) -> Verdict | None:
    """What our reader fails on costs the page its text, not its snapshot."""
    if reading.error is None or reading.article is not None:
        return None
    return Verdict(_K.PAGE, f"kept without its text: {reading.error}")


def _declared(signals: Signals) -> tuple[str, ...]:
    """How the page declares itself an article."""
    found = []
    if signals.og_type.endswith("article") or signals.og_type.startswith("video"):
        found.append(f"Open Graph calls it {signals.og_type}")
    kinds = [kind for kind in signals.schema_types if kind in _ARTICLE_TYPES]
    if kinds:
        found.append(f"its structured data calls it {kinds[0]}")
    if signals.published:
        found.append("it states when it was published")
    return tuple(found)


def _challenge(signals: Signals, proven: tuple[str, ...], length: int) -> Verdict | None:
    if not signals.challenge:
        return None
    if length >= 200 or (proven and length >= FEW_WORDS):
        return None
    count = len(signals.challenge)
    said = any(mark.startswith(("its title", "the page says")) for mark in signals.challenge)
    bare = signals.words < BARE_WORDS and not proven
    certain = signals.challenge_certain and (count >= 2 or signals.words < 200)
    if not (certain or bare or (said and count >= 2)):
        return None
    evidence = (*signals.challenge, f"{signals.words} words of text")
    return Verdict(_K.CHALLENGE, "a challenge stands in the place of the page", evidence)


def _consent(exchange: Exchange, reading: Reading, proven: tuple[str, ...], asked: str) -> Verdict | None:
    signals = reading.signals
    place = _consent_place(exchange.url, asked)
    marks = (*place, *signals.consent)
    if not marks or not _asks_for_consent(reading.article, bool(proven)):
        return None
    dense = any(mark.endswith("speak of consent and cookies") for mark in signals.consent)
    if (place and (signals.consent or signals.words < 100)) or (dense and len(marks) >= 3):
        return Verdict(_K.CONSENT, "the page asks for consent and shows nothing else", marks)
    return None


def _asks_for_consent(article: Article | None, proven: bool) -> bool:
    """Whether what was read as the article is a consent dialog's text, or nothing."""
    text = plain(article).lower() if article is not None else ""
    count = len(text.split())
    if count < FEW_WORDS:
        return not (proven and count)
    from scraper.read import phrases

    share = phrases.consent_words(text) / count
    said = len(phrases.consent_phrases(text))
    return share >= 0.12 or (share >= 0.06 and count < 600 and said >= (2 if proven else 1))


def _consent_place(url: str, asked: str) -> tuple[str, ...]:
    at = urlsplit(url)
    host = at.hostname or ""
    if url == asked:
        return ()
    if host.startswith(_CONSENT_HOSTS):
        return (f"the address leads to {host}",)
    if at.path.lower().startswith(_CONSENT_PATHS) and at.path != urlsplit(asked).path:
        return (f"the address leads to {host}{at.path[:60]}",)
    return ()


def _not_found(
    exchange: Exchange, signals: Signals, proven: tuple[str, ...], length: int, asked: str
) -> Verdict | None:
    if _to_home(exchange.url, asked) and not _article_types(signals):
        reason = "the address leads to the site's home page"
        return Verdict(_K.SOFT_404, reason, (f"{asked} was asked for, {exchange.url} answered",))
    if not signals.not_found or length >= 200 or (proven and length >= 60):
        return None
    return Verdict(_K.SOFT_404, "the page says that there is nothing here, with status 200", signals.not_found)


def _to_home(url: str, asked: str) -> bool:
    end, start = urlsplit(url), urlsplit(asked)
    deep = len(start.path.strip("/")) >= 12 or start.path.strip("/").count("/") >= 1
    return deep and _is_home(end.path) and not end.query


def _is_home(path: str) -> bool:
    name = path.strip("/").lower()
    return name in ("", "index.html", "index.htm", "index.php", "home", "default.aspx") or (
        len(name) in (2, 5) and name[:2].isalpha() and (len(name) == 2 or name[2] in "-_")
    )


def _broken(signals: Signals, proven: tuple[str, ...], length: int) -> Verdict | None:
    if not signals.broken or length >= 120 or (proven and length >= FEW_WORDS):
        return None
    return Verdict(_K.SERVER_ERROR, "the page says that the server failed, with status 200", signals.broken)


def _refused(signals: Signals, proven: tuple[str, ...], length: int) -> Verdict | None:
    if not signals.blocked or length >= 150 or (proven and length >= FEW_WORDS):
        return None
    return Verdict(_K.BLOCKED, "the page refuses access, with status 200", signals.blocked)


def _login(exchange: Exchange, signals: Signals, proven: tuple[str, ...], length: int) -> Verdict | None:
    path = urlsplit(exchange.url).path.lower()
    marks = list(signals.login)
    if signals.password_field:
        marks.append("it has a field for a password")
    if path.startswith(_LOGIN_PATHS) or path.rstrip("/").endswith(("/login", "/signin", "/sign-in")):
        marks.append(f"its address is {path[:60]}")
    if len(marks) < 2 or length >= 150 or (proven and length >= FEW_WORDS):
        return None
    return Verdict(_K.PAYWALL, "the page wants a login and shows nothing else", tuple(marks))


def _paywall(signals: Signals, article: Article | None, length: int) -> Verdict | None:
    marks = list(signals.paywall)
    said = [mark for mark in marks if mark.startswith("the page says")]
    left = bool(said) and any(c.isdigit() for c in said[0])
    if signals.free is False:
        marks.append("its structured data says that it is not free")
    cut = []
    if signals.stated_words > 2 * length + 50 and signals.stated_words < 50_000 and article is not None:
        cut.append(f"its structured data counts {signals.stated_words} words, the page shows {length}")
    if not marks:
        return None
    short = length < STUB_WORDS
    walled = signals.free is False or bool(said)
    if (
        (left and signals.free is not True)
        or (walled and cut)
        or (short and said and signals.free is not True)
        or (short and signals.free is False and len(marks) >= 2)
    ):
        return Verdict(_K.PAYWALL, "the page shows the beginning and keeps the rest for subscribers", (*marks, *cut))
    return None


def _empty(reading: Reading, length: int) -> Verdict | None:
    signals = reading.signals
    if length >= FEW_WORDS or signals.words >= 3 * FEW_WORDS:
        return None
    if signals.words >= FEW_WORDS and not signals.shell:
        return None
    evidence = [*signals.shell]
    if reading.refresh is not None:
        evidence.append(f"it leads to {reading.refresh.url} after {reading.refresh.delay:g} seconds")
    if _declared(signals) and length >= 10 and not signals.shell:
        return None
    plural = "" if signals.words == 1 else "s"
    reason = f"the page has no text to speak of ({signals.words} word{plural})"
    return Verdict(_K.EMPTY, reason, tuple(evidence))


def _article_types(signals: Signals) -> bool:
    return any(kind in _ARTICLE_TYPES for kind in signals.schema_types)


def _article(exchange: Exchange, reading: Reading, proven: tuple[str, ...], length: int) -> Verdict:
    signals = reading.signals
    if reading.article is None or not length:
        no_text = ("no text could be told from the rest of the page",) if proven else ()
        return Verdict(_K.PAGE, "a page without an article in it", (*proven, *no_text, f"{signals.links} links"))
    listing = _listing(exchange, signals, proven)
    if listing:
        return Verdict(_K.PAGE, "a page that lists others", listing)
    text = f"{length} words of text"
    if not proven and length < FEW_WORDS:
        return Verdict(_K.PAGE, "a page without an article in it", (text, f"{signals.links} links"))
    if proven:
        return Verdict(_K.ARTICLE, "an article", (*proven, text))
    return Verdict(_K.ARTICLE, "an article, by its text alone", (text,))


def _listing(exchange: Exchange, signals: Signals, proven: tuple[str, ...]) -> tuple[str, ...]:
    """Why the page is a home or section page, or ()."""
    if _article_types(signals) and (signals.published or signals.og_type == "article"):
        return ()
    found = []
    at = urlsplit(exchange.url)
    home = _is_home(at.path) and not at.query
    if home:
        found.append("its address is a site's home")
    kinds = [kind for kind in signals.schema_types if kind in _LISTING_TYPES]
    if kinds:
        found.append(f"its structured data calls it {kinds[0]}")
    if signals.og_type == "website":
        found.append("Open Graph calls it a website")
    share = signals.link_text_length / max(1, signals.text_length)
    if share > 0.5 and signals.links > 40:
        found.append(f"{signals.links} links make up {share:.0%} of its text")
    if signals.article_elements > 6:
        found.append(f"it holds {signals.article_elements} separate articles")
    if signals.og_type.endswith("article") and not home:
        return ()
    prose = signals.paragraph_length > 1500 and signals.paragraph_length * 3 > signals.text_length
    if proven and prose and not home:
        return ()
    return tuple(found) if home or len(found) >= 2 else ()
