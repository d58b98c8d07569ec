"""A collection of real pages for the library's tests, kept by the command as users keep them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from archive.urls import wire_url
from tests import corpus
from tests.command import Home, home
from tests.site import Connection, Handler, Request, Web

NAMES = (
    "fundus-at-DerStandard",
    "fundus-fr-LeMonde",
    "fundus-jp-Yomiuri",
    "fundus-li-Landesspiegel_2025",
    "aeb-gizmodo.com-5fa5679d",
    "aeb-morebikes.co.uk-612cd298",
)
CHANGED = "fundus-li-Landesspiegel_2025"
CHANGES = (("Präsidiumswechsel", "Wechsel an der Spitze"), ("zum neuen Präsidenten gewählt", "ins Amt gewählt"))

HARBOUR = "https://hebrew.test/harbour"
_SENTENCES = (
    "הנמל הישן של העיר נפתח מחדש לאחר שלוש שנים של עבודות, והתושבים הגיעו כבר בשעות הבוקר כדי לראות את הרציף.",
    "ראש העירייה אמרה כי העבודות עלו פחות מן הצפוי, וכי הכסף שנותר יעבור לבתי הספר בשכונות הסמוכות לים.",
    "הדייגים הוותיקים ביקשו לשמור על שעות הכניסה הקודמות, משום שהסירות שלהם יוצאות עוד לפני הזריחה.",
    "במהלך הקיץ יפעלו ברציף שני בתי קפה, ספרייה קטנה ותחנה של המשמר האזרחי, ובכל ערב יתקיים בו קונצרט.",
    "מומחים לתחבורה הזהירו שהכביש המוביל לנמל צר מדי, והציעו להפעיל קו אוטובוס נוסף בסופי השבוע.",
)


def picture(seed: str, width: int = 600, height: int = 400) -> bytes:
    """A PNG of two colours that run into each other, large enough to stand for an article."""
    one, other = zlib.crc32(seed.encode()).to_bytes(4, "big"), zlib.crc32(seed[::-1].encode()).to_bytes(4, "big")
    lines = bytearray()
    for y in range(height):
        lines.append(0)
        for x in range(width):
            at = (x + y + (x * y >> 7) % 9) / (width + height + 8)
            lines += bytes(round(a + (b - a) * at) for a, b in zip(one[:3], other[:3], strict=True))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 6)) + chunk(b"IEND", b"")


def kept(folder: Path) -> Home:
    """Pages of the corpus with pictures that are not the publishers', a page in Hebrew, one that is gone, one that asks
    who is there; and one that was changed and kept again."""
    with Web() as web:
        there = home(folder, web)
        addresses = serve(web, NAMES)
        web.host("hebrew.test").page("/harbour", _hebrew())
        web.host("hebrew.test").page("/harbour.png", picture("harbour"), type="image/png")
        web.host("gone.test").page("/lost", "<title>Lost</title><h1>It is gone</h1>", status=410)
        (folder / "links.txt").write_text("\n".join([*addresses.values(), HARBOUR, "https://gone.test/lost"]))
        ran = there.run("fetch", "--json", "-i", "links.txt")
        assert len(ran.rows) == len(addresses) + 2, ran.err
        serve(web, (CHANGED,), CHANGES)
        again = there.run("fetch", "--json", "--again", addresses[CHANGED])
        assert again.rows[0]["verdict"] == "article", again.err
    return there


def serve(web: Web, names: Iterable[str], changes: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Pages of the corpus under their own addresses, which are given by the beginnings of their names."""
    found = {}
    wanted = tuple(names)
    for name, truth, body in corpus.pages():
        begun = next((each for each in wanted if name.startswith(f"pages/{each}")), None)
        if begun is None:
            continue
        for before, after in changes:
            assert before.encode() in body
            body = body.replace(before.encode(), after.encode())
        url = wire_url(truth["url"].replace("http://", "https://", 1))
        parts = urlsplit(url)
        web.host(parts.netloc).page(parts.path + (f"?{parts.query}" if parts.query else ""), body)
        for each in truth.get("images") or ():
            web.host(urlsplit(each["url"]).netloc).otherwise(_pictures(name))
        found[begun] = url
    assert set(found) == set(wanted)
    return found


def _pictures(name: str) -> Handler:
    data = picture(name)

    def answer(connection: Connection, request: Request) -> None:
        connection.respond(200, data, (("Content-Type", "image/png"),))

    return answer


def _hebrew() -> str:
    paragraphs = "".join(f"<p>{sentence} {sentence}</p>" for sentence in _SENTENCES)
    title = "הנמל הישן נפתח מחדש: התושבים חזרו אל הרציף, הדייגים ביקשו שקט, והעירייה הבטיחה קו אוטובוס נוסף"
    return f"""<!doctype html><html lang="he" dir="rtl"><head><title>{title}</title><meta charset="utf-8">
<meta property="og:type" content="article"><meta property="og:image" content="https://hebrew.test/harbour.png">
<meta property="article:published_time" content="2026-03-04T08:00:00+02:00">
<meta name="author" content="נועה לוי"></head>
<body><article><h1>{title}</h1><figure><img src="/harbour.png"><figcaption>הרציף החדש בשעת בוקר (A. Photographer)
</figcaption></figure>{paragraphs}<h2>מה אומרים השכנים</h2>{paragraphs}</article></body></html>"""
