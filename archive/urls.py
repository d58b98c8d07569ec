"""Addresses: what goes over the wire, how links resolve, which addresses are one; and the time stamps beside them.

Three layers, never mixed: `wire_url` is what is asked for and recorded as WARC-Target-URI, `strip_tracking` is the
identity of an article, `key` is the look-up key of the index.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote_plus

from archive.deferring import deferred
from archive.hosts import registrable, split_authority, wire_host, wire_port
from archive.textpath import text_path
from archive.urlkey import key

__all__ = [
    "MAX_URL",
    "is_http",
    "join",
    "key",
    "now_ms",
    "parse_stamp",
    "same_site",
    "stamp",
    "strip_tracking",
    "text_path",
    "wire_url",
]

MAX_URL = 32 * 1024

_ENDS = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\n\r")
_ENDS_WHITE = deferred(r"[\x00-\x20]++\Z")
_HTTP = deferred(r"(https?):[/\\]*", re.IGNORECASE)
_SCHEME = deferred(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_BASE = deferred(r"(https?):[/\\]*([^/\\?#]*)([^?#]*)(\?[^#]*)?", re.IGNORECASE)
# The URL Standard's percent-encode sets, and `|` in the path, which Chromium encodes though the standard leaves it.
_PATH_ENCODED = deferred(r"[^!$-;=@-\[\]_a-z~\\%]")
_QUERY_ENCODED = deferred(r"[^!$-&(-;=?-~]")
_DOT = deferred(r"(?:\.|%2e)\Z", re.IGNORECASE)
_DOUBLE_DOT = deferred(r"(?:\.|%2e){2}\Z", re.IGNORECASE)


def wire_url(url: str) -> str:
    """The address as it is asked for, ASCII: what goes over the wire, and into WARC-Target-URI.

    Fragment, user information and a default port go; scheme and host are lower case, the host in punycode; what
    browsers percent-encode is encoded (the URL Standard's path and special-query sets), and "/" stands for an empty
    path. All else stays as written: `%7E`, `%2f`, `..`, an empty query's `?`. Applying it twice changes nothing.
    Raises ValueError for what is no http or https address, or is longer than MAX_URL.
    """
    return _wire_url(url) if len(url) > _LONG else _remembered_wire_url(url)


def _wire_url(url: str) -> str:
    written = url
    url = url.strip(_ENDS).translate(_DROPPED)
    match = _HTTP.match(url)
    if match is None or len(url) > MAX_URL:
        raise ValueError(f"not an http address: {written[:200]!r}")
    scheme = match.group(1).lower()
    rest, mark, query = url[match.end() :].partition("#")[0].partition("?")
    authority, _, path = rest.replace("\\", "/").partition("/")
    _, host, port = split_authority(authority)
    try:
        origin = f"{scheme}://{wire_host(host)}{wire_port(scheme, port)}"
    except ValueError as error:
        raise ValueError(f"not an http address: {written[:200]!r} ({error})") from None
    wire = f"{origin}/{_PATH_ENCODED.sub(_percent, path)}{mark}{_QUERY_ENCODED.sub(_percent, query)}"
    if len(wire) > MAX_URL:
        raise ValueError(f"an address of more than {MAX_URL} characters: {written[:200]!r}")
    return wire


# A page's address and those of what it needs pass through here again and again on their way.
_LONG = 1024
_remembered_wire_url = lru_cache(4096)(_wire_url)


def is_http(url: str) -> bool:
    """Whether `wire_url` takes the address."""
    try:
        wire_url(url)
    except ValueError:
        return False
    return True


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in _utf8(match.group()))


def _utf8(character: str) -> bytes:
    """Half a surrogate pair becomes U+FFFD, as in browsers."""
    return character.encode("utf-8") if not "\ud800" <= character <= "\udfff" else b"\xef\xbf\xbd"


def join(base: str, ref: str) -> str:
    """The absolute address of a reference found at `base`, without its fragment.

    RFC 3986, section 5, as browsers do it: white space at the ends and line ends inside go, `\\` counts as `/`, dot
    segments are resolved (`%2e` too), an empty query keeps its `?`. Nothing is percent-encoded but white space
    that a fragment followed. A reference with a scheme of its own other than http(s) comes back as it is, and so does
    any where `base` is no http address.
    """
    ref = ref.strip(_ENDS)
    if not ref.isprintable():
        ref = ref.translate(_DROPPED)
    at = _parts(base)
    scheme = _SCHEME.match(ref)
    if scheme and scheme.group(1).lower() not in ("http", "https"):
        return ref
    if scheme and (at is None or _is_absolute(ref, scheme, at)):
        found = _BASE.match(ref)
        assert found is not None
        return _assembled(scheme.group(1), found.group(2), found.group(3), found.group(4))
    if at is None:
        return ref
    if scheme:
        ref = ref[scheme.end() :]
    ref = ref.partition("#")[0]
    path, mark, query = ref.partition("?")
    path = path.replace("\\", "/")
    query = mark + query
    if path.startswith("//"):
        authority, slash, rest = path.lstrip("/").partition("/")
        return _assembled(at.group(1), authority, slash + rest, query)
    base_path = at.group(3).replace("\\", "/")
    if not path:
        return _assembled(at.group(1), at.group(2), base_path, query or at.group(4))
    if not path.startswith("/"):
        path = base_path.rpartition("/")[0] + "/" + path
    return _assembled(at.group(1), at.group(2), path, query)


@lru_cache(64)
def _parts(base: str) -> re.Match[str] | None:
    """A page's many references have one base."""
    return _BASE.match(base.strip(_ENDS).translate(_DROPPED))


def _is_absolute(ref: str, scheme: re.Match[str], base: re.Match[str]) -> bool:
    """ "https:page" and "https:/page" are relative to an https base: an old form that browsers still take."""
    slashes = ref[scheme.end() : scheme.end() + 2].replace("\\", "/") == "//"
    return slashes or scheme.group(1).lower() != base.group(1).lower()


def _assembled(scheme: str, authority: str, path: str, query: str | None) -> str:
    address = f"{scheme.lower()}://{authority}{_without_dots(path.replace(chr(92), '/'))}{query or ''}"
    # White space before a fragment is part of the address, and must not be lost as white space at its end.
    return address if address[-1] > " " else _ENDS_WHITE.sub(_percent, address)


def _without_dots(path: str) -> str:
    if path.startswith("/") and "/." not in path and "/%2" not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for i, segment in enumerate(segments):
        last = i == len(segments) - 1
        if _DOUBLE_DOT.match(segment):
            if kept:
                kept.pop()
        elif not _DOT.match(segment):
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


# ------------------------------------------------------------------------------------------------------- identity

_TRACKING_WORDS = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid mc_cid mc_eid mc_tc yclid ysclid igshid igsh _ga _gl _gac
    twclid ttclid li_fat_id epik srsltid _openstat __twitter_impression _hsenc _hsmi __hssc __hstc __hsfp
    hsctatracking mkt_tok vero_id vero_conv oly_enc_id oly_anon_id rb_clickid wickedid s_kwcid ef_id wt_zmc wt_mc
    xtor sc_cid fb_action_ids fb_action_types fb_source fb_ref ga_source ga_medium ga_term ga_content ga_campaign
    guccounter guce_referrer guce_referrer_sig at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4
    at_bbc_team at_format at_link_id at_link_origin at_link_type at_ptr_name
"""
_TRACKING = frozenset(_TRACKING_WORDS.split())
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_campaign", "pk_kwd", "pk_source", "pk_medium", "pk_content", "pk_cid")


def strip_tracking(url: str) -> str:
    """The identity of an article's address: fragment and pure tracking parameters gone, the rest byte for byte.

    A query that held nothing else goes with its `?`; one that was empty as written stays.
    """
    address = url.partition("#")[0]
    front, mark, query = address.partition("?")
    if not query:
        return address
    args = query.split("&")
    kept = [arg for arg in args if not _is_tracking(arg)]
    if len(kept) == len(args):
        return address
    return front + mark + "&".join(kept) if any(kept) else front


def _is_tracking(arg: str) -> bool:
    name = arg.partition("=")[0]
    if "%" in name or "+" in name:
        name = unquote_plus(name)
    name = name.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def same_site(a: str, b: str) -> bool:
    """Whether two http addresses lie on one site: the same registered domain, roughly, whatever scheme and port."""
    try:
        return registrable(_host_of(a)) == registrable(_host_of(b))
    except ValueError:
        return False


def _host_of(url: str) -> str:
    return split_authority(wire_url(url).split("/", 3)[2])[1]


# ------------------------------------------------------------------------------------------------------- stamps


def now_ms(clock: Callable[[], datetime]) -> datetime:
    """The clock's time in UTC, cut to milliseconds."""
    time = _in_utc(clock())
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def stamp(time: datetime, digits: int = 14) -> str:
    """`YYYYMMDDhhmmss`, or with `digits=17` and milliseconds, in UTC. Raises ValueError for a time without a zone."""
    if digits not in (14, 17):
        raise ValueError("a time stamp has 14 or 17 digits")
    t = _in_utc(time)
    seconds = f"{t.year:04d}{t.month:02d}{t.day:02d}{t.hour:02d}{t.minute:02d}{t.second:02d}"
    return seconds if digits == 14 else f"{seconds}{t.microsecond // 1000:03d}"


def parse_stamp(text: str) -> datetime:
    """The UTC time of a stamp of 14 or 17 digits. Raises ValueError."""
    if len(text) not in (14, 17) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"not a time stamp of 14 or 17 digits: {text[:40]!r}")
    day = (int(text[:4]), int(text[4:6]), int(text[6:8]))
    clock = (int(text[8:10]), int(text[10:12]), int(text[12:14]), int(text[14:] or "0") * 1000)
    return datetime(*day, *clock, tzinfo=UTC)


def _in_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time.astimezone(UTC)
