"""A loopback web of newspapers: 20 hosts (127.0.0.1 to 127.0.0.20, one port), articles made of the corpus's pages.

Each article has words of its own in its paragraphs, the address of its own as its canonical one, its host's style sheet
and three pictures; what else its page asked for is put out of reach. One process serves it, from memory.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from bench.text import HEADERS, Corpus, Sample
from scraper.read.page import read
from scraper.read.reading import Page
from tests.corpus import OTHERS

HOSTS = 20
PICTURES = 3
REQUISITES = 1 + PICTURES
SEED = 7
LEAST_PARAGRAPHS = 9
SHEET = "/site.css"
PAGES = "pages.json"

_PARAGRAPH = re.compile(rb"<p(?:\s[^<>]*)?>")
_CANONICAL = re.compile(
    rb"<(?:link\b[^<>]*\brel=[\"']?canonical\b[^<>]*|meta\b[^<>]*[\"']og:url[\"'][^<>]*)>", re.IGNORECASE
)
_ASKING = re.compile(
    rb"<(?:img|source|script|iframe|embed|object|video|audio|input|link|picture|svg|image|use|track|amp-img|frame)\b"
    rb"[^<>]*>",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rb"([\s\"'])((?:xlink:)?href|[a-z-]*src|[a-z-]*srcset|[a-z-]*src-[a-z-]*|data|poster)=", re.IGNORECASE
)
_INLINE_URL = re.compile(rb"url\((?!#)|@import", re.IGNORECASE)
_LAZY = re.compile(rb"\sdata-[a-z0-9-]+=(?=[\"'][^\"']*\.(?:jpe?g|png|gif|webp|avif|svg))", re.IGNORECASE)
_META_IMAGE = re.compile(rb"<meta\b[^<>]*(?:image|thumbnail|logo)[^<>]*>", re.IGNORECASE)
_HEAD = re.compile(rb"<head(?:\s[^<>]*)?>", re.IGNORECASE)


class Article(Struct, frozen=True):
    """`file` holds the bytes that the server answers with, `digest` is their SHA-256."""

    host: str
    path: str
    file: str
    digest: str

    def url(self, port: int) -> str:
        return f"http://{self.host}:{port}{self.path}"


def build(corpus: Corpus, count: int, folder: Path, port: int) -> list[Article]:
    """The articles' bytes as files in `folder`, and pages.json for the server. Their hosts take turns."""
    samples = [sample for sample in corpus.samples if sample.name not in OTHERS and _fit(sample)]
    chance = random.Random(SEED)
    articles = []
    for number in range(count):
        sample = samples[number % len(samples)]
        host = f"127.0.0.{1 + number % HOSTS}"
        path = f"/2026/{number}/a-story-that-was-written-for-the-{number}th-page.html"
        body = _body(sample.body, f"http://{host}:{port}{path}", number, chance)
        name = f"{number:05d}.html"
        (folder / name).write_bytes(body)
        articles.append(Article(host, path, name, hashlib.sha256(body).hexdigest()))
    (folder / PAGES).write_text(json.dumps({article.path: article.file for article in articles}))
    return articles


def _fit(sample: Sample) -> bool:
    """Whether words of its own make another text of the page, and nothing is left that it asks for but what is ours."""
    url = "http://127.0.0.1/"
    body = _body(sample.body, url, 0, random.Random(SEED))
    reading = read(Page(body, HEADERS, url))
    return len(_PARAGRAPH.findall(sample.body)) >= LEAST_PARAGRAPHS and len(reading.requisites) == REQUISITES


def _body(page: bytes, url: str, number: int, chance: random.Random) -> bytes:
    page = _CANONICAL.sub(b"", page)
    page = _ASKING.sub(lambda tag: _LAZY.sub(b" data-was=", _ASKS.sub(rb"\1x-was=", tag[0])), page)
    page = _INLINE_URL.sub(b"was(", _META_IMAGE.sub(b"", page))
    page = _PARAGRAPH.sub(lambda tag: tag[0] + _words(chance), page)
    sheet = f'<link rel="canonical" href="{url}"><link rel="stylesheet" href="{SHEET}">'.encode()
    page = _HEAD.sub(lambda tag: tag[0] + sheet, page, count=1)
    pictures = "".join(f'<img src="/img/{number}-{each}.jpg" alt="">' for each in range(PICTURES)).encode()
    before, end, after = page.rpartition(b"</body>")
    return before + pictures + end + after


