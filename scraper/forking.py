"""The process that reading processes are forked from. It holds the parsers, loaded once.

It is started with the command, before the command itself is loaded, so that both load side by side what only one of
them needs; starting it costs the caller next to nothing. It serves one caller over a socket: `b"+"`, and with it a
socket, forks a process that reads pages for whoever has that socket's other end, and answers with its number; `b"-"`
with a number ends that process and answers with its exit code. `b"="` has it read itself, for a caller who needs one
reader and no other. When its caller is gone it ends, and so does whoever reads for it. Only it waits for the processes
that it forked, so a number can never have become somebody else's.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import resource
import signal
import socket
import sys
from functools import partial
from importlib import import_module
from time import monotonic, sleep
from typing import TYPE_CHECKING, NoReturn

from archive import kept_patterns
from scraper.messages import receive, send

if TYPE_CHECKING:
    from scraper.read.reading import Reading

SHARED = ("urllib3", "urllib.request", "concurrent.futures.thread", "archive.inline", "scraper.read.css")
"""What the command and the parsers both load, with all that these load in their turn."""
FORK, END, TURN = b"+", b"-", b"="
SPAWNED = "import sys; sys.path[:] = sys.argv[2:]; from scraper.forking import main; main(int(sys.argv[1]))"
WORKER_MEMORY = 4 * 1024**3
GRACE = 5
LONGEST_ANSWER = 60.0
LONGEST_END = 2.0
COLLECTED_AFTER = 10_000


class ForkServer:
    """The caller's end. Not for several threads at a time. Its methods raise ConnectionError when the process is gone,
    or does not answer in a minute."""

    def __init__(self, *, alone: bool = False) -> None:
        """`alone`: this process has no thread yet and holds nothing, so a plain fork does and saves starting Python."""
        self._used = False
        self._ended = False
        self._socket, theirs = socket.socketpair()
        with theirs:
            self.pid = self._forked(theirs) if alone else _spawned(theirs)

    def _forked(self, theirs: socket.socket) -> int:
        pid = os.fork()
        if not pid:
            self._socket.close()
            quiet = os.open(os.devnull, os.O_RDWR)
            os.dup2(quiet, 0)
            os.dup2(quiet, 1)
            main(theirs.detach())
        return pid

    def fork(self) -> tuple[int, socket.socket]:
        """A new reading process, and the socket on which it serves. Waits until the parsers are loaded."""
        return self._reader(FORK)

    def turn(self) -> tuple[int, socket.socket]:
        """The same without a fork: the process itself is the reader from now on, and does nothing else any more."""
        return self._reader(TURN)

    def _reader(self, order: bytes) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        self._used = True
        try:
            with theirs:
                socket.send_fds(self._socket, [order], [theirs.fileno()])
                return self._answer(), ours
        except OSError:
            ours.close()
            raise

    def end(self, pid: int) -> int:
        """End that process; its exit code, negative for a signal."""
        if pid == self.pid:
            self._ended = True
            return _ended(pid)
        self._socket.sendall(END)
        send(self._socket, str(pid).encode())
        return self._answer()

    def _answer(self) -> int:
        try:
            data = receive(self._socket, monotonic() + LONGEST_ANSWER)
        except TimeoutError:
            data = None
        if data is None:
            raise BrokenPipeError("the process that forks the readers is gone")
        return int(data)

    def dismiss(self) -> None:
        """It begins to end, and those that it forked. Returns at once."""
        self._socket.close()

    def close(self) -> None:
        """It ends, and those that it forked before it."""
        self.dismiss()
        if self._ended:
            return
        self._ended = True
        deadline = monotonic() + (LONGEST_END if self._used else 0)
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            while monotonic() < deadline:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return
                sleep(0.001)
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _spawned(theirs: socket.socket) -> int:
    os.set_inheritable(theirs.fileno(), True)
    # Without -S it would go through site-packages for the path that it is handed.
    command = [sys.executable, "-S", "-c", SPAWNED, str(theirs.fileno()), *sys.path]
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet)


_started: ForkServer | None = None


def prepare() -> None:
    """Start a fork server for the first who asks for one. Only for a process that has done nothing else yet.

    What this process and the parsers both need is loaded before they part, once. The garbage collector stays off until
    `loaded` is called: nothing that is made while modules are loaded is garbage.
    """
    global _started
    gc.disable()
    for name in SHARED:
        import_module(name)
    _started = ForkServer(alone=True)


def loaded() -> None:
    """All that is needed has been loaded: from now on the garbage collector looks at what is made after it, which is
    hardly ever garbage of its kind."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 10, 10)
    gc.enable()


