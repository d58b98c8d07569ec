"""What an answer is, with the evidence in words. Pure functions of an exchange and of what was read from it.

The one rule behind the rest: the wrong thing never passes for the article, and an article that only talks of cookies,
paywalls or "not found" stays one. So a page with the marks of an article and its text is an article, whatever words
stand on it; marks of walls and challenges count only where the text is missing or is theirs.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from archive.article import plain, words
from archive.models import Article, Capture, Exchange, Verdict, VerdictKind
from scraper import sniff
from scraper.read import phrases
from scraper.read.reading import Reading, Signals

_K = VerdictKind

_FAILURES = {
    "refused by us": _K.BLOCKED,
    "robots": _K.BLOCKED,
    "too large": _K.TOO_LARGE,
    "too slow": _K.TOO_SLOW,
}
_STATUSES = {
    401: (_K.BLOCKED, "the server wants a login (401)"),
    402: (_K.BLOCKED, "the server wants to be paid (402)"),
    403: (_K.BLOCKED, "the server refuses access (403)"),
    404: (_K.GONE, "there is nothing at this address (404)"),
    407: (_K.UNREACHABLE, "the proxy wants a login (407)"),
    408: (_K.SERVER_ERROR, "the server gave up waiting (408)"),
    410: (_K.GONE, "the server says that it is gone for good (410)"),
    421: (_K.SERVER_ERROR, "the server does not answer for this address (421)"),
    425: (_K.SERVER_ERROR, "the server wants to be asked again (425)"),
    429: (_K.RATE_LIMITED, "the server says that it was asked too often (429)"),
    451: (_K.BLOCKED, "the server refuses access for legal reasons (451)"),
    511: (_K.UNREACHABLE, "the network wants a login before it lets anything through (511)"),
}
_CHALLENGE_HEADERS = (
    ("cf-mitigated", "challenge", "Cloudflare"),
    ("x-amzn-waf-action", "challenge", "AWS WAF"),
    ("x-amzn-waf-action", "captcha", "AWS WAF"),
    ("x-vercel-mitigated", "challenge", "Vercel"),
    ("x-datadome-response", "403", "DataDome"),
    ("server", "ddos-guard", "DDoS-Guard"),
)
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

FEW_WORDS = 30
STUB_WORDS = 250


def verdict(
    exchange: Exchange,
    reading: Reading | None = None,
    known: Capture | None = None,
    *,
    asked: str | None = None,
) -> Verdict:
    """The verdict on the end of a chain: the page itself, or what came in its place.

    `reading` is of the exchange's body where that is a page (`sniff.is_html`), `known` what we kept before of this
    address, `asked` the address that was asked for, where redirects led elsewhere.
    """
    return (
        _by_challenge_header(exchange)
        or _by_status_with_marks(exchange, reading)
        or _by_failure(exchange)
        or _by_status(exchange, known)
        or _by_kind(exchange)
        or _by_reading(exchange, reading, asked or exchange.url)
    )


def hop_verdict(exchange: Exchange) -> Verdict:
    """A redirect that was followed."""
    target = exchange.header("location") or ""
    return Verdict(_K.MOVED, f"moved to {target} ({exchange.status})" if target else f"moved ({exchange.status})")


def asset_verdict(exchange: Exchange) -> Verdict:
    """Something that a page needs, whatever its status."""
    return Verdict(_K.ASSET, _outcome(exchange))


def robots_verdict(exchange: Exchange) -> Verdict:
    """A robots.txt, whatever its status."""
    return Verdict(_K.ROBOTS, _outcome(exchange))


def _outcome(exchange: Exchange) -> str:
    if exchange.failure is not None:
        return exchange.failure.message
    return f"the server answered {exchange.status}"


# ----------------------------------------------------------------------------------------- before the page is looked at


def _by_challenge_header(exchange: Exchange) -> Verdict | None:
    for name, value, product in _CHALLENGE_HEADERS:
        given = (exchange.header(name) or "").strip().lower()
        if given.startswith(value) and (name != "server" or exchange.status in (403, 503)):
            evidence = (f"the header {name}: {given}", f"status {exchange.status}")
            return Verdict(_K.CHALLENGE, f"{product} wants proof of a human", evidence)
    return None


def _by_status_with_marks(exchange: Exchange, reading: Reading | None) -> Verdict | None:
    """An error status whose page is a challenge: to be tried again sooner than a plain refusal."""
    status = exchange.status
    if reading is None or status is None or status in (404, 410) or not 400 <= status < 1000:
        return None
    signals = reading.signals
    if signals.challenge_certain or len(signals.challenge) >= 2:
        return Verdict(_K.CHALLENGE, f"a challenge stands before the page ({status})", signals.challenge)
    return None


def _by_failure(exchange: Exchange) -> Verdict | None:
    failure = exchange.failure
    if failure is None:
        if exchange.status is None:
            return Verdict(_K.UNREACHABLE, "there was no answer")
        return _by_truncation(exchange)
    answered = exchange.status is not None and exchange.status >= 400
    if answered and failure.kind in ("cut", "too large", "too slow"):
        return None
    evidence = () if exchange.status is None else (f"status {exchange.status}",)
    return Verdict(_FAILURES.get(failure.kind, _K.UNREACHABLE), failure.message, evidence)


def _by_truncation(exchange: Exchange) -> Verdict | None:
    kinds = {"length": _K.TOO_LARGE, "time": _K.TOO_SLOW, "disconnect": _K.UNREACHABLE}
    if exchange.truncated is None or (exchange.status or 0) >= 400:
        return None
    reason = f"the answer is not whole: {exchange.truncated}"
    return Verdict(kinds.get(exchange.truncated, _K.UNREACHABLE), reason)


def _by_status(exchange: Exchange, known: Capture | None) -> Verdict | None:
    status = exchange.status
    assert status is not None
    if 200 <= status < 300:
        if status in (204, 205) or not exchange.body.size:
            return Verdict(_K.EMPTY, f"the answer has no content ({status})")
        if known is not None and (exchange.url, exchange.body.digest) == (known.url, known.digest):
            return Verdict(_K.UNCHANGED, _since(known), ("the answer is the same to the byte",))
        return None
    if status == 304 and known is not None:
        return Verdict(_K.UNCHANGED, _since(known), ("the server answered 304",))
    if status in _STATUSES:
        kind, reason = _STATUSES[status]
        return Verdict(kind, reason, _status_evidence(exchange))
    if 300 <= status < 400:
        return Verdict(_K.SERVER_ERROR, f"the server redirects, but names no address to go to ({status})")
    if 400 <= status < 500 or status == 999:
        return Verdict(_K.BLOCKED, f"the server refuses the request ({status})", _status_evidence(exchange))
    return Verdict(_K.SERVER_ERROR, f"the server failed ({status})", _status_evidence(exchange))


def _since(known: Capture) -> str:
    return f"unchanged since {known.time:%Y-%m-%d %H:%M} UTC"


def _status_evidence(exchange: Exchange) -> tuple[str, ...]:
    wait = exchange.header("retry-after")
    return (f"the server asks to wait: Retry-After {wait.strip()[:60]}",) if wait else ()


def _by_kind(exchange: Exchange) -> Verdict | None:
    head = sniff.first_bytes(exchange)
    stated = exchange.header("content-type")
    media = sniff.media_type(stated, head)
    if media in ("text/html", ""):
        return None
    evidence = [f"Content-Type {stated.strip()[:80]}"] if stated else []
    if sniff.mime(stated) != media:
        evidence.append(f"its first bytes are those of {sniff.describe(media)}")
    if media == "text/plain" and not head.strip():
        return Verdict(_K.EMPTY, "the answer holds white space alone", tuple(evidence))
    return Verdict(_K.DOCUMENT, sniff.describe(media), tuple(evidence))


# ------------------------------------------------------------------------------------------------ the page itself


def _by_reading(exchange: Exchange, reading: Reading | None, asked: str) -> Verdict:
    if reading is None:
        return Verdict(_K.EMPTY, "the page was not read")
    if reading.error is not None and reading.article is None:
        return Verdict(_K.EMPTY, f"the page could not be read: {reading.error}")
    signals = reading.signals
    article = reading.article
    length = words(article) if article is not None else 0
    proven = _declared(signals)
    return (
        _challenge(signals, proven, length)
        or _consent(exchange, reading, proven, asked)
        or _not_found(exchange, signals, proven, length, asked)
        or _refused(signals, proven, length)
        or _login(exchange, signals, proven, length)
        or _paywall(signals, article, length)
        or _empty(reading, length)
        or _article(exchange, reading, proven, length)
    )


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
    enough = 1 if signals.challenge_certain and signals.words < 200 else 2
    if len(signals.challenge) < enough or (proven and length >= FEW_WORDS) or length >= 200:
        return None
    named = [mark for mark in signals.challenge if mark.startswith(("its title", "the page says"))]
    if not signals.challenge_certain and not named:
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
