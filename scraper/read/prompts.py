"""What newspapers say about themselves amid an article: subscribe, sign in, follow us, allow this content."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from archive.deferring import deferred
from scraper.read.vocabulary import Wordings, joined

SURE = Wordings(
    r"""
    this slideshow requires javascript|please enable javascript|javascript is (?:disabled|required)
    |you need to enable javascript|your browser does not support
    |(?:to view|view|see) this (?:video|content|post) .{0,40}(?:enable|accept|cookies)
    |we need your (?:permission|consent)
    |thank(?:s| you) for (?:signing up|subscribing|registering|reading .{0,20}(?:free|stories))
    |sign up (?:for|to|now|here|today)[^.]{0,40}(?:newsletter|updates|e-?mail|alerts|inbox)
    |suscr[ií]bete
    |by (?:signing up|subscribing|clicking|entering|providing|submitting|registering)[^.]{0,80}you (?:agree
    |accept|consent)
    |already (?:a |have )?(?:subscriber|registered|a member|an account|subscribed|member)\s?(?:\?
    |[,.]? ?(?:sign|log)|\Z)|would you like to comment|please read our comment policy
    |add .{2,40} (?:as a preferred source|on google)
    |(?:this|the|all) (?:content|article|text)s? (?:is|are) (?:protected by )?copyright
    |(?:the )?(?:views|opinions) expressed (?:here|in this (?:comment|section))
    |comments? (?:are|is|will be) (?:moderated|closed|subject)|your e-?mail address will not be published
    |get in touch with our news team|for more stories like this|an error has occurred|we use cookies
    |jetzt (?:kostenlos |gratis |hier |weiter)?(?:abonnieren|anmelden|registrieren|weiterlesen|bestellen
    |lesen mit)|jetzt (?:kostenlos|gratis|unverbindlich) testen
    |(?:bereits|schon|sie sind bereits) (?:abonnent|registriert|kunde|mitglied|abo)
    |(?:diese[rs]?|der|dieser) (?:artikel|text|inhalt|beitrag) ist (?:exklusiv|nur für|ausschließlich
    |kostenpflichtig|abonnent)|sie haben (?:noch )?kein (?:abo|konto)|noch kein(?:e)? (?:abo|konto|abonnent)
    |newsletter (?:abonnieren|bestellen)|empfohlener (?:redaktioneller |externer )?inhalt|link zum .{2,30}-inhalt
    |ich bin (?:damit )?einverstanden, dass
    |(?:zur|zum) (?:anzeige|darstellung|abspielen|anzeigen) (?:des|dieses|der)[^.]{0,60}(?:einwilligung
    |zustimmung|daten|cookies)|damit können personenbezogene daten
    |wir benötigen (?:ihre|deine) (?:zustimmung|einwilligung)|an dieser stelle (?:findes?[nt]|steht|befindet
    |würde)[^.]{0,30}(?:extern|redaktionell|eingebettet|eingebunden)
    |il vous reste .{0,12}%|la suite est réservée
    |(?:la suite de )?(?:cet|l['’])? ?(?:article|contenu) (?:est )?(?:réservé|exclusi)[^.]{0,60}(?:abonnés
    |membres|inscrits)|déjà (?:abonné|inscrit|membre)e?\s?[?!]|(?:vous avez |vous êtes )?déjà (?:un compte|abonné)
    |(?:je )?m['’]abonne|téléchargez (?:l['’]|notre )app
    |(?:ce|cet|le) (?:contenu|élément) (?:est|a été|n['’]a pas pu)[^.]{0,40}(?:bloqué|désactivé|cookies|refus)
    |vous n['’]avez pas (?:encore )?(?:de compte|d['’]abonnement)|in[ií]cia(?:r)? sesi[oó]n
    |ya (?:eres|soy|est[aá]s|tienes|tengo) (?:suscript|registr|abonad|una? (?:cuenta|suscripci))
    |para (?:seguir|continuar) leyendo|s[ií]guenos|descarga (?:la|nuestra|aqu[ií]) (?:app|aplicaci)
    |j[aá] [eé] assinante|(?:este|esse|o) (?:artigo|conteúdo|texto|matéria) é exclusiv
    |(?:entre|participe) (?:no|do|em nosso|no nosso) (?:canal|grupo)|registrati (?:gratis|ora)\b
    |(?:hai già|sei già) (?:un |abbonat)|per continuare (?:a leggere|la lettura)
    |questo (?:contenuto|articolo) è (?:riservato|esclusivo|disponibile solo)|resta (?:sempre )?aggiornato
    |dit artikel is (?:alleen|exclusief|enkel|voorbehouden|gratis)|(?:ben je |bent u )?al abonnee|log in (?:om|voor)
    |maak (?:een )?gratis account
    |(?:deze|dit) (?:inhoud|video|post|bericht|content) (?:kan|bevat|wordt|van)[^.]{0,60}(?:cookies
    |geblokkeerd|weergegeven)|(?:den här |denna )?artikeln? är (?:låst|endast|exklusiv|för prenumeranter)
    |(?:är du )?redan prenumerant|logga in (?:för|och)|läs vidare med|följ oss|(?:er du )?allerede abonnent
    |logg inn (?:for|og)|denne (?:saken|artikkelen|teksten) er (?:kun |bare )?for|tips oss
    |(?:er du )?allerede (?:abonnent|kunde|medlem)|log ind (?:for|og|her)
    |denne artikel (?:er (?:kun|for|låst|forbeholdt)|kræver)|þessi grein er (?:aðeins|eingöngu)
    |(?:tämä )?(?:artikkeli|juttu|sisältö) on (?:vain |tarkoitettu )?tilaaj|kirjaudu (?:sisään|ja)|oletko jo tilaaja
    |(?:artikkel|lugu) on (?:ainult |mõeldud )?tellija|logi sisse|telli (?:uudiskiri|kohe|.{0,20}uudiskir)
    |oled juba tellija|sekite mus|zaloguj się
    |(?:ten )?artykuł (?:jest )?(?:dostępn|przeznaczon)[^.]{0,20}(?:tylko|dla)|masz już (?:konto|prenumeratę|dostęp)
    |obserwuj nas|pozostało (?:ci |jeszcze )?.{0,6}% (?:artykułu|tekstu|treści)|śledź nas
    |(?:tento |celý )?(?:článek|obsah) je (?:určen|dostupný|exkluzivní|pouze|jen|zamčený|jen pro)|předplaťte si
    |máte (?:již|už) (?:účet|předplatné)|sledujte nás|predplaťte si
    |(?:tento |celý )?článok je (?:určený|dostupný|len|iba)|podporte nás|podpořte nás
    |(?:ez )?a (?:cikk|tartalom) .{0,30}előfizető|abon(?:ează-te|ați-vă|eaz[aă]-te)
    |(?:acest )?(?:articol|conținut)(?:ul)? (?:este )?(?:disponibil|exclusiv|rezervat) (?:doar )?pentru
    |абонирайте се|последвайте ни|регистрирайте се|prati(?:te)? nas
    |(?:ovaj )?(?:sadržaj|članak) je (?:dostupan|namijenjen|samo|rezerviran)
    |(?:već )?(?:ste|imate) (?:pretplat|račun)|že (?:ste )?naročnik|пратите нас|претплатите се|войдите (?:или|чтобы)
    |(?:материал|статья|текст) доступ(?:ен|на|но)? (?:только )?(?:для )?подписчик
    |підпи(?:шіться|суйтесь|суйтеся|шись) (?:на|в)|увійдіть|підтрима(?:йте|ти) (?:нас|редакцію)
    |читайте нас (?:у|в|на)|bizi takip ed|(?:bu )?(?:haber|içerik|yazı) (?:sadece|yalnızca) abone|uygulamamızı indir
    |הירשמו (?:ל|עכשיו|כאן)|הרשמו ל|כבר (?:מנויים|מנוי|רשומים|נרשמת)|לקריאת (?:המשך )?הכתבה|למנויים בלבד
    |הצטרפו (?:לערוץ|לקבוצת|לניוזלטר|אלינו|עכשיו)|עקבו אחרינו
    |(?:اشترك|اشتركوا) (?:الآن|معنا|ليصلك|في (?:نشرت|قنات|قناة|خدمة))|تابعو?ا? ?نا|تابعونا|حم[ّ]?ل تطبيق
    |لن يتم نشر عنوان|ما را .{0,30}دنبال کنید|ثبت[‌ ]نام کنید|सब्सक्राइब करें|গুগল নিউজে.{0,60}|unduh aplikasi
    |simak berita|đăng nhập
    |[^。]{0,20}(?:会員限定(?:記事|です)|読み放題|全文をお読み|残り\s?[\d０-９]+\s?文字|購読申し込み
    |メールマガジン(?:登録|で)|メルマガ(?:登録|で))
    |この記事は.{0,10}(?:会員|有料|無料)|すでに会員の方.{0,20}|ログイン(?:して|する|すると|はこちら).{0,30}\Z
    |続きは(?:会員|有料|ログイン).{0,30}|로그인.{0,20}\Z
    |제보하기.{0,20}|제보는 .{0,30}(?:카카오|메일|@).{0,40}|(?:저작권자|ⓒ|무단 ?전재|무단전재).{0,100}
    |.{0,40}무단 ?전재.{0,40}
    |(?:订阅|訂閱|登录|登入|注册|註冊).{0,12}\Z|关注我们.{0,20}|追蹤我們.{0,20}|(?:扫码|掃碼|掃描)(?:关注|關注|下载
    |下載|添加|加入|阅读|閱讀|二維碼|QR).{0,30}
    |[^。]{0,20}本文(?:为|為|是).{0,8}(?:付费|付費|会员|會員|訂戶).{0,20}|(?:责任编辑|責任編輯|责编|責編|编辑|(?:来源|來源))\s?[:：].{0,30}
    |(?:©|\(c\)|ⓒ) .{0,80}|copyright (?:©|\(c\)|\d{4}|by\b|notice|[^.]{0,40}all rights).{0,80}
    |all rights reserved|all contents? (?:©|\(c\)|copyright)
    |alle rechte (?:vorbehalten|voorbehouden)|tous droits réservés|reproduction (?:interdite|prohibited)
    |todos (?:los derechos|os direitos) reservados|tutti i diritti riservati|riproduzione riservata|alla rättigheter
    |alle rettigheter|wszelkie prawa zastrzeżone|všechna práva vyhrazena|minden jog fenntartva
    |toate drepturile rezervate|sva prava pridržana|все права защищены|всі права захищені|με την επιφ[ύυ]λαξη
    |tüm hakları saklıdır|כל הזכויות שמורות|جميع الحقوق محفوظة
    |[^。，]{0,20}(?:违法和不良信息|违法|不良信息)举报.{0,60}\Z
    |[^。]{0,20}(?:無断転載|版权所有|版權所有).{0,20}
    |সর্বস্বত্ব সংরক্ষিত|(?:view|see) this (?:post|photo|profile) on instagram|a post shared by .{2,60}
    |(?:sieh|sehen sie) (?:dir )?diesen beitrag auf instagram.{0,20}
    |(?:voir|afficher) cette publication sur instagram.{0,20}|ver esta publicación en instagram.{0,20}
    |ver essa foto no instagram|visualizza questo post su instagram.{0,20}
    |(?:dit|deze) (?:bericht|post) op instagram bekijken.{0,10}|bekijk dit bericht op instagram
    |visa (?:det här )?inlägg(?:et)? på instagram|se dette (?:innlegget|opslag) på instagram
    |näytä tämä julkaisu instagramissa|wyświetl ten post na instagramie|zobrazit příspěvek na instagramu
    |a bejegyzés megtekintése az instagramon|посмотреть эту публикацию в instagram.{0,20}
    |переглянути цей допис в instagram.{0,20}|bu gönderiyi instagram.{0,3}da gör.{0,20}
    |この投稿をinstagramで見る.{0,20}
    |lihat postingan ini di instagram|pogledajte ovu objavu na instagramu
    |δείτε αυτή τη δημοσίευση στο instagram.{0,20}
    """
)
"""Wordings of prompts; a longer text may begin with one by chance."""

OFFERS = Wordings(
    r"""
    by (?:signing up|subscribing|clicking|entering|providing|submitting|registering)[^.]{0,80}(?:you|agree)
    |sign up (?:for|to|now|here|today)|get (?:our|the) [^.]{0,60}(?:inbox|newsletter|e-?mail|app\b)
    |subscribe (?:to|now|for|today|here)|support (?:our|independent|local|quality|free) journalism
    |(?:this|the|our) (?:article|story|content|page) is (?:for|only|reserved|available|exclusive|free|locked
    |part of our)[^.]{0,60}(?:subscri|member|register|read if|regist|premium|sign)|to (?:continue|keep) reading
    |(?:create|sign up for) (?:an|a free|your free) account
    |register (?:now|for free|to (?:read|continue|comment|receive|get))
    |become a (?:member|subscriber|supporter|patron)
    |want to (?:read|see|know) (?:more|the full|the rest).{0,60}(?:subscri|sign|regist|\?)
    |you(?:['’]ve| have) (?:\d+|read|reached|used)[^.]{0,40}(?:free|articles?|limit)|enter your e-?mail
    |unlock (?:this|the|unlimited)|download (?:the|our) .{0,30}app
    |stay (?:up to date|informed|tuned|connected) (?:with|by|for)
    |follow .{1,40} on (?:twitter|facebook|x|instagram|google|whatsapp|telegram|social)
    |join (?:our|the) .{0,40}(?:whatsapp|telegram|channel|newsletter|community|mailing list)
    |get [^.]{2,60} delivered (?:to|through|straight|direct)|do you have (?:a|any) (?:story|stories|news|tip)
    |have you got a story|[^.]{0,40}cookies? (?:policy|settings)
    |melde?n? (?:sie )?(?:sich|dich) (?:jetzt |hier |gleich |kostenlos )?(?:an|für|zu)
    |mit (?:einem |ihrem |dem )?.{0,20}(?:abo|abonnement) (?:weiter|lesen|haben)
    |um (?:den |diesen )?(?:artikel|text|beitrag) (?:weiter|vollständig|zu )
    |(?:abonnieren|folgen) sie (?:uns|unseren?|den|jetzt|hier)
    |unterstützen sie (?:uns|unseren? |unabhängigen|den journalismus)
    |an dieser stelle (?:finden|steht|befindet|würde|ist|wird|möchten)[^.]{0,60}(?:inhalt|video|podcast|karte
    |post\b|tweet|element|grafik)
    |mit (?:dem )?(?:klick|aktivierung|anklicken)[^.]{0,80}(?:einverstanden|daten|inhalt)|externe[rn]? inhalte?
    |(?:sie|du) (?:können|kannst) (?:ihn|sie|es) (?:sich )?mit einem klick
    |dieses (?:video|element) (?:wird|kann|stammt)|abonnez[- ]vous|inscrivez[- ]vous
    |pour (?:lire la suite|continuer|accéder|poursuivre|consulter)[^.]{0,60}(?:lecture|article|abonn|compte
    |cookies|contenu)|recevez (?:chaque|tous|gratuitement|notre|nos|toute|l['’])|connectez[- ]vous
    |suivez[- ](?:nous|toute)|rejoignez (?:nous|la|notre|la chaîne)|soutenez (?:nous|un|notre|le)
    |suscr[ií](?:base|bite)|reg[ií]str(?:ate|ese) (?:gratis|para|ahora|y|en)
    |(?:este|esta|el) (?:art[ií]culo|contenido|noticia|nota) es (?:exclusiv|solo|s[oó]lo|[uú]nicamente)
    |contenido exclusivo|sigue (?:toda|todas|nuestr)[^.]{0,60}(?:en|canal|redes|app)
    |rec[ií]b[ea] [^.]{0,60}(?:tu correo|tu e-?mail|newsletter|bolet[ií]n|tu m[oó]vil|bandeja)
    |hazte (?:socio|suscriptor|premium)|ap[uú]ntate|[uú]nete (?:a|al)|puedes seguir a .{2,40} en
    |assine (?:j[aá]|agora|a|o|nossa|para)|inscreva-se|cadastre-se|(?:conteúdo|artigo) exclusivo (?:para|de)
    |sig(?:a|am)(?:-nos)? (?:o|a|nos|nosso|no|na|as) .{0,60}(?:instagram|facebook|twitter|google|whatsapp
    |redes|threads|youtube|tiktok)|receba (?:as|no|em|nossa|todas|notícias|os)|clique aqui (?:para|e)
    |acompanhe (?:o|a|as|nos)[^.]{0,40}(?:instagram|facebook|google|redes|whatsapp|tempo real)
    |quer (?:receber|ficar)|abbonati|iscriviti|(?:contenuto|articolo) (?:riservato|esclusivo)
    |ricevi (?:ogni|le|la|gratis|tutte|via)
    |segui(?:ci)? (?:.{2,30} )?(?:su|anche su) (?:google|facebook|instagram|whatsapp|telegram|twitter)
    |sostieni (?:il|la|l['’])[^.]{0,20}(?:giornalismo|informazione|indipendente)|word (?:abonnee|lid|nu)
    |meld (?:je|u) (?:nu |hier )?aan|schrijf (?:je|u) (?:nu |hier )?in|abonneer (?:je|u|nu)
    |ontvang (?:dagelijks|wekelijks|elke|onze|het|de|gratis)
    |volg (?:ons|.{2,30} op (?:facebook|twitter|instagram|whatsapp))|bli prenumerant|prenumerera (?:på|nu|här)
    |få (?:våra|vårt|de|nyheter)[^.]{0,40}(?:inkorg|mejl|mail)
    |för att (?:se|visa|ta del av) (?:det här |detta )?innehåll|abonner på|bli abonnent|meld deg på
    |bestill abonnement|bliv (?:abonnent|medlem)|tilmeld dig|få (?:fuld |ubegrænset )?adgang
    |køb (?:abonnement|adgang)|for at (?:se|vise|få vist) (?:dette|indhold)|skráðu þig|gerast áskrifandi
    |tilaa (?:uutiskirje|nyt|lehti|digi|.{0,30}uutiskirje)|onko sinulla jo|piesakies|pieslēdzies|abonē\s
    |seko (?:mums|līdzi)|prenumeruok|užsiprenumeruok|prisijunkite|zapisz się|(?:za)?subskrybuj
    |(?:wykup|kup) (?:dostęp|prenumeratę|subskrypcję)|dołącz do (?:nas|naszej|grona)
    |(?:chcesz )?(?:być|bądź) (?:zawsze )?na bieżąco|pozostało .{0,6}%|přihlaste se|odebírejte|prihláste sa
    |odoberajte|máte (?:už|účet)|iratkozz(?:on)? fel|jelentkezz(?:en)? be|kövess(?:e|en|d)? (?:minket|az)
    |fizess(?:en)? elő|[iî]nscrie-te|urmăre[sș]te(?:-ne)?\s|conectează-te|pretplati(?:te)? se
    |prijavi(?:te)? se (?:na|i)|naročite se|подпи(?:шитесь|сывайтесь|шись|саться) (?:на|в)|зарегистрируйтесь
    |следите за (?:нами|новостями|нашими)|присоединяйтесь (?:к нам|к нашему)|оставайтесь (?:с нами|в курсе)
    |(?:долучайтеся|приєднуйтесь|приєднуйтеся) (?:до|до нас)|стежте за|слідкуйте за|зареєструйтеся
    |наш(?:и|і)? (?:telegram|телеграм)|εγγραφε[ίι]τε|γ[ίι]νε(?:τε)? (?:συνδρομητ[ήη]ς|μ[έε]λος)
    |ακολουθ[ήη]στε (?:το|τη|την|μας|τα)|συνδεθε[ίι]τε|κ[άα]ντε (?:εγγραφ[ήη]|like)|abone ol(?:un|mak)?\b
    |üye ol(?:un)?\b|giriş yap(?:ın)?\b|(?:whatsapp|telegram|e-bülten)[^.]{0,30}(?:abone|katıl)|להרשמה
    |רוצים (?:להישאר|לקבל)|سج[ّ]?ل (?:الآن|الدخول|دخولك)
    |انضم(?:وا)? (?:(?:إلى|الى) (?:قنات|قناة|نشرت|مجموعت)|لقنات|لقناة)|هذا المحتوى|لمتابعة (?:آخر|أهم|المزيد|أخبار)
    |عضو(?:یت)? (?:شوید|در)|हमें .{0,30}(?:फॉलो|फ़ॉलो|फॉलो) करें|(?:हमारे|हमारा) .{0,30}(?:चैनल|ऐप|ग्रुप)
    |(?:আমাদের|খবর).{0,40}(?:ফলো|সাবস্ক্রাইব|চ্যানেল)|hak cipta|berlangganan|daftar(?:kan)? (?:sekarang|diri|gratis
    |akun)
    |ikuti (?:kami|terus|berita|kanal|saluran|channel|update|whatsapp)|dapatkan (?:update|berita|informasi|pilihan)
    |(?:mari )?(?:ber)?gabung (?:di|ke|dengan|grup|bersama)|sudah (?:punya akun|berlangganan)
    |artikel ini (?:khusus|hanya|telah tayang)|đăng ký (?:nhận|ngay|để|kênh)
    |theo dõi .{0,40}(?:google|facebook|youtube|zalo|fanpage|kênh)|ติดตาม(?:ข่าว|เรา|ช่องทาง|ได้).{0,60}|สมัครสมาชิก
    |[^。]{0,40}(?:会員限定|会員登録|会員向け|有料会員|無料会員)|フォローする.{0,20}|구독(?:하기|하시|신청).{0,30}
    |(?:회원|유료).{0,10}(?:전용|가입).{0,20}
    |(?:네이버|카카오톡).{0,30}(?:구독|채널 ?추가).{0,20}\Z|加入(?:会员|會員|我們|我们).{0,30}
    |點[擊我].{0,20}(?:加入|訂閱|下載|追蹤).{0,30}
    |支持(?:我們|我们|獨立媒體).{0,20}\Z|成为会员.{0,20}\Z
    """
)
"""How prompts begin, and sentences of an article as well: these are prompts where something else says so too."""

LONGEST = 300

STORES = deferred(r"\]\((?:https?:)?//(?:play\.google\.com/store/apps|(?:apps|itunes)\.apple\.com)", re.IGNORECASE)
"""Where links to an app lead, a publisher's own or one that it writes about, in Markdown."""

CHANNELS = deferred(
    r"\]\((?:https?:)?//(?:www\.)?(?:news\.google\.com/publications|(?:profile\.)?google\.com/(?:preferences/source|cp)"
    r"|whatsapp\.com/channel|chat\.whatsapp\.com|invite\.viber\.com|flipboard\.com/@)",
    re.IGNORECASE,
)
"""Where links of "follow us" lead that hardly any other text leads to, in Markdown."""

PLACES = deferred(
    r"(?:^|[/_.-])(?:abos?|abonn\w{0,12}|subscri\w{0,9}|suscri\w{0,9}|assin(?:e|atura)s?|abbona\w{0,6}|prenumer\w{0,9}"
    r"|predplat\w{0,6}|tilaa\w{0,6}|donat\w{0,6}|donar|spenden?|support(?:-us)?|unterstuetzen|membership|member|mitglied\w{0,8}"
    r"|newsletters?|log-?in|signin|sign-in|signup|sign-up|regist\w{0,8}|anmelde\w{0,4}|account|checkout|paywall|offers?"
    r"|contribute|paypal|steady|patreon)(?:$|[/_.?-])",
    re.IGNORECASE,
)
"""In the path of a link: where readers subscribe, register, give or sign in."""


_TARGET = deferred(r"\]\(([^)\s]{1,2000})\)")
_ELSEWHERE = deferred(
    r"(?:https?:)?//(?:[\w-]{1,20}\.)?(?:facebook\.com|twitter\.com|x\.com|instagram\.com|youtube\.com|tiktok\.com|t\.me"
    r"|telegram\.me|vk\.com|ok\.ru|zalo\.me|line\.me|linkedin\.com|threads\.net|bsky\.app|whatsapp\.com|wa\.me"
    r"|google\.com|apps\.apple\.com|itunes\.apple\.com|viber\.com|flipboard\.com|dzen\.ru|naver\.com|kakao\.com"
    r"|feedly\.com|spotify\.com|podcasts\.apple\.com)(?:/|$)|mailto:",
    re.IGNORECASE,
)


_OUR = joined(
    r"""
    our|us|uns|unser\w{0,2}|notre|nuestr\w{1,2}|noss[ao]s?|nostr\w{1,2}|ons|onze|oss|vår\w?|våre
    |vores|meidän|meie|mūsu|mūsų|nasz\w{0,3}|nám|nás|naš\w{1,3}|nas|minket|hírlevelünk\w{0,3}|noastr\w
    |наш\w{0,3}|нас|нам|μας|bizi|bizim|אותנו|שלנו|kami|chúng tôi
    """
)
_UNSPACED = "نشرتنا|قناتنا|صفحتنا|ہمار[یے]|हमार[ीेा]|আমাদের|ของเรา|当サイト|本紙|当社|저희|本站|本報|本报|我們的|我们的"
_OWN = deferred(rf"\b(?:{_OUR})\b|{_UNSPACED}", re.IGNORECASE)
_NEAR = 100


def speaks_of_itself(text: str) -> bool:
    """Whether "us" or "our" stands where the text begins."""
    return _OWN.search(text[:_NEAR]) is not None


def leads_to_offer(written: str) -> bool:
    """Whether a link in the Markdown leads to where readers subscribe, register or give, or follow on another site."""
    for target in _TARGET.findall(written):
        if _ELSEWHERE.match(target) or PLACES.search(urlsplit(target).path[:200]):
            return True
    return False


def bids(text: str) -> bool:
    """Whether a label, of which there is nothing but its words, is that of a prompt."""
    return bool(SURE.match(text) or OFFERS.match(text))


def appeals(text: str) -> bool:
    """Whether a publisher speaks of its own journalism and asks for support: words of three kinds stand together."""
    return all(kind.search(text) is not None for kind in _APPEAL)


_APPEAL = tuple(
    deferred(rf"\b(?:{joined(kind)})", re.IGNORECASE)
    for kind in (
        r"""
        journalis|newsroom|reporting|redaktion|zeitung|redaction|rédaction|presse|periodis|redacción|prensa|jornalis
        |imprensa|giornalis|redazion|stampa|krant|redactie|tidning|redaksjon|dziennikar|redakc|novinář|žurnalisti
    |novinar|újságír|szerkesztőség|jurnalis|redacți|журналист|журналіст|редакци|редакці|δημοσιογραφ|gazetecili
    |עיתונאות
        |صحاف""",
        r"""
        support|donat|subscri|contribut|become a member|unterstütz|spende|abonn|mitglied|beteilig|soutien|soutenez
        |soutenir|dons?\b|faites un|adhér|apoya|apoyo|suscri|donar|donaci|socio\b|apoie|apoio|assin[ea]|doe\b|sosten
    |abbona|donaz|steun|doneer|lid\b|stöd|stött|donera|støtt|bidra|wesprzyj|wspier|wspar|prenumer|podpoř|podporu
    |předplat
    |podpor|támogat|előfizet|sprijin|abona|поддерж|подпис|підтрим|підпис|στηρίξ|συνδρομ|destek|abone|תמכו|תמיכה|ادعم
        |دعم""",
        r"""
        (?:our|us|we|you|your|uns|unser\w{0,2}|wir|nous|notre|nos|vous|votre|nosotros|nuestr\w{1,2}|tu|noss\w{1,2}|nós
        |você|noi|nostr\w|tuo|ons|onze|wij|jouw|oss|vår\w?|vores|nas|nasz\w{0,3}|nám|naš\w{1,2}|nás|minket|nekünk
        |noastr\w|нас|наш\w{0,3}|нам|μας|bize|bizi|אותנו|שלנו|نا|لنا)\b
        """,
    )
)
