"""Pictures in the mark-up of many publishing systems."""

from __future__ import annotations

import pytest

from scraper.read.captions import Picture, picture
from scraper.read.tree import parse

A = "The pier at dawn in winter."


@pytest.mark.parametrize(
    ("markup", "caption", "credit"),
    [
        (f"<figcaption><p>{A}</p><span>Foto: <!-- -->Ada Quill / dpa</span></figcaption>", A, "Ada Quill / dpa"),
        (f"<figcaption>{A} <small>Foto: Ada Quill/dpa</small></figcaption>", A, "Ada Quill/dpa"),
        (
            f"<figcaption><span class=t>{A}</span><span class='t is-source'>Quelle: dpa/Ada Quill</span></figcaption>",
            A,
            "dpa/Ada Quill",
        ),
        (f"<figcaption><span>{A}</span><span class=a_m_m>Ada Quill (EFE)</span></figcaption>", A, "Ada Quill (EFE)"),
        ("<figcaption>The pier at dawn<span class='media__author'>EFE</span></figcaption>", "The pier at dawn", "EFE"),
        (
            "<figcaption><span>The pier at dawn</span><span>Ada Quill</span></figcaption>",
            "The pier at dawn",
            "Ada Quill",
        ),
        (
            "<div class='image__metadata'><div class='image__caption attribution'>"
            f"<span data-editable=metaCaption>{A}</span></div>"
            "<figcaption class='image__credit'>Ada Quill/AFP/Getty Images</figcaption></div>",
            A,
            "Ada Quill/AFP/Getty Images",
        ),
        (
            f"<figcaption><span>{A}</span><span><span class='visually-hidden'>Credit...</span>"
            "<span>Ada Quill for The Lantern</span></span></figcaption>",
            A,
            "Ada Quill for The Lantern",
        ),
        (
            f"<figcaption><span>{A}</span><span><span>Credit...</span><span>Ada Quill for The Lantern</span>"
            "</span></figcaption>",
            A,
            "Ada Quill for The Lantern",
        ),
        (
            f"<div class='credit-caption'><div class='caption-wrap'><div class=caption><p>{A} "
            "<b class=credit>Ada Quill/Getty Images</b> <b class='hide-caption'><b>hide caption"
            "</b></b></p></div><b class='toggle-caption'><b>toggle caption</b></b></div>"
            "<span class=credit>Ada Quill/Getty Images</span></div>",
            A,
            "Ada Quill/Getty Images",
        ),
        (
            "<figcaption>The pier at dawn<cite class=x>(<span>Supplied: Ada Quill</span>)</cite></figcaption>",
            "The pier at dawn",
            "Ada Quill",
        ),
        (
            "<div class=img><span>Foto: <a href=/x>Jan Novák</a>, ČTK</span></div><p>Molo za úsvitu</p>",
            "Molo za úsvitu",
            "Jan Novák, ČTK",
        ),
        (
            f"<figcaption>{A} <footer class='photo_credit'>Фото: Анна Белова, Газета</footer></figcaption>",
            A,
            "Анна Белова, Газета",
        ),
        (
            f"<figcaption><span class='MediaCaption'>{A}</span>"
            "<span class='MediaCredit'>Ada Quill / AFP / Scanpix</span></figcaption>",
            A,
            "Ada Quill / AFP / Scanpix",
        ),
        (
            "<figcaption><p class='Image'>Bến tàu lúc bình minh. Ảnh: <em>Minh Anh</em></p></figcaption>",
            "Bến tàu lúc bình minh.",
            "Minh Anh",
        ),
        (
            f"<figcaption class='wp-caption-text'>{A} <span class='copyright-text'>© Ada Quill</span></figcaption>",
            A,
            "Ada Quill",
        ),
        (
            f"<figcaption>{A} <span class='credits__title'>Foto: </span><span class='credits__text'>Ada Quill"
            "</span></figcaption>",
            A,
            "Ada Quill",
        ),
        (
            f"<figcaption><div class='credits-text'>Ada Quill</div><div class='txt'>{A}</div></figcaption>",
            A,
            "Ada Quill",
        ),
        (
            f"<figcaption><span itemprop='caption description'>{A}</span>"
            "<span itemprop='copyrightHolder'>Ada Quill</span></figcaption>",
            A,
            "Ada Quill",
        ),
        (
            f"<figcaption><span itemprop=description>{A}</span> <span itemprop=author itemscope>"
            "<span itemprop=name>Ada Quill</span></span></figcaption>",
            A,
            "Ada Quill",
        ),
        (f"<figcaption>{A}<br>Ada Quill</figcaption>", A, "Ada Quill"),
        ("<figcaption>The pier at dawn<br>Foto: Ada Quill</figcaption>", "The pier at dawn", "Ada Quill"),
        (
            "<figcaption>The pier at dawn<br><i>Ada Quill/The Lantern</i></figcaption>",
            "The pier at dawn",
            "Ada Quill/The Lantern",
        ),
        (
            f"<figcaption><h3>The pier</h3><p>{A}</p><p>Foto: Ada Quill</p></figcaption>",
            "The pier The pier at dawn in winter.",
            "Ada Quill",
        ),
        (f"<figcaption>{A} <a href=/x>Ada Quill</a></figcaption>", A, "Ada Quill"),
        (f"<figcaption>{A} <a href=https://f.example>Wikimedia Commons</a></figcaption>", A, "Wikimedia Commons"),
        (
            f"<figcaption>{A} Photo: <a href=/x>Ada Quill</a> / <a href=/y>CC BY 2.0</a></figcaption>",
            A,
            "Ada Quill / CC BY 2.0",
        ),
        (
            "<figcaption>Ada Quill, left, at the pier. <span class=credit>Ada Quill</span></figcaption>",
            "Ada Quill, left, at the pier.",
            "Ada Quill",
        ),
        (
            "<span class=credit>Ada Quill</span><figcaption>Ada Quill, left, at the pier with friends</figcaption>",
            "Ada Quill, left, at the pier with friends",
            "Ada Quill",
        ),
        ("<figcaption>1 / 4 The pier at dawn</figcaption>", "The pier at dawn", None),
        ("<figcaption>1/4 of the pier at dawn</figcaption>", "1/4 of the pier at dawn", None),
        (f"<figcaption><button>Share</button><span class='icon-camera'>Camera</span>{A}</figcaption>", A, None),
        (f"<div class='imgtxt'>{A}</div><div class=copyright>dpa</div>", A, "dpa"),
        ("<figcaption class=credit>Ada Quill</figcaption>", None, "Ada Quill"),
        (
            "<figcaption>Photo by <a href=/x>Ada Quill</a> on <a href=/y>Unsplash</a></figcaption>",
            None,
            "Ada Quill on Unsplash",
        ),
        (f"<figcaption>{A} [Ada Quill]</figcaption>", A, "Ada Quill"),
        (f"<figcaption>{A} (Ada Quill)</figcaption>", A, "Ada Quill"),
        (f"<figcaption>{A} (Ada Quill / The Lantern)</figcaption>", A, "Ada Quill / The Lantern"),
        ("<figcaption>Source: Eurostat</figcaption>", None, "Eurostat"),
        (f"<figcaption><div>{A}</div><div>Image: Ada Quill/REUTERS</div></figcaption>", A, "Ada Quill/REUTERS"),
        (f"<figcaption>{A} <span class='by'>By Ada Quill</span></figcaption>", A, "Ada Quill"),
        (
            f"<figcaption>{A}<div class='source'><span>Source:</span> <span>Ada Quill</span></div></figcaption>",
            A,
            "Ada Quill",
        ),
        (
            f"<figcaption><p>{A}</p><p>In the background the ferry</p></figcaption>",
            "The pier at dawn in winter. In the background the ferry",
            None,
        ),
        (f"<figcaption>{A} <strong>AFP</strong></figcaption>", A, "AFP"),
        (f"<figcaption>{A} <span>dpa</span></figcaption>", A, "dpa"),
        (f"<figcaption>{A} <span>Ada Quill via Handelsblatt</span></figcaption>", A, "Ada Quill via Handelsblatt"),
        (f"<figcaption>{A} <span>@adaquill/Instagram</span></figcaption>", A, "@adaquill/Instagram"),
        (f"<figcaption>{A} <span>adaquill.example</span></figcaption>", A, "adaquill.example"),
        ("<figcaption>The pier (photo) was built in 1910</figcaption>", "The pier (photo) was built in 1910", None),
        (f"<figcaption>{A}<span>Photo: Ada Quill</span></figcaption>", A, "Ada Quill"),
        ("<figcaption>The pier at dawn<span>Ada Quill</span></figcaption>", "The pier at dawn", "Ada Quill"),
        ("<figcaption>The pier at dawn <span>Ada Quill</span></figcaption>", "The pier at dawn", "Ada Quill"),
        ("<figcaption>The pier at <em>Ada Quill</em></figcaption>", "The pier at *Ada Quill*", None),
        ("<figcaption>The ferry <em>Evergreen Queen</em></figcaption>", "The ferry *Evergreen Queen*", None),
        (
            "<figcaption><span class=ph>Ph. Anna Gallo</span> Il molo all'alba</figcaption>",
            "Il molo all'alba",
            "Anna Gallo",
        ),
        (f"<figcaption>{A} Ada Quill, Oslo</figcaption>", "The pier at dawn in winter. Ada Quill, Oslo", None),
        (f"<figcaption>{A} AP/LaPresse</figcaption>", A, "AP/LaPresse"),
        (
            "<figcaption>Molo o świcie <span>| Foto: Adam Gil / PAP</span></figcaption>",
            "Molo o świcie",
            "Adam Gil / PAP",
        ),
        (
            "<figcaption>Molo o świcie | Autor: Adam Gil | Źródło: PAP</figcaption>",
            "Molo o świcie",
            "Adam Gil | Źródło: PAP",
        ),
        ("<figcaption>Symbolbild. Foto: dpa</figcaption>", "Symbolbild.", "dpa"),
        ("<figcaption><span>图为清晨的码头。</span><span>张三 摄</span></figcaption>", "图为清晨的码头。", "张三"),
        ("<figcaption>▲清晨的碼頭。（圖／記者王五攝）</figcaption>", "▲清晨的碼頭。", "記者王五"),
        (
            "<figcaption>朝の桟橋=2024年1月5日、東京都港区、山田花子撮影</figcaption>",
            "朝の桟橋=2024年1月5日、東京都港区",
            "山田花子",
        ),
        ("<figcaption>朝の桟橋=ロイター</figcaption>", "朝の桟橋", "ロイター"),
        ("<figcaption>朝の桟橋（山田花子撮影）</figcaption>", "朝の桟橋", "山田花子"),
        ("<figcaption>새벽 부두. / 사진=연합뉴스</figcaption>", "새벽 부두.", "연합뉴스"),
        ("<figcaption>새벽 부두 / 사진 제공 : 부산시</figcaption>", "새벽 부두", "부산시"),
        ("<figcaption>새벽 부두[연합뉴스 자료사진]</figcaption>", "새벽 부두", "연합뉴스 자료사진"),
        ("<figcaption>새벽 부두 ⓒ연합뉴스</figcaption>", "새벽 부두", "연합뉴스"),
        (
            "<figcaption>Der Steg am Morgen.</figcaption><footer>Hafenblatt/Ufer.de</footer>",
            "Der Steg am Morgen.",
            "Hafenblatt/Ufer.de",
        ),
        (
            "<figcaption><span>The Harbour Gazette</span><br>The pier at dawn, from the customs house.</figcaption>",
            "The pier at dawn, from the customs house.",
            "The Harbour Gazette",
        ),
        (
            "<figcaption><span>Ada Berg</span><br>She has led the port since May.</figcaption>",
            "Ada Berg She has led the port since May.",
            None,
        ),
    ],
)
def test_caption_and_credit_of_a_figure(markup: str, caption: str | None, credit: str | None) -> None:
    tree = parse(f"<html><body><figure><img src=a.png>{markup}</figure></body></html>")
    assert tree is not None
    assert picture(next(tree.iter("figure")), "https://a.test/") == Picture(caption, credit)
