"""The words of bylines in many languages, and the names in them."""

from __future__ import annotations

import re

from archive.deferring import deferred
from archive.inline import clean_inline
from scraper.read.vocabulary import joined, wording, words

BY = wording(
    r"""
    (?:(?:written|words|story|reported|posted|published|opinion|analysis|review|interview|compiled|report)\s)?by
    |(?:(?:eine?\s)?(?:analyse|kommentar|gastbeitrag|essay|interview|reportage|kolumne|bericht|rezension|porträt|glosse
    |leitartikel|protokoll)\s)?von|vun|text(?:\sund\sfotos)?|autor(?:in|en|innen|ka|ský text)?|verfasst\svon
    |(?:(?:écrit|rédigé|publié|analyse|texte|recueillis?)\s|propos\srecueillis\s)?par|textes?|auteure?s?|journaliste
    |(?:(?:escrito|redactado|publicado|texto)\s)?por|textos?(?:\sde)?|autora?(?:es)?|redacció(?:n)?|redactor
    |(?:(?:scritto|testo|articolo|intervista)\s)?di|a\scura\sdi|testo|autor[ei]|da|de|dos?
    |(?:geschreven\s)?door|tekst|auteurs?|(?:(?:skriven|skrevet|publicerad|text|tekst)\s)?a[vf]
    |skribent|journalist|forfattere?|författare|eftir|höfundur|teksti|kirjoittaja|toimittaja
    |autorzy|oprac(?:\.|owała?|owanie)|napisała?|rozmawiała?|przez|redakcja|autoři|napsala?|píše|napísala?|piše|napisala?
    |avtor(?:ica)?|tekstas|autori(?:us|ai|ė)|parengė|autors|teksts|írta|szerzők?|szöveg|scris\sde|autori
    |του|της|γράφ(?:ει|ουν)(?:\s[οη])?|συντάκτης|συντακτική\sομάδα|κείμενο|από
    |yazan|yazar|haber|muhabir|hazırlayan
    |авторы?(?:\sтекста)?|текст|подготовила?|беседовала?|автори|підготував|підготувала|аутори?|пише|от|аўтар
    |מאת|כתב(?:ה|ת)?|כותב(?:ת)?|בקלם|بقلم|كتبت?|كتبها?|الكاتب|إعداد|نویسنده|نوشته|به\sقلم|گزارش\sاز|خبرنگار|تحریر
    |द्वारा|लेखक|लेखिका|लेखन|प्रस्तुति|রচনা|লেখক|লেখা|প্রতিবেদন|எழுதியவர்|రచన
    |oleh|ditulis\soleh|penulis|laporan|wartawan|reporter|pewarta|tác\sgiả|bài(?:\sviết)?|โดย|ผู้เขียน|เรื่อง(?:โดย)?
    |na|imeandikwa\sna|mwandishi|per|escrit\sper
    """,
    r"(?:\s{0,3}[:：]\s{0,3}|\s{1,3})(?=\S)",
)
"""What stands before the names."""
PARTICLE = deferred(r"(?:von|vun|di|da|de|dos?|na|per|van|του|της|από|от)\s", re.IGNORECASE)
"""Those of them that can open a name, or a sentence, as well."""
_HAN_BY = deferred(
    r"[(（【\[]?(?:作者|撰文|文字?|执笔|執筆|筆者|著者|取材・文|(?:本报|本報|本刊|特约|特約|实习|實習)?(?:记者|記者)|글|글쓴이|작성자|기자)"
    r"(?:\s{0,3}[:：丨|｜/／]\s{0,3}|\s{1,3})"
)
REST = deferred(
    joined(
        r"""
        (?<=\S)\s{0,3}(?:[|•·]|\b(?:posted|published|updated|last\supdated|veröffentlicht|aktualisiert|stand:|publiée?|publicad[oa]
        |pubblicato|gepubliceerd|geplaatst|publicerad|uppdaterad|udgivet|opdateret|publisert|oppdatert|julkaistu|birt
        |opublikowan[oy]|aktualizacja|publikováno|zveřejněno|objavljeno|közzétéve|publicat|publikuota
        |mis\sà\sjour|actualizad[oa]|aggiornato|опубликовано|обновлено|опубліковано|оновлено|δημοσίευση|yayın\S{0,8}
        |diterbitkan|đăng|imechapishwa)\b
        |입력|수정|등록|승인|발행|发布|发表|發布|公開|更新|時間|时间|نُ?شر|تاريخ|منتشر|פורסם|עודכן|प्रकाशित|প্রকাশ
        |\b(?:on|am|le|el|il|em|op|den|dne|vom|på|kl|w\sdniu)\s(?:\w{3,9}\s)?\d
        |[,\s]{0,3}\b(?:mon|tue|wed|thu|fri|sat|sun)(?:\w{0,3}day)?\b
        |[,\s]{0,3}\b\w{3,9}\.?\s\d{1,2},|\b\d{1,4}[./:年\s-]).*\Z
        """
    ),
    re.IGNORECASE,
)
"""What follows the names: dates, and what they are dates of."""
NAME_FIRST = deferred(r"\A[【（(\[]?([가-힣]{2,4}|[\u3400-\u9fff]{2,6})\s?(?:기자|특파원|記者|记者)(?!\w)")
_HAN_NAME = deferred("[\u3400-\u9fff]{2,4}\\Z")
_DATELINE = deferred(r"\A\s*[가-힣]{2,6}=\s?")
_HAN_ROLE = deferred(
    "\\s{0,2}(?:(?:인턴|선임|전문|수습|객원|온라인)?\\s?기자|특파원|논설위원|앵커|編集委員|論説委員|特派員|通信員|記者|记者|通讯员|報導|报道|記者報導|ライター)[)）】\\]]?\\Z"
)
_BETWEEN = deferred(
    r"\s*(?:,\s*(?:and|und|et|y|e|og|och|en|i|и|та|και|dan)\s|[,;/|，；｜،؛、\n]|\s&\s|\s[•·]\s)\s*",
    re.IGNORECASE,
)
_DOTTED = deferred(r"(?<=[\u3400-\u9fff])・(?=[\u3400-\u9fff])|(?<=[가-힣])·(?=[가-힣])")
"""What stands between names written without spaces."""
_AND = deferred(
    r"\s(?:and|und|et|y|e|og|och|en|i|a|és|și|şi|ir|un|ja|ve|и|та|і|й|και|dan|và|na|with|و|और|এবং|ও|และ|an)\s",
    re.IGNORECASE,
)
_DASH = deferred(r"\s[-–—]{1,2}\s|(?<=\w{3})\.\s(?=[^\s.]{4})")
_ADDRESS = deferred(
    r"https?://\S{1,2000}|www\.\S{1,2000}|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}|(?<!\S)@\w{1,60}", re.I
)
_LONGEST = 2000
_OPENING, _CLOSING = tuple("(（【["), tuple(")）】]")
_SUFFIX = deferred(r"(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d|esq)\.?\Z", re.IGNORECASE)
_PLACE = deferred(r"\s(?:in|à|aus|en|em|reporting from|from)\s[A-ZÀ-Þ][^,]{1,40}\Z")
_ROLE = deferred(
    joined(
        r"""
        \b(?:staff|writers?|reporters?|reporting|correspondents?|editors?|editorial|contributors?|columnists?|journalists?
        |producers?|desk|bureau|redaktion|redakteur(?:in)?|newsroom|team|agency|agencies|chief|special|senior|political
        |business|associate|photographers?|press|korrespondent(?:in)?|chefredakteur(?:in)?|volontär(?:in)?
        |journaliste|correspondante?|envoyée?s? spécia(?:le?|ux)|rédact(?:eur|rice)|chroniqueu(?:r|se)|grand reporter
        |periodista|corresponsal|enviad[oa] especial|redactora?|columnista|jornalista|repórter|correspondente|colunista
        |giornalista|inviat[oa]|corrispondente|redacteur|verslaggever|redaktör|skribent|krönikör|kommentator
        |dziennikarz|dziennikarka|korespondent(?:ka)?|redaktor(?:ka)?|novinář(?:ka)?|toimittaja|kolumnisti|újságíró
        |jurnalist|wartawan|jurnalis|kontributor|muhabiri?|editörü?|yazarı?
        |журналист(?:ка)?|корреспондент|редактор|обозреватель|колумнист|журналіст(?:ка)?|кореспондент|оглядач
        |новинар(?:ка)?|δημοσιογράφος|phóng viên|biên tập viên)\b
        |記者|记者|기자|特派員|編集委員|論説委員|مراسل|صحفي|محرر|خبرنگار|संवाददाता|प्रतिनिधि|প্রতিবেদক|প্রতিনিধি|ผู้สื่อข่าว|כתב
        """
    ),
    re.IGNORECASE,
)
_NO_NAME = deferred(r"https?:|www\.|@|\d{2,}|[{}<>=]", re.IGNORECASE)
_AGENCIES = words(
    """
    afp ap dpa reuters efe ansa pap tass тасс interfax интерфакс ritzau ntb tt stt bns elta leta mti čtk ctk
    tasr sita agerpres bta бта hina tanjug танјуг anadolu aa dha iha pti ians ani uni xinhua 新华社 新華社 共同
    共同通信 時事 時事通信 yonhap 연합뉴스 뉴시스 bernama antara vna ttxvn belga anp apa sda keystonesda ats kna
    epd sid aap pa cp lusa europapress bloomberg wafa irna isna укрінформ уніан belta dapd rtr ddp upi tap aps
    map mena spa nova agi adnkronos askanews europaexpress cna nhk associatedpress theassociatedpress
    agencefrancepresse pressassociation pamedia canadianpress thecanadianpress pressstrustofindia pressstrust
    presstrustofindia agênciabrasil agenciaefe agenciabrasil рианoвости риановости
    """
)
_NOBODY = words(
    """
    admin administrator administrador administrateur amministratore root user author autor guest anonymous
    anonym anonyme anónimo test unknown null undefined none na webmaster superuser wpadmin wordpress siteadmin
    webadmin админ администратор гость аноним 管理员 管理員 관리자 مدير by von por par profile default system
    sysadmin adminuser newsadmin
    """
)
_HOUSE = deferred(
    joined(
        r"""
        (?:(?:the|la|le|o|a)\s)?(?:online[- ]?)?(?:news|web|digital|online|staff|city|sports?|editorial|central|team)?
        [\s-]?(?:editors?|editorial(?:\s(?:staff|team|board|desk))?|newsroom|newsdesk|desk|staff(?:\s(?:writer|reporter))?
        |reporters?|correspondent|bureau|team)\Z|(?:(?:la|le|o|a|online|die)[\s-])?(?:redaktion(?:en)?|redakteur|rédaction|redacción|redaccion|redacció|redação|redacao
        |redazione|redactie|redaksjon(?:en)?|redaksi|redakcja|redakce|redakcia|redakcija|redakció|redakciju|redactia|redacția
        |szerkesztőség|toimitus|ritstjórn|toimetus|редакция|редакція|редакција|редакцията|haber\smerkezi|σύνταξη
        |συντακτική\sομάδα|newsroom|編集部|编辑部|編輯部|편집부|온라인뉴스팀|تحریریه|التحرير|هيئة\sالتحرير|מערכת|डेस्क|ডেস্ক
        |tòa\ssoạn|กองบรรณาธิการ)(?:\s(?:\S{1,20}))?\Z
        """
    ),
    re.IGNORECASE,
)
_PARTICLES = words(
    """
    de del della dello di da do dos das du des la le les el al bin ibn ben bint abu von vom zu zur van der den dem ter
    te ten het op y e i en af av und o' d' l' mc st san santa lo li ó ní bte binti
    """
)
_NO_PERSON = words(
    """
    the read more follow share updated update published comments comment view all posts about see this that subscribe
    here photo image video getty sign contact latest news home print email copy advertisement und oder bei les des the's
    reading time min minutes listen article prime minister president world politics business sport sports culture
    opinion analysis local national international economy health science technology east west north south special report
    breaking live stream gallery lesezeit uhr artikel lectura leitura lettura lecture minutos minuti
    """
)


