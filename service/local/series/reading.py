"""Whatever holds series → a table of them."""

from typing import Any

import pandas as pd

from .long import is_long, read_long
from .tables import Columns, Table, read_series
from .wide import read_wide


def read_table(data: Any, columns: Columns) -> Table:
    """Return the series in `data`. Raises DataError for what is none, and keeps what is wrong with one of many."""
    if not isinstance(data, pd.DataFrame):
        return read_series(data, columns)
    return read_long(data, columns) if is_long(data, columns) else read_wide(data, columns)
