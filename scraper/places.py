"""What an address says of the page behind it: a login, the home page, a parking service. Pure, by the address alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from archive.hosts import registrable
from scraper.identity import host_of, identity

_WALL_HOSTS = re.compile(
    r"(?:^|\.)(?:consent|guce|zustimmung|privacy|myprivacy|cookiewall|choices|login|auth|accounts?|sso|id|idp|signin|"
    r"secure|abo|subscribe|konto)\."
)
_WALL_PATH = re.compile(
    r"(?:^|[/_.-])(?:log-?in|sign-?in|sign-?up|auth|oauth2?|sso|account|anmelden|anmeldung|registr\w*|register|connexion|"
    r"subscri\w*|abonn\w*|abo|paywall|pay-wall|consent|cookie-?wall|cookies?|gdpr|privacy|zustimmung|einwilligung)"
    r"(?:$|[/_.?&-])"
)
_WALL_QUERY = re.compile(r"(?:^|&)(?:log-?in|sign-?in|paywall|subscribe|auth|sso)(?:[_-]?required)?=", re.IGNORECASE)
_WRONG = re.compile(
    r"(?:^|[/_.-])(?:404|410|error\w*|not-?_?found|missing|search|suche|buscar|recherche)(?:$|[/_.?&-])"
)
_ACCOUNT = re.compile(
    r"/(?:log-?in|sign-?in|subscribe|subscription|account/login|user/login|abos?|abonn?e\w*|s-abonner|suscri\w+|"
    r"abbona\w+|assin[ae]\w*|prenumer\w+)(?:$|[/?.])"
)
_HOMES = frozenset(
    (
        "",
        "index.html",
        "index.htm",
        "index.php",
        "index.asp",
        "index.aspx",
        "default.aspx",
        "home",
        "home.html",
        "start",
    )
)
_NUMBER = re.compile(r"\d{4}")
_BETWEEN_WORDS = re.compile(r"[-_+ ]")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?\Z")
_PARKING = (
    *("sedo.com", "sedoparking.com", "parkingcrew.net", "bodis.com", "dan.com", "afternic.com", "hugedomains.com"),
    *("above.com", "parklogic.com", "uniregistry.com", "undeveloped.com", "buydomains.com", "domainmarket.com"),
    *("namebright.com", "cashparking.com", "domainsponsor.com", "skenzo.com", "voodoo.com", "smartname.com"),
    *("fabulous.com", "rookmedia.net", "parkweb.com", "domainnamesales.com", "brandbucket.com", "squadhelp.com"),
    *("epik.com", "sav.com", "efty.com", "porkbun.com", "parked.com", "trafficz.com", "ztomy.com", "atom.com"),
)
_DOMAIN = re.compile(
    r"\b(?:domains?|domainname|domaines?|dominios?|domínios?|domini|domein\w*|domän\w*|domæne\w*|domene\w*|domen\w*|"
    r"domain\w*|domena|domeny|domény|doména|domeniu\w*|домен\w*|alan adı\w*|tên miền|verkkotunnu\w*)\b|"
    r"ドメイン|域名|网域|網域|도메인|نطاق|دامنه|דומיין|डोमेन|โดเมน"
)


def wall(url: str, asked: str) -> str | None:
    """How the address names a dialog or a login, in words; None where it does not, or the one asked for did, too."""
    at, before = urlsplit(url), urlsplit(asked)
    if _WRONG.search(at.path.lower()):
        return None
    host = (at.hostname or "").lower()
    if host != (before.hostname or "").lower() and _WALL_HOSTS.search(f"{host}."):
        return f"the address leads to {host}"
    if _WALL_PATH.search(at.path.lower()) and not _WALL_PATH.search(before.path.lower()):
        return f"the address leads to {host}{at.path[:60]}"
    if _WALL_QUERY.search(at.query) and not _WALL_QUERY.search(before.query):
        return f"the address leads to {host}{at.path[:60]}?{at.query[:60]}"
    return None


def carries(url: str, asked: str) -> bool:
    """Whether an address bears the one that was asked for, to lead back to it."""
    at, path = urlsplit(url), urlsplit(asked).path.rstrip("/")
    if len(path) < 5 or _WRONG.search(at.path.lower()):
        return False
    return unquote(path) in unquote(unquote(f"{at.query}#{at.fragment}"))


def is_home(url: str) -> bool:
    """Whether this is a site's front page."""
    at = urlsplit(url)
    name = at.path.strip("/").lower()
    return not at.query and (name in _HOMES or bool(_LANGUAGE.match(name)))


