from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import RefusedError
from scraper.guard import check_address, check_url, literal_address

NEVER = [
    "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16",
    "::", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "4000::1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:224.0.0.1",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.0.1",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.1", "198.51.100.1", "203.0.113.1",
    "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fdff::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
    "64:ff9b:1::1", "2001:2::1", "::8.8.8.8",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:192.168.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2002:c0a8:1::1", "2001:0:7f00:1:0:0:f7f7:f7f7", "2001:0:808:808:0:0:80ff:fffe",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
def test_addresses_that_are_never_asked(address: str) -> None:
    for allow in (False, True):
        with pytest.raises(RefusedError):
            check_address(address, allow)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_asked_only_where_the_config_allows(address: str) -> None:
    with pytest.raises(RefusedError, match="allow_private_addresses"):
        check_address(address, False)
    check_address(address, True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_asked(address: str) -> None:
    check_address(address, False)


def test_a_refusal_names_the_address_and_the_rule() -> None:
    with pytest.raises(
        RefusedError, match=r"news\.test is not asked: 10\.1\.2\.3 is a private network \(10\.0\.0\.0/8\)"
    ):
        check_address("10.1.2.3", named="news.test")


@pytest.mark.promise("network")
@given(st.ip_addresses(v=4))
def test_no_private_address_of_version_4_gets_through(ip: ipaddress.IPv4Address) -> None:
    try:
        check_address(ip)
    except RefusedError:
        return
    assert ip.is_global and not ip.is_multicast


@pytest.mark.promise("network")
@given(st.ip_addresses(v=6))
def test_no_private_address_of_version_6_gets_through(ip: ipaddress.IPv6Address) -> None:
    try:
        check_address(ip)
    except RefusedError:
        return
    assert ip.ipv4_mapped or (ip.is_global and not ip.is_multicast)


@pytest.mark.promise("network")
@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(ip: ipaddress.IPv4Address) -> None:
    def passes(address: str | ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        try:
            check_address(address)
        except RefusedError:
            return False
        return True

    number = int(ip)
    for wrapped in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert passes(ipaddress.IPv6Address(wrapped)) == passes(ip)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0x7f.1/", "http://127.0.0.1./", "http://\uff11\uff12\uff17.0.0.1/", "http://127\u30020\u30020\u30021/",
        "http://%31%32%37.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:0:0:1]:8080/", "http://user:secret@127.0.0.1/", "http://localhost/", "http://LOCALHOST./",
        "http://a.localhost/", "https://192.168.1.1/", "http:\\\\10.0.0.1\\", "http://0/", "http://[fe80::1%25eth0]/",
        "http://169.254.169.254/latest/meta-data/", "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    ],
)  # fmt: skip
def test_every_way_to_write_a_private_address_is_seen_through(url: str) -> None:
    with pytest.raises(RefusedError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["ftp://news.test/", "file:///etc/passwd", "javascript:alert(1)", "data:text/plain,x", "mailto:a@news.test",
     "http://", "news.test", "", "http://[::1", "http://news.test:99999/", "http://a b/"],
)  # fmt: skip
def test_what_is_no_http_address_is_refused_even_with_private_ones_allowed(url: str) -> None:
    with pytest.raises(RefusedError):
        check_url(url, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://news.test/",
        "https://news.test:8443/x?y",
        "http://8.8.8.8/",
        "http://[2606:4700::1111]/",
        "http://localhost.test/",
    ],
)
def test_ordinary_addresses_pass(url: str) -> None:
    check_url(url)


def test_private_literals_pass_where_allowed() -> None:
    check_url("http://127.0.0.1:8000/", allow_private=True)
    check_url("http://localhost/", allow_private=True)
    with pytest.raises(RefusedError):
        check_url("http://0.0.0.0/", allow_private=True)


def test_literal_addresses_are_told_from_names() -> None:
    assert str(literal_address("[::1]")) == "::1"
    assert str(literal_address("10.0.0.1")) == "10.0.0.1"
    assert literal_address("ten.test") is None
