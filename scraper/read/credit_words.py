"""Words, signs and names of agencies by which credits of pictures are told, in many languages."""

from __future__ import annotations

import re

from archive.deferring import deferred
from scraper.read.vocabulary import joined, words

NOUNS = words(
    """
    photo photos photograph photographs photography photographer photographie photographe picture pictures pic pics pix
    image images illustration illustrations graphic graphics infographic video still screenshot screengrab artwork
    credit credits copyright source sources courtesy handout file pool supplied provided contributed
    foto fotos fotó fotók fotografie fotografía fotografia
    fotografías fotograf fotografija fotografin fotoğraf fotograaf fotografo fotógrafo fotogallery fotokredit
    imagen imágenes imagem imagens immagine immagini imatge imagine bild bilder beeld beelden billede billeder bilde
    kuva kuvat kuvaaja kuvitus arkistokuva mynd myndir ljósmynd ljósmyndari afbeelding grafik grafika gráfico gráfica
    grafica karte montage collage bildquelle quelle quellen bildnachweis bildrechte bildhinweis bildcredit symbolbild
    symbolfoto archivbild archivfoto fotoquelle fotonachweis fotomontage zeichnung crédit crédits crédito créditos
    credito crediti infographie dessin légende capture captură captura fuente fuentes fonte fonti font ilustración
    ilustração illustrazione ilustrasi cortesía reprodução divulgação arquivo archivo archivio bron källa kilde lähde
    illustratie illustrasjon fot zdj zdjęcie zdjęcia źródło ilustracja zdroj autor autoři snímek snímka forrás kép képek
    felvétel illusztráció sursa sursă izvor slika vir ph nuotr nuotrauka nuotraukos foto/bild pilt allikas avots
    bildtext kredit kredi kaynak görsel fotoarchiv burimi fotoja argazkia foto-arkiv arkiv arkivfoto arkivbild
    gambar sumber dok dokumen larawan picha chanzo ảnh hình nguồn tranh
    фото фотография фотографии фотограф источник снимок снимка снимки изображение иллюстрация кадр скриншот коллаж
    джерело світлина зображення ілюстрація фота крыніца извор слика сурет дереккөз автор видео графика архив
    φωτογραφία φωτογραφια φωτογραφίες φωτο φωτό φωτογράφος πηγή πηγη εικόνα εικονα
    צילום צילומים צילומי תמונה תמונות מקור קרדיט איור
    الصورة صورة تصوير المصدر مصدر عکس عکاس منبع تصویر تصاوير تصاویر ماخذ
    फोटो फ़ोटो चित्र तस्वीर स्रोत सौजन्य साभार छायाचित्र इमेज ছবি সূত্র உபயம் படம் புகைப்படம் ఫోటో ಚಿತ್ರ ഫോട്ടോ
    """
)
"""What pictures and their sources are called in front of a colon, in the case that labels have."""
LINKS = words(
    """
    by of from via de la le l d du des di del dell della do da dos der von vom zur zum par an a the et und and y e i en
    és
    file stock credit line courtesy kredit archive archiv copy provided supplied per
    af av van door od от из по на به از של من
    """
)
"""What may stand between and behind the nouns of a label."""
GLUED = deferred(
    r"(?:写真|画像|図|撮影|提供|出典|クレジット|图片来源|圖片來源|图片|圖片|图源|圖源|图|圖|照片|来源|來源|摄影|攝影|供图|供圖|翻攝"
    r"|사진\s?출처|사진\s?제공|사진|출처|제공|이미지|그래픽|자료|ภาพจาก|ที่มาของภาพ|ที่มาภาพ|ที่มา|ภาพ|เครดิต|ช่างภาพ)\s?\Z"
)
COLON = deferred(r"\s{0,2}[:：=＝／]\s{0,3}(?!//)")
TOKEN = deferred(r"[^\s/.,;'’()&:|\[\]–—<>【】（）\"”»!?…-]+")
COMMA_LABEL = deferred(
    joined(
        r"""
        (?:image (?:source|credit|copyright)|fuente de la imagen|crédit photo|source de l'image|crédito|bildquelle
        |правообладатель иллюстрации|автор фото|джерело зображення|автор фото|sumber gambar|nguồn hình ảnh|kaynak
        |chanzo cha picha|sursa foto|forrás
        |画像提供|图像来源|圖像來源|사진 출처|صدر الصورة|منبع تصویر|تصویر کا ذریعہ|इमेज स्रोत|ছবির উৎস|பட மூலாதாரம்)
        \s?[,،，、]\s{0,3}
        """
    ),
    re.IGNORECASE,
)
MARK = deferred(
    joined(
        r"""
        (?:©|ⓒ|\(c\)|℗)\s{0,3}(?:copyright\s)?(?:(?:19|20)\d\d\b[\s,/-]{0,3})?(?:by\s)?
        |\bcopyright\s{1,3}(?:©\s?|\(c\)\s?)?(?:(?:19|20)\d\d\b[\s,]{0,3})?(?:by\s)?
        |\b(?:photo(?:graph)?|picture|image|foto|illustration|graphic|video|artwork)s?(?:\s(?:credits?|illustration))?
        \s{1,3}(?:by|courtesy(?:\s(?:of|to))?|via|von|provided by|supplied by|taken by)\s{1,3}
        |\bcourtesy\s(?:of\s|to\s|(?=(?-i:[A-Z])))\s{0,2}|\b(?:cortesía|cortesia)\sd[eio]\s{1,3}
        |\bmit freundlicher genehmigung (?:von|der|des)\s
        |\b(?:photo|image|pic|picture|foto|video)s?\s(?:credits?|courtesy|source)\s?[-–—]\s{0,2}
        |\b(?:photo|image|picture|foto|bild)s?\s?\|\s{0,2}|\b(?:fot|zdj|ph)\.\s{1,3}|\bcredit(?:\.{3}|…)\s{0,3}|\bph\s(?=[A-Z])
        """
    ),
    re.IGNORECASE,
)
BARE = deferred(
    r"(?:photos?|fotos?|bild|foto di|foto de|foto van|photo de"
    r"|crédits?(?: photos?)?|credits?|ảnh|фото|снимка|צילום|фота|kuva|fotó)\s{1,3}"
    r"(?=(?-i:[^\W\d_a-zа-яα-ω]))",
    re.IGNORECASE,
)
AGENCIES = joined(
    r"""
    (?:AP|AFP|Reuters|Getty(?: ?Images)?|EPA(?:-EFE)?|EFE|ANSA|dpa|TASS|Xinhua|PTI|ANI|IANS|Shutterstock
    |iStock(?:photo)?|Alamy(?: Stock Photo| Live News)?|Bloomberg|UPI|Imago(?: Images)?|picture[ -]alliance
    |Keystone(?:-SDA)?|APA|Unsplash|Pexels|Pixabay|Adobe ?Stock|Wikimedia(?: Commons)?|Flickr
    |PA (?:Wire|Media|Images|Archive)|PA|NTB|TT
    |Scanpix|Ritzau
    |Lehtikuva|LaPresse|IPA|Anadolu(?: Agency| Ajansı)?|AA|DHA|İHA|Sipa(?: USA)?|Belga(?:image)?|ANP|ČTK|CTK|TASR|SITA
    |PAP|MTI|Agerpres|Mediafax|Inquam Photos|Tanjug|HINA|Pixsell|Cropix|Fena|BTA|BGNES|Lusa|Folhapress|Agência Brasil
    |Estadão Conteúdo|Europa Press|Cuartoscuro|Notimex|Abaca(?:press)?|Bestimage|MaxPPP|Hans Lucas|Zuma(?: Press)?
    |WireImage|FilmMagic|Redux|Corbis|Rex Features|Splash News|Depositphotos|Dreamstime|Fotolia|Freepik|Canva|NurPhoto
    |Newscom|USA TODAY Sports|Imagn(?: Images)?|Icon Sportswire|Action Images|NASA|ESA|NOAA|Midjourney|Eurokinissi
    |ANTARA|TTXVN|Yonhap|Kyodo(?: News)?|Jiji(?: Press)?|Sputnik|WANA|IRNA|ISNA|Flash ?90|ddp|epd|KNA|Press Association
    |ТАСС|РИА Новости|УНИАН|УНІАН|Укрінформ|БТА|Reuters Connect|The Canadian Press|AAP|Creative Commons|Public Domain)
    """
)
AGENCY = deferred(
    rf"(?<![^\W_]){AGENCIES}(?![^\W_])"
    r"|ＡＰ|ＡＦＰ|ロイター|共同|時事|アフロ|ゲッティ|연합뉴스|뉴시스|뉴스1|로이터|게티이미지|新华社|新華社|中新社|中央社|视觉中国|視覺中國|美聯社|路透"
    r"|رويترز|الفرنسية|أسوشيتد برس|الأناضول|غيتي|ایرنا|ایسنا|تسنیم|פלאש ?90|רויטרס|पीटीआई|एएनआई|रॉयटर्स|รอยเตอร์|ΑΠΕ"
)
STOCK = deferred(
    r"(?:(?:AFP|AP|EPA|Reuters|EFE|dpa|PA)\s(?:via|/)\s)?(?:Getty ?Images(?:/iStockphoto)?|Shutterstock"
    r"|iStock(?:photo)?"
    r"|Alamy(?: Stock Photo)?|picture alliance(?:\s?/\s?\S{2,20})?|Adobe ?Stock|Wikimedia Commons|Depositphotos"
    r"|AP Photo(?:/[^/.]{3,40})?)\Z"
)
CREDITING = deferred(
    r"撮影|提供|사진|제공|摄|攝|供图|供圖|資料照|取自|ภาพ|צילום|nuotr\.|©|ⓒ"
    r"|\b(?:photos?|fotos?|courtesy|picture|image|credit|source|file|handout|archives?|archiv|arquivo|archivo|supplied"
    r"|provided|contributed|submitted|pool|staff|screenshot|screengrab|reprodução|divulgação|via|фото|снимка|ảnh)\b",
    re.IGNORECASE,
)
NO_NAME = deferred(
    r"(?:\s|\A)(?:file|photos?|image|picture|fotos?|archives?|archivbild|symbolbild|symbolfoto|archivfoto|archivo|archivio"
    r"|d'archivio|d'archives|arquivo"
    r"|archiv|d'|de|illustrations?|stock|representational|representative|for|only|representation|purposes?|資料写真"
    r"|фото|архив|из|архива)(?=\s|\Z)",
    re.IGNORECASE,
)
SHORTENED = words(
    """
    gov sen rep gen sgt lt col capt maj rev hon prof pres sec atty supt det cpl pvt adm fr msgr mrs jr sr no nos vs ave
    ft mt asst insp cmdr cong del ca geb bzw ggf evtl bspw usw inkl exkl str ul im al św inż płk ks bp abp ing mgr judr
    mudr phdr sra dra lic arq exmo mme mlle mm pr dott avv sig arch geom ing no nr tel dhr mw drs ir afd jan feb mar
    apr jun jul aug sep sept oct nov dec okt dez fig bl blvd inc ltd co corp bros им ул г пр проф ген св г-н
    """
)
"""Words that end in a dot without ending a sentence."""