def articles(links: Iterable[str], of: str) -> set[str]:
    """Those links within the site of an address that look as articles do: a year or a number in the path, or a name of
    several words. What tells of the site itself (terms of service) has fewer."""
    own = site(of)
    return {identity(each) for each in links if _is_like_article(urlsplit(each).path) and site(each) == own}


def _is_like_article(path: str) -> bool:
    name = unquote(path.rstrip("/").rpartition("/")[2])
    apart = len(_BETWEEN_WORDS.findall(name)) >= 3
    return apart or bool(_NUMBER.search(path)) or len(name.encode()) - len(name) > 15  # in a script of its own


def in_other_language(url: str, asked: str) -> bool:
    """Whether an address is another but for a language in its path, its query or its host's first label."""
    return url != asked and _without_language(url) == _without_language(asked)


def _without_language(url: str) -> tuple[str, str]:
    at = urlsplit(url)
    labels = host_of(url).split(".")
    host = ".".join(labels[1:] if len(labels) > 2 and _LANGUAGE.match(labels[0]) else labels).removeprefix("www.")
    path = "/".join(part for part in at.path.lower().split("/") if part and not _LANGUAGE.match(part))
    return host, path


def above(url: str, asked: str) -> str | None:
    """What the address is to the one that was asked for, in words: the home page or a section above it; or None."""
    at, before = urlsplit(url), urlsplit(asked)
    if is_home(url) and not is_home(asked):
        return "the site's home page" if site(url) == site(asked) else f"the home page of {at.hostname}"
    if host_of(url) != host_of(asked):
        return None
    parent = at.path.rstrip("/")
    if parent and before.path.startswith(f"{parent}/") and before.path.rstrip("/") != parent:
        return f"a section above it, {at.path}"
    return None


def site(url: str) -> str:
    """The name that somebody registered."""
    host = host_of(url)
    return registrable(host) if host else ""


def parking(url: str, links: Iterable[str], asked: str) -> str | None:
    """The service at which a page's domain is parked, where its address or what it leads to tells."""
    own = site(asked)
    found = [site(each) for each in (url, *links)]
    return next((name for name in found if name in _PARKING and name != own), None)


def speaks_of_domains(text: str) -> bool:
    """Whether a text in lower case has the word for a domain, in one of many languages."""
    return _DOMAIN.search(text) is not None


def leads_on(links: Iterable[str], before: Iterable[str], asked: str) -> str | None:
    """A link to where the page that was asked for may stand now: within its site, to its own path with something before
    it, or with another query. Those that the kept page had, too, say nothing."""
    own, known, path = site(asked), {identity(each) for each in (*before, asked)}, urlsplit(asked).path.rstrip("/")
    if len(path) < 8:
        return None
    for each in links:
        there = urlsplit(each).path.rstrip("/")
        good = there.endswith(path) and not _WRONG.search(there.lower())
        if good and identity(each) not in known and site(each) == own:
            return each
    return None


def account_link(links: Iterable[str], before: Iterable[str]) -> bool:
    """Whether a page leads to a login or an offer to which the kept one did not."""
    known = set(before)
    return any(_ACCOUNT.search(urlsplit(each).path.lower()) for each in links if each not in known)
