"""Words of dates and of columns' names, in the languages of many files: English, German, French, Spanish, Italian, Dutch, …"""

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONTHS = (  # English, German, French, Spanish, Italian, Dutch, Portuguese, Polish, Swedish; longer names begin with these
    "jan januar janvier janv ene enero gen gennaio janeiro sty styczen",
    "feb februar fevrier fev febbraio fevereiro febrero lut luty",
    "mar marz maerz mars marzo maart mrt march marco mrz",
    "apr april avril avr abr abril aprile kwi kwiecien",
    "may mai mayo maggio mag mei maio maj",
    "jun juni juin junio giugno giu june junho cze czerwiec",
    "jul juli juillet juil julio luglio lug july julho lip lipiec",
    "aug august aout agosto ago augustus sie sierpien augusti",
    "sep sept september septembre septiembre settembre set setembro wrz wrzesien setiembre",
    "oct okt october oktober octobre octubre ottobre ott outubro out paz pazdziernik",
    "nov november novembre noviembre novembro lis listopad",
    "dec dez december dezember decembre diciembre dic dicembre dezembro gru grudzien",
)
MONTH_NUMBERS = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()} | {
    "january": 1, "february": 2, "januari": 1, "februari": 2,
}  # fmt: skip
WEEKDAYS = _words(
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday mo montag di dienstag mi "
    "mittwoch do donnerstag fr freitag sa samstag sonnabend so sonntag lun lundi lunes lunedi mar mardi martes martedi mer mercredi "
    "mie miercoles mercoledi jeu jeudi jue jueves gio giovedi ven vendredi vie viernes venerdi sam samedi sab sabado sabato dim "
    "dimanche dom domingo domenica"
)
DATE_NAMES = _words(
    "date dates datum fecha data time timestamp datetime ds day days tag jour dia giorno dag month months monat mois mes mese "
    "maand week weeks woche semaine semana settimana period periode periodo quarter quartal trimestre year years jahr annee "
    "ano anno jaar jaartal observation zeit zeitpunkt zeitstempel heure hora ora hour stunde ts when epoch unix month/year"
)
ID_NAMES = _words(
    "id uid key series store shop item sku product article artikel produkt filiale region country land city site sensor "
    "station meter customer kunde tienda producto magasin produit name group category kategorie dept department branch "
    "location code symbol ticker asset device unique_id series_id item_id store_id store_nbr"
)
YEAR_NAMES = _words("year jahr annee ano anno jaar yr yyyy year_ rok")
MONTH_NAMES = _words("month monat mois mes mese maand mon mm mo miesiac")
DAY_NAMES = _words("day tag jour dia giorno dag dd dayofmonth day_of_month mday")
HOUR_NAMES = _words("hour stunde heure hora ora uur hh hr time zeit uhrzeit")
QUARTER_NAMES = _words("quarter quartal trimestre kwartaal qtr q")
WEEK_NAMES = _words("week woche kw semaine semana settimana weeknumber week_number isoweek wk")
ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8,
    "hst": -10, "jst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip


def plain(text: str) -> str:
    """Return a text in lower case, without accents and with plain spaces and hyphens."""
    if text.isascii():
        return text.strip().lower()
    text = text.replace("–", "-").replace("—", "-").replace("−", "-").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).strip().lower()


def words(name: str) -> list[str]:
    """Return the words of a column's name: "Order Date (UTC)" → order, date, utc."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", plain(apart)) if word]


def names_one_of(name: str, vocabulary: frozenset[str]) -> bool:
    """Whether a column's name, or a word of it, is in the vocabulary."""
    return plain(name) in vocabulary or any(word in vocabulary for word in words(name))


def without_weekday(text: str) -> str:
    """Leave out the day of the week at the beginning; "mar" is a month in "mar 2010" and a Tuesday in "mar 05/01/2010"."""
    match = re.match(r"([a-z]+)[.,]*\s*", text)
    if match is None or match[1] not in WEEKDAYS:
        return text
    rest = text[match.end() :]
    is_month = match[1] in MONTH_NUMBERS and not re.search(r"[a-z]{3}|\d+\D+\d+\D+\d+", rest)
    return text if is_month else rest


def month_number(name: str) -> int | None:
    """Return the number of a month's name in any of the languages."""
    return MONTH_NUMBERS.get(name) or (MONTH_NUMBERS.get(name[:4]) if len(name) > 6 else None)


def lacks_year(text: str) -> bool:
    """Whether a text is a month's name, alone or with a day, and has no year: Jan, 1-Jan, Feb 29."""
    match = re.fullmatch(r"(?:\d{1,2}\.?[-/. ]*)?([a-z]{3,12})\.?(?:[-/. ]*\d{1,2})?", plain(text))
    return match is not None and month_number(match[1]) is not None
