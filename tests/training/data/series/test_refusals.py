"""Series that cannot be read: what is wrong, in which row, and the option or the change that helps."""

import re
from typing import NamedTuple

import pytest

from tests.csv_files import write
from tests.training.data.series.series_files import COUNT, dates, series, text_of, values
from training.data.options import SeriesOptions
from training.data.series import read_series
from training.data.tables import DataError

MONTHS = dates("2010-01-01", "MS")
MONTH_NAMES = dates("2010-01-01", "MS", "%b", 12)
BOTH = [*MONTHS, *MONTHS]
IRREGULAR = [f"2020-01-{day:02d}" for day in (1, 2, 5, 6, 11, 13, 20, 29)]
JITTER = [f"2020-01-01 {5 * i // 60:02d}:{5 * i % 60:02d}:{i % 4:02d}" for i in range(COUNT)]
SPRINGS = [
    d for d in dates("2022-03-20", "h", "%Y-%m-%d %H:%M", 24 * 400) if d not in ("2022-03-27 02:00", "2023-03-26 02:00")
]


class Refusal(NamedTuple):
    """A file, and what its error says: where or what, and the remedy."""

    text: str
    reason: str
    remedy: str
    options: SeriesOptions = SeriesOptions()


REFUSALS = {
    "twelve months, day or month first": Refusal(series(dates("2010-01-01", "MS", "%d/%m/%Y", 12)), "2010-01-02", r"--day-first.*--month-first"),
    "month or year of two digits": Refusal(series(dates("2001-10-01", "YS-OCT", "%y-%m", 9)), "different series", r"%y-%m.*%m-%y"),
    "missing marker": Refusal(text_of(MONTHS, ["NA" if i == 5 else v for i, v in enumerate(values())]), "row 7", "--fill"),
    "empty value": Refusal(text_of(MONTHS, ["" if i == 5 else v for i, v in enumerate(values())]), "row 7", "--fill"),
    "missing date": Refusal(series(MONTHS[:5] + MONTHS[6:]), "2010-06-01", "--fill"),
    "holidays": Refusal(series([d for d in dates("2015-12-01", "B") if d != "2015-12-25"]), r"2015-12-25.*holidays", "--fill"),
    "two missing spring hours": Refusal(series(SPRINGS), r"2022-03-27T02:00.*local clock skips in spring", "--fill"),
    "too many gaps": Refusal(text_of(MONTHS, ["" if i % 3 == 1 else v for i, v in enumerate(values())]), "12 of 36", "20%", SeriesOptions(fill=True)),
    "irregular": Refusal(series(IRREGULAR), "1 day apart in 29%", "sum or average"),
    "uneven clock": Refusal(series(JITTER), "about 5min apart", "--frequency 5min"),
    "one wrong date": Refusal(series([*MONTHS[:5], "2010-06-07", *MONTHS[6:]]), r"2010-06-07 \(row 7\)", "correct it"),
    "no such day": Refusal(series([*MONTHS, "2013-02-30"]), "row 38.*'2013-02-30'", "the others are read as"),
    "a word": Refusal(series([*MONTHS[:4], "soon", *MONTHS[5:]]), "row 6.*'soon'", "year, month, day"),
    "months without a year": Refusal(series(MONTH_NAMES), "no year .'Jan'.", "column of years"),
    "days without a year": Refusal(series(dates("2010-01-01", "D", "%d-%b", 31)), "no year .'01-Jan'.", "column of years"),
    "unknown form": Refusal(series([f"day {i}!" for i in range(COUNT)]), "'day 0!' is no date", "--date-format"),
    "no dates": Refusal(text_of(range(COUNT), values(), names="a,b"), "no column looks like dates", "--date-column"),
    "same date, other value": Refusal(series([*MONTHS, MONTHS[-1]]), r"rows 37, 38.*27.5 and 28", "sum or average"),
    "two series": Refusal(text_of(BOTH, ["A"] * COUNT + ["B"] * COUNT, values(2 * COUNT), names="ds,unique_id,y"), "2 series.*'unique_id'.*A, B", "--series-id"),
    "store and item": Refusal(text_of(BOTH * 2, [1] * 72 + [2] * 72, ([1] * 36 + [2] * 36) * 2, values(144), names="date,store,item,sales"), "'store', 'item'.*1/1, 1/2, 2/1", "--series-id"),
    "several values": Refusal(text_of(MONTHS, values(), values(), names="date,sales,price"), "sales, price", "--value-column"),
    "no values": Refusal(text_of(MONTHS, ["a"] * COUNT, names="date,kind"), "no column holds numbers", "--value-column"),
    "value is a word": Refusal(text_of(MONTHS, ["lots" if i == 5 else v for i, v in enumerate(values())]), "row 7: 'lots'", "finite number"),
    "infinite": Refusal(text_of(MONTHS, ["inf" if i == 5 else v for i, v in enumerate(values())]), "row 7", "finite number"),
    "decimal or thousands": Refusal(text_of(MONTHS, [f"{1 + i},{100 + i}" for i in range(COUNT)], names="date;value", sep=";"), "1,100", "--decimal"),
    "no such column": Refusal(series(MONTHS), "'Sales'", "its columns are 'date', 'value'", SeriesOptions(value_column="Sales")),
    "no such date column": Refusal(series(MONTHS), "'day'", "its columns are 'date', 'value'", SeriesOptions(date_columns=("day",))),
    "no such series": Refusal(text_of(BOTH, ["A"] * COUNT + ["B"] * COUNT, values(2 * COUNT), names="ds,unique_id,y"), "no series 'C'", "A, B", SeriesOptions(series_id="C")),
    "wrong form": Refusal(series(MONTHS), "no date in rows 2, 3", "--date-format", SeriesOptions(date_format="%d.%m.%Y", date_columns=("date",))),
    "impossible form": Refusal(series(MONTHS), "--date-format %Q", "directive", SeriesOptions(date_format="%Q")),
    "unknown frequency": Refusal(series(MONTHS), "--frequency monthly", "'MS'", SeriesOptions(frequency="monthly")),
    "other frequency": Refusal(series(MONTHS), "row 3", "'W-FRI'", SeriesOptions(frequency="W")),
    "season of nothing": Refusal(series(MONTHS), "--season", "at least 1", SeriesOptions(season_length=0)),
    "two rows": Refusal(series(MONTHS[:2]), "2 rows", "too few"),
    "the same column twice": Refusal(series(MONTHS), "'value'", "both the date and the value", SeriesOptions(value_column="value", date_columns=("value",))),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_read_is_refused_with_where_and_what_helps(tmp_path, name):
    """One sentence that begins with the file or the option."""
    refusal = REFUSALS[name]
    with pytest.raises(DataError, match=f"(?s){refusal.reason}") as caught:
        read_series(write(tmp_path, refusal.text), refusal.options)
    assert re.search(refusal.remedy, str(caught.value))
    assert "\n" not in str(caught.value)
