"""From a host and port to a connected socket: detours, names, the guard, one address after the other."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence

from msgspec import Struct

from archive.errors import ConfigError, RefusedError
from scraper import guard
from scraper.wire import Deadline, WireError

Resolver = Callable[[str, int], Sequence[str]]
MOST_ADDRESSES = 8


class Detour(Struct, frozen=True):
    """One `connect_to` entry: an empty `host` or a `port` of 0 matches any; an empty target part stays as it was."""

    host: str
    port: int
    to_host: str
    to_port: int


def parse_connect_to(entries: Sequence[str]) -> tuple[Detour, ...]:
    """HOST:PORT:HOST2:PORT2, as curl's `--connect-to`; IPv6 addresses in brackets. Raises ConfigError."""
    return tuple(_detour(entry) for entry in entries)


def _detour(entry: str) -> Detour:
    fields: list[str] = []
    rest = entry
    while len(fields) < 4:
        if rest.startswith("["):
            inner, bracket, rest = rest[1:].partition("]")
            fields.append(inner.lower())
            if not bracket or (rest and not rest.startswith(":")):
                break
            rest = rest[1:]
        else:
            value, _, rest = rest.partition(":")
            fields.append(value.lower())
    ports = [fields[i] for i in (1, 3)] if len(fields) == 4 and not rest else ["?"]
    if entry.count(":") < 3 or any(port and not (port.isdecimal() and 0 < int(port) < 65536) for port in ports):
        raise ConfigError(f"connect_to: {entry!r} is not HOST:PORT:HOST2:PORT2")
    return Detour(fields[0], int(ports[0] or 0), fields[2], int(ports[1] or 0))


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a name in the system's order. Raises socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Router(Struct, frozen=True):
    """Opens connections the way the settings say. `connect_timeout` is in seconds."""

    detours: tuple[Detour, ...]
    allow_private: bool
    connect_timeout: float
    resolver: Resolver = system_resolver

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """A connected TCP socket for a URL's host and port.

        Only addresses that the guard lets through are tried, one after the other, families in turn; the first that
        takes the connection is it. Raises WireError.
        """
        named = host
        for detour in self.detours:
            if detour.host in ("", host.strip("[]").lower()) and detour.port in (0, port):
                host, port = detour.to_host or host, detour.to_port or port
                break
        addresses = self._vetted(host.strip("[]"), port, named, deadline)
        until = Deadline(deadline.clock() + self.connect_timeout, deadline.clock)
        trouble: WireError | None = None
        for i, address in enumerate(addresses):
            wait = min(until.left() / (2 if i + 1 < len(addresses) else 1), deadline.left())
            if wait <= 0:
                break
            try:
                return _open(address, port, wait)
            except TimeoutError:
                trouble = WireError("timeout", f"no connection to {address} port {port} in {wait:.3g} s", retry=True)
            except OSError as error:
                words = error.strerror or str(error)
                trouble = WireError("connect", f"no connection to {address} port {port}: {words}", retry=True)
        raise trouble or WireError("timeout", f"no connection to {host} port {port} in time", retry=True)

    def connect_unvetted(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """The same for a machine that the user named: no detour, no guard."""
        return Router((), True, self.connect_timeout, self.resolver).connect(host, port, deadline)

    def _vetted(self, host: str, port: int, named: str, deadline: Deadline) -> list[str]:
        literal = guard.literal_address(host)
        found = [str(literal)] if literal is not None else self._resolve(host, port, deadline)
        vetted = []
        refused: RefusedError | None = None
        for address in found:
            try:
                guard.check_address(address, self.allow_private, named=named)
            except RefusedError as error:
                refused = refused or error
            else:
                vetted.append(address)
        if vetted:
            return _in_turn(vetted)[:MOST_ADDRESSES]
        if refused is not None:
            raise WireError("refused by us", str(refused))
        raise WireError("dns", f"{host} has no address")

    def _resolve(self, host: str, port: int, deadline: Deadline) -> list[str]:
        """In a thread of its own: a look-up cannot be told to stop."""
        found: list[str] = []
        errors: list[Exception] = []

        def look_up() -> None:
            try:
                found.extend(self.resolver(host, port))
            except (OSError, ValueError) as error:
                errors.append(error)

        thread = threading.Thread(target=look_up, name="resolver", daemon=True)
        thread.start()
        wait = max(0.0, min(deadline.left(), 2 * self.connect_timeout))
        thread.join(wait)
        if thread.is_alive():
            raise WireError("dns", f"no answer about the name {host} in {wait:.3g} s", retry=True)
        if errors:
            raise _dns_trouble(host, errors[0])
        return found


def _dns_trouble(host: str, error: Exception) -> WireError:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return WireError("dns", f"no name server could tell where {host} is", retry=True)
    if isinstance(error, socket.gaierror):
        return WireError("dns", f"there is no host named {host}")
    return WireError("dns", f"{host} could not be looked up: {error}")


def _in_turn(addresses: list[str]) -> list[str]:
    """One family and the other in turn, each in its order (RFC 8305, section 4)."""
    first = [a for a in addresses if (":" in a) == (":" in addresses[0])]
    second = [a for a in addresses if a not in first]
    turns = max(len(first), len(second))
    return [group[i] for i in range(turns) for group in (first, second) if i < len(group)]


def _open(address: str, port: int, timeout: float) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock
