"""The settings as plain values: what the rest of the program takes. `config.py` reads them; nothing here does I/O.

Times are seconds, sizes are bytes. Each setting stands here once, with its default and the help that the sample shows.
"""

from pathlib import Path
from typing import Annotated

from msgspec import Struct

from archive.settings import PRINTABLE, ArchiveSettings, RunInfo, Setting
from scraper import __version__
from scraper.settings_archives import (
    DEPOSITORY_KINDS,
    DEPOSITORY_USES,
    INTERNET_ARCHIVE,
    OTHER_ARCHIVES,
    Depository,
    RescueSettings,
    SubmitSettings,
    WebArchive,
)

KB = 1000
MB = 1000 * KB
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]*)"
_PORT = r"[0-9]{0,5}"
STDIN = "-"
SOURCE_KINDS = ("feed", "sitemap", "site", "list", "texts")
SOURCE_USES = {
    "links": ("texts",),
    "since": ("feed", "sitemap"),
    "scope": ("site",),
    "depth": ("site",),
    "max_pages": ("site",),
}
"""The keys of a source that only some kinds know."""


class FetchSettings(Struct, frozen=True):
    """How an address is asked."""

    user_agent: Annotated[
        str,
        Setting(
            "Who we say we are. Empty: tearsheet/VERSION and the contact below. robots.txt is always read for the name "
            "tearsheet.",
            pattern=PRINTABLE,
            form="text without control characters",
        ),
    ] = ""
    contact: Annotated[
        str,
        Setting(
            "Where a site's owner finds you: an address of a page or a mailbox. It goes into the User-Agent header.",
            pattern=PRINTABLE,
            form="text without control characters",
            example="https://example.com/about-our-archive",
        ),
    ] = ""
    timeout: Annotated[
        float, Setting("Seconds for a whole exchange, from connecting to the last byte.", unit="seconds")
    ] = 60.0
    connect_timeout: Annotated[float, Setting("Seconds to get a connection.", unit="seconds")] = 10.0
    read_timeout: Annotated[float, Setting("Seconds a server may be silent.", unit="seconds")] = 20.0
    max_size: Annotated[
        int,
        Setting("The largest body, on the wire and decoded. A larger one is cut and marked.", unit="bytes", least=1),
    ] = 50 * MB
    max_header: Annotated[int, Setting("The largest header block of an answer.", unit="bytes", least=1024)] = 128 * 1024
    tries: Annotated[int, Setting("How often an address is asked before it is given up for this run.", least=1)] = 3
    retry_budget: Annotated[
        float, Setting("Seconds for all tries of one address with the waits between.", unit="seconds")
    ] = 90.0
    max_retry_after: Annotated[
        float,
        Setting(
            "Seconds that we wait at most because an answer asks us to; longer means not in this run.", unit="seconds"
        ),
    ] = 60.0
    max_redirects: Annotated[int, Setting("How many redirects are followed for one address.", least=0)] = 10
    robots: Annotated[str, Setting("Whether robots.txt is obeyed.", choices=("obey", "ignore"))] = "obey"
    requisites: Annotated[bool, Setting("Whether pictures, styles, scripts and fonts of a page are kept with it.")] = (
        True
    )
    requisite_parallel: Annotated[int, Setting("How many of them are asked at a time on one host.", least=1)] = 6
    max_requisites: Annotated[int, Setting("How many a page may have.", least=0)] = 500
    max_requisites_size: Annotated[int, Setting("How large they may be together.", unit="bytes", least=0)] = 200 * MB
    requisites_timeout: Annotated[float, Setting("Seconds for all of them together.", unit="seconds")] = 120.0
    proxy: Annotated[
        str | None,
        Setting(
            "An HTTP proxy for all that is asked. No environment variable sets one but TEARSHEET_FETCH__PROXY.",
            pattern=r"^https?://[^\s/?#]+/?$",
            form="an address such as http://127.0.0.1:3128",
            example="http://127.0.0.1:3128",
        ),
    ] = None
    ca_bundle: Annotated[
        Path | None,
        Setting(
            "A file of certificates to trust instead of the usual ones.", form="the name of a file", example="ca.pem"
        ),
    ] = None
    connect_to: Annotated[
        tuple[str, ...],
        Setting(
            "Connect elsewhere, as curl's --connect-to does: HOST:PORT:HOST2:PORT2; an empty HOST or PORT matches any, "
            "an empty HOST2 or PORT2 stays as it was.",
            pattern=rf"^{_HOST}:{_PORT}:{_HOST}:{_PORT}$",
            form='HOST:PORT:HOST2:PORT2 in each string, such as "example.com:443:127.0.0.1:8443"',
            example="example.com:443:127.0.0.1:8443",
        ),
    ] = ()
    allow_private_addresses: Annotated[
        bool, Setting("Whether addresses of this machine and of private networks may be asked.")
    ] = False


