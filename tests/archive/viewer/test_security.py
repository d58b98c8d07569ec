"""Who may ask, who may write, and what browsers are told of each answer."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from archive.collection import Collection
from archive.errors import FetchError
from archive.viewer.guarding import MOST_QUERY
from tests.archive.collecting import article, asset, group, page, run, settings
from tests.archive.viewer.papers import picture
from tests.archive.viewer.serving import TOKEN, Served, Writing, served

ANY = (
    "/",
    "/search?page=0",
    "/nothing",
    "/page/p01",
    "/page/p01/text",
    "/page/p01/record",
    "/page/p01/picture",
    "/api/front",
    "/api/nothing",
    "/feed.atom",
    "/static/library.css",
    "/static/icon.svg",
    f"/?{'x' * (MOST_QUERY + 1)}",
)


@pytest.mark.parametrize("path", ANY)
def test_every_answer_bears_what_browsers_must_know(library: Served, path: str) -> None:
    headers = library.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] in ("'self'", "'none'")
    assert {value for name, value in policy.items() if name.endswith("-src")} <= {"'none'", "'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_an_answer_that_went_wrong_bears_it_too(filled: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("archive.viewer.library.Library.choices", broken)
    with served(filled) as there:
        answer = there.get("/search")
        assert answer.status_code == 500
        assert "secret" not in answer.text and "Traceback" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert there.get("/api/choices").json() == {"error": "there is nothing here"}


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1", "127.0.0.1:1", "localhost", "", "127.0.0.1:80@evil.test"])
@pytest.mark.parametrize("path", ["/", "/page/p01/record", "/api/front", "/static/library.css"])
def test_hosts_that_are_not_served_get_nothing(library: Served, host: str, path: str) -> None:
    answer = library.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "quiet" not in answer.text


def test_two_hosts_get_nothing_and_no_websocket_opens(library: Served) -> None:
    two = f"GET / HTTP/1.1\r\nHost: {library.host}\r\nHost: evil.test\r\nConnection: close\r\n\r\n"
    upgrade = (
        f"GET / HTTP/1.1\r\nHost: {library.host}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert _raw(library, two)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 421")
    assert not _raw(library, upgrade).startswith(b"HTTP/1.1 101")


def _raw(library: Served, request: str) -> bytes:
    with socket.create_connection(("127.0.0.1", library.port), timeout=30) as sock:
        sock.sendall(request.encode())
        found = b""
        while data := sock.recv(65536):
            found += data
    return found


# ------------------------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize(
    ("data", "sent_as"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + b" " * 4000, "image/png"),
        (b"<!doctype html><script>alert(1)</script>" + b" " * 4000, "image/jpeg"),
        (picture("x")[:1000] + b"<script>" * 1000, "image/svg+xml"),
    ],
)
def test_only_raster_pictures_leave_the_archive(tmp_path: Path, data: bytes, sent_as: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {sent_as}\r\n\r\n".encode()
    odd = asset(2, data, head=head, headers=(("Content-Type", sent_as),))
    story = article()
    named = replace(story, meta=replace(story.meta, image="https://news.test/a.png"))
    run(tmp_path, [lambda _: group("p", 1, [page(1, b"<p>x</p>"), odd], article=named)], start=0)
    with Collection.open(settings(tmp_path), None) as collection, served(collection) as there:
        answer = there.get("/page/p/picture")
        assert answer.status_code == 404 or answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] not in ("image/svg+xml", "text/javascript")


# ------------------------------------------------------------------------------------------------ writing


def test_a_library_that_may_not_write_has_no_route_for_it(library: Served) -> None:
    for path in ("/keep", "/leave", "/page/p02/overrule", "/api/keep", "/api/page/p02/overrule"):
        answer = library.ask("POST", path, data={"token": TOKEN, "url": "https://a.test/"})
        assert answer.status_code == 404, path
    assert library.get("/keep").status_code == 404
    assert "<form" not in library.get("/page/p02").text.partition("<main")[2].partition("</main>")[0]


def test_with_the_token_an_address_is_kept(writing: Writing) -> None:
    answer = writing.post("/keep", url=" https://a.test/x ", token=TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/page/p01")
    assert writing.kept == ["https://a.test/x"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    assert "max-age" not in cookie and "expires" not in cookie
    assert TOKEN not in cookie


@pytest.mark.parametrize("path", ["/keep", "/page/p02/overrule"])
def test_without_the_token_nothing_is_written(writing: Writing, path: str) -> None:
    tried: tuple[dict[str, Any], ...] = (
        {},
        {"token": ""},
        {"token": TOKEN[:-1]},
        {"token": TOKEN + "x"},
        {"token": "\u202e"},
        {"form": "x"},
    )
    for fields in tried:
        assert writing.post(path, url="https://a.test/", reason="it is", **fields).status_code == 403
    assert writing.post(f"{path}?token={TOKEN}", url="https://a.test/", reason="it is").status_code == 403
    bearing = {"Authorization": f"Bearer {TOKEN}"}
    assert writing.post(path, headers=bearing, url="https://a.test/", reason="it is").status_code == 403
    assert (writing.kept, writing.overruled) == ([], [])


def _remembered(writing: Writing) -> tuple[str, str]:
    """The cookie, and the field that forms of ours bear beside it."""
    cookie = writing.post("/keep", url="https://a.test/x", token=TOKEN).headers["set-cookie"].partition(";")[0]
    found = re.search(r'name="form" value="([0-9a-f]+)"', writing.there.get("/keep", headers={"Cookie": cookie}).text)
    assert found is not None
    writing.kept.clear()
    return cookie, found[1]


def test_a_browser_that_knows_the_token_is_not_asked_again(writing: Writing) -> None:
    assert 'name="token"' in writing.there.get("/keep").text
    cookie, form = _remembered(writing)
    text = writing.there.get("/keep", headers={"Cookie": cookie}).text
    assert 'name="token"' not in text and TOKEN not in text
    for origin in ({}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": writing.there.origin}):
        answer = writing.post("/keep", headers={"Cookie": cookie, **origin}, url="https://a.test/y", form=form)
        assert answer.status_code == 303
    assert len(writing.kept) == 3
    left = writing.post("/leave", headers={"Cookie": cookie})
    assert 'tearsheet=""' in left.headers["set-cookie"]


def test_a_cookie_alone_writes_nothing(writing: Writing) -> None:
    """Pages next door on another port have the same cookies and count as the same site."""
    cookie, form = _remembered(writing)
    assert writing.post("/keep", headers={"Cookie": cookie}, url="https://a.test/").status_code == 403
    assert writing.post("/keep", url="https://a.test/", form=form).status_code == 403
    assert writing.post("/keep", headers={"Cookie": "tearsheet=x"}, url="https://a.test/", form=form).status_code == 403
    assert writing.kept == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.test"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_cannot_write_even_with_everything(writing: Writing, headers: dict[str, str]) -> None:
    cookie, form = _remembered(writing)
    for fields in ({"form": form}, {"token": TOKEN}):
        answer = writing.post("/keep", headers={"Cookie": cookie, **headers}, url="https://a.test/", **fields)
        assert answer.status_code == 403
    bearing = {"Authorization": f"Bearer {TOKEN}", **headers}
    assert writing.there.ask("POST", "/api/keep", json={"url": "https://a.test/"}, headers=bearing).status_code == 403
    assert writing.post("/leave", headers={"Cookie": cookie, **headers}).status_code == 403
    assert writing.kept == []


def test_a_person_overrules_with_a_reason(writing: Writing) -> None:
    assert "It is the article" in writing.there.get("/page/p02").text
    answer = writing.post("/page/p02/overrule", reason=" I have \n read it ", token=TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/page/p02")
    assert writing.overruled == [("p02", "I have read it")]
    assert writing.post("/page/p02/overrule", reason=" ", token=TOKEN).status_code == 400
    assert writing.post("/page/p02/overrule", reason="x" * 1001, token=TOKEN).status_code == 400
    assert writing.post("/page/none/overrule", reason="it is", token=TOKEN).status_code == 404
    assert len(writing.overruled) == 1


def test_what_went_wrong_is_told(writing: Writing) -> None:
    writing.trouble.append(FetchError("a.test: <b>no answer</b>"))
    answer = writing.post("/keep", url="https://a.test/", token=TOKEN)
    assert answer.status_code == 502
    assert "a.test: &lt;b&gt;no answer&lt;/b&gt;" in answer.text


def test_programs_write_with_the_token_as_bearer(writing: Writing) -> None:
    bearing = {"Authorization": f"Bearer {TOKEN}"}
    answer = writing.there.ask("POST", "/api/keep", json={"url": "https://a.test/"}, headers=bearing)
    assert (answer.status_code, answer.json()["page_id"]) == (200, "p01")
    done = writing.there.ask("POST", "/api/page/p02/overrule", json={"reason": "it is"}, headers=bearing)
    assert done.json()["page_id"] == "p02"
    assert (writing.kept, writing.overruled) == (["https://a.test/"], [("p02", "it is")])
    sendings: tuple[dict[str, Any], ...] = (
        {"json": {}},
        {"json": {"url": 1}},
        {"json": []},
        {"data": b"[" * 9000},
        {"data": b"\xff"},
    )
    for sent in sendings:
        headers = bearing | {"Content-Type": "application/json"}
        assert writing.there.ask("POST", "/api/keep", headers=headers, **sent).status_code == 400
    assert writing.there.ask("POST", "/api/keep", json={"url": "https://a.test/"}).status_code == 403
    assert writing.there.ask("POST", "/api/keep", data={"url": "x"}, headers=bearing).status_code == 415
    assert len(writing.kept) == 1


def test_what_is_sent_is_bounded(writing: Writing) -> None:
    assert writing.post("/keep", url="x" * 20_000, token=TOKEN).status_code == 413
    assert writing.post("/keep", url="x" * 5000, token=TOKEN).status_code == 400
    many: dict[str, Any] = {f"f{number}": "x" for number in range(50)}
    assert writing.post("/keep", url="https://a.test/", token=TOKEN, **many).status_code == 400
    odd = writing.there.ask("POST", "/keep", data=b"{}", headers={"Content-Type": "application/json"})
    assert odd.status_code == 415
    assert writing.kept == []
