"""What newspapers write over and before links to other stories, in the languages they appear in."""

from __future__ import annotations

from scraper.read.vocabulary import Wordings

_RELATED = r"""
    read (?:more|also|next|on|now|this|the full (?:story|article))(?: (?:about|on|from|here|in) .{2,40})?|also read
    |see also
    |see more|more (?:from|on|about|in) .{2,40}|more (?:like this|news|stories|articles|coverage|reading|to read)
    |related(?: stories| articles?| news| content| topics| posts?| links| reading| coverage| story)?|recommended
    |recommended (?:stories|for you|reading|articles|by)
    |you (?:may|might|will|could) (?:also )?(?:like|love|be interested in)
    |(?:most|popular|trending) (?:read|popular|viewed|shared|now|stories|articles|news|posts|on .{2,20})|trending
    |you can also (?:check|read|like|watch|see)|don['’]?t miss
    |must[- ]reads?|editor['’]?s[’']? (?:picks?|choice)|top stories
    |latest (?:news|stories|articles|headlines|posts|on .{2,20})
    |what to read next|explore more|keep reading|in other news|up next|watch (?:more|next|also|below)
    |further reading|in case you missed it
    |before you go|from our partners|from around the web|around the web|in this section|elsewhere on .{2,20}
    |dig deeper|go deeper
    |lesen sie (?:auch|mehr|hier|dazu|weiter|jetzt).{0,40}|lies (?:auch|mehr|hier|dazu|weiter).{0,20}
    |mehr (?:zum thema|dazu|lesen|aus .{2,20}|über .{2,30}|von .{2,30}|zu .{2,30}|news)
    |auch interessant|ebenfalls interessant|das könnte (?:sie|dich|ihnen)(?: auch)?(?: interessieren| gefallen)?
    |weiterlesen|weiterführende links
    |weitere (?:artikel|themen|nachrichten|meldungen|beiträge|informationen|infos|links|news|videos
    |empfehlungen).{0,30}|zum thema|siehe auch|passend dazu
    |meistgelesene?n?(?: artikel)?|empfehlungen(?: der redaktion| für sie)?|empfohlene (?:artikel|beiträge)
    |ähnliche (?:artikel|beiträge|themen)
    |verwandte (?:artikel|themen|beiträge)|schon gelesen\?|anzeige|neueste (?:artikel|beiträge|nachrichten)|mehr zum
    |lire (?:aussi|également|la suite|plus|notre .{2,40}|l['’]article|les autres articles)
    |(?:à|a) (?:lire|voir|écouter|découvrir)(?: aussi| également| ailleurs| sur le même sujet)?
    |voir aussi|sur le même (?:sujet|thème)|notre sélection|les plus (?:lus|partagés)
    |(?:nos )?articles? (?:liés?|recommandés|similaires|connexes|associés)
    |dans la même rubrique|pour aller plus loin|en savoir plus|vous aimerez(?: aussi)?
    |(?:ça|cela) (?:peut|pourrait) vous intéresser|la rédaction vous conseille
    |ces articles (?:devraient|peuvent|pourraient) vous intéresser
    |plus d['’](?:articles|informations|actualités|infos)|[eé]galement (?:à lire|sur .{2,20})|lisez aussi
    |le[aeé] tambi[eé]n|leer (?:m[aá]s|tambi[eé]n)|le[eé] m[aá]s|(?:le|te) (?:puede|podr[ií]a) interesar
    |te recomendamos|puede interesarte|podr[ií]a interesarte
    |(?:tambi[eé]n|quiz[aá]s?) (?:te|le) (?:puede )?(?:puede |interese|interesar).{0,20}|te puede gustar
    |(?:ver|vea|mir[aá]|mire|ve|escucha) tambi[eé]n|noticias? relacionadas?
    |m[aá]s (?:informaci[oó]n|noticias|sobre .{2,30}|en .{2,30}|le[ií]das|visto)
    |lo m[aá]s (?:le[ií]do|visto|nuevo|reciente)|no te pierdas|(?:contenido|art[ií]culo|nota)s? relacionad[oa]s?
    |tambi[eé]n (?:lee|lea|puedes leer|en .{2,20})|[uú]ltimas noticias|sigue leyendo|contin[uú]a leyendo
    |recomendad[oa]s?|para saber m[aá]s|temas relacionados
    |llegi(?:u|r|x)? (?:també|més)|et pot interessar|notícies relacionades|més informació|le tamén|máis información
    |irakurri (?:ere|gehiago)
    |leia (?:tamb[eé]m|mais|ainda|a (?:íntegra|seguir))(?: sobre .{2,30})?
    |(?:veja|ler|ver|confira|assista|ouça) (?:tamb[eé]m|mais|ainda)|saiba mais|(?:as )?mais lidas
    |not[ií]cias relacionadas
    |(?:pode|poderá|talvez) (?:lhe|te|você|também)? ?(?:também )?(?:interessar|goste|se interesse).{0,20}
    |relacionad[oa]s|(?:artigos|conteúdos?|matérias|posts) relacionad[oa]s|continue lendo|últimas notícias
    |recomendad[oa]s para você
    |leggi (?:anche|tutto|di più|ancora|qui|pure|l['’]articolo.{0,20})|vedi anche|guarda anche
    |approfondi(?:sci|menti|mento)|(?:ti )?potrebbe(?:ro)? (?:anche )?interessar(?:e|ti)(?: anche)?
    |articoli correlati|(?:notizie|contenuti) correlat[ei]|ti consigliamo|i più letti|le più lette|per approfondire
    |sullo stesso (?:argomento|tema)|ultime notizie|ti può interessare|scopri di più
    |lees (?:ook|meer|verder|hier|alles).{0,30}|bekijk (?:ook|meer)|kijk ook|zie ook
    |meer (?:over|nieuws|lezen|van|uit).{0,30}|gerelateerde?(?: artikelen| berichten| nieuws)?|ook interessant
    |aanbevolen(?: artikelen| voor jou)?|meest gelezen|verder lezen|net binnen
    |läs (?:mer|också|även|vidare|nästa).{0,30}|se (?:också|även|mer)|mer (?:om|från|i ämnet|på).{0,30}|relaterat
    |relaterade (?:artiklar|nyheter|inlägg)|missa inte|mest läst[a]?|fler (?:artiklar|nyheter).{0,20}|senaste nytt
    |rekommenderas
    |les (?:også|mer|videre|saken|hele saken).{0,30}|se også|hør også|relatert(?:e saker|e artikler)?
    |anbefalt(?:e saker)?|mest leste?|flere (?:saker|nyheter).{0,20}|få med deg|siste nytt|mer om .{2,30}
    |læs (?:også|mere|videre|hele).{0,30}|(?:relaterede|anbefalede)(?: artikler| nyheder)?|mest læste
    |flere (?:artikler|historier).{0,20}|mere (?:om|fra) .{2,30}|seneste nyt
    |les (?:eisini|meira)|meira um .{2,30}|les[iut]{1,3}ð? (?:meira|einnig|nánar)|lesa meira|sjá (?:einnig|meira)
    |tengdar (?:fréttir|greinar)|tengt efni|mest lesið|fleiri fréttir|atuakkit (?:aamma)?
    |lue (?:myös|lisää|seuraavaksi|koko|tästä).{0,40}|katso myös|kuuntele myös|aiheesta lisää
    |lisää (?:aiheesta|uutisia|aiheita).{0,20}|luetuimmat|suosittelemme|suositellut|tuoreimmat|mainos
    |loe (?:ka|veel|edasi|rohkem|lähemalt|lisaks).{0,20}|vaata (?:ka|lisaks)|seotud (?:artiklid|lood|teemad|uudised)
    |loetumad|rohkem (?:teemal|uudiseid)
    |las[iī](?:et)? (?:arī|vairāk|citas|tālāk|vēl).{0,20}|saistīt(?:ie|ās) (?:raksti|ziņas)|skaties arī|lasītākie
    |citi raksti
    |skaityk(?:ite)? (?:taip pat|daugiau|plačiau|ir)|taip pat skaityki?t?e?
    |susij(?:ę|usios|usi) (?:straipsniai|naujienos|tema|temos)|daugiau (?:skaitykite|naujienų|šia tema)
    |skaitomiausi(?:os)?|plačiau
    |(?:prze)?czytaj (?:więcej|także|też|tez|również|takze|dalej|o tym).{0,20}
    |prze?czytaj (?:więcej|także|też|również)|zobacz (?:także|też|tez|również|więcej|inne).{0,20}
    |polecamy(?: także| również)?|powiązane(?: artykuły| tematy| treści)?
    |(?:to )?może (?:cię|was|państwa) (?:też )?zainteresować|warto przeczytać|najczęściej czytane|najpopularniejsze
    |sprawdź (?:też|także|również)|oglądaj (?:też|także|również)|podobne (?:artykuły|tematy)
    |więcej (?:o|na temat|informacji|z) .{0,30}|najnowsze
    |čtěte (?:také|též|více|dále|i).{0,20}|přečtěte si (?:také|i|více|též).{0,20}
    |související(?: články| témata| článek)?|mohlo by (?:vás|se vám).{0,20}|více (?:k tématu|o .{2,20})|nejčtenější
    |(?:viz|sledujte) také|další (?:články|zprávy).{0,20}|doporučujeme|k tématu
    |čítajte (?:aj|tiež|viac|ďalej|tu).{0,20}|prečítajte si (?:aj|tiež|viac|tu).{0,20}
    |súvisiac[ei](?: články| témy| článok)?|mohlo by (?:vás|sa vám).{0,20}|najčítanejšie|pozrite (?:si )?(?:aj|tiež)
    |viac (?:k téme|o .{2,20})|ďalšie články.{0,20}|odporúčame
    |olvas(?:sa|d|ta)(?: el| tovább| még| ezt is| már| ezeket is).{0,20}
    |kapcsolódó(?: cikkek| cikkeink| anyagok| tartalom| cikk| írások)?
    |(?:ez|ezek) is (?:érdekelheti|érdekelhet|érdekelhetik).{0,10}
    |további (?:cikkek|cikkeink|hírek|részletek).{0,20}|legolvasottabb|ajánljuk(?: még| figyelmébe)?
    |ajánlott (?:cikkek|videó)|korábban írtuk|friss hírek
    |cite[sșş]te (?:[sșş]i|mai mult|mai multe|continuarea|[iî]n continuare).{0,40}|citi[tțţ]i (?:[sșş]i|mai).{0,20}
    |vezi (?:[sșş]i|mai mult)|articole (?:similare|asemănătoare|recomandate|conexe)|recomandări|recomandate
    |cele mai citite|(?:te|v)-ar putea interesa|pe aceea[sș]i temă|ultimele [sș]tiri
    |pro[cč]itaj(?:te)? (?:i|jo[sš]|vi[sš]e|također|takođe).{0,20}|čitajte (?:i|još|više)|citajte (?:jos|i)
    |povezan[eioa] (?:vijesti|vesti|teme|članci|objave|sadržaj|novice|članki|tekstovi)
    |vezan[ei] (?:vijesti|vesti|članci)|više (?:o|na temu|iz) .{2,30}|(?:vidi|pogledajte|gledajte) (?:i|još|više)
    |najčitanij[ei]|najnovije(?: vijesti| vesti)?|preporučujemo|izdvajamo
    |preberite? (?:še|tudi|več).{0,20}|beri(?:te)? (?:še|tudi|več)|sorodn[iea] (?:članki|prispevki|novice|vsebine)
    |več o .{2,30}|poglejte (?:še|tudi)|najbolj brano|priporočamo
    |прочетете (?:още|също|повече).{0,20}|вижте (?:още|също|повече).{0,20}|още (?:по темата|от .{2,20}|новини)
    |свързани (?:новини|статии|публикации)|най-четени|четете (?:още|повече)|чети(?:те)? още
    |прочита(?:јте|ј) (?:и|још|више|повеќе).{0,20}|читајте (?:и|још)|повезан[еи] (?:вести|теме|чланци)
    |поврзани (?:вести|содржини)|најчитаније
    |читайте? (?:также|ещё|еще|далее|по теме|полностью|подробнее|больше|нас|в нашем|інше|також|ще|далі|більше
    |повністю).{0,40}|(?:см|смотрите|смотри|дивіться|дивись)\.? (?:также|також|ещё|ще)|по теме|за темою|на тему
    |(?:материалы|матеріали|новости|новини|статьи) (?:по теме|за темою|партнеров|партнерів)
    |подробнее|детальніше|похожие (?:новости|статьи|материалы|записи)|схожі (?:новини|статті|матеріали)
    |рекомендуем(?: почитать)?|рекомендуємо|самое (?:читаемое|популярное)|найпопулярніше|другие новости|інші новини
    |ранее по теме|раніше|последние новости|останні новини
    |вам (?:может|также|може|также может) .{0,20}(?:интересно|понравиться|сподобатися|цікаво)
    |читать (?:также|далее|ещё|еще|полностью|подробнее)|читати (?:також|далі|ще|повністю)|також (?:читайте|по темі)
    |также (?:читайте|по теме)|(?:пов['’ʼ]язані|повʼязані) (?:новини|теми|матеріали)
    |вас (?:може|может|также может|також може) (?:зацікавити|заинтересовать)|чытайце (?:таксама|яшчэ|далей)
    |популярное|популярне|главное сейчас
    |διαβ[άα]στε (?:επ[ίι]σης|ακ[όο]μη|ακ[όο]μα|περισσ[όο]τερα|εδ[ώω]|σχετικ[άα]|και|αναλυτικ[άα]).{0,20}
    |δε[ίι]τε (?:επ[ίι]σης|ακ[όο]μη|ακ[όο]μα|περισσ[όο]τερα|και)|σχετικ[άα] (?:[άα]ρθρα|θ[έε]ματα|ν[έε]α)
    |περισσ[όο]τερα(?: ν[έε]α)?|δημοφιλ[ήη]|προτειν[όο]μενα|μην χ[άα]σετε|ροη ειδησεων|ρο[ήη] ειδ[ήη]σεων
    |τελευτα[ίι]α ν[έε]α
    |ayrıca (?:okuyun|bakınız|oku|bkz)|devamını oku|okumaya devam.{0,20}
    |ilgili (?:haberler?|içerikler?|konular|yazılar)|(?:bunlar da )?ilgini(?:zi)? çekebilir
    |(?:haberin )?devamı için tıklayınız|diğer haberler|önerilen (?:haberler|içerikler|yazılar)
    |(?:en )?çok okunan(?:lar)?|son (?:dakika )?haberler|bu(?:nlar)?a? da bakın|haberin devamı|sıradaki haber
    |benzer (?:haberler|yazılar)|həmçinin oxuyun|oxşar xəbərlər|digər xəbərlər
    |קר(?:או|א|אי) (?:גם|עוד|בהמשך|כאן).{0,20}|כתבות (?:נוספות|קשורות|מומלצות).{0,20}
    |עוד (?:בנושא|כתבות|באתר|ב-?.{2,20}).{0,20}|ידיעות קשורות|אולי (?:יעניין|יעניינו|תאהבו).{0,10}|לקריאה נוספת
    |המשך קריאה|ראו גם|הנקראות ביותר|מומלצים|לכתבה המלאה
    |[إا]قر[أا](?:وا|ي|ئي)? (?:[أا]يض[اًا]{1,2}|المزيد|كذلك|أكثر).{0,20}|شاهد (?:[أا]يض[اًا]{1,2}|المزيد)
    |طالع (?:[أا]يض[اًا]{1,2}|المزيد)|(?:مواضيع|مقالات|أخبار|موضوعات|اخبار) (?:ذات صلة|متعلقة|مشابهة|مرتبطة|أخرى)
    |ذات صلة|قد (?:يهمك|يعجبك|تهمك).{0,10}|المزيد(?: من| عن| حول)?.{0,20}|الأكثر (?:قراءة|مشاهدة|تداولا)
    |للمزيد.{0,20}|آخر الأخبار
    |(?:بیشتر|همچنین) (?:بخوانید|بدانید|ببینید)|(?:اخبار|مطالب|خبرهای|موضوعات) مرتبط|ادامه مطلب
    |این (?:مطلب|خبر) را هم بخوانید|پربازدیدترین.{0,10}|مزید پڑھیں|یہ بھی پڑھیں|متعلقہ خبریں
    |(?:ये|यह|इसे|यहाँ|ये खबर) भी (?:पढ़ें|पढ़े|पढ़ें|देखें|जानें)|(?:और|अधिक|आगे|विस्तार से) पढ़ें|और पढ़ें
    |संबंधित (?:खबरें|ख़बरें|समाचार|लेख)|हे(?:ही)? (?:वाचा|पाहा)|(?:आणखी|अधिक) वाचा|यो पनि (?:पढ्नुहोस्|हेर्नुहोस्)
    |আর[ওো] পড়ুন|আরও পড়ুন|আরো পড়ুন|সম্পর্কিত (?:খবর|সংবাদ|বিষয়)|আরও সংবাদ|আরও দেখুন|সর্বশেষ|সর্বাধিক পঠিত
    |মேலும் படிக்க|மேலும் படிக்க|இதையும் படி(?:ங்க|க்க).{0,10}|ఇవి కూడా చదవండి|ఇదీ చదవండి|ಇದನ್ನೂ ಓದಿ|ഇതും വായിക്കുക
    |ഇതും വായിക്കാം|આ પણ વાંચો|ਇਹ ਵੀ ਪੜ੍ਹੋ|තවත් කියවන්න
    |อ่าน(?:เพิ่มเติม|ต่อ|ข่าวเพิ่มเติม|ข่าวที่เกี่ยวข้อง).{0,20}|(?:ข่าว|เรื่อง|บทความ)ที่เกี่ยวข้อง|ข่าวล่าสุด
    |เรื่องน่าสนใจ
    |xem thêm|đọc thêm|tin (?:liên quan|cùng chuyên mục|mới|khác|nổi bật)
    |bài (?:liên quan|viết liên quan|cùng chuyên mục)|có thể bạn quan tâm|đọc nhiều
    |baca (?:juga|selengkapnya|lagi|artikel .{2,20}|berita .{2,20})|lihat juga|simak juga|tonton juga
    |(?:artikel|berita) (?:terkait|berkaitan|lainnya|lain|terkini|terpopuler|populer).{0,20}
    |halaman (?:selanjutnya|berikutnya)|pilihan (?:editor|redaksi)|rekomendasi.{0,20}|terpopuler|basahin din
    |soma (?:pia|zaidi)|habari zinazohusiana
    |関連(?:記事|キーワード|ニュース|リンク|トピック|情報|コンテンツ|タグ|特集)(?:一覧)?
    |[あ合]わせて(?:読みたい|読む).{0,8}|こちらも(?:読まれて|おすすめ|あわせて).{0,10}
    |おすすめ(?:の)?(?:情報|記事|ニュース|コンテンツ)?|続きを読む|もっと(?:見る|読む|知る)
    |(?:次|前)の(?:記事|ページ).{0,2}|この記事を(?:シェア|読んだ人).{0,20}
    |(?:人気|注目|最新|新着)(?:の)?(?:記事|ニュース)|(?:アクセス)?ランキング|よく読まれている記事|同じカテゴリの記事
    |トップニュース
    |관련 ?(?:기사|뉴스|태그|키워드|글)|많이 ?본 ?(?:뉴스|기사)|(?:추천|인기|주요|최신) ?(?:기사|뉴스)|더 ?보기
    |이 ?기사를 ?(?:추천|공유).{0,10}|당신이 좋아할.{0,10}|핫 ?(?:뉴스|이슈)
    |(?:오늘의|실시간) .{0,6}(?:뉴스|기사).{0,5}|함께 (?:볼만한|읽으면).{0,10}
    |(?:相关|相關)(?:阅读|新闻|链接|文章|推荐|报道|閱讀|新聞|報導|報道|連結|专题|專題|话题|內容|标签).{0,4}
    |(?:推荐|推薦|延伸|扩展|擴展|相關)(?:阅读|閱讀|文章|新聞|新闻)
    |更多(?:新聞|新闻|报道|報道|內容|内容|文章|.{1,8}新聞|.{1,8}新闻)|查看更多|[繼继][續续](?:閱讀|阅读)
    |(?:你|您)可能(?:也|还|還|会|會)?(?:喜欢|喜歡|感兴趣|感興趣|有興趣|想看|想讀).{0,6}|看更多.{0,10}
    |[热熱][门門點点](?:文章|新闻|新聞|推荐|推薦)|猜你喜[欢歡]|編輯推薦|(?:上|下)一[篇則则][:：]?.{0,60}|大家都在看
    |最新(?:消息|新聞|新闻|文章)|人氣(?:文章|新聞)
    """
