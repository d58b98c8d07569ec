"""The fork server of the reading processes; importing this costs next to nothing."""

from __future__ import annotations

from multiprocessing import forkserver, set_forkserver_preload

PARSERS = ["scraper.preload"]


def prepare() -> None:
    """Start the fork server, which loads the parsers in a process of its own while the caller goes on."""
    set_forkserver_preload(PARSERS)
    forkserver.ensure_running()
