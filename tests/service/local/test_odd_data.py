"""Whatever comes in, a frame or an error of ours comes out, and no warning of a library."""

import decimal

import numpy as np
import pandas as pd
import pytest

import service
from tests.service.local.conftest import MODELS

COUNT = 20
DAYS, VALUES = pd.date_range("2024-01-01", periods=COUNT), np.arange(float(COUNT))
PANEL = service.PanelScoring(str(MODELS / "universal"), 3)
ROWS = service.SeriesScoring(str(MODELS / "universal"), 3, start="start", frequency="frequency")
INDEXES = {
    "timedeltas": pd.timedelta_range("1D", periods=COUNT),
    "intervals": pd.interval_range(0, COUNT),
    "categories": pd.CategoricalIndex(list("abcdefghijklmnopqrst")),
    "dates as categories": pd.CategoricalIndex(DAYS),
    "truth": pd.Index([True, False] * 10),
    "floats": pd.Index(VALUES),
    "numbers and text": pd.Index([1, "a"] * 10, dtype=object),
    "date objects": pd.Index([day.date() for day in DAYS], dtype=object),
    "two zones": pd.Index([pd.Timestamp("2024-01-01", tz=zone) for zone in ("UTC", "Asia/Tokyo")] * 10, dtype=object),
    "two offsets": pd.Index([f"2024-01-{day:02}T00:00+0{day % 2}:00" for day in range(1, COUNT + 1)]),
    "huge numbers": pd.Index([2**70 + number for number in range(COUNT)], dtype=object),
    "unsigned": pd.Index(np.arange(COUNT, dtype=np.uint64) + 2**63),
    "missing numbers": pd.Index([None, *range(COUNT - 1)], dtype="Int64"),
    "newest first": DAYS[::-1],
    "descending numbers": pd.RangeIndex(COUNT, 0, -1),
    "the first years": pd.date_range("0001-01-01", periods=COUNT, freq="YS", unit="s"),
    "the last years": pd.date_range("9980-01-01", periods=COUNT, freq="YS", unit="s"),
    "the end of nanoseconds": pd.date_range("2262-03-20", periods=COUNT, freq="D", unit="ns"),
    "every second month": pd.period_range("2024-01", periods=2 * COUNT, freq="M")[::2],
    "no dates": pd.DatetimeIndex([None] * COUNT),
    "one date": pd.DatetimeIndex(["2024-01-01"] * COUNT),
    "twice by the clock": pd.date_range("2024-10-27", periods=COUNT, freq="15min", tz="Europe/Berlin"),
    "before a time that is skipped": pd.date_range(end="2024-03-30 02:30", periods=COUNT, tz="Europe/Berlin"),
}
READINGS = {
    "decimals": [decimal.Decimal("1.5"), None] * 9 + [decimal.Decimal(2)] * 2,
    "text": ["1"] * COUNT,
    "dates": DAYS,
    "complex": VALUES + 1j,
    "truth": [True] * COUNT,
    "nothing": [np.nan] * COUNT,
    "huge": [1e200] * COUNT,
    "endless": pd.Series([10**400] * COUNT, dtype=object),
    "infinite": [np.inf] * COUNT,
    "lists": [[1.0]] * COUNT,
    "dictionaries": [{}] * COUNT,
    "bytes": [b"1"] * COUNT,
    "sparse": pd.arrays.SparseArray(VALUES),
    "categories": pd.Categorical([1, 2] * 10),
    "halves": VALUES.astype(np.float16),
    "zeros": [0] * COUNT,
    "tiny": [1e-320] * COUNT,
    "missing": pd.array([pd.NA] * COUNT, dtype="Float64"),
}


def check(ask):
    """A frame, or an error of ours that is short enough to be read."""
    try:
        assert isinstance(ask(), pd.DataFrame)
    except service.GatecastError as error:
        assert 10 < len(error.detail) < 600


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_odd_times_give_a_frame_or_an_error(universal, index):
    """As an index, as a column, and as ids."""
    series = pd.Series(VALUES, index=index)
    long = pd.DataFrame({"unique_id": "a", "ds": index, "y": VALUES})
    for errors in ("raise", "column"):
        for data in (series, pd.DataFrame({"a": series, "b": series}), long):
            check(lambda data=data, errors=errors: universal.forecast(data, 3, errors=errors))
            check(lambda data=data, errors=errors: universal.anomalies(data, last=2, errors=errors))
    for frequency in ("MS", "h"):
        check(lambda frequency=frequency: universal.forecast(series, 3, frequency=frequency))
    check(lambda: PANEL(long))
    check(lambda: PANEL(long.assign(unique_id=index, ds=DAYS)))


@pytest.mark.parametrize("readings", READINGS.values(), ids=READINGS)
def test_odd_readings_give_a_frame_or_an_error(universal, lstm, sentiment, readings):
    """As a list, as a column, as texts, and as what belongs elsewhere."""
    long = pd.DataFrame({"unique_id": "a", "ds": DAYS, "y": readings})
    for errors in ("raise", "column"):
        for data in (readings, long, long[["ds", "y"]], long.set_index("ds")[["y"]].rename(columns={"y": "z"})):
            check(lambda data=data, errors=errors: universal.forecast(data, 3, errors=errors))
            check(lambda data=data, errors=errors: lstm.forecast(data, 3, errors=errors))
        check(lambda errors=errors: sentiment.sentiment(readings, errors=errors))
    check(lambda: PANEL(long))
    rows = {"readings": [VALUES] * COUNT, "start": ["2024-01-01"] * COUNT, "frequency": ["D"] * COUNT}
    for name in rows:
        check(lambda name=name: ROWS(pd.DataFrame({**rows, name: pd.Series(list(readings), dtype=object)})))


@pytest.mark.parametrize("path", [None, 3, b"models", "models\0", [], ""])
def test_odd_paths_are_refused(path):
    """A path is text, or a path."""
    with pytest.raises(service.LoadError):
        service.load(path)


@pytest.mark.parametrize(
    "options",
    [{"frequency": 3}, {"frequency": ""}, {"minimum": "0"}, {"maximum": float("nan")}, {"horizon": "3"}, {"levels": [None]}],
)  # fmt: skip
def test_options_of_another_type_are_refused(universal, options):
    """Not with an error of pandas or numpy."""
    with pytest.raises(service.InvalidRequest):
        universal.forecast(pd.Series(VALUES, index=DAYS), **options)


def test_ids_that_cannot_be_compared_are_refused(universal):
    """A list names no series."""
    with pytest.raises(service.DataError, match="what names no series"):
        universal.forecast(pd.DataFrame({"unique_id": [[1]] * COUNT, "ds": DAYS, "y": VALUES}), 1)
