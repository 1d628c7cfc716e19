"""CSV files for the tests of training: made-up series and made-up reviews."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.data.tables import Table


def write(directory: Path, text: str, name: str = "my.csv") -> Path:
    path = directory / name
    path.write_text(text, "utf-8")
    return path


def write_table(directory: Path, table: pd.DataFrame, name: str = "my.csv") -> Path:
    return write(directory, table.to_csv(index=False), name)


def months(count: int = 24, **columns: Any) -> pd.DataFrame:
    """A monthly series that grows, in the columns `month` and `sales`."""
    dates = pd.date_range("2020-01-01", periods=count, freq="MS").strftime("%Y-%m-%d")
    return pd.DataFrame({"month": dates, "sales": np.arange(count) + 0.5} | columns)


def reviews(labels: list[Any], texts: list[Any] | None = None) -> pd.DataFrame:
    """Reviews in the columns `id`, `review` and `label`."""
    rows = texts or [f"the film number {i} was something" for i in range(len(labels))]
    return pd.DataFrame({"id": range(len(rows)), "review": rows, "label": labels})


def as_table(frame: pd.DataFrame | None = None, count: int = 1000) -> Table:
    """The frame as if it were read from a CSV with a header: row 0 stands in line 2."""
    rows = np.arange(count if frame is None else len(frame)) + 2
    return Table(Path("my.csv"), pd.DataFrame() if frame is None else frame, rows)
