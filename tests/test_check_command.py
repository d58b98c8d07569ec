"""`tearsheet check` as users run it: what is asked, what it finds, what it leaves behind."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from archive.warc.reader import read_records
from tests.archive.collecting import derived
from tests.command import Home, home
from tests.making import story
from tests.site import Connection, Host, Request, Web
from tests.test_crawl_sources import setting


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def article(number: int, more: str = "") -> str:
    return story(f"Report {number} from the quay, in full", f"What was seen at berth {number}. {more}")


def another(title: str) -> str:
    text = (
        "Bakers of the upper town agree upon rye at one price, and the consumers' office calls that a cartel of old.",
        "Three shops had changed their signs within one night, each in the same hand, as somebody photographed.",
        "Flour got dearer for everyone, says their guild; economists doubt that loaves make a market worth any fine.",
        "Until autumn they may explain themselves, while customers queue for what is left over from yesterday.",
    )
    body = "".join(f"<p>{each}</p>" for each in text)
    return f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"


@pytest.fixture
def there(web: Web, tmp_path: Path) -> Home:
    """Six articles of a host, kept."""
    made = home(tmp_path, web)
    host = web.host("news.test")
    host.page("/", "<title>News</title><h1>News</h1><ul><li>Berths</li></ul>")
    for number in range(6):
        host.page(f"/a/report-{number}", article(number), headers=(("ETag", f'"{number}"'),))
    ran = made.run("fetch", *(f"https://news.test/a/report-{number}" for number in range(6)))
    assert ran.code == 0, ran.err
    return made


def states(made: Home, *arguments: str) -> dict[str, dict[str, Any]]:
    return {row["url"].rpartition("/")[2]: row for row in made.run("check", "--json", *arguments).rows}


def kinds(path: Path) -> list[str]:
    records = (record for record in read_records(path, strict=True) if not record.url.endswith("/robots.txt"))
    return [record.type for record in records if record.type != "warcinfo"]


def test_what_is_unchanged_costs_a_conditional_request_and_a_revisit(web: Web, there: Home) -> None:
    before, asked = set(there.warcs()), len(web.log)
    ran = there.run("check")
    assert ran.code == 0, ran.err
    assert "6 links: 6 alive" in ran.out and "Alive and the same (6)" in ran.out
    (new,) = set(there.warcs()) - before
    assert sorted(kinds(new)) == ["metadata"] * 6 + ["request"] * 6 + ["revisit"] * 6
    pages = [seen for seen in web.log[asked:] if seen.target != "/robots.txt"]
    assert len(pages) == 6 and all(seen.header("if-none-match") for seen in pages)


def test_each_state_is_told_and_nothing_worse_is_kept(web: Web, there: Home) -> None:
    host = web.host("news.test")
    texts = there.texts()
    host.page("/a/report-1", article(1, "It was corrected since."), headers=(("ETag", '"new"'),))
    host.redirect("/a/report-2", "/b/report-2", 301)
    host.page("/b/report-2", article(2))
    host.page("/a/report-3", "gone", status=410)
    host.page("/a/report-4", another("Rye bread costs the same everywhere"))
    host.page("/a/report-5", "no", status=403)
    ran = there.run("check")
    assert ran.code == 1
    headings = [line for line in ran.out.splitlines() if line and line[0] != " "]
    assert [line.partition(":")[0].partition(" (")[0] for line in headings[:5]] == [
        *("Failed this time", "Changed", "Moved", "Not let in", "Alive and the same"),
    ]
    assert "dead" not in headings[-2]
    found = {row["url"][-1]: row for row in report(there)["links"]}
    assert {number: row["state"] for number, row in found.items()} == {
        "1": "changed",
        "2": "moved",
        "3": "gone",
        "4": "replaced",
        "5": "blocked",
    }
    assert {number: row["standing"] for number, row in found.items()} == {
        "1": "alive",
        "2": "alive",
        "3": "doubtful",
        "4": "doubtful",
        "5": "unknown",
    }
    assert found["2"]["moved_to"] == "https://news.test/b/report-2" and found["2"]["permanent"]
    assert found["1"]["words_added"] == 20 and found["1"]["corrections"]
    now = there.texts()
    changed = {name for name in now if now[name] != texts.get(name)}
    assert {name.partition("report-")[2][0] for name in changed} == {"1"}
    assert "Report 4" in there.run("show", "https://news.test/a/report-4").out


@pytest.mark.parametrize("status", [404, 410, 500])
def test_the_page_to_the_byte_is_alive_whatever_its_status(web: Web, there: Home, status: int) -> None:
    web.host("news.test").page("/a/report-1", article(1), status=status)
    (row,) = there.run("check", "--json", "https://news.test/a/report-1").rows
    assert (row["state"], row["similarity"]) == ("same", 1.0)


def report(made: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(max((made.collection / "reports").glob("*.json")).read_bytes())
    return found


def test_a_page_that_differs_while_its_text_does_not_leaves_a_metadata_record_alone(web: Web, there: Home) -> None:
    before = set(there.warcs())
    page = article(1).replace("</body>", "<aside>12 readers now</aside></body>")
    assert page != article(1)
    web.host("news.test").page("/a/report-1", page, headers=(("ETag", '"ads"'),))
    address = "https://news.test/a/report-1"
    (row,) = there.run("check", "--json", address).rows
    assert (row["state"], row["similarity"]) == ("same", 1.0)
    (new,) = set(there.warcs()) - before
    assert kinds(new) == ["metadata"]
    # And the next one is conditional on what is kept.
    asked = len(web.log)
    there.run("check", address)
    assert next(seen for seen in web.log[asked:] if "report" in seen.target).header("if-none-match") == '"1"'


def test_a_rebuild_gives_the_checks_again_and_verify_agrees(web: Web, there: Home) -> None:
    web.host("news.test").page("/a/report-3", "gone", status=404)
    web.host("news.test").page("/a/report-1", article(1, "More."))
    there.run("check")
    before = derived(there.folder / "kept")
    assert len(before["catalog"]["checks"]) == 6
    assert there.run("rebuild").code == 0
    assert derived(there.folder / "kept") == before
    assert there.run("verify").code == 0


def test_what_the_site_says_of_wrong_addresses_is_asked_once_a_run_and_only_in_doubt(web: Web, there: Home) -> None:
    host = web.host("news.test")
    lost = "<title>Hm</title><h1>Hm</h1><p>Tu nic nie ma, spróbuj gdzie indziej albo od początku.</p>"

    def answer(connection: Connection, request: Request) -> None:
        connection.respond(200, lost, (("Content-Type", "text/html"),))

    host.otherwise(answer)
    asked = len(web.log)
    assert there.run("check").code == 0
    assert not [seen for seen in web.log[asked:] if "report" not in seen.target and seen.target != "/robots.txt"]
    for number in (2, 3, 4):
        host.page(f"/a/report-{number}", lost)
    asked = len(web.log)
    found = states(there)
    assert [found[f"report-{number}"]["state"] for number in range(6)] == ["same"] * 2 + ["soft 404"] * 3 + ["same"]
    others = [seen.target for seen in web.log[asked:] if "report" not in seen.target and seen.target != "/robots.txt"]
    assert len([target for target in others if target != "/"]) == 1 and len(others) <= 2
    (made_up,) = [target for target in others if target != "/"]
    assert made_up.startswith("/a/")


# ------------------------------------------------------------------------------------------------ which links


def test_the_home_page_in_place_of_articles_is_asked_once_a_run_and_is_no_version(web: Web, there: Home) -> None:
    slugs = (
        *("who-paints-the-buoys-green", "the-choir-of-the-pilots", "ferry-seven-runs-late"),
        *("a-crane-named-after-nobody", "sprats-are-back-in-town", "new-tide-tables-are-out"),
    )
    teasers = "".join(f"<li><h2><a href='/2026/{slug}'>{slug.replace('-', ' ')}</a></h2>" for slug in slugs)
    front = f"<title>News</title><h1>News</h1><ul>{teasers}</ul><button>Letters</button>"
    host, texts = web.host("news.test"), there.texts()
    for path in ("/", "/a/report-1", "/a/report-2"):
        host.page(path, front)
    host.redirect("/a/report-3", "/?gone=3", 302)
    host.page("/?gone=3", front)
    asked = len(web.log)
    found = states(there)
    assert {name: row["state"] for name, row in found.items()} == {
        **{f"report-{number}": "same" for number in (0, 4, 5)},
        **{f"report-{number}": "soft 404" for number in (1, 2, 3)},
    }
    assert {found[f"report-{number}"]["reason"] for number in (1, 2, 3)} == {"the site's home page stands there"}
    assert [seen.target for seen in web.log[asked:]].count("/") == 1
    assert there.texts() == texts


def asked_for(made: Home, *arguments: str) -> list[str]:
    ran = made.run("check", "--dry-run", *arguments)
    assert ran.code == 0, ran.err
    return ran.out.split()


def test_links_come_from_addresses_lists_markdown_html_and_folders(there: Home) -> None:
    kept = [f"https://news.test/a/report-{number}" for number in range(6)]
    assert asked_for(there) == kept
    assert asked_for(there, kept[1], f"{kept[1]}#part", kept[0]) == [kept[1], kept[0]]
    files = {
        "links.txt": f"# mine\n{kept[0]}\nnews.test/a/report-1  # two\n",
        "notes.txt": f"As was said ({kept[2]}), and later at {kept[3]}.\n",
        "post.md": f"See [the report]({kept[4]}) and <{kept[5]}>.\n",
        "post.html": f"<p>See <a href='{kept[1]}'>this</a>, <a href='/there'>that</a> and <a href=mailto:a@b.c>me</a>",
    }
    for name, text in files.items():
        (there.folder / name).write_text(text)
    assert asked_for(there, "links.txt") == kept[:2]
    assert asked_for(there, "notes.txt") == kept[2:4]
    assert asked_for(there, "post.md") == kept[4:]
    assert asked_for(there, "post.html") == [kept[1]]
    assert sorted(asked_for(there, str(there.collection / "text"))) == kept
    assert there.run("check", "--dry-run", "-", stdin=f"{kept[0]}\n").out.split() == [kept[0]]


def test_only_what_a_source_brought(there: Home) -> None:
    assert len(asked_for(there, "--source", "argument")) == 6
    ran = there.run("check", "--source", "nobody")
    assert (ran.code, "there are: argument" in ran.err) == (2, True)


def test_an_address_that_is_not_kept_yet_is_kept(web: Web, there: Home) -> None:
    web.host("news.test").page("/a/new", article(9))
    (row,) = there.run("check", "--json", "https://news.test/a/new").rows
    assert (row["state"], row["standing"]) == ("same", "alive")
    assert there.run("show", "https://news.test/a/new").code == 0


def test_due_asks_nothing_that_was_just_kept_and_what_failed_a_day_later(there: Home) -> None:
    assert asked_for(there, "--due") == []
    ran = there.run("check", "--due")
    assert (ran.code, "no link is due" in ran.err) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuchfile"], "neither an address nor a file"),
        (["--html", "missing/links.html"], "there is no such folder"),
        (["https://news.test/", "--source", "x"], "not both"),
    ],
)
def test_bad_input_is_told(there: Home, arguments: list[str], words: str) -> None:
    ran = there.run("check", *arguments)
    assert (ran.code, words in ran.err) == (2, True), ran.err


def test_nothing_kept_is_told(web: Web, tmp_path: Path) -> None:
    assert "nothing is kept yet" in home(tmp_path / "new", web).run("check").err


# ------------------------------------------------------------------------------------------------ reports


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> =cmd()"


def test_reports_are_whole_and_escaped(web: Web, there: Home) -> None:
    host: Host = web.host("news.test")
    host.page("/a/report-3", another(f"Evil {EVIL.replace('<', '&lt;')} headline of note"))
    host.page("/a/report-4", "gone", status=404)
    there.run("check", "--html", "out.html", "--csv", "out.csv")
    page = (there.folder / "out.html").read_text()
    parser = _Tags()
    parser.feed(page)
    used = {tag for tag, _ in parser.tags}
    assert not used & {"script", "img", "link", "iframe", "object"}
    outside = [value for tag, attrs in parser.tags for name, value in attrs.items() if name in ("src", "href")]
    assert all(str(value).startswith("https://news.test/") for value in outside)
    assert "&lt;script&gt;" in page and "Alive and the same (4)" in page
    rows = list(csv.DictReader((there.folder / "out.csv").read_text().splitlines()))
    assert {row["url"][-1]: row["state"] for row in rows}["4"] == "gone"
    assert len(rows) == 6 and rows[0]["state"] in ("gone", "replaced")
    told = report(there)
    assert (told["kind"], told["asked"], told["failed"]) == ("check", 6, 2)
    assert there.run("status").code == 0


def test_dead_after_strikes_and_status_and_show_tell(web: Web, tmp_path: Path) -> None:
    made = home(tmp_path, web, check__strikes="1")
    host = web.host("news.test")
    host.page("/a/report-0", article(0))
    address = "https://news.test/a/report-0"
    made.run("fetch", address)
    host.page("/a/report-0", "gone", status=410)
    ran = made.run("-q", "check")
    assert (ran.code, ran.err.startswith(f"dead: {address}: ")) == (9, True), ran.err
    assert made.run("-q", "check").err == ""  # that is known by now
    assert "Dead: failed on enough days to be sure (1)" in made.run("check").out
    status = made.run("status").out
    assert "links checked" in status and "1  dead" in status
    assert made.run("status", "--json").rows[0]["links_checked"] == {"dead": 1}
    assert "link: dead" in made.run("show", "--meta", address).out
    assert made.run("show", "--meta", "--json", address).rows[0]["link"]["standing"] == "dead"


def test_a_command_is_told_of_links_that_are_newly_dead(web: Web, there: Home) -> None:
    out = there.folder / "told.txt"
    (there.folder / "tell.sh").write_text(f'echo "$1" >> {out}')
    setting(there, "notify", 'command = "sh tell.sh"')
    setting(there, "check", "strikes = 1")

    def notices() -> int:
        there.run("-q", "check")
        return len(out.read_text().splitlines()) if out.exists() else 0

    assert notices() == 0
    web.host("news.test").page("/a/report-1", article(1, "It was corrected since."))
    web.host("news.test").page("/a/report-2", "no", status=403)
    assert notices() == 0
    web.host("news.test").page("/a/report-3", "gone", status=410)
    assert notices() == 1
    assert notices() == 1  # that is known by now
    (told,) = (Path(line) for line in out.read_text().splitlines())
    assert json.loads(told.read_bytes())["failed"] == 1
    config = there.folder / "config.toml"
    config.write_text(config.read_text().replace("sh tell.sh", "/does/not/exist --now"))
    web.host("news.test").page("/a/report-4", "gone", status=410)
    ran = there.run("check")
    assert (ran.code, "[notify] command failed" in ran.err) == (1, True)


def test_nothing_is_held_against_hosts_while_nobody_answers(web: Web, tmp_path: Path) -> None:
    made = home(tmp_path, web)
    addresses = [f"https://{name}.test/a" for name in ("one", "two", "three")]
    for number, address in enumerate(addresses):
        web.host(address.split("/")[2]).page("/a", article(number))
    assert made.run("fetch", *addresses).code == 0
    away = home(tmp_path, web, fetch__connect_to=json.dumps([f"::127.0.0.1:{web.refusing_port}"]))
    ran = away.run("check", "--json")
    assert (ran.code, ran.rows) == (9, [])
    assert "is this machine offline" in away.run("check").out
    assert made.warcs("quarantine") == []
    # Two hosts of three that answer nothing are another matter, and one alone.
    some = [f"one.test::127.0.0.1:{web.refusing_port}", f"two.test::127.0.0.1:{web.refusing_port}", *web.connect_to]
    partly = home(tmp_path, web, fetch__connect_to=json.dumps(some))
    found = {row["url"].split("/")[2]: row["state"] for row in partly.run("check", "--json").rows}
    assert found == {"one.test": "unreachable", "two.test": "unreachable", "three.test": "same"}
    alone = away.run("check", "--json", addresses[0])
    assert [row["state"] for row in alone.rows] == ["unreachable"]


def test_a_kept_text_that_is_damaged_is_told_and_ends_no_check(web: Web, there: Home) -> None:
    host = web.host("news.test")
    for number in (1, 2, 3):
        host.page(f"/a/report-{number}", article(number, "It was corrected since."), headers=(("ETag", '"new"'),))
    path = (there.collection / there.fetch("https://news.test/a/report-2")["text"]).with_suffix(".json")
    path.write_bytes(path.read_bytes()[:100])
    ran = there.run("check", "--json")
    assert ran.code == 5, ran.err
    rows = {row["url"].rpartition("/")[2]: row for row in ran.rows}
    damaged = rows.pop("report-2")
    assert damaged["state"] is None
    assert path.name in damaged["reason"] and "tearsheet rebuild" in damaged["reason"]
    assert {name: row["state"] for name, row in rows.items()} == {
        f"report-{number}": "changed" if number in (1, 3) else "same" for number in (0, 1, 3, 4, 5)
    }
    quiet = there.run("-q", "check", "https://news.test/a/report-2")
    assert (quiet.code, path.name in quiet.err) == (5, True)
    people = there.run("check", "https://news.test/a/report-2")
    assert (people.code, path.name in people.out) == (5, True)
    assert there.run("-q", "rebuild").code == 0
    assert states(there)["report-2"]["state"] == "changed"
    assert there.run("verify").code == 0


@pytest.mark.usefixtures("there")
def test_a_host_that_asks_to_be_left_alone_is(web: Web, tmp_path: Path) -> None:
    there = home(tmp_path, web, crawl__host_delay="0.5")
    host = web.host("news.test")
    busy = (("Retry-After", "7200"),)
    for number in range(6):
        host.page(f"/a/report-{number}", "later", status=429, headers=busy)
    asked = len(web.log)
    ran = there.run("check")
    assert ran.code == 0, ran.out
    pages = [seen for seen in web.log[asked:] if "report" in seen.target]
    assert len(pages) == 1
    assert "their hosts are left alone for now" in ran.out and "Not let in" in ran.out
