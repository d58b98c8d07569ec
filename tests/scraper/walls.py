"""Pages that are not the article, each after what the product or publisher named really serves, cut to what matters."""

from __future__ import annotations

import json

PROSE = (
    "The town council voted on Tuesday evening to keep the old swimming hall open for another winter, after a debate "
    "that lasted almost four hours and drew more than two hundred people to the gallery.",
    "Supporters of the hall had gathered nine thousand signatures since the spring. The treasurer warned that the "
    "roof alone would cost more than the town spends on its libraries in a year, and asked for a loan from the county.",
    "Children from three schools learn to swim there, and the nearest other pool lies forty minutes away by bus. "
    "A decision on the money is expected in March, when the county publishes its plan for the coming decade.",
    "The mayor said after the vote that she was relieved, but that the work had only begun. An engineer will look at "
    "the beams in the coming weeks, and the hall stays closed on Mondays until the report is in.",
)


def article(*, title: str = "Council keeps the swimming hall", prose: tuple[str, ...] = PROSE, extra: str = "") -> str:
    paragraphs = "".join(f"<p>{text}</p>" for text in prose)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} - The Chronicle</title>
<meta property="og:type" content="article"><meta property="og:title" content="{title}">
<meta property="article:published_time" content="2024-11-05T20:11:00+01:00">
<script type="application/ld+json">{{"@context":"https://schema.org","@type":"NewsArticle","headline":"{title}",
"datePublished":"2024-11-05T20:11:00+01:00","author":{{"@type":"Person","name":"Ada Byron"}}}}</script></head>
<body><header><nav><a href="/">Home</a> <a href="/news">News</a></nav></header>
<main><article><h1>{title}</h1><p class="byline">By <a href="/by/ada">Ada Byron</a></p>{paragraphs}</article></main>
{extra}<footer><a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a></footer></body></html>"""


BANNER = """<div id="onetrust-banner-sdk" role="dialog"><h2>We value your privacy</h2><p>We and our partners store
and/or
access information on a device, such as cookies, and process personal data for personalised advertising and content.
You may accept or manage your choices, including your right to object where legitimate interest is used.</p>
<button>Accept all</button><button>Reject all</button></div>"""

CHALLENGES = {
    "Cloudflare": (
        403,
        """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="refresh" content="360"></head><body><div class="main-wrapper" role="main"><div class="main-content">
<noscript><div class="h2"><span id="challenge-error-text">Enable JavaScript and cookies to
continue</span></div></noscript>
</div></div><script>(function(){window._cf_chl_opt = {cvId: '3',cZone: 'news.test',cType: 'managed'};var a =
document.createElement('script');a.src = '/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=8f';
document.getElementsByTagName('head')[0].appendChild(a);}());</script></body></html>""",
    ),
    "Cloudflare with status 200": (
        200,
        """<html><head><title>Just a moment...</title></head><body class="no-js"><h1>news.test</h1><h2>Checking if the
site connection is secure</h2><form id="challenge-form" action="/a?__cf_chl_f_tk=x" method="POST"></form><p>news.test
needs to review the security of your connection before proceeding.</p><div>Performance &amp; security by
Cloudflare</div>
</body></html>""",
    ),
    "DataDome": (
        403,
        """<html lang="en"><head><title>news.test</title></head><body style="margin:0"><p id="cmsg">Please enable JS
and
disable any ad blocker</p><script data-cfasync="false">var dd={'rt':'c','cid':'AHrl','hsh':'05','t':'bv','host':
'geo.captcha-delivery.com'}</script><script src="https://ct.captcha-delivery.com/c.js"></script></body></html>""",
    ),
    "HUMAN": (
        403,
        """<html><head><title>Access to this page has been denied</title></head><body><div
class="px-captcha-container">
<h1>Before we continue...</h1><div id="px-captcha"></div><p>Press &amp; Hold to confirm you are a human (and not a
bot).
</p><p>Reference ID 1234</p></div><script>window._pxAppId = 'PX12';</script><script
src="/x/captcha.js"></script></body>
</html>""",
    ),
    "Akamai": (
        200,
        """<html><head><meta charset="utf-8"><title>&nbsp;</title></head><body><div id="sec-if-cpt-container"></div>
<script src="/_sec/cp_challenge/sec-cpt-4-2.js" async defer></script><script>var i=1;
bm-verify=AAQ</script></body></html>""",
    ),
    "Imperva": (
        200,
        """<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body><iframe
