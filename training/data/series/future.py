"""The dates that follow a series."""

import pandas as pd
from pandas.tseries.frequencies import to_offset

from training.data.series.types import Series


def future_dates(series: Series, steps: int) -> pd.DatetimeIndex:
    """Return the dates of so many steps after the last reading."""
    return pd.date_range(series.dates[-1], periods=steps + 1, freq=to_offset(series.frequency))[1:]
