"""What the names of elements tell: which parts of a page are not the article. Words, never a site's own rules."""

from __future__ import annotations

from scraper.read.tree import Node, label, tag_of
from scraper.read.vocabulary import named

_ASIDE = named(
    """
    related[a-z]{0,12}|newsletter[a-z]{0,12}|subscribe|subscription|subscriptions|signup|mailchimp|optin
    |share|sharing|sharebar|sharetools|shares|social|socials|socialshare|addthis|addtoany|sharedaddy|sociable
    |promo|promos|promotion|promotions|promobox|advert|adverts|advertising|advertisement|advertisements|ad|ads|adbox
    |adsbygoogle|adslot|adunit|admanager|dfp|gpt|sponsor|sponsored|sponsors|outbrain|taboola|zergnet|affiliate
    |recommend|recommended|recommendation|recommendations|recirc|recirculation|readmore|mostread|popular|trending
    |mostpopular|teaser|teasers|tease|breadcrumb|breadcrumbs|comment|comments|commentlist|disqus|respond|livefyre
    |donate|donation|donations|contribute|paywall|regwall|piano|cookie|cookies|consent|gdpr|modal|popup|popover|lightbox
    |tooltip|toolbar|toolbox|pager|pagination|paginator|prevnext|tags|tag|taglist|topics|keywords|categories
    |masthead|menu|navbar|navigation|nav|footer|sitefooter|embed|embeds|widget|widgets|twittertweet|tweet|instagram
    |infobox|factbox|factboxs|audioplayer|videoplayer|jwplayer|brightcove|player|disclaimer|copyright|syndication
    |reprints|print|login|register|contentinfo|complementary|banner|dialog|alert|alertdialog|followus|follow|cta|poll
    |survey|quiz|ticker|marquee|weather|stocks|anzeige|anzeigen|werbung|publicite|publicidad|publicidade|pubblicita
    |reklame|reklama|advertentie|teilen|partager|partage|compartir|condividi|delen|relacionad[ao]s?|correlati
    """
)
_PAIRS = named(
    """
    read more|read next|read also|also read|more (?:from|stories|news|on|articles|posts|about|reading|links?)
    |most (?:read|popular|viewed)|(?:author|writer|about|reporter) (?:bio|info|box|card|details|author|about)
    |about the author|sign up|sr only|visually hidden|screen reader|skip (?:link|to)|up next|next up|you may|see also
    |whats next|article tags|story tags|list of (?:related|links)|social media|link (?:box|list|more)
    |article (?:footer|bottom|actions|tools)|post (?:footer|navigation|meta|tags)|entry (?:footer|meta|utility)
    |lire aussi|a lire|lesen sie auch|mehr zum thema|leggi anche|lees ook|les ogsa|leia mais|leer mas
    |author (?:section|profile|description)|continue reading|click to|back to top|jump to|table of contents|toc
    """
)
_HEAVY = named(
    """
    comment|comments|commentlist|disqus|respond|livefyre|related[a-z]{0,12}|recommended|recommendations|recirc
    |recirculation|popular|trending|cookie|cookies|consent|gdpr|newsletter[a-z]{0,12}|modal|popup|mostread|mostpopular
    |footer|sitefooter|navigation|nav|menu
    """
)
_SHOWING = named("lightbox|banner|popup|popover|modal|widget|copyright")
"""Names that tell how a picture is shown, not that it stands beside the article."""
_META = named(
    """
    byline|bylines|dateline|timestamp|timestamps|datetime|pubdate|publishdate|published|updated|postdate|authors|author
    |kicker|eyebrow|overline|rubric|flag|category|reading[a-z]{0,4}time|readtime|credit|credits
    """
)
_EMBED = named("twitter|instagram|tiktok|facebook|fb|bluesky|mastodon|reddit|embedly|imgur|telegram|threads")


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


def is_heavy(name: str, tag: str) -> bool:
    """Whether a box of that label is none of the article even where it holds much of the page's text."""
    return tag in ("nav", "footer") or (bool(name) and _HEAVY.search(name) is not None)


def is_meta(name: str) -> bool:
    """Whether an element of that label holds a byline, a date or a kicker."""
    return bool(name) and _META.search(name) is not None


def is_embed(node: Node) -> bool:
    """Whether a quotation is a post of another site, put in by that site's script."""
    return tag_of(node) == "blockquote" and _EMBED.search(label(node)) is not None
