"""requests' adapter with pools and connections of our own: vetted, recorded, and held to a deadline.

A request is written and its answer read here. What requests and urllib3 would do on their own and must not: rewrite the
target, follow environment variables, take a 103 for the answer, count headers, retry, and go through a proxy by classes
that know nothing of the guard.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections import OrderedDict
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
from msgspec import Struct, field
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from archive.errors import ConfigError
from scraper.route import Router
from scraper.settings import FetchSettings
from scraper.wire import Deadline, Head, Wire, WireError, read_head

POOLS = 40
MOST_STALE = 20
_BREAKS_LINE = re.compile(r"[\r\n\0]").search


class Call(Struct):
    """One exchange as the transport sees it. `url` is a wire address; `sent`, `ip` and `reused` are filled in.

    `deadline` ends the whole exchange, `patience` one silence, `max_header` bounds the answer's header blocks. With a
    `form` it is a POST with that body. With
    `at_once` a call that met a kept connection's end is sent again without a pause.
    """

    url: str
    headers: Mapping[str, str]
    deadline: Deadline
    patience: float
    max_header: int
    form: bytes | None = None
    at_once: bool = True
    sent: bytearray = field(default_factory=bytearray)
    ip: str | None = None
    reused: bool = False
    received: int = 0

    @property
    def method(self) -> str:
        return "GET" if self.form is None else "POST"

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0]

    @property
    def target(self) -> str:
        """Path and query exactly as the address has them."""
        return "/" + self.url.split("/", 3)[3]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        return (443 if self.scheme == "https" else 80) if port is None else port


class CallRequest(PreparedRequest):
    """A prepared request that nothing has rewritten."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call
        self.method = call.method
        self.url = call.url
        self.headers = CaseInsensitiveDict(call.headers)
        self.body = call.form


class Answer:
    """An answer whose body is still on the wire. Whoever takes it calls `done`."""

    def __init__(self, head: Head, wire: Wire, connection: _Connection, pool: _Pool) -> None:
        self.head = head
        self.wire = wire
        self._connection = connection
        self._pool = pool

    def done(self, whole: bool) -> None:
        """The connection goes back to its pool; closed, unless the body came whole and another request may follow."""
        if not whole or self.wire.buffer or not _persistent(self.head):
            self._connection.close()
        self._pool.give_back(self._connection)


def _persistent(head: Head) -> bool:
    options = {o.strip().lower() for value in head.values("connection") for o in value.split(",")}
    if "close" in options or (head.values("transfer-encoding") and head.values("content-length")):
        return False
    return head.version >= (1, 1) or "keep-alive" in options


