"""Series of readings, read from a user's file or fetched."""

from training.data.series.future import future_dates
from training.data.series.reading import fetch_series, read_panel, read_series
from training.data.series.types import Panel, Series, one_series

__all__ = ["Panel", "Series", "fetch_series", "future_dates", "one_series", "read_panel", "read_series"]