def split(raw: str) -> list[str]:
    """The names in a byline: "By A B, staff writer, and C D in Rome" gives A B and C D."""
    raw = clean_inline(_ADDRESS.sub(" ", raw[:_LONGEST]))
    if raw[:1] in _OPENING and raw[-1:] in _CLOSING:
        raw = raw[1:-1]
    opened = _opened(raw)
    if len(opened) < len(raw) and han_by(raw) and all(map(_HAN_NAME.match, opened.split())):
        return opened.split()
    raw = opened if opened.isascii() else _DOTTED.sub("、", opened)
    names: list[str] = []
    for part in _BETWEEN.split(raw):
        if names and _SUFFIX.match(part):
            names[-1] = f"{names[-1]}, {part}"
            continue
        names.extend(filter(None, (clean_name(name) for side in _people_of(part) for name in _undashed(side))))
    people = [name for name in names if is_agency(name) or not _ROLE.search(name)]
    full = [name for name in people if is_agency(name) or not _is_word(name)]
    return full if any(map(is_person, full)) else people or names


def han_by(text: str) -> re.Match[str] | None:
    """What stands before the names in Chinese, Japanese and Korean, if the text begins with it."""
    return None if text.isascii() else _HAN_BY.match(text)


def _is_word(name: str) -> bool:
    """Whether it is a single word with one capital: beside full names that is a place."""
    return " " not in name and name.istitle()


