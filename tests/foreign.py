"""Files as other tools write them, made record by record."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

WHEN = datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC)
STORY = "https://paper.test/story"
WORDS = "The harbour board met on Tuesday and spoke of the pier, the bridge and the boats that lie below it. "


def html(title: str = "The pier", words: str = WORDS, more: str = "") -> bytes:
    """An article that our reader takes for one."""
    paragraphs = "".join(f"<p>{words} This is paragraph {n}.</p>" for n in range(1, 9))
    return (
        f'<!doctype html><html><head><title>{title}</title><meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="2020-05-06"></head><body><article><h1>{title}</h1>'
        f"{paragraphs}</article>{more}</body></html>"
    ).encode()


def at(seconds: float) -> datetime:
    return WHEN + timedelta(seconds=seconds)


def _date(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    fields = {"Content-Type": "text/html; charset=utf-8"} | {k.replace("_", "-"): v for k, v in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def record(kind: str, block: bytes, *, id: str, url: str = "", time: datetime = WHEN, **fields: str) -> bytes:
    """A record, uncompressed. `fields` are further named fields, _ for -."""
    head = {"WARC-Type": kind, "WARC-Record-ID": f"<urn:uuid:{id}>", "WARC-Date": _date(time)}
    if url:
        head["WARC-Target-URI"] = url
    if kind in ("response", "request", "revisit"):
        head["Content-Type"] = f"application/http; msgtype={'request' if kind == 'request' else 'response'}"
    head |= {"Content-Length": str(len(block))} | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"WARC/1.0\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def info() -> bytes:
    return record("warcinfo", b"software: Othertool/1\r\n", id="info", Content_Type="application/warc-fields")


def response(
    body: bytes, *, id: str, url: str = STORY, time: datetime = WHEN, status: str = "200 OK", **headers: str
) -> bytes:
    fields = {"WARC_Payload_Digest": sha1(body), "WARC_IP_Address": "192.0.2.7"}
    return record("response", http(body, status, **headers), id=id, url=url, time=time, **fields)


def request(of: str, *, url: str = STORY, dest: str = "document", time: datetime = WHEN) -> bytes:
    block = f"GET / HTTP/1.1\r\nHost: x\r\nSec-Fetch-Dest: {dest}\r\n\r\n".encode()
    return record("request", block, id=f"{of}-q", url=url, time=time, WARC_Concurrent_To=f"<urn:uuid:{of}>")


def revisit(
    payload: bytes, *, id: str, url: str = STORY, time: datetime = WHEN, block: bytes | None = None, **refers: str
) -> bytes:
    profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    fields = {"WARC_Profile": profile, "WARC_Payload_Digest": sha1(payload)} | refers
    return record("revisit", http(b"") if block is None else block, id=id, url=url, time=time, **fields)


def plain(path: Path, records: Sequence[bytes]) -> Path:
    path.write_bytes(b"".join(records))
    return path


def gzipped(path: Path, records: Sequence[bytes]) -> Path:
    """Each record a member."""
    path.write_bytes(b"".join(gzip.compress(each, mtime=0) for each in records))
    return path


def arc(path: Path, answers: Sequence[tuple[str, bytes]]) -> Path:
    """`answers` are address and HTTP block. Gzipped where the name says so."""
    text = b"1 0 Othertool\nURL IP-address Archive-date Content-type Archive-length\n"
    parts = [f"filedesc://x.arc 0.0.0.0 20080102030405 text/plain {len(text)}\n".encode() + text + b"\n"]
    parts += [
        f"{url} 192.0.2.9 2008010203{number:04d} text/html {len(block)}\n".encode() + block + b"\n"
        for number, (url, block) in enumerate(answers, start=405)
    ]
    return gzipped(path, parts) if path.name.endswith(".gz") else plain(path, parts)


def wacz(path: Path, files: dict[str, bytes], pages: Sequence[dict[str, str]] = (), *, wrong: str = "") -> Path:
    """`files` lie in archive/; the digest of the one called `wrong` does not hold."""
    held = {f"archive/{name}": data for name, data in files.items()}
    lines = [{"format": "json-pages-1.0", "id": "pages", "title": "All"}, *pages]
    held["pages/pages.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines).encode()
    resources = [
        {
            "name": name.rpartition("/")[2],
            "path": name,
            "hash": "sha256:" + hashlib.sha256(data if name != f"archive/{wrong}" else b"other").hexdigest(),
            "bytes": len(data),
        }
        for name, data in held.items()
    ]
    package = json.dumps({"profile": "data-package", "wacz_version": "1.1.1", "resources": resources}).encode()
    held["datapackage.json"] = package
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, data in held.items():
            zipped.writestr(name, data)
    path.write_bytes(buffer.getvalue())
    return path


def crawl() -> list[bytes]:
    """A small crawl: two articles, one behind a redirect, a picture, a frame, a revisit, and what went badly."""
    front = html("The bridge", more='<iframe src="/frame"></iframe><img src="/a.png">')
    return [
        info(),
        response(html(), id="r1", time=at(0), ETag='"1"'),
        request("r1", time=at(0)),
        response(b"\x89PNG\r\n\x1a\n" + bytes(90), id="r2", url="https://paper.test/a.png", Content_Type="image/png"),
        response(b"", id="r3", url="https://paper.test/old", status="301 Moved", Location="/bridge", time=at(2)),
        response(front, id="r4", url="https://paper.test/bridge", time=at(3)),
        response(html("A frame"), id="r5", url="https://paper.test/frame", time=at(4)),
        request("r5", url="https://paper.test/frame", dest="iframe", time=at(4)),
        response(b"<h1>gone</h1>", id="r6", url="https://paper.test/gone", status="404 Not Found", time=at(5)),
        revisit(html(), id="r7", time=at(60), WARC_Refers_To="<urn:uuid:r1>"),
        response(b"<html><title>Just a moment...</title></html>", id="r8", url="https://paper.test/wall",
                 time=at(61), cf_mitigated="challenge"),
    ]  # fmt: skip