def dismiss() -> None:
    """Nothing is read here: the server that `prepare` started, if it did, ends."""
    if _started is not None:
        fork_server().close()


def fork_server() -> ForkServer:
    """The server that `prepare` started, else one of the caller's own."""
    global _started
    server, _started = _started or ForkServer(), None
    return server


# ------------------------------------------------------------------------------------------------- on the other side


def main(number: int) -> NoReturn:
    """The fork server itself, its socket being file descriptor `number`."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # They reach the whole group, but it is the caller who decides, and who is waited for.
            signal.signal(stop, signal.SIG_IGN)
        kept_patterns.install()
        _load()
        with socket.socket(fileno=number) as caller:
            _fork_for(caller)
        kept_patterns.save()
    finally:
        os._exit(0)


def _load() -> None:
    """The parsers, out of the garbage collector's sight: what is loaded stays shared between the processes, and
    collections in the middle of the loading are spared."""
    gc.disable()
    import scraper.read.page  # noqa: F401

    loaded()


def _fork_for(caller: socket.socket) -> None:
    forked: set[int] = set()
    while True:
        caller.settimeout(None)
        message, received, _, _ = socket.recv_fds(caller, 1, 1)
        if message == FORK:
            answer = os.fork()
            if not answer:
                caller.close()
                _work(received[0])
            os.close(received[0])
            forked.add(answer)
        elif message == TURN:
            send(caller, str(os.getpid()).encode())
            _serve(received[0])
            break
        elif message == END and (number := receive(caller)) is not None:
            answer = _ended(int(number)) if int(number) in forked else -signal.SIGKILL
            forked.discard(int(number))
        else:
            break
        send(caller, str(answer).encode())
    for pid in forked:
        _ended(pid)


def _ended(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _work(number: int) -> NoReturn:
    try:
        _serve(number)
    finally:
        os._exit(0)


def _serve(number: int) -> None:
    _limit_memory()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with socket.socket(fileno=number) as caller:
        _read_for(caller)


def _read_for(caller: socket.socket) -> None:
    """Page after page until nobody asks any more: whether it is the last, and a reading; what is known before the
    article is read goes ahead where that is asked for. A page that takes too long ends the process, should its caller
    be gone and not see to that."""
    from scraper.read.page import read
    from scraper.read.reading import failed

    def answer(last: bool, reading: Reading) -> None:
        send(caller, pickle.dumps((last, reading), pickle.HIGHEST_PROTOCOL))

    while (data := receive(caller)) is not None:
        timeout, page, ahead = pickle.loads(data)  # noqa: S301 - from our own process
        signal.setitimer(signal.ITIMER_REAL, timeout + GRACE)
        try:
            reading = read(page, early=partial(answer, False) if ahead else None)
        except Exception as error:  # whatever a hostile page brings a parser to
            reading = failed(f"reading failed: {type(error).__name__}: {error}")
        signal.setitimer(signal.ITIMER_REAL, 0)
        answer(True, reading)


def _limit_memory() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = WORKER_MEMORY if hard == resource.RLIM_INFINITY else min(WORKER_MEMORY, hard)
    if soft == resource.RLIM_INFINITY or soft > wanted:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
