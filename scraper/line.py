"""A line between the run and one of its helpers: questions and answers both ways, over a comm of Dask's.

Dask's comms bring what a cluster has: its addresses, its TLS, its checks that a peer is alive. What goes over the line
is pickled where it is made, so that the event loop only passes bytes on, and whatever waits goes in one write.
"""

from __future__ import annotations

import asyncio
import hmac
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from threading import Lock
from typing import Any

from distributed.comm.core import Comm, CommClosedError
from msgspec import Struct

from archive.errors import TearsheetError

ASKED, TOLD, ANSWERED, FAILED = range(4)
Handler = Callable[..., Any]
"""Called in the event loop, so it must not wait: what takes time it answers with a `concurrent.futures.Future`."""


def loop_of(node: Any) -> asyncio.AbstractEventLoop:
    """The event loop of a client or worker of Dask's, whose own thread runs it."""
    loop: asyncio.AbstractEventLoop = node.loop.asyncio_loop
    return loop


class LineClosed(Exception):
    """The other side is gone."""


class _Message(Struct, frozen=True, array_like=True):
    kind: int
    number: int
    name: str
    content: Any


class Line:
    """One end of a line. `ask` and `tell` are safe in threads; all else happens in the event loop."""

    def __init__(
        self,
        comm: Comm,
        loop: asyncio.AbstractEventLoop,
        handlers: Mapping[str, Handler],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`ended` is called once, in the event loop, when nothing will come any more."""
        self._comm = comm
        self._loop = loop
        self._handlers = handlers
        self._ended = ended
        self._numbers = count(1)
        self._lock = Lock()
        self._asked: dict[int, Future[Any]] = {}
        self._out: list[bytes] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def ask(self, name: str, *arguments: Any) -> Future[Any]:
        """What the other side's handler of that name answers; LineClosed if it never will."""
        future: Future[Any] = Future()
        number = next(self._numbers)
        with self._lock:
            closed = self._closed
            if not closed:
                self._asked[number] = future
        if closed:
            future.set_exception(LineClosed("the line was closed before"))
        else:
            self._send(_Message(ASKED, number, name, arguments))
        return future

    def tell(self, name: str, *arguments: Any) -> None:
        """The same without an answer; nothing happens where nobody is there any more."""
        if not self._closed:
            self._send(_Message(TOLD, 0, name, arguments))

    async def serve(self) -> None:
        """Hear the other side until it is gone, or `close` was called."""
        try:
            while True:
                for data in await self._comm.read():
                    self._take(pickle.loads(data))  # noqa: S301 - from our own run, which has shown its token
        except (CommClosedError, OSError):
            pass
        finally:
            self._end()

    def close(self) -> None:
        """What was told before still goes out. Safe in threads."""
        with suppress(RuntimeError):  # the loop ended with its process
            asyncio.run_coroutine_threadsafe(self.hang_up(), self._loop)

    async def hang_up(self) -> None:
        """The same, in the event loop."""
        if self._writing is not None:
            await self._writing
        await self._comm.close()
        self._end()

    # ------------------------------------------------------------------------------------------------ going out

    def _send(self, message: _Message) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self._loop.call_soon_threadsafe(self._put, data)
        except RuntimeError:  # the loop ended with its process
            self._end()

    def _put(self, data: bytes) -> None:
        self._out.append(data)
        if self._writing is None:
            self._writing = self._loop.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._out:
                out, self._out = self._out, []
                await self._comm.write(out)
        except (CommClosedError, OSError):
            self._end()
        finally:
            self._writing = None

    # ------------------------------------------------------------------------------------------------ coming in

    def _take(self, message: _Message) -> None:
        if message.kind in (ANSWERED, FAILED):
            with self._lock:
                future = self._asked.pop(message.number, None)
            if future is None:
                return
            if message.kind == ANSWERED:
                future.set_result(message.content)
            else:
                future.set_exception(message.content)
            return
        try:
            result = self._handlers[message.name](*message.content)
        except Exception as error:  # for whoever asked
            self._fail(message, error)
            return
        if isinstance(result, Future):
            result.add_done_callback(lambda done: self._answer_with(message, done))
        else:
            self._answer(message, result)

    def _answer_with(self, message: _Message, done: Future[Any]) -> None:
        error = done.exception()
        if error is not None:
            self._fail(message, error)
        else:
            self._answer(message, done.result())

    def _answer(self, message: _Message, result: Any) -> None:
        if message.kind == ASKED and not self._closed:
            self._send(_Message(ANSWERED, message.number, "", result))

    def _fail(self, message: _Message, error: BaseException) -> None:
        if message.kind == ASKED and not self._closed:
            self._send(_Message(FAILED, message.number, "", _portable(error)))

    def _end(self) -> None:
        with self._lock:
            before, self._closed = self._closed, True
            left, self._asked = list(self._asked.values()), {}
        for future in left:
            if not future.done():
                future.set_exception(LineClosed("the other side is gone"))
        self._comm.abort()
        if not before:
            self._ended()


def _portable(error: BaseException) -> BaseException:
    """The error as it may go over the line: its kind, where it is one of ours and made of its words alone."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - just made
    except Exception:
        kind = TearsheetError if isinstance(error, TearsheetError) else RuntimeError
        return kind(f"{type(error).__name__}: {error}")
    return error


async def introduce(comm: Comm, token: bytes, name: str) -> None:
    """Whoever calls shows that it belongs to the run, and says who it is, before anything else."""
    await comm.write([token, name])


async def caller(comm: Comm, token: bytes) -> str | None:
    """Who calls, if it showed the token."""
    try:
        shown, name = await comm.read()
    except (CommClosedError, OSError, ValueError, TypeError):
        return None
    known = isinstance(shown, bytes) and isinstance(name, str) and hmac.compare_digest(shown, token)
    return name if known else None
