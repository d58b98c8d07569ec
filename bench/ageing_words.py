"""What pages say that stand in the place of others, in many languages: pages not found, parked domains, dialogs,
logins. None of it is taken from the vocabularies that the reader knows."""

from __future__ import annotations

from msgspec import Struct


class Wording(Struct, frozen=True):
    """One language: `lost` and `removed` are title and sentence of pages that are not there, `parked` of domains for
    sale, `consent` of dialogs with two buttons, `login` of logins with a button, `wall` what cuts an article off."""

    lost: tuple[str, str]
    removed: tuple[str, str]
    parked: tuple[str, str]
    consent: tuple[str, str, str, str]
    login: tuple[str, str, str]
    wall: str


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        ("We looked everywhere", "What you were after is no longer with us, or it never was. Have a look around."),
        ("This story was withdrawn", "The publisher has taken the piece down. We are sorry for the trouble."),
        ("{site} can be yours", "Make an offer for this domain today. Related: loans, insurance, hotels, shoes."),
        ("A word before you read", "We and 213 companies use cookies to measure and to advertise.", "Fine", "Options"),
        ("Members only", "Please enter your password to go on.", "Enter"),
        "The rest is for those who support us. Join now for a small sum a month.",
    ),
    "de": Wording(
        (
            "Da ist etwas schiefgelaufen",
            "Unter dieser Adresse haben wir nichts für Sie. Vielleicht hilft die Übersicht.",
        ),
        ("Beitrag zurückgezogen", "Der Text wurde von der Redaktion entfernt und steht nicht länger bereit."),
        ("{site} steht zum Verkauf", "Diese Domain ist zu haben. Machen Sie ein Angebot. Passend: Kredite, Reisen."),
        ("Kurz gefragt", "Wir und 180 Firmen setzen Cookies für Messung und Anzeigen ein.", "Ist gut", "Auswählen"),
        ("Nur für Mitglieder", "Bitte geben Sie Ihr Passwort ein, um fortzufahren.", "Weiter"),
        "Den Rest lesen Sie als Unterstützer. Jetzt für wenig Geld im Monat mitmachen.",
    ),
    "fr": Wording(
        ("Oups, rien par ici", "Le contenu que vous cherchez a peut-être changé de place ou n'existe plus chez nous."),
        ("Texte retiré", "La rédaction a choisi de dépublier ce texte. Merci de votre compréhension."),
        ("{site} est à vendre", "Ce nom de domaine est disponible. Faites une offre. Voir : crédit, voyage."),
        ("Un instant avant de lire", "Nous et 90 sociétés posons des cookies pour mesurer.", "D'accord", "Réglages"),
        ("Espace membres", "Merci de saisir votre mot de passe pour poursuivre.", "Valider"),
        "La fin de ce texte est offerte à nos soutiens. Rejoignez-nous pour quelques euros.",
    ),
    "es": Wording(
        ("Vaya, aquí no hay nada", "El contenido que busca cambió de sitio o dejó de existir en nuestra web."),
        ("Nota retirada", "La redacción decidió retirar este texto. Disculpe las molestias."),
        ("{site} está en venta", "Este dominio está disponible. Haga una oferta. Ver: préstamos, hoteles."),
        ("Antes de leer", "Nosotros y 75 empresas usamos cookies para medir y anunciar.", "Vale", "Ajustes"),
        ("Solo para miembros", "Escriba su contraseña para seguir.", "Entrar ahora"),
        "El resto es para quienes nos apoyan. Únase por poco dinero al mes.",
    ),
    "it": Wording(
        ("Qui non c'è niente", "Il contenuto che cercavi è stato spostato oppure non c'è più sul nostro sito."),
        ("Articolo ritirato", "La redazione ha tolto questo testo. Ci scusiamo per il disagio."),
        ("{site} è in vendita", "Questo dominio è disponibile. Fai un'offerta. Vedi: prestiti, viaggi."),
        ("Prima di leggere", "Noi e 60 aziende usiamo cookie per misurare e mostrare annunci.", "Va bene", "Scegli"),
        ("Solo per i soci", "Inserisci la tua parola segreta per andare avanti.", "Avanti"),
        "Il resto è per chi ci sostiene. Unisciti a noi per pochi euro al mese.",
    ),
    "pt": Wording(
        ("Nada por aqui", "O conteúdo que procura mudou de lugar ou deixou de existir em nosso site."),
        ("Texto retirado", "A redação retirou este texto do ar. Pedimos desculpa."),
        ("{site} está à venda", "Este domínio está disponível. Faça uma oferta. Veja: crédito, hotéis."),
        ("Antes de ler", "Nós e 55 empresas usamos cookies para medir e anunciar.", "Tudo bem", "Opções"),
        ("Só para membros", "Digite a sua senha para seguir adiante.", "Seguir"),
        "O resto é para quem nos apoia. Junte-se a nós por pouco dinheiro.",
    ),
    "nl": Wording(
        ("Hier staat niets meer", "Wat u zocht is verhuisd of bestaat niet langer bij ons. Kijk gerust rond."),
        ("Verhaal ingetrokken", "De redactie heeft dit stuk offline gehaald. Excuses voor het ongemak."),
        ("{site} is te koop", "Deze domeinnaam is te koop. Doe een bod. Zie ook: leningen, reizen."),
        ("Even dit", "Wij en 40 bedrijven gebruiken cookies om te meten en te adverteren.", "Prima", "Kiezen"),
        ("Alleen voor leden", "Geef uw wachtwoord om verder te gaan.", "Verder"),
        "De rest is voor wie ons steunt. Doe mee voor een klein bedrag.",
    ),
    "sv": Wording(
        ("Här var det tomt", "Det du letade efter har flyttat eller finns inte kvar hos oss längre."),
        ("Texten är borttagen", "Redaktionen har tagit bort den här texten. Vi beklagar."),
        ("{site} är till salu", "Den här domänen är till salu. Lägg ett bud. Se även: lån, resor."),
        ("En sak först", "Vi och 35 bolag använder cookies för mätning och annonser.", "Det går bra", "Välj"),
        ("Bara för medlemmar", "Skriv ditt lösenord för att fortsätta.", "Vidare"),
        "Resten är för dig som stöder oss. Var med för en liten slant.",
    ),
    "pl": Wording(
        ("Pusto tutaj", "To, czego szukasz, zostało przeniesione albo już u nas nie istnieje."),
        ("Tekst wycofany", "Redakcja usunęła ten tekst. Przepraszamy za kłopot."),
        ("{site} jest na sprzedaż", "Ta domena jest na sprzedaż. Złóż ofertę. Zobacz też: kredyty, hotele."),
        ("Zanim przeczytasz", "My i 30 firm używamy plików cookie do pomiarów i reklam.", "W porządku", "Wybierz"),
        ("Tylko dla członków", "Podaj hasło, aby przejść dalej.", "Dalej"),
        "Reszta jest dla tych, którzy nas wspierają. Dołącz za niewielką kwotę.",
    ),
    "fi": Wording(
        ("Täällä ei ole mitään", "Etsimäsi sisältö on muuttanut tai sitä ei enää ole sivuillamme."),
        ("Juttu poistettu", "Toimitus on poistanut tämän jutun. Pahoittelemme vaivaa."),
        ("{site} on myytävänä", "Tämä verkkotunnus on myytävänä. Tee tarjous. Katso: lainat, matkat."),
        ("Ennen kuin luet", "Me ja 25 yritystä käytämme evästeitä (cookies) mittaamiseen.", "Sopii", "Valitse"),
        ("Vain jäsenille", "Anna salasanasi jatkaaksesi.", "Jatka"),
        "Loput kuuluu tukijoillemme. Liity pienellä summalla.",
    ),
    "ru": Wording(
        ("Здесь пусто", "То, что вы искали, переехало или больше не существует на нашем сайте."),
        ("Материал снят", "Редакция убрала этот текст. Приносим извинения."),
        ("{site} продаётся", "Этот домен продаётся. Сделайте предложение. Смотрите: кредиты, отели."),
        ("Прежде чем читать", "Мы и 20 компаний используем cookie для измерений и рекламы.", "Хорошо", "Выбрать"),
        ("Только для своих", "Введите пароль, чтобы продолжить.", "Дальше"),
        "Остальное — для тех, кто нас поддерживает. Присоединяйтесь за небольшую сумму.",
    ),
    "tr": Wording(
        ("Burada bir şey yok", "Aradığınız içerik taşınmış ya da artık sitemizde bulunmuyor olabilir."),
        ("Yazı geri çekildi", "Yayın kurulu bu yazıyı kaldırdı. Özür dileriz."),
        ("{site} satılık", "Bu alan adı satılık. Teklif verin. Bakınız: kredi, otel."),
        ("Okumadan önce", "Biz ve 15 şirket ölçüm ve reklam için çerez (cookie) kullanıyoruz.", "Peki", "Seç"),
        ("Yalnızca üyeler", "Devam etmek için parolanızı girin.", "İleri"),
        "Gerisi bizi destekleyenler için. Küçük bir tutarla katılın.",
    ),
    "ja": Wording(
        ("ここには何もありません", "お探しの内容は移動したか、当サイトから削除された可能性があります。"),
        ("記事は取り下げられました", "編集部はこの記事を取り下げました。ご了承ください。"),
        ("{site} は販売中", "このドメインは販売中です。お申し込みください。関連：ローン、旅行。"),
        ("お読みになる前に", "当社と12社は計測と広告のためにクッキー（cookie）を使います。", "はい", "選ぶ"),
        ("会員のみ", "続けるにはパスワードを入力してください。", "次へ"),
        "続きは支援者の方に。少額でご参加ください。",
    ),
    "zh": Wording(
        ("这里什么都没有", "您要找的内容可能已经移走，或者不再存在于本站。"),
        ("文章已撤下", "编辑部撤下了这篇文章，敬请谅解。"),
        ("{site} 正在出售", "该域名正在出售，欢迎出价。相关：贷款、酒店。"),
        ("阅读之前", "我们和十家公司使用 cookie 进行统计和投放广告。", "好的", "选择"),
        ("仅限会员", "请输入密码以继续。", "继续"),
        "其余内容留给支持我们的读者，少量费用即可加入。",
    ),
    "ko": Wording(
        ("여기에는 아무것도 없습니다", "찾으시는 내용은 옮겨졌거나 더 이상 저희 사이트에 없습니다."),
        ("기사가 내려졌습니다", "편집부가 이 글을 내렸습니다. 양해 바랍니다."),
        ("{site} 판매 중", "이 도메인은 판매 중입니다. 제안해 주세요. 관련: 대출, 호텔."),
        ("읽기 전에", "저희와 9개 회사는 측정과 광고를 위해 쿠키(cookie)를 씁니다.", "좋아요", "고르기"),
        ("회원 전용", "계속하려면 비밀번호를 입력하세요.", "다음"),
        "나머지는 후원자를 위한 글입니다. 적은 금액으로 함께하세요.",
    ),
    "ar": Wording(
        ("لا شيء هنا", "ما تبحث عنه نُقل إلى مكان آخر أو لم يعد موجودًا لدينا."),
        ("سُحب المقال", "قررت هيئة التحرير سحب هذا النص. نعتذر عن الإزعاج."),
        ("{site} للبيع", "هذا النطاق معروض للبيع. قدّم عرضك. انظر: قروض، فنادق."),
        ("قبل أن تقرأ", "نحن وثماني شركات نستخدم cookies للقياس والإعلان.", "حسنًا", "اختر"),
        ("للأعضاء فقط", "أدخل كلمة السر للمتابعة.", "التالي"),
        "البقية لمن يدعمنا. انضم إلينا بمبلغ صغير.",
    ),
}
