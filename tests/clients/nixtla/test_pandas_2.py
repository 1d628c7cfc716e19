"""The Python face with pandas 2, which is in this environment: all but the networks, which need ONNX Runtime."""

import os
import subprocess
import sys

import pandas as pd
import pytest

# Series are read, each is "forecast" by its last reading, and the answer is made a frame
CODE = """
import numpy as np, pandas as pd
from gatecast.forecast.bounds import NO_BOUNDS
from gatecast.local.forecast_frames import forecast_frame
from gatecast.local.forecasts import ForecastOptions
from gatecast.local.series.reading import read_table
from gatecast.local.series.tables import Columns

class Last:
    def __init__(self, timeline):
        self.timeline = timeline

    def rows(self):
        return np.full((1, 3), self.timeline.readings[-1])

def answer(data):
    table = read_table(data, Columns(keeps_going=True))
    done = [Last(each.timeline) if hasattr(each.timeline, "readings") else each.timeline for each in table.series]
    return forecast_frame(table, done, ForecastOptions(3, (), None, NO_BOUNDS), "column")

def dates(start, frequency, **options):
    return pd.date_range(start, periods=24, freq=frequency, **options)

values = np.arange(24.0)
for index, following in [
    (dates("2023-01-31", "ME"), "2025-01-31"),
    (dates("2023-02-01", "MS", unit="s") + pd.Timedelta(days=27), "2025-02-28"),
    (dates("2024-03-20", "D", tz="Europe/Berlin"), "2024-04-13 00:00:00+02:00"),
    (dates("2024-01-01", "B").astype(str), "2024-02-02"),
    (pd.period_range("2020Q1", periods=24, freq="Q"), "2026Q1"),
    (pd.RangeIndex(5, 29), "29"),
]:
    series = pd.Series(values, index=index)
    long = pd.DataFrame({"unique_id": "a", "ds": index, "y": values.astype(str)})
    for data in (series, pd.DataFrame({"a": series, "b": series}), long):
        frame = answer(data)
        labels = frame["ds" if data is long else frame.columns[-3]]
        assert str(labels.iloc[0]).startswith(following), (labels, following)
        assert frame["forecast"].tolist()[:3] == [23.0] * 3 and frame["error"].isna().all()
late = pd.DataFrame({"unique_id": ["a"] * 24 + ["b"] * 24, "y": 1.0,
                     "ds": [*dates("2020-01-01", "D"), *pd.date_range(end="2262-04-09", periods=24)]})
frame = answer(late.astype({"ds": "datetime64[ns]"}))
assert frame["error"].notna().tolist() == [False] * 3 + [True], frame
"""


@pytest.mark.skipif(pd.__version__.startswith("3"), reason="pandas 3 is what the other tests have")
def test_series_are_read_and_answers_are_frames(gatecast_wheel):
    """Each kind of dates goes on, in each form of frame; a warning is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE],
        env={**os.environ, "PYTHONPATH": str(gatecast_wheel)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
