"""The replay beside the library: pywb as a process of its own, on an origin of its own.

Archived scripts run there and can reach whatever that origin holds, so it holds nothing but the archive: no cookie, no
write, no secret. Cookies do not tell ports apart, so another port of the library's host would not do: the replay has
another host too, an address of this machine that nothing else is likely to use. pywb is never imported: it is started
in a folder of our making, where a link leads to the collection, so that no config of the user's is read and nothing is
written into the collection.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from archive.errors import ReplayError, UsageError
from archive.rows import ARCHIVE
from scraper import tether
from scraper.door import Door

HOSTS = ("127.0.0.2", "localhost", "127.0.0.1")
"""The first of these that is not the library's and can be had. Systems other than Linux have 127.0.0.1 alone, which is
localhost too; but what runs there on other ports may have cookies of that name."""
CONFIG = {"framed_replay": False, "enable_memento": True}
"""Without a frame an archived page has the address that Memento names, and its own headers (RFC 7089, 4.2.1)."""
START_WITHIN = 60.0
END_WITHIN = tether.GRACE + 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
SETTLED = 60.0
LINES = 20
HTTP, LAST_PORT = 80, 65535


def reserved(library: str, wanted: int | None, preferred: int) -> tuple[str, socket.socket]:
    """A host that is not `library`, as browsers call it, and a socket that listens there.

    The port is `wanted` (0: any), or else `preferred` where that can be had, or else any. Raises UsageError if the
    wanted port is taken.
    """
    for host in HOSTS:
        address = "127.0.0.1" if host == "localhost" else host
        if host == library or not _is_ours(address):
            continue
        for port in (wanted,) if wanted is not None else (preferred if preferred <= LAST_PORT else 0, 0):
            with suppress(OSError):
                return host, socket.create_server((address, port))
        raise UsageError(f"port {wanted} of {host} is taken: name another with --replay-port, or 0 for any")
    raise UsageError("this machine has no second address for the replay: --no-replay leaves it out")


def _is_ours(address: str) -> bool:
    return _free_port(address) != 0


def _free_port(address: str) -> int:
    """0 where the machine does not have the address."""
    with socket.socket() as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return 0
        return int(tried.getsockname()[1])


def check_installed() -> None:
    """Raises UsageError if pywb is not there."""
    if find_spec("pywb") is None:
        raise UsageError('the replay needs pywb: pip install "tearsheet[replay]", or leave it out with --no-replay')


class Replay:
    """pywb over one collection, behind a door of ours, kept up until `close`. `tell` hears of it when it ends by
    itself, and with `verbose` of all that it says."""

    def __init__(
        self,
        collection: Path,
        at: tuple[str, socket.socket],
        tell: Callable[[str], None],
        *,
        verbose: bool = False,
        lent: str = "",
    ) -> None:
        """`at` is what `reserved` gave: the host's name and a socket, which is closed with the rest. WARC files that
        are not in the collection are asked for at `lent`, with their names behind it."""
        self.host, listener = at
        self._inner, port = listener.getsockname()[:2]
        self._origin = self.host if port == HTTP else f"{self.host}:{port}"
        self._port = 0
        self._collection = collection.absolute()
        self._tell = tell
        self._verbose = verbose
        self._closing = threading.Event()
        self._said: deque[str] = deque(maxlen=LINES)
        self._threads: list[threading.Thread] = []
        self._folder = tempfile.TemporaryDirectory(prefix="tearsheet-replay-", ignore_cleanup_errors=True)
        home = Path(self._folder.name)
        (home / "collections").mkdir()
        (home / "collections" / self._collection.name).symlink_to(self._collection, target_is_directory=True)
        config = CONFIG | {"archive_paths": [ARCHIVE, lent]} if lent else CONFIG
        (home / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
        self._begun = monotonic()
        self._child = self._begin()
        self._door = Door(listener, frozenset({self._origin}), lambda: (self._inner, self._port))

    @property
    def address(self) -> str:
        """Of the collection: Memento's TimeGate, with an address behind it."""
        return f"http://{self._origin}/{self._collection.name}"

    def wait(self, stop: threading.Event) -> None:
        """Returns when pywb answers, or when `stop` is set; from then on it is kept up.

        Raises ReplayError, with what pywb said, if it ends or does not answer within a minute.
        """
        deadline = self._begun + START_WITHIN
        while not stop.is_set() and not self._answers():
            code = self._child.poll()
            if code is not None:
                self._join()
                raise ReplayError(f"pywb ended (exit code {code}) instead of starting:\n{self._words()}")
            if monotonic() > deadline:
                raise ReplayError(f"pywb did not answer within {START_WITHIN:g} seconds:\n{self._words()}")
            stop.wait(0.05)
        self._watch(self._keep_up, "replay-keeper")

    def close(self) -> None:
        """It ends. Safe to call twice."""
        self._closing.set()
        self._door.close()
        self._end()
        self._join()
        self._folder.cleanup()

    # ------------------------------------------------------------------------------------------------ the process

    def _begin(self) -> subprocess.Popen[str]:
        """Its tether is our end of its stdin: that closes with us, however we end."""
        self._port = _free_port(self._inner)
        pywb = ["-P", "-W", "ignore", "-m", "pywb.apps.cli"]
        command = [sys.executable, *pywb, "-b", self._inner, "-p", str(self._port)]
        child = subprocess.Popen(  # noqa: S603 - this Python, a module by its name and a port of ours
            [sys.executable, "-I", "-S", str(tether.__file__), *command],
            cwd=self._folder.name,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # A stop from the terminal reaches us alone, and pywb is ended in its turn.
            start_new_session=True,
        )
        self._begun = monotonic()
        self._said.clear()
        self._watch(lambda: self._listen(child), "replay-listener")
        return child

    def _listen(self, child: subprocess.Popen[str]) -> None:
        assert child.stderr is not None
        with child.stderr:
            for line in child.stderr:
                self._said.append(line.rstrip())
                if self._verbose:
                    self._tell(f"replay: {line.rstrip()}")

    def _keep_up(self) -> None:
        pause = FIRST_PAUSE
        while True:
            code = self._child.wait()
            if self._closing.is_set():
                return
            self._end()
            if monotonic() - self._begun > SETTLED:
                pause = FIRST_PAUSE
            self._tell(f"the replay ended (exit code {code}) and is started again in {pause:g} s:\n{self._words()}")
            if self._closing.wait(pause):
                return
            pause = min(LONGEST_PAUSE, 2 * pause)
            self._child = self._begin()

    def _end(self) -> None:
        child = self._child
        if child.stdin is not None:
            child.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_WITHIN)
        # Whatever is left of its session, should the tether itself have been killed.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self._inner, self._port, timeout=5)
        try:
            connection.request("GET", "/collinfo.json")
            return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _words(self) -> str:
        return "\n".join(f"    {line}" for line in self._said) or "    it said nothing"

    def _watch(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _join(self) -> None:
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(END_WITHIN)


def _environment() -> dict[str, str]:
    """Ours, less what would have pywb read another config, or ask its own parts by way of a proxy, and less keys."""
    taken = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYWB_CONFIG_FILE", "PYTHONWARNINGS")
        and not name.startswith(("TEARSHEET_", "AWS_"))
        and not name.lower().endswith("_proxy")
    }
    return taken | {"NO_PROXY": "*"}