class ReadSettings(Struct, frozen=True):
    """How a page is read."""

    timeout: Annotated[
        float, Setting("Seconds to read one page; past that it is kept without its text.", unit="seconds")
    ] = 20.0
    workers: Annotated[int, Setting("How many processes read pages. 0: one for each core.", least=0)] = 0
    max_page: Annotated[int, Setting("How much of a page is read.", unit="bytes", least=1)] = 20 * MB


class CrawlSettings(Struct, frozen=True):
    """How many addresses are gone through."""

    host_delay: Annotated[
        float,
        Setting(
            "Seconds between two pages of one host, and up to half as many more; a longer Crawl-delay counts, up to a "
            "minute. 0: none, and a host's pages are asked side by side.",
            unit="seconds",
            least=0,
        ),
    ] = 1.0
    host_parallel: Annotated[
        int, Setting("How many pages of one host are under way at a time. Without a host_delay any number.", least=1)
    ] = 1
    concurrency: Annotated[int, Setting("How many addresses are under way at a time.", least=1)] = 8
    recapture_after: Annotated[
        float,
        Setting(
            "What was kept less than this ago is not asked again; a source may have its own.",
            unit="seconds",
            least=0,
        ),
    ] = 86400.0
    asset_fresh: Annotated[
        float,
        Setting(
            "Pictures, styles and so on that were kept less than this ago are not asked again with another page.",
            unit="seconds",
            least=0,
        ),
    ] = 86400.0
    min_free: Annotated[
        int, Setting("A run ends before less than this is free on the disk.", unit="bytes", least=0)
    ] = 500 * MB
    keep_reports: Annotated[
        float, Setting("Reports and logs of runs older than this are removed.", unit="seconds", least=0)
    ] = 90 * 86400.0

    @property
    def pages_of_host(self) -> int:
        """How many pages of one host may be under way at a time."""
        return self.host_parallel if self.host_delay > 0 else self.concurrency


class CheckSettings(Struct, frozen=True):
    """How links are checked."""

    strikes: Annotated[
        int, Setting("A link is dead when it has failed on so many different days in a row.", least=1)
    ] = 3
    every: Annotated[
        float,
        Setting(
            "With --due, a link that stands is asked again after this at the earliest, and later the longer it has "
            "stood unchanged.",
            unit="seconds",
            least=0,
        ),
    ] = 7 * 86400.0
    longest: Annotated[float, Setting("And after this at the latest.", unit="seconds", least=0)] = 90 * 86400.0
    retry: Annotated[
        float,
        Setting("With --due, one that failed is asked again after this; once it is dead, ever later.", unit="seconds"),
    ] = 86400.0


class NotifySettings(Struct, frozen=True):
    """Who is told of a run."""

    command: Annotated[
        str,
        Setting(
            "Run when something failed that did not fail before, or a link is dead that was not; the path of the run's "
            "report comes last.",
            pattern=PRINTABLE,
            form="a command and its arguments",
            example="mail-report archive@example.com",
        ),
    ] = ""


class ClusterSettings(Struct, frozen=True):
    """The machines that help."""

    scheduler: Annotated[
        str,
        Setting(
            "The address of a Dask scheduler: then its workers fetch, read and write, and this machine gives out the "
            "hosts and keeps the books. They need tearsheet in this version, and the folder of the collections under "
            "the same path. Empty: this machine does all.",
            pattern=r"^((tcp|tls)://[^\s/?#]+:[0-9]{1,5})?$",
            form="an address such as tcp://10.0.0.1:8786",
            example="tcp://10.0.0.1:8786",
        ),
    ] = ""


class LinksSettings(Struct, frozen=True):
    """Where others see what is kept."""

    replay: Annotated[
        str,
        Setting(
            "What robust links lead to: where a replay of this collection answers, as pywb has it; time and address of "
            "a capture come behind it. Empty: the replay of tearsheet serve, which answers to this machine alone.",
            pattern=r"^(https?://[^\s\"<>\\^`{|}?#]+)?$",
            form="an address such as https://archive.example.org/main/",
            example="https://archive.example.org/main/",
        ),
    ] = ""


