"""Lines that pages put between and around the text of their articles, told by their wording."""

from __future__ import annotations

import re

from scraper.read.units import Unit
from scraper.read.vocabulary import wording

_ALONE = wording(
    r"""
    advertisements?|ads?|anzeige|werbung|publicidad|publicité|publicidade|pubblicità|reklama?|reklame|annons|advertentie
    |mainos|реклама|広告|광고|sponsored(?: content)?|promoted|powered by
    |(?:story|article) continues (?:below|after)(?: (?:this )?(?:ad|advertisement))?|continue reading(?: below)?
    |scroll (?:down )?to continue|read more|read also|see also|see more|show more|load more|learn more
    |watch (?:now|live|this)|listen(?: now)?|play|pause|click here|more from|more on this(?: story| topic)?
    |related(?: stories| articles| news| content| topics| posts| links| reading)?|recommended(?: stories| for you)?
    |you (?:may|might) also like|most (?:read|popular|viewed)|trending(?: now)?|up next|don't miss
    |share(?: this)?(?: article| story| post| page)?(?: on)?|share options|follow us(?: on.{0,40})?|tweet|pin it|email
    |e-mail|print|save|copy link|facebook|twitter|x|whatsapp|linkedin|telegram|reddit|pinterest|flipboard|instagram
    |youtube|tiktok|line|comments?(?: \(\d+\))?|\d+ comments?|leave a comment|post a comment|join the conversation
    |view comments|no comments|tags?|topics?|keywords|filed under|categories|posted in|subscribe(?: now| today)?
    |sign up(?: now)?|log in|sign in|register|newsletter|next|previous|prev|back to top|top|close|menu|search|home
    |photos?|videos?|gallery|image \d+ of \d+|\d+ ?(?:/|of) ?\d+|loading\.{0,3}|embed|caption|transcript
    |mehr (?:zum thema|lesen|dazu)|lesen sie auch|auch interessant|weiterlesen|weitere artikel|zum thema|teilen
    |kommentare?|artikel teilen|lire aussi|à lire aussi|lire la suite|partager|commentaires?|sur le même sujet
    |à découvrir|leggi anche|leggi tutto|condividi|commenti|approfondisci|lea también|lee también|leer más
    |te puede interesar|compartir|comentarios|leia (?:também|mais)|veja também|saiba mais|compartilhe|comentários
    |czytaj (?:więcej|także|też|również)|zobacz (?:także|też|również)|läs (?:mer|också|även)|les (?:mer|også)
    |læs (?:mere|også)|lees (?:ook|meer|verder)|lue (?:myös|lisää)|devamını oku|ayrıca bakınız|ilgili haberler
    |читайте также|читать далее|по теме|поделиться|комментарии
    |関連(?:記事|キーワード|ニュース)|おすすめ(?:情報|記事)
    |あわせて読みたい|続きを読む|相关(?:阅读|新闻|链接)|推荐阅读|延伸閱讀|관련기사|공유하기|댓글|baca juga
    |baca selengkapnya
    """,
    r"[\s:：.…>»→]*\Z",
)
_PREFIX = wording(
    r"""
    read (?:more|also|next|the full)|also read|see also|see more|more\s?:|related\s?:
    |related (?:article|story|news|coverage)|recommended\s?:|watch\s?:|video\s?:|listen\s?:|click here|don't miss
    |must read|in pics|in photos|photos\s?:|up next|you may also|tags?\s?:|tagged|topics?\s?:|filed under|keywords\s?:
    |categor(?:y|ies)\s?:|posted in|follow (?:us|me|the|@)|like us|join us|join our|share this|subscribe|sign up
    |download (?:the|our) app|get (?:the|our) (?:app|newsletter)|get more|lesen sie|lies auch|mehr zum|mehr dazu
    |siehe auch|passend dazu|lire aussi|à lire|lire également|leggi anche|leggi|lea también|lee también|lee más
    |leia|veja
    |saiba mais|czytaj|zobacz|läs |les også|les mer|læs |lees |lue |читайте|смотрите|ilgili|oku:|baca juga|関連|相关
    |▶|►|>>|➡|→|👉|»
    """
)
_WHOLE = wording(
    r"""
    this slideshow requires javascript|please enable javascript|javascript is (?:disabled|required)
    |you need to enable javascript|your browser does not support|thank you for (?:signing up|subscribing)
    |by (?:signing up|subscribing|clicking)[^.]{0,60}you agree|sign up (?:for|to) (?:our|the|get)
    |subscribe (?:to|now|for)|support (?:our|independent) journalism|this article is (?:for|only for|reserved)
    |already (?:a subscriber|registered|have an account)|follow .{1,40} on (?:twitter|facebook|x|instagram)
    |(?:©|copyright|\(c\)) .{0,80}|all rights reserved|alle rechte vorbehalten|tous droits réservés
    |todos los derechos reservados|get in touch with our news team|for more stories like this
    |do you have (?:a|any) (?:story|stories|news|tip)|an error has occurred
    |[^.]{0,40}cookies? (?:policy|settings)|we use cookies
    |[^。]{0,40}(?:会員限定|会員登録|会員向け|読み放題|全文をお読み)
    """
)
_CARRIED = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\Z")


def is_chrome(unit: Unit) -> bool:
    """Whether the unit's wording says that it is no part of the text, wherever it stands."""
    text = unit.text
    if (unit.kind == "heading" or len(text) < 60) and _ALONE.match(text):
        return True
    if _WHOLE.match(text) and len(text) < 300:
        return True
    return (
        unit.kind in ("text", "heading", "list", "quote")
        and unit.links > 12
        and len(text) < 400
        and _links_follow(unit)
    )


def _links_follow(unit: Unit) -> bool:
    """Whether a lead-in such as "Read more:" is followed by nothing but links."""
    match = _PREFIX.match(unit.text)
    return match is not None and unit.links >= (len(unit.text) - match.end()) * 0.6


def is_link_only(unit: Unit) -> bool:
    """Whether all of the unit's text is links."""
    return unit.links >= len(unit.text.replace(" ", "")) * 0.85 and unit.links > 0


def is_cut(unit: Unit) -> bool:
    """Whether the text breaks off, as teasers do."""
    return _CARRIED.search(unit.text) is not None
