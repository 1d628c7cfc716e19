"""Columns of kinds that pandas has beside floats, and the columns that a caller names."""

from decimal import Decimal

import pandas as pd
import pytest

import service

READINGS = [float(number % 7) for number in range(40)]
DAYS = pd.date_range("2024-01-01", periods=40)
LONG = pd.DataFrame({"shop": "a", "day": DAYS, "sold": READINGS})


def expected(universal):
    return universal.forecast(pd.Series(READINGS, index=DAYS), 3)["forecast"].tolist()


def test_categories_that_are_numbers_are_read_as_numbers(universal):
    """As a series, and in a long frame."""
    series = pd.Series(READINGS, index=DAYS).astype("category")
    frame = LONG.assign(sold=series.to_numpy())
    assert universal.forecast(series, 3)["forecast"].tolist() == expected(universal)
    for errors in ("raise", "column"):
        answer = universal.forecast(frame, 3, id="shop", time="day", value="sold", errors=errors)
        assert answer["forecast"].tolist() == expected(universal)


def test_decimals_of_arrow_are_read_as_numbers(universal):
    """Databases send money as them."""
    arrow = pytest.importorskip("pyarrow")
    exact = pd.Series([Decimal(int(value)) for value in READINGS], dtype=pd.ArrowDtype(arrow.decimal128(10, 2)))
    assert universal.forecast(exact.set_axis(DAYS), 3)["forecast"].tolist() == expected(universal)


def test_categories_of_text_and_truth_values_are_refused_with_what_helps(universal):
    """Whether they stand for numbers is for the caller to say."""
    with pytest.raises(service.DataError, match=r"holds '0.0' in row 0 .* pd.to_numeric"):
        universal.forecast(pd.Series(READINGS).astype(str).astype("category"), 3)
    with pytest.raises(service.DataError, match=r"holds True in row 0 .* astype\(int\)"):
        universal.forecast(pd.Series([True, False] * 20), 3)


def test_columns_may_be_numbers(universal):
    """As those of a file without a head."""
    answer = universal.forecast(LONG.set_axis([0, 1, 2], axis=1), 3, (), id=0, time=1, value=2)
    assert list(answer.columns) == [0, 1, "forecast"]
    assert answer["forecast"].tolist() == expected(universal)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"id": ["shop"]}, "has no column '\\['shop'\\]' of names of the series"),
        ({"id": ""}, "has no column '' of names of the series"),
        ({"id": "sold"}, "`id` and `value` are both the column 'sold'"),
        ({"id": "shop", "time": "sold"}, "`time` and `value` are both the column 'sold'"),
    ],
)
def test_a_column_that_is_none_or_has_two_parts_is_refused(universal, names, words):
    """In words, and not by an error of pandas."""
    with pytest.raises(service.DataError, match=words):
        universal.forecast(LONG, 3, value="sold", **names)