class Source(Struct, frozen=True):
    """Where addresses come from: `kind` is one of SOURCE_KINDS, with a `url` or a `path`. What the rest says holds for
    the kinds that SOURCE_USES names."""

    kind: Annotated[str, Setting("What it is.", choices=SOURCE_KINDS)]
    url: Annotated[
        str | None,
        Setting("Its address; for a sitemap the site's home page will do.", form="an http address"),
    ] = None
    path: Annotated[
        Path | None,
        Setting("The file or folder; for a list - is stdin.", form="the name of a file or folder"),
    ] = None
    name: Annotated[
        str,
        Setting(
            "What it is called in reports and records; else kind and address.",
            pattern=r"^[^\x00-\x1f\x7f]{1,100}$",
            form="text of at most 100 characters",
            example="Example Times",
        ),
    ] = ""
    links: Annotated[
        str,
        Setting("The address that each text was made from, or every http address in it.", choices=("original", "all")),
    ] = "original"
    since: Annotated[
        float | None,
        Setting("What is known to be older than this is left out.", unit="seconds", example="30 days"),
    ] = None
    scope: Annotated[
        str,
        Setting(
            "Which links are followed: on this host, on the whole domain, or below this address.",
            choices=("host", "domain", "prefix"),
        ),
    ] = "host"
    include: Annotated[
        tuple[str, ...],
        Setting(
            "Only addresses that fit one of these. * stands for any characters, all else for itself; what begins with "
            "/ is held against path and query, what has :// against the whole address, else against host, path and "
            "query.",
            pattern=r"^[^\x00-\x20\x7f]{1,1000}$",
            form='patterns such as "/news/*"',
            example="/news/*",
        ),
    ] = ()
    exclude: Annotated[
        tuple[str, ...],
        Setting(
            "No address that fits one of these.",
            pattern=r"^[^\x00-\x20\x7f]{1,1000}$",
            form='patterns such as "*?print=*"',
            example="*?print=*",
        ),
    ] = ()
    depth: Annotated[int, Setting("How many links from the first page on are followed.", least=0)] = 3
    max_pages: Annotated[int, Setting("How many pages of the site are asked in a run.", least=1)] = 1000
    recapture_after: Annotated[
        str | None,
        Setting(
            "When what is kept is asked again, by the article's age; else as [crawl] has it.",
            form='a time such as "1 day", or times such as "1 h for a day, then daily for a week, then weekly"',
            example="1 h for a day, then daily for a week, then weekly",
        ),
    ] = None

    @property
    def title(self) -> str:
        """Its name, or else its kind and where it is."""
        return self.name or f"{self.kind} {self.url or self.path}"


class Settings(Struct, frozen=True):
    fetch: FetchSettings = FetchSettings()
    read: ReadSettings = ReadSettings()
    archive: ArchiveSettings = ArchiveSettings()
    crawl: CrawlSettings = CrawlSettings()
    check: CheckSettings = CheckSettings()
    notify: NotifySettings = NotifySettings()
    rescue: RescueSettings = RescueSettings()
    submit: SubmitSettings = SubmitSettings()
    links: LinksSettings = LinksSettings()
    cluster: ClusterSettings = ClusterSettings()
    sources: tuple[Source, ...] = ()
    archives: tuple[WebArchive, ...] = (INTERNET_ARCHIVE,)
    depositories: tuple[Depository, ...] = ()


def agent(settings: FetchSettings) -> str:
    """The User-Agent header: the product token is the name by which robots.txt may call us."""
    if settings.user_agent:
        return settings.user_agent
    return f"tearsheet/{__version__}" + (f" (+{settings.contact})" if settings.contact else "")


__all__ = [
    "DEPOSITORY_KINDS",
    "DEPOSITORY_USES",
    "INTERNET_ARCHIVE",
    "OTHER_ARCHIVES",
    "SOURCE_KINDS",
    "SOURCE_USES",
    "ArchiveSettings",
    "CheckSettings",
    "ClusterSettings",
    "CrawlSettings",
    "Depository",
    "FetchSettings",
    "LinksSettings",
    "NotifySettings",
    "ReadSettings",
    "RescueSettings",
    "RunInfo",
    "Settings",
    "Source",
    "SubmitSettings",
    "WebArchive",
    "agent",
]
