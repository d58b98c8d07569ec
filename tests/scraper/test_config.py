"""The config: where it is found, what beats what, and that every mistake is told by name."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import ConfigError, UsageError
from scraper import __version__, quantity
from scraper.config import LISTS, SECTIONS, SOURCE, keys, load, sample, search
from scraper.settings import (
    INTERNET_ARCHIVE,
    OTHER_ARCHIVES,
    SOURCE_KINDS,
    FetchSettings,
    Settings,
    Source,
    WebArchive,
    agent,
)

ROOT = Path(__file__).parents[2]
FEED = "[[source]]\nkind = 'feed'\nurl = 'https://a.test/feed'\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(text: str, here: Path, name: str = "config.toml") -> str:
    """What the error says of a config with this text."""
    (here / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(Path(name), {}, {})
    return str(caught.value)


# ------------------------------------------------------------------------------------------------ found and beaten


def test_without_anything_the_defaults(here: Path) -> None:
    assert load(None, {}, {}) == Settings()
    assert load(None, None, {}).archive.root == Path("tearsheets")


def test_the_named_file_then_the_current_folder_then_the_users_own(here: Path) -> None:
    own = here / "home" / ".config" / "tearsheet" / "config.toml"
    xdg = here / "xdg" / "tearsheet" / "config.toml"
    named = here / "named.toml"
    for number, path in enumerate((own, xdg, here / "config.toml", named), 1):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[fetch]\ntries = {number}\n")
    environ = {"HOME": str(here / "home"), "XDG_CONFIG_HOME": str(here / "xdg")}
    assert load(named, {}, environ).fetch.tries == 4
    assert load(None, {}, environ).fetch.tries == 3
    (here / "config.toml").unlink()
    assert load(None, {}, environ).fetch.tries == 2
    assert load(None, {}, {"HOME": environ["HOME"]}).fetch.tries == 1
    assert load(None, {}, {"HOME": environ["HOME"], "XDG_CONFIG_HOME": "relative"}).fetch.tries == 1
    assert search({}) is None


def test_flag_beats_environment_beats_file_beats_default(here: Path) -> None:
    (here / "config.toml").write_text('[archive]\ncollection = "file"\n')
    variable = {"TEARSHEET_ARCHIVE__COLLECTION": "variable"}
    assert load(None, {"archive.collection": "flag"}, variable).archive.collection == "flag"
    assert load(None, {}, variable).archive.collection == "variable"
    assert load(None, {}, {}).archive.collection == "file"
    assert Settings().archive.collection == "main"


def test_what_is_beaten_need_not_be_right(here: Path) -> None:
    (here / "config.toml").write_text("[fetch]\ntries = 0\n")
    assert load(None, {}, {"TEARSHEET_FETCH__TRIES": "2"}).fetch.tries == 2


def test_every_type_from_the_environment(here: Path) -> None:
    fetch = load(
        None,
        {},
        {
            "TEARSHEET_FETCH__TIMEOUT": "10",
            "TEARSHEET_FETCH__READ_TIMEOUT": "1.5",
            "TEARSHEET_FETCH__MAX_SIZE": "2 MiB",
            "TEARSHEET_FETCH__TRIES": "7",
            "TEARSHEET_FETCH__REQUISITES": "false",
            "TEARSHEET_FETCH__ALLOW_PRIVATE_ADDRESSES": "1",
            "TEARSHEET_FETCH__CONNECT_TO": ":80:127.0.0.1:8080, :443:[::1]:8443",
            "TEARSHEET_FETCH__CONTACT": "2024",
            "TEARSHEET_FETCH__PROXY": "",
            "TEARSHEET_CORPUS": "not ours: no section",
        },
    ).fetch
    assert (fetch.timeout, fetch.read_timeout, fetch.max_size, fetch.tries) == (10.0, 1.5, 2 * 1024**2, 7)
    assert (fetch.requisites, fetch.allow_private_addresses) == (False, True)
    assert fetch.connect_to == (":80:127.0.0.1:8080", ":443:[::1]:8443")
    assert (fetch.contact, fetch.proxy) == ("2024", None)


def test_paths_are_relative_to_the_file_that_names_them(here: Path) -> None:
    folder = here / "etc"
    folder.mkdir()
    (folder / "ca.pem").write_text("")
    (folder / "c.toml").write_text(
        '[fetch]\nca_bundle = "ca.pem"\n[archive]\nroot = "kept"\n[[source]]\nkind = "texts"\npath = "old"\n'
    )
    settings = load(Path("etc/c.toml"), {}, {})
    assert settings.fetch.ca_bundle == Path("etc/ca.pem")
    assert settings.archive.root == Path("etc/kept")
    assert settings.sources == (Source("texts", path=Path("etc/old")),)
    assert load(Path("etc/c.toml"), {}, {"TEARSHEET_ARCHIVE__ROOT": "here"}).archive.root == Path("here")
    assert load(Path("etc/c.toml"), {"archive.root": Path("flag")}, {}).archive.root == Path("flag")
    (folder / "c.toml").write_text(f'[archive]\nroot = "{here}/absolute"\n')
    assert load(Path("etc/c.toml"), {}, {}).archive.root == here / "absolute"
    (folder / "c.toml").write_text("")
    assert load(Path("etc/c.toml"), {}, {}).archive.root == Path("tearsheets")


def test_homes_are_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here / "me"))
    (here / "config.toml").write_text('[archive]\nroot = "~/kept"\n')
    assert load(None, {}, {}).archive.root == here / "me" / "kept"
    (here / "config.toml").write_text('[archive]\nroot = "~nobody-of-that-name/kept"\n')
    assert load(None, {}, {}).archive.root == Path("~nobody-of-that-name/kept")


def test_sizes_and_times_are_read_in_every_writing(here: Path) -> None:
    (here / "config.toml").write_text(
        '[fetch]\nmax_size = "50 MB"\nmax_header = 4096\ntimeout = "2 min"\nconnect_timeout = 2.5\n'
        '[archive]\nwarc_size = "1 GiB"\n[crawl]\nrecapture_after = "1 day"\nhost_delay = 0\n'
    )
    settings = load(None, {}, {})
    assert (settings.fetch.max_size, settings.fetch.max_header) == (50_000_000, 4096)
    assert (settings.fetch.timeout, settings.fetch.connect_timeout) == (120.0, 2.5)
    assert settings.archive.warc_size == 1024**3
    assert (settings.crawl.recapture_after, settings.crawl.host_delay) == (86400.0, 0.0)
    assert isinstance(settings.crawl.host_delay, float)


# ------------------------------------------------------------------------------------------------ mistakes are told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[fetch]\ntimout = 3", ["config.toml: [fetch] has no setting timout", "did you mean timeout?"]),
        ("[fetch]\nhost_delay = 3", ["[fetch] has no setting host_delay", "it stands in [crawl]"]),
        ("[fetch]\nrecapture_afer = 3", ["did you mean recapture_after in [crawl]?"]),
        ("[crawl]\nxyzzy = 3", ["it knows host_delay, host_parallel, concurrency, recapture_after"]),
        ("[fetsh]\ntimeout = 3", ["there is no section [fetsh]", "did you mean [fetch]?"]),
        ("[fetsh]\n", ["there is no section [fetsh]"]),
        ("timeout = 3", ["timeout stands outside of any section", "it stands in [fetch]"]),
        ("fetch = 3", ["[fetch] is a section"]),
        ("[fetch]\ntimeout = 'soon'", ['[fetch] timeout = "soon"', 'expected seconds greater than 0, or a time']),
        ("[fetch]\ntimeout = 0", ["[fetch] timeout = 0", "greater than 0"]),
        ("[fetch]\ntimeout = -1", ["[fetch] timeout = -1"]),
        (f"[fetch]\ntimeout = {'9' * 400}", ["[fetch] timeout = 999"]),
        ("[fetch]\ntimeout = 1e300", ["[fetch] timeout = 1e+300"]),
        ("[fetch]\ntimeout = inf", ["[fetch] timeout = Infinity"]),
        ("[fetch]\ntimeout = nan", ["[fetch] timeout = NaN"]),
        ("[fetch]\ntimeout = true", ["[fetch] timeout = true"]),
        ("[fetch]\ntimeout = 2026-01-01", ["[fetch] timeout = 2026-01-01"]),
        ("[fetch]\nmax_size = '50 apples'", ['[fetch] max_size = "50 apples"', 'a size of at least 1 B, such as']),
        ("[fetch]\nmax_size = 1.5", ["[fetch] max_size = 1.5"]),
        ("[fetch]\ntries = '3'", ['[fetch] tries = "3"', "expected a whole number of at least 1"]),
        ("[fetch]\ntries = 0", ["[fetch] tries = 0"]),
        ("[read]\nworkers = -1", ["[read] workers = -1", "that is not negative"]),
        ("[fetch]\nrobots = 'maybe'", ['[fetch] robots = "maybe"', 'expected "obey" or "ignore"']),
        ("[fetch]\nrequisites = 1", ["[fetch] requisites = 1", "expected true or false"]),
        ("[fetch]\nconnect_to = ':80:x:81'", ["[fetch] connect_to", "a list of strings: HOST:PORT:HOST2:PORT2"]),
        ("[fetch]\nconnect_to = ['80:81']", ['connect_to = ["80:81"]']),
        ("[fetch]\nuser_agent = \"a\\r\\nb: c\"", ["[fetch] user_agent", "text without control characters"]),
        ("[fetch]\nproxy = 'ftp://u:secret@h'", ["[fetch] proxy", "an address such as http://127.0.0.1:3128"]),
        ("[archive]\nroot = ''", ['[archive] root = ""', "the name of a folder"]),
        ("[archive]\nroot = \"a\\u0000b\"", ["[archive] root"]),
        ("[archive]\ncollection = '../x'", ['[archive] collection = "../x"', "a name of letters, digits, _ and -"]),
        ("[fetch]\ntimeout = ", ["config.toml, line 2: Invalid value"]),
        ("[fetch]\ntimeout = 1\ntimeout = 2", ["config.toml, line 3"]),
        ("[fetch\n", ["config.toml, line 1, column 7"]),
        ("[fetch]\nproxy = '''", ["config.toml, line 2", "the file ends there"]),
        ("source = 3", ["source"]),
        ("[source]\nkind = 'feed'", ["source must be written as [[source]]"]),
        ("[[source]]\nkind = 'fed'", ['[[source]] number 1: kind = "fed"', "feed, sitemap, site, list or texts"]),
        ("[[source]]\nurl = 'x'", ["[[source]] number 1 has no kind"]),
        ("[[source]]\nkind = 'feed'", ["[[source]] number 1: kind feed takes a url"]),
        ("[[source]]\nkind = 'texts'\nurl = 'x'", ["kind texts takes a path and no url"]),
        ("[[source]]\nkind = 'list'", ["kind list takes either a path or a url"]),
        ("[[source]]\nkind = 'feed'\nurl = 'x'\n[[source]]\nkind = 'feed'\nulr = 'x'", ["number 2 has no setting ulr"]),
        (f"{FEED}ulr = 'x'", ["number 1 has no setting ulr; did you mean url?"]),
        ("[[source]]\nkind = 'feed'\nurl = 'x'", ['[[source]] number 1: url = "x": expected an http address']),
        ("[[source]]\nkind = 'feed'\nurl = 'ftp://a.b/'", ["expected an http address"]),
        ("[[source]]\nkind = 'texts'\npath = ''", ['path = "": expected the name of a file or folder']),
        ("[[source]]\nkind = 'texts'\npath = 3", ["path = 3: expected the name"]),
        ("[[source]]\nkind = 'texts'\npath = 'a'\nlinks = 'some'", ['links = "some": expected "original" or "all"']),
        (f"{FEED}links = 'all'", ["links is for kind texts, not for kind feed"]),
        (f"{FEED}depth = 2", ["depth is for kind site, not for kind feed"]),
        (f"{FEED}since = 'soon'", ['since = "soon": expected seconds greater than 0, or a time']),
        (f"{FEED}since = 0", ["since = 0: expected seconds greater than 0"]),
        (f"{FEED}include = '/news/*'", ['include = "/news/*": expected a list of strings: patterns such as']),
        (f"{FEED}exclude = ['']", ['exclude = [""]: expected a list of strings']),
        (f"{FEED}name = ''", ['name = "": expected text of at most 100 characters']),
        (f"{FEED}name = \"a\\nb\"", ["name = "]),
        (f"{FEED}recapture_after = 'now and then'", ['recapture_after = "now and then": expected a time such as']),
        (f"{FEED}recapture_after = 0", ["recapture_after = 0: expected a time"]),
        (f"{FEED}recapture_after = true", ["recapture_after = true"]),
        (f"{FEED}name = 'A'\n{FEED}name = 'A'", ['[[source]] number 2: name = "A": number 1 is called so']),
        ("[[source]]\nkind = 'site'\nurl = 'a.b'\nscope = 'web'", ['scope = "web": expected "host" or "domain" or']),
        ("[[source]]\nkind = 'site'\nurl = 'a.b'\nmax_pages = 0", ["max_pages = 0: expected a whole number"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_name(text: str, words: list[str], here: Path) -> None:
    message = told(text, here)
    assert "config.toml" in message
    assert not [word for word in words if word not in message], message
    assert "secret" not in message


def test_all_mistakes_are_told_at_once(here: Path) -> None:
    message = told("[fetch]\ntimeout = 'x'\ntries = 0\nfoo = 1\n[crawl]\nconcurrency = 0\n", here)
    assert len(message.splitlines()) == 4


def test_a_file_that_cannot_be_read_is_told(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load(Path("none.toml"), {}, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load(here, {}, {})
    (here / "bad.toml").write_bytes(b"[fetch]\n# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"bad\.toml, line 2: is not UTF-8"):
        load(Path("bad.toml"), {}, {})
    (here / "deep.toml").write_text("x = " + "[" * 100_000)
    with pytest.raises(ConfigError, match=r"deep\.toml"):
        load(Path("deep.toml"), {}, {})


def test_a_byte_order_mark_is_no_mistake(here: Path) -> None:
    (here / "config.toml").write_bytes(b"\xef\xbb\xbf[fetch]\r\ntries = 5\r\n")
    assert load(None, {}, {}).fetch.tries == 5


def test_mistakes_in_the_environment_name_the_variable(here: Path) -> None:
    with pytest.raises(ConfigError, match=r'TEARSHEET_FETCH__TIMEOUT = "soon": expected seconds'):
        load(None, {}, {"TEARSHEET_FETCH__TIMEOUT": "soon"})
    with pytest.raises(ConfigError, match=r"TEARSHEET_FETCH__TIMOUT .*did you mean timeout"):
        load(None, {}, {"TEARSHEET_FETCH__TIMOUT": "1"})
    with pytest.raises(ConfigError, match=r"TEARSHEET_FETSH__TIMEOUT there is no section \[fetsh\]"):
        load(None, {}, {"TEARSHEET_FETSH__TIMEOUT": "1"})


def test_a_wrong_flag_is_a_mistake_of_the_command_line(here: Path) -> None:
    with pytest.raises(UsageError, match=r"\[archive\] collection = \"a/b\""):
        load(None, {"archive.collection": "a/b"}, {})
    (here / "config.toml").write_text("[fetch]\ntries = 0\n")
    with pytest.raises(ConfigError):
        load(None, {"archive.collection": "a/b"}, {})


# ------------------------------------------------------------------------------------------------ the sample


def test_a_source_says_all_that_its_kind_knows(here: Path) -> None:
    text = "[[source]]\nkind = 'site'\nurl = 'example.com/news/'\nname = 'Ours'\nscope = 'prefix'\ndepth = 0\n"
    text += "max_pages = 5\ninclude = ['/news/*']\nexclude = ['*.pdf', '*?print=*']\nrecapture_after = 3600\n"
    text += f"{FEED}since = '30 days'\nrecapture_after = '1 h for a day, then daily'\n"
    (here / "config.toml").write_text(text)
    site, feed = load(None, {}, {}).sources
    assert site == Source(
        "site",
        url="https://example.com/news/",
        name="Ours",
        scope="prefix",
        depth=0,
        max_pages=5,
        include=("/news/*",),
        exclude=("*.pdf", "*?print=*"),
        recapture_after="3600",
    )
    assert (feed.title, feed.since) == ("feed https://a.test/feed", 30 * 86400)
    assert feed.recapture_after == "1 h for a day, then daily"


ARCHIVE_TABLE = "[[rescue.archive]]\nname = 'Mine'\n"


def test_web_archives_stand_in_place_of_the_default(here: Path) -> None:
    text = f"[rescue]\ntries = 3\n{ARCHIVE_TABLE}timegate = 'https://a.test/coll/'\ndelay = '5 s'\n"
    text += "[[rescue.archive]]\nname = 'Yours'\ncdx = 'https://b.test/cdx?u={url}&all=1'\n"
    (here / "config.toml").write_text(text)
    loaded = load(None, {}, {})
    assert loaded.rescue.tries == 3
    assert loaded.archives == (
        WebArchive("Mine", timegate="https://a.test/coll/", delay=5.0),
        WebArchive("Yours", cdx="https://b.test/cdx?u={url}&all=1"),
    )
    (here / "config.toml").write_text("[rescue]\narchive = []\n")
    assert load(None, {}, {}).archives == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rescue]\narchive = 3\n", "rescue.archive must be written as [[rescue.archive]]"),
        ("[[rescue.archive]]\ntimegate = 'https://a.test/'\n", "[[rescue.archive]] number 1 has no name"),
        (ARCHIVE_TABLE, "number 1: it needs timegate, timemap or cdx"),
        (f"{ARCHIVE_TABLE}timegate = 'ftp://a.test/'\n", 'timegate = "ftp://a.test/": expected an http address'),
        (f"{ARCHIVE_TABLE}cdx = 'https://{{url}}/'\n", "expected an http address"),
        (f"{ARCHIVE_TABLE}cdx = 'https://a.test/{{url}}{{url}}'\n", "expected an http address"),
        (f"{ARCHIVE_TABLE}cdx = 7\n", "cdx = 7: expected"),
        (f"{ARCHIVE_TABLE}time_gate = 'https://a.test/'\n", "did you mean timegate?"),
        (f"{ARCHIVE_TABLE}cdx = 'https://a.test/'\ndelay = -1\n", "delay = -1: expected seconds"),
        (2 * f"{ARCHIVE_TABLE}cdx = 'https://a.test/'\n", 'name = "Mine": number 1 is called so'),
    ],
)
def test_a_mistake_in_a_web_archive_is_told(text: str, words: str, here: Path) -> None:
    (here / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(words)):
        load(None, {}, {})


def test_the_projects_config_is_the_sample() -> None:
    assert (ROOT / "config.toml").read_text(encoding="utf-8") == sample()


def test_the_sample_says_the_defaults(here: Path) -> None:
    (here / "config.toml").write_text(sample(), encoding="utf-8")
    assert load(None, {}, {}) == Settings()


def test_the_sample_has_every_setting_with_its_help() -> None:
    lines = sample().splitlines()
    for section in SECTIONS:
        for key in keys(section).values():
            at = [i for i, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{key.name} = ")]
            assert at, key.name
            assert all(lines[i - 1].startswith("# ") for i in at), key.name
    assert max(map(len, lines)) <= 100


def test_what_is_commented_out_in_the_sample_works_too(here: Path) -> None:
    lines = sample().splitlines()
    settings = "\n".join(line.removeprefix("# ") if " = " in line or "[[" in line else line for line in lines)
    (here / "config.toml").write_text(settings.replace('"ca.pem"', '"config.toml"'), encoding="utf-8")
    loaded = load(None, {}, {})
    assert loaded.fetch.contact == "https://example.com/about-our-archive"
    assert loaded.fetch.connect_to == ("example.com:443:127.0.0.1:8443",)
    assert [source.kind for source in loaded.sources] == list(SOURCE_KINDS)
    assert loaded.archives == (INTERNET_ARCHIVE, *OTHER_ARCHIVES)
    assert loaded.sources[0].title == "Example Times"
    assert loaded.sources[1].since == 30 * 86400
    defaults = Source("site", url="https://example.org/news/")
    assert loaded.sources[2] == defaults


def test_the_sample_has_every_key_of_a_source() -> None:
    lines = sample().splitlines()
    for key in keys(SOURCE).values():
        assert [line for line in lines if line.startswith(f"# {key.name} = ")], key.name


def test_every_setting_has_help_and_a_default_that_its_own_check_takes(here: Path) -> None:
    (here / "config.toml").write_text(sample(), encoding="utf-8")
    written = tomllib.loads(sample())
    for section, cls in SECTIONS.items():
        known = keys(section)
        assert set(known) == {field.name for field in msgspec.structs.fields(cls)}
        assert all(key.about.help.endswith(".") for key in known.values())
        assert {name for name in written[section] if f"{section}.{name}" not in LISTS} <= set(known)


# ------------------------------------------------------------------------------------------------ units and names


@pytest.mark.promise("sources")
@given(st.integers(0, 2**60))
def test_sizes_round_trip(value: int) -> None:
    if value < 2**50 or value % 1000 == 0:
        assert quantity.size(quantity.size_text(value)) == value


@pytest.mark.promise("sources")
@given(st.integers(0, 10**9) | st.floats(0.001, 1e6).map(lambda value: round(value, 3)))
def test_durations_round_trip(value: float) -> None:
    assert quantity.duration(quantity.duration_text(value)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90),
        ("90", 90),
        ("1.5 min", 90),
        ("12h", 43200),
        ("2 days", 172800),
        ("1 Week", 604800),
        ("50 ms", 0.05),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert quantity.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-1 s", "1 parsec", "1 s 2", "1e9", "٣ s", "1" * 40])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        quantity.duration(text)


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 XB", "0.3 B", "1,5 MB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError):
        quantity.size(text)


def test_who_we_say_we_are() -> None:
    assert agent(FetchSettings()) == f"tearsheet/{__version__}"
    assert agent(FetchSettings(contact="me@x.test")) == f"tearsheet/{__version__} (+me@x.test)"
    assert agent(FetchSettings(user_agent="Mine/1", contact="me@x.test")) == "Mine/1"


def test_without_a_config_no_validator_is_loaded(here: Path) -> None:
    code = "import sys; from scraper.config import load; load(None, {}, {}); sys.exit('scraper.checks' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, check=False).returncode == 0


# ------------------------------------------------------------------------------------------------------ any config

VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "0", "1h", "10 MB", "https://a.test/", "*", "/", "../..", "\0", "90d"]),
    st.lists(st.text(max_size=5) | st.integers(0, 9), max_size=3),
    st.dictionaries(st.text("ab", min_size=1, max_size=3), st.integers(0, 9), max_size=2),
)
NAMES = st.sampled_from([*SECTIONS, SOURCE, "fetsch", ""])


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


@pytest.mark.promise("sources")
@given(st.data())
def test_any_value_of_any_setting_is_taken_or_told_by_name(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    lines, named = [], set()
    for section in data.draw(st.lists(st.sampled_from([*SECTIONS, SOURCE]), max_size=3, unique=True)):
        lines.append(f"[[{section}]]" if section == SOURCE else f"[{section}]")
        for name in data.draw(st.lists(st.sampled_from([*keys(section), "nonsense"]), max_size=4, unique=True)):
            lines.append(f"{name} = {_toml(data.draw(VALUES))}")
            named.add(name)
    path.write_text("\n".join(lines), encoding="utf-8")
    try:
        assert isinstance(load(path, {}, {}), Settings)
    except ConfigError as error:
        for line in str(error).split("\n"):
            assert "any.toml" in line
            assert any(name in line for name in (*named, SOURCE)), line


@pytest.mark.promise("sources")
@given(st.binary(max_size=80) | st.text("[]=\"'\n.#{}ab1,-:\\", max_size=60).map(str.encode))
def test_any_file_is_a_config_or_told(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    try:
        load(path, {}, {})
    except ConfigError as error:
        assert "bytes.toml" in str(error)


@pytest.mark.promise("sources")
@given(NAMES, st.data(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_any_variable_is_taken_or_told(section: str, data: st.DataObject, value: str) -> None:
    known = list(keys(section)) if section in SECTIONS else ["x"]
    variable = f"TEARSHEET_{section}__{data.draw(st.sampled_from(known))}".upper()
    try:
        load(None, {}, {variable: value})
    except ConfigError as error:
        assert variable in str(error)
