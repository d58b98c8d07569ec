"""`tearsheet submit`: public archives are asked for what waits, or for addresses by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.collection import Collection
from archive.errors import UsageError
from archive.models import Link
from archive.settings import RunInfo
from archive.submission import Step, Submission, plain
from scraper import __version__
from scraper.crawl import Sleepers
from scraper.fetching import ALL_FAILED, OK, SOME_FAILED, print_out
from scraper.redact import without_user
from scraper.running import Time, networked, submitted
from scraper.saying import fit, say
from scraper.settings import Settings, agent
from scraper.submits.submitter import event
from scraper.submits.telling import Telling, line_of


class Asked(Struct, frozen=True):
    """Without `links` it is for all that waits and is due."""

    links: tuple[Link, ...] = ()
    dry_run: bool = False
    json: bool = False
    quiet: bool = False


class _Gathering(Telling):
    """Keeps the last step of each submission, to be told at the end."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet=True)
        self.last: dict[tuple[str, str], Submission] = {}

    def __call__(self, submission: Submission) -> None:
        self.last[submission.address, submission.archive] = submission


def submit_all(settings: Settings, asked: Asked, stop: Event, *, time: Time | None = None) -> int:
    """Returns the exit code: 0 where all is kept, 1 where some is not or waits, 9 where nothing is.

    Raises UsageError where the config names no archive, and for what is no address; LockedError, StorageError.
    """
    time = time or Time()
    addresses = [_wire(link.url) for link in asked.links]
    if asked.dry_run:
        with Collection.open(settings.archive, None, missing_ok=True) as collection:
            return _tell(_known(collection, addresses, time), asked)
    with ExitStack() as stack:
        info = RunInfo(f"tearsheet/{__version__}", agent(settings.fetch), settings.fetch.robots)
        tell = (lambda _: None) if asked.quiet else say
        collection = stack.enter_context(Collection.open(settings.archive, info, clock=time.clock, tell=tell))
        network = stack.enter_context(networked(settings, stop, time, Sleepers(), spool_folder=collection.tmp))
        gathering = _Gathering(asked.quiet)
        with submitted(settings, collection, network.fetcher, stop, time, gathering) as submitter:
            now = urls.now_ms(time.clock)
            for address in addresses:
                wished = submitter.wished(address, now)
                for each in wished:
                    collection.note(event(each)).result()
                known = collection.submissions_of(address)
                for each in known:
                    gathering(each)
                # Whoever names an address means now, but for what the archive itself wants.
                submitter.want(each if each.rests else replace(each, due=now) for each in known if each.due is not None)
            if not addresses:
                due = collection.submissions_due(now)
                for each in due:
                    gathering(each)
                submitter.want(due)
        return _tell(list(gathering.last.values()), asked)


def _wire(url: str) -> str:
    try:
        return urls.wire_url(without_user(url))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _known(collection: Collection, addresses: Sequence[str], time: Time) -> list[Submission]:
    if not addresses:
        return collection.submissions_due(time.clock())
    return [each for address in addresses for each in collection.submissions_of(address)]


def _tell(found: Sequence[Submission], asked: Asked) -> int:
    for each in found:
        if asked.json:
            print_out(json.dumps(plain(each), ensure_ascii=False))
        elif not asked.quiet or each.step is Step.FAILED:
            (say if asked.quiet else print_out)(fit(line_of(each)))
    if not found and not asked.json and not asked.quiet:
        print_out("nothing waits to be submitted")
    if asked.dry_run or all(each.step is Step.KEPT for each in found):
        return OK
    return SOME_FAILED if any(each.step is Step.KEPT for each in found) else ALL_FAILED
