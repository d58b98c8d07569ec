"""The loopback web: two listening sockets, any number of host names."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

from tests.site.connection import Connection, GoneError, Handler, Request, Seen, parse_request

IDLE = 30.0
HTML = "text/html; charset=utf-8"


@dataclass(slots=True)
class Host:
    """One host of the web, at every port it listens on. Later definitions of a path replace earlier ones.

    A path may name a query: `/a?b` beats `/a`, and `/a` answers whatever its query. Paths are raw, as on the wire.
    `gate`, where there is one, answers before all of them or lets a request through by `answer`.
    """

    name: str
    certificate: str = "good"
    gate: Handler | None = None
    _routes: dict[str, Handler] = field(default_factory=dict)
    _fallback: Handler | None = None

    def page(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (),
        type: str | None = HTML,
    ) -> None:
        """A plain answer. With an ETag or Last-Modified header, conditional requests that match get a 304."""
        data = body.encode() if isinstance(body, str) else body
        given = tuple(headers)
        own = (("Content-Type", type),) if type is not None else ()

        def answer(connection: Connection, request: Request) -> None:
            if _matches(given, request):
                connection.respond(304, headers=given)
            else:
                connection.respond(status, data, (*own, *given))

        self._routes[path] = answer

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        self.page(path, f"<p>moved to {location}</p>", status=status, headers=(("Location", location),))

    def robots(self, text: str | bytes, status: int = 200) -> None:
        self.page("/robots.txt", text, status=status, type="text/plain; charset=utf-8")

    def route(self, path: str, handler: Handler) -> None:
        """Whatever the handler does. An answer that it leaves out is an answer that never comes."""
        self._routes[path] = handler

    def otherwise(self, handler: Handler) -> None:
        """What answers for every path that has no route; without it they are 404."""
        self._fallback = handler

    def answer(self, connection: Connection, request: Request) -> None:
        target = _path_of(request.target)
        handler = self._routes.get(target) or self._routes.get(target.partition("?")[0]) or self._fallback or not_found
        handler(connection, request)


def not_found(connection: Connection, request: Request) -> None:
    connection.respond(404, "<title>Not found</title><h1>Not found</h1>", (("Content-Type", HTML),))


class Web:
    """A context manager. `latency` is a pause in seconds before each answer; `clock` tells what time it is there."""

    def __init__(self, latency: float = 0.0, clock: Callable[[], datetime.datetime] | None = None) -> None:
        self.latency = latency
        self.clock = clock
        self._hosts: dict[str, Host] = {}
        self._log: list[Seen] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}
        self._ca = trustme.CA()
        self._folder = tempfile.TemporaryDirectory(prefix="site-")
        self.ca_bundle = Path(self._folder.name, "ca.pem")
        self._ca.cert_pem.write_to_path(str(self.ca_bundle))
        self._listeners = [_listener(), _listener()]
        self._refusing = socket.socket()
        self._refusing.bind(("127.0.0.1", 0))
        self.connections = 0

    def __enter__(self) -> Self:
        for listener, tls in zip(self._listeners, (False, True), strict=True):
            self._start(self._accept, listener, tls)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            connected = list(self._open)
        for sock in connected:
            with contextlib.suppress(OSError, ValueError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._refusing.close()
        self._folder.cleanup()

    @property
    def http_port(self) -> int:
        return _port(self._listeners[0])

    @property
    def https_port(self) -> int:
        return _port(self._listeners[1])

    @property
    def refusing_port(self) -> int:
        """A loopback port where every connection is refused."""
        return _port(self._refusing)

    @property
    def connect_to(self) -> tuple[str, ...]:
        """For `[fetch] connect_to`: ports 80 and 443 of every host lead here."""
        return (f":80:127.0.0.1:{self.http_port}", f":443:127.0.0.1:{self.https_port}")

    @property
    def log(self) -> list[Seen]:
        """The requests in the order they came."""
        with self._lock:
            return list(self._log)

    def seen(self, host: str, target: str | None = None) -> list[Seen]:
        """The requests to a host, or to one of its targets."""
        return [s for s in self.log if s.host == host.lower() and target in (None, s.target)]

    def host(self, name: str, certificate: str = "good") -> Host:
        """The host of that name, made when it is new.

        `certificate` is "good", "expired", "untrusted" (of another authority) or another host's name.
        """
        host = self._hosts.get(name.lower())
        if host is None:
            host = self._hosts[name.lower()] = Host(name.lower(), certificate)
        return host

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, tls: bool) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(sock)
            self._start(self._serve, sock, tls, number)

    def _serve(self, sock: socket.socket, tls: bool, number: int) -> None:
        sock.settimeout(IDLE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain = sock
        try:
            if tls:
                sock = self._server_context().wrap_socket(sock, server_side=True)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(sock)
            connection = Connection(sock, self._stopping)
            try:
                self._talk(connection, tls, number)
            finally:
                connection.end()
        except (OSError, ValueError):
            sock.close()
        finally:
            with self._lock:
                self._open -= {plain, sock}

    def _talk(self, connection: Connection, tls: bool, number: int) -> None:
        while connection.keep and not self._stopping.is_set():
            raw = connection.read_request()
            if raw is None:
                return
            method, target, headers = parse_request(raw)
            named = next((v for k, v in headers if k.lower() == "host"), "")
            at = self.clock() if self.clock is not None else None
            seen = Seen(time.monotonic(), _host_of(named), method, target, headers, tls, at)
            with self._lock:
                self._log.append(seen)
            if self.latency and self._stopping.wait(self.latency):
                return
            host = self._hosts.get(seen.host)
            try:
                if host is None:
                    connection.respond(421, f"no host {seen.host} here")
                else:
                    (host.gate or host.answer)(connection, Request(seen, raw, number))
            except GoneError:
                return
            if (seen.header("Connection") or "").lower() == "close":
                return

    def _server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose
        self._ca.issue_cert("no-name.test").configure_cert(context)
        return context

    def _choose(self, sock: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if name is None:
            return
        host = self._hosts.get(name.lower())
        kind = host.certificate if host else "good"
        with self._lock:
            chosen = self._contexts.get((name, kind))
            if chosen is None:
                chosen = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._certificate(name, kind).configure_cert(chosen)
                self._contexts[name, kind] = chosen
        sock.context = chosen

    def _certificate(self, name: str, kind: str) -> trustme.LeafCert:
        if kind == "good":
            return self._ca.issue_cert(name)
        if kind == "expired":
            return self._ca.issue_cert(name, not_after=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        if kind == "untrusted":
            return trustme.CA().issue_cert(name)
        return self._ca.issue_cert(kind)


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    return listener


def _port(sock: socket.socket) -> int:
    number: int = sock.getsockname()[1]
    return number


def _host_of(header: str) -> str:
    name = header.strip().lower()
    return name.rpartition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]


def _path_of(target: str) -> str:
    """A proxy's request names the whole address; the path is what counts."""
    if target.startswith(("http://", "https://")):
        return "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
    return target


def _matches(headers: Iterable[tuple[str, str]], request: Request) -> bool:
    own = {name.lower(): value for name, value in headers}
    etags = request.header("If-None-Match")
    if etags is not None:
        return own.get("etag") is not None and own["etag"] in etags
    since = request.header("If-Modified-Since")
    return since is not None and own.get("last-modified") == since
