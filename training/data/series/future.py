"""The dates that follow a series."""

import pandas as pd

from training.data.series import grid
from training.data.series.types import Series


def future_dates(series: Series, steps: int) -> pd.DatetimeIndex:
    """Return the dates of so many steps after the last reading, on the same day of the month or in the same turn of weeks."""
    return pd.DatetimeIndex(grid.after(series.frequency, series.dates.to_numpy().astype("datetime64[ns]"), steps))