def _opened(raw: str) -> str:
    """A byline without the words before its names."""
    match = han_by(raw)
    if match:
        return raw[match.end() :]
    for _ in range(2):
        match = BY.match(raw)
        if match is None:
            break
        rest = raw[match.end() :]
        alone = len(rest.split()) < 2 and not is_house(rest) and not is_agency(rest)
        if alone and PARTICLE.match(raw) and ":" not in match.group():
            break
        raw = rest
    return raw


def _people_of(part: str) -> list[str]:
    """A part of a byline at its "and"s, where what stands on both sides can be a person's full name, or an agency's."""
    sides = _AND.split(part)
    full = [is_agency(side) or (len(side.split()) >= 2 and not _is_paper(side)) for side in sides]
    return sides if len(sides) > 1 and all(full) else [part]


def _is_paper(side: str) -> bool:
    """Whether two words are an article and a noun, as newspapers call themselves."""
    first, *rest = side.split()
    return len(rest) == 1 and first.casefold() in ("le", "la", "the", "der", "die", "das", "el", "il", "de")


def _undashed(part: str) -> list[str]:
    """A name without the role, the paper or the place behind a dash or a full stop."""
    sides = _DASH.split(part)
    people = [side for side in sides if is_person(side) and not _ROLE.search(side)]
    return people[:1] if len(sides) > 1 and people else [part]


