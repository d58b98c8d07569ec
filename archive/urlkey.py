"""The CDX look-up key of an address: a SURT, equal to what pywb and cdxj-indexer make with the `surt` package.

Written out here because the package imports an HTTP client. The steps are those of the Wayback Machine's canonicaliser
(the Google Safe Browsing rules, then the Internet Archive's own), odd corners included: an index with keys of another
make is an index in which viewers find nothing.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from urllib.parse import SplitResultBytes, quote_from_bytes, unquote_to_bytes

from archive.deferring import deferred

# Most addresses need none of the odd corners: a name for a host, no port, nothing escaped, no dot segments.
_PLAIN = deferred(
    r"https?://((?:[a-zA-Z0-9-]+\.)*+[a-zA-Z][a-zA-Z0-9-]*+)"
    r"((?:/(?![./])[!\"$&'()*+,\-.0-9:;<=>@A-Z\[\\\]^_`a-z{|}~]*+)*+)(?:\?([!\"$&-;<=>?@A-Z\[\\\]^_`a-z{|}~]*+))?\Z"
)
# Texts and articles under our own names, whose addresses hold none of the odd corners.
_PLAIN_URN = deferred(r"urn:(?:text|article):[!\"$&'()*+,\-./0-9:;<=>@A-Z\[\\\]^_`a-z{|}~]++\Z")
_PLAIN_WWW = deferred(r"www[0-9]*\.")
_PERHAPS_A_SESSION = deferred(r"\.aspx|sid=|aspsessionid|cfid=", re.IGNORECASE)
_SCHEME = deferred(rb"[a-zA-Z][a-zA-Z0-9+\-.]*:")
_REPEATED_SCHEME = deferred(rb"(https?://)+")
_LINE_WHITE_SPACE = deferred(rb"[\n\r\t]")
_PARTS = deferred(rb"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?")
_DECIMAL_IP = deferred(rb"[1-9][0-9]*(\.[0-9]+){0,3}\Z")
_OCTAL_IP = deferred(rb"0[0-7]*(\.[0-7]+){0,3}\Z")
_WWW = deferred(rb"www\d*\.")
_SAFE = b"!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ASPX_SESSIONS = (
    deferred(rb"(?<=/)\((?:[a-z]\([0-9a-z]{24}\))+\)/"),
    deferred(rb"(?<=/)\([0-9a-z]{24}\)/"),
)
_QUERY_SESSIONS = (
    deferred(rb"(.*)jsessionid=[0-9a-zA-Z]{32}(?:&(.*))?\Z", re.IGNORECASE),
    deferred(rb"(.*)phpsessid=[0-9a-zA-Z]{32}(?:&(.*))?\Z", re.IGNORECASE),
    deferred(rb"(.*)sid=[0-9a-zA-Z]{32}(?:&(.*))?\Z", re.IGNORECASE),
    deferred(rb"(.*)aspsessionid[a-zA-Z]{8}=[a-zA-Z]{24}(?:&(.*))?\Z", re.IGNORECASE),
)
_DEFAULT_PORTS = {b"http": 80, b"https": 443}


def key(url: str) -> str:
    """The SURT key of an address, without white space and, of whatever is an address, ASCII: "org,example)/path?a=1".

    Never raises: an address that cannot be canonicalised is its own key, as in cdxj-indexer. `urn:` addresses keep
    their scheme ("urn:text:https://…", lower-cased, query sorted).
    """
    plain = _PLAIN.match(url)
    if plain and not _PERHAPS_A_SESSION.search(url):
        return _plain_key(*plain.groups())
    if _PLAIN_URN.match(url) and not _PERHAPS_A_SESSION.search(url):
        return url[:-1].lower() if url[-1] == "/" else url.lower()
    if not url:
        return "-"
    if url.startswith("filedesc"):
        return url
    try:
        return _surt(url.encode("utf-8")).decode("ascii")
    except (ValueError, struct.error):
        return "".join("%20" if c.isspace() else c for c in url)


def _plain_key(host: str, path: str, query: str | None) -> str:
    host = _PLAIN_WWW.sub("", host.lower(), count=1) if host[:3].lower() == "www" else host.lower()
    path = path.lower()
    surt = ",".join(reversed(host.split("."))) + ")" + (path[:-1] if len(path) > 1 and path[-1] == "/" else path or "/")
    if not query:
        return surt
    args = query.lower().split("&")
    if len(args) > 1 and len(query) > 1:
        args = ["=".join(pair) for pair in sorted(arg.split("=", 1) for arg in args)]
    return f"{surt}?{'&'.join(args)}"


def _surt(url: bytes) -> bytes:
    url = _LINE_WHITE_SPACE.sub(b"", url.strip())
    if not url:
        raise ValueError("an empty address has no key")
    if not _SCHEME.match(url):
        url = b"http://" + url
    url = _REPEATED_SCHEME.sub(lambda m: m.group(1), url, count=1) if url.startswith(b"http") else url
    parts = _PARTS.match(url)
    if parts is None or parts.group(1) is None:
        raise ValueError("an address without a scheme has no key")
    scheme: bytes = parts.group(1)
    host, port = _host_and_port(parts.group(2) or b"")
    path: bytes | None = parts.group(3) or None
    if scheme.startswith(b"http") and host is None and path is not None:
        first, _, rest = path.lstrip(b"/").partition(b"/")
        host, path = first, b"/" + rest
    host = _canonical_host(host)
    path = _escape(_normal_path(_unescape(path or b"")) if host else _unescape(path or b""))
    if host and scheme != b"dns":
        host = _WWW.sub(b"", host, count=1) if _WWW.match(host) else host
    if port == _DEFAULT_PORTS.get(scheme.lower(), 0):
        port = None
    path = _strip_aspx_session(path.lower())
    if path.endswith(b"/") and len(path) > 1:
        path = path[:-1]
    query = _canonical_query(parts.group(4) or b"")
    return _assembled(scheme, host, port, path, query)


def _assembled(scheme: bytes, host: bytes | None, port: int | None, path: bytes, query: bytes) -> bytes:
    out = scheme + b":" if not host else b",".join(reversed(host.split(b".")))
    if host:
        if port is not None:
            out += b":%d" % port
        out += b")"
    out += path or (b"/" if query else b"")
    return out + b"?" + query if query else out


def _host_and_port(authority: bytes) -> tuple[bytes | None, int | None]:
    if authority.endswith(b":"):
        authority = authority.rstrip(b":")
    split = SplitResultBytes(b"", authority, b"", b"", b"")
    return split.hostname or None, split.port or None


def _canonical_host(host: bytes | None) -> bytes | None:
    if not host:
        return host
    host = _unescape(host)
    if not host.isascii():
        with contextlib.suppress(ValueError):
            host = host.decode("utf-8", "ignore").encode("idna")
    host = host.replace(b"..", b".").strip(b".")
    return _ip_address(host) or _escape(host.lower()).lower()


def _ip_address(host: bytes) -> bytes | None:
    if host.isdigit():
        return socket.inet_ntoa(struct.pack(">L", int(host) & 0xFFFFFFFF)).encode("ascii")
    if _DECIMAL_IP.match(host) or _OCTAL_IP.match(host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host.decode("ascii"))).encode("ascii")
        except OSError:
            return None
    return None


def _unescape(text: bytes) -> bytes:
    while b"%" in text:
        plain = unquote_to_bytes(text)
        if plain == text:
            break
        text = plain
    return text


def _escape(text: bytes) -> bytes:
    return quote_from_bytes(text, safe=_SAFE).encode("ascii") if text else text


def _normal_path(path: bytes) -> bytes:
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b".":
            continue
        if segment == b".." and kept:
            kept.pop()
        else:
            kept.append(segment)
    if not kept:
        return b"/"
    return b"/" + b"".join(s + b"/" for s in kept[:-1] if s) + kept[-1]


def _strip_aspx_session(path: bytes) -> bytes:
    """ASP.NET's cookieless session segments go, where an .aspx page follows; the last such segment of each kind."""
    last_page = path.rfind(b".aspx")
    if last_page < 0:
        return path
    for pattern in _ASPX_SESSIONS:
        for match in reversed(list(pattern.finditer(path))):
            end = match.end()
            page = path.find(b".aspx", end + 1)
            if page >= 0 and path.find(b"?", end, page) < 0:
                path = path[: match.start()] + path[end:]
                break
    return path


def _canonical_query(query: bytes) -> bytes:
    if not query:
        return b""
    query = _escape(_unescape(query))
    for pattern in _QUERY_SESSIONS:
        match = pattern.match(query)
        if match:
            query = match.group(1) + (match.group(2) or b"")
    query = _strip_coldfusion_session(query).lower()
    if len(query) <= 1:
        return query
    return b"&".join(b"=".join(pair) for pair in sorted(tuple(arg.split(b"=", 1)) for arg in query.split(b"&")))


def _strip_coldfusion_session(query: bytes) -> bytes:
    """The last `cfid=…&cftoken=…` goes."""
    args = query.split(b"&")
    for i in range(len(args) - 2, -1, -1):
        token = args[i + 1]
        if token[:8].lower() != b"cftoken=" or len(token) == 8:
            continue
        at = args[i].lower().rfind(b"cfid=", 0, len(args[i]) - 1)
        if at < 0:
            continue
        before = b"&".join([*args[:i], args[i][:at]])
        return before + b"&".join(args[i + 2 :])
    return query
