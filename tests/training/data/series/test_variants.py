"""Series as people write them: dialects, forms of dates and damage, each with the reading that is meant."""

from typing import NamedTuple

import pandas as pd
import pytest

from tests.csv_files import write
from tests.training.data.series.series_files import COUNT, dates, local, midnight, series, text_of, values
from training.data.options import SeriesOptions
from training.data.series import read_series


class Variant(NamedTuple):
    """A file, and how it is meant: first and last date, frequency, season and the number of readings."""

    text: str
    first: str
    last: str
    frequency: str
    season: int
    count: int = COUNT
    options: SeriesOptions = SeriesOptions()


MONTHS = ("2010-01-01", "2012-12-01", "MS", 12)


def words(text):
    return text.split()


ENGLISH = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
GERMAN = ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
FRENCH = words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
SPANISH = words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")
ITALIAN = words("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre")
DUTCH = words("januari februari maart april mei juni juli augustus september oktober november december")
PORTUGUESE = words("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro")


def months(form, count=COUNT):
    return dates("2010-01-01", "MS", form, count)


def named(names, form="{name} {year}"):
    return months(lambda month: form.format(name=names[month.month - 1], year=month.year))


def numbered(months_of_year=12):
    return [f"{1 + i // months_of_year}-{1 + i % months_of_year:02d}" for i in range(COUNT)]


def columns(form, *parts):
    return [[part(month) for month in pd.date_range("2010-01-01", periods=COUNT, freq=form)] for part in parts]


YEAR_MONTH = columns("MS", lambda d: d.year, lambda d: d.month)
YEAR_NAME = columns("MS", lambda d: d.year, lambda d: d.strftime("%b"))
YEAR_QUARTER = columns("QS", lambda d: d.year, lambda d: f"Q{d.quarter}")
YEAR_MONTH_DAY = columns("D", lambda d: d.year, lambda d: d.month, lambda d: d.day)
DAY_AND_TIME = columns("6h", lambda d: d.strftime("%d.%m.%Y"), lambda d: d.strftime("%H:%M"))
DAY_AND_HOUR = columns("h", lambda d: d.strftime("%Y-%m-%d"), lambda d: d.hour)
FOUR_FOUR_FIVE = [
    str(d.date())
    for d in pd.Timestamp("2010-01-30") + pd.to_timedelta([7 * sum(([4, 5, 4] * 12)[:i]) for i in range(COUNT)], "D")
]
REPEATED = dates("2010-01-01", "MS")
HOURS = [str(d) for d in pd.date_range("2023-03-24", periods=240, freq="h", tz="Europe/Berlin").tz_localize(None)]
AUTUMN_NIGHT = [
    str(d) for d in pd.date_range("2023-11-04", periods=96, freq="30min", tz="America/New_York").tz_localize(None)
]