def clean_name(name: str) -> str:
    name = re.sub(r"\s*\([^()]{0,80}\)\s*", " ", name)
    name = _PLACE.sub("", name)
    if not name.isascii():
        name = _DATELINE.sub("", name)
        if match := NAME_FIRST.match(name):
            name = match.group(1)
        name = _HAN_ROLE.sub("", clean_inline(name))
    name = clean_inline(name)
    junior = re.search(r"\b[JS]r\.\Z", name) is not None
    name = name.strip(' .,:;|-–—•·*"“”()（）【】[]') + ("." if junior else "")
    if not 2 <= len(name) <= 60 or _NO_NAME.search(name) or len(name.split()) > 6:
        return ""
    if not any(c.isalpha() for c in name):
        return ""
    return name


def key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def is_agency(name: str) -> bool:
    return key(name) in _AGENCIES


def is_nobody(name: str) -> bool:
    """Whether it is what software calls an account, not a person: "admin", "kevin-r"."""
    account = re.fullmatch(r"[a-z0-9._-]{2,40}", name) is not None
    return key(name) in _NOBODY or (account and not is_agency(name) and not is_house(name))


def is_house(name: str) -> bool:
    """Whether it is the newsroom rather than somebody in it."""
    return _HOUSE.match(clean_inline(name)) is not None


_PLACES = frozenset(
    joined(
        """
        new york|nueva york|nova york|los angeles|las vegas|san francisco|san diego|san antonio|san jose|santa fe
        |st louis|st. louis|new orleans|new jersey|new mexico|new hampshire|north carolina|south carolina|west virginia
        |rhode island
        |washington dc|washington d.c|hong kong|tel aviv|new delhi|abu dhabi|kuala lumpur|phnom penh|ho chi minh city
        |buenos aires|são paulo|sao paulo|rio de janeiro|belo horizonte|porto alegre|mexico city|cape town|costa rica
        |puerto rico|el salvador|sri lanka|saudi arabia|south africa|south korea|north korea|new zealand|united states
        |united kingdom|northern ireland|latin america|north america|south america|central america|south asia|east asia
        |southeast asia|west bank|baden-württemberg|nordrhein-westfalen|sachsen-anhalt|rheinland-pfalz|den haag|le havre
        |la paz|bosna i hercegovina|real estate|top stories|press release|human rights|climate change|public health
        |social media|local government|supreme court|white house|premier league|champions league|formula one|open access
        """
    ).split("|")
)
"""Places of several words, and rubrics, that stand where names do and are written as they are."""


def is_person(name: str) -> bool:
    """Whether it reads as somebody's full name; in scripts without capitals, as one or as a short phrase."""
    name = name.strip(" .,")
    tokens = name.split()
    if not name or name.casefold() in _PLACES or any(c.isdigit() for c in name) or re.search(r"[?!:;…«»“”„\"]", name):
        return False
    if name.lower() == name.upper():
        return 1 <= len(tokens) <= 5 and (2 <= len(name) <= 8 or (len(tokens) > 1 and len(name) <= 40))
    if not 2 <= len(tokens) <= 5 or not (tokens[0][0].isupper() or tokens[0].casefold() in _PARTICLES):
        return False
    if any(token.casefold() in _NO_PERSON for token in tokens):
        return False
    capitals = [t[:1].isupper() or t[1:2].isupper() or t[2:3].isupper() or not t[:1].islower() for t in tokens]
    return (
        all(known or token.casefold() in _PARTICLES for known, token in zip(capitals, tokens, strict=True))
        and sum(capitals) > 1
    )
