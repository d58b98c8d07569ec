"""A loopback server for measurements: one process, keep-alive, many connections, a settable latency for each request.

`/article.html` is a page of some 900 words with 30 requisites, `/fresh.html?…` one without any, another for each query;
`/big?size=N` is N bytes that do not compress.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PICTURES = 20
REQUISITES = 30
BLOCK = 1 << 20
_NUMBER = re.compile(r"size=([0-9]{1,12})")
_WORDS = (  # noqa: SIM905
    "river bridge council harbour winter letter market engine garden school summer paper street teacher doctor report "
    "village measure evening window account station history printed morning question answer people worked carried "
    "opened closed walked remembered built promised found kept began stood"
).split()


def site() -> dict[str, tuple[str, bytes]]:
    """Path to type and body: pages; 2 style sheets (one importing one), 3 scripts, 2 fonts, 22 pictures, 1 icon."""
    chance = random.Random(7)
    found: dict[str, tuple[str, bytes]] = {}
    for number in range(PICTURES):
        found[f"/img/{number}.jpg"] = (
            "image/jpeg",
            b"\xff\xd8\xff\xe0" + chance.randbytes(chance.randint(4000, 60000)),
        )
    for name in ("paper", "rule"):
        found[f"/img/{name}.png"] = ("image/png", b"\x89PNG\r\n\x1a\n" + chance.randbytes(3000))
    for name in ("text", "head"):
        found[f"/font/{name}.woff2"] = ("font/woff2", b"wOF2" + chance.randbytes(24000))
    for name in ("menu", "share", "count"):
        found[f"/js/{name}.js"] = ("text/javascript", f"/* {name} */\n".encode() + b"void 0;\n" * 2000)
    found["/icon.ico"] = ("image/x-icon", chance.randbytes(1150))
    found["/css/base.css"] = ("text/css", _BASE_CSS.encode())
    found["/css/site.css"] = (
        "text/css",
        ("@import url(base.css);\n" + _SITE_CSS + ".x { margin: 0 }\n" * 800).encode(),
    )
    assert len(found) == REQUISITES
    found["/article.html"] = ("text/html; charset=utf-8", _page(chance).encode())
    found["/small.html"] = ("text/html; charset=utf-8", _page(chance, pictures=0).encode())
    return found


_BASE_CSS = """@font-face { font-family: text; src: url(../font/text.woff2) }
@font-face { font-family: head; src: url("../font/head.woff2") }
body { background: url(../img/paper.png) }
"""
_SITE_CSS = "hr { background: url('../img/rule.png') }\n"


def _page(chance: random.Random, pictures: int = PICTURES) -> str:
    def sentence() -> str:
        words = [chance.choice(_WORDS) for _ in range(chance.randint(9, 18))]
        return " ".join(words).capitalize() + "."

    body = []
    for number in range(12):
        body.append("<p>" + " ".join(sentence() for _ in range(6)) + "</p>")
        for picture in range(number * pictures // 12, (number + 1) * pictures // 12):
            body.append(f'<figure><img src="/img/{picture}.jpg" alt=""></figure>')
    head = """<meta charset="utf-8"><title>The bridge over the river</title>"""
    if pictures:
        head += """<link rel="stylesheet" href="/css/site.css"><link rel="icon" href="/icon.ico">
<script src="/js/menu.js"></script><script src="/js/share.js"></script><script src="/js/count.js"></script>"""
    return f"""<!doctype html><html lang="en"><head>{head}</head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>The bridge over the river</h1><p class="byline">By <a rel="author" href="/a">Ada Penn</a></p>
<time datetime="2026-03-04T08:00:00Z">4 March 2026</time>
{chr(10).join(body)}</article><footer><p>All rights reserved.</p></footer></body></html>"""


class Answerer(asyncio.Protocol):
    """Answers the requests of one connection in their order, each `latency` seconds after it came."""

    def __init__(self, files: dict[str, tuple[str, bytes]], latency: float) -> None:
        self._files = files
        self._latency = latency
        self._buffer = b""
        self._asked: asyncio.Queue[str] = asyncio.Queue()
        self._room = asyncio.Event()
        self._room.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._task = asyncio.create_task(self._answer())

    def connection_lost(self, exc: Exception | None) -> None:
        self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._asked.put_nowait(head.split(b" ", 2)[1].decode("ascii", "replace"))

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def _answer(self) -> None:
        while True:
            target = await self._asked.get()
            if self._latency:
                await asyncio.sleep(self._latency)
            await self._write(target)

    async def _write(self, target: str) -> None:
        path, _, query = target.partition("?")
        if path == "/big":
            match = _NUMBER.search(target)
            await self._write_big(int(match[1]) if match else BLOCK)
        elif path == "/fresh.html":
            kind, body = self._files["/small.html"]
            body += f"<!-- {query} -->".encode()
            self._transport.write(_head("200 OK", kind, len(body)) + body)
        elif path in self._files:
            kind, body = self._files[path]
            self._transport.write(_head("200 OK", kind, len(body)) + body)
        else:
            self._transport.write(_head("404 Not Found", "text/plain", 10) + b"Not found\n")

    async def _write_big(self, size: int) -> None:
        block = os.urandom(BLOCK)
        self._transport.write(_head("200 OK", "application/octet-stream", size))
        while size > 0:
            await self._room.wait()
            self._transport.write(block[:size])
            size -= len(block)


def _head(status: str, kind: str, length: int) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


async def _serve(latency: float) -> None:
    files = site()
    server = await asyncio.get_running_loop().create_server(lambda: Answerer(files, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def serving(latency: float = 0.0) -> Iterator[str]:
    """The server as a process of its own; gives its base address."""
    command = [sys.executable, "-m", "bench.server", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--latency", type=float, default=0.0)
    asyncio.run(_serve(options.parse_args().latency))