class _Connection(HTTPConnection):
    """Connects by the router, and records what it sends."""

    router: Router
    call: Call | None = None

    def _new_conn(self) -> socket.socket:
        call = self._asked()
        if self.proxy is not None:
            return self.router.connect_unvetted(self.host, self.port or 80, call.deadline)
        return self.router.connect(call.host, call.port, call.deadline)

    def _asked(self) -> Call:
        assert self.call is not None
        return self.call

    def _tunnel(self) -> None:
        call = self._asked()
        assert self.sock is not None and self._tunnel_host is not None
        host = f"[{self._tunnel_host}]" if ":" in self._tunnel_host else self._tunnel_host
        lines = [f"CONNECT {host}:{self._tunnel_port} HTTP/1.1", f"Host: {host}:{self._tunnel_port}"]
        lines += [f"{name}: {value}" for name, value in self._tunnel_headers.items()]  # type: ignore[attr-defined]
        wire = Wire(self.sock, call.deadline, call.patience)
        try:
            self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        except OSError as error:
            raise WireError("connect", f"the proxy broke the connection: {error.strerror}", retry=True) from None
        head = read_head(wire, call.max_header)
        if not 200 <= head.status < 300:
            words = f"the proxy answered {head.status} when asked for {host}:{self._tunnel_port}"
            raise WireError("connect", words, retry=head.status in (502, 503, 504))

    def exchange(self, call: Call, data: bytes) -> tuple[Head, Wire]:
        """Sends the request and reads the header block of its answer."""
        if self.sock is None:
            self.connect()
        assert self.sock is not None
        self.sock.settimeout(max(0.001, min(call.deadline.left(), call.patience)))
        call.sent += data
        try:
            self.sock.sendall(data)
        except TimeoutError:
            raise WireError("timeout", "the request could not be sent in time", retry=True) from None
        except (BrokenPipeError, ConnectionResetError):
            # The server need not have read all of it to answer.
            pass
        if self.proxy is None:
            call.ip = _peer(self.sock)
        wire = Wire(self.sock, call.deadline, call.patience)
        try:
            return read_head(wire, call.max_header), wire
        finally:
            call.received = wire.received


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS: the certificate is checked against the name that the address has."""

    def connect(self) -> None:
        call = self._asked()
        sock = self._new_conn()
        self.sock = sock
        try:
            if self._tunnel_host is not None:
                self._has_connected_to_proxy = True
                self._tunnel()
            sock.settimeout(max(0.001, min(call.deadline.left(), self.router.connect_timeout)))
            context = self.ssl_context
            assert context is not None
            self.sock = context.wrap_socket(sock, server_hostname=call.host.rstrip("."))
        except BaseException as error:
            sock.close()
            self.sock = None
            if isinstance(error, OSError | ValueError):
                raise _tls_trouble(call.host, error) from None
            raise
        self.is_verified = True
        self._has_connected_to_proxy = self.proxy is not None


def _tls_trouble(host: str, error: Exception) -> WireError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return WireError("tls", f"the certificate of {host} is not valid: {error.verify_message}")
    if isinstance(error, TimeoutError):
        return WireError("timeout", f"no encrypted connection to {host} in time", retry=True)
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return WireError("tls", f"{host} broke the connection while it was being encrypted", retry=True)
    if isinstance(error, ssl.SSLError):
        return WireError("tls", f"no encrypted connection to {host}: {error.reason or error}")
    return WireError("tls", f"no encrypted connection to {host}: {error}", retry=isinstance(error, OSError))


def _peer(sock: socket.socket) -> str | None:
    try:
        return str(sock.getpeername()[0]).partition("%")[0]
    except (OSError, IndexError):
        return None


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def ask(self, call: Call) -> Answer:
        """Sends a call over a kept connection, or a new one. Raises WireError, and what urllib3 and sockets raise."""
        data = self._request(call)
        connection = self._get_conn()
        assert isinstance(connection, _Connection)
        try:
            connection.call = call
            call.reused = not connection.is_closed
            if self.proxy is not None and self.scheme == "https" and connection.is_closed:
                self._prepare_proxy(connection)
            head, wire = connection.exchange(call, data)
        except BaseException:
            connection.close()
            self._put_conn(connection)
            raise
        return Answer(head, wire, connection, self)

    def _request(self, call: Call) -> bytes:
        """Raises ValueError where the address or a header would break the block."""
        plainly = self.proxy is not None and self.scheme == "http"
        lines = [f"{call.method} {call.url if plainly else call.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in call.headers.items()]
        if plainly:
            lines += [f"{name}: {value}" for name, value in self.proxy_headers.items()]
        if any(map(_BREAKS_LINE, lines)):
            raise ValueError("a line of the request has a control in it")
        return "\r\n".join((*lines, "", "")).encode("latin-1") + (call.form or b"")

    def give_back(self, connection: _Connection) -> None:
        self._put_conn(connection)


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _classes(router: Router) -> dict[str, type[HTTPConnectionPool]]:
    plain = type("Connection", (_Connection,), {"router": router})
    tls = type("TlsConnection", (_TlsConnection,), {"router": router})
    return {
        "http": type("Pool", (_Pool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (_TlsPool,), {"ConnectionCls": tls}),
    }


class Transport(HTTPAdapter):
    """Sends calls. Safe in threads; connections are kept and used again, `size` of them for each origin."""

    def __init__(self, settings: FetchSettings, router: Router, size: int) -> None:
        self._router = router
        self._settings = settings
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._pools: OrderedDict[str, _Pool] = OrderedDict()
        self._proxy = settings.proxy
        if self._proxy is not None and (urlsplit(self._proxy).scheme != "http" or not urlsplit(self._proxy).hostname):
            raise ConfigError(f"proxy: {self._proxy!r} is not http://HOST:PORT")
        super().__init__(POOLS, size)
        if settings.ca_bundle is not None:
            self._tls_context()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        if self._proxy is None:
            self.poolmanager = PoolManager(connections, maxsize=maxsize, block=block)
        else:
            self.poolmanager = ProxyManager(
                self._proxy, connections, maxsize=maxsize, block=block, proxy_headers=self.proxy_headers(self._proxy)
            )
        self.poolmanager.pool_classes_by_scheme = _classes(self._router)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """None but the one from the settings."""
        return self.poolmanager

    def close(self) -> None:
        """Close all connections that are kept."""
        with self._lock:
            self._pools.clear()
        super().close()

    def ask(self, call: Call) -> Answer:
        """Send a call and return when its header block is there. Raises WireError."""
        answer = self.send(CallRequest(call)).raw
        assert isinstance(answer, Answer)
        return answer

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """The answer to a CallRequest, with an Answer in it."""
        assert isinstance(request, CallRequest)
        call = request.call
        for _ in range(MOST_STALE):
            call.sent.clear()
            call.received = 0
            try:
                return _response(request, self._pool(call).ask(call))
            except WireError as error:
                # A kept connection that the server had closed just then: no answer was begun, so ask on another one.
                if not (call.at_once and call.reused and error.kind == "cut" and call.received == 0):
                    raise
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                raise WireError("connect", f"the request could not be sent: {error}", retry=True) from None
        raise WireError("cut", "the server closes every connection before it answers", retry=True)

    def _pool(self, call: Call) -> _Pool:
        """The pool of the call's origin. The manager keeps them as well; to ask it takes as long as a short answer."""
        origin = call.url[: call.url.index("/", 8)]
        with self._lock:
            pool = self._pools.get(origin)
            if pool is not None:
                self._pools.move_to_end(origin)
                return pool
        options = {"ssl_context": self._tls_context()} if call.scheme == "https" else {}
        made = self.poolmanager.connection_from_host(call.host, call.port, call.scheme, pool_kwargs=options)
        assert isinstance(made, _Pool)
        with self._lock:
            self._pools[origin] = made
            if len(self._pools) > POOLS:
                self._pools.popitem(last=False)
        return made

    def _tls_context(self) -> ssl.SSLContext:
        """Made once, when the first such address is asked: reading the certificates takes a while."""
        with self._lock:
            if self._context is None:
                self._context = _context(self._settings.ca_bundle)
            return self._context


def _response(request: CallRequest, answer: Answer) -> Response:
    response = Response()
    response.status_code = answer.head.status
    response.headers = CaseInsensitiveDict(answer.head.headers)
    response.url = request.call.url
    response.request = request
    response.raw = answer
    return response


def _context(bundle: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(bundle or certifi.where()))
    except OSError as error:
        raise ConfigError(f"ca_bundle: {bundle} cannot be read: {error.strerror or error}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
