"""What kind of thing an answer's body is, by its first bytes and its Content-Type (WHATWG MIME Sniffing, in part)."""

from __future__ import annotations

import re
import zlib

from archive.deferring import deferred
from archive.models import Exchange

HEAD = 4096

_HTML_TYPES = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"))
_UNKNOWN_TYPES = frozenset(("", "unknown/unknown", "application/unknown", "*/*"))
_HTML = deferred(
    rb"(?:<!doctype html|<html|<head|<script|<iframe|<h1|<div|<font|<table|<a|<style|<title|<b|<body|<br|<p|<meta|<main"
    rb"|<article|<!--)[\t\n\f\r />]?",
    re.I,
)
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\x1f\x8b", "application/gzip"),
)
_NAMES = {
    "application/pdf": "a PDF file",
    "application/postscript": "a PostScript file",
    "application/rtf": "a rich text file",
    "application/json": "JSON data",
    "application/zip": "a ZIP file",
    "application/gzip": "a gzip file",
    "application/x-ole-storage": "an Office file",
    "application/msword": "a Word file",
    "application/epub+zip": "an EPUB book",
    "text/plain": "plain text",
    "text/csv": "a table in CSV",
}


def mime(content_type: str | None) -> str:
    """The media type of a Content-Type value, lower case, without parameters; "" for none that is one."""
    value = (content_type or "").partition(";")[0].partition(",")[0].strip().lower()
    return value if "/" in value else ""


def media_type(content_type: str | None, head: bytes) -> str:
    """What a body is: "text/html" for all that is to be read as a page, "" for bytes that say nothing.

    `head` is the first bytes, their content coding undone. A PDF or a picture under a wrong type is told by its bytes.
    """
    stated = mime(content_type)
    found = _sniffed(head)
    if found.startswith(("application/pdf", "image/")) and not stated.startswith(("image/", "video/", "audio/")):
        return found
    if stated in _HTML_TYPES:
        return "text/html"
    if stated in _UNKNOWN_TYPES:
        return found
    if stated in ("application/xml", "text/xml") and b"<html" in head[:1024].lower():
        return "text/html"
    return stated


def describe(media: str) -> str:
    """The media type in words: "a PDF file"."""
    if media in _NAMES:
        return _NAMES[media]
    for start, words in (("image/", "a picture"), ("video/", "a video"), ("audio/", "a sound file")):
        if media.startswith(start):
            return f"{words} ({media})"
    if "officedocument" in media or "opendocument" in media or "ms-excel" in media or "ms-powerpoint" in media:
        return f"an office document ({media})"
    return f"a file of type {media}" if media else "a file of unknown type"


def first_bytes(exchange: Exchange, size: int = HEAD) -> bytes:
    """The first bytes of an exchange's body, gzip or deflate undone where it is stated and holds."""
    raw = exchange.body.bytes(size)
    coding = (exchange.header("content-encoding") or "").strip().lower()
    if coding in ("gzip", "x-gzip", "deflate"):
        for bits in (47, -15):
            try:
                return zlib.decompressobj(bits).decompress(raw, size)
            except zlib.error:
                continue
    return raw


def is_html(exchange: Exchange) -> bool:
    """Whether the answer is to be read as a page."""
    return media_type(exchange.header("content-type"), first_bytes(exchange)) == "text/html"


def _sniffed(head: bytes) -> str:
    for magic, media in _MAGIC:
        if head.startswith(magic):
            return media
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "image/avif" if head[8:12] in (b"avif", b"avis") else "video/mp4"
    start = head.lstrip(b"\xef\xbb\xbf\t\n\f\r ")
    if b"%PDF-" in head[:1024] and not start.startswith(b"<"):
        return "application/pdf"
    if _HTML.match(start):
        return "text/html"
    if start.startswith(b"<?xml"):
        return "text/html" if b"<html" in start[:1024].lower() else "application/xml"
    if start and not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        return "text/plain"
    return "application/octet-stream" if head else ""
