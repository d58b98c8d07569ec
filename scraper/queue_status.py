"""What `tearsheet status` says of the queue: by state, source and host, and what is left alone for now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from scraper.frontier_schema import NAME as QUEUE
from scraper.frontier_view import FrontierView, State
from scraper.runlog import REPORTS, told_time
from scraper.saying import fit

MOST_HOSTS = 20
FACTS = ("begun", "ended_by", "asked", "new", "changed", "failed", "seconds")


def queue_status(folder: Path, clock: Callable[[], datetime]) -> dict[str, Any] | None:
    """Plain values for JSON; None where no crawl has been yet."""
    view = FrontierView.read(folder / QUEUE, clock)
    if view is None:
        return None
    with view:
        counts = view.counts()
        states = view.source_states()
        by_source = {}
        for title in dict.fromkeys([*counts.by_source, *states]):
            problem, at = states.get(title, (None, None))
            of_source = _plain(counts.by_source.get(title, {}))
            by_source[title] = {"states": of_source, "problem": problem, "at": told_time(at)}
        busiest = sorted(counts.by_host.items(), key=lambda each: -sum(each[1].values()))
        return {
            "states": _plain(counts.total),
            "by_source": by_source,
            "by_host": {host: _plain(states) for host, states in busiest[:MOST_HOSTS]},
            "hosts": len(counts.by_host),
            "left_alone": {
                host: {
                    "until": told_time(state.backoff_until),
                    "failures": state.failures,
                    "circuit": str(state.circuit),
                }
                for host, state in view.backing_off().items()
            },
            "last_run": last_run(folder),
        }


def last_run(folder: Path) -> dict[str, Any] | None:
    """The facts of the latest report, without its lists."""
    for path in sorted((folder / REPORTS).glob("*.json"), reverse=True):
        try:
            report = json.loads(path.read_bytes())
            facts = {name: report[name] for name in FACTS}
        except (OSError, ValueError, KeyError, TypeError):
            continue
        return facts | {"report": str(path)}
    return None


def queue_lines(status: dict[str, Any]) -> Iterator[str]:
    """For people."""
    yield f"{'queue':<17} {_words(status['states']) or 'empty'}"
    if status["by_source"]:
        yield "by source:"
    for title, source in status["by_source"].items():
        yield f"    {title}: {_words(source['states']) or 'nothing in the queue'}"
        if source.get("problem"):
            yield fit(f"        failed on {source['at']}: {source['problem']}")
    if status["by_host"]:
        yield "by host:"
        yield from (f"    {host or 'no host'}: {_words(states)}" for host, states in status["by_host"].items())
        if status["hosts"] > len(status["by_host"]):
            yield f"    and {status['hosts'] - len(status['by_host'])} hosts more"
    if status["left_alone"]:
        yield "left alone for now:"
    for host, state in status["left_alone"].items():
        times = "a failure" if state["failures"] == 1 else f"{state['failures']} failures in a row"
        yield f"    {host} until {state['until']}, after {times}"
    run = status["last_run"]
    if run is not None:
        what = f"{run['asked']} asked, {run['new']} new, {run['changed']} changed, {run['failed']} failed"
        yield f"{'last run':<17} {run['begun']}: {what}; {run['ended_by']}"
        yield f"{'':<17} {run['report']}"


def _plain(states: dict[State, int]) -> dict[str, int]:
    return {str(state): states[state] for state in State if state in states}


def _words(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())
