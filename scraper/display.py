"""A crawl as it goes, on a terminal: what it came to so far, and what each host is at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from scraper.fetching import print_out
from scraper.report import result_lines, shown_address

if TYPE_CHECKING:
    from scraper.crawl import Result
    from scraper.onepass import Pass

MOST_HOSTS = 12
SPAN = 30.0


class Seen:
    """When the last pages came, for their rate."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._begun = monotonic()

    def page(self) -> None:
        self._times.append(monotonic())

    def rate(self) -> float:
        """Pages a second over the last SPAN seconds."""
        now = monotonic()
        self._times = [time for time in self._times if now - time <= SPAN]
        return len(self._times) / max(1.0, min(SPAN, now - self._begun))


@contextmanager
def shown_live(work: Pass, folder: Path) -> Iterator[Callable[[Result], None]]:
    """What is called once for each address, after it is durable."""
    console = Console(stderr=True)
    both = sys.stdout.isatty()
    seen = Seen()

    def tell(result: Result) -> None:
        seen.page()
        lines = "\n".join(result_lines(result, folder))
        if both:
            console.print(lines, markup=False, highlight=False, soft_wrap=True)
        else:
            print_out(lines)

    with Live(get_renderable=lambda: picture(work, seen), console=console, transient=True, redirect_stdout=both):
        yield tell


def picture(work: Pass, seen: Seen) -> Group:
    """The counts, then the hosts that are being asked, each with what is waited for."""
    count = work.count
    head = f"{count.asked} asked, {count.new} new, {count.failed} failed · {seen.rate():.1f} pages a second"
    reading = work.reading()
    if reading:
        head += f" · reading {reading} source{'s' if reading > 1 else ''}"
    by_host: dict[str, list[str]] = {}
    for job in list(work.flying.values()):
        by_host.setdefault(job.host, []).append(job.link.url)
    lines = [Text(head)]
    for host, urls in sorted(by_host.items())[:MOST_HOSTS]:
        more = f" and {len(urls) - 1} more" if len(urls) > 1 else ""
        lines.append(Text(f"  {host}  {shown_address(urls[0])}{more}", no_wrap=True, overflow="ellipsis"))
    if len(by_host) > MOST_HOSTS:
        lines.append(Text(f"  and {len(by_host) - MOST_HOSTS} hosts more"))
    pause = work.pause()
    if not by_host and pause >= 1:
        lines.append(Text(f"  hosts rest between pages: {pause:.0f} s"))
    return Group(*lines)
