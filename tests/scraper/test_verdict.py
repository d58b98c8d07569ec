"""Verdicts, from the answer's bytes on: what the page reader makes of them and what the verdict says of that."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from archive.models import Capture, Exchange, Failure, Verdict, VerdictKind
from archive.spool import Spool
from scraper import sniff
from scraper.read.page import read
from scraper.read.reading import Page, failed
from scraper.verdict import asset_verdict, hop_verdict, robots_verdict, verdict
from tests import corpus
from tests.scraper import walls

STORY = "https://news.test/2024/11/05/council-keeps-the-swimming-hall"
HTML = ("Content-Type", "text/html; charset=utf-8")


def exchange(
    body: bytes | str = b"",
    *,
    status: int | None = 200,
    url: str = STORY,
    headers: tuple[tuple[str, str], ...] = (HTML,),
) -> Exchange:
    data = body.encode() if isinstance(body, str) else body
    time = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    head = b"HTTP/1.1 x\r\n\r\n" if status is not None else b""
    return Exchange(url, time, b"GET / HTTP/1.1\r\n\r\n", status, head, headers, Spool.of(data))


def judge(
    body: bytes | str,
    *,
    status: int = 200,
    url: str = STORY,
    asked: str | None = None,
    headers: tuple[tuple[str, str], ...] = (HTML,),
) -> Verdict:
    answer = exchange(body, status=status, url=url, headers=headers)
    page = Page(answer.body.bytes(), answer.headers, url, status)
    return verdict(answer, read(page) if sniff.is_html(answer) else None, asked=asked or url)


def known() -> Capture:
    return Capture(
        url=STORY,
        time=datetime(2026, 5, 1, 12, 0, tzinfo=UTC),
        role="page",
        verdict=VerdictKind.ARTICLE,
        status=200,
        mime="text/html",
        digest="sha256:" + "0" * 64,
        record_id="<urn:uuid:1>",
        record_type="response",
        folder="archive",
        warc="a.warc.gz",
        offset=0,
        length=1,
        page_id="p",
    )


# ----------------------------------------------------------------------------------------- articles stay articles


def test_an_article_is_one_and_says_why() -> None:
    found = judge(walls.article())
    assert found.kind is VerdictKind.ARTICLE and found.kept
    assert any("published" in line for line in found.evidence)
    assert any("words of text" in line for line in found.evidence)


def test_an_article_without_any_metadata_is_one() -> None:
    bare = f"<html><title>On pools</title><body><h1>On pools</h1>{''.join(f'<p>{p}</p>' for p in walls.PROSE)}"
    assert judge(bare).kind is VerdictKind.ARTICLE


@pytest.mark.parametrize(
    "extra",
    [
        walls.BANNER,
        '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
        '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script><div class="cf-turnstile"></div>',
        '<div class="g-recaptcha"></div><form><input type="password"><button>Log in</button></form>',
        '<aside class="paywall-promo"><p>Already a subscriber? Log in. Subscribe to The Chronicle today.</p></aside>',
        "<noscript>Please enable JavaScript to comment.</noscript>",
        '<script>window._pxAppId="PX1"</script><script src="https://js.captcha-delivery.com/tags.js"></script>',
        '<iframe src="/_Incapsula_Resource?SWJIYLWA=5"></iframe>',
        '<script src="https://x.edge.sdk.awswaf.com/x/challenge.compact.js"></script>',
    ],
    ids=["consent", "jsd", "turnstile", "login", "subscribe", "noscript", "sensors", "imperva", "aws"],
)
def test_what_surrounds_an_article_does_not_matter(extra: str) -> None:
    assert judge(walls.article(extra=extra)).kind is VerdictKind.ARTICLE


@pytest.mark.parametrize(
    "title",
    [
        "Page not found: why the web forgets",
        "404: the number that rules the web",
        "Access denied: life behind a firewall",
        "Just a moment: a photographer looks back",
        "Cookie wall: the court decides about consent",
        "Log in, log out: how a town went digital",
        "Making sure you're not a bot",
        "Are you a robot? The captcha turns twenty",
        "Before you continue: a reader's guide to cookies",
        "Subscribe to continue reading, they said",
    ],
)
def test_an_article_about_walls_is_an_article(title: str) -> None:
    assert judge(walls.article(title=title)).kind is VerdictKind.ARTICLE


def test_an_article_that_quotes_the_fixed_phrases_is_an_article() -> None:
    quoting = (
        *walls.PROSE,
        "“We and our partners store and/or access information on a device”, the banner says, and offers cookies, "
        "consent, partners, privacy, tracking, preferences. You may accept or reject; the court calls this "
        "personalised advertising and content by legitimate interest. “We value your privacy”, it adds.",
        "Cloudflare shows “Checking your browser before accessing” and “Verify you are human”, and Anubis says that it "
        "is protected by Anubis; others ask you to press &amp; hold to confirm you are a human.",
        "“Subscribe to continue reading” is what many readers see instead, or “you have been blocked”.",
    )
    assert judge(walls.article(prose=quoting, extra=walls.BANNER)).kind is VerdictKind.ARTICLE


def test_a_short_brief_is_an_article() -> None:
    assert judge(walls.article(prose=walls.PROSE[:1])).kind is VerdictKind.ARTICLE
    assert judge(walls.article(prose=walls.PROSE[:1], extra=walls.BANNER)).kind is VerdictKind.ARTICLE


def test_a_metered_page_with_its_whole_text_is_an_article() -> None:
    whole = walls.stub("\n".join((*walls.PROSE, *(f"Later on, {text}" for text in walls.PROSE))), "", words=280)
    assert judge(whole).kind is VerdictKind.ARTICLE


@pytest.mark.parametrize("extra", ["", walls.BANNER], ids=["as they are", "under a banner"])
def test_the_articles_of_the_corpus(extra: str) -> None:
    wrong = {}
    for name, entry, body in corpus.pages():
        body = re.sub(rb"<body[^>]*>", lambda tag: tag.group() + extra.encode(), body, count=1)
        found = judge(body, url=entry["url"].partition("#")[0])
        expected = VerdictKind(corpus.OTHERS.get(name, "article"))
        if found.kind is not expected:
            wrong[name] = found
    assert not wrong


# ----------------------------------------------------------------------------------------------------------- walls


@pytest.mark.parametrize("name", walls.CHALLENGES)
def test_challenges(name: str) -> None:
    status, body = walls.CHALLENGES[name]
    found = judge(body, status=status)
    assert found.kind is VerdictKind.CHALLENGE, found
    assert found.evidence and not found.kept


@pytest.mark.parametrize(
    "header",
    [("cf-mitigated", "challenge"), ("x-amzn-waf-action", "captcha"), ("x-vercel-mitigated", "challenge")],
)
@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_a_header_tells_a_challenge_whatever_the_page_says(header: tuple[str, str], status: int) -> None:
    found = judge("<p>hello</p>", status=status, headers=(HTML, header))
    assert found.kind is VerdictKind.CHALLENGE
    assert header[0] in found.evidence[0]


def test_a_challenge_of_another_kind_of_file_is_one_too() -> None:
    answer = exchange(b"\x89PNG\r\n\x1a\n", headers=(("content-type", "image/png"), ("CF-Mitigated", " Challenge ")))
    assert verdict(answer).kind is VerdictKind.CHALLENGE


@pytest.mark.parametrize("name", walls.CONSENT)
def test_consent_walls(name: str) -> None:
    asked, url, body = walls.CONSENT[name]
    found = judge(body, url=url, asked=asked)
    assert found.kind is VerdictKind.CONSENT, found
    assert found.evidence


@pytest.mark.parametrize("language", walls.NOT_FOUND)
def test_soft_404s(language: str) -> None:
    found = judge(walls.not_found(*walls.NOT_FOUND[language]))
    assert found.kind is VerdictKind.SOFT_404, found
    assert found.evidence


def test_a_deep_address_that_leads_home_is_a_soft_404() -> None:
    found = judge(walls.HOME, url="https://news.test/", asked=STORY)
    assert found.kind is VerdictKind.SOFT_404
    assert STORY in found.evidence[0]


@pytest.mark.parametrize(
    "asked", ["https://news.test/", "http://news.test", "https://news.test/en", "https://nt.test/x7f"]
)
def test_a_home_page_that_was_asked_for_is_a_page(asked: str) -> None:
    assert judge(walls.HOME, url="https://news.test/", asked=asked).kind is VerdictKind.PAGE


def test_a_section_is_a_page() -> None:
    assert judge(walls.HOME, url="https://news.test/politics/").kind is VerdictKind.PAGE


@pytest.mark.parametrize("name", walls.STUBS)
def test_paywall_stubs(name: str) -> None:
    found = judge(walls.STUBS[name])
    assert found.kind is VerdictKind.PAYWALL, found
    assert found.evidence


def test_a_login_page_is_no_article() -> None:
    found = judge(walls.LOGIN, url="https://news.test/login?next=/story", asked=STORY)
    assert found.kind is VerdictKind.PAYWALL
    assert "login" in found.reason


def test_empty_pages() -> None:
    for body in (
        walls.SHELL,
        "<html><body></body></html>",
        "<html><head><title>Story</title></head></html>",
        "<p> </p>",
    ):
        found = judge(body)
        assert found.kind is VerdictKind.EMPTY, body
    assert any("scripts" in line for line in judge(walls.SHELL).evidence)
    assert verdict(exchange(b"")).kind is VerdictKind.EMPTY
    assert verdict(exchange(b"", status=204)).kind is VerdictKind.EMPTY


def test_an_empty_page_that_leads_elsewhere_says_where() -> None:
    found = judge('<html><head><meta http-equiv="refresh" content="1; url=/new"></head><body>Wait</body></html>')
    assert found.kind is VerdictKind.EMPTY
    assert any("https://news.test/new after 1 seconds" in line for line in found.evidence)


def test_refusals_with_status_200() -> None:
    assert judge(walls.EDGE_DENIED).kind is VerdictKind.BLOCKED
    assert judge(walls.REGION).kind is VerdictKind.BLOCKED


def test_a_page_that_broke_the_reader_is_kept_without_its_text() -> None:
    found = verdict(exchange("<p>x</p>"), failed("reading took longer than 20 s"))
    assert found.kind is VerdictKind.PAGE
    assert "longer than 20 s" in found.reason


# ------------------------------------------------------------------------------------------------------- statuses


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, VerdictKind.BLOCKED),
        (401, VerdictKind.BLOCKED),
        (402, VerdictKind.BLOCKED),
        (403, VerdictKind.BLOCKED),
        (404, VerdictKind.GONE),
        (405, VerdictKind.BLOCKED),
        (408, VerdictKind.SERVER_ERROR),
        (410, VerdictKind.GONE),
        (418, VerdictKind.BLOCKED),
        (429, VerdictKind.RATE_LIMITED),
        (451, VerdictKind.BLOCKED),
        (500, VerdictKind.SERVER_ERROR),
        (503, VerdictKind.SERVER_ERROR),
        (520, VerdictKind.SERVER_ERROR),
        (999, VerdictKind.BLOCKED),
        (302, VerdictKind.SERVER_ERROR),
        (304, VerdictKind.SERVER_ERROR),
    ],
)
def test_statuses(status: int, kind: VerdictKind) -> None:
    """The status counts, even over a page that reads as an article."""
    found = judge(walls.article(), status=status)
    assert found.kind is kind
    assert str(status) in found.reason


def test_akamais_refusal_with_its_status_is_a_refusal() -> None:
    assert judge(walls.EDGE_DENIED, status=403).kind is VerdictKind.BLOCKED


def test_cloudflares_own_error_pages_are_no_challenges() -> None:
    assert judge(walls.CLOUDFLARE_ERROR, status=522).kind is VerdictKind.SERVER_ERROR
    assert judge(walls.CLOUDFLARE_BLOCK, status=403).kind is VerdictKind.BLOCKED


def test_a_rate_limit_says_how_long_to_wait() -> None:
    found = verdict(exchange(b"slow down", status=429, headers=(("Retry-After", "120"),)))
    assert found.kind is VerdictKind.RATE_LIMITED
    assert "120" in found.evidence[0]


def test_unchanged() -> None:
    found = verdict(exchange(b"", status=304, headers=()), None, known())
    assert found.kind is VerdictKind.UNCHANGED and found.kept
    assert "2026-05-01 12:00" in found.reason


# ------------------------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ("refused by us", VerdictKind.BLOCKED),
        ("robots", VerdictKind.BLOCKED),
        ("rate limited", VerdictKind.RATE_LIMITED),
        ("server error", VerdictKind.SERVER_ERROR),
        ("dns", VerdictKind.UNREACHABLE),
        ("connect", VerdictKind.UNREACHABLE),
        ("tls", VerdictKind.UNREACHABLE),
        ("timeout", VerdictKind.UNREACHABLE),
        ("protocol", VerdictKind.UNREACHABLE),
        ("redirects", VerdictKind.UNREACHABLE),
        ("too slow", VerdictKind.TOO_SLOW),
        ("too large", VerdictKind.TOO_LARGE),
        ("cut", VerdictKind.UNREACHABLE),
    ],
)
@pytest.mark.parametrize("status", [None, 200])
def test_failures(failure: str, kind: VerdictKind, status: int | None) -> None:
    answer = replace(exchange(walls.article(), status=status), failure=Failure(failure, "what happened"))
    found = verdict(answer, read(Page(answer.body.bytes(), (HTML,), STORY)))
    assert found.kind is kind
    assert found.reason == "what happened"


def test_a_cut_error_page_is_told_by_its_status() -> None:
    answer = replace(exchange(b"<h1>No", status=404), failure=Failure("cut", "cut short"), truncated="disconnect")
    assert verdict(answer).kind is VerdictKind.GONE


@pytest.mark.parametrize(
    ("truncated", "kind"),
    [("length", VerdictKind.TOO_LARGE), ("time", VerdictKind.TOO_SLOW), ("disconnect", VerdictKind.UNREACHABLE)],
)
def test_a_truncated_answer_never_passes(truncated: str, kind: VerdictKind) -> None:
    answer = replace(exchange(walls.article()), truncated=truncated)
    assert verdict(answer, read(Page(answer.body.bytes(), (HTML,), STORY))).kind is kind


def test_no_answer_at_all() -> None:
    assert verdict(exchange(b"", status=None)).kind is VerdictKind.UNREACHABLE


# ------------------------------------------------------------------------------------------------------ documents


@pytest.mark.parametrize(
    ("stated", "body", "words"),
    [
        ("application/pdf", b"%PDF-1.7\n", "PDF"),
        ("text/html", b"%PDF-1.4\n%\xe2\xe3", "PDF"),
        (None, b"\xef\xbb\xbf%PDF-1.4\n", "PDF"),
        ("text/html; charset=utf-8", b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        ("image/jpeg", b"\xff\xd8\xff\xe0", "picture"),
        ("application/json", b'{"a": 1}', "JSON"),
        ("text/plain", b"<!DOCTYPE html><p>shown as it is</p>", "plain text"),
        (None, b"just words", "plain text"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04", "office"),
        ("video/mp4", b"\0\0\0\x18ftypmp42", "video"),
        ("application/rss+xml", b"<?xml version='1.0'?><rss/>", "application/rss+xml"),
    ],
)
def test_documents(stated: str | None, body: bytes, words: str) -> None:
    found = verdict(exchange(body, headers=(("content-type", stated),) if stated else ()))
    assert found.kind is VerdictKind.DOCUMENT and found.kept
    assert words in found.reason


def test_a_gzipped_document_is_told_by_its_bytes() -> None:
    headers = (("content-type", "text/html"), ("content-encoding", "gzip"))
    assert verdict(exchange(gzip.compress(b"%PDF-1.5\n"), headers=headers)).kind is VerdictKind.DOCUMENT


def test_pages_without_a_type_are_read() -> None:
    for headers in ((), (("content-type", "application/xhtml+xml"),), (("content-type", "garbage"),)):
        answer = exchange(walls.article(), headers=headers)
        assert sniff.is_html(answer)
        assert judge(walls.article(), headers=headers).kind is VerdictKind.ARTICLE


# ---------------------------------------------------------------------------------------------------- the other roles


def test_hops_assets_and_robots() -> None:
    hop = hop_verdict(exchange(b"", status=301, headers=(("Location", "/new"),)))
    assert hop.kind is VerdictKind.MOVED and "/new" in hop.reason and "301" in hop.reason
    for status in (200, 404, 503):
        assert asset_verdict(exchange(b"x", status=status)).kind is VerdictKind.ASSET
        assert str(status) in asset_verdict(exchange(b"x", status=status)).reason
    assert robots_verdict(exchange(b"", status=404)).kind is VerdictKind.ROBOTS
    failing = replace(exchange(b"", status=None), failure=Failure("dns", "no such host"))
    assert robots_verdict(failing).reason == "no such host"


# ---------------------------------------------------------------------------------------- galleries and the like


@pytest.mark.parametrize("name", walls.WITHOUT_ARTICLE)
def test_pages_without_an_article(name: str) -> None:
    assert judge(walls.WITHOUT_ARTICLE[name]).kind is VerdictKind.PAGE


def test_a_live_blog_is_an_article() -> None:
    assert judge(walls.LIVE_BLOG).kind is VerdictKind.ARTICLE


@pytest.mark.parametrize("name", walls.BROKEN)
def test_errors_with_status_200(name: str) -> None:
    found = judge(walls.BROKEN[name])
    assert found.kind is VerdictKind.SERVER_ERROR
    assert "title or heading" in found.evidence[0]


@pytest.mark.parametrize("title", ["Something went wrong at the swimming hall", "Error of judgement", "Maintenance"])
def test_articles_about_errors_stay_articles(title: str) -> None:
    assert judge(walls.article(title=title)).kind is VerdictKind.ARTICLE
