"""What an answer is, with the evidence in words. Pure functions of an exchange and of what was read from it.

First comes what the exchange itself tells (a challenge's header, a failure, the status, the kind of file); only a page
that answered well is judged by what stands on it (`page_verdict`).
"""

from __future__ import annotations

from msgspec.structs import replace

from archive.models import Capture, Exchange, Verdict, VerdictKind
from scraper import sniff
from scraper.page_verdict import page_verdict
from scraper.read.reading import Reading

_K = VerdictKind

_FAILURES = {
    "refused by us": _K.BLOCKED,
    "robots": _K.BLOCKED,
    "no copy": _K.GONE,
    "not believed": _K.GONE,
    "rate limited": _K.RATE_LIMITED,
    "server error": _K.SERVER_ERROR,
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
        or page_verdict(exchange, reading, asked or exchange.url)
    )


def with_origin(verdict: Verdict, exchange: Exchange) -> Verdict:
    """An answer that a web archive gave says so."""
    memento = exchange.memento
    if memento is None:
        return verdict
    words = f"a copy that {memento.archive} took on {exchange.time:%Y-%m-%d at %H:%M} UTC: {memento.address}"
    return replace(verdict, evidence=(*verdict.evidence, words))


def hop_verdict(exchange: Exchange) -> Verdict:
    """A redirect that was followed."""
    target = (exchange.header("location") or "").strip()[:2000]
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
