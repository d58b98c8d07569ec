"""The settings of web archives: those that are asked for copies, and those that are asked to keep them."""

from pathlib import Path
from typing import Annotated

from msgspec import Struct

from archive.settings import Setting

DEPOSITORY_KINDS = ("save-page-now", "request")
DEPOSITORY_USES = {
    "options": ("save-page-now",),
    "keys": ("save-page-now",),
    "keys_variable": ("save-page-now",),
    "poll": ("save-page-now",),
    "method": ("request",),
}
"""The keys of a depository that only some kinds know."""
_TEMPLATE = "an http address; where {url} stands the address goes, else to its end"
_Name = Annotated[
    str,
    Setting(
        "What it is called in reports and records.",
        pattern=r"^[^\x00-\x1f\x7f]{1,100}$",
        form="text of at most 100 characters",
    ),
]


class RescueSettings(Struct, frozen=True):
    """How web archives are asked for what is dead."""

    tries: Annotated[
        int,
        Setting(
            "How many of the copies that lie nearest to the article's own date are looked at, until one is good; then "
            "half as many again in growing steps.",
            least=1,
        ),
    ] = 10
    again_after: Annotated[
        float,
        Setting(
            "What no archive had a good copy of is looked for again after this, or when it is named.",
            unit="seconds",
            least=0,
        ),
    ] = 30 * 86400.0
    requisites: Annotated[bool, Setting("Whether what a page needs to be seen is taken from the archive too.")] = True
    max_requisites: Annotated[int, Setting("How many a page may have.", least=0)] = 200
    requisites_timeout: Annotated[float, Setting("Seconds for all of them together.", unit="seconds")] = 600.0


class WebArchive(Struct, frozen=True):
    """A web archive that is asked for copies: where its TimeGate, TimeMaps and CDX server are, as templates."""

    name: _Name
    timegate: Annotated[str, Setting("Its Memento TimeGate; copies lie below it.", form=_TEMPLATE)] = ""
    timemap: Annotated[str, Setting("Its lists of copies (Memento TimeMaps).", form=_TEMPLATE)] = ""
    cdx: Annotated[
        str, Setting("Its CDX server, as the Wayback Machine's or pywb's, asked before the others.", form=_TEMPLATE)
    ] = ""
    delay: Annotated[
        float, Setting("Seconds between two requests, and up to half as many more.", unit="seconds", least=0)
    ] = 2.0


class SubmitSettings(Struct, frozen=True):
    """How public archives are asked to keep a copy too."""

    wait: Annotated[
        float,
        Setting(
            "Seconds that a run with --submit goes on for them after its last page; what they have not done by then is "
            "left to tearsheet submit and to the next crawl with --submit.",
            unit="seconds",
            least=0,
        ),
    ] = 120.0
    tries: Annotated[int, Setting("How often an archive is asked for one address before it is given up.", least=1)] = 6


class Depository(Struct, frozen=True):
    """A public archive that is asked to keep copies."""

    name: _Name
    kind: Annotated[
        str,
        Setting("Save Page Now's API, or any address that keeps what it is asked for.", choices=DEPOSITORY_KINDS),
    ] = "save-page-now"
    url: Annotated[str, Setting("Where it is asked.", form=_TEMPLATE)] = "https://web.archive.org/save"
    keys: Annotated[
        Path | None,
        Setting("A file that holds key:secret in its first line.", form="the name of a file", example="spn-keys.txt"),
    ] = None
    keys_variable: Annotated[
        str,
        Setting(
            "The environment variable that holds key:secret instead.",
            pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,99})?$",
            form="the name of a variable",
            example="SPN_KEYS",
        ),
    ] = ""
    options: Annotated[
        str,
        Setting(
            "What else Save Page Now is told, as its documentation has it.",
            pattern=r"^[A-Za-z0-9_=&.%-]*$",
            form="parameters such as capture_screenshot=1&skip_first_archive=1",
        ),
    ] = "skip_first_archive=1"
    method: Annotated[str, Setting("How kind request asks; POST sends url=ADDRESS.", choices=("GET", "POST"))] = "GET"
    delay: Annotated[
        float, Setting("Seconds between two requests, and up to half as many more.", unit="seconds", least=0)
    ] = 6.0
    poll: Annotated[float, Setting("Seconds until a job is asked about, growing up to a minute.", unit="seconds")] = 5.0


INTERNET_ARCHIVE = WebArchive(
    "Internet Archive",
    timegate="https://web.archive.org/web/",
    timemap="https://web.archive.org/web/timemap/link/",
    cdx="https://web.archive.org/cdx/search/cdx",
)
OTHER_ARCHIVES = (
    WebArchive(
        "archive.today", timegate="https://archive.ph/timegate/", timemap="https://archive.ph/timemap/", delay=10.0
    ),
    WebArchive(
        "Arquivo.pt",
        timegate="https://arquivo.pt/wayback/",
        timemap="https://arquivo.pt/wayback/timemap/link/",
        cdx="https://arquivo.pt/wayback/cdx",
    ),
    WebArchive(
        "UK Web Archive",
        timegate="https://www.webarchive.org.uk/wayback/archive/",
        timemap="https://www.webarchive.org.uk/wayback/archive/timemap/link/",
    ),
    WebArchive(
        "Library of Congress",
        timegate="https://webarchive.loc.gov/all/",
        timemap="https://webarchive.loc.gov/all/timemap/link/",
    ),
    WebArchive(
        "Archive-It",
        timegate="https://wayback.archive-it.org/all/",
        timemap="https://wayback.archive-it.org/all/timemap/link/",
    ),
    WebArchive(
        "Icelandic Web Archive",
        timegate="https://wayback.vefsafn.is/wayback/",
        timemap="https://wayback.vefsafn.is/wayback/timemap/link/",
    ),
)
"""Public archives that are known to speak Memento; each may be asked by whoever wants to."""
