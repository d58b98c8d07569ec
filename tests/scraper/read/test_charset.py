from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.read.charset import decode, decode_css, from_headers, prescan, query_in, sniff


def html(content_type: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", content_type),)


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"\xef\xbb\xbfhi", html("text/html; charset=windows-1251"), ("hi", "utf-8")),
        ("hé".encode("utf-16"), (), ("hé", "utf-16le")),
        (b"\xfe\xff\0h\0i", (), ("hi", "utf-16be")),
        (b"caf\xe9", html("text/html; charset=ISO-8859-1"), ("café", "windows-1252")),
        (b"caf\xe9", html('text/html;charset="latin1"'), ("café", "windows-1252")),
        (b"\x93x\x94", html("text/html; CHARSET = us-ascii"), ("“x”", "windows-1252")),
        (b"\xcf\xf0\xe8", html("text/html; charset=cp1251"), ("При", "windows-1251")),
        (b"caf\xc3\xa9", html("text/html; charset=no-such-thing"), ("café", "utf-8")),
        (b"caf\xc3\xa9", html("text/html; charset=utf-7"), ("café", "utf-8")),
        (b"caf\xc3\xa9", html("text/html; charset=iso-2022-kr"), ("café", "utf-8")),
        (b"<meta charset=x-user-defined>caf\xe9", (), ("<meta charset=x-user-defined>café", "windows-1252")),
        (b"<meta charset=utf-16>caf\xc3\xa9", (), ("<meta charset=utf-16>café", "utf-8")),
        (b"", (), ("", "utf-8")),
    ],
)
def test_as_browsers_find_it(body: bytes, headers: tuple[tuple[str, str], ...], expected: tuple[str, str]) -> None:
    assert decode(body, headers) == expected


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<meta charset=gb2312>", "gbk"),
        (b"<META CHARSET='Shift_JIS' >", "shift_jis"),
        (b'<meta content="text/html; charset=koi8-r" http-equiv=Content-Type>', "koi8-r"),
        (b'<meta http-equiv="Content-Type" content="text/html;charset = \'big5\'">', "big5"),
        (b'<meta name="x" content="text/html; charset=koi8-r">', None),
        (b'<meta http-equiv=refresh content="0; charset=koi8-r">', None),
        (b"<!-- <meta charset=koi8-r> --><meta charset=utf-8>", "utf-8"),
        (b"<!--><meta charset=koi8-r>", "koi8-r"),
        (b"<!-- never closed <meta charset=koi8-r>", None),
        (b"<p title='<meta charset=koi8-r>'><meta charset=utf-8>", "utf-8"),
        (b"<script>if (a<meta) x</script><meta charset=utf-8>", "utf-8"),
        (b"<metadata charset=koi8-r><meta/charset=utf-8>", "utf-8"),
        (b"<!DOCTYPE html><?php x ?><html><meta charset=utf-8>", "utf-8"),
        (b"<meta charset=nonsense><meta charset=utf-8>", "utf-8"),
        (b'<?xml version="1.0" encoding="windows-1251"?><html>', "windows-1251"),
        (b"<\0?\0x\0m\0l\0", "utf-16le"),
        (b"\0<\0?\0x\0m\0l", "utf-16be"),
        (b"<meta charset=", None),
        (b" " * 20_000 + b"<meta charset=koi8-r>", None),
        (b" " * 3_000 + b"<meta charset=koi8-r>", "koi8-r"),
    ],
)
def test_prescan(head: bytes, name: str | None) -> None:
    assert prescan(head) == name


def test_the_header_goes_before_the_markup_and_the_last_header_counts() -> None:
    body = b"<meta charset=koi8-r>\xcf"
    assert decode(body, html("text/html; charset=windows-1251"))[1] == "windows-1251"
    assert from_headers((*html("text/html; charset=utf-8"), *html("text/html; charset=big5"))) == "big5"
    assert from_headers((*html("text/html; charset=utf-8"), *html("text/html"))) == "utf-8"
    assert from_headers((("X-Other", "a; charset=big5"),)) is None


def test_a_declaration_that_cannot_be_true_is_overruled() -> None:
    text = "Über die Brücke führt ein schöner Weg"
    assert decode(text.encode(), html("text/html; charset=iso-8859-1")) == (text, "utf-8")
    assert decode(b"<meta charset=utf-8>" + text.encode("cp1252"))[0].endswith(text)
    # One broken byte does not make a page another encoding's.
    spoilt = text.encode() + b"\xff"
    assert decode(spoilt, html("text/html; charset=utf-8")) == (text + "\ufffd", "utf-8")


