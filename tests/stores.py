"""A real S3 server on loopback (moto's), and a proxy before it that does to requests what networks and servers do."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest
from msgspec import Struct, field

from archive import mounts

BUCKET = "press"
KEY, SECRET = "AKIAMADEUPFORTESTS01", "made-up/secret+of+the+tests"
_CHUNK = 64 * 1024
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Request(Struct, frozen=True):
    """A request as it reached the proxy."""

    method: str
    path: str
    range: str = ""
    only_new: bool = False


class Trouble(Struct, frozen=True):
    """What becomes of a request. `status`: it is answered so, and goes no further. `cut`: the connection ends after so
    many bytes of the answer's body. `deaf`: it is done, and the answer is lost. `stall`: no answer comes until the
    proxy ends. `body`: what goes on instead of what was sent. `fields` take the place of the answer's own."""

    status: int = 0
    code: str = ""
    cut: int | None = None
    deaf: bool = False
    stall: bool = False
    body: Callable[[bytes], bytes] | None = None
    fields: dict[str, str] = field(default_factory=dict)


class Proxy:
    """Before the server on `port`. `trouble` says what becomes of a request; None lets it through."""

    def __init__(self, port: int) -> None:
        self.asked: list[Request] = []
        self.trouble: Callable[[Request], Trouble | None] = lambda asked: None
        self.ended = Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def passed(self) -> None:
                body = self._body()
                asked = Request(self.command, self.path, self.headers.get("Range", ""), "If-None-Match" in self.headers)
                proxy.asked.append(asked)
                trouble = proxy.trouble(asked) or Trouble()
                if trouble.stall:
                    proxy.ended.wait(60)
                    self.close_connection = True
                    return
                if trouble.status:
                    words = f"<Error><Code>{trouble.code}</Code><Message>not now</Message></Error>".encode()
                    self.send_response(trouble.status)
                    self.send_header("Content-Type", "application/xml")
                    self.send_header("Content-Length", str(len(words)))
                    self.end_headers()
                    self.wfile.write(b"" if self.command == "HEAD" else words)
                    return
                self._forward(trouble.body(body) if trouble.body else body, trouble)

            def _body(self) -> bytes:
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    data = b""
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        data += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                    return data
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def _forward(self, body: bytes, trouble: Trouble) -> None:
                onward = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                fields = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                onward.request(self.command, self.path, body, fields | {"Content-Length": str(len(body))})
                answer = onward.getresponse()
                data = answer.read()
                onward.close()
                if trouble.deaf:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                changed = {name.lower() for name in trouble.fields}
                length = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(data))
                for name, value in answer.getheaders():
                    if name.lower() not in _HOP | changed:
                        self.send_header(name, value)
                for name, value in trouble.fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(data[: trouble.cut])
                if trouble.cut is not None:
                    self.close_connection = True

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = passed

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def times(self, count: int, trouble: Trouble, method: str, *, ending: str = "") -> None:
        """The next `count` requests of this kind meet it."""
        left = [count]

        def of(asked: Request) -> Trouble | None:
            if asked.method == method and asked.path.partition("?")[0].endswith(ending) and left[0]:
                left[0] -= 1
                return trouble
            return None

        self.trouble = of

    def count(self, method: str, ending: str = "") -> int:
        return sum(each.method == method and each.path.partition("?")[0].endswith(ending) for each in self.asked)


class Bucket:
    """What is in the bucket, seen from beside the proxy."""

    def __init__(self, port: int, proxy: Proxy) -> None:
        self.port = port
        self.proxy = proxy
        self.url = f"s3://{BUCKET}/papers"

    @property
    def environment(self) -> dict[str, str]:
        """What the storage's own library looks for."""
        return {
            "AWS_ENDPOINT_URL": self.proxy.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "*",
        }

    def names(self, prefix: str = "papers/collections/main/") -> list[str]:
        """The keys that begin so, less that beginning."""
        _, body = self.ask("GET", f"/{BUCKET}?list-type=2&prefix={prefix}")
        keys = body.decode().split("<Key>")[1:]
        return sorted(each.partition("</Key>")[0].removeprefix(prefix) for each in keys)

    def get(self, name: str) -> bytes:
        status, body = self.ask("GET", f"/{BUCKET}/papers/collections/main/{name}")
        assert status == 200
        return body

    def put(self, name: str, data: bytes) -> None:
        assert self.ask("PUT", f"/{BUCKET}/papers/collections/main/{name}", data)[0] == 200

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body,
                {"Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20200101/us-east-1/s3/aws4_request"},
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Bucket]:
    with s3() as bucket:
        yield bucket


@pytest.fixture
def bucket(s3_server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty one, in which the storage's own library finds itself, and no store of another test mounted after."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    s3_server.proxy.trouble = lambda asked: None
    for name in s3_server.names(""):
        s3_server.ask("DELETE", f"/{BUCKET}/{name}")
    s3_server.proxy.asked.clear()
    before = dict(mounts._mounted)
    yield s3_server
    mounts._mounted.clear()
    mounts._mounted.update(before)


@contextmanager
def s3() -> Iterator[Bucket]:
    """The server with an empty bucket."""
    server_of = pytest.importorskip("moto.server").ThreadedMotoServer
    server = server_of(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = int(cast(Any, server).get_host_and_port()[1])
    proxy = Proxy(port)
    try:
        bucket = Bucket(port, proxy)
        bucket.ask("POST", "/moto-api/reset")
        assert bucket.ask("PUT", f"/{BUCKET}")[0] == 200
        yield bucket
    finally:
        proxy.close()
        server.stop()


def config_of(folder: Path, url: str, **more: str) -> None:
    """Adds the store to a config file's [archive]."""
    path = folder / "config.toml"
    lines = [f"store = {json.dumps(url)}", *(f"{name} = {value}" for name, value in more.items())]
    text = path.read_text(encoding="utf-8")
    assert "[archive]\n" in text
    path.write_text(text.replace("[archive]\n", "[archive]\n" + "\n".join(lines) + "\n", 1), encoding="utf-8")
