"""Collections of real pages for the library's tests, kept by the command as users keep them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection as Names
from pathlib import Path
from urllib.parse import urlsplit

from archive.urls import wire_url
from tests import corpus
from tests.command import Home, home
from tests.site import Connection, Handler, Request, Web


def picture(seed: str, width: int = 600, height: int = 400) -> bytes:
    """A PNG of two colours that run into each other, large enough to stand for an article."""
    start = zlib.crc32(seed.encode())
    one, other = start.to_bytes(4, "big")[:3], zlib.crc32(seed[::-1].encode()).to_bytes(4, "big")[:3]
    lines = bytearray()
    for y in range(height):
        lines.append(0)
        for x in range(width):
            at = (x + y + (x * y >> 7) % 9) / (width + height + 8)
            lines += bytes(round(a + (b - a) * at) for a, b in zip(one, other, strict=True))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 6)) + chunk(b"IEND", b"")


def kept(folder: Path, web: Web, names: Names[str] = (), **more: str) -> Home:
    """The pages of the corpus with these beginnings of names, all without any, kept by one command. Their pictures are
    there too: other ones than the publishers'."""
    there = home(folder, web, **more)
    addresses = []
    for name, truth, body in corpus.pages():
        if names and not any(name.startswith(f"pages/{wanted}") for wanted in names):
            continue
        url = wire_url(truth["url"].replace("http://", "https://", 1))
        parts = urlsplit(url)
        web.host(parts.netloc).page(parts.path + (f"?{parts.query}" if parts.query else ""), body)
        for each in truth.get("images") or ():
            web.host(urlsplit(each["url"]).netloc).otherwise(_pictures(name))
        addresses.append(url)
    (folder / "links.txt").write_text("\n".join(addresses))
    ran = there.run("fetch", "--json", "-i", "links.txt")
    assert {row["url"] for row in ran.rows} == set(addresses), ran.err
    return there


def _pictures(name: str) -> Handler:
    data = picture(name)

    def answer(connection: Connection, request: Request) -> None:
        connection.respond(200, data, (("Content-Type", "image/png"),))

    return answer
