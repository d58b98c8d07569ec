"""Lines that pages put between and around the text of their articles, told by their wording."""

from __future__ import annotations

import re

from scraper.read.units import Unit

_ALONE = re.compile(
    r"(?:advertisements?|ads?|anzeige|werbung|publicidad|publicité|publicidade|pubblicità|reklama?|reklame|annons|advertentie|mainos"
    r"|реклама|広告|광고|sponsored(?: content)?|promoted|powered by|story continues below(?: advertisement)?"
    r"|article continues (?:below|after)(?: (?:this )?(?:ad|advertisement))?|continue reading(?: below)?|scroll (?:down )?to continue"
    r"|read more|read also|see also|see more|show more|load more|learn more|watch (?:now|live|this)|listen(?: now)?|play|pause|click here"
    r"|more from|more on this(?: story| topic)?|related(?: stories| articles| news| content| topics| posts| links| reading)?"
    r"|recommended(?: stories| for you| reading)?|you (?:may|might) also like|most (?:read|popular|viewed)|trending(?: now)?|up next|don't miss"
    r"|share(?: this)?(?: article| story| post| page)?(?: on)?|share options|follow us(?: on.{0,40})?|tweet|pin it|email|e-mail|print|save|copy link"
    r"|facebook|twitter|x|whatsapp|linkedin|telegram|reddit|pinterest|flipboard|instagram|youtube|tiktok|line"
    r"|comments?(?: \(\d+\))?|\d+ comments?|leave a comment|post a comment|join the conversation|view comments|no comments"
    r"|tags?|topics?|keywords|filed under|categories|posted in"
    r"|subscribe(?: now| today)?|sign up(?: now)?|log in|sign in|register|newsletter|next|previous|prev|back to top|top|close|menu|search|home"
    r"|photos?|videos?|gallery|image \d+ of \d+|\d+ ?(?:/|of) ?\d+|loading\.{0,3}|this slideshow requires javascript|embed|caption|transcript"
    r"|mehr (?:zum thema|lesen)|lesen sie auch|auch interessant|weiterlesen|weitere artikel|zum thema|teilen|kommentare?|artikel teilen|mehr dazu"
    r"|lire aussi|à lire aussi|lire la suite|partager|commentaires?|sur le même sujet|à découvrir"
    r"|leggi anche|leggi tutto|condividi|commenti|approfondisci|lea también|lee también|leer más|te puede interesar|compartir|comentarios"
    r"|leia (?:também|mais)|veja também|saiba mais|compartilhe|comentários|czytaj (?:więcej|także|też|również)|zobacz (?:także|też|również)"
    r"|läs (?:mer|också|även)|les (?:mer|også)|læs (?:mere|også)|lees (?:ook|meer|verder)|lue (?:myös|lisää)|devamını oku|ayrıca bakınız|ilgili haberler"
    r"|читайте также|читать далее|по теме|поделиться|комментарии|関連(?:記事|キーワード|ニュース)|おすすめ(?:情報|記事)|あわせて読みたい|続きを読む|相关(?:阅读|新闻|链接)"
    r"|推荐阅读|延伸閱讀|분享하기|관련기사|댓글|baca juga|baca selengkapnya)[\s:：.…>»→]*\Z",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"(?:read (?:more|also|next|the full)|also read|see also|see more|more\s?:|related\s?:|related (?:article|story|news|coverage)|recommended\s?:|watch\s?:|video\s?:|listen\s?:"
    r"|click here|don't miss|must read|in pics|in photos|photos\s?:|up next|you may also|tags?\s?:|tagged|topics?\s?:|filed under|keywords\s?:|categor(?:y|ies)\s?:|posted in"
    r"|follow (?:us|me|the|@)|like us|join us|join our|share this|subscribe|sign up|download (?:the|our) app|get (?:the|our) (?:app|newsletter)|get more"
    r"|lesen sie|lies auch|mehr zum|mehr dazu|siehe auch|passend dazu|lire aussi|à lire|lire également|leggi anche|leggi|lea también|lee también|lee más"
    r"|leia|veja|saiba mais|czytaj|zobacz|läs |les også|les mer|læs |lees |lue |читайте|смотрите|ilgili|oku:|baca juga|関連|相关|▶|►|>>|➡|→|👉|»)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"(?:this slideshow requires javascript|please enable javascript|javascript is (?:disabled|required)|you need to enable javascript"
    r"|your browser does not support|thank you for (?:signing up|subscribing)|by (?:signing up|subscribing|clicking)[^.]{0,60}you agree"
    r"|sign up (?:for|to) (?:our|the|get)|subscribe (?:to|now|for)|support (?:our|independent) journalism|this article is (?:for|only for|reserved)"
    r"|already (?:a subscriber|registered|have an account)|follow .{1,40} on (?:twitter|facebook|x|instagram)"
    r"|(?:©|copyright|\(c\)) .{0,80}|all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados"
    r"|get in touch with our news team|for more stories like this|do you have (?:a|any) (?:story|stories|news|tip)"
    r"|an error has occurred|[^.]{0,40}cookie(?:s)? (?:policy|settings)|we use cookies"
    r"|[^。]{0,40}(?:会員限定|会員登録|会員向け|読み放題|全文をお読み))",
    re.IGNORECASE,
)
_CARRIED = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\Z")


def is_chrome(unit: Unit) -> bool:
    """Whether the unit's wording says that it is no part of the text, wherever it stands."""
    text = unit.text
    if unit.kind == "heading" or len(text) < 60:
        if _ALONE.match(text):
            return True
    if _WHOLE.match(text) and len(text) < 300:
        return True
    return unit.kind in ("text", "heading", "list", "quote") and unit.links > 12 and len(text) < 400 and _links_follow(unit)


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