id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=9-1" frameborder=0>Request unsuccessful. Incapsula
incident
ID: 877-12</iframe></body></html>""",
    ),
    "Imperva's interruption": (
        200,
        """<html><head><title>Pardon Our Interruption</title></head><body><h1>Pardon Our Interruption</h1><p>As you
were
browsing something about your browser made us think you were a bot. There are a few reasons this might happen:</p><ul>
<li>You've disabled JavaScript in your web browser.</li><li>You're a power user moving through this website with
super-human speed.</li></ul><p>To regain access, please make sure that cookies and JavaScript are enabled.</p></body>
</html>""",
    ),
    "AWS WAF": (
        202,
        """<!DOCTYPE html><html lang="en"><head><title></title><script>window.awsWafCookieDomainList = [];
window.gokuProps = {"key":"AQ","iv":"Cg","context":"p"};</script><script
src="https://d.eu-west-1.token.awswaf.com/d/e/challenge.js"></script></head><body><div id="challenge-container"></div>
<noscript><h1>JavaScript is disabled</h1>In order to continue, we need to verify that you're not a robot.</noscript>
</body></html>""",
    ),
    "AWS WAF without a word": (
        202,
        """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title></title><script type="text/javascript">
window.awsWafCookieDomainList = [];</script></head><body></body></html>""",
    ),
    "Anubis": (
        200,
        """<!doctype html><html lang="en"><head><title>Making sure you&#39;re not a bot!</title><script
id="anubis_challenge" type="application/json">{"rules":{"algorithm":"fast","difficulty":4}}</script></head><body><main>
<h1 id="title">Making sure you&#39;re not a bot!</h1><p id="status">Loading...</p><script type="module"
src="/.within.website/x/cmd/anubis/static/js/main.mjs"></script><p>You are seeing this because the administrator of
this
website has set up Anubis to protect the server against the scourge of AI companies aggressively scraping websites.
</p><footer>Protected by Anubis from Techaro.</footer></main></body></html>""",
    ),
    "Sucuri": (
        200,
        """<html><title>You are being redirected...</title><noscript>Javascript is required. Please enable javascript
before you are allowed to see this page.</noscript><script>var s={},u,c,U,r,i,l=0,a,e=eval;sucuri_cloudproxy_js='';
</script></html>""",
    ),
    "DDoS-Guard": (
        403,
        """<!DOCTYPE html><html><head><title>DDOS-GUARD</title><script
src="/.well-known/ddos-guard/check?q=1"></script>
</head><body><h1>Checking your browser before accessing news.test</h1><p>This process is
automatic.</p></body></html>""",
    ),
    "Vercel": (
        429,
        """<!DOCTYPE html><html lang="en"><head><title>Vercel Security Checkpoint</title></head><body><p>We're
verifying
your browser</p><p>Website owner? <a href="https://vercel.link/security-checkpoint">Click here to fix</a></p></body>
</html>""",
    ),
    "SiteGround": (
        202,
        """<html><head><link rel="icon" href="data:;"><meta http-equiv="refresh"
content="0;/.well-known/sgcaptcha/?r=%2F&y=ipc:1"></head></html>""",
    ),
    "Google": (
        429,
        """<html><head><title>https://www.google.com/search?q=a</title></head><body><form id="captcha-form"
action="index" method="post"><div id="recaptcha" class="g-recaptcha"></div></form><p>Our systems have detected unusual
traffic from your computer network. This page checks to see if it's really you sending the requests, and not a
robot.</p>
</body></html>""",
    ),
    "Bloomberg": (
        200,
        """<!doctype html><html><head><title>Bloomberg - Are you a robot?</title></head><body><h1>We've detected
unusual
activity from your computer network</h1><p>To continue, please click the box below to let us know you're not a
robot.</p>
<div id="px-captcha"></div><script>window._pxAppId='PX8';</script></body></html>""",
    ),
}

CONSENT = {
    "Yahoo": (
        "https://www.yahoo.test/news/a-long-story-112233.html",
        "https://consent.yahoo.test/v2/collectConsent?sessionId=3_cc",
        """<html lang="de"><head><title>Yahoo ist Teil der Yahoo Markenfamilie</title></head><body><form method="post">
