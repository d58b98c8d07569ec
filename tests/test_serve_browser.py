"""The library and its replay in a real Chromium: archived scripts reach neither the library's pages nor its writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browsing import chromium
from tests.command import Home, home
from tests.making import story
from tests.serving import Served, command_of, descendants, serving
from tests.site import Web

pytestmark = [pytest.mark.browser, pytest.mark.pywb]

EVIL = "https://evil.test/page"
HARBOUR = "https://news.test/harbour"
NEVER = "https://news.test/never"
SECRET = "what the library keeps in this browser"
# Tries what a script can, at the library whose address is handed to it; gives what it got hold of.
ATTACK = """
async (library) => {
  const found = {};
  const attempt = async (name, act) => {
    const late = new Promise(done => setTimeout(() => done('late'), 5000));
    try { found[name] = String(await Promise.race([act(), late])); } catch (error) { found[name] = 'error'; }
  };
  const loaded = element => new Promise(done => {
    element.onload = element.onerror = done;
    document.body.append(element);
  });
  const form = new URLSearchParams({url: 'https://news.test/never', reason: 'evil'});
  const post = options => ({method: 'POST', credentials: 'include', ...options});
  await attempt('cookie', () => document.cookie);
  await attempt('storage', () => JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}));
  await attempt('opener', () => opener.document.body.innerText);
  await attempt('parent', () => parent === window ? '' : parent.document.body.innerText);
  await attempt('top storage', () => JSON.stringify({...(opener || top).localStorage}));
  for (const path of ['/', '/keep', '/api/front', '/api/quarantine']) {
    await attempt('get ' + path, async () => (await fetch(library + path, {credentials: 'include'})).text());
    await attempt('blind ' + path, async () =>
      (await fetch(library + path, {credentials: 'include', mode: 'no-cors'})).text());
  }
  for (const path of ['/keep', '/api/keep', '/leave', '/page/p1/overrule', '/api/page/p1/overrule']) {
    await attempt('post ' + path, async () => (await fetch(library + path, post({body: form}))).text());
    await attempt('blind post ' + path, async () =>
      (await fetch(library + path, post({body: form, mode: 'no-cors'}))).text());
    await attempt('json ' + path, async () => (await fetch(library + path, post({
      body: '{"url": "https://news.test/never"}', headers: {'Content-Type': 'application/json'},
    }))).text());
    navigator.sendBeacon(library + path, form);
    const frame = Object.assign(document.createElement('iframe'), {name: 'frame' + path});
    document.body.append(frame);
    const sent = Object.assign(document.createElement('form'), {action: library + path, method: 'post'});
    sent.target = frame.name;
    for (const [name, value] of form) sent.append(Object.assign(document.createElement('input'), {name, value}));
    document.body.append(sent);
    sent.submit();
  }
  await attempt('frame', async () => {
    const frame = Object.assign(document.createElement('iframe'), {src: library + '/'});
    await loaded(frame);
    return frame.contentWindow.document.body.innerText;
  });
  await attempt('window', async () => {
    const other = window.open(library + '/');
    await new Promise(done => setTimeout(done, 1000));
    const text = other.document.body.innerText;
    other.close();
    return text;
  });
  await attempt('script', async () => {
    await loaded(Object.assign(document.createElement('script'), {src: library + '/api/front'}));
    return '';
  });
  await attempt('socket', () => new Promise((done, fail) => {
    const socket = new WebSocket(library.replace('http', 'ws') + '/');
    socket.onopen = () => done('open');
    socket.onerror = fail;
  }));
  return found;
}
"""
HOSTILE = story("A page that means no good").replace(
    "</body>",
    "<script>window.attack = "
    + ATTACK
    + "; window.begun = window.attack(decodeURIComponent(location.hash.slice(1))).then(found => window.found = found)"
    "</script></body>",
)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("evil.test").page("/page", HOSTILE)
        for name in ("harbour", "never"):
            web.host("news.test").page(f"/{name}", story(f"The {name} of the town"))
        yield web


@pytest.fixture
def there(tmp_path: Path, web: Web) -> Home:
    there = home(tmp_path, web)
    assert there.fetch(EVIL)["verdict"] == "article"
    return there


@pytest.fixture
def context() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        context = browser.new_context()
        context.set_default_timeout(60_000)
        yield context
        browser.close()


def kept_from_the_browser(library: Any, served: Served) -> None:
    """The library's page, where an address is kept with the token, which this browser then knows."""
    library.goto(f"{served.library}/keep")
    library.fill("main input[name=url]", HARBOUR)
    library.fill("main input[name=token]", str(served.told["token"]))
    library.click("main form[action='/keep'] button")
    library.wait_for_url("**/page/*")
    assert "The harbour of the town" in library.inner_text("main")
    library.evaluate("secret => localStorage.setItem('secret', secret)", SECRET)


