"""The settings as plain values: what the rest of the program takes. `config.py` reads them; nothing here does I/O.

Times are seconds, sizes are bytes. Each setting stands here once, with its default and the help that the sample shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from archive.settings import PRINTABLE, ArchiveSettings, RunInfo, setting
from scraper import __version__

KB = 1000
MB = 1000 * KB
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]*)"
_PORT = r"[0-9]{0,5}"
SOURCE_KINDS = ("feed", "sitemap", "site", "list", "texts")


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How an address is asked."""

    user_agent: str = setting(
        "",
        "Who we say we are. Empty: tearsheet/VERSION and the contact below. robots.txt is always read for the name "
        "tearsheet.",
        pattern=PRINTABLE,
        form="text without control characters",
    )
    contact: str = setting(
        "",
        "Where a site's owner finds you: an address of a page or a mailbox. It goes into the User-Agent header.",
        pattern=PRINTABLE,
        form="text without control characters",
        example="https://example.com/about-our-archive",
    )
    timeout: float = setting(60.0, "Seconds for a whole exchange, from connecting to the last byte.", unit="seconds")
    connect_timeout: float = setting(10.0, "Seconds to get a connection.", unit="seconds")
    read_timeout: float = setting(20.0, "Seconds a server may be silent.", unit="seconds")
    max_size: int = setting(
        50 * MB, "The largest body, on the wire and decoded. A larger one is cut and marked.", unit="bytes", least=1
    )
    max_header: int = setting(128 * 1024, "The largest header block of an answer.", unit="bytes", least=1024)
    tries: int = setting(3, "How often an address is asked before it is given up for this run.", least=1)
    retry_budget: float = setting(90.0, "Seconds for all tries of one address with the waits between.", unit="seconds")
    max_retry_after: float = setting(
        60.0, "Seconds that we wait at most because an answer asks us to; longer means not in this run.", unit="seconds"
    )
    max_redirects: int = setting(10, "How many redirects are followed for one address.", least=0)
    robots: str = setting("obey", "Whether robots.txt is obeyed.", choices=("obey", "ignore"))
    requisites: bool = setting(True, "Whether pictures, styles, scripts and fonts of a page are kept with it.")
    requisite_parallel: int = setting(6, "How many of them are asked at a time on one host.", least=1)
    max_requisites: int = setting(500, "How many a page may have.", least=0)
    max_requisites_size: int = setting(200 * MB, "How large they may be together.", unit="bytes", least=0)
    requisites_timeout: float = setting(120.0, "Seconds for all of them together.", unit="seconds")
    proxy: str | None = setting(
        None,
        "An HTTP proxy for all that is asked. No environment variable sets one but TEARSHEET_FETCH__PROXY.",
        pattern=r"^https?://[^\s/?#]+/?$",
        form="an address such as http://127.0.0.1:3128",
        example="http://127.0.0.1:3128",
    )
    ca_bundle: Path | None = setting(
        None, "A file of certificates to trust instead of the usual ones.", form="the name of a file", example="ca.pem"
    )
    connect_to: tuple[str, ...] = setting(
        (),
        "Connect elsewhere, as curl's --connect-to does: HOST:PORT:HOST2:PORT2; an empty HOST or PORT matches any, "
        "an empty HOST2 or PORT2 stays as it was.",
        pattern=rf"^{_HOST}:{_PORT}:{_HOST}:{_PORT}$",
        form='HOST:PORT:HOST2:PORT2 in each string, such as "example.com:443:127.0.0.1:8443"',
        example="example.com:443:127.0.0.1:8443",
    )
    allow_private_addresses: bool = setting(
        False, "Whether addresses of this machine and of private networks may be asked."
    )


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How a page is read."""

    timeout: float = setting(20.0, "Seconds to read one page; past that it is kept without its text.", unit="seconds")
    workers: int = setting(0, "How many processes read pages. 0: one for each core.", least=0)
    max_page: int = setting(20 * MB, "How much of a page is read.", unit="bytes", least=1)


@dataclass(frozen=True, slots=True)
class CrawlSettings:
    """How many addresses are gone through."""

    host_delay: float = setting(1.0, "Seconds between two pages of one host. 0: none.", unit="seconds", least=0)
    concurrency: int = setting(8, "How many addresses are under way at a time.", least=1)
    recapture_after: float = setting(
        86400.0, "What was kept less than this ago is not asked again.", unit="seconds", least=0
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Where addresses come from: `kind` is one of SOURCE_KINDS, with a `url` or a `path`."""

    kind: str
    url: str | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    fetch: FetchSettings = field(default_factory=FetchSettings)
    read: ReadSettings = field(default_factory=ReadSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    crawl: CrawlSettings = field(default_factory=CrawlSettings)
    sources: tuple[Source, ...] = ()


def agent(settings: FetchSettings) -> str:
    """The User-Agent header: the product token is the name by which robots.txt may call us."""
    if settings.user_agent:
        return settings.user_agent
    return f"tearsheet/{__version__}" + (f" (+{settings.contact})" if settings.contact else "")


__all__ = [
    "SOURCE_KINDS",
    "ArchiveSettings",
    "CrawlSettings",
    "FetchSettings",
    "ReadSettings",
    "RunInfo",
    "Settings",
    "Source",
    "agent",
]
