"""Days as people write them: month names of many languages, digits of many scripts, four calendars."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from archive.deferring import deferred
from scraper.read.vocabulary import ordered

_NAMES = (
    """
    january jan januar janvier janv enero ene gennaio gen janeiro januari jänner jän stycznia styczeń sty ledna
    leden januára января янв январь січня січень януари јануар јануара siječnja sijecnja tammikuuta tammi január
    ianuarie ιανουαρίου ιανουάριος ιαν ocak janúar sausio janvāris janvārī jaanuar gener xaneiro janar студзеня
    يناير كانونالثاني ژانویه جنوری जनवरी জানুয়ারি জানুয়ারী ஜனவரி జనవరి มกราคม ม.ค. tháng1 ינואר
    """,
    """
    february feb februar février fevrier févr fév febrero febbraio fevereiro fev februari feber lutego luty
    února únor februára февраля фев февраль лютого лютий лют февруари фебруар фебруара veljače helmikuuta
    február febr februarie φεβρουαρίου φεβρουάριος φεβ şubat febrúar vasario februāris februārī veebruar febrer
    febreiro shkurt лютага فبراير شباط فوریه فروری फरवरी फ़रवरी ফেব্রুয়ারি ফেব্রুয়ারী பிப்ரவரி ఫిబ్రవరి
    กุมภาพันธ์ ก.พ. פברואר pebruari
    """,
    """
    march mar märz maerz mär mars marzo março marco maart mrt marca marzec března březen марта мар март березня
    березень марти mart marta ožujka maaliskuuta március márc martie μαρτίου μάρτιος μαρ marsi kovo marts martā
    märts març сакавіка مارس آذار آذارمارس مارچ मार्च মার্চ மார்ச் మార్చి มีนาคม มี.ค. מרץ מרס maret mac machi
    """,
    """
    april apr avril avr abril abr aprile kwietnia kwiecień dubna duben apríla апреля апр апрель квітня квітень
    април априла travnja huhtikuuta április ápr aprilie απριλίου απρίλιος απρ nisan apríl balandžio aprīlis
    aprīlī aprill prill красавіка أبريل ابريل نيسان آوریل اپریل अप्रैल এপ্রিল ஏப்ரல் ఏప్రిల్ เมษายน เม.ย. אפריל
    aprili
    """,
    """
    may mai mayo maggio mag maio mei maj maja května květen mája мая май травня травень svibnja toukokuuta május
    máj μαΐου μαίου μάιος μαϊ mayıs maí gegužės maijs maijā maig maíu maiu траўня мај маја مايو أيار ايار مه مئی
    मई মে மே మే พฤษภาคม พ.ค. מאי
    """,
    """
    june jun juni juin junio giugno giu junho czerwca czerwiec cze června červen júna июня июн июнь червня
    червень юни јун јуна juna lipnja kesäkuuta június jún iunie ιουνίου ιούνιος ιουν haziran júní birželio
    jūnijs jūnijā juuni juny xuño qershor чэрвеня يونيو حزيران ژوئن جون जून জুন ஜூன் జూన్ มิถุนายน มิ.ย. יוני
    """,
    """
    july jul juli juillet juil julio luglio lug julho lipca lipiec lip července červenec júla июля июл июль
    липня липень юли јул јула jula srpnja heinäkuuta július júl iulie ιουλίου ιούλιος ιουλ temmuz júlí liepos
    jūlijs jūlijā juuli juliol xullo korrik ліпеня يوليو يوليوز تموز ژوئیه جولائی जुलाई জুলাই ஜூலை జూలై กรกฎาคม
    ก.ค. יולי julai
    """,
    """
    august aug août aout agosto ago augustus augusti sierpnia sierpień sie srpna srpen augusta августа авг
    август серпня серпень kolovoza elokuuta augusztus αυγούστου αύγουστος αυγ ağustos ágúst rugpjūčio augusts
    augustā agost gusht жніўня أغسطس اغسطس غشت آب اوت اگست अगस्त আগস্ট ஆகஸ்ட் ఆగస్టు สิงหาคม ส.ค. אוגוסט agustus
    ogos agosti
    """,
    """
    september sep sept septembre septiembre settembre set setembro września wrzesień wrz září septembra сентября
    сен сентябрь вересня вересень септември септембар септембра rujna syyskuuta szeptember szept septembrie
    σεπτεμβρίου σεπτέμβριος σεπ eylül rugsėjo septembris septembrī setembre shtator верасня سبتمبر شتنبر أيلول
    ايلول سپتامبر ستمبر सितंबर सितम्बर সেপ্টেম্বর செப்டம்பர் సెప్టెంబర్ กันยายน ก.ย. ספטמבר septemba
    """,
    """
    october oct oktober okt octobre octubre ottobre ott outubro out października październik paź října říjen
    októbra октября окт октябрь жовтня жовтень октомври октобар октобра lokakuuta október octombrie οκτωβρίου
    οκτώβριος οκτ ekim spalio oktobris oktobrī oktoober tetor кастрычніка أكتوبر اكتوبر تشرينالأول تشرينالاول
    اکتبر اکتوبر अक्टूबर अक्तूबर অক্টোবর அக்டோபர் అక్టోబర్ ตุลาคม ต.ค. אוקטובר oktoba
    """,
    """
    november nov novembre noviembre novembro listopada listopad lis listopadu novembra ноября ноя ноябрь
    листопада листопад ноември новембар новембра studenoga studenog marraskuuta noiembrie νοεμβρίου νοέμβριος
    νοε kasım nóvember lapkričio novembris novembrī nëntor лістапада نوفمبر نونبر تشرينالثاني نوامبر نومبر नवंबर
    नवम्बर নভেম্বর நவம்பர் నవంబర్ พฤศจิกายน พ.ย. נובמבר novemba
    """,
    """
    december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro desember des grudnia
    grudzień gru prosince prosinec decembra декабря дек декабрь грудня грудень декември децембар децембра
    prosinca joulukuuta decembrie δεκεμβρίου δεκέμβριος δεκ aralık gruodžio decembris decembrī detsember
    desembre decembro dhjetor снежня ديسمبر دجنبر كانونالأول كانونالاول دسامبر دسمبر दिसंबर दिसम्बर ডিসেম্বর
    டிசம்பர் డిసెంబర్ ธันวาคม ธ.ค. דצמבר disember desemba
    """,
)
_MONTHS = {
    unicodedata.normalize("NFC", name).rstrip("."): number
    for number, names in enumerate(_NAMES, 1)
    for name in names.split()
}
_PERSIAN = {
    name: number
    for number, name in enumerate(ordered("فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"), 1)
}
_TWO_WORDS = deferred(r"(كانون|تشرين)\s(الأول|الاول|الثاني)")
_NAME = r"([^\s\d,،./()|:–—-][^\s\d,،/()|:]{1,14}?)"
_OF = r"(?:de\s|d['’]|of\s|del\s|di\s|da\s|ngày\s|tháng\s|mwezi\s)?"
_DAY_FIRST = deferred(
    rf"(?<![\d:/.])(\d{{1,2}})(?:st|nd|rd|th|er|\.|º|ª|a|-го|-ви|η)?\s{{1,2}}{_OF}{_NAME}\.?[,،]?\s{{1,2}}"
    r"(?:de\s|del\s|του\s)?(\d{4})(?!\d)",
    re.IGNORECASE,
)
_MONTH_FIRST = deferred(
    rf"(?<!\w){_NAME}\.?\s{{1,2}}(\d{{1,2}})(?:st|nd|rd|th|\.)?,?\s{{1,2}}(\d{{4}})(?!\d)", re.IGNORECASE
)
_YEAR_FIRST = deferred(
    rf"(?<!\d)(\d{{4}})(?:\.|\sm\.|\sгод)?\s{{1,2}}{_NAME}\.?\s{{1,2}}(\d{{1,2}})(?!\d|:)", re.IGNORECASE
)
_LATVIAN = deferred(rf"(?<!\d)(\d{{4}})\.\sgada\s(\d{{1,2}})\.\s{_NAME}(?!\w)", re.IGNORECASE)
_NUMERIC = deferred(r"(?<!\d)(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_DOTTED = deferred(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
"""Where points stand between the numbers, the day comes first."""
_VIETNAMESE = deferred(r"(?<!\d)(\d{1,2})\s{1,2}tháng\s{1,2}(\d{1,2})(?:,|\snăm)?\s{1,2}(\d{4})(?!\d)", re.IGNORECASE)
_SLASHED = deferred(r"(?<![\d/.-])(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?![\d/-])")
_ERA = deferred(r"(令和|平成|民國|民国)\s?(\d{1,3}|元)年\s?(\d{1,2})月\s?(\d{1,2})日")
_ERAS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}
_ORDERS = (
    (_LATVIAN, (0, 2, 1)),
    (_VIETNAMESE, (2, 1, 0)),
    (_DAY_FIRST, (2, 1, 0)),
    (_MONTH_FIRST, (2, 0, 1)),
    (_YEAR_FIRST, (0, 1, 2)),
    (_NUMERIC, (0, 1, 2)),
    (_DOTTED, (2, 1, 0)),
)
_LONGEST = 300
_FIRST, _LAST = 1800, 2100
_LEAPS = (1, 5, 9, 13, 17, 22, 26, 30)
_BUDDHIST = (2400, 2700)
_MONTH_DAYS = 12


def read_day(shown: str, language: str | None = None) -> date | None:
    """The first day in a date as people write it; None where it could be several.

    `language` tells apart what only the language can: 4/5/2013, and the month that Poles and Croats both call listopad.
    """
    shown = shown[:_LONGEST]
    if not shown.isascii():
        shown = _TWO_WORDS.sub(r"\1\2", latin_digits(unicodedata.normalize("NFC", shown)))
    if not any(c.isdigit() for c in shown):
        return None
    found = [(at, day) for at, day in _found(shown, (language or "").lower()) if day]
    return min(found, key=lambda entry: entry[0])[1] if found else None


def _found(shown: str, language: str) -> Iterator[tuple[int, date | None]]:
    for pattern, order in _ORDERS:
        for match in pattern.finditer(shown):
            year, month, day = (match.groups()[i] for i in order)
            yield match.start(), _of_names(year, month, day, language)
    for match in () if shown.isascii() else _ERA.finditer(shown):
        era, year, month, day = match.groups()
        yield match.start(), made(_ERAS[era] + (1 if year == "元" else int(year)), int(month), int(day))
    for match in _SLASHED.finditer(shown):
        first, second, year = map(int, match.groups())
        if first > _MONTH_DAYS or (second <= _MONTH_DAYS and (language and not language.startswith("en"))):
            yield match.start(), made(year, second, first)
        elif second > _MONTH_DAYS or first == second:
            yield match.start(), made(year, first, second)


def _of_names(year: str, month: str, day: str, language: str) -> date | None:
    if month.isdigit():
        return made(int(year), int(month), int(day))
    name = month.lower().rstrip(".")
    if name in _PERSIAN and 1200 < int(year) < 1600:
        return from_persian(int(year), _PERSIAN[name], int(day))
    number = _MONTHS.get(name) or _MONTHS.get(name.removeprefix("ב")) or _MONTHS.get(name.removeprefix("ב־"))
    if number and language[:2] in ("hr", "bs") and name == "listopada":
        number = 10
    return made(int(year), number, int(day)) if number else None


def made(year: int, month: int, day: int) -> date | None:
    """A day of the Gregorian calendar; a year of the Buddhist era is counted back. None for what is neither."""
    if _BUDDHIST[0] < year < _BUDDHIST[1]:
        year -= 543
    try:
        return date(year, month, day) if _FIRST <= year <= _LAST else None
    except ValueError:
        return None


def from_persian(year: int, month: int, day: int) -> date | None:
    """A day of the Solar Hijri calendar, whose years begin at the vernal equinox; leap years by the 33-year cycle."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    start = (year - 1) // 33 * 33
    leaps = start // 33 * 8 + sum(y % 33 in _LEAPS for y in range(start + 1, year))
    days = (year - 1) * 365 + leaps + (month - 1) * 31 - max(0, month - 7) + day - 1
    return date(622, 3, 21) + timedelta(days=days)


def latin_digits(text: str) -> str:
    """A text with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and c.isdecimal() else c for c in text)