def writes(served: Served) -> list[str]:
    """The lines of the server's log that tell of writes: method, path and status."""
    return [line.strip() for line in served.said if '"POST ' in line and not line.startswith("replay: ")]


def test_an_address_is_kept_from_the_browser_and_replayed(there: Home, context: Any, web: Web) -> None:
    with serving(there, "--allow-writes") as served:
        library = context.new_page()
        kept_from_the_browser(library, served)
        assert len(web.seen("news.test", "/harbour")) == 1
        library.click("text=Replay this capture")
        library.wait_for_url(f"{served.replay}/**")
        assert library.inner_text("h1") == "The harbour of the town"


# As pywb rewrites it, and as its server sent it.
@pytest.mark.parametrize("how", ["", "id_", "mp_"])
def test_archived_scripts_reach_nothing_of_the_library(there: Home, context: Any, web: Web, how: str) -> None:
    with serving(there, "--allow-writes", "-v") as served:
        library = context.new_page()
        kept_from_the_browser(library, served)
        before = writes(served)
        assert len(before) == 1 and before[0].endswith("303")
        address = f"{served.replay}/2099{how}/{EVIL}#{served.library}"
        with context.expect_page() as opened:
            library.evaluate("address => { window.open(address) }", address)
        evil = opened.value
        evil.wait_for_function("window.found !== undefined")
        found: dict[str, str] = evil.evaluate("window.found")
        assert urlsplit(evil.url).netloc == urlsplit(served.replay).netloc
        got = "\n".join(found.values())
        assert len(found) > 20
        for secret in (SECRET, "harbour", "tearsheet=", str(served.told["token"]), "Keep an address", "page_id"):
            assert secret not in got, (secret, found)
        assert found["cookie"] == ""
        # Rewritten pages have a stand-in of pywb's, which leads nowhere.
        assert found["socket"] == ("error" if how == "id_" else "open")
        # Nothing was written, and what the browser knows of the library is as it was.
        refused = {line[-3:] for line in writes(served)[1:]}
        assert refused <= {"403", "404", "415", "421"}, writes(served)
        # Out of a page as its server sent it, forms and beacons do get as far as the library's door.
        assert refused or how != "id_"
        assert web.seen("news.test", "/never") == []
        library.goto(f"{served.library}/keep")
        assert library.query_selector("main input[name=token]") is None
        # The same script next to the library's own pages gets hold of what it looks for, so that it would have told.
        own: dict[str, str] = library.evaluate(ATTACK, served.library)
        assert SECRET in own["storage"]
        assert "harbour" in own["get /api/front"]


WORKER = """
async () => {
  try { await navigator.serviceWorker.register('/main/id_/https://evil.test/worker.js', {scope: '/'}); return 'taken'; }
  catch (error) { return error.message; }
}
"""


def test_an_archived_script_cannot_answer_for_the_whole_replay(there: Home, context: Any, web: Web) -> None:
    script = "onfetch = event => event.respondWith(new Response('forged'))"
    headers = [("Service-Worker-Allowed", "/")]
    web.host("evil.test").page("/worker.js", script, type="text/javascript", headers=headers)
    assert there.fetch("https://evil.test/worker.js")["verdict"] == "document"
    with serving(there) as served:
        page = context.new_page()
        page.goto(f"{served.replay}/id_/{EVIL}")
        assert "403" in page.evaluate(WORKER)
        # pywb itself, behind the door, would have it.
        (pid,) = [pid for pid in descendants(served.process.pid) if "tether.py" not in command_of(pid)]
        port = command_of(pid).split()[-1]
        page.goto(f"http://127.0.0.2:{port}/main/id_/{EVIL}")
        assert page.evaluate(WORKER) == "taken"


def test_a_verdict_is_overruled_from_the_browser_and_the_page_replays(there: Home, context: Any, web: Web) -> None:
    walled = story("The wall that was none").replace("<body>", "<body><h1>Just a moment...</h1>")
    web.host("news.test").page("/walled", walled, status=403)
    row = there.fetch("https://news.test/walled")
    assert row["verdict"] not in ("article", "page")
    with serving(there, "--allow-writes") as served:
        library = context.new_page()
        library.goto(f"{served.library}/page/{row['page_id']}")
        library.fill("form[action$='/overrule'] [name=reason]", "The whole text is there.")
        library.fill("form[action$='/overrule'] [name=token]", str(served.told["token"]))
        library.click("form[action$='/overrule'] button")
        library.wait_for_url(lambda url: "/page/" in url and row["page_id"] not in url)
        assert "The wall that was none" in library.inner_text("h1")
        assert "The whole text is there." in library.text_content("body")
        library.goto(f"{served.library}/quarantine")
        assert "news.test/walled" not in library.inner_text("main")
        answer = library.goto(f"{served.replay}/https://news.test/walled")
        assert (answer.status, "The wall that was none" in library.inner_text("body")) == (403, True)