SAMPLES = {
    "utf-8": "Smørrebrød på Strøget – fünf Sätze",
    "windows-1251": "Глава города заявила, что бассейн останется открытым ещё одну зиму после долгих споров.",
    "shift_jis": "市議会は火曜日の夜、古い水泳場をもう一冬続けることを決めました。",
    "euc-jp": "市議会は火曜日の夜、古い水泳場をもう一冬続けることを決めました。",
    "euc-kr": "시의회는 화요일 저녁 오래된 수영장을 한 해 더 운영하기로 결정했다.",
    "gb18030": "市议会在星期二晚上决定，这个老游泳馆还要再开放一个冬天，我们为他们高兴。",
    "big5": "市議會在星期二晚上決定，這個老游泳館還要再開放一個冬天，我們為他們高興。",
    "windows-1252": "La mairie a décidé que l’été prochain la piscine restera fermée, à la déception générale.",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_undeclared_text(name: str) -> None:
    body = f"<html><body><p>{SAMPLES[name]}</p><p>{SAMPLES[name]}</p></body></html>".encode(name)
    text, _ = decode(body)
    assert SAMPLES[name] in text


def test_the_pages_language_helps_with_undeclared_text() -> None:
    polish = "Zażółć gęślą jaźń, rzekł łabędź"
    assert polish in decode(f"<html lang='pl'><p>{polish}</p>".encode("cp1250"))[0]
    greek = "Το δημοτικό συμβούλιο"
    assert greek in decode(f"<html lang=el-GR><p>{greek}</p>".encode("cp1253"))[0]


def test_utf8_that_is_cut_inside_a_character_is_utf8() -> None:
    assert sniff("naïve café".encode()[:-1]) == "utf-8"


@pytest.mark.parametrize(
    ("body", "headers", "fallback", "name"),
    [
        (b"\xef\xbb\xbfa{}", html("text/css; charset=big5"), "koi8-r", "utf-8"),
        (b'@charset "koi8-r";', html("text/css; charset=big5"), None, "big5"),
        (b'@charset "koi8-r";', (), "big5", "koi8-r"),
        (b'@charset "utf-16";', (), "big5", "utf-8"),
        (b"@charset 'koi8-r';", (), "big5", "big5"),
        (b"a{}", (), "windows-1251", "windows-1251"),
        (b"a{}", (), "nonsense", "utf-8"),
        (b"a{}", (), None, "utf-8"),
    ],
)
def test_style_sheets(body: bytes, headers: tuple[tuple[str, str], ...], fallback: str | None, name: str) -> None:
    assert decode_css(body, headers, fallback)[1] == name


@pytest.mark.promise("sources")
@given(st.binary(max_size=300), st.text(max_size=40))
@example(b"\x1b$B\xff", "text/html; charset=iso-2022-jp")
@example(b"\0\xd8" * 40, "text/html; charset=utf-16")
@example(b"<meta charset=\xff>", "")
def test_never_raises(body: bytes, content_type: str) -> None:
    text, name = decode(body, html(content_type))
    assert isinstance(text, str) and name
    assert isinstance(decode_css(body, html(content_type), content_type)[0], str)


@pytest.mark.promise("sources")
@given(st.text(max_size=200))
def test_declared_utf8_comes_back(text: str) -> None:
    encoded = text.encode("utf-8", "ignore")
    if encoded[:2] not in (b"\xff\xfe", b"\xfe\xff") and not encoded.startswith(b"\xef\xbb\xbf"):
        assert decode(encoded, html("text/html; charset=utf-8"))[0] == encoded.decode()


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "body",
    [
        b"<meta " + b"a='" * 100_000,
        b"<" * 1_000_000,
        b"<!--" * 200_000,
        b"<p " + b'x="' * 300_000,
        b"charset=" * 100_000,
        b"\xe9<" * 300_000,
        b"\xe9" * 1_000_000,
    ],
)
@pytest.mark.timeout(10)
def test_hostile_bytes_take_linear_time(body: bytes) -> None:
    decode(body)


@pytest.mark.parametrize(
    ("encoding", "ref", "asked"),
    [
        ("windows-1251", "/p?name=мост#да", "/p?name=%EC%EE%F1%F2"),
        ("windows-1252", "größe?n=größe&x=%C3%B6", "größe?n=gr%F6%DFe&x=%C3%B6"),
        # The second byte of the first character is a letter, as such it stands; the URL Standard has it so.
        ("shift_jis", "?q=ア港", "?q=%83A%8D`"),
        ("windows-1252", "?q=港", "?q=%26%2328207%3B"),
        ("iso-2022-jp", "?q=港", "?q=%1B$B9A%1B(B"),
        ("windows-1251", "/мост", "/мост"),
        ("utf-8", "?q=ö", "?q=ö"),
        ("utf-16le", "?q=ö", "?q=ö"),
    ],
)
def test_a_query_is_asked_in_the_encoding_of_its_page(encoding: str, ref: str, asked: str) -> None:
    assert query_in(ref, encoding) == asked
