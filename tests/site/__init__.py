"""A loopback web of many hosts, over HTTP and TLS, that behaves as well or as badly as a test asks."""

from tests.site.connection import Connection, Handler, Request, Seen
from tests.site.web import Host, Web

__all__ = ["Connection", "Handler", "Host", "Request", "Seen", "Web"]
