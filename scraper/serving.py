"""`tearsheet serve`: the library on this machine, and the replay beside it, until it is stopped."""

from __future__ import annotations

import errno
import ipaddress
import json
import logging
import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from msgspec import Struct

from archive import mounts
from archive.errors import UsageError
from scraper.fetching import print_out
from scraper.saying import say

if TYPE_CHECKING:
    from threading import Event

    from starlette.applications import Starlette

    from archive.collection import Collection
    from archive.models import PageRow
    from scraper.replay import Replay
    from scraper.settings import Settings

PORT = 8080
HTTP = 80
TOKEN_BYTES = 16
GRACE = 10
VIEWER = ("jinja2", "starlette", "uvicorn")
_LOOPBACK = ("127.0.0.1", "localhost")


class Wish(Struct, frozen=True):
    """How `serve` was asked to go about it.

    `host` and `port` are where the library listens, `names` what else it may be called by. `replay_port` None is the
    next one that is free. `options` are those that say which config and collection, for runs of its own.
    """

    host: str = _LOOPBACK[0]
    port: int = PORT
    names: tuple[str, ...] = ()
    replay: bool = True
    replay_port: int | None = None
    writes: bool = False
    open: bool = False
    options: tuple[str, ...] = ()
    json: bool = False
    quiet: bool = False
    verbose: bool = False


class Told(Struct, frozen=True):
    """What whoever started it is told: addresses, and the token with which a browser may write."""

    library: str
    replay: str | None
    token: str | None


def serve(settings: Settings, wish: Wish, stop: Event) -> None:
    """Serves until `stop` is set.

    Raises UsageError for what is not installed, an address that is not ours and a port that is taken, ReplayError,
    and what opening a collection raises: DamageError, and NotKeptError if there is none and nothing may begin one.
    """
    if any(find_spec(name) is None for name in VIEWER):
        raise UsageError('tearsheet serve needs more than is installed: pip install "tearsheet[viewer]"')
    from archive.collection import Collection
    from archive.viewer.app import Site, Writes, create_app
    from scraper.changes import Changes

    with ExitStack() as stack:
        collection = stack.enter_context(Collection.open(settings.archive, None, missing_ok=wish.writes))
        if not collection.path.exists():
            say(f"there is no collection {collection.path} yet: the first address that is kept begins it")
        listener = stack.enter_context(listening(wish.host, wish.port))
        address, port = listener.getsockname()[:2]
        replay = stack.enter_context(_replaying(collection, wish, address, port))
        changes = Changes(wish.options, partial(_page, settings))
        writes = Writes(secrets.token_hex(TOKEN_BYTES), changes.keep, changes.overrule) if wish.writes else None
        hosts = answered(wish, address, port) - ({f"{replay.host}:{port}"} if replay is not None else set())
        title = settings.archive.collection
        site = Site(title, hosts, replay.address if replay is not None else None, writes)
        # What changes is closed first: a write under way ends, and the server need not wait for it.
        with _answering(create_app(collection, site), listener, wish, stop), closing(changes):
            if replay is not None:
                replay.wait(stop)
            if not stop.is_set():
                _tell(Told(_url(wish, address, port), site.replay, writes.token if writes else None), wish)
            stop.wait()


def _page(settings: Settings, page_id: str) -> PageRow | None:
    """Looked up anew: the collection may have begun since."""
    from archive.collection import Collection

    with Collection.open(settings.archive, None, missing_ok=True) as collection:
        return collection.page(page_id)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there. Raises UsageError with what to do about it."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(where[:2], family=family)
    except socket.gaierror as error:
        raise UsageError(f"--host {host}: no such address ({error.strerror})") from None
    except OSError as error:
        raise UsageError(_trouble(error, host, port)) from None
    with listener:
        yield listener