<h1>Yahoo ist Teil der Yahoo Markenfamilie</h1><p>Wenn Sie unsere Seiten und Apps nutzen, verwenden wir Cookies, um
Ihnen unsere Seiten bereitzustellen.</p><p>Wenn Sie auf „Alle akzeptieren“ klicken, werden wir und unsere Partner
(244, die Teil des Transparency &amp; Consent Framework sind) ebenfalls Informationen auf einem Gerät speichern, mit
anderen Worten Cookies verwenden, und personenbezogene Daten für personalisierte Werbung und Inhalte verarbeiten.</p>
<button name="agree">Alle akzeptieren</button><button name="reject">Alle ablehnen</button>
<a href="/x">Datenschutzeinstellungen verwalten</a></form></body></html>""",
    ),
    "Google": (
        "https://news.google.test/articles/CBMiWkFVX3lxTE",
        "https://consent.google.test/m?continue=https://news.google.test/articles/CBM&gl=DE",
        """<html><head><title>Before you continue</title></head><body><h1>Before you continue to Google</h1><p>We use
cookies and data to deliver and maintain services, track outages and protect against spam.</p><p>If you choose to
"Accept all", we will also use cookies and data to develop new services, show personalised content and ads.</p>
<form><input type="submit" value="Reject all"><input type="submit" value="Accept all"></form></body></html>""",
    ),
    "a pay-or-consent page in place": (
        "https://www.blatt.test/politik/die-lange-debatte-4711.html",
        "https://www.blatt.test/politik/die-lange-debatte-4711.html",
        """<html lang="de"><head><title>Blatt.test</title></head><body><main><h1>Willkommen</h1><h2>Weiter mit Werbung
lesen</h2><p>Besuchen Sie Blatt.test wie gewohnt mit Werbung und Tracking. Ihre Zustimmung ist jederzeit widerrufbar.
</p><button>Akzeptieren und weiter</button><p>Wir und unsere Partner verarbeiten Daten mit Ihrer Einwilligung: Cookies,
Informationen auf einem Endgerät speichern, personalisierte Werbung und Inhalte, Werbung messen. Einzelheiten finden
Sie
in der Datenschutzerklärung und im Privacy Center. Partner und Einstellungen können Sie dort ablehnen.</p>
<h2>… oder Pur-Abo</h2><p>Ohne Werbung und Tracking für 4,99 Euro im Monat.</p></main></body></html>""",
    ),
    "a privacy gate": (
        "https://www.krant.test/nieuws/een-lang-verhaal~b1234/",
        "https://myprivacy.krant.test/consent?siteKey=V9f&callbackUrl=https://www.krant.test/privacy-gate/accept",
        """<html lang="nl"><head><title>DPG Media Privacy Gate</title></head><body><div id="root"></div><script
src="/privacy-gate.js"></script></body></html>""",
    ),
}

NOT_FOUND = {
    "English": ("Page not found | The Chronicle", "Sorry, we couldn't find that page", "It may have moved."),
    "German": ("Seite nicht gefunden - Blatt", "Seite nicht gefunden", "Die Seite wurde verschoben oder gelöscht."),
    "French": ("Page introuvable - Le Journal", "Erreur 404", "La page que vous cherchez n'existe plus."),
    "Spanish": ("Página no encontrada", "Página no encontrada", "El contenido que busca no está disponible."),
    "Portuguese": ("Página não encontrada | Jornal", "Ops!", "O conteúdo foi removido."),
    "Italian": ("404 - Pagina non trovata", "Pagina non trovata", "La pagina richiesta non esiste."),
    "Dutch": ("Pagina niet gevonden | Krant", "Pagina niet gevonden", "Deze pagina bestaat niet meer."),
    "Swedish": ("Sidan hittades inte", "Hoppsan!", "Sidan du söker finns inte."),
    "Polish": ("404", "Nie znaleziono strony", "Strona mogła zostać usunięta."),
    "Russian": ("Страница не найдена — Газета", "Страница не найдена", "Возможно, она удалена."),
    "Turkish": ("Sayfa bulunamadı", "Sayfa bulunamadı", "Aradığınız sayfa kaldırılmış olabilir."),
    "Japanese": ("ページが見つかりません|新聞", "ページが見つかりません", "URLをご確認ください。"),
    "Chinese": ("页面不存在-人民网", "抱歉", "您访问的页面不存在或已被删除"),
    "Arabic": ("الصفحة غير موجودة", "الصفحة غير موجودة", "عذرا"),
    "typographic": ("The Chronicle", "This page doesn’t exist", "Try the search."),
}


def not_found(title: str, heading: str, text: str) -> str:
    links = "".join(f'<li><a href="/s/{i}">Another story number {i} of this week</a></li>' for i in range(12))
    return f"""<html><head><meta charset="utf-8"><title>{title}</title></head><body><nav><a href="/">Home</a></nav>
