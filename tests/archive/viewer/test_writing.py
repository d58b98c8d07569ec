"""Writing from a real browser, whose headers nobody makes up; and pages next door that would like to."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.archive.viewer.browsing import watched
from tests.archive.viewer.serving import TOKEN, Writing
from tests.site import Web

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "bare"])
def test_the_token_is_entered_once(writing: Writing, browser: Browser, scripted: bool) -> None:
    with watched(browser, writing.there.origin, java_script_enabled=scripted) as seen:
        page = seen.page
        seen.go("/page/p02")
        page.fill("#reason", "I have read it")
        page.fill("#token", TOKEN)
        page.click("button:has-text('It is the article')")
        page.wait_for_url(re.compile("/page/p02$"))
        assert writing.overruled == [("p02", "I have read it")]
        seen.go("/keep")
        assert page.locator("#token").count() == 0
        page.fill("#keep-url", "https://a.test/x")
        page.click("button:has-text('Keep this address')")
        page.wait_for_url(re.compile("/page/p01$"))
        assert writing.kept == ["https://a.test/x"]
        seen.go("/keep")
        page.click("text=Forget the token")
        page.wait_for_selector("#token")


def test_a_wrong_token_is_told(writing: Writing, browser: Browser) -> None:
    with watched(browser, writing.there.origin) as seen:
        seen.go("/keep")
        seen.page.fill("#keep-url", "https://a.test/x")
        seen.page.fill("#token", "guessed")
        seen.page.click("button:has-text('Keep this address')")
        seen.page.wait_for_selector("text=The token is not right")
        seen.trouble = [one for one in seen.trouble if "403" not in one]
    assert writing.kept == []


FORM = """<form method=post action="{origin}/keep"><input name=url value="https://evil.test/">
<input name=form value="{form}"></form><script>document.forms[0].submit()</script>"""
FETCH = """<script>
const body = new URLSearchParams({{url: "https://evil.test/", form: "{form}"}});
fetch("{origin}/keep", {{method: "POST", credentials: "include", mode: "no-cors", body}})
  .then(() => fetch("{origin}/keep", {{credentials: "include"}}))
  .then((answer) => answer.text())
  .then((text) => {{ document.title = "read: " + text }}, () => {{ document.title = "refused" }})
</script>"""
FRAME = """<iframe src="{origin}/keep"></iframe><script>document.querySelector("iframe").onload = () => {{
  try {{ document.title = "read: " + document.querySelector("iframe").contentDocument.body.innerHTML }}
  catch {{ document.title = "refused" }}
  document.title ||= "refused"
}}</script>"""


@pytest.mark.parametrize("attack", [FORM, FETCH, FRAME], ids=["form", "fetch", "frame"])
def test_pages_next_door_write_and_read_nothing(writing: Writing, browser: Browser, attack: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{writing.there.origin}/keep")
    page.fill("#keep-url", "https://a.test/x")
    page.fill("#token", TOKEN)
    page.click("button:has-text('Keep this address')")
    page.wait_for_url(re.compile("/page/p01$"))
    page.goto(f"{writing.there.origin}/keep")
    form = page.get_attribute("input[name=form]", "value")
    # Even one that had learned what forms of ours bear.
    text = attack.format(origin=writing.there.origin, form=form)

    with Web() as web:
        # The same host, another port: where archived scripts might run.
        web.host("127.0.0.1").page("/evil", f"<!doctype html><title></title>{text}")
        page.goto(f"http://127.0.0.1:{web.http_port}/evil", wait_until="commit")
        if attack is FORM:
            page.wait_for_url(re.compile("/keep$"))
            assert "This came from another web page." in page.inner_text("main")
        else:
            page.wait_for_function("document.title !== ''")
            assert page.title() == "refused"
    assert writing.kept == ["https://a.test/x"]
    context.close()