VARIANTS = {
    # ISO 8601
    "iso day": Variant(series(months("%Y-%m-%d")), *MONTHS),
    "iso month": Variant(series(months("%Y-%m")), *MONTHS),
    "slashes": Variant(series(months("%Y/%m/%d")), *MONTHS),
    "slashes, month": Variant(series(months("%Y/%m")), *MONTHS),
    "dots, year first": Variant(series(months("%Y.%m.%d")), *MONTHS),
    "no padding": Variant(series(months(lambda d: f"{d.year}-{d.month}-{d.day}")), *MONTHS),
    "digits, day": Variant(series(months("%Y%m%d")), *MONTHS),
    "digits, month": Variant(series(months("%Y%m")), *MONTHS),
    "midnights": Variant(series(months("%Y-%m-%d 00:00:00")), *MONTHS),
    "iso week": Variant(series(dates("2015-01-05", "W-MON", "%G-W%V")), "2015-01-05", "2015-09-07", "W-MON", 52),
    "iso week, short": Variant(series(dates("2015-01-05", "W-MON", "%GW%V")), "2015-01-05", "2015-09-07", "W-MON", 52),
    "iso time with T": Variant(series(dates("2016-01-01", "h", "%Y-%m-%dT%H:%M")), "2016-01-01", "2016-01-02T11:00", "h", 24),
    "milliseconds": Variant(series(dates("2016-01-01", "15min", "%Y-%m-%dT%H:%M:%S.000")), "2016-01-01", "2016-01-01T08:45", "15min", 96),
    # UTC offsets
    "days with offsets": Variant(series(dates("2023-03-10", "D", midnight("Europe/Berlin", "%Y-%m-%dT%H:%M:%S%o"))), "2023-03-10", "2023-04-14", "D", 7),
    "months with offsets": Variant(series(months(midnight("Europe/Berlin", "%Y-%m-%d %H:%M:%S%o"))), *MONTHS),
    "midnights written in UTC": Variant(series([f"2023-03-2{i}T23:00:00Z" for i in range(6)] + [f"2023-03-{i}T22:00:00Z" for i in range(26, 32)]), "2023-03-21", "2023-04-01", "D", 7, 12),
    "hours, +01": Variant(series(dates("2023-03-25", "h", local("Europe/Berlin", "%Y-%m-%d %H:%M:%S%h"))), "2023-03-25", "2023-03-26T11:00", "h", 24),
    "hours, +0100 after a space": Variant(series(dates("2023-03-25", "h", local("Europe/Berlin", "%Y-%m-%d %H:%M:%S %z"))), "2023-03-25", "2023-03-26T11:00", "h", 24),
    "hours, GMT+0100": Variant(series(dates("2023-03-25", "h", local("Europe/Berlin", "%a %b %d %Y %H:%M:%S GMT%z (Europe)"))), "2023-03-25", "2023-03-26T11:00", "h", 24),
    "hours, Z": Variant(series(dates("2023-03-25", "h", "%Y-%m-%dT%H:%M:%SZ")), "2023-03-25", "2023-03-26T11:00", "h", 24),
    "hours, UTC": Variant(series(dates("2023-03-25", "h", "%Y-%m-%d %H:%M:%S UTC")), "2023-03-25", "2023-03-26T11:00", "h", 24),
    "hours, CET and CEST": Variant(series(dates("2023-03-25", "h", local("Europe/Berlin", "%d.%m.%Y %H:%M %Z"))), "2023-03-25", "2023-03-26T11:00", "h", 24),
    # names of months
    "Jan-10": Variant(series(months("%b-%y")), *MONTHS),
    "10-Jan": Variant(series(months("%y-%b")), *MONTHS),
    "Jan 2010": Variant(series(months("%b %Y")), *MONTHS),
    "January 2010": Variant(series(months("%B %Y")), *MONTHS),
    "2010 Jan": Variant(series(months("%Y %b")), *MONTHS),
    "31-May-2015": Variant(series(dates("2015-05-31", "ME", "%d-%b-%Y")), "2015-05-31", "2018-04-30", "ME", 12),
    "May 31, 2015": Variant(text_of([f'"{d}"' for d in dates("2015-05-31", "ME", "%B %d, %Y")], values()), "2015-05-31", "2018-04-30", "ME", 12),
    "German": Variant(series(named(GERMAN)), *MONTHS),
    "German day": Variant(series(months(lambda d: f"{d.day}. {GERMAN[d.month - 1]} {d.year}")), *MONTHS),
    "French": Variant(series(named(FRENCH, "1er {name} {year}")), *MONTHS),
    "Spanish": Variant(series(named(SPANISH, "{name} de {year}")), *MONTHS),
    "Italian": Variant(series(named(ITALIAN)), *MONTHS),
    "Dutch": Variant(series(named(DUTCH, "1 {name} {year}")), *MONTHS),
    "Portuguese": Variant(series(named(PORTUGUESE)), *MONTHS),
    # periods
    "2016M01": Variant(series(months("%YM%m")), *MONTHS),
    "2016-M01": Variant(series(months("%Y-M%m")), *MONTHS),
    "numbered years": Variant(series(numbered()), "1901-01-01", "1903-12-01", "MS", 12),
    "Q1 2016": Variant(series(dates("2010-01-01", "QS", lambda d: f"Q{d.quarter} {d.year}")), "2010-01-01", "2018-10-01", "QS-OCT", 4),
    "2016Q1": Variant(series(dates("2010-01-01", "QS", lambda d: f"{d.year}Q{d.quarter}")), "2010-01-01", "2018-10-01", "QS-OCT", 4),
    "2016-Q1": Variant(series(dates("2010-01-01", "QS", lambda d: f"{d.year}-Q{d.quarter}")), "2010-01-01", "2018-10-01", "QS-OCT", 4),
    "years": Variant(series(dates("1985-01-01", "YS", "%Y"), names="year,value"), "1985-01-01", "2020-01-01", "YS-JAN", 1),
    "decimal years": Variant(series([f"{1949 + i / 12:.3f}" for i in range(COUNT)], names="time,value"), "1949-01-01", "1951-12-01", "MS", 12),
    "week ranges": Variant(series(dates("2015-01-04", "W", lambda d: f"{d.date()} - {(d + pd.Timedelta(days=6)).date()}")), "2015-01-04", "2015-09-06", "W-SUN", 52),
    "week ranges, slash": Variant(series(dates("2015-01-04", "W", lambda d: f"{d.date()}/{(d + pd.Timedelta(days=6)).date()}")), "2015-01-04", "2015-09-06", "W-SUN", 52),
    # numbers
    "epoch seconds": Variant(series(dates("2020-01-01", "h", lambda d: str(d.value // 10**9)), names="time,value"), "2020-01-01", "2020-01-02T11:00", "h", 24),
    "epoch milliseconds": Variant(series(dates("2020-01-01", "h", lambda d: str(d.value // 10**6)), names="ts,value"), "2020-01-01", "2020-01-02T11:00", "h", 24),
    "epoch microseconds": Variant(series(dates("2020-01-01", "D", lambda d: str(d.value // 10**3)), names="time,value"), "2020-01-01", "2020-02-05", "D", 7),
    "epoch nanoseconds": Variant(series(dates("2020-01-01", "D", lambda d: str(d.value)), names="time,value"), "2020-01-01", "2020-02-05", "D", 7),
    "spreadsheet days": Variant(series([str(42005 + i) for i in range(COUNT)]), "2015-01-01", "2015-02-05", "D", 7),
    "digits, two-digit year": Variant(series(dates("2010-01-01", "D", "%y%m%d")), "2010-01-01", "2010-02-05", "D", 7),
    "digits, year last": Variant(series(dates("2010-01-25", "D", "%d%m%Y")[:7] + dates("2010-02-01", "D", "%d%m%Y", 29)), "2010-01-25", "2010-03-01", "D", 7),
    "digits, week": Variant(series(dates("2015-01-05", "W-MON", "%G%V"), names="week,value"), "2015-01-05", "2015-09-07", "W-MON", 52),
    "epoch with decimals": Variant(series(dates("2020-01-01", "D", lambda d: f"{d.value // 10**9}.0"), names="time,value"), "2020-01-01", "2020-02-05", "D", 7),
    # tables of years and months
    "a column for each month": Variant(text_of([2010, 2011, 2012], *[[10 + 0.5 * (12 * year + month) for year in range(3)] for month in range(12)], names="Year," + ",".join(ENGLISH)), *MONTHS),
    "a column for each year": Variant(text_of(ENGLISH, *[[10 + 0.5 * (12 * year + month) for month in range(12)] for year in range(3)], names="Month,2010,2011,2012"), *MONTHS),
    # day and month first
    "dots": Variant(series(months("%d.%m.%Y")), *MONTHS),
    "day first, quarters": Variant(series(dates("1990-01-01", "QS", "%d/%m/%Y")), "1990-01-01", "1998-10-01", "QS-OCT", 4),
    "month first": Variant(series(dates("2016-01-29", "D", "%m/%d/%Y")), "2016-01-29", "2016-03-04", "D", 7),
    "day first, 24 hours": Variant(series(dates("2016-01-29", "h", "%d/%m/%Y %H:%M")), "2016-01-29", "2016-01-30T11:00", "h", 24),
    "two-digit years": Variant(series(months("%d/%m/%y")), *MONTHS),
    "am and pm": Variant(series(dates("2016-01-29", "h", "%m/%d/%Y %I:%M %p")), "2016-01-29", "2016-01-30T11:00", "h", 24),
    "named order": Variant(series(months("%d/%m/%Y", 12)), "2010-01-01", "2010-12-01", "MS", 12, 12, SeriesOptions(date_order="day_first")),
    "other named order": Variant(series(months("%d/%m/%Y", 12)), "2010-01-01", "2010-01-12", "D", 7, 12, SeriesOptions(date_order="month_first")),
    "named form": Variant(series(months("%Y|%d|%m")), *MONTHS, options=SeriesOptions(date_columns=("date",), date_format="%Y|%d|%m")),
    # frequencies
    "mid-month": Variant(series(months("%Y-%m-15")), "2010-01-15", "2012-12-15", "MS", 12),
    "month ends": Variant(series(dates("2010-01-31", "ME")), "2010-01-31", "2012-12-31", "ME", 12),
    "business month ends": Variant(series(dates("2010-01-29", "BME")), "2010-01-29", "2012-12-31", "BME", 12),
    "4-4-5 weeks": Variant(series(FOUR_FOUR_FIVE), "2010-01-30", FOUR_FOUR_FIVE[-1], "4-4-5", 12),
    "thirteen periods": Variant(series(dates("2010-01-02", "4W-SAT")), "2010-01-02", "2012-09-08", "4W-SAT", 13),
    "two hours": Variant(series(dates("2016-01-01", "2h", "%Y-%m-%d %H:%M")), "2016-01-01", "2016-01-03T22:00", "2h", 12),
    "ten minutes": Variant(series(dates("2016-01-01", "10min", "%Y-%m-%d %H:%M")), "2016-01-01", "2016-01-01T05:50", "10min", 144),
    "weeks from Wednesdays": Variant(series(dates("2016-01-06", "W-WED")), "2016-01-06", "2016-09-07", "W-WED", 52),
    "fiscal quarters": Variant(series(dates("2010-02-01", "QS-FEB")), "2010-02-01", "2018-11-01", "QS-NOV", 4),
    "twice a month": Variant(series(dates("2010-01-01", "SMS")), "2010-01-01", "2011-06-15", "SMS-15", 24),
    "business days": Variant(series(dates("2016-01-04", "B")), "2016-01-04", "2016-02-22", "B", 5),
    "every other day": Variant(series(dates("2016-01-01", "2D")), "2016-01-01", "2016-03-11", "2D", 7),
    "local clock in autumn": Variant(series(AUTUMN_NIGHT), "2023-11-04", "2023-11-05T23:30", "30min", 48, 96),
    # columns
    "year, month": Variant(text_of(*YEAR_MONTH, values(), names="year,month,value"), *MONTHS),
    "year, month's name": Variant(text_of(*YEAR_NAME, values(), names="Year,Month,value"), *MONTHS),
    "Jahr, Monat": Variant(text_of(*YEAR_MONTH, values(), names="Jahr,Monat,Wert"), *MONTHS),
    "year, quarter": Variant(text_of(*YEAR_QUARTER, values(), names="year,quarter,value"), "2010-01-01", "2018-10-01", "QS-OCT", 4),
    "year, month, day": Variant(text_of(*YEAR_MONTH_DAY, values(), names="year,month,day,value"), "2010-01-01", "2010-02-05", "D", 7),
    "date and time": Variant(text_of(*DAY_AND_TIME, values(), names="Datum,Uhrzeit,Wert", sep=";"), "2010-01-01", "2010-01-09T18:00", "6h", 4),
    "date and hour": Variant(text_of(*DAY_AND_HOUR, values(), names="date,hour,value"), "2010-01-01", "2010-01-02T11:00", "h", 24),
    "named parts": Variant(text_of(*YEAR_MONTH, values(), names="a,b,c"), *MONTHS, options=SeriesOptions(date_columns=("a", "b"))),
    "index column": Variant(text_of(range(COUNT), REPEATED, values(), names="Unnamed: 0,date,value"), *MONTHS),
    "index without a name": Variant(text_of(range(COUNT), REPEATED, values(), names=",date,value"), *MONTHS),
    "constant id T1": Variant(text_of(["T1"] * COUNT, REPEATED, values(), names="unique_id,ds,y"), *MONTHS),
    "constant store number": Variant(text_of([7] * COUNT, REPEATED, values(), names="store,date,sales"), *MONTHS),
    "parts beside the date": Variant(text_of(REPEATED, *YEAR_MONTH, values(), names="date,year,month,value"), *MONTHS),
    "value before date": Variant(text_of(values(), REPEATED, names="value,date"), *MONTHS),
    "one series of several": Variant(text_of([*REPEATED, *REPEATED], ["a"] * COUNT + ["b"] * COUNT, values(COUNT) * 2, names="date,item,value"), *MONTHS, options=SeriesOptions(series_id="b")),
    # dialects and damage
    "semicolons": Variant(text_of(months("%d.%m.%Y"), [f"{v:.2f}".replace(".", ",") for v in values()], names="Datum,Absatz", sep=";"), *MONTHS),
    "tabs": Variant(series(REPEATED, sep="\t"), *MONTHS),
    "no header": Variant(series(REPEATED, names=""), *MONTHS),
    "newest first": Variant(text_of(REPEATED[::-1], values()[::-1]), *MONTHS),
    "shuffled": Variant(text_of([*REPEATED[20:], *REPEATED[:20]], [*values()[20:], *values()[:20]]), *MONTHS),
    "a row twice": Variant(text_of([*REPEATED, REPEATED[-1]], [*values(), values()[-1]]), *MONTHS),
    "dollars": Variant(text_of(REPEATED, [f"${v:.2f}" for v in values()]), *MONTHS),
    "preamble": Variant("Category: All\n\n" + series(REPEATED), *MONTHS),
    "NA, filled": Variant(text_of(REPEATED, ["NA" if i == 5 else v for i, v in enumerate(values())]), *MONTHS, options=SeriesOptions(fill=True)),
    "., filled": Variant(text_of(REPEATED, ["." if i == 5 else v for i, v in enumerate(values())]), *MONTHS, options=SeriesOptions(fill=True)),
    "missing dates, filled": Variant(text_of(REPEATED[:9] + REPEATED[11:], values()[:9] + values()[11:]), *MONTHS, options=SeriesOptions(fill=True)),
    "stated frequency": Variant(text_of(REPEATED[:9] + REPEATED[11:], values()[:9] + values()[11:]), *MONTHS, options=SeriesOptions(fill=True, frequency="M")),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_is_read_as_it_is_meant(tmp_path, name):
    """First and last date, frequency, season, number and sum of the readings."""
    variant = VARIANTS[name]
    result = read_series(write(tmp_path, variant.text), variant.options)
    assert (result.dates[0], result.dates[-1]) == (pd.Timestamp(variant.first), pd.Timestamp(variant.last))
    assert (result.frequency, result.season_length) == (variant.frequency, variant.season)
    assert (len(result.readings), result.readings.sum()) == (variant.count, pytest.approx(sum(values(variant.count))))


def test_the_hours_that_a_local_clock_skips_and_repeats_are_consecutive(tmp_path):
    """The rows of the change are named."""
    result = read_series(write(tmp_path, series(HOURS)))
    assert (result.frequency, len(result.readings)) == ("h", 240)
    assert "spring (row 52)" in result.understood["clock"]


def test_gaps_beside_a_change_of_the_clock_stay_gaps(tmp_path):
    """Newest first, half hours, one of them missing."""
    rows = [f"{date},{value}" for date, value in zip(AUTUMN_NIGHT, values(96), strict=True)]
    text = "\n".join(["time,value", *(rows[:60] + rows[61:])[::-1]])
    result = read_series(write(tmp_path, text), SeriesOptions(fill=True))
    assert (len(result.readings), int(result.filled.sum())) == (96, 1)
    assert "twice in autumn" in result.understood["clock"]
    assert result.readings[60] == pytest.approx(values(96)[60])


@pytest.mark.parametrize(
    ("start", "frequency", "words"),
    [
        ("2010-01-01", "MS", "MS: every month, on its first day"),
        ("2010-01-31", "ME", "ME: every month, on its last day"),
        ("2010-01-01", "QS", "QS-OCT: every quarter, on its first day"),
        ("2010-01-01", "YS", "YS-JAN: every year, on its first day"),
        ("2010-01-01", "SMS", "SMS-15: twice a month"),
        ("2010-01-06", "W-WED", "W-WED: every week, on Wednesdays"),
        ("2010-01-04", "WOM-1MON", "WOM-1MON: every month, on Mondays"),
        ("2010-01-29", "BME", "BME: every month, on a workday"),
        ("2010-01-04", "B", "B: every day from Monday to Friday"),
        ("2010-01-01", "2D", "2D: every 2 days"),
        ("2010-01-01", "90min", "90min: every 90 minutes"),
        ("2010-01-01", "500ms", "500ms: every 0.5 seconds"),
    ],
)
def test_the_frequency_is_said_in_words(tmp_path, start, frequency, words):
    moments = dates(start, frequency, lambda date: date.isoformat())
    assert read_series(write(tmp_path, series(moments))).understood["frequency"] == words
