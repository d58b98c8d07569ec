"""Lines that pages put between and around the text of their articles, told by their wording."""

from __future__ import annotations

import re

from archive.deferring import deferred
from archive.models import Paragraph
from scraper.read import leadins, prompts
from scraper.read.unit import Unit
from scraper.read.vocabulary import Wordings

_ALONE = Wordings(
    r"""
    advertisements?|ads?|anzeige|werbung|publicidad|publicité|publicidade|pubblicità|reklama?|reklame|annons
    |advertentie
    |mainos|реклама|広告|광고|广告|廣告|διαφήμιση|פרסומת|إعلان|آگهی|विज्ञापन|iklan|quảng cáo|hirdetés|publicitate
    |oglas
    |sponsored(?: content)?|promoted|powered by|scroll (?:down )?to continue|load more|learn more|show more
    |watch (?:now|live|this)|listen(?: now| to (?:this )?(?:article|story))?|play|pause|click here
    |\d+ min(?:ute)?s?(?: read)?
    |share(?: this)?(?: article| story| post| page)?(?: on)?|share options|follow us(?: on.{0,40})?|tweet|pin it|email
    |e-mail|print|save|copy link|link copied|facebook|twitter|x|whatsapp|linkedin|telegram|reddit|pinterest|flipboard
    |instagram|youtube|tiktok|line|view comments|no comments|tags?|topics?|keywords|filed under|categories|posted in
    |subscribe(?: now| today)?|sign up(?: now)?|log in|sign in|register|newsletter|next|previous|prev|back to top|top
    |close|menu|search|home|photos?|videos?|gallery|image \d+ of \d+|\d+ ?(?:/|of) ?\d+|loading\.{0,3}|embed|caption
    |transcript|teilen|artikel teilen|merken|drucken|partager(?: (?:l['’]article|sur.{0,20}))?|imprimer|enregistrer
    |condividi|stampa|compartir|guardar|imprimir|compartilh(?:e|ar)|partilhar|delen|deel(?: dit artikel)?|dela|del|jaa
    |udostępnij|sdílet|zdieľať|megosztás|distribuie|podijeli|podeli|deli|поделиться|поділитися|сподели|κοινοποίηση
    |paylaş
    |שתפו|شارك|اشتراک.گذاری|शेयर करें|শেয়ার করুন|แชร์|chia sẻ|bagikan|シェア(?:する)?|ツイート|공유하기|分享(?:到)?
    |etiquetas?|etiketter|schlagwörter|schlagworte|mots[- ]clés|parole chiave|tagi|štítky|címkék|etichete|oznake|теги
    |мітки|ετικέτες|etiketler|תגיות|الكلمات المفتاحية|كلمات مفتاحية|标签|標籤|キーワード|태그
    """,
    r"[\s:：.…>»→]*\Z",
)
_PREFIX = Wordings(
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
_TAGS = deferred(r"(?:#[^\s#]{2,40}[\s,]*)+\Z")
_SHORTCODE = deferred(r"\[/?[a-z][\w-]{2,30}(?: [a-z][\w-]{0,30}=[^\[\]]{1,300})?\s?/?\]", re.IGNORECASE)
"""What a WordPress plug-in would have replaced, were it there."""
_LINE = 60
_SENTENCE = 90
_CARRIED = ("...", "…", "[…]", "[...]")


def is_chrome(unit: Unit) -> bool:
    """Whether the unit's wording says that it is no part of the text, wherever it stands. Looked at once."""
    if unit.chrome is None:
        unit.chrome = _is_chrome(unit)
    return unit.chrome


def _is_chrome(unit: Unit) -> bool:
    text = _bare(unit.text)
    if (unit.kind == "heading" or len(text) < _LINE) and (_ALONE.match(text) or is_lead_in(unit)):
        return True
    if is_prompt(unit) or _TAGS.match(unit.text) is not None:
        return True
    if unit.kind == "text" and unit.text.startswith("[") and _SHORTCODE.match(unit.text) and text.endswith("]"):
        return True
    return leads_in(unit)


def is_label(unit: Unit) -> bool:
    """Whether the text is no more than a label of the page's own, such as "Advertisement"."""
    return len(unit.text) < _LINE and _ALONE.match(_bare(unit.text)) is not None


def _bare(text: str) -> str:
    """The text without arrows, brackets and the like before it."""
    return text if text[:1].isalnum() else _MARKS.sub("", text)


_MARKS = deferred(r"^[^\w#©ⓒ]+(?=\w)")


def is_lead_in(unit: Unit) -> bool:
    """Whether the unit announces other stories, comments or what comes after an advertisement, and says no more."""
    text = _bare(unit.text)
    if len(text) >= _SENTENCE or unit.kind not in ("text", "heading"):
        return False
    if leadins.CONTINUES.match(text):
        return True
    if len(text) >= _LINE or (unit.kind == "text" and not unit.links and _is_statement(text)):
        return False
    return bool(leadins.RELATED.match(text) or leadins.ENDS.match(text))


def _is_statement(text: str) -> bool:
    """Whether some words end in a full stop, as "More on that in the evening." does, and a lead-in hardly ever."""
    return text.endswith("。") or (text.endswith(".") and not text.endswith("..") and text.count(" ") >= _WORDS)


_WORDS = 3


def is_prompt(unit: Unit) -> bool:
    """Whether the unit bids the reader subscribe, sign in, follow or allow something."""
    if unit.size >= prompts.LONGEST:
        return False
    text = _bare(unit.text)
    if prompts.SURE.match(text):
        return unit.text[:1] not in _QUOTES or _is_offer(unit)
    if prompts.OFFERS.match(text):
        return _is_offer(unit) or prompts.speaks_of_itself(text)
    if unit.links == 0 or not isinstance(unit.block, Paragraph):
        return False
    if prompts.STORES.search(unit.block.text) is not None:
        return prompts.speaks_of_itself(text)
    return prompts.CHANNELS.search(unit.block.text) is not None


def _is_offer(unit: Unit) -> bool:
    """Whether more than the wording tells a prompt from a sentence: emphasis, brevity, or a link to follow."""
    if unit.kind == "heading" or (unit.size < _BRIEF and not unit.text.endswith(_STOPS)):
        return True
    if unit.text.endswith(("!", "！")) and unit.size < _LINE:
        return True
    if not isinstance(unit.block, Paragraph):
        return unit.links >= len(unit.text) * 0.5
    written = unit.block.text
    if written.startswith("*") and written.endswith("*") and written.count("*") in (2, 4, 6):
        return True
    return unit.links > 0 and (unit.links >= len(unit.text) * 0.2 or prompts.leads_to_offer(written))


_BRIEF = 30
_STOPS = (".", "。", "।", "۔", "։", *"\"'”»“’」")
_QUOTES = tuple('"“„”«»‹‘‚「『〝')


def leads_in(unit: Unit) -> bool:
    """Whether a lead-in such as "Read more:" is followed by nothing but links."""
    if unit.kind not in ("text", "heading", "list", "quote") or unit.links <= 12 or len(unit.text) >= 400:
        return False
    text = _bare(unit.text)
    match = leadins.BEFORE_LINKS.match(text) or _PREFIX.match(text)
    return match is not None and unit.links >= (len(text) - match.end()) * 0.6


def is_imprint(unit: Unit) -> bool:
    """Whether a line gives the publisher's telephone or tax number, as at the foot of a page."""
    return unit.kind == "text" and unit.size < _ADDRESS and _IMPRINT.search(unit.text) is not None


_ADDRESS = 400
_IMPRINT = deferred(
    r"\b(?:tel(?:efone?|éfono|efoon|efon|efono|\.)?|t[eé]l[eé]phone|phone|fone|fax|cnpj|cif|nif|p\.? ?iva"
    r"|ust-?id(?:nr)?|kvk|cvr|тел(?:ефон)?\.?|факс|инн|єдрпоу|τηλ\.?|電話|电话|전화|هاتف|טל['’]?)\s?[:：.]?\s?[\d(+]",
    re.IGNORECASE,
)


def is_link_only(unit: Unit) -> bool:
    """Whether all of the unit's text is links, of which each run is counted without the spaces around it."""
    return unit.links >= len(unit.text) * 0.85 and unit.links > 0


def is_cut(unit: Unit) -> bool:
    """Whether the text breaks off, as teasers do."""
    return unit.text.endswith(_CARRIED)