def _words(chance: random.Random) -> bytes:
    made = ["".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(4, 9))) for _ in range(4)]
    return (" ".join(made).capitalize() + ". ").encode()


def small_url(number: int, port: int) -> str:
    return f"http://127.0.0.{1 + number % HOSTS}:{port}/small/{number}"


def small_page(number: int) -> bytes:
    """An article of a few sentences, like no other."""
    chance = random.Random(number)
    body = "".join(f"<p>{b''.join(_words(chance) for _ in range(12)).decode()}</p>\n" for _ in range(4))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Story {number}</title></head><body>'
        f"<article><h1>Story {number}</h1>\n{body}</article></body></html>"
    ).encode()


# ------------------------------------------------------------------------------------------------- the server


class Site:
    """All that the web holds, in memory, by path: the same on each host."""

    def __init__(self, folder: Path) -> None:
        self._answers: dict[bytes, bytes] = {}
        chance = random.Random(SEED)
        rule = b"article p { margin: 0 0 1em; line-height: 1.5 }\n"
        self._add(SHEET, "text/css", rule * 200)
        self._add("/robots.txt", "text/plain", b"User-agent: *\nDisallow: /private/\n")
        for path, name in json.loads((folder / PAGES).read_text()).items():
            self._add(path, "text/html; charset=utf-8", (folder / name).read_bytes())
            for each in range(PICTURES):
                picture = b"\xff\xd8\xff\xe0" + chance.randbytes(chance.randint(5000, 30000))
                self._add(f"/img/{int(name.partition('.')[0])}-{each}.jpg", "image/jpeg", picture)

    def _add(self, path: str, kind: str, body: bytes) -> None:
        self._answers[path.encode()] = _answer(b"200 OK", kind.encode(), body)

    def answer(self, path: bytes) -> bytes:
        """The whole answer to a request for `path`."""
        known = self._answers.get(path)
        if known is not None:
            return known
        if path.startswith(b"/small/") and path[7:].isdigit():
            return _answer(b"200 OK", b"text/html; charset=utf-8", small_page(int(path[7:])))
        return _answer(b"404 Not Found", b"text/plain", b"Not found\n")


def _answer(status: bytes, kind: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, kind, len(body), body)


class Answerer(asyncio.Protocol):
    """Answers the requests of one connection, each `latency` seconds after it came."""

    def __init__(self, site: Site, latency: float) -> None:
        self._site = site
        self._latency = latency
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            path = head.split(b" ", 2)[1]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._write, path)
            else:
                self._write(path)

    def _write(self, path: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._site.answer(path))


async def _serve(folder: Path, latency: float, sockets: Sequence[socket.socket]) -> None:
    site = Site(folder)
    loop = asyncio.get_running_loop()
    for each in sockets:
        await loop.create_server(lambda: Answerer(site, latency), sock=each, backlog=1024)
    print("ready", flush=True)
    await asyncio.Event().wait()


@contextmanager
def listening() -> Iterator[list[socket.socket]]:
    """A socket on each of the hosts, all on one port."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))]
        port = sockets[0].getsockname()[1]
        for number in range(2, HOSTS + 1):
            sockets.append(stack.enter_context(socket.create_server((f"127.0.0.{number}", port))))
        yield sockets


@contextmanager
def serving(folder: Path, latency: float, sockets: Sequence[socket.socket]) -> Iterator[None]:
    """The server as a process of its own, on these sockets."""
    numbers = [each.fileno() for each in sockets]
    command = [sys.executable, "-m", "bench.web", str(folder), "--latency", str(latency), *map(str, numbers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=numbers) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                sys.exit("the loopback web did not start")
            yield
        finally:
            process.terminate()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("sockets", type=int, nargs="+")
    options.add_argument("--latency", type=float, default=0.0)
    asked = options.parse_args()
    asyncio.run(_serve(asked.folder, asked.latency, [socket.socket(fileno=number) for number in asked.sockets]))
