"""Labels of readings in the types of Arrow, as engines hand them over."""

import pandas as pd
import pyarrow as pa
import pytest

from service.local.series.axes import NUMBER, TIMESTAMP, read_axis


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_timestamps_of_arrow_are_those_of_pandas(zone):
    """Also those with a time zone."""
    dates = pd.date_range("2024-01-01", periods=3, freq="D", unit="us", tz=zone)
    arrow = pd.Index(pd.Series(dates).astype(pd.ArrowDtype(pa.timestamp("us", zone))))
    axis, labels = read_axis(arrow, "the column 'ds'")
    expected_axis, expected = read_axis(dates, "the column 'ds'")
    assert (axis.kind, str(axis.zone)) == (TIMESTAMP, str(expected_axis.zone))
    assert (labels == expected).all()  # pandas 2 makes nanoseconds of them


def test_numbers_and_days_of_arrow_are_read():
    """Days are dates."""
    axis, labels = read_axis(pd.Index(pd.Series([3, 4, 5]).astype(pd.ArrowDtype(pa.int64()))), "the column 'ds'")
    assert (axis.kind, labels.tolist()) == (NUMBER, [3, 4, 5])
    days = pd.Series(pd.date_range("2024-01-01", periods=3)).astype(pd.ArrowDtype(pa.date32()))
    axis, labels = read_axis(pd.Index(days), "the column 'ds'")
    assert (axis.kind, str(labels[1])[:10]) == (TIMESTAMP, "2024-01-02")
