"""What the library may change, if it is allowed to: each write is a run of the command itself.

So there is one way in, the lock is held for that write alone, and a server that stays has loaded no parser.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from archive import urls
from archive.errors import (
    ConfigError,
    DamageError,
    LockedError,
    NotKeptError,
    StorageError,
    TearsheetError,
    UsageError,
)
from archive.models import PageRow

_ERRORS = {error.exit_code: error for error in (UsageError, ConfigError, StorageError, DamageError)}


class Changes:
    """Safe in threads; one write at a time, the next waits for it."""

    def __init__(self, options: Sequence[str], page: Callable[[str], PageRow | None]) -> None:
        """`options` are those that say which config and collection; `page` looks a page up by its id."""
        self._command = [sys.executable, "-P", "-m", "scraper", "--json", *options]
        self._page = page
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self._closed = False

    def keep(self, url: str) -> PageRow:
        """Keeps an address as `tearsheet fetch` does, and gives what became of it. Raises TearsheetError: UsageError
        for what is no address, LockedError while another run is under way."""
        try:
            urls.wire_url(url)
        except ValueError as error:
            raise UsageError(str(error)) from None
        return self._told(self._run("fetch", "--", url))

    def overrule(self, page_id: str, reason: str) -> PageRow:
        """Overrules the verdict on a page as `tearsheet accept` does. Raises TearsheetError."""
        if self._page(page_id) is None:
            raise NotKeptError(f"there is no page {page_id}")
        if "\0" in reason:
            raise UsageError("the reason holds control characters")
        return self._told(self._run("accept", f"--reason={reason}", "--", page_id))

    def close(self) -> None:
        """No more is begun; what is under way is asked to stop after what is in flight."""
        with self._guard:
            self._closed = True
            if self._running is not None:
                self._running.terminate()

    def _run(self, *arguments: str) -> str:
        """The line that the command tells of its page. Raises what its exit code stands for."""
        with self._turn:
            process = self._begin(arguments)
            out, err = process.communicate()
            with self._guard:
                self._running = None
        lines = out.splitlines()
        if lines:
            return lines[-1]
        words = [line.removeprefix("tearsheet: ") for line in err.splitlines() if line.strip()]
        if process.returncode == LockedError.exit_code:
            raise LockedError("another run is under way: try again later")
        said = words[-1] if words else f"the command ended with exit code {process.returncode}"
        raise _ERRORS.get(process.returncode, TearsheetError)(said)

    def _begin(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        with self._guard:
            if self._closed:
                raise TearsheetError("the library is being stopped")
            self._running = subprocess.Popen(  # noqa: S603 - our own command; what follows -- is no option
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                # A stop from the terminal reaches us alone: told twice, the run would end at once.
                start_new_session=True,
            )
            return self._running

    def _told(self, line: str) -> PageRow:
        told = json.loads(line)
        if not told["page_id"]:
            raise NotKeptError(told["reason"])
        row = self._page(told["page_id"])
        if row is None:
            raise StorageError(f"{told['url']} was kept, but this library cannot see it: start it again")
        return row
