"""`tearsheet check` over a loopback web that ages for months, day by day, with the truth known: the confusion matrix,
how soon the dead are called dead, and what unchanged pages cost.

    python -m bench.check [--links N] [--days N] [--seed N]

Exits 1 where a live link was called dead, where less than 95% of the dead were within three checks, where less than 90%
of the soft 404s were found, or where an unchanged page cost more than a conditional request and its revisit.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

from msgspec import Struct, field

from archive.collection import Collection
from archive.linkstate import Check, Standing, standing
from archive.models import Link as Wanted
from archive.settings import ArchiveSettings
from archive.warc.reader import read_records
from bench.ageing import DAY, SOFT, START, STILL, Ageing, Fate, Link
from scraper.fetching import known_rules
from scraper.linkchecking import Asked, check_links
from scraper.running import Plan, Time, opened_alone
from scraper.settings import CheckSettings, CrawlSettings, FetchSettings, ReadSettings, Settings
from tests.newsroom import Clock
from tests.site import Web

STRIKES = 3
LEAST_DEAD = 0.95
LEAST_SOFT = 0.90
MOST_BYTES = 6000
"""What a revisit may take: request, revisit and metadata record, each a member of its own."""


class Measured(Struct):
    """What came of it: `called` is how many checks after its end a link was called dead, `wrongly` live links that were
    ever called dead, `early` dead ones that were not checked often enough yet."""

    states: dict[Fate, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    standings: dict[Fate, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    called: dict[str, int] = field(default_factory=dict)
    wrongly: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    early: int = 0
    found: Counter[str] = field(default_factory=Counter)
    checks: int = 0


def measured(ageing: Ageing, collection: Collection) -> Measured:
    """The truth held against all checks of all links."""
    result = Measured()
    for link in ageing.links:
        checks = collection.checks_of(link.url)
        result.checks += len(checks)
        after = [check for check in checks if _day(check) >= link.since]
        result.standings[link.fate][standing(checks, STRIKES)] += 1
        result.states[link.fate].update(str(check.state) for check in after)
        if not link.dead:
            if any(standing(checks[:n], STRIKES) is Standing.DEAD for n in range(1, len(checks) + 1)):
                result.wrongly.append(_words(link, after))
            continue
        if len(after) < STRIKES:
            result.early += 1
            continue
        number = _called(checks, link)
        if number is None or number > STRIKES:
            result.lost.append(_words(link, after))
        else:
            result.called[link.url] = number
        if link.fate in SOFT and after:
            right = any(str(check.state) == "soft 404" for check in after)
            result.found[str(right)] += 1
            if not right:
                result.missed.append(_words(link, after))
    return result


def _day(check: Check) -> float:
    return (check.time - START) / DAY


def _called(checks: list[Check], link: Link) -> int | None:
    """With which check after its end the link was called dead."""
    since = 0
    for number, check in enumerate(checks, 1):
        since += _day(check) >= link.since
        if since and standing(checks[:number], STRIKES) is Standing.DEAD:
            return since
    return None


def _words(link: Link, after: list[Check]) -> str:
    seen = "; ".join(f"{check.state}: {check.reason}" for check in after[-2:])
    return f"{link.fate}: {link.url}: {seen}"


def settings_of(web: Web, folder: Path, down: Iterator[str]) -> Settings:
    """The config of one day: who is down is not reached."""
    away = [f"{host}:443:127.0.0.1:{web.refusing_port}" for host in down]
    return Settings(
        fetch=FetchSettings(
            connect_to=(*away, *web.connect_to),
            ca_bundle=web.ca_bundle,
            allow_private_addresses=True,
            timeout=20.0,
            requisites=False,
        ),
        read=ReadSettings(workers=os.cpu_count() or 1),
        archive=ArchiveSettings(root=folder / "kept"),
        crawl=CrawlSettings(host_delay=1.0, concurrency=16, min_free=0),
        check=CheckSettings(strikes=STRIKES, every=4 * 86400.0, longest=10 * 86400.0),
    )


def aged(ageing: Ageing, web: Web, folder: Path, clock: Clock, days: int) -> Settings:
    """Everything kept on the first day, then `tearsheet check --due` each day."""
    chance = random.Random(5)
    time = Time(clock, clock.sleep, chance.random)
    settings = settings_of(web, folder, iter(()))
    keep(ageing, settings, time)
    for day in range(1, days):
        clock.forward(START + day * DAY)
        settings = settings_of(web, folder, ageing.down())
        check_links(settings, Asked(due=True, quiet=True), Event(), time=time)
    return settings


def keep(ageing: Ageing, settings: Settings, time: Time) -> None:
    from scraper.crawl import Limits, Schedule, run

    links = [Wanted(link.url, "list") for link in ageing.links]
    stop = Event()
    plan = Plan(len(links), quiet=True, heed_rests=False)
    with opened_alone(settings, plan, stop, time=time, memory=known_rules) as running:
        schedule = Schedule(
            links,
            lambda link: 1.0,
            stop,
            clock=lambda: time.clock().timestamp(),
            sleep=lambda seconds: time.sleep(stop, seconds),
        )
        tally = run(schedule, running.keep, lambda _: None, Limits(16, stop))
    assert tally.kept == len(links), f"{tally.failed} were not kept on the first day: {tally.verdicts}"


class Cost(Struct):
    """What unchanged pages cost: how many checks, how many of them with a conditional request and a 304, how many
    answers were stored anew, the mean bytes of archive/ for each."""

    checks: int = 0
    not_modified: int = 0
    stored: int = 0
    size: float = 0.0


def cost(ageing: Ageing, collection: Path) -> Cost:
    still = {link.url for link in ageing.links if link.fate in STILL}
    found = Cost()
    sizes = 0
    for path in sorted((collection / "archive").glob("*.warc.gz"))[1:]:
        for record in read_records(path, strict=True):
            if record.url not in still:
                continue
            sizes += record.length
            found.checks += record.type == "metadata"
            found.stored += record.type == "response"
            found.not_modified += record.type == "revisit" and "server-not-modified" in (
                record.header("WARC-Profile") or ""
            )
    found.size = sizes / max(1, found.checks)
    return found


def told(result: Measured, spent: Cost, count: int) -> Iterator[str]:
    """The matrix, then the measures."""
    standings = ("alive", "unknown", "doubtful", "dead")
    yield f"{'truth':<42}{''.join(f'{each:>10}' for each in standings)}   states seen since"
    for fate in Fate:
        if fate not in result.standings:
            continue
        counts = result.standings[fate]
        cells = "".join(f"{counts[each]:>10}" for each in standings)
        seen = ", ".join(f"{number} {state}" for state, number in result.states[fate].most_common(4))
        yield f"{fate:<42}{cells}   {seen}"
    dead = len(result.called) + len(result.lost)
    soft = result.found["True"] + result.found["False"]
    yield ""
    yield f"{count} links, {result.checks} checks"
    yield f"live links called dead          {len(result.wrongly)} (aim: 0)"
    share = len(result.called) / max(1, dead)
    within = f"{len(result.called)} of {dead}, {share:.1%} (aim: {LEAST_DEAD:.0%}); {result.early} too young"
    yield f"dead within {STRIKES} checks            {within}"
    yield f"soft 404s found                 {result.found['True']} of {soft} (aim: {LEAST_SOFT:.0%})"
    yield (
        f"unchanged pages                 {spent.checks} checks, {spent.not_modified} times 304, "
        f"{spent.stored} answers stored, {spent.size:.0f} bytes each"
    )
    for name, some in (("wrongly", result.wrongly), ("not in time", result.lost), ("missed", result.missed)):
        for words in some[:20]:
            yield f"{name}: {words}"


def good(result: Measured, spent: Cost) -> bool:
    dead = len(result.called) + len(result.lost)
    soft = result.found["True"] + result.found["False"]
    return (
        not result.wrongly
        and len(result.called) >= LEAST_DEAD * dead
        and result.found["True"] >= LEAST_SOFT * soft
        and spent.checks == spent.not_modified > 0
        and spent.stored == 0
        and spent.size <= MOST_BYTES
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.check", description=__doc__)
    parser.add_argument("--links", type=int, default=560)
    parser.add_argument("--days", type=int, default=75)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path(os.environ.get("TEARSHEET_CORPUS", "../shared/corpus")))
    chosen = parser.parse_args(arguments)
    begun = monotonic()
    clock = Clock(START)
    ageing = Ageing(chosen.corpus, chosen.links, chosen.seed, clock)
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder, Web(clock=clock) as web:
        ageing.serve(web)
        settings = aged(ageing, web, Path(folder), clock, chosen.days)
        with Collection.open(settings.archive, None) as collection:
            result = measured(ageing, collection)
        spent = cost(ageing, Path(folder) / "kept" / "collections" / "main")
    print("\n".join(told(result, spent, len(ageing.links))))
    print(f"{chosen.days} days of {len(ageing.sites)} hosts in {monotonic() - begun:.0f} s")
    return 0 if good(result, spent) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
