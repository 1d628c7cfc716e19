"""Data that cannot be read say where, and what helps."""

import numpy as np
import pandas as pd
import pytest

from service.local.errors import DataError
from service.local.series.reading import read_table
from service.local.series.tables import Columns
from tests.service.local.made_series import months, panel

DAYS = pd.date_range("2024-01-01", periods=10)
VALUES = np.arange(10.0)


class Polars:
    """A frame of another library."""

    def to_pandas(self) -> pd.DataFrame:
        return pd.DataFrame()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("abc", "not str"),
        ({"a": 1}, "not dict"),
        (Polars(), "convert it with .to_pandas()"),
        ([], "no readings"),
        ([[1, 2], [3, 4]], "one list of numbers; for several series, use a data frame"),
        (np.zeros((2, 2)), "one list of numbers"),
        (["1", "2"], "holds '1' in row 0 (counted from 0), which is no number; pd.to_numeric"),
        ([1.0, True], "holds True in row 1"),
        ([1.0, float("inf")], "holds inf in row 1"),
        ([1.0, 2.0, None], "the last reading is missing"),
        ([None, None], "all readings are missing"),
        (pd.Series(VALUES, index=DAYS.strftime("%d.%m.%Y")), "the index holds what is no ISO 8601 date"),
        (pd.Series(VALUES, index=DAYS[:9].append(DAYS[:1])), "2024-01-01 comes more than once"),
        (pd.Series(VALUES, index=DAYS[:9].append(pd.DatetimeIndex([None]))), "has no date in row 9"),
        (pd.Series(VALUES, index=VALUES / 3), "the time of readings is told by dates, periods or whole numbers"),
        (pd.Series(VALUES, index=pd.MultiIndex.from_product([["a"], DAYS])), "the index has several levels"),
        (pd.DataFrame({"date": DAYS, "sold": VALUES}), "make it the index with frame.set_index('date')"),
        (pd.DataFrame({"date": DAYS.astype(str), "sold": VALUES}), "the column 'date' holds text"),
        (pd.DataFrame({"ds": DAYS, "unique_id": "a"}), "no column 'y' of readings: name it with value=…; it has 'ds'"),
        (pd.DataFrame(), "the frame is empty"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns of one name"),
        (pd.DataFrame({"unique_id": ["a", None], "y": [1, 2]}), "has no name in row 1"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_helps(data, words):
    """The message names the row or the columns, and the remedy."""
    with pytest.raises(DataError) as caught:
        read_table(data, Columns())
    assert words in caught.value.detail


def test_irregular_dates_name_the_first_gap():
    """The usual step, and the first place that does not keep it."""
    odd = DAYS.to_series().reset_index(drop=True)
    odd[4] = odd[4] + pd.Timedelta(hours=5)
    with pytest.raises(DataError, match="most are 1 day apart, but 2024-01-04 is followed by 2024-01-05 05:00:00"):
        read_table(pd.Series(VALUES, index=pd.DatetimeIndex(odd)), Columns())


def test_a_date_far_away_names_the_gap():
    """A wrong year would make a series of missing readings."""
    dates = DAYS[:9].append(pd.DatetimeIndex(["2034-01-01"]))
    with pytest.raises(DataError, match="the longest gap comes after 2024-01-09: is this date right"):
        read_table(pd.Series(VALUES, index=dates), Columns())


def test_readings_are_put_in_order_of_their_dates():
    """Rows may come in any order."""
    series = pd.Series(VALUES, index=DAYS)
    table = read_table(series.sample(frac=1, random_state=1), Columns())
    assert table.series[0].timeline.readings.tolist() == VALUES.tolist()


def test_nullable_and_decimal_numbers_are_readings():
    """pd.NA is a missing reading."""
    series = pd.Series([1, pd.NA, 3], dtype="Int64")
    assert read_table(series, Columns()).series[0].timeline.listed() == [1.0, None, 3.0]


def test_ids_keep_their_type():
    """Whole numbers as ids come back as whole numbers."""
    frame = panel().assign(unique_id=lambda each: each["unique_id"].map({"a": 7, "b": 8, "c": 9}))
    table = read_table(frame, Columns())
    assert table.ids.dtype == np.int64
    assert [series.id for series in table.series] == [7, 8, 9]


def test_series_of_the_same_dates_share_their_grid():
    """They are placed once, which makes large panels fast."""
    grids = {id(series.timeline.grid) for series in read_table(panel(5), Columns()).series}
    assert len(grids) == 1


def test_a_name_of_the_columns_names_the_ids():
    """A wide frame may say what its columns are."""
    wide = pd.DataFrame({"a": months(), "b": months()}).rename_axis(columns="shop")
    assert read_table(wide, Columns()).id_name == "shop"
