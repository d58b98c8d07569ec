"""Addresses in Common Crawl's columns, languages in three letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.columnar.addresses import Address, Host, address_of, host_of
from archive.columnar.languages import three_letters


@pytest.mark.parametrize(
    ("name", "registry", "private"),
    [
        ("www.bbc.co.uk", ("co.uk", "bbc.co.uk"), ("co.uk", "bbc.co.uk")),
        ("someone.github.io", ("io", "github.io"), ("github.io", "someone.github.io")),
        ("bucket.s3.amazonaws.com", ("com", "amazonaws.com"), ("s3.amazonaws.com", "bucket.s3.amazonaws.com")),
        ("a.b.ck", ("b.ck", "a.b.ck"), ("b.ck", "a.b.ck")),
        ("www.ck", ("ck", "www.ck"), ("ck", "www.ck")),
        ("city.kawasaki.jp", ("kawasaki.jp", "city.kawasaki.jp"), ("kawasaki.jp", "city.kawasaki.jp")),
        # Names of other scripts stand in punycode here, as they are in the list.
        ("x.xn--55qx5d.cn", ("xn--55qx5d.cn", "x.xn--55qx5d.cn"), ("xn--55qx5d.cn", "x.xn--55qx5d.cn")),
        ("co.uk", ("co.uk", None), ("co.uk", None)),
        ("news.example", (None, None), (None, None)),
        ("192.0.2.1", (None, None), (None, None)),
        ("[2001:db8::1]", (None, None), (None, None)),
        ("a..com", (None, None), (None, None)),
        ("", (None, None), (None, None)),
    ],
)
def test_suffixes_and_domains(
    name: str, registry: tuple[str | None, str | None], private: tuple[str | None, str | None]
) -> None:
    host = host_of(name)
    assert (host.registry_suffix, host.registered_domain) == registry
    assert (host.private_suffix, host.private_domain) == private


def test_an_address_in_its_parts() -> None:
    assert address_of("https://WWW.bbc.co.uk.:8443/a?b=c#d") == Address(
        Host("www.bbc.co.uk", ("uk", "co", "bbc", "www"), "co.uk", "bbc.co.uk", "co.uk", "bbc.co.uk"),
        "https",
        8443,
        "/a",
        "b=c",
    )
    assert address_of("http://192.0.2.1").path == "/"
    assert address_of("http://192.0.2.1").host.parts == ()
    assert address_of("urn:uuid:1") == Address(Host(""), "urn", None, "uuid:1", None)


@given(
    st.text(st.characters(codec=None), max_size=60) | st.text("htps:/.@[]?#%\0\n 0", max_size=40).map("http://".__add__)
)
def test_nothing_that_is_called_an_address_raises(url: str) -> None:
    found = address_of(url)
    assert found.port is None or 0 <= found.port <= 99999


def test_language_codes() -> None:
    assert [three_letters(code) for code in ("en", "de", "zh", "gsw", "xx", None)] == [
        "eng",
        "deu",
        "zho",
        "gsw",
        None,
        None,
    ]
