"""What pages say that are not the article they stand for: phrases in many languages, and marks of known products.

All of them are lower case, with straight apostrophes, and are looked for in text that is made so too, its white space
folded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


def _list(text: str) -> tuple[str, ...]:
    return tuple(phrase for line in text.splitlines() for phrase in (p.strip() for p in line.split("|")) if phrase)


class Mark(NamedTuple):
    """`certain` marks occur on a challenge page only; the others also on pages that the product lets through."""

    product: str
    needle: str
    certain: bool


# Looked for in the page's source.
CHALLENGE_MARKS = (
    Mark("Cloudflare", "_cf_chl_opt", True),
    Mark("Cloudflare", "/cdn-cgi/challenge-platform/h/b/orchestrate/", True),
    Mark("Cloudflare", "/cdn-cgi/challenge-platform/h/g/orchestrate/", True),
    Mark("Cloudflare", 'id="challenge-form"', True),
    Mark("Cloudflare", "challenge-error-text", True),
    Mark("Cloudflare", "cf-browser-verification", True),
    Mark("Cloudflare", "cf-im-under-attack", True),
    Mark("Cloudflare", "/cdn-cgi/challenge-platform/", False),
    Mark("Cloudflare", "challenges.cloudflare.com", False),
    Mark("DataDome", "geo.captcha-delivery.com", True),
    Mark("DataDome", "ct.captcha-delivery.com", True),
    Mark("DataDome", "captcha-delivery.com", False),
    Mark("Akamai", "sec-if-cpt-container", True),
    Mark("Akamai", "/_sec/cp_challenge/", True),
    Mark("Akamai", "bm-verify=", True),
    Mark("Akamai", "errors.edgesuite.net", False),
    Mark("Imperva", "_incapsula_resource?swudnsai", True),
    Mark("Imperva", "incapsula incident id", True),
    Mark("Imperva", "_incapsula_resource", False),
    Mark("HUMAN (PerimeterX)", 'id="px-captcha"', True),
    Mark("HUMAN (PerimeterX)", "captcha.px-cdn.net", True),
    Mark("HUMAN (PerimeterX)", "captcha.px-cloud.net", True),
    Mark("HUMAN (PerimeterX)", "_pxappid", False),
    Mark("AWS WAF", "gokuprops", True),
    Mark("AWS WAF", "awswafcookiedomainlist", False),
    Mark("AWS WAF", ".awswaf.com/", False),
    Mark("Anubis", 'anubis_challenge"', True),
    Mark("Anubis", "/.within.website/x/cmd/anubis/", True),
    Mark("Sucuri", "sucuri_cloudproxy_js", True),
    Mark("Sucuri", "sucuri website firewall", False),
    Mark("Kasada", "/149e9513-01fa-4fb0-aad4-566afd725d1b/", False),
    Mark("Kasada", "window.kpsdk", False),
    Mark("DDoS-Guard", "/.well-known/ddos-guard/", True),
    Mark("Vercel", "vercel security checkpoint", True),
    Mark("F5", "your support id is", False),
    Mark("F5", "/tspd/", False),
    Mark("Radware", "validate.perfdrive.com", True),
    Mark("SiteGround", "/.well-known/sgcaptcha/", True),
    Mark("Fastly", "/_fs-ch-", True),
    Mark("Qrator", "/__qrator/", True),
    Mark("Google", "/sorry/index", False),
    Mark("Yandex", "/showcaptcha", False),
    Mark("a captcha", "g-recaptcha", False),
    Mark("a captcha", "h-captcha", False),
    Mark("a captcha", "cf-turnstile", False),
)

# What the title or the first heading of a challenge page starts with.
CHALLENGE_TITLES = _list(
    """
    just a moment | attention required! | checking your browser |
    checking if the site connection is secure | ddos-guard | please wait... | verify you are human |
    verifying you are human | human verification | are you a robot | are you human | robot or human | bot verification |
    making sure you're not a bot | pardon our interruption |
    access to this page has been denied | security check | vercel security checkpoint | you are being redirected |
    robot check | captcha | einen moment | nur einen moment | un instant | un momento | um momento | один момент |
    одну секунду | 請稍候 | 请稍候 | しばらくお待ちください | 잠시만 기다
    """
)

CHALLENGE_PHRASES = _list(
    """
    checking your browser before accessing | enable javascript and cookies to continue | verify you are human |
    verifying you are human | verify that you are human | verify that you're not a robot | verify you're not a robot |
    confirm you are a human | confirm you're not a robot | prove you are human | press & hold to confirm you are |
    needs to review the security of your connection |
    unusual traffic from your computer network | unusual activity from your computer network | protected by anubis |
    complete the security check to access | please complete the captcha | ddos protection by |
    something about your browser made us think you were a bot | you have been blocked as a bot |
    request unsuccessful. incapsula
    """
)

BLOCKED_TITLES = _list(
    """
    access denied | 403 forbidden | forbidden | 403 - forbidden | error 403 | 403 error | you have been blocked |
    sorry, you have been blocked | request blocked | the request could not be satisfied |
    unavailable for legal reasons | 451: unavailable | not available in your region |
    this content is not available in your | this site is currently unavailable to visitors | zugriff verweigert |
    accès refusé | acceso denegado | accesso negato | acesso negado | доступ запрещен | доступ запрещён |
    too many requests | 429 too many requests | rate limit exceeded | zu viele anfragen | trop de requêtes |
    demasiadas solicitudes | demasiadas peticiones | troppe richieste | muitas solicitações | muitos pedidos |
    te veel verzoeken | för många förfrågningar | for mange forespørsler | liian monta pyyntöä | zbyt wiele żądań |
    zbyt wiele zapytań | příliš mnoho požadavků | túl sok kérés | prea multe cereri | слишком много запросов |
    забагато запитів | твърде много заявки | πάρα πολλά αιτήματα | çok fazla istek | طلبات كثيرة جدا |
    יותר מדי בקשות | बहुत अधिक अनुरोध | quá nhiều yêu cầu | terlalu banyak permintaan | คำขอมากเกินไป |
    リクエストが多すぎます | 请求过于频繁 | 请求过多 | 請求過多 | 요청이 너무 많습니다
    """
)

BLOCKED_PHRASES = _list(
    """
    unavailable in most european countries | not available in most european countries | you have been blocked |
    your access to this site has been limited | you don't have permission to access |
    not available to visitors from the european | due to the general data protection regulation (gdpr) |
    is not available in your country | is not available in your location | in ihrem land nicht verfügbar |
    pas disponible dans votre pays | no está disponible en su país | no está disponible en tu país |
    non è disponibile nel tuo paese | não está disponível no seu país | niet beschikbaar in uw land |
    недоступен в вашей стране | недоступна в вашей стране | недоступно в вашей стране | niedostępna w twoim kraju
    """
)

# How titles and headings of "not found" pages read. Whole titles, or with a site's name after a separator.
NOT_FOUND_TITLES = _list(
    """
    404 | not found | page not found | file not found | article not found | story not found | content not found |
    page cannot be found | page could not be found | the page cannot be found | the page you requested was not found |
    the page you are looking for | the page you were looking for | this page could not be found |
    this page can't be found | this page doesn't exist |
    this page does not exist | this page isn't available | this page is not available |
    page doesn't exist | page does not exist | page no longer exists | page unavailable |
    page not available | page missing | we can't find that page | we can't find the page |
    we couldn't find that page | we couldn't find the page |
    sorry, we couldn't find | sorry, we can't find | sorry, this page |
    oops! that page can't | nothing found | article no longer available |
    this article is no longer available | this story is no longer available | content no longer available |
    content unavailable | no longer available | seite nicht gefunden | die seite wurde nicht gefunden |
    diese seite wurde nicht gefunden | diese seite existiert nicht | seite nicht verfügbar | artikel nicht gefunden |
    nicht gefunden | inhalt nicht gefunden | inhalt nicht verfügbar | page non trouvée | page introuvable |
    page inexistante | cette page n'existe pas | la page demandée | article introuvable |
    erreur 404 | página no encontrada | pagina no encontrada | la página no existe | la página que busca |
    no encontrado | no se ha encontrado | no se encontró | contenido no encontrado | página não encontrada |
    pagina não encontrada | conteúdo não encontrado | não encontrado | não encontrada | pagina non trovata |
    contenuto non trovato | articolo non trovato | errore 404 | error 404 | http 404 | 404 error | fehler 404 |
    pagina niet gevonden | niet gevonden | sidan hittades inte | sidan kunde inte hittas | sidan finns inte |
    siden ble ikke funnet | siden finnes ikke | siden blev ikke fundet | siden findes ikke | siden kunne ikke findes |
    sivua ei löytynyt | sivua ei löydy | síðan fannst ekki | strona nie została znaleziona | nie znaleziono strony |
    nie znaleziono | strona nie istnieje | stránka nenalezena | stránka nebyla nalezena | stránka neexistuje |
    stránka sa nenašla | az oldal nem található | a keresett oldal nem található | oldal nem található |
    pagina nu a fost găsită | pagina nu există | stranica nije pronađena | stran ni bila najdena |
    страница не найдена | страница не существует | материал не найден | ошибка 404 | сторінку не знайдено |
    сторінка не знайдена | страницата не е намерена | η σελίδα δεν βρέθηκε | η σελίδα δε βρέθηκε | sayfa bulunamadı |
    aradığınız sayfa bulunamadı | الصفحة غير موجودة | الصفحة المطلوبة غير موجودة | صفحه یافت نشد | صفحه پیدا نشد |
    העמוד לא נמצא | הדף לא נמצא | पृष्ठ नहीं मिला | पेज नहीं मिला | ไม่พบหน้า | không tìm thấy trang |
    trang không tồn tại | halaman tidak ditemukan | halaman tidak dijumpai | 页面不存在 | 页面未找到 |
    找不到页面 | 找不到頁面 | 頁面不存在 | 您访问的页面不存在 |
    ページが見つかりません | お探しのページは見つかりません |
    お探しのページが見つかりません | 페이지를 찾을 수 없 | 존재하지 않는 페이지
    """
)

# What stands below a headline, or in its place, where an article was taken down.
WITHDRAWN_PHRASES = _list(
    """
    removed at the request of | withdrawn at the request of | taken down at the request of |
    removed for legal reasons | this article has been removed | this article was removed |
    this article has been withdrawn | this article has been deleted | this article has been taken down |
    this article has been unpublished | this article is no longer available | this story has been removed |
    this story was removed | this story has been taken down | this story is no longer available |
    dieser artikel wurde entfernt | dieser artikel wurde gelöscht | dieser artikel wurde zurückgezogen |
    dieser artikel ist nicht mehr verfügbar | dieser beitrag wurde entfernt | dieser beitrag wurde gelöscht |
    auf wunsch der betroffenen entfernt | aus rechtlichen gründen entfernt | cet article a été supprimé |
    cet article a été retiré | cet article a été dépublié | cet article n'est plus disponible |
    supprimé à la demande de | retiré à la demande de | este artículo ha sido eliminado |
    este artículo fue eliminado | este artículo ha sido retirado | este artículo fue retirado |
    este artículo ya no está disponible | esta noticia ha sido eliminada | retirado a petición de |
    questo articolo è stato rimosso | questo articolo non è più disponibile | rimosso su richiesta |
    este artigo foi removido | esta notícia foi removida | removido a pedido | dit artikel is verwijderd |
    dit artikel is niet meer beschikbaar | verwijderd op verzoek van | artikeln har tagits bort |
    artikeln är borttagen | artikkelen er fjernet | artikkelen er slettet | artiklen er fjernet |
    artiklen er slettet | artikkeli on poistettu | juttu on poistettu | artykuł został usunięty |
    tekst został usunięty | usunięty na prośbę | usunięty na wniosek | článek byl odstraněn | článek byl smazán |
    článok bol odstránený | a cikket eltávolítottuk | a cikket töröltük | articolul a fost șters |
    articolul a fost eliminat | материал удален | материал удалён | статья удалена | статья была удалена |
    новость удалена | удалена по просьбе | удалён по просьбе | удален по просьбе | по требованию удал |
    матеріал видалено | статтю видалено | το άρθρο αφαιρέθηκε | bu haber kaldırılmıştır | haber yayından kaldırıl |
    bu içerik kaldırılmıştır | تم حذف هذا المقال | تم حذف المقال | تم حذف الخبر | تمت إزالة هذا المقال |
    הכתבה הוסרה | この記事は削除されました | この記事は公開を終了しました | 掲載期間が終了しました | 本文已被删除 |
    文章已被删除 | 该文章已删除 | 本文已删除 | 本文已刪除 | 文章已刪除 | 삭제된 기사입니다 | 기사가 삭제되었습니다
    """
)

# Of pages that stand in for one which could not be made just then.
BROKEN_TITLES = _list(
    """
    error | unexpected error | an error occurred | an error has occurred | an unexpected error occurred |
    something went wrong | oops, something went wrong | oops! something went wrong | internal server error |
    server error | 500 | 500 internal server error | bad gateway | 502 bad gateway | 503 service unavailable |
    service unavailable | service temporarily unavailable | temporarily unavailable | gateway timeout |
    504 gateway time-out | technical difficulties | we are experiencing technical difficulties |
    maintenance | under maintenance | site maintenance | down for maintenance | site under maintenance |
    scheduled maintenance | we'll be back soon | we will be back soon | be right back |
    ein fehler ist aufgetreten | es ist ein fehler aufgetreten | interner serverfehler | technischer fehler |
    technische störung | wartungsarbeiten | wartung | wartungsmodus | vorübergehend nicht erreichbar |
    une erreur est survenue | une erreur s'est produite | erreur interne | erreur serveur | site en maintenance |
    service indisponible | service temporairement indisponible | se ha producido un error | ha ocurrido un error |
    error interno | error del servidor | sitio en mantenimiento | en mantenimiento | ocorreu um erro |
    erro interno | erro interno do servidor | site em manutenção | em manutenção | si è verificato un errore |
    errore interno | errore del server | sito in manutenzione | in manutenzione | er is een fout opgetreden |
    er ging iets mis | er is iets misgegaan | onderhoud | ett fel har uppstått | ett fel uppstod |
    något gick fel | det oppstod en feil | noe gikk galt | der opstod en fejl | noget gik galt |
    jotain meni vikaan | tapahtui virhe | wystąpił błąd | coś poszło nie tak | przerwa techniczna |
    došlo k chybě | nastala chyba | něco se pokazilo | hiba történt | a apărut o eroare | произошла ошибка |
    что-то пошло не так | технические работы | внутренняя ошибка сервера | сталася помилка | технічні роботи |
    възникна грешка | παρουσιάστηκε σφάλμα | κάτι πήγε στραβά | bir hata oluştu | bir şeyler ters gitti |
    bakım çalışması | حدث خطأ | خطأ في الخادم | خطایی رخ داد | אירעה שגיאה | कुछ गलत हो गया | đã xảy ra lỗi |
    terjadi kesalahan | เกิดข้อผิดพลาด | エラーが発生しました | メンテナンス中 | ただいまメンテナンス中です |
    오류가 발생했습니다 | 서비스 점검 | 系统错误 | 服务器错误 | 出错了 | 系統錯誤 | 發生錯誤 | 网站维护中
    """
)

# Words of consent dialogs; their share of a page's words tells a dialog from an article that mentions cookies.
CONSENT_WORDS = frozenset(
    _list(
        """
    ablehnen | accept | accepter | accetta | aceitar | aceptar | adatvédelmi | agree | akkoord | akzeptieren |
    confidentialité | consenso | consent | consentement | consentimento | consentimiento | cookie | cookies |
    datenschutz | datenschutzerklärung | einstellungen | einwilligung | evästeet | godkänn | parceiros | partenaires |
    partner | partnern | partners | partnerzy | personalised | personalized | personvern | plików | preferences |
    privacidad | privacidade | privacy | privacybeleid | prywatności | publicidad | publicités | rechazar | refuser |
    reject | rifiuta | samtycke | samtykke | socios | souhlas | toestemming | traceurs | tracking | vendors |
    verarbeitung | werbung | widerrufen | zgoda | zgodę | zustimmen | zustimmung | конфиденциальности | согласие
    """
    )
)

# Sentences of consent dialogs, many of them the fixed texts of the Transparency and Consent Framework.
CONSENT_PHRASES = _list(
    """
    we and our partners | we value your privacy | your privacy is important to us |
    store and/or access information on a device | information on your device | personalised advertising and content |
    personalised ads and content | personalized ads and content | before you continue to | legitimate interest |
    manage your choices | manage privacy settings | with your agreement, we | if you click 'accept all' |
    wir und unsere partner | informationen auf einem gerät | informationen auf einem endgerät |
    personalisierte werbung und inhalte | personalisierte anzeigen und inhalte | werbung und tracking |
    mit werbung weiterlesen | weiter mit werbung | bevor sie zu | berechtigtes interesse | nous et nos partenaires |
    avec nos partenaires | stocker et/ou accéder à des informations | publicités et contenu personnalisés |
    avant de continuer | continuer sans accepter | intérêt légitime | nosotros y nuestros socios |
    almacenar o acceder a información | publicidad y contenido personalizados | aceptar y continuar |
    antes de continuar | noi e i nostri partner | archiviare informazioni su dispositivo |
    annunci e contenuti personalizzati | continua senza accettare | nós e os nossos parceiros | wij en onze partners |
    informatie op een apparaat opslaan | gepersonaliseerde advertenties | vi och våra partner | vi og våre partnere |
    vi og vores partnere | me ja kumppanimme | my i nasi partnerzy | nasi zaufani partnerzy | my a naši partneři |
    mi és partnereink
    """
)

CONSENT_TITLES = _list(
    """
    before you continue | we value your privacy | your privacy | privacy settings | privacy gate |
    dpg media privacy gate | cookie consent | cookie wall | consent | bevor sie fortfahren | bevor sie zu |
    datenschutzeinstellungen | zustimmung | avant de continuer | antes de continuar | prima di continuare |
    voordat je verdergaat | privacy-instellingen | yahoo ist teil der yahoo | yahoo is part of the yahoo |
    yahoo fait partie de la famille
    """
)

# Labels of buttons that consent dialogs have.
CONSENT_BUTTONS = _list(
    """
    accept | agree | i agree | reject all | manage | akzeptieren | alle akzeptieren | alles akzeptieren | zustimmen |
    einverstanden | ablehnen | accepter | tout accepter | j'accepte | refuser | aceptar | rechazar | aceitar |
    accetta | rifiuta | akkoord | accepteren | godkänn | acceptera | godta | accepter alle | hyväksy | zgadzam |
    akceptuj | souhlasím | přijmout | elfogad
    """
)

# What a stub says where the text breaks off.
PAYWALL_PHRASES = _list(
    """
    subscribe to continue reading | subscribe to keep reading | subscribe to read the full | subscribe to read this |
    subscribe now to continue | subscribe to unlock this article | to continue reading this article |
    to continue reading,  | to continue reading please | continue reading with a | to read the full article |
    to read the full story | to read the rest of this | to read this article in full |
    this article is for subscribers | this article is for paid subscribers | this story is for subscribers |
    this post is for paid subscribers | this post is for paying subscribers | this content is for subscribers |
    this content is for members | this is a subscriber-only | this article is reserved for |
    this is a premium article | exclusive to subscribers | exclusively for subscribers |
    only available to subscribers | you've reached your limit of free articles |
    you have reached your limit of free articles | you have reached your article limit |
    you've read all your free articles | you have no free articles left | sign in to continue reading |
    log in to continue reading | register to continue reading | register for free to continue |
    create a free account to continue | create an account to continue reading | create a free account to read |
    um diesen artikel zu lesen | um den ganzen artikel zu lesen | um den artikel weiterzulesen | um weiterzulesen |
    weiterlesen mit | jetzt weiterlesen | sie möchten weiterlesen | lesen sie diesen artikel mit |
    diesen artikel weiterlesen | dieser artikel ist nur für abonnenten | dieser artikel ist abonnenten vorbehalten |
    dieser inhalt ist nur für abonnenten | dieser artikel ist exklusiv für | exklusiv für abonnenten |
    mit abo weiterlesen | testen und weiterlesen | anmelden und weiterlesen | registrieren und weiterlesen |
    pour lire la suite | la suite est réservée aux abonnés | la suite de cet article est réservée |
    réservé aux abonnés | réservée aux abonnés | article réservé à nos abonnés | il vous reste à lire |
    cet article est réservé | poursuivez votre lecture | abonnez-vous pour lire | para seguir leyendo |
    suscríbete para seguir leyendo | suscríbete para leer | contenido exclusivo para suscriptores |
    contenido solo para suscriptores | este artículo es exclusivo para suscriptores | regístrate para seguir leyendo |
    para continuar lendo | continue lendo | conteúdo exclusivo para assinantes | assine para ler |
    per continuare a leggere | abbonati per continuare a leggere | contenuto riservato agli abbonati |
    articolo riservato agli abbonati | om verder te lezen | alleen voor abonnees | exclusief voor abonnees |
    för att läsa vidare | läs vidare med | för att fortsätta läsa | endast för prenumeranter |
    bli prenumerant för att läsa | logga in för att läsa | for å lese videre | kun for abonnenter |
    for at læse videre | læs videre med | jatkaaksesi lukemista | vain tilaajille | aby czytać dalej |
    dalsza część artykułu dostępna | tylko dla prenumeratorów | pro přihlášené předplatitele | jen pro předplatitele |
    a teljes cikk elolvasásához | csak előfizetőknek | чтобы читать дальше | только для подписчиков |
    devamını okumak için abone | この記事は有料会員限定 |
    会員限定記事です | 有料会員限定 | 付费阅读 | 订阅后继续阅读 | 구독자 전용
    """
)

LOGIN_TITLES = _list(
    """
    log in | login | sign in | log into | sign up | anmelden | einloggen | connexion | se connecter | iniciar sesión |
    inicia sesión | accedi | entrar | inloggen | logga in | logg inn | log ind | kirjaudu | zaloguj | přihlášení |
    войти | вход | 登录 | 登入 | ログイン | 로그인
    """
)

SHELL_PHRASES = _list(
    """
    you need to enable javascript | please enable javascript | javascript is required | javascript is disabled |
    requires javascript | javascript aktivieren | activer javascript | habilita javascript | activa javascript |
    abilita javascript | включите javascript | enable js
    """
)

_WORD = re.compile(r"[^\W\d_]+")


def consent_words(text: str) -> int:
    """How many words of a lower-case text are those of consent dialogs."""
    return sum(map(CONSENT_WORDS.__contains__, _WORD.findall(text)))


def consent_phrases(text: str) -> tuple[str, ...]:
    """Which sentences of consent dialogs a lower-case text holds."""
    return tuple(phrase for phrase in among(CONSENT_PHRASES, text) if phrase in text)


def among(phrases: tuple[str, ...], text: str) -> list[str]:
    """Those of the phrases that a text with single spaces may hold: whose longest inner word is one of its words."""
    words = frozenset(text.split(" "))
    return [phrase for phrase, word in _with_inner_words(phrases) if not word or word in words]


@lru_cache
def _with_inner_words(phrases: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((phrase, max(phrase.split(" ")[1:-1], key=len, default="")) for phrase in phrases)
