"""What the names of elements tell: which parts of a page are not the article. Words, never a site's own rules."""

from __future__ import annotations

from functools import lru_cache

from archive.deferring import deferred
from scraper.read import leadins, prompts
from scraper.read.tree import MAX_LABEL, Node, label, tag_of
from scraper.read.vocabulary import Names, named, words

_ASIDE = Names(
    """
    related[a-z]{0,12}|newsletter[a-z]{0,12}|subscribe|signup|mailchimp|optin|share|sharing|sharebar|sharetools|shares
    |social|socials|socialshare|addthis|addtoany|sharedaddy|sociable|promotions|promobox|advert|adverts|advertising
    |advertisement|advertisements|ad|ads|adbox|adsbygoogle|adslot|adunit|admanager|dfp|gpt|sponsor|sponsored|sponsors
    |outbrain|taboola|zergnet|affiliate|recommend|recommended|recommendation|recommendations|recirc|recirculation
    |readmore|mostread|popular|trending|mostpopular|breadcrumb|breadcrumbs|comment|comments|commentlist|disqus|respond
    |livefyre|donate|donation|donations|contribute|cookie|cookies|consent|gdpr|modal|popup|popover|lightbox|toolbar
    |pager|pagination|paginator|prevnext|taglist|masthead|menu|navbar|navigation|nav|footer|sitefooter|widget|widgets
    |twittertweet|tweet|instagram|infobox|factbox|factboxs|audioplayer|videoplayer|jwplayer|brightcove|syndication
    |reprints|login|register|contentinfo|complementary|dialog|alertdialog|followus|follow|cta|poll|anzeige|anzeigen
    |werbung|publicite|publicidad|publicidade|pubblicita|reklame|reklama|advertentie|teilen|partager|partage|compartir
    |condividi|delen|relacionad[ao]s?|correlat[aei]|noprint|bookmark|authorbox|polecane|powiazane|souvisejici
    |suvisiace|kapcsolodo|ajanlo|gerelateerde?|relater(?:t|te|ede|ade)|verwandte?|verwandtes|empfehlung|empfehlungen
    |artikelempfehlung|artikelempfehlungen|recomandate|recomendad[ao]s|terkait|bacajuga|leesook|lasmer|hashtags?
    |tagcloud|schlagwort|schlagworte|etiquetas|etichette|dianomi|revcontent|mgid|nativo|teads|inread|kommentare?
    |commentaires?|comentarios|commenti|reacties|kommentarer|komentarze|yorumlar|diskuse|diskussion|discussion
    |usercomments?|leserkommentare?|leserbriefe|responses|replies|umfrage|sondage|encuesta|enquete|sondaggio|anket
    |teaser|teasers|tease|tags|tag|topics|keywords|categories|alert|player|tooltip|toolbox|survey|quiz|weather
    |stocks|ticker|marquee|disclaimer|copyright|banner|promo|promos|promotion
    |embed|embeds|paywall|regwall|piano|metered|subscription|subscriptions|print
    """
)
_SOFT = named("widget|widgets")
"""Names of boxes that parts of the text bear too."""
_PAIRS = Names(
    """
    read more|read next|read also|also read|more (?:from|stories|news|on|articles|posts|about|reading|links?)
    |most (?:read|popular|viewed)|(?:author|writer|about|reporter) (?:bio|info|box|card|details|author|about)
    |about the author|sign up|sr only|visually hidden|screen reader|skip (?:link|to)|up next|next up|you may|see also
    |whats next|article tags|story tags|list of (?:related|links)|social media|link (?:box|list|more)
    |article (?:footer|bottom|actions|tools)|post (?:footer|navigation|meta|tags)|entry (?:footer|meta|utility)
    |lire aussi|a lire|lesen sie auch|mehr zum thema|leggi anche|lees ook|les ogsa|leia mais|leer mas
    |czytaj (?:tez|takze|wiecej|rowniez)|zobacz (?:tez|takze|rowniez)|lire (?:egalement|la suite)|a voir
    |weitere artikel
    |(?:sur le )?meme (?:sujet|theme)|articles? (?:lies?|associes?|similaires?)|auch interessant|lees meer|meer over
    |las (?:mer|ocksa)|les (?:mer|ogsa)|laes (?:ogsa|mere)|lue (?:myos|lisaa)|lisaa aiheesta|lea tambien
    |te puede interesar
    |mas (?:leidas|leido|noticias|informacion)|leia tambem|veja (?:tambem|mais)|saiba mais|mais lidas|i piu letti
    |piu lette|citajte (?:jos|i)|procitajte (?:jos|i)|citeste si|vezi si|baca juga|ilgili (?:haber|haberler)
    |tin lien quan
    |lien quan|xem them|(?:no|hide|hidden|dont) print|print (?:none|hide|hidden)|app (?:promo|banner|download)
    |save article
    |(?:whatsapp|google|telegram) (?:channel|news|follow)|autor(?:en)? (?:box|info|bio|kasten)|autorenbox
    |(?:external|embedded) content|table of contents|inhaltsverzeichnis
    |author (?:section|profile|description)|continue reading|click to|back to top|jump to|toc
    """
)
_HEAVY = named(
    """
    comment|comments|commentlist|disqus|respond|livefyre|related[a-z]{0,12}|recommended|recommendations|recirc
    |recirculation|popular|trending|cookie|cookies|consent|gdpr|newsletter[a-z]{0,12}|modal|popup|mostread|mostpopular
    |footer|sitefooter|navigation|nav|menu|kommentare?|commentaires?|comentarios|commenti|reacties|kommentarer
    |komentarze
    |yorumlar|diskuse
    """,
)
_SHOWING = named("lightbox|banner|popup|popover|modal|widget|copyright")
"""Names that tell how a picture is shown, not that it stands beside the article."""
_META = named(
    """
    byline|bylines|dateline|timestamp|timestamps|datetime|pubdate|publishdate|published|updated|postdate|authors
    |author
    |kicker|eyebrow|overline|rubric|flag|category|reading[a-z]{0,4}time|readtime|credit|credits
    """,
)
_MANY = 4096
_EMBED = named("twitter|instagram|tiktok|facebook|fb|bluesky|mastodon|reddit|embedly|imgur|telegram|threads")


