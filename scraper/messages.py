"""Messages between processes over a socket: eight bytes of length, then as many bytes."""

from __future__ import annotations

import socket
import struct
from time import monotonic

LENGTH = struct.Struct("!Q")


def send(connection: socket.socket, data: bytes, deadline: float | None = None) -> None:
    """Raises TimeoutError when `deadline` (on the monotonic clock) passes before all is sent."""
    _hurry(connection, deadline)
    connection.sendall(LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket, deadline: float | None = None) -> bytes | None:
    """The next message; None when the other side ended before it was whole. Raises TimeoutError at the deadline."""
    head = _exactly(connection, LENGTH.size, deadline)
    return None if head is None else _exactly(connection, LENGTH.unpack(head)[0], deadline)


def _exactly(connection: socket.socket, size: int, deadline: float | None) -> bytes | None:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        _hurry(connection, deadline)
        got = connection.recv_into(view)
        if not got:
            return None
        view = view[got:]
    return bytes(data)


def _hurry(connection: socket.socket, deadline: float | None) -> None:
    connection.settimeout(None if deadline is None else max(0.001, deadline - monotonic()))