def _trouble(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken: name another with --port, or --port 0 for any that is free"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host}: no address of this machine"
    if error.errno == errno.EACCES:
        return f"port {port} is not for every user: name another with --port, such as {PORT}"
    return f"{host}, port {port}: {error.strerror or error}"


def answered(wish: Wish, address: str, port: int) -> frozenset[str]:
    """The values of the Host header that are answered: the names of what it is bound to, and those it was given. A
    stranger's name that was made to lead here is none of them."""
    at = ipaddress.ip_address(address)
    names = {wish.host, address, *wish.names}
    if at.is_loopback or at.is_unspecified:
        names |= {*_LOOPBACK, "::1"} if at.is_unspecified or at.version == 6 else set(_LOOPBACK)
    if at.is_unspecified:
        names -= {wish.host, address}
        names |= {socket.gethostname(), *_addresses(socket.gethostname())}
    called = {f"[{name}]" if ":" in name and _is_address(name) else name.lower() for name in names}
    with_port = {name if _has_port(name) else f"{name}:{port}" for name in called}
    # Behind a proxy of its own name, and on the port that goes without saying, the header has no port.
    bare = called if port == HTTP else {name.lower() for name in wish.names}
    return frozenset(with_port | bare)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _has_port(name: str) -> bool:
    return name.rpartition(":")[2].isdigit() and not name.endswith("]")


def _addresses(name: str) -> set[str]:
    try:
        return {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def _url(wish: Wish, address: str, port: int) -> str:
    at = ipaddress.ip_address(address)
    name = socket.gethostname() if at.is_unspecified else wish.host
    shown = f"[{name}]" if _is_address(name) and ":" in name else name
    return f"http://{shown}/" if port == HTTP else f"http://{shown}:{port}/"


@contextmanager
def _replaying(collection: Collection, wish: Wish, address: str, port: int) -> Iterator[Replay | None]:
    """pywb, on its way up. Whoever else can see the library has no replay: it is for this machine alone."""
    if not ipaddress.ip_address(address).is_loopback:
        say(f"whoever can reach {address} can read this library; the replay is for this machine alone and is left out")
    elif wish.replay:
        from scraper.replay import Replay, check_installed, reserved

        check_installed()
        at = reserved(wish.host, wish.replay_port, port + 1)
        with _lent(collection) as lent:
            replay = Replay(collection.path, at, say, verbose=wish.verbose, lent=lent)
            try:
                yield replay
            finally:
                replay.close()
        return
    yield None


@contextmanager
def _lent(collection: Collection) -> Iterator[str]:
    """Where the replay finds files that are in the collection's store alone; "" without a store."""
    if mounts.store_of(collection.path) is None:
        yield ""
        return
    from scraper.lending import Lender

    with closing(Lender(collection.path, say)) as lender:
        yield lender.address


@contextmanager
def _answering(app: Starlette, listener: socket.socket, wish: Wish, stop: Event) -> Iterator[None]:
    """The server, in a thread of its own; where it ends by itself, `stop` is set and what ended it is raised."""
    import uvicorn

    level = logging.INFO if wish.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=wish.verbose,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )
    server = uvicorn.Server(config)
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            server.run(sockets=[listener])
        except BaseException as error:
            trouble.append(error)
        finally:
            stop.set()

    thread = threading.Thread(target=run, name="library")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
    if trouble:
        raise trouble[0]


def _tell(told: Told, wish: Wish) -> None:
    if wish.json:
        print_out(json.dumps({"library": told.library, "replay": told.replay, "token": told.token}))
    else:
        lines = _lines(told) if not wish.quiet else [told.token] if told.token else []
        if lines:
            print_out("\n".join(lines))
    if wish.open:
        webbrowser.open(told.library)


def _lines(told: Told) -> Sequence[str]:
    lines = [f"library   {told.library}"]
    if told.replay is not None:
        lines.append(f"replay    {told.replay}/")
    if told.token is not None:
        lines.append(f"token     {told.token}   whoever knows it may keep addresses and overrule verdicts")
    return [*lines, "Ctrl-C stops it"] if os.isatty(0) else lines