@lru_cache(_MANY)
def is_aside(name: str, tag: str) -> bool:
    """Whether an element of that label is a box beside the article: related stories, sharing, advertising and so on."""
    if tag in ("nav", "aside", "footer", "dialog"):
        return True
    if tag == "figure":
        name = _SHOWING.sub("", name)
    # WordPress writes an article's tags and categories into its class.
    if not name or " hentry " in name or " type post " in name:
        return False
    return _ASIDE.search(name) is not None or _PAIRS.search(name) is not None


@lru_cache(_MANY)
def is_set_apart(name: str) -> bool:
    """Whether an element of that label tells something of its own amid the article, such as a list of facts."""
    return bool(name) and _SET_APART.search(name) is not None


_SET_APART = named("infobox|factbox|factboxs|(?:fact|info) box")


@lru_cache(_MANY)
def is_perhaps_aside(name: str) -> bool:
    """Whether an element has a name that is given to boxes beside the article, and to parts of its text as well."""
    return bool(name) and _SOFT.search(name) is not None and " hentry " not in name and " type post " not in name


def is_paid_text(node: Node, name: str) -> bool:
    """Whether an element named after a paywall holds what lies behind it: nothing to press, and no link to an offer."""
    if _WALL.search(name) is None or next(node.iter("form", "button", "input"), None) is not None:
        return False
    return not any(prompts.PLACES.search((a.get("href") or "")[:200]) for a in node.iter("a"))


def is_own_teaser(node: Node, name: str) -> bool:
    """Whether an element is named a teaser but leads nowhere, as the summary under an article's own title."""
    return _TEASER.search(name) is not None and next(node.iter("a", "h1", "h2", "h3", "h4"), None) is None


def is_declared(node: Node) -> bool:
    """Whether attributes, not names, say that an element is no text: not for snippets, or labelled as other stories."""
    if node.get("data-nosnippet") is not None or (node.get("itemtype") or "").endswith("/Comment"):
        return True
    spoken = node.get("aria-label")
    if not spoken or len(spoken) > _MAX_SPOKEN:
        return False
    spoken = spoken.strip()
    return bool(leadins.RELATED.match(spoken) or leadins.ENDS.match(spoken) or prompts.bids(spoken))


def is_out_of_sight(node: Node) -> bool:
    """Whether a class that style sheets agree on hides the element on screens of all widths."""
    found = (node.get("class") or "")[:MAX_LABEL].split()
    return not _HIDDEN.isdisjoint(found) and not any(_SHOWN.search(token) for token in found)


_HIDDEN = words("hidden d-none is-hidden u-hidden js-hidden hide invisible print-only d-print-block visible-print")
_SHOWN = deferred(r":(?:block|flex|grid|inline|contents|table)|^d-\w{2,3}-|visible-(?:xs|sm|md|lg)|show")
_WALL = named("paywall|regwall|piano|metered|subscription|subscriptions|paywalled")
_TEASER = named("teaser|tease")
_MAX_SPOKEN = 80


@lru_cache(_MANY)
def is_heavy(name: str, tag: str) -> bool:
    """Whether a box of that label is none of the article even where it holds much of the page's text."""
    return tag in ("nav", "footer") or (bool(name) and _HEAVY.search(name) is not None)


@lru_cache(_MANY)
def is_meta(name: str) -> bool:
    """Whether an element of that label holds a byline, a date or a kicker."""
    return bool(name) and _META.search(name) is not None


def is_embed(node: Node) -> bool:
    """Whether a quotation is a post of another site, put in by that site's script."""
    if tag_of(node) != "blockquote":
        return False
    return _EMBED.search(label(node)) is not None or any(_POST.search(a.get("href") or "") for a in node.iter("a"))


_POST = deferred(
    r"^(?:https?:)?//(?:www\.|m\.|mobile\.)?(?:(?:twitter|x)\.com/\w{1,20}/status/\d+|instagram\.com/(?:p|reel|tv)/[\w-]+"
    r"|tiktok\.com/@[\w.]+/video/\d+|bsky\.app/profile/[^/]+/post/\w+|threads\.(?:net|com)/@[\w.]+/post/\w+)"
)