<h1>{heading}</h1><p>{text}</p><h3>Most read</h3><ul>{links}</ul></body></html>"""


LOGIN = """<html><head><title>Log in | The Chronicle</title></head><body><h1>Log in</h1><form action="/login"
method="post"><label>E-mail <input type="email" name="m"></label><label>Password <input type="password"
name="p"></label>
<button>Log in</button></form><p>No account yet? <a href="/register">Register</a></p></body></html>"""

SHELL = """<!DOCTYPE html><html lang="en"><head><title>The Chronicle</title><link href="/static/main.css"
rel="stylesheet"></head><body><noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>
<script src="/static/main.js"></script></body></html>"""

EDGE_DENIED = """<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1> You don't have
permission to
access "http://news.test/story" on this server.<P> Reference #18.4
<P>https://errors.edgesuite.net/18.4</BODY></HTML>"""

CLOUDFLARE_ERROR = """<!DOCTYPE html><html lang="en-US"><head>
<title>news.test | 522: Connection timed out</title></head>
<body><div id="cf-wrapper"><div id="cf-error-details"><h1>Connection timed out <span>Error code
522</span></h1><p>The initial connection between Cloudflare's network and the origin web server timed out.</p>
<div>Cloudflare Ray ID: 8f &bull;
Performance &amp; security by Cloudflare</div></div></div><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js">
</script></body></html>"""

CLOUDFLARE_BLOCK = """<!DOCTYPE html><html lang="en-US"><head><title>Attention Required! | Cloudflare</title></head>
<body><div id="cf-wrapper"><div id="cf-error-details"><h1>Sorry, you have been blocked</h1><h2>You are unable to access
news.test</h2><p>This website is using a security service to protect itself from online attacks.</p><div>Performance
&amp; security by Cloudflare</div></div></div></body></html>"""

REGION = """<html><head><title>Unavailable</title></head><body><h1>Sorry</h1><p>We recognize you are attempting to
access
this website from a country belonging to the European Economic Area (EEA), which enforces the General Data Protection
Regulation (GDPR), and therefore access cannot be granted. Our site is unavailable in most European
countries.</p></body>
</html>"""

HOME = (
    """<html><head><title>The Chronicle</title><meta property="og:type" content="website"></head><body><h1>The
Chronicle</h1>"""
    + "".join(
        f'<article><h2><a href="/2024/11/story-{i}">Headline of the story number {i}</a></h2><p>A teaser of '
        f"one sentence that says what story number {i} is about, and why one should read it today.</p></article>"
        for i in range(30)
    )
    + "</body></html>"
)


def stub(text: str, wall: str, *, free: str | None = "False", words: int | None = None, meta: str = "") -> str:
    """A paywalled page: its first paragraphs and the wall."""
    stated = f',"isAccessibleForFree":"{free}"' if free else ""
    stated += f',"wordCount":{words}' if words else ""
    return f"""<html><head><meta charset="utf-8"><title>The long read - The Chronicle</title>{meta}
<meta property="og:type" content="article"><script type="application/ld+json">{{"@type":"NewsArticle",
"headline":"The long read","datePublished":"2024-11-05T08:00:00Z"{stated}}}</script></head><body><article>
<h1>The long read</h1>{"".join(f"<p>{t}</p>" for t in text.split(chr(10)))}</article><div
class="paywall-box">{wall}</div>
<footer><a href="/">Home</a></footer></body></html>"""


