"""Cookies and credentials of one chain of hops: a site that sets a cookie and redirects expects it back."""

from __future__ import annotations

import base64
import http.cookiejar
import urllib.request
from collections.abc import Iterable
from email.message import Message
from threading import Lock
from urllib.parse import unquote_to_bytes, urlsplit

LONGEST = 4096
MOST = 100


class _Headers:
    """An answer as `http.cookiejar` wants it."""

    def __init__(self, values: Iterable[str]) -> None:
        self._message = Message()
        for value in values:
            self._message["Set-Cookie"] = value

    def info(self) -> Message:
        return self._message


class CookieJar:
    """For one chain, never shared between two. `secret` turns true when a logged-in answer has set a cookie."""

    def __init__(self) -> None:
        self._jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(rfc2965=False))
        self._logins: dict[str, str] = {}
        self._lock = Lock()
        self.secret = False

    @property
    def state(self) -> frozenset[tuple[str, str, str, str | None]]:
        """What it holds: the same as long as no answer set another cookie."""
        with self._lock:
            return frozenset((cookie.domain, cookie.path, cookie.name, cookie.value) for cookie in self._jar)

    def header(self, url: str) -> str | None:
        """The Cookie header for a wire address, or None."""
        if not len(self._jar):
            return None
        request = urllib.request.Request(url)  # noqa: S310 - it is never opened
        with self._lock:
            self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def take(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Remember what an answer sets: at most MOST cookies of LONGEST characters."""
        values = [v for k, v in headers if k.lower() == "set-cookie" and 0 < len(v) <= LONGEST][:MOST]
        if values:
            with self._lock:
                self._jar.extract_cookies(_Headers(values), urllib.request.Request(url))  # type: ignore[arg-type]  # noqa: S310 - it is never opened

    def log_in(self, wire: str, written: str) -> None:
        """Remember the user information of an address for its origin (RFC 7617), if it has any."""
        authority = written.partition("//")[2]
        for end in "/?#\\":
            authority = authority.partition(end)[0]
        user, at, _ = authority.rpartition("@")
        if at and user.strip(":"):
            name, _, password = user.partition(":")
            token = unquote_to_bytes(name) + b":" + unquote_to_bytes(password)
            self._logins[_origin(wire)] = "Basic " + base64.b64encode(token).decode("ascii")

    def authorization(self, wire: str) -> str | None:
        """The Authorization header for a wire address, or None: only its own origin's."""
        return self._logins.get(_origin(wire))


def _origin(wire: str) -> str:
    parts = urlsplit(wire)
    return f"{parts.scheme}://{parts.netloc}"