RELATED = Wordings(_RELATED, r"[\s:：.…>»→›|\-–—*!？?]*\Z")
"""A lead-in alone."""
BEFORE_LINKS = Wordings(_RELATED)
"""A lead-in with something after it."""

ENDS = Wordings(
    r"""
    (?:\d+ )?comments?(?: \(?\d+\)?)?|leave a (?:comment|reply)|post a comment|join the (?:conversation|discussion)
    |have your say|add a comment|reader comments|show comments|responses|about the author|more (?:from|by) .{2,40}
    |(?:\d+ )?kommentare?(?: \(?\d+\)?)?|kommentar(?:e)? (?:schreiben|verfassen|hinterlassen)|leserkommentare
    |diskutieren sie mit|über den autor|(?:\d+ )?commentaires?|laisser un commentaire|réagir.{0,20}
    |(?:\d+ )?comentarios?|deja (?:un comentario|una respuesta)|(?:\d+ )?coment[aá]rios?
    |deixe (?:um comentário|uma resposta|seu comentário)|(?:\d+ )?commenti?|lascia un commento
    |(?:\d+ )?reacties|reageer.{0,20}|(?:\d+ )?kommentarer|skriv en kommentar|lämna (?:ett svar|en kommentar)
    |(?:\d+ )?kommentit|kommentoi|kommentaarid|komentāri|komentarai|(?:\d+ )?komentarze|dodaj komentarz
    |(?:\d+ )?komentáře|diskuse|diskusia|komentáre|hozzászólás(?:ok)?|kommentek|(?:\d+ )?comentarii
    |lasă un (?:comentariu|răspuns)|komentari|comentaris|коментари|комментарии|коментарі|комментировать
    |(?:додати|оставить|добавить) комм?ент[аи]р(?:ий|ій)?|σχ[όο]λια|yorumlar|yorum yap.{0,10}|תגובות|הוסף תגובה
    |(?:ال)?تعليقات|اترك (?:تعليقا|رد).{0,10}|نظرات|دیدگاه.{0,10}|टिप्पणी.{0,10}|মন্তব্য.{0,10}|ความคิดเห็น
    |bình luận|komentar|コメント|댓글.{0,10}|评论|評論|網友評論|留言
    """,
    r"[\s:：.…>»→]*\Z",
)