STUBS = {
    "English": stub(PROSE[0], "<h2>Subscribe to continue reading</h2><p>Already a subscriber? Log in</p>"),
    "German": stub(
        PROSE[0] + "\n" + PROSE[1], "<h3>Jetzt weiterlesen mit Chronicle Plus</h3><p>Um diesen Artikel zu lesen</p>"
    ),
    "French": stub(PROSE[0], "<p>Il vous reste 72.5% de cet article à lire. La suite est réservée aux abonnés.</p>"),
    "Spanish": stub(PROSE[0], "<p>Suscríbete para seguir leyendo</p>"),
    "Swedish": stub(PROSE[0], "<p>Läs vidare med Plus. Redan prenumerant? Logga in för att läsa.</p>"),
    "tier and class alone": stub(PROSE[0], "", meta='<meta property="article:content_tier" content="locked">'),
    "no structured data": stub(PROSE[0], "<p>Subscribe to keep reading</p>", free=None),
    "half of a long text": stub("\n".join(PROSE * 2), "<p>Subscribe to read the full story</p>", words=2400),
}

# Pages without an article, and a live blog, which is one: each with the navigation that pages have.

_NAV = "<nav>" + "".join(f"<a href=/{n}>Section {n}</a> " for n in range(12)) + "</nav>"
_FOOT = "<footer><a href=/imprint>Imprint</a> <a href=/privacy>Privacy</a></footer>"


def _page(title: str, main: str, meta: str = "", more: str = "") -> str:
    return (
        f"<!DOCTYPE html><html lang=en><head><title>{title} | The Chronicle</title>{meta}</head>"
        f"<body>{_NAV}<main><h1>{title}</h1>{main}</main>{more}{_FOOT}</body></html>"
    )


def _og(kind: str) -> str:
    return f"<meta property='og:type' content='{kind}'>"


def _ld(kind: str, **more: str) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': kind} | more)}</script>"


_OTHERS = "".join(f"<a href=/v{n}><h3>Another film of the day, number {n}</h3></a>" for n in range(10))
_FIGURES = "".join(
    f"<figure><img src=/{n}.jpg><figcaption>Visitor number {n} at the fair. (Photo: Ann Bee)</figcaption></figure>"
    for n in range(12)
)
_TEASERS = "".join(
    f"<article><h2><a href=/s{n}>Story number {n} with a headline of some length</a></h2><p>A teaser of one sentence "
    f"tells what story number {n} is about, and leaves the reader wanting to know how it all ends.</p></article>"
    for n in range(15)
)
_RESULTS = "".join(
    f"<div class=result><a href=/r{n}>Result {n} about the pier</a><p>… the pier was closed for the season …</p></div>"
    for n in range(10)
)
_POSTS = "".join(
    f"<article class=post><time>10:{n:02}</time><h3>Update {n}</h3><p>At this minute something happened at the pier, "
    f"as a spokesman of the harbour told reporters, for the time number {n}.</p></article>"
    for n in range(14)
)
WITHOUT_ARTICLE = {
    "a video page": _page(
        "Storm hits the pier",
        "<video src=/v.mp4></video><p>Waves broke over the pier on Sunday.</p>",
        _og("video.other") + _ld("VideoObject", name="Storm hits the pier"),
        _OTHERS,
    ),
    "an episode to listen to": _page(
        "The pier, a series", "<audio src=/a.mp3></audio><p>Part three.</p>", _ld("PodcastEpisode"), _OTHERS
    ),
    "a gallery": _page("The fair in pictures", _FIGURES, _og("article")),
    "a section": _page("Politics", _TEASERS, _og("website")),
    "a section that calls itself an article": _page("Politics", _TEASERS, _og("article")),
    "search results": _page("Search results", f"<p>120 results for pier</p>{_RESULTS}"),
    "a contact page": _page("Contact", "<p>Write to us at 7 Harbour Street, or ring the bell at the door.</p>"),
}
LIVE_BLOG = _page(
    "Storm: live", _POSTS, _og("article") + _ld("LiveBlogPosting", headline="Storm: live", datePublished="2024-05-06")
)
BROKEN = {
    "an error": _page(
        "Something went wrong",
        "<p>An unexpected error occurred while we were handling your request. Please try again later. If the problem "
        "persists, contact the help desk and tell them the number 4711.</p>",
    ),
    "maintenance": "<title>Maintenance</title><h1>We'll be back soon</h1><p>Sorry for the inconvenience.</p>",
    "maintenance in German": _page("Wartungsarbeiten", "<p>Wir sind in wenigen Minuten wieder für Sie da.</p>"),
    "an error in Japanese": _page("エラーが発生しました", "<p>しばらくしてからもう一度お試しください。</p>"),
}
