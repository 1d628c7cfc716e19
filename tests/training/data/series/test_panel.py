"""Several series in one file."""

import numpy as np
import pandas as pd
import pytest

from tests.csv_files import write
from tests.training.data.series.series_files import COUNT, dates, series, text_of, values
from training.data.options import SeriesOptions
from training.data.series import future_dates, read_panel, read_series
from training.data.tables import DataError

MONTHS = dates("2010-01-01", "MS")


def long_form(*names, rows=MONTHS):
    """The series of some ids one below the other, each a hundred higher."""
    cells = [(name, date, 100 * i + j) for i, name in enumerate(names) for j, date in enumerate(rows)]
    return text_of(*zip(*cells, strict=True), names="unique_id,ds,y")


def test_an_id_column_tells_series_apart(tmp_path):
    panel = read_panel(write(tmp_path, long_form("B", "A")))
    assert list(panel.series) == ["B", "A"]
    assert panel.series["A"].readings[0] == 100
    assert panel.columns == {"date": "ds", "value": "y", "id": "unique_id"}
    assert panel.understood["series"] == "2: B, A"


def test_ids_of_several_columns_are_joined(tmp_path):
    cells = [(date, store, item, 1.0) for store in (1, 2) for item in (7, 8) for date in MONTHS]
    panel = read_panel(write(tmp_path, text_of(*zip(*cells, strict=True), names="date,store,item,sales")))
    assert list(panel.series) == ["1/7", "1/8", "2/7", "2/8"]


def test_columns_of_numbers_alone_are_series(tmp_path):
    path = write(tmp_path, text_of(MONTHS, values(), values()[::-1], names="date,sales,costs"))
    panel = read_panel(path)
    assert list(panel.series) == ["sales", "costs"]
    assert read_series(path, SeriesOptions(value_column="costs")).readings[-1] == 10
    assert list(read_panel(path, SeriesOptions(value_column="costs,sales")).series) == ["costs", "sales"]


def test_columns_beside_words_are_not_series(tmp_path):
    path = write(tmp_path, text_of(MONTHS, values(), values(), ["dry"] * COUNT, names="date,sales,costs,weather"))
    with pytest.raises(DataError, match="--value-column"):
        read_panel(path)


def test_a_file_of_one_series_is_a_panel_of_one(tmp_path):
    panel = read_panel(write(tmp_path, series(MONTHS)))
    assert list(panel.series) == [""]
    assert panel.understood == panel.series[""].understood


def test_series_of_another_frequency_are_left_out_with_a_remark(tmp_path):
    text = long_form("A", "B") + "\n".join(f"C,{date},1" for date in dates("2010-01-01", "D")) + "\nD,2010-01-01,1\n"
    panel = read_panel(write(tmp_path, text))
    assert list(panel.series) == ["A", "B"]
    assert "2 left out" in panel.understood["series"]
    assert any("series 'C'" in remark for remark in panel.remarks)
    assert any("series 'D'" in remark and "too few" in remark for remark in panel.remarks)


def test_series_begin_and_end_when_they_do(tmp_path):
    """Empty cells at the ends of a column of the wide form are no gaps; those in between are."""
    late = ["" if i < 5 else i for i in range(COUNT)]
    panel = read_panel(write(tmp_path, text_of(MONTHS, values(), late, names="date,a,b")))
    assert [len(each.readings) for each in panel.series.values()] == [COUNT, COUNT - 5]
    broken = ["" if i == 9 else i for i in range(COUNT)]
    with pytest.raises(DataError, match=r"series 'b'.*row 11.*--fill"):
        read_panel(write(tmp_path, text_of(MONTHS, values(), broken, names="date,a,b")))


def test_a_date_that_stands_twice_in_one_series_names_its_rows(tmp_path):
    text = long_form("A", "B", "C", "D") + f"D,{MONTHS[0]},9\n"
    with pytest.raises(DataError, match=r"series 'D'.*rows 110, 146"):
        read_panel(write(tmp_path, text))


@pytest.mark.parametrize(
    ("start", "frequency", "shift"),
    [("2010-01-31", "ME", 0), ("2010-01-01", "MS", 14), ("2010-01-01", "SMS", 0), ("2010-01-01", "B", 0)],
)
def test_dates_go_on_as_they_were(tmp_path, start, frequency, shift):
    whole = pd.date_range(start, periods=COUNT + 6, freq=frequency) + pd.Timedelta(days=shift)
    result = read_series(write(tmp_path, series([str(date.date()) for date in whole[:COUNT]])))
    assert list(future_dates(result, 6)) == list(whole[COUNT:])


def test_retail_weeks_go_on_in_turn(tmp_path):
    weeks = np.cumsum([0, *[4, 5, 4] * 14])
    whole = pd.Timestamp("2010-01-30") + pd.to_timedelta(7 * weeks, "D")
    result = read_series(write(tmp_path, series([str(date.date()) for date in whole[:COUNT]])))
    assert (result.frequency, result.request_frequency) == ("4-4-5", None)
    assert list(future_dates(result, 6)) == list(whole[COUNT : COUNT + 6])


@pytest.mark.parametrize(("day", "expected"), [(1, "MS"), (15, "P1M"), (30, None)])
def test_the_frequency_of_a_request_keeps_the_day_of_the_month(tmp_path, day, expected):
    """The service goes on from the start: on the first with MS, on the 15th with P1M; it has no 30th of February."""
    months = [f"2010-{month:02d}-{min(day, 28 if month == 2 else 30):02d}" for month in range(1, 13)]
    result = read_series(write(tmp_path, series(months)))
    assert (result.frequency, result.request_frequency) == ("MS", expected)