CONTINUES = Wordings(
    r"""
    (?:story|article|post|content) continues.{0,40}|continue reading below
    |scroll (?:down )?(?:to|for) (?:continue|more).{0,30}
    |(?:der )?(?:artikel|text|beitrag) (?:geht|wird).{0,30}(?:weiter|fortgesetzt).{0,20}
    |(?:nach|unter) (?:dem|der) (?:anzeige|werbung|video).{0,30}
    |la suite (?:après|de l['’]article|de cet article|sous).{0,40}|(?:sigue|continúa) (?:leyendo|después).{0,40}
    |continua (?:após|depois|dopo|a leggere).{0,40}|(?:o artigo|matéria) continua.{0,40}
    |(?:l['’]articolo )?(?:continua|prosegue) (?:dopo|sotto).{0,40}
    |(?:tekst|artikel|bericht|verhaal) (?:gaat|loopt) (?:verder|door).{0,40}|lees verder onder.{0,40}
    |artikeln fortsätter.{0,40}|texten fortsätter.{0,40}|(?:saken|artikkelen|teksten) fortsetter.{0,40}
    |artiklen fortsætter.{0,40}|(?:juttu|artikkeli|teksti) jatkuu.{0,40}|(?:artikkel|lugu) jätkub.{0,40}
    |(?:raksta )?turpinājums.{0,40}|straipsnis tęsiamas.{0,40}
    |(?:dalsza część|dalszy ciąg|ciąg dalszy|reszta) (?:artykułu|tekstu|materiału|pod|znajduje).{0,60}
    |(?:článek|text) pokračuje.{0,40}|článok pokračuje.{0,40}
    |(?:a )?cikk(?:ünk)? (?:a|az|folytat).{0,40}folytatódik.{0,20}|articolul continuă.{0,40}
    |(?:tekst|članak|priča|vijest|vest) se nastavlja.{0,40}|(?:članek|prispevek) se nadaljuje.{0,40}
    |статията продължава.{0,40}|продолжение (?:ниже|после|следует).{0,30}|(?:το )?[άα]ρθρο συνεχ[ίι]ζ.{0,40}
    |haberin devamı.{0,40}|המשך הכתבה.{0,30}|يتبع.{0,3}|scroll untuk.{0,40}|lanjutkan membaca.{0,40}
    """,
    r"[\s:：.…>»→↓]*\Z",
)
